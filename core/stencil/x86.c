/*
 * Intel's Software Developer's Manual, volume 2: chapter 2 for prefixes, ModRM and SIB,
 * appendix A for opcodes.
 */
#include "core/stencil/x86.h"

#include <string.h>

enum {
    REX = 0x40,
    REX_W = 8,
    REX_R = 4,
    REX_X = 2,
    REX_B = 1,
    VEX3 = 0xc4,
    VEX2 = 0xc5,
    ESCAPE = 0x0f,
    RAX = 0,
    NEEDS_SIB = 4, /* in rm; in index: none */
    NO_BASE = 5,   /* in rm with mod 0: relative to rip; in a SIB's base: none */
    MOD_REGISTER = 3,
    MAP_ONE = 0,
    MAP_0F = 1,
    MAP_0F38 = 2,
    MAP_0F3A = 3,
    MOV_STORE = 0x89,
    MOV_LOAD = 0x8b,
};

/* Bytes still to be read, and REX or what VEX says instead. */
struct reader {
    const u8 *at, *end;
    u8 rex;
    bool has_rex;
};

static bool ended(const struct reader *r)
{
    return r->at >= r->end;
}

/* What an opcode takes. */
struct takes {
    u8 reg, rm; /* enum x86_use */
    u8 immediate;
    bool byte;
};

static bool takes(struct takes *t, u8 reg, u8 rm, u8 immediate)
{
    *t = (struct takes){reg, rm, immediate, false};
    return true;
}

static bool takes_byte(struct takes *t, u8 reg, u8 rm, u8 immediate)
{
    *t = (struct takes){reg, rm, immediate, true};
    return true;
}

/* Opcodes that have a part of themselves in the reg field, EXTENSION. */
static bool takes_group(u8 opcode, unsigned extension, struct takes *t)
{
    enum { CMP = 7, TEST = 0, NOT = 2, NEG = 3, DEC = 1, RCL = 2, RCR = 3 };
    u8 arithmetic = extension == CMP ? X86_READS : X86_CHANGES;
    switch (opcode) {
    case 0x80: /* add, or, adc, sbb, and, sub, xor, cmp */
        return takes_byte(t, X86_UNUSED, arithmetic, 1);
    case 0x81:
        return takes(t, X86_UNUSED, arithmetic, 4);
    case 0x83:
        return takes(t, X86_UNUSED, arithmetic, 1);
    case 0xc1: /* shifts and rotations */
        return takes(t, X86_UNUSED, X86_CHANGES, 1);
    case 0xd1:
        return takes(t, X86_UNUSED, X86_CHANGES, 0);
    case 0xc6:
        return extension == 0 && takes_byte(t, X86_UNUSED, X86_WRITES, 1);
    case 0xc7:
        return extension == 0 && takes(t, X86_UNUSED, X86_WRITES, 4);
    case 0xf6:
        return extension == TEST && takes_byte(t, X86_UNUSED, X86_READS, 1);
    case 0xf7: /* mul and div have rax and rdx */
        return extension == TEST                      ? takes(t, X86_UNUSED, X86_READS, 4)
               : extension == NOT || extension == NEG ? takes(t, X86_UNUSED, X86_CHANGES, 0)
                                                      : false;
    case 0xff:
        return extension <= DEC && takes(t, X86_UNUSED, X86_CHANGES, 0);
    default:
        return false;
    }
}

static bool is_group(unsigned map, u8 opcode)
{
    return map == MAP_ONE ? opcode >= 0x80 && !(opcode >= 0x84 && opcode <= 0x8f)
                          : map == MAP_0F && opcode == 0xba;
}

static bool takes_one_byte(u8 opcode, struct takes *t)
{
    if (opcode < 0x40 && (opcode & 7) < 4) { /* add, or, adc, sbb, and, sub, xor, cmp */
        bool compares = opcode >= 0x38;
        u8 to = compares ? X86_READS : X86_CHANGES;
        bool to_reg = opcode & 2;
        *t = (struct takes){to_reg ? to : X86_READS, to_reg ? X86_READS : to, 0, !(opcode & 1)};
        return true;
    }
    switch (opcode) {
    case 0x63: /* movsxd */
    case 0x8d: /* lea */
    case MOV_LOAD:
        return takes(t, X86_WRITES, X86_READS, 0);
    case 0x69: /* imul */
        return takes(t, X86_WRITES, X86_READS, 4);
    case 0x6b:
        return takes(t, X86_WRITES, X86_READS, 1);
    case 0x84: /* test */
        return takes_byte(t, X86_READS, X86_READS, 0);
    case 0x85:
        return takes(t, X86_READS, X86_READS, 0);
    case 0x88:
        return takes_byte(t, X86_READS, X86_CHANGES, 0);
    case MOV_STORE:
        return takes(t, X86_READS, X86_WRITES, 0);
    default:
        return false;
    }
}

/* PREFIX: as VEX.pp. */
static bool takes_0f(u8 opcode, unsigned prefix, struct takes *t)
{
    enum { REPEAT = 2 };
    if ((opcode & 0xf0) == 0x40) /* cmov */
        return takes(t, X86_CHANGES, X86_READS, 0);
    if ((opcode & 0xf0) == 0x90) /* set */
        return takes_byte(t, X86_UNUSED, X86_CHANGES, 0);
    switch (opcode) {
    case 0xa3: /* bt */
        return takes(t, X86_READS, X86_READS, 0);
    case 0xa4: /* shld, shrd */
    case 0xac:
        return takes(t, X86_READS, X86_CHANGES, 1);
    case 0xaf: /* imul */
        return takes(t, X86_CHANGES, X86_READS, 0);
    case 0xb6: /* movzx, movsx */
    case 0xbe:
        return takes_byte(t, X86_WRITES, X86_READS, 0);
    case 0xb7:
    case 0xbf:
        return takes(t, X86_WRITES, X86_READS, 0);
    case 0xb8: /* popcnt, tzcnt, lzcnt; bsf and bsr leave the register alone at 0 */
    case 0xbc:
    case 0xbd:
        return takes(t, prefix == REPEAT ? X86_WRITES : X86_CHANGES, X86_READS, 0);
    default:
        return false;
    }
}

static bool takes_vex(unsigned map, u8 opcode, struct takes *t)
{
    bool is = map == MAP_0F38 ? opcode == 0xf2 || opcode == 0xf5 ||
                                    opcode == 0xf7 /* andn; bzhi, pdep, pext; shlx and its kin */
                              : map == MAP_0F3A && opcode == 0xf0; /* rorx */
    return is && takes(t, X86_WRITES, X86_READS, map == MAP_0F3A);
}

static u8 with_high(unsigned low, bool high)
{
    return (u8)(low | (unsigned)high << 3);
}

/* ModRM, SIB and the displacement's size. */
static bool read_operands(struct reader *r, struct x86_insn *out)
{
    enum { DISPLACEMENT_8 = 1 };
    struct stencil_insn *i = &out->form;
    if (ended(r))
        return false;
    u8 modrm = *r->at++, mod = modrm >> 6, rm = modrm & 7;
    i->memory |= mod;
    i->reg = with_high(modrm >> 3 & 7, r->rex & REX_R);
    i->base = with_high(rm, r->rex & REX_B);
    out->is_memory = mod != MOD_REGISTER;
    if (!out->is_memory)
        return true;
    if (rm == NEEDS_SIB) {
        if (ended(r))
            return false;
        u8 sib = *r->at++;
        i->memory |= INSN_SIB | (u8)(sib >> 6 << 2);
        i->base = with_high(sib & 7, r->rex & REX_B);
        i->index = with_high(sib >> 3 & 7, r->rex & REX_X);
    }
    if (mod == 0 && (i->base & 7) == NO_BASE)
        return false;
    i->tail = mod == 0 ? 0 : mod == DISPLACEMENT_8 ? 1 : 4;
    return true;
}

/* Prefixes, REX or VEX, and which map the opcode is in. */
static bool read_prefixes(struct reader *r, struct x86_insn *out)
{
    static const u8 by_pp[] = {0, 0x66, 0xf3, 0xf2};
    struct stencil_insn *i = &out->form;
    for (unsigned pp = 2; pp < 4; pp++)
        if (*r->at == by_pp[pp]) {
            i->shape |= (u8)(pp << 2);
            r->at++;
        }
    if (r->end - r->at > 3 && *r->at == VEX3) {
        r->rex = (u8)(~r->at[1] >> 5 & 7) | (r->at[2] >> 7 ? REX_W : 0);
        i->shape |= INSN_VEX | (r->at[1] & INSN_MAP) | (u8)((r->at[2] & 3) << 2);
        i->vvvv = ~r->at[2] >> 3 & 15;
        bool known = (r->at[1] & 0x1f) <= MAP_0F3A && !(r->at[2] & 4); /* no vector's length */
        r->at += 3;
        return known;
    }
    if (*r->at == VEX2)
        return false;
    r->has_rex = (*r->at & 0xf0) == REX;
    if (r->has_rex)
        r->rex = *r->at++;
    if (!ended(r) && *r->at == ESCAPE) {
        i->shape |= MAP_0F;
        r->at++;
    }
    return !ended(r);
}

/* Forms of their own for rax, in those that any register can have. */
static bool general_form(const struct reader *r, struct x86_insn *out)
{
    struct stencil_insn *i = &out->form;
    u8 opcode = *r->at;
    unsigned left = (unsigned)(r->end - r->at) - 1;
    if ((i->shape & (INSN_MAP | INSN_PREFIX | INSN_VEX)) || opcode < 5)
        return false;
    i->memory = MOD_REGISTER;
    i->base = RAX;
    if (opcode == 0x98 && left == 0) { /* cltq, cwtl */
        i->opcode = 0x63;
        i->reg = RAX;
        out->reg_use = X86_WRITES;
        out->rm_use = X86_READS;
        return r->rex & REX_W;
    }
    if (left != 4 || (opcode != 0xa9 && (opcode > 0x3f || (opcode & 7) != 5)))
        return false;
    i->opcode = opcode == 0xa9 ? 0xf7 : 0x81;
    i->reg = opcode == 0xa9 ? 0 : opcode >> 3;
    i->shape |= INSN_EXTENDED;
    i->tail = i->immediate = 4;
    out->rm_use = opcode == 0xa9 || opcode == 0x3d ? X86_READS : X86_CHANGES;
    return true;
}

/* mov of an immediate to a register that is in the opcode. */
static bool short_form(const struct reader *r, struct x86_insn *out)
{
    struct stencil_insn *i = &out->form;
    unsigned left = (unsigned)(r->end - r->at) - 1;
    if ((i->shape & (INSN_MAP | INSN_PREFIX | INSN_VEX)) || (*r->at & 0xf8) != 0xb8)
        return false;
    i->shape |= INSN_SHORT;
    i->opcode = *r->at & 0xf8;
    i->reg = with_high(*r->at & 7, r->rex & REX_B);
    i->tail = i->immediate = (u8)left;
    out->reg_use = X86_WRITES;
    return left == (r->rex & REX_W ? 8 : 4);
}

static bool long_form(struct reader *r, struct x86_insn *out)
{
    struct stencil_insn *i = &out->form;
    unsigned map = i->shape & INSN_MAP;
    struct takes t;
    i->opcode = *r->at++;
    if (!read_operands(r, out))
        return false;
    unsigned extension = i->reg & 7;
    bool known = i->shape & INSN_VEX ? takes_vex(map, i->opcode, &t)
                 : is_group(map, i->opcode)
                     ? map == MAP_ONE
                           ? takes_group(i->opcode, extension, &t)
                           : extension >= 4 &&
                                 takes(&t, X86_UNUSED, extension == 4 ? X86_READS : X86_CHANGES, 1)
                 : map == MAP_0F ? takes_0f(i->opcode, (i->shape & INSN_PREFIX) >> 2, &t)
                                 : takes_one_byte(i->opcode, &t);
    bool narrow = (i->shape & (INSN_VEX | INSN_PREFIX)) == 1 << 2; /* 16 bits */
    if (!known || (narrow && (i->opcode != MOV_STORE || !out->is_memory)))
        return false;
    out->reg_use = t.reg;
    out->rm_use = t.rm;
    if (out->is_memory && (i->shape & INSN_MAP) == MAP_0F && (i->opcode & 0xf0) == 0x90)
        out->rm_use = X86_WRITES; /* set: all there is of a byte in memory */
    i->immediate = t.immediate;
    i->tail += t.immediate;
    if (t.reg == X86_UNUSED) {
        i->shape |= INSN_EXTENDED;
        i->reg &= 7;
    }
    if ((t.reg & t.rm) && !out->is_memory && i->reg == i->base &&
        (i->opcode == 0x31 || i->opcode == 0x29) && !(i->shape & INSN_MAP))
        out->reg_use = out->rm_use = X86_WRITES; /* xor and sub make a register zero */
    if (t.byte) {
        i->memory |= INSN_BYTE;
        /* without REX, numbers from 4 on are the second bytes of the first four */
        if (!r->has_rex && ((t.reg && i->reg >= 4) || (!out->is_memory && i->base >= 4)))
            return false;
    }
    return true;
}

bool x86_decode(const u8 *code, unsigned size, struct x86_insn *out)
{
    struct reader r = {code, code + size, 0, false};
    memset(out, 0, sizeof(*out));
    out->form = (struct stencil_insn){.size = (u8)size,
                                      .kind = INSN_PLIABLE,
                                      .vvvv = INSN_NONE,
                                      .reg = INSN_NONE,
                                      .base = INSN_NONE,
                                      .index = INSN_NONE};
    if (!size || !read_prefixes(&r, out))
        return false;
    if (r.rex & REX_W)
        out->form.shape |= INSN_WIDE;
    if (general_form(&r, out) || short_form(&r, out))
        return true;
    out->form.memory = 0;
    out->form.base = out->form.reg = INSN_NONE;
    return long_form(&r, out) && r.end - r.at == out->form.tail;
}

static bool is_move(const struct x86_insn *i, u8 opcode)
{
    return i->form.opcode == opcode && i->is_memory &&
           !(i->form.shape & (INSN_MAP | INSN_VEX | INSN_PREFIX));
}

enum stencil_form x86_form(const struct x86_insn *i)
{
    enum { LEA = 0x8d, BT = 0xa3 };
    u8 map = i->form.shape & INSN_MAP, opcode = i->form.opcode;
    bool whole = (i->form.shape & INSN_WIDE) && !(i->form.memory & INSN_BYTE);
    if (!i->is_memory || (map == MAP_ONE && opcode == LEA) || (map == MAP_0F && opcode == BT))
        return FORM_MEMORY;
    return i->rm_use == X86_READS    ? FORM_READS
           : !whole                  ? FORM_MEMORY
           : i->rm_use == X86_WRITES ? FORM_WRITES
                                     : FORM_CHANGES;
}

bool x86_is_load(const struct x86_insn *i)
{
    return is_move(i, MOV_LOAD);
}

bool x86_is_store(const struct x86_insn *i)
{
    return is_move(i, MOV_STORE) && (i->form.shape & INSN_WIDE);
}

bool x86_is_commutative(const struct x86_insn *i)
{
    u8 map = i->form.shape & INSN_MAP, opcode = i->form.opcode;
    if ((i->form.shape & INSN_VEX) || !i->is_memory)
        return false;
    return map == MAP_0F ? opcode == 0xaf
                         : map == MAP_ONE && (opcode == 0x03 || opcode == 0x0b || opcode == 0x23 ||
                                              opcode == 0x33);
}
