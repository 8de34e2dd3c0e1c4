/*
 * Decoded code: finding it, decoding, and noticing that it changes. Which pages of it
 * there are: core/engine/page.c.
 *
 * A page of RAM with decoded code has no TLB write entry anywhere, so every
 * store to it takes the slow path, which calls engine_code_written first. That
 * is how code that changes is noticed, with or without IC IVAU.
 */
#include "core/engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/engine/dispatch.h"
#include "core/engine/page.h"
#include "core/exception.h"
#include "core/isa/bti.h"
#include "core/isa/disasm.h"
#include "core/log.h"

/* What a flash device answers is in no TLB; what its memory holds may be. */
static void reads_moved(void *engine)
{
    struct engine *e = engine;
    for (unsigned i = 0; i < e->cpu_count; i++)
        cpu_tlb_flush_all(e->cpus[i]);
}

bool engine_init(struct engine *e, struct bus *bus, u64 features)
{
    memset(e, 0, sizeof(*e));
    e->bus = bus;
    bus->code_written = engine_code_written;
    bus->code_owner = e;
    bus->reads_moved = reads_moved;
    e->most_pages = ENGINE_PAGES;
    chains_init(&e->chains);
    return decoder_init(&e->decoder, features);
}

void engine_destroy(struct engine *e)
{
    pages_free(e);
    chains_destroy(&e->chains);
    decoder_destroy(&e->decoder);
}

/* A page of RAM and where its bytes are. */
struct written_page {
    const u8 *host;
    const struct tlb_places *writers;
};

static void flush_page_writes(struct tlb_bank *b, const void *page)
{
    const struct written_page *w = page;
    tlb_flush_places(b, w->host, w->writers);
}

static void flush_ram_writes(struct tlb_bank *b, const void *ram)
{
    const struct ram *r = ram;
    tlb_flush_host_writes(b, r->host, r->size);
}

void engine_watch_writes(struct engine *e, const struct ram *ram)
{
    pages_each_bank(e, flush_ram_writes, ram);
}

static struct code_page *page_of(const struct uop *ops)
{
    return container_of(ops, struct code_page, ops);
}

/*
 * A page that is written again and again is data now (or a JIT's buffer being
 * filled): dropping it whole lets the stores be fast until it is executed.
 */
static void invalidate(struct engine *e, struct code_page *p, u64 pa, u64 len)
{
    enum { MANY_WORDS = 16, MANY_WRITES = 16 };
    engine_count(e, EVENT_CODE_WRITTEN);
    u64 first = (pa - p->pa) / 4, last = (pa + len - 1 - p->pa) / 4;
    if (last - first > MANY_WORDS || ++p->writes > MANY_WRITES)
        page_retire(e, p);
    else
        chain_forget(p, first, last);
}

void engine_code_written(void *engine, u64 pa, u64 len)
{
    struct engine *e = engine;
    while (len) {
        u64 page = pa & TLB_PAGE_MASK;
        u64 here = page + (1u << TLB_PAGE_SHIFT) - pa;
        if (here > len)
            here = len;
        struct ram *ram = bus_find_ram(e->bus, pa);
        struct ram_page *rp = ram ? ram_page_at(ram, pa) : NULL;
        if (rp && rp->ops)
            invalidate(e, page_of(rp->ops), pa, here);
        pa += here;
        len -= here;
    }
}

static void set_guards(struct engine *e)
{
    for (unsigned i = 0; i < e->cpu_count; i++)
        e->cpus[i]->guards = true;
}

/*
 * The decoded page of the physical page at PA in RAM, which is about to be executed at VA.
 * Ops know whether they are in a guarded page: a page that is executed by mappings of both
 * kinds, as nobody does, is decoded anew with each change.
 */
static struct uop *page_ops(struct engine *e, struct ram *ram, u64 va, u64 pa, bool guarded)
{
    struct ram_page *rp = ram_page_at(ram, pa);
    if (rp->ops && likely(page_of(rp->ops)->guarded == guarded))
        return rp->ops;
    if (rp->ops)
        page_retire(e, page_of(rp->ops));
    if (guarded)
        set_guards(e);
    struct code_page *p = page_new(e);
    if (!p)
        return NULL;
    p->pa = pa & TLB_PAGE_MASK;
    p->host = ram->host + (p->pa - ram->base);
    p->ram_page = rp;
    e->remade += rp->flags & RAM_PAGE_EVICTED ? 1 : 0;
    rp->flags &= (u8)~RAM_PAGE_EVICTED;
    p->guarded = guarded;
    p->writes = 0;
    if (unlikely(e->profile))
        p->profile = profile_add_page(e->profile, va & TLB_PAGE_MASK, p->pa);
    rp->ops = p->ops;
    if (rp->writers.count) {
        pages_each_bank(e, flush_page_writes, &(struct written_page){p->host, &rp->writers});
        rp->writers = (struct tlb_places){.count = 0};
    }
    return p->ops;
}

/* AArch64.BranchAddr: with TBI (and not TBID) the top byte repeats bit 55. */
u64 engine_branch_address(const struct cpu *c, u64 va)
{
    enum { TCR_TBI0 = 37, TCR_TBID0 = 51 };
    unsigned upper = bit(va, 55);
    bool tagged = bit(c->regime.tcr, TCR_TBI0 + upper) && !bit(c->regime.tcr, TCR_TBID0 + upper);
    return tagged ? (u64)sext(va, 56) : va;
}

const struct uop *engine_fetch(struct cpu *c, u64 va)
{
    va = engine_branch_address(c, va);
    c->pc = va;
    if (va & 3) {
        raise_with_far(c, EC_PC_ALIGNMENT, 0, va);
        return NULL;
    }
    struct tlb_bank *bank = (struct tlb_bank *)c->tlb;
    struct code_entry *entry = &bank->code[tlb_code_index(va)];
    if (entry->tag != (va & TLB_PAGE_MASK)) {
        bool bti = c->model->features & A64_BTI;
        engine_count(c->engine, EVENT_FETCH);
        struct translation t = mmu_access(c->bus, &c->regime, va, ACCESS_EXEC, c->el);
        struct ram *ram = t.ok ? bus_find_ram(c->bus, t.pa) : NULL;
        if (t.ok && !ram)
            t.status = FAULT_EXTERNAL;
        if (ram && !ram_page_at(ram, t.pa)->ops)
            log_line(c->log, LOG_PAGE, "page of code %#llx at %#llx",
                     (unsigned long long)(t.pa & TLB_PAGE_MASK),
                     (unsigned long long)(va & TLB_PAGE_MASK));
        struct uop *ops = ram ? page_ops(c->engine, ram, va, t.pa, t.guarded && bti) : NULL;
        if (!ops) {
            log_line(c->log, LOG_MMU, "instruction abort at %#llx, IFSC %#x",
                     (unsigned long long)va, t.status);
            raise_insn_abort(c, va, t.status);
            return NULL;
        }
        if (unlikely(c->engine->probe.break_count))
            probe_mark_page(c->engine, page_of(ops), va & TLB_PAGE_MASK);
        tlb_note(bank, va, t.page_shift, t.ng);
        entry->tag = va & TLB_PAGE_MASK;
        entry->ops = ops;
        page_of(ops)->round = c->engine->round;
    }
    c->page_va = entry->tag;
    c->ops = entry->ops;
    return c->ops + ((va & ~TLB_PAGE_MASK) >> 2);
}

bool engine_check_landing(struct cpu *c, const struct uop *ops, u64 va)
{
    enum { SCTLR_BT0 = 35, SCTLR_BT1 = 36 };
    const struct code_page *p = container_of(ops, struct code_page, ops);
    u32 word = code_page_word(p, (unsigned)(va & ~TLB_PAGE_MASK) / 4);
    if (!p->guarded ||
        bti_allows(word, c->btype, bit(c->sys[SCTLR_EL1], c->el ? SCTLR_BT1 : SCTLR_BT0)))
        return true;
    raise_exception(c, EC_BRANCH_TARGET, c->btype);
    return false;
}

/* -d in_asm: a word as it is decoded. */
static void log_decoded(const struct cpu *c, const struct engine *e, u32 word, u64 va)
{
    char text[DISASM_SIZE];
    disasm(&e->decoder, word, va, text, sizeof(text));
    log_line(c->log, LOG_IN_ASM, "0x%016llx:  %08x  %s", (unsigned long long)va, word, text);
}

/*
 * Execute the op in slot INDEX, just decoded, together with the following one if there
 * is a handler for the two. That one's own handler stays, even if it is op_decode.
 */
static void fuse(const struct decoder *d, struct code_page *p, unsigned index)
{
    struct uop *first = &p->ops[index], *second = first + 1, decoded;
    if (!fuse_begins(&d->fuse, first->fn) || index + 1 == PAGE_WORDS ||
        code_page_marked(p, index + 1))
        return;
    code_page_decode(p, index + 1, &decoded);
    handler_fn *fused = fuse_find(&d->fuse, first->fn, decoded.fn);
    if (!fused)
        return;
    decoded.fn = second->fn;
    *second = decoded;
    first->fn = fused;
}

/* Each instruction by itself: for -d in_asm, and to be counted. */
static bool fuses(const struct cpu *c, const struct engine *e)
{
    return likely(!e->profile && !log_enabled(c->log, LOG_IN_ASM));
}

void engine_decode_slot(struct cpu *c, const struct uop *op)
{
    struct code_page *p = page_of(c->ops);
    const struct decoder *d = &p->engine->decoder;
    unsigned index = (unsigned)(op - p->ops);
    if (unlikely(code_page_marked(p, index))) {
        p->decoded |= (u16)BIT(index / BLOCK_WORDS);
        p->ops[index].fn = op_probe;
        return;
    }
    if (unlikely(log_enabled(c->log, LOG_IN_ASM)))
        log_decoded(c, p->engine, code_page_word(p, index), c->page_va + 4 * index);
    engine_count(p->engine, EVENT_DECODED);
    int row = code_page_decode(p, index, &p->ops[index]);
    if (fuses(c, p->engine))
        fuse(d, p, index);
    profile_wrap(p->profile, index, &p->ops[index], row);
    if (unlikely(p->engine->chains.use == CHAIN_ALWAYS) && fuses(c, p->engine))
        chain_consider(p, op);
}

bool engine_warm(struct cpu *c, const struct uop *u)
{
    struct code_page *p = page_of(c->ops);
    const struct chains *k = &p->engine->chains;
    p->writes = 0;
    if (!k->memory.code || chains_have(k, u->fn))
        return true;
    if (fuses(c, p->engine))
        chain_consider(p, u);
    return false;
}
