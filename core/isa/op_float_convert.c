/*
 * Scalar conversions: between precisions, to and from integers and fixed point, to
 * integral values, and moves between the register files (C4.1.96, C7.2). Variants: 0
 * single, 1 double precision, with 2 added for an X register; NAME_h is the same in half
 * precision. Fast handlers and slow twins as in op_float.c.
 */
#include "core/isa/op_float.h"

OP_FPMEM(fcvt_d_s, 1)
{
    u32 a = c->v[u->n].s[0];
    if (!e.slow && unlikely(float_is_hard(32, a, &c->fp)))
        return MISS;
    simd_write_scalar(c, u->d, fp32_to_fp64(a, &c->fp));
    return NEXT;
}

OP_FPMEM(fcvt_s_d, 1)
{
    u64 a = c->v[u->n].d[0];
    u32 r;
    if (e.slow) {
        r = fp64_to_fp32(a, &c->fp);
    } else {
        r = fp32_bits((float)fp64_host(a));
        if (!fp_host_rounds(&c->fp) || !fp32_is_safe(r))
            return MISS;
    }
    simd_write_scalar(c, u->d, r);
    return NEXT;
}

#define CONVERT(name, result)                                                                      \
    OP_FP(name, 1)                                                                                 \
    {                                                                                              \
        simd_write_scalar(c, u->d, result);                                                        \
        return NEXT;                                                                               \
    }

CONVERT(fcvt_h_s, fp32_to_fp16(c->v[u->n].s[0], &c->fp))
CONVERT(fcvt_h_d, fp64_to_fp16(c->v[u->n].d[0], &c->fp))
CONVERT(fcvt_s_h, fp16_to_fp32(c->v[u->n].h[0], &c->fp))
CONVERT(fcvt_d_h, fp16_to_fp64(c->v[u->n].h[0], &c->fp))

static ALWAYS_INLINE enum flow round_int(struct cpu *c, const struct uop *u, const struct env e,
                                         unsigned esize, enum fp_rounding rounding, bool exact)
{
    u64 a = F(n, esize), r;
    if (e.slow || esize == 16)
        r = float_round_int(esize, a, rounding, exact, &c->fp);
    else if (!float_host_round_int(esize, a, rounding, exact, &c->fp, &r))
        return MISS;
    simd_write_scalar(c, u->d, r);
    return NEXT;
}

#define ROUND_INT(name, rounding)                                                                  \
    OP_FPMEM(name, 2)                                                                              \
    {                                                                                              \
        return round_int(c, u, e, float_size(V), rounding, false);                                 \
    }                                                                                              \
    OP_FP(name##_h, 1)                                                                             \
    {                                                                                              \
        return round_int(c, u, e, 16, rounding, false);                                            \
    }

ROUND_INT(frintn, FPROUNDING_TIEEVEN)
ROUND_INT(frintp, FPROUNDING_POSINF)
ROUND_INT(frintm, FPROUNDING_NEGINF)
ROUND_INT(frintz, FPROUNDING_ZERO)
ROUND_INT(frinta, FPROUNDING_TIEAWAY)

/* FRINTI and, EXACT, FRINTX: as FPCR says, fast only with its usual value. */
static ALWAYS_INLINE enum flow round_int_fpcr(struct cpu *c, const struct uop *u,
                                              const struct env e, unsigned esize, bool exact)
{
    enum fp_rounding rounding = fp_rounding_mode(&c->fp);
    if (e.slow || esize == 16)
        return round_int(c, u, e, esize, rounding, exact);
    return likely(rounding == FPROUNDING_TIEEVEN)
               ? round_int(c, u, e, esize, FPROUNDING_TIEEVEN, exact)
               : MISS;
}

#define ROUND_INT_FPCR(name, exact)                                                                \
    OP_FPMEM(name, 2)                                                                              \
    {                                                                                              \
        return round_int_fpcr(c, u, e, float_size(V), exact);                                      \
    }                                                                                              \
    OP_FP(name##_h, 1)                                                                             \
    {                                                                                              \
        return round_int_fpcr(c, u, e, 16, exact);                                                 \
    }

ROUND_INT_FPCR(frintx, true)
ROUND_INT_FPCR(frinti, false)

static ALWAYS_INLINE enum flow to_fixed(struct cpu *c, const struct uop *u, const struct env e,
                                        unsigned esize, unsigned fbits, bool is_unsigned,
                                        unsigned isize, enum fp_rounding rounding)
{
    u64 a = F(n, esize), r;
    if (e.slow || esize == 16)
        r = float_to_fixed(esize, a, fbits, is_unsigned, isize, rounding, &c->fp);
    else if (!float_host_to_fixed(esize, a, fbits, is_unsigned, isize, rounding, &c->fp, &r))
        return MISS;
    X(d) = r;
    return NEXT;
}

static ALWAYS_INLINE unsigned int_size(unsigned sf)
{
    return sf ? 64 : 32;
}

#define TO_FIXED(name, fbits, is_unsigned, rounding)                                               \
    OP_FPMEM(name, 4)                                                                              \
    {                                                                                              \
        return to_fixed(c, u, e, float_size(V % 2), fbits, is_unsigned, int_size(V / 2),           \
                        rounding);                                                                 \
    }                                                                                              \
    OP_FP(name##_h, 2)                                                                             \
    {                                                                                              \
        return to_fixed(c, u, e, 16, fbits, is_unsigned, int_size(V), rounding);                   \
    }

TO_FIXED(fcvtns_int, 0, false, FPROUNDING_TIEEVEN)
TO_FIXED(fcvtnu_int, 0, true, FPROUNDING_TIEEVEN)
TO_FIXED(fcvtps_int, 0, false, FPROUNDING_POSINF)
TO_FIXED(fcvtpu_int, 0, true, FPROUNDING_POSINF)
TO_FIXED(fcvtms_int, 0, false, FPROUNDING_NEGINF)
TO_FIXED(fcvtmu_int, 0, true, FPROUNDING_NEGINF)
TO_FIXED(fcvtzs_int, 0, false, FPROUNDING_ZERO)
TO_FIXED(fcvtzu_int, 0, true, FPROUNDING_ZERO)
TO_FIXED(fcvtas_int, 0, false, FPROUNDING_TIEAWAY)
TO_FIXED(fcvtau_int, 0, true, FPROUNDING_TIEAWAY)
TO_FIXED(fcvtzs_fix, (unsigned)u->imm, false, FPROUNDING_ZERO)
TO_FIXED(fcvtzu_fix, (unsigned)u->imm, true, FPROUNDING_ZERO)

static ALWAYS_INLINE enum flow from_fixed(struct cpu *c, const struct uop *u, const struct env e,
                                          unsigned esize, unsigned fbits, bool is_unsigned,
                                          unsigned isize)
{
    u64 r;
    if (e.slow || esize == 16)
        r = float_from_fixed(esize, X(n), fbits, is_unsigned, isize, &c->fp);
    else if (!float_host_from_fixed(esize, X(n), fbits, is_unsigned, isize, &c->fp, &r))
        return MISS;
    simd_write_scalar(c, u->d, r);
    return NEXT;
}

#define FROM_FIXED(name, fbits, is_unsigned)                                                       \
    OP_FPMEM(name, 4)                                                                              \
    {                                                                                              \
        return from_fixed(c, u, e, float_size(V % 2), fbits, is_unsigned, int_size(V / 2));        \
    }                                                                                              \
    OP_FP(name##_h, 2)                                                                             \
    {                                                                                              \
        return from_fixed(c, u, e, 16, fbits, is_unsigned, int_size(V));                           \
    }

FROM_FIXED(scvtf_int, 0, false)
FROM_FIXED(ucvtf_int, 0, true)
FROM_FIXED(scvtf_fix, (unsigned)u->imm, false)
FROM_FIXED(ucvtf_fix, (unsigned)u->imm, true)

OP_FP(fmov_w_s, 1)
{
    X(d) = c->v[u->n].s[0];
    return NEXT;
}

OP_FP(fmov_s_w, 1)
{
    simd_write_scalar(c, u->d, W(n));
    return NEXT;
}

OP_FP(fmov_x_d, 1)
{
    X(d) = c->v[u->n].d[0];
    return NEXT;
}

OP_FP(fmov_d_x, 1)
{
    simd_write_scalar(c, u->d, X(n));
    return NEXT;
}

OP_FP(fmov_x_v, 1)
{
    X(d) = c->v[u->n].d[1];
    return NEXT;
}

/* The one that leaves the rest of Vd alone. */
OP_FP(fmov_v_x, 1)
{
    simd_write_half(c, u->d, true, X(n));
    return NEXT;
}

OP_FP(fmov_r_h, 1)
{
    X(d) = c->v[u->n].h[0];
    return NEXT;
}

OP_FP(fmov_h_r, 1)
{
    simd_write_scalar(c, u->d, (u16)X(n));
    return NEXT;
}
