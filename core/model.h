/*
 * CPU models: which instructions a CPU has and what its identification
 * registers say. A model says only what is implemented.
 */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include "core/sysreg.h"
#include "core/types.h"

/* What a row of the instruction or register table needs, as a set; 0 is ARMv8.0. */
enum feature {
    A64_BASE = 0,
    A64_CRC32 = 1 << 0,
    A64_AES = 1 << 1,
    A64_PMULL = 1 << 2,
    A64_SHA1 = 1 << 3,
    A64_SHA256 = 1 << 4,
    A64_LSE = 1 << 5, /* FEAT_LSE */
    A64_PAN = 1 << 6,
    A64_UAO = 1 << 7,
    A64_RDM = 1 << 8,
    A64_LRCPC = 1 << 9,
    A64_DPB = 1 << 10,
    A64_HPDS = 1 << 11,
    A64_HAFDBS = 1 << 12,
    A64_VMID16 = 1 << 13,
    A64_FP16 = 1 << 14,
    A64_DOTPROD = 1 << 15,
    A64_SHA3 = 1 << 16,
    A64_SHA512 = 1 << 17,
    A64_FLAGM = 1 << 18,
    A64_PAN2 = 1 << 19,     /* FEAT_PAN2: AT S1E1RP, S1E1WP */
    A64_RAMINDEX = 1 << 20, /* RAMINDEX and its data registers, of the Cortex-A57 and A72 */
    A64_FHM = 1 << 21,
    A64_FCMA = 1 << 22,
    A64_JSCVT = 1 << 23,
    A64_FRINTTS = 1 << 24,
    A64_SM3 = 1 << 25,
    A64_SM4 = 1 << 26,
    A64_I8MM = 1 << 27,
    A64_BF16 = 1 << 28,
    A64_LRCPC2 = 1 << 29,
    A64_FLAGM2 = 1 << 30,
    A64_SB = UINT64_C(1) << 31,
    A64_SSBS = UINT64_C(1) << 32,
    A64_DPB2 = UINT64_C(1) << 33,
    A64_DIT = UINT64_C(1) << 34,
    A64_SPECRES = UINT64_C(1) << 35,
    A64_PAUTH = UINT64_C(1) << 36,     /* with either of the two algorithms: */
    A64_PACQARMA5 = UINT64_C(1) << 37, /* the architecture's */
    A64_PACIMP = UINT64_C(1) << 38,    /* ours, which is faster */
    A64_BTI = UINT64_C(1) << 39,
    A64_TLBIOS = UINT64_C(1) << 40,
    A64_TLBIRANGE = UINT64_C(1) << 41,
    A64_RNG = UINT64_C(1) << 42,
    A64_IDST = UINT64_C(1) << 43,
    A64_TTST = UINT64_C(1) << 44,
    A64_TTL = UINT64_C(1) << 45,
    A64_E0PD = UINT64_C(1) << 46,
    A64_PAN3 = UINT64_C(1) << 47,
    A64_LOR = UINT64_C(1) << 48,
    A64_CSV = UINT64_C(1) << 49, /* FEAT_CSV2, FEAT_CSV3: nothing is executed on speculation */
};

struct model_reg {
    enum sysreg reg;
    u64 value;
};

enum { MODEL_CACHES = 3 }; /* L1 data, L1 instruction, L2: in the order of CSSELR_EL1 */

struct cpu_model {
    const char *name;       /* as -cpu takes it */
    const char *compatible; /* as the device tree has it: "arm,cortex-a57" */
    u64 features;           /* A64_* */
    u8 pa_bits;
    u8 granules;                               /* GRANULE_* */
    u8 asid_bits;                              /* 8 or 16 */
    u8 breakpoints, watchpoints, pmu_counters; /* how many of each */
    u32 ccsidr[MODEL_CACHES];
    const struct model_reg *regs; /* what else distinguishes it, at reset */
    unsigned reg_count;
};

/* The model of that name, "max,pauth=off" or "max,pauth-impdef=off"; or NULL. */
const struct cpu_model *model_find(const char *name);

/* How pointers are authenticated: FEAT_PACQARMA5, or the algorithm of ours, FEAT_PACIMP. */
enum model_pauth { MODEL_PAUTH_OFF, MODEL_PAUTH_QARMA5, MODEL_PAUTH_IMPDEF };

/* M as model_find gave it, but with that KIND; NULL if it can't have it. */
const struct cpu_model *model_with_pauth(const struct cpu_model *m, enum model_pauth kind);

/*
 * Put into SYS (SYS_COUNT values) what M's ID registers read. The fields that tell
 * what a CPU can do follow from the members above, so they cannot disagree.
 */
void model_reset(const struct cpu_model *m, u64 *sys);

/* The I-th model, NULL behind the last: for -cpu help. */
const struct cpu_model *model_at(unsigned i);

#endif
