/*
 * Breaks and watches for a debugger outside (probe.h).
 */
#include "core/engine/probe.h"

#include <string.h>

#include "core/engine/dispatch.h"
#include "core/engine/engine.h"

/* The index of the first break at or above VA. */
static unsigned lower_bound(const struct probe *p, u64 va)
{
    unsigned low = 0, high = p->break_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (p->breaks[middle] < va)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool contains(const struct probe *p, u64 va)
{
    unsigned i = lower_bound(p, va);
    return i < p->break_count && p->breaks[i] == va;
}

static bool in_alias(const struct probe *p, u64 va)
{
    return p->aliased && va >= p->alias_first && va <= p->alias_last;
}

bool probe_matches(const struct cpu *c, u64 pc)
{
    const struct probe *p = &c->engine->probe;
    if (contains(p, pc))
        return true;
    return in_alias(p, pc) && (!c->regime.mmu_on || c->el == 1) && contains(p, pc + p->alias_add);
}

static void mark(struct code_page *page, unsigned slot)
{
    page->marked[slot / 64] |= BIT(slot % 64);
    page->any_marked = true;
    chain_forget(page, slot, slot);
}

static void mark_range(const struct probe *p, struct code_page *page, u64 va)
{
    for (unsigned i = lower_bound(p, va); i < p->break_count; i++) {
        u64 offset = p->breaks[i] - va;
        if (offset > ~TLB_PAGE_MASK)
            break;
        mark(page, (unsigned)(offset >> 2));
    }
}

void probe_mark_page(struct engine *e, struct code_page *page, u64 va)
{
    const struct probe *p = &e->probe;
    mark_range(p, page, va);
    if (p->aliased && va + ~TLB_PAGE_MASK >= p->alias_first && va <= p->alias_last)
        mark_range(p, page, va + p->alias_add);
}

static void unmark(struct code_page *page)
{
    for (unsigned slot = 0; slot < PAGE_WORDS; slot++)
        if (page->marked[slot / 64] & BIT(slot % 64))
            page->ops[slot].fn = op_decode;
    memset(page->marked, 0, sizeof(page->marked));
    page->any_marked = false;
}

/* Pages are marked anew, and watched ones left out, when the TLBs are filled again. */
void probe_changed(struct engine *e)
{
    for (struct code_page *page = e->pages; page; page = page->next)
        if (page->any_marked)
            unmark(page);
    for (unsigned i = 0; i < e->cpu_count; i++)
        cpu_tlb_flush_all(e->cpus[i]);
}

static bool overlaps(const struct probe_watch *w, u64 first, u64 last)
{
    return w->first <= last && first <= w->last;
}

bool probe_watches_page(const struct cpu *c, const struct tlb_bank *b, u64 va)
{
    const struct probe *p = &c->engine->probe;
    if (p->steps & BIT(b == c->bank_el1))
        return true;
    u64 first = bits(va, 55, 0) & TLB_PAGE_MASK;
    for (unsigned i = 0; i < p->watch_count; i++)
        if (overlaps(&p->watches[i], first, first | ~TLB_PAGE_MASK))
            return true;
    return false;
}

bool probe_watch(struct cpu *c, u64 va, unsigned size, bool write)
{
    const struct probe *p = &c->engine->probe;
    u64 first = bits(va, 55, 0), last = first + size - 1;
    for (unsigned i = 0; i < p->watch_count; i++) {
        const struct probe_watch *w = &p->watches[i];
        if (!(w->on & (write ? PROBE_ON_WRITE : PROBE_ON_READ)) || !overlaps(w, first, last))
            continue;
        c->probed = write ? PROBE_WRITE : PROBE_READ;
        c->probed_va = va + (w->first > first ? w->first - first : 0);
        return true;
    }
    return false;
}

static void observers_changed(struct engine *e)
{
    struct probe *p = &e->probe;
    p->steps = 0;
    for (const struct probe_observer *o = p->observers; o; o = o->next)
        p->steps |= o->steps;
    for (unsigned i = 0; i < e->cpu_count; i++) {
        cpu_regime_changed(e->cpus[i]);
        cpu_tlb_flush_all(e->cpus[i]);
        cpu_kick(e->cpus[i]);
    }
}

void probe_add_observer(struct engine *e, struct probe_observer *o)
{
    o->next = e->probe.observers;
    e->probe.observers = o;
    observers_changed(e);
}

void probe_remove_observer(struct engine *e, struct probe_observer *o)
{
    struct probe_observer **at = &e->probe.observers;
    while (*at && *at != o)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = o->next;
    observers_changed(e);
}

void probe_taken(struct cpu *c, bool interrupt)
{
    for (struct probe_observer *o = c->engine->probe.observers; o; o = o->next)
        if (o->taken)
            o->taken(o->owner, c, interrupt);
}

void probe_returned(struct cpu *c, u64 from)
{
    for (struct probe_observer *o = c->engine->probe.observers; o; o = o->next)
        if (o->returned)
            o->returned(o->owner, c, from);
}

void probe_before(struct cpu *c, u32 word)
{
    for (struct probe_observer *o = c->engine->probe.observers; o; o = o->next)
        if (o->before && o->steps & BIT(c->el))
            o->before(o->owner, c, word);
}

/* Of an instruction that began at another level, too: ERET. */
void probe_after(struct cpu *c)
{
    for (struct probe_observer *o = c->engine->probe.observers; o; o = o->next)
        if (o->after)
            o->after(o->owner, c);
}

void probe_accessed(struct cpu *c, enum probe_access kind, u64 va, unsigned size, u64 value)
{
    for (struct probe_observer *o = c->engine->probe.observers; o; o = o->next)
        if (o->access && o->steps & BIT(c->el))
            o->access(o->owner, c, kind, va, size, value);
}
