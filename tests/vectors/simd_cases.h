/*
 * What the vectors of the integer SIMD instructions are made of. A case is one word
 * of a row, its free bits drawn at random, run with all SIMD registers, x0 to x15 and
 * FPSR.QC holding numbers that favour the ends of every lane's range. Its outcome is
 * a digest of those registers, or SIMD_UNDEFINED; a row's is a digest of its cases'.
 *
 * Shared by the recorder, which runs on the reference, and tests/unit/op_simd.c.
 */
#ifndef TESTS_VECTORS_SIMD_CASES_H
#define TESTS_VECTORS_SIMD_CASES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SIMD_CASES = 96, /* of a row */
    SIMD_X = 16,     /* general registers in a case; words use no other but XZR */
    SIMD_QC = 1 << 27,
};

#define SIMD_UNDEFINED UINT64_C(0x756e646566696e65)

struct simd_state {
    uint64_t v[64]; /* low half first */
    uint64_t x[SIMD_X];
    uint64_t fpsr;
};

/* A pattern of core/isa/a64_simd.def in masks, see decode_pattern, and what became of it. */
struct simd_row {
    const char *name;
    uint32_t mask, value, nonzero[2];
    char general; /* 'd' or 'n' if that field names a general register */
    uint64_t digest;
};

static inline uint64_t simd_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A lane for registers of lanes of SIZE bits. */
static inline uint64_t simd_lane(uint64_t *seed, unsigned size)
{
    uint64_t r = simd_random(seed), greatest = (UINT64_C(1) << (size - 1)) - 1;
    uint64_t small = (r >> 8) & 15;
    switch (r & 7) {
    case 0:
        return small;
    case 1:
        return -small;
    case 2:
        return greatest - small;
    case 3:
        return greatest + small;
    case 4:
        return greatest + 1;
    case 5:
        return UINT64_C(1) << ((r >> 8) & (size - 1));
    default:
        return r >> 8;
    }
}

static inline uint64_t simd_number(uint64_t *seed)
{
    uint64_t r = simd_random(seed), v = 0;
    unsigned size = 8u << (r & 3);
    if ((r >> 2 & 3) == 0)
        return simd_random(seed);
    for (unsigned i = 0; i < 64; i += size)
        v |= (simd_lane(seed, size) & (~UINT64_C(0) >> (64 - size))) << i;
    return v;
}

static inline bool simd_zero_where_reserved(const struct simd_row *row, uint32_t w)
{
    return (row->nonzero[0] && !(w & row->nonzero[0])) ||
           (row->nonzero[1] && !(w & row->nonzero[1]));
}

/* Any word with ROW's fixed bits; often Vd or Vm is Vn. */
static inline uint32_t simd_any_word(const struct simd_row *row, uint64_t *seed)
{
    const uint32_t d = 31, n = 31 << 5, m = 31 << 16;
    uint32_t w = ((uint32_t)simd_random(seed) & ~row->mask) | row->value;
    uint64_t r = simd_random(seed);
    if ((r & 7) == 0 && !(row->mask & m))
        w = (w & ~m) | (w & n) << 11;
    if ((r & 7) == 1)
        w = (w & ~d) | (w & n) >> 5;
    if (row->general == 'd' && (w & d) != d)
        w &= ~UINT32_C(0x10);
    if (row->general == 'n' && (w & n) != n)
        w &= ~UINT32_C(0x200);
    return w;
}

static inline uint32_t simd_word(const struct simd_row *row, uint64_t *seed)
{
    uint32_t w;
    do
        w = simd_any_word(row, seed);
    while (simd_zero_where_reserved(row, w));
    return w;
}

static inline void simd_prepare(struct simd_state *s, uint64_t *seed)
{
    for (unsigned i = 0; i < 64; i++)
        s->v[i] = simd_number(seed);
    for (unsigned i = 0; i < SIMD_X; i++)
        s->x[i] = simd_number(seed);
    s->fpsr = simd_random(seed) & 1 ? SIMD_QC : 0;
}

static inline uint64_t simd_digest(uint64_t digest, uint64_t v)
{
    digest = (digest ^ v) * UINT64_C(0xbf58476d1ce4e5b9);
    return digest ^ digest >> 29;
}

static inline uint64_t simd_outcome(const struct simd_state *s)
{
    uint64_t digest = s->fpsr;
    for (unsigned i = 0; i < 64; i++)
        digest = simd_digest(digest, s->v[i]);
    for (unsigned i = 0; i < SIMD_X; i++)
        digest = simd_digest(digest, s->x[i]);
    return digest;
}

/* Where a row's random numbers begin: by its pattern, so that rows can come and go. */
static inline uint64_t simd_seed(const struct simd_row *row)
{
    return (uint64_t)row->mask << 32 | row->value;
}

#endif
