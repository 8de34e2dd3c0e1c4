/*
 * The PMU (DDI 0487, D13 and D19.5). A cycle is an instruction here, so that counts
 * are exact: programs of NOPs are run and the counters read.
 */
#include <criterion/criterion.h>

#include "core/pmu.h"
#include "tests/unit/harness.h"

enum {
    NOP = 0xd503201f,
    SVC = 0xd4000001,
    ERET = 0xd69f03e0,
    E = 1, /* PMCR_EL0 */
    P = 2,
    C = 4,
    SW_INCR = 0x00, /* events */
    INST_RETIRED = 0x08,
    CPU_CYCLES = 0x11,
    L1D_CACHE = 0x04, /* not implemented */
};

#define FILTER_P  UINT64_C(0x80000000)
#define FILTER_U  UINT64_C(0x40000000)
#define CYCLES    UINT64_C(0x80000000) /* the cycle counter in masks */
#define NOT_EVENT 0x3ff

static struct harness *setup(void)
{
    struct harness *h = harness_create("cortex-a57");
    u32 nops[256];
    for (unsigned i = 0; i < ARRAY_LEN(nops); i++)
        nops[i] = NOP;
    harness_code(h, nops, ARRAY_LEN(nops));
    return h;
}

/* Run COUNT instructions from HARNESS_CODE, which do nothing. */
static void run(struct harness *h, u64 count)
{
    h->cpu->pc = HARNESS_CODE;
    harness_step(h, count);
}

static u64 get(struct harness *h, enum sysreg r)
{
    return sysreg_peek(h->cpu, r);
}

Test(pmu, counts_instructions)
{
    struct harness *h = setup();
    run(h, 10);
    cr_expect(get(h, PMCCNTR_EL0) == 0, "disabled at reset");
    harness_msr(h, PMEVTYPER1_EL0, INST_RETIRED);
    harness_msr(h, PMEVTYPER2_EL0, CPU_CYCLES);
    harness_msr(h, PMEVTYPER3_EL0, L1D_CACHE);
    harness_msr(h, PMEVTYPER4_EL0, SW_INCR);
    harness_msr(h, PMCNTENSET_EL0, CYCLES | 0x1e);
    run(h, 10);
    cr_expect(get(h, PMCCNTR_EL0) == 0, "PMCR.E");
    harness_msr(h, PMCR_EL0, E);
    run(h, 100);
    cr_expect(get(h, PMCCNTR_EL0) == 100);
    cr_expect(get(h, PMEVCNTR0_EL0) == 0, "not enabled");
    cr_expect(get(h, PMEVCNTR1_EL0) == 100 && get(h, PMEVCNTR2_EL0) == 100);
    cr_expect(get(h, PMEVCNTR3_EL0) == 0 && get(h, PMEVCNTR4_EL0) == 0);
    harness_msr(h, PMCNTENCLR_EL0, CYCLES | 2);
    run(h, 50);
    cr_expect(get(h, PMCCNTR_EL0) == 100 && get(h, PMEVCNTR1_EL0) == 100);
    cr_expect(get(h, PMEVCNTR2_EL0) == 150);
    cr_expect(get(h, PMCNTENSET_EL0) == 0x1c && get(h, PMCNTENCLR_EL0) == 0x1c);
    harness_destroy(h);
}

/* A counter read by the program it counts sees the instructions before the read. */
Test(pmu, read_from_inside)
{
    static const u32 code[] = {
        0xd53b9d00,                  /* mrs x0, pmccntr_el0 */
        NOP,        NOP, 0xd53b9d01, /* mrs x1, pmccntr_el0 */
        NOP,
    };
    struct harness *h = harness_create("cortex-a57");
    harness_code(h, code, ARRAY_LEN(code));
    harness_msr(h, PMCNTENSET_EL0, CYCLES);
    harness_msr(h, PMCR_EL0, E);
    harness_step(h, 5);
    cr_expect(h->cpu->x[1] - h->cpu->x[0] == 3);
    cr_expect(get(h, PMCCNTR_EL0) == 5);
    harness_destroy(h);
}

Test(pmu, resets_and_writes)
{
    struct harness *h = setup();
    harness_msr(h, PMEVTYPER0_EL0, INST_RETIRED);
    harness_msr(h, PMCNTENSET_EL0, CYCLES | 1);
    harness_msr(h, PMCR_EL0, E);
    run(h, 30);
    harness_msr(h, PMCR_EL0, E | C);
    run(h, 1);
    cr_expect(get(h, PMCCNTR_EL0) == 1 && get(h, PMEVCNTR0_EL0) == 31);
    harness_msr(h, PMCR_EL0, E | P);
    run(h, 2);
    cr_expect(get(h, PMCCNTR_EL0) == 3 && get(h, PMEVCNTR0_EL0) == 2);
    harness_msr(h, PMCCNTR_EL0, 0x123456789);
    harness_msr(h, PMEVCNTR0_EL0, 0xabcd);
    run(h, 1);
    cr_expect(get(h, PMCCNTR_EL0) == 0x12345678a && get(h, PMEVCNTR0_EL0) == 0xabce);
    harness_msr(h, PMCR_EL0, 0);
    run(h, 9);
    cr_expect(get(h, PMCCNTR_EL0) == 0x12345678a, "stopped");
    harness_destroy(h);
}

Test(pmu, selected_counter)
{
    struct harness *h = setup();
    harness_msr(h, PMSELR_EL0, 3);
    harness_msr(h, PMXEVTYPER_EL0, FILTER_U | INST_RETIRED);
    harness_msr(h, PMXEVCNTR_EL0, 5);
    cr_expect(get(h, PMEVTYPER3_EL0) == (FILTER_U | INST_RETIRED) && get(h, PMEVCNTR3_EL0) == 5);
    cr_expect(get(h, PMXEVTYPER_EL0) == (FILTER_U | INST_RETIRED) && get(h, PMXEVCNTR_EL0) == 5);
    harness_msr(h, PMSELR_EL0, 31);
    harness_msr(h, PMXEVTYPER_EL0, FILTER_P | NOT_EVENT);
    cr_expect(get(h, PMCCFILTR_EL0) == FILTER_P && get(h, PMXEVTYPER_EL0) == FILTER_P);
    harness_msr(h, PMSELR_EL0, 6);
    harness_msr(h, PMXEVTYPER_EL0, UINT64_MAX);
    harness_msr(h, PMXEVCNTR_EL0, UINT64_MAX);
    cr_expect(get(h, PMXEVTYPER_EL0) == 0 && get(h, PMXEVCNTR_EL0) == 0, "no such counter");
    harness_destroy(h);
}

/* P and U keep a counter from counting at EL1 and EL0 (D19.5.9). */
Test(pmu, filters_by_exception_level)
{
    struct harness *h = setup();
    struct cpu *c = h->cpu;
    u32 eret = ERET, svc = SVC;
    harness_write(h, HARNESS_VECTORS + 0x400, &eret, 4);
    harness_write(h, HARNESS_CODE + 4 * 20, &svc, 4);
    harness_msr(h, PMEVTYPER0_EL0, INST_RETIRED);
    harness_msr(h, PMEVTYPER1_EL0, INST_RETIRED | FILTER_P);
    harness_msr(h, PMEVTYPER2_EL0, INST_RETIRED | FILTER_U);
    harness_msr(h, PMEVTYPER3_EL0, INST_RETIRED | FILTER_P | FILTER_U);
    harness_msr(h, PMCCFILTR_EL0, FILTER_P);
    harness_msr(h, PMCNTENSET_EL0, CYCLES | 0xf);
    cpu_set_el(c, 0, 0);
    harness_msr(h, PMCR_EL0, E);
    run(h, 20 + 1 /* SVC */ + 1 /* ERET */ + 7);
    cr_expect(get(h, PMEVCNTR0_EL0) == 29);
    cr_expect(get(h, PMEVCNTR1_EL0) == 28 && get(h, PMCCNTR_EL0) == 28);
    cr_expect(get(h, PMEVCNTR2_EL0) == 1);
    cr_expect(get(h, PMEVCNTR3_EL0) == 0);
    harness_destroy(h);
}

Test(pmu, software_increment)
{
    struct harness *h = setup();
    harness_msr(h, PMEVTYPER0_EL0, SW_INCR);
    harness_msr(h, PMEVTYPER1_EL0, SW_INCR);
    harness_msr(h, PMEVTYPER2_EL0, INST_RETIRED);
    harness_msr(h, PMEVTYPER3_EL0, SW_INCR | FILTER_P);
    harness_msr(h, PMCNTENSET_EL0, 0xd);
    harness_msr(h, PMSWINC_EL0, 0xf);
    cr_expect(get(h, PMEVCNTR0_EL0) == 0, "PMCR.E");
    harness_msr(h, PMCR_EL0, E);
    harness_msr(h, PMSWINC_EL0, 0x8000000f);
    harness_msr(h, PMSWINC_EL0, 0x1);
    cr_expect(get(h, PMEVCNTR0_EL0) == 2);
    cr_expect(get(h, PMEVCNTR1_EL0) == 0, "not enabled");
    cr_expect(get(h, PMEVCNTR2_EL0) == 0, "another event");
    cr_expect(get(h, PMEVCNTR3_EL0) == 0, "filtered at EL1");
    cr_expect(get(h, PMCCNTR_EL0) == 0);
    harness_destroy(h);
}

Test(pmu, overflow)
{
    struct harness *h = setup();
    harness_msr(h, PMEVTYPER5_EL0, INST_RETIRED);
    harness_msr(h, PMCNTENSET_EL0, CYCLES | 0x20);
    harness_msr(h, PMCR_EL0, E);
    harness_msr(h, PMEVCNTR5_EL0, 0xfffffff6);
    harness_msr(h, PMCCNTR_EL0, 0xffffffff);
    run(h, 9);
    cr_expect(get(h, PMOVSCLR_EL0) == 0 && get(h, PMEVCNTR5_EL0) == 0xffffffff);
    run(h, 1);
    cr_expect(get(h, PMOVSCLR_EL0) == 0x20 && get(h, PMEVCNTR5_EL0) == 0);
    cr_expect(get(h, PMCCNTR_EL0) == 0x100000009, "64 bits: LC is RES1");
    harness_msr(h, PMCCNTR_EL0, UINT64_MAX - 1);
    run(h, 2);
    cr_expect(get(h, PMOVSSET_EL0) == (CYCLES | 0x20) && get(h, PMCCNTR_EL0) == 0);
    harness_msr(h, PMOVSCLR_EL0, 0x20);
    cr_expect(get(h, PMOVSSET_EL0) == CYCLES);
    harness_msr(h, PMOVSSET_EL0, UINT64_C(0x100000003));
    cr_expect(get(h, PMOVSCLR_EL0) == (CYCLES | 3));
    harness_destroy(h);
}

/* Level: PMCR.E, and an overflow flag with its enable. */
Test(pmu, interrupt)
{
    struct harness *h = setup();
    struct cpu *c = h->cpu;
    harness_msr(h, PMEVTYPER0_EL0, INST_RETIRED);
    harness_msr(h, PMCNTENSET_EL0, 1);
    harness_msr(h, PMEVCNTR0_EL0, 0xffffffff - 99);
    cr_expect(pmu_instructions_to_overflow(c) == UINT64_MAX);
    harness_msr(h, PMCR_EL0, E);
    cr_expect(pmu_instructions_to_overflow(c) == UINT64_MAX, "not enabled to interrupt");
    harness_msr(h, PMINTENSET_EL1, CYCLES | 1);
    cr_expect(pmu_instructions_to_overflow(c) == 100);
    run(h, 40);
    cr_expect(pmu_instructions_to_overflow(c) == 60 && !pmu_interrupt(c));
    run(h, 60);
    cr_expect(pmu_interrupt(c) && pmu_instructions_to_overflow(c) == UINT64_MAX);
    harness_msr(h, PMINTENCLR_EL1, 1);
    cr_expect(!pmu_interrupt(c));
    harness_msr(h, PMINTENSET_EL1, 1);
    cr_expect(pmu_interrupt(c));
    harness_msr(h, PMCR_EL0, 0);
    cr_expect(!pmu_interrupt(c));
    harness_msr(h, PMCR_EL0, E);
    harness_msr(h, PMOVSCLR_EL0, 1);
    cr_expect(!pmu_interrupt(c));
    harness_destroy(h);
}

/* A counter that does not count at this level cannot overflow here. */
Test(pmu, overflow_waits_for_the_level)
{
    struct harness *h = setup();
    harness_msr(h, PMEVTYPER0_EL0, INST_RETIRED | FILTER_P);
    harness_msr(h, PMCNTENSET_EL0, 1);
    harness_msr(h, PMINTENSET_EL1, 1);
    harness_msr(h, PMEVCNTR0_EL0, 0xfffffff0);
    harness_msr(h, PMCR_EL0, E);
    cr_expect(pmu_instructions_to_overflow(h->cpu) == UINT64_MAX);
    cpu_set_el(h->cpu, 0, 0);
    cr_expect(pmu_instructions_to_overflow(h->cpu) == 16);
    harness_destroy(h);
}

/* What changes the interrupt or its time makes cpu_run return. */
Test(pmu, changes_return_to_the_machine)
{
    struct harness *h = setup();
    h->cpu->kick = 0;
    harness_msr(h, PMCR_EL0, E);
    cr_expect(h->cpu->kick & KICK_MACHINE);
    harness_destroy(h);
}

Test(pmu, reset)
{
    struct harness *h = setup();
    harness_msr(h, PMCNTENSET_EL0, CYCLES);
    harness_msr(h, PMCR_EL0, E);
    run(h, 77);
    cpu_reset(h->cpu);
    cr_expect(get(h, PMCCNTR_EL0) == 0 && get(h, PMCNTENSET_EL0) == 0);
    harness_msr(h, PMCNTENSET_EL0, CYCLES);
    harness_msr(h, PMCR_EL0, E);
    run(h, 5);
    cr_expect(get(h, PMCCNTR_EL0) == 5);
    harness_destroy(h);
}
