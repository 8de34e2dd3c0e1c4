/*
 * Multiplication of integer vectors (DDI 0487, C4.1.96 and C7.2): vector by vector
 * (_v), vector by element (_e), and the scalar forms of the saturating ones (_s, _es);
 * dot products; polynomials over {0, 1}. Expressions as in core/isa/simd_vector.h.
 */
#include "core/isa/simd_vector.h"

/* By element: variants count from 4H. */
#define ELEMENT_ARRANGEMENT arrangement(V + 2)

#define MULTIPLY(name, expression)                                                                 \
    VECTOR(name, 6, u, expression)                                                                 \
    HOT(name##_e, 4, RUN_SAME, ELEMENT_ARRANGEMENT, VM_ELEMENT(ELEMENT_ARRANGEMENT), u, expression)

#define MULTIPLY_LONG(name, sign, expression)                                                      \
    HOT(name##_v, 6, RUN_LONG, arrangement(V), VM, LONG, sign, expression)                         \
    HOT(name##_e, 4, RUN_LONG, ELEMENT_ARRANGEMENT, VM_ELEMENT(ELEMENT_ARRANGEMENT), LONG, sign,   \
        expression)

MULTIPLY(mul, (a * b))
MULTIPLY(mla, d + a * b)
MULTIPLY(mls, d - a * b)
MULTIPLY_LONG(smull, s, (a * b))
MULTIPLY_LONG(umull, u, (a * b))
MULTIPLY_LONG(smlal, s, (U)d + (U)(a * b))
MULTIPLY_LONG(umlal, u, d + a * b)
MULTIPLY_LONG(smlsl, s, (U)d - (U)(a * b))
MULTIPLY_LONG(umlsl, u, d - a * b)

/* Cold, in all four forms. */
#define MULTIPLY_COLD(name, run, ...)                                                              \
    COLD_FUNCTION(name, run, VM, __VA_ARGS__)                                                      \
    COLD_FUNCTION(name##_by_element, run, VM_ELEMENT(t), __VA_ARGS__)                              \
    CALL(name##_v, name)                                                                           \
    CALL(name##_s, name)                                                                           \
    CALL(name##_e, name##_by_element)                                                              \
    CALL(name##_es, name##_by_element)

/* 2ab overflows for the two least numbers only. */
#define DOUBLED_PRODUCT LEAST_TO_GREATEST((U)(a * b) * 2)

MULTIPLY_COLD(sqdmull, RUN_LONG, LONG, s, DOUBLED_PRODUCT)
MULTIPLY_COLD(sqdmlal, RUN_LONG, LONG, s, SIGNED_ADD(d, DOUBLED_PRODUCT))
MULTIPLY_COLD(sqdmlsl, RUN_LONG, LONG, s, SIGNED_SUB(d, DOUBLED_PRODUCT))

/*
 * The upper half of 2x is x shifted right by one less than half of the lane. Halving
 * everything like that, d and the rounding constant too, keeps the sums in the lane.
 */
#define UPPER_OF_DOUBLED(x) LIMITED_TO_SIGNED((x) >> (BITS / 2 - 1))
#define HALF_ROUNDING       SPLAT(BIT(BITS / 2 - 2))
#define HALF_ACCUMULATOR    (d * SPLAT(BIT(BITS / 2 - 1)))

MULTIPLY_COLD(sqdmulh, RUN_INNER, UPPER_OF_DOUBLED((a * b)))
MULTIPLY_COLD(sqrdmulh, RUN_INNER, UPPER_OF_DOUBLED(HALF_ROUNDING + a * b))
MULTIPLY_COLD(sqrdmlah, RUN_INNER, UPPER_OF_DOUBLED(HALF_ACCUMULATOR + HALF_ROUNDING + a * b))
MULTIPLY_COLD(sqrdmlsh, RUN_INNER, UPPER_OF_DOUBLED(HALF_ACCUMULATOR + HALF_ROUNDING - a * b))

/*
 * Four byte products are added to each word. B4 is the lane of Vm that word I is
 * multiplied with.
 */
#define DOT(op, sign_n, sign_m, b4)                                                                \
    OP_FP(op, 2)                                                                                   \
    {                                                                                              \
        const union vreg *n = &c->v[u->n], *m = &c->v[u->m], *d = &c->v[u->d];                     \
        union vreg r = {.d = {0, 0}};                                                              \
        for (unsigned i = 0; i < 2u << V; i++)                                                     \
            r.s[i] = d->s[i] + BYTE_PRODUCTS(4, sign_n, 4 * i, sign_m, 4 * (b4));                  \
        simd_write_lanes(c, u->d, &r, 128);                                                        \
        return NEXT;                                                                               \
    }

/* The sum of COUNT products of bytes of n, from the one on, and of m. */
#define BYTE_PRODUCTS(count, sign_n, first_n, sign_m, first_m)                                     \
    ({                                                                                             \
        u32 sum_ = 0;                                                                              \
        for (unsigned k = 0; k < (count); k++)                                                     \
            sum_ +=                                                                                \
                (u32)lane_##sign_n(n, 8, (first_n) + k) * (u32)lane_##sign_m(m, 8, (first_m) + k); \
        sum_;                                                                                      \
    })

DOT(sdot_v, s, s, i)
DOT(udot_v, u, u, i)
DOT(usdot_v, u, s, i)
DOT(sdot_e, s, s, (unsigned)u->imm)
DOT(udot_e, u, u, (unsigned)u->imm)
DOT(usdot_e, u, s, (unsigned)u->imm)
DOT(sudot_e, s, u, (unsigned)u->imm)

/* 2 by 2 words plus the product of 2 by 8 bytes and 8 by 2, the rows of each in a half. */
#define MATRIX(op, sign_n, sign_m)                                                                 \
    OP_FP(op, 1)                                                                                   \
    {                                                                                              \
        const union vreg *n = &c->v[u->n], *m = &c->v[u->m], *d = &c->v[u->d];                     \
        union vreg r;                                                                              \
        for (unsigned i = 0; i < 4; i++)                                                           \
            r.s[i] = d->s[i] + BYTE_PRODUCTS(8, sign_n, i / 2 * 8, sign_m, i % 2 * 8);             \
        simd_write_lanes(c, u->d, &r, 128);                                                        \
        return NEXT;                                                                               \
    }

MATRIX(smmla, s, s)
MATRIX(ummla, u, u)
MATRIX(usmmla, u, s)

/* Arm's PolynomialMult of bytes: sums are exclusive ors. In lanes of 8 or 16 bits. */
#define POLYNOMIAL_PRODUCT                                                                         \
    ({                                                                                             \
        U sum_ = {0};                                                                              \
        for (unsigned i = 0; i < 8; i++)                                                           \
            sum_ ^= (a << SPLAT(i)) & -((b >> SPLAT(i)) & 1);                                      \
        sum_;                                                                                      \
    })

OP_FP(pmul_v, 2)
{
    OPERANDS(128, VM, 128);
    EVALUATE(8, u, vn, vm, vd, POLYNOMIAL_PRODUCT)
    simd_write(c, u->d, result, 64u << V);
    return NEXT;
}

OP_FP(pmull_b, 2)
{
    OPERANDS(128, VM, 128);
    EVALUATE(16, u, widen_u8(vn, V), widen_u8(vm, V), vd, POLYNOMIAL_PRODUCT)
    simd_write(c, u->d, result, 128);
    return NEXT;
}

/* The same of doublewords, four bits of B at a time. */
static OUT_OF_LINE u128 polynomial_product(u64 a, u64 b)
{
    enum { STEP = 4 };
    u128 multiple[1 << STEP] = {0, a}, r = 0;
    for (unsigned i = 2; i < ARRAY_LEN(multiple); i += 2) {
        multiple[i] = multiple[i / 2] << 1;
        multiple[i + 1] = multiple[i] ^ a;
    }
    for (unsigned i = 64; i != 0; i -= STEP)
        r = r << STEP ^ multiple[bits(b, i - 1, i - STEP)];
    return r;
}

OP_FP(pmull_d, 2)
{
    u128 r = polynomial_product(c->v[u->n].d[V], c->v[u->m].d[V]);
    simd_write(c, u->d, (vec){(u64)r, (u64)(r >> 64)}, 128);
    return NEXT;
}
