/*
 * Three registers of different types (DDI 0487, C4.1.96 and C7.2): widening, where the
 * 2 form (Q) takes the upper halves of its narrow operands, and narrowing, where it
 * writes the upper half. Expressions as in core/isa/simd_vector.h; multiplications
 * are in op_simd_multiply.c.
 */
#include "core/isa/simd_vector.h"

/* The upper half of a lane, and half a unit of that. */
#define HIGHER(x) ((x) >> (BITS / 2))
#define ROUNDING  SPLAT(BIT(BITS / 2 - 1))

#define LENGTHENING(name, evaluation, sign, expression)                                            \
    HOT(name##_v, 6, RUN_LONG, arrangement(V), VM, evaluation, sign, expression)

#define NARROWING(name, sign, expression)                                                          \
    HOT(name##_v, 6, RUN_NARROW, arrangement(V), sign, expression)

LENGTHENING(saddl, LONG, s, a + b)
LENGTHENING(uaddl, LONG, u, a + b)
LENGTHENING(ssubl, LONG, s, a - b)
LENGTHENING(usubl, LONG, u, a - b)
LENGTHENING(saddw, WIDE, s, (U)a + (U)b)
LENGTHENING(uaddw, WIDE, u, a + b)
LENGTHENING(ssubw, WIDE, s, (U)a - (U)b)
LENGTHENING(usubw, WIDE, u, a - b)
LENGTHENING(sabdl, LONG, s, DIFFERENCE(a, b))
LENGTHENING(uabdl, LONG, u, DIFFERENCE(a, b))
LENGTHENING(sabal, LONG, s, (U)d + (U)DIFFERENCE(a, b))
LENGTHENING(uabal, LONG, u, d + DIFFERENCE(a, b))
LENGTHENING(shll, LONG, u, a << (BITS / 2))
LENGTHENING(sshll, LONG, s, (U)a << (U)SPLAT(u->imm))
LENGTHENING(ushll, LONG, u, a << SPLAT(u->imm))

NARROWING(addhn, u, HIGHER(a + b))
NARROWING(subhn, u, HIGHER(a - b))
NARROWING(raddhn, u, HIGHER(a + b + ROUNDING))
NARROWING(rsubhn, u, HIGHER(a - b + ROUNDING))
NARROWING(xtn, u, a)
NARROWING(shrn, u, SHIFTED_RIGHT(a))
NARROWING(rshrn, u, ROUNDED_RIGHT(a))

/* Narrowing with saturation, vector and scalar. */
#define NARROWING_COLD(name, sign, expression)                                                     \
    COLD_FUNCTION(name, RUN_NARROW, sign, expression)                                              \
    CALL(name##_v, name)                                                                           \
    CALL(name##_s, name)

NARROWING_COLD(sqxtn, s, LIMITED_TO_SIGNED(a))
NARROWING_COLD(sqxtun, s, LIMITED_TO_UNSIGNED(a))
NARROWING_COLD(uqxtn, u, LIMITED_TO_UNSIGNED(a))
NARROWING_COLD(sqshrn, s, LIMITED_TO_SIGNED(SHIFTED_RIGHT(a)))
NARROWING_COLD(sqshrun, s, LIMITED_TO_UNSIGNED(SHIFTED_RIGHT(a)))
NARROWING_COLD(uqshrn, u, LIMITED_TO_UNSIGNED(SHIFTED_RIGHT(a)))
NARROWING_COLD(sqrshrn, s, LIMITED_TO_SIGNED(ROUNDED_RIGHT(a)))
NARROWING_COLD(sqrshrun, s, LIMITED_TO_UNSIGNED(ROUNDED_RIGHT(a)))
NARROWING_COLD(uqrshrn, u, LIMITED_TO_UNSIGNED(ROUNDED_RIGHT(a)))
