/*
 * How instructions are put together: Intel's Software Developer's Manual, volume 2,
 * chapter 2.
 */
#include "core/engine/tailor.h"

#include <string.h>

enum {
    MOV_TO_RM = 0x89,
    MOV_FROM_RM = 0x8b,
    NO_SLOT = SLOT_COUNT,
};

/* The slot of a guest's register that PLACE, + 1, names. */
static unsigned slot_of(const struct tailoring *t, u8 place)
{
    return place ? pin_slot(t->stencil->places[place - 1].hole, &t->op) : NO_SLOT;
}

/* The host's register that has what is in PLACE, + 1, or INSN_NONE. */
static u8 host_of(const struct tailoring *t, u8 place)
{
    u8 host = place ? t->pins->host_of[slot_of(t, place)] : 0;
    return host ? host : INSN_NONE;
}

/* Whether an instruction between two others has SLOT as an operand; if CHANGED, to change it. */
static bool meets(const struct tailoring *t, unsigned slot, unsigned after, unsigned before,
                  bool changed)
{
    for (unsigned i = after + 1; i < before; i++) {
        u8 place = t->stencil->insns[i].place;
        if (slot_of(t, place) == slot &&
            (!changed || t->stencil->places[place - 1].form != FORM_READS))
            return true;
    }
    return false;
}

/* Value V, which is stored to SLOT in the end, may be in its register before. */
static bool may_be_made_there(const struct tailoring *t, const struct stencil_value *v,
                              unsigned slot)
{
    for (unsigned i = 0; i < t->stencil->value_count; i++) {
        const struct stencil_value *other = &t->stencil->values[i];
        if (other != v && slot_of(t, other->to) == slot)
            return false;
    }
    return !meets(t, slot, v->made, v->last, false);
}

/* Value V, a copy of SLOT, may be left where that is: it will not have changed. */
static bool may_stay_there(const struct tailoring *t, const struct stencil_value *v, unsigned slot)
{
    for (unsigned i = 0; i < t->stencil->value_count; i++) {
        const struct stencil_value *other = &t->stencil->values[i];
        if (slot_of(t, other->to) == slot && t->host[i + 1] != INSN_NONE && other->made < v->last)
            return false;
    }
    return !meets(t, slot, v->made, v->last, true);
}

/* So that what is made in the result's register begins with what is there. */
static void exchange(struct uop *u)
{
    u8 n = u->n;
    u->n = u->m;
    u->m = n;
}

struct tailoring tailor(const struct stencil *s, const struct uop *u, const struct pins *pins,
                        u8 unwanted)
{
    struct tailoring t = {.stencil = s, .op = *u, .pins = pins, .unwanted = unwanted};
    memset(t.host, INSN_NONE, sizeof(t.host));
    if (!pins->count)
        return t;
    if (s->commutes && slot_of(&t, s->insns[1].place) == u->d)
        exchange(&t.op);
    for (unsigned i = 0; i < s->value_count; i++) {
        const struct stencil_value *v = &s->values[i];
        if (v->to && may_be_made_there(&t, v, slot_of(&t, v->to)))
            t.host[i + 1] = host_of(&t, v->to);
    }
    for (unsigned i = 0; i < s->value_count; i++) {
        const struct stencil_value *v = &s->values[i];
        if (v->from && may_stay_there(&t, v, slot_of(&t, v->from)))
            t.host[i + 1] = host_of(&t, v->from);
    }
    return t;
}

bool tailor_pins(const struct tailoring *t, const struct stencil_insn *i)
{
    return host_of(t, i->place) != INSN_NONE;
}

static u8 moved(const struct tailoring *t, u8 reg, u8 value)
{
    return t->host[value] != INSN_NONE ? t->host[value] : reg;
}

/* The instruction with T's operands; a register for memory leaves it without displacement. */
static struct stencil_insn with_operands(const struct tailoring *t, const struct stencil_insn *i)
{
    struct stencil_insn n = *i;
    n.reg = moved(t, n.reg, n.reg_value);
    n.vvvv = moved(t, n.vvvv, n.vvvv_value);
    n.base = moved(t, n.base, n.base_value);
    n.index = moved(t, n.index, n.index_value);
    if (tailor_pins(t, i)) {
        n.base = host_of(t, i->place);
        n.index = INSN_NONE;
        n.memory = (n.memory & INSN_BYTE) | INSN_MOD;
        n.tail = n.immediate;
    }
    return n;
}

static bool is_needed(const struct tailoring *t, const struct stencil_insn *i)
{
    bool moves = (i->opcode == MOV_TO_RM || i->opcode == MOV_FROM_RM) &&
                 !(i->shape & (INSN_MAP | INSN_VEX | INSN_SHORT)) && (i->shape & INSN_WIDE);
    bool stores = moves && i->opcode == MOV_TO_RM;
    if (moves && (i->memory & INSN_MOD) == INSN_MOD && i->reg == i->base)
        return false;
    return !(i->stores & t->unwanted) && !(stores && slot_of(t, i->place) == SLOT_SINK);
}

static bool is_high(u8 reg)
{
    return reg != INSN_NONE && reg >> 3;
}

/* Prefixes, and what tells the opcode's map. */
static u8 *put_prefixes(u8 *to, const struct stencil_insn *i)
{
    enum { REX = 0x40, VEX3 = 0xc4, ESCAPE = 0x0f };
    static const u8 prefixes[] = {0, 0x66, 0xf3, 0xf2};
    unsigned pp = (i->shape & INSN_PREFIX) >> 2, map = i->shape & INSN_MAP;
    bool r = !(i->shape & (INSN_EXTENDED | INSN_SHORT)) && is_high(i->reg);
    bool b = is_high(i->shape & INSN_SHORT ? i->reg : i->base), x = is_high(i->index);
    bool w = i->shape & INSN_WIDE;
    if (i->shape & INSN_VEX) {
        *to++ = VEX3;
        *to++ = (u8)(!r << 7 | !x << 6 | !b << 5 | map);
        *to++ = (u8)(w << 7 | (~i->vvvv & 15) << 3 | pp);
        return to;
    }
    if (pp)
        *to++ = prefixes[pp];
    if (w || r || x || b || (i->memory & INSN_BYTE))
        *to++ = (u8)(REX | w << 3 | r << 2 | x << 1 | b);
    if (map)
        *to++ = ESCAPE;
    return to;
}

static u8 *put_operands(u8 *to, const struct stencil_insn *i)
{
    enum { NEEDS_SIB = 4, NO_INDEX = 4 };
    unsigned mod = i->memory & INSN_MOD, scale = (i->memory & INSN_SCALE) >> 2;
    bool sib = i->memory & INSN_SIB;
    *to++ = (u8)(mod << 6 | (i->reg & 7u) << 3 | (sib ? NEEDS_SIB : i->base & 7u));
    if (sib)
        *to++ = (u8)(scale << 6 | (i->index == INSN_NONE ? NO_INDEX : i->index & 7u) << 3 |
                     (i->base & 7u));
    return to;
}

unsigned tailor_insn(const struct tailoring *t, const struct stencil_insn *i, const u8 *code,
                     u8 *to)
{
    struct stencil_insn n = with_operands(t, i);
    u8 *at = to;
    if (!is_needed(t, &n))
        return 0;
    at = put_prefixes(at, &n);
    *at++ = n.shape & INSN_SHORT ? (u8)(n.opcode | (n.reg & 7)) : n.opcode;
    if (!(n.shape & INSN_SHORT))
        at = put_operands(at, &n);
    memcpy(at, code + i->size - n.tail, n.tail);
    return (unsigned)(at + n.tail - to);
}
