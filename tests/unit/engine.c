/*
 * Decoded code follows the bytes: whoever changes them, by which mapping, with or
 * without the maintenance that the manual asks for (DDI 0487, B2.4.4; hardware may
 * run old code without it, this engine never does), and code goes on over pages.
 */
#include "tests/unit/guest_rig.h"

#define MOV_X2(n)         (0xd2800002u | (u32)(n) << 5) /* mov x2, #n */
#define MOV_X3(n)         (0xd2800003u | (u32)(n) << 5)
#define ADD_X2_X2         0x91000042u /* add x2, x2, #0 */
#define RET               0xd65f03c0u
#define NEXT_PAGE         (HARNESS_CODE + 0x1000)
#define ALIAS             (HARNESS_RAM + 0x50000)
#define PAGE_LAST_WORD    UINT64_C(0xffc)
#define ISS_TRANSLATION_3 0x07

static void put_word(struct guest *g, u64 pa, u32 word)
{
    harness_write(g->h, pa, &word, 4);
}

/* Run PROGRAM with w1 = WORD; x2 tells. */
static void expect_changed(struct guest *g, const char *program, u64 x1, u64 x2)
{
    g->c->x[0] = g->c->x[2] = 0;
    g->c->x[1] = x1;
    guest_start_el1(g, program);
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[2], x2, "%s: x2 is %llu", program, (unsigned long long)g->c->x[2]);
}

/* With the MMU off, and with it on: then stores can take the inline path. */
static void make_code_writable(struct guest *g)
{
    guest_mmu_on(g);
    guest_map(g, HARNESS_CODE, HARNESS_CODE, MAP_EL1_RW);
    guest_map(g, NEXT_PAGE, NEXT_PAGE, MAP_EL1_RW);
    cpu_tlb_flush_all(g->c);
}

GUEST_TEST(engine, stores_into_the_page_that_runs, "cortex-a57")
{
    for (unsigned mmu = 0; mmu < 2; mmu++) {
        if (mmu)
            make_code_writable(g);
        for (u32 i = 2; i < 6; i++) {
            expect_changed(g, "store_ahead", MOV_X2(i), i);
            expect_changed(g, "store_next", MOV_X2(i), i);
            expect_changed(g, "store_with_maintenance", MOV_X2(i), i);
        }
    }
}

/* Of `mov x2, #1` the low bytes hold the register and the low bits of the immediate. */
GUEST_TEST(engine, stores_of_every_size, "cortex-a57")
{
    const u64 both = MOV_X2(7) | (u64)MOV_X3(9) << 32;
    make_code_writable(g);
    expect_changed(g, "patch_byte", MOV_X2(3) & 0xff, 3);
    expect_changed(g, "patch_half", MOV_X2(0x123) & 0xffff, 0x123);
    expect_changed(g, "patch_word", MOV_X2(4), 4);
    expect_changed(g, "patch_exclusive", MOV_X2(5), 5);
    expect_changed(g, "patch_double", both, 7);
    cr_expect_eq(g->c->x[3], 9);
    g->c->x[4] = MOV_X3(11);
    expect_changed(g, "patch_pair", MOV_X2(8), 8);
    cr_expect_eq(g->c->x[3], 11);
    g->c->v[1] = (union vreg){.d = {both, UINT64_C(0xd503201fd503201f)}};
    expect_changed(g, "patch_quad", 0, 7);
    cr_expect_eq(g->c->x[3], 9);
    expect_changed(g, "patch_unaligned", both, 7);
}

GUEST_TEST(engine, a_body_that_changes_in_each_turn, "cortex-a57")
{
    make_code_writable(g);
    g->c->x[4] = 200;
    expect_changed(g, "changing_loop", ADD_X2_X2, 200 * 201 / 2);
}

/* Code is kept by physical page: a store through another mapping is one to it. */
GUEST_TEST(engine, stores_through_another_mapping, "cortex-a57")
{
    make_code_writable(g);
    guest_map(g, ALIAS, NEXT_PAGE, MAP_EL1_RW);
    guest_map(g, ALIAS + 0x1000, NEXT_PAGE, MAP_EL1_RW);
    for (unsigned i = 0; i < 3; i++) {
        guest_load_at(g, "one_and_return", NEXT_PAGE);
        g->c->x[10] = ALIAS;
        g->c->x[11] = i == 0 ? ALIAS : i == 1 ? ALIAS + 0x1000 : NEXT_PAGE;
        expect_changed(g, "through_alias", MOV_X2(6), 6);
        cr_expect_eq(g->c->x[3], 1);
    }
}

GUEST_TEST(engine, dma, "cortex-a57")
{
    guest_load_at(g, "one_and_return", NEXT_PAGE);
    g->c->x[10] = NEXT_PAGE;
    for (u32 i = 1; i < 9; i++) {
        put_word(g, NEXT_PAGE, MOV_X2(i));
        expect_changed(g, "call_x10", 0, i);
    }
    /* A whole page at once, as a block device writes it. */
    static u32 page[1024];
    page[0] = MOV_X2(100);
    page[1] = RET;
    harness_write(g->h, NEXT_PAGE, page, sizeof(page));
    expect_changed(g, "call_x10", 0, 100);
}

/* While a subroutine of it runs, the page it will return to is written as a whole. */
GUEST_TEST(engine, dma_into_a_page_in_use, "cortex-a57")
{
    static u32 page[1024];
    guest_load_at(g, "call_x10_and_return", HARNESS_CODE);
    put_word(g, NEXT_PAGE, 0x14000000); /* b . */
    g->c->x[10] = NEXT_PAGE;
    g->c->pc = HARNESS_CODE;
    guest_run_limited(g, 20);
    cr_assert_eq(g->c->pc, NEXT_PAGE);
    for (unsigned i = 0; i < 1024; i++)
        page[i] = MOV_X2(77);
    page[3] = 0xd4000001u | 0x600d << 5; /* done */
    harness_write(g->h, HARNESS_CODE, page, sizeof(page));
    put_word(g, NEXT_PAGE, RET);
    EXPECT_DONE(g);
    cr_expect_eq(g->c->x[2], 77);
}

/* DC ZVA is a store, too: what comes next is `udf #0`. */
GUEST_TEST(engine, zeroed_code, "cortex-a57")
{
    make_code_writable(g);
    g->c->x[2] = 0;
    guest_start_el1(g, "zero_ahead");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = ESR(0, 0), .elr = HARNESS_CODE + 12,
                 .spsr = SPSR_EL1H | SPSR_DAIF);
    cr_expect_eq(g->c->x[2], 5);
}

/* Straight on over the end of a page, wherever the next page's memory is. */
GUEST_TEST(engine, over_the_end_of_a_page, "cortex-a57")
{
    guest_mmu_on(g);
    struct program p = program_find("over_the_edge");
    for (u64 before = 4; before <= 16; before += 4) {
        guest_map(g, ALIAS, NEXT_PAGE, MAP_ALL_RO);
        guest_map(g, ALIAS + 0x1000, HARNESS_RAM + 0x60000, MAP_ALL_RO);
        cpu_tlb_flush_all(g->c);
        harness_write(g->h, NEXT_PAGE + 0x1000 - before, p.code, before);
        harness_write(g->h, HARNESS_RAM + 0x60000, p.code + before, p.size - before);
        memset(g->c->x, 0, 5 * sizeof(u64));
        cpu_set_el(g->c, 0, 0);
        g->c->pc = ALIAS + 0x1000 - before;
        EXPECT_DONE(g);
        for (u64 i = 1; i <= 4; i++)
            cr_expect_eq(g->c->x[i], i);
        cr_expect_eq(g->c->sys[ELR_EL1], ALIAS + 0x1000 - before + 20);

        /* And there is nothing. */
        guest_unmap(g, ALIAS + 0x1000);
        cpu_tlb_flush_all(g->c);
        memset(g->c->x, 0, 5 * sizeof(u64));
        cpu_set_el(g->c, 0, 0);
        g->c->pc = ALIAS + 0x1000 - before;
        guest_run(g);
        EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x20, ISS_TRANSLATION_3),
                     .elr = ALIAS + 0x1000, .spsr = SPSR_EL0T | SPSR_DAIF, .far = ALIAS + 0x1000);
        for (u64 i = 1; i <= 4; i++)
            cr_expect_eq(g->c->x[i], i * 4 <= before ? i : 0);
    }
}

/* An exception at a page's last word, and a branch from it. */
GUEST_TEST(engine, the_last_word_of_a_page, "cortex-a57")
{
    put_word(g, HARNESS_CODE + PAGE_LAST_WORD, 0xd4000021u); /* svc #1 */
    cpu_set_el(g->c, 0, 0);
    g->c->pc = HARNESS_CODE + PAGE_LAST_WORD;
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x56000001, .elr = NEXT_PAGE,
                 .spsr = SPSR_EL0T | SPSR_DAIF);
    put_word(g, HARNESS_CODE + PAGE_LAST_WORD, 0x94000001u); /* bl .+4 */
    put_word(g, NEXT_PAGE, 0xd4000041u);                     /* svc #2 */
    cpu_set_el(g->c, 0, 0);
    g->c->pc = HARNESS_CODE + PAGE_LAST_WORD;
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = 0x56000002, .elr = NEXT_PAGE + 4,
                 .spsr = SPSR_EL0T | SPSR_DAIF);
    cr_expect_eq(g->c->x[30], NEXT_PAGE);
}

/*
 * Behind the instruction WORD at PC, an abort of the fetch at X1 or of the next page: by
 * either engine two instructions later the handler is next.
 */
static void expect_abort_counts(u64 pc, u32 word, u64 x1, bool stepping)
{
    enum { SYNC_EL1H = 0x200 };
    const u32 nop = 0xd503201f; /* not to come back to this address */
    struct harness *h = harness_create("cortex-a57");
    struct cpu *c = h->cpu;
    harness_write(h, pc, &word, sizeof(word));
    harness_write(h, HARNESS_VECTORS + SYNC_EL1H, &nop, sizeof(nop));
    c->pc = pc;
    c->x[1] = x1;
    u64 before = c->icount;
    if (stepping)
        cpu_step(c), cpu_step(c);
    else
        cpu_run(c, 2);
    cr_expect_eq(c->pc, HARNESS_VECTORS + SYNC_EL1H, "pc %#llx", (unsigned long long)c->pc);
    cr_expect_eq(c->icount - before, 2, "%llu instructions",
                 (unsigned long long)(c->icount - before));
    harness_destroy(h);
}

Test(engine, a_fetch_that_aborts_counts_by_either_engine)
{
    const u32 br_x1 = 0xd61f0020, nop = 0xd503201f;
    for (unsigned stepping = 0; stepping < 2; stepping++) {
        expect_abort_counts(HARNESS_CODE, br_x1, 0, stepping);
        expect_abort_counts(HARNESS_CODE, br_x1, HARNESS_CODE + 2, stepping);
        expect_abort_counts(HARNESS_RAM + HARNESS_SIZE - 4, nop, 0, stepping);
    }
}
