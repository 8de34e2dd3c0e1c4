/*
 * The reference for what a process can't do: qemu-system-aarch64 running
 * machine_reference.c on a board whose memory it shares with us (machine_record.h), with
 * the tables and the control registers of the test bed.
 */
#ifndef TOOLS_A64TEST_MACHINE_H
#define TOOLS_A64TEST_MACHINE_H

#include <sys/types.h>

#include "tools/a64test/machine_record.h"
#include "tools/a64test/outcome.h"
#include "tools/a64test/testbed.h"

struct machine {
    const char *qemu, *image;
    const struct cpu_model *model; /* that it runs as; NULL: it does not run */
    struct testbed *bed;           /* whose tables and registers it has */
    u8 *ram;
    struct machine_shared *shared;
    pid_t pid;
    int file;
    unsigned row[MACHINE_GETS]; /* the registers that are read around a case */
    u64 usual[MACHINE_GETS];    /* what they hold before one that sets nothing */
    bool changed;               /* one of them has another value for good */
};

/* QEMU is a command, IMAGE the program's file; it is started when it is needed. */
void machine_init(struct machine *m, const char *qemu, const char *image);
void machine_stop(struct machine *m);

/*
 * What C, started from START, comes to on MODEL. Returns NULL, or why there is no answer.
 */
const char *machine_observe(struct machine *m, const struct cpu_model *model,
                            const struct test_case *c, const struct case_state *start,
                            struct observed *is);

/* Is the command PATH one that emulates a machine, and not a process? */
bool machine_is_meant(const char *path);

#endif
