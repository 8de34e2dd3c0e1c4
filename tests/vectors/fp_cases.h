/*
 * What the floating-point vectors are made of: a table of instructions and the operands
 * and FPCR values each is tried with. With FP_NATIVE defined, for AArch64, a case runs the
 * instruction itself; otherwise it calls the function of core/isa/fp.h that is to agree. Both
 * builds see the same operands in the same order, so that one number, the digest of results and
 * flags, tells whether they agree on a thousand cases.
 *
 * Operands are raw bits in a, b, c: the instruction finds them in d1, d2, d3 (and, for
 * integers, in x1 as well) and leaves its result, zero-extended to 64 bits, in d0.
 */
#ifndef TESTS_VECTORS_FP_CASES_H
#define TESTS_VECTORS_FP_CASES_H

#include <stdbool.h>
#include <stdint.h>

enum kind { KIND_NONE, KIND_HALF, KIND_SINGLE, KIND_DOUBLE, KIND_INT16, KIND_INT32, KIND_INT64 };

/* ROW(name, kinds of a, b, c, assembly, the same by core/isa/fp.h, as zero-extended bits) */
#define UNARY(op, h, s, d)                                                                         \
    ROW(op##_h, HALF, NONE, NONE, #op " h0, h1", h)                                                \
    ROW(op##_s, SINGLE, NONE, NONE, #op " s0, s1", s)                                              \
    ROW(op##_d, DOUBLE, NONE, NONE, #op " d0, d1", d)

#define BINARY(op, h, s, d)                                                                        \
    ROW(op##_h, HALF, HALF, NONE, #op " h0, h1, h2", h)                                            \
    ROW(op##_s, SINGLE, SINGLE, NONE, #op " s0, s1, s2", s)                                        \
    ROW(op##_d, DOUBLE, DOUBLE, NONE, #op " d0, d1, d2", d)

#define TERNARY(op, h, s, d)                                                                       \
    ROW(op##_h, HALF, HALF, HALF, #op " h0, h1, h2, h3", h)                                        \
    ROW(op##_s, SINGLE, SINGLE, SINGLE, #op " s0, s1, s2, s3", s)                                  \
    ROW(op##_d, DOUBLE, DOUBLE, DOUBLE, #op " d0, d1, d2, d3", d)

#define UNARY_FP(op, fn)  UNARY(op, fp16_##fn(a, e), fp32_##fn(a, e), fp64_##fn(a, e))
#define BINARY_FP(op, fn) BINARY(op, fp16_##fn(a, b, e), fp32_##fn(a, b, e), fp64_##fn(a, b, e))

#define MASK_FP(op, fn)                                                                            \
    BINARY(op, fp16_##fn(a, b, e) ? UINT16_MAX : 0, fp32_##fn(a, b, e) ? UINT32_MAX : 0,           \
           fp64_##fn(a, b, e) ? UINT64_MAX : 0)

#define ROUND_INT(op, rounding, exact)                                                             \
    UNARY(op, fp16_round_int(a, rounding, exact, e), fp32_round_int(a, rounding, exact, e),        \
          fp64_round_int(a, rounding, exact, e))

#define GET_NZCV "\n mrs x0, nzcv\n lsr x0, x0, #28\n fmov d0, x0"
#define GET_X0   "\n fmov d0, x0"
#define GET_H0   "\n fmov w0, h0" GET_X0 /* QEMU 7.2 leaves ones above h0 in fcvtzs with #fbits */

#define COMPARE(op, signal)                                                                        \
    ROW(op##_h, HALF, HALF, NONE, #op " h1, h2" GET_NZCV, fp16_compare(a, b, signal, e))           \
    ROW(op##_s, SINGLE, SINGLE, NONE, #op " s1, s2" GET_NZCV, fp32_compare(a, b, signal, e))       \
    ROW(op##_d, DOUBLE, DOUBLE, NONE, #op " d1, d2" GET_NZCV, fp64_compare(a, b, signal, e))

/* To an integer in x0 or w0, and in h0. */
#define TO_INT(op, uns, rounding)                                                                  \
    ROW(op##_w_h, HALF, NONE, NONE, #op " w0, h1" GET_X0, TO_FIXED(16, 0, uns, 32, rounding))      \
    ROW(op##_x_h, HALF, NONE, NONE, #op " x0, h1" GET_X0, TO_FIXED(16, 0, uns, 64, rounding))      \
    ROW(op##_h_h, HALF, NONE, NONE, #op " h0, h1", TO_FIXED(16, 0, uns, 16, rounding))             \
    ROW(op##_w_s, SINGLE, NONE, NONE, #op " w0, s1" GET_X0, TO_FIXED(32, 0, uns, 32, rounding))    \
    ROW(op##_x_s, SINGLE, NONE, NONE, #op " x0, s1" GET_X0, TO_FIXED(32, 0, uns, 64, rounding))    \
    ROW(op##_w_d, DOUBLE, NONE, NONE, #op " w0, d1" GET_X0, TO_FIXED(64, 0, uns, 32, rounding))    \
    ROW(op##_x_d, DOUBLE, NONE, NONE, #op " x0, d1" GET_X0, TO_FIXED(64, 0, uns, 64, rounding))

#define TO_FIXED(N, fbits, uns, isize, rounding) fp##N##_to_fixed(a, fbits, uns, isize, rounding, e)

#define FIXED(op, r, v, kind, N, fbits, uns, isize)                                                \
    ROW(op##_##r##_##v##_##fbits, kind, NONE, NONE, #op " " #r "0, " #v "1, #" #fbits GET_X0,      \
        TO_FIXED(N, fbits, uns, isize, FPROUNDING_ZERO))

#define TO_FIXED_POINT(op, uns)                                                                    \
    FIXED(op, w, h, HALF, 16, 1, uns, 32)                                                          \
    FIXED(op, w, h, HALF, 16, 32, uns, 32)                                                         \
    FIXED(op, x, h, HALF, 16, 64, uns, 64)                                                         \
    FIXED(op, w, s, SINGLE, 32, 1, uns, 32)                                                        \
    FIXED(op, w, s, SINGLE, 32, 32, uns, 32)                                                       \
    FIXED(op, x, s, SINGLE, 32, 64, uns, 64)                                                       \
    FIXED(op, w, d, DOUBLE, 64, 1, uns, 32)                                                        \
    FIXED(op, w, d, DOUBLE, 64, 32, uns, 32)                                                       \
    FIXED(op, x, d, DOUBLE, 64, 1, uns, 64)                                                        \
    FIXED(op, x, d, DOUBLE, 64, 64, uns, 64)                                                       \
    ROW(op##_h_h_1, HALF, NONE, NONE, #op " h0, h1, #1" GET_H0,                                    \
        TO_FIXED(16, 1, uns, 16, FPROUNDING_ZERO))                                                 \
    ROW(op##_h_h_16, HALF, NONE, NONE, #op " h0, h1, #16" GET_H0,                                  \
        TO_FIXED(16, 16, uns, 16, FPROUNDING_ZERO))

/* From an integer; EXTEND makes 64 bits of it. */
#define FROM_INT(op, uns, extend)                                                                  \
    FROM(op, h_w, INT32, "h0, w1", 16, 0, uns, extend(32))                                         \
    FROM(op, s_w, INT32, "s0, w1", 32, 0, uns, extend(32))                                         \
    FROM(op, d_w, INT32, "d0, w1", 64, 0, uns, extend(32))                                         \
    FROM(op, h_x, INT64, "h0, x1", 16, 0, uns, extend(64))                                         \
    FROM(op, s_x, INT64, "s0, x1", 32, 0, uns, extend(64))                                         \
    FROM(op, d_x, INT64, "d0, x1", 64, 0, uns, extend(64))                                         \
    FROM(op, h_h, INT16, "h0, h1", 16, 0, uns, extend(16))                                         \
    FROM(op, h_h_1, INT16, "h0, h1, #1", 16, 1, uns, extend(16))                                   \
    FROM(op, h_h_16, INT16, "h0, h1, #16", 16, 16, uns, extend(16))                                \
    FROM(op, h_w_32, INT32, "h0, w1, #32", 16, 32, uns, extend(32))                                \
    FROM(op, s_w_1, INT32, "s0, w1, #1", 32, 1, uns, extend(32))                                   \
    FROM(op, d_w_32, INT32, "d0, w1, #32", 64, 32, uns, extend(32))                                \
    FROM(op, h_x_64, INT64, "h0, x1, #64", 16, 64, uns, extend(64))                                \
    FROM(op, s_x_64, INT64, "s0, x1, #64", 32, 64, uns, extend(64))                                \
    FROM(op, d_x_1, INT64, "d0, x1, #1", 64, 1, uns, extend(64))

#define FROM(op, suffix, kind, registers, N, fbits, uns, v)                                        \
    ROW(op##_##suffix, kind, NONE, NONE, #op " " registers,                                        \
        fp##N##_from_fixed(v, fbits, uns, fp_rounding_mode(e), e))

#define SIGN_EXTEND(isize) (u64) sext(a, isize)
#define ZERO_EXTEND(isize) (a)

#define FP_ROWS                                                                                    \
    BINARY_FP(fadd, add)                                                                           \
    BINARY_FP(fsub, sub)                                                                           \
    BINARY_FP(fmul, mul)                                                                           \
    BINARY_FP(fmulx, mulx)                                                                         \
    BINARY_FP(fdiv, div)                                                                           \
    BINARY_FP(fmax, max)                                                                           \
    BINARY_FP(fmin, min)                                                                           \
    BINARY_FP(fmaxnm, maxnum)                                                                      \
    BINARY_FP(fminnm, minnum)                                                                      \
    BINARY_FP(frecps, recip_step)                                                                  \
    BINARY_FP(frsqrts, rsqrt_step)                                                                 \
    BINARY(fabd, fp16_abs(fp16_sub(a, b, e)), fp32_abs(fp32_sub(a, b, e)),                         \
           fp64_abs(fp64_sub(a, b, e)))                                                            \
    MASK_FP(fcmeq, compare_eq)                                                                     \
    MASK_FP(fcmge, compare_ge)                                                                     \
    MASK_FP(fcmgt, compare_gt)                                                                     \
    COMPARE(fcmp, false)                                                                           \
    COMPARE(fcmpe, true)                                                                           \
    TERNARY(fmadd, fp16_muladd(c, a, b, e), fp32_muladd(c, a, b, e), fp64_muladd(c, a, b, e))      \
    TERNARY(fnmsub, fp16_muladd(fp16_neg(c), a, b, e), fp32_muladd(fp32_neg(c), a, b, e),          \
            fp64_muladd(fp64_neg(c), a, b, e))                                                     \
    UNARY_FP(fsqrt, sqrt)                                                                          \
    UNARY_FP(frecpe, recip_estimate)                                                               \
    UNARY_FP(frsqrte, rsqrt_estimate)                                                              \
    UNARY_FP(frecpx, recpx)                                                                        \
    UNARY(fabs, fp16_abs(a), fp32_abs(a), fp64_abs(a))                                             \
    UNARY(fneg, fp16_neg(a), fp32_neg(a), fp64_neg(a))                                             \
    ROUND_INT(frintn, FPROUNDING_TIEEVEN, false)                                                   \
    ROUND_INT(frintp, FPROUNDING_POSINF, false)                                                    \
    ROUND_INT(frintm, FPROUNDING_NEGINF, false)                                                    \
    ROUND_INT(frintz, FPROUNDING_ZERO, false)                                                      \
    ROUND_INT(frinta, FPROUNDING_TIEAWAY, false)                                                   \
    ROUND_INT(frinti, fp_rounding_mode(e), false)                                                  \
    ROUND_INT(frintx, fp_rounding_mode(e), true)                                                   \
    TO_INT(fcvtns, false, FPROUNDING_TIEEVEN)                                                      \
    TO_INT(fcvtnu, true, FPROUNDING_TIEEVEN)                                                       \
    TO_INT(fcvtps, false, FPROUNDING_POSINF)                                                       \
    TO_INT(fcvtpu, true, FPROUNDING_POSINF)                                                        \
    TO_INT(fcvtms, false, FPROUNDING_NEGINF)                                                       \
    TO_INT(fcvtmu, true, FPROUNDING_NEGINF)                                                        \
    TO_INT(fcvtzs, false, FPROUNDING_ZERO)                                                         \
    TO_INT(fcvtzu, true, FPROUNDING_ZERO)                                                          \
    TO_INT(fcvtas, false, FPROUNDING_TIEAWAY)                                                      \
    TO_INT(fcvtau, true, FPROUNDING_TIEAWAY)                                                       \
    TO_FIXED_POINT(fcvtzs, false)                                                                  \
    TO_FIXED_POINT(fcvtzu, true)                                                                   \
    FROM_INT(scvtf, false, SIGN_EXTEND)                                                            \
    FROM_INT(ucvtf, true, ZERO_EXTEND)                                                             \
    ROW(fcvt_s_h, HALF, NONE, NONE, "fcvt s0, h1", fp16_to_fp32(a, e))                             \
    ROW(fcvt_d_h, HALF, NONE, NONE, "fcvt d0, h1", fp16_to_fp64(a, e))                             \
    ROW(fcvt_h_s, SINGLE, NONE, NONE, "fcvt h0, s1", fp32_to_fp16(a, e))                           \
    ROW(fcvt_d_s, SINGLE, NONE, NONE, "fcvt d0, s1", fp32_to_fp64(a, e))                           \
    ROW(fcvt_h_d, DOUBLE, NONE, NONE, "fcvt h0, d1", fp64_to_fp16(a, e))                           \
    ROW(fcvt_s_d, DOUBLE, NONE, NONE, "fcvt s0, d1", fp64_to_fp32(a, e))                           \
    ROW(fcvtxn_s_d, DOUBLE, NONE, NONE, "fcvtxn s0, d1", fp64_to_fp32_odd(a, e))                   \
    ROW(urecpe, INT32, NONE, NONE, "urecpe v0.2s, v1.2s\n mov v0.s[1], wzr",                       \
        fp_unsigned_recip_estimate(a))                                                             \
    ROW(ursqrte, INT32, NONE, NONE, "ursqrte v0.2s, v1.2s\n mov v0.s[1], wzr",                     \
        fp_unsigned_rsqrt_estimate(a))

struct outcome {
    uint64_t result;
    uint32_t fpsr; /* after the instruction */
};

struct row {
    const char *name;
    uint8_t kinds[3]; /* enum kind */
    /* Run one case, starting with FPSR as given; FPCR has been set already. */
    struct outcome (*run)(uint64_t a, uint64_t b, uint64_t c, uint32_t fpcr, uint32_t fpsr);
};

#ifdef FP_NATIVE

static inline void set_fpcr(uint32_t fpcr)
{
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)fpcr));
}

#define ROW(name, k1, k2, k3, assembly, expression)                                                \
    static struct outcome run_##name(uint64_t a, uint64_t b, uint64_t c, uint32_t fpcr,            \
                                     uint32_t fpsr)                                                \
    {                                                                                              \
        uint64_t result, flags = fpsr;                                                             \
        (void)fpcr, (void)c;                                                                       \
        __asm__ volatile("fmov d1, %2\n fmov d2, %3\n fmov d3, %4\n mov x1, %2\n"                  \
                         "msr fpsr, %1\n " assembly "\n mrs %1, fpsr\n fmov %0, d0\n"              \
                         : "=&r"(result), "+&r"(flags)                                             \
                         : "r"(a), "r"(b), "r"(c)                                                  \
                         : "x0", "x1", "v0", "v1", "v2", "v3", "cc");                              \
        return (struct outcome){result, (uint32_t)flags};                                          \
    }

#else

#include "core/isa/fp.h"

static inline void set_fpcr(uint32_t fpcr)
{
}

#define ROW(name, k1, k2, k3, assembly, expression)                                                \
    static struct outcome run_##name(uint64_t a, uint64_t b, uint64_t c, uint32_t fpcr,            \
                                     uint32_t fpsr)                                                \
    {                                                                                              \
        struct fp_env env = {fpcr, fpsr}, *e = &env;                                               \
        uint64_t result = expression;                                                              \
        (void)e;                                                                                   \
        return (struct outcome){result, env.fpsr};                                                 \
    }

#endif

FP_ROWS
#undef ROW

#define ROW(name, k1, k2, k3, assembly, expression) FP_ROW_##name,
enum { FP_ROWS FP_ROW_COUNT };
#undef ROW

#define ROW(name, k1, k2, k3, assembly, expression)                                                \
    {#name, {KIND_##k1, KIND_##k2, KIND_##k3}, run_##name},
static const struct row fp_rows[] = {FP_ROWS};
#undef ROW

/* How the recorded digests were made: 28^3, 52^2 or so boundary cases, and these. */
enum { FP_CONFIG_COUNT = 64, FP_RECORDED_RANDOM = 400 };
#define FP_RECORDED_SEED UINT64_C(0x487c)

/* Configuration INDEX, from 0 to 63: RMode, FZ, DN, AHP in FPCR<26:22>, and FZ16. */
static inline uint32_t fp_config(unsigned index)
{
    return (uint32_t)(index & 31) << 22 | (uint32_t)(index >> 5) << 19;
}

/* Numbers that look random and are the same everywhere. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

struct layout {
    unsigned n, e, f; /* bits of all, exponent, fraction; integers: e and f are 0 */
};

static inline struct layout fp_layout(enum kind kind)
{
    static const struct layout layouts[] = {{0, 0, 0},  {16, 5, 10}, {32, 8, 23}, {64, 11, 52},
                                            {16, 0, 0}, {32, 0, 0},  {64, 0, 0}};
    return layouts[kind];
}

static inline uint64_t low_ones(unsigned n)
{
    return n == 0 ? 0 : ~UINT64_C(0) >> (64 - n);
}

/* The N-th boundary integer of SIZE bits: about 2^(N/6). */
static inline uint64_t boundary_integer(unsigned size, unsigned n)
{
    uint64_t power = n / 6 < 64 ? UINT64_C(1) << n / 6 : 0;
    const uint64_t around[] = {power, power - 1, power + 1, -power, -power - 1, -power + 1};

    return around[n % 6] & low_ones(size);
}

/*
 * The N-th boundary number, most telling first: 28 with which triples are tried, 52 for
 * pairs, and all FP_BOUNDARIES for single operands.
 */
enum { FP_TRIPLE = 28, FP_PAIR = 52, FP_BOUNDARIES = 160, INTEGER_BOUNDARIES = 6 * 65 };

static inline uint64_t boundary_number(struct layout t, unsigned n)
{
    const int bias = (1 << (t.e - 1)) - 1, top = 2 * bias + 1;
    const uint64_t all = low_ones(t.f), half = UINT64_C(1) << (t.f - 1);
    const struct {
        int exponent; /* biased */
        uint64_t fraction;
    } first[] = {
        {0, 0}, /* zero */
        {0, 1}, /* denormals */
        {0, all},
        {1, 0},          /* the smallest normal number */
        {bias - 1, all}, /* one and its neighbours */
        {bias, 0},
        {bias, 1},
        {bias, half}, /* 1.5 */
        {bias + 1, 0},
        {bias + (int)t.f, 1}, /* the least odd integer with no bits to spare */
        {top - 1, all},       /* the largest number */
        {top, 0},             /* infinity */
        {top, half | 5},      /* quiet and signaling NaNs */
        {top, 3},
        {0, half},
        {0, half | 1},
        {1, 1},
        {1, all},
        {2, 0},
        {bias - 1, 0},            /* 0.5 */
        {bias + 1, half},         /* 3 */
        {bias - (int)t.f - 1, 0}, /* half an ulp of one, and a little more */
        {bias - (int)t.f - 1, 1},
        {top - 2, 0},
        {top, all},
        {top, half - 1},
    };
    const unsigned count = sizeof(first) / sizeof(first[0]);
    static const unsigned exponents[] = {0, 1, 2, 6, 7, 14, 15, 16, 29, 30, 31, 32, 61, 62, 63, 64};
    const uint64_t fractions[] = {0, all, half | 1};
    const uint64_t sign = (uint64_t)(n & 1) << (t.n - 1);
    int exponent;
    uint64_t fraction;

    n /= 2;
    if (n < count) {
        exponent = first[n].exponent;
        fraction = first[n].fraction;
    } else {
        n -= count;
        exponent = bias + (int)exponents[n / 3 % 16];
        fraction = fractions[n % 3];
        if (n >= 48) /* small halves and quarters */
            exponent = bias - 2 + (int)(n % 3), fraction = UINT64_C(0x5) << (t.f - 4);
    }
    return sign | (uint64_t)(exponent & top) << t.f | fraction;
}

static inline uint64_t random_integer(unsigned size, uint64_t *state)
{
    uint64_t r = next_random(state), v = next_random(state);

    if (r % 4 == 0)
        return boundary_integer(size, (unsigned)(v % INTEGER_BOUNDARIES));
    v >>= (r >> 8) % 64;
    if (r % 4 == 1) /* few bits set: ties */
        v &= next_random(state) & next_random(state);
    return (r & 128 ? v : -v) & low_ones(size);
}

/* OTHER is an operand that this one is to meet: the two are often made to suit. */
static inline uint64_t random_number(struct layout t, uint64_t other, uint64_t *state)
{
    const uint64_t r = next_random(state), all = low_ones(t.f), top = low_ones(t.e);
    const uint64_t bias = low_ones(t.e - 1), spread = (r >> 8) % (2 * t.f + 6);
    const uint64_t sign = (r >> 63) << (t.n - 1), meet = other >> t.f & top;
    uint64_t v = next_random(state), exponent = v >> 53 & top, fraction = v & all;

    if (r & 16) /* a run of ones, or of zeros, to the end */
        fraction =
            r & 32 ? fraction | all >> (r >> 32) % t.f : fraction & ~(all >> (r >> 32) % t.f);
    switch (r % 8) {
    case 0: /* any bits */
        break;
    case 1:
        return (boundary_number(t, (unsigned)(v % FP_BOUNDARIES)) + (r >> 40) % 5 - 2) &
               low_ones(t.n);
    case 2: /* a sum with overlap */
        exponent = meet + spread - t.f - 3;
        break;
    case 3: /* nearly cancels */
        return ((other ^ (r >> 40 & 1) << (t.n - 1)) + (r >> 48) % 9 - 4) & low_ones(t.n);
    case 4: /* halves, quarters, integers up to the limits of integers */
        exponent = bias - 3 + (r >> 48) % 70;
        fraction &= ~(all >> (r >> 32) % (t.f + 1));
        break;
    case 5: /* denormal */
        exponent = 0;
        fraction >>= (r >> 32) % t.f;
        break;
    case 6: /* a product near the smallest or the largest number */
        exponent = (r & 64 ? bias : bias + top) - meet + spread / 2 - t.f / 2;
        break;
    case 7: /* a quotient near those */
        exponent = meet + (r & 64 ? bias : -bias) + spread / 2 - t.f / 2;
        break;
    }
    return sign | (exponent & top) << t.f | fraction;
}

/* The operands of one case. */
struct operands {
    uint64_t a, b, c;
};

static inline void random_operands(const struct row *row, uint64_t *state, uint64_t v[3])
{
    for (unsigned i = 0; i < 3; i++) {
        struct layout t = fp_layout(row->kinds[i]);
        v[i] = row->kinds[i] == KIND_NONE ? 0
               : t.f == 0                 ? random_integer(t.n, state)
                                          : random_number(t, i ? v[i - 1] : 0, state);
    }
}

/* The INDEX-th combination of boundary operands; false when there are no more. */
static inline bool boundary_operands(const struct row *row, unsigned index, uint64_t v[3])
{
    const unsigned operands = row->kinds[2] ? 3 : row->kinds[1] ? 2 : 1;
    unsigned count = operands == 3 ? FP_TRIPLE : operands == 2 ? FP_PAIR : FP_BOUNDARIES;

    v[0] = v[1] = v[2] = 0;
    if (row->kinds[0] >= KIND_INT16)
        count = INTEGER_BOUNDARIES;
    for (unsigned i = 0; i < operands; i++, index /= count) {
        struct layout t = fp_layout(row->kinds[i]);
        v[i] = t.f == 0 ? boundary_integer(t.n, index % count) : boundary_number(t, index % count);
    }
    return index == 0;
}

/*
 * The cases of a row, into CASES, which has room for FP_MAX_BOUNDARY_CASES + RANDOM: every
 * combination of boundary operands if BOUNDARIES, and RANDOM others. Returns how many.
 */
enum { FP_MAX_BOUNDARY_CASES = FP_TRIPLE * FP_TRIPLE * FP_TRIPLE };

static inline unsigned fp_cases(const struct row *row, bool boundaries, unsigned random,
                                uint64_t seed, struct operands *cases)
{
    unsigned count = 0;
    uint64_t v[3];

    for (unsigned i = 0; boundaries && boundary_operands(row, i, v); i++)
        cases[count++] = (struct operands){v[0], v[1], v[2]};
    for (unsigned i = 0; i < random; i++) {
        random_operands(row, &seed, v);
        cases[count++] = (struct operands){v[0], v[1], v[2]};
    }
    return count;
}

/* Mix an outcome into a digest. */
static inline uint64_t fp_digest(uint64_t digest, struct outcome o)
{
    digest = (digest ^ o.result) * UINT64_C(0x9fb21c651e98df25);
    digest = (digest ^ digest >> 29 ^ o.fpsr) * UINT64_C(0xd6e8feb86659fd93);
    return digest ^ digest >> 32;
}

#endif
