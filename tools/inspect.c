/*
 * Looks into the machine: see inspect.h. Translation follows DDI 0487, D8.
 */
#include "tools/inspect.h"

#include <string.h>

#include "core/exception.h"
#include "tools/gdbstub/text.h"
#include "tools/gdbstub/walk.h"
#include "tools/machine.h"
#include "tools/trace/syndrome.h"

typedef unsigned long long ull;

static struct cpu *running(struct machine *m)
{
    return m->virt.cpu[m->virt.running];
}

/* What one level may do, as "r-x". */
static void add_rights(struct text *out, u8 perms, unsigned el)
{
    perms >>= el ? 3 : 0;
    text_printf(out, "%c%c%c", perms & 1 ? 'r' : '-', perms & 2 ? 'w' : '-', perms & 4 ? 'x' : '-');
}

/* A byte of MAIR_EL1, as Arm names what it means (D19.2.98). */
static void add_memory_type(struct text *out, u8 attr)
{
    static const char *const device[4] = {"Device-nGnRnE", "Device-nGnRE", "Device-nGRE",
                                          "Device-GRE"};
    if (attr_is_device(attr))
        text_puts(out, device[attr >> 2 & 3]);
    else if (attr == 0x44)
        text_puts(out, "Normal Non-cacheable");
    else
        text_printf(out, "Normal %s", (attr & 0xc0) == 0xc0 ? "Write-Back" : "Write-Through");
}

static unsigned asid_of(const struct cpu *c)
{
    return (unsigned)(c->sys[bit(c->sys[TCR_EL1], 22) ? TTBR1_EL1 : TTBR0_EL1] >> 48);
}

void inspect_walk(struct machine *m, const char *args, struct text *out)
{
    struct cpu *c = running(m);
    struct walk w;
    u64 va;
    skip_word(&args, "0x");
    if (!hex_number(&args, &va) || *args) {
        text_puts(out, "walk ADDRESS: a virtual address in hex\n");
        return;
    }
    walk_tables(c, &c->regime, va, &w);
    if (c->regime.mmu_on)
        text_printf(out, "TTBR%u_EL1 %016llx, %u KiB granule, ASID %#x\n", w.upper,
                    (ull)c->regime.ttbr[w.upper], (1u << w.granule) / 1024, asid_of(c));
    for (unsigned i = 0; i < w.count; i++) {
        const struct walk_level *l = &w.levels[i];
        bool last = i + 1 == w.count;
        text_printf(out, " level %u at %010llx: %016llx %s\n", l->level, (ull)l->desc_pa,
                    (ull)l->desc,
                    !bit(l->desc, 0)   ? "invalid"
                    : last && w.mapped ? (l->level == 3 ? "page" : "block")
                    : last             ? "reserved"
                                       : "table");
    }
    if (!w.mapped) {
        text_printf(out, "%016llx is not mapped: %s\n", (ull)va, w.why);
        return;
    }
    text_printf(out, "%016llx is at %010llx", (ull)va, (ull)w.pa);
    if (w.t.ok) {
        text_puts(out, ": EL1 ");
        add_rights(out, w.t.perms, 1);
        text_puts(out, ", EL0 ");
        add_rights(out, w.t.perms, 0);
        text_puts(out, ", ");
        add_memory_type(out, w.t.attr);
        text_printf(out, ", %s%s", w.t.ng ? "not global" : "global", w.why ? ", because " : "");
        text_puts(out, w.why ? w.why : "");
    } else if (!w.accessed) {
        text_puts(out, ", but the access flag is clear");
    }
    text_puts(out, "\n");
}

/*
 * A run of pages that `info mem` has in hand. Its line is in the form that QEMU has
 * for other architectures, which gef and pwndbg read: three words and nothing else.
 */
struct run {
    struct text *out;
    u64 first, last;
    u8 perms;
    bool open;
    unsigned lines;
};

enum { MAX_LINES = 8192 }; /* a guest may map a page here and a page there for ever */

static void close_run(struct run *r)
{
    if (!r->open)
        return;
    r->open = false;
    if (r->lines++ >= MAX_LINES)
        return;
    text_printf(r->out, "%016llx-%016llx %016llx %c", (ull)r->first, (ull)r->last + 1,
                (ull)(r->last - r->first + 1), bits(r->perms, 2, 0) ? 'u' : '-');
    add_rights(r->out, r->perms, 1);
    text_puts(r->out, "/");
    add_rights(r->out, r->perms, 0);
    text_puts(r->out, "\n");
}

static void visit_mapped(void *owner, u64 va, u64 size, u8 perms)
{
    struct run *r = owner;
    if (r->open && r->last + 1 == va && r->perms == perms) {
        r->last += size;
        return;
    }
    close_run(r);
    r->first = va;
    r->last = va + size - 1;
    r->perms = perms;
    r->open = true;
}

/* Without the MMU an address is a physical one: memory, all of which may be executed. */
static void visit_memory(const struct bus *b, struct run *r)
{
    enum { EVERYTHING = 0x3f };
    for (unsigned i = 0; i < b->ram_count; i++)
        visit_mapped(r, b->ram[i].base, b->ram[i].size, EVERYTHING);
}

void inspect_mem(struct machine *m, const char *args, struct text *out)
{
    struct cpu *c = running(m);
    struct run r = {.out = out};
    if (!c->regime.mmu_on)
        visit_memory(c->bus, &r);
    for (unsigned upper = 0; c->regime.mmu_on && upper < 2; upper++)
        walk_all(c, &c->regime, upper, visit_mapped, &r);
    close_run(&r);
    if (r.lines > MAX_LINES)
        text_printf(out, "... and %u more\n", r.lines - MAX_LINES);
}

/* The physical address behind a TLB entry's host memory. */
static bool entry_place(const struct cpu *c, u64 host, u64 *pa)
{
    for (unsigned i = 0; i < c->bus->ram_count; i++) {
        const struct ram *ram = &c->bus->ram[i];
        if (host - (u64)(uintptr_t)ram->host >= ram->size)
            continue;
        *pa = ram->base + (host - (u64)(uintptr_t)ram->host);
        return true;
    }
    return false;
}

static void add_bank(const struct cpu *c, const struct tlb_bank *b, const char *name,
                     struct text *out)
{
    static const char *const kinds[] = {"r", "w"};
    text_printf(out, "%s\n", name);
    for (unsigned kind = 0; kind < 2; kind++) {
        for (unsigned i = 0; i < TLB_ENTRIES; i++) {
            const struct tlb_entry *t = kind ? &b->write[i] : &b->read[i];
            u64 pa;
            if (!(t->tag & ~TLB_PAGE_MASK) && entry_place(c, t->tag + t->add, &pa))
                text_printf(out, " %016llx -> %010llx %s\n", (ull)t->tag, (ull)pa, kinds[kind]);
        }
    }
    for (unsigned i = 0; i < TLB_CODE_ENTRIES; i++) {
        const struct code_entry *t = &b->code[i];
        if (!(t->tag & ~TLB_PAGE_MASK))
            text_printf(out, " %016llx -> %010llx x\n", (ull)t->tag,
                        (ull)container_of(t->ops, struct code_page, ops)->pa);
    }
}

void inspect_tlb(struct machine *m, const char *args, struct text *out)
{
    const struct cpu *c = running(m);
    add_bank(c, c->bank_el1, "EL1", out);
    for (unsigned i = 0; i < EL0_BANKS; i++) {
        char name[64];
        if (!c->bank_el0[i].asid_valid)
            continue;
        snprintf(name, sizeof(name), "EL0, ASID %#x%s", c->bank_el0[i].asid,
                 i == c->el0_bank ? ", current" : "");
        add_bank(c, &c->bank_el0[i], name, out);
    }
}

void inspect_irq(struct machine *m, const char *args, struct text *out)
{
    struct gicv2 *g = &m->virt.gic;
    const struct cpu *c = running(m);
    const struct gicv2_cpu *k = &g->cpu[c->index];
    text_printf(out, "CPU#%u: IRQ %s, FIQ %s, PSTATE.DAIF %x, GICC_PMR %#x", c->index,
                c->irq ? "asserted" : "idle", c->fiq ? "asserted" : "idle", c->daif, k->pmr);
    if (k->running != GIC_PRIORITY_IDLE)
        text_printf(out, ", running priority %#x", k->running);
    if (k->hppi != GIC_SPURIOUS)
        text_printf(out, ", highest pending %u", k->hppi);
    text_puts(out, "\n");
    for (unsigned id = 0; id < g->intids; id++) {
        const struct gicv2_word *w = gicv2_word(g, c->index, id / 32);
        bool enabled = bit(w->enabled, id % 32), pending = bit(gicv2_pending(w), id % 32);
        bool active = bit(w->active, id % 32), line = bit(w->line, id % 32);
        if (id < GIC_SGIS ? !pending && !active : !enabled && !pending && !active)
            continue;
        text_printf(out, " %3s %3u (INTID %u): priority %#04x%s%s%s%s, %s\n",
                    id < GIC_SGIS      ? "SGI"
                    : id < GIC_PRIVATE ? "PPI"
                                       : "SPI",
                    id < GIC_SGIS ? id : id - (id < GIC_PRIVATE ? GIC_SGIS : GIC_PRIVATE), id,
                    *gicv2_priority(g, c->index, id), enabled ? ", enabled" : "",
                    pending ? ", pending" : "", active ? ", active" : "", line ? ", line high" : "",
                    bit(w->edge, id % 32) ? "edge" : "level");
    }
}

void inspect_exceptions(struct machine *m, const char *args, struct text *out)
{
    const struct cpu *c = running(m);
    u64 esr = c->sys[ESR_EL1], spsr = c->sys[SPSR_EL1];
    u32 ec = (u32)bits(esr, 31, 26), iss = (u32)bits(esr, 24, 0);
    text_printf(out, "EL%u, PSTATE.DAIF %x, vectors at %016llx\n", c->el, c->daif,
                (ull)c->sys[VBAR_EL1]);
    text_printf(out, "ESR_EL1  %08llx: EC %#x, %s", (ull)esr, ec, syndrome_class(ec));
    syndrome_describe(esr, out);
    text_printf(out, "; IL %u, ISS %#x\n", bit(esr, 25), iss);
    text_printf(out, "FAR_EL1  %016llx\nELR_EL1  %016llx\n", (ull)c->sys[FAR_EL1],
                (ull)c->sys[ELR_EL1]);
    text_printf(out, "SPSR_EL1 %08llx: EL%u%c, DAIF %x, NZCV %x\n", (ull)spsr,
                (unsigned)bits(spsr, 3, 2), bit(spsr, 0) ? 'h' : 't', (unsigned)bits(spsr, 9, 6),
                (unsigned)bits(spsr, 31, 28));
}
