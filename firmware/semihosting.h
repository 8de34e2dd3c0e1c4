/*
 * Semihosting for AArch64 (Arm's "Semihosting for AArch32 and AArch64", 2.0):
 * HLT #0xf000 asks the host to do what W0 says with the parameters at X1. Served
 * where the user asks for it only; files in the one folder that he names, and
 * nothing else of the host but a console and the time.
 */
#ifndef FIRMWARE_SEMIHOSTING_H
#define FIRMWARE_SEMIHOSTING_H

#include "core/clock.h"
#include "core/cpu.h"
#include "devices/chardev.h"

enum { SEMIHOSTING_HANDLES = 64, SEMIHOSTING_INPUT = 256 };

enum semihosting_kind {
    SEMIHOSTING_CLOSED,
    SEMIHOSTING_CONSOLE,
    SEMIHOSTING_FEATURES, /* the file that says which extensions there are */
    SEMIHOSTING_FILE,
};

struct semihosting_handle {
    enum semihosting_kind kind;
    int fd;
    bool append;
    u64 offset;
};

struct semihosting {
    /* Filled in by whoever makes one. */
    const struct clock *clock;
    u64 epoch;               /* ns since 1970 at the clock's 0 */
    const char *command;     /* the program's command line */
    struct chardev *console; /* NULL: output by print, no input */
    void (*print)(void *owner, const void *data, size_t len);
    void (*exit)(void *owner, int status); /* the program has ended */
    void *owner;
    int folder; /* where files are (host_folder.h), -1 for none */

    /* Where a heap and a stack may be: set whenever a program is loaded. */
    u64 free_start, free_end;

    struct semihosting_handle handle[SEMIHOSTING_HANDLES];
    int error; /* errno of the last call that failed */
    u8 input[SEMIHOSTING_INPUT];
    unsigned input_len;
    bool input_ended;
    struct cpu *waiting; /* for input; NULL for nobody */
};

/* Serve the calls of C, at EL1 only or at EL0 too. S must outlive it. */
void semihosting_attach(struct semihosting *s, struct cpu *c, bool user);

/* Become the console's front end. */
void semihosting_connect(struct semihosting *s);

/* Close all files; what a reset or the end does. */
void semihosting_close(struct semihosting *s);

#endif
