/*
 * Chaos: a whole board executes random words at EL0 and EL1 with the MMU, interrupts and
 * devices on. Whatever a guest does must not crash, hang or leave the emulator, which is
 * for the sanitizers, the watchdog and the host to notice. Nothing is compared, but for
 * one engine with the other one where that is asked for.
 */
#ifndef TESTS_FUZZ_CHAOS_H
#define TESTS_FUZZ_CHAOS_H

#include "core/types.h"

struct chaos_options {
    const char *cpu; /* the model */
    u64 words;       /* different ones to execute */
    u64 seconds;     /* 0: no limit */
    u64 seed;
    u64 at;       /* only this epoch; UINT64_MAX: all */
    unsigned mix; /* so many words in a hundred are drawn from the instruction table */
    bool twice;   /* on two boards, one of them by the stepping loop, which have to agree */
};

/* Returns 0, or -1 after a line that says what went wrong. A hang ends the process. */
int chaos_run(const struct chaos_options *o);

#endif
