/*
 * The PMU's registers (DDI 0487, D19.5); counting is in pmu.c. Masks of counters
 * (enable, overflow, interrupt enable) are kept in their ...SET register.
 */
#include "core/pmu.h"
#include "core/sysreg_hooks.h"

enum { PMCR_P = 2, PMCR_C = 4, SELECT_CYCLES = 31 };

/* After a change of what counts or interrupts; the counters are in sync. */
static void changed(struct cpu *c)
{
    cpu_kick_machine(c);
}

static void set_mask(struct cpu *c, enum sysreg r, u64 mask)
{
    pmu_sync(c);
    c->sys[r] = mask;
    changed(c);
}

u64 read_pmcr(struct cpu *c, enum sysreg r)
{
    return c->sys[PMCR_EL0];
}

void write_pmcr(struct cpu *c, enum sysreg r, u64 value)
{
    pmu_sync(c);
    if (value & PMCR_P)
        for (unsigned n = 0; n < c->model->pmu_counters; n++)
            c->sys[PMEVCNTR0_EL0 + n] = 0;
    if (value & PMCR_C)
        c->sys[PMCCNTR_EL0] = 0;
    c->sys[PMCR_EL0] = value & ~(u64)(PMCR_P | PMCR_C);
    changed(c);
}

void write_pmcntenset(struct cpu *c, enum sysreg r, u64 value)
{
    set_mask(c, PMCNTENSET_EL0, c->sys[PMCNTENSET_EL0] | value);
}

u64 read_pmcntenclr(struct cpu *c, enum sysreg r)
{
    return c->sys[PMCNTENSET_EL0];
}

void write_pmcntenclr(struct cpu *c, enum sysreg r, u64 value)
{
    set_mask(c, PMCNTENSET_EL0, c->sys[PMCNTENSET_EL0] & ~value);
}

void write_pmintenset(struct cpu *c, enum sysreg r, u64 value)
{
    set_mask(c, PMINTENSET_EL1, c->sys[PMINTENSET_EL1] | value);
}

u64 read_pmintenclr(struct cpu *c, enum sysreg r)
{
    return c->sys[PMINTENSET_EL1];
}

void write_pmintenclr(struct cpu *c, enum sysreg r, u64 value)
{
    set_mask(c, PMINTENSET_EL1, c->sys[PMINTENSET_EL1] & ~value);
}

u64 read_pmovs(struct cpu *c, enum sysreg r)
{
    pmu_sync(c);
    return c->sys[PMOVSSET_EL0];
}

/* Overflows up to now are in before the write takes effect. */
void write_pmovsset(struct cpu *c, enum sysreg r, u64 value)
{
    pmu_sync(c);
    c->sys[PMOVSSET_EL0] |= value & PM_MASK;
    changed(c);
}

void write_pmovsclr(struct cpu *c, enum sysreg r, u64 value)
{
    pmu_sync(c);
    c->sys[PMOVSSET_EL0] &= ~value;
    changed(c);
}

void write_pmswinc(struct cpu *c, enum sysreg r, u64 value)
{
    pmu_software_increment(c, value & ~PM_CYCLE);
}

u64 read_pmccntr(struct cpu *c, enum sysreg r)
{
    pmu_sync(c);
    return c->sys[PMCCNTR_EL0];
}

void write_pmccntr(struct cpu *c, enum sysreg r, u64 value)
{
    pmu_sync(c);
    c->sys[PMCCNTR_EL0] = value;
    changed(c);
}

/* Event types and filters: PMEVTYPER<n>_EL0, PMCCFILTR_EL0. */
void write_pm_control(struct cpu *c, enum sysreg r, u64 value)
{
    set_mask(c, r, value);
}

u64 read_pmevcntr(struct cpu *c, enum sysreg r)
{
    pmu_sync(c);
    return c->sys[r];
}

void write_pmevcntr(struct cpu *c, enum sysreg r, u64 value)
{
    set_mask(c, r, value);
}

/* PMSELR_EL0 selects no counter: RAZ/WI, which CONSTRAINED UNPREDICTABLE allows. */
static bool none_selected(const struct cpu *c)
{
    return c->sys[PMSELR_EL0] >= c->model->pmu_counters;
}

u64 read_pmxevtyper(struct cpu *c, enum sysreg r)
{
    u64 n = c->sys[PMSELR_EL0];
    if (n == SELECT_CYCLES)
        return c->sys[PMCCFILTR_EL0];
    return none_selected(c) ? 0 : c->sys[PMEVTYPER0_EL0 + n];
}

void write_pmxevtyper(struct cpu *c, enum sysreg r, u64 value)
{
    u64 n = c->sys[PMSELR_EL0];
    if (n == SELECT_CYCLES)
        write_pm_control(c, PMCCFILTR_EL0, value & PM_FILTERS);
    else if (!none_selected(c))
        write_pm_control(c, (enum sysreg)(PMEVTYPER0_EL0 + n), value);
}

u64 read_pmxevcntr(struct cpu *c, enum sysreg r)
{
    return none_selected(c) ? 0
                            : read_pmevcntr(c, (enum sysreg)(PMEVCNTR0_EL0 + c->sys[PMSELR_EL0]));
}

void write_pmxevcntr(struct cpu *c, enum sysreg r, u64 value)
{
    if (!none_selected(c))
        write_pmevcntr(c, (enum sysreg)(PMEVCNTR0_EL0 + c->sys[PMSELR_EL0]), value);
}
