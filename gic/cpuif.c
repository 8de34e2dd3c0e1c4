/*
 * The CPU interface's registers: acknowledging, completing and masking the
 * interrupts of the CPU that accesses. IHI 0048B 4.4, with the effects of
 * interrupt groups from chapter 3 as software without Security Extensions sees them:
 * every access behaves as a Secure one, and the aliased registers serve Group 1.
 *
 * Always: a CPU's running priority is that of the lowest bit set in its active
 * priorities registers.
 */
#include "gic/gicv2.h"

#include <string.h>

enum {
    GICC_CTLR = 0x0000,
    GICC_PMR = 0x0004,
    GICC_BPR = 0x0008,
    GICC_IAR = 0x000c,
    GICC_EOIR = 0x0010,
    GICC_RPR = 0x0014,
    GICC_HPPIR = 0x0018,
    GICC_ABPR = 0x001c,
    GICC_AIAR = 0x0020,
    GICC_AEOIR = 0x0024,
    GICC_AHPPIR = 0x0028,
    GICC_APR = 0x00d0,
    GICC_NSAPR = 0x00e0,
    GICC_IIDR = 0x00fc,
    GICC_DIR = 0x1000,

    /* No interrupt bypass, so those bits are RAZ/WI. */
    CTLR_WRITABLE =
        GIC_ENABLE_GROUPS | GICC_CTLR_ACKCTL | GICC_CTLR_FIQEN | GICC_CTLR_CBPR | GICC_CTLR_EOIMODE,
    BPR_MAX = 7,
    ABPR_MIN = 1,
    IAR_CPUID_SHIFT = 10,
    IIDR_VALUE = 0x0002043b, /* architecture version 2, implementer Arm */
    APR_BYTES = 4 * GIC_APRS,
};

/* How a register family treats groups: the plain one, or the aliased for Group 1. */
enum view { PLAIN, ALIASED };

static void update_running(struct gicv2_cpu *c)
{
    c->running = GIC_PRIORITY_IDLE;
    for (unsigned i = 0; i < GIC_APRS; i++) {
        u32 active = c->apr[0][i] | c->apr[1][i];
        if (active) {
            /* A group priority has seven bits, as GICC_BPR is 0 at least. */
            c->running = (32 * i + (unsigned)__builtin_ctz(active)) << 1;
            return;
        }
    }
}

static u32 ctlr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->cpu[cpu].ctlr;
}

static void ctlr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    g->cpu[cpu].ctlr = value & CTLR_WRITABLE;
    gicv2_signal(g, cpu);
}

static u32 pmr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->cpu[cpu].pmr;
}

static void pmr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    g->cpu[cpu].pmr = (u8)value;
    gicv2_signal(g, cpu);
}

static u32 bpr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->cpu[cpu].bpr;
}

static void bpr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    g->cpu[cpu].bpr = value & BPR_MAX;
    gicv2_signal(g, cpu);
}

static u32 abpr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->cpu[cpu].abpr;
}

static void abpr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    u8 abpr = value & BPR_MAX;
    g->cpu[cpu].abpr = abpr < ABPR_MIN ? ABPR_MIN : abpr;
    gicv2_signal(g, cpu);
}

static u32 rpr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    unsigned running = g->cpu[cpu].running;
    return running == GIC_PRIORITY_IDLE ? GIC_PRIORITY_LOWEST : running;
}

/* What VIEW shows of the CPU's highest priority pending interrupt: an INTID or spurious. */
static unsigned visible_hppi(const struct gicv2_cpu *c, enum view view)
{
    if (c->hppi == GIC_SPURIOUS || !bit(c->ctlr, c->hppi_group))
        return GIC_SPURIOUS;
    if (view == ALIASED)
        return c->hppi_group ? c->hppi : GIC_SPURIOUS;
    if (c->hppi_group && !(c->ctlr & GICC_CTLR_ACKCTL))
        return GIC_SPURIOUS_GROUP1;
    return c->hppi;
}

/* INTID as GICC_IAR and GICC_HPPIR show it, an SGI with its first source. */
static u32 with_source(const struct gicv2_cpu *c, unsigned intid)
{
    if (intid >= GIC_SGIS)
        return intid;
    return intid | (u32)__builtin_ctz(c->sgi_sources[intid]) << IAR_CPUID_SHIFT;
}

static u32 hppir_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return with_source(&g->cpu[cpu], visible_hppi(&g->cpu[cpu], PLAIN));
}

static u32 ahppir_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return with_source(&g->cpu[cpu], visible_hppi(&g->cpu[cpu], ALIASED));
}

/* Take the pending state away from INTID; for an SGI, that of its first source. */
static void consume_pending(struct gicv2 *g, unsigned cpu, unsigned intid)
{
    struct gicv2_cpu *c = &g->cpu[cpu];
    if (intid < GIC_SGIS) {
        c->sgi_sources[intid] &= c->sgi_sources[intid] - 1;
        if (c->sgi_sources[intid])
            return;
    }
    gicv2_word(g, cpu, intid / 32)->latched &= ~(u32)BIT(intid % 32);
}

/* AcknowledgeInterrupt. Returns what the CPU reads. */
static u32 acknowledge(struct gicv2 *g, unsigned cpu, enum view view)
{
    struct gicv2_cpu *c = &g->cpu[cpu];
    unsigned intid = gicv2_can_signal(g, cpu) ? visible_hppi(c, view) : GIC_SPURIOUS;
    if (intid >= GIC_SPURIOUS_GROUP1)
        return intid;

    u32 value = with_source(c, intid);
    unsigned level = (c->hppi_priority & gicv2_group_priority_mask(c, c->hppi_group)) >> 1;
    c->apr[c->hppi_group][level / 32] |= (u32)BIT(level % 32);
    update_running(c);
    gicv2_word(g, cpu, intid / 32)->active |= (u32)BIT(intid % 32);
    consume_pending(g, cpu, intid);
    gicv2_update_intid(g, cpu, intid);
    return value;
}

static u32 iar_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return acknowledge(g, cpu, PLAIN);
}

static u32 aiar_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return acknowledge(g, cpu, ALIASED);
}

static void deactivate(struct gicv2 *g, unsigned cpu, unsigned intid)
{
    gicv2_word(g, cpu, intid / 32)->active &= ~(u32)BIT(intid % 32);
    gicv2_update_intid(g, cpu, intid);
}

/*
 * Priority drop and, unless GICC_CTLR splits them, deactivation. Special INTIDs
 * are ignored. That VALUE ends the interrupt acknowledged last is software's
 * part; if it does not, the most urgent active priority of its group drops.
 */
static void end_of_interrupt(struct gicv2 *g, unsigned cpu, u32 value, enum view view)
{
    struct gicv2_cpu *c = &g->cpu[cpu];
    unsigned intid = (unsigned)bits(value, 9, 0);
    if (intid >= GIC_MAX_INTIDS)
        return;
    if (intid >= g->intids || c->running == GIC_PRIORITY_IDLE) {
        log_line(g->log, LOG_GUEST_ERRORS, "gic_cpu: end of INTID %u, which does not run", intid);
        return;
    }
    unsigned group = bit(gicv2_word(g, cpu, intid / 32)->group, intid % 32);
    if (view == ALIASED && group == 0)
        return;
    for (unsigned i = 0; i < GIC_APRS; i++) {
        u32 *apr = &c->apr[group][i];
        if (*apr) {
            *apr &= *apr - 1;
            break;
        }
    }
    update_running(c);
    if (!(c->ctlr & GICC_CTLR_EOIMODE))
        deactivate(g, cpu, intid);
    gicv2_signal(g, cpu);
}

static void eoir_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    end_of_interrupt(g, cpu, value, PLAIN);
}

static void aeoir_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    end_of_interrupt(g, cpu, value, ALIASED);
}

static void dir_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    unsigned intid = (unsigned)bits(value, 9, 0);
    if (intid >= g->intids)
        return;
    /* Without the split GICC_EOIR deactivates, and this write is UNPREDICTABLE. */
    if (g->cpu[cpu].ctlr & GICC_CTLR_EOIMODE)
        deactivate(g, cpu, intid);
    else
        log_line(g->log, LOG_GUEST_ERRORS, "gic_cpu: GICC_DIR without GICC_CTLR.EOImode");
}

static u32 apr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->cpu[cpu].apr[0][n];
}

static u32 nsapr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return g->cpu[cpu].apr[1][n];
}

static void write_active_priorities(struct gicv2 *g, unsigned cpu, u32 *apr, u32 value)
{
    *apr = value;
    update_running(&g->cpu[cpu]);
    gicv2_signal(g, cpu);
}

static void apr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    write_active_priorities(g, cpu, &g->cpu[cpu].apr[0][n], value);
}

static void nsapr_write(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes)
{
    write_active_priorities(g, cpu, &g->cpu[cpu].apr[1][n], value);
}

static u32 iidr_read(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return IIDR_VALUE;
}

static const struct gicv2_register registers[] = {
    {GICC_IAR, GICC_IAR + 4, iar_read, NULL},
    {GICC_EOIR, GICC_EOIR + 4, NULL, eoir_write},
    {GICC_DIR, GICC_DIR + 4, NULL, dir_write},
    {GICC_PMR, GICC_PMR + 4, pmr_read, pmr_write},
    {GICC_RPR, GICC_RPR + 4, rpr_read, NULL},
    {GICC_CTLR, GICC_CTLR + 4, ctlr_read, ctlr_write},
    {GICC_BPR, GICC_BPR + 4, bpr_read, bpr_write},
    {GICC_ABPR, GICC_ABPR + 4, abpr_read, abpr_write},
    {GICC_HPPIR, GICC_HPPIR + 4, hppir_read, NULL},
    {GICC_AIAR, GICC_AIAR + 4, aiar_read, NULL},
    {GICC_AEOIR, GICC_AEOIR + 4, NULL, aeoir_write},
    {GICC_AHPPIR, GICC_AHPPIR + 4, ahppir_read, NULL},
    {GICC_APR, GICC_APR + APR_BYTES, apr_read, apr_write},
    {GICC_NSAPR, GICC_NSAPR + APR_BYTES, nsapr_read, nsapr_write},
    {GICC_IIDR, GICC_IIDR + 4, iidr_read, NULL},
};

static const struct gicv2_registers window = {"gic_cpu", registers, ARRAY_LEN(registers)};

/*
 * The architecture has words only here. A narrower access to a register's first
 * byte is the access of the word, the rest of it zero; elsewhere it does nothing,
 * lest a debugger that reads bytes acknowledge four interrupts.
 */
static u64 cpuif_read(void *dev, u64 offset, unsigned size)
{
    return offset % 4 ? 0 : gicv2_read(dev, &window, offset, size);
}

static void cpuif_write(void *dev, u64 offset, unsigned size, u64 value)
{
    if (offset % 4 == 0)
        gicv2_write(dev, &window, offset, size, value);
}

static void cpuif_reset(void *dev)
{
    struct gicv2 *g = dev;
    for (unsigned cpu = 0; cpu < g->cpus; cpu++) {
        struct gicv2_cpu *c = &g->cpu[cpu];
        c->ctlr = 0;
        c->pmr = c->bpr = 0;
        c->abpr = ABPR_MIN;
        memset(c->apr, 0, sizeof(c->apr));
        update_running(c);
        gicv2_signal(g, cpu);
    }
}

const struct mmio_ops gicv2_cpu_ops = {
    .name = "gic_cpu",
    .size = GIC_WINDOW,
    .min_access = 1,
    .max_access = 4,
    .read = cpuif_read,
    .write = cpuif_write,
    .reset = cpuif_reset,
};
