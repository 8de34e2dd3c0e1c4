/*
 * What the load and store vectors are made of. A case is one or two instructions
 * run at LDST_CODE with the registers and LDST_BYTES of memory at LDST_DATA full
 * of numbers that depend on nothing, but for the base and the index register.
 * Its outcome is a digest of all registers, the flags and that memory.
 *
 * Shared by the recorder, which runs on the reference, and tests/unit/op_ldst.c.
 */
#ifndef TESTS_VECTORS_LDST_CASES_H
#define TESTS_VECTORS_LDST_CASES_H

#include <stdint.h>

#define LDST_CODE  UINT64_C(0x40010000)
#define LDST_DATA  UINT64_C(0x40020000)
#define LDST_STACK (LDST_DATA + 0x1800)
enum { LDST_BYTES = 0x2000 };

/* The registers before or after. */
struct ldst_state {
    uint64_t x[32]; /* 31 is SP */
    uint64_t v[64]; /* low half first */
    uint64_t nzcv;  /* in bits 31:28 */
};

struct ldst_case {
    const char *row;
    uint32_t before, word; /* BEFORE, unless 0, runs first: the load of an exclusive pair */
    uint64_t base, index;  /* for the registers that WORD names in its bits 9:5 and 20:16 */
    uint64_t digest;
};

static inline uint64_t ldst_scramble(uint64_t v)
{
    v = (v ^ v >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    v = (v ^ v >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return v ^ v >> 32;
}

static inline void ldst_prepare(const struct ldst_case *k, struct ldst_state *s, uint64_t *memory)
{
    for (unsigned i = 0; i < 32; i++)
        s->x[i] = ldst_scramble(i + 1);
    for (unsigned i = 0; i < 64; i++)
        s->v[i] = ldst_scramble(i + 100);
    for (unsigned i = 0; i < LDST_BYTES / 8; i++)
        memory[i] = ldst_scramble(i + 1000);
    s->x[31] = LDST_STACK;
    s->nzcv = UINT64_C(0xa0000000);
    s->x[k->word >> 16 & 31] = (k->word >> 16 & 31) == 31 ? LDST_STACK : k->index;
    s->x[k->word >> 5 & 31] = k->base;
}

static inline uint64_t ldst_digest(const struct ldst_state *s, const uint64_t *memory)
{
    uint64_t d = s->nzcv;
    for (unsigned i = 0; i < 32; i++)
        d = ldst_scramble(d ^ s->x[i]) + i;
    for (unsigned i = 0; i < 64; i++)
        d = ldst_scramble(d ^ s->v[i]) + i;
    for (unsigned i = 0; i < LDST_BYTES / 8; i++)
        d = ldst_scramble(d ^ memory[i]) + i;
    return d;
}

#endif
