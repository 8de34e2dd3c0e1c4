/*
 * What the bodies of floating-point instructions share: the functions of fp.h by
 * element size, operands and results zero-extended to 64 bits (Arm's FPAdd(op1, op2)
 * and so on, with N bits given by the caller), and scalar registers.
 */
#ifndef CORE_ISA_OP_FLOAT_H
#define CORE_ISA_OP_FLOAT_H

#include "core/isa/fp.h"
#include "core/isa/ops.h"
#include "core/isa/simd.h"

/* Which precision variant V of a row for single and double means, in bits. */
static ALWAYS_INLINE unsigned float_size(unsigned v)
{
    return v ? 64 : 32;
}

/* The scalar in register R. */
#define F(slot, esize) lane_u(&c->v[u->slot], esize, 0)

#define FLOAT_UNARY(name)                                                                          \
    static ALWAYS_INLINE u64 float_##name(unsigned esize, u64 a, struct fp_env *e)                 \
    {                                                                                              \
        switch (esize) {                                                                           \
        case 16:                                                                                   \
            return fp16_##name((u16)a, e);                                                         \
        case 32:                                                                                   \
            return fp32_##name((u32)a, e);                                                         \
        default:                                                                                   \
            return fp64_##name(a, e);                                                              \
        }                                                                                          \
    }

#define FLOAT_BINARY(name)                                                                         \
    static ALWAYS_INLINE u64 float_##name(unsigned esize, u64 a, u64 b, struct fp_env *e)          \
    {                                                                                              \
        switch (esize) {                                                                           \
        case 16:                                                                                   \
            return fp16_##name((u16)a, (u16)b, e);                                                 \
        case 32:                                                                                   \
            return fp32_##name((u32)a, (u32)b, e);                                                 \
        default:                                                                                   \
            return fp64_##name(a, b, e);                                                           \
        }                                                                                          \
    }

FLOAT_UNARY(sqrt)
FLOAT_UNARY(recip_estimate)
FLOAT_UNARY(rsqrt_estimate)
FLOAT_UNARY(recpx)
FLOAT_BINARY(add)
FLOAT_BINARY(sub)
FLOAT_BINARY(mul)
FLOAT_BINARY(mulx)
FLOAT_BINARY(div)
FLOAT_BINARY(max)
FLOAT_BINARY(min)
FLOAT_BINARY(maxnum)
FLOAT_BINARY(minnum)
FLOAT_BINARY(recip_step)
FLOAT_BINARY(rsqrt_step)
FLOAT_BINARY(compare_eq)
FLOAT_BINARY(compare_ge)
FLOAT_BINARY(compare_gt)

static ALWAYS_INLINE u64 float_neg(unsigned esize, u64 a)
{
    return a ^ BIT(esize - 1);
}

static ALWAYS_INLINE u64 float_abs(unsigned esize, u64 a)
{
    return a & ones(esize - 1);
}

static ALWAYS_INLINE u64 float_muladd(unsigned esize, u64 addend, u64 a, u64 b, struct fp_env *e)
{
    switch (esize) {
    case 16:
        return fp16_muladd((u16)addend, (u16)a, (u16)b, e);
    case 32:
        return fp32_muladd((u32)addend, (u32)a, (u32)b, e);
    default:
        return fp64_muladd(addend, a, b, e);
    }
}

static ALWAYS_INLINE u32 float_compare(unsigned esize, u64 a, u64 b, bool signal_nans,
                                       struct fp_env *e)
{
    switch (esize) {
    case 16:
        return fp16_compare((u16)a, (u16)b, signal_nans, e);
    case 32:
        return fp32_compare((u32)a, (u32)b, signal_nans, e);
    default:
        return fp64_compare(a, b, signal_nans, e);
    }
}

static ALWAYS_INLINE u64 float_round_int(unsigned esize, u64 a, enum fp_rounding rounding,
                                         bool exact, struct fp_env *e)
{
    switch (esize) {
    case 16:
        return fp16_round_int((u16)a, rounding, exact, e);
    case 32:
        return fp32_round_int((u32)a, rounding, exact, e);
    default:
        return fp64_round_int(a, rounding, exact, e);
    }
}

/* To an integer of ISIZE bits, zero-extended. */
static ALWAYS_INLINE u64 float_to_fixed(unsigned esize, u64 a, unsigned fbits, bool is_unsigned,
                                        unsigned isize, enum fp_rounding rounding, struct fp_env *e)
{
    switch (esize) {
    case 16:
        return fp16_to_fixed((u16)a, fbits, is_unsigned, isize, rounding, e);
    case 32:
        return fp32_to_fixed((u32)a, fbits, is_unsigned, isize, rounding, e);
    default:
        return fp64_to_fixed(a, fbits, is_unsigned, isize, rounding, e);
    }
}

/* From the integer in the low ISIZE bits of V, rounded as FPCR says. */
static ALWAYS_INLINE u64 float_from_fixed(unsigned esize, u64 v, unsigned fbits, bool is_unsigned,
                                          unsigned isize, struct fp_env *e)
{
    enum fp_rounding rounding = fp_rounding_mode(e);
    v = is_unsigned ? v & ones(isize) : (u64)sext(v, isize);
    switch (esize) {
    case 16:
        return fp16_from_fixed(v, fbits, is_unsigned, rounding, e);
    case 32:
        return fp32_from_fixed(v, fbits, is_unsigned, rounding, e);
    default:
        return fp64_from_fixed(v, fbits, is_unsigned, rounding, e);
    }
}

/*
 * The host's answer to fpN_NAME into *R, or false if it is not known to be Arm's, flags
 * included (fp.h has the reasons): the call-free part, for fast handlers. EXACT_ZERO: a
 * zero result is no underflow.
 */
#define FLOAT_HOST_BINARY(name, operator, may_stand, exact_zero)                                   \
    static ALWAYS_INLINE bool float_host_##name(unsigned esize, u64 a, u64 b,                      \
                                                const struct fp_env *e, u64 *r)                    \
    {                                                                                              \
        if (unlikely(!fp_host_rounds(e)))                                                          \
            return false;                                                                          \
        if (esize == 32) {                                                                         \
            *r = fp32_bits(fp32_host((u32)a) operator fp32_host((u32)b));                          \
            if (fp32_##may_stand((u32)*r))                                                         \
                return true;                                                                       \
        } else {                                                                                   \
            *r = fp64_bits(fp64_host(a) operator fp64_host(b));                                    \
            if (fp64_##may_stand(*r))                                                              \
                return true;                                                                       \
        }                                                                                          \
        return float_abs(esize, *r) == 0 && (exact_zero);                                          \
    }

FLOAT_HOST_BINARY(add, +, is_finite, false)
FLOAT_HOST_BINARY(sub, -, is_finite, false)
FLOAT_HOST_BINARY(mul, *, is_safe, float_abs(esize, a) == 0 || float_abs(esize, b) == 0)
FLOAT_HOST_BINARY(div, /, is_safe, float_abs(esize, a) == 0)

static ALWAYS_INLINE bool float_host_sqrt(unsigned esize, u64 a, const struct fp_env *e, u64 *r)
{
    if (unlikely(!fp_host_rounds(e)))
        return false;
    if (esize == 32) {
        *r = fp32_bits(fp32_host_sqrt(fp32_host((u32)a)));
        return fp32_is_safe((u32)*r);
    }
    *r = fp64_bits(fp64_host_sqrt(fp64_host(a)));
    return fp64_is_safe(*r);
}

static ALWAYS_INLINE bool float_host_muladd(unsigned esize, u64 addend, u64 a, u64 b,
                                            const struct fp_env *e, u64 *r)
{
    if (unlikely(!fp_host_rounds(e)))
        return false;
    if (esize == 32) {
        float c = fp32_host((u32)addend);
        *r = fp32_bits(fp32_host_muladd(c, fp32_host((u32)a), fp32_host((u32)b)));
        return fp32_is_safe((u32)*r);
    }
    *r = fp64_bits(fp64_host_muladd(fp64_host(addend), fp64_host(a), fp64_host(b)));
    return fp64_is_safe(*r);
}

/* A of single or double precision as a number. */
static ALWAYS_INLINE double float_host(unsigned esize, u64 a)
{
    return esize == 32 ? (double)fp32_host((u32)a) : fp64_host(a);
}

static ALWAYS_INLINE u64 float_bits(unsigned esize, double a)
{
    return esize == 32 ? fp32_bits((float)a) : fp64_bits(a);
}

/* Whether A (single or double) is a NaN, or might be flushed to zero. */
static ALWAYS_INLINE bool float_is_hard(unsigned esize, u64 a, const struct fp_env *e)
{
    return (e->fpcr & FPCR_FZ) || (esize == 32 ? fp32_is_nan((u32)a) : fp64_is_nan(a));
}

/* 2^N, for |N| up to 64. */
static ALWAYS_INLINE double float_power_of_two(int n)
{
    enum { BIAS = 1023, SHIFT = 52 };
    return fp64_host((u64)(BIAS + n) << SHIFT);
}

/* X rounded to an integer, if its magnitude is below 2^63; *INEXACT: it was none. */
static ALWAYS_INLINE bool float_host_round(double x, enum fp_rounding rounding, s64 *integer,
                                           bool *inexact)
{
    if (unlikely(!(x > -0x1p63 && x < 0x1p63)))
        return false;
    s64 t = (s64)x;
    double rest = x - (double)t;
    switch (rounding) {
    case FPROUNDING_POSINF:
        t += rest > 0;
        break;
    case FPROUNDING_NEGINF:
        t -= rest < 0;
        break;
    case FPROUNDING_TIEEVEN:
        t += (rest > 0.5 || (rest == 0.5 && t % 2)) - (rest < -0.5 || (rest == -0.5 && t % 2));
        break;
    case FPROUNDING_TIEAWAY:
        t += (rest >= 0.5) - (rest <= -0.5);
        break;
    default:
        break;
    }
    *integer = t;
    *inexact = rest != 0;
    return true;
}

/* FPRoundInt by the host. A zero that was rounded to keeps its sign. */
static ALWAYS_INLINE bool float_host_round_int(unsigned esize, u64 a, enum fp_rounding rounding,
                                               bool exact, struct fp_env *e, u64 *r)
{
    bool inexact;
    s64 t;
    if (unlikely(e->fpcr & FPCR_FZ) ||
        !float_host_round(float_host(esize, a), rounding, &t, &inexact))
        return false;
    if (exact && inexact)
        e->fpsr |= FPSR_IXC;
    *r = float_bits(esize, (double)t) | (a & BIT(esize - 1));
    return true;
}

static ALWAYS_INLINE bool float_host_to_fixed(unsigned esize, u64 a, unsigned fbits,
                                              bool is_unsigned, unsigned isize,
                                              enum fp_rounding rounding, struct fp_env *e, u64 *r)
{
    double x = float_host(esize, a) * float_power_of_two((int)fbits);
    bool inexact;
    s64 t;
    if (unlikely(e->fpcr & FPCR_FZ) || !float_host_round(x, rounding, &t, &inexact))
        return false;
    if (unlikely(is_unsigned ? t < 0 || (u64)t > ones(isize) : t != sext((u64)t, isize)))
        return false;
    e->fpsr |= inexact ? FPSR_IXC : 0;
    *r = (u64)t & ones(isize);
    return true;
}

/* The result is a normal number or +0 and at most inexact. */
static ALWAYS_INLINE bool float_host_from_fixed(unsigned esize, u64 v, unsigned fbits,
                                                bool is_unsigned, unsigned isize,
                                                const struct fp_env *e, u64 *r)
{
    const s64 exact = esize == 32 ? FP32_MAX_EXACT : FP64_MAX_EXACT;
    s64 t = is_unsigned ? (s64)(v & ones(isize)) : sext(v, isize);
    if (unlikely(is_unsigned && t < 0))
        return false;
    if (unlikely((t > exact || t < -exact) && !fp_host_rounds(e)))
        return false;
    if (esize == 32)
        *r = fp32_bits((float)t * (float)float_power_of_two(-(int)fbits));
    else
        *r = fp64_bits((double)t * float_power_of_two(-(int)fbits));
    return true;
}

#endif
