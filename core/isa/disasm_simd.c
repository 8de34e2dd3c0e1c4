/*
 * The tokens of SIMD and floating point. Above each writer: its tokens, and what it
 * makes of which fields. Sizes are log2 of bytes: 0 b, 1 h, 2 s, 3 d, 4 q.
 */
#include <string.h>

#include "core/isa/disasm_token.h"

enum { SIZE_B, SIZE_H, SIZE_S, SIZE_D };

/* Bytes of a vector by q. */
static unsigned width(const struct assembly *a)
{
    return 8u << field(a, 'q');
}

/* Bits 23 and 22, field s or fixed. */
static unsigned size_field(const struct assembly *a)
{
    return (unsigned)bits(a->word, 23, 22);
}

/* By the highest bit of immh, which is not zero: bits 22 to 19, field h or partly fixed. */
static unsigned size_immh(const struct assembly *a)
{
    return 31u - (unsigned)__builtin_clz((u32)bits(a->word, 22, 19) | 1);
}

/* By the lowest bit of imm5, field i. */
static unsigned size_imm5(const struct assembly *a)
{
    return (unsigned)__builtin_ctz(field(a, 'i') | 8);
}

/* s or d by field p. */
static unsigned size_p(const struct assembly *a)
{
    return field(a, 'p') ? SIZE_D : SIZE_S;
}

/* s or d by the high bit of the two in field h. */
static unsigned size_hh(const struct assembly *a)
{
    return field(a, 'h') >> 1 ? SIZE_D : SIZE_S;
}

static void put_scalar(struct assembly *a, unsigned size, unsigned n)
{
    put(a, "%c%u", "bhsdq"[size], n);
}

/* {bd} {hn} {sm} {da} {qd} {vn}: bank by the first letter, number by the field of the second. */
static void write_bank(struct assembly *a, const char *name, unsigned k)
{
    put(a, "%c%u", name[0], field(a, name[1]));
}

/* {fd} {fn} {fm} {fa}: s or d by p. {fdi} {fni}: by the high bit of field h. */
static void write_float(struct assembly *a, const char *name, unsigned k)
{
    put_scalar(a, name[2] == 'i' ? size_hh(a) : size_p(a), field(a, name[1]));
}

/*
 * {ed} {en} {em}: scalar by size. {edi} {eni}: by immh. {edj}: by imm5. A 2 behind: of
 * twice that size.
 */
static void write_element(struct assembly *a, const char *name, unsigned k)
{
    unsigned size = name[2] == 'i' ? size_immh(a) : name[2] == 'j' ? size_imm5(a) : size_field(a);
    bool twice = name[2] == '2' || (name[2] == 'i' && name[3] == '2');
    put_scalar(a, size + twice, field(a, name[1]));
}

/* {t}: by size and q. {tp}: lanes twice as wide. {t2}: the same, 128 bits of them. */
static void write_t(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, size_field(a), width(a));
}

static void write_tp(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, size_field(a) + 1, width(a));
}

static void write_t2(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, size_field(a) + 1, 16);
}

/* {ti} {ti2}: like {t} {t2}, the size from immh. */
static void write_ti(struct assembly *a, const char *name, unsigned k)
{
    if (name[2] == '2')
        put_arrangement(a, size_immh(a) + 1, 16);
    else
        put_arrangement(a, size_immh(a), width(a));
}

/* {tj}: like {t}, the size from imm5. */
static void write_tj(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, size_imm5(a), width(a));
}

/* {tb} {th} {ts} {fh}: lanes of the second letter's size, by q. */
static void write_fixed(struct assembly *a, const char *name, unsigned k)
{
    static const char sizes[] = "bhs";
    put_arrangement(a, (unsigned)(strchr(sizes, name[1]) - sizes), width(a));
}

/* {ft}: by p and q. {fti}: the high bit of h for p. {fp}: a pair by p. */
static void write_ft(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, name[2] == 'i' ? size_hh(a) : size_p(a), width(a));
}

static void write_fp(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, size_p(a), 2u << size_p(a));
}

/* {ftw}: 128 bits by p. {ftn}: lanes half as wide, by p and q. */
static void write_ftw(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, size_p(a), 16);
}

static void write_ftn(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, size_p(a) - 1, width(a));
}

/* {2}: of an instruction that takes or makes the upper half. */
static void write_upper(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 'q'))
        put(a, "2");
}

/* {lj}: lane by imm5. */
static void write_lj(struct assembly *a, const char *name, unsigned k)
{
    unsigned size = size_imm5(a);
    put(a, "%c[%u]", "bhsd"[size], field(a, 'i') >> (size + 1));
}

/* {lk}: lane of a size by imm5, its number in imm4, field k. */
static void write_lk(struct assembly *a, const char *name, unsigned k)
{
    unsigned size = size_imm5(a);
    put(a, "%c[%u]", "bhsd"[size], field(a, 'k') >> size);
}

/* {hl}: h:l. */
static void write_hl(struct assembly *a, const char *name, unsigned k)
{
    put(a, "%u", field(a, 'h') << 1 | field(a, 'l'));
}

/* {vme}: lane of m by size; of halfwords m is of four bits and its fifth the lane's lowest. */
static void write_vme(struct assembly *a, const char *name, unsigned k)
{
    u32 m = field(a, 'm'), hl = field(a, 'h') << 1 | field(a, 'l');
    if (size_field(a) == SIZE_H)
        put(a, "v%u.h[%u]", m & 15, hl << 1 | m >> 4);
    else
        put(a, "v%u.s[%u]", m, hl);
}

/* {fme}: lane of m by p: s with h:l, d with h. */
static void write_fme(struct assembly *a, const char *name, unsigned k)
{
    u32 h = field(a, 'h');
    if (field(a, 'p'))
        put(a, "v%u.d[%u]", field(a, 'm'), h);
    else
        put(a, "v%u.s[%u]", field(a, 'm'), h << 1 | field(a, 'l'));
}

/* {hme}: lane of m: h with h:l:k. */
static void write_hme(struct assembly *a, const char *name, unsigned k)
{
    u32 lane = field(a, 'h') << 2 | field(a, 'l') << 1 | field(a, 'k');
    put(a, "v%u.h[%u]", field(a, 'm'), lane);
}

/* {lsh} {rsh}: shift left or right by immh:immb, bits 22 to 16. */
static void write_lsh(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%u", (unsigned)bits(a->word, 22, 16) - (8u << size_immh(a)));
}

static void write_rsh(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%u", (16u << size_immh(a)) - (unsigned)bits(a->word, 22, 16));
}

/* {size8}: the size in bits. */
static void write_size8(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%u", 8u << size_field(a));
}

/* {fbits}: fraction bits, 64 - s. {vfbits}: by h:i. {hfbits}: by i, of halfwords. */
static void write_fbits(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%u", 64 - field(a, 's'));
}

static void write_vfbits(struct assembly *a, const char *name, unsigned k)
{
    u32 n = field(a, 'h') << 5 | field(a, 'i');
    put(a, "#%u", n < 64 ? 64 - n : 128 - n);
}

static void write_hfbits(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%u", 16 - field(a, 'i'));
}

/* {table}: l + 1 registers from n. */
static void write_table(struct assembly *a, const char *name, unsigned k)
{
    put_list(a, field(a, 'n'), field(a, 'l') + 1, ".16b");
}

/* abcdefgh of the modified immediates: fields a and b. */
static u32 imm8(const struct assembly *a)
{
    return field(a, 'a') << 5 | field(a, 'b');
}

/* {imm8}: a:b. */
static void write_imm8(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#0x%x", imm8(a));
}

/* {imm64}: each bit of a:b a byte. */
static void write_imm64(struct assembly *a, const char *name, unsigned k)
{
    u64 v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= bit(imm8(a), i) ? UINT64_C(0xff) << 8 * i : 0;
    put(a, "#0x%llx", (unsigned long long)v);
}

/* {lsl8}: a shift by 8 times s, if any. {msl}: by 8 or 16, with ones. */
static void write_lsl8(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 's'))
        put(a, ", lsl #%u", 8 * field(a, 's'));
}

static void write_msl(struct assembly *a, const char *name, unsigned k)
{
    put(a, ", msl #%u", 8u << field(a, 's'));
}

/* {fimm8}: i, {fimmab}: a:b, as VFPExpandImm has it: sign, NOT(b):cd, 1.efgh. */
static void write_fimm(struct assembly *a, const char *name, unsigned k)
{
    u32 v = name[4] == '8' ? field(a, 'i') : imm8(a);
    int exponent = (int)(v >> 4 & 7) - (v & 0x40 ? 7 : -1);
    double magnitude = (16 + (v & 15)) / 16.0;
    for (; exponent > 0; exponent--)
        magnitude *= 2;
    for (; exponent < 0; exponent++)
        magnitude /= 2;
    put(a, "#%.18e", v & 0x80 ? -magnitude : magnitude);
}

/* {li}: field i. {imm6}: the same as an immediate. {lh}: field h. */
static void write_number(struct assembly *a, const char *name, unsigned k)
{
    put(a, name[0] == 'i' ? "#%u" : "%u", field(a, name[1] == 'h' ? 'h' : 'i'));
}

/* {rot}: r quarter turns. {rotadd}: one, or three. */
static void write_rotation(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%u", name[3] == 'a' ? 90 + 180 * field(a, 'r') : 90 * field(a, 'r'));
}

/* {thn}: halfwords in half of the width. */
static void write_thn(struct assembly *a, const char *name, unsigned k)
{
    put_arrangement(a, SIZE_H, width(a) / 2);
}

/* {bt}: bottom or top by q. */
static void write_bt(struct assembly *a, const char *name, unsigned k)
{
    put(a, field(a, 'q') ? "t" : "b");
}

const struct token disasm_simd_tokens[] = {
    {"bd hd hn hm ha sd sn sa dd dn dm da qd qn qa vd vn vm va", write_bank},
    {"fd fn fm fa fdi fni", write_float},
    {"ed en em ed2 en2 edi eni eni2 edj", write_element},
    {"t", write_t},
    {"tp", write_tp},
    {"t2", write_t2},
    {"ti ti2", write_ti},
    {"tj", write_tj},
    {"tb th ts fh", write_fixed},
    {"ft fti", write_ft},
    {"fp", write_fp},
    {"ftw", write_ftw},
    {"ftn", write_ftn},
    {"2", write_upper},
    {"lj", write_lj},
    {"lk", write_lk},
    {"hl", write_hl},
    {"vme", write_vme},
    {"fme", write_fme},
    {"hme", write_hme},
    {"lsh", write_lsh},
    {"rsh", write_rsh},
    {"size8", write_size8},
    {"fbits", write_fbits},
    {"vfbits", write_vfbits},
    {"hfbits", write_hfbits},
    {"table", write_table},
    {"imm8", write_imm8},
    {"imm64", write_imm64},
    {"lsl8", write_lsl8},
    {"msl", write_msl},
    {"fimm8 fimmab", write_fimm},
    {"li imm6 lh", write_number},
    {"rot rotadd", write_rotation},
    {"thn", write_thn},
    {"bt", write_bt},
    {NULL, NULL},
};
