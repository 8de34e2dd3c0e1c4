/*
 * How the code of chains is written. For x86-64: Intel's Software Developer's Manual, volume 2.
 * Handlers have the first op in r13 (core/engine/uop.h; preserve_none's second argument).
 */
#include "core/engine/chain_code.h"

#include <string.h>

#include "core/engine/dispatch.h"
#include "core/engine/tailor.h"
#include "core/isa/bitmask.h"

enum {
    EXIT_SIZE = 19 + PINS_MOST * PIN_MOVE_SIZE,
    JUMP_SIZE = 5,
    JUMP = 0xe9,     /* jmp rel32 */
    LOOP_WEIGHT = 4, /* of an op in a loop, as executions go */
    GROWTH = 4,      /* bytes by which an instruction may be longer than in its stencil */
};

size_t chain_code_least(void)
{
    return PINS_MOST * PIN_MOVE_SIZE + EXIT_SIZE;
}

size_t chain_code_size(const struct stencil *s)
{
    return s->size + s->insn_count * (size_t)GROWTH + s->place_count * (size_t)EXIT_SIZE;
}

static void put(struct making *m, const void *bytes, size_t size)
{
    memcpy(m->chains->memory.writable + m->at, bytes, size);
    m->at += size;
}

static void put32(struct making *m, u32 value)
{
    put(m, &value, sizeof(value));
}

/* The distance that the CPU adds to the address behind a place to get to TARGET. */
static void set_distance(struct making *m, size_t place, const void *target, s32 addend)
{
    u32 distance =
        (u32)((uintptr_t)target - (uintptr_t)(m->chains->memory.code + place)) + (u32)addend;
    memcpy(m->chains->memory.writable + place, &distance, sizeof(distance));
}

/* Where the branch of op U, OP bytes behind the first, goes: bytes from the first. */
static u32 target_of(const struct uop *u, u32 op)
{
    return op + (u32)sizeof(*u) + (u32)u->imm;
}

static u64 hole_value(enum stencil_hole hole, const struct uop *u, u32 op)
{
    switch (hole) {
    case HOLE_D:
        return u->d;
    case HOLE_N:
        return u->n;
    case HOLE_M:
        return u->m;
    case HOLE_A:
        return u->a;
    case HOLE_AUX:
        return u->aux;
    case HOLE_MASK:
        return bitmask_expand(u->m, (u32)u->imm, u->a);
    case HOLE_BEHIND:
        return op + sizeof(*u);
    case HOLE_TARGET:
        return (u64)(s32)target_of(u, op);
    case HOLE_IMM:
        return (u64)(s64)u->imm;
    default:
        return pin_slot(hole, u) * sizeof(u64);
    }
}

/* Fill in P, of op U, which is at PLACE. */
static void fill(struct making *m, const struct stencil_place *p, size_t place, const struct uop *u,
                 u32 op)
{
    if (p->hole == HOLE_THERE) {
        set_distance(m, place, p->symbol, p->addend);
    } else if (p->hole >= HOLE_NEXT) {
        u32 about = p->hole == HOLE_BRANCH ? target_of(u, op)
                    : p->hole == HOLE_NEXT ? op + (u32)sizeof(*u)
                                           : op;
        m->exits[m->exit_count++] = (struct way_out){place, p->addend, p->hole, about, p->symbol};
    } else {
        u64 value = hole_value(p->hole, u, op) + (u64)(s64)p->addend;
        memcpy(m->chains->memory.writable + place, &value, p->size);
    }
}

bool stencil_has(const struct stencil *s, enum stencil_hole hole)
{
    return s->ways >> (hole - HOLE_NEXT) & 1;
}

/*
 * A jump within a stencil, which stands at CODE there. Returns the place of its distance, of
 * 32 bits, which is filled in when it is known.
 */
static size_t put_inner_jump(struct making *m, const u8 *code)
{
    enum { SHORT_JUMP = 0xeb, ESCAPE = 0x0f, CONDITIONAL = 0x80, CONDITION = 15 };
    if (*code == SHORT_JUMP || *code == JUMP) {
        put(m, (const u8[]){JUMP}, 1);
    } else {
        u8 condition = (*code == ESCAPE ? code[1] : *code) & CONDITION;
        put(m, (const u8[]){ESCAPE, CONDITIONAL | condition}, 2);
    }
    put32(m, 0);
    return m->at - 4;
}

/* Put instruction I, which stands at CODE in its stencil. */
static void put_insn(struct making *m, const struct tailoring *t, const struct stencil_insn *i,
                     const u8 *code)
{
    if (i->kind == INSN_PLIABLE)
        m->at += tailor_insn(t, i, code, m->chains->memory.writable + m->at);
    else
        put(m, code, i->size);
}

/*
 * Fill in the places from P on of instruction I, which ends END bytes into its stencil; its
 * copy, if it is NEEDED, ends here. Returns the next instruction's first place.
 */
static const struct stencil_place *fill_insn(struct making *m, const struct tailoring *t,
                                             const struct stencil_insn *i, bool needed,
                                             const struct stencil_place *p, size_t end, u32 op)
{
    const struct stencil *s = t->stencil;
    for (; p < s->places + s->place_count && p->offset < end; p++)
        if (needed && !(i->place && p == &s->places[i->place - 1] && tailor_pins(t, i)))
            fill(m, p, m->at - (end - p->offset), &t->op, op);
    return p;
}

/* Copy T's stencil, instruction by instruction. */
static void put_tailored(struct making *m, const struct tailoring *t, u32 op)
{
    const struct stencil *s = t->stencil;
    const struct stencil_place *place = s->places;
    size_t starts[UINT8_MAX + 1], jumps[UINT8_MAX + 1], end = 0;
    for (unsigned i = 0; i < s->insn_count; i++) {
        const struct stencil_insn *n = &s->insns[i];
        starts[i] = m->at;
        if (n->kind == INSN_JUMP)
            jumps[i] = put_inner_jump(m, s->code + end);
        else
            put_insn(m, t, n, s->code + end);
        end += n->size;
        place = fill_insn(m, t, n, m->at > starts[i], place, end, op);
    }
    for (unsigned i = 0; i < s->insn_count; i++)
        if (s->insns[i].kind == INSN_JUMP)
            set_distance(m, jumps[i], m->chains->memory.code + starts[s->insns[i].target], -4);
}

/* Copy S as it is. */
static void put_copy(struct making *m, const struct stencil *s, const struct uop *u, u32 op)
{
    size_t start = m->at;
    put(m, s->code, s->size);
    for (unsigned i = 0; i < s->place_count; i++)
        fill(m, &s->places[i], start + s->places[i].offset, u, op);
}

/* A jump to the next op at the end of what was put is not needed: that is where it will be. */
static void drop_last_jump(struct making *m)
{
    if (!m->exit_count)
        return;
    const struct way_out *last = &m->exits[m->exit_count - 1];
    if (last->hole == HOLE_NEXT && last->place + 4 == m->at &&
        m->chains->memory.writable[last->place - 1] == JUMP) {
        m->exit_count--;
        m->at -= JUMP_SIZE;
    }
}

/* Put op INDEX. */
static void put_op(struct making *m, unsigned index)
{
    const struct stencil *s = m->stencils[index];
    u32 op = index * (u32)sizeof(struct uop);
    m->starts[index] = m->at;
    if (s->insn_count && (m->unwanted[index] || pins_concern(&m->pins, s, &m->ops[index]))) {
        struct tailoring t = tailor(s, &m->ops[index], &m->pins, m->unwanted[index]);
        put_tailored(m, &t, op);
    } else {
        put_copy(m, s, &m->ops[index], op);
    }
    drop_last_jump(m);
}

/* lea OP(%r13), %r13 */
static void put_move(struct making *m, u32 op)
{
    put(m, (const u8[]){0x4d, 0x8d, 0xad}, 3);
    put32(m, op);
}

static void put_jump(struct making *m, const void *target)
{
    put(m, (const u8[]){JUMP}, 1);
    m->at += 4;
    set_distance(m, m->at - 4, target, -4);
}

static void put_loads(struct making *m)
{
    for (unsigned i = 0; i < m->pins.count; i++, m->at += PIN_MOVE_SIZE)
        pin_load(&m->pins.pin[i], m->chains->memory.writable + m->at);
}

static void put_stores(struct making *m)
{
    for (unsigned i = 0; i < m->pins.count; i++) {
        if (!m->pins.pin[i].changed)
            continue;
        pin_store(&m->pins.pin[i], m->chains->memory.writable + m->at);
        m->at += PIN_MOVE_SIZE;
    }
}

/* Leave the chain for the op at u. */
static void put_dispatch(struct making *m)
{
    put_stores(m);
    put(m, (const u8[]){0x41, 0xff, 0x65, offsetof(struct uop, fn)}, 4); /* jmp *fn(%r13) */
}

static void put_exit(struct making *m, const struct way_out *x)
{
    if (x->hole == HOLE_LEAVE || x->hole == HOLE_BRANCH)
        put_move(m, x->op);
    if (x->hole == HOLE_DISPATCH || x->hole == HOLE_BRANCH) {
        put_dispatch(m);
        return;
    }
    put_stores(m);
    put_jump(m, x->hole == HOLE_EXIT ? (const void *)op_exit : x->handler);
}

/* Whether X goes to an op of the chain itself. */
static bool stays(const struct making *m, const struct way_out *x)
{
    return x->hole == HOLE_NEXT ||
           (x->hole == HOLE_BRANCH && x->op / sizeof(struct uop) < m->count);
}

/* jmp *fn(%r13), which is shorter, for the jump whose distance is at X's place. */
static void dispatch_there(struct making *m, const struct way_out *x)
{
    static const u8 dispatch[JUMP_SIZE] = {0x41, 0xff, 0x65, offsetof(struct uop, fn), 0x90};
    memcpy(m->chains->memory.writable + x->place - 1, dispatch, sizeof(dispatch));
}

/* Whether X may dispatch where it is: nothing is to be stored before. */
static bool dispatches(const struct making *m, const struct way_out *x)
{
    return x->hole == HOLE_DISPATCH && m->chains->memory.writable[x->place - 1] == JUMP &&
           !pins_change(&m->pins);
}

static void put_exits(struct making *m)
{
    for (unsigned i = 0; i < m->exit_count; i++) {
        const struct way_out *x = &m->exits[i];
        if (dispatches(m, x)) {
            dispatch_there(m, x);
            continue;
        }
        bool inside = stays(m, x);
        size_t to = inside ? m->starts[x->op / sizeof(struct uop)] : m->at;
        set_distance(m, x->place, m->chains->memory.code + to, x->addend);
        if (!inside)
            put_exit(m, x);
    }
}

/* The index of the last op that branches to itself or one before it in the chain, + 1. */
static unsigned loop_end(const struct making *m)
{
    for (unsigned i = m->count; i > 0; i--) {
        s32 target = (s32)target_of(&m->ops[i - 1], (i - 1) * (u32)sizeof(struct uop));
        if (stencil_has(m->stencils[i - 1], HOLE_BRANCH) && target >= 0 &&
            (u32)target < i * sizeof(struct uop))
            return i;
    }
    return 0;
}

static struct pins choose_pins(const struct making *m)
{
    struct pin_votes votes = {.taken = 0};
    unsigned in_loop = loop_end(m);
    for (unsigned i = 0; i < m->count; i++)
        pins_vote(&votes, m->stencils[i], &m->ops[i], i < in_loop ? LOOP_WEIGHT : 1);
    return pins_choose(&votes);
}

/* Whether somebody may look at the flags before the next op's stencil is executed. */
static bool leaves(const struct stencil *s)
{
    return stencil_has(s, HOLE_BRANCH) || stencil_has(s, HOLE_DISPATCH) ||
           stencil_has(s, HOLE_EXIT) || stencil_has(s, HOLE_LEAVE) || s->registers == UINT16_MAX;
}

/* Flags that an op sets and another one sets anew before anybody can ask for them. */
static void find_unwanted_flags(struct making *m)
{
    u8 wanted = FLAGS_ALL;
    for (unsigned i = m->count; i-- > 0;) {
        const struct stencil *s = m->stencils[i];
        m->unwanted[i] = s->flags_written & (u8)~wanted;
        wanted = leaves(s) ? FLAGS_ALL : (wanted & (u8)~s->flags_written) | s->flags_read;
    }
}

void chain_code_put(struct making *m, bool goes_on)
{
    m->exit_count = 0;
    m->pins = choose_pins(m);
    put_loads(m);
    find_unwanted_flags(m);
    for (unsigned i = 0; i < m->count; i++)
        put_op(m, i);
    m->starts[m->count] = m->at;
    if (goes_on) {
        put_move(m, m->count * (u32)sizeof(struct uop));
        put_dispatch(m);
    }
    put_exits(m);
}
