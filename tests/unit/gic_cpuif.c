/*
 * The GICv2's CPU interface, through its ops: the interrupt state machine and
 * priorities of IHI 0048B 3.2 and 3.3, groups of chapter 3, registers of 4.4; reset
 * and read-back values also as QEMU's virt shows them.
 */
#include "tests/unit/gic_rig.h"

#include <criterion/criterion.h>

static struct rig rig;

static void one_cpu(void)
{
    rig_init(&rig, 1, 256);
}

static u32 iar(void)
{
    return cpu_read(&rig, 0, C_IAR);
}

static void eoi(u32 value)
{
    cpu_write(&rig, 0, C_EOIR, value);
}

static u32 rpr(void)
{
    return cpu_read(&rig, 0, C_RPR);
}

/* Pend an interrupt of CPU 0 by software, enabled at a priority. */
static void pend(unsigned intid, u8 priority)
{
    rig_enable_intid(&rig, intid, priority);
    dist_write(&rig, D_ISPENDR + intid / 32 * 4, UINT32_C(1) << intid % 32);
}

static void set_group1(unsigned intid)
{
    u64 offset = D_IGROUPR + intid / 32 * 4;
    dist_write(&rig, offset, dist_read(&rig, offset) | UINT32_C(1) << intid % 32);
}

TestSuite(gic_cpuif, .init = one_cpu);

Test(gic_cpuif, resets_masked_and_idle)
{
    cr_expect_eq(cpu_read(&rig, 0, C_CTLR), 0);
    cr_expect_eq(cpu_read(&rig, 0, C_PMR), 0);
    cr_expect_eq(cpu_read(&rig, 0, C_BPR), 0);
    cr_expect_eq(cpu_read(&rig, 0, C_ABPR), 1);
    cr_expect_eq(rpr(), IDLE);
    cr_expect_eq(iar(), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 0, C_AIAR), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 0, C_AHPPIR), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 0, C_IIDR), 0x0002043b);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_eq(cpu_read(&rig, 0, C_APR + 4 * i), 0);
        cr_expect_eq(cpu_read(&rig, 0, C_NSAPR + 4 * i), 0);
    }
}

Test(gic_cpuif, registers_keep_their_implemented_bits)
{
    cpu_write(&rig, 0, C_CTLR, UINT32_MAX);
    cr_expect_eq(cpu_read(&rig, 0, C_CTLR), 0x21f);
    cpu_write(&rig, 0, C_PMR, UINT32_MAX);
    cr_expect_eq(cpu_read(&rig, 0, C_PMR), 0xff);
    cpu_write(&rig, 0, C_BPR, UINT32_MAX);
    cr_expect_eq(cpu_read(&rig, 0, C_BPR), 7);
    cpu_write(&rig, 0, C_ABPR, UINT32_MAX);
    cr_expect_eq(cpu_read(&rig, 0, C_ABPR), 7);
    cpu_write(&rig, 0, C_ABPR, 0);
    cr_expect_eq(cpu_read(&rig, 0, C_ABPR), 1);
    cpu_write(&rig, 0, C_IIDR, 0);
    cr_expect_eq(cpu_read(&rig, 0, C_IIDR), 0x0002043b);
    cr_expect_eq(cpu_read(&rig, 0, C_EOIR), 0);
    cr_expect_eq(cpu_read(&rig, 0, C_DIR), 0);
}

Test(gic_cpuif, a_level_interrupt_goes_through_its_states)
{
    struct irq_line line = gicv2_spi(&rig.gic, 1);
    rig_enable(&rig, ENABLE_GRP0);
    rig_enable_intid(&rig, 33, 0xa0);
    rig_raise(line);
    cr_expect(rig.irq[0] && !rig.fiq[0]);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), 33);

    cr_expect_eq(iar(), 33); /* active and pending: the line is still up */
    cr_expect(!rig.irq[0]);
    cr_expect_eq(rpr(), 0xa0);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER + 4), 2);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 2);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), SPURIOUS);

    eoi(33); /* pending */
    cr_expect(rig.irq[0]);
    cr_expect_eq(iar(), 33);
    rig_lower(line); /* active */
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 0);
    eoi(33); /* inactive */
    cr_expect(!rig.irq[0]);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER + 4), 0);
    cr_expect_eq(rpr(), IDLE);
}

Test(gic_cpuif, a_level_that_falls_is_spurious)
{
    struct irq_line line = gicv2_spi(&rig.gic, 1);
    rig_enable(&rig, ENABLE_GRP0);
    rig_enable_intid(&rig, 33, 0xa0);
    rig_raise(line);
    rig_lower(line);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(iar(), SPURIOUS);
    eoi(SPURIOUS);
    cr_expect_eq(rpr(), IDLE);
}

Test(gic_cpuif, an_edge_while_active_comes_after)
{
    struct irq_line line = gicv2_spi(&rig.gic, 1);
    rig_enable(&rig, ENABLE_GRP0);
    rig_enable_intid(&rig, 33, 0xa0);
    dist_write(&rig, D_ICFGR + 8, 2 << 2);
    rig_raise(line);
    cr_expect_eq(iar(), 33);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 0); /* consumed, though the line is up */
    rig_lower(line);
    rig_raise(line);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 2);
    cr_expect(!rig.irq[0]);
    eoi(33);
    cr_expect(rig.irq[0]);
    cr_expect_eq(iar(), 33);
    eoi(33);
    cr_expect(!rig.irq[0]);
}

Test(gic_cpuif, acknowledging_consumes_a_software_pend)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0xa0);
    cr_expect_eq(iar(), 33);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 0);
    eoi(33);
    cr_expect(!rig.irq[0]);
}

Test(gic_cpuif, takes_the_most_urgent_then_the_lowest_intid)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(287, 0x40);
    pend(100, 0x40);
    pend(35, 0x41);
    pend(27, 0x42);
    static const unsigned order[] = {100, 287, 35, 27};
    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        cr_expect_eq(iar(), order[i]);
        eoi(order[i]);
    }
    cr_expect_eq(iar(), SPURIOUS);
}

Test(gic_cpuif, pmr_lets_through_what_is_more_urgent)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0x80);
    cpu_write(&rig, 0, C_PMR, 0x80);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(iar(), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), 33); /* pending, if not urgent enough */
    cpu_write(&rig, 0, C_PMR, 0x81);
    cr_expect(rig.irq[0]);
    cr_expect_eq(iar(), 33);
}

Test(gic_cpuif, the_lowest_priority_never_passes)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0xff);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(iar(), SPURIOUS);
    dist_write_byte(&rig, D_IPRIORITYR + 33, 0xfe);
    cr_expect(rig.irq[0]);
}

Test(gic_cpuif, disabled_it_signals_and_shows_nothing)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0x80);
    cpu_write(&rig, 0, C_CTLR, 0);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(iar(), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), SPURIOUS);
    cpu_write(&rig, 0, C_CTLR, ENABLE_GRP0);
    cr_expect(rig.irq[0]);
}

Test(gic_cpuif, a_more_urgent_interrupt_preempts)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0x80);
    cr_expect_eq(iar(), 33);
    pend(34, 0x80);
    cr_expect(!rig.irq[0]);
    pend(35, 0x40);
    cr_expect(rig.irq[0]);
    cr_expect_eq(iar(), 35);
    cr_expect_eq(rpr(), 0x40);
    cr_expect_eq(cpu_read(&rig, 0, C_APR + 4), 1);
    cr_expect_eq(cpu_read(&rig, 0, C_APR + 8), 1);
    eoi(35);
    cr_expect_eq(rpr(), 0x80);
    cr_expect(!rig.irq[0]);
    eoi(33);
    cr_expect_eq(rpr(), IDLE);
    cr_expect_eq(iar(), 34);
}

Test(gic_cpuif, bpr_splits_priority_into_group_and_subpriority)
{
    static const u8 group_bits[] = {0xfe, 0xfc, 0xf8, 0xf0, 0xe0, 0xc0, 0x80, 0x00};
    rig_enable(&rig, ENABLE_GRP0 | ENABLE_GRP1 | ACKCTL);
    for (unsigned bpr = 0; bpr < 8; bpr++) {
        cpu_write(&rig, 0, C_BPR, bpr);
        pend(33, 0xb7);
        cr_expect_eq(iar(), 33);
        cr_expect_eq(rpr(), 0xb7 & group_bits[bpr], "BPR %u", bpr);
        eoi(33);
    }
    set_group1(33);
    for (unsigned abpr = 1; abpr < 8; abpr++) {
        cpu_write(&rig, 0, C_ABPR, abpr);
        pend(33, 0xb7);
        cr_expect_eq(iar(), 33);
        cr_expect_eq(rpr(), 0xb7 & group_bits[abpr - 1], "ABPR %u", abpr);
        eoi(33);
    }
    cpu_write(&rig, 0, C_CTLR, ENABLE_GRP0 | ENABLE_GRP1 | ACKCTL | CBPR);
    cpu_write(&rig, 0, C_BPR, 4);
    pend(33, 0xb7);
    cr_expect_eq(iar(), 33);
    cr_expect_eq(rpr(), 0xb7 & group_bits[4]);
}

Test(gic_cpuif, subpriority_orders_but_does_not_preempt)
{
    rig_enable(&rig, ENABLE_GRP0);
    cpu_write(&rig, 0, C_BPR, 3); /* group priority in bits 7 to 4 */
    pend(33, 0x88);
    cr_expect_eq(iar(), 33);
    pend(34, 0x84);
    pend(35, 0x80);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(iar(), SPURIOUS);
    pend(36, 0x7f);
    cr_expect(rig.irq[0]);
    cr_expect_eq(iar(), 36);
    eoi(36);
    eoi(33);
    cr_expect_eq(iar(), 35);
}

Test(gic_cpuif, bpr_7_forbids_preemption)
{
    rig_enable(&rig, ENABLE_GRP0);
    cpu_write(&rig, 0, C_BPR, 7);
    pend(33, 0xf0);
    cr_expect_eq(iar(), 33);
    cr_expect_eq(rpr(), 0);
    pend(34, 0);
    cr_expect(!rig.irq[0]);
    eoi(33);
    cr_expect(rig.irq[0]);
}

Test(gic_cpuif, eoimode_splits_priority_drop_from_deactivation)
{
    rig_enable(&rig, ENABLE_GRP0 | EOIMODE);
    struct irq_line line = gicv2_spi(&rig.gic, 1);
    rig_enable_intid(&rig, 33, 0x80);
    rig_raise(line);
    cr_expect_eq(iar(), 33);
    pend(34, 0x80);
    cr_expect(!rig.irq[0]);
    eoi(33);
    cr_expect_eq(rpr(), IDLE);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER + 4), 2);
    cr_expect_eq(iar(), 34); /* not 33 again */
    eoi(34);
    cpu_write(&rig, 0, C_DIR, 34);
    cr_expect(!rig.irq[0]);
    cpu_write(&rig, 0, C_DIR, 33);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER + 4), 0);
    cr_expect(rig.irq[0]);
}

Test(gic_cpuif, dir_works_only_with_the_split)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0x80);
    cr_expect_eq(iar(), 33);
    cpu_write(&rig, 0, C_DIR, 33);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER + 4), 2);
    cr_expect_eq(rpr(), 0x80);
}

Test(gic_cpuif, eoi_of_special_or_missing_intids_is_ignored)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0x80);
    cr_expect_eq(iar(), 33);
    static const u32 ids[] = {1023, 1022, 1020, 1019, 288, UINT32_MAX};
    for (unsigned i = 0; i < ARRAY_LEN(ids); i++)
        eoi(ids[i]);
    cr_expect_eq(rpr(), 0x80);
    eoi(33);
    eoi(33); /* nothing is active any more */
    cr_expect_eq(rpr(), IDLE);
}

Test(gic_cpuif, software_can_make_an_interrupt_active)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0x80);
    dist_write(&rig, D_ISACTIVER + 4, 2);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(rpr(), IDLE);
    dist_write(&rig, D_ICACTIVER + 4, 2);
    cr_expect(rig.irq[0]);
}

Test(gic_cpuif, group_1_needs_ackctl_or_the_aliased_registers)
{
    rig_enable(&rig, ENABLE_GRP0 | ENABLE_GRP1);
    set_group1(33);
    pend(33, 0x80);
    cr_expect(rig.irq[0] && !rig.fiq[0]);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), 1022);
    cr_expect_eq(cpu_read(&rig, 0, C_AHPPIR), 33);
    cr_expect_eq(iar(), 1022);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER + 4), 0);
    cr_expect_eq(cpu_read(&rig, 0, C_AIAR), 33);
    cr_expect_eq(cpu_read(&rig, 0, C_NSAPR + 8), 1);
    cr_expect_eq(cpu_read(&rig, 0, C_APR + 8), 0);
    cpu_write(&rig, 0, C_AEOIR, 33);
    cr_expect_eq(rpr(), IDLE);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER + 4), 0);

    cpu_write(&rig, 0, C_CTLR, ENABLE_GRP0 | ENABLE_GRP1 | ACKCTL);
    pend(33, 0x80);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), 33);
    cr_expect_eq(iar(), 33);
    eoi(33);
    cr_expect_eq(rpr(), IDLE);
}

Test(gic_cpuif, the_aliased_registers_do_not_serve_group_0)
{
    rig_enable(&rig, ENABLE_GRP0 | ENABLE_GRP1);
    pend(33, 0x80);
    cr_expect_eq(cpu_read(&rig, 0, C_AHPPIR), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 0, C_AIAR), SPURIOUS);
    cr_expect_eq(iar(), 33);
    cpu_write(&rig, 0, C_AEOIR, 33);
    cr_expect_eq(rpr(), 0x80);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER + 4), 2);
}

Test(gic_cpuif, group_0_is_fiq_with_fiqen)
{
    rig_enable(&rig, ENABLE_GRP0 | ENABLE_GRP1 | FIQEN);
    set_group1(33);
    pend(33, 0x80);
    cr_expect(rig.irq[0] && !rig.fiq[0]);
    pend(34, 0x40);
    cr_expect(!rig.irq[0] && rig.fiq[0]);
    cr_expect_eq(iar(), 34);
    cr_expect(!rig.irq[0] && !rig.fiq[0]);
    eoi(34);
    cr_expect(rig.irq[0]);
    cpu_write(&rig, 0, C_CTLR, ENABLE_GRP0 | FIQEN);
    cr_expect(!rig.irq[0] && !rig.fiq[0]);
}

Test(gic_cpuif, group_enables_act_apart)
{
    rig_enable(&rig, ENABLE_GRP0 | ENABLE_GRP1 | ACKCTL);
    set_group1(33);
    pend(33, 0x40);
    pend(34, 0x80);
    dist_write(&rig, D_CTLR, ENABLE_GRP0); /* 33 is not forwarded: 34 is the highest */
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), 34);
    dist_write(&rig, D_CTLR, ENABLE_GRP0 | ENABLE_GRP1);
    cpu_write(&rig, 0, C_CTLR, ENABLE_GRP0 | ACKCTL); /* forwarded, but not signalled */
    cr_expect(!rig.irq[0]);
    cr_expect_eq(iar(), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), SPURIOUS);
}

Test(gic_cpuif, groups_have_active_priorities_of_their_own)
{
    rig_enable(&rig, ENABLE_GRP0 | ENABLE_GRP1 | ACKCTL);
    set_group1(33);
    pend(33, 0x80);
    cr_expect_eq(iar(), 33);
    pend(34, 0x40);
    cr_expect_eq(iar(), 34);
    cr_expect_eq(cpu_read(&rig, 0, C_APR + 4), 1);
    cr_expect_eq(cpu_read(&rig, 0, C_NSAPR + 8), 1);
    eoi(34);
    cr_expect_eq(rpr(), 0x80);
    eoi(33);
    cr_expect_eq(rpr(), IDLE);
}

Test(gic_cpuif, active_priorities_can_be_saved_and_restored)
{
    rig_enable(&rig, ENABLE_GRP0);
    cpu_write(&rig, 0, C_APR + 8, 1 << 3); /* 0x86 */
    cr_expect_eq(cpu_read(&rig, 0, C_APR + 8), 1 << 3);
    cr_expect_eq(rpr(), 0x86);
    pend(33, 0x86);
    cr_expect(!rig.irq[0]);
    cpu_write(&rig, 0, C_NSAPR, 2);
    cr_expect_eq(rpr(), 0x02);
    cpu_write(&rig, 0, C_NSAPR, 0);
    cpu_write(&rig, 0, C_APR + 8, 0);
    cr_expect(rig.irq[0]);
    cr_expect_eq(rpr(), IDLE);
}

Test(gic_cpuif, interfaces_are_banked)
{
    rig_init(&rig, 2, 32);
    rig_enable(&rig, ENABLE_GRP0);
    cpu_write(&rig, 1, C_PMR, 0x10);
    cpu_write(&rig, 1, C_BPR, 2);
    cr_expect_eq(cpu_read(&rig, 0, C_PMR), 0xff);
    cr_expect_eq(cpu_read(&rig, 0, C_BPR), 0);
    cr_expect_eq(cpu_read(&rig, 1, C_PMR), 0x10);
    rig.cpu = 0;
    pend(33, 0x08);
    cr_expect_eq(iar(), 33);
    cr_expect_eq(cpu_read(&rig, 1, C_RPR), IDLE);
}

Test(gic_cpuif, narrow_accesses_away_from_the_first_byte_do_nothing)
{
    rig_enable(&rig, ENABLE_GRP0);
    pend(33, 0x80);
    for (unsigned i = 1; i < 4; i++)
        cr_expect_eq(gicv2_cpu_ops.read(&rig.gic, C_IAR + i, 1), 0);
    cr_expect_eq(gicv2_cpu_ops.read(&rig.gic, C_IAR + 2, 2), 0);
    cr_expect_eq(rpr(), IDLE);
    gicv2_cpu_ops.write(&rig.gic, C_PMR + 1, 1, 0);
    cr_expect_eq(cpu_read(&rig, 0, C_PMR), 0xff);
}

Test(gic_cpuif, an_accessor_that_errs_or_is_missing_means_cpu_0)
{
    cpu_write(&rig, 5, C_PMR, 0x70);
    rig.gic.accessor = NULL;
    cr_expect_eq(gicv2_cpu_ops.read(&rig.gic, C_PMR, 4), 0x70);
}
