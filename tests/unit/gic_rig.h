/*
 * A GICv2 on the bench, for its tests: register access as some CPU, input lines,
 * and the levels of its output lines. Offsets and bits are those of IHI 0048B,
 * written anew here so that a wrong number in the device shows.
 */
#ifndef TESTS_GIC_RIG_H
#define TESTS_GIC_RIG_H

#include "gic/gicv2.h"

enum {
    D_CTLR = 0x000,
    D_TYPER = 0x004,
    D_IIDR = 0x008,
    D_IGROUPR = 0x080,
    D_ISENABLER = 0x100,
    D_ICENABLER = 0x180,
    D_ISPENDR = 0x200,
    D_ICPENDR = 0x280,
    D_ISACTIVER = 0x300,
    D_ICACTIVER = 0x380,
    D_IPRIORITYR = 0x400,
    D_ITARGETSR = 0x800,
    D_ICFGR = 0xc00,
    D_PPISR = 0xd00,
    D_SPISR = 0xd04,
    D_SGIR = 0xf00,
    D_CPENDSGIR = 0xf10,
    D_SPENDSGIR = 0xf20,
    D_PIDR2 = 0xfe8,

    C_CTLR = 0x00,
    C_PMR = 0x04,
    C_BPR = 0x08,
    C_IAR = 0x0c,
    C_EOIR = 0x10,
    C_RPR = 0x14,
    C_HPPIR = 0x18,
    C_ABPR = 0x1c,
    C_AIAR = 0x20,
    C_AEOIR = 0x24,
    C_AHPPIR = 0x28,
    C_APR = 0xd0,
    C_NSAPR = 0xe0,
    C_IIDR = 0xfc,
    C_DIR = 0x1000,

    ENABLE_GRP0 = 1,
    ENABLE_GRP1 = 2,
    ACKCTL = 4,
    FIQEN = 8,
    CBPR = 0x10,
    EOIMODE = 0x200,

    SGI_OTHERS = 1 << 24,
    SGI_SELF = 2 << 24,
    SPURIOUS = 1023,
    IDLE = 0xff,
};

struct rig {
    struct gicv2 gic;
    unsigned cpu; /* who accesses */
    bool irq[GIC_MAX_CPUS], fiq[GIC_MAX_CPUS];
};

static inline void rig_set_irq(void *owner, unsigned cpu, bool level)
{
    ((struct rig *)owner)->irq[cpu] = level;
}

static inline void rig_set_fiq(void *owner, unsigned cpu, bool level)
{
    ((struct rig *)owner)->fiq[cpu] = level;
}

static inline unsigned rig_accessor(void *owner)
{
    return ((struct rig *)owner)->cpu;
}

/* A GIC out of reset, its outputs connected. */
static inline void rig_init(struct rig *r, unsigned cpus, unsigned spis)
{
    *r = (struct rig){0};
    gicv2_init(&r->gic, cpus, spis);
    r->gic.accessor = rig_accessor;
    r->gic.accessor_owner = r;
    for (unsigned i = 0; i < cpus; i++) {
        r->gic.irq[i] = (struct irq_line){rig_set_irq, r, i};
        r->gic.fiq[i] = (struct irq_line){rig_set_fiq, r, i};
    }
}

static inline u32 dist_read(struct rig *r, u64 offset)
{
    return (u32)gicv2_dist_ops.read(&r->gic, offset, 4);
}

static inline void dist_write(struct rig *r, u64 offset, u32 value)
{
    gicv2_dist_ops.write(&r->gic, offset, 4, value);
}

static inline void dist_write_byte(struct rig *r, u64 offset, u8 value)
{
    gicv2_dist_ops.write(&r->gic, offset, 1, value);
}

static inline u32 cpu_read(struct rig *r, unsigned cpu, u64 offset)
{
    r->cpu = cpu;
    return (u32)gicv2_cpu_ops.read(&r->gic, offset, 4);
}

static inline void cpu_write(struct rig *r, unsigned cpu, u64 offset, u32 value)
{
    r->cpu = cpu;
    gicv2_cpu_ops.write(&r->gic, offset, 4, value);
}

/* As Linux does it: both groups forwarded, all priorities let through. */
static inline void rig_enable(struct rig *r, u32 cpu_ctlr)
{
    dist_write(r, D_CTLR, ENABLE_GRP0 | ENABLE_GRP1);
    for (unsigned cpu = r->gic.cpus; cpu-- > 0;) {
        cpu_write(r, cpu, C_CTLR, cpu_ctlr);
        cpu_write(r, cpu, C_PMR, 0xff);
    }
}

/* Enable an interrupt of CPU 0 at a priority; an SPI also goes to CPU 0. */
static inline void rig_enable_intid(struct rig *r, unsigned intid, u8 priority)
{
    dist_write_byte(r, D_IPRIORITYR + intid, priority);
    dist_write_byte(r, D_ITARGETSR + intid, 1);
    dist_write(r, D_ISENABLER + intid / 32 * 4, UINT32_C(1) << intid % 32);
}

static inline void rig_raise(struct irq_line line)
{
    irq_set(&line, true);
}

static inline void rig_lower(struct irq_line line)
{
    irq_set(&line, false);
}

#endif
