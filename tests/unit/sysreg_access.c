/*
 * Who may access which system register: every encoding at EL1 and EL0, and what each
 * control bit lets through. Expectations are recorded from qemu-system-aarch64 where
 * it tells the truth about a Cortex-A57, else facts of DDI 0487 and DDI 0488.
 */
#include "tests/unit/sysreg_rig.h"

/* D19.2.37, "ISS encoding for an exception from MSR, MRS, or System instruction". */
static u32 trap_iss(u16 e, u32 rt, bool read)
{
    u32 op0 = e >> 14, op1 = e >> 11 & 7, crn = e >> 7 & 15, crm = e >> 3 & 15, op2 = e & 7;
    return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | read;
}

static char outcome(struct harness *h, u16 encoding, char done)
{
    struct cpu *c = h->cpu;
    u64 value = done == 'x' ? HARNESS_DATA : 0;
    int row = sysreg_find(encoding, done != 'r');
    enum flow f = row < 0       ? sysreg_missing(c, encoding)
                  : done == 'r' ? sysreg_mrs(c, (unsigned)row, 5, &value)
                  : done == 'w' ? sysreg_msr(c, (unsigned)row, 5, value)
                                : sysreg_sys(c, (unsigned)row, 5, value);
    if (f != RAISE || c->exc.ec == EC_DATA_ABORT) /* DC ZVA: with the MMU off, memory is Device */
        return done;
    if (c->exc.ec == EC_SYSREG && c->exc.iss == trap_iss(encoding, 5, done == 'r'))
        return 't';
    return c->exc.ec == EC_UNKNOWN && c->exc.iss == 0 ? '-' : '?';
}

static const char *name_of(u16 encoding)
{
    static char s[64];
    int row = sysreg_find(encoding, false);
    snprintf(s, sizeof(s), "S%u_%u_C%u_C%u_%u %s", encoding >> 14, encoding >> 11 & 7,
             encoding >> 7 & 15, encoding >> 3 & 15, encoding & 7,
             row < 0 ? "" : sysreg_rows[row].name);
    return s;
}

static void check_access(struct harness *h, u16 encoding, enum phase phase, char done)
{
    const struct recorded *r = find(encoding);
    unsigned at = done == 'w';
    char expected = '-';
    if (sysreg_find(encoding, false) >= 0)
        prepare(h, phase);
    if (r)
        expected = (phase == AT_EL1       ? r->el1
                    : phase == EL0_DENIED ? r->el0_denied
                                          : r->el0_allowed)[at];
    if (encoding == MDCCSR_ENCODING && phase == EL0_DENIED && done == 'r')
        expected = 't';
    char got = outcome(h, encoding, done);
    cr_expect(got == expected, "%s phase %d '%c': %c, not %c", name_of(encoding), phase, done, got,
              expected);
}

static void check_all(enum phase phase)
{
    struct harness *h = harness_create("cortex-a57");
    prepare(h, phase);
    for (u32 e = 1 << 14; e < 4 << 14; e++) {
        if (e < 2 << 14) {
            check_access(h, (u16)e, phase, 'x');
        } else {
            check_access(h, (u16)e, phase, 'r');
            check_access(h, (u16)e, phase, 'w');
        }
    }
    harness_destroy(h);
}

Test(sysreg, every_encoding_at_el1)
{
    check_all(AT_EL1);
}

Test(sysreg, every_encoding_at_el0_denied)
{
    check_all(EL0_DENIED);
}

Test(sysreg, every_encoding_at_el0_allowed)
{
    check_all(EL0_ALLOWED);
}

/* Each control bit alone, and the EL0 accesses that it lets through (D19.2.118, D19.5.12,
 * D19.12.15). */
static const struct {
    enum sysreg control;
    u8 bit;
    const char *read, *write; /* names, separated by spaces */
} el0_controls[] = {
    {SCTLR_EL1, 9, "DAIF", "DAIF"},
    {SCTLR_EL1, 14, "", "DC_ZVA"},
    {SCTLR_EL1, 15, "CTR_EL0", ""},
    {SCTLR_EL1, 26, "", "IC_IVAU DC_CVAC DC_CVAU DC_CIVAC"},
    {CNTKCTL_EL1, 0, "CNTPCT_EL0 CNTFRQ_EL0", ""},
    {CNTKCTL_EL1, 1, "CNTVCT_EL0 CNTFRQ_EL0", ""},
    {CNTKCTL_EL1, 8, "CNTV_CTL_EL0 CNTV_CVAL_EL0 CNTV_TVAL_EL0",
     "CNTV_CTL_EL0 CNTV_CVAL_EL0 CNTV_TVAL_EL0"},
    {CNTKCTL_EL1, 9, "CNTP_CTL_EL0 CNTP_CVAL_EL0 CNTP_TVAL_EL0",
     "CNTP_CTL_EL0 CNTP_CVAL_EL0 CNTP_TVAL_EL0"},
    {PMUSERENR_EL0, 1, "", "PMSWINC_EL0"}, /* SW */
    {PMUSERENR_EL0, 2, "PMCCNTR_EL0", ""}, /* CR */
    {PMUSERENR_EL0, 3,
     "PMXEVCNTR_EL0 PMEVCNTR0_EL0 PMEVCNTR1_EL0 PMEVCNTR2_EL0 " /* ER */
     "PMEVCNTR3_EL0 PMEVCNTR4_EL0 PMEVCNTR5_EL0 PMSELR_EL0",
     "PMSELR_EL0"},
};

static bool named(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

Test(sysreg, el0_controls_one_by_one)
{
    struct harness *h = harness_create("cortex-a57");
    for (unsigned i = 0; i < ARRAY_LEN(el0_controls); i++) {
        for (unsigned row = 0; row < sysreg_row_count; row++) {
            const struct sysreg_row *r = &sysreg_rows[row];
            const struct recorded *rec = find(r->encoding);
            for (unsigned write = 0; rec && write < (r->is_op ? 1 : 2); write++) {
                if (rec->el0_denied[write] != 't')
                    continue;
                prepare(h, EL0_DENIED);
                h->cpu->sys[el0_controls[i].control] |= BIT(el0_controls[i].bit);
                char done = r->is_op ? 'x' : write ? 'w' : 'r';
                bool lets =
                    named(done == 'r' ? el0_controls[i].read : el0_controls[i].write, r->name);
                char got = outcome(h, r->encoding, done);
                cr_expect(got == (lets ? done : 't'), "row %u, %s '%c': %c", i, r->name, done, got);
            }
        }
    }
    harness_destroy(h);
}

/* PMUSERENR_EL0.EN lets everything through that any of its bits may. */
Test(sysreg, pmuserenr_en)
{
    struct harness *h = harness_create("cortex-a57");
    for (unsigned row = 0; row < SYS_ROWS; row++) {
        const struct recorded *rec = find(sysreg_rows[row].encoding);
        if (!rec || strncmp(sysreg_rows[row].name, "PM", 2))
            continue;
        for (unsigned write = 0; write < 2; write++) {
            prepare(h, EL0_DENIED);
            h->cpu->sys[PMUSERENR_EL0] = 1;
            cr_expect(outcome(h, sysreg_rows[row].encoding, write ? 'w' : 'r') ==
                          rec->el0_allowed[write],
                      "%s", sysreg_rows[row].name);
        }
    }
    harness_destroy(h);
}
