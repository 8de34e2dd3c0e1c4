/*
 * Sums of products of BFloat16 numbers: BFDotAdd, BFAdd, BFMul and BFRound of the Arm ARM
 * (DDI 0487), J1.3, as they are without FEAT_EBF16. Whatever FPCR says, results are rounded
 * to odd, denormals are zero coming and going, every NaN is the default one, and a number
 * too large becomes an infinity; FPSR stays as it is.
 */
#include "core/isa/fp_internal.h"

/* The environment in which denormals vanish; what it gathers is dropped. */
#define BF_ENV ((struct fp_env){.fpcr = FPCR_FZ | FPCR_DN})

/* BFRound */
static u32 bf_round(bool sign, s32 exponent, u64 fraction)
{
    struct fp_env e = BF_ENV;
    if (exponent > fp_bias(FORMAT32)) /* rounding to odd never carries */
        return (u32)fp_infinity(FORMAT32, sign);
    return (u32)fp_round32(sign, exponent, fraction, FPROUNDING_ODD, &e);
}

/* BFMul */
static u32 bf_mul(u32 a, u32 b)
{
    struct fp_env e = BF_ENV;
    struct fp_number x = fp_unpack(FORMAT32, a, &e), y = fp_unpack(FORMAT32, b, &e);
    enum fp_type types = x.type | y.type;
    bool sign = x.sign ^ y.sign;

    if ((types & FPTYPE_NAN) || types == (FPTYPE_INFINITY | FPTYPE_ZERO))
        return (u32)fp_default_nan(FORMAT32);
    if (types & FPTYPE_INFINITY)
        return (u32)fp_infinity(FORMAT32, sign);
    if (types & FPTYPE_ZERO)
        return (u32)fp_zero(FORMAT32, sign);
    u128 product = (u128)x.fraction * y.fraction;
    bool carry = product >> 127;
    return bf_round(sign, x.exponent + y.exponent + carry, fold_sticky(product << !carry));
}

/* BFAdd */
static u32 bf_add(u32 a, u32 b)
{
    struct fp_env e = BF_ENV;
    struct fp_number x = fp_unpack(FORMAT32, a, &e), y = fp_unpack(FORMAT32, b, &e);
    enum fp_type types = x.type | y.type;

    if ((types & FPTYPE_NAN) || (types == FPTYPE_INFINITY && x.sign != y.sign))
        return (u32)fp_default_nan(FORMAT32);
    if (types & FPTYPE_INFINITY)
        return (u32)fp_infinity(FORMAT32, x.type == FPTYPE_INFINITY ? x.sign : y.sign);
    if (types == FPTYPE_ZERO)
        return (u32)fp_zero(FORMAT32, x.sign & y.sign);

    if (x.exponent < y.exponent || (x.exponent == y.exponent && x.fraction < y.fraction)) {
        struct fp_number swapped = x;
        x = y;
        y = swapped;
    }
    u64 small = shift_right_sticky(y.fraction, (unsigned)(x.exponent - y.exponent));
    u128 sum = x.sign == y.sign ? (u128)x.fraction + small : (u128)x.fraction - small;
    if (sum == 0)
        return 0;
    if (sum >> 64)
        return bf_round(x.sign, x.exponent + 1, (u64)(sum >> 1) | (sum & 1));
    unsigned shift = (unsigned)__builtin_clzll((u64)sum);
    return bf_round(x.sign, x.exponent - (s32)shift, (u64)sum << shift);
}

u32 fp32_bf_dot(u32 sum, u32 a, u32 b, u32 c, u32 d)
{
    return bf_add(sum, bf_add(bf_mul(a, b), bf_mul(c, d)));
}
