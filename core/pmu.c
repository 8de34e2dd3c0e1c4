/*
 * The counters of the PMU: see pmu.h.
 */
#include "core/pmu.h"

#include "core/sysreg_hooks.h"

enum {
    EVENT_SW_INCR = 0x00,
    EVENT_INST_RETIRED = 0x08,
    EVENT_CPU_CYCLES = 0x11,
    CYCLE_COUNTER = 31, /* its number in the masks */
    FILTER_P = 31,      /* not at EL1 */
    FILTER_U = 30,      /* not at EL0 */
};

static enum sysreg value_of(unsigned n)
{
    return n == CYCLE_COUNTER ? PMCCNTR_EL0 : (enum sysreg)(PMEVCNTR0_EL0 + n);
}

static u64 type_of(const struct cpu *c, unsigned n)
{
    return c->sys[n == CYCLE_COUNTER ? PMCCFILTR_EL0 : (enum sysreg)(PMEVTYPER0_EL0 + n)];
}

static unsigned event_of(const struct cpu *c, unsigned n)
{
    return n == CYCLE_COUNTER ? EVENT_CPU_CYCLES : (unsigned)bits(type_of(c, n), 9, 0);
}

/* AArch64.CountEvents for the current EL; N is enabled by PMCNTENSET_EL0 already. */
static bool counts_here(const struct cpu *c, unsigned n)
{
    return (c->sys[PMCR_EL0] & PMCR_E) && !bit(type_of(c, n), c->el ? FILTER_P : FILTER_U);
}

static bool counts_instructions(const struct cpu *c, unsigned n)
{
    unsigned event = event_of(c, n);
    return (event == EVENT_INST_RETIRED || event == EVENT_CPU_CYCLES) && counts_here(c, n);
}

/* The largest value: the cycle counter has 64 bits (PMCR_EL0.LC is RES1 without AArch32). */
static u64 last_value(unsigned n)
{
    return n == CYCLE_COUNTER ? UINT64_MAX : ones(32);
}

static void add(struct cpu *c, unsigned n, u64 count)
{
    u64 *value = &c->sys[value_of(n)];
    if (count > last_value(n) - *value)
        c->sys[PMOVSSET_EL0] |= BIT(n);
    *value = (*value + count) & last_value(n);
}

static bool interrupt_level(const struct cpu *c)
{
    return (c->sys[PMCR_EL0] & PMCR_E) && (c->sys[PMOVSSET_EL0] & c->sys[PMINTENSET_EL1]);
}

/* Count the instructions before number NOW, if that is not done yet. */
static void sync_to(struct cpu *c, u64 now)
{
    u64 count = now - c->sys[SYS_PMU_SYNCED];
    bool level = interrupt_level(c);
    if ((s64)count <= 0)
        return;
    c->sys[SYS_PMU_SYNCED] = now;
    for (u64 left = c->sys[PMCNTENSET_EL0]; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctzll(left);
        if (counts_instructions(c, n))
            add(c, n, count);
    }
    if (interrupt_level(c) != level)
        cpu_kick_machine(c);
}

void pmu_sync(struct cpu *c)
{
    sync_to(c, cpu_icount(c));
}

/* An ERET in execution still counts for the level that it leaves. */
void pmu_leave_level(struct cpu *c)
{
    sync_to(c, cpu_icount(c) + c->in_engine);
}

void pmu_software_increment(struct cpu *c, u64 mask)
{
    pmu_sync(c);
    bool level = interrupt_level(c);
    for (u64 left = mask & c->sys[PMCNTENSET_EL0]; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctzll(left);
        if (event_of(c, n) == EVENT_SW_INCR && counts_here(c, n))
            add(c, n, 1);
    }
    if (interrupt_level(c) != level)
        cpu_kick_machine(c);
}

bool pmu_interrupt(struct cpu *c)
{
    pmu_sync(c);
    return interrupt_level(c);
}

u64 pmu_instructions_to_overflow(struct cpu *c)
{
    u64 soonest = UINT64_MAX;
    if (!(c->sys[PMCR_EL0] & PMCR_E))
        return soonest;
    pmu_sync(c);
    u64 wanted = c->sys[PMCNTENSET_EL0] & c->sys[PMINTENSET_EL1] & ~c->sys[PMOVSSET_EL0];
    for (; wanted; wanted &= wanted - 1) {
        unsigned n = (unsigned)__builtin_ctzll(wanted);
        u64 left = last_value(n) - c->sys[value_of(n)];
        if (counts_instructions(c, n) && left < soonest)
            soonest = left + 1;
    }
    return soonest;
}

void pmu_reset(struct cpu *c)
{
    c->sys[SYS_PMU_SYNCED] = cpu_icount(c);
}
