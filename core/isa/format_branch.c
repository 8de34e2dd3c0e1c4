/*
 * Formats of branches, exception generation and system instructions (C4.1.93).
 *
 * A direct branch's variant is even when its target is on the same page of code,
 * and imm then is the distance in bytes of ops from the following op; odd when
 * it is elsewhere, and imm is the target's byte offset from the start of the page.
 */
#include "core/engine/dispatch.h"
#include "core/isa/bti.h"
#include "core/isa/format.h"
#include "core/isa/system.h"

/* OFFSET in bytes from the branch itself. Returns 0 for near, 1 for far. */
static int branch(s64 offset, struct site at, struct uop *u)
{
    s64 target = at.index + offset / 4;
    if (!at.alone && target >= 0 && target < PAGE_WORDS) {
        u->imm = (s32)((offset / 4 - 1) * (1 << UOP_SHIFT));
        return 0;
    }
    u->imm = (s32)(4 * at.index + offset);
    return 1;
}

/* aux: byte offset of the return address from the start of the page. */
FORMAT(branch26)
{
    u->aux = (u16)(4 * at.index + 4);
    return branch(4 * sext(bits(w, 25, 0), 26), at, u);
}

FORMAT(b_cond)
{
    return (int)(2 * bits(w, 3, 0)) + branch(4 * sext(bits(w, 23, 5), 19), at, u);
}

FORMAT(cbz)
{
    u->d = slot_src(field_d(w));
    return (int)(2 * bit(w, 31)) + branch(4 * sext(bits(w, 23, 5), 19), at, u);
}

/* m: number of the bit. */
FORMAT(tbz)
{
    u->d = slot_src(field_d(w));
    u->m = (u8)(bit(w, 31) << 5 | bits(w, 23, 19));
    return branch(4 * sext(bits(w, 18, 5), 14), at, u);
}

s32 format_jump_btype(u32 w, struct site at)
{
    bool veneer = field_n(w) == 16 || field_n(w) == 17;
    return veneer || !at.guarded ? BTYPE_JUMP_VENEER : BTYPE_JUMP;
}

/* aux as in branch26. */
FORMAT(branch_reg)
{
    u->n = slot_src(field_n(w));
    u->aux = (u16)(4 * at.index + 4);
    return 0;
}

/* Variants: 1 for CPUs with FEAT_BTI, and then BTYPE in imm. */
FORMAT(br)
{
    fmt_branch_reg(w, at, u);
    u->imm = format_jump_btype(w, at);
    return at.features & A64_BTI ? 1 : 0;
}

FORMAT(blr)
{
    fmt_branch_reg(w, at, u);
    u->imm = BTYPE_CALL;
    return at.features & A64_BTI ? 1 : 0;
}

FORMAT(none)
{
    return 0;
}

FORMAT(exception)
{
    u->imm = (s32)bits(w, 20, 5);
    return 0;
}

FORMAT(exception16)
{
    u->imm = (s32)bits(w, 15, 0);
    return 0;
}

FORMAT(hint)
{
    u->imm = (s32)bits(w, 11, 5);
    return 0;
}

FORMAT(msr_imm)
{
    u->imm = (s32)bits(w, 11, 8);
    return 0;
}

/* imm: row of the system-register table, or -1; aux: its encoding; d: Rt's slot; n: Rt. */
static void sysreg(u32 w, bool write, struct uop *u)
{
    u->aux = (u16)bits(w, 20, 5);
    u->imm = sysreg_find(u->aux, write);
    u->n = (u8)field_d(w);
}

FORMAT(mrs)
{
    sysreg(w, false, u);
    u->d = slot_dst(field_d(w));
    if (u->imm >= 0 && sysreg_rows[u->imm].is_op)
        u->imm = -1;
    u->fn = system_quick_mrs(u);
    return 0;
}

FORMAT(msr_reg)
{
    sysreg(w, true, u);
    u->d = slot_src(field_d(w));
    if (u->imm >= 0 && sysreg_rows[u->imm].is_op)
        u->imm = -1;
    u->fn = system_quick_msr(u);
    return 0;
}

FORMAT(sys)
{
    sysreg(w, true, u);
    u->d = slot_src(field_d(w));
    u->fn = system_quick_sys(u);
    return 0;
}

FORMAT(sysl)
{
    sysreg(w, false, u);
    u->d = slot_dst(field_d(w));
    return 0;
}
