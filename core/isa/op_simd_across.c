/*
 * Between lanes of integer vectors (DDI 0487, C4.1.96 and C7.2): pairwise, where Vm:Vn
 * is one row of neighbours, and across all lanes of one register into a scalar.
 */
#include "core/isa/simd_permute.h"
#include "core/isa/simd_vector.h"

/* a: the even lanes of Vm:Vn, b: the odd ones. */
#define PAIRWISE(name, count, sign, expression)                                                    \
    OP_FP(name##_v, count)                                                                         \
    {                                                                                              \
        const struct arrangement t = arrangement(V);                                               \
        const vec n = vec_of(&c->v[u->n]), m = vec_of(&c->v[u->m]);                                \
        const vec vn = vec_unzip(n, m, t, 0), vm = vec_unzip(n, m, t, 1), vd = {0};                \
        vec result = {0};                                                                          \
        SAME(t.esize, sign, expression)                                                            \
        simd_write(c, u->d, result, t.width);                                                      \
        return NEXT;                                                                               \
    }

PAIRWISE(addp, 8, u, a + b)
PAIRWISE(smaxp, 6, s, PICK(a > b, a, b))
PAIRWISE(umaxp, 6, u, PICK(a > b, a, b))
PAIRWISE(sminp, 6, s, PICK(a < b, a, b))
PAIRWISE(uminp, 6, u, PICK(a < b, a, b))

OP_FP(addp_s, 1)
{
    simd_write_scalar(c, u->d, c->v[u->n].d[0] + c->v[u->n].d[1]);
    return NEXT;
}

/* R starts as lane 0 and takes in each further lane, X. The result has LENGTH lane sizes. */
#define ACROSS(op, sign, length, expression)                                                       \
    OP_FP(op, 6)                                                                                   \
    {                                                                                              \
        const struct arrangement t = arrangement(V);                                               \
        sign##64 r = lane_##sign(&c->v[u->n], t.esize, 0);                                         \
        for (unsigned i = 1; i < arrangement_lanes(t); i++) {                                      \
            sign##64 x = lane_##sign(&c->v[u->n], t.esize, i);                                     \
            r = expression;                                                                        \
        }                                                                                          \
        simd_write_scalar(c, u->d, (u64)r &ones(length *t.esize));                                 \
        return NEXT;                                                                               \
    }

ACROSS(addv, u, 1, r + x)
ACROSS(saddlv, s, 2, r + x)
ACROSS(uaddlv, u, 2, r + x)
ACROSS(smaxv, s, 1, r > x ? r : x)
ACROSS(umaxv, u, 1, r > x ? r : x)
ACROSS(sminv, s, 1, r < x ? r : x)
ACROSS(uminv, u, 1, r < x ? r : x)
