/*
 * Floating point of ARMv8.2 to 8.6 (DDI 0487, C7.2): complex numbers (FEAT_FCMA), widening
 * multiplication (FEAT_FHM), FJCVTZS, FRINT32Z and its kin, BFloat16. Variants: of vectors
 * as in op_float_vector.c. All is done in integers, out of line.
 */
#include "core/isa/op_float_vector.h"

OP_FP(fjcvtzs, 1)
{
    bool exact;
    X(d) = fp64_to_int32_javascript(c->v[u->n].d[0], &exact, &c->fp);
    cpu_set_nzcv(c, exact ? 4 : 0);
    return NEXT;
}

static ALWAYS_INLINE u64 round_to_size(unsigned esize, u64 a, unsigned isize,
                                       enum fp_rounding rounding, struct fp_env *e)
{
    return esize == 32 ? fp32_round_int_size((u32)a, isize, rounding, e)
                       : fp64_round_int_size(a, isize, rounding, e);
}

#define ROUND_INT_SIZE(name, isize, rounding)                                                      \
    static u64 lane_##name(unsigned esize, u64 a, struct fp_env *e)                                \
    {                                                                                              \
        return round_to_size(esize, a, isize, rounding, e);                                        \
    }                                                                                              \
    static NOINLINE vec lanes_##name(struct arrangement t, vec a, struct fp_env *e)                \
    {                                                                                              \
        return float_lanes1(t, a, lane_##name, e);                                                 \
    }                                                                                              \
    OP_FP(name, 2)                                                                                 \
    {                                                                                              \
        const struct arrangement t = float_scalar(V);                                              \
        simd_write(c, u->d, lanes_##name(t, VEC(n), &c->fp), t.width);                             \
        return NEXT;                                                                               \
    }                                                                                              \
    OP_FP(name##_v, 3)                                                                             \
    {                                                                                              \
        const struct arrangement t = float_arrangement(V);                                         \
        simd_write(c, u->d, lanes_##name(t, VEC(n), &c->fp), t.width);                             \
        return NEXT;                                                                               \
    }

ROUND_INT_SIZE(frint32z, 32, FPROUNDING_ZERO)
ROUND_INT_SIZE(frint32x, 32, fp_rounding_mode(e))
ROUND_INT_SIZE(frint64z, 64, FPROUNDING_ZERO)
ROUND_INT_SIZE(frint64x, 64, fp_rounding_mode(e))

/*
 * Vd += Vn * Vm of complex numbers, as much of it as the rotation of u->imm quarter turns
 * selects; PAIR: of Vm only this number, or all if it is negative.
 */
static NOINLINE void complex_muladd(struct cpu *c, const struct uop *u, struct arrangement t,
                                    int pair)
{
    const union vreg n = c->v[u->n], m = c->v[u->m];
    const unsigned rot = (unsigned)u->imm, odd = rot & 1, esize = t.esize;
    union vreg r = c->v[u->d];
    for (unsigned i = 0; i < arrangement_lanes(t); i += 2) {
        unsigned k = pair < 0 ? i : 2 * (unsigned)pair;
        u64 x = lane_u(&n, esize, i + odd);
        u64 real = lane_u(&m, esize, k + odd), imaginary = lane_u(&m, esize, k + !odd);
        if (rot == 1 || rot == 2)
            real = float_neg(esize, real);
        if (rot >= 2)
            imaginary = float_neg(esize, imaginary);
        lane_set(&r, esize, i, float_muladd(esize, lane_u(&r, esize, i), x, real, &c->fp));
        lane_set(&r, esize, i + 1,
                 float_muladd(esize, lane_u(&r, esize, i + 1), x, imaginary, &c->fp));
    }
    simd_write_lanes(c, u->d, &r, t.width);
}

/* Vn + Vm turned by 90 or 270 degrees. */
static NOINLINE void complex_add(struct cpu *c, const struct uop *u, struct arrangement t)
{
    const union vreg n = c->v[u->n], m = c->v[u->m];
    const unsigned esize = t.esize;
    union vreg r = {.d = {0, 0}};
    for (unsigned i = 0; i < arrangement_lanes(t); i += 2) {
        u64 real = lane_u(&m, esize, i + 1), imaginary = lane_u(&m, esize, i);
        if (u->imm == 1)
            real = float_neg(esize, real);
        else
            imaginary = float_neg(esize, imaginary);
        lane_set(&r, esize, i, float_add(esize, lane_u(&n, esize, i), real, &c->fp));
        lane_set(&r, esize, i + 1, float_add(esize, lane_u(&n, esize, i + 1), imaginary, &c->fp));
    }
    simd_write_lanes(c, u->d, &r, t.width);
}

/* A row that one function does. */
#define CALL_FUNCTION(row, count, call)                                                            \
    OP_FP(row, count)                                                                              \
    {                                                                                              \
        call;                                                                                      \
        return NEXT;                                                                               \
    }

enum { ALL_PAIRS = -1 };

CALL_FUNCTION(fcmla_v, 3, complex_muladd(c, u, float_arrangement(V), ALL_PAIRS))
CALL_FUNCTION(fcmla_v_h, 2, complex_muladd(c, u, float_half(V), ALL_PAIRS))
CALL_FUNCTION(fcmla_e, 1, complex_muladd(c, u, float_arrangement(1), u->a))
CALL_FUNCTION(fcmla_e_h, 2, complex_muladd(c, u, float_half(V), u->a))
CALL_FUNCTION(fcadd_v, 3, complex_add(c, u, float_arrangement(V)))
CALL_FUNCTION(fcadd_v_h, 2, complex_add(c, u, float_half(V)))

/*
 * Words of Vd plus products of halfwords of Vn, from the half UPPER of its low WIDTH bits,
 * and of Vm, the same or by ELEMENT lane u->a.
 */
static NOINLINE void muladd_long(struct cpu *c, const struct uop *u, unsigned width, bool upper,
                                 bool negate, bool element)
{
    const union vreg n = c->v[u->n], m = c->v[u->m];
    const unsigned lanes = width / 32, first = upper ? lanes : 0;
    union vreg r = c->v[u->d];
    for (unsigned i = 0; i < lanes; i++) {
        u16 a = n.h[first + i] ^ (negate ? FP16_SIGN : 0);
        r.s[i] = fp32_muladd_h(r.s[i], a, m.h[element ? u->a : first + i], &c->fp);
    }
    simd_write_lanes(c, u->d, &r, width);
}

#define MULADD_LONG(name, upper, negate)                                                           \
    CALL_FUNCTION(name##_v, 2, muladd_long(c, u, 64u << V, upper, negate, false))                  \
    CALL_FUNCTION(name##_e, 2, muladd_long(c, u, 64u << V, upper, negate, true))

MULADD_LONG(fmlal, false, false)
MULADD_LONG(fmlal2, true, false)
MULADD_LONG(fmlsl, false, true)
MULADD_LONG(fmlsl2, true, true)

/* A BFloat16 number is the upper half of a single precision one. */
static ALWAYS_INLINE u32 from_bf(u16 a)
{
    return (u32)a << 16;
}

/* BFDotAdd: pair I of Vn with pair K of Vm. */
static ALWAYS_INLINE u32 bf_dot(u32 sum, const union vreg *n, unsigned i, const union vreg *m,
                                unsigned k)
{
    return fp32_bf_dot(sum, from_bf(n->h[2 * i]), from_bf(m->h[2 * k]), from_bf(n->h[2 * i + 1]),
                       from_bf(m->h[2 * k + 1]));
}

static NOINLINE void bf_dots(struct cpu *c, const struct uop *u, unsigned width, bool element)
{
    const union vreg n = c->v[u->n], m = c->v[u->m];
    union vreg r = c->v[u->d];
    for (unsigned i = 0; i < width / 32; i++)
        r.s[i] = bf_dot(r.s[i], &n, i, &m, element ? (unsigned)u->imm : i);
    simd_write_lanes(c, u->d, &r, width);
}

/* 2 by 2 words from 2 by 4 halfwords and 4 by 2. */
static NOINLINE void bf_matrix(struct cpu *c, const struct uop *u)
{
    const union vreg n = c->v[u->n], m = c->v[u->m];
    union vreg r = c->v[u->d];
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 2; k++)
            r.s[i] = bf_dot(r.s[i], &n, i / 2 * 2 + k, &m, i % 2 * 2 + k);
    simd_write_lanes(c, u->d, &r, 128);
}

/* BFMLALB, BFMLALT: the even, or the odd halfwords. */
static NOINLINE void bf_muladd(struct cpu *c, const struct uop *u, unsigned odd, bool element)
{
    const union vreg n = c->v[u->n], m = c->v[u->m];
    union vreg r = c->v[u->d];
    for (unsigned i = 0; i < 4; i++) {
        u16 b = m.h[element ? u->a : 2 * i + odd];
        r.s[i] = fp32_muladd(r.s[i], from_bf(n.h[2 * i + odd]), from_bf(b), &c->fp);
    }
    simd_write_lanes(c, u->d, &r, 128);
}

static NOINLINE void bf_narrow(struct cpu *c, const struct uop *u, bool upper)
{
    union vreg r;
    for (unsigned i = 0; i < 4; i++)
        r.h[i] = fp32_to_bf16(c->v[u->n].s[i], &c->fp);
    simd_write_half(c, u->d, upper, r.d[0]);
}

CALL_FUNCTION(bfdot_v, 2, bf_dots(c, u, 64u << V, false))
CALL_FUNCTION(bfdot_e, 2, bf_dots(c, u, 64u << V, true))
CALL_FUNCTION(bfmmla, 1, bf_matrix(c, u))
CALL_FUNCTION(bfmlal_v, 2, bf_muladd(c, u, V, false))
CALL_FUNCTION(bfmlal_e, 2, bf_muladd(c, u, V, true))
CALL_FUNCTION(bfcvt, 1, simd_write_scalar(c, u->d, fp32_to_bf16(c->v[u->n].s[0], &c->fp)))
CALL_FUNCTION(bfcvtn_v, 2, bf_narrow(c, u, V))
