/*
 * Formats of loads and stores (C4.1.94). The base register is slot n, Rt is d:
 * a source for stores, a destination for loads, an index into cpu.v where the
 * format's name says simd. What the variants mean is in core/isa/ldst.h.
 */
#include "core/isa/format.h"
#include "core/isa/ldst.h"

/* log2 of the access's size: the size field, or 4 for a Q register. */
static unsigned size_of(u32 w)
{
    bool simd = bit(w, 26);
    return simd && bit(w, 23) ? 4 : (unsigned)bits(w, 31, 30);
}

static int base_imm(u32 w, s64 imm, struct uop *u)
{
    u->n = slot_sp(field_n(w));
    u->imm = (s32)imm;
    return u->n == SLOT_SP ? BASE_SP : BASE_X;
}

/* Unsigned offset, in units of the size. */
static int base_imm12(u32 w, struct uop *u)
{
    return base_imm(w, (s64)(bits(w, 21, 10) << size_of(w)), u);
}

/* Unscaled, pre- and post-indexed, unprivileged. */
static int base_imm9(u32 w, struct uop *u)
{
    return base_imm(w, sext(bits(w, 20, 12), 9), u);
}

/* Register offset; bit 14 is fixed, so the option is X or W, signed or not. */
static int base_index(u32 w, struct uop *u)
{
    unsigned extension = bit(w, 13) ? INDEX_X : bit(w, 15) ? INDEX_SXTW : INDEX_UXTW;
    unsigned shift = bit(w, 12) ? size_of(w) : 0;
    u->n = slot_sp(field_n(w));
    u->m = slot_src(field_m(w));
    u->a = (u8)shift;
    u->imm = (s32)extension;
    return (int)(u->n == SLOT_SP ? INDEX_ANY : extension + (shift != 0));
}

FORMAT(load_imm12)
{
    u->d = slot_dst(field_d(w));
    return base_imm12(w, u);
}

FORMAT(store_imm12)
{
    u->d = slot_src(field_d(w));
    return base_imm12(w, u);
}

FORMAT(simd_imm12)
{
    u->d = (u8)field_d(w);
    return base_imm12(w, u);
}

FORMAT(load_imm9)
{
    u->d = slot_dst(field_d(w));
    return base_imm9(w, u);
}

FORMAT(store_imm9)
{
    u->d = slot_src(field_d(w));
    return base_imm9(w, u);
}

FORMAT(simd_imm9)
{
    u->d = (u8)field_d(w);
    return base_imm9(w, u);
}

FORMAT(load_index)
{
    u->d = slot_dst(field_d(w));
    return base_index(w, u);
}

FORMAT(store_index)
{
    u->d = slot_src(field_d(w));
    return base_index(w, u);
}

FORMAT(simd_index)
{
    u->d = (u8)field_d(w);
    return base_index(w, u);
}

/* imm: byte offset from the start of the page of code. */
FORMAT(load_literal)
{
    u->d = slot_dst(field_d(w));
    u->imm = (s32)(4 * sext(bits(w, 23, 5), 19)) + 4 * at.index;
    return 0;
}

FORMAT(simd_literal)
{
    u->d = (u8)field_d(w);
    u->imm = (s32)(4 * sext(bits(w, 23, 5), 19)) + 4 * at.index;
    return 0;
}

FORMAT(prefetch)
{
    return 0;
}

/* imm7 in units of an element of 1 << SCALE bytes; Rt2 is the caller's. */
static int base_imm7(u32 w, unsigned scale, struct uop *u)
{
    return base_imm(w, sext(bits(w, 21, 15), 7) * (1 << scale), u);
}

/* Elements of 4 bytes unless opc is 10. */
FORMAT(load_pair)
{
    u->d = slot_dst(field_d(w));
    u->a = slot_dst(field_a(w));
    return base_imm7(w, bit(w, 31) ? 3 : 2, u);
}

FORMAT(load_pair_sw)
{
    u->d = slot_dst(field_d(w));
    u->a = slot_dst(field_a(w));
    return base_imm7(w, 2, u);
}

FORMAT(store_pair)
{
    u->d = slot_src(field_d(w));
    u->a = slot_src(field_a(w));
    return base_imm7(w, bit(w, 31) ? 3 : 2, u);
}

FORMAT(simd_pair)
{
    u->d = (u8)field_d(w);
    u->a = (u8)field_a(w);
    return base_imm7(w, 2 + (unsigned)bits(w, 31, 30), u);
}

/* The base of an exclusive, ordered or atomic access; variant: log2 of the size. */
static int base_only(u32 w, struct uop *u)
{
    enum { SP_ALIGNMENT = 16 };
    u->n = slot_sp(field_n(w));
    u->imm = u->n == SLOT_SP ? SP_ALIGNMENT - 1 : 0;
    return (int)bits(w, 31, 30);
}

FORMAT(load_ordered)
{
    u->d = slot_dst(field_d(w));
    return base_only(w, u);
}

FORMAT(store_ordered)
{
    u->d = slot_src(field_d(w));
    return base_only(w, u);
}

/* Status to slot m. */
FORMAT(store_exclusive)
{
    u->d = slot_src(field_d(w));
    u->m = slot_dst(field_m(w));
    return base_only(w, u);
}

/* Variant of the pairs: 1 for X registers. */
FORMAT(load_exclusive_pair)
{
    u->d = slot_dst(field_d(w));
    u->a = slot_dst(field_a(w));
    return base_only(w, u) & 1;
}

FORMAT(store_exclusive_pair)
{
    u->d = slot_src(field_d(w));
    u->m = slot_dst(field_m(w));
    u->a = slot_src(field_a(w));
    return base_only(w, u) & 1;
}

/* Operand in slot m, what was in memory goes to d. */
FORMAT(read_modify_write)
{
    u->d = slot_dst(field_d(w));
    u->m = slot_src(field_m(w));
    return base_only(w, u);
}

/* Rs is slot m as a source and a as a destination. */
FORMAT(compare_and_swap)
{
    u->d = slot_src(field_d(w));
    u->m = slot_src(field_m(w));
    u->a = slot_dst(field_m(w));
    return base_only(w, u);
}

/* Rs (even) is m, Rt (even) is d, Rt+1 is slot a. Bit 30 is the only size. */
FORMAT(compare_and_swap_pair)
{
    u->d = (u8)field_d(w);
    u->m = (u8)field_m(w);
    u->a = slot_src(field_d(w) + 1);
    base_only(w, u);
    return (int)bit(w, 30);
}

/*
 * SIMD structures: the base, and what post-index adds to it, slot m plus imm, when
 * BYTES are transferred. The class without post-index has no Rm and adds nothing.
 */
static void structure_base(u32 w, unsigned bytes, struct uop *u)
{
    bool post = bit(w, 23), immediate = field_m(w) == 31;
    u->d = (u8)field_d(w);
    u->n = slot_sp(field_n(w));
    u->m = post && !immediate ? (u8)field_m(w) : SLOT_ZERO;
    u->imm = post && immediate ? (s32)bytes : 0;
}

/* How many registers LD1 and ST1 (multiple structures) transfer, by opcode. */
static unsigned consecutive_count(u32 w)
{
    enum { LD1_4 = 2, LD1_3 = 6, LD1_1 = 7 };
    switch (bits(w, 15, 12)) {
    case LD1_4:
        return 4;
    case LD1_3:
        return 3;
    case LD1_1:
        return 1;
    default:
        return 2;
    }
}

/* LD1, ST1 of several registers. Variant: Q; a: log2 of the element size. */
FORMAT(simd_consecutive)
{
    unsigned q = bit(w, 30);
    structure_base(w, consecutive_count(w) * (8u << q), u);
    u->a = (u8)bits(w, 11, 10);
    return (int)q;
}

/* LD2 to LD4 (multiple structures). a: 2 * log2 of the element size + Q; there is no 1D. */
FORMAT(simd_interleaved)
{
    enum { LD4 = 0, LD3 = 4, ARRANGEMENT_1D = 6 };
    unsigned opcode = (unsigned)bits(w, 15, 12), q = bit(w, 30);
    unsigned selem = opcode == LD4 ? 4 : opcode == LD3 ? 3 : 2;
    structure_base(w, selem * (8u << q), u);
    u->a = (u8)(2 * bits(w, 11, 10) + q);
    return u->a == ARRANGEMENT_1D ? FMT_UNDEFINED : 0;
}

/* Registers in one structure of the single-structure class: opcode<0>:R, plus one. */
static unsigned single_selem(u32 w)
{
    return 2 * bit(w, 13) + bit(w, 21) + 1;
}

/*
 * One lane. Variant: log2 of the element size; a: the lane, Q:S:size with as many
 * of its low bits dropped, which must be zero, as the element size's log2.
 */
FORMAT(simd_lane)
{
    unsigned log2 = (unsigned)bits(w, 15, 14);
    unsigned q_s_size = bit(w, 30) << 3 | bit(w, 12) << 2 | (unsigned)bits(w, 11, 10);
    if (log2 == 3)
        return FMT_UNDEFINED; /* a store of LD1R's kind */
    if (log2 == 2 && bit(w, 10)) {
        log2 = 3;
        q_s_size ^= 1;
    }
    if (q_s_size & ones(log2))
        return FMT_UNDEFINED;
    structure_base(w, single_selem(w) << log2, u);
    u->a = (u8)(q_s_size >> log2);
    return (int)log2;
}

/* LD1R to LD4R. Variant: log2 of the element size; a: Q. */
FORMAT(simd_replicate)
{
    unsigned log2 = (unsigned)bits(w, 11, 10);
    structure_base(w, single_selem(w) << log2, u);
    u->a = (u8)bit(w, 30);
    return (int)log2;
}
