/*
 * Self-hosted debug: software step as D2.12 of DDI 0487 tells it (table D2-22 and
 * the state machine), breakpoints (D2.9), and the debug registers (D19.3).
 */
#include "tests/unit/debug_rig.h"

/* One instruction at EL0 is executed, then the step exception comes. */
static const struct {
    u32 word;
    u64 elr;
    u32 iss;
} steps[] = {
    {NOP, 4, ISV | FSC},
    {B_PLUS_8, 8, ISV | FSC},
    {LDR_X0_X1, 4, ISV | FSC},
    {LDXR_X0_X1, 4, ISV | EX | FSC},
    {LDAXP_X0_X2_X1, 4, ISV | EX | FSC},
    {LDAR_X0_X1, 4, ISV | FSC},
};

Test(debug, step_at_el0)
{
    for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
        struct harness *h = setup(SS);
        program(h, steps[i].word, NOP);
        h->cpu->x[1] = HARNESS_DATA;
        enter(h, EL0T | SPSR_SS);
        cr_expect(ec(h) == 0x32 && iss(h) == steps[i].iss, "row %u: ESR %llx", i,
                  (unsigned long long)h->cpu->sys[ESR_EL1]);
        EXPECT_AT(steps[i].elr);
        cr_expect(!spsr_ss(h));
        harness_destroy(h);
    }
}

/* SPSR.SS clear: the exception comes before the first instruction, with no syndrome. */
Test(debug, step_pending_on_return)
{
    struct harness *h = setup(SS);
    program(h, NOP, NOP);
    enter(h, EL0T);
    cr_expect(ec(h) == 0x32 && iss(h) == FSC);
    EXPECT_AT(0);
    harness_destroy(h);
}

/* The handler steps on by setting SPSR.SS again, as kernels do. */
Test(debug, step_after_step)
{
    struct harness *h = setup(SS);
    program(h, NOP, LDXR_X0_X1);
    h->cpu->x[1] = HARNESS_DATA;
    enter(h, EL0T | SPSR_SS);
    EXPECT_AT(4);
    for (unsigned i = 2; i <= 4; i++) {
        harness_msr(h, SPSR_EL1, EL0T | SPSR_SS);
        h->cpu->pc = START;
        harness_run(h, 20);
        EXPECT_AT(4 * i);
        cr_expect(ec(h) == 0x32 && iss(h) == (ISV | FSC | (i == 2 ? EX : 0)));
    }
    harness_destroy(h);
}

/* SVC returns behind itself: stepped over, so that the return steps at once. */
Test(debug, step_into_svc)
{
    struct harness *h = setup(SS);
    program(h, SVC, NOP);
    enter(h, EL0T | SPSR_SS);
    cr_expect(ec(h) == 0x15);
    EXPECT_AT(4);
    cr_expect(!spsr_ss(h));
    h->cpu->pc = START;
    harness_run(h, 20);
    cr_expect(ec(h) == 0x32 && iss(h) == FSC, "no instruction was stepped since");
    EXPECT_AT(4);
    harness_destroy(h);
}

/* An instruction that faults is still to be stepped when it is returned to. */
Test(debug, step_and_fault)
{
    struct harness *h = setup(SS);
    program(h, UDF, NOP);
    enter(h, EL0T | SPSR_SS);
    cr_expect(ec(h) == 0x00);
    EXPECT_AT(0);
    cr_expect(spsr_ss(h));
    harness_destroy(h);
}

Test(debug, step_and_interrupt)
{
    struct harness *h = setup(SS);
    program(h, NOP, NOP);
    h->cpu->irq = true;
    enter(h, EL0T | SPSR_SS);
    EXPECT_AT(0);
    cr_expect(ec(h) == 0 && spsr_ss(h), "interrupted before the step");
    cr_expect(h->cpu->pc == HARNESS_VECTORS + 0x480);
    harness_destroy(h);
}

/* Interrupted between the stepped instruction and its exception, which comes on return. */
Test(debug, step_exception_after_an_interrupt)
{
    struct harness *h = setup(SS);
    u32 eret = ERET;
    program(h, NOP, NOP);
    harness_write(h, HARNESS_VECTORS + 0x480, &eret, 4);
    harness_msr(h, ELR_EL1, HARNESS_CODE);
    harness_msr(h, SPSR_EL1, EL0T | SPSR_SS);
    h->cpu->pc = START;
    harness_step(h, 2);
    cr_expect(h->cpu->pc == HARNESS_CODE + 4 && h->cpu->el == 0);
    h->cpu->irq = true;
    harness_step(h, 1);
    EXPECT_AT(4);
    cr_expect(h->cpu->el == 1 && !spsr_ss(h));
    h->cpu->irq = false;
    harness_run(h, 20);
    cr_expect(ec(h) == 0x32 && iss(h) == FSC, "no instruction was stepped since the return");
    EXPECT_AT(4);
    harness_destroy(h);
}

Test(debug, step_over_wfi)
{
    struct harness *h = setup(SS);
    program(h, WFI, NOP);
    harness_msr(h, SCTLR_EL1, sysreg_peek(h->cpu, SCTLR_EL1) | 1 << 16);
    enter(h, EL0T | SPSR_SS);
    cr_expect(ec(h) == 0x32 && iss(h) == (ISV | FSC));
    EXPECT_AT(4);
    harness_destroy(h);
}

/* At EL1 it takes KDE and PSTATE.D clear; the exception is from the same level. */
Test(debug, step_at_el1)
{
    static const struct {
        u64 mdscr, spsr;
        bool steps;
    } rows[] = {
        {SS | KDE, EL1H | SPSR_SS | SPSR_AIF, true},
        {SS, EL1H | SPSR_SS | SPSR_AIF, false},
        {SS | KDE, EL1H | SPSR_SS | SPSR_AIF | SPSR_D, false},
        {KDE, EL1H | SPSR_SS | SPSR_AIF, false},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct harness *h = setup(rows[i].mdscr);
        program(h, NOP, NOP);
        enter(h, rows[i].spsr);
        cr_expect((ec(h) == 0x33) == rows[i].steps, "row %u", i);
        if (rows[i].steps) {
            cr_expect(iss(h) == (ISV | FSC));
            EXPECT_AT(4);
        }
        harness_destroy(h);
    }
}

Test(debug, os_lock_stops_everything)
{
    struct harness *h = setup(SS | MDE);
    program(h, NOP, NOP);
    harness_msr(h, DBGBVR0_EL1, HARNESS_CODE + 8);
    harness_msr(h, DBGBCR0_EL1, 0x1e5);
    harness_msr(h, OSLAR_EL1, 1);
    enter(h, EL0T | SPSR_SS);
    cr_expect(h->cpu->sys[ESR_EL1] == 0x02000000, "UDF #0 behind the program, EC 0");
    EXPECT_AT(16);
    harness_msr(h, OSLAR_EL1, 0);
    harness_msr(h, OSDLR_EL1, 1);
    enter(h, EL0T | SPSR_SS);
    cr_expect(ec(h) == 0x00, "OS Double Lock");
    harness_msr(h, OSDLR_EL1, 0);
    enter(h, EL0T | SPSR_SS);
    cr_expect(ec(h) == 0x32);
    harness_destroy(h);
}

Test(debug, breakpoint_at_el0)
{
    struct harness *h = setup(MDE);
    program(h, NOP, NOP);
    harness_msr(h, DBGBVR2_EL1, HARNESS_CODE + 8);
    harness_msr(h, DBGBCR2_EL1, E | PMC_EL0);
    enter(h, EL0T);
    cr_expect(ec(h) == 0x30 && iss(h) == FSC);
    EXPECT_AT(8);
    harness_destroy(h);
}

Test(debug, breakpoint_at_el1_needs_kde)
{
    struct harness *h = setup(MDE);
    program(h, NOP, NOP);
    harness_msr(h, DBGBVR0_EL1, HARNESS_CODE + 8);
    harness_msr(h, DBGBCR0_EL1, E | PMC_EL1);
    enter(h, EL1H | SPSR_AIF);
    cr_expect(ec(h) == 0x00);
    harness_msr(h, MDSCR_EL1, MDE | KDE);
    enter(h, EL1H | SPSR_AIF);
    cr_expect(ec(h) == 0x31 && iss(h) == FSC);
    EXPECT_AT(8);
    harness_destroy(h);
}

/* Enabled by the running program itself: it matches from the next instruction on. */
Test(debug, breakpoint_set_by_code)
{
    struct harness *h = setup(MDE | KDE);
    u32 words[] = {0xd50348ff /* msr daifclr, #8 */, 0xd51000a2 /* msr dbgbcr0_el1, x2 */, NOP, NOP,
                   B_SELF};
    harness_code(h, words, 5);
    harness_msr(h, DBGBVR0_EL1, HARNESS_CODE + 12);
    h->cpu->x[2] = E | PMC_EL1;
    harness_run(h, 20);
    cr_expect(ec(h) == 0x31);
    EXPECT_AT(12);
    harness_destroy(h);
}

/* A step exception comes first, an instruction abort before a breakpoint. */
Test(debug, breakpoint_priorities)
{
    struct harness *h = setup(MDE | SS);
    program(h, NOP, NOP);
    harness_msr(h, DBGBVR0_EL1, HARNESS_CODE);
    harness_msr(h, DBGBCR0_EL1, E | PMC_EL0);
    enter(h, EL0T);
    cr_expect(ec(h) == 0x32);
    harness_msr(h, MDSCR_EL1, MDE);
    harness_msr(h, DBGBVR0_EL1, 0x1000);
    harness_msr(h, ELR_EL1, 0x1000);
    harness_msr(h, SPSR_EL1, EL0T);
    h->cpu->pc = START;
    harness_run(h, 5);
    cr_expect(ec(h) == 0x20, "nothing to fetch there");
    harness_destroy(h);
}

/* What D2.9 says of each setting of DBGBCR, for breakpoint 1 (or 5) at PC. */
Test(debug, breakpoint_controls)
{
    static const struct {
        u8 n;
        u8 el;
        u32 bcr;
        u64 bvr; /* minus PC if the type is an address */
        bool match;
    } rows[] = {
        {1, 0, E | PMC_EL0, 0, true},
        {1, 0, PMC_EL0, 0, false},
        {1, 0, E | PMC_EL0, 4, false},
        {1, 0, E | PMC_EL1, 0, false},
        {1, 0, E | PMC_EL1 | PMC_EL0, 0, true},
        {1, 1, E | PMC_EL1 | PMC_EL0, 0, true},
        {1, 1, E | PMC_EL1, 0, true},
        {1, 1, E | PMC_EL0, 0, false},
        {1, 1, E, 0, false},                 /* reserved without AArch32 */
        {1, 1, E | PMC_EL1 | HMC, 0, false}, /* reserved without EL2 and EL3 */
        {1, 1, E | PMC_EL1 | SSC_1, 0, false},
        {1, 1, E | PMC_EL1 | SSC_1 << 1, 0, false},
        {5, 1, E | PMC_EL1 | 2 << BT, 0x1234, true}, /* context ID */
        {5, 1, E | PMC_EL1 | 2 << BT, 0x1235, false},
        {1, 1, E | PMC_EL1 | 2 << BT, 0x1234, false}, /* not context-aware */
        {5, 1, E | PMC_EL1 | 3 << BT, 0x1234, false}, /* only for those linked to it */
        {1, 1, E | PMC_EL1 | 4 << BT, 4, false},      /* mismatch: AArch32's */
        {5, 1, E | PMC_EL1 | 8 << BT, 0, false},      /* VMID: EL2's */
    };
    struct harness *h = setup(MDE | KDE);
    struct cpu *c = h->cpu;
    const u64 pc = HARNESS_CODE;
    c->daif = 0;
    harness_msr(h, CONTEXTIDR_EL1, 0x1234);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        bool address = !(rows[i].bcr >> BT & 2) && rows[i].bcr >> BT != 8;
        enum sysreg bcr = (enum sysreg)(DBGBCR0_EL1 + rows[i].n);
        cpu_set_el(c, rows[i].el, rows[i].el);
        harness_msr(h, (enum sysreg)(DBGBVR0_EL1 + rows[i].n), (address ? pc : 0) + rows[i].bvr);
        harness_msr(h, bcr, rows[i].bcr);
        cr_expect(debug_check_breakpoint(c, pc) == rows[i].match, "row %u", i);
        cr_expect(!rows[i].match || debug_needs_stepping(c), "row %u", i);
        harness_msr(h, MDSCR_EL1, KDE);
        cr_expect(!debug_check_breakpoint(c, pc) && !debug_needs_stepping(c), "MDE");
        harness_msr(h, MDSCR_EL1, MDE | KDE);
        harness_msr(h, bcr, 0);
    }
    harness_destroy(h);
}

/* Linked: the address matches only in the context that breakpoint LBN names. */
Test(debug, breakpoint_linked_to_context)
{
    struct harness *h = setup(MDE);
    struct cpu *c = h->cpu;
    cpu_set_el(c, 0, 0);
    harness_msr(h, DBGBVR0_EL1, HARNESS_CODE);
    harness_msr(h, DBGBCR0_EL1, E | PMC_EL0 | 1 << BT | 4 << LBN);
    harness_msr(h, DBGBVR4_EL1, 0xabcd);
    harness_msr(h, CONTEXTIDR_EL1, 0xabcd);
    cr_expect(!debug_check_breakpoint(c, HARNESS_CODE), "4 is not enabled");
    harness_msr(h, DBGBCR4_EL1, E | 2 << BT);
    cr_expect(!debug_check_breakpoint(c, HARNESS_CODE), "4 is not of the linked type");
    harness_msr(h, DBGBCR4_EL1, E | 3 << BT);
    cr_expect(debug_check_breakpoint(c, HARNESS_CODE));
    harness_msr(h, CONTEXTIDR_EL1, 0xabce);
    cr_expect(!debug_check_breakpoint(c, HARNESS_CODE));
    harness_msr(h, CONTEXTIDR_EL1, 0xabcd);
    harness_msr(h, DBGBCR0_EL1, E | PMC_EL0 | 1 << BT | 3 << LBN);
    cr_expect(!debug_check_breakpoint(c, HARNESS_CODE), "3 is not context-aware");
    harness_msr(h, DBGBCR0_EL1, E | PMC_EL0 | 1 << BT | 15 << LBN);
    cr_expect(!debug_check_breakpoint(c, HARNESS_CODE), "15 does not exist");
    harness_destroy(h);
}

/* The OS Lock, MDSCR_EL1's shadow of EDSCR, the claim tags, the DCC (D19.3). */
Test(debug, os_lock_registers)
{
    struct harness *h = harness_create("cortex-a57");
    cr_expect(sysreg_peek(h->cpu, OSLSR_EL1) == 0xa, "locked at reset");
    harness_msr(h, MDSCR_EL1, UINT64_MAX);
    cr_expect(sysreg_peek(h->cpu, MDSCR_EL1) == 0x6ce0f041);
    harness_msr(h, OSECCR_EL1, 0x55);
    cr_expect(sysreg_peek(h->cpu, OSECCR_EL1) == 0x55);
    harness_msr(h, OSLAR_EL1, 0);
    cr_expect(sysreg_peek(h->cpu, OSLSR_EL1) == 8);
    harness_msr(h, MDSCR_EL1, 0);
    cr_expect(sysreg_peek(h->cpu, MDSCR_EL1) == (0x6ce0f041 & ~0xb001u), "the rest is read-only");
    cr_expect(sysreg_peek(h->cpu, OSECCR_EL1) == 0);
    harness_destroy(h);
}

Test(debug, claim_tags)
{
    struct harness *h = harness_create("cortex-a57");
    cr_expect(sysreg_peek(h->cpu, DBGCLAIMSET_EL1) == 0xff);
    harness_msr(h, DBGCLAIMSET_EL1, 0x81);
    harness_msr(h, DBGCLAIMSET_EL1, 0x104);
    cr_expect(sysreg_peek(h->cpu, DBGCLAIMCLR_EL1) == 0x85);
    harness_msr(h, DBGCLAIMCLR_EL1, 0x01);
    cr_expect(sysreg_peek(h->cpu, DBGCLAIMCLR_EL1) == 0x84);
    harness_destroy(h);
}

Test(debug, communications_channel)
{
    enum { TXFULL = 1 << 29, RXFULL = 1 << 30 };
    struct harness *h = harness_create("cortex-a57");
    struct cpu *c = h->cpu;
    cr_expect(sysreg_peek(c, MDCCSR_EL0) == 0);
    harness_msr(h, DBGDTRTX_EL0, 0x11223344);
    cr_expect(sysreg_peek(c, MDCCSR_EL0) == TXFULL);
    cr_expect(sysreg_peek(c, OSDTRTX_EL1) == 0x11223344);
    harness_msr(h, OSDTRRX_EL1, 0x55667788);
    harness_msr(h, MDSCR_EL1, TXFULL | RXFULL);
    cr_expect(sysreg_peek(c, MDCCSR_EL0) == (TXFULL | RXFULL));
    cr_expect(sysreg_peek(c, DBGDTR_EL0) == 0x1122334455667788);
    cr_expect(sysreg_peek(c, MDCCSR_EL0) == TXFULL);
    harness_msr(h, DBGDTR_EL0, 0xaaaaaaaabbbbbbbb);
    cr_expect(sysreg_peek(c, OSDTRRX_EL1) == 0xaaaaaaaa);
    cr_expect(sysreg_peek(c, OSDTRTX_EL1) == 0xbbbbbbbb);
    harness_destroy(h);
}
