/*
 * Floating-point comparisons of vectors: a lane of ones where it holds (C7.2: FCMEQ,
 * FCMGE, FCMGT, FACGE, FACGT, and with zero FCMLE and FCMLT). Variants as in
 * op_float_vector.c.
 */
#include "core/isa/op_float_vector.h"

/* The mask of one lane: HOLDS of operands A and B. */
#define LANE(name, holds)                                                                          \
    static u64 lane_##name(unsigned esize, u64 a, u64 b, struct fp_env *e)                         \
    {                                                                                              \
        return holds ? ones(esize) : 0;                                                            \
    }                                                                                              \
    static NOINLINE vec lanes_##name(struct arrangement t, vec a, vec b, struct fp_env *e)         \
    {                                                                                              \
        return float_lanes2(t, a, b, lane_##name, e);                                              \
    }

LANE(fcmeq, float_compare_eq(esize, a, b, e))
LANE(fcmge, float_compare_ge(esize, a, b, e))
LANE(fcmgt, float_compare_gt(esize, a, b, e))
LANE(facge, float_compare_ge(esize, float_abs(esize, a), float_abs(esize, b), e))
LANE(facgt, float_compare_gt(esize, float_abs(esize, a), float_abs(esize, b), e))

/* RESULT: the same of all lanes, if none is unordered. */
#define COMPARE(name, result)                                                                      \
    static ALWAYS_INLINE enum flow vector_##name(struct cpu *c, const struct uop *u,               \
                                                 const struct env e, struct arrangement t, vec a,  \
                                                 vec b)                                            \
    {                                                                                              \
        vec r;                                                                                     \
        if (e.slow || t.esize == 16)                                                               \
            r = lanes_##name(t, a, b, &c->fp);                                                     \
        else if (float_vector_ordered(t, a, b, &c->fp))                                            \
            r = result;                                                                            \
        else                                                                                       \
            return MISS;                                                                           \
        simd_write(c, u->d, r, t.width);                                                           \
        return NEXT;                                                                               \
    }

COMPARE(fcmeq, float_eq(t.esize, a, b))
COMPARE(fcmge, ~float_lt(t.esize, a, b))
COMPARE(fcmgt, float_lt(t.esize, b, a))
COMPARE(facge, ~float_lt(t.esize, float_vector_abs(t.esize, a), float_vector_abs(t.esize, b)))
COMPARE(facgt, float_lt(t.esize, float_vector_abs(t.esize, b), float_vector_abs(t.esize, a)))

/* With zero. */
#define COMPARE_ZERO(name, same, a, b)                                                             \
    static ALWAYS_INLINE enum flow vector_##name##_zero(struct cpu *c, const struct uop *u,        \
                                                        const struct env e, struct arrangement t,  \
                                                        vec x, vec zero)                           \
    {                                                                                              \
        return vector_##same(c, u, e, t, a, b);                                                    \
    }

COMPARE_ZERO(fcmeq, fcmeq, x, zero)
COMPARE_ZERO(fcmge, fcmge, x, zero)
COMPARE_ZERO(fcmgt, fcmgt, x, zero)
COMPARE_ZERO(fcmle, fcmge, zero, x)
COMPARE_ZERO(fcmlt, fcmgt, zero, x)

#define ROWS(name, operand)                                                                        \
    FLOAT_VECTORS(OP_FPMEM, name, operand)                                                         \
    FLOAT_SCALARS(OP_FPMEM, name, operand)

#define ZERO ((vec){0, 0})

ROWS(fcmeq, VEC(m))
ROWS(fcmge, VEC(m))
ROWS(fcmgt, VEC(m))
ROWS(facge, VEC(m))
ROWS(facgt, VEC(m))
ROWS(fcmeq_zero, ZERO)
ROWS(fcmge_zero, ZERO)
ROWS(fcmgt_zero, ZERO)
ROWS(fcmle_zero, ZERO)
ROWS(fcmlt_zero, ZERO)
