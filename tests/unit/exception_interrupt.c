/*
 * IRQ and FIQ: masking, priority, vectors and return addresses, and WFI and WFE
 * (DDI 0487, D1.3.6 asynchronous exceptions, D1.6 wait for event and interrupt).
 */
#include "tests/unit/guest_rig.h"

enum { INPUT_IRQ, INPUT_FIQ };
enum { VECTOR_OF_IRQ = 0x80, VECTOR_OF_FIQ = 0x100 };

static void set_inputs(struct guest *g, bool irq, bool fiq)
{
    cpu_set_interrupt(g->c, INPUT_IRQ, irq);
    cpu_set_interrupt(g->c, INPUT_FIQ, fiq);
}

/* Where the CPU is after an interrupt; it says nothing in ESR_EL1 and FAR_EL1. */
static void expect_interrupt(struct guest *g, u64 vector, u64 elr, u64 spsr)
{
    cr_expect_eq(g->c->pc, HARNESS_VECTORS + vector, "PC is VBAR+%#llx, not %#llx",
                 (unsigned long long)(g->c->pc - HARNESS_VECTORS), (unsigned long long)vector);
    cr_expect_eq(g->c->sys[ELR_EL1], elr, "ELR %#llx, not %#llx",
                 (unsigned long long)g->c->sys[ELR_EL1], (unsigned long long)elr);
    cr_expect_eq(g->c->sys[SPSR_EL1], spsr, "SPSR %#llx", (unsigned long long)g->c->sys[SPSR_EL1]);
    cr_expect_eq(cpu_pstate(g->c), SPSR_EL1H | SPSR_DAIF);
    cr_expect_eq(g->c->sys[ESR_EL1], 0x1234);
    cr_expect_eq(g->c->sys[FAR_EL1], 0x5678);
}

static void start(struct guest *g, const char *program, unsigned el, unsigned sp_sel, u8 daif)
{
    guest_start(g, program, el, sp_sel);
    g->c->daif = daif;
    g->c->x[0] = g->c->x[1] = 0;
    g->c->sys[ESR_EL1] = 0x1234;
    g->c->sys[FAR_EL1] = 0x5678;
}

GUEST_TEST(exception_interrupt, from_each_level, "cortex-a57")
{
    static const struct {
        unsigned el, sp_sel;
        u64 from, mode;
    } origins[] = {
        {0, 0, FROM_EL0, SPSR_EL0T}, {1, 0, FROM_EL1T, SPSR_EL1T}, {1, 1, FROM_EL1H, SPSR_EL1H}};
    for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
        for (unsigned input = 0; input < 2; input++) {
            start(g, "spin", origins[i].el, origins[i].sp_sel, DAIF_A | DAIF_D);
            guest_run_limited(g, 6);
            u64 pc = g->c->pc, count = g->c->x[0];
            cr_expect_geq(count, 5);
            cpu_set_interrupt(g->c, input, true);
            guest_run(g);
            expect_interrupt(g, origins[i].from + (input ? VECTOR_OF_FIQ : VECTOR_OF_IRQ), pc,
                             origins[i].mode | UINT64_C(0x300));
            cr_expect_eq(g->c->x[0], count);
            set_inputs(g, false, false);
        }
    }
}

GUEST_TEST(exception_interrupt, masked_ones_wait, "cortex-a57")
{
    set_inputs(g, true, true);
    start(g, "spin", 0, 0, DAIF_I | DAIF_F);
    guest_run_limited(g, 100);
    cr_expect_eq(g->c->x[0], 75);
    cr_expect(!guest_in_vectors(g));
    /* PSTATE.I masks IRQ only, F masks FIQ only. */
    g->c->daif = DAIF_F;
    cpu_kick(g->c);
    guest_run(g);
    expect_interrupt(g, FROM_EL0 + VECTOR_OF_IRQ, HARNESS_CODE, UINT64_C(0x40));
    start(g, "spin", 0, 0, DAIF_I);
    guest_run(g);
    expect_interrupt(g, FROM_EL0 + VECTOR_OF_FIQ, HARNESS_CODE, UINT64_C(0x80));
}

/* Which of two comes first is IMPLEMENTATION DEFINED: FIQ here, as in QEMU. */
GUEST_TEST(exception_interrupt, fiq_before_irq, "cortex-a57")
{
    set_inputs(g, true, true);
    start(g, "spin", 1, 1, 0);
    guest_run(g);
    expect_interrupt(g, FROM_EL1H + VECTOR_OF_FIQ, HARNESS_CODE, SPSR_EL1H);
}

GUEST_TEST(exception_interrupt, one_that_goes_away_is_not_taken, "cortex-a57")
{
    set_inputs(g, true, true);
    start(g, "spin", 1, 1, DAIF_I | DAIF_F);
    guest_run_limited(g, 4);
    set_inputs(g, false, false);
    g->c->daif = 0;
    guest_run_limited(g, 96);
    cr_expect_eq(g->c->x[0], 75);
}

/* An unmasked interrupt is taken before the next instruction, however it was unmasked. */
GUEST_TEST(exception_interrupt, right_behind_what_unmasks, "cortex-a57")
{
    static const struct {
        const char *program;
        u64 elr, spsr;
    } cases[] = {
        {"unmask_by_daifclr", 8, SPSR_EL1H | UINT64_C(0x300)},
        {"unmask_by_daif", 8, SPSR_EL1H | UINT64_C(0x300)},
        {"unmask_by_eret", 20, SPSR_EL0T},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (unsigned input = 0; input < 2; input++) {
            start(g, cases[i].program, 1, 1, 0xf);
            cpu_set_interrupt(g->c, input, true);
            guest_run(g);
            u64 from = cases[i].spsr == SPSR_EL0T ? FROM_EL0 : FROM_EL1H;
            expect_interrupt(g, from + (input ? VECTOR_OF_FIQ : VECTOR_OF_IRQ),
                             HARNESS_CODE + cases[i].elr, cases[i].spsr);
            cr_expect_eq(g->c->x[1], 0);
            set_inputs(g, false, false);
        }
    }
}

/* Never later than that: not once they are masked again. */
GUEST_TEST(exception_interrupt, masking_takes_effect_at_once, "cortex-a57")
{
    start(g, "unmask_and_mask", 1, 1, 0xf);
    cpu_set_interrupt(g->c, INPUT_IRQ, true);
    guest_run(g);
    expect_interrupt(g, FROM_EL1H + VECTOR_OF_IRQ, HARNESS_CODE + 4, SPSR_EL1H | UINT64_C(0x300));
}

/* ISR_EL1 shows what is pending, masked or not (D17.2.84). */
GUEST_TEST(exception_interrupt, isr, "cortex-a57")
{
    for (unsigned pending = 0; pending < 4; pending++) {
        set_inputs(g, pending & 1, pending & 2);
        start(g, "isr", 1, 1, 0xf);
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[1], (pending & 1 ? 0x80u : 0) | (pending & 2 ? 0x40u : 0));
    }
}

GUEST_TEST(exception_interrupt, wfi_waits, "cortex-a57")
{
    start(g, "wfi", 1, 1, 0xf);
    guest_run(g);
    cr_expect_eq(g->last_stop, STOP_WFI);
    cr_expect_eq(g->c->pc, HARNESS_CODE + 8);
    cr_expect_eq(g->c->x[1], 0);
    u64 waited_at = g->c->icount;
    for (int i = 0; i < 3; i++) {
        g->last_stop = g->stepping ? cpu_step(g->c) : cpu_run(g->c, 100);
        cr_expect_eq(g->last_stop, STOP_WFI);
    }
    cr_expect_eq(g->c->icount, waited_at, "waiting executes nothing");
}

/* Masked by PSTATE it still ends the wait, and execution goes on behind the WFI (D1.6.2). */
GUEST_TEST(exception_interrupt, wfi_ends_with_a_masked_interrupt, "cortex-a57")
{
    for (unsigned input = 0; input < 2; input++) {
        start(g, "wfi", 1, 1, 0xf);
        guest_run(g);
        cr_assert_eq(g->last_stop, STOP_WFI);
        cpu_set_interrupt(g->c, input, true);
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[1], 1);
        set_inputs(g, false, false);
    }
}

GUEST_TEST(exception_interrupt, wfi_ends_with_an_interrupt_taken, "cortex-a57")
{
    start(g, "wfi", 1, 1, DAIF_F);
    guest_run(g);
    cr_assert_eq(g->last_stop, STOP_WFI);
    cpu_set_interrupt(g->c, INPUT_FIQ, true); /* masked: the wait ends */
    cpu_set_interrupt(g->c, INPUT_IRQ, true);
    guest_run(g);
    expect_interrupt(g, FROM_EL1H + VECTOR_OF_IRQ, HARNESS_CODE + 8, SPSR_EL1H | UINT64_C(0x40));
    cr_expect_eq(g->c->x[1], 0);
}

GUEST_TEST(exception_interrupt, wfi_with_one_pending_does_not_wait, "cortex-a57")
{
    set_inputs(g, true, false);
    start(g, "wfi", 1, 1, 0xf);
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[1], 1);
}

static void note(void *owner)
{
    ++*(int *)owner;
}

GUEST_TEST(exception_interrupt, events, "cortex-a57")
{
    int sent = 0;
    g->c->send_event = note;
    g->c->send_event_owner = &sent;
    start(g, "sevl_wfe", 0, 0, 0xf);
    EXPECT_DONE(g);
    cr_expect(!g->c->event, "the WFE has used it up");
    cr_expect_eq(sent, 0, "SEVL is for this CPU only");
    start(g, "sev_wfe", 0, 0, 0xf);
    EXPECT_DONE(g);
    cr_expect(!g->c->event);
    cr_expect_eq(sent, 1);
}

/* From any thread, and a run of many instructions notices. */
GUEST_TEST(exception_interrupt, kick_ends_a_run, "cortex-a57")
{
    start(g, "spin", 1, 1, 0xf);
    cpu_kick_machine(g->c);
    if (!g->stepping) {
        cr_expect_eq(cpu_run(g->c, 1000), STOP_KICK);
        cr_expect_eq(cpu_run(g->c, 1000), STOP_BUDGET);
    }
}
