/*
 * The reference process: qemu-aarch64 running reference.c, and the file that it shares
 * with us (record.h).
 */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include <sys/types.h>

#include "core/types.h"
#include "tests/fuzz/record.h"

struct oracle {
    struct record_shared *shared;
    pid_t pid;
    int request, reply; /* pipes */
    int file;
};

/*
 * Start QEMU (a path) with CPU (as its -cpu takes it) on the program REFERENCE. Prints a
 * line and returns false if that fails.
 */
bool oracle_start(struct oracle *o, const char *qemu, const char *cpu, const char *reference);

/*
 * Have records FIRST to FIRST + COUNT - 1 of shared->in executed. False, with a line, if
 * the process is gone or does not answer.
 */
bool oracle_run(struct oracle *o, unsigned first, unsigned count);

void oracle_stop(struct oracle *o);

#endif
