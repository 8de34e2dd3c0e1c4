/*
 * What the soft floating-point functions share: formats, unpacking, rounding. The code
 * is written once over a format, which every caller passes as a constant, so that the
 * compiler makes three copies. Follows the Arm ARM (DDI 0487), J1.3: FPUnpack, FPRound,
 * FPProcessNaNs and so on.
 *
 * Where the manual has real numbers, here is a sign and fraction * 2^(exponent - 63)
 * with bit 63 of the fraction set. Bits of a result that do not fit are kept as a
 * sticky one in bit 0 of the fraction, more than one bit below any rounding position.
 */
#ifndef CORE_ISA_FP_INTERNAL_H
#define CORE_ISA_FP_INTERNAL_H

#include "core/isa/fp.h"

#define FRACTION_TOP BIT(63)

/* N bits: a sign, E of exponent, F of fraction. */
struct fp_format {
    unsigned n, e, f;
    u32 flush; /* the bit of FPCR that makes denormals zero */
};

#define FORMAT16 ((struct fp_format){.n = 16, .e = 5, .f = 10, .flush = FPCR_FZ16})
#define FORMAT32 ((struct fp_format){.n = 32, .e = 8, .f = 23, .flush = FPCR_FZ})
#define FORMAT64 ((struct fp_format){.n = 64, .e = 11, .f = 52, .flush = FPCR_FZ})

/* FPType_xxx, as bits, so that a union of types is one test. */
enum fp_type {
    FPTYPE_ZERO = 1,
    FPTYPE_NONZERO = 2,
    FPTYPE_INFINITY = 4,
    FPTYPE_QNAN = 8,
    FPTYPE_SNAN = 16,
    FPTYPE_NAN = FPTYPE_QNAN | FPTYPE_SNAN,
};

/* An unpacked operand. Zero has a fraction of 0 and an exponent below all others. */
struct fp_number {
    enum fp_type type;
    bool sign;
    s32 exponent; /* of the fraction's bit 63 */
    u64 fraction;
};

enum { EXPONENT_OF_ZERO = -(1 << 20) };

static ALWAYS_INLINE s32 fp_bias(struct fp_format t)
{
    return (1 << (t.e - 1)) - 1;
}

static ALWAYS_INLINE u64 fp_zero(struct fp_format t, bool sign)
{
    return (u64)sign << (t.n - 1);
}

static ALWAYS_INLINE u64 fp_infinity(struct fp_format t, bool sign)
{
    return fp_zero(t, sign) | ones(t.e) << t.f;
}

static ALWAYS_INLINE u64 fp_max_normal(struct fp_format t, bool sign)
{
    return fp_infinity(t, sign) - 1;
}

/* +2^exponent */
static ALWAYS_INLINE u64 fp_power_of_two(struct fp_format t, s32 exponent)
{
    return (u64)(exponent + fp_bias(t)) << t.f;
}

static ALWAYS_INLINE u64 fp_default_nan(struct fp_format t)
{
    return fp_infinity(t, false) | BIT(t.f - 1);
}

/* The default NaN, as the result of an invalid operation. */
static ALWAYS_INLINE u64 fp_invalid(struct fp_format t, struct fp_env *e)
{
    e->fpsr |= FPSR_IOC;
    return fp_default_nan(t);
}

/* V >> N with the bits shifted out kept as a sticky bit 0; N may be anything from 0. */
static ALWAYS_INLINE u64 shift_right_sticky(u64 v, unsigned n)
{
    if (n >= 64)
        return v != 0;
    return v >> n | ((v & ones(n)) != 0);
}

static ALWAYS_INLINE u64 fold_sticky(u128 v)
{
    return (u64)(v >> 64) | ((u64)v != 0);
}

/* FPUnpackBase; FLUSH is the bit of FPCR that makes denormals zero, 0 for none. */
static ALWAYS_INLINE struct fp_number fp_unpack_base(struct fp_format t, u64 a, u32 flush, bool ahp,
                                                     struct fp_env *e)
{
    struct fp_number v = {.sign = bit(a, t.n - 1)};
    u64 exponent = bits(a, t.n - 2, t.f), fraction = bits(a, t.f - 1, 0);

    if (likely(exponent != 0 && (exponent != ones(t.e) || ahp))) {
        v.type = FPTYPE_NONZERO;
        v.exponent = (s32)exponent - fp_bias(t);
        v.fraction = FRACTION_TOP | fraction << (63 - t.f);
    } else if (exponent != 0) {
        v.type = fraction == 0                 ? FPTYPE_INFINITY
                 : bit(fraction, t.f - 1) != 0 ? FPTYPE_QNAN
                                               : FPTYPE_SNAN;
    } else if (fraction == 0 || (e->fpcr & flush)) {
        v.type = FPTYPE_ZERO;
        v.exponent = EXPONENT_OF_ZERO;
        if (fraction != 0 && t.n != 16)
            e->fpsr |= FPSR_IDC;
    } else {
        unsigned shift = (unsigned)__builtin_clzll(fraction);
        v.type = FPTYPE_NONZERO;
        v.exponent = 1 - fp_bias(t) + (s32)(63 - t.f) - (s32)shift;
        v.fraction = fraction << shift;
    }
    return v;
}

/* FPUnpack */
static ALWAYS_INLINE struct fp_number fp_unpack(struct fp_format t, u64 a, struct fp_env *e)
{
    return fp_unpack_base(t, a, t.flush, false, e);
}

/*
 * Whether a magnitude whose last kept bit is ODD or not, with REST of 2^64 of that bit
 * left over, is to be rounded up.
 */
static ALWAYS_INLINE bool fp_round_up(enum fp_rounding rounding, bool sign, bool odd, u64 rest)
{
    const u64 half = FRACTION_TOP;

    switch (rounding) {
    case FPROUNDING_TIEEVEN:
        return rest > half || (rest == half && odd);
    case FPROUNDING_POSINF:
        return rest != 0 && !sign;
    case FPROUNDING_NEGINF:
        return rest != 0 && sign;
    case FPROUNDING_ZERO:
        return false;
    case FPROUNDING_TIEAWAY:
        return rest >= half;
    case FPROUNDING_ODD:
        return rest != 0 && !odd;
    }
    return false;
}

/* Whether a number too large in magnitude becomes an infinity. */
static ALWAYS_INLINE bool fp_overflow_to_infinity(enum fp_rounding rounding, bool sign)
{
    return rounding == FPROUNDING_TIEEVEN ||
           rounding == (sign ? FPROUNDING_NEGINF : FPROUNDING_POSINF);
}

/*
 * FPRoundBase: the number given by SIGN, EXPONENT and FRACTION (bit 63 set) in format T.
 * EXPONENT is at most 3 * 2^10, which is more than two operands can make. FLUSH is the bit
 * of FPCR that makes denormal results zero, 0 for none.
 */
static ALWAYS_INLINE u64 fp_round_base(struct fp_format t, bool sign, s32 exponent, u64 fraction,
                                       enum fp_rounding rounding, u32 flush, bool ahp,
                                       struct fp_env *e)
{
    s32 biased = exponent + fp_bias(t);

    if (unlikely(biased <= 0)) {
        if (e->fpcr & flush) {
            e->fpsr |= FPSR_UFC;
            return fp_zero(t, sign);
        }
        fraction = shift_right_sticky(fraction, (unsigned)(1 - biased));
        biased = 0;
    }

    u64 mantissa = fraction >> (63 - t.f); /* F bits, and above them 1 if normal */
    u64 rest = fraction << (t.f + 1);
    if (biased == 0 && rest != 0) /* tiny before rounding, and inexact */
        e->fpsr |= FPSR_UFC;
    mantissa += fp_round_up(rounding, sign, mantissa & 1, rest);

    /* The leading one, and a carry out of the fraction, add to the exponent. */
    u64 magnitude = ((u64)(biased > 0 ? biased - 1 : 0) << t.f) + mantissa;
    if (unlikely(magnitude >= fp_infinity(t, false) && !ahp)) {
        e->fpsr |= FPSR_OFC | FPSR_IXC;
        return fp_overflow_to_infinity(rounding, sign) ? fp_infinity(t, sign)
                                                       : fp_max_normal(t, sign);
    }
    if (unlikely(ahp && magnitude > ones(t.n - 1))) {
        e->fpsr |= FPSR_IOC;
        return fp_zero(t, sign) | ones(t.n - 1);
    }
    if (rest != 0)
        e->fpsr |= FPSR_IXC;
    return fp_zero(t, sign) | magnitude;
}

/* FPRound, in one copy a format. */
u64 fp_round16(bool sign, s32 exponent, u64 fraction, enum fp_rounding rounding, struct fp_env *e);
u64 fp_round32(bool sign, s32 exponent, u64 fraction, enum fp_rounding rounding, struct fp_env *e);
u64 fp_round64(bool sign, s32 exponent, u64 fraction, enum fp_rounding rounding, struct fp_env *e);

static ALWAYS_INLINE u64 fp_round(struct fp_format t, bool sign, s32 exponent, u64 fraction,
                                  enum fp_rounding rounding, struct fp_env *e)
{
    return t.n == 16   ? fp_round16(sign, exponent, fraction, rounding, e)
           : t.n == 32 ? fp_round32(sign, exponent, fraction, rounding, e)
                       : fp_round64(sign, exponent, fraction, rounding, e);
}

/* The zero that a sum of numbers of opposite sign is: its sign is the rounding mode's. */
static ALWAYS_INLINE u64 fp_zero_sum(struct fp_format t, const struct fp_env *e)
{
    return fp_zero(t, fp_rounding_mode(e) == FPROUNDING_NEGINF);
}

/* FPProcessNaN: A is a NaN of TYPE. */
u64 fp_process_nan(struct fp_format t, enum fp_type type, u64 a, struct fp_env *e);

/*
 * FPProcessNaNs and FPProcessNaNs3, to be called if one of the types is a NaN: the first
 * signaling one, else the first quiet one.
 */
u64 fp_process_nans(struct fp_format t, enum fp_type type1, enum fp_type type2, u64 a, u64 b,
                    struct fp_env *e);
u64 fp_process_nans3(struct fp_format t, enum fp_type type1, enum fp_type type2, enum fp_type type3,
                     u64 a, u64 b, u64 c, struct fp_env *e);

#endif
