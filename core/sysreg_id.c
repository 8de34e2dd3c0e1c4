/*
 * Identification registers whose value depends on more than the model.
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
