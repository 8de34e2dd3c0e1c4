/*
 * The CPU models: ID registers field by field. MIDR, CTR, CLIDR and CCSIDR are
 * recorded from qemu-system-aarch64 7.2.22 with the same -cpu; the meanings of the
 * ID fields are from DDI 0487, D19.2.60 to D19.2.70.
 */
#include <criterion/criterion.h>

#include "core/cpu.h"
#include "core/model.h"

struct expected {
    const char *name;
    u64 midr, ctr, clidr, ccsidr[3], pmcr, isar0, mmfr0;
};

static const struct expected models[] = {
    {"cortex-a57",
     0x411fd070,
     0x8444c004,
     0x0a200023,
     {0x701fe00a, 0x201fe012, 0x70ffe07a},
     0x41013040,
     0x00011120,
     0x0124},
    {"cortex-a53",
     0x410fd034,
     0x84448004,
     0x0a200023,
     {0x700fe01a, 0x201fe00a, 0x707fe07a},
     0x41033040,
     0x00011120,
     0x0122},
    {"cortex-a72",
     0x410fd083,
     0x8444c004,
     0x0a200023,
     {0x701fe00a, 0x201fe012, 0x707fe07a},
     0x41023040,
     0x00011120,
     0x0124},
};

static u64 regs[SYS_COUNT];

static const u64 *reset(const struct cpu_model *m)
{
    for (unsigned i = 0; i < SYS_COUNT; i++)
        regs[i] = i < SYS_ROWS ? sysreg_rows[i].reset : 0;
    model_reset(m, regs);
    return regs;
}

static u64 field(const u64 *sys, enum sysreg r, unsigned lsb)
{
    return sys[r] >> lsb & 0xf;
}

Test(model, real_cpus)
{
    for (unsigned i = 0; i < ARRAY_LEN(models); i++) {
        const struct expected *e = &models[i];
        const struct cpu_model *m = model_find(e->name);
        cr_assert_not_null(m, "%s", e->name);
        const u64 *sys = reset(m);
        cr_expect(sys[MIDR_EL1] == e->midr, "%s", e->name);
        cr_expect(sys[CTR_EL0] == e->ctr, "%s", e->name);
        cr_expect(sys[CLIDR_EL1] == e->clidr, "%s", e->name);
        for (unsigned k = 0; k < 3; k++)
            cr_expect(m->ccsidr[k] == e->ccsidr[k], "%s", e->name);
        cr_expect(sys[PMCR_EL0] == e->pmcr, "%s", e->name);
        cr_expect(sys[ID_AA64ISAR0_EL1] == e->isar0, "%s", e->name);
        cr_expect(sys[ID_AA64MMFR0_EL1] == e->mmfr0, "%s", e->name);
        cr_expect(sys[ID_AA64PFR0_EL1] == 0x11, "%s", e->name);
        cr_expect(sys[ID_AA64DFR0_EL1] == 0x10305106, "%s", e->name);
        cr_expect(sys[ID_AA64ISAR1_EL1] == 0 && sys[ID_AA64MMFR1_EL1] == 0 &&
                      sys[ID_AA64MMFR2_EL1] == 0 && sys[ID_AA64PFR1_EL1] == 0,
                  "%s", e->name);
    }
}

/* The instructions' features and the ID registers are the same list. */
static const struct {
    u64 features;
    enum sysreg reg;
    u8 lsb;
    u8 value; /* with these features and no other */
} fields[] = {
    {A64_AES, ID_AA64ISAR0_EL1, 4, 1},
    {A64_AES | A64_PMULL, ID_AA64ISAR0_EL1, 4, 2},
    {A64_SHA1, ID_AA64ISAR0_EL1, 8, 1},
    {A64_SHA256, ID_AA64ISAR0_EL1, 12, 1},
    {A64_SHA256 | A64_SHA512, ID_AA64ISAR0_EL1, 12, 2},
    {A64_CRC32, ID_AA64ISAR0_EL1, 16, 1},
    {A64_LSE, ID_AA64ISAR0_EL1, 20, 2},
    {A64_RDM, ID_AA64ISAR0_EL1, 28, 1},
    {A64_SHA3, ID_AA64ISAR0_EL1, 32, 1},
    {A64_DOTPROD, ID_AA64ISAR0_EL1, 44, 1},
    {A64_FLAGM, ID_AA64ISAR0_EL1, 52, 1},
    {A64_FLAGM | A64_FLAGM2, ID_AA64ISAR0_EL1, 52, 2},
    {A64_DPB, ID_AA64ISAR1_EL1, 0, 1},
    {A64_DPB | A64_DPB2, ID_AA64ISAR1_EL1, 0, 2},
    {A64_LRCPC | A64_LRCPC2, ID_AA64ISAR1_EL1, 20, 2},
    {A64_SB, ID_AA64ISAR1_EL1, 36, 1},
    {A64_SPECRES, ID_AA64ISAR1_EL1, 40, 1},
    {A64_DIT, ID_AA64PFR0_EL1, 48, 1},
    {A64_CSV, ID_AA64PFR0_EL1, 56, 1},
    {A64_CSV, ID_AA64PFR0_EL1, 60, 1},
    {A64_SSBS, ID_AA64PFR1_EL1, 4, 2},
    {A64_BTI, ID_AA64PFR1_EL1, 0, 1},
    {A64_PAUTH | A64_PACQARMA5, ID_AA64ISAR1_EL1, 4, 1},
    {A64_PAUTH | A64_PACQARMA5, ID_AA64ISAR1_EL1, 24, 1},
    {A64_PAUTH | A64_PACIMP, ID_AA64ISAR1_EL1, 8, 1},
    {A64_PAUTH | A64_PACIMP, ID_AA64ISAR1_EL1, 28, 1},
    {A64_LRCPC, ID_AA64ISAR1_EL1, 20, 1},
    {A64_FP16, ID_AA64PFR0_EL1, 16, 1},
    {A64_FP16, ID_AA64PFR0_EL1, 20, 1},
    {A64_HAFDBS, ID_AA64MMFR1_EL1, 0, 2},
    {A64_VMID16, ID_AA64MMFR1_EL1, 4, 2},
    {A64_HPDS, ID_AA64MMFR1_EL1, 12, 1},
    {A64_LOR, ID_AA64MMFR1_EL1, 16, 1},
    {A64_PAN, ID_AA64MMFR1_EL1, 20, 1},
    {A64_PAN | A64_PAN2, ID_AA64MMFR1_EL1, 20, 2},
    {A64_PAN | A64_PAN2 | A64_PAN3, ID_AA64MMFR1_EL1, 20, 3},
    {A64_UAO, ID_AA64MMFR2_EL1, 4, 1},
    {A64_TTST, ID_AA64MMFR2_EL1, 28, 1},
    {A64_IDST, ID_AA64MMFR2_EL1, 36, 1},
    {A64_TTL, ID_AA64MMFR2_EL1, 48, 1},
    {A64_E0PD, ID_AA64MMFR2_EL1, 60, 1},
    {A64_TLBIOS, ID_AA64ISAR0_EL1, 56, 1},
    {A64_TLBIOS | A64_TLBIRANGE, ID_AA64ISAR0_EL1, 56, 2},
    {A64_RNG, ID_AA64ISAR0_EL1, 60, 1},
};

Test(model, features_show_in_id_registers)
{
    for (unsigned i = 0; i < ARRAY_LEN(fields); i++) {
        struct cpu_model m = *model_find("cortex-a57");
        m.features = fields[i].features;
        cr_expect(field(reset(&m), fields[i].reg, fields[i].lsb) == fields[i].value, "row %u", i);
        m.features = ~fields[i].features;
        cr_expect(field(reset(&m), fields[i].reg, fields[i].lsb) != fields[i].value, "row %u", i);
    }
}

Test(model, sizes_show_in_id_registers)
{
    static const u8 ranges[] = {32, 36, 40, 42, 44, 48};
    struct cpu_model m = *model_find("cortex-a57");
    for (unsigned i = 0; i < ARRAY_LEN(ranges); i++) {
        m.pa_bits = ranges[i];
        cr_expect(field(reset(&m), ID_AA64MMFR0_EL1, 0) == i);
    }
    m.asid_bits = 8;
    m.granules = GRANULE_16K;
    const u64 *sys = reset(&m);
    cr_expect(field(sys, ID_AA64MMFR0_EL1, 4) == 0, "8-bit ASIDs");
    cr_expect(field(sys, ID_AA64MMFR0_EL1, 20) == 1, "TGran16");
    cr_expect(field(sys, ID_AA64MMFR0_EL1, 24) == 15, "TGran64");
    cr_expect(field(sys, ID_AA64MMFR0_EL1, 28) == 15, "TGran4");
    m.breakpoints = 2;
    m.watchpoints = 2;
    m.pmu_counters = 0;
    sys = reset(&m);
    cr_expect(field(sys, ID_AA64DFR0_EL1, 12) == 1 && field(sys, ID_AA64DFR0_EL1, 20) == 1);
    cr_expect(field(sys, ID_AA64DFR0_EL1, 8) == 0);
}

/* max has what a Cortex-A57 has, and never says less. */
Test(model, max_is_more)
{
    const struct cpu_model *a57 = model_find("cortex-a57"), *max = model_find("max");
    cr_assert_not_null(max);
    cr_expect(!((a57->features & ~(u64)A64_RAMINDEX) & ~max->features));
    cr_expect((max->features & (A64_LSE | A64_PAN)) == (A64_LSE | A64_PAN));
    const u64 *sys = reset(max);
    cr_expect(sys[MIDR_EL1] == 0x000f0510);
    cr_expect(field(sys, ID_AA64ISAR0_EL1, 20) == 2 && field(sys, ID_AA64MMFR1_EL1, 20) >= 1);
    cr_expect(max->pa_bits == 48 && field(sys, ID_AA64MMFR0_EL1, 0) == 5);
    cr_expect(max->granules == (GRANULE_4K | GRANULE_16K | GRANULE_64K));
}

Test(model, list)
{
    cr_expect_str_eq(model_at(0)->name, "cortex-a57", "the default comes first");
    unsigned n = 0;
    while (model_at(n)) {
        cr_expect(model_find(model_at(n)->name) == model_at(n));
        n++;
    }
    cr_expect(n == 4);
    cr_expect_null(model_find("cortex-a15"));
    cr_expect_null(model_find(""));
}
