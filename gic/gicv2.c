/*
 * The part of the GICv2 that both register windows meet in: input lines,
 * prioritization (IHI 0048B 3.3 and the pseudocode of chapter 3), the lines to the
 * CPUs, and the access to a table of registers.
 *
 * Each CPU's candidates are found 32 INTIDs at a time; a word with nothing that
 * is pending, enabled, inactive and of an enabled group costs a few operations.
 */
#include "gic/gicv2.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { INPUT_CPU_SHIFT = 10 }; /* an input's number: INTID, above it the CPU of a PPI */

/* The INTIDs of a word that the distributor may forward. */
static u32 forwardable(const struct gicv2_word *w, u32 ctlr)
{
    u32 groups = 0;
    if (ctlr & GIC_ENABLE_GROUP0)
        groups |= ~w->group;
    if (ctlr & GIC_ENABLE_GROUP1)
        groups |= w->group;
    return gicv2_pending(w) & w->enabled & ~w->active & groups;
}

/*
 * HighestPriorityPendingInterrupt, in a word with CANDIDATES whose INTIDs start at
 * FIRST. Of equal priorities the lowest INTID wins. The lowest priority never
 * does, nor would any setting of GICC_PMR let it through.
 */
static void prioritise_word(struct gicv2_cpu *c, const struct gicv2_word *w, u32 candidates,
                            const u8 *priority, unsigned first)
{
    for (; candidates; candidates &= candidates - 1) {
        unsigned i = (unsigned)__builtin_ctz(candidates);
        if (priority[i] < c->hppi_priority) {
            c->hppi = first + i;
            c->hppi_priority = priority[i];
            c->hppi_group = bit(w->group, i);
        }
    }
}

static void prioritise(struct gicv2 *g, unsigned cpu)
{
    struct gicv2_cpu *c = &g->cpu[cpu];
    unsigned words = (g->intids - GIC_PRIVATE + 31) / 32;
    c->hppi = GIC_SPURIOUS;
    c->hppi_priority = GIC_PRIORITY_LOWEST;
    if (!(g->ctlr & GIC_ENABLE_GROUPS))
        return;
    prioritise_word(c, &c->banked, forwardable(&c->banked, g->ctlr), c->priority, 0);
    for (unsigned n = 0; n < words; n++) {
        const struct gicv2_word *w = &g->shared[n];
        u32 candidates = forwardable(w, g->ctlr) & c->targeted[n];
        if (candidates)
            prioritise_word(c, w, candidates, &g->priority[n * 32], GIC_PRIVATE + n * 32);
    }
}

unsigned gicv2_group_priority_mask(const struct gicv2_cpu *c, unsigned group)
{
    /* GICC_ABPR counts from one more than GICC_BPR: 1 splits as 0 does there. */
    unsigned bpr = group && !(c->ctlr & GICC_CTLR_CBPR) ? c->abpr - 1u : c->bpr;
    return GIC_PRIORITY_LOWEST & ~(unsigned)ones(bpr + 1);
}

bool gicv2_can_signal(const struct gicv2 *g, unsigned cpu)
{
    const struct gicv2_cpu *c = &g->cpu[cpu];
    if (c->hppi == GIC_SPURIOUS || !bit(c->ctlr, c->hppi_group) || c->hppi_priority >= c->pmr)
        return false;
    /* The running priority may be of the other group, hence finer than this mask. */
    return c->running == GIC_PRIORITY_IDLE ||
           c->hppi_priority < (c->running & gicv2_group_priority_mask(c, c->hppi_group));
}

void gicv2_signal(struct gicv2 *g, unsigned cpu)
{
    const struct gicv2_cpu *c = &g->cpu[cpu];
    bool signal = gicv2_can_signal(g, cpu);
    bool as_fiq = signal && c->hppi_group == 0 && c->ctlr & GICC_CTLR_FIQEN;
    irq_set(&g->irq[cpu], signal && !as_fiq);
    irq_set(&g->fiq[cpu], as_fiq);
}

void gicv2_update(struct gicv2 *g, unsigned cpu)
{
    prioritise(g, cpu);
    gicv2_signal(g, cpu);
}

void gicv2_update_all(struct gicv2 *g)
{
    for (unsigned cpu = 0; cpu < g->cpus; cpu++)
        gicv2_update(g, cpu);
}

void gicv2_update_intid(struct gicv2 *g, unsigned cpu, unsigned intid)
{
    if (intid < GIC_PRIVATE) {
        gicv2_update(g, cpu);
        return;
    }
    unsigned n = (intid - GIC_PRIVATE) / 32;
    for (unsigned i = 0; i < g->cpus; i++)
        if (bit(g->cpu[i].targeted[n], intid % 32))
            gicv2_update(g, i);
}

static void set_input(void *owner, unsigned input, bool level)
{
    struct gicv2 *g = owner;
    unsigned cpu = input >> INPUT_CPU_SHIFT;
    unsigned intid = input & (unsigned)ones(INPUT_CPU_SHIFT);
    struct gicv2_word *w = gicv2_word(g, cpu, intid / 32);
    u32 mask = (u32)BIT(intid % 32);
    if (level == !!(w->line & mask))
        return;
    w->line ^= mask;
    if (level)
        w->latched |= w->edge & mask;
    gicv2_update_intid(g, cpu, intid);
}

struct irq_line gicv2_spi(struct gicv2 *g, unsigned spi)
{
    assert(GIC_PRIVATE + spi < g->intids);
    return (struct irq_line){set_input, g, GIC_PRIVATE + spi};
}

struct irq_line gicv2_ppi(struct gicv2 *g, unsigned cpu, unsigned intid)
{
    assert(cpu < g->cpus && intid >= GIC_SGIS && intid < GIC_PRIVATE);
    return (struct irq_line){set_input, g, cpu << INPUT_CPU_SHIFT | intid};
}

void gicv2_init(struct gicv2 *g, unsigned cpus, unsigned spis)
{
    assert(cpus >= 1 && cpus <= GIC_MAX_CPUS && spis <= GIC_MAX_SPIS);
    memset(g, 0, sizeof(*g));
    g->cpus = cpus;
    g->intids = GIC_PRIVATE + spis;
    gicv2_dist_ops.reset(g);
    gicv2_cpu_ops.reset(g);
}

static unsigned accessing_cpu(const struct gicv2 *g)
{
    unsigned cpu = g->accessor ? g->accessor(g->accessor_owner) : 0;
    return cpu < g->cpus ? cpu : 0;
}

static const struct gicv2_register *find_register(const struct gicv2_registers *window, u64 offset)
{
    for (size_t i = 0; i < window->count; i++)
        if (offset >= window->rows[i].first && offset < window->rows[i].end)
            return &window->rows[i];
    return NULL;
}

u64 gicv2_read(struct gicv2 *g, const struct gicv2_registers *window, u64 offset, unsigned size)
{
    const struct gicv2_register *r = find_register(window, offset);
    if (!r || !r->read) {
        log_line(g->log, LOG_GUEST_ERRORS, "%s: nothing to read at offset %#" PRIx64, window->name,
                 offset);
        return 0;
    }
    u32 word = r->read(g, accessing_cpu(g), (unsigned)(offset - r->first) / 4);
    return word >> 8 * (offset % 4) & ones(8 * size);
}

void gicv2_write(struct gicv2 *g, const struct gicv2_registers *window, u64 offset, unsigned size,
                 u64 value)
{
    const struct gicv2_register *r = find_register(window, offset);
    if (!r || !r->write) {
        log_line(g->log, LOG_GUEST_ERRORS, "%s: nothing to write at offset %#" PRIx64, window->name,
                 offset);
        return;
    }
    unsigned shift = 8 * (offset % 4);
    u32 lanes = (u32)(ones(8 * size) << shift);
    r->write(g, accessing_cpu(g), (unsigned)(offset - r->first) / 4, (u32)(value << shift) & lanes,
             lanes);
}
