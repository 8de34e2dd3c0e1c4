/*
 * Accesses that are not the plain case: across pages, big-endian, with PAN
 * (DDI 0487, B2.5, B2.6, D8.4.3; AArch64.MemSingle).
 */
#include "tests/unit/guest_rig.h"

#define FIRST    (HARNESS_RAM + 0x30000) /* two adjoining pages, apart in memory */
#define SECOND   (HARNESS_RAM + 0x31000)
#define FIRST_AT (HARNESS_RAM + 0x40000)
#define OTHER_AT (HARNESS_RAM + 0x45000)

enum { PERMISSION3 = 0x0f, TRANSLATION3 = 0x07, WNR = 0x40, EXTERNAL = 0x10 };

struct across {
    const char *store, *load;
    unsigned size;
};

static const struct across accesses[] = {
    {"strh", "ldrh", 2}, {"str_w", "ldr_w", 4}, {"str_x", "ldr_x", 8},  {"sttr", "ldtr", 8},
    {"stp", "ldp", 16},  {"stp_w", "ldp_w", 8}, {"str_q", "ldr_q", 16},
};

/* The registers that accesses use: x1 and x2, or q1. */
static const u64 low = UINT64_C(0x1716151413121110), high = UINT64_C(0x27262524232221a0);

static void set_registers(struct guest *g, u64 lo, u64 hi)
{
    g->c->x[1] = lo;
    g->c->x[2] = hi;
    g->c->v[1] = (union vreg){.d = {lo, hi}};
}

/* The SIZE bytes that a store of x1 and x2 (or q1) makes. */
static void image_of(const struct across *a, u8 image[16])
{
    unsigned half = strstr(a->store, "stp") ? a->size / 2 : 8;
    memcpy(image, &low, half);
    memcpy(image + half, &high, half);
}

static void set_up(struct guest *g)
{
    guest_mmu_on(g);
    guest_map(g, FIRST, FIRST_AT, MAP_ALL_RW);
    guest_map(g, SECOND, OTHER_AT, MAP_ALL_RW);
}

/* LEN bytes at VA, which is in FIRST or SECOND, from where they are in memory. */
static void read_across(struct guest *g, u64 va, u8 *to, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        u64 at = va + i;
        bus_dma_read(&g->h->bus, at < SECOND ? at - FIRST + FIRST_AT : at - SECOND + OTHER_AT,
                     to + i, 1);
    }
}

GUEST_TEST(memory_access, across_two_pages, "cortex-a57")
{
    set_up(g);
    for (size_t k = 0; k < ARRAY_LEN(accesses); k++) {
        const struct across *a = &accesses[k];
        u8 want[16], have[16];
        image_of(a, want);
        for (unsigned before = 1; before < a->size; before++) {
            u8 blank[32] = {0};
            harness_write(g->h, FIRST_AT + 0xff0, blank, 16);
            harness_write(g->h, OTHER_AT, blank, 16);
            g->c->x[0] = SECOND - before;
            set_registers(g, low, high);
            guest_start_el0(g, a->store);
            EXPECT_DONE(g);
            read_across(g, SECOND - before, have, a->size);
            cr_expect(!memcmp(have, want, a->size), "%s, %u bytes before the end", a->store,
                      before);
            /* Nothing around it. */
            u8 around[48];
            read_across(g, SECOND - 16, around, 32);
            memset(around + 16 - before, 0, a->size);
            cr_expect(!memcmp(around, blank, 32), "%s wrote more, at %u", a->store, before);

            set_registers(g, 0, 0);
            guest_start_el0(g, a->load);
            EXPECT_DONE(g);
            u64 lo = strstr(a->load, "_q") ? g->c->v[1].d[0] : g->c->x[1];
            u64 hi = strstr(a->load, "_q") ? g->c->v[1].d[1] : g->c->x[2];
            unsigned element = a->size == 16 || !strstr(a->load, "ldp") ? a->size : a->size / 2;
            u64 mask = element >= 8 ? UINT64_MAX : ones(8 * element);
            cr_expect_eq(lo, low & mask, "%s, %u bytes before the end: %#llx", a->load, before,
                         (unsigned long long)lo);
            if (a->size == 16 || strstr(a->load, "ldp"))
                cr_expect_eq(hi, high & mask);
        }
    }
}

/* A store that may not write the second page writes neither; FAR is where that begins. */
static void expect_refused(struct guest *g, u64 dfsc, bool loads)
{
    for (size_t k = 0; k < ARRAY_LEN(accesses); k++) {
        const struct across *a = &accesses[k];
        for (unsigned before = 1; before < a->size; before++) {
            u8 blank[16] = {0}, have[16];
            harness_write(g->h, FIRST_AT + 0xff0, blank, 16);
            g->c->x[0] = SECOND - before;
            set_registers(g, low, high);
            guest_start_el0(g, a->store);
            guest_run(g);
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x24, WNR | dfsc),
                         .spsr = SPSR_EL0T | SPSR_DAIF, .far = SECOND);
            bus_dma_read(&g->h->bus, FIRST_AT + 0xff0, have, 16);
            cr_expect(!memcmp(have, blank, 16), "%s wrote in part, %u", a->store, before);
            if (!loads)
                continue;
            guest_start_el0(g, a->load);
            guest_run(g);
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x24, dfsc),
                         .spsr = SPSR_EL0T | SPSR_DAIF, .far = SECOND);
            cr_expect_eq(g->c->x[1], low, "%s changed its target", a->load);
            cr_expect_eq(g->c->v[1].d[0], low);
        }
    }
}

GUEST_TEST(memory_access, second_page_missing, "cortex-a57")
{
    set_up(g);
    guest_unmap(g, SECOND);
    expect_refused(g, TRANSLATION3, true);
}

GUEST_TEST(memory_access, second_page_read_only, "cortex-a57")
{
    set_up(g);
    guest_map(g, SECOND, OTHER_AT, MAP_ALL_RO);
    expect_refused(g, PERMISSION3, false);
}

/* Of two pages that fault the first says why. */
GUEST_TEST(memory_access, first_page_missing, "cortex-a57")
{
    set_up(g);
    guest_unmap(g, FIRST);
    for (size_t k = 0; k < ARRAY_LEN(accesses); k++) {
        for (unsigned second = 0; second < 2; second++) {
            guest_map(g, SECOND, OTHER_AT, second ? MAP_EL1_RW : MAP_ALL_RW);
            cpu_tlb_flush_all(g->c);
            g->c->x[0] = SECOND - 1;
            guest_start_el0(g, accesses[k].store);
            guest_run(g);
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x24, WNR | TRANSLATION3),
                         .spsr = SPSR_EL0T | SPSR_DAIF, .far = SECOND - 1);
            guest_start_el0(g, accesses[k].load);
            guest_run(g);
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x24, TRANSLATION3),
                         .spsr = SPSR_EL0T | SPSR_DAIF, .far = SECOND - 1);
        }
    }
}

/* ------------------------------------------------------------- big-endian -- */

#define E0E BIT(24)
#define EE  BIT(25)

static void fill_bytes(struct guest *g, u64 pa)
{
    for (u8 i = 0; i < 32; i++) {
        u8 byte = (u8)(i + 1);
        harness_write(g->h, pa + i, &byte, 1);
    }
}

/* What big_endian_loads reads where the bytes 1, 2, 3... are. */
static void expect_big_endian_loads(struct guest *g)
{
    const u64 first = UINT64_C(0x0102030405060708), second = UINT64_C(0x090a0b0c0d0e0f10);
    const u64 want[] = {0x01,       0x0102, 0x01020304, first,  0x01020304,
                        0x05060708, first,  second,     0x0102, UINT64_C(0x060708090a0b0c0d)};
    for (unsigned i = 0; i < ARRAY_LEN(want); i++)
        cr_expect_eq(g->c->x[1 + i], want[i], "x%u is %#llx", 1 + i,
                     (unsigned long long)g->c->x[1 + i]);
    const union vreg vectors[] = {
        {.d = {0x0102, 0}},
        {.d = {0x01020304, 0}},
        {.d = {first, 0}},
        {.d = {second, first}},
        {.d = {UINT64_C(0x0807060504030201), UINT64_C(0x100f0e0d0c0b0a09)}},
        {.s = {0x01020304, 0x05060708, 0x090a0b0c, 0x0d0e0f10}},
        {.d = {first, second}},
    };
    for (unsigned i = 0; i < ARRAY_LEN(vectors); i++)
        cr_expect(!memcmp(&g->c->v[1 + i], &vectors[i], 16), "v%u is %016llx%016llx", 1 + i,
                  (unsigned long long)g->c->v[1 + i].d[1], (unsigned long long)g->c->v[1 + i].d[0]);
}

/* Instructions stay little-endian, and so does EL1. */
GUEST_TEST(memory_access, big_endian_el0, "cortex-a57")
{
    guest_mmu_on(g);
    fill_bytes(g, HARNESS_DATA);
    guest_sctlr(g, E0E, 0);
    g->c->x[0] = HARNESS_DATA;
    guest_start_el0(g, "big_endian_loads");
    EXPECT_DONE(g);
    expect_big_endian_loads(g);
    g->c->x[0] = HARNESS_DATA;
    guest_start_el1(g, "ldr_x");
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[1], UINT64_C(0x0807060504030201));
    guest_start_el1(g, "ldtr"); /* by the level it is executed at */
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[1], UINT64_C(0x0807060504030201));
    guest_sctlr(g, 0, E0E);
    guest_start_el0(g, "ldr_x");
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[1], UINT64_C(0x0807060504030201));
}

GUEST_TEST(memory_access, big_endian_stores, "cortex-a57")
{
    static const u8 want[64] = {
        0xde, 0xf0, 0,    0,    0,    0,    0,    0,    0x9a, 0xbc, 0xde, 0xf0, 0,
        0,    0,    0,    0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x9a, 0xbc,
        0xde, 0xf0, 0xdd, 0xee, 0xff, 0x00, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde,
        0xf0, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x20, 0x1f, 0x1e, 0x1d,
        0x1c, 0x1b, 0x1a, 0x19, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
    };
    static const u8 halves[16] = {0x12, 0x11, 0x14, 0x13, 0x16, 0x15, 0x18, 0x17,
                                  0x1a, 0x19, 0x1c, 0x1b, 0x1e, 0x1d, 0x20, 0x1f};
    u8 have[64];
    guest_mmu_on(g);
    guest_sctlr(g, E0E, 0);
    g->c->x[0] = HARNESS_DATA;
    set_registers(g, UINT64_C(0x123456789abcdef0), UINT64_C(0x99aabbccddeeff00));
    g->c->v[1] = (union vreg){.d = {UINT64_C(0x1817161514131211), UINT64_C(0x201f1e1d1c1b1a19)}};
    guest_start_el0(g, "big_endian_stores");
    EXPECT_DONE(g);
    bus_dma_read(&g->h->bus, HARNESS_DATA, have, 64);
    for (unsigned i = 0; i < 64; i++)
        cr_expect_eq(have[i], want[i], "byte %u is %#x, not %#x", i, have[i], want[i]);
    bus_dma_read(&g->h->bus, HARNESS_DATA + 64, have, 16);
    cr_expect(!memcmp(have, halves, 16));
}

/* SCTLR_EL1.EE: EL1's data and the descriptors of the tables. */
GUEST_TEST(memory_access, big_endian_el1, "cortex-a57")
{
    harness_mmu_on(g->h, false);
    u64 block = __builtin_bswap64(harness_read64(g->h, HARNESS_TABLES + 8));
    harness_write(g->h, HARNESS_TABLES + 8, &block, 8);
    guest_sctlr(g, EE, 0);
    fill_bytes(g, HARNESS_DATA);
    g->c->x[0] = HARNESS_DATA;
    guest_start_el1(g, "big_endian_loads");
    EXPECT_DONE(g);
    expect_big_endian_loads(g);
}

/* -------------------------------------------------------------------- PAN -- */

#define SPAN     BIT(23)
#define ALL_PAGE (HARNESS_RAM + 0x33000)
#define RO_PAGE  (HARNESS_RAM + 0x34000)
#define EL1_PAGE (HARNESS_RAM + 0x35000)

/* PROGRAM at EL1 with PAN as it is: done, or a permission fault. */
static void expect_at_el1(struct guest *g, const char *program, u64 va, bool allowed)
{
    g->c->x[0] = va;
    guest_start_el1(g, program);
    bool pan = g->c->pan;
    guest_run(g);
    u64 wnr = program[0] == 's' ? WNR : 0;
    u64 want = allowed ? ESR_DONE : ESR(0x25, wnr | PERMISSION3);
    cr_expect_eq(g->c->sys[ESR_EL1], want, "%s at %#llx, PAN %d: ESR %#llx", program,
                 (unsigned long long)va, pan, (unsigned long long)g->c->sys[ESR_EL1]);
    cr_expect_eq(!!(g->c->sys[SPSR_EL1] & SPSR_PAN), pan);
    cpu_set_pan(g->c, pan);
}

GUEST_TEST(memory_access, pan, "max")
{
    guest_mmu_on(g);
    guest_map(g, ALL_PAGE, FIRST_AT, MAP_ALL_RW);
    guest_map(g, RO_PAGE, FIRST_AT, MAP_ALL_RO);
    guest_map(g, EL1_PAGE, OTHER_AT, MAP_EL1_RW);
    /* Off and on twice: what the TLB holds must not let anything through. */
    for (unsigned i = 0; i < 4; i++) {
        bool pan = i & 1;
        guest_start_el1(g, pan ? "msr_pan_1" : "msr_pan_0");
        EXPECT_DONE(g);
        cr_expect_eq(g->c->sys[SPSR_EL1], SPSR_EL1H | SPSR_DAIF | (pan ? SPSR_PAN : 0));
        cpu_set_pan(g->c, pan);
        expect_at_el1(g, "ldr_x", ALL_PAGE, !pan);
        expect_at_el1(g, "str_x", ALL_PAGE, !pan);
        expect_at_el1(g, "ldr_x", RO_PAGE, !pan);
        expect_at_el1(g, "ldr_x", EL1_PAGE, true);
        expect_at_el1(g, "str_x", EL1_PAGE, true);
        /* Unprivileged accesses are what PAN leaves open. */
        expect_at_el1(g, "ldtr", ALL_PAGE, true);
        expect_at_el1(g, "sttr", ALL_PAGE, true);
        expect_at_el1(g, "ldtr", EL1_PAGE, false);
        /* It is not for EL0. */
        guest_start_el0(g, "ldr_x");
        g->c->x[0] = ALL_PAGE;
        EXPECT_DONE(g);
    }
}

GUEST_TEST(memory_access, pan_register, "max")
{
    for (unsigned pan = 0; pan < 2; pan++) {
        g->c->x[0] = pan ? BIT(22) : ~BIT(22);
        guest_start_el1(g, "msr_pan_reg");
        EXPECT_DONE(g);
        cr_expect_eq(!!(g->c->sys[SPSR_EL1] & SPSR_PAN), pan);
        cpu_set_pan(g->c, pan);
        guest_start_el1(g, "mrs_pan");
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[1], pan ? BIT(22) : 0);
    }
}

/* An exception to EL1 sets PAN unless SCTLR_EL1.SPAN, and a return brings it back. */
GUEST_TEST(memory_access, pan_over_exceptions, "max")
{
    for (unsigned span = 0; span < 2; span++) {
        for (unsigned pan = 0; pan < 2; pan++) {
            guest_sctlr(g, span ? SPAN : 0, span ? 0 : SPAN);
            guest_start_el0(g, "mrs_pan"); /* undefined at EL0 */
            cpu_set_pan(g->c, pan);
            guest_run(g);
            cr_expect_eq(g->c->pan, pan || !span, "SPAN %u, PAN was %u", span, pan);
            cr_expect_eq(!!(g->c->sys[SPSR_EL1] & SPSR_PAN), pan);
            guest_start_el1(g, "eret");
            harness_msr(g->h, ELR_EL1, HARNESS_CODE);
            harness_msr(g->h, SPSR_EL1, SPSR_EL0T | (pan ? SPSR_PAN : 0));
            guest_run_limited(g, 1);
            cr_expect_eq(g->c->el, 0);
            cr_expect_eq(g->c->pan, pan);
        }
    }
}

/* A Cortex-A57 has no PAN, and no CPU here has UAO: the words are UNDEFINED. */
static void expect_undefined(struct guest *g, const char *program)
{
    guest_start_el1(g, program);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = ESR(0, 0), .spsr = SPSR_EL1H | SPSR_DAIF);
}

GUEST_TEST(memory_access, pan_absent, "cortex-a57")
{
    expect_undefined(g, "msr_pan_1");
    expect_undefined(g, "mrs_pan");
    expect_undefined(g, "msr_pan_reg");
    expect_undefined(g, "msr_uao_1");
    expect_undefined(g, "mrs_uao");
    cr_expect(!g->c->pan);
}

GUEST_TEST(memory_access, uao_absent, "cortex-a72")
{
    expect_undefined(g, "msr_uao_1");
    expect_undefined(g, "mrs_uao");
}

/* With the MMU off all memory is Device memory; an element of a pair is what must be aligned. */
GUEST_TEST(memory_access, pairs_across_pages_without_mmu, "cortex-a57")
{
    static const struct {
        const char *program;
        unsigned size;
    } cases[] = {{"ldp", 8}, {"ldp_w", 4}, {"stp", 8}, {"stp_w", 4}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        u64 mask = ones(8 * cases[i].size), at = HARNESS_DATA + 0x1000 - cases[i].size;
        u64 first = UINT64_C(0x1122334455667788) & mask;
        u64 second = UINT64_C(0x99aabbccddeeff00) & mask;
        bool load = cases[i].program[0] == 'l';
        u64 pair[2] = {0};
        memcpy(pair, &first, cases[i].size);
        memcpy((u8 *)pair + cases[i].size, &second, cases[i].size);
        if (load)
            harness_write(g->h, at, pair, 2 * cases[i].size);
        g->c->x[0] = at;
        g->c->x[1] = load ? 0 : first;
        g->c->x[2] = load ? 0 : second;
        guest_start_el1(g, cases[i].program);
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[1], first, "%s", cases[i].program);
        cr_expect_eq(g->c->x[2], second, "%s", cases[i].program);
        cr_expect_arr_eq(bus_host(&g->h->bus, at, 16), pair, 2 * cases[i].size);
    }
}
