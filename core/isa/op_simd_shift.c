/*
 * Shifts of integer vectors that neither widen nor narrow (DDI 0487, C4.1.96 and
 * C7.2): by an immediate, and by a register whose lanes hold signed amounts, positive
 * to the left. Expressions as in core/isa/simd_vector.h.
 */
#include "core/isa/simd_vector.h"

#define LEFT(x) ((x) << SPLAT(u->imm))

VECTOR_D(sshr, s, SHIFTED_RIGHT(a))
VECTOR_D(ushr, u, SHIFTED_RIGHT(a))
VECTOR_D(ssra, s, (U)d + (U)SHIFTED_RIGHT(a))
VECTOR_D(usra, u, d + SHIFTED_RIGHT(a))
VECTOR_D(srshr, s, ROUNDED_RIGHT(a))
VECTOR_D(urshr, u, ROUNDED_RIGHT(a))
VECTOR_D(srsra, s, (U)d + (U)ROUNDED_RIGHT(a))
VECTOR_D(ursra, u, d + ROUNDED_RIGHT(a))
VECTOR_D(shl, u, LEFT(a))

/* Shift and insert: what the shift vacates stays. */
VECTOR_D(sri, u, PICK(SHIFTED_RIGHT(~(U){0}), SHIFTED_RIGHT(a), d))
VECTOR_D(sli, u, PICK(LEFT(~(U){0}), LEFT(a), d))

/* What distinguishes the shifts by register, and the saturating ones by immediate, a set. */
enum shift {
    FROM_SIGNED = 1, /* lanes of Vn are signed */
    ROUNDED = 2,     /* to the right, that is */
    TO_SIGNED = 4,   /* saturate as signed lanes */
    TO_UNSIGNED = 8, /* saturate as unsigned lanes */
    IMMEDIATE = 16,  /* left by imm */
};

/*
 * X of ESIZE bits or less, shifted as if there were no limit. Far shifts give another
 * result that saturates, or is truncated, to the same: sign(X) * 2^esize, or 0 or -1.
 */
static s128 shifted(s128 x, int amount, unsigned esize, bool rounded)
{
    if (amount >= (int)esize)
        return (s128)((x > 0) - (x < 0)) * ((s128)1 << esize);
    if (amount >= 0)
        return x * ((s128)1 << amount);
    unsigned right = (unsigned)-amount > esize ? esize + 1 : (unsigned)-amount;
    return (x + (rounded ? (s128)1 << (right - 1) : 0)) >> right;
}

/* X limited to LOW..HIGH; Arm's SatQ. */
static s128 limited(struct cpu *c, s128 x, s128 low, s128 high)
{
    if (x >= low && x <= high)
        return x;
    c->fp.fpsr |= FPSR_QC;
    return x < low ? low : high;
}

/* The arrangement is in a. */
static OUT_OF_LINE void shift_lanes(struct cpu *c, const struct uop *u, enum shift how)
{
    const struct arrangement t = arrangement(u->a);
    const union vreg *n = &c->v[u->n], *m = &c->v[u->m];
    union vreg r = {.d = {0, 0}};
    for (unsigned i = 0; i < arrangement_lanes(t); i++) {
        s128 x = how & FROM_SIGNED ? (s128)lane_s(n, t.esize, i) : (s128)lane_u(n, t.esize, i);
        int amount = how & IMMEDIATE ? u->imm : (s8)lane_u(m, t.esize, i);
        x = shifted(x, amount, t.esize, how & ROUNDED);
        if (how & TO_SIGNED)
            x = limited(c, x, -((s128)1 << (t.esize - 1)), (s128)ones(t.esize - 1));
        if (how & TO_UNSIGNED)
            x = limited(c, x, 0, (s128)ones(t.esize));
        lane_set(&r, t.esize, i, (u64)x);
    }
    simd_write_lanes(c, u->d, &r, t.width);
}

#define SHIFT_(op, how)                                                                            \
    OP_FP(op, 1)                                                                                   \
    {                                                                                              \
        shift_lanes(c, u, how);                                                                    \
        return NEXT;                                                                               \
    }
#define SHIFT(name, how) SHIFT_(name##_v, how) SHIFT_(name##_s, how)

SHIFT(sshl, FROM_SIGNED)
SHIFT(ushl, 0)
SHIFT(srshl, FROM_SIGNED | ROUNDED)
SHIFT(urshl, ROUNDED)
SHIFT(sqshl, FROM_SIGNED | TO_SIGNED)
SHIFT(uqshl, TO_UNSIGNED)
SHIFT(sqrshl, FROM_SIGNED | TO_SIGNED | ROUNDED)
SHIFT(uqrshl, TO_UNSIGNED | ROUNDED)
SHIFT(sqshl_i, FROM_SIGNED | TO_SIGNED | IMMEDIATE)
SHIFT(uqshl_i, TO_UNSIGNED | IMMEDIATE)
SHIFT(sqshlu_i, FROM_SIGNED | TO_UNSIGNED | IMMEDIATE)
