/*
 * What EL1 can forbid EL0: trapped system registers and instructions with their
 * syndromes (DDI 0487, D1.3.4 and each register's accessibility pseudocode; ISS
 * encodings in D17.2.37).
 */
#include "tests/unit/guest_rig.h"

/* SCTLR_EL1 (D17.2.118) */
#define UMA  BIT(9)
#define DZE  BIT(14)
#define UCT  BIT(15)
#define NTWI BIT(16)
#define NTWE BIT(18)
#define UCI  BIT(26)

/* The ISS of a trapped MRS (READ 1), MSR or SYS: op0, op1, CRn, CRm, op2, Rt. */
#define ISS_SYS(op0, op1, crn, crm, op2, rt, read)                                                 \
    ((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (rt) << 5 | (crm) << 1 | (read))
#define TRAPPED(...) ESR(0x18, ISS_SYS(__VA_ARGS__))
#define UNDEFINED    UINT64_C(0x02000000)
#define FP_TRAPPED   UINT64_C(0x1fe00000)

static void expect_at(struct guest *g, const char *program, unsigned el, u64 esr)
{
    g->c->x[4] = HARNESS_DATA;
    guest_start(g, program, el, el);
    guest_run(g);
    cr_expect_eq(g->c->sys[ESR_EL1], esr, "%s at EL%u: ESR %#llx, not %#llx", program, el,
                 (unsigned long long)g->c->sys[ESR_EL1], (unsigned long long)esr);
    /* `done` is an SVC, whose ELR is behind it. */
    u64 elr = HARNESS_CODE + (esr == ESR_DONE ? g->c->sys[ELR_EL1] - HARNESS_CODE : 0);
    EXPECT_TAKEN(g, .vector = el ? FROM_EL1H : FROM_EL0, .esr = esr, .elr = elr,
                 .spsr = g->c->sys[SPSR_EL1]);
}

GUEST_TEST(exception_trap, registers_of_el1_are_undefined_at_el0, "max")
{
    static const char *const programs[] = {
        "mrs_sctlr",     "msr_sctlr",  "mrs_currentel",
        "mrs_elr",       "msr_spsel",  "msr_spsel_reg",
        "mrs_sp_el0",    "msr_vbar",   "msr_oslar",
        "tlbi",          "at",         "dc_ivac",
        "dc_isw",        "ic_iallu",   "msr_pan",
        "msr_tpidrro",   "msr_cntfrq", "mrs_cntkctl",
        "msr_pmuserenr", "mrs_sp_el1",
    };
    /* Also with everything allowed that can be. */
    for (unsigned allowed = 0; allowed < 2; allowed++) {
        if (allowed)
            guest_sctlr(g, UMA | DZE | UCT | NTWI | NTWE | UCI, 0);
        for (size_t i = 0; i < ARRAY_LEN(programs); i++)
            expect_at(g, programs[i], 0, UNDEFINED);
    }
}

/* Of those that tell what the CPU is, FEAT_IDST says more: ID_AA64MMFR2_EL1.IDS. */
static const char *const identification[] = {"mrs_midr", "mrs_id", "mrs_ccsidr"};

GUEST_TEST(exception_trap, identification_is_undefined_at_el0, "cortex-a57")
{
    for (size_t i = 0; i < ARRAY_LEN(identification); i++)
        expect_at(g, identification[i], 0, UNDEFINED);
}

GUEST_TEST(exception_trap, identification_traps_with_idst, "max")
{
    static const u64 esr[] = {TRAPPED(3, 0, 0, 0, 0, 0, 1), TRAPPED(3, 0, 0, 6, 0, 0, 1),
                              TRAPPED(3, 1, 0, 0, 0, 0, 1)};
    for (size_t i = 0; i < ARRAY_LEN(identification); i++)
        expect_at(g, identification[i], 0, esr[i]);
}

GUEST_TEST(exception_trap, nothing_forbids_these, "cortex-a57")
{
    static const char *const programs[] = {
        "mrs_dczid", "mrs_tpidr", "mrs_tpidrro", "mrs_pmuserenr", "mrs_nzcv", "yield",
    };
    guest_sctlr(g, 0, UMA | DZE | UCT | NTWI | NTWE | UCI);
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        expect_at(g, programs[i], 0, ESR_DONE);
}

/* A trap that a control bit lifts: what EL0 gets without it. */
struct trap {
    const char *program;
    u64 esr;
};

static void each_trap(struct guest *g, const struct trap *traps, size_t count, bool lifted)
{
    for (size_t i = 0; i < count; i++) {
        expect_at(g, traps[i].program, 0, lifted ? ESR_DONE : traps[i].esr);
        expect_at(g, traps[i].program, 1, ESR_DONE);
    }
}

static void sctlr_lifts(struct guest *g, u64 control, const struct trap *traps, size_t count)
{
    const u64 all = UMA | DZE | UCT | NTWI | NTWE | UCI;
    guest_sctlr(g, all & ~control, control); /* no other bit does */
    each_trap(g, traps, count, false);
    guest_sctlr(g, control, all & ~control);
    each_trap(g, traps, count, true);
}

GUEST_TEST(exception_trap, daif, "cortex-a57")
{
    static const struct trap traps[] = {
        {"mrs_daif", 0x6232d065}, /* the same as TRAPPED(3, 3, 4, 2, 1, 3, 1) */
        {"msr_daif", TRAPPED(3, 3, 4, 2, 1, 7, 0)},
        {"msr_daifset", TRAPPED(0, 3, 4, 2, 6, 31, 0)},
        {"msr_daifclr", TRAPPED(0, 3, 4, 15, 7, 31, 0)},
    };
    cr_assert_eq(traps[0].esr, TRAPPED(3, 3, 4, 2, 1, 3, 1));
    sctlr_lifts(g, UMA, traps, ARRAY_LEN(traps));
}

GUEST_TEST(exception_trap, daif_works_at_el0_with_uma, "cortex-a57")
{
    guest_sctlr(g, UMA, 0);
    g->c->daif = 0;
    guest_start_el0(g, "msr_daifset");
    EXPECT_DONE(g);
    cr_expect_eq(g->c->sys[SPSR_EL1], UINT64_C(0x80));

    g->c->daif = 0xf;
    guest_start_el0(g, "msr_daifclr");
    EXPECT_DONE(g);
    cr_expect_eq(g->c->sys[SPSR_EL1], UINT64_C(0));

    g->c->x[7] = 0x2c0;
    guest_start_el0(g, "msr_daif");
    EXPECT_DONE(g);
    cr_expect_eq(g->c->sys[SPSR_EL1], UINT64_C(0x2c0));

    guest_start_el0(g, "mrs_daif");
    g->c->daif = 5;
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[3], UINT64_C(0x140));
}

GUEST_TEST(exception_trap, ctr, "cortex-a57")
{
    static const struct trap traps[] = {{"mrs_ctr", TRAPPED(3, 3, 0, 0, 1, 3, 1)}};
    sctlr_lifts(g, UCT, traps, ARRAY_LEN(traps));
    cr_expect_eq(g->c->x[3], 0x8444c004, "DDI 0488, 4.3.22");
}

GUEST_TEST(exception_trap, cache_maintenance, "cortex-a57")
{
    static const struct trap traps[] = {
        {"dc_cvac", TRAPPED(1, 3, 7, 10, 1, 4, 0)},
        {"dc_cvau", TRAPPED(1, 3, 7, 11, 1, 4, 0)},
        {"dc_civac", TRAPPED(1, 3, 7, 14, 1, 4, 0)},
        {"ic_ivau", TRAPPED(1, 3, 7, 5, 1, 4, 0)},
    };
    guest_mmu_on(g);
    sctlr_lifts(g, UCI, traps, ARRAY_LEN(traps));
}

GUEST_TEST(exception_trap, dc_zva, "cortex-a57")
{
    static const struct trap traps[] = {{"dc_zva", TRAPPED(1, 3, 7, 4, 1, 4, 0)}};
    guest_mmu_on(g);
    sctlr_lifts(g, DZE, traps, ARRAY_LEN(traps));
}

/* DCZID_EL0.DZP tells EL0 that it may not (D19.2.40); blocks of 2^4 words on a Cortex-A57. */
GUEST_TEST(exception_trap, dczid_tells, "cortex-a57")
{
    guest_sctlr(g, 0, DZE);
    expect_at(g, "mrs_dczid", 0, ESR_DONE);
    cr_expect_eq(g->c->x[3], 0x14);
    expect_at(g, "mrs_dczid", 1, ESR_DONE);
    cr_expect_eq(g->c->x[3], 0x04);
    guest_sctlr(g, DZE, 0);
    expect_at(g, "mrs_dczid", 0, ESR_DONE);
    cr_expect_eq(g->c->x[3], 0x04);
}

/* ISS.TI is 0 for WFI, 1 for WFE; the instruction itself is what ELR names. */
GUEST_TEST(exception_trap, wfi_and_wfe, "cortex-a57")
{
    guest_sctlr(g, NTWE, NTWI);
    expect_at(g, "wfi", 0, 0x07e00000);
    expect_at(g, "wfe", 0, ESR_DONE);
    guest_sctlr(g, NTWI, NTWE);
    expect_at(g, "wfe", 0, 0x07e00001);
    guest_start_el0(g, "wfi");
    guest_run(g);
    cr_expect_eq(g->last_stop, STOP_WFI);
    cr_expect(g->c->halted);
}

/* The traps are for what would otherwise wait (D17.2.118, nTWE and nTWI). */
GUEST_TEST(exception_trap, what_does_not_wait_is_not_trapped, "cortex-a57")
{
    guest_sctlr(g, 0, NTWI | NTWE);
    expect_at(g, "sevl_wfe", 0, ESR_DONE);
    cpu_set_interrupt(g->c, 0, true); /* masked, but it ends a WFI */
    expect_at(g, "wfi", 0, ESR_DONE);
}

/* CNTKCTL_EL1: EL0PCTEN 0, EL0VCTEN 1, EL0VTEN 8, EL0PTEN 9 (D17.10.2). */
GUEST_TEST(exception_trap, counters_and_timers, "cortex-a57")
{
    static const struct trap traps[] = {
        {"mrs_cntpct", TRAPPED(3, 3, 14, 0, 1, 3, 1)},
        {"mrs_cntvct", TRAPPED(3, 3, 14, 0, 2, 3, 1)},
        {"mrs_cntv_ctl", TRAPPED(3, 3, 14, 3, 1, 3, 1)},
        {"mrs_cntv_cval", TRAPPED(3, 3, 14, 3, 2, 3, 1)},
        {"msr_cntv_tval", TRAPPED(3, 3, 14, 3, 0, 3, 0)},
        {"mrs_cntp_ctl", TRAPPED(3, 3, 14, 2, 1, 3, 1)},
        {"msr_cntp_tval", TRAPPED(3, 3, 14, 2, 0, 3, 0)},
        {"msr_cntp_cval", TRAPPED(3, 3, 14, 2, 2, 3, 0)},
    };
    static const struct {
        unsigned bit, first, last;
    } lifts[] = {{0, 0, 0}, {1, 1, 1}, {8, 2, 4}, {9, 5, 7}};
    for (unsigned k = 0; k < ARRAY_LEN(lifts); k++) {
        harness_msr(g->h, CNTKCTL_EL1, BIT(lifts[k].bit));
        for (unsigned i = 0; i < ARRAY_LEN(traps); i++)
            each_trap(g, &traps[i], 1, lifts[k].first <= i && i <= lifts[k].last);
    }
}

/* Either counter's bit shows the frequency. */
GUEST_TEST(exception_trap, cntfrq, "cortex-a57")
{
    static const struct trap trap = {"mrs_cntfrq", TRAPPED(3, 3, 14, 0, 0, 3, 1)};
    for (unsigned enables = 0; enables < 4; enables++) {
        harness_msr(g->h, CNTKCTL_EL1, enables);
        each_trap(g, &trap, 1, enables);
    }
    harness_msr(g->h, CNTKCTL_EL1, 0x300);
    each_trap(g, &trap, 1, false);
}

/* CPACR_EL1.FPEN: 0b11 none, 0b01 EL0, 0b00 and 0b10 both (D17.2.34). */
GUEST_TEST(exception_trap, simd_and_floating_point, "cortex-a57")
{
    static const char *const programs[] = {
        "fadd", "add_v", "ldr_d", "str_q",    "ldp_q",    "ld1",
        "fmov", "fcmp",  "aese",  "mrs_fpcr", "msr_fpsr",
    };
    guest_mmu_on(g); /* data in Normal memory */
    for (unsigned fpen = 0; fpen < 4; fpen++) {
        harness_msr(g->h, CPACR_EL1, (u64)fpen << 20);
        for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
            expect_at(g, programs[i], 0, fpen == 3 ? ESR_DONE : FP_TRAPPED);
            expect_at(g, programs[i], 1, fpen & 1 ? ESR_DONE : FP_TRAPPED);
        }
    }
}

/* The trap is found before the access is made: no abort, nothing written. */
GUEST_TEST(exception_trap, fp_trap_comes_before_the_abort, "cortex-a57")
{
    guest_mmu_on(g);
    harness_msr(g->h, CPACR_EL1, 0);
    guest_start_el0(g, "ldr_d");
    g->c->x[4] = 0x123;
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = FP_TRAPPED, .spsr = SPSR_EL0T | SPSR_DAIF);
}

/* PMUSERENR_EL0.EN lifts the traps of the PMU (D17.5.14). */
GUEST_TEST(exception_trap, pmu, "cortex-a57")
{
    static const struct trap traps[] = {
        {"mrs_pmccntr", TRAPPED(3, 3, 9, 13, 0, 3, 1)},
        {"msr_pmcr", TRAPPED(3, 3, 9, 12, 0, 3, 0)},
    };
    harness_msr(g->h, PMUSERENR_EL0, 0);
    each_trap(g, traps, ARRAY_LEN(traps), false);
    harness_msr(g->h, PMUSERENR_EL0, 1);
    each_trap(g, traps, ARRAY_LEN(traps), true);
}

/* MDSCR_EL1.TDCC traps the debug channel (D17.3.20). */
GUEST_TEST(exception_trap, debug_channel, "cortex-a57")
{
    static const struct trap trap = {"mrs_mdccsr", TRAPPED(2, 3, 0, 1, 0, 3, 1)};
    each_trap(g, &trap, 1, true);
    harness_msr(g->h, MDSCR_EL1, BIT(12));
    each_trap(g, &trap, 1, false);
}
