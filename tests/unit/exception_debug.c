/*
 * Self-hosted debug as a debugger inside the guest uses it: EL1 steps through a
 * program at EL0, sets a breakpoint and a watchpoint (DDI 0487, D2.9 to D2.12,
 * and the priorities of D1.3.5). Each control by itself: debug.c, debug_watchpoint.c.
 */
#include "tests/unit/guest_rig.h"

#define MDSCR_SS  BIT(0)
#define MDSCR_MDE BIT(15)
#define RESUME    (HARNESS_CODE + 0x800)
#define UNMAPPED  (HARNESS_RAM + 0x3f000)

/* DBGBCR and DBGWCR: enabled, for EL0; all bytes; loads and stores. */
#define BREAK_EL0 UINT64_C(0x1e5)
#define WATCH_EL0 UINT64_C(0x1ffd)

/* Fault status of debug exceptions, and what comes with it. */
enum { DEBUG = 0x22, WNR = 0x40, EX = 0x40, ISV = 1 << 24 };

static void set_up(struct guest *g, u64 mdscr)
{
    guest_mmu_on(g);
    harness_msr(g->h, OSLAR_EL1, 0);
    harness_msr(g->h, MDSCR_EL1, mdscr);
    guest_load_at(g, "resume", RESUME);
}

/* PROGRAM at HARNESS_CODE, entered by an ERET with SPSR. */
static void resume(struct guest *g, const char *program, u64 pc, u64 spsr)
{
    guest_load_at(g, program, HARNESS_CODE);
    harness_msr(g->h, ELR_EL1, pc);
    harness_msr(g->h, SPSR_EL1, spsr);
    cpu_set_el(g->c, 1, 1);
    g->c->pc = RESUME;
}

GUEST_TEST(exception_debug, stepping_through_a_program, "cortex-a57")
{
    /* Where each step leads to, in words, and ISS.EX of a load-exclusive. */
    static const struct {
        u64 word;
        bool exclusive;
    } trail[] = {{1, 0}, {2, 0}, {1, 0}, {2, 0}, {1, 0}, {2, 0},
                 {3, 0}, {4, 1}, {5, 0}, {7, 0}, {6, 0}};
    set_up(g, MDSCR_SS);
    guest_load_at(g, "stepper", HARNESS_VECTORS + FROM_EL0);
    resume(g, "debugged", HARNESS_CODE, SPSR_EL0T | SPSR_SS);
    g->c->x[19] = HARNESS_DATA;
    g->c->x[20] = HARNESS_DATA + 0x800;
    g->stepping ? harness_step(g->h, 400) : harness_run(g->h, 400);
    cr_expect_eq(g->c->sys[ESR_EL1], ESR_DONE);
    cr_expect_eq(g->c->x[19], HARNESS_DATA + 16 * ARRAY_LEN(trail));
    /* Every step went through an ERET, so no store-exclusive can succeed (D2.12.9). */
    cr_expect_eq(g->c->x[2], 1);
    for (u64 i = 0; i < ARRAY_LEN(trail); i++) {
        u64 pc = harness_read64(g->h, HARNESS_DATA + 16 * i);
        u64 esr = harness_read64(g->h, HARNESS_DATA + 16 * i + 8);
        cr_expect_eq(pc, HARNESS_CODE + 4 * trail[i].word, "step %d led to %#llx", (int)i,
                     (unsigned long long)pc);
        cr_expect_eq(esr, ESR(0x32, ISV | DEBUG | (trail[i].exclusive ? EX : 0)),
                     "step %d: ESR %#llx", (int)i, (unsigned long long)esr);
    }
}

GUEST_TEST(exception_debug, breakpoint, "cortex-a57")
{
    set_up(g, MDSCR_MDE);
    harness_msr(g->h, DBGBVR0_EL1, HARNESS_CODE + 8);
    harness_msr(g->h, DBGBCR0_EL1, BREAK_EL0);
    resume(g, "debugged", HARNESS_CODE, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0xc2000022, .elr = HARNESS_CODE + 8,
                 .spsr = SPSR_EL0T);
    cr_expect_eq(g->c->x[0], 2, "the instruction at the breakpoint has not run");
    /* The handler's way over it: disable it, step, enable it. */
    harness_msr(g->h, DBGBCR0_EL1, 0);
    harness_msr(g->h, MDSCR_EL1, MDSCR_MDE | MDSCR_SS);
    resume(g, "debugged", HARNESS_CODE + 8, SPSR_EL0T | SPSR_SS);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x32, ISV | DEBUG), .elr = HARNESS_CODE + 4,
                 .spsr = SPSR_EL0T);
    harness_msr(g->h, DBGBCR0_EL1, BREAK_EL0);
    harness_msr(g->h, MDSCR_EL1, MDSCR_MDE);
    resume(g, "debugged", HARNESS_CODE + 4, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0xc2000022, .elr = HARNESS_CODE + 8,
                 .spsr = SPSR_EL0T);
    cr_expect_eq(g->c->x[0], 1);
}

GUEST_TEST(exception_debug, watchpoint, "cortex-a57")
{
    set_up(g, MDSCR_MDE);
    harness_msr(g->h, DBGWVR0_EL1, HARNESS_DATA + 0x100);
    harness_msr(g->h, DBGWCR0_EL1, WATCH_EL0);
    g->c->x[0] = HARNESS_DATA + 0x100;
    g->c->x[1] = 0x55;
    resume(g, "store", HARNESS_CODE, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0xd2000062, .spsr = SPSR_EL0T,
                 .far = HARNESS_DATA + 0x100);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA + 0x100), 0, "the store has not been made");
    resume(g, "load", HARNESS_CODE, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0xd2000022, .spsr = SPSR_EL0T,
                 .far = HARNESS_DATA + 0x100);
    cr_expect_eq(g->c->x[1], 0x55);
    /* Beside it, and from EL1, nothing happens. */
    g->c->x[0] = HARNESS_DATA + 0x108;
    resume(g, "store", HARNESS_CODE, SPSR_EL0T);
    EXPECT_DONE(g);
    g->c->x[0] = HARNESS_DATA + 0x100;
    guest_start_el1(g, "load");
    EXPECT_DONE(g);
}

/* An access that aborts does not match a watchpoint: that comes once it can be made. */
GUEST_TEST(exception_debug, an_abort_comes_before_the_watchpoint, "cortex-a57")
{
    set_up(g, MDSCR_MDE);
    harness_msr(g->h, DBGWVR0_EL1, UNMAPPED);
    harness_msr(g->h, DBGWCR0_EL1, WATCH_EL0);
    g->c->x[0] = UNMAPPED;
    resume(g, "store", HARNESS_CODE, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x92000047, .spsr = SPSR_EL0T, .far = UNMAPPED);
    guest_map(g, UNMAPPED, HARNESS_DATA, MAP_ALL_RO);
    resume(g, "store", HARNESS_CODE, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x9200004f, .spsr = SPSR_EL0T, .far = UNMAPPED);
    guest_map(g, UNMAPPED, HARNESS_DATA, MAP_ALL_RW);
    cpu_tlb_flush_all(g->c);
    resume(g, "store", HARNESS_CODE, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0xd2000062, .spsr = SPSR_EL0T, .far = UNMAPPED);
}

/* The same for code: an abort of the fetch comes before a breakpoint on it. */
GUEST_TEST(exception_debug, a_fetch_abort_comes_before_the_breakpoint, "cortex-a57")
{
    set_up(g, MDSCR_MDE);
    harness_msr(g->h, DBGBVR0_EL1, UNMAPPED);
    harness_msr(g->h, DBGBCR0_EL1, BREAK_EL0);
    resume(g, "load", UNMAPPED, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x82000007, .elr = UNMAPPED, .spsr = SPSR_EL0T,
                 .far = UNMAPPED);
    guest_map(g, UNMAPPED, HARNESS_CODE, MAP_ALL_RO);
    resume(g, "load", UNMAPPED, SPSR_EL0T);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0xc2000022, .elr = UNMAPPED, .spsr = SPSR_EL0T);
}
