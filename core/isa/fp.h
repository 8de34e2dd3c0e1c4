/*
 * Arm floating point, bit for bit, as functions of raw bits (u16, u32, u64: half, single
 * and double precision): the shared pseudocode functions of the Arm ARM (DDI 0487, J1.3)
 * as ARMv8.0 has them, with FEAT_FP16. Always: FPCR's RMode, FZ, FZ16, DN and AHP are
 * obeyed, FPSR accumulates as the pseudocode says, nothing traps (the enables are RAZ).
 *
 * The inline functions keep a result of the host's IEEE arithmetic only if it is Arm's,
 * flags included; if not, the fp*_soft functions do it again in integers, as the manual
 * has it. The host must be in its default floating-point environment.
 */
#ifndef CORE_ISA_FP_H
#define CORE_ISA_FP_H

#include <float.h>
#include <string.h>

#include "core/types.h"

_Static_assert(FLT_EVAL_METHOD == 0, "the host must compute float and double as such");

/* FPCR and FPSR, as MRS reads them. Bits that ARMv8.0 has not are to be kept zero. */
struct fp_env {
    u32 fpcr, fpsr;
};

enum {
    FPCR_FZ16 = 1 << 19, /* flush half precision denormals */
    FPCR_RMODE_SHIFT = 22,
    FPCR_RMODE = 3 << FPCR_RMODE_SHIFT, /* enum fp_rounding, 0 to 3 */
    FPCR_FZ = 1 << 24,                  /* flush single and double precision denormals */
    FPCR_DN = 1 << 25,                  /* every NaN result is the default NaN */
    FPCR_AHP = 1 << 26,                 /* conversions use the alternative half precision */

    FPSR_IOC = 1 << 0, /* invalid operation */
    FPSR_DZC = 1 << 1, /* division by zero */
    FPSR_OFC = 1 << 2, /* overflow */
    FPSR_UFC = 1 << 3, /* underflow */
    FPSR_IXC = 1 << 4, /* inexact */
    FPSR_IDC = 1 << 7, /* denormal input flushed */
};

/* FPRounding_xxx; the first four as FPCR.RMode encodes them. */
enum fp_rounding {
    FPROUNDING_TIEEVEN,
    FPROUNDING_POSINF,
    FPROUNDING_NEGINF,
    FPROUNDING_ZERO,
    FPROUNDING_TIEAWAY, /* only to an integer: FPToFixed, FPRoundInt */
    FPROUNDING_ODD,
};

/* What FPCompare returns: PSTATE.NZCV, N highest. */
enum { FP_LESS = 8, FP_EQUAL = 6, FP_GREATER = 2, FP_UNORDERED = 3 };

/* FPRoundingMode */
static ALWAYS_INLINE enum fp_rounding fp_rounding_mode(const struct fp_env *e)
{
    return (enum fp_rounding)((e->fpcr & FPCR_RMODE) >> FPCR_RMODE_SHIFT);
}

#define FP16_SIGN UINT16_C(0x8000)
#define FP32_SIGN UINT32_C(0x80000000)
#define FP64_SIGN UINT64_C(0x8000000000000000)

#define FP16_INFINITY UINT16_C(0x7c00)
#define FP32_INFINITY UINT32_C(0x7f800000)
#define FP64_INFINITY UINT64_C(0x7ff0000000000000)

/* What makes the format's denormals zero. */
enum { FP16_FLUSH = FPCR_FZ16, FP32_FLUSH = FPCR_FZ, FP64_FLUSH = FPCR_FZ };

/* The smallest normal numbers. */
#define FP32_MIN_NORMAL UINT32_C(0x00800000)
#define FP64_MIN_NORMAL UINT64_C(0x0010000000000000)

/* The integers up to this magnitude are all numbers of the format. */
#define FP32_MAX_EXACT (INT64_C(1) << 24)
#define FP64_MAX_EXACT (INT64_C(1) << 53)

#define FP_FORMATS(X)      X(16, u16) X(32, u32) X(64, u64)
#define FP_HOST_FORMATS(X) X(32, u32, float) X(64, u64, double)

/*
 * What each format has as a plain function. Those called fpN_NAME_soft are meant to
 * be called through the inline fpN_NAME further down.
 *
 *   fpN_mulx                       FMULX: 2.0 for infinity times zero
 *   fpN_muladd(addend, a, b)       addend + a * b, rounded once; FMSUB and friends
 *                                  negate operands first, with fpN_neg
 *   fpN_compare(a, b, signal_nans) NZCV as above; SIGNAL_NANS: quiet NaNs are invalid
 *                                  too (FCMPE)
 *   fpN_to_fixed(a, fbits, is_unsigned, isize, rounding)
 *                                  A * 2^fbits as an integer of ISIZE bits (16, 32, 64),
 *                                  saturated, zero-extended to 64
 *   fpN_from_fixed(v, fbits, is_unsigned, rounding)
 *                                  V * 2^-fbits; V is the operand, sign- or
 *                                  zero-extended to 64 bits as IS_UNSIGNED says
 *   fpN_round_int(a, rounding, exact)
 *                                  FRINT*; EXACT: inexactness is recorded (FRINTX)
 *   fpN_recip_step, fpN_rsqrt_step FRECPS, FRSQRTS
 *   fpN_recpx                      FRECPX
 *
 * The rest are called after the pseudocode: fpN_add is FPAdd. FPCR.RMode rounds, except
 * where there is a parameter for it.
 */
#define FP_DECLARE(N, uN)                                                                          \
    uN fp##N##_add_soft(uN a, uN b, struct fp_env *e);                                             \
    uN fp##N##_sub_soft(uN a, uN b, struct fp_env *e);                                             \
    uN fp##N##_mul_soft(uN a, uN b, struct fp_env *e);                                             \
    uN fp##N##_mulx(uN a, uN b, struct fp_env *e);                                                 \
    uN fp##N##_div_soft(uN a, uN b, struct fp_env *e);                                             \
    uN fp##N##_sqrt_soft(uN a, struct fp_env *e);                                                  \
    uN fp##N##_muladd_soft(uN addend, uN a, uN b, struct fp_env *e);                               \
    uN fp##N##_max_soft(uN a, uN b, struct fp_env *e);                                             \
    uN fp##N##_min_soft(uN a, uN b, struct fp_env *e);                                             \
    uN fp##N##_maxnum_soft(uN a, uN b, struct fp_env *e);                                          \
    uN fp##N##_minnum_soft(uN a, uN b, struct fp_env *e);                                          \
    u32 fp##N##_compare_soft(uN a, uN b, bool signal_nans, struct fp_env *e);                      \
    u64 fp##N##_to_fixed_soft(uN a, unsigned fbits, bool is_unsigned, unsigned isize,              \
                              enum fp_rounding rounding, struct fp_env *e);                        \
    uN fp##N##_from_fixed_soft(u64 v, unsigned fbits, bool is_unsigned, enum fp_rounding rounding, \
                               struct fp_env *e);                                                  \
    uN fp##N##_round_int(uN a, enum fp_rounding rounding, bool exact, struct fp_env *e);           \
    uN fp##N##_recip_estimate(uN a, struct fp_env *e);                                             \
    uN fp##N##_rsqrt_estimate(uN a, struct fp_env *e);                                             \
    uN fp##N##_recip_step(uN a, uN b, struct fp_env *e);                                           \
    uN fp##N##_rsqrt_step(uN a, uN b, struct fp_env *e);                                           \
    uN fp##N##_recpx(uN a, struct fp_env *e);                                                      \
    static ALWAYS_INLINE uN fp##N##_neg(uN a)                                                      \
    {                                                                                              \
        return a ^ FP##N##_SIGN;                                                                   \
    }                                                                                              \
    static ALWAYS_INLINE uN fp##N##_abs(uN a)                                                      \
    {                                                                                              \
        return a & (uN)~FP##N##_SIGN;                                                              \
    }                                                                                              \
    static ALWAYS_INLINE bool fp##N##_is_nan(uN a)                                                 \
    {                                                                                              \
        return fp##N##_abs(a) > FP##N##_INFINITY;                                                  \
    }

FP_FORMATS(FP_DECLARE)

/* FPConvert between formats, rounded as FPCR says; _odd: rounded to odd (FCVTXN). */
u32 fp16_to_fp32(u16 a, struct fp_env *e);
u64 fp16_to_fp64(u16 a, struct fp_env *e);
u16 fp32_to_fp16(u32 a, struct fp_env *e);
u16 fp64_to_fp16(u64 a, struct fp_env *e);
u64 fp32_to_fp64_soft(u32 a, struct fp_env *e);
u32 fp64_to_fp32_soft(u64 a, struct fp_env *e);
u32 fp64_to_fp32_odd(u64 a, struct fp_env *e);

/* FPConvertBF: to BFloat16, the upper half of single precision. */
u16 fp32_to_bf16(u32 a, struct fp_env *e);

/* FPToFixedJS: modulo 2^32; *EXACT: the result is the operand, which is not -0. */
u32 fp64_to_int32_javascript(u64 a, bool *exact, struct fp_env *e);

/* FPRoundIntN: FRINT32Z and so on; what ISIZE bits can't hold becomes their least integer. */
u32 fp32_round_int_size(u32 a, unsigned isize, enum fp_rounding rounding, struct fp_env *e);
u64 fp64_round_int_size(u64 a, unsigned isize, enum fp_rounding rounding, struct fp_env *e);

/* FPMulAddH: ADDEND + A * B, of half precision, rounded once. */
u32 fp32_muladd_h(u32 addend, u16 a, u16 b, struct fp_env *e);

/* BFDotAdd: SUM + (A * B + C * D), each step rounded to odd; FPCR and FPSR have no part in it. */
u32 fp32_bf_dot(u32 sum, u32 a, u32 b, u32 c, u32 d);

/* UnsignedRecipEstimate and UnsignedRSqrtEstimate: URECPE and URSQRTE. */
u32 fp_unsigned_recip_estimate(u32 a);
u32 fp_unsigned_rsqrt_estimate(u32 a);

/*
 * Whether the host rounds as the guest wants and inexactness is on record already,
 * so that the result alone tells if the host's arithmetic may stand.
 */
static ALWAYS_INLINE bool fp_host_rounds(const struct fp_env *e)
{
    return likely(!(e->fpcr & (FPCR_RMODE | FPCR_FZ)) && (e->fpsr & FPSR_IXC));
}

/*
 * Host results that may stand. A sum is exact when it is denormal or zero, so it only
 * has to be finite. Anything else must also be above the smallest normal number:
 * that one itself may have come from rounding up, and Arm detects underflow before
 * rounding. A finite result proves that no operand was a NaN.
 */
#define FP_HOST_VALUES(N, uN, host)                                                                \
    static ALWAYS_INLINE host fp##N##_host(uN a)                                                   \
    {                                                                                              \
        host h;                                                                                    \
        memcpy(&h, &a, sizeof(h));                                                                 \
        return h;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE uN fp##N##_bits(host h)                                                   \
    {                                                                                              \
        uN a;                                                                                      \
        memcpy(&a, &h, sizeof(a));                                                                 \
        return a;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE bool fp##N##_is_finite(uN a)                                              \
    {                                                                                              \
        return likely(fp##N##_abs(a) < FP##N##_INFINITY);                                          \
    }                                                                                              \
    static ALWAYS_INLINE bool fp##N##_is_safe(uN a)                                                \
    {                                                                                              \
        const uN low = FP##N##_MIN_NORMAL + 1;                                                     \
        return likely(fp##N##_abs(a) - low < FP##N##_INFINITY - low);                              \
    }

FP_HOST_FORMATS(FP_HOST_VALUES)

/* Of the operations that C has no operator for. */
static ALWAYS_INLINE float fp32_host_sqrt(float a)
{
    return __builtin_sqrtf(a);
}

static ALWAYS_INLINE double fp64_host_sqrt(double a)
{
    return __builtin_sqrt(a);
}

/*
 * C + A * B, rounded once. For float, product and sum are computed in double: the
 * product is exact, and rounding the sum twice is right unless the first rounding
 * made a tie for the second, which gives a NaN here: the soft way decides.
 */
static ALWAYS_INLINE float fp32_host_muladd(float c, float a, float b)
{
    enum { DROPPED = DBL_MANT_DIG - FLT_MANT_DIG };
    double sum = (double)a * b + c;
    bool tie = (fp64_bits(sum) & ones(DROPPED)) == BIT(DROPPED - 1);
    return unlikely(tie) ? __builtin_nanf("") : (float)sum;
}

static ALWAYS_INLINE double fp64_host_muladd(double c, double a, double b)
{
    return __builtin_fma(a, b, c);
}

#define FP_HOST_BINARY(N, uN, name, operator, may_stand)                                           \
    static ALWAYS_INLINE uN fp##N##_##name(uN a, uN b, struct fp_env *e)                           \
    {                                                                                              \
        if (fp_host_rounds(e)) {                                                                   \
            uN r = fp##N##_bits(fp##N##_host(a) operator fp##N##_host(b));                         \
            if (may_stand(r))                                                                      \
                return r;                                                                          \
        }                                                                                          \
        return fp##N##_##name##_soft(a, b, e);                                                     \
    }

#define FP_HOST_ARITHMETIC(N, uN, host)                                                            \
    FP_HOST_BINARY(N, uN, add, +, fp##N##_is_finite)                                               \
    FP_HOST_BINARY(N, uN, sub, -, fp##N##_is_finite)                                               \
    FP_HOST_BINARY(N, uN, mul, *, fp##N##_is_safe)                                                 \
    FP_HOST_BINARY(N, uN, div, /, fp##N##_is_safe)                                                 \
    static ALWAYS_INLINE uN fp##N##_sqrt(uN a, struct fp_env *e)                                   \
    {                                                                                              \
        if (fp_host_rounds(e)) {                                                                   \
            uN r = fp##N##_bits(fp##N##_host_sqrt(fp##N##_host(a)));                               \
            if (fp##N##_is_safe(r))                                                                \
                return r;                                                                          \
        }                                                                                          \
        return fp##N##_sqrt_soft(a, e);                                                            \
    }                                                                                              \
    static ALWAYS_INLINE uN fp##N##_muladd(uN addend, uN a, uN b, struct fp_env *e)                \
    {                                                                                              \
        if (fp_host_rounds(e)) {                                                                   \
            host c = fp##N##_host(addend);                                                         \
            uN r = fp##N##_bits(fp##N##_host_muladd(c, fp##N##_host(a), fp##N##_host(b)));         \
            if (fp##N##_is_safe(r))                                                                \
                return r;                                                                          \
        }                                                                                          \
        return fp##N##_muladd_soft(addend, a, b, e);                                               \
    }

FP_HOST_FORMATS(FP_HOST_ARITHMETIC)

/*
 * FPToFixed of X toward zero, which is what C's conversion does, into *INTEGER.
 * False, and nothing done, if X is out of range or might be flushed.
 */
static ALWAYS_INLINE bool fp_host_truncate(double x, bool is_unsigned, unsigned isize,
                                           struct fp_env *e, u64 *integer)
{
    if (unlikely(!(x > -0x1p63 && x < 0x1p63) || (e->fpcr & FPCR_FZ)))
        return false;
    s64 t = (s64)x;
    if (unlikely(is_unsigned ? t < 0 || (u64)t > ones(isize) : t != sext((u64)t, isize)))
        return false;
    if ((double)t != x)
        e->fpsr |= FPSR_IXC;
    *integer = (u64)t & ones(isize);
    return true;
}

/* Order needs no rounding: only NaNs and flushed operands are hard. */
#define FP_HOST_CONVERT_AND_COMPARE(N, uN, host)                                                   \
    static ALWAYS_INLINE u64 fp##N##_to_fixed(uN a, unsigned fbits, bool is_unsigned,              \
                                              unsigned isize, enum fp_rounding rounding,           \
                                              struct fp_env *e)                                    \
    {                                                                                              \
        u64 r;                                                                                     \
        if (rounding == FPROUNDING_ZERO && fbits == 0 &&                                           \
            fp_host_truncate(fp##N##_host(a), is_unsigned, isize, e, &r))                          \
            return r;                                                                              \
        return fp##N##_to_fixed_soft(a, fbits, is_unsigned, isize, rounding, e);                   \
    }                                                                                              \
    static ALWAYS_INLINE uN fp##N##_from_fixed(u64 v, unsigned fbits, bool is_unsigned,            \
                                               enum fp_rounding rounding, struct fp_env *e)        \
    {                                                                                              \
        u64 above = v + (is_unsigned ? 0 : FP##N##_MAX_EXACT);                                     \
        if (likely(fbits == 0 && above <= (u64)FP##N##_MAX_EXACT << !is_unsigned))                 \
            return fp##N##_bits((host)(s64)v);                                                     \
        return fp##N##_from_fixed_soft(v, fbits, is_unsigned, rounding, e);                        \
    }                                                                                              \
    static ALWAYS_INLINE u32 fp##N##_compare(uN a, uN b, bool signal_nans, struct fp_env *e)       \
    {                                                                                              \
        if (likely(!(e->fpcr & FPCR_FZ))) {                                                        \
            host x = fp##N##_host(a), y = fp##N##_host(b);                                         \
            if (x > y)                                                                             \
                return FP_GREATER;                                                                 \
            if (x < y)                                                                             \
                return FP_LESS;                                                                    \
            if (x == y)                                                                            \
                return FP_EQUAL;                                                                   \
        }                                                                                          \
        return fp##N##_compare_soft(a, b, signal_nans, e);                                         \
    }

FP_HOST_FORMATS(FP_HOST_CONVERT_AND_COMPARE)

static ALWAYS_INLINE u64 fp32_to_fp64(u32 a, struct fp_env *e)
{
    if (likely(!(e->fpcr & FPCR_FZ) && !fp32_is_nan(a)))
        return fp64_bits(fp32_host(a));
    return fp32_to_fp64_soft(a, e);
}

static ALWAYS_INLINE u32 fp64_to_fp32(u64 a, struct fp_env *e)
{
    if (fp_host_rounds(e)) {
        u32 r = fp32_bits((float)fp64_host(a));
        if (fp32_is_safe(r))
            return r;
    }
    return fp64_to_fp32_soft(a, e);
}

/* Half precision has no host arithmetic. */
#define FP16_SOFT_BINARY(name)                                                                     \
    static ALWAYS_INLINE u16 fp16_##name(u16 a, u16 b, struct fp_env *e)                           \
    {                                                                                              \
        return fp16_##name##_soft(a, b, e);                                                        \
    }

FP16_SOFT_BINARY(add)
FP16_SOFT_BINARY(sub)
FP16_SOFT_BINARY(mul)
FP16_SOFT_BINARY(div)

static ALWAYS_INLINE u16 fp16_sqrt(u16 a, struct fp_env *e)
{
    return fp16_sqrt_soft(a, e);
}

static ALWAYS_INLINE u16 fp16_muladd(u16 addend, u16 a, u16 b, struct fp_env *e)
{
    return fp16_muladd_soft(addend, a, b, e);
}

static ALWAYS_INLINE u64 fp16_to_fixed(u16 a, unsigned fbits, bool is_unsigned, unsigned isize,
                                       enum fp_rounding rounding, struct fp_env *e)
{
    return fp16_to_fixed_soft(a, fbits, is_unsigned, isize, rounding, e);
}

static ALWAYS_INLINE u16 fp16_from_fixed(u64 v, unsigned fbits, bool is_unsigned,
                                         enum fp_rounding rounding, struct fp_env *e)
{
    return fp16_from_fixed_soft(v, fbits, is_unsigned, rounding, e);
}

static ALWAYS_INLINE u32 fp16_compare(u16 a, u16 b, bool signal_nans, struct fp_env *e)
{
    return fp16_compare_soft(a, b, signal_nans, e);
}

/*
 * fpN_max, min, maxnum, minnum by the order of the bits, which puts -0 below +0, and
 * fpN_compare_eq, ge, gt (FPCompareEQ and so on: quiet NaNs are invalid except for eq).
 */
#define FP_MINMAX(N, uN, name, order)                                                              \
    static ALWAYS_INLINE uN fp##N##_##name(uN a, uN b, struct fp_env *e)                           \
    {                                                                                              \
        if (likely(!(e->fpcr & FP##N##_FLUSH) && !fp##N##_is_nan(a) && !fp##N##_is_nan(b)))        \
            return fp##N##_order(a) order fp##N##_order(b) ? a : b;                                \
        return fp##N##_##name##_soft(a, b, e);                                                     \
    }

#define FP_ORDER(N, uN)                                                                            \
    static ALWAYS_INLINE s64 fp##N##_order(uN a)                                                   \
    {                                                                                              \
        s64 v = (s64)((u64)a << (64 - N));                                                         \
        return v ^ (s64)((u64)(v >> 63) >> 1);                                                     \
    }                                                                                              \
    FP_MINMAX(N, uN, max, >)                                                                       \
    FP_MINMAX(N, uN, min, <)                                                                       \
    FP_MINMAX(N, uN, maxnum, >)                                                                    \
    FP_MINMAX(N, uN, minnum, <)                                                                    \
    static ALWAYS_INLINE bool fp##N##_compare_eq(uN a, uN b, struct fp_env *e)                     \
    {                                                                                              \
        return fp##N##_compare(a, b, false, e) == FP_EQUAL;                                        \
    }                                                                                              \
    static ALWAYS_INLINE bool fp##N##_compare_ge(uN a, uN b, struct fp_env *e)                     \
    {                                                                                              \
        u32 nzcv = fp##N##_compare(a, b, true, e);                                                 \
        return nzcv == FP_GREATER || nzcv == FP_EQUAL;                                             \
    }                                                                                              \
    static ALWAYS_INLINE bool fp##N##_compare_gt(uN a, uN b, struct fp_env *e)                     \
    {                                                                                              \
        return fp##N##_compare(a, b, true, e) == FP_GREATER;                                       \
    }

FP_FORMATS(FP_ORDER)

#endif
