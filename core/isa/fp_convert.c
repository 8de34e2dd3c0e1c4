/*
 * Conversions: FPToFixed, FixedToFP, FPRoundInt and FPConvert of the Arm ARM (DDI 0487),
 * J1.3.
 */
#include "core/isa/fp_internal.h"

/* The magnitude of a number as an integer and the 2^64ths that are left. */
struct split {
    u64 integer, rest;
};

/* EXPONENT is at most 63. */
static ALWAYS_INLINE struct split split(s32 exponent, u64 fraction)
{
    if (exponent < 0)
        return (struct split){0, shift_right_sticky(fraction, (unsigned)(-1 - exponent))};
    return (struct split){fraction >> (63 - exponent),
                          exponent == 63 ? 0 : fraction << (exponent + 1)};
}

static ALWAYS_INLINE u64 round_split(struct split s, enum fp_rounding rounding, bool sign)
{
    return s.integer + fp_round_up(rounding, sign, s.integer & 1, s.rest);
}

/* SatQ: the integer of SIGN and MAGNITUDE in ISIZE bits, or the nearest there is. */
static ALWAYS_INLINE u64 saturate(bool sign, u64 magnitude, bool is_unsigned, unsigned isize,
                                  bool *overflow)
{
    u64 limit = is_unsigned ? (sign ? 0 : ones(isize)) : ones(isize - 1) + sign;

    *overflow = magnitude > limit;
    if (*overflow)
        magnitude = limit;
    return (sign ? -magnitude : magnitude) & ones(isize);
}

/* FPToFixed */
static ALWAYS_INLINE u64 to_fixed(struct fp_format t, u64 a, unsigned fbits, bool is_unsigned,
                                  unsigned isize, enum fp_rounding rounding, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e);
    struct split s = {0, 0};
    bool overflow;

    if (x.type & FPTYPE_NAN) {
        e->fpsr |= FPSR_IOC;
        return 0;
    }
    x.exponent += (s32)fbits;
    if (x.type == FPTYPE_INFINITY || x.exponent > 63)
        s.integer = UINT64_MAX;
    else
        s = split(x.exponent, x.fraction);

    u64 result = saturate(x.sign, round_split(s, rounding, x.sign), is_unsigned, isize, &overflow);
    if (overflow || x.type == FPTYPE_INFINITY || x.exponent > 63)
        e->fpsr |= FPSR_IOC;
    else if (s.rest != 0)
        e->fpsr |= FPSR_IXC;
    return result;
}

/* FixedToFP; V has been extended to 64 bits. */
static ALWAYS_INLINE u64 from_fixed(struct fp_format t, u64 v, unsigned fbits, bool is_unsigned,
                                    enum fp_rounding rounding, struct fp_env *e)
{
    bool sign = !is_unsigned && (s64)v < 0;

    if (v == 0)
        return fp_zero(t, false);
    u64 magnitude = sign ? -v : v;
    unsigned shift = (unsigned)__builtin_clzll(magnitude);
    return fp_round(t, sign, 63 - (s32)shift - (s32)fbits, magnitude << shift, rounding, e);
}

/* FPRoundInt */
static ALWAYS_INLINE u64 round_int(struct fp_format t, u64 a, enum fp_rounding rounding, bool exact,
                                   struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e);

    if (x.type & FPTYPE_NAN)
        return fp_process_nan(t, x.type, a, e);
    if (x.type == FPTYPE_ZERO)
        return fp_zero(t, x.sign);
    if (x.type == FPTYPE_INFINITY || x.exponent >= (s32)t.f)
        return a;

    struct split s = split(x.exponent, x.fraction);
    u64 magnitude = round_split(s, rounding, x.sign);
    if (s.rest != 0 && exact)
        e->fpsr |= FPSR_IXC;
    if (magnitude == 0)
        return fp_zero(t, x.sign);
    unsigned shift = (unsigned)__builtin_clzll(magnitude);
    return fp_round(t, x.sign, 63 - (s32)shift, magnitude << shift, FPROUNDING_ZERO, e);
}

/* FPRoundIntN */
static ALWAYS_INLINE u64 round_int_size(struct fp_format t, u64 a, unsigned isize,
                                        enum fp_rounding rounding, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e);
    u64 least = fp_zero(t, true) | fp_power_of_two(t, (s32)isize - 1);
    bool overflow = true;
    struct split s = {0, 0};

    if (x.type == FPTYPE_ZERO)
        return fp_zero(t, x.sign);
    if (!(x.type & (FPTYPE_NAN | FPTYPE_INFINITY)) && x.exponent < 64) {
        s = split(x.exponent, x.fraction);
        s.integer = round_split(s, rounding, x.sign);
        overflow = s.integer > ones(isize - 1) + x.sign;
    }
    if (overflow) {
        e->fpsr |= FPSR_IOC;
        return least;
    }
    if (s.rest != 0)
        e->fpsr |= FPSR_IXC;
    if (s.integer == 0)
        return fp_zero(t, x.sign);
    unsigned shift = (unsigned)__builtin_clzll(s.integer);
    return fp_round(t, x.sign, 63 - (s32)shift, s.integer << shift, FPROUNDING_ZERO, e);
}

u32 fp32_round_int_size(u32 a, unsigned isize, enum fp_rounding rounding, struct fp_env *e)
{
    return (u32)round_int_size(FORMAT32, a, isize, rounding, e);
}

u64 fp64_round_int_size(u64 a, unsigned isize, enum fp_rounding rounding, struct fp_env *e)
{
    return round_int_size(FORMAT64, a, isize, rounding, e);
}

u32 fp64_to_int32_javascript(u64 a, bool *exact, struct fp_env *e)
{
    struct fp_number x = fp_unpack(FORMAT64, a, e);
    u64 magnitude = 0;
    bool in_range = x.exponent < 64, inexact = false;

    if (x.type & (FPTYPE_NAN | FPTYPE_INFINITY)) {
        in_range = false;
    } else if (in_range) {
        struct split s = split(x.exponent, x.fraction);
        magnitude = s.integer;
        inexact = s.rest != 0;
        in_range = magnitude <= ones(31) + x.sign;
    } else if (x.exponent < 63 + 64) {
        magnitude = x.fraction << (x.exponent - 63); /* what is lost are multiples of 2^32 */
    }
    if (!in_range)
        e->fpsr |= FPSR_IOC;
    else if (inexact)
        e->fpsr |= FPSR_IXC;
    *exact = in_range && !inexact && !(x.type == FPTYPE_ZERO && x.sign);
    return (u32)(x.sign ? -magnitude : magnitude);
}

u16 fp32_to_bf16(u32 a, struct fp_env *e)
{
    const struct fp_format bf = {.n = 16, .e = 8, .f = 7, .flush = FPCR_FZ};
    struct fp_number x = fp_unpack(FORMAT32, a, e);

    if (x.type & FPTYPE_NAN)
        return (u16)(fp_process_nan(FORMAT32, x.type, a, e) >> 16);
    if (x.type == FPTYPE_INFINITY)
        return (u16)fp_infinity(bf, x.sign);
    if (x.type == FPTYPE_ZERO)
        return (u16)fp_zero(bf, x.sign);
    return (u16)fp_round_base(bf, x.sign, x.exponent, x.fraction, fp_rounding_mode(e), bf.flush,
                              false, e);
}

/*
 * FPConvert from format T to format R. Half precision denormals are never flushed here,
 * neither read (FPUnpackCV) nor made (FPRoundCV), and here alone FPCR.AHP counts.
 */
static ALWAYS_INLINE u64 convert(struct fp_format t, struct fp_format r, u64 a,
                                 enum fp_rounding rounding, struct fp_env *e)
{
    bool from_ahp = t.n == 16 && (e->fpcr & FPCR_AHP), to_ahp = r.n == 16 && (e->fpcr & FPCR_AHP);
    struct fp_number x = fp_unpack_base(t, a, t.n == 16 ? 0 : t.flush, from_ahp, e);

    if (x.type & FPTYPE_NAN) {
        if (x.type == FPTYPE_SNAN || to_ahp)
            e->fpsr |= FPSR_IOC;
        if (to_ahp)
            return fp_zero(r, x.sign);
        if (e->fpcr & FPCR_DN)
            return fp_default_nan(r);
        /* FPConvertNaN: quiet, with the upper bits of the payload. */
        u64 payload = bits(a, t.f - 2, 0);
        payload = t.f > r.f ? payload >> (t.f - r.f) : payload << (r.f - t.f);
        return fp_zero(r, x.sign) | fp_default_nan(r) | payload;
    }
    if (x.type == FPTYPE_INFINITY) {
        if (!to_ahp)
            return fp_infinity(r, x.sign);
        e->fpsr |= FPSR_IOC;
        return fp_zero(r, x.sign) | ones(r.n - 1);
    }
    if (x.type == FPTYPE_ZERO)
        return fp_zero(r, x.sign);
    return fp_round_base(r, x.sign, x.exponent, x.fraction, rounding, r.n == 16 ? 0 : r.flush,
                         to_ahp, e);
}

#define DEFINE_CONVERT(name, from, to, rounding)                                                   \
    u##to fp##from##_to_fp##to##name(u##from a, struct fp_env *e)                                  \
    {                                                                                              \
        return (u##to)convert(FORMAT##from, FORMAT##to, a, rounding, e);                           \
    }

DEFINE_CONVERT(, 16, 32, fp_rounding_mode(e))
DEFINE_CONVERT(, 16, 64, fp_rounding_mode(e))
DEFINE_CONVERT(, 32, 16, fp_rounding_mode(e))
DEFINE_CONVERT(, 64, 16, fp_rounding_mode(e))
DEFINE_CONVERT(_soft, 32, 64, fp_rounding_mode(e))
DEFINE_CONVERT(_soft, 64, 32, fp_rounding_mode(e))
DEFINE_CONVERT(_odd, 64, 32, FPROUNDING_ODD)

#define DEFINE(N, uN)                                                                              \
    u64 fp##N##_to_fixed_soft(uN a, unsigned fbits, bool is_unsigned, unsigned isize,              \
                              enum fp_rounding rounding, struct fp_env *e)                         \
    {                                                                                              \
        return to_fixed(FORMAT##N, a, fbits, is_unsigned, isize, rounding, e);                     \
    }                                                                                              \
    uN fp##N##_from_fixed_soft(u64 v, unsigned fbits, bool is_unsigned, enum fp_rounding rounding, \
                               struct fp_env *e)                                                   \
    {                                                                                              \
        return (uN)from_fixed(FORMAT##N, v, fbits, is_unsigned, rounding, e);                      \
    }                                                                                              \
    uN fp##N##_round_int(uN a, enum fp_rounding rounding, bool exact, struct fp_env *e)            \
    {                                                                                              \
        return (uN)round_int(FORMAT##N, a, rounding, exact, e);                                    \
    }

FP_FORMATS(DEFINE)
