/*
 * Identification registers whose value depends on more than the model, and random
 * numbers.
 */
#include "core/engine/engine.h"
#include "core/sysreg_hooks.h"

enum { MPIDR_CLUSTER = 8 /* CPUs of a cluster, as a GICv2 serves */, MPIDR_AFF1_SHIFT = 8 };
#define MPIDR_RES1 BIT(31)

u64 read_mpidr(struct cpu *c, enum sysreg r)
{
    u64 aff0 = c->index % MPIDR_CLUSTER, aff1 = c->index / MPIDR_CLUSTER;
    return MPIDR_RES1 | aff1 << MPIDR_AFF1_SHIFT | aff0;
}

/* An index that names no cache reads as zero (it is UNKNOWN). */
u64 read_ccsidr(struct cpu *c, enum sysreg r)
{
    u64 selected = c->sys[CSSELR_EL1];
    return selected < MODEL_CACHES ? c->model->ccsidr[selected] : 0;
}

/* DZP tells whether DC ZVA is prohibited here and now. */
u64 read_dczid(struct cpu *c, enum sysreg r)
{
    enum { BS_64_BYTES = 4, DZP = 1 << 4 };
    bool allowed = c->el || bit(c->sys[SCTLR_EL1], SCTLR_DZE);
    return allowed ? BS_64_BYTES : DZP | BS_64_BYTES;
}

u64 read_storage(struct cpu *c, enum sysreg r)
{
    return c->sys[r];
}

/* How many CPUs the cluster has, which nobody can write, and the rest as it was written. */
u64 read_l2ctlr(struct cpu *c, enum sysreg r)
{
    enum { CPUS_SHIFT = 24, L2_CPUS = 4 };
    unsigned first = c->index / MPIDR_CLUSTER * MPIDR_CLUSTER;
    unsigned cpus = c->engine->cpu_count - first;
    return c->sys[r] | (u64)((cpus < L2_CPUS ? cpus : L2_CPUS) - 1) << CPUS_SHIFT;
}

/* splitmix64, G. Steele and others, OOPSLA 2014. */
static u64 next_random(u64 *state)
{
    u64 v = *state += UINT64_C(0x9e3779b97f4a7c15);
    v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
    return v ^ v >> 31;
}

/* RNDR, RNDRRS: NZCV is 0 when there is a number, as there always is (D19.2.122). */
u64 read_random(struct cpu *c, enum sysreg r)
{
    u64 value;
    if (c->random)
        c->random(&value, sizeof(value));
    else
        value = next_random(&c->random_state);
    cpu_set_nzcv(c, 0);
    return value;
}
