/*
 * A GICv2 without the Security and Virtualization Extensions, as QEMU's virt
 * machine presents it: one distributor, up to eight CPU interfaces, and both
 * interrupt groups (Arm GIC Architecture Specification, IHI 0048B).
 *
 * What always holds between two accesses: every CPU interface knows its highest
 * priority pending interrupt and its running priority, and drives its IRQ and
 * FIQ lines accordingly. An SGI's latch is set exactly when it has a source.
 * Bits of INTIDs that are not implemented are 0 in every word.
 */
#ifndef GIC_GICV2_H
#define GIC_GICV2_H

#include "core/irq.h"
#include "core/log.h"
#include "core/types.h"
#include "mmu/bus.h"

enum {
    GIC_MAX_CPUS = 8,
    GIC_SGIS = 16,         /* INTIDs 0 to 15, software generated */
    GIC_PRIVATE = 32,      /* INTIDs 0 to 31 are banked for each CPU; 16 to 31 are PPIs */
    GIC_MAX_INTIDS = 1020, /* 1020 to 1023 are special */
    GIC_MAX_SPIS = GIC_MAX_INTIDS - GIC_PRIVATE,
    GIC_SPURIOUS_GROUP1 = 1022, /* there is one, but ask by the aliased register */
    GIC_SPURIOUS = 1023,
    GIC_SHARED_WORDS = 31,
    GIC_APRS = 4,               /* 128 group priorities, one bit each */
    GIC_PRIORITY_LOWEST = 0xff, /* never forwarded */
    GIC_PRIORITY_IDLE = 0x100,  /* the running priority when none runs */
    GIC_WINDOW = 0x10000,       /* bytes, of either register window on virt */
};

/* GICD_CTLR and GICC_CTLR have the group enables in the same bits. */
enum {
    GIC_ENABLE_GROUP0 = 1 << 0,
    GIC_ENABLE_GROUP1 = 1 << 1,
    GIC_ENABLE_GROUPS = GIC_ENABLE_GROUP0 | GIC_ENABLE_GROUP1,
    GICC_CTLR_ACKCTL = 1 << 2,
    GICC_CTLR_FIQEN = 1 << 3,
    GICC_CTLR_CBPR = 1 << 4,
    GICC_CTLR_EOIMODE = 1 << 9,
};

/* What the distributor keeps of 32 INTIDs, the lowest in bit 0. */
struct gicv2_word {
    u32 group;   /* GICD_IGROUPR */
    u32 enabled; /* GICD_ISENABLER */
    u32 latched; /* pending by an edge, by GICD_ISPENDR or by GICD_SGIR */
    u32 active;  /* GICD_ISACTIVER */
    u32 edge;    /* edge-triggered, from GICD_ICFGR */
    u32 line;    /* the input is asserted; a wire, which reset does not touch */
};

/* A CPU interface and what the distributor banks for it. */
struct gicv2_cpu {
    unsigned running;       /* priority, or GIC_PRIORITY_IDLE */
    unsigned hppi;          /* INTID, or GIC_SPURIOUS */
    unsigned hppi_group;    /* 0 or 1; meaningful while there is an hppi */
    unsigned hppi_priority; /* likewise */
    u32 ctlr;
    u8 pmr, bpr, abpr;
    u32 apr[2][GIC_APRS]; /* GICC_APR and GICC_NSAPR: by group */
    struct gicv2_word banked;
    u32 targeted[GIC_SHARED_WORDS]; /* the SPIs that GICD_ITARGETSR sends here */
    u8 priority[GIC_PRIVATE];
    u8 sgi_sources[GIC_SGIS]; /* a bit for each CPU whose SGI pends here */
};

struct gicv2 {
    unsigned cpus, intids; /* intids counts the private ones once */
    u32 ctlr;
    struct gicv2_cpu cpu[GIC_MAX_CPUS];
    struct gicv2_word shared[GIC_SHARED_WORDS]; /* from INTID 32 on */
    u8 priority[GIC_SHARED_WORDS * 32];         /* from INTID 32 on */

    /* Handed in by the board after gicv2_init. */
    struct irq_line irq[GIC_MAX_CPUS], fiq[GIC_MAX_CPUS];
    unsigned (*accessor)(void *owner); /* the CPU that accesses; NULL: always CPU 0 */
    void *accessor_owner;
    const struct log *log; /* for guest errors; NULL says nothing */
};

/*
 * Make G a GIC in its reset state for CPUS (1 to 8) and SPIS (0 to 988) shared
 * interrupts, nothing connected. Numbers outside these are the board's bug.
 */
void gicv2_init(struct gicv2 *g, unsigned cpus, unsigned spis);

/* The input of an SPI, counted from 0 as the device tree does. */
struct irq_line gicv2_spi(struct gicv2 *g, unsigned spi);

/* The input of a CPU's PPI, by INTID: 16 to 31. */
struct irq_line gicv2_ppi(struct gicv2 *g, unsigned cpu, unsigned intid);

/* The two register windows; their state is a struct gicv2 for both. The first
 * also describes the second in the device tree: dt_place.base2 and size2. */
extern const struct mmio_ops gicv2_dist_ops;
extern const struct mmio_ops gicv2_cpu_ops;

/* --- between the files of this floor ------------------------------------- */

/* A register, or a row of them one after another: offsets in bytes, END exclusive. */
struct gicv2_register {
    u16 first, end;
    /* N counts words from FIRST. NULL reads as zero. */
    u32 (*read)(struct gicv2 *g, unsigned cpu, unsigned n);
    /* LANES has ones where the access writes, VALUE zeros elsewhere. NULL ignores. */
    void (*write)(struct gicv2 *g, unsigned cpu, unsigned n, u32 value, u32 lanes);
};

/* The registers of a window, and its name in messages. */
struct gicv2_registers {
    const char *name;
    const struct gicv2_register *rows;
    size_t count;
};

/* One access of SIZE bytes; what no row has is RAZ/WI and a guest error. */
u64 gicv2_read(struct gicv2 *g, const struct gicv2_registers *window, u64 offset, unsigned size);
void gicv2_write(struct gicv2 *g, const struct gicv2_registers *window, u64 offset, unsigned size,
                 u64 value);

/* The word that holds INTIDs 32 * N and up as CPU sees them. N from 0 to 31. */
static inline struct gicv2_word *gicv2_word(struct gicv2 *g, unsigned cpu, unsigned n)
{
    return n ? &g->shared[n - 1] : &g->cpu[cpu].banked;
}

/* The priority of INTID as CPU sees it. */
static inline u8 *gicv2_priority(struct gicv2 *g, unsigned cpu, unsigned intid)
{
    return intid < GIC_PRIVATE ? &g->cpu[cpu].priority[intid] : &g->priority[intid - GIC_PRIVATE];
}

/* Which of a word's INTIDs are pending, whatever makes them so. */
static inline u32 gicv2_pending(const struct gicv2_word *w)
{
    return w->latched | (w->line & ~w->edge);
}

/* After a change of a CPU's banked state or interface: decide anew what it signals. */
void gicv2_update(struct gicv2 *g, unsigned cpu);
void gicv2_update_all(struct gicv2 *g);
/* After a change of one INTID's state, private to CPU or shared. */
void gicv2_update_intid(struct gicv2 *g, unsigned cpu, unsigned intid);
/* After a change of the CPU interface alone: its highest pending stays what it was. */
void gicv2_signal(struct gicv2 *g, unsigned cpu);

/* Whether the CPU's highest priority pending interrupt may interrupt it now. */
bool gicv2_can_signal(const struct gicv2 *g, unsigned cpu);
/* The bits of a priority that decide preemption for GROUP on this CPU interface. */
unsigned gicv2_group_priority_mask(const struct gicv2_cpu *c, unsigned group);

#endif
