/*
 * The system registers: reset values, writable bits, and the registers that are a
 * view of something else. Expectations are recorded from qemu-system-aarch64 where it
 * tells the truth about a Cortex-A57, else literal facts of DDI 0487 and DDI 0488.
 */
#include "core/log.h"
#include "tests/unit/sysreg_rig.h"

/* Where the truth about this machine is not what QEMU's program read. */
static const struct {
    enum sysreg reg;
    u64 value;
} resets[] = {
    {ID_PFR0_EL1, 0}, /* the AArch32 ones: no EL has AArch32 */
    {ID_PFR1_EL1, 0},
    {ID_DFR0_EL1, 0},
    {ID_MMFR0_EL1, 0},
    {ID_MMFR1_EL1, 0},
    {ID_MMFR2_EL1, 0},
    {ID_MMFR3_EL1, 0},
    {ID_ISAR0_EL1, 0},
    {ID_ISAR1_EL1, 0},
    {ID_ISAR2_EL1, 0},
    {ID_ISAR3_EL1, 0},
    {ID_ISAR4_EL1, 0},
    {ID_ISAR5_EL1, 0},
    {MVFR0_EL1, 0},
    {MVFR1_EL1, 0},
    {MVFR2_EL1, 0},
    {ID_AA64PFR0_EL1, 0x11},    /* AArch64 only */
    {ID_AA64MMFR0_EL1, 0x0124}, /* SNSMem: no EL3, no Secure memory */
    {PMCR_EL0, 0x41013040},     /* LC is RES1 without AArch32 */
    {PMCEID0_EL0, 0x20101},     /* INST_RETIRED counts here */
    {DBGBCR0_EL1, 0x1e0},       /* BAS is RES1 without AArch32 */
    {DBGBCR1_EL1, 0x1e0},
    {DBGBCR2_EL1, 0x1e0},
    {DBGBCR3_EL1, 0x1e0},
    {DBGBCR4_EL1, 0x1e0},
    {DBGBCR5_EL1, 0x1e0},
    {CPUECTLR_EL1, 0x1b00000000}, /* DDI 0488, 4.3.67 */
    {CBAR_EL1, 0},                /* the board's to tie */
    /* The recording program had changed these. */
    {CPACR_EL1, 0},
    {SPSR_EL1, 0},
    {ELR_EL1, 0},
    {ESR_EL1, 0},
    {VBAR_EL1, 0},
    {NZCV, 0},
    /* The clock stands at 0. */
    {CNTPCT_EL0, 0},
    {CNTVCT_EL0, 0},
    {CNTP_TVAL_EL0, 0},
    {CNTV_TVAL_EL0, 0},
};

Test(sysreg, reset_values)
{
    struct harness *h = harness_create("cortex-a57");
    cpu_reset(h->cpu);
    for (unsigned i = 0; i < SYS_ROWS; i++) {
        const struct recorded *r = find(sysreg_rows[i].encoding);
        if (!r)
            continue;
        u64 expected = r->value;
        for (unsigned k = 0; k < ARRAY_LEN(resets); k++)
            if (resets[k].reg == i)
                expected = resets[k].value;
        cr_expect(sysreg_peek(h->cpu, i) == expected, "%s resets to %#llx", sysreg_rows[i].name,
                  (unsigned long long)sysreg_peek(h->cpu, i));
    }
    harness_destroy(h);
}

Test(sysreg, names_and_encodings_are_unique)
{
    for (unsigned i = 0; i < sysreg_row_count; i++) {
        bool write = sysreg_rows[i].access == EL01_W; /* DBGDTRTX_EL0 shares its encoding */
        cr_expect(sysreg_find(sysreg_rows[i].encoding, write) == (int)i, "%s", sysreg_rows[i].name);
        cr_expect(sysreg_by_name(sysreg_rows[i].name) == (int)i, "%s", sysreg_rows[i].name);
        cr_expect(sysreg_rows[i].is_op == (i >= SYS_ROWS));
    }
    cr_expect(sysreg_by_name("sctlr_el1") == SCTLR_EL1);
    cr_expect(sysreg_by_name("CurrentEL") == CurrentEL);
    cr_expect(sysreg_by_name("SCTLR_EL2") == -1);
    cr_expect(sysreg_find(SYSREG_ENCODING(3, 4, 1, 0, 0), false) == -1);
    cr_expect(sysreg_find(SYSREG_ENCODING(2, 3, 0, 5, 0), false) == DBGDTRRX_EL0);
    cr_expect(sysreg_find(SYSREG_ENCODING(2, 3, 0, 5, 0), true) == DBGDTRTX_EL0);
}

/* All ones written at EL1 and read back: what is RES0 or read-only there stays. */
static const struct {
    enum sysreg reg;
    u64 reads;
} masks[] = {
    {CSSELR_EL1, 0xf},
    {ACTLR_EL1, 0},
    {AFSR0_EL1, 0},
    {AMAIR_EL1, 0},
    {CPACR_EL1, 0x300000},
    {TTBR0_EL1, 0xfffffffffffffffe},
    {TTBR1_EL1, 0xfffffffffffffffe},
    {TCR_EL1, 0x7f7ffffffbf & ~UINT64_C(0x78000000000)}, /* no HA, HD, HPD0, HPD1 */
    {MAIR_EL1, UINT64_MAX},
    {VBAR_EL1, 0xfffffffffffff800},
    {ESR_EL1, 0xffffffff},
    {FAR_EL1, UINT64_MAX},
    {CONTEXTIDR_EL1, 0xffffffff},
    {TPIDR_EL0, UINT64_MAX},
    {FPCR, 0x07c00000},
    {FPSR, 0x0800009f},
    {NZCV, 0xf0000000},
    {DAIF, 0x3c0},
    {CNTKCTL_EL1, 0x3ff},
    {CNTFRQ_EL0, 0xffffffff},
    {CNTP_CVAL_EL0, UINT64_MAX},
    {CNTV_CTL_EL0, 0x3 /* enabled, masked, the other fields below */ | 4},
    {PMCR_EL0, 0x41013040 | 0x39}, /* P and C read as zero */
    {PMCNTENSET_EL0, 0x8000003f},
    {PMINTENSET_EL1, 0x8000003f},
    {PMSELR_EL0, 0x1f},
    {PMUSERENR_EL0, 0xf},
    {PMEVTYPER0_EL0, 0xc00003ff},
    {PMEVCNTR5_EL0, 0xffffffff},
    {PMCCFILTR_EL0, 0xc0000000},
    {DBGBVR0_EL1, UINT64_MAX},
    {DBGBCR0_EL1, 0x00ffe1e7},
    {DBGWVR0_EL1, 0xfffffffffffffffc},
    {DBGWCR0_EL1, 0x1f1fffff},
    {MDCCINT_EL1, 0x60000000},
    {CPUECTLR_EL1, 0x5b0000007f},
};

Test(sysreg, writable_bits)
{
    struct harness *h = harness_create("cortex-a57");
    for (unsigned i = 0; i < ARRAY_LEN(masks); i++) {
        u64 value = 0;
        prepare(h, AT_EL1);
        cr_expect(sysreg_msr(h->cpu, masks[i].reg, 0, UINT64_MAX) == NEXT);
        cr_expect(sysreg_mrs(h->cpu, masks[i].reg, 0, &value) == NEXT);
        cr_expect(value == masks[i].reads, "%s reads %#llx", sysreg_rows[masks[i].reg].name,
                  (unsigned long long)value);
    }
    harness_destroy(h);
}

/* Later features have their registers only on the CPU that has them. */
Test(sysreg, rows_need_features)
{
    struct harness *a57 = harness_create("cortex-a57"), *max = harness_create("max");
    struct harness *a53 = harness_create("cortex-a53");
    u64 v;
    cr_expect(sysreg_mrs(a57->cpu, PAN, 0, &v) == RAISE);
    cr_expect(sysreg_mrs(max->cpu, PAN, 0, &v) == NEXT && v == 0);
    cr_expect(sysreg_msr(max->cpu, PAN, 0, 1 << 22) == NEXT && max->cpu->pan);
    cr_expect(sysreg_mrs(max->cpu, PAN, 0, &v) == NEXT && v == 1 << 22);
    cr_expect(sysreg_mrs(a57->cpu, IL1DATA0_EL1, 0, &v) == NEXT);
    cr_expect(sysreg_mrs(a53->cpu, IL1DATA0_EL1, 0, &v) == RAISE);
    cr_expect(!sysreg_poke(a57->cpu, PAN, 1 << 22) && !a57->cpu->pan);
    cr_expect(!sysreg_poke(a57->cpu, MIDR_EL1, 0));
    harness_destroy(a57);
    harness_destroy(a53);
    harness_destroy(max);
}

Test(sysreg, stack_pointers)
{
    struct harness *h = harness_create("cortex-a57");
    struct cpu *c = h->cpu;
    u64 v;
    cpu_set_sp(c, 1, 0x111);
    cr_expect(sysreg_msr(c, SP_EL0, 0, 0x222) == NEXT);
    cr_expect(sysreg_mrs(c, SP_EL0, 0, &v) == NEXT && v == 0x222);
    cr_expect(c->x[SLOT_SP] == 0x111);
    cr_expect(sysreg_msr(c, SPSel, 0, 0) == NEXT);
    cr_expect(c->x[SLOT_SP] == 0x222);
    cr_expect(sysreg_mrs(c, SP_EL0, 0, &v) == RAISE && c->exc.ec == EC_UNKNOWN);
    cr_expect(sysreg_msr(c, SP_EL0, 0, 1) == RAISE && c->exc.ec == EC_UNKNOWN);
    cr_expect(sysreg_peek(c, SP_EL0) == 0x222 && sysreg_peek(c, SP_EL1) == 0x111);
    cr_expect(sysreg_mrs(c, SP_EL1, 0, &v) == RAISE, "SP_EL1 is EL2's to access");
    harness_destroy(h);
}

/* CPACR_EL1.FPEN: 0b01 traps EL0 only, 0b00 and 0b10 both (EC 0x07, ISS CV and COND). */
Test(sysreg, fpcr_is_trapped_with_simd)
{
    struct harness *h = harness_create("cortex-a57");
    struct cpu *c = h->cpu;
    static const bool traps[2][4] = {{true, true, true, false}, {true, false, true, false}};
    for (unsigned fpen = 0; fpen < 4; fpen++) {
        for (unsigned el = 0; el < 2; el++) {
            u64 v;
            cpu_set_el(c, 1, 1);
            cr_expect(sysreg_msr(c, CPACR_EL1, 0, (u64)fpen << 20) == NEXT);
            cpu_set_el(c, el, el);
            bool trapped = sysreg_mrs(c, FPCR, 0, &v) == RAISE;
            cr_expect(trapped == traps[el][fpen], "FPEN %u at EL%u", fpen, el);
            cr_expect(!trapped || (c->exc.ec == 0x07 && c->exc.iss == 0x1e00000));
            cr_expect((sysreg_msr(c, FPSR, 0, 0) == RAISE) == traps[el][fpen]);
        }
    }
    harness_destroy(h);
}

Test(sysreg, pstate_views)
{
    struct harness *h = harness_create("cortex-a57");
    struct cpu *c = h->cpu;
    u64 v;
    cr_expect(sysreg_peek(c, CurrentEL) == 4 && sysreg_peek(c, SPSel) == 1);
    cr_expect(sysreg_msr(c, NZCV, 0, 0xa0000000) == NEXT && cpu_nzcv(c) == 0xa);
    cr_expect(sysreg_msr(c, DAIF, 0, 0x240) == NEXT && c->daif == (DAIF_D | DAIF_F));
    c->irq = true;
    cr_expect(sysreg_mrs(c, ISR_EL1, 0, &v) == NEXT && v == 0x80);
    c->fiq = true;
    cr_expect(sysreg_mrs(c, ISR_EL1, 0, &v) == NEXT && v == 0xc0);
    harness_destroy(h);
}

/* An unmasked interrupt has to be noticed: the run loop is asked to look. */
Test(sysreg, unmasking_kicks)
{
    struct harness *h = harness_create("cortex-a57");
    struct cpu *c = h->cpu;
    c->daif = DAIF_D | DAIF_A | DAIF_I | DAIF_F;
    c->kick = 0;
    cr_expect(sysreg_msr(c, DAIF, 0, 0x3c0) == NEXT && c->kick == 0);
    cr_expect(sysreg_msr(c, DAIF, 0, 0x340) == NEXT && c->kick != 0);
    harness_destroy(h);
}

Test(sysreg, dczid_tells_of_dze)
{
    struct harness *h = harness_create("cortex-a57");
    struct cpu *c = h->cpu;
    c->sys[SCTLR_EL1] &= ~(u64)EL0_CONTROLS;
    cr_expect(sysreg_peek(c, DCZID_EL0) == 4);
    cpu_set_el(c, 0, 0);
    cr_expect(sysreg_peek(c, DCZID_EL0) == 0x14);
    c->sys[SCTLR_EL1] |= 1 << 14;
    cr_expect(sysreg_peek(c, DCZID_EL0) == 4);
    harness_destroy(h);
}

/* Aff0 counts to 8, the CPUs that one GICv2 serves in a cluster of QEMU's virt. */
Test(sysreg, cpus_have_their_own_mpidr)
{
    struct harness *h = harness_create("cortex-a57");
    struct cpu *second = cpu_create(model_find("cortex-a57"), 1, &h->bus, &h->clock, &h->engine);
    cr_expect(sysreg_peek(h->cpu, MPIDR_EL1) == 0x80000000);
    cr_expect(sysreg_peek(second, MPIDR_EL1) == 0x80000001);
    second->index = 9;
    cr_expect(sysreg_peek(second, MPIDR_EL1) == 0x80000101);
    second->index = 1;
    cr_expect(sysreg_peek(h->cpu, L2CTLR_EL1) == 1 << 24, "two CPUs in the cluster");
    cpu_destroy(second);
    harness_destroy(h);
}

/* -d unimp says once that an encoding is missing. */
Test(sysreg, missing_registers_are_reported_once)
{
    struct harness *h = harness_create("cortex-a57");
    char text[512] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");
    struct log log = {LOG_UNIMP, out};
    h->cpu->log = &log;
    h->cpu->pc = 0x40080000;
    for (unsigned i = 0; i < 3; i++) {
        cr_expect(sysreg_missing(h->cpu, SYSREG_ENCODING(3, 0, 12, 12, 5)) == RAISE);
        cr_expect(h->cpu->exc.ec == EC_UNKNOWN);
    }
    cpu_reset(h->cpu);
    sysreg_missing(h->cpu, SYSREG_ENCODING(3, 0, 12, 12, 5));
    fclose(out);
    cr_expect_str_eq(text, "no system register S3_0_C12_C12_5 on cortex-a57, at 0x40080000, EL1\n");
    harness_destroy(h);
}

/* The board ties CBAR_EL1; a reset does not untie it. */
Test(sysreg, cbar_survives_reset)
{
    struct harness *h = harness_create("cortex-a57");
    h->cpu->sys[CBAR_EL1] = 0x08000000;
    cpu_reset(h->cpu);
    cr_expect(sysreg_peek(h->cpu, CBAR_EL1) == 0x08000000);
    harness_destroy(h);
}
