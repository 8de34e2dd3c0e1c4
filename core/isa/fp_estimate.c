/*
 * Estimates: FPRecipEstimate, FPRSqrtEstimate, FPRecpX, UnsignedRecipEstimate and
 * UnsignedRSqrtEstimate of the Arm ARM (DDI 0487), J1.3, all from the two tables of nine
 * bits that RecipEstimate and RecipSqrtEstimate define.
 */
#include "core/isa/fp_internal.h"

/* RecipEstimate: A from 256 to 511 stands for [0.5, 1.0), the result for [1.0, 2.0). */
static u32 recip_estimate9(u32 a)
{
    a = a * 2 + 1; /* the middle of the interval that A stands for */
    u32 b = (1 << 19) / a;
    return (b + 1) / 2;
}

/* RecipSqrtEstimate: A from 128 to 511 stands for [0.25, 1.0), the result for [1.0, 2.0). */
static u32 rsqrt_estimate9(u32 a)
{
    a = a < 256 ? a * 2 + 1 : ((a & ~1u) + 1) * 2; /* the middle, in 512ths */
    u32 b = 512; /* becomes the largest for which a * b * b is below 2^28 */
    for (u32 step = 256; step != 0; step /= 2)
        if (a * (b + step) * (b + step) < 1u << 28)
            b += step;
    return (b + 1) / 2;
}

/* The number 1.ESTIMATE<7:0> * 2^exponent, exactly; a denormal loses no bits. */
static ALWAYS_INLINE u64 pack_estimate(struct fp_format t, bool sign, s32 exponent, u32 estimate)
{
    s32 biased = exponent + fp_bias(t);
    u64 fraction = (u64)estimate << (t.f - 8); /* bit F is the leading one */

    if (biased <= 0)
        return fp_zero(t, sign) | fraction >> (1 - biased);
    return fp_zero(t, sign) | (u64)biased << t.f | (fraction & ones(t.f));
}

/* FPRecipEstimate */
static ALWAYS_INLINE u64 recip_estimate(struct fp_format t, u64 a, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e);
    const s32 largest = fp_bias(t); /* exponent of the largest numbers */

    if (x.type & FPTYPE_NAN)
        return fp_process_nan(t, x.type, a, e);
    if (x.type == FPTYPE_INFINITY)
        return fp_zero(t, x.sign);
    if (x.type == FPTYPE_ZERO) {
        e->fpsr |= FPSR_DZC;
        return fp_infinity(t, x.sign);
    }
    if (x.exponent < -largest - 1) {
        e->fpsr |= FPSR_OFC | FPSR_IXC;
        return fp_overflow_to_infinity(fp_rounding_mode(e), x.sign) ? fp_infinity(t, x.sign)
                                                                    : fp_max_normal(t, x.sign);
    }
    if ((e->fpcr & t.flush) && x.exponent >= largest - 1) {
        e->fpsr |= FPSR_UFC;
        return fp_zero(t, x.sign);
    }
    return pack_estimate(t, x.sign, -1 - x.exponent, recip_estimate9((u32)(x.fraction >> 55)));
}

/* FPRSqrtEstimate */
static ALWAYS_INLINE u64 rsqrt_estimate(struct fp_format t, u64 a, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e);

    if (x.type & FPTYPE_NAN)
        return fp_process_nan(t, x.type, a, e);
    if (x.type == FPTYPE_ZERO) {
        e->fpsr |= FPSR_DZC;
        return fp_infinity(t, x.sign);
    }
    if (x.sign)
        return fp_invalid(t, e);
    if (x.type == FPTYPE_INFINITY)
        return fp_zero(t, false);

    /* Scaled by an even power of two into [0.25, 1.0). */
    bool odd = x.exponent & 1;
    u32 scaled = (u32)(x.fraction >> (odd ? 55 : 56));
    return pack_estimate(t, false, (-1 - x.exponent - !odd) / 2, rsqrt_estimate9(scaled));
}

/* FPRecpX */
static ALWAYS_INLINE u64 recpx(struct fp_format t, u64 a, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e);
    u64 exponent = bits(a, t.n - 2, t.f);

    if (x.type & FPTYPE_NAN)
        return fp_process_nan(t, x.type, a, e);
    return fp_zero(t, x.sign) | (exponent == 0 ? ones(t.e) - 1 : exponent ^ ones(t.e)) << t.f;
}

u32 fp_unsigned_recip_estimate(u32 a)
{
    if (!bit(a, 31))
        return UINT32_MAX;
    return recip_estimate9(a >> 23) << 23;
}

u32 fp_unsigned_rsqrt_estimate(u32 a)
{
    if (bits(a, 31, 30) == 0)
        return UINT32_MAX;
    return rsqrt_estimate9(a >> 23) << 23;
}

#define DEFINE(N, uN)                                                                              \
    uN fp##N##_recip_estimate(uN a, struct fp_env *e)                                              \
    {                                                                                              \
        return (uN)recip_estimate(FORMAT##N, a, e);                                                \
    }                                                                                              \
    uN fp##N##_rsqrt_estimate(uN a, struct fp_env *e)                                              \
    {                                                                                              \
        return (uN)rsqrt_estimate(FORMAT##N, a, e);                                                \
    }                                                                                              \
    uN fp##N##_recpx(uN a, struct fp_env *e)                                                       \
    {                                                                                              \
        return (uN)recpx(FORMAT##N, a, e);                                                         \
    }

FP_FORMATS(DEFINE)
