/*
 * Formats of the integer Advanced SIMD instructions (C4.1.96). Registers d, n, m are
 * indices into cpu.v unless a format says otherwise; m is one even where the bits are
 * something else, so a body may read it.
 *
 * The lane size and width, an arrangement's number (core/isa/simd.h), is the variant
 * of a hot instruction and in slot a of a cold one (formats simd_any_* and
 * simd_scalar*), which has one variant. The letters b, h, s, d of a format's name are
 * the lane sizes that exist; of a narrowing or widening instruction they count the
 * narrow lanes.
 */
#include "core/isa/format.h"
#include "core/isa/simd.h"

enum { SIZE_B, SIZE_H, SIZE_S, SIZE_D };

/* Sets of sizes. */
enum { BHSD = 0xf, BHS = 0x7, HS = 0x6 };

static unsigned field_q(u32 w)
{
    return bit(w, 30);
}

static void vectors_dnm(u32 w, struct uop *u)
{
    u->d = (u8)field_d(w);
    u->n = (u8)field_n(w);
    u->m = (u8)field_m(w);
}

/* size:Q for a vector of SIZES; there is no 1D. */
static int vector_of(u32 w, unsigned size, unsigned sizes)
{
    if (!(sizes >> size & 1) || (size == SIZE_D && !field_q(w)))
        return FMT_UNDEFINED;
    return (int)(2 * size + field_q(w));
}

static int scalar_of(unsigned size, unsigned sizes)
{
    return sizes >> size & 1 ? (int)(ARRANGEMENT_SCALAR + size) : FMT_UNDEFINED;
}

/* Of a cold instruction: its arrangement into slot a. */
static int cold(struct uop *u, int number)
{
    u->a = (u8)number;
    return number < 0 ? FMT_UNDEFINED : 0;
}

static unsigned field_size(u32 w)
{
    return (unsigned)bits(w, 23, 22);
}

/* Variants: size:Q. */
FORMAT(simd_bhsd)
{
    vectors_dnm(w, u);
    return vector_of(w, field_size(w), BHSD);
}

FORMAT(simd_bhs)
{
    vectors_dnm(w, u);
    return vector_of(w, field_size(w), BHS);
}

/* Variants: Q. */
FORMAT(simd_q)
{
    vectors_dnm(w, u);
    return (int)field_q(w);
}

FORMAT(simd_any_bhsd)
{
    vectors_dnm(w, u);
    return cold(u, vector_of(w, field_size(w), BHSD));
}

FORMAT(simd_any_bhs)
{
    vectors_dnm(w, u);
    return cold(u, vector_of(w, field_size(w), BHS));
}

FORMAT(simd_any_hs)
{
    vectors_dnm(w, u);
    return cold(u, vector_of(w, field_size(w), HS));
}

FORMAT(simd_scalar)
{
    vectors_dnm(w, u);
    return cold(u, scalar_of(field_size(w), BHSD));
}

FORMAT(simd_scalar_bhs)
{
    vectors_dnm(w, u);
    return cold(u, scalar_of(field_size(w), BHS));
}

FORMAT(simd_scalar_hs)
{
    vectors_dnm(w, u);
    return cold(u, scalar_of(field_size(w), HS));
}

/* Variants: size:Q; a lane to spare is needed: 2S has none. */
FORMAT(simd_across)
{
    vectors_dnm(w, u);
    if (field_size(w) == SIZE_S && !field_q(w))
        return FMT_UNDEFINED;
    return vector_of(w, field_size(w), BHS);
}

/* The size that the highest bit of immh stands for; the pattern has made it non-zero. */
static unsigned shift_size(u32 w)
{
    return 31u - (unsigned)__builtin_clz((u32)bits(w, 22, 19));
}

/*
 * Right by 1 to the lane size: imm is one less, and a body shifts by imm and then by
 * one, because C can't shift by the whole size.
 */
static void shift_right(u32 w, struct uop *u)
{
    vectors_dnm(w, u);
    u->imm = (s32)((16u << shift_size(w)) - bits(w, 22, 16)) - 1;
}

/* Left by imm, 0 to the lane size - 1. */
static void shift_left(u32 w, struct uop *u)
{
    vectors_dnm(w, u);
    u->imm = (s32)(bits(w, 22, 16) - (8u << shift_size(w)));
}

/* Variants: size:Q. */
FORMAT(simd_shr)
{
    shift_right(w, u);
    return vector_of(w, shift_size(w), BHSD);
}

FORMAT(simd_shl)
{
    shift_left(w, u);
    return vector_of(w, shift_size(w), BHSD);
}

FORMAT(simd_any_shr)
{
    shift_right(w, u);
    return cold(u, vector_of(w, shift_size(w), BHSD));
}

FORMAT(simd_any_shl)
{
    shift_left(w, u);
    return cold(u, vector_of(w, shift_size(w), BHSD));
}

FORMAT(simd_scalar_shr)
{
    shift_right(w, u);
    return cold(u, scalar_of(shift_size(w), BHSD));
}

FORMAT(simd_scalar_shl)
{
    shift_left(w, u);
    return cold(u, scalar_of(shift_size(w), BHSD));
}

/* A lane of Vm: M is part of its index (imm) if it is a halfword, else of its register. */
static void element_operand(u32 w, unsigned size, struct uop *u)
{
    unsigned hl = 2 * bit(w, 11) + bit(w, 21);
    vectors_dnm(w, u);
    u->imm = (s32)(size == SIZE_H ? 2 * hl + bit(w, 20) : hl);
    if (size == SIZE_H)
        u->m &= 15;
}

/* Variants: size:Q, counted from 4H. */
FORMAT(simd_e)
{
    element_operand(w, field_size(w), u);
    int variant = vector_of(w, field_size(w), HS);
    return variant == FMT_UNDEFINED ? variant : variant - 2 * SIZE_H;
}

FORMAT(simd_any_e)
{
    element_operand(w, field_size(w), u);
    return cold(u, vector_of(w, field_size(w), HS));
}

FORMAT(simd_scalar_e)
{
    element_operand(w, field_size(w), u);
    return cold(u, scalar_of(field_size(w), HS));
}

/* Four bytes of Vm, found like a word. Variants: Q. */
FORMAT(simd_e_dot)
{
    element_operand(w, SIZE_S, u);
    return (int)field_q(w);
}

/*
 * imm5 of the copy instructions: the lowest bit tells the size, above it stands an
 * index, which goes to imm. False for the reserved x0000.
 */
static bool copy_lane(u32 w, struct uop *u, unsigned *size)
{
    u32 imm5 = (u32)bits(w, 20, 16);
    vectors_dnm(w, u);
    if ((imm5 & 15) == 0)
        return false;
    *size = (unsigned)__builtin_ctz(imm5);
    u->imm = (s32)(imm5 >> (*size + 1));
    return true;
}

/* Variants: size:Q. */
FORMAT(simd_dup_e)
{
    unsigned size;
    return copy_lane(w, u, &size) ? vector_of(w, size, BHSD) : FMT_UNDEFINED;
}

/* Variants: size. */
FORMAT(simd_dup_e_s)
{
    unsigned size;
    return copy_lane(w, u, &size) ? (int)size : FMT_UNDEFINED;
}

/* Variants: size:Q; n is a general register. */
FORMAT(simd_dup_r)
{
    unsigned size;
    bool ok = copy_lane(w, u, &size);
    u->n = slot_src(field_n(w));
    return ok ? vector_of(w, size, BHSD) : FMT_UNDEFINED;
}

/* Variants: 3Q + size, the source smaller than the destination; d is a general register. */
FORMAT(simd_smov)
{
    unsigned size, q = field_q(w);
    if (!copy_lane(w, u, &size) || size >= SIZE_S + q)
        return FMT_UNDEFINED;
    u->d = slot_dst(field_d(w));
    return (int)(3 * q + size);
}

/* Variants: size; an X register holds a doubleword and W all else. d is a general register. */
FORMAT(simd_umov)
{
    unsigned size;
    if (!copy_lane(w, u, &size) || (size == SIZE_D) != field_q(w))
        return FMT_UNDEFINED;
    u->d = slot_dst(field_d(w));
    return (int)size;
}

/* Variants: size; n is a general register. */
FORMAT(simd_ins_r)
{
    unsigned size;
    bool ok = copy_lane(w, u, &size);
    u->n = slot_src(field_n(w));
    return ok ? (int)size : FMT_UNDEFINED;
}

/* Variants: size; the index of the source lane in a. */
FORMAT(simd_ins_e)
{
    unsigned size;
    if (!copy_lane(w, u, &size))
        return FMT_UNDEFINED;
    u->a = (u8)(bits(w, 14, 11) >> size);
    return (int)size;
}

/* imm: the first byte's position. Variants: Q. */
FORMAT(simd_ext)
{
    vectors_dnm(w, u);
    u->imm = (s32)bits(w, 14, 11);
    return !field_q(w) && u->imm >= 8 ? FMT_UNDEFINED : (int)field_q(w);
}

/* a: bytes in the table of 1 to 4 registers from n on. Variants: Q. */
FORMAT(simd_table)
{
    vectors_dnm(w, u);
    u->a = (u8)(16 * (bits(w, 14, 13) + 1));
    return (int)field_q(w);
}

/* abcdefgh of the modified immediates */
static u32 imm8(u32 w)
{
    return (u32)(bits(w, 18, 16) << 5 | bits(w, 9, 5));
}

/* The upper half of VFPExpandImm's result for EXPONENT bits of exponent, sign first. */
static u32 fp_immediate(u32 abcdefgh, unsigned exponent)
{
    u32 sign = abcdefgh >> 7, b = (abcdefgh >> 6) & 1, rest = abcdefgh & 63;
    u32 repeated = b ? (u32)ones(exponent - 3) : 0;
    return ((sign << 1 | !b) << (exponent - 3) | repeated) << 6 | rest;
}

/*
 * AdvSIMDExpandImm where it repeats 32 bits, that is but for op = 1, cmode = 111x,
 * which are of 64 bits. Bit 11, o2, tells half precision from single.
 */
static u32 expand_imm32(u32 w)
{
    enum { HALFWORDS = 0x00010001, BYTES = 0x01010101 };
    u32 cmode = (u32)bits(w, 15, 12), v = imm8(w);
    if (cmode < 8)
        return v << 8 * (cmode >> 1);
    if (cmode < 12)
        return (v << 8 * ((cmode >> 1) & 1)) * HALFWORDS;
    if (cmode < 14)
        return cmode & 1 ? v << 16 | 0xffff : v << 8 | 0xff;
    if (cmode == 14)
        return v * BYTES;
    if (bit(w, 11))
        return (fp_immediate(v, 5) << 6) * HALFWORDS;
    return fp_immediate(v, 8) << 19;
}

/* imm: 32 bits of which every part of the register is a copy. Variants: Q. */
FORMAT(simd_imm)
{
    vectors_dnm(w, u);
    u->imm = (s32)expand_imm32(w);
    return (int)field_q(w);
}

/* The complement, for MVNI and BIC. */
FORMAT(simd_imm_not)
{
    vectors_dnm(w, u);
    u->imm = (s32)~expand_imm32(w);
    return (int)field_q(w);
}

/*
 * Each bit of imm8 a byte of 64 bits. Variants: Q as in simd_imm where the two halves
 * are equal, else 2 + Q with imm8 itself in imm.
 */
FORMAT(simd_imm_mask)
{
    u32 v = imm8(w);
    u64 mask = simd_byte_mask(v);
    vectors_dnm(w, u);
    bool equal = v >> 4 == (v & 15);
    u->imm = equal ? (s32)mask : (s32)v;
    return (int)(equal ? field_q(w) : 2 + field_q(w));
}

/* imm: the upper 32 bits of a double; the lower ones are zero. */
FORMAT(simd_imm_double)
{
    vectors_dnm(w, u);
    u->imm = (s32)(fp_immediate(imm8(w), 11) << 16);
    return 0;
}
