/*
 * The systematic sweep: the encoding space in parts, in each of which some bits of a word
 * take all their values while the others are random.
 */
#ifndef TESTS_FUZZ_SWEEP_H
#define TESTS_FUZZ_SWEEP_H

#include "core/isa/decode.h"
#include "tests/fuzz/random.h"

/* A part: words VALUE with the bits of STEPPED in all combinations, those of RANDOM at random. */
struct sweep_part {
    u32 value, stepped, random;
    u64 first; /* number of its first word in the sweep */
};

struct sweep {
    struct sweep_part *part;
    unsigned parts;
    u64 words; /* of all parts */
};

/* False when the host has no memory. */
bool sweep_init(struct sweep *s, const struct decoder *d);
void sweep_destroy(struct sweep *s);

/* Word number I, with random bits from R. */
u32 sweep_word(const struct sweep *s, struct rng *r, u64 i);

#endif
