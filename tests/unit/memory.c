/*
 * Translation as programs see it: TLB maintenance, ASIDs, tagged pointers, PAN
 * (DDI 0487, D8.13, D8.9, D8.4.3).
 */
#include "tests/unit/guest_rig.h"

#define VA     (HARNESS_RAM + 0x30000)
#define PAGE_A (HARNESS_RAM + 0x40000) /* physical pages with a value each */
#define PAGE_B (HARNESS_RAM + 0x41000)
#define IN_A   UINT64_C(0xaaaa)
#define IN_B   UINT64_C(0xbbbb)

enum { PERMISSION3 = 0x0f, TRANSLATION0 = 0x04, TRANSLATION3 = 0x07, WNR = 0x40 };

static void put64(struct guest *g, u64 pa, u64 value)
{
    harness_write(g->h, pa, &value, 8);
}

static void set_up(struct guest *g)
{
    guest_mmu_on(g);
    put64(g, PAGE_A, IN_A);
    put64(g, PAGE_B, IN_B);
}

/* The table that maps VA is where its physical address says: the guest may change it. */
static u64 map_descriptor_of(struct guest *g, u64 va)
{
    u64 at = guest_descriptor(g, bit(va, 55) ? GUEST_TTBR1 : GUEST_TTBR0, va, 3);
    guest_map(g, at & ~UINT64_C(0xfff), at & ~UINT64_C(0xfff), MAP_EL1_RW);
    return at;
}

/* What TLBI takes: VA<55:12> and, above, the ASID. */
static u64 operand(u64 va, u64 asid)
{
    return bits(va, 55, 12) | asid << 48;
}

/* A page of VA moves from A to B; after the maintenance both levels see B. */
static void expect_maintained(struct guest *g, const char *program, u64 va, u64 how, u64 x1)
{
    guest_map(g, va, PAGE_A, how);
    cpu_tlb_flush_all(g->c);
    g->c->x[0] = va;
    g->c->x[1] = x1;
    g->c->x[9] = guest_page(PAGE_B, how);
    g->c->x[10] = map_descriptor_of(g, va);
    guest_start_el1(g, program);
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[2], IN_A);
    cr_expect_eq(g->c->x[3], IN_A);
    cr_expect_eq(g->c->x[4], IN_B, "EL1 after %s", program);
    cr_expect_eq(g->c->x[5], IN_B, "EL0 after %s", program);
}

GUEST_TEST(memory, tlbi, "cortex-a57")
{
    static const struct {
        const char *program;
        bool by_va, global; /* reaches global entries */
    } forms[] = {
        {"vmalle1", false, true}, {"vmalle1is", false, true}, {"vae1", true, true},
        {"vae1is", true, true},   {"vaae1", true, true},      {"vaae1is", true, true},
        {"vale1", true, true},    {"vale1is", true, true},    {"vaale1", true, true},
        {"vaale1is", true, true}, {"aside1", false, false},   {"aside1is", false, false},
    };
    const u64 asid = 5;
    set_up(g);
    harness_msr(g->h, TTBR0_EL1, GUEST_TTBR0 | asid << 48);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        u64 va = VA + i * 0x1000, high = UPPER_HALF + VA + i * 0x1000;
        u64 low_x1 = forms[i].by_va ? operand(va, asid) : asid << 48;
        u64 high_x1 = forms[i].by_va ? operand(high, asid) : asid << 48;
        expect_maintained(g, forms[i].program, va, MAP_ALL_RW | MAP_NG, low_x1);
        expect_maintained(g, forms[i].program, high, MAP_ALL_RW | MAP_NG, high_x1);
        if (forms[i].global) {
            expect_maintained(g, forms[i].program, va, MAP_ALL_RW, low_x1);
            expect_maintained(g, forms[i].program, high, MAP_ALL_RW, high_x1);
        }
    }
}

/* The other forms say no ASID, and the one by VA must name a global page's with any. */
GUEST_TEST(memory, tlbi_va_reaches_global_pages_of_any_asid, "cortex-a57")
{
    set_up(g);
    harness_msr(g->h, TTBR0_EL1, GUEST_TTBR0 | UINT64_C(5) << 48);
    expect_maintained(g, "vae1", VA, MAP_ALL_RW, operand(VA, 77));
    expect_maintained(g, "vaae1", VA, MAP_ALL_RW | MAP_NG, operand(VA, 77));
}

GUEST_TEST(memory, tlbi_takes_a_permission_away, "cortex-a57")
{
    set_up(g);
    guest_map(g, VA, PAGE_A, MAP_ALL_RW);
    g->c->x[0] = VA;
    g->c->x[1] = operand(VA, 0);
    g->c->x[9] = guest_page(PAGE_A, MAP_ALL_RO);
    g->c->x[10] = map_descriptor_of(g, VA);
    guest_start_el1(g, "protect");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = ESR(0x25, WNR | PERMISSION3),
                 .elr = HARNESS_CODE + 24, .spsr = SPSR_EL1H | SPSR_DAIF, .far = VA);
    cr_expect_eq(harness_read64(g->h, PAGE_A), VA, "the second store has written");
}

GUEST_TEST(memory, tlbi_moves_code, "cortex-a57")
{
    set_up(g);
    guest_load_at(g, "return_1", PAGE_A);
    guest_load_at(g, "return_2", PAGE_B);
    guest_map(g, VA, PAGE_A, MAP_EL1_RO);
    g->c->x[0] = VA;
    g->c->x[1] = operand(VA, 0);
    g->c->x[9] = guest_page(PAGE_B, MAP_EL1_RO);
    g->c->x[10] = map_descriptor_of(g, VA);
    guest_start_el1(g, "remap_code");
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[3], 1);
    cr_expect_eq(g->c->x[2], 2);
}

/* One address of a block stands for all of it: the rest of the block moves, too. */
GUEST_TEST(memory, tlbi_of_a_block, "cortex-a57")
{
    const u64 block = UINT64_C(0x50000000), how = MAP_ALL_RW | DESC_AF | DESC_SH | 1;
    set_up(g);
    put64(g, HARNESS_RAM + 0x41000, IN_A);
    put64(g, HARNESS_RAM + 0x200000 + 0x41000, IN_B);
    u64 at = guest_descriptor(g, GUEST_TTBR0, block, 2);
    put64(g, at, HARNESS_RAM | how);
    guest_map(g, at & ~UINT64_C(0xfff), at & ~UINT64_C(0xfff), MAP_EL1_RW);
    g->c->x[0] = block + 0x41000;
    g->c->x[1] = operand(block + 0x155000, 0);
    g->c->x[9] = (HARNESS_RAM + 0x200000) | how;
    g->c->x[10] = at;
    guest_start_el1(g, "vae1");
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[2], IN_A);
    cr_expect_eq(g->c->x[4], IN_B);
    cr_expect_eq(g->c->x[5], IN_B);
}

/* A page that was not there may be mapped without any maintenance (D8.13.1). */
GUEST_TEST(memory, faults_are_not_cached, "cortex-a57")
{
    set_up(g);
    for (unsigned el = 0; el < 2; el++) {
        g->c->x[0] = VA;
        guest_start(g, "ldr_x", el, el);
        guest_run(g);
        cr_expect_eq(g->c->sys[ESR_EL1], ESR(0x24 + el, TRANSLATION3));
    }
    guest_map(g, VA, PAGE_A, MAP_ALL_RW);
    for (unsigned el = 0; el < 2; el++) {
        guest_start(g, "ldr_x", el, el);
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[1], IN_A);
    }
}

/* ------------------------------------------------------------------ ASIDs -- */

#define SPACE_ROOT(i) (HARNESS_RAM + 0x200000 + (u64)(i)*0x4000)
#define SPACE_PAGE(i) (HARNESS_RAM + 0x300000 + (u64)(i)*0x1000)
#define SHARED        (HARNESS_RAM + 0x33000)

/* COUNT address spaces: VA is a page of its own in each, SHARED is global. */
static void make_spaces(struct guest *g, unsigned count, u64 (*asid)(unsigned i))
{
    g->next_table = HARNESS_RAM + 0x180000;
    put64(g, PAGE_A, UINT64_C(1) << 40);
    for (unsigned i = 0; i < count; i++) {
        guest_map_in(g, SPACE_ROOT(i), VA, SPACE_PAGE(i), MAP_ALL_RW | MAP_NG);
        guest_map_in(g, SPACE_ROOT(i), SHARED, PAGE_A, MAP_ALL_RW);
        guest_map_in(g, SPACE_ROOT(i), HARNESS_CODE, HARNESS_CODE, MAP_ALL_RO);
        guest_map_in(g, SPACE_ROOT(i), HARNESS_VECTORS, HARNESS_VECTORS, MAP_EL1_RO);
        guest_map_in(g, SPACE_ROOT(i), HARNESS_DATA, HARNESS_DATA, MAP_ALL_RW);
        put64(g, SPACE_PAGE(i), i + 1);
        put64(g, HARNESS_DATA + 8 * i, SPACE_ROOT(i) | asid(i) << 48);
    }
}

static void run_spaces(struct guest *g, unsigned count, unsigned rounds)
{
    g->c->x[0] = VA;
    g->c->x[1] = count;
    g->c->x[2] = HARNESS_DATA;
    g->c->x[8] = rounds;
    g->c->x[11] = SHARED;
    guest_start_el1(g, "spaces");
    EXPECT_DONE(g);
    u64 own = (u64)rounds * count * (count + 1); /* twice the sum of 1 to COUNT */
    cr_expect_eq(g->c->x[6], own + ((u64)rounds * count << 40), "%u spaces: %#llx", count,
                 (unsigned long long)g->c->x[6]);
}

static u64 small_asid(unsigned i)
{
    return i + 1;
}

/* They differ in the upper eight bits only. */
static u64 wide_asid(unsigned i)
{
    return 1 + (u64)i * 0x100;
}

/* Also more than there are banks in the TLB. */
GUEST_TEST(memory, address_spaces, "cortex-a57")
{
    set_up(g);
    make_spaces(g, 20, small_asid);
    for (unsigned count = 1; count <= 20; count += count < 4 ? 1 : 8)
        run_spaces(g, count, 3);
}

GUEST_TEST(memory, asids_of_16_bits, "cortex-a57")
{
    set_up(g);
    make_spaces(g, 12, wide_asid);
    harness_msr(g->h, TCR_EL1, GUEST_TCR | UINT64_C(1) << 36); /* AS */
    run_spaces(g, 12, 3);
}

/* TCR_EL1.A1: the ASID of TTBR1_EL1 counts. The root says the space, so it must be flushed. */
GUEST_TEST(memory, asid_of_ttbr1, "cortex-a57")
{
    set_up(g);
    make_spaces(g, 2, small_asid);
    harness_msr(g->h, TCR_EL1, GUEST_TCR | UINT64_C(1) << 22); /* A1 */
    for (unsigned i = 0; i < 6; i++) {
        harness_msr(g->h, TTBR0_EL1, SPACE_ROOT(i % 2) | UINT64_C(9) << 48);
        harness_msr(g->h, TTBR1_EL1, GUEST_TTBR1 | (u64)(i % 2 + 1) << 48);
        g->c->x[0] = VA;
        guest_start_el0(g, "ldr_x");
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[1], i % 2 + 1);
    }
}

/* What was cached for one ASID and maintained while another runs is gone when it is back. */
GUEST_TEST(memory, tlbi_reaches_other_spaces, "cortex-a57")
{
    static const char *const programs[] = {"vae1is", "vaae1is", "aside1is", "vmalle1is"};
    set_up(g);
    make_spaces(g, 2, small_asid);
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        harness_msr(g->h, TTBR0_EL1, SPACE_ROOT(1) | UINT64_C(2) << 48);
        g->c->x[0] = VA;
        guest_start_el0(g, "ldr_x");
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[1], 2);
        /* Space 0 changes space 1's page. */
        u64 at = guest_descriptor(g, SPACE_ROOT(1), VA, 3);
        guest_map_in(g, SPACE_ROOT(0), at & ~UINT64_C(0xfff), at & ~UINT64_C(0xfff), MAP_EL1_RW);
        harness_msr(g->h, TTBR0_EL1, SPACE_ROOT(0) | UINT64_C(1) << 48);
        g->c->x[9] = guest_page(PAGE_B, MAP_ALL_RW | MAP_NG);
        g->c->x[10] = at;
        g->c->x[1] = operand(strstr(programs[i], "va") ? VA : 0, 2);
        guest_start_el1(g, programs[i]);
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[4], 1, "space 0 has its own page still");
        harness_msr(g->h, TTBR0_EL1, SPACE_ROOT(1) | UINT64_C(2) << 48);
        guest_start_el0(g, "ldr_x");
        EXPECT_DONE(g);
        cr_expect_eq(g->c->x[1], IN_B, "after %s", programs[i]);
        guest_map_in(g, SPACE_ROOT(1), VA, SPACE_PAGE(1), MAP_ALL_RW | MAP_NG);
        cpu_tlb_flush_all(g->c);
    }
}

/* -------------------------------------------------------- tagged pointers -- */

#define TBI0 BIT(37)
#define TBI1 BIT(38)
#define TAG  (UINT64_C(0xa5) << 56)

/* Data at VA with a tag: reached with TBI, a level 0 fault without; FAR has the tag. */
GUEST_TEST(memory, tagged_data, "cortex-a57")
{
    const u64 high = UPPER_HALF + VA;
    set_up(g);
    guest_map(g, VA, PAGE_A, MAP_ALL_RW);
    guest_map(g, high, PAGE_B, MAP_ALL_RW);
    for (unsigned enables = 0; enables < 4; enables++) {
        harness_msr(g->h, TCR_EL1, GUEST_TCR | (enables & 1 ? TBI0 : 0) | (enables & 2 ? TBI1 : 0));
        for (unsigned upper = 0; upper < 2; upper++) {
            u64 va = ((upper ? high : VA) & ones(56)) | TAG;
            g->c->x[0] = va;
            guest_start_el0(g, "ldr_x");
            guest_run(g);
            if (enables & (upper ? 2 : 1)) {
                cr_expect_eq(g->c->sys[ESR_EL1], ESR_DONE);
                cr_expect_eq(g->c->x[1], upper ? IN_B : IN_A);
            } else {
                EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x24, TRANSLATION0),
                             .spsr = SPSR_EL0T | SPSR_DAIF, .far = va);
            }
        }
    }
    g->c->x[0] = (VA + 0x5000) | TAG;
    harness_msr(g->h, TCR_EL1, GUEST_TCR | TBI0);
    guest_start_el0(g, "ldr_x");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x24, TRANSLATION3),
                 .spsr = SPSR_EL0T | SPSR_DAIF, .far = (VA + 0x5000) | TAG);
}

/* A branch drops the tag (AArch64.BranchAddr): the PC, and a fault's FAR, are without. */
GUEST_TEST(memory, tagged_branch, "cortex-a57")
{
    const u64 high = UPPER_HALF + VA;
    set_up(g);
    guest_load_at(g, "ldr_x", PAGE_A);
    guest_map(g, VA, PAGE_A, MAP_ALL_RO);
    guest_map(g, high, PAGE_A, MAP_ALL_RO);
    harness_msr(g->h, TCR_EL1, GUEST_TCR | TBI0 | TBI1);
    for (unsigned upper = 0; upper < 2; upper++) {
        u64 target = upper ? high : VA;
        g->c->x[0] = (target & ones(56)) | TAG;
        guest_start_el0(g, "br");
        guest_run(g); /* it loads from x0, then is done */
        EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR_DONE, .elr = target + 8,
                     .spsr = SPSR_EL0T | SPSR_DAIF);
        g->c->x[0] = ((target + 0x6000) & ones(56)) | TAG;
        guest_start_el0(g, "br");
        guest_run(g);
        EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x20, TRANSLATION3), .elr = target + 0x6000,
                     .spsr = SPSR_EL0T | SPSR_DAIF, .far = target + 0x6000);
    }
    harness_msr(g->h, TCR_EL1, GUEST_TCR);
    g->c->x[0] = VA | TAG;
    guest_start_el0(g, "br");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x20, TRANSLATION0), .elr = VA | TAG,
                 .spsr = SPSR_EL0T | SPSR_DAIF, .far = VA | TAG);
}
