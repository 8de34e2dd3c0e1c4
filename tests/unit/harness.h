/*
 * A CPU on bare RAM, for tests of instructions: put words at CODE, set registers,
 * run, look. The MMU is off, or on with a flat map of everything as Normal memory.
 */
#ifndef TESTS_UNIT_HARNESS_H
#define TESTS_UNIT_HARNESS_H

#include <stdlib.h>
#include <string.h>

#include "core/engine/engine.h"
#include "core/model.h"

#define HARNESS_RAM     UINT64_C(0x40000000)
#define HARNESS_SIZE    UINT64_C(0x400000)
#define HARNESS_CODE    (HARNESS_RAM + 0x10000) /* where words go */
#define HARNESS_DATA    (HARNESS_RAM + 0x20000) /* for the test's use */
#define HARNESS_VECTORS (HARNESS_RAM + 0x8000)  /* VBAR_EL1 */
#define HARNESS_TABLES  (HARNESS_RAM + 0x1000)

/* Set in the environment: all that a harness runs is executed in chains. */
#define HARNESS_CHAINS "TEST_CHAINS"

struct harness {
    struct bus bus;
    struct clock clock;
    struct engine engine;
    struct cpu *cpu;
    u64 now; /* ns: what the clock says */
};

static u64 harness_time(void *owner)
{
    return ((struct harness *)owner)->now;
}

/* A CPU of MODEL ("max" unless the test cares) at EL1, SIMD enabled, DAIF masked. */
static inline struct harness *harness_create(const char *model)
{
    struct harness *h = calloc(1, sizeof(*h));
    const struct cpu_model *m = model_find(model);
    h->clock.source = harness_time;
    h->clock.owner = h;
    bus_add_ram(&h->bus, "ram", HARNESS_RAM, HARNESS_SIZE);
    engine_init(&h->engine, &h->bus, m->features);
    h->engine.chains.use = getenv(HARNESS_CHAINS) ? CHAIN_ALWAYS : CHAIN_HOT;
    h->cpu = cpu_create(m, 0, &h->bus, &h->clock, &h->engine);
    h->cpu->sys[CPACR_EL1] = 3 << 20;
    h->cpu->sys[VBAR_EL1] = HARNESS_VECTORS;
    cpu_regime_changed(h->cpu);
    return h;
}

static inline void harness_destroy(struct harness *h)
{
    cpu_destroy(h->cpu);
    engine_destroy(&h->engine);
    bus_destroy(&h->bus);
    free(h);
}

static inline void harness_write(struct harness *h, u64 pa, const void *from, u64 len)
{
    bus_dma_write(&h->bus, pa, from, len);
}

static inline u64 harness_read64(struct harness *h, u64 pa)
{
    u64 v = 0;
    bus_dma_read(&h->bus, pa, &v, 8);
    return v;
}

static inline void harness_msr(struct harness *h, enum sysreg r, u64 value)
{
    sysreg_poke(h->cpu, r, value);
}

/* Turn the MMU on: 1 GiB at address 0x40000000 flat, Normal, EL1 and EL0 read, write, execute at
 * EL0. */
static inline void harness_mmu_on(struct harness *h, bool el0)
{
    enum { BLOCK = 1, AF = 1 << 10, AP_EL0 = 1 << 6, SH = 3 << 8 };
    u64 l1[2] = {0, HARNESS_RAM | BLOCK | AF | SH | (el0 ? AP_EL0 : 0)};
    harness_write(h, HARNESS_TABLES, l1, sizeof(l1));
    harness_msr(h, MAIR_EL1, 0xff);
    harness_msr(h, TCR_EL1, UINT64_C(25) | UINT64_C(1) << 23); /* T0SZ: 39 bits; EPD1 */
    harness_msr(h, TTBR0_EL1, HARNESS_TABLES);
    harness_msr(h, SCTLR_EL1, sysreg_peek(h->cpu, SCTLR_EL1) | 1);
}

/* Put COUNT words at HARNESS_CODE and point the PC there. */
static inline void harness_code(struct harness *h, const u32 *words, unsigned count)
{
    harness_write(h, HARNESS_CODE, words, 4 * (u64)count);
    h->cpu->pc = HARNESS_CODE;
}

/* Execute exactly COUNT instructions with the threaded engine, or with the stepping loop. */
static inline void harness_run(struct harness *h, u64 count)
{
    u64 end = h->cpu->icount + count;
    while (h->cpu->icount < end && cpu_run(h->cpu, end - h->cpu->icount) != STOP_WFI)
        ;
}

static inline void harness_step(struct harness *h, u64 count)
{
    while (count--)
        cpu_step(h->cpu);
}

#endif
