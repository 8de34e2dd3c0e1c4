/*
 * From a mismatch to an instruction test: the program without what it does not take to be
 * different, from registers and memory as a test has them anyway but for what matters.
 */
#ifndef TESTS_FUZZ_REDUCE_H
#define TESTS_FUZZ_REDUCE_H

#include "tests/fuzz/sides.h"

/* Where a mismatch is from: for the test's name and the line above it. */
struct reduce_origin {
    const char *cpu;
    u64 seed, record;
};

/*
 * Reduce record I, execution of P on the data area DATA, and append it to the file PATH,
 * expecting what the reference says. Says so if it is the same on all sides once it stands
 * alone where tests do. What the sides hold is as it was on return. False, with a line, if
 * the reference is gone or PATH can't be written.
 */
bool reduce_record(struct sides *s, const char *path, const struct reduce_origin *origin,
                   const struct program *p, unsigned i, const u8 *data);

#endif
