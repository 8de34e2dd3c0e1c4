/*
 * The registers and instructions of translation: SCTLR and TCR taking effect, AT and
 * PAR_EL1 (DDI 0487, C5.4 and D19.2.108), and the faults of cache maintenance by
 * address (D7.5, C5.3).
 */
#include <criterion/criterion.h>

#include "core/exception.h"
#include "tests/unit/harness.h"

/* Level 3 descriptors (D8.3.2) for pages at 0x40400000 on, 4K granule. */
enum {
    PAGE = 3,
    AF = 1 << 10,
    AP_EL0 = 1 << 6,
    AP_RO = 1 << 7,
    SH_INNER = 3 << 8,
    SH_OUTER = 2 << 8,
    ATTR_NORMAL = 0 << 2, /* MAIR: 0xff */
    ATTR_DEVICE = 1 << 2, /* 0x04, nGnRE */
    ATTR_NC = 2 << 2,     /* 0x44 */
};

#define VA  UINT64_C(0x40400000)
#define NS  (UINT64_C(1) << 9)
#define R11 (UINT64_C(1) << 11) /* RES1 */

enum page { RW, RO, EL0_RW, EL0_RO, DEVICE, NC, NO_AF, INVALID, BIG_PA, HOLE, PAGES };

static const u64 descriptors[PAGES] = {
    [RW] = HARNESS_DATA | PAGE | AF | SH_INNER,
    [RO] = HARNESS_DATA | PAGE | AF | SH_INNER | AP_RO,
    [EL0_RW] = HARNESS_DATA | PAGE | AF | SH_OUTER | AP_EL0,
    [EL0_RO] = HARNESS_DATA | PAGE | AF | AP_EL0 | AP_RO,
    [DEVICE] = UINT64_C(0x09000000) | PAGE | AF | ATTR_DEVICE,
    [NC] = HARNESS_DATA | PAGE | AF | SH_INNER | ATTR_NC,
    [NO_AF] = HARNESS_DATA | PAGE,
    [INVALID] = 0,
    [BIG_PA] = UINT64_C(0x800000000000) | PAGE | AF, /* 48 bits: beyond TCR_EL1.IPS */
    [HOLE] = UINT64_C(0x08000000) | PAGE | AF,
};

static u64 page(enum page p)
{
    return VA + (u64)p * 0x1000;
}

/* A flat gigabyte at 0x40000000 but for the 2 MiB at VA, which are pages. */
static struct harness *setup(const char *model)
{
    enum { TABLE = 3, BLOCK = 1 };
    struct harness *h = harness_create(model);
    u64 l1 = HARNESS_TABLES, l2 = HARNESS_TABLES + 0x1000, l3 = HARNESS_TABLES + 0x2000;
    u64 l1_words[2] = {0, l2 | TABLE}, l2_words[512];
    for (unsigned i = 0; i < 512; i++)
        l2_words[i] = (HARNESS_RAM + (u64)i * 0x200000) | BLOCK | AF | SH_INNER;
    l2_words[2] = l3 | TABLE;
    l2_words[3] = UINT64_C(0x7ffff000) | TABLE; /* a table where there is no memory */
    harness_write(h, l1, l1_words, sizeof(l1_words));
    harness_write(h, l2, l2_words, sizeof(l2_words));
    harness_write(h, l3, descriptors, sizeof(descriptors));
    harness_msr(h, MAIR_EL1, 0x4404ff);
    harness_msr(h, TCR_EL1, UINT64_C(25) | UINT64_C(1) << 23);
    harness_msr(h, TTBR0_EL1, l1);
    harness_msr(h, SCTLR_EL1, sysreg_peek(h->cpu, SCTLR_EL1) | 0x5 | 1 << 26 | 1 << 14);
    return h;
}

static enum flow perform(struct harness *h, const char *op, u64 xt)
{
    return sysreg_sys(h->cpu, (unsigned)sysreg_by_name(op), 0, xt);
}

#define ATTR(a)          ((u64)(a) << 56)
#define OK(pa, attr, sh) (ATTR(attr) | (pa) | R11 | NS | (u64)(sh) << 7)
#define FAULT(fst)       (R11 | (u64)(fst) << 1 | 1)

static const struct {
    const char *op;
    u64 va;
    u64 par;
} ats[] = {
    {"AT_S1E1R", VA + 0x123, OK(HARNESS_DATA, 0xff, 3)},
    {"AT_S1E1W", VA + 0x123, OK(HARNESS_DATA, 0xff, 3)},
    {"AT_S1E0R", VA, FAULT(0x0f)},
    {"AT_S1E1R", VA + RO * 0x1000, OK(HARNESS_DATA, 0xff, 3)},
    {"AT_S1E1W", VA + RO * 0x1000, FAULT(0x0f)},
    {"AT_S1E0R", VA + EL0_RW * 0x1000, OK(HARNESS_DATA, 0xff, 2)},
    {"AT_S1E0W", VA + EL0_RW * 0x1000, OK(HARNESS_DATA, 0xff, 2)},
    {"AT_S1E0R", VA + EL0_RO * 0x1000, OK(HARNESS_DATA, 0xff, 0)},
    {"AT_S1E0W", VA + EL0_RO * 0x1000, FAULT(0x0f)},
    {"AT_S1E1R", VA + DEVICE * 0x1000, OK(UINT64_C(0x09000000), 0x04, 2)},
    {"AT_S1E1R", VA + NC * 0x1000, OK(HARNESS_DATA, 0x44, 2)},
    {"AT_S1E1R", VA + NO_AF * 0x1000, FAULT(0x0b)},
    {"AT_S1E1R", VA + INVALID * 0x1000, FAULT(0x07)},
    {"AT_S1E1R", VA + BIG_PA * 0x1000, FAULT(0x03)},
    {"AT_S1E1R", 0x1000, FAULT(0x05)},
    {"AT_S1E1R", UINT64_C(0xffff800000000000), FAULT(0x04)}, /* EPD1 */
    {"AT_S1E1R", UINT64_C(0x0001000000000000), FAULT(0x04)}, /* in neither half */
    {"AT_S1E1R", UINT64_C(0x40212345), OK(UINT64_C(0x40212000), 0xff, 3)},
};

Test(sysreg_mmu, at)
{
    struct harness *h = setup("cortex-a57");
    for (unsigned i = 0; i < ARRAY_LEN(ats); i++) {
        cr_expect(perform(h, ats[i].op, ats[i].va) == NEXT);
        cr_expect(h->cpu->sys[PAR_EL1] == ats[i].par, "row %u: %#llx", i,
                  (unsigned long long)h->cpu->sys[PAR_EL1]);
    }
    harness_destroy(h);
}

/* AT S1E1RP and WP heed PSTATE.PAN, the others do not; without the MMU nobody does. */
Test(sysreg_mmu, at_with_pan)
{
    static const struct {
        const char *op;
        enum page page;
        bool faults;
    } rows[] = {
        {"AT_S1E1RP", EL0_RW, true}, {"AT_S1E1WP", EL0_RW, true}, {"AT_S1E1RP", RW, false},
        {"AT_S1E1WP", RW, false},    {"AT_S1E1R", EL0_RW, false},
    };
    struct harness *h = setup("max");
    struct cpu_model m = *h->cpu->model;
    m.features |= A64_PAN | A64_PAN2;
    h->cpu->model = &m;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        cpu_set_pan(h->cpu, true);
        cr_expect(perform(h, rows[i].op, page(rows[i].page)) == NEXT);
        cr_expect(
            h->cpu->sys[PAR_EL1] ==
                (rows[i].faults ? FAULT(0x0f) : OK(HARNESS_DATA, 0xff, rows[i].page == RW ? 3 : 2)),
            "row %u", i);
        cpu_set_pan(h->cpu, false);
        cr_expect(perform(h, rows[i].op, page(rows[i].page)) == NEXT);
        cr_expect(!(h->cpu->sys[PAR_EL1] & 1), "row %u", i);
    }
    cpu_set_pan(h->cpu, true);
    harness_msr(h, SCTLR_EL1, sysreg_peek(h->cpu, SCTLR_EL1) & ~UINT64_C(1));
    cr_expect(perform(h, "AT_S1E1RP", HARNESS_DATA) == NEXT);
    cr_expect(h->cpu->sys[PAR_EL1] == OK(HARNESS_DATA, 0, 2));
    harness_destroy(h);
}

/* With the MMU off: Device-nGnRnE, Outer Shareable, flat. */
Test(sysreg_mmu, at_with_mmu_off)
{
    struct harness *h = harness_create("cortex-a57");
    cr_expect(perform(h, "AT_S1E1R", 0x12345678) == NEXT);
    cr_expect(h->cpu->sys[PAR_EL1] == OK(UINT64_C(0x12345000), 0, 2));
    harness_destroy(h);
}

/* An external abort on the walk is taken, PAR_EL1 not written (AArch64.AT). */
Test(sysreg_mmu, at_external_abort)
{
    struct harness *h = setup("cortex-a57");
    h->cpu->sys[PAR_EL1] = 0x5a5a;
    cr_expect(perform(h, "AT_S1E1R", VA + 0x200000) == RAISE);
    cr_expect(h->cpu->exc.ec == EC_DATA_ABORT && h->cpu->exc.iss == (0x17 | 1 << 8 | 1 << 6));
    cr_expect(h->cpu->sys[PAR_EL1] == 0x5a5a);
    harness_destroy(h);
}

/*
 * Cache maintenance by address: translation and access flag faults for all; DC IVAC
 * needs to be allowed to write, the others at EL0 to read. CM and WnR are set.
 */
static const struct {
    const char *op;
    u8 el;
    enum page page;
    u8 dfsc; /* 0: done */
} dcs[] = {
    {"DC_CVAC", 1, RW, 0},       {"DC_CVAC", 1, RO, 0},         {"DC_CVAC", 1, INVALID, 0x07},
    {"DC_CVAC", 1, NO_AF, 0x0b}, {"DC_CVAU", 1, INVALID, 0x07}, {"DC_CIVAC", 1, INVALID, 0x07},
    {"IC_IVAU", 1, RW, 0},       {"IC_IVAU", 1, INVALID, 0x07}, {"DC_IVAC", 1, RW, 0},
    {"DC_IVAC", 1, RO, 0x0f},    {"DC_IVAC", 1, INVALID, 0x07}, {"DC_CIVAC", 1, RO, 0},
    {"DC_CVAU", 0, EL0_RW, 0},   {"DC_CVAU", 0, EL0_RO, 0},     {"DC_CIVAC", 0, EL0_RO, 0},
    {"DC_CVAC", 0, RW, 0x0f},    {"IC_IVAU", 0, RW, 0x0f},      {"DC_CIVAC", 0, INVALID, 0x07},
    {"DC_CVAC", 1, HOLE, 0},
};

Test(sysreg_mmu, cache_maintenance_by_address)
{
    struct harness *h = setup("cortex-a57");
    struct cpu *c = h->cpu;
    for (unsigned i = 0; i < ARRAY_LEN(dcs); i++) {
        cpu_set_el(c, dcs[i].el, dcs[i].el);
        enum flow f = perform(h, dcs[i].op, page(dcs[i].page) + 0x88);
        cr_expect(f == (dcs[i].dfsc ? RAISE : NEXT), "row %u", i);
        if (f == RAISE) {
            cr_expect(c->exc.ec == EC_DATA_ABORT, "row %u", i);
            cr_expect(c->exc.iss == (dcs[i].dfsc | 1u << 8 | 1u << 6), "row %u: %#x", i,
                      c->exc.iss);
            cr_expect(c->exc.has_far && c->exc.far == page(dcs[i].page) + 0x88);
        }
    }
    harness_destroy(h);
}

Test(sysreg_mmu, dc_zva)
{
    struct harness *h = setup("cortex-a57");
    u8 before[256], after[256];
    memset(before, 0xa5, sizeof(before));
    harness_write(h, HARNESS_DATA, before, sizeof(before));
    cr_expect(perform(h, "DC_ZVA", page(RW) + 0x7f) == NEXT);
    bus_dma_read(&h->bus, HARNESS_DATA, after, sizeof(after));
    memset(before + 0x40, 0, 0x40);
    cr_expect(!memcmp(before, after, sizeof(after)));
    cr_expect(perform(h, "DC_ZVA", page(RO)) == RAISE);
    cr_expect(h->cpu->exc.iss == (0x0f | 1 << 6), "a plain write: no CM");
    harness_destroy(h);
}

/* Controls take effect with the write, and the run loop is asked to look. */
Test(sysreg_mmu, regime_follows_registers)
{
    struct harness *h = harness_create("cortex-a57");
    struct cpu *c = h->cpu;
    c->kick = 0;
    harness_msr(h, SCTLR_EL1, 0x30d0191d | 1 << 19);
    cr_expect(c->regime.mmu_on && c->regime.wxn && c->regime.dcache_on && c->regime.icache_on);
    cr_expect(c->kick != 0);
    harness_msr(h, TTBR1_EL1, 0x1234000);
    cr_expect(c->regime.ttbr[1] == 0x1234000);
    harness_msr(h, MAIR_EL1, 0xff440c0400);
    cr_expect(c->regime.mair == 0xff440c0400);
    harness_msr(h, CPACR_EL1, 0);
    cr_expect(c->fp_trapped);
    harness_msr(h, CPACR_EL1, 3 << 20);
    cr_expect(!c->fp_trapped);
    c->kick = 0;
    harness_msr(h, TTBR1_EL1, 0x1234000);
    cr_expect(c->kick == 0, "no change, no consequence");
    harness_destroy(h);
}

/* Fields of features that the CPU lacks are RES0. */
Test(sysreg_mmu, tcr_by_features)
{
    struct harness *h = harness_create("cortex-a57");
    struct cpu_model m = *h->cpu->model;
    m.features |= A64_HAFDBS;
    h->cpu->model = &m;
    harness_msr(h, TCR_EL1, UINT64_MAX);
    cr_expect(sysreg_peek(h->cpu, TCR_EL1) == (UINT64_C(0x7f7ffffffbf) & ~(UINT64_C(3) << 41)));
    harness_destroy(h);
}
