/*
 * Vector floating point, lane by lane with the functions of fp.h, and all lanes at
 * once by the host's vectors. The latter serve only if every lane's result is Arm's,
 * flags included, for the same reasons as in fp.h; they look at the low WIDTH bits of
 * an arrangement only, so they serve scalars and 64-bit vectors as well.
 */
#ifndef CORE_ISA_OP_FLOAT_VECTOR_H
#define CORE_ISA_OP_FLOAT_VECTOR_H

#include "core/isa/op_float.h"

/* Soft lanes are out of line, once for all the handlers of an instruction. */
#define NOINLINE __attribute__((noinline))

/* Variant V of vector rows: 2S, 4S, 2D; and of scalar ones: S, D. */
static ALWAYS_INLINE struct arrangement float_arrangement(unsigned v)
{
    return (struct arrangement){v == 2 ? 64 : 32, v == 0 ? 64 : 128};
}

static ALWAYS_INLINE struct arrangement float_scalar(unsigned v)
{
    return (struct arrangement){float_size(v), float_size(v)};
}

/* Of half precision: 4H, 8H; and H. */
static ALWAYS_INLINE struct arrangement float_half(unsigned v)
{
    return (struct arrangement){16, 64u << v};
}

#define FLOAT_HALF_SCALAR ((struct arrangement){16, 16})

#define VEC(slot) vec_of(&c->v[u->slot])

/* One lane's result. */
typedef u64 float_unary_fn(unsigned esize, u64 a, struct fp_env *e);
typedef u64 float_binary_fn(unsigned esize, u64 a, u64 b, struct fp_env *e);

static ALWAYS_INLINE vec float_lanes1(struct arrangement t, vec a, float_unary_fn *function,
                                      struct fp_env *e)
{
    union vreg x, r = {.d = {0, 0}};
    memcpy(&x, &a, sizeof(x));
    for (unsigned i = 0; i < arrangement_lanes(t); i++)
        lane_set(&r, t.esize, i, function(t.esize, lane_u(&x, t.esize, i), e));
    return vec_of(&r);
}

static ALWAYS_INLINE vec float_lanes2(struct arrangement t, vec a, vec b, float_binary_fn *function,
                                      struct fp_env *e)
{
    union vreg x, y, r = {.d = {0, 0}};
    memcpy(&x, &a, sizeof(x));
    memcpy(&y, &b, sizeof(y));
    for (unsigned i = 0; i < arrangement_lanes(t); i++)
        lane_set(&r, t.esize, i,
                 function(t.esize, lane_u(&x, t.esize, i), lane_u(&y, t.esize, i), e));
    return vec_of(&r);
}

/* LANE in every lane. */
static ALWAYS_INLINE vec float_splat(unsigned esize, u64 lane)
{
    u64 v = esize == 64 ? lane : lane * (esize == 32 ? 0x100000001 : 0x1000100010001);
    return (vec){v, v};
}

/* Element I of register V in every lane. */
static ALWAYS_INLINE vec float_element(const union vreg *v, unsigned esize, unsigned i)
{
    return float_splat(esize, lane_u(v, esize, i));
}

static ALWAYS_INLINE vec float_vector_neg(unsigned esize, vec a)
{
    return a ^ float_splat(esize, BIT(esize - 1));
}

static ALWAYS_INLINE vec float_vector_abs(unsigned esize, vec a)
{
    return a & ~float_splat(esize, BIT(esize - 1));
}

/* Whether the mask OK is all ones in the lanes of T. */
static ALWAYS_INLINE bool float_all(struct arrangement t, vec ok)
{
    if (t.width == 128)
        return likely((ok[0] & ok[1]) == ~UINT64_C(0));
    return likely((ok[0] | ~ones(t.width)) == ~UINT64_C(0));
}

/*
 * Vectors of host numbers, and masks of lanes: less than, equal, finite, above the
 * smallest normal number and finite (is_safe of fp.h).
 */
#define FLOAT_HOST_VECTORS(N, host)                                                                \
    typedef host float_v##N __attribute__((vector_size(16)));                                      \
    static ALWAYS_INLINE vec float_lt##N(vec a, vec b)                                             \
    {                                                                                              \
        return (vec)((float_v##N)a < (float_v##N)b);                                               \
    }                                                                                              \
    static ALWAYS_INLINE vec float_eq##N(vec a, vec b)                                             \
    {                                                                                              \
        return (vec)((float_v##N)a == (float_v##N)b);                                              \
    }                                                                                              \
    static ALWAYS_INLINE vec float_finite##N(vec a)                                                \
    {                                                                                              \
        return float_lt##N(float_vector_abs(N, a), float_splat(N, FP##N##_INFINITY));              \
    }                                                                                              \
    static ALWAYS_INLINE vec float_safe##N(vec a)                                                  \
    {                                                                                              \
        return float_finite##N(a) &                                                                \
               float_lt##N(float_splat(N, FP##N##_MIN_NORMAL), float_vector_abs(N, a));            \
    }

FLOAT_HOST_VECTORS(32, float)
FLOAT_HOST_VECTORS(64, double)

static ALWAYS_INLINE vec float_lt(unsigned esize, vec a, vec b)
{
    return esize == 32 ? float_lt32(a, b) : float_lt64(a, b);
}

static ALWAYS_INLINE vec float_eq(unsigned esize, vec a, vec b)
{
    return esize == 32 ? float_eq32(a, b) : float_eq64(a, b);
}

/* Where A is zero. */
static ALWAYS_INLINE vec float_zero(unsigned esize, vec a)
{
    return float_eq(esize, a, (vec){0, 0});
}

static ALWAYS_INLINE vec float_safe(unsigned esize, vec a)
{
    return esize == 32 ? float_safe32(a) : float_safe64(a);
}

/*
 * The host's results of all lanes into *R, or false: see FLOAT_HOST_BINARY. EXACT is
 * a mask of the lanes where a zero result Z is no underflow.
 */
#define FLOAT_VECTOR_SUM(name, operator)                                                           \
    static ALWAYS_INLINE bool float_vector_##name(struct arrangement t, vec a, vec b,              \
                                                  const struct fp_env *e, vec *r)                  \
    {                                                                                              \
        if (unlikely(!fp_host_rounds(e)))                                                          \
            return false;                                                                          \
        if (t.esize == 32) {                                                                       \
            *r = (vec)((float_v32)a operator(float_v32) b);                                        \
            return float_all(t, float_finite32(*r));                                               \
        }                                                                                          \
        *r = (vec)((float_v64)a operator(float_v64) b);                                            \
        return float_all(t, float_finite64(*r));                                                   \
    }

#define FLOAT_VECTOR_PRODUCT(name, operator, exact)                                                \
    static ALWAYS_INLINE bool float_vector_##name(struct arrangement t, vec a, vec b,              \
                                                  const struct fp_env *e, vec *r)                  \
    {                                                                                              \
        if (unlikely(!fp_host_rounds(e)))                                                          \
            return false;                                                                          \
        *r = t.esize == 32 ? (vec)((float_v32)a operator(float_v32) b)                             \
                           : (vec)((float_v64)a operator(float_v64) b);                            \
        vec ok = float_safe(t.esize, *r);                                                          \
        if (float_all(t, ok))                                                                      \
            return true;                                                                           \
        return float_all(t, ok | (float_zero(t.esize, *r) & (exact)));                             \
    }

FLOAT_VECTOR_SUM(add, +)
FLOAT_VECTOR_SUM(sub, -)
FLOAT_VECTOR_PRODUCT(mul, *, float_zero(t.esize, a) | float_zero(t.esize, b))
FLOAT_VECTOR_PRODUCT(div, /, float_zero(t.esize, a))

/* Single precision in two halves of doubles: see fp32_host_muladd. */
static ALWAYS_INLINE vec float_vector_muladd32(struct arrangement t, vec addend, vec a, vec b)
{
    union {
        vec v;
        float f[4];
    } x = {.v = a}, y = {.v = b}, z = {.v = addend};
    for (unsigned i = 0; i < arrangement_lanes(t); i++)
        z.f[i] = fp32_host_muladd(z.f[i], x.f[i], y.f[i]);
    return z.v;
}

static ALWAYS_INLINE vec float_vector_muladd64(struct arrangement t, vec addend, vec a, vec b)
{
    union {
        vec v;
        double f[2];
    } x = {.v = a}, y = {.v = b}, z = {.v = addend};
    for (unsigned i = 0; i < arrangement_lanes(t); i++)
        z.f[i] = fp64_host_muladd(z.f[i], x.f[i], y.f[i]);
    return z.v;
}

static ALWAYS_INLINE bool float_vector_muladd(struct arrangement t, vec addend, vec a, vec b,
                                              const struct fp_env *e, vec *r)
{
    if (unlikely(!fp_host_rounds(e)))
        return false;
    *r = t.esize == 32 ? float_vector_muladd32(t, addend, a, b)
                       : float_vector_muladd64(t, addend, a, b);
    vec ok = float_safe(t.esize, *r);
    if (float_all(t, ok))
        return true;
    vec no_product = float_zero(t.esize, a) | float_zero(t.esize, b);
    return float_all(t, ok | (float_zero(t.esize, *r) & float_zero(t.esize, addend) & no_product));
}

/* Whether no operand is a NaN, or might be flushed to zero: then order is the host's. */
static ALWAYS_INLINE bool float_vector_ordered(struct arrangement t, vec a, vec b,
                                               const struct fp_env *e)
{
    if (unlikely(e->fpcr & FPCR_FZ))
        return false;
    return float_all(t, float_eq(t.esize, a, a) & float_eq(t.esize, b, b));
}

/* Zeros are equal; of two equal numbers that are no zeros the bits are, too. */
static ALWAYS_INLINE bool float_vector_max(struct arrangement t, vec a, vec b,
                                           const struct fp_env *e, vec *r)
{
    vec less = float_lt(t.esize, a, b), more = float_lt(t.esize, b, a);
    *r = (a & more) | (b & less) | (a & b & ~(less | more));
    return float_vector_ordered(t, a, b, e);
}

static ALWAYS_INLINE bool float_vector_min(struct arrangement t, vec a, vec b,
                                           const struct fp_env *e, vec *r)
{
    vec less = float_lt(t.esize, a, b), more = float_lt(t.esize, b, a);
    *r = (a & less) | (b & more) | ((a | b) & ~(less | more));
    return float_vector_ordered(t, a, b, e);
}

/*
 * Bodies by name of an operation vector_NAME(c, u, e, arrangement, a, b): vectors and
 * scalars. KIND: OP_FPMEM if it may MISS; in half precision it never does.
 */
#define FLOAT_VECTORS(kind, name, operand)                                                         \
    kind(name##_v, 3)                                                                              \
    {                                                                                              \
        return vector_##name(c, u, e, float_arrangement(V), VEC(n), operand);                      \
    }                                                                                              \
    OP_FP(name##_v_h, 2)                                                                           \
    {                                                                                              \
        return vector_##name(c, u, e, float_half(V), VEC(n), operand);                             \
    }

#define FLOAT_SCALARS(kind, name, operand)                                                         \
    kind(name##_s, 2)                                                                              \
    {                                                                                              \
        return vector_##name(c, u, e, float_scalar(V), VEC(n), operand);                           \
    }                                                                                              \
    OP_FP(name##_s_h, 1)                                                                           \
    {                                                                                              \
        return vector_##name(c, u, e, FLOAT_HALF_SCALAR, VEC(n), operand);                         \
    }

#endif
