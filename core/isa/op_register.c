/*
 * Data processing, register (C4.1.95, C6.2). Variants are the formats' in
 * format_integer.c.
 */
#include "core/isa/crc32.h"
#include "core/isa/flags.h"
#include "core/isa/ops.h"

#define WIDTH(sf, value) ((sf) ? (u64)(value) : (u64)(u32)(value))

/* Arm's ShiftReg: TYPE 0 none, 1 LSL, 2 LSR, 3 ASR, 4 ROR; 0 <= amount < width. */
static ALWAYS_INLINE u64 shifted(bool sf, unsigned type, u64 v, unsigned amount)
{
    u32 w = (u32)v;
    switch (type) {
    case 1:
        return sf ? v << amount : (u64)(w << amount);
    case 2:
        return sf ? v >> amount : (u64)(w >> amount);
    case 3:
        return sf ? (u64)((s64)v >> amount) : (u64)(u32)((s32)w >> amount);
    case 4:
        return sf ? v >> amount | v << (-amount & 63) : (u64)(w >> amount | w << (-amount & 31));
    default:
        return v;
    }
}

/* The same by slot a. */
static ALWAYS_INLINE u64 shifted_by_slot(const struct uop *u, bool sf, unsigned type, u64 v)
{
    switch (type) {
    case 1:
        return sf ? LSL64(v, a) : LSL32(v, a);
    case 2:
        return sf ? LSR64(v, a) : LSR32(v, a);
    case 3:
        return sf ? ASR64(v, a) : ASR32(v, a);
    default:
        return shifted(sf, type, v, u->a);
    }
}

#define ADDSUB_RM shifted_by_slot(u, V / 4, V % 4, X(m))

OP(add_shift, 8)
{
    X(d) = WIDTH(V / 4, X(n) + ADDSUB_RM);
    return NEXT;
}

OP(adds_shift, 8)
{
    X(d) = adds(c, V / 4, X(n), ADDSUB_RM);
    return NEXT;
}

OP(sub_shift, 8)
{
    X(d) = WIDTH(V / 4, X(n) - ADDSUB_RM);
    return NEXT;
}

OP(subs_shift, 8)
{
    X(d) = subs(c, V / 4, X(n), ADDSUB_RM);
    return NEXT;
}

/* Arm's ExtendReg, shifted by slot a. */
static ALWAYS_INLINE u64 extended(const struct uop *u, unsigned option, u64 v)
{
    switch (option) {
    case 0:
        return LSL64((u8)v, a);
    case 1:
        return LSL64((u16)v, a);
    case 2:
        return LSL64((u32)v, a);
    case 4:
        return LSL64((s64)(s8)v, a);
    case 5:
        return LSL64((s64)(s16)v, a);
    case 6:
        return LSL64((s64)(s32)v, a);
    default:
        return LSL64(v, a);
    }
}

#define EXTENDED_RM extended(u, V % 8, X(m))

OP(add_ext, 16)
{
    X(d) = WIDTH(V / 8, X(n) + EXTENDED_RM);
    return NEXT;
}

OP(adds_ext, 16)
{
    X(d) = adds(c, V / 8, X(n), EXTENDED_RM);
    return NEXT;
}

OP(sub_ext, 16)
{
    X(d) = WIDTH(V / 8, X(n) - EXTENDED_RM);
    return NEXT;
}

OP(subs_ext, 16)
{
    X(d) = subs(c, V / 8, X(n), EXTENDED_RM);
    return NEXT;
}

#define LOGICAL_RM shifted_by_slot(u, V / 5, V % 5, X(m))

OP(and_shift, 10)
{
    X(d) = WIDTH(V / 5, X(n) & LOGICAL_RM);
    return NEXT;
}

OP(bic_shift, 10)
{
    X(d) = WIDTH(V / 5, X(n) & ~LOGICAL_RM);
    return NEXT;
}

OP(orr_shift, 10)
{
    X(d) = WIDTH(V / 5, X(n) | LOGICAL_RM);
    return NEXT;
}

OP(orn_shift, 10)
{
    X(d) = WIDTH(V / 5, X(n) | ~LOGICAL_RM);
    return NEXT;
}

OP(eor_shift, 10)
{
    X(d) = WIDTH(V / 5, X(n) ^ LOGICAL_RM);
    return NEXT;
}

OP(eon_shift, 10)
{
    X(d) = WIDTH(V / 5, X(n) ^ ~LOGICAL_RM);
    return NEXT;
}

static ALWAYS_INLINE void set_logical_flags(struct cpu *c, bool sf, u64 r)
{
    set_nz(c, sf ? (s64)r : (s32)r);
    c->flag_c = c->flag_v = 0;
}

OP(ands_shift, 10)
{
    u64 r = WIDTH(V / 5, X(n) & LOGICAL_RM);
    set_logical_flags(c, V / 5, r);
    X(d) = r;
    return NEXT;
}

OP(bics_shift, 10)
{
    u64 r = WIDTH(V / 5, X(n) & ~LOGICAL_RM);
    set_logical_flags(c, V / 5, r);
    X(d) = r;
    return NEXT;
}

OP(adc, 2)
{
    X(d) = add_carry(c, V, X(n), X(m), false);
    return NEXT;
}

OP(adcs, 2)
{
    X(d) = add_carry(c, V, X(n), X(m), true);
    return NEXT;
}

OP(sbc, 2)
{
    X(d) = add_carry(c, V, X(n), ~X(m), false);
    return NEXT;
}

OP(sbcs, 2)
{
    X(d) = add_carry(c, V, X(n), ~X(m), true);
    return NEXT;
}

OP(ccmn_reg, 32)
{
    if (cpu_condition(c, V / 2))
        adds(c, V % 2, X(n), X(m));
    else
        cpu_set_nzcv(c, u->a);
    return NEXT;
}

OP(ccmp_reg, 32)
{
    if (cpu_condition(c, V / 2))
        subs(c, V % 2, X(n), X(m));
    else
        cpu_set_nzcv(c, u->a);
    return NEXT;
}

OP(ccmn_imm, 32)
{
    if (cpu_condition(c, V / 2))
        adds(c, V % 2, X(n), (u64)u->imm);
    else
        cpu_set_nzcv(c, u->a);
    return NEXT;
}

OP(ccmp_imm, 32)
{
    if (cpu_condition(c, V / 2))
        subs(c, V % 2, X(n), (u64)u->imm);
    else
        cpu_set_nzcv(c, u->a);
    return NEXT;
}

/*
 * YES or NO, both computed: which one it is depends on data, and a host branch would be
 * mispredicted as often as not.
 */
static ALWAYS_INLINE u64 choose(bool which, u64 yes, u64 no)
{
    __asm__("" : "+r"(yes), "+r"(no));
    return which ? yes : no;
}

OP(csel, 32)
{
    X(d) = WIDTH(V % 2, choose(cpu_condition(c, V / 2), X(n), X(m)));
    return NEXT;
}

OP(csinc, 32)
{
    X(d) = WIDTH(V % 2, choose(cpu_condition(c, V / 2), X(n), X(m) + 1));
    return NEXT;
}

OP(csinv, 32)
{
    X(d) = WIDTH(V % 2, choose(cpu_condition(c, V / 2), X(n), ~X(m)));
    return NEXT;
}

OP(csneg, 32)
{
    X(d) = WIDTH(V % 2, choose(cpu_condition(c, V / 2), X(n), -X(m)));
    return NEXT;
}

static u64 reverse_bits(u64 v)
{
    v = (v & 0x5555555555555555) << 1 | (v >> 1 & 0x5555555555555555);
    v = (v & 0x3333333333333333) << 2 | (v >> 2 & 0x3333333333333333);
    v = (v & 0x0f0f0f0f0f0f0f0f) << 4 | (v >> 4 & 0x0f0f0f0f0f0f0f0f);
    return __builtin_bswap64(v);
}

OP(rbit, 2)
{
    X(d) = V ? reverse_bits(X(n)) : reverse_bits(X(n)) >> 32;
    return NEXT;
}

OP(rev16, 2)
{
    u64 v = X(n), even = 0x00ff00ff00ff00ff;
    X(d) = WIDTH(V, (v & even) << 8 | (v >> 8 & even));
    return NEXT;
}

OP(rev_w, 1)
{
    X(d) = __builtin_bswap32(W(n));
    return NEXT;
}

OP(rev32, 1)
{
    u64 v = __builtin_bswap64(X(n));
    X(d) = v << 32 | v >> 32;
    return NEXT;
}

OP(rev_x, 1)
{
    X(d) = __builtin_bswap64(X(n));
    return NEXT;
}

OP(clz, 2)
{
    if (V)
        X(d) = X(n) ? (u64)__builtin_clzll(X(n)) : 64;
    else
        X(d) = W(n) ? (u64)__builtin_clz(W(n)) : 32;
    return NEXT;
}

OP(cls, 2)
{
    if (V)
        X(d) = (u64)__builtin_clrsbll((s64)X(n));
    else
        X(d) = (u64)__builtin_clrsb((s32)W(n));
    return NEXT;
}

OP(udiv, 2)
{
    if (V)
        X(d) = X(m) ? X(n) / X(m) : 0;
    else
        X(d) = W(m) ? W(n) / W(m) : 0;
    return NEXT;
}

/* The most negative number by -1 is itself again; the host would trap. */
OP(sdiv, 2)
{
    if (V) {
        s64 n = (s64)X(n), m = (s64)X(m);
        X(d) = m == 0 ? 0 : m == -1 ? -(u64)n : (u64)(n / m);
    } else {
        s32 n = (s32)W(n), m = (s32)W(m);
        X(d) = m == 0 ? 0 : m == -1 ? -(u32)n : (u32)(n / m);
    }
    return NEXT;
}

#define AMOUNT ((unsigned)X(m) & (V ? 63 : 31))

OP(lslv, 2)
{
    X(d) = shifted(V, 1, X(n), AMOUNT);
    return NEXT;
}

OP(lsrv, 2)
{
    X(d) = shifted(V, 2, X(n), AMOUNT);
    return NEXT;
}

OP(asrv, 2)
{
    X(d) = shifted(V, 3, X(n), AMOUNT);
    return NEXT;
}

OP(rorv, 2)
{
    X(d) = shifted(V, 4, X(n), AMOUNT);
    return NEXT;
}

OP(crc32b, 1)
{
    X(d) = crc32_bytes(W(n), X(m), 1);
    return NEXT;
}

OP(crc32h, 1)
{
    X(d) = crc32_bytes(W(n), X(m), 2);
    return NEXT;
}

OP(crc32w, 1)
{
    X(d) = crc32_bytes(W(n), X(m), 4);
    return NEXT;
}

OP(crc32x, 1)
{
    X(d) = crc32_bytes(W(n), X(m), 8);
    return NEXT;
}

OP(crc32cb, 1)
{
    X(d) = crc32c_bytes(W(n), X(m), 1);
    return NEXT;
}

OP(crc32ch, 1)
{
    X(d) = crc32c_bytes(W(n), X(m), 2);
    return NEXT;
}

OP(crc32cw, 1)
{
    X(d) = crc32c_bytes(W(n), X(m), 4);
    return NEXT;
}

OP(crc32cx, 1)
{
    X(d) = crc32c_bytes(W(n), X(m), 8);
    return NEXT;
}

OP(madd, 2)
{
    X(d) = WIDTH(V, X(a) + X(n) * X(m));
    return NEXT;
}

OP(msub, 2)
{
    X(d) = WIDTH(V, X(a) - X(n) * X(m));
    return NEXT;
}

OP(smaddl, 1)
{
    X(d) = X(a) + (u64)((s64)(s32)W(n) * (s32)W(m));
    return NEXT;
}

OP(smsubl, 1)
{
    X(d) = X(a) - (u64)((s64)(s32)W(n) * (s32)W(m));
    return NEXT;
}

OP(umaddl, 1)
{
    X(d) = X(a) + (u64)W(n) * W(m);
    return NEXT;
}

OP(umsubl, 1)
{
    X(d) = X(a) - (u64)W(n) * W(m);
    return NEXT;
}

OP(smulh, 1)
{
    X(d) = (u64)(((s128)(s64)X(n) * (s64)X(m)) >> 64);
    return NEXT;
}

OP(umulh, 1)
{
    X(d) = (u64)(((u128)X(n) * X(m)) >> 64);
    return NEXT;
}
