/*
 * The distributor's registers: which interrupts exist, are enabled, pending and
 * active, how urgent they are and which CPUs they go to. IHI 0048B 4.3; the
 * identification registers are those of a Cortex-A15, as QEMU's are.
 *
 * The architecture asks for byte access to the priority, target and SGI pending
 * registers and leaves it open elsewhere. Here every access acts on just the
 * bytes that it covers, except that GICD_SGIR takes only a whole word.
 */
#include "gic/gicv2.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

enum {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_IIDR = 0x008,
    GICD_IGROUPR = 0x080,
    GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180,
    GICD_ISPENDR = 0x200,
    GICD_ICPENDR = 0x280,
    GICD_ISACTIVER = 0x300,
    GICD_ICACTIVER = 0x380,
    GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800,
    GICD_ICFGR = 0xc00,
    GICD_PPISR = 0xd00, /* this and the next: Cortex-A15's own */
    GICD_SPISR = 0xd04,
    GICD_SGIR = 0xf00,
    GICD_CPENDSGIR = 0xf10,
    GICD_SPENDSGIR = 0xf20,
    GICD_PIDR4 = 0xfd0,

    BITMAP_BYTES = 0x80,   /* a register row with one bit an INTID */
    BYTEMAP_BYTES = 0x400, /* one byte an INTID */
    ICFGR_BYTES = 0x100,   /* two bits an INTID */

    TYPER_CPU_NUMBER_SHIFT = 5,
    IIDR_IMPLEMENTER_ARM = 0x43b, /* JEP106 */
    SGI_BITS = 0xffff,
    SGIR_FILTER_LIST = 0,
    SGIR_FILTER_OTHERS = 1,
    SGIR_FILTER_SELF = 2,
};

/* The INTIDs of word N that exist. */
static u32 implemented(const struct gicv2 *g, unsigned n)
{
    if (g->intids >= 32 * (n + 1))
        return UINT32_MAX;
    return g->intids > 32 * n ? (u32)ones(g->intids - 32 * n) : 0;
}

static u32 ctlr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->ctlr;
}

static void ctlr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    g->ctlr = ((g->ctlr & ~lanes) | value) & GIC_ENABLE_GROUPS;
}

static u32 typer_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    u32 it_lines = (g->intids + 31) / 32 - 1;
    return (g->cpus - 1) << TYPER_CPU_NUMBER_SHIFT | it_lines;
}

static u32 iidr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return IIDR_IMPLEMENTER_ARM;
}

static u32 igroupr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return gicv2_word(g, cpu, n)->group;
}

static void igroupr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    struct gicv2_word *w = gicv2_word(g, cpu, n);
    w->group = ((w->group & ~lanes) | value) & implemented(g, n);
}

static u32 enabler_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return gicv2_word(g, cpu, n)->enabled;
}

static void isenabler_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    gicv2_word(g, cpu, n)->enabled |= value & implemented(g, n);
}

static void icenabler_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    if (n == 0)
        value &= ~(u32)SGI_BITS; /* SGIs are always enabled */
    gicv2_word(g, cpu, n)->enabled &= ~value;
}

static u32 pendr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return gicv2_pending(gicv2_word(g, cpu, n));
}

static void ispendr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    if (n == 0)
        value &= ~(u32)SGI_BITS; /* an SGI needs a source: GICD_SPENDSGIR */
    gicv2_word(g, cpu, n)->latched |= value & implemented(g, n);
}

static void icpendr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    if (n == 0)
        value &= ~(u32)SGI_BITS;
    gicv2_word(g, cpu, n)->latched &= ~value;
}

static u32 activer_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return gicv2_word(g, cpu, n)->active;
}

static void isactiver_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    gicv2_word(g, cpu, n)->active |= value & implemented(g, n);
}

static void icactiver_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    gicv2_word(g, cpu, n)->active &= ~value;
}

static u32 ipriorityr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    u32 value = 0;
    for (unsigned i = 0; i < 4 && 4 * n + i < g->intids; i++)
        value |= (u32)*gicv2_priority(g, cpu, 4 * n + i) << 8 * i;
    return value;
}

static void ipriorityr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    for (unsigned i = 0; i < 4 && 4 * n + i < g->intids; i++)
        if (bit(lanes, 8 * i))
            *gicv2_priority(g, cpu, 4 * n + i) = (u8)(value >> 8 * i);
}

/* The CPUs an SPI goes to, a bit each. */
static u32 targets(const struct gicv2 *g, unsigned intid)
{
    u32 mask = 0;
    for (unsigned cpu = 0; cpu < g->cpus; cpu++)
        mask |= bit(g->cpu[cpu].targeted[intid / 32 - 1], intid % 32) << cpu;
    return mask;
}

static u32 itargetsr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    u32 value = 0;
    if (g->cpus == 1) /* RAZ/WI: there is no choice of target */
        return 0;
    for (unsigned i = 0; i < 4 && 4 * n + i < g->intids; i++) {
        unsigned intid = 4 * n + i;
        value |= (intid < GIC_PRIVATE ? (u32)BIT(cpu) : targets(g, intid)) << 8 * i;
    }
    return value;
}

static void itargetsr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    if (g->cpus == 1)
        return;
    for (unsigned i = 0; i < 4 && 4 * n + i < g->intids; i++) {
        unsigned intid = 4 * n + i;
        if (intid < GIC_PRIVATE || !bit(lanes, 8 * i))
            continue;
        for (unsigned c = 0; c < g->cpus; c++) {
            u32 *targeted = &g->cpu[c].targeted[intid / 32 - 1], mask = (u32)BIT(intid % 32);
            *targeted = bit(value, 8 * i + c) ? *targeted | mask : *targeted & ~mask;
        }
    }
}

/* GICD_ICFGR: of an INTID's two bits the upper says edge, the lower is reserved. */
static u32 icfgr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    u32 edge = gicv2_word(g, cpu, n / 2)->edge >> 16 * (n % 2);
    u32 value = 0;
    for (unsigned i = 0; i < 16; i++)
        value |= (u32)bit(edge, i) << (2 * i + 1);
    return value;
}

static void icfgr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    struct gicv2_word *w = gicv2_word(g, cpu, n / 2);
    if (n == 0)
        return; /* SGIs are edge-triggered */
    for (unsigned i = 0; i < 16; i++) {
        u32 mask = (u32)BIT(16 * (n % 2) + i) & implemented(g, n / 2);
        if (bit(lanes, 2 * i + 1))
            w->edge = bit(value, 2 * i + 1) ? w->edge | mask : w->edge & ~mask;
    }
}

static u32 ppisr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->cpu[cpu].banked.line >> GIC_SGIS;
}

static u32 spisr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->shared[n].line;
}

static void set_sgi_sources(struct gicv2_cpu *c, unsigned sgi, u8 sources)
{
    u32 mask = (u32)BIT(sgi);
    c->sgi_sources[sgi] = sources;
    c->banked.latched = sources ? c->banked.latched | mask : c->banked.latched & ~mask;
}

static void sgir_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    unsigned sgi = (unsigned)bits(value, 3, 0);
    u64 to = 0;
    if (lanes != UINT32_MAX) {
        log_line(g->log, LOG_GUEST_ERRORS, "gic_dist: GICD_SGIR takes only whole words");
        return;
    }
    switch (bits(value, 25, 24)) {
    case SGIR_FILTER_LIST:
        to = bits(value, 23, 16);
        break;
    case SGIR_FILTER_OTHERS:
        to = ~BIT(cpu);
        break;
    case SGIR_FILTER_SELF:
        to = BIT(cpu);
        break;
    default:
        log_line(g->log, LOG_GUEST_ERRORS, "gic_dist: GICD_SGIR target filter 3 is reserved");
    }
    for (unsigned i = 0; i < g->cpus; i++)
        if (bit(to, i))
            set_sgi_sources(&g->cpu[i], sgi, g->cpu[i].sgi_sources[sgi] | (u8)BIT(cpu));
}

static u32 pendsgir_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    const u8 *sources = &g->cpu[cpu].sgi_sources[4 * n];
    return sources[0] | sources[1] << 8 | sources[2] << 16 | (u32)sources[3] << 24;
}

static void cpendsgir_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    struct gicv2_cpu *c = &g->cpu[cpu];
    for (unsigned sgi = 4 * n; sgi < 4 * n + 4; sgi++, value >>= 8)
        set_sgi_sources(c, sgi, c->sgi_sources[sgi] & (u8)~value);
}

static void spendsgir_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    struct gicv2_cpu *c = &g->cpu[cpu];
    for (unsigned sgi = 4 * n; sgi < 4 * n + 4; sgi++, value >>= 8)
        set_sgi_sources(c, sgi, c->sgi_sources[sgi] | (u8)(value & ones(g->cpus)));
}

/* PIDR4 to 7, PIDR0 to 3 (ArchRev 2 in PIDR2), CIDR0 to 3. */
static u32 id_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    static const u8 id[] = {0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1};
    return id[n];
}

static const struct gicv2_register registers[] = {
    {GICD_ISENABLER, GICD_ISENABLER + BITMAP_BYTES, enabler_read, isenabler_write},
    {GICD_ICENABLER, GICD_ICENABLER + BITMAP_BYTES, enabler_read, icenabler_write},
    {GICD_SGIR, GICD_SGIR + 4, NULL, sgir_write},
    {GICD_ISPENDR, GICD_ISPENDR + BITMAP_BYTES, pendr_read, ispendr_write},
    {GICD_ICPENDR, GICD_ICPENDR + BITMAP_BYTES, pendr_read, icpendr_write},
    {GICD_ISACTIVER, GICD_ISACTIVER + BITMAP_BYTES, activer_read, isactiver_write},
    {GICD_ICACTIVER, GICD_ICACTIVER + BITMAP_BYTES, activer_read, icactiver_write},
    {GICD_IPRIORITYR, GICD_IPRIORITYR + BYTEMAP_BYTES, ipriorityr_read, ipriorityr_write},
    {GICD_ITARGETSR, GICD_ITARGETSR + BYTEMAP_BYTES, itargetsr_read, itargetsr_write},
    {GICD_ICFGR, GICD_ICFGR + ICFGR_BYTES, icfgr_read, icfgr_write},
    {GICD_IGROUPR, GICD_IGROUPR + BITMAP_BYTES, igroupr_read, igroupr_write},
    {GICD_CTLR, GICD_CTLR + 4, ctlr_read, ctlr_write},
    {GICD_TYPER, GICD_TYPER + 4, typer_read, NULL},
    {GICD_IIDR, GICD_IIDR + 4, iidr_read, NULL},
    {GICD_PPISR, GICD_PPISR + 4, ppisr_read, NULL},
    {GICD_SPISR, GICD_SPISR + 4 * GIC_SHARED_WORDS, spisr_read, NULL},
    {GICD_CPENDSGIR, GICD_CPENDSGIR + GIC_SGIS, pendsgir_read, cpendsgir_write},
    {GICD_SPENDSGIR, GICD_SPENDSGIR + GIC_SGIS, pendsgir_read, spendsgir_write},
    {GICD_PIDR4, GICD_PIDR4 + 0x30, id_read, NULL},
};

static const struct gicv2_registers window = {"gic_dist", registers, ARRAY_LEN(registers)};

static u64 dist_read(void *dev, u64 offset, unsigned size)
{
    return gicv2_read(dev, &window, offset, size);
}

static void dist_write(void *dev, u64 offset, unsigned size, u64 value)
{
    gicv2_write(dev, &window, offset, size, value);
    gicv2_update_all(dev);
}

static void reset_word(struct gicv2_word *w)
{
    *w = (struct gicv2_word){.line = w->line};
}

static void dist_reset(void *dev)
{
    struct gicv2 *g = dev;
    g->ctlr = 0;
    for (unsigned n = 0; n < GIC_SHARED_WORDS; n++)
        reset_word(&g->shared[n]);
    memset(g->priority, 0, sizeof(g->priority));
    for (unsigned cpu = 0; cpu < g->cpus; cpu++) {
        struct gicv2_cpu *c = &g->cpu[cpu];
        reset_word(&c->banked);
        c->banked.enabled = c->banked.edge = SGI_BITS;
        memset(c->priority, 0, sizeof(c->priority));
        memset(c->sgi_sources, 0, sizeof(c->sgi_sources));
        /* With one CPU every SPI goes there. */
        memset(c->targeted, g->cpus == 1 ? 0xff : 0, sizeof(c->targeted));
    }
    gicv2_update_all(g);
}

static int dist_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    char name[32];
    fdt32_t reg[8];
    const u64 windows[] = {at->base, at->size, at->base2, at->size2};
    snprintf(name, sizeof(name), "intc@%" PRIx64, at->base);
    for (unsigned i = 0; i < ARRAY_LEN(windows); i++) {
        reg[2 * i] = cpu_to_fdt32((u32)(windows[i] >> 32));
        reg[2 * i + 1] = cpu_to_fdt32((u32)windows[i]);
    }
    int err;
    if ((err = fdt_begin_node(fdt, name)) ||
        (err = fdt_property_string(fdt, "compatible", "arm,cortex-a15-gic")) ||
        (err = fdt_property(fdt, "reg", reg, sizeof(reg))) ||
        (err = fdt_property(fdt, "interrupt-controller", NULL, 0)) ||
        (err = fdt_property_u32(fdt, "#interrupt-cells", 3)) ||
        (err = fdt_property_u32(fdt, "#address-cells", 2)) ||
        (err = fdt_property_u32(fdt, "#size-cells", 2)) ||
        (err = fdt_property(fdt, "ranges", NULL, 0)) ||
        (at->phandle && (err = fdt_property_u32(fdt, "phandle", at->phandle))) ||
        (err = fdt_end_node(fdt)))
        return err;
    return 0;
}

const struct mmio_ops gicv2_dist_ops = {
    .name = "gic_dist",
    .size = GIC_WINDOW,
    .min_access = 1,
    .max_access = 4,
    .read = dist_read,
    .write = dist_write,
    .reset = dist_reset,
    .fdt = dist_fdt,
};
