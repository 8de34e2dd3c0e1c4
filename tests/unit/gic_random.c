/*
 * The GICv2 under a hostile guest: a million random accesses and line changes,
 * with what must always hold checked against a slow reading of the pseudocode in
 * IHI 0048B (one INTID at a time, from nothing but register state).
 */
#include "tests/unit/gic_rig.h"

#include <criterion/criterion.h>

static struct rig rig;

static u32 next_random(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (u32)(*state >> 16);
}

static bool reg_bit(unsigned base, unsigned intid)
{
    return bit(dist_read(&rig, base + intid / 32 * 4), intid % 32);
}

static bool targets_cpu(unsigned intid, unsigned cpu)
{
    if (intid < 32 || rig.gic.cpus == 1)
        return true;
    return bit(gicv2_dist_ops.read(&rig.gic, D_ITARGETSR + intid, 1), cpu);
}

/* HighestPriorityPendingInterrupt */
static unsigned slow_hppi(unsigned cpu)
{
    unsigned best = SPURIOUS, best_priority = 0xff;
    u32 ctlr = dist_read(&rig, D_CTLR);
    for (unsigned intid = 0; intid < rig.gic.intids; intid++) {
        unsigned priority = (unsigned)gicv2_dist_ops.read(&rig.gic, D_IPRIORITYR + intid, 1);
        if (priority < best_priority && reg_bit(D_ISPENDR, intid) && !reg_bit(D_ISACTIVER, intid) &&
            reg_bit(D_ISENABLER, intid) && targets_cpu(intid, cpu) &&
            bit(ctlr, reg_bit(D_IGROUPR, intid))) {
            best = intid;
            best_priority = priority;
        }
    }
    return best;
}

/* UpdateExceptionState and GenerateExceptions, for one CPU */
static void check_outputs(unsigned cpu)
{
    u32 ctlr = cpu_read(&rig, cpu, C_CTLR);
    unsigned intid = slow_hppi(cpu);
    bool signal = false, group = false;
    if (intid != SPURIOUS) {
        unsigned priority = (unsigned)gicv2_dist_ops.read(&rig.gic, D_IPRIORITYR + intid, 1);
        group = reg_bit(D_IGROUPR, intid);
        unsigned bpr = cpu_read(&rig, cpu, C_BPR);
        if (group && !(ctlr & CBPR))
            bpr = cpu_read(&rig, cpu, C_ABPR) - 1;
        unsigned mask = 0xff00 >> (7 - bpr) & 0xff;
        unsigned running = cpu_read(&rig, cpu, C_RPR);
        signal = bit(ctlr, group) && priority < cpu_read(&rig, cpu, C_PMR) &&
                 (running == IDLE || priority < (running & mask));
    }
    cr_assert_eq(rig.fiq[cpu], signal && !group && ctlr & FIQEN);
    cr_assert_eq(rig.irq[cpu], signal && !rig.fiq[cpu]);
    u32 shown = cpu_read(&rig, cpu, C_HPPIR);
    if (intid == SPURIOUS || !bit(ctlr, group))
        cr_assert_eq(shown, SPURIOUS);
    else if (group && !(ctlr & ACKCTL))
        cr_assert_eq(shown, 1022);
    else
        cr_assert_eq(bits(shown, 9, 0), intid);
}

static void check_sgis(unsigned cpu)
{
    rig.cpu = cpu;
    u32 pending = dist_read(&rig, D_ISPENDR);
    for (unsigned sgi = 0; sgi < 16; sgi++) {
        u64 sources = gicv2_dist_ops.read(&rig.gic, D_SPENDSGIR + sgi, 1);
        cr_assert_eq(bit(pending, sgi), sources != 0);
        cr_assert_eq(sources >> rig.gic.cpus, 0);
    }
}

static void random_line(u32 what, u32 which)
{
    unsigned spis = rig.gic.intids - 32;
    struct irq_line line = what & 2 && spis
                               ? gicv2_spi(&rig.gic, which % spis)
                               : gicv2_ppi(&rig.gic, which / 16 % rig.gic.cpus, 16 + which % 16);
    irq_set(&line, what & 1);
}

/* Mostly where there are registers, sometimes anywhere in the window. */
static void random_access(u64 *state)
{
    const struct mmio_ops *ops = next_random(state) & 1 ? &gicv2_dist_ops : &gicv2_cpu_ops;
    unsigned size = 1u << next_random(state) % 3;
    u64 span = ops == &gicv2_dist_ops ? 0x1000 : 0x100;
    u64 offset = next_random(state) % (next_random(state) % 16 ? span : ops->size);
    if (ops == &gicv2_cpu_ops && next_random(state) % 8 == 0)
        offset = C_DIR;
    offset &= ~(u64)(size - 1);
    rig.cpu = next_random(state) % (rig.gic.cpus + 1);
    u32 value = next_random(state);
    if (next_random(state) & 1)
        value &= next_random(state) & next_random(state);
    if (next_random(state) & 1)
        cr_assert_leq(ops->read(&rig.gic, offset, size), ones(8 * size));
    else
        ops->write(&rig.gic, offset, size, value & ones(8 * size));
}

static void run(unsigned cpus, unsigned spis, unsigned accesses, u64 seed)
{
    rig_init(&rig, cpus, spis);
    for (unsigned i = 0; i < accesses; i++) {
        if (i % 4096 == 0) { /* lest it ends up masked or all active for good */
            gicv2_dist_ops.reset(&rig.gic);
            gicv2_cpu_ops.reset(&rig.gic);
            rig_enable(&rig, next_random(&seed));
        }
        if (next_random(&seed) % 4 == 0)
            random_line(next_random(&seed), next_random(&seed));
        else
            random_access(&seed);
        if (i % 61 == 0)
            for (unsigned cpu = 0; cpu < cpus; cpu++) {
                check_outputs(cpu);
                check_sgis(cpu);
            }
    }
}

Test(gic_random, one_cpu)
{
    run(1, 256, 400000, 0x9e3779b97f4a7c15);
}

Test(gic_random, two_cpus_odd_size)
{
    run(2, 45, 300000, 0xbf58476d1ce4e5b9);
}

Test(gic_random, eight_cpus_all_intids)
{
    run(8, GIC_MAX_SPIS, 200000, 0x94d049bb133111eb);
}

Test(gic_random, no_spis)
{
    run(3, 0, 100000, 0xd6e8feb86659fd93);
}
