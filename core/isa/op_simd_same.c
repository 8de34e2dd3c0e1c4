/*
 * Three registers of the same type, integer (DDI 0487, C4.1.96 and C7.2), but for the
 * shifts (op_simd_shift.c). Expressions as in core/isa/simd_vector.h.
 */
#include "core/isa/simd_vector.h"

VECTOR_D(add, u, a + b)
VECTOR_D(sub, u, a - b)
VECTOR_D(cmeq, u, a == b)
VECTOR_D(cmgt, s, a > b)
VECTOR_D(cmge, s, a >= b)
VECTOR_D(cmhi, u, a > b)
VECTOR_D(cmhs, u, a >= b)
VECTOR_D(cmtst, u, (a & b) != 0)

VECTOR(smax, 6, s, PICK(a > b, a, b))
VECTOR(umax, 6, u, PICK(a > b, a, b))
VECTOR(smin, 6, s, PICK(a < b, a, b))
VECTOR(umin, 6, u, PICK(a < b, a, b))
VECTOR(sabd, 6, s, DIFFERENCE(a, b))
VECTOR(uabd, 6, u, DIFFERENCE(a, b))
VECTOR(saba, 6, s, (U)d + (U)DIFFERENCE(a, b))
VECTOR(uaba, 6, u, d + DIFFERENCE(a, b))

/* Halving, without the bit that a + b might need in addition. */
VECTOR(shadd, 6, s, (a >> 1) + (b >> 1) + (a & b & 1))
VECTOR(uhadd, 6, u, (a >> 1) + (b >> 1) + (a & b & 1))
VECTOR(srhadd, 6, s, (a >> 1) + (b >> 1) + ((a | b) & 1))
VECTOR(urhadd, 6, u, (a >> 1) + (b >> 1) + ((a | b) & 1))
VECTOR(shsub, 6, s, (a >> 1) - (b >> 1) - (~a & b & 1))
VECTOR(uhsub, 6, u, (a >> 1) - (b >> 1) - (~a & b & 1))

VECTOR_COLD(sqadd, s, SIGNED_ADD(a, b))
VECTOR_COLD(uqadd, u, UNSIGNED_ADD(a, b))
VECTOR_COLD(sqsub, s, SIGNED_SUB(a, b))
VECTOR_COLD(uqsub, u, UNSIGNED_SUB(a, b))

/* Logical; variants: Q. */
#define LOGICAL(name, expression)                                                                  \
    OP_FP(name##_v, 2)                                                                             \
    {                                                                                              \
        vec a MAYBE_UNUSED = vec_of(&c->v[u->n]), b MAYBE_UNUSED = vec_of(&c->v[u->m]);            \
        vec d MAYBE_UNUSED = vec_of(&c->v[u->d]);                                                  \
        simd_write(c, u->d, expression, 64u << V);                                                 \
        return NEXT;                                                                               \
    }

LOGICAL(and, (a & b))
LOGICAL(bic, a & ~b)
LOGICAL(orr, a | b)
LOGICAL(orn, a | ~b)
LOGICAL(eor, a ^ b)
LOGICAL(bsl, (d & a) | (~d & b))
LOGICAL(bit, (b & a) | (~b & d))
LOGICAL(bif, (b & d) | (~b & a))
