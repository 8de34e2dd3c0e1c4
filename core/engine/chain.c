/*
 * How chains are made: decode, find the ops' stencils, write them (core/engine/chain_code.c).
 */
#include "core/engine/chain.h"

#include <string.h>

#include "core/engine/chain_code.h"
#include "core/engine/dispatch.h"
#include "core/engine/engine.h"
#include "core/engine/stencil.h"

enum {
    CODE_SIZE = 16 << 20,
    ROOM = 64 << 10, /* with less left, it is time to begin anew */
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

/*
 * The op in slot INDEX to U, decoded if nobody has or it has been fused with the next, and
 * its stencil to *S, NULL if it has none. False if it is no instruction.
 */
static bool op_at(struct code_page *p, unsigned index, struct uop *u, const struct stencil **s)
{
    const struct chains *k = &p->engine->chains;
    *u = p->ops[index];
    *s = stencil_of(k, u->fn);
    if (*s)
        return true;
    int row = code_page_decode(p, index, u);
    if (p->ops[index].fn == op_decode) {
        engine_count(p->engine, EVENT_DECODED);
        p->ops[index] = *u;
    }
    *s = stencil_of(k, u->fn);
    return row >= 0;
}

/* Why a chain ends. */
enum ending {
    FULL,     /* the next op may begin another one */
    STRANGER, /* the next op has no stencil */
    JUMP_OFF, /* the last op never goes on to the next */
    NO_CODE,  /* what comes next is none, or somebody wants to be asked about it */
};

/* Find the ops from slot FIRST on that can be in a chain. */
static enum ending gather(struct making *m, struct code_page *p, unsigned first)
{
    size_t size = chain_code_least();
    unsigned exits = 0;
    for (m->count = 0; m->count < CHAIN_MOST_OPS && first + m->count < PAGE_WORDS; m->count++) {
        unsigned at = first + m->count;
        const struct stencil *s;
        if (code_page_marked(p, at) || !op_at(p, at, &m->ops[m->count], &s))
            return NO_CODE;
        if (!s)
            return STRANGER;
        exits += s->place_count;
        size += chain_code_size(s);
        if (exits > CHAIN_MOST_EXITS || m->at + size > CODE_SIZE)
            return STRANGER;
        m->stencils[m->count] = s;
        if (!stencil_has(s, HOLE_NEXT)) {
            m->count++;
            return JUMP_OFF;
        }
    }
    return FULL;
}

/* A chain of *COUNT ops from slot FIRST on. */
static enum ending make(struct code_page *p, unsigned first, unsigned *count)
{
    struct chains *k = &p->engine->chains;
    struct making m;
    m.chains = k;
    m.at = k->used;
    enum ending e = gather(&m, p, first);
    *count = m.count;
    if (m.count >= (k->use == CHAIN_ALWAYS ? 1 : 2)) {
        chain_code_put(&m, e != JUMP_OFF);
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
