/*
 * Arithmetic that sets NZCV (Arm's AddWithCarry), in the form cpu.h keeps flags.
 */
#ifndef CORE_ISA_FLAGS_H
#define CORE_ISA_FLAGS_H

#include "core/cpu.h"

/* N and Z from a result; for 32 bits the caller sign-extends. */
static ALWAYS_INLINE void set_nz(struct cpu *c, s64 result)
{
    c->flag_n = result;
    c->flag_z = (u64)result;
}

static ALWAYS_INLINE u64 adds64(struct cpu *c, u64 a, u64 b)
{
    u64 r;
    s64 s;
    c->flag_v = __builtin_add_overflow((s64)a, (s64)b, &s);
    c->flag_c = __builtin_add_overflow(a, b, &r);
    set_nz(c, (s64)r);
    return r;
}

static ALWAYS_INLINE u64 subs64(struct cpu *c, u64 a, u64 b)
{
    s64 s;
    c->flag_v = __builtin_sub_overflow((s64)a, (s64)b, &s);
    c->flag_c = a >= b;
    set_nz(c, s);
    return (u64)s;
}

static ALWAYS_INLINE u64 adds32(struct cpu *c, u32 a, u32 b)
{
    u32 r;
    s32 s;
    c->flag_v = __builtin_add_overflow((s32)a, (s32)b, &s);
    c->flag_c = __builtin_add_overflow(a, b, &r);
    set_nz(c, (s32)r);
    return r;
}

static ALWAYS_INLINE u64 subs32(struct cpu *c, u32 a, u32 b)
{
    s32 s;
    c->flag_v = __builtin_sub_overflow((s32)a, (s32)b, &s);
    c->flag_c = a >= b;
    set_nz(c, s);
    return (u32)s;
}

static ALWAYS_INLINE u64 adds(struct cpu *c, bool sf, u64 a, u64 b)
{
    return sf ? adds64(c, a, b) : adds32(c, (u32)a, (u32)b);
}

static ALWAYS_INLINE u64 subs(struct cpu *c, bool sf, u64 a, u64 b)
{
    return sf ? subs64(c, a, b) : subs32(c, (u32)a, (u32)b);
}

/* a + b + carry; with SET the flags as well. */
static ALWAYS_INLINE u64 add_carry(struct cpu *c, bool sf, u64 a, u64 b, bool set)
{
    unsigned carry = c->flag_c;
    if (sf) {
        u128 wide = (u128)a + b + carry;
        u64 r = (u64)wide;
        if (set) {
            c->flag_c = (u8)(wide >> 64);
            c->flag_v = (u8)((~(a ^ b) & (a ^ r)) >> 63);
            set_nz(c, (s64)r);
        }
        return r;
    }
    u64 wide = (u64)(u32)a + (u32)b + carry;
    u32 r = (u32)wide;
    if (set) {
        c->flag_c = (u8)(wide >> 32);
        c->flag_v = (u8)((~((u32)a ^ (u32)b) & ((u32)a ^ r)) >> 31);
        set_nz(c, (s32)r);
    }
    return r;
}

#endif
