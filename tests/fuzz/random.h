/*
 * Pseudo-random numbers, the same for the same seed everywhere (Steele and others'
 * SplitMix64), and choices made with them.
 */
#ifndef TESTS_FUZZ_RANDOM_H
#define TESTS_FUZZ_RANDOM_H

#include "core/types.h"

struct rng {
    u64 state;
};

static inline u64 rng_next(struct rng *r)
{
    u64 z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A generator for item INDEX of the run that SEED names. */
static inline struct rng rng_at(u64 seed, u64 index)
{
    struct rng r = {seed ^ index * UINT64_C(0xd1342543de82ef95)};
    rng_next(&r);
    return r;
}

/* 0 to N - 1. */
static inline unsigned rng_below(struct rng *r, unsigned n)
{
    return (unsigned)((rng_next(r) >> 32) * n >> 32);
}

/* True N times in 64. */
static inline bool rng_chance(struct rng *r, unsigned n)
{
    return rng_next(r) >> 58 < n;
}

#endif
