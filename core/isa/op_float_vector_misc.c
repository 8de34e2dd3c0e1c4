/*
 * Floating-point instructions of one vector: signs, roots, estimates, integral values,
 * conversions (C7.2). Variants as in op_float_vector.c; FCVTN and FCVTL: 2 * sz + Q.
 */
#include "core/isa/op_float_vector.h"

/* One lane by the host into *R, or false. */
typedef bool float_host_fn(unsigned esize, u64 a, struct fp_env *e, u64 *r);

/*
 * All lanes by the host, or false. FPSR.IXC may be set by then; it will be again when
 * the slow twin does it.
 */
static ALWAYS_INLINE bool host_lanes(struct arrangement t, vec a, float_host_fn *host,
                                     struct fp_env *e, vec *r)
{
    union vreg x, y = {.d = {0, 0}};
    memcpy(&x, &a, sizeof(x));
    for (unsigned i = 0; i < arrangement_lanes(t); i++) {
        u64 lane;
        if (!host(t.esize, lane_u(&x, t.esize, i), e, &lane))
            return false;
        lane_set(&y, t.esize, i, lane);
    }
    *r = vec_of(&y);
    return true;
}

static ALWAYS_INLINE enum flow vector_fabs(struct cpu *c, const struct uop *u, const struct env e,
                                           struct arrangement t, vec a, vec unused)
{
    simd_write(c, u->d, float_vector_abs(t.esize, a), t.width);
    return NEXT;
}

static ALWAYS_INLINE enum flow vector_fneg(struct cpu *c, const struct uop *u, const struct env e,
                                           struct arrangement t, vec a, vec unused)
{
    simd_write(c, u->d, float_vector_neg(t.esize, a), t.width);
    return NEXT;
}

#define NO_OPERAND ((vec){0, 0})

FLOAT_VECTORS(OP_FP, fabs, NO_OPERAND)
FLOAT_VECTORS(OP_FP, fneg, NO_OPERAND)

#define LANES(name, function)                                                                      \
    static u64 lane_##name(unsigned esize, u64 a, struct fp_env *e)                                \
    {                                                                                              \
        return function;                                                                           \
    }                                                                                              \
    static NOINLINE vec lanes_##name(struct arrangement t, vec a, struct fp_env *e)                \
    {                                                                                              \
        return float_lanes1(t, a, lane_##name, e);                                                 \
    }

/* FUNCTION of a lane A in the environment E, HOST the same into *R. */
#define UNARY(name, function, host)                                                                \
    LANES(name, function)                                                                          \
    static ALWAYS_INLINE bool host_##name(unsigned esize, u64 a, struct fp_env *e, u64 *r)         \
    {                                                                                              \
        return host;                                                                               \
    }                                                                                              \
    static ALWAYS_INLINE enum flow vector_##name(struct cpu *c, const struct uop *u,               \
                                                 const struct env e, struct arrangement t, vec a,  \
                                                 vec unused)                                       \
    {                                                                                              \
        vec r;                                                                                     \
        if (e.slow || t.esize == 16)                                                               \
            r = lanes_##name(t, a, &c->fp);                                                        \
        else if (!host_lanes(t, a, host_##name, &c->fp, &r))                                       \
            return MISS;                                                                           \
        simd_write(c, u->d, r, t.width);                                                           \
        return NEXT;                                                                               \
    }

#define UNARY_SOFT(name, function)                                                                 \
    LANES(name, function)                                                                          \
    static ALWAYS_INLINE enum flow vector_##name(struct cpu *c, const struct uop *u,               \
                                                 const struct env e, struct arrangement t, vec a,  \
                                                 vec unused)                                       \
    {                                                                                              \
        simd_write(c, u->d, lanes_##name(t, a, &c->fp), t.width);                                  \
        return NEXT;                                                                               \
    }

UNARY(fsqrt, float_sqrt(esize, a, e), float_host_sqrt(esize, a, e, r))
UNARY_SOFT(frecpe, float_recip_estimate(esize, a, e))
UNARY_SOFT(frsqrte, float_rsqrt_estimate(esize, a, e))
UNARY_SOFT(frecpx, float_recpx(esize, a, e))

FLOAT_VECTORS(OP_FPMEM, fsqrt, NO_OPERAND)
FLOAT_VECTORS(OP_FP, frecpe, NO_OPERAND)
FLOAT_SCALARS(OP_FP, frecpe, NO_OPERAND)
FLOAT_VECTORS(OP_FP, frsqrte, NO_OPERAND)
FLOAT_SCALARS(OP_FP, frsqrte, NO_OPERAND)
FLOAT_SCALARS(OP_FP, frecpx, NO_OPERAND)

#define ROUND_INT(name, rounding)                                                                  \
    UNARY(name, float_round_int(esize, a, rounding, false, e),                                     \
          float_host_round_int(esize, a, rounding, false, e, r))                                   \
    FLOAT_VECTORS(OP_FPMEM, name, NO_OPERAND)

ROUND_INT(frintn, FPROUNDING_TIEEVEN)
ROUND_INT(frintp, FPROUNDING_POSINF)
ROUND_INT(frintm, FPROUNDING_NEGINF)
ROUND_INT(frintz, FPROUNDING_ZERO)
ROUND_INT(frinta, FPROUNDING_TIEAWAY)

UNARY_SOFT(frintx, float_round_int(esize, a, fp_rounding_mode(e), true, e))
UNARY_SOFT(frinti, float_round_int(esize, a, fp_rounding_mode(e), false, e))
FLOAT_VECTORS(OP_FP, frintx, NO_OPERAND)
FLOAT_VECTORS(OP_FP, frinti, NO_OPERAND)

/* To and from integers as wide as a lane. */
#define TO_INTEGER_SOFT(name, is_unsigned, rounding)                                               \
    UNARY_SOFT(name, float_to_fixed(esize, a, 0, is_unsigned, esize, rounding, e))                 \
    FLOAT_VECTORS(OP_FP, name, NO_OPERAND)                                                         \
    FLOAT_SCALARS(OP_FP, name, NO_OPERAND)

TO_INTEGER_SOFT(fcvtns, false, FPROUNDING_TIEEVEN)
TO_INTEGER_SOFT(fcvtnu, true, FPROUNDING_TIEEVEN)
TO_INTEGER_SOFT(fcvtps, false, FPROUNDING_POSINF)
TO_INTEGER_SOFT(fcvtpu, true, FPROUNDING_POSINF)
TO_INTEGER_SOFT(fcvtms, false, FPROUNDING_NEGINF)
TO_INTEGER_SOFT(fcvtmu, true, FPROUNDING_NEGINF)
TO_INTEGER_SOFT(fcvtas, false, FPROUNDING_TIEAWAY)
TO_INTEGER_SOFT(fcvtau, true, FPROUNDING_TIEAWAY)

#define INTEGER(name, function, host)                                                              \
    UNARY(name, function, host)                                                                    \
    FLOAT_VECTORS(OP_FPMEM, name, NO_OPERAND)                                                      \
    FLOAT_SCALARS(OP_FPMEM, name, NO_OPERAND)

INTEGER(fcvtzs, float_to_fixed(esize, a, 0, false, esize, FPROUNDING_ZERO, e),
        float_host_to_fixed(esize, a, 0, false, esize, FPROUNDING_ZERO, e, r))
INTEGER(fcvtzu, float_to_fixed(esize, a, 0, true, esize, FPROUNDING_ZERO, e),
        float_host_to_fixed(esize, a, 0, true, esize, FPROUNDING_ZERO, e, r))
INTEGER(scvtf, float_from_fixed(esize, a, 0, false, esize, e),
        float_host_from_fixed(esize, a, 0, false, esize, e, r))
INTEGER(ucvtf, float_from_fixed(esize, a, 0, true, esize, e),
        float_host_from_fixed(esize, a, 0, true, esize, e, r))

/* Fixed point: CONVERSION of a lane A. */
#define FIXED(name, conversion)                                                                    \
    static NOINLINE void name##_fixed(struct cpu *c, const struct uop *u, struct arrangement t)    \
    {                                                                                              \
        const unsigned esize = t.esize, fbits = (unsigned)u->imm;                                  \
        struct fp_env *e = &c->fp;                                                                 \
        union vreg r = {.d = {0, 0}};                                                              \
        for (unsigned i = 0; i < arrangement_lanes(t); i++) {                                      \
            u64 a = lane_u(&c->v[u->n], esize, i);                                                 \
            lane_set(&r, esize, i, conversion);                                                    \
        }                                                                                          \
        simd_write_lanes(c, u->d, &r, t.width);                                                    \
    }                                                                                              \
    FIXED_BODY(name, name##_v_fix, 3, float_arrangement(V))                                        \
    FIXED_BODY(name, name##_v_fix_h, 2, float_half(V))                                             \
    FIXED_BODY(name, name##_s_fix, 2, float_scalar(V))                                             \
    FIXED_BODY(name, name##_s_fix_h, 1, FLOAT_HALF_SCALAR)

#define FIXED_BODY(name, row, variants, arrangement)                                               \
    OP_FP(row, variants)                                                                           \
    {                                                                                              \
        name##_fixed(c, u, arrangement);                                                           \
        return NEXT;                                                                               \
    }

FIXED(scvtf, float_from_fixed(esize, a, fbits, false, esize, e))
FIXED(ucvtf, float_from_fixed(esize, a, fbits, true, esize, e))
FIXED(fcvtzs, float_to_fixed(esize, a, fbits, false, esize, FPROUNDING_ZERO, e))
FIXED(fcvtzu, float_to_fixed(esize, a, fbits, true, esize, FPROUNDING_ZERO, e))

/* Between precisions: a whole vector on one side, one half (of Q) on the other. */
static NOINLINE u64 narrow(bool from_double, const union vreg *n, struct fp_env *e)
{
    union vreg r;
    for (unsigned i = 0; from_double && i < 2; i++)
        r.s[i] = fp64_to_fp32(n->d[i], e);
    for (unsigned i = 0; !from_double && i < 4; i++)
        r.h[i] = fp32_to_fp16(n->s[i], e);
    return r.d[0];
}

static NOINLINE vec widen(bool to_double, u64 half, struct fp_env *e)
{
    union vreg n = {.d = {half, 0}}, r;
    for (unsigned i = 0; to_double && i < 2; i++)
        r.d[i] = fp32_to_fp64(n.s[i], e);
    for (unsigned i = 0; !to_double && i < 4; i++)
        r.s[i] = fp16_to_fp32(n.h[i], e);
    return vec_of(&r);
}

OP_FP(fcvtn_v, 4)
{
    simd_write_half(c, u->d, V % 2, narrow(V / 2, &c->v[u->n], &c->fp));
    return NEXT;
}

OP_FP(fcvtl_v, 4)
{
    simd_write(c, u->d, widen(V / 2, c->v[u->n].d[V % 2], &c->fp), 128);
    return NEXT;
}

OP_FP(fcvtxn_v, 2)
{
    const union vreg *n = &c->v[u->n];
    u32 low = fp64_to_fp32_odd(n->d[0], &c->fp), high = fp64_to_fp32_odd(n->d[1], &c->fp);
    simd_write_half(c, u->d, V, (u64)high << 32 | low);
    return NEXT;
}

OP_FP(fcvtxn_s, 1)
{
    simd_write_scalar(c, u->d, fp64_to_fp32_odd(c->v[u->n].d[0], &c->fp));
    return NEXT;
}
