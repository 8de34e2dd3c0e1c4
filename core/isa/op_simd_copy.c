/*
 * Copies between lanes and general registers, and modified immediates (DDI 0487,
 * C4.1.96 and C7.2). The lane's index is in imm.
 */
#include "core/isa/simd_vector.h"

/* Variants that are a size. */
#define ESIZE (8u << V)

OP_FP(dup_e_v, 8)
{
    const struct arrangement t = arrangement(V);
    u64 x = lane_u(&c->v[u->n], t.esize, (unsigned)u->imm);
    simd_write(c, u->d, vec_splat(x, t.esize), t.width);
    return NEXT;
}

OP_FP(dup_r_v, 8)
{
    const struct arrangement t = arrangement(V);
    simd_write(c, u->d, vec_splat(X(n), t.esize), t.width);
    return NEXT;
}

OP_FP(dup_e_s, 4)
{
    simd_write_scalar(c, u->d, lane_u(&c->v[u->n], ESIZE, (unsigned)u->imm));
    return NEXT;
}

OP_FP(umov, 4)
{
    X(d) = lane_u(&c->v[u->n], ESIZE, (unsigned)u->imm);
    return NEXT;
}

OP_FP(smov, 6)
{
    s64 x = lane_s(&c->v[u->n], 8u << V % 3, (unsigned)u->imm);
    X(d) = V < 3 ? (u32)x : (u64)x;
    return NEXT;
}

/* X into lane I of Vd. The register is written as a whole: see simd_write. */
static ALWAYS_INLINE void insert(struct cpu *c, unsigned d, unsigned esize, unsigned i, u64 x)
{
    unsigned at = i * esize % 64, upper = i * esize / 64;
    u64 mask = ones(esize) << at;
    u64 half = (c->v[d].d[upper] & ~mask) | (x << at & mask);
    simd_write(c, d, upper ? (vec){c->v[d].d[0], half} : (vec){half, c->v[d].d[1]}, 128);
}

OP_FP(ins_r, 4)
{
    insert(c, u->d, ESIZE, (unsigned)u->imm, X(n));
    return NEXT;
}

OP_FP(ins_e, 4)
{
    insert(c, u->d, ESIZE, (unsigned)u->imm, lane_u(&c->v[u->n], ESIZE, u->a));
    return NEXT;
}

/* imm in every word; variants: Q. */
#define IMMEDIATE vec_splat((u32)u->imm, 32)

#define MODIFIED_IMMEDIATE(op, expression)                                                         \
    OP_FP(op, 2)                                                                                   \
    {                                                                                              \
        simd_write(c, u->d, expression, 64u << V);                                                 \
        return NEXT;                                                                               \
    }

MODIFIED_IMMEDIATE(movi_4s, IMMEDIATE)
MODIFIED_IMMEDIATE(movi_8h, IMMEDIATE)
MODIFIED_IMMEDIATE(movi_msl, IMMEDIATE)
MODIFIED_IMMEDIATE(movi_16b, IMMEDIATE)
MODIFIED_IMMEDIATE(fmov_4s, IMMEDIATE)
MODIFIED_IMMEDIATE(fmov_8h, IMMEDIATE)
/* decode has complemented imm */
MODIFIED_IMMEDIATE(mvni_4s, IMMEDIATE)
MODIFIED_IMMEDIATE(mvni_8h, IMMEDIATE)
MODIFIED_IMMEDIATE(mvni_msl, IMMEDIATE)
MODIFIED_IMMEDIATE(orr_4s, vec_of(&c->v[u->d]) | IMMEDIATE)
MODIFIED_IMMEDIATE(orr_8h, vec_of(&c->v[u->d]) | IMMEDIATE)
MODIFIED_IMMEDIATE(bic_4s, vec_of(&c->v[u->d]) & IMMEDIATE)
MODIFIED_IMMEDIATE(bic_8h, vec_of(&c->v[u->d]) & IMMEDIATE)

/* Byte masks of 64 bits; variants from 2 on: their halves differ and imm is imm8. */
#define BYTE_MASK (V < 2 ? IMMEDIATE : vec_splat(simd_byte_mask((u32)u->imm), 64))

#define MOVE_BYTE_MASK(op)                                                                         \
    OP_FP(op, 4)                                                                                   \
    {                                                                                              \
        simd_write(c, u->d, BYTE_MASK, 64u << V % 2);                                              \
        return NEXT;                                                                               \
    }

MOVE_BYTE_MASK(movi_1d)
MOVE_BYTE_MASK(movi_2d)

/* imm: the upper half of a double. */
OP_FP(fmov_2d, 1)
{
    simd_write(c, u->d, vec_splat((u64)(u32)u->imm << 32, 64), 128);
    return NEXT;
}
