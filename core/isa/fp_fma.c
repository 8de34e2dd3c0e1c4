/*
 * Multiply and add with one rounding: FPMulAdd, FPRecipStepFused and FPRSqrtStepFused of
 * the Arm ARM (DDI 0487), J1.3.
 */
#include "core/isa/fp_internal.h"

/* A number of 128 bits: fraction * 2^(exponent - 127), bit 127 set unless it is zero. */
struct wide {
    bool sign;
    s32 exponent;
    u128 fraction;
};

static ALWAYS_INLINE struct wide widen(struct fp_number x)
{
    return (struct wide){x.sign, x.exponent, (u128)x.fraction << 64};
}

/* Exact: two fractions of 53 bits make one of 106. Neither is infinite or a NaN. */
static ALWAYS_INLINE struct wide product(struct fp_number x, struct fp_number y)
{
    struct wide p = {x.sign ^ y.sign, EXPONENT_OF_ZERO, (u128)x.fraction * y.fraction};

    if (p.fraction == 0)
        return p;
    p.exponent = x.exponent + y.exponent + 1;
    if (!(p.fraction >> 127)) {
        p.fraction <<= 1;
        p.exponent--;
    }
    return p;
}

static ALWAYS_INLINE u128 shift_right_sticky_wide(u128 v, unsigned n)
{
    if (n == 0)
        return v;
    if (n >= 128)
        return v != 0;
    return v >> n | (v << (128 - n) != 0);
}

/*
 * (X + Y) / 2^SCALE, rounded. Bits are shifted out only when the exponents are so far
 * apart that no more than one leading bit can cancel. A sum of zero is the caller's
 * concern when both are zeros of one sign.
 */
static ALWAYS_INLINE u64 round_sum(struct fp_format t, struct wide x, struct wide y, s32 scale,
                                   struct fp_env *e)
{
    if (x.exponent < y.exponent || (x.exponent == y.exponent && x.fraction < y.fraction)) {
        struct wide swapped = x;
        x = y;
        y = swapped;
    }
    y.fraction = shift_right_sticky_wide(y.fraction, (unsigned)(x.exponent - y.exponent));
    u128 sum = x.sign == y.sign ? x.fraction + y.fraction : x.fraction - y.fraction;
    if (x.sign == y.sign && sum < x.fraction) {
        sum = shift_right_sticky_wide(sum, 1) | (u128)1 << 127;
        x.exponent++;
    }
    if (sum == 0)
        return fp_zero_sum(t, e);

    u64 high = (u64)(sum >> 64);
    unsigned shift =
        high != 0 ? (unsigned)__builtin_clzll(high) : 64 + (unsigned)__builtin_clzll((u64)sum);
    return fp_round(t, x.sign, x.exponent - (s32)shift - scale, fold_sticky(sum << shift),
                    fp_rounding_mode(e), e);
}

/* FPProcessNaNs3, or with operands A and B of a smaller format S FPProcessNaNs3H. */
static ALWAYS_INLINE u64 muladd_nan(struct fp_format t, struct fp_format s, enum fp_type typez,
                                    enum fp_type typex, enum fp_type typey, u64 addend, u64 a,
                                    u64 b, struct fp_env *e)
{
    if (s.n != t.n) {
        /* FPConvertNaN, which keeps signaling ones what they are until they are chosen */
        unsigned up = t.f - s.f;
        a = fp_infinity(t, bit(a, s.n - 1)) | bits(a, s.f - 1, 0) << up;
        b = fp_infinity(t, bit(b, s.n - 1)) | bits(b, s.f - 1, 0) << up;
    }
    return fp_process_nans3(t, typez, typex, typey, addend, a, b, e);
}

/* FPMulAdd; A and B are of format S: FPMulAddH. */
static ALWAYS_INLINE u64 muladd_of(struct fp_format t, struct fp_format s, u64 addend, u64 a, u64 b,
                                   struct fp_env *e)
{
    struct fp_number z = fp_unpack(t, addend, e);
    struct fp_number x = fp_unpack(s, a, e), y = fp_unpack(s, b, e);
    enum fp_type types = x.type | y.type;
    bool sign = x.sign ^ y.sign;
    bool invalid = types == (FPTYPE_INFINITY | FPTYPE_ZERO);

    if ((types | z.type) & FPTYPE_NAN) {
        if (z.type == FPTYPE_QNAN && invalid)
            return fp_invalid(t, e);
        return muladd_nan(t, s, z.type, x.type, y.type, addend, a, b, e);
    }
    if (invalid)
        return fp_invalid(t, e);
    if (types & FPTYPE_INFINITY) {
        if (z.type == FPTYPE_INFINITY && z.sign != sign)
            return fp_invalid(t, e);
        return fp_infinity(t, sign);
    }
    if (z.type == FPTYPE_INFINITY)
        return fp_infinity(t, z.sign);
    if (z.type == FPTYPE_ZERO && (types & FPTYPE_ZERO) && z.sign == sign)
        return fp_zero(t, sign);
    return round_sum(t, widen(z), product(x, y), 0, e);
}

static ALWAYS_INLINE u64 muladd(struct fp_format t, u64 addend, u64 a, u64 b, struct fp_env *e)
{
    return muladd_of(t, t, addend, a, b, e);
}

u32 fp32_muladd_h(u32 addend, u16 a, u16 b, struct fp_env *e)
{
    return (u32)muladd_of(FORMAT32, FORMAT16, addend, a, b, e);
}

/*
 * BASE - A * B over 2^SCALE, rounded once; INFINITY_TIMES_ZERO is the result for that.
 * The first operand is negated before NaNs are looked at, as the manual has it.
 */
static ALWAYS_INLINE u64 newton_step(struct fp_format t, u64 a, u64 b, struct wide base, s32 scale,
                                     u64 infinity_times_zero, struct fp_env *e)
{
    a ^= fp_zero(t, true);
    struct fp_number x = fp_unpack(t, a, e), y = fp_unpack(t, b, e);
    enum fp_type types = x.type | y.type;

    if (types & FPTYPE_NAN)
        return fp_process_nans(t, x.type, y.type, a, b, e);
    if (types == (FPTYPE_INFINITY | FPTYPE_ZERO))
        return infinity_times_zero;
    if (types & FPTYPE_INFINITY)
        return fp_infinity(t, x.sign ^ y.sign);
    return round_sum(t, base, product(x, y), scale, e);
}

/* FPRecipStepFused: 2.0 - A * B */
static ALWAYS_INLINE u64 recip_step(struct fp_format t, u64 a, u64 b, struct fp_env *e)
{
    const struct wide two = {false, 1, (u128)1 << 127};

    return newton_step(t, a, b, two, 0, fp_power_of_two(t, 1), e);
}

/* FPRSqrtStepFused: (3.0 - A * B) / 2.0 */
static ALWAYS_INLINE u64 rsqrt_step(struct fp_format t, u64 a, u64 b, struct fp_env *e)
{
    const struct wide three = {false, 1, (u128)3 << 126};
    const u64 one_point_five = fp_power_of_two(t, 0) | BIT(t.f - 1);

    return newton_step(t, a, b, three, 1, one_point_five, e);
}

#define DEFINE(N, uN)                                                                              \
    uN fp##N##_muladd_soft(uN addend, uN a, uN b, struct fp_env *e)                                \
    {                                                                                              \
        return (uN)muladd(FORMAT##N, addend, a, b, e);                                             \
    }                                                                                              \
    uN fp##N##_recip_step(uN a, uN b, struct fp_env *e)                                            \
    {                                                                                              \
        return (uN)recip_step(FORMAT##N, a, b, e);                                                 \
    }                                                                                              \
    uN fp##N##_rsqrt_step(uN a, uN b, struct fp_env *e)                                            \
    {                                                                                              \
        return (uN)rsqrt_step(FORMAT##N, a, b, e);                                                 \
    }

FP_FORMATS(DEFINE)
