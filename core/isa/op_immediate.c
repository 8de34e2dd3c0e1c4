/*
 * Data processing, immediate (C4.1.92, C6.2). Variants are the formats' in
 * format_integer.c.
 */
#include "core/isa/bitmask.h"
#include "core/isa/flags.h"
#include "core/isa/ops.h"

/* A result for a register of the variant's width: a W register's upper half is zero. */
#define WIDTH(sf, value) ((sf) ? (u64)(value) : (u64)(u32)(value))

OP(add_imm, 2)
{
    X(d) = WIDTH(V, PLUS_IMM(X(n)));
    return NEXT;
}

OP(adds_imm, 2)
{
    X(d) = adds(c, V, X(n), IMM);
    return NEXT;
}

OP(sub_imm, 2)
{
    X(d) = WIDTH(V, X(n) - IMM);
    return NEXT;
}

OP(subs_imm, 2)
{
    X(d) = subs(c, V, X(n), IMM);
    return NEXT;
}

/* The mask of a logical immediate: see fmt_logical_imm. */
#define MASK (V == 0 ? (u64)(u32)u->imm : V == 1 ? IMM : bitmask_expand(u->m, (u32)u->imm, u->a))

OP(and_imm, 3)
{
    X(d) = X(n) & MASK;
    return NEXT;
}

OP(orr_imm, 3)
{
    X(d) = WIDTH(V, X(n) | MASK);
    return NEXT;
}

OP(eor_imm, 3)
{
    X(d) = WIDTH(V, X(n) ^ MASK);
    return NEXT;
}

OP(ands_imm, 3)
{
    u64 r = X(n) & MASK;
    set_nz(c, V ? (s64)r : (s32)r);
    c->flag_c = c->flag_v = 0;
    X(d) = r;
    return NEXT;
}

static ALWAYS_INLINE u64 move_value(const struct uop *u, unsigned v)
{
    return v == 0 ? IMM : v == 1 ? (u64)(u32)u->imm : (u64)u->imm << u->a;
}

OP(movz, 3)
{
    X(d) = move_value(u, V);
    return NEXT;
}

OP(movn, 3)
{
    X(d) = V == 2 ? ~move_value(u, V) : move_value(u, V);
    return NEXT;
}

OP(movk, 2)
{
    u64 r = (X(n) & ~(UINT64_C(0xffff) << u->a)) | (u64)u->imm << u->a;
    X(d) = WIDTH(V, r);
    return NEXT;
}

OP(adr, 1)
{
    X(d) = PLUS_IMM(c->page_va);
    return NEXT;
}

OP(adrp, 1)
{
    X(d) = c->page_va + (IMM << 12);
    return NEXT;
}

OP(sbfm, 2)
{
    if (V)
        X(d) = ASR64(LSL64(X(n), m), a);
    else
        X(d) = ASR32(LSL32(W(n), m), a);
    return NEXT;
}

OP(ubfm, 2)
{
    if (V)
        X(d) = LSR64(LSL64(X(n), m), a);
    else
        X(d) = LSR32(LSL32(W(n), m), a);
    return NEXT;
}

OP(bfm, 2)
{
    if (V) {
        u64 mask = LSR64(LSL64(~UINT64_C(0), m), a);
        X(d) = (X(imm) & ~mask) | LSR64(LSL64(X(n), m), a);
    } else {
        u32 mask = LSR32(LSL32(UINT32_MAX, m), a);
        X(d) = (W(imm) & ~mask) | LSR32(LSL32(W(n), m), a);
    }
    return NEXT;
}

OP(extr, 2)
{
    if (V)
        X(d) = (u64)(((u128)X(n) << 64 | X(m)) >> u->a);
    else
        X(d) = (u32)(((u64)W(n) << 32 | W(m)) >> u->a);
    return NEXT;
}
