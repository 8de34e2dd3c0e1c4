/*
 * Formats of the integer data-processing instructions (C4.1.92, C4.1.95). Unless
 * a format says otherwise its variant is sf: 0 for W, 1 for X registers.
 */
#include "core/isa/bitmask.h"
#include "core/isa/format.h"

static u32 addsub_imm12(u32 w)
{
    return (u32)bits(w, 21, 10) << (bit(w, 22) ? 12 : 0);
}

/* ADD, SUB (immediate): Rd and Rn may be SP. */
FORMAT(addsub_imm)
{
    u->d = slot_sp(field_d(w));
    u->n = slot_sp(field_n(w));
    u->imm = (s32)addsub_imm12(w);
    return (int)bit(w, 31);
}

/* ADDS, SUBS (immediate): Rn may be SP. */
FORMAT(addsubs_imm)
{
    u->d = slot_dst(field_d(w));
    u->n = slot_sp(field_n(w));
    u->imm = (s32)addsub_imm12(w);
    return (int)bit(w, 31);
}

/*
 * Variants: 0 W, 1 X with a mask that sign-extends from imm, 2 X with any mask,
 * as bitmask_expand takes it: m, imm, a.
 */
static int logical_imm(u32 w, struct uop *u)
{
    u64 mask;
    unsigned sf = bit(w, 31), narrow, log, rotate;
    if (!bitmask_decode((u32)bits(w, 22, 10), sf ? 64 : 32, &mask))
        return FMT_UNDEFINED;
    u->n = slot_src(field_n(w));
    u->imm = (s32)mask;
    if (!sf)
        return 0;
    if ((u64)(s64)u->imm == mask)
        return 1;
    bitmask_fields((u32)bits(w, 22, 10), &narrow, &log, &rotate);
    u->m = (u8)narrow;
    u->imm = (s32)log;
    u->a = (u8)rotate;
    return 2;
}

FORMAT(logical_imm)
{
    u->d = slot_sp(field_d(w));
    return logical_imm(w, u);
}

FORMAT(logicals_imm)
{
    u->d = slot_dst(field_d(w));
    return logical_imm(w, u);
}

/* MOVZ, MOVN. Variants: 0 value sign-extends from imm, 1 zero-extends, 2 imm << a. */
static int move_wide(u32 w, bool invert, struct uop *u)
{
    unsigned shift = 16 * (unsigned)bits(w, 22, 21);
    u64 imm = bits(w, 20, 5), value = imm << shift;
    if (!bit(w, 31) && shift >= 32)
        return FMT_UNDEFINED;
    if (invert)
        value = bit(w, 31) ? ~value : (u32)~value;
    u->d = slot_dst(field_d(w));
    u->imm = (s32)value;
    if ((u64)(s64)u->imm == value)
        return 0;
    if ((u64)(u32)u->imm == value)
        return 1;
    u->imm = (s32)imm;
    u->a = (u8)shift;
    return 2;
}

FORMAT(movz)
{
    return move_wide(w, false, u);
}

FORMAT(movn)
{
    return move_wide(w, true, u);
}

FORMAT(movk)
{
    u->d = slot_dst(field_d(w));
    u->n = slot_src(field_d(w));
    u->imm = (s32)bits(w, 20, 5);
    u->a = (u8)(16 * bits(w, 22, 21));
    return !bit(w, 31) && u->a >= 32 ? FMT_UNDEFINED : (int)bit(w, 31);
}

/* imm: byte offset from the start of the page of code. */
FORMAT(adr)
{
    u->d = slot_dst(field_d(w));
    u->imm = (s32)sext(bits(w, 23, 5) << 2 | bits(w, 30, 29), 21) + 4 * at.index;
    return 0;
}

/* imm: pages. */
FORMAT(adrp)
{
    u->d = slot_dst(field_d(w));
    u->imm = (s32)sext(bits(w, 23, 5) << 2 | bits(w, 30, 29), 21);
    return 0;
}

/*
 * SBFM, BFM, UBFM as a shift left by m and then right by a within the register:
 * where imms >= immr the field goes to bit 0, otherwise up to bit (size - immr).
 */
FORMAT(bitfield)
{
    unsigned sf = bit(w, 31), top = sf ? 63 : 31;
    unsigned r = (unsigned)bits(w, 21, 16), s = (unsigned)bits(w, 15, 10);
    if (bit(w, 22) != sf || r > top || s > top)
        return FMT_UNDEFINED;
    u->d = slot_dst(field_d(w));
    u->n = slot_src(field_n(w));
    u->m = (u8)(top - s);
    u->a = (u8)(s >= r ? u->m + r : r - s - 1);
    u->imm = slot_src(field_d(w)); /* BFM reads Rd, too */
    return (int)sf;
}

FORMAT(extract)
{
    unsigned sf = bit(w, 31);
    if (bit(w, 22) != sf || (!sf && bit(w, 15)))
        return FMT_UNDEFINED;
    u->d = slot_dst(field_d(w));
    u->n = slot_src(field_n(w));
    u->m = slot_src(field_m(w));
    u->a = (u8)bits(w, 15, 10);
    return (int)sf;
}

static void registers_dnm(u32 w, struct uop *u)
{
    u->d = slot_dst(field_d(w));
    u->n = slot_src(field_n(w));
    u->m = slot_src(field_m(w));
}

/* Variants: 4 * sf + {0 unshifted, 1 LSL, 2 LSR, 3 ASR}; amount in a. */
FORMAT(addsub_shift)
{
    unsigned sf = bit(w, 31), type = (unsigned)bits(w, 23, 22), amount = (unsigned)bits(w, 15, 10);
    if (type == 3 || (!sf && amount >= 32))
        return FMT_UNDEFINED;
    registers_dnm(w, u);
    u->a = (u8)amount;
    return (int)(4 * sf + (amount ? type + 1 : 0));
}

/* Variants: 5 * sf + {0 unshifted, 1 LSL, 2 LSR, 3 ASR, 4 ROR}; amount in a. */
FORMAT(logical_shift)
{
    unsigned sf = bit(w, 31), type = (unsigned)bits(w, 23, 22), amount = (unsigned)bits(w, 15, 10);
    if (!sf && amount >= 32)
        return FMT_UNDEFINED;
    registers_dnm(w, u);
    u->a = (u8)amount;
    return (int)(5 * sf + (amount ? type + 1 : 0));
}

/* Variants: 8 * sf + option; the left shift in a. */
static int addsub_ext(u32 w, struct uop *u)
{
    u->n = slot_sp(field_n(w));
    u->m = slot_src(field_m(w));
    u->a = (u8)bits(w, 12, 10);
    return u->a > 4 ? FMT_UNDEFINED : (int)(8 * bit(w, 31) + bits(w, 15, 13));
}

FORMAT(addsub_ext)
{
    u->d = slot_sp(field_d(w));
    return addsub_ext(w, u);
}

FORMAT(addsubs_ext)
{
    u->d = slot_dst(field_d(w));
    return addsub_ext(w, u);
}

FORMAT(dnm)
{
    registers_dnm(w, u);
    return (int)bit(w, 31);
}

/* Of one width only. */
FORMAT(dnm_w)
{
    registers_dnm(w, u);
    return 0;
}

FORMAT(dn)
{
    registers_dnm(w, u);
    return (int)bit(w, 31);
}

FORMAT(dn_w)
{
    registers_dnm(w, u);
    return 0;
}

FORMAT(dnma)
{
    registers_dnm(w, u);
    u->a = slot_src(field_a(w));
    return (int)bit(w, 31);
}

FORMAT(dnma_x)
{
    registers_dnm(w, u);
    u->a = slot_src(field_a(w));
    return 0;
}

/* RMIF, SETF8, SETF16: the rotation in imm, which flags in a. */
FORMAT(rmif)
{
    u->n = slot_src(field_n(w));
    u->imm = (s32)bits(w, 20, 15);
    u->a = (u8)bits(w, 3, 0);
    return 0;
}

/* Variants: 2 * cond + sf. The flags for a condition that fails in a. */
FORMAT(ccmp_reg)
{
    u->n = slot_src(field_n(w));
    u->m = slot_src(field_m(w));
    u->a = (u8)bits(w, 3, 0);
    return (int)(2 * bits(w, 15, 12) + bit(w, 31));
}

FORMAT(ccmp_imm)
{
    u->n = slot_src(field_n(w));
    u->imm = (s32)field_m(w);
    u->a = (u8)bits(w, 3, 0);
    return (int)(2 * bits(w, 15, 12) + bit(w, 31));
}

FORMAT(csel)
{
    registers_dnm(w, u);
    return (int)(2 * bits(w, 15, 12) + bit(w, 31));
}
