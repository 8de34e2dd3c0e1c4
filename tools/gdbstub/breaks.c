/*
 * Breakpoints and watchpoints, as many as the client likes (packets Z and z).
 * Memory is never touched: the engine looks out for them (core/engine/probe.h).
 */
#include <stdlib.h>
#include <string.h>

#include "tools/gdbstub/agent.h"
#include "tools/gdbstub/catch.h"
#include "tools/gdbstub/internal.h"

/* The index of the first breakpoint at or above VA. */
static unsigned position(const struct gdbstub *g, u64 va)
{
    unsigned low = 0, high = g->break_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (g->breaks[middle].va < va)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct gdbstub *g, unsigned i, u64 va)
{
    return i < g->break_count && g->breaks[i].va == va;
}

/* The breakpoint at VA, made if there is none; NULL without memory. */
static struct breakpoint *obtain(struct gdbstub *g, u64 va)
{
    unsigned i = position(g, va);
    if (is_at(g, i, va))
        return &g->breaks[i];
    struct breakpoint *more = realloc(g->breaks, (g->break_count + 1) * sizeof(*more));
    if (!more)
        return NULL;
    g->breaks = more;
    memmove(more + i + 1, more + i, (g->break_count - i) * sizeof(*more));
    more[i] = (struct breakpoint){.va = va};
    g->break_count++;
    g->probe_stale = true;
    return &more[i];
}

static void forget_expressions(struct breakpoint *b)
{
    agent_free(b->conditions);
    agent_free(b->commands);
    b->conditions = b->commands = NULL;
}

/* What came before in the same place is replaced, conditions included. */
static void insert_break(struct gdbstub *g, u64 va, u8 kind, const char *args)
{
    struct breakpoint new = {.va = va};
    if (!agent_parse_break(args, &new.conditions, &new.commands)) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    struct breakpoint *b = obtain(g, va);
    if (!b) {
        forget_expressions(&new);
        stub_error(g, STUB_ENOMEM);
        return;
    }
    forget_expressions(b);
    b->conditions = new.conditions;
    b->commands = new.commands;
    b->kinds |= kind;
    stub_ok(g);
}

static void remove_break(struct gdbstub *g, u64 va, u8 kind)
{
    unsigned i = position(g, va);
    stub_ok(g);
    if (!is_at(g, i, va))
        return;
    struct breakpoint *b = &g->breaks[i];
    b->kinds &= (u8)~kind;
    if (b->kinds)
        return;
    forget_expressions(b);
    g->break_count--;
    memmove(b, b + 1, (g->break_count - i) * sizeof(*b));
    g->probe_stale = true;
}

static void insert_watch(struct gdbstub *g, struct watchpoint w)
{
    if (!w.len || w.va + w.len - 1 < w.va) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    struct watchpoint *more = realloc(g->watches, (g->watch_count + 1) * sizeof(*more));
    if (!more) {
        stub_error(g, STUB_ENOMEM);
        return;
    }
    g->watches = more;
    more[g->watch_count++] = w;
    g->probe_stale = true;
    stub_ok(g);
}

static void remove_watch(struct gdbstub *g, struct watchpoint w)
{
    stub_ok(g);
    for (unsigned i = 0; i < g->watch_count; i++) {
        struct watchpoint *at = &g->watches[i];
        if (at->va != w.va || at->len != w.len || at->type != w.type)
            continue;
        *at = g->watches[--g->watch_count];
        g->probe_stale = true;
        return;
    }
}

/* TYPE,ADDR,KIND; what follows belongs to a breakpoint. */
static bool parse(const char **args, u64 *type, u64 *va, u64 *kind)
{
    return hex_number(args, type) && skip_word(args, ",") && hex_number(args, va) &&
           skip_word(args, ",") && hex_number(args, kind) && (!**args || **args == ';');
}

void packet_Z(struct gdbstub *g, const char *args)
{
    u64 type, va, kind;
    if (!parse(&args, &type, &va, &kind))
        stub_error(g, STUB_EINVAL);
    else if (type <= 1)
        insert_break(g, va, type ? BREAK_HARDWARE : BREAK_SOFTWARE, args);
    else if (type <= WATCH_ACCESS)
        insert_watch(g, (struct watchpoint){va, kind, (enum watch_type)type});
}

void packet_z(struct gdbstub *g, const char *args)
{
    u64 type, va, kind;
    if (!parse(&args, &type, &va, &kind))
        stub_error(g, STUB_EINVAL);
    else if (type <= 1)
        remove_break(g, va, type ? BREAK_HARDWARE : BREAK_SOFTWARE);
    else if (type <= WATCH_ACCESS)
        remove_watch(g, (struct watchpoint){va, kind, (enum watch_type)type});
}

void breaks_clear(struct gdbstub *g)
{
    for (unsigned i = 0; i < g->break_count; i++)
        forget_expressions(&g->breaks[i]);
    free(g->breaks);
    free(g->watches);
    g->breaks = NULL;
    g->watches = NULL;
    g->break_count = g->watch_count = 0;
    g->probe_stale = true;
}

/* The probe's own, plainer lists. False without memory: then nothing is looked out for. */
static bool make_lists(struct gdbstub *g)
{
    free(g->probe_breaks);
    free(g->probe_watches);
    g->probe_breaks = calloc(g->break_count + 1, sizeof(*g->probe_breaks));
    g->probe_watches = calloc(g->watch_count + 1, sizeof(*g->probe_watches));
    if (!g->probe_breaks || !g->probe_watches)
        return false;
    for (unsigned i = 0; i < g->break_count; i++)
        g->probe_breaks[i] = g->breaks[i].va;
    for (unsigned i = 0; i < g->watch_count; i++) {
        const struct watchpoint *w = &g->watches[i];
        u8 on = w->type == WATCH_WRITE  ? PROBE_ON_WRITE
                : w->type == WATCH_READ ? PROBE_ON_READ
                                        : PROBE_ON_READ | PROBE_ON_WRITE;
        u64 first = bits(w->va, 55, 0), last = first + w->len - 1;
        g->probe_watches[i] = (struct probe_watch){first, last, on};
    }
    return true;
}

static bool at_break(void *owner, struct cpu *c);

void breaks_apply(struct gdbstub *g)
{
    struct probe *p = &g->virt->engine.probe;
    p->owner = g;
    p->at_break = at_break;
    catch_apply(g, p);
    if (!g->probe_stale)
        return;
    g->probe_stale = false;
    bool ok = make_lists(g);
    p->breaks = g->probe_breaks;
    p->break_count = ok ? g->break_count : 0;
    p->watches = g->probe_watches;
    p->watch_count = ok ? g->watch_count : 0;
    u64 first, last;
    p->aliased = g->kernel_known && memory_kernel_place(g, &first, &last);
    if (p->aliased) {
        p->alias_first = first;
        p->alias_last = last;
        p->alias_add = g->kernel_va - first;
    }
    probe_changed(&g->virt->engine);
}

const struct breakpoint *breaks_find(const struct gdbstub *g, const struct cpu *c, u64 pc)
{
    unsigned i = position(g, pc);
    if (is_at(g, i, pc))
        return &g->breaks[i];
    u64 alias = pc + c->engine->probe.alias_add;
    i = position(g, alias);
    return c->engine->probe.aliased && is_at(g, i, alias) ? &g->breaks[i] : NULL;
}

const struct watchpoint *breaks_find_watch(const struct gdbstub *g, u64 va, bool write)
{
    for (unsigned i = 0; i < g->watch_count; i++) {
        const struct watchpoint *w = &g->watches[i];
        bool wanted = w->type == WATCH_ACCESS || (w->type == WATCH_WRITE) == write;
        if (wanted && bits(va - w->va, 55, 0) < w->len)
            return w;
    }
    return NULL;
}

static bool at_break(void *owner, struct cpu *c)
{
    struct gdbstub *g = owner;
    if (g->passing == c && g->passing_pc == c->pc && g->passing_icount == c->icount)
        return false; /* the client has been told, and has resumed here */
    const struct breakpoint *b = breaks_find(g, c, c->pc);
    return b && linux_in_scope(g, c) && agent_break(g, c, b);
}
