/*
 * The tokens of integer, branch and system instructions. Above each writer: its
 * tokens, and what it makes of which fields.
 */
#include <ctype.h>

#include "core/isa/bitmask.h"
#include "core/isa/disasm_token.h"
#include "core/sysreg.h"

/*
 * {wd} {xn} {rm} {xn|sp} {rd|sp}: general register by the field of the second letter, of
 * 32 bits, 64, or what f says; 31 is zero, or the stack pointer where the token says so.
 */
static void write_register(struct assembly *a, const char *name, unsigned k)
{
    bool wide = name[0] == 'x' || (name[0] == 'r' && field(a, 'f'));
    put_register(a, wide, field(a, name[1]), name[2] == '|');
}

/* {,xt}: register t behind a comma; 31 stands for none. */
static void write_optional(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 't') != 31)
        put(a, ", x%u", field(a, 't'));
}

/* {xn?}: register n; the link register stands for none. */
static void write_link(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 'n') != 30)
        put_register(a, true, field(a, 'n'), false);
}

/* {td}: register d, of 64 bits if b. */
static void write_tested(struct assembly *a, const char *name, unsigned k)
{
    put_register(a, field(a, 'b'), field(a, 'd'), false);
}

/* {wxd} {wxs}: register d or s, of 64 bits when z is 3. */
static void write_sized(struct assembly *a, const char *name, unsigned k)
{
    put_register(a, field(a, 'z') == 3, field(a, name[2]), false);
}

/* {rnj}: register n, of 64 bits when imm5 stands for doublewords. {rdq}: d, by q. */
static void write_copied(struct assembly *a, const char *name, unsigned k)
{
    bool wide = name[2] == 'q' ? field(a, 'q') : (field(a, 'i') & 15) == 8;
    put_register(a, wide, field(a, name[1]), false);
}

/* {pairs} {paird}: registers 2s and 2s + 1, 2d and 2d + 1. */
static void write_pair(struct assembly *a, const char *name, unsigned k)
{
    unsigned n = 2 * field(a, name[4]);
    put_register(a, field(a, 'f'), n, false);
    put(a, ", ");
    put_register(a, field(a, 'f'), n + 1, false);
}

/* {imm5} {imm7} {imm12} {imm16}: field i. {nzcv}: v. */
static void write_hex(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#0x%x", field(a, name[0] == 'n' ? 'v' : 'i'));
}

/* {imm16u} {imm4} {imm6}: field i. {mask}: v. {immr} {imms}: r, s. All decimal. */
static void write_decimal(struct assembly *a, const char *name, unsigned k)
{
    bool letter = name[3] == 'r' || name[3] == 's';
    put(a, "#%u", field(a, letter ? name[3] : name[0] == 'm' ? 'v' : 'i'));
}

/* {imm16?}: field i unless it is zero. */
static void write_if_nonzero(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 'i'))
        put(a, "#0x%x", field(a, 'i'));
}

/* {sh12}: the shift by 12 if h. */
static void write_sh12(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 'h'))
        put(a, ", lsl #12");
}

/* {lsl16}: a shift by 16 times h, if any. */
static void write_lsl16(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 'h'))
        put(a, ", lsl #%u", 16 * field(a, 'h'));
}

/* {bitmask}: the logical immediate k:r:s. */
static void write_bitmask(struct assembly *a, const char *name, unsigned k)
{
    u64 value = 0;
    u32 nrs = field(a, 'k') << 12 | field(a, 'r') << 6 | field(a, 's');
    bitmask_decode(nrs, field(a, 'f') ? 64 : 32, &value);
    put(a, "#0x%llx", (unsigned long long)value);
}

/* {shift}: kind t by i; LSL by 0 is none. */
static void write_shift(struct assembly *a, const char *name, unsigned k)
{
    static const char *const kinds[] = {"lsl", "lsr", "asr", "ror"};
    if (field(a, 't') || field(a, 'i'))
        put(a, ", %s #%u", kinds[field(a, 't')], field(a, 'i'));
}

/*
 * {ext}: register m, extended as o says and shifted left by i. What does not extend is
 * called LSL if an operand is the stack pointer: d is, unless the flags are set.
 */
static void write_extended(struct assembly *a, const char *name, unsigned k)
{
    enum { SETS_FLAGS = 29, PLAIN_W = 2, PLAIN_X = 3 };
    static const char *const kinds[] = {"uxtb", "uxth", "uxtw", "uxtx",
                                        "sxtb", "sxth", "sxtw", "sxtx"};
    bool wide = field(a, 'f'), sp_d = field(a, 'd') == 31 && !bit(a->word, SETS_FLAGS);
    u32 kind = field(a, 'o'), amount = field(a, 'i');
    bool lsl = kind == (wide ? PLAIN_X : PLAIN_W) && (field(a, 'n') == 31 || sp_d);
    put_register(a, wide && (kind & 3) == PLAIN_X, field(a, 'm'), false);
    if (lsl && !amount)
        return;
    put(a, ", %s", lsl ? "lsl" : kinds[kind]);
    if (amount)
        put(a, " #%u", amount);
}

/* {cond} {cond0}: condition c. */
static void write_cond(struct assembly *a, const char *name, unsigned k)
{
    static const char conditions[16][3] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                           "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};
    put(a, "%s", conditions[field(a, 'c')]);
}

/* {bit}: b:p. */
static void write_bit(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%u", field(a, 'b') << 5 | field(a, 'p'));
}

static void put_address(struct assembly *a, u64 va)
{
    put(a, "0x%llx", (unsigned long long)va);
}

/* {label26} {label19} {label14}: i words from here, i of so many bits. */
static void write_label(struct assembly *a, const char *name, unsigned k)
{
    unsigned width = 10 * (unsigned)(name[5] - '0') + (unsigned)(name[6] - '0');
    put_address(a, a->pc + (u64)sext(field(a, 'i'), width) * 4);
}

/* {label21}: i:l bytes from here. {page21}: i:l pages from this page. */
static void write_relative(struct assembly *a, const char *name, unsigned k)
{
    enum { PAGE = 4096 };
    u64 distance = (u64)sext(field(a, 'i') << 2 | field(a, 'l'), 21);
    put_address(a,
                name[0] == 'p' ? (a->pc & ~(u64)(PAGE - 1)) + distance * PAGE : a->pc + distance);
}

/* {crm}: field i. {crm?}: not if it is 15, what it is where nothing is written. */
static void write_crm(struct assembly *a, const char *name, unsigned k)
{
    if (name[3] != '?' || field(a, 'i') != 15)
        put(a, "#0x%x", field(a, 'i'));
}

/* {bti}: the number of the hint with targets t. */
static void write_bti(struct assembly *a, const char *name, unsigned k)
{
    enum { FIRST = 0x20 };
    put(a, "0x%x", FIRST + 2 * field(a, 't'));
}

/* {barrier}: field i as a domain and the accesses that are ordered. */
static void write_barrier(struct assembly *a, const char *name, unsigned k)
{
    static const char *const options[16] = {
        [1] = "oshld", [2] = "oshst",  [3] = "osh",  [5] = "nshld", [6] = "nshst", [7] = "nsh",
        [9] = "ishld", [10] = "ishst", [11] = "ish", [13] = "ld",   [14] = "st",   [15] = "sy",
    };
    const char *option = options[field(a, 'i')];
    if (option)
        put(a, "%s", option);
    else
        put(a, "#0x%02x", field(a, 'i'));
}

/* {sysop}: op1, CRn, CRm, op2 in o, k, m, p. */
static void write_sysop(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%u, C%u, C%u, #%u", field(a, 'o'), field(a, 'k'), field(a, 'm'), field(a, 'p'));
}

/* {sysreg}: op0, with s as its low bit, and the same. Known registers have a name. */
static void write_sysreg(struct assembly *a, const char *name, unsigned k)
{
    u32 op0 = 2 + field(a, 's');
    u16 encoding = SYSREG_ENCODING(op0, field(a, 'o'), field(a, 'k'), field(a, 'm'), field(a, 'p'));
    int row = sysreg_find(encoding, !bit(a->word, 21)); /* L */
    if (row < 0 || sysreg_rows[row].is_op)
        put(a, "s%u_%u_c%u_c%u_%u", op0, field(a, 'o'), field(a, 'k'), field(a, 'm'),
            field(a, 'p'));
    else
        for (const char *c = sysreg_rows[row].name; *c; c++)
            put(a, "%c", tolower((unsigned char)*c));
}

const struct token disasm_integer_tokens[] = {
    {"wd wn wm wa ws xd xn xm xa xt rd rn rm ra xn|sp xm|sp rd|sp rn|sp", write_register},
    {",xt", write_optional},
    {"xn?", write_link},
    {"td", write_tested},
    {"wxd wxs", write_sized},
    {"rnj rdq", write_copied},
    {"pairs paird", write_pair},
    {"imm5 imm7 imm12 imm16 nzcv", write_hex},
    {"imm16u imm4 imm6 mask immr imms", write_decimal},
    {"imm16?", write_if_nonzero},
    {"sh12", write_sh12},
    {"lsl16", write_lsl16},
    {"bitmask", write_bitmask},
    {"shift", write_shift},
    {"ext", write_extended},
    {"cond cond0", write_cond},
    {"bit", write_bit},
    {"label26 label19 label14", write_label},
    {"label21 page21", write_relative},
    {"crm crm?", write_crm},
    {"bti", write_bti},
    {"barrier", write_barrier},
    {"sysop", write_sysop},
    {"sysreg", write_sysreg},
    {NULL, NULL},
};
