/*
 * What the vectors of floating-point instructions are made of. A case is a word that is
 * run FLOAT_ROUNDS times, each with registers, FPCR, FPSR and NZCV that follow from the
 * number of the round: boundary operands and random ones under every rounding mode, FZ,
 * FZ16, DN and AHP, then ordinary operands in the usual mode. Its outcome is a digest of
 * all of these after each round.
 *
 * Shared by the recorder, which runs on the reference, and tests/unit/op_float.c.
 */
#ifndef TESTS_VECTORS_FLOAT_CASES_H
#define TESTS_VECTORS_FLOAT_CASES_H

#include <stdint.h>

enum {
    FLOAT_X = 16, /* words name no higher general register, except 31 */
    FLOAT_HARD_ROUNDS = 128,
    FLOAT_ROUNDS = FLOAT_HARD_ROUNDS + 32,
    FLOAT_IXC = 1 << 4,
    FLOAT_QC = 1 << 27,
};

struct float_state {
    uint64_t x[FLOAT_X];
    uint64_t v[64];            /* low half first */
    uint64_t nzcv, fpcr, fpsr; /* as MRS reads them */
};

struct float_case {
    const char *row;
    uint32_t word;
    uint32_t esize; /* of the operands: 16, 32, 64 */
    uint64_t digest;
};

static inline uint64_t float_scramble(uint64_t v)
{
    v = (v ^ v >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    v = (v ^ v >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return v ^ v >> 32;
}

/* The low N bits, N below 64. */
static inline uint64_t float_ones(unsigned n)
{
    return (UINT64_C(1) << n) - 1;
}

/* A number of ESIZE bits: exponents that matter with fractions that matter. */
static inline uint64_t float_operand(unsigned esize, int ordinary, uint64_t random)
{
    const unsigned exponent_bits = esize == 16 ? 5 : esize == 32 ? 8 : 11;
    const unsigned fraction_bits = esize - 1 - exponent_bits;
    const uint64_t bias = float_ones(exponent_bits - 1), top = float_ones(exponent_bits);
    const uint64_t exponents[16] = {
        0,
        0,
        1,
        top - 1,
        top,
        top, /* NaNs and infinity: see the fractions */
        bias,
        bias - 1,
        bias + 1,
        bias + 2,
        bias + 7,
        bias + 15 > top ? bias + 14 : bias + 15,
        bias / 2,
        top - 7,
        esize == 64 ? bias + 31 : bias + 10,
        esize == 16   ? bias + 9
        : esize == 32 ? bias + 31
                      : bias + 63,
    };
    const uint64_t all = float_ones(fraction_bits), quiet = (all + 1) / 2;
    const uint64_t fractions[8] = {
        0,
        0,
        1,
        all,
        quiet,
        quiet + 1,
        float_scramble(random) & all,
        (all << (random >> 8 & 15)) & all,
    };
    uint64_t exponent = exponents[random & 15], fraction = fractions[random >> 4 & 7];
    if (ordinary) {
        exponent = bias - 4 + (random & 7);
        fraction = float_scramble(random) & all;
    } else if ((random >> 12 & 3) == 0) {
        exponent = (random >> 32) & top;
    }
    return (random >> 16 & 1) << (esize - 1) | exponent << fraction_bits | fraction;
}

/* The state before round ROUND of the case. */
static inline void float_prepare(const struct float_case *k, unsigned round, struct float_state *s)
{
    const int ordinary = round >= FLOAT_HARD_ROUNDS;
    uint64_t random = float_scramble(k->word) + round;

    for (unsigned i = 0; i < FLOAT_X; i++) {
        random = float_scramble(random + i + 1);
        s->x[i] = (random & 3) == 0 ? random : ((random >> 8) | 1) << (random >> 2 & 63);
        if (random >> 62 == 0)
            s->x[i] = (uint64_t)((int64_t)s->x[i] >> (random >> 32 & 31));
    }
    for (unsigned i = 0; i < 64; i++) {
        s->v[i] = 0;
        for (unsigned at = 0; at < 64; at += k->esize) {
            random = float_scramble(random + i + at + 1);
            s->v[i] |= float_operand(k->esize, ordinary, random) << at;
        }
        if (!ordinary && (random >> 20 & 7) == 0)
            s->v[i] = s->x[i % FLOAT_X]; /* an integer, for conversions */
    }
    s->nzcv = (random >> 24 & 15) << 28;
    s->fpcr = 0;
    s->fpsr = FLOAT_IXC;
    if (!ordinary) {
        uint64_t fz = round >> 2 & 1, dn = round >> 3 & 1, ahp = round >> 4 & 1;
        s->fpcr = (uint64_t)(round & 3) << 22 | fz << 24 | fz << 19 | dn << 25 | ahp << 26;
        s->fpsr = round & 32 ? FLOAT_IXC | FLOAT_QC : 0;
    }
}

/* D with the state after a round. */
static inline uint64_t float_digest(uint64_t d, const struct float_state *s)
{
    for (unsigned i = 0; i < FLOAT_X; i++)
        d = float_scramble(d ^ s->x[i]) + i;
    for (unsigned i = 0; i < 64; i++)
        d = float_scramble(d ^ s->v[i]) + i;
    d = float_scramble(d ^ s->nzcv);
    d = float_scramble(d ^ s->fpcr);
    return float_scramble(d ^ s->fpsr);
}

#endif
