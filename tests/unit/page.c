/*
 * Pages of decoded code: how many are kept, which ones go when there are too many, and
 * that code which was dropped runs as before or, if it has changed, as it is now. Words
 * as clang assembles them.
 */
#include <criterion/criterion.h>

#include "tests/unit/harness.h"

enum { FEW = 32, STRIDE = 0x1000, PIECE = 16 /* instructions between two looks */ };
enum {
    ADD_X0_1 = 0x91000400,  /* add x0, x0, #1 */
    ADD_X0_2 = 0x91000800,  /* add x0, x0, #2 */
    SUBS_X1_1 = 0xf1000421, /* subs x1, x1, #1 */
    B = 0x14000000,         /* b . + 4 * (the low bits) */
    B_NE = 0x54000001,      /* b.ne; from bit 5 on */
    WFI = 0xd503207f,
};

static u64 page_at(unsigned page)
{
    return HARNESS_CODE + (u64)page * STRIDE;
}

/* In each page a place of its own, so that what is left of another one would show. */
static u64 start_of(unsigned page)
{
    return page_at(page) + page % 15 * 0x100;
}

static u32 distance(u64 from, u64 to, u32 mask)
{
    return (u32)((to - from) / 4) & mask;
}

/* PAGES pages of code, each of which adds 1 to x0; x1 times over all of them. */
static struct harness *walking(unsigned pages)
{
    struct harness *h = harness_create("cortex-a57");
    h->engine.most_pages = FEW;
    for (unsigned page = 0; page + 1 < pages; page++) {
        u64 at = start_of(page);
        const u32 words[] = {ADD_X0_1, B | distance(at + 4, start_of(page + 1), 0x3ffffff)};
        harness_write(h, at, words, sizeof(words));
    }
    u64 at = start_of(pages - 1), back = at + 0x80;
    const u32 words[] = {ADD_X0_1, SUBS_X1_1, B_NE | distance(at + 8, back, 0x7ffff) << 5, WFI};
    const u32 first = B | distance(back, start_of(0), 0x3ffffff);
    harness_write(h, at, words, sizeof(words));
    harness_write(h, back, &first, sizeof(first));
    return h;
}

static u64 walk(struct harness *h, u64 turns)
{
    h->cpu->x[0] = 0;
    h->cpu->x[1] = turns;
    h->cpu->halted = false;
    h->cpu->pc = start_of(0);
    enum stop stop;
    do {
        stop = cpu_run(h->cpu, PIECE);
        cr_assert_leq(h->engine.page_count, h->engine.most_pages + PIECE);
    } while (stop == STOP_BUDGET);
    cr_assert_eq(stop, STOP_WFI);
    return h->cpu->x[0];
}

static u64 made(const struct harness *h)
{
    return h->engine.counts.event[EVENT_PAGE_MADE];
}

Test(page, what_runs_once_takes_no_more_room)
{
    enum { PAGES = 500 };
    struct harness *h = walking(PAGES);
    cr_expect_eq(walk(h, 1), PAGES);
    cr_expect_eq(made(h), PAGES);
    cr_expect_eq(h->engine.most_pages, FEW);
    harness_destroy(h);
}

Test(page, what_comes_back_is_given_room)
{
    enum { PAGES = 45, TURNS = 50 };
    struct harness *h = walking(PAGES);
    cr_expect_eq(walk(h, TURNS), PAGES * TURNS);
    cr_expect_geq(h->engine.most_pages, PAGES);
    u64 before = made(h);
    cr_expect_eq(walk(h, TURNS), PAGES * TURNS);
    cr_expect_eq(made(h), before, "all of it is kept");
    engine_drop_all(&h->engine);
    cr_expect_eq(h->engine.most_pages, ENGINE_PAGES, "as at first");
    harness_destroy(h);
}

Test(page, there_is_a_limit_to_it)
{
    enum { PAGES = 300, TURNS = 10 };
    struct harness *h = walking(PAGES);
    cr_expect_eq(walk(h, TURNS), PAGES * TURNS);
    cr_expect_leq(h->engine.most_pages, HARNESS_SIZE / STRIDE / ENGINE_RAM_SHARE);
    harness_destroy(h);
}

Test(page, what_is_in_use_stays)
{
    enum { PAGES = 400, HOT = PAGES };
    struct harness *h = walking(PAGES);
    const u32 words[] = {ADD_X0_1, B | distance(4, 0, 0x3ffffff)};
    harness_write(h, start_of(HOT), words, sizeof(words));
    for (unsigned page = 0; page + 1 < PAGES; page++) {
        h->cpu->pc = start_of(page);
        cr_assert_eq(cpu_run(h->cpu, 1), STOP_BUDGET);
        h->cpu->pc = start_of(HOT);
        cr_assert_eq(cpu_run(h->cpu, 1), STOP_BUDGET);
    }
    cr_expect_eq(made(h), PAGES + 1, "each page once, and where the last of them goes on to");
    cr_expect_eq(h->cpu->x[0], 2 * (PAGES - 1));
    harness_destroy(h);
}

/* While a page is not decoded nobody notices a store to it, and nobody needs to. */
Test(page, changes_of_what_was_dropped)
{
    enum { PAGES = 300 };
    struct harness *h = walking(PAGES);
    cr_expect_eq(walk(h, 2), PAGES * 2);
    for (unsigned page = 0; page < PAGES; page += 2)
        harness_write(h, start_of(page), &(u32){ADD_X0_2}, sizeof(u32));
    cr_expect_eq(walk(h, 2), PAGES * 3);
    harness_destroy(h);
}

Test(page, what_is_written_again_and_again_is_data)
{
    enum { TURNS = 100, FOR_EACH = 20, RET = 0xd65f03c0 };
    /* blr x3; str w4, [x2], #4; subs x1, x1, #1; b.ne to the second; blr x3; wfi */
    static const u32 words[] = {0xd63f0060, 0xb8004444, SUBS_X1_1, 0x54ffffc1, 0xd63f0060, WFI};
    static const u32 function[] = {ADD_X0_1, RET};
    const u64 at = HARNESS_CODE + STRIDE;
    const u32 end = RET;
    struct harness *h = harness_create("cortex-a57");
    harness_mmu_on(h, false);
    harness_code(h, words, ARRAY_LEN(words));
    harness_write(h, at, function, sizeof(function));
    harness_write(h, at + 4 * TURNS, &end, sizeof(end));
    h->cpu->x[1] = TURNS;
    h->cpu->x[2] = h->cpu->x[3] = at;
    h->cpu->x[4] = ADD_X0_2;
    cr_assert_eq(cpu_run(h->cpu, 10 * TURNS), STOP_WFI);
    cr_expect_eq(h->cpu->x[0], 1 + 2 * TURNS);
    u64 written = h->engine.counts.event[EVENT_CODE_WRITTEN];
    cr_expect(written > 1 && written < FOR_EACH, "stores to code: %llu",
              (unsigned long long)written);
    harness_destroy(h);
}
