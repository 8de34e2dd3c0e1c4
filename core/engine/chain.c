/*
 * How chains are made: decode, copy the ops' stencils one behind the other, fill in the
 * holes. For x86-64, whose instructions are: Intel's Software Developer's Manual,
 * volume 2. Handlers have the first op in r13 (core/engine/uop.h; preserve_none's second
 * argument).
 */
#include "core/engine/chain.h"

#include <string.h>

#include "core/engine/dispatch.h"
#include "core/engine/engine.h"
#include "core/engine/stencil.h"
#include "core/isa/bitmask.h"

enum {
    CODE_SIZE = 16 << 20,
    MOST_EXITS = 4 * CHAIN_MOST_OPS, /* ways out of one chain */
    EXIT_SIZE = 12,
    ROOM = 64 << 10, /* with less left, it is time to begin anew */
    JUMP_SIZE = 5,
    JUMP = 0xe9, /* jmp rel32 */
};

/* A way out that has to say which op it is about: u moved to the op, and a handler. */
struct way_out {
    size_t place; /* of the distance to fill in, in bytes from the code's beginning */
    u32 op;       /* HOLE_OP of that op */
    s32 addend;
    const void *handler;
};

/* A chain in the making. */
struct making {
    struct chains *chains;
    size_t at; /* where to write, in bytes from the code's beginning */
    unsigned exit_count;
    struct way_out exits[MOST_EXITS];
};

static unsigned index_slot(const void *handler)
{
    enum { INDEX_BITS = 13 };
    _Static_assert(CHAIN_INDEX == 1 << INDEX_BITS, "");
    return (unsigned)((u64)(uintptr_t)handler * UINT64_C(0x9e3779b97f4a7c15) >> (64 - INDEX_BITS));
}

static void index_stencils(struct chains *k)
{
    for (unsigned i = 0; i < stencil_count && i < CHAIN_INDEX / 2; i++) {
        unsigned slot = index_slot(stencils[i].handler);
        while (k->index[slot])
            slot = (slot + 1) % CHAIN_INDEX;
        k->index[slot] = (u16)(i + 1);
    }
}

static const struct stencil *stencil_of(const struct chains *k, handler_fn *handler)
{
    const void *h = (const void *)handler;
    for (unsigned slot = index_slot(h); k->index[slot]; slot = (slot + 1) % CHAIN_INDEX)
        if (stencils[k->index[slot] - 1].handler == h)
            return &stencils[k->index[slot] - 1];
    return NULL;
}

void chains_init(struct chains *k)
{
    memset(k, 0, sizeof(*k));
    if (!stencils_run_here())
        return;
    k->memory = code_memory_reserve(CODE_SIZE, (const void *)op_exit);
    index_stencils(k);
}

void chains_destroy(struct chains *k)
{
    code_memory_release(&k->memory);
}

void chains_drop(struct chains *k)
{
    k->used = 0;
}

bool chains_have(const struct chains *k, handler_fn *fn)
{
    return (uintptr_t)fn - (uintptr_t)k->memory.code < CODE_SIZE && k->memory.code;
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

static u64 hole_value(enum stencil_hole hole, const struct uop *u, u32 op)
{
    switch (hole) {
    case HOLE_OP:
        return op;
    case HOLE_D:
        return u->d;
    case HOLE_N:
        return u->n;
    case HOLE_M:
        return u->m;
    case HOLE_A:
        return u->a;
    case HOLE_X_D:
        return u->d * 8u;
    case HOLE_X_N:
        return u->n * 8u;
    case HOLE_X_M:
        return u->m * 8u;
    case HOLE_X_A:
        return u->a * 8u;
    case HOLE_MASK:
        return bitmask_expand(u->m, (u32)u->imm, u->a);
    default:
        return (u64)(s64)u->imm;
    }
}

static void fill(struct making *m, const struct stencil_place *p, size_t start, const u8 *next,
                 const struct uop *u, u32 op)
{
    size_t place = start + p->offset;
    if (p->hole == HOLE_NEXT) {
        set_distance(m, place, next, p->addend);
    } else if (p->hole == HOLE_EXIT) {
        set_distance(m, place, (const void *)op_exit, p->addend);
    } else if (p->hole == HOLE_THERE) {
        set_distance(m, place, p->symbol, p->addend);
    } else if (p->hole == HOLE_LEAVE) {
        m->exits[m->exit_count++] = (struct way_out){place, op, p->addend, p->symbol};
    } else {
        u64 value = hole_value(p->hole, u, op) + (u64)(s64)p->addend;
        memcpy(m->chains->memory.writable + place, &value, p->size);
    }
}

static bool falls_through(const struct stencil *s)
{
    for (unsigned i = 0; i < s->place_count; i++)
        if (s->places[i].hole == HOLE_NEXT)
            return true;
    return false;
}

/* Copy S for op U. A jump to the next op at its end is left out: that is where it will be. */
static void put_stencil(struct making *m, const struct stencil *s, const struct uop *u, u32 op)
{
    unsigned places = s->place_count, size = s->size;
    const struct stencil_place *last = &s->places[places - 1];
    if (places && last->hole == HOLE_NEXT && last->offset + 4u == size &&
        s->code[size - JUMP_SIZE] == JUMP) {
        places--;
        size -= JUMP_SIZE;
    }
    size_t start = m->at;
    put(m, s->code, size);
    for (unsigned i = 0; i < places; i++)
        fill(m, &s->places[i], start, m->chains->memory.code + m->at, u, op);
}

/* lea OP(%r13), %r13 */
static void put_move(struct making *m, u32 op)
{
    put(m, (const u8[]){0x4d, 0x8d, 0xad}, 3);
    put32(m, op);
}

/* Behind the last op: dispatch to the one that is OP bytes from the first. */
static void put_end(struct making *m, u32 op)
{
    put_move(m, op);
    put(m, (const u8[]){0x41, 0xff, 0x65, offsetof(struct uop, fn)}, 4); /* jmp *fn(%r13) */
}

static void put_exits(struct making *m)
{
    for (unsigned i = 0; i < m->exit_count; i++) {
        const struct way_out *x = &m->exits[i];
        set_distance(m, x->place, m->chains->memory.code + m->at, x->addend);
        put_move(m, x->op);
        put(m, (const u8[]){JUMP}, 1);
        m->at += 4;
        set_distance(m, m->at - 4, x->handler, -4);
    }
}

static bool fits(const struct making *m, const struct stencil *s)
{
    size_t all = m->at + s->size + (m->exit_count + s->place_count + 1) * EXIT_SIZE;
    return all <= CODE_SIZE && m->exit_count + s->place_count <= MOST_EXITS;
}

/* Decode slot INDEX into U, and into the slot if nobody did. False if it is no instruction. */
static bool decode_at(struct code_page *p, unsigned index, struct uop *u)
{
    int row = code_page_decode(p, index, u);
    if (p->ops[index].fn == op_decode) {
        engine_count(p->engine, EVENT_DECODED);
        p->ops[index] = *u;
    }
    return row >= 0;
}

/* Why a chain ends. */
enum ending {
    FULL,     /* the next op may begin another one */
    STRANGER, /* the next op has no stencil */
    JUMP_OFF, /* the last op never goes on to the next */
    NO_CODE,  /* what comes next is none, or somebody wants to be asked about it */
};

/* Put the ops from slot FIRST on, *COUNT of them. */
static enum ending put_ops(struct making *m, struct code_page *p, unsigned first, unsigned *count)
{
    enum ending e = FULL;
    for (*count = 0; e == FULL && *count < CHAIN_MOST_OPS && first + *count < PAGE_WORDS;) {
        struct uop u;
        if (code_page_marked(p, first + *count) || !decode_at(p, first + *count, &u))
            return NO_CODE;
        const struct stencil *s = stencil_of(m->chains, u.fn);
        if (!s || !fits(m, s))
            return STRANGER;
        put_stencil(m, s, &u, *count * (u32)sizeof(u));
        if (!falls_through(s))
            e = JUMP_OFF;
        ++*count;
    }
    return e;
}

/* A chain of *COUNT ops from slot FIRST on. */
static enum ending make(struct code_page *p, unsigned first, unsigned *count)
{
    struct chains *k = &p->engine->chains;
    struct making m;
    m.chains = k;
    m.at = k->used;
    m.exit_count = 0;
    enum ending e = put_ops(&m, p, first, count);
    if (e != JUMP_OFF)
        put_end(&m, *count * (u32)sizeof(struct uop));
    put_exits(&m);
    if (*count >= (k->use == CHAIN_ALWAYS ? 1 : 2)) {
        p->ops[first].fn = (handler_fn *)(uintptr_t)(k->memory.code + k->used);
        k->used = m.at;
        k->count++;
    }
    return e;
}

void chain_consider(struct code_page *p, const struct uop *u)
{
    struct chains *k = &p->engine->chains;
    if (k->used + ROOM > CODE_SIZE)
        p->engine->full = true;
    if (!k->memory.code || k->use == CHAIN_NEVER || p->engine->full)
        return;
    unsigned at = (unsigned)(u - p->ops), last = at + CHAIN_REACH;
    enum ending e = FULL;
    while ((e == FULL || e == STRANGER) && at < last && at < PAGE_WORDS &&
           !chains_have(k, p->ops[at].fn)) {
        unsigned count;
        e = make(p, at, &count);
        at += count + (e == STRANGER);
    }
}

void chain_forget(struct code_page *p, u64 first, u64 last)
{
    u64 reach = first > CHAIN_MOST_OPS ? first - CHAIN_MOST_OPS : 0;
    for (u64 i = reach; i < first; i++)
        if (chains_have(&p->engine->chains, p->ops[i].fn))
            p->ops[i].fn = op_decode;
    if (first)
        first--; /* an op may have been fused with its successor */
    for (u64 i = first; i <= last; i++)
        p->ops[i].fn = op_decode;
}
