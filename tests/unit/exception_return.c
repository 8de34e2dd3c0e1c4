/*
 * Exception returns: where they go, which are illegal and what those do (DDI 0487,
 * D1.3.2, D1.4.5, AArch64.ExceptionReturn, ELStateAtReturn), and the banked stack
 * pointers.
 */
#include "tests/unit/guest_rig.h"

#define TARGET      (HARNESS_CODE + 0x100)
#define ILLEGAL     ESR(0x0e, 0)
#define ERET_LENGTH 2 /* instructions of the program */

/* ERET from EL1h to TARGET with SPSR; the CPU stops there. */
static void eret(struct guest *g, u64 spsr)
{
    guest_load_at(g, "target", TARGET);
    guest_start_el1(g, "eret");
    harness_msr(g->h, ELR_EL1, TARGET);
    harness_msr(g->h, SPSR_EL1, spsr);
    guest_run_limited(g, ERET_LENGTH);
    cr_assert_eq(g->c->pc, TARGET);
}

GUEST_TEST(exception_return, to_each_level, "cortex-a57")
{
    static const u64 flags[] = {0, SPSR_N, SPSR_Z, SPSR_C, SPSR_V, SPSR_N | SPSR_C};
    static const u64 modes[] = {SPSR_EL0T, SPSR_EL1T, SPSR_EL1H};
    cpu_set_sp(g->c, 0, 0x1110);
    cpu_set_sp(g->c, 1, 0x2220);
    for (unsigned m = 0; m < ARRAY_LEN(modes); m++) {
        for (unsigned i = 0; i < ARRAY_LEN(flags); i++) {
            for (u64 daif = 0; daif < 16; daif++) {
                u64 spsr = modes[m] | flags[i] | daif << 6;
                eret(g, spsr);
                cr_expect_eq(cpu_pstate(g->c), spsr);
                guest_run(g);
                static const u64 vectors[] = {FROM_EL0, FROM_EL1T, FROM_EL1H};
                EXPECT_TAKEN(g, .vector = vectors[m], .esr = ESR_DONE, .elr = TARGET + 8,
                             .spsr = spsr);
                cr_expect_eq(g->c->x[5], modes[m] == SPSR_EL1H ? 0x2220 : 0x1110);
            }
        }
    }
}

/*
 * M[4:0] that can't be returned to without EL2, EL3 and AArch32: the PC is loaded,
 * and PSTATE but for EL and SP; IL is set, and the next instruction is not executed.
 */
GUEST_TEST(exception_return, illegal_modes, "cortex-a57")
{
    for (u64 m = 0; m < 32; m++) {
        if (m == SPSR_EL0T || m == SPSR_EL1T || m == SPSR_EL1H)
            continue;
        const u64 rest = SPSR_N | SPSR_V | UINT64_C(0x240); /* D and F */
        eret(g, m | rest);
        cr_expect_eq(cpu_pstate(g->c), SPSR_EL1H | rest | SPSR_IL, "M %#llx: PSTATE %#llx",
                     (unsigned long long)m, (unsigned long long)cpu_pstate(g->c));
        g->c->x[5] = 0;
        guest_run(g);
        EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = ILLEGAL, .elr = TARGET,
                     .spsr = SPSR_EL1H | rest | SPSR_IL);
        cr_expect_eq(g->c->x[5], 0);
    }
}

GUEST_TEST(exception_return, illegal_keeps_sp_el0, "cortex-a57")
{
    guest_load_at(g, "target", TARGET);
    guest_start(g, "eret", 1, 0);
    harness_msr(g->h, ELR_EL1, TARGET);
    harness_msr(g->h, SPSR_EL1, 0x9); /* EL2h */
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1T, .esr = ILLEGAL, .elr = TARGET,
                 .spsr = SPSR_EL1T | SPSR_IL);
}

/* SPSR.IL = 1 with a mode that is legal: PSTATE.IL is set at the target's level. */
GUEST_TEST(exception_return, il_in_spsr, "cortex-a57")
{
    eret(g, SPSR_EL0T | SPSR_IL);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ILLEGAL, .elr = TARGET, .spsr = SPSR_EL0T | SPSR_IL);
    eret(g, SPSR_EL1T | SPSR_IL);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1T, .esr = ILLEGAL, .elr = TARGET,
                 .spsr = SPSR_EL1T | SPSR_IL);
}

/* A pending interrupt is taken in the illegal state, too, and IL waits in SPSR. */
GUEST_TEST(exception_return, interrupt_in_illegal_state, "cortex-a57")
{
    cpu_set_interrupt(g->c, 0, true);
    eret(g, SPSR_EL1H | SPSR_IL);
    guest_run(g);
    cr_expect_eq(g->c->pc, HARNESS_VECTORS + FROM_EL1H + 0x80);
    cr_expect_eq(g->c->sys[SPSR_EL1], SPSR_EL1H | SPSR_IL);
    cr_expect_eq(g->c->sys[ELR_EL1], TARGET);
}

/* The PC is checked where it is used: an odd ELR faults behind the return (D1.3.2). */
GUEST_TEST(exception_return, misaligned_target, "cortex-a57")
{
    guest_start_el1(g, "eret");
    harness_msr(g->h, ELR_EL1, TARGET + 2);
    harness_msr(g->h, SPSR_EL1, SPSR_EL0T | SPSR_C);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x22, 0), .elr = TARGET + 2,
                 .spsr = SPSR_EL0T | SPSR_C, .far = TARGET + 2);
}

/* Bits of SPSR_EL1 for what this CPU has not (PAN, UAO, SSBS...) change nothing. */
GUEST_TEST(exception_return, bits_of_absent_features, "cortex-a57")
{
    const u64 absent = UINT64_C(0x0fc0fc00) | UINT64_C(0x20);
    eret(g, SPSR_EL1H | (absent & ~SPSR_IL & ~SPSR_SS));
    cr_expect_eq(cpu_pstate(g->c), SPSR_EL1H);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = ESR_DONE, .elr = TARGET + 8, .spsr = SPSR_EL1H);
}

GUEST_TEST(exception_return, clears_the_exclusive_monitor, "cortex-a57")
{
    guest_mmu_on(g);
    guest_start_el1(g, "exclusive_over_eret");
    harness_msr(g->h, SPSR_EL1, SPSR_EL1H);
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[3], 1, "the store-exclusive went through");
}

/* And it sets the event register, so that a WFE behind it does not wait (D1.6.1). */
GUEST_TEST(exception_return, is_an_event, "cortex-a57")
{
    g->c->event = false;
    eret(g, SPSR_EL0T);
    cr_expect(g->c->event);
}

GUEST_TEST(exception_return, stack_pointers_are_banked, "cortex-a57")
{
    guest_start_el1(g, "sp_banking");
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[1], 1);
    cr_expect_eq(g->c->x[2], 0x2000);
    cr_expect_eq(g->c->x[3], 0);
    cr_expect_eq(g->c->x[4], 0x1000);
    cr_expect_eq(g->c->x[5], 0x2010);
    cr_expect_eq(g->c->x[6], 0x2010);
    cr_expect_eq(g->c->x[8], 0x1000);
}

GUEST_TEST(exception_return, sp_el0_in_use_is_undefined, "cortex-a57")
{
    guest_start_el1(g, "sp_el0_in_use");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1T, .esr = ESR(0, 0), .elr = HARNESS_CODE + 4,
                 .spsr = SPSR_EL1T | SPSR_DAIF);
    guest_start_el1(g, "sp_el0_write_in_use");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1T, .esr = ESR(0, 0), .elr = HARNESS_CODE + 4,
                 .spsr = SPSR_EL1T | SPSR_DAIF);
}
