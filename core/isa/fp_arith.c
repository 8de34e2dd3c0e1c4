/*
 * The four operations and the square root in integer arithmetic: FPAdd, FPSub, FPMul,
 * FPMulX, FPDiv and FPSqrt of the Arm ARM (DDI 0487), J1.3. Each follows the pseudocode's
 * order: NaNs, invalid operations, infinities, zeros, then the number, rounded once.
 */
#include "core/isa/fp_internal.h"

/* FPAdd, or FPSub, which turns B's sign after NaNs have been seen to. */
static ALWAYS_INLINE u64 add(struct fp_format t, u64 a, u64 b, bool subtract, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e), y = fp_unpack(t, b, e);
    enum fp_type types = x.type | y.type;

    if (types & FPTYPE_NAN)
        return fp_process_nans(t, x.type, y.type, a, b, e);
    y.sign ^= subtract;
    if (types & FPTYPE_INFINITY) {
        if (types == FPTYPE_INFINITY && x.sign != y.sign)
            return fp_invalid(t, e);
        return fp_infinity(t, x.type == FPTYPE_INFINITY ? x.sign : y.sign);
    }
    if (types == FPTYPE_ZERO && x.sign == y.sign)
        return fp_zero(t, x.sign);

    if (x.exponent < y.exponent || (x.exponent == y.exponent && x.fraction < y.fraction)) {
        struct fp_number swapped = x;
        x = y;
        y = swapped;
    }
    y.fraction = shift_right_sticky(y.fraction, (unsigned)(x.exponent - y.exponent));
    if (x.sign == y.sign) {
        u64 sum = x.fraction + y.fraction;
        if (sum < x.fraction) {
            sum = shift_right_sticky(sum, 1) | FRACTION_TOP;
            x.exponent++;
        }
        return fp_round(t, x.sign, x.exponent, sum, fp_rounding_mode(e), e);
    }
    u64 difference = x.fraction - y.fraction;
    if (difference == 0)
        return fp_zero_sum(t, e);
    unsigned shift = (unsigned)__builtin_clzll(difference);
    return fp_round(t, x.sign, x.exponent - (s32)shift, difference << shift, fp_rounding_mode(e),
                    e);
}

/* FPMul, or with EXTENDED FPMulX. */
static ALWAYS_INLINE u64 multiply(struct fp_format t, u64 a, u64 b, bool extended, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e), y = fp_unpack(t, b, e);
    enum fp_type types = x.type | y.type;
    bool sign = x.sign ^ y.sign;

    if (types & FPTYPE_NAN)
        return fp_process_nans(t, x.type, y.type, a, b, e);
    if (types == (FPTYPE_INFINITY | FPTYPE_ZERO))
        return extended ? fp_zero(t, sign) | fp_power_of_two(t, 1) : fp_invalid(t, e);
    if (types & FPTYPE_INFINITY)
        return fp_infinity(t, sign);
    if (types & FPTYPE_ZERO)
        return fp_zero(t, sign);

    u128 product = (u128)x.fraction * y.fraction;
    s32 exponent = x.exponent + y.exponent + 1;
    if (!(product >> 127)) {
        product <<= 1;
        exponent--;
    }
    return fp_round(t, sign, exponent, fold_sticky(product), fp_rounding_mode(e), e);
}

/* FPDiv */
static ALWAYS_INLINE u64 divide(struct fp_format t, u64 a, u64 b, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e), y = fp_unpack(t, b, e);
    enum fp_type types = x.type | y.type;
    bool sign = x.sign ^ y.sign;

    if (types & FPTYPE_NAN)
        return fp_process_nans(t, x.type, y.type, a, b, e);
    if (types == FPTYPE_INFINITY || types == FPTYPE_ZERO)
        return fp_invalid(t, e);
    if (x.type == FPTYPE_INFINITY || y.type == FPTYPE_ZERO) {
        if (x.type != FPTYPE_INFINITY)
            e->fpsr |= FPSR_DZC;
        return fp_infinity(t, sign);
    }
    if (x.type == FPTYPE_ZERO || y.type == FPTYPE_INFINITY)
        return fp_zero(t, sign);

    /* The dividend is placed so that the quotient has 64 bits. */
    bool below_one = x.fraction < y.fraction;
    u128 dividend = (u128)x.fraction << (below_one ? 64 : 63);
    u64 quotient = (u64)(dividend / y.fraction);
    bool inexact = quotient * y.fraction != (u64)dividend;
    return fp_round(t, sign, x.exponent - y.exponent - below_one, quotient | inexact,
                    fp_rounding_mode(e), e);
}

/*
 * The first ROOT_BITS bits of the square root of RADICAND, which has two bits before its
 * point and is at least 1. The host's root is off by one at most; integers settle it.
 */
enum { ROOT_BITS = 54 }; /* the widest fraction and one more, for ties */

static u64 square_root(u64 radicand, bool *inexact)
{
    u128 wanted = (u128)radicand << (2 * ROOT_BITS - 64);
    u64 root = (u64)(fp64_host_sqrt((double)radicand) * (double)BIT(ROOT_BITS - 32));

    while ((u128)root * root > wanted)
        root--;
    while ((u128)(root + 1) * (root + 1) <= wanted)
        root++;
    *inexact = (u128)root * root != wanted;
    return root;
}

/* FPSqrt */
static ALWAYS_INLINE u64 squareroot(struct fp_format t, u64 a, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e);

    if (x.type & FPTYPE_NAN)
        return fp_process_nan(t, x.type, a, e);
    if (x.type == FPTYPE_ZERO)
        return fp_zero(t, x.sign);
    if (x.sign)
        return fp_invalid(t, e);
    if (x.type == FPTYPE_INFINITY)
        return fp_infinity(t, false);

    bool inexact, odd = x.exponent & 1;
    u64 root = square_root(odd ? x.fraction : x.fraction >> 1, &inexact);
    return fp_round(t, false, (x.exponent - odd) / 2, root << (64 - ROOT_BITS) | inexact,
                    fp_rounding_mode(e), e);
}

#define DEFINE(N, uN)                                                                              \
    uN fp##N##_add_soft(uN a, uN b, struct fp_env *e)                                              \
    {                                                                                              \
        return (uN)add(FORMAT##N, a, b, false, e);                                                 \
    }                                                                                              \
    uN fp##N##_sub_soft(uN a, uN b, struct fp_env *e)                                              \
    {                                                                                              \
        return (uN)add(FORMAT##N, a, b, true, e);                                                  \
    }                                                                                              \
    uN fp##N##_mul_soft(uN a, uN b, struct fp_env *e)                                              \
    {                                                                                              \
        return (uN)multiply(FORMAT##N, a, b, false, e);                                            \
    }                                                                                              \
    uN fp##N##_mulx(uN a, uN b, struct fp_env *e)                                                  \
    {                                                                                              \
        return (uN)multiply(FORMAT##N, a, b, true, e);                                             \
    }                                                                                              \
    uN fp##N##_div_soft(uN a, uN b, struct fp_env *e)                                              \
    {                                                                                              \
        return (uN)divide(FORMAT##N, a, b, e);                                                     \
    }                                                                                              \
    uN fp##N##_sqrt_soft(uN a, struct fp_env *e)                                                   \
    {                                                                                              \
        return (uN)squareroot(FORMAT##N, a, e);                                                    \
    }

FP_FORMATS(DEFINE)
