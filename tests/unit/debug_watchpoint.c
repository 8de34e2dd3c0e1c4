/*
 * Watchpoints (D2.10 of DDI 0487): which accesses they see, and through the engine.
 */
#include "tests/unit/debug_rig.h"

enum {
    LOAD = 1 << 3, /* DBGWCR */
    STORE = 2 << 3,
    BAS = 5,
    ALL_BYTES = 0xff << BAS,
    WT = 1 << 20,
    MASK = 24,
};

/* Which bytes a watchpoint at WVR sees (D2.10.3, D2.10.5), and the FAR it reports. */
Test(debug, watchpoint_bytes)
{
    static const struct {
        u64 wvr;
        u32 wcr; /* but E, PAC, LSC */
        u64 va;
        u8 size;
        bool match;
        u64 far;
    } rows[] = {
        {0x1000, ALL_BYTES, 0x1000, 8, true, 0x1000},
        {0x1000, ALL_BYTES, 0x1007, 1, true, 0x1007},
        {0x1000, ALL_BYTES, 0x1008, 1, false, 0},
        {0x1000, ALL_BYTES, 0x0fff, 1, false, 0},
        {0x1000, ALL_BYTES, 0x0ffc, 8, true, 0x1000},
        {0x1000, 0x0f << BAS, 0x1004, 4, false, 0},
        {0x1000, 0x0f << BAS, 0x1003, 2, true, 0x1003},
        {0x1000, 0x10 << BAS, 0x1000, 4, false, 0},
        {0x1000, 0x10 << BAS, 0x1000, 8, true, 0x1004},
        {0x1004, 0x0f << BAS, 0x1000, 8, true, 0x1004}, /* a word's address */
        {0x1004, 0x0f << BAS, 0x1000, 4, false, 0},
        {0x1004, 0xf1 << BAS, 0x1005, 1, false, 0}, /* BAS<7:4> ignored */
        {0x1004, 0xf1 << BAS, 0x1004, 1, true, 0x1004},
        {0x1000, ALL_BYTES | 12 << MASK, 0x1abc, 1, true, 0x1abc},
        {0x1000, ALL_BYTES | 12 << MASK, 0x2000, 1, false, 0},
        {0x1000, ALL_BYTES | 12 << MASK, 0x0ffd, 8, true, 0x1000},
        {0x80000000, ALL_BYTES | 31u << MASK, 0xfffffff8, 8, true, 0xfffffff8},
        {0x80000000, ALL_BYTES | 31u << MASK, 0x7ffffff8, 8, false, 0},
        {0x1000, ALL_BYTES | 3 << MASK, 0x1007, 1, true, 0x1007},
        {0x1000, ALL_BYTES | 1 << MASK, 0x1000, 1, false, 0}, /* reserved */
        {0x1000, ALL_BYTES | 2 << MASK, 0x1000, 1, false, 0},
        {0xffff800010000000, ALL_BYTES, 0xffff800010000004, 4, true, 0xffff800010000004},
        {0x0000800010000000, ALL_BYTES, 0x0000000010000000, 4, false, 0},
    };
    struct harness *h = setup(MDE);
    struct cpu *c = h->cpu;
    cpu_set_el(c, 0, 0);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        harness_msr(h, DBGWVR3_EL1, rows[i].wvr);
        harness_msr(h, DBGWCR3_EL1, rows[i].wcr | E | PMC_EL0 | LOAD | STORE);
        bool match = debug_check_watchpoint(c, rows[i].va, rows[i].size, false, false);
        cr_expect(match == rows[i].match, "row %u", i);
        if (match) {
            cr_expect(c->exc.far == rows[i].far && c->exc.has_far, "row %u", i);
            cr_expect(c->exc.ec == 0x34 && c->exc.iss == FSC);
            cr_expect(debug_watch_page(c, rows[i].far & ~UINT64_C(0xfff)), "row %u", i);
        }
    }
    harness_destroy(h);
}

Test(debug, watchpoint_controls)
{
    static const struct {
        u8 el;
        u32 wcr;
        bool write, unprivileged, match;
    } rows[] = {
        {0, E | PMC_EL0 | LOAD, false, false, true},
        {0, E | PMC_EL0 | LOAD, true, false, false},
        {0, E | PMC_EL0 | STORE, true, false, true},
        {0, E | PMC_EL0 | STORE, false, false, false},
        {0, PMC_EL0 | LOAD | STORE, false, false, false},
        {0, E | PMC_EL1 | LOAD | STORE, false, false, false},
        {1, E | PMC_EL1 | LOAD | STORE, false, false, true},
        {1, E | PMC_EL0 | LOAD | STORE, false, false, false},
        {1, E | PMC_EL0 | LOAD | STORE, false, true, true}, /* LDTR */
        {1, E | PMC_EL1 | LOAD | STORE, false, true, false},
        {1, E | LOAD | STORE, false, false, false},
        {1, E | PMC_EL1 | HMC | LOAD, false, false, false},
        {0, E | PMC_EL0 | LOAD | WT | 5 << LBN, false, false, true},
        {0, E | PMC_EL0 | LOAD | WT | 4 << LBN, false, false, false},
    };
    struct harness *h = setup(MDE | KDE);
    struct cpu *c = h->cpu;
    c->daif = 0;
    harness_msr(h, DBGWVR0_EL1, 0x1000);
    harness_msr(h, DBGBVR5_EL1, 77);
    harness_msr(h, DBGBCR5_EL1, E | 3 << BT);
    harness_msr(h, CONTEXTIDR_EL1, 77);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        cpu_set_el(c, rows[i].el, rows[i].el);
        harness_msr(h, DBGWCR0_EL1, rows[i].wcr | ALL_BYTES);
        bool match = debug_check_watchpoint(c, 0x1000, 4, rows[i].write, rows[i].unprivileged);
        cr_expect(match == rows[i].match, "row %u", i);
        cr_expect(!match || c->exc.iss == (FSC | (rows[i].write ? 1u << 6 : 0)), "row %u", i);
    }
    harness_destroy(h);
}

/* Through the engine: a page that the TLB knew already, loads, stores, and back again. */
Test(debug, watchpoint_in_a_program)
{
    static const struct {
        u32 word;
        u32 wcr;
        u32 ec, iss;
    } rows[] = {
        {LDR_X0_X1, LOAD | PMC_EL1, 0x35, FSC},
        {STR_X0_X1, STORE | PMC_EL1, 0x35, FSC | 1 << 6},
        {LDRB_W0_X1, LOAD | PMC_EL1, 0x35, FSC},
        {LDTR_X0_X1, LOAD | PMC_EL0, 0x35, FSC},
        {LDXR_X0_X1, LOAD | PMC_EL1, 0x35, FSC},
        {DC_ZVA_X1, STORE | PMC_EL1, 0x35, FSC | 1 << 6},
        {DC_IVAC_X1, STORE | PMC_EL1, 0x35, FSC | 1 << 6 | 1 << 8},
        {LDR_X0_X1, STORE | PMC_EL1, 0x3c, 0},
        {STR_X0_X1, LOAD | PMC_EL1, 0x3c, 0},
    };
    struct harness *h = setup(MDE | KDE);
    struct cpu *c = h->cpu;
    harness_mmu_on(h, false);
    u64 sctlr = sysreg_peek(c, SCTLR_EL1);
    c->x[1] = HARNESS_DATA + 0x40;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        /* DC ZVA is for Normal memory, LDTR for what EL0 may access. */
        harness_msr(h, SCTLR_EL1, rows[i].word == DC_ZVA_X1 ? sctlr : sctlr & ~UINT64_C(1));
        for (unsigned on = 0; on < 3; on++) {
            program(h, rows[i].word, 0xd4200000 /* brk #0 */);
            harness_msr(h, DBGWVR0_EL1, HARNESS_DATA + 0x40);
            harness_msr(h, DBGWCR0_EL1, on == 1 ? rows[i].wcr | E | ALL_BYTES : 0);
            enter(h, EL1H | SPSR_AIF);
            cr_expect(ec(h) == (on == 1 ? rows[i].ec : 0x3c), "row %u on %u: EC %#x", i, on, ec(h));
            if (on == 1 && rows[i].ec == 0x35) {
                cr_expect(iss(h) == rows[i].iss, "row %u: ISS %#x", i, iss(h));
                cr_expect(c->sys[FAR_EL1] == HARNESS_DATA + 0x40);
                EXPECT_AT(0);
            }
        }
    }
    harness_destroy(h);
}

Test(debug, watch_page)
{
    struct harness *h = setup(MDE);
    struct cpu *c = h->cpu;
    harness_msr(h, DBGWVR1_EL1, 0x12345008);
    cr_expect(!debug_watch_page(c, 0x12345000), "not enabled");
    harness_msr(h, DBGWCR1_EL1, E | PMC_EL0 | LOAD | ALL_BYTES);
    cr_expect(debug_watch_page(c, 0x12345000) && !debug_watch_page(c, 0x12346000));
    harness_msr(h, DBGWVR1_EL1, 0x12340000);
    harness_msr(h, DBGWCR1_EL1, E | PMC_EL0 | LOAD | ALL_BYTES | 16 << MASK);
    cr_expect(debug_watch_page(c, 0x1234f000) && !debug_watch_page(c, 0x12350000));
    harness_destroy(h);
}
