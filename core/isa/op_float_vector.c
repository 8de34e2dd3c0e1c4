/*
 * Floating-point arithmetic and minima and maxima of vectors, of pairs, by element,
 * across lanes (C7.2: FADD (vector), FMLA (by element), FADDP, FMAXV and so on).
 * Variants: _v and _e 0 2S, 1 4S, 2 2D; _s and _es 0 S, 1 D; with _h (half precision)
 * 0 4H, 1 8H, a scalar has one.
 *
 * Each operation is a function of an arrangement and operands: vector_NAME by the
 * host or MISS, lanes_NAME one lane after the other, which is out of line.
 */
#include "core/isa/op_float_vector.h"

static u64 lane_abd(unsigned esize, u64 a, u64 b, struct fp_env *e)
{
    return float_abs(esize, float_sub(esize, a, b, e));
}

static ALWAYS_INLINE bool float_vector_abd(struct arrangement t, vec a, vec b,
                                           const struct fp_env *e, vec *r)
{
    bool ok = float_vector_sub(t, a, b, e, r);
    *r = float_vector_abs(t.esize, *r);
    return ok;
}

#define LANES(name, function)                                                                      \
    static NOINLINE vec lanes_##name(struct arrangement t, vec a, vec b, struct fp_env *e)         \
    {                                                                                              \
        return float_lanes2(t, a, b, function, e);                                                 \
    }

/* FUNCTION of one lane, HOST of all. */
#define BINARY(name, function, host)                                                               \
    LANES(name, function)                                                                          \
    static ALWAYS_INLINE enum flow vector_##name(struct cpu *c, const struct uop *u,               \
                                                 const struct env e, struct arrangement t, vec a,  \
                                                 vec b)                                            \
    {                                                                                              \
        vec r;                                                                                     \
        if (e.slow || t.esize == 16)                                                               \
            r = lanes_##name(t, a, b, &c->fp);                                                     \
        else if (!host(t, a, b, &c->fp, &r))                                                       \
            return MISS;                                                                           \
        simd_write(c, u->d, r, t.width);                                                           \
        return NEXT;                                                                               \
    }

/* What the host has nothing for. */
#define BINARY_SOFT(name, function)                                                                \
    LANES(name, function)                                                                          \
    static ALWAYS_INLINE enum flow vector_##name(struct cpu *c, const struct uop *u,               \
                                                 const struct env e, struct arrangement t, vec a,  \
                                                 vec b)                                            \
    {                                                                                              \
        simd_write(c, u->d, lanes_##name(t, a, b, &c->fp), t.width);                               \
        return NEXT;                                                                               \
    }

BINARY(fadd, float_add, float_vector_add)
BINARY(fsub, float_sub, float_vector_sub)
BINARY(fmul, float_mul, float_vector_mul)
BINARY(fdiv, float_div, float_vector_div)
BINARY(fabd, lane_abd, float_vector_abd)
BINARY(fmax, float_max, float_vector_max)
BINARY(fmin, float_min, float_vector_min)
BINARY(fmaxnm, float_maxnum, float_vector_max)
BINARY(fminnm, float_minnum, float_vector_min)
BINARY_SOFT(fmulx, float_mulx)
BINARY_SOFT(frecps, float_recip_step)
BINARY_SOFT(frsqrts, float_rsqrt_step)

/* FMLA and FMLS: Vd is an operand, too. */
static NOINLINE vec lanes_muladd(struct arrangement t, vec addend, vec a, vec b, struct fp_env *e)
{
    union vreg x, y, r;
    memcpy(&x, &a, sizeof(x));
    memcpy(&y, &b, sizeof(y));
    memcpy(&r, &addend, sizeof(r));
    for (unsigned i = 0; i < arrangement_lanes(t); i++)
        lane_set(&r, t.esize, i,
                 float_muladd(t.esize, lane_u(&r, t.esize, i), lane_u(&x, t.esize, i),
                              lane_u(&y, t.esize, i), e));
    return vec_of(&r);
}

static ALWAYS_INLINE enum flow vector_fmla(struct cpu *c, const struct uop *u, const struct env e,
                                           struct arrangement t, vec a, vec b)
{
    vec r, addend = vec_of(&c->v[u->d]);
    if (e.slow || t.esize == 16)
        r = lanes_muladd(t, addend, a, b, &c->fp);
    else if (!float_vector_muladd(t, addend, a, b, &c->fp, &r))
        return MISS;
    simd_write(c, u->d, r, t.width);
    return NEXT;
}

static ALWAYS_INLINE enum flow vector_fmls(struct cpu *c, const struct uop *u, const struct env e,
                                           struct arrangement t, vec a, vec b)
{
    return vector_fmla(c, u, e, t, float_vector_neg(t.esize, a), b);
}

FLOAT_VECTORS(OP_FPMEM, fadd, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fsub, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fmul, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fdiv, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fabd, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fmax, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fmin, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fmaxnm, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fminnm, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fmla, VEC(m))
FLOAT_VECTORS(OP_FPMEM, fmls, VEC(m))
FLOAT_VECTORS(OP_FP, fmulx, VEC(m))
FLOAT_VECTORS(OP_FP, frecps, VEC(m))
FLOAT_VECTORS(OP_FP, frsqrts, VEC(m))
FLOAT_SCALARS(OP_FPMEM, fabd, VEC(m))
FLOAT_SCALARS(OP_FP, fmulx, VEC(m))
FLOAT_SCALARS(OP_FP, frecps, VEC(m))
FLOAT_SCALARS(OP_FP, frsqrts, VEC(m))

#define ELEMENTS(kind, name)                                                                       \
    kind(name##_e, 3)                                                                              \
    {                                                                                              \
        struct arrangement t = float_arrangement(V);                                               \
        vec element = float_element(&c->v[u->m], t.esize, u->a);                                   \
        return vector_##name(c, u, e, t, VEC(n), element);                                         \
    }                                                                                              \
    OP_FP(name##_e_h, 2)                                                                           \
    {                                                                                              \
        vec element = float_element(&c->v[u->m], 16, u->a);                                        \
        return vector_##name(c, u, e, float_half(V), VEC(n), element);                             \
    }                                                                                              \
    kind(name##_es, 2)                                                                             \
    {                                                                                              \
        struct arrangement t = float_scalar(V);                                                    \
        vec element = float_element(&c->v[u->m], t.esize, u->a);                                   \
        return vector_##name(c, u, e, t, VEC(n), element);                                         \
    }                                                                                              \
    OP_FP(name##_es_h, 1)                                                                          \
    {                                                                                              \
        vec element = float_element(&c->v[u->m], 16, u->a);                                        \
        return vector_##name(c, u, e, FLOAT_HALF_SCALAR, VEC(n), element);                         \
    }

ELEMENTS(OP_FPMEM, fmla)
ELEMENTS(OP_FPMEM, fmls)
ELEMENTS(OP_FPMEM, fmul)
ELEMENTS(OP_FP, fmulx)

/* The even lanes of N and then of M if ODD is 0; if it is 1 the odd ones. */
static ALWAYS_INLINE vec every_other(struct arrangement t, const union vreg *n, const union vreg *m,
                                     unsigned odd)
{
    union vreg r = {.d = {0, 0}};
    unsigned half = arrangement_lanes(t) / 2;
    for (unsigned i = 0; i < half; i++) {
        lane_set(&r, t.esize, i, lane_u(n, t.esize, 2 * i + odd));
        lane_set(&r, t.esize, i + half, lane_u(m, t.esize, 2 * i + odd));
    }
    return vec_of(&r);
}

typedef enum flow vector_fn(struct cpu *c, const struct uop *u, const struct env e,
                            struct arrangement t, vec a, vec b);

static ALWAYS_INLINE enum flow pairs(struct cpu *c, const struct uop *u, const struct env e,
                                     struct arrangement t, vector_fn *vector)
{
    const union vreg *n = &c->v[u->n], *m = &c->v[u->m];
    return vector(c, u, e, t, every_other(t, n, m, 0), every_other(t, n, m, 1));
}

/* Lanes 0 and 1 of Vn to a scalar. */
static ALWAYS_INLINE enum flow one_pair(struct cpu *c, const struct uop *u, const struct env e,
                                        struct arrangement t, vector_fn *vector)
{
    const union vreg *n = &c->v[u->n];
    vec a = {lane_u(n, t.esize, 0), 0}, b = {lane_u(n, t.esize, 1), 0};
    return vector(c, u, e, t, a, b);
}

#define PAIRS(name, vector)                                                                        \
    OP_FPMEM(name##_v, 3)                                                                          \
    {                                                                                              \
        return pairs(c, u, e, float_arrangement(V), vector);                                       \
    }                                                                                              \
    OP_FP(name##_v_h, 2)                                                                           \
    {                                                                                              \
        return pairs(c, u, e, float_half(V), vector);                                              \
    }                                                                                              \
    OP_FPMEM(name##_s, 2)                                                                          \
    {                                                                                              \
        return one_pair(c, u, e, float_scalar(V), vector);                                         \
    }                                                                                              \
    OP_FP(name##_s_h, 1)                                                                           \
    {                                                                                              \
        return one_pair(c, u, e, FLOAT_HALF_SCALAR, vector);                                       \
    }

PAIRS(faddp, vector_fadd)
PAIRS(fmaxp, vector_fmax)
PAIRS(fminp, vector_fmin)
PAIRS(fmaxnmp, vector_fmaxnm)
PAIRS(fminnmp, vector_fminnm)

/* Arm's Reduce: halves of halves, which neighbours and then pairs of pairs are as well. */
static ALWAYS_INLINE void across(struct cpu *c, const struct uop *u, struct arrangement t,
                                 vec (*lanes)(struct arrangement, vec, vec, struct fp_env *))
{
    union vreg v = c->v[u->n];
    for (unsigned n = arrangement_lanes(t); n > 1; n /= 2) {
        vec r = lanes(t, every_other(t, &v, &v, 0), every_other(t, &v, &v, 1), &c->fp);
        memcpy(&v, &r, sizeof(v));
    }
    simd_write_scalar(c, u->d, lane_u(&v, t.esize, 0));
}

#define ACROSS(name, lanes)                                                                        \
    OP_FP(name, 1)                                                                                 \
    {                                                                                              \
        across(c, u, (struct arrangement){32, 128}, lanes);                                        \
        return NEXT;                                                                               \
    }                                                                                              \
    OP_FP(name##_h, 2)                                                                             \
    {                                                                                              \
        across(c, u, float_half(V), lanes);                                                        \
        return NEXT;                                                                               \
    }

ACROSS(fmaxv, lanes_fmax)
ACROSS(fminv, lanes_fmin)
ACROSS(fmaxnmv, lanes_fmaxnm)
ACROSS(fminnmv, lanes_fminnm)
