/*
 * The pages of decoded ops that an engine has: in use, in the order in which they were
 * made, and spare ones. A guest that executes more code than is kept decoded loses
 * first what it does not execute any more. In a spare page, the blocks of slots that
 * code_page.decoded names are cleared when it is used again: of most pages few are.
 *
 * What that costs, as tools/bench --growth shows it on a host of 2 MiB of L2 cache: 20
 * instructions and a branch to the next page take 15 ns with one page of code, 120 with
 * 3,000 and 350 with 10,000, where every visit misses the host's caches and the code
 * TLB. With 100,000 on 1 GiB of RAM, of which a sixteenth may be kept decoded, every
 * visit finds its page dropped and takes 1.7 us, most of it to decode anew: one by one
 * and in a circle is the order in which nothing helps but to keep more.
 */
#include "core/engine/page.h"

#include <stdlib.h>
#include <string.h>

#include "core/engine/dispatch.h"
#include "core/log.h"

static void free_list(struct code_page *p)
{
    while (p) {
        struct code_page *next = p->next;
        free(p);
        p = next;
    }
}

void pages_free(struct engine *e)
{
    free_list(e->pages);
    free_list(e->retired);
    free_list(e->spare);
}

void pages_each_bank(struct engine *e, void (*visit)(struct tlb_bank *b, const void *arg),
                     const void *arg)
{
    for (unsigned i = 0; i < e->cpu_count; i++) {
        visit(e->cpus[i]->bank_el1, arg);
        for (unsigned k = 0; k < EL0_BANKS; k++)
            if (e->cpus[i]->bank_el0[k].asid_valid)
                visit(&e->cpus[i]->bank_el0[k], arg);
    }
}

static void flush_ops(struct tlb_bank *b, const void *ops)
{
    tlb_flush_ops(b, ops);
}

static void add_newest(struct engine *e, struct code_page *p)
{
    p->next = NULL;
    p->previous = e->newest;
    *(e->newest ? &e->newest->next : &e->pages) = p;
    e->newest = p;
    e->page_count++;
}

static void take_out(struct engine *e, struct code_page *p)
{
    *(p->previous ? &p->previous->next : &e->pages) = p->next;
    *(p->next ? &p->next->previous : &e->newest) = p->previous;
    e->page_count--;
}

void page_retire(struct engine *e, struct code_page *p)
{
    take_out(e, p);
    if (e->cpu_count)
        log_line(e->cpus[0]->log, LOG_PAGE, "page of code %#llx dropped",
                 (unsigned long long)p->pa);
    engine_count(e, EVENT_PAGE_DROPPED);
    p->ram_page->ops = NULL;
    p->ram_page = NULL;
    pages_each_bank(e, flush_ops, p->ops);
    p->next = e->retired;
    e->retired = p;
    for (unsigned i = 0; i < e->cpu_count; i++)
        cpu_kick(e->cpus[i]);
}

/* Keep a page that nobody is in for another use. */
static void keep_spare(struct engine *e, struct code_page *p)
{
    profile_drop_page(p->profile);
    p->profile = NULL;
    p->next = e->spare;
    e->spare = p;
}

static void reclaim(struct engine *e)
{
    while (e->retired) {
        struct code_page *p = e->retired;
        e->retired = p->next;
        keep_spare(e, p);
    }
}

/* Nobody is in P: to be made anew when it is needed again. */
static void drop(struct engine *e, struct code_page *p)
{
    take_out(e, p);
    p->ram_page->ops = NULL;
    p->ram_page = NULL;
    keep_spare(e, p);
}

void engine_drop_all(struct engine *e)
{
    while (e->pages)
        drop(e, e->pages);
    reclaim(e);
    chains_drop(&e->chains);
    engine_count(e, EVENT_ALL_DROPPED);
    e->full = false;
    e->most_pages = ENGINE_PAGES;
    e->remade = 0;
    e->in_round = false;
    for (unsigned i = 0; i < e->cpu_count; i++)
        cpu_tlb_flush_all(e->cpus[i]);
}

/* Have the blocks of P's slots that DECODED names decoded anew. */
static void clear_blocks(struct code_page *p, u16 decoded)
{
    for (unsigned left = decoded; left; left &= left - 1) {
        struct uop *block = p->ops + __builtin_ctz(left) * BLOCK_WORDS;
        for (unsigned i = 0; i < BLOCK_WORDS; i++)
            block[i].fn = op_decode;
    }
}

/* A page none of whose slots is decoded. */
static struct code_page *empty_page(struct engine *e)
{
    struct code_page *p = e->spare;
    if (p) {
        e->spare = p->next;
        clear_blocks(p, p->decoded);
    } else {
        p = malloc(sizeof(*p));
        if (!p)
            return NULL;
        clear_blocks(p, UINT16_MAX);
        p->ops[PAGE_WORDS].fn = op_page_end;
    }
    p->decoded = 0;
    return p;
}

struct code_page *page_new(struct engine *e)
{
    struct code_page *p = empty_page(e);
    if (!p)
        return NULL;
    memset(p->marked, 0, sizeof(p->marked));
    p->any_marked = false;
    p->profile = NULL;
    p->engine = e;
    add_newest(e, p);
    engine_count(e, EVENT_PAGE_MADE);
    return p;
}

static void evict(struct engine *e, struct code_page *p)
{
    p->ram_page->flags |= RAM_PAGE_EVICTED;
    drop(e, p);
}

/* Whether a quarter more pages are allowed from now on. */
static bool allow_more(struct engine *e)
{
    u64 ram = 0;
    for (unsigned i = 0; i < e->bus->ram_count; i++)
        ram += e->bus->ram[i].size >> RAM_PAGE_SHIFT;
    unsigned more = e->most_pages + e->most_pages / 4;
    if (more > ram / ENGINE_RAM_SHARE)
        return false;
    e->most_pages = more;
    return true;
}

static void flush_code(struct tlb_bank *b, const void *nothing)
{
    (void)nothing;
    tlb_flush_code(b);
}

/* Find out which pages are in use: those that the code TLB, now empty, gets again. */
static void begin_round(struct engine *e)
{
    e->round++;
    e->in_round = true;
    pages_each_bank(e, flush_code, NULL);
}

/* With some pages fewer there is room for as many, and time to see what is in use. */
static unsigned some_pages(const struct engine *e)
{
    return e->most_pages / ENGINE_EVICTION;
}

/*
 * There are too many pages. What a guest executes once, such as most of its boot, had
 * better go; but if it is those evicted before that come back, more are needed. Evicted
 * are the oldest that were not in use in this round or, if all were, simply the oldest.
 */
static void evict_some(struct engine *e)
{
    unsigned keep = e->most_pages - some_pages(e);
    bool come_back = e->remade > some_pages(e) / 2;
    e->remade = 0;
    if (come_back && allow_more(e)) {
        e->in_round = false;
        return;
    }
    struct code_page *next = e->pages;
    for (unsigned left = e->page_count; left && e->page_count > keep; left--) {
        struct code_page *p = next;
        next = p->next;
        if (p->round != e->round) {
            evict(e, p);
        } else {
            take_out(e, p);
            add_newest(e, p);
        }
    }
    while (e->page_count > keep)
        evict(e, e->pages);
    begin_round(e);
}

/* There is no room for more chains: begin anew. */
static void drop_chains(struct engine *e)
{
    for (struct code_page *p = e->pages; p; p = p->next)
        for (unsigned i = 0; i < PAGE_WORDS; i++)
            if (p->decoded & BIT(i / BLOCK_WORDS) && chains_have(&e->chains, p->ops[i].fn))
                p->ops[i].fn = op_decode;
    chains_drop(&e->chains);
    engine_count(e, EVENT_CHAINS_DROPPED);
    e->full = false;
}

void engine_settle(struct engine *e)
{
    if (e->retired)
        reclaim(e);
    if (e->full)
        drop_chains(e);
    if (likely(e->page_count + some_pages(e) <= e->most_pages))
        return;
    if (!e->in_round)
        begin_round(e);
    if (e->page_count > e->most_pages)
        evict_some(e);
}
