/*
 * Rounding to a format, and what becomes of NaNs: FPRound, FPProcessNaN, FPProcessNaNs
 * and FPProcessNaNs3 of the Arm ARM (DDI 0487), J1.3.
 */
#include "core/isa/fp_internal.h"

u64 fp_round16(bool sign, s32 exponent, u64 fraction, enum fp_rounding rounding, struct fp_env *e)
{
    return fp_round_base(FORMAT16, sign, exponent, fraction, rounding, FPCR_FZ16, false, e);
}

u64 fp_round32(bool sign, s32 exponent, u64 fraction, enum fp_rounding rounding, struct fp_env *e)
{
    return fp_round_base(FORMAT32, sign, exponent, fraction, rounding, FPCR_FZ, false, e);
}

u64 fp_round64(bool sign, s32 exponent, u64 fraction, enum fp_rounding rounding, struct fp_env *e)
{
    return fp_round_base(FORMAT64, sign, exponent, fraction, rounding, FPCR_FZ, false, e);
}

u64 fp_process_nan(struct fp_format t, enum fp_type type, u64 a, struct fp_env *e)
{
    if (type == FPTYPE_SNAN) {
        e->fpsr |= FPSR_IOC;
        a |= BIT(t.f - 1);
    }
    return e->fpcr & FPCR_DN ? fp_default_nan(t) : a;
}

u64 fp_process_nans3(struct fp_format t, enum fp_type type1, enum fp_type type2, enum fp_type type3,
                     u64 a, u64 b, u64 c, struct fp_env *e)
{
    enum fp_type first = (type1 | type2 | type3) & FPTYPE_SNAN ? FPTYPE_SNAN : FPTYPE_QNAN;

    return fp_process_nan(t, first, type1 == first ? a : type2 == first ? b : c, e);
}

u64 fp_process_nans(struct fp_format t, enum fp_type type1, enum fp_type type2, u64 a, u64 b,
                    struct fp_env *e)
{
    return fp_process_nans3(t, type1, type2, FPTYPE_ZERO, a, b, 0, e);
}
