/*
 * How the semantics of integer vector instructions are written: once, as an
 * expression of whole vectors that stands for every lane size (DDI 0487, C7.2).
 *
 *     VECTOR(smax, 6, s, PICK(a > b, a, b))
 *
 * In an expression a, b and d are the vectors that Vn, Vm and Vd hold, of lanes that
 * are signed (s) or unsigned (u) numbers as the form says, and these names exist:
 *
 *     T, E       the type of a, b, d and the type of one of its lanes
 *     U, S       the unsigned and the signed vector type of the same lanes
 *     BITS       the size of a lane; of widening and narrowing instructions, of the wide one
 *     saturated  what saturating operators accumulate FPSR.QC in
 *     u          the decoded op
 *
 * A comparison makes a mask: all ones in the lanes where it holds. Bits outside an
 * operand's width are zero, which saturates nothing; what the expression makes of
 * them is dropped. Signed lanes don't overflow: where they might, add them as U.
 */
#ifndef CORE_ISA_SIMD_VECTOR_H
#define CORE_ISA_SIMD_VECTOR_H

#include "core/isa/ops.h"
#include "core/isa/simd.h"

#define MAYBE_UNUSED __attribute__((unused))
#define OUT_OF_LINE  __attribute__((noinline))

/* vuN, vsN: registers of lanes of N bits; huN, hsN: halves of one. */
#define VECTOR_TYPES(N)                                                                            \
    typedef u##N vu##N __attribute__((vector_size(16)));                                           \
    typedef s##N vs##N __attribute__((vector_size(16)));                                           \
    typedef u##N hu##N __attribute__((vector_size(8)));                                            \
    typedef s##N hs##N __attribute__((vector_size(8)));

VECTOR_TYPES(8)
VECTOR_TYPES(16)
VECTOR_TYPES(32)
VECTOR_TYPES(64)

/* The lanes of one half of V, made twice as wide; and the other way, dropping high bits. */
#define WIDEN_NARROW(N, W)                                                                         \
    static ALWAYS_INLINE vu##W widen_u##N(vec v, bool high)                                        \
    {                                                                                              \
        return __builtin_convertvector((hu##N)v[high], vu##W);                                     \
    }                                                                                              \
    static ALWAYS_INLINE vs##W widen_s##N(vec v, bool high)                                        \
    {                                                                                              \
        return __builtin_convertvector((hs##N)v[high], vs##W);                                     \
    }                                                                                              \
    static ALWAYS_INLINE u64 narrow_##N(vec v)                                                     \
    {                                                                                              \
        return (u64) __builtin_convertvector((vu##W)v, hu##N);                                     \
    }

WIDEN_NARROW(8, 16)
WIDEN_NARROW(16, 32)
WIDEN_NARROW(32, 64)

/* Operators. */

/* X in every lane. */
#define SPLAT(x) ((T){0} + (E)(x))

/* YES where the mask is set, else NO. */
#define PICK(mask, yes, no) ((T)(((U)(mask) & (U)(yes)) | (~(U)(mask) & (U)(no))))

#define NEGATIVE(x)      ((U)((S)(x) >> (BITS - 1)))
#define MAGNITUDE(x)     PICK(NEGATIVE(x), -(U)(x), x)
#define DIFFERENCE(x, y) PICK((x) > (y), (U)(x) - (U)(y), (U)(y) - (U)(x))

/* Shifts right by u->imm + 1: see simd_shr in format_simd.c. */
#define SHIFTED_RIGHT(x) ((x) >> SPLAT(u->imm) >> 1)
#define ROUNDED_RIGHT(x)                                                                           \
    ({                                                                                             \
        T shifted_ = (x) >> SPLAT(u->imm);                                                         \
        (shifted_ >> 1) + (shifted_ & 1);                                                          \
    })

/* The greatest signed lane, and what a signed lane saturates to: by the sign of X. */
#define GREATEST        ((U){0} + (E)ones(BITS - 1))
#define SATURATED_AS(x) (NEGATIVE(x) ^ GREATEST)

/* Record where MASK says that a result is a saturated one. */
#define SATURATED(mask) ((void)(saturated |= (vec)(mask)))

/* X + Y and X - Y, saturated: of signed and of unsigned lanes. */
#define SIGNED_ADD(x, y)                                                                           \
    ({                                                                                             \
        U x_ = (U)(x), y_ = (U)(y), sum_ = x_ + y_;                                                \
        U over_ = NEGATIVE((x_ ^ sum_) & (y_ ^ sum_));                                             \
        SATURATED(over_);                                                                          \
        PICK(over_, SATURATED_AS(x_), sum_);                                                       \
    })
#define SIGNED_SUB(x, y)                                                                           \
    ({                                                                                             \
        U x_ = (U)(x), y_ = (U)(y), sum_ = x_ - y_;                                                \
        U over_ = NEGATIVE((x_ ^ sum_) & (x_ ^ y_));                                               \
        SATURATED(over_);                                                                          \
        PICK(over_, SATURATED_AS(x_), sum_);                                                       \
    })
#define UNSIGNED_ADD(x, y)                                                                         \
    ({                                                                                             \
        U sum_ = (x) + (y), over_ = (U)(sum_ < (x));                                               \
        SATURATED(over_);                                                                          \
        sum_ | over_;                                                                              \
    })
#define UNSIGNED_SUB(x, y)                                                                         \
    ({                                                                                             \
        U over_ = (U)((x) < (y));                                                                  \
        SATURATED(over_);                                                                          \
        ((x) - (y)) & ~over_;                                                                      \
    })

/* X with lanes of the least number, which are a result's only overflow, made the greatest. */
#define LEAST_TO_GREATEST(x)                                                                       \
    ({                                                                                             \
        U value_ = (U)(x), least_ = (U)(value_ == ~GREATEST);                                      \
        SATURATED(least_);                                                                         \
        value_ ^ least_;                                                                           \
    })

/* X limited to LOW..HIGH, constants of one lane. */
#define LIMITED(x, low, high)                                                                      \
    ({                                                                                             \
        T x_ = (x), low_ = SPLAT(low), high_ = SPLAT(high);                                        \
        T y_ = PICK(x_ > high_, high_, PICK(x_ < low_, low_, x_));                                 \
        SATURATED(x_ ^ y_);                                                                        \
        y_;                                                                                        \
    })

/* Wide lanes limited to what half of their bits hold. */
#define LIMITED_TO_SIGNED(x)   LIMITED(x, ~ones(BITS / 2 - 1), ones(BITS / 2 - 1))
#define LIMITED_TO_UNSIGNED(x) LIMITED(x, 0, ones(BITS / 2))

/*
 * Evaluation: each of SAME, LONG, WIDE, NARROW, INNER computes EXPRESSION into `result`
 * from the vectors vn, vm, vd. ESIZE is the lane size, the narrow one if there are two.
 */

#define EVALUATE(N, sign, of_n, of_m, of_d, expression)                                            \
    typedef v##sign##N T MAYBE_UNUSED;                                                             \
    typedef sign##N E MAYBE_UNUSED;                                                                \
    typedef vu##N U MAYBE_UNUSED;                                                                  \
    typedef vs##N S MAYBE_UNUSED;                                                                  \
    enum { BITS = N };                                                                             \
    const T a MAYBE_UNUSED = (T)(of_n), b MAYBE_UNUSED = (T)(of_m), d MAYBE_UNUSED = (T)(of_d);    \
    result = (vec)(expression);

#define CASE_SAME(N, sign, expression)                                                             \
    case N: {                                                                                      \
        EVALUATE(N, sign, vn, vm, vd, expression)                                                  \
        break;                                                                                     \
    }

/* All operands have the same lanes. */
#define SAME(esize, sign, expression)                                                              \
    switch (esize) {                                                                               \
        CASE_SAME(8, sign, expression)                                                             \
        CASE_SAME(16, sign, expression)                                                            \
        CASE_SAME(32, sign, expression)                                                            \
        CASE_SAME(64, sign, expression)                                                            \
    }

#define EACH_NARROW_SIZE(esize, CASE, ...)                                                         \
    switch (esize) {                                                                               \
        CASE(8, 16, __VA_ARGS__)                                                                   \
        CASE(16, 32, __VA_ARGS__)                                                                  \
        CASE(32, 64, __VA_ARGS__)                                                                  \
    }

#define CASE_LONG(N, W, sign, high, expression)                                                    \
    case N: {                                                                                      \
        EVALUATE(W, sign, widen_##sign##N(vn, high), widen_##sign##N(vm, high), vd, expression)    \
        break;                                                                                     \
    }

/* Narrow lanes in one half of Vn and Vm, wide ones in Vd. */
#define LONG(esize, sign, high, expression)                                                        \
    EACH_NARROW_SIZE(esize, CASE_LONG, sign, high, expression)

#define CASE_WIDE(N, W, sign, high, expression)                                                    \
    case N: {                                                                                      \
        EVALUATE(W, sign, vn, widen_##sign##N(vm, high), vd, expression)                           \
        break;                                                                                     \
    }

/* Narrow lanes in one half of Vm, wide ones in Vn and Vd. */
#define WIDE(esize, sign, high, expression)                                                        \
    EACH_NARROW_SIZE(esize, CASE_WIDE, sign, high, expression)

#define CASE_NARROW(N, W, sign, expression)                                                        \
    case N: {                                                                                      \
        EVALUATE(W, sign, vn, vm, vd, expression)                                                  \
        result = (vec){narrow_##N(result), 0};                                                     \
        break;                                                                                     \
    }

/* Wide lanes in all operands; the low halves of the result's in its low 64 bits. */
#define NARROW(esize, sign, expression) EACH_NARROW_SIZE(esize, CASE_NARROW, sign, expression)

#define CASE_INNER(N, W, expression)                                                               \
    case N: {                                                                                      \
        vec halves = {0};                                                                          \
        for (unsigned i = 0; i < 2; i++) {                                                         \
            EVALUATE(W, s, widen_s##N(vn, i), widen_s##N(vm, i), widen_s##N(vd, i), expression)    \
            halves[i] = narrow_##N(result);                                                        \
        }                                                                                          \
        result = halves;                                                                           \
        break;                                                                                     \
    }

/* Narrow signed lanes in operands and result, but wide ones within the expression. */
#define INNER(esize, expression) EACH_NARROW_SIZE(esize, CASE_INNER, expression)

static ALWAYS_INLINE void simd_note_saturation(struct cpu *c, vec saturated)
{
    if (saturated[0] | saturated[1])
        c->fp.fpsr |= FPSR_QC;
}

/* X in all lanes of ESIZE bits. */
static ALWAYS_INLINE vec vec_splat(u64 x, unsigned esize)
{
    switch (esize) {
    case 8:
        return (vec)((vu8){0} + (u8)x);
    case 16:
        return (vec)((vu16){0} + (u16)x);
    case 32:
        return (vec)((vu32){0} + (u32)x);
    default:
        return (vec){x, x};
    }
}

/*
 * The operands of op u, of WIDTH bits (Vd: of D_WIDTH), in scope of the statements
 * that follow; OF_M is the second one.
 */
#define OPERANDS(width, of_m, d_width)                                                             \
    vec vn MAYBE_UNUSED = vec_low(vec_of(&c->v[u->n]), width);                                     \
    vec vm MAYBE_UNUSED = vec_low(of_m, width);                                                    \
    vec vd MAYBE_UNUSED = vec_low(vec_of(&c->v[u->d]), d_width);                                   \
    vec saturated MAYBE_UNUSED = {0}, result = {0}

#define VM vec_of(&c->v[u->m])

/* Lane imm of Vm in all lanes. */
#define VM_ELEMENT(t) vec_splat(lane_u(&c->v[u->m], (t).esize, (unsigned)u->imm), (t).esize)

/*
 * What bodies do, by how they are evaluated and written. Where an arrangement is a
 * scalar's, so are operands and result.
 */

#define RUN_SAME(t, of_m, sign, expression)                                                        \
    do {                                                                                           \
        OPERANDS((t).width, of_m, (t).width);                                                      \
        SAME((t).esize, sign, expression)                                                          \
        simd_note_saturation(c, saturated);                                                        \
        simd_write(c, u->d, result, (t).width);                                                    \
    } while (0)

/* Widening; EVALUATION is LONG or WIDE. The 2 form, T of 128 bits, takes upper halves. */
#define RUN_LONG(t, of_m, evaluation, sign, expression)                                            \
    do {                                                                                           \
        const bool scalar = (t).width == (t).esize;                                                \
        OPERANDS(scalar ? (t).esize : 128, of_m, scalar ? 2 * (t).esize : 128);                    \
        evaluation((t).esize, sign, (t).width == 128, expression);                                 \
        simd_note_saturation(c, saturated);                                                        \
        simd_write(c, u->d, result, scalar ? 2 * (t).esize : 128);                                 \
    } while (0)

/* Narrowing; the 2 form writes the upper half. */
#define RUN_NARROW(t, sign, expression)                                                            \
    do {                                                                                           \
        const bool scalar = (t).width == (t).esize;                                                \
        OPERANDS(scalar ? 2 * (t).esize : 128, VM, 128);                                           \
        NARROW((t).esize, sign, expression)                                                        \
        simd_note_saturation(c, saturated);                                                        \
        if (scalar)                                                                                \
            simd_write(c, u->d, result, (t).esize);                                                \
        else                                                                                       \
            simd_write_half(c, u->d, (t).width == 128, result[0]);                                 \
    } while (0)

/* By way of wider lanes; Vd is an operand like the others. */
#define RUN_INNER(t, of_m, expression)                                                             \
    do {                                                                                           \
        OPERANDS((t).width, of_m, (t).width);                                                      \
        INNER((t).esize, expression)                                                               \
        simd_note_saturation(c, saturated);                                                        \
        simd_write(c, u->d, result, (t).width);                                                    \
    } while (0)

/* Handlers. A hot one is made for each arrangement, its variant V: RUN's arguments say so. */
#define HOT(op, count, run, ...)                                                                   \
    OP_FP(op, count)                                                                               \
    {                                                                                              \
        run(__VA_ARGS__);                                                                          \
        return NEXT;                                                                               \
    }

/* A cold one has it in slot a, and shares a function with others. */
#define COLD_FUNCTION(name, run, ...)                                                              \
    static OUT_OF_LINE void name(struct cpu *c, const struct uop *u)                               \
    {                                                                                              \
        const struct arrangement t = arrangement(u->a);                                            \
        run(t, __VA_ARGS__);                                                                       \
    }

#define CALL(op, name)                                                                             \
    OP_FP(op, 1)                                                                                   \
    {                                                                                              \
        name(c, u);                                                                                \
        return NEXT;                                                                               \
    }

/* A vector instruction. */
#define VECTOR(name, count, sign, expression)                                                      \
    HOT(name##_v, count, RUN_SAME, arrangement(V), VM, sign, expression)

/* The same and its scalar form, which exists for doublewords. */
#define VECTOR_D(name, sign, expression)                                                           \
    VECTOR(name, 8, sign, expression)                                                              \
    HOT(name##_s, 1, RUN_SAME, arrangement(ARRANGEMENT_SCALAR + 3), VM, sign, expression)

/* Vector and scalar of all sizes, cold. */
#define VECTOR_COLD(name, sign, expression)                                                        \
    COLD_FUNCTION(name, RUN_SAME, VM, sign, expression)                                            \
    CALL(name##_v, name)                                                                           \
    CALL(name##_s, name)

#endif
