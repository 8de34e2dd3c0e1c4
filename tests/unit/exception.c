/*
 * Exceptions that instructions ask for, and UNDEFINED ones: vector, ESR_EL1,
 * ELR_EL1 and SPSR_EL1 as DDI 0487 has them (D1.3.1 vectors, D1.3.2 preferred
 * return address, D17.2.37 ESR_EL1, C5.2.18 SPSR_EL1).
 */
#include "tests/unit/guest_rig.h"

/* Every program here has a nop first. */
enum { SECOND = 4, THIRD = 8 };

/* The same program from EL0, EL1t and EL1h. */
static void from_everywhere(struct guest *g, const char *program, u64 esr, u64 elr)
{
    guest_start(g, program, 0, 0);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = esr, .elr = HARNESS_CODE + elr,
                 .spsr = SPSR_EL0T | SPSR_DAIF);
    guest_start(g, program, 1, 0);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1T, .esr = esr, .elr = HARNESS_CODE + elr,
                 .spsr = SPSR_EL1T | SPSR_DAIF);
    guest_start(g, program, 1, 1);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = esr, .elr = HARNESS_CODE + elr,
                 .spsr = SPSR_EL1H | SPSR_DAIF);
}

GUEST_TEST(exception, svc, "cortex-a57")
{
    from_everywhere(g, "svc", 0x56001234, THIRD);
    from_everywhere(g, "svc_largest", 0x5600ffff, THIRD);
}

GUEST_TEST(exception, brk, "cortex-a57")
{
    from_everywhere(g, "brk", 0xf200abcd, SECOND);
}

/* Without EL2 and EL3, and without firmware that answers (C6.2.114, C6.2.318). */
GUEST_TEST(exception, hvc_and_smc_without_firmware, "cortex-a57")
{
    from_everywhere(g, "hvc", 0x02000000, SECOND);
    from_everywhere(g, "smc", 0x02000000, SECOND);
}

GUEST_TEST(exception, undefined_words, "cortex-a57")
{
    static const char *const programs[] = {
        "udf",
        "hlt",
        "dcps1",
        "dcps2",
        "dcps3",
        "drps",
        "unallocated",
        "unallocated_next_to_udf",
        "unallocated_exception",
        "unallocated_shift",
    };
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        from_everywhere(g, programs[i], 0x02000000, SECOND);
}

GUEST_TEST(exception, undefined_system_registers, "cortex-a57")
{
    static const char *const programs[] = {
        "mrs_missing", "msr_missing", "msr_read_only", "mrs_write_only",
        "mrs_el2",     "mrs_el3",     "tlbi_el2",
    };
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        from_everywhere(g, programs[i], 0x02000000, SECOND);
}

GUEST_TEST(exception, eret_at_el0_is_undefined, "cortex-a57")
{
    guest_start_el0(g, "eret");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x02000000, .elr = HARNESS_CODE + SECOND,
                 .spsr = SPSR_EL0T | SPSR_DAIF);
}

/* Answers, and refuses to answer, as firmware may. */
static bool answer(void *owner, struct cpu *c)
{
    c->x[0]++;
    return *(bool *)owner;
}

GUEST_TEST(exception, hvc_with_firmware, "cortex-a57")
{
    bool answers = true;
    g->c->smccc = answer;
    g->c->smccc_owner = &answers;
    g->c->x[0] = 6;
    guest_start_el1(g, "hvc");
    guest_run_limited(g, 2);
    cr_expect_eq(g->c->x[0], 7);
    cr_expect_eq(g->c->pc, HARNESS_CODE + THIRD);

    /* At EL0 it is UNDEFINED whatever there is. */
    guest_start_el0(g, "hvc");
    guest_run(g);
    cr_expect_eq(g->c->x[0], 7);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x02000000, .elr = HARNESS_CODE + SECOND,
                 .spsr = SPSR_EL0T | SPSR_DAIF);

    answers = false;
    guest_start_el1(g, "hvc");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = 0x02000000, .elr = HARNESS_CODE + SECOND,
                 .spsr = SPSR_EL1H | SPSR_DAIF);
}

/* Go on behind the svc as a handler would. */
static void return_to(struct guest *g, unsigned el, u64 pc, u64 pstate)
{
    cpu_set_pstate(g->c, pstate | (el ? SPSR_EL1H : 0));
    g->c->pc = pc;
}

GUEST_TEST(exception, spsr_holds_the_flags, "cortex-a57")
{
    static const u64 flags[] = {
        SPSR_Z,                            /* 0 + 0 */
        SPSR_Z | SPSR_C,                   /* 0 - 0 borrows nothing */
        SPSR_N,                            /* 0 - 1 */
        SPSR_Z | SPSR_C | SPSR_V,          /* twice the smallest number */
        SPSR_N | SPSR_V,                   /* the largest number and 1 */
        SPSR_N | SPSR_Z | SPSR_C | SPSR_V, /* MSR NZCV: also what no sum gives */
        0,
    };
    for (unsigned el = 0; el < 2; el++) {
        guest_start(g, "nzcv", el, el);
        for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
            guest_run(g);
            cr_expect_eq(g->c->sys[ESR_EL1], 0x56000000 + i);
            cr_expect_eq(g->c->sys[SPSR_EL1] & 0xf0000000, flags[i], "%zu: %#llx", i,
                         (unsigned long long)g->c->sys[SPSR_EL1]);
            return_to(g, el, g->c->sys[ELR_EL1], flags[i]);
        }
    }
}

GUEST_TEST(exception, spsr_holds_each_mask, "cortex-a57")
{
    for (unsigned daif = 0; daif < 16; daif++) {
        guest_start_el0(g, "svc");
        g->c->daif = (u8)daif;
        guest_run(g);
        EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x56001234, .elr = HARNESS_CODE + THIRD,
                     .spsr = SPSR_EL0T | (u64)daif << 6);
    }
}

/* VBAR_EL1<10:0> are RES0 and don't count (D17.2.153). */
GUEST_TEST(exception, vbar_is_aligned, "cortex-a57")
{
    harness_msr(g->h, VBAR_EL1, HARNESS_VECTORS | 0x7ff);
    guest_start_el0(g, "svc");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x56001234, .elr = HARNESS_CODE + THIRD,
                 .spsr = SPSR_EL0T | SPSR_DAIF);
}

/* So that a storm of exceptions uses up a budget. */
GUEST_TEST(exception, counts_as_executed, "cortex-a57")
{
    guest_start_el0(g, "svc");
    u64 before = g->c->icount;
    guest_run_limited(g, 2);
    cr_expect_eq(g->c->icount, before + 2);
}
