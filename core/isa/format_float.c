/*
 * Formats of the floating-point instructions (C4.1.96), scalar and vector. SIMD registers are
 * indices into cpu.v, 31 is one of them. Unless a format says otherwise its variant is
 * the precision: 0 single or half, 1 double; a row is of half precision only or not at all.
 */
#include "core/isa/format.h"

/* ptype: 00 single, 01 double, 11 half. */
static int precision(u32 w)
{
    return bit(w, 23) ? 0 : (int)bit(w, 22);
}

/* The same of rows for W and X: 2 * sf + precision, or of half precision just sf. */
static int precision_sf(u32 w)
{
    return bit(w, 23) ? (int)bit(w, 31) : (int)(2 * bit(w, 31) + bit(w, 22));
}

static void registers_dnm(u32 w, struct uop *u)
{
    u->d = (u8)field_d(w);
    u->n = (u8)field_n(w);
    u->m = (u8)field_m(w);
}

FORMAT(float_dn)
{
    registers_dnm(w, u);
    return precision(w);
}

/* FCVT between precisions: the row says which. */
FORMAT(float_cvt)
{
    registers_dnm(w, u);
    return 0;
}

FORMAT(float_dnm)
{
    registers_dnm(w, u);
    return precision(w);
}

FORMAT(float_dnma)
{
    registers_dnm(w, u);
    u->a = (u8)field_a(w);
    return precision(w);
}

/* Variants of what depends on a condition: 2 * cond + precision, or of half precision cond. */
static int condition(u32 w)
{
    unsigned cond = (unsigned)bits(w, 15, 12);
    return (int)(bit(w, 23) ? cond : 2 * cond + bit(w, 22));
}

/* FCCMP, FCCMPE. The flags for a condition that fails in a. */
FORMAT(float_ccmp)
{
    registers_dnm(w, u);
    u->a = (u8)bits(w, 3, 0);
    return condition(w);
}

FORMAT(float_csel)
{
    registers_dnm(w, u);
    return condition(w);
}

/* VFPExpandImm: imm is the value's upper 32 bits if it is of double precision, else all. */
FORMAT(float_imm)
{
    u32 imm8 = (u32)bits(w, 20, 13), sign = imm8 >> 7, b = bit(imm8, 6), low = imm8 & 0x3f;
    u->d = (u8)field_d(w);
    if (bit(w, 23))
        u->imm = (s32)(sign << 15 | (b ? 3u : 4u) << 12 | low << 6);
    else if (bit(w, 22))
        u->imm = (s32)(sign << 31 | (b ? 0xffu : 0x100u) << 22 | low << 16);
    else
        u->imm = (s32)(sign << 31 | (b ? 0x1fu : 0x20u) << 25 | low << 19);
    return precision(w);
}

FORMAT(float_to_int)
{
    u->d = slot_dst(field_d(w));
    u->n = (u8)field_n(w);
    return precision_sf(w);
}

FORMAT(float_from_int)
{
    u->d = (u8)field_d(w);
    u->n = slot_src(field_n(w));
    return precision_sf(w);
}

/* FMOV between the register files, one row a kind. */
FORMAT(float_to_int1)
{
    u->d = slot_dst(field_d(w));
    u->n = (u8)field_n(w);
    return 0;
}

FORMAT(float_from_int1)
{
    u->d = (u8)field_d(w);
    u->n = slot_src(field_n(w));
    return 0;
}

/* Fixed point: fraction bits in imm. */
static int fixed(u32 w, struct uop *u)
{
    u->imm = 64 - (s32)bits(w, 15, 10);
    return !bit(w, 31) && u->imm > 32 ? FMT_UNDEFINED : precision_sf(w);
}

FORMAT(float_to_fix)
{
    fmt_float_to_int(w, at, u);
    return fixed(w, u);
}

FORMAT(float_from_fix)
{
    fmt_float_from_int(w, at, u);
    return fixed(w, u);
}

/*
 * Vectors. Variants: 0 2S, 1 4S, 2 2D; of half precision (float_..._h) 0 4H, 1 8H. A
 * scalar in these groups: 0 single, 1 double; of half precision only 0.
 */
static int vector(u32 w)
{
    if (bit(w, 22))
        return bit(w, 30) ? 2 : FMT_UNDEFINED;
    return (int)bit(w, 30);
}

FORMAT(float_v)
{
    registers_dnm(w, u);
    return vector(w);
}

FORMAT(float_v_h)
{
    registers_dnm(w, u);
    return (int)bit(w, 30);
}

FORMAT(float_s)
{
    registers_dnm(w, u);
    return (int)bit(w, 22);
}

FORMAT(float_s_h)
{
    registers_dnm(w, u);
    return 0;
}

/* FCVTN, FCVTL. Variants: 2 * sz + Q. */
FORMAT(float_narrow)
{
    registers_dnm(w, u);
    return (int)(2 * bit(w, 22) + bit(w, 30));
}

/* By element: its index in a. False if there is no such one. */
static bool element(u32 w, struct uop *u)
{
    registers_dnm(w, u);
    u->a = (u8)(bit(w, 22) ? bit(w, 11) : 2 * bit(w, 11) + bit(w, 21));
    return !bit(w, 22) || !bit(w, 21);
}

FORMAT(float_e)
{
    return element(w, u) ? vector(w) : FMT_UNDEFINED;
}

FORMAT(float_es)
{
    return element(w, u) ? (int)bit(w, 22) : FMT_UNDEFINED;
}

FORMAT(float_e_h)
{
    registers_dnm(w, u);
    u->m = (u8)bits(w, 19, 16);
    u->a = (u8)(4 * bit(w, 11) + bits(w, 21, 20));
    return (int)bit(w, 30);
}

FORMAT(float_es_h)
{
    fmt_float_e_h(w, at, u);
    return 0;
}

/* Fixed point: immh:immb as fraction bits in imm. */
FORMAT(float_s_fix)
{
    registers_dnm(w, u);
    u->imm = (bit(w, 22) ? 128 : 64) - (s32)bits(w, 22, 16);
    return (int)bit(w, 22);
}

FORMAT(float_v_fix)
{
    fmt_float_s_fix(w, at, u);
    return vector(w);
}

FORMAT(float_s_fix_h)
{
    registers_dnm(w, u);
    u->imm = 32 - (s32)bits(w, 22, 16);
    return 0;
}

FORMAT(float_v_fix_h)
{
    fmt_float_s_fix_h(w, at, u);
    return (int)bit(w, 30);
}

/* Complex numbers: the rotation in quarter turns in imm. Variants as of vectors. */
FORMAT(float_v_rot)
{
    u->imm = (s32)bits(w, 12, 11);
    return fmt_float_v(w, at, u);
}

FORMAT(float_h_rot)
{
    u->imm = (s32)bits(w, 12, 11);
    return fmt_float_v_h(w, at, u);
}

FORMAT(float_v_rot90)
{
    u->imm = (s32)(1 + 2 * bit(w, 12));
    return fmt_float_v(w, at, u);
}

FORMAT(float_h_rot90)
{
    u->imm = (s32)(1 + 2 * bit(w, 12));
    return fmt_float_v_h(w, at, u);
}

/* By element: the pair's number in a. There is only 4S. */
FORMAT(float_e_rot)
{
    registers_dnm(w, u);
    u->imm = (s32)bits(w, 14, 13);
    u->a = (u8)bit(w, 11);
    return 0;
}

/* Of half precision 4H, which has two pairs, and 8H. */
FORMAT(float_eh_rot)
{
    registers_dnm(w, u);
    u->imm = (s32)bits(w, 14, 13);
    u->a = (u8)(2 * bit(w, 11) + bit(w, 21));
    return u->a > 1 && !bit(w, 30) ? FMT_UNDEFINED : (int)bit(w, 30);
}
