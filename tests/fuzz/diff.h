/*
 * The differential runs: rows of the instruction table, or words from anywhere, on both
 * engines and on the reference.
 */
#ifndef TESTS_FUZZ_DIFF_H
#define TESTS_FUZZ_DIFF_H

#include "core/types.h"

struct diff_options {
    const char *cpu; /* our model */
    const char *qemu, *qemu_cpu, *reference;
    const char *rows;    /* globs; NULL: words */
    bool sweep;          /* words of the systematic sweep, else random ones */
    const char *cases;   /* file to write reduced mismatches to, or NULL */
    const char *falsify; /* a row about which the reference is made to lie, or NULL */
    u64 count;           /* records, or words; 0: all of the sweep, or a million */
    u64 seconds;         /* 0: no limit */
    u64 seed;
    u64 from;         /* the record to begin with: to go on with a run that was ended */
    u64 at;           /* only this record is of interest; UINT64_MAX: all are */
    unsigned length;  /* words in a program */
    unsigned reports; /* how many mismatches are printed */
};

/* SIGTERM and SIGINT end it, and it says how far it has come. Returns the number of mismatches, or
 * -1 after a line that says what went wrong. */
s64 diff_run(const struct diff_options *o);

#endif
