/*
 * PSCI and SMCCC: one row per function (psci.h).
 */
#include "firmware/psci.h"

/* Function identifiers; those with the bit of the 64-bit convention take X registers. */
enum {
    FN_SMCCC_VERSION = 0x80000000,
    FN_SMCCC_ARCH_FEATURES = 0x80000001,
    FN_PSCI_VERSION = 0x84000000,
    FN_CPU_SUSPEND = 0x84000001,
    FN_CPU_OFF = 0x84000002,
    FN_CPU_ON = 0x84000003,
    FN_AFFINITY_INFO = 0x84000004,
    FN_MIGRATE_INFO_TYPE = 0x84000006,
    FN_SYSTEM_OFF = 0x84000008,
    FN_SYSTEM_RESET = 0x84000009,
    FN_PSCI_FEATURES = 0x8400000a,
    FN_SYSTEM_RESET2 = 0x84000012,
    FN_64 = 0x40000000,
    FN_OWNER = 0xffff0000, /* fast or not, 32-bit or 64-bit, and whose */
    FN_VENDOR = 0xc6000000,
};

enum {
    SMCCC_1_1 = 1 << 16 | 1,
    PSCI_1_1 = 1 << 16 | 1,
    MIGRATE_NOT_NEEDED = 2, /* no Trusted OS to migrate */
    AFFINITY_ON = 0,
    AFFINITY_OFF = 1,
};

/* Error codes (DEN 0022, 5.2.2). */
enum {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
};

/* Arguments of a call: x1 to x3, cut to 32 bits for the 32-bit convention. */
struct call {
    struct psci *psci;
    struct cpu *cpu;
    u64 a1, a2, a3;
};

static struct cpu *cpu_by_mpidr(const struct psci *p, u64 affinity)
{
    const u64 affinity_fields = UINT64_C(0xff00ffffff);
    for (unsigned i = 0; i < p->cpus; i++) {
        if ((sysreg_peek(p->cpu[i], MPIDR_EL1) & affinity_fields) == affinity)
            return p->cpu[i];
    }
    return NULL;
}

static s64 version(struct call *k)
{
    return PSCI_1_1;
}

static s64 smccc_version(struct call *k)
{
    return SMCCC_1_1;
}

/* Every power state is standby: wait for an interrupt, then go on. */
static s64 cpu_suspend(struct call *k)
{
    k->cpu->halted = true;
    return PSCI_SUCCESS;
}

static s64 cpu_off(struct call *k)
{
    k->cpu->powered = false;
    return PSCI_SUCCESS;
}

/* The target starts at EL1 with the MMU off and the context id in x0 (DEN 0022, 6.4). */
static s64 cpu_on(struct call *k)
{
    struct cpu *target = cpu_by_mpidr(k->psci, k->a1);
    if (!target)
        return PSCI_INVALID_PARAMETERS;
    if (target->powered)
        return PSCI_ALREADY_ON;
    cpu_reset(target);
    target->pc = k->a2;
    target->x[0] = k->a3;
    target->powered = true;
    return PSCI_SUCCESS;
}

static s64 affinity_info(struct call *k)
{
    const struct cpu *target = cpu_by_mpidr(k->psci, k->a1);
    if (!target || k->a2 > 3)
        return PSCI_INVALID_PARAMETERS;
    return target->powered ? AFFINITY_ON : AFFINITY_OFF;
}

static s64 migrate_info_type(struct call *k)
{
    return MIGRATE_NOT_NEEDED;
}

static s64 request(struct call *k, enum psci_request r)
{
    k->psci->system(k->psci->owner, r);
    k->cpu->halted = true; /* does not return */
    cpu_kick_machine(k->cpu);
    return PSCI_SUCCESS;
}

static s64 system_off(struct call *k)
{
    return request(k, PSCI_SYSTEM_OFF);
}

static s64 system_reset(struct call *k)
{
    return request(k, PSCI_SYSTEM_RESET);
}

/* Reset type 0 is the architectural warm reset; there is no vendor type. */
static s64 system_reset2(struct call *k)
{
    return k->a1 ? PSCI_INVALID_PARAMETERS : request(k, PSCI_SYSTEM_RESET);
}

static s64 features(struct call *k);

static const struct function {
    u32 id;
    bool also_64; /* has a 64-bit form as well */
    s64 (*call)(struct call *k);
} functions[] = {
    {FN_SMCCC_VERSION, false, smccc_version},
    {FN_SMCCC_ARCH_FEATURES, false, features},
    {FN_PSCI_VERSION, false, version},
    {FN_CPU_SUSPEND, true, cpu_suspend},
    {FN_CPU_OFF, false, cpu_off},
    {FN_CPU_ON, true, cpu_on},
    {FN_AFFINITY_INFO, true, affinity_info},
    {FN_MIGRATE_INFO_TYPE, false, migrate_info_type},
    {FN_SYSTEM_OFF, false, system_off},
    {FN_SYSTEM_RESET, false, system_reset},
    {FN_PSCI_FEATURES, false, features},
    {FN_SYSTEM_RESET2, true, system_reset2},
};

static const struct function *find(u32 id)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        const struct function *f = &functions[i];
        if (id == f->id || (f->also_64 && id == (f->id | FN_64)))
            return f;
    }
    return NULL;
}

/*
 * PSCI_FEATURES and SMCCC_ARCH_FEATURES: 0 for a function that is there. No
 * workaround call is, and none is needed: an interpreter speculates nothing.
 */
static s64 features(struct call *k)
{
    const struct function *f = find((u32)k->a1);
    return f ? 0 : PSCI_NOT_SUPPORTED;
}

static bool answer(void *owner, struct cpu *c)
{
    u32 id = (u32)c->x[0];
    const struct function *f = find(id);
    struct call k = {owner, c, c->x[1], c->x[2], c->x[3]};
    if ((id & FN_OWNER) == FN_VENDOR && k.psci->vendor) {
        c->x[0] = (u64)k.psci->vendor(k.psci->vendor_owner, c);
        return true;
    }
    if (!(id & FN_64)) {
        k.a1 = (u32)k.a1;
        k.a2 = (u32)k.a2;
        k.a3 = (u32)k.a3;
    }
    s64 result = f ? f->call(&k) : PSCI_NOT_SUPPORTED;
    c->x[0] = (u64)result;
    return true;
}

void psci_attach(struct psci *p)
{
    for (unsigned i = 0; i < p->cpus; i++) {
        p->cpu[i]->smccc = answer;
        p->cpu[i]->smccc_owner = p;
    }
}
