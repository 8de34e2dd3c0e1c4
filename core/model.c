/*
 * The CPU models (model.h), and what their ID registers read. Facts about the
 * real ones are from their TRMs: Cortex-A57 (DDI 0488), A53 (DDI 0500), A72
 * (100095); `max` is a Cortex-A57 with every later feature that works.
 */
#include "core/model.h"

#include <string.h>

#include "core/cpu.h"
#include "mmu/walk.h"

#define V8_FEATURES  (A64_CRC32 | A64_AES | A64_PMULL | A64_SHA1 | A64_SHA256)
#define MAX_CRYPTO   (A64_SHA512 | A64_SHA3 | A64_SM3 | A64_SM4)
#define MAX_FLOAT    (A64_FP16 | A64_FHM | A64_FCMA | A64_JSCVT | A64_FRINTTS | A64_BF16)
#define MAX_SIMD     (A64_RDM | A64_DOTPROD | A64_I8MM | MAX_FLOAT | MAX_CRYPTO)
#define MAX_FLAGS    (A64_FLAGM | A64_FLAGM2)
#define MAX_MEMORY   (A64_LSE | A64_LRCPC | A64_LRCPC2 | A64_LOR | A64_DPB | A64_DPB2)
#define MAX_STATE    (A64_PAN | A64_PAN2 | A64_PAN3 | A64_UAO | A64_SSBS | A64_DIT)
#define MAX_BARRIERS (A64_SB | A64_SPECRES | A64_CSV | A64_BTI)
#define MAX_TABLES   (A64_HAFDBS | A64_HPDS | A64_TTST | A64_TTL | A64_E0PD)
#define MAX_TLBI     (A64_TLBIOS | A64_TLBIRANGE)
#define MAX_SYSTEM   (MAX_STATE | MAX_BARRIERS | MAX_TABLES | MAX_TLBI | A64_RNG | A64_IDST)
#define MAX_FEATURES (V8_FEATURES | MAX_SIMD | MAX_FLAGS | MAX_MEMORY | MAX_SYSTEM)

#define REGS(...)                                                                                  \
    .regs = (const struct model_reg[]){__VA_ARGS__},                                               \
    .reg_count = ARRAY_LEN(((const struct model_reg[]){__VA_ARGS__}))

/* L1 data and instruction caches and L2, each as CCSIDR_EL1 describes it. */
#define CLIDR_L1_SPLIT_L2 0x0a200023
#define CTR_PIPT_64       0x8444c004 /* 64-byte lines, physically tagged and indexed */
#define CTR_VIPT_64       0x84448004 /* ... virtually indexed */

#define CPUECTLR_A57 UINT64_C(0x1b00000000) /* L2 prefetch distances: 3 requests */

/* PMCR_EL0: IMP Arm, IDCODE, six counters (N), LC, which is RES1 without AArch32. */
#define PMCR(idcode, n) (UINT64_C(0x41) << 24 | (idcode) << 16 | (n) << 11 | 1 << 6)

#define MAX(pauth)                                                                                 \
    {                                                                                              \
        .name = "max", .compatible = "arm,cortex-a57", .features = MAX_FEATURES | (pauth),         \
        .pa_bits = 48, .granules = GRANULE_4K | GRANULE_16K | GRANULE_64K, .asid_bits = 16,        \
        .breakpoints = 6, .watchpoints = 4, .pmu_counters = 6,                                     \
        .ccsidr = {0x701fe00a, 0x201fe012, 0x70ffe07a},                                            \
        REGS({MIDR_EL1, 0x000f0510}, {CTR_EL0, CTR_PIPT_64}, {PMCR_EL0, PMCR(1, 6)},               \
             {CPUECTLR_EL1, CPUECTLR_A57}),                                                        \
    }

static const struct cpu_model models[] = {
    {
        .name = "cortex-a57",
        .compatible = "arm,cortex-a57",
        .features = V8_FEATURES | A64_RAMINDEX,
        .pa_bits = 44,
        .granules = GRANULE_4K | GRANULE_64K,
        .asid_bits = 16,
        .breakpoints = 6,
        .watchpoints = 4,
        .pmu_counters = 6,
        .ccsidr = {0x701fe00a, 0x201fe012, 0x70ffe07a}, /* 32 KiB, 48 KiB, 2 MiB */
        REGS({MIDR_EL1, 0x411fd070}, {CTR_EL0, CTR_PIPT_64}, {PMCR_EL0, PMCR(1, 6)},
             {CPUECTLR_EL1, CPUECTLR_A57}),
    },
    {
        .name = "cortex-a53",
        .compatible = "arm,cortex-a53",
        .features = V8_FEATURES,
        .pa_bits = 40,
        .granules = GRANULE_4K | GRANULE_64K,
        .asid_bits = 16,
        .breakpoints = 6,
        .watchpoints = 4,
        .pmu_counters = 6,
        .ccsidr = {0x700fe01a, 0x201fe00a, 0x707fe07a}, /* 32 KiB, 32 KiB, 1 MiB */
        REGS({MIDR_EL1, 0x410fd034}, {CTR_EL0, CTR_VIPT_64}, {PMCR_EL0, PMCR(3, 6)}),
    },
    {
        .name = "cortex-a72",
        .compatible = "arm,cortex-a72",
        .features = V8_FEATURES | A64_RAMINDEX,
        .pa_bits = 44,
        .granules = GRANULE_4K | GRANULE_64K,
        .asid_bits = 16,
        .breakpoints = 6,
        .watchpoints = 4,
        .pmu_counters = 6,
        .ccsidr = {0x701fe00a, 0x201fe012, 0x707fe07a}, /* 32 KiB, 48 KiB, 1 MiB */
        REGS({MIDR_EL1, 0x410fd083}, {CTR_EL0, CTR_PIPT_64}, {PMCR_EL0, PMCR(2, 6)},
             {CPUECTLR_EL1, CPUECTLR_A57}),
    },
    MAX(A64_PAUTH | A64_PACIMP),
};

/* The last of the models as it is with the other kinds of pointer authentication. */
static const struct cpu_model max_variants[] = {
    [MODEL_PAUTH_OFF] = MAX(0),
    [MODEL_PAUTH_QARMA5] = MAX(A64_PAUTH | A64_PACQARMA5),
};

const struct cpu_model *model_with_pauth(const struct cpu_model *m, enum model_pauth kind)
{
    if (!(m->features & A64_PAUTH))
        return kind == MODEL_PAUTH_OFF ? m : NULL;
    return kind == MODEL_PAUTH_IMPDEF ? m : &max_variants[kind];
}

const struct cpu_model *model_at(unsigned i)
{
    return i < ARRAY_LEN(models) ? &models[i] : NULL;
}

const struct cpu_model *model_find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(models); i++)
        if (!strcmp(models[i].name, name))
            return &models[i];
    if (!strcmp(name, "max,pauth=off"))
        return &max_variants[MODEL_PAUTH_OFF];
    return strcmp(name, "max,pauth-impdef=off") ? NULL : &max_variants[MODEL_PAUTH_QARMA5];
}

/* A field of four bits that a feature raises to VALUE; of several, the highest counts. */
struct id_field {
    enum sysreg reg;
    u8 lsb;
    u8 value;
    u64 feature;
};

/* D19.2.60 to D19.2.70 */
static const struct id_field id_fields[] = {
    {ID_AA64PFR0_EL1, 16, 1, A64_FP16}, /* FP */
    {ID_AA64PFR0_EL1, 20, 1, A64_FP16}, /* AdvSIMD */
    {ID_AA64ISAR0_EL1, 4, 1, A64_AES},
    {ID_AA64ISAR0_EL1, 4, 2, A64_AES | A64_PMULL},
    {ID_AA64ISAR0_EL1, 8, 1, A64_SHA1},
    {ID_AA64ISAR0_EL1, 12, 1, A64_SHA256},
    {ID_AA64ISAR0_EL1, 12, 2, A64_SHA256 | A64_SHA512},
    {ID_AA64ISAR0_EL1, 16, 1, A64_CRC32},
    {ID_AA64ISAR0_EL1, 20, 2, A64_LSE},
    {ID_AA64ISAR0_EL1, 28, 1, A64_RDM},
    {ID_AA64ISAR0_EL1, 32, 1, A64_SHA3},
    {ID_AA64ISAR0_EL1, 36, 1, A64_SM3},
    {ID_AA64ISAR0_EL1, 40, 1, A64_SM4},
    {ID_AA64ISAR0_EL1, 44, 1, A64_DOTPROD},
    {ID_AA64ISAR0_EL1, 48, 1, A64_FHM},
    {ID_AA64PFR0_EL1, 48, 1, A64_DIT},
    {ID_AA64PFR0_EL1, 56, 1, A64_CSV}, /* CSV2 */
    {ID_AA64PFR0_EL1, 60, 1, A64_CSV}, /* CSV3 */
    {ID_AA64PFR1_EL1, 0, 1, A64_BTI},
    {ID_AA64PFR1_EL1, 4, 2, A64_SSBS},
    {ID_AA64ISAR0_EL1, 52, 1, A64_FLAGM},
    {ID_AA64ISAR0_EL1, 52, 2, A64_FLAGM | A64_FLAGM2},
    {ID_AA64ISAR0_EL1, 56, 1, A64_TLBIOS},
    {ID_AA64ISAR0_EL1, 56, 2, A64_TLBIOS | A64_TLBIRANGE},
    {ID_AA64ISAR0_EL1, 60, 1, A64_RNG},
    {ID_AA64ISAR1_EL1, 0, 1, A64_DPB},
    {ID_AA64ISAR1_EL1, 0, 2, A64_DPB | A64_DPB2},
    {ID_AA64ISAR1_EL1, 4, 1, A64_PAUTH | A64_PACQARMA5},  /* APA */
    {ID_AA64ISAR1_EL1, 8, 1, A64_PAUTH | A64_PACIMP},     /* API */
    {ID_AA64ISAR1_EL1, 24, 1, A64_PAUTH | A64_PACQARMA5}, /* GPA */
    {ID_AA64ISAR1_EL1, 28, 1, A64_PAUTH | A64_PACIMP},    /* GPI */
    {ID_AA64ISAR1_EL1, 12, 1, A64_JSCVT},
    {ID_AA64ISAR1_EL1, 16, 1, A64_FCMA},
    {ID_AA64ISAR1_EL1, 20, 1, A64_LRCPC},
    {ID_AA64ISAR1_EL1, 20, 2, A64_LRCPC | A64_LRCPC2},
    {ID_AA64ISAR1_EL1, 36, 1, A64_SB},
    {ID_AA64ISAR1_EL1, 40, 1, A64_SPECRES},
    {ID_AA64ISAR1_EL1, 32, 1, A64_FRINTTS},
    {ID_AA64ISAR1_EL1, 44, 1, A64_BF16},
    {ID_AA64ISAR1_EL1, 52, 1, A64_I8MM},
    {ID_AA64MMFR1_EL1, 0, 2, A64_HAFDBS},
    {ID_AA64MMFR1_EL1, 4, 2, A64_VMID16},
    {ID_AA64MMFR1_EL1, 12, 1, A64_HPDS},
    {ID_AA64MMFR1_EL1, 16, 1, A64_LOR},
    {ID_AA64MMFR1_EL1, 20, 1, A64_PAN},
    {ID_AA64MMFR1_EL1, 20, 2, A64_PAN | A64_PAN2},
    {ID_AA64MMFR1_EL1, 20, 3, A64_PAN | A64_PAN2 | A64_PAN3},
    {ID_AA64MMFR2_EL1, 4, 1, A64_UAO},
    {ID_AA64MMFR2_EL1, 28, 1, A64_TTST},
    {ID_AA64MMFR2_EL1, 36, 1, A64_IDST},
    {ID_AA64MMFR2_EL1, 48, 1, A64_TTL},
    {ID_AA64MMFR2_EL1, 60, 1, A64_E0PD},
};

static void set_field(u64 *sys, enum sysreg r, unsigned lsb, u64 value)
{
    sys[r] = (sys[r] & ~(UINT64_C(0xf) << lsb)) | value << lsb;
}

/* ID_AA64MMFR0_EL1.PARange: these many bits. */
static u64 pa_range(unsigned bits)
{
    static const u8 range[] = {32, 36, 40, 42, 44, 48};
    u64 i = ARRAY_LEN(range) - 1;
    while (i && range[i] > bits)
        i--;
    return i;
}

static void set_mmfr0(const struct cpu_model *m, u64 *sys)
{
    enum { PARANGE = 0, ASIDBITS = 4, BIGEND = 8, TGRAN16 = 20, TGRAN64 = 24, TGRAN4 = 28 };
    enum { NOT_SUPPORTED = 15 };
    set_field(sys, ID_AA64MMFR0_EL1, PARANGE, pa_range(m->pa_bits));
    set_field(sys, ID_AA64MMFR0_EL1, ASIDBITS, m->asid_bits == 16 ? 2 : 0);
    set_field(sys, ID_AA64MMFR0_EL1, BIGEND, 1);
    set_field(sys, ID_AA64MMFR0_EL1, TGRAN16, m->granules & GRANULE_16K ? 1 : 0);
    set_field(sys, ID_AA64MMFR0_EL1, TGRAN64, m->granules & GRANULE_64K ? 0 : NOT_SUPPORTED);
    set_field(sys, ID_AA64MMFR0_EL1, TGRAN4, m->granules & GRANULE_4K ? 0 : NOT_SUPPORTED);
}

static void set_dfr0(const struct cpu_model *m, u64 *sys)
{
    enum { DEBUGVER = 0, PMUVER = 8, BRPS = 12, WRPS = 20, CTX_CMPS = 28 };
    enum { DEBUG_V8 = 6, PMU_V3 = 1, CONTEXT_AWARE = 2 };
    set_field(sys, ID_AA64DFR0_EL1, DEBUGVER, DEBUG_V8);
    set_field(sys, ID_AA64DFR0_EL1, PMUVER, m->pmu_counters ? PMU_V3 : 0);
    set_field(sys, ID_AA64DFR0_EL1, BRPS, m->breakpoints - 1u);
    set_field(sys, ID_AA64DFR0_EL1, WRPS, m->watchpoints - 1u);
    set_field(sys, ID_AA64DFR0_EL1, CTX_CMPS, CONTEXT_AWARE - 1u);
}

void model_reset(const struct cpu_model *m, u64 *sys)
{
    enum { EL0 = 0, EL1 = 4, AARCH64_ONLY = 1 };
    set_field(sys, ID_AA64PFR0_EL1, EL0, AARCH64_ONLY);
    set_field(sys, ID_AA64PFR0_EL1, EL1, AARCH64_ONLY);
    set_mmfr0(m, sys);
    set_dfr0(m, sys);
    for (const struct id_field *f = id_fields; f < id_fields + ARRAY_LEN(id_fields); f++)
        if (!(f->feature & ~m->features))
            set_field(sys, f->reg, f->lsb, f->value);
    sys[CLIDR_EL1] = CLIDR_L1_SPLIT_L2;
    for (unsigned i = 0; i < m->reg_count; i++)
        sys[m->regs[i].reg] = m->regs[i].value;
}
