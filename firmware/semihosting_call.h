/*
 * What the two parts of semihosting share: a call in progress, and the program's
 * memory.
 */
#ifndef FIRMWARE_SEMIHOSTING_CALL_H
#define FIRMWARE_SEMIHOSTING_CALL_H

#include "firmware/semihosting.h"

enum { CALL_WORDS = 4, CALL_PIECE = 4096 };

/* More is not done at once; the result says how much was. */
#define CALL_MAX_TRANSFER (UINT64_C(16) << 20)

struct call {
    struct semihosting *s;
    struct cpu *cpu;
    u64 x1;
    u64 word[CALL_WORDS]; /* of the parameter block */
    bool waits;           /* for input: to be made again */
};

/* Note ERROR for SYS_ERRNO; always -1. */
s64 call_fail(struct call *k, int error);

/* Copy from and to the program's memory; false where there is none. */
bool call_get(struct call *k, u64 va, void *to, u64 len);
bool call_put(struct call *k, u64 va, const void *from, u64 len);

/* The LEN characters at VA as a string of at most SIZE bytes, or NULL with the error noted. */
char *call_string(struct call *k, u64 va, u64 len, char *to, u64 size);

/* Output to the console. */
void call_print(struct call *k, const void *data, size_t len);

/* Take at most LEN characters of input; 0 with k->waits, or at its end. */
size_t call_input(struct call *k, u8 *to, size_t len);

/* The calls about files: semihosting_file.c. */
s64 call_open(struct call *k);
s64 call_close(struct call *k);
s64 call_write(struct call *k);
s64 call_read(struct call *k);
s64 call_istty(struct call *k);
s64 call_seek(struct call *k);
s64 call_flen(struct call *k);
s64 call_tmpnam(struct call *k);
s64 call_remove(struct call *k);
s64 call_rename(struct call *k);

#endif
