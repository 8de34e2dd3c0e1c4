/*
 * The Performance Monitors Extension, PMUv3 (DDI 0487, chapter D13): a cycle
 * counter and event counters, registers in core/sysreg_pmu.c.
 *
 * What is counted is instructions (cpu_icount): INST_RETIRED is exact, and a
 * cycle is one instruction, so that counts do not depend on the host. SW_INCR
 * counts writes of PMSWINC_EL0. Between two synchronisations the counters in
 * cpu.sys are behind by the instructions executed since.
 */
#ifndef CORE_PMU_H
#define CORE_PMU_H

#include "core/cpu.h"

enum { PMCR_E = 1 };

/* Bring the counters and overflow flags up to date; before anything that reads or changes them. */
void pmu_sync(struct cpu *c);

/* To be called while cpu.el is still the old level: counters may stop or start here. */
void pmu_leave_level(struct cpu *c);

static inline void pmu_el_changing(struct cpu *c)
{
    if (unlikely(c->sys[PMCR_EL0] & PMCR_E))
        pmu_leave_level(c);
}

/* PMSWINC_EL0: one SW_INCR event for the counters in MASK. */
void pmu_software_increment(struct cpu *c, u64 mask);

/*
 * The level of the overflow interrupt, and after how many further instructions at
 * the current exception level it may rise by itself (UINT64_MAX: not). Whoever
 * calls cpu_run asks for both each time: registers that change the answer make
 * cpu_run return (cpu_kick_machine).
 */
bool pmu_interrupt(struct cpu *c);
u64 pmu_instructions_to_overflow(struct cpu *c);

/* Counting starts anew; part of sysreg_reset. */
void pmu_reset(struct cpu *c);

#endif
