/*
 * The reference process: qemu-aarch64 running reference.c, and the file that it shares
 * with us (record.h).
 */
#ifndef TOOLS_A64TEST_ORACLE_H
#define TOOLS_A64TEST_ORACLE_H

#include <sys/types.h>

#include "core/types.h"
#include "tools/a64test/record.h"

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
 * The code area without programs, whose stub jumps to TAIL; and a program of WORDS words
 * for a slot of it, between the slot's own words.
 */
void oracle_empty_code(u32 *code, u64 tail);
void oracle_set_slot(u32 *code, unsigned slot, const u32 *word, unsigned words);

/*
 * Have records FIRST to FIRST + COUNT - 1 of shared->in executed. False, with a line, if
 * the process is gone or does not answer.
 */
bool oracle_run(struct oracle *o, unsigned first, unsigned count);

void oracle_stop(struct oracle *o);

#endif
