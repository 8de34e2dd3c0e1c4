/*
 * What two executions of a record left behind: whether it is the same, and in words.
 */
#ifndef TESTS_FUZZ_COMPARE_H
#define TESTS_FUZZ_COMPARE_H

#include <stdio.h>

#include "core/isa/decode.h"
#include "tests/fuzz/generate.h"

/*
 * Make two states comparable with memcmp: drop from both what neither has to agree on.
 * False if they may differ.
 */
bool compare_prepare(const struct program *p, struct record_state *ours,
                     struct record_state *reference);

/* Print P's words, the inputs they can name, and what differs. */
void compare_print(FILE *out, const struct decoder *d, const struct program *p,
                   const struct record_state *in, const struct record_state *ours,
                   const struct record_state *reference, const char *our_name,
                   const char *reference_name);

/* The row with that name, or -1. */
int compare_find_row(const char *name);

/* The row that P is about: its last word's; "-" if no row matches it. */
const char *compare_row_name(const struct decoder *d, const struct program *p);

#endif
