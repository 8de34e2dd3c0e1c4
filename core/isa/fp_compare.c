/*
 * Comparison, maximum and minimum: FPCompare, FPMax, FPMin, FPMaxNum and FPMinNum of the
 * Arm ARM (DDI 0487), J1.3. Nothing is rounded here: a result is an operand, or what an
 * operand is after flushing.
 */
#include "core/isa/fp_internal.h"

/* Finite numbers and infinities in order; both zeros, and flushed denormals, are 0. */
static ALWAYS_INLINE s64 order(struct fp_format t, struct fp_number x, u64 a)
{
    s64 magnitude = x.type == FPTYPE_ZERO ? 0 : (s64)(a & ones(t.n - 1));

    return x.sign ? -magnitude : magnitude;
}

/* FPCompare */
static ALWAYS_INLINE u32 compare(struct fp_format t, u64 a, u64 b, bool signal_nans,
                                 struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e), y = fp_unpack(t, b, e);
    enum fp_type types = x.type | y.type;

    if (types & FPTYPE_NAN) {
        if ((types & FPTYPE_SNAN) || signal_nans)
            e->fpsr |= FPSR_IOC;
        return FP_UNORDERED;
    }
    s64 first = order(t, x, a), second = order(t, y, b);
    return first == second ? FP_EQUAL : first < second ? FP_LESS : FP_GREATER;
}

/* FPMax, or with MINIMUM FPMin. */
static ALWAYS_INLINE u64 max(struct fp_format t, u64 a, u64 b, bool minimum, struct fp_env *e)
{
    struct fp_number x = fp_unpack(t, a, e), y = fp_unpack(t, b, e);

    if ((x.type | y.type) & FPTYPE_NAN)
        return fp_process_nans(t, x.type, y.type, a, b, e);
    s64 first = order(t, x, a), second = order(t, y, b);
    bool take_first = minimum ? first < second : first > second;
    if ((take_first ? x.type : y.type) == FPTYPE_ZERO)
        return fp_zero(t, minimum ? x.sign | y.sign : x.sign & y.sign);
    return take_first ? a : b;
}

/* FPMaxNum, or with MINIMUM FPMinNum: a lone quiet NaN counts as the infinity that loses. */
static ALWAYS_INLINE u64 maxnum(struct fp_format t, u64 a, u64 b, bool minimum, struct fp_env *e)
{
    enum fp_type type1 = fp_unpack(t, a, e).type, type2 = fp_unpack(t, b, e).type;

    if (type1 == FPTYPE_QNAN && type2 != FPTYPE_QNAN)
        a = fp_infinity(t, !minimum);
    else if (type1 != FPTYPE_QNAN && type2 == FPTYPE_QNAN)
        b = fp_infinity(t, !minimum);
    return max(t, a, b, minimum, e);
}

#define DEFINE(N, uN)                                                                              \
    u32 fp##N##_compare_soft(uN a, uN b, bool signal_nans, struct fp_env *e)                       \
    {                                                                                              \
        return compare(FORMAT##N, a, b, signal_nans, e);                                           \
    }                                                                                              \
    uN fp##N##_max_soft(uN a, uN b, struct fp_env *e)                                              \
    {                                                                                              \
        return (uN)max(FORMAT##N, a, b, false, e);                                                 \
    }                                                                                              \
    uN fp##N##_min_soft(uN a, uN b, struct fp_env *e)                                              \
    {                                                                                              \
        return (uN)max(FORMAT##N, a, b, true, e);                                                  \
    }                                                                                              \
    uN fp##N##_maxnum_soft(uN a, uN b, struct fp_env *e)                                           \
    {                                                                                              \
        return (uN)maxnum(FORMAT##N, a, b, false, e);                                              \
    }                                                                                              \
    uN fp##N##_minnum_soft(uN a, uN b, struct fp_env *e)                                           \
    {                                                                                              \
        return (uN)maxnum(FORMAT##N, a, b, true, e);                                               \
    }

FP_FORMATS(DEFINE)
