/*
 * Scalar floating-point arithmetic, compares, selects (C4.1.96, C7.2). Variants: 0
 * single, 1 double precision, of conditional ones 2 * condition + that; NAME_h is the
 * same in half precision, and needs FEAT_FP16.
 *
 * The fast handlers keep what the host's arithmetic yields where fp.h says it is Arm's
 * result, flags included. Everything else is done in integers, in the slow twins: a
 * call in a fast handler would cost it its registers.
 */
#include "core/isa/op_float.h"

/* RESULT of operand A of ESIZE bits. */
#define UNARY(name, result)                                                                        \
    OP_FP(name, 2)                                                                                 \
    {                                                                                              \
        const unsigned esize = float_size(V);                                                      \
        u64 a = F(n, esize);                                                                       \
        simd_write_scalar(c, u->d, result);                                                        \
        return NEXT;                                                                               \
    }                                                                                              \
    OP_FP(name##_h, 1)                                                                             \
    {                                                                                              \
        const unsigned esize = 16;                                                                 \
        u64 a = F(n, esize);                                                                       \
        simd_write_scalar(c, u->d, result);                                                        \
        return NEXT;                                                                               \
    }

UNARY(fmov_reg, a)
UNARY(fabs, float_abs(esize, a))
UNARY(fneg, float_neg(esize, a))

OP_FPMEM(fsqrt, 2)
{
    const unsigned esize = float_size(V);
    u64 a = F(n, esize), r;
    if (e.slow)
        r = float_sqrt(esize, a, &c->fp);
    else if (!float_host_sqrt(esize, a, &c->fp, &r))
        return MISS;
    simd_write_scalar(c, u->d, r);
    return NEXT;
}

OP_FP(fsqrt_h, 1)
{
    simd_write_scalar(c, u->d, fp16_sqrt(c->v[u->n].h[0], &c->fp));
    return NEXT;
}

OP_FP(fmov_imm, 2)
{
    simd_write_scalar(c, u->d, V ? (u64)u->imm << 32 : (u32)u->imm);
    return NEXT;
}

OP_FP(fmov_imm_h, 1)
{
    simd_write_scalar(c, u->d, (u64)u->imm);
    return NEXT;
}

/* FUNCTION of two operands, in half precision. */
#define BINARY_H(name, function)                                                                   \
    OP_FP(name##_h, 1)                                                                             \
    {                                                                                              \
        simd_write_scalar(c, u->d, fp16_##function(c->v[u->n].h[0], c->v[u->m].h[0], &c->fp));     \
        return NEXT;                                                                               \
    }

/* What the host has, too. */
#define HOST_BINARY(name, function)                                                                \
    OP_FPMEM(name, 2)                                                                              \
    {                                                                                              \
        const unsigned esize = float_size(V);                                                      \
        u64 a = F(n, esize), b = F(m, esize), r;                                                   \
        if (e.slow)                                                                                \
            r = float_##function(esize, a, b, &c->fp);                                             \
        else if (!float_host_##function(esize, a, b, &c->fp, &r))                                  \
            return MISS;                                                                           \
        simd_write_scalar(c, u->d, r);                                                             \
        return NEXT;                                                                               \
    }                                                                                              \
    BINARY_H(name, function)

HOST_BINARY(fadd, add)
HOST_BINARY(fsub, sub)
HOST_BINARY(fmul, mul)
HOST_BINARY(fdiv, div)

OP_FPMEM(fnmul, 2)
{
    const unsigned esize = float_size(V);
    u64 a = F(n, esize), b = F(m, esize), r;
    if (e.slow)
        r = float_mul(esize, a, b, &c->fp);
    else if (!float_host_mul(esize, a, b, &c->fp, &r))
        return MISS;
    simd_write_scalar(c, u->d, float_neg(esize, r));
    return NEXT;
}

OP_FP(fnmul_h, 1)
{
    u16 r = fp16_mul(c->v[u->n].h[0], c->v[u->m].h[0], &c->fp);
    simd_write_scalar(c, u->d, fp16_neg(r));
    return NEXT;
}

/* What fp.h does without a call unless an operand is hard. */
#define ORDER_BINARY(name, function)                                                               \
    OP_FPMEM(name, 2)                                                                              \
    {                                                                                              \
        const unsigned esize = float_size(V);                                                      \
        u64 a = F(n, esize), b = F(m, esize);                                                      \
        if (!e.slow && (float_is_hard(esize, a, &c->fp) || float_is_hard(esize, b, &c->fp)))       \
            return MISS;                                                                           \
        simd_write_scalar(c, u->d, float_##function(esize, a, b, &c->fp));                         \
        return NEXT;                                                                               \
    }                                                                                              \
    BINARY_H(name, function)

ORDER_BINARY(fmax, max)
ORDER_BINARY(fmin, min)
ORDER_BINARY(fmaxnm, maxnum)
ORDER_BINARY(fminnm, minnum)

/* ADDEND + A * B of operands that may have been negated, which also negates NaNs. */
#define MULADD(name, negate_addend, negate_product)                                                \
    OP_FPMEM(name, 2)                                                                              \
    {                                                                                              \
        const unsigned esize = float_size(V);                                                      \
        u64 addend = F(a, esize), a = F(n, esize), b = F(m, esize), r;                             \
        addend = negate_addend ? float_neg(esize, addend) : addend;                                \
        a = negate_product ? float_neg(esize, a) : a;                                              \
        if (e.slow)                                                                                \
            r = float_muladd(esize, addend, a, b, &c->fp);                                         \
        else if (!float_host_muladd(esize, addend, a, b, &c->fp, &r))                              \
            return MISS;                                                                           \
        simd_write_scalar(c, u->d, r);                                                             \
        return NEXT;                                                                               \
    }                                                                                              \
    OP_FP(name##_h, 1)                                                                             \
    {                                                                                              \
        u64 addend = F(a, 16), a = F(n, 16), b = F(m, 16);                                         \
        addend = negate_addend ? float_neg(16, addend) : addend;                                   \
        a = negate_product ? float_neg(16, a) : a;                                                 \
        simd_write_scalar(c, u->d, float_muladd(16, addend, a, b, &c->fp));                        \
        return NEXT;                                                                               \
    }

MULADD(fmadd, false, false)
MULADD(fmsub, false, true)
MULADD(fnmadd, true, true)
MULADD(fnmsub, true, false)

/* FPCompare into PSTATE.NZCV. */
static ALWAYS_INLINE enum flow compare(struct cpu *c, const struct env e, unsigned esize, u64 a,
                                       u64 b, bool signal_nans)
{
    if (e.slow || esize == 16) {
        cpu_set_nzcv(c, float_compare(esize, a, b, signal_nans, &c->fp));
        return NEXT;
    }
    double x = float_host(esize, a), y = float_host(esize, b);
    if (unlikely(c->fp.fpcr & FPCR_FZ))
        return MISS;
    if (unlikely(__builtin_isunordered(x, y)))
        return MISS;
    c->flag_n = -(s64)(x < y);
    c->flag_z = x != y;
    c->flag_c = x >= y;
    c->flag_v = 0;
    return NEXT;
}

#define COMPARE(name, operand, signal_nans)                                                        \
    OP_FPMEM(name, 2)                                                                              \
    {                                                                                              \
        const unsigned esize = float_size(V);                                                      \
        return compare(c, e, esize, F(n, esize), operand, signal_nans);                            \
    }                                                                                              \
    OP_FP(name##_h, 1)                                                                             \
    {                                                                                              \
        const unsigned esize = 16;                                                                 \
        return compare(c, e, esize, F(n, esize), operand, signal_nans);                            \
    }

COMPARE(fcmp, F(m, esize), false)
COMPARE(fcmpe, F(m, esize), true)
COMPARE(fcmp_zero, 0, false)
COMPARE(fcmpe_zero, 0, true)

static ALWAYS_INLINE enum flow compare_if(struct cpu *c, const struct uop *u, const struct env e,
                                          unsigned cond, unsigned esize, bool signal_nans)
{
    if (cpu_condition(c, cond))
        return compare(c, e, esize, F(n, esize), F(m, esize), signal_nans);
    cpu_set_nzcv(c, u->a);
    return NEXT;
}

#define COMPARE_IF(name, signal_nans)                                                              \
    OP_FPMEM(name, 32)                                                                             \
    {                                                                                              \
        return compare_if(c, u, e, V / 2, float_size(V % 2), signal_nans);                         \
    }                                                                                              \
    OP_FP(name##_h, 16)                                                                            \
    {                                                                                              \
        return compare_if(c, u, e, V, 16, signal_nans);                                            \
    }

COMPARE_IF(fccmp, false)
COMPARE_IF(fccmpe, true)

OP_FP(fcsel, 32)
{
    const unsigned esize = float_size(V % 2);
    u8 from = cpu_condition(c, V / 2) ? u->n : u->m;
    simd_write_scalar(c, u->d, lane_u(&c->v[from], esize, 0));
    return NEXT;
}

OP_FP(fcsel_h, 16)
{
    u8 from = cpu_condition(c, V) ? u->n : u->m;
    simd_write_scalar(c, u->d, c->v[from].h[0]);
    return NEXT;
}
