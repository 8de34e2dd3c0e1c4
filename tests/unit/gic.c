/*
 * The GICv2's distributor and input lines, through their ops, as IHI 0048B 4.3
 * describes them; reset and identification values also as QEMU's virt shows them.
 */
#include "tests/unit/gic_rig.h"

#include <criterion/criterion.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

static struct rig rig;

static void two_cpus(void)
{
    rig_init(&rig, 2, 256);
}

static void one_cpu(void)
{
    rig_init(&rig, 1, 256);
}

TestSuite(gic_dist, .init = two_cpus);

Test(gic_dist, typer_counts_lines_and_cpus)
{
    cr_expect_eq(dist_read(&rig, D_TYPER), 1 << 5 | 8);
    rig_init(&rig, 1, 256);
    cr_expect_eq(dist_read(&rig, D_TYPER), 8);
    rig_init(&rig, 8, GIC_MAX_SPIS);
    cr_expect_eq(dist_read(&rig, D_TYPER), 7 << 5 | 31);
    rig_init(&rig, 1, 0);
    cr_expect_eq(dist_read(&rig, D_TYPER), 0);
}

Test(gic_dist, identifies_itself_as_gicv2)
{
    static const u8 id[] = {0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < ARRAY_LEN(id); i++)
        cr_expect_eq(dist_read(&rig, 0xfd0 + 4 * i), id[i]);
    cr_expect_eq(bits(dist_read(&rig, D_PIDR2), 7, 4), 2);
    cr_expect_eq(dist_read(&rig, D_IIDR), 0x43b);
    dist_write(&rig, D_IIDR, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_IIDR), 0x43b);
}

Test(gic_dist, resets_to_nothing_enabled_but_sgis)
{
    for (unsigned offset = 0xc; offset < 0xfd0; offset += 4) {
        u32 expected = 0;
        if (offset == D_ISENABLER || offset == D_ICENABLER)
            expected = 0xffff;
        else if (offset >= D_ITARGETSR && offset < D_ITARGETSR + 32)
            expected = 0x01010101;
        else if (offset == D_ICFGR)
            expected = 0xaaaaaaaa;
        cr_expect_eq(dist_read(&rig, offset), expected, "at %#x", offset);
    }
    cr_expect_eq(dist_read(&rig, D_CTLR), 0);
}

Test(gic_dist, ctlr_has_two_group_enables)
{
    dist_write(&rig, D_CTLR, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_CTLR), 3);
    dist_write(&rig, D_CTLR, ENABLE_GRP1);
    cr_expect_eq(dist_read(&rig, D_CTLR), ENABLE_GRP1);
}

Test(gic_dist, set_and_clear_registers_touch_only_ones)
{
    static const u16 rows[][2] = {
        {D_ISENABLER, D_ICENABLER}, {D_ISPENDR, D_ICPENDR}, {D_ISACTIVER, D_ICACTIVER}};
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        u16 set = rows[i][0] + 4, clear = rows[i][1] + 4;
        dist_write(&rig, set, 0x80000001);
        dist_write(&rig, set, 0x00000010);
        cr_expect_eq(dist_read(&rig, set), 0x80000011);
        cr_expect_eq(dist_read(&rig, clear), 0x80000011);
        dist_write(&rig, clear, 0x00000001);
        cr_expect_eq(dist_read(&rig, set), 0x80000010);
        dist_write(&rig, clear, UINT32_MAX);
        cr_expect_eq(dist_read(&rig, set), 0);
    }
}

Test(gic_dist, sgis_are_always_enabled_and_pend_by_source_only)
{
    dist_write(&rig, D_ICENABLER, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_ISENABLER), 0xffff);
    dist_write(&rig, D_ISPENDR, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_ISPENDR), 0xffff0000);
    dist_write(&rig, D_SGIR, SGI_SELF | 3);
    dist_write(&rig, D_ICPENDR, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_ISPENDR), 1 << 3);
}

Test(gic_dist, unimplemented_intids_are_raz_wi)
{
    static const u16 bitmaps[] = {D_IGROUPR, D_ISENABLER, D_ISPENDR, D_ISACTIVER};
    rig_init(&rig, 2, 40); /* INTIDs 0 to 71 */
    for (unsigned i = 0; i < ARRAY_LEN(bitmaps); i++) {
        for (unsigned n = 0; n < 32; n++)
            dist_write(&rig, bitmaps[i] + 4 * n, UINT32_MAX);
        cr_expect_eq(dist_read(&rig, bitmaps[i] + 4), UINT32_MAX);
        cr_expect_eq(dist_read(&rig, bitmaps[i] + 8), 0xff);
        cr_expect_eq(dist_read(&rig, bitmaps[i] + 12), 0);
        cr_expect_eq(dist_read(&rig, bitmaps[i] + 0x7c), 0);
    }
    for (unsigned offset = 0; offset < 0x400; offset += 4) {
        dist_write(&rig, D_IPRIORITYR + offset, UINT32_MAX);
        dist_write(&rig, D_ITARGETSR + offset, UINT32_MAX);
        cr_expect_eq(dist_read(&rig, D_IPRIORITYR + offset), offset < 72 ? UINT32_MAX : 0);
        if (offset >= 32)
            cr_expect_eq(dist_read(&rig, D_ITARGETSR + offset), offset < 72 ? 0x03030303 : 0);
    }
    for (unsigned n = 4; n < 64; n++)
        dist_write(&rig, D_ICFGR + 4 * n, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_ICFGR + 4 * 4), 0x0000aaaa);
    cr_expect_eq(dist_read(&rig, D_ICFGR + 4 * 5), 0);
}

Test(gic_dist, the_largest_ends_before_the_special_intids)
{
    rig_init(&rig, 1, GIC_MAX_SPIS);
    dist_write(&rig, D_ISENABLER + 0x7c, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_ISENABLER + 0x7c), 0x0fffffff);
    rig_enable(&rig, ENABLE_GRP0);
    rig_raise(gicv2_spi(&rig.gic, GIC_MAX_SPIS - 1));
    cr_expect_eq(cpu_read(&rig, 0, C_IAR), 1019);
    cpu_write(&rig, 0, C_EOIR, 1019);
    cr_expect_eq(cpu_read(&rig, 0, C_RPR), IDLE);
}

Test(gic_dist, priorities_have_eight_bits_and_bytes)
{
    dist_write(&rig, D_IPRIORITYR + 32, 0xffffffff);
    cr_expect_eq(dist_read(&rig, D_IPRIORITYR + 32), 0xffffffff);
    dist_write(&rig, D_IPRIORITYR + 32, 0x44332211);
    dist_write_byte(&rig, D_IPRIORITYR + 33, 0x55);
    cr_expect_eq(dist_read(&rig, D_IPRIORITYR + 32), 0x44335511);
    gicv2_dist_ops.write(&rig.gic, D_IPRIORITYR + 34, 2, 0x1234);
    cr_expect_eq(dist_read(&rig, D_IPRIORITYR + 32), 0x12345511);
    cr_expect_eq(gicv2_dist_ops.read(&rig.gic, D_IPRIORITYR + 35, 1), 0x12);
    cr_expect_eq(gicv2_dist_ops.read(&rig.gic, D_IPRIORITYR + 32, 2), 0x5511);
}

Test(gic_dist, targets_are_own_cpu_for_private_and_bytes_for_shared)
{
    rig.cpu = 1;
    dist_write(&rig, D_ITARGETSR, 0x03030303);
    cr_expect_eq(dist_read(&rig, D_ITARGETSR), 0x02020202);
    cr_expect_eq(dist_read(&rig, D_ITARGETSR + 28), 0x02020202);
    dist_write_byte(&rig, D_ITARGETSR + 41, 0xfe);
    cr_expect_eq(dist_read(&rig, D_ITARGETSR + 40), 0x00000200);
    dist_write(&rig, D_ITARGETSR + 40, 0x03020100);
    cr_expect_eq(dist_read(&rig, D_ITARGETSR + 40), 0x03020100);
    cr_expect_eq(gicv2_dist_ops.read(&rig.gic, D_ITARGETSR + 43, 1), 3);
}

Test(gic_dist, targets_are_raz_wi_with_one_cpu, .init = one_cpu)
{
    dist_write(&rig, D_ITARGETSR + 32, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_ITARGETSR), 0);
    cr_expect_eq(dist_read(&rig, D_ITARGETSR + 32), 0);
}

Test(gic_dist, icfgr_has_the_edge_bit_of_all_but_sgis)
{
    dist_write(&rig, D_ICFGR, 0);
    cr_expect_eq(dist_read(&rig, D_ICFGR), 0xaaaaaaaa);
    dist_write(&rig, D_ICFGR + 4, UINT32_MAX);
    cr_expect_eq(dist_read(&rig, D_ICFGR + 4), 0xaaaaaaaa);
    dist_write(&rig, D_ICFGR + 12, 0x80000002); /* INTIDs 48 and 63 */
    cr_expect_eq(dist_read(&rig, D_ICFGR + 12), 0x80000002);
    cr_expect_eq(dist_read(&rig, D_ICFGR + 8), 0);
    dist_write_byte(&rig, D_ICFGR + 13, 0xaa); /* only INTIDs 52 to 55 */
    cr_expect_eq(dist_read(&rig, D_ICFGR + 12), 0x8000aa02);
}

Test(gic_dist, private_registers_are_banked)
{
    static const u16 offsets[] = {D_IGROUPR, D_ISENABLER, D_ISPENDR, D_ISACTIVER, D_ICFGR + 4};
    for (unsigned i = 0; i < ARRAY_LEN(offsets); i++) {
        rig.cpu = 0;
        u32 before = dist_read(&rig, offsets[i]);
        rig.cpu = 1;
        dist_write(&rig, offsets[i], 0xa0000000);
        cr_expect_eq(dist_read(&rig, offsets[i]), before | 0xa0000000);
        rig.cpu = 0;
        cr_expect_eq(dist_read(&rig, offsets[i]), before);
    }
    dist_write(&rig, D_IPRIORITYR + 28, 0x40302010);
    rig.cpu = 1;
    cr_expect_eq(dist_read(&rig, D_IPRIORITYR + 28), 0);
    dist_write(&rig, D_ISENABLER + 4, 1);
    rig.cpu = 0;
    cr_expect_eq(dist_read(&rig, D_ISENABLER + 4), 1);
}

Test(gic_dist, a_level_pends_while_it_is_asserted)
{
    struct irq_line line = gicv2_spi(&rig.gic, 8); /* INTID 40 */
    rig_raise(line);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 1 << 8);
    cr_expect_eq(dist_read(&rig, D_SPISR), 1 << 8);
    dist_write(&rig, D_ICPENDR + 4, 1 << 8);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 1 << 8);
    rig_lower(line);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 0);
}

Test(gic_dist, a_level_pended_by_software_outlives_the_line)
{
    struct irq_line line = gicv2_spi(&rig.gic, 8);
    dist_write(&rig, D_ISPENDR + 4, 1 << 8);
    rig_raise(line);
    rig_lower(line);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 1 << 8);
    dist_write(&rig, D_ICPENDR + 4, 1 << 8);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 0);
}

Test(gic_dist, an_edge_pends_until_it_is_cleared)
{
    struct irq_line line = gicv2_spi(&rig.gic, 8);
    dist_write(&rig, D_ICFGR + 4 * 2, 2 << 2 * 8);
    rig_raise(line);
    rig_lower(line);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 1 << 8);
    dist_write(&rig, D_ICPENDR + 4, 1 << 8);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 0);
    rig_raise(line);
    dist_write(&rig, D_ICPENDR + 4, 1 << 8);
    rig_raise(line); /* no edge */
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 0);
}

Test(gic_dist, a_ppi_belongs_to_its_cpu)
{
    rig_enable(&rig, ENABLE_GRP0);
    rig.cpu = 1;
    dist_write(&rig, D_ISENABLER, 1 << 27);
    rig.cpu = 0;
    dist_write(&rig, D_ISENABLER, 1 << 27);
    rig_raise(gicv2_ppi(&rig.gic, 1, 27));
    cr_expect(!rig.irq[0] && rig.irq[1]);
    cr_expect_eq(dist_read(&rig, D_ISPENDR), 0);
    cr_expect_eq(dist_read(&rig, D_PPISR), 0);
    rig.cpu = 1;
    cr_expect_eq(dist_read(&rig, D_ISPENDR), 1 << 27);
    cr_expect_eq(dist_read(&rig, D_PPISR), 1 << 11);
    cr_expect_eq(cpu_read(&rig, 0, C_IAR), SPURIOUS);
    cr_expect_eq(cpu_read(&rig, 1, C_IAR), 27);
}

Test(gic_dist, forwards_only_what_is_enabled_in_both_places)
{
    rig_enable(&rig, ENABLE_GRP0);
    rig_raise(gicv2_spi(&rig.gic, 1));
    cr_expect(!rig.irq[0]);
    rig_enable_intid(&rig, 33, 0x80);
    cr_expect(rig.irq[0]);
    dist_write(&rig, D_CTLR, 0);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(cpu_read(&rig, 0, C_IAR), SPURIOUS);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 2); /* it goes on pending */
    dist_write(&rig, D_CTLR, ENABLE_GRP0);
    cr_expect(rig.irq[0]);
    dist_write(&rig, D_ICENABLER + 4, 2);
    cr_expect(!rig.irq[0]);
}

Test(gic_dist, routes_an_spi_to_its_targets)
{
    rig_enable(&rig, ENABLE_GRP0);
    rig_enable_intid(&rig, 50, 0x80);
    dist_write_byte(&rig, D_ITARGETSR + 50, 2);
    rig_raise(gicv2_spi(&rig.gic, 18));
    cr_expect(!rig.irq[0] && rig.irq[1]);
    dist_write_byte(&rig, D_ITARGETSR + 50, 1);
    cr_expect(rig.irq[0] && !rig.irq[1]);
    dist_write_byte(&rig, D_ITARGETSR + 50, 0);
    cr_expect(!rig.irq[0] && !rig.irq[1]);
}

Test(gic_dist, one_of_several_targets_gets_it)
{
    rig_enable(&rig, ENABLE_GRP0);
    rig_enable_intid(&rig, 50, 0x80);
    dist_write_byte(&rig, D_ITARGETSR + 50, 3);
    rig_raise(gicv2_spi(&rig.gic, 18));
    cr_expect(rig.irq[0] && rig.irq[1]);
    cr_expect_eq(cpu_read(&rig, 1, C_IAR), 50);
    cr_expect(!rig.irq[0] && !rig.irq[1]);
    cr_expect_eq(cpu_read(&rig, 0, C_IAR), SPURIOUS);
    cpu_write(&rig, 1, C_EOIR, 50);
    cr_expect(rig.irq[0] && rig.irq[1]); /* the level is still there */
}

Test(gic_dist, sgir_has_three_target_filters)
{
    rig_init(&rig, 4, 32);
    rig.cpu = 1;
    dist_write(&rig, D_SGIR, 0x0d << 16 | 5); /* CPUs 0, 2, 3 */
    dist_write(&rig, D_SGIR, SGI_OTHERS | 0xff << 16 | 6);
    dist_write(&rig, D_SGIR, SGI_SELF | 0xff << 16 | 7);
    dist_write(&rig, D_SGIR, 3 << 24 | 0xff << 16 | 8); /* reserved */
    dist_write(&rig, D_SGIR, 0xf0 << 16 | 9);           /* CPUs that are not there */
    static const u32 pending[] = {0x60, 0x80, 0x60, 0x60};
    for (rig.cpu = 0; rig.cpu < 4; rig.cpu++)
        cr_expect_eq(dist_read(&rig, D_ISPENDR), pending[rig.cpu], "CPU %u", rig.cpu);
    cr_expect_eq(dist_read(&rig, D_SGIR), 0);
}

Test(gic_dist, an_sgi_pends_once_for_each_source)
{
    rig_enable(&rig, ENABLE_GRP0);
    for (rig.cpu = 0; rig.cpu < 2; rig.cpu++)
        dist_write(&rig, D_SGIR, 1 << 16 | 3);
    rig.cpu = 0;
    cr_expect_eq(dist_read(&rig, D_SPENDSGIR), 0x03000000);
    cr_expect_eq(dist_read(&rig, D_CPENDSGIR), 0x03000000);
    cr_expect_eq(cpu_read(&rig, 0, C_IAR), 0 << 10 | 3);
    cr_expect_eq(dist_read(&rig, D_SPENDSGIR), 0x02000000);
    cr_expect_eq(dist_read(&rig, D_ISPENDR), 1 << 3);
    cr_expect_eq(dist_read(&rig, D_ISACTIVER), 1 << 3);
    cr_expect_eq(cpu_read(&rig, 0, C_IAR), SPURIOUS);
    cpu_write(&rig, 0, C_EOIR, 0 << 10 | 3);
    cr_expect(rig.irq[0]);
    cr_expect_eq(cpu_read(&rig, 0, C_HPPIR), 1 << 10 | 3);
    cr_expect_eq(cpu_read(&rig, 0, C_IAR), 1 << 10 | 3);
    cpu_write(&rig, 0, C_EOIR, 1 << 10 | 3);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(dist_read(&rig, D_ISPENDR), 0);
}

Test(gic_dist, spendsgir_and_cpendsgir_work_on_sources)
{
    rig_enable(&rig, ENABLE_GRP0);
    rig.cpu = 1;
    dist_write_byte(&rig, D_SPENDSGIR + 6, 0xff);
    cr_expect_eq(dist_read(&rig, D_SPENDSGIR + 4), 0x00030000); /* two CPUs are there */
    cr_expect_eq(dist_read(&rig, D_ISPENDR), 1 << 6);
    cr_expect(rig.irq[1] && !rig.irq[0]);
    dist_write_byte(&rig, D_CPENDSGIR + 6, 0x01);
    cr_expect_eq(dist_read(&rig, D_CPENDSGIR + 4), 0x00020000);
    cr_expect_eq(cpu_read(&rig, 1, C_HPPIR), 1 << 10 | 6);
    dist_write(&rig, D_CPENDSGIR + 4, 0x00ff0000);
    cr_expect_eq(dist_read(&rig, D_ISPENDR), 0);
    cr_expect(!rig.irq[1]);
    rig.cpu = 0;
    cr_expect_eq(dist_read(&rig, D_SPENDSGIR + 4), 0);
}

Test(gic_dist, reset_keeps_the_wires_and_nothing_else)
{
    rig_enable(&rig, ENABLE_GRP0);
    rig_enable_intid(&rig, 40, 0x80);
    dist_write(&rig, D_SGIR, SGI_SELF | 1);
    rig_raise(gicv2_spi(&rig.gic, 8));
    cr_expect(rig.irq[0]);
    gicv2_dist_ops.reset(&rig.gic);
    gicv2_cpu_ops.reset(&rig.gic);
    cr_expect(!rig.irq[0]);
    cr_expect_eq(dist_read(&rig, D_ISENABLER + 4), 0);
    cr_expect_eq(dist_read(&rig, D_SPENDSGIR), 0);
    cr_expect_eq(dist_read(&rig, D_IPRIORITYR + 40), 0);
    cr_expect_eq(cpu_read(&rig, 0, C_PMR), 0);
    cr_expect_eq(dist_read(&rig, D_ISPENDR + 4), 1 << 8);
}

Test(gic_dist, reports_what_the_guest_does_wrong)
{
    char *text = NULL;
    size_t size;
    struct log log = {LOG_GUEST_ERRORS, open_memstream(&text, &size)};
    rig.gic.log = &log;
    dist_write(&rig, D_TYPER, 0);
    dist_read(&rig, D_SGIR);
    dist_write(&rig, D_SGIR, 3 << 24);
    dist_write_byte(&rig, D_SGIR, 0);
    dist_read(&rig, 0xfffc);
    cpu_write(&rig, 0, C_IAR, 0);
    cpu_write(&rig, 0, C_EOIR, 40);
    cpu_write(&rig, 0, C_DIR, 40);
    cpu_read(&rig, 0, C_IAR); /* and these are no mistakes */
    cpu_write(&rig, 0, C_EOIR, SPURIOUS);
    dist_read(&rig, D_IGROUPR + 0x7c);
    fclose(log.out);
    unsigned lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    cr_expect_eq(lines, 8, "%s", text);
    free(text);
}

Test(gic_dist, describes_both_windows)
{
    static char tree[1024];
    const struct dt_place at = {.base = 0x08000000,
                                .size = 0x10000,
                                .base2 = 0x08010000,
                                .size2 = 0x10000,
                                .phandle = 0x8002};
    int len;
    cr_assert_eq(fdt_create(tree, sizeof(tree)), 0);
    cr_assert_eq(fdt_finish_reservemap(tree), 0);
    cr_assert_eq(fdt_begin_node(tree, ""), 0);
    cr_assert_eq(gicv2_dist_ops.fdt(&rig.gic, tree, &at), 0);
    cr_assert_eq(fdt_end_node(tree), 0);
    cr_assert_eq(fdt_finish(tree), 0);

    int node = fdt_path_offset(tree, "/intc@8000000");
    cr_assert_geq(node, 0);
    cr_expect_eq(fdt_node_check_compatible(tree, node, "arm,cortex-a15-gic"), 0);
    cr_expect_eq(fdt_get_phandle(tree, node), 0x8002);
    cr_expect_eq(fdt_address_cells(tree, node), 2);
    cr_expect_eq(fdt_size_cells(tree, node), 2);
    const fdt32_t *cells = fdt_getprop(tree, node, "#interrupt-cells", &len);
    cr_expect(cells && len == 4 && fdt32_to_cpu(*cells) == 3);
    cr_expect(fdt_getprop(tree, node, "interrupt-controller", &len) && len == 0);
    cr_expect(fdt_getprop(tree, node, "ranges", &len) && len == 0);
    static const u32 reg[] = {0, 0x08000000, 0, 0x10000, 0, 0x08010000, 0, 0x10000};
    cells = fdt_getprop(tree, node, "reg", &len);
    cr_assert(cells && len == sizeof(reg));
    for (unsigned i = 0; i < ARRAY_LEN(reg); i++)
        cr_expect_eq(fdt32_to_cpu(cells[i]), reg[i]);

    static char small[64];
    cr_assert_eq(fdt_create(small, sizeof(small)), 0);
    cr_assert_eq(fdt_finish_reservemap(small), 0);
    cr_expect_eq(gicv2_dist_ops.fdt(&rig.gic, small, &at), -FDT_ERR_NOSPACE);
}
