/*
 * The profile counts what was executed, no more and no less, and changes nothing
 * else; what is counted off the hot path is counted without it, too.
 */
#include <criterion/criterion.h>

#include "core/engine/profile.h"
#include "tests/unit/harness.h"

/*
 * x0 times: add x1, x1, #3; subs x0, x0, #1; b.ne to the add. Words as clang assembles
 * them.
 */
static const u32 loop[] = {0x91000c21, 0xf1000400, 0x54ffffc1, 0xd503207f /* wfi */};
#define UNDEFINED 0x00000000u

enum { TURNS = 1000, EC_OF_UNDEFINED = 0 };

static struct harness *profiled(struct profile *p)
{
    struct harness *h = harness_create("cortex-a57");
    h->engine.profile = p;
    harness_code(h, loop, ARRAY_LEN(loop));
    h->cpu->x[0] = TURNS;
    return h;
}

static u64 pairs(const struct profile *p, unsigned first, unsigned second)
{
    return p->pair[(size_t)PROFILE_ROWS * first + second];
}

Test(profile, counts_what_is_executed)
{
    struct profile *p = profile_create();
    struct harness *h = profiled(p);
    harness_run(h, 3 * TURNS + 1);
    cr_expect_eq(h->cpu->x[1], 3 * TURNS);
    cr_expect_eq(h->cpu->icount, 3 * TURNS + 1);
    cr_expect_eq(p->row[A64_add_imm], TURNS);
    cr_expect_eq(p->row[A64_subs_imm], TURNS);
    cr_expect_eq(p->row[A64_b_cond], TURNS);
    cr_expect_eq(p->row[A64_wfi], 1);
    cr_expect_eq(pairs(p, A64_add_imm, A64_subs_imm), TURNS);
    cr_expect_eq(pairs(p, A64_subs_imm, A64_b_cond), TURNS);
    cr_expect_eq(pairs(p, A64_b_cond, A64_add_imm), TURNS - 1);
    cr_expect_eq(pairs(p, A64_b_cond, A64_wfi), 1);
    cr_assert(p->pages && !p->pages->next);
    cr_expect_eq(p->pages->va, HARNESS_CODE);
    cr_expect_eq(p->pages->pa, HARNESS_CODE);
    cr_expect_eq(p->pages->count, 3 * TURNS + 1);
    harness_destroy(h);
    profile_destroy(p);
}

/* A run in pieces that end anywhere counts the same. */
Test(profile, counts_across_stops)
{
    struct profile *p = profile_create();
    struct harness *h = profiled(p);
    for (unsigned i = 0; i < 3 * TURNS; i++)
        harness_run(h, 1);
    cr_expect_eq(p->row[A64_add_imm], TURNS);
    cr_expect_eq(p->row[A64_b_cond], TURNS);
    cr_expect_eq(pairs(p, A64_add_imm, A64_subs_imm), TURNS);
    harness_destroy(h);
    profile_destroy(p);
}

Test(profile, survives_its_pages)
{
    struct profile *p = profile_create();
    struct harness *h = profiled(p);
    harness_run(h, 3);
    engine_drop_all(&h->engine);
    harness_run(h, 3);
    const u32 changed = UNDEFINED;
    harness_write(h, HARNESS_CODE, &changed, sizeof(changed));
    harness_run(h, 1);
    cr_expect_eq(p->row[A64_add_imm], 2);
    cr_expect_eq(p->row[A64_udf], 1);
    u64 sum = 0;
    for (const struct profile_page *page = p->pages; page; page = page->next)
        sum += page->va == HARNESS_CODE ? page->count : 0;
    cr_expect_eq(sum, 7);
    harness_destroy(h);
    profile_destroy(p);
}

Test(profile, off_the_hot_path)
{
    struct harness *h = profiled(NULL);
    h->engine.chains.use = CHAIN_NEVER; /* a chain decodes what is not executed yet */
    const struct engine_counts *counts = &h->engine.counts;
    harness_run(h, 3 * (TURNS - 1));               /* at a branch that is taken it can stop */
    cr_expect_eq(counts->event[EVENT_DECODED], 2); /* subs and b.ne at once */
    cr_expect_eq(counts->event[EVENT_PAGE_MADE], 1);
    cr_expect_eq(counts->event[EVENT_FETCH], 1);
    const u32 changed = UNDEFINED;
    harness_write(h, HARNESS_CODE, &changed, sizeof(changed));
    harness_run(h, 1);
    cr_expect_eq(counts->event[EVENT_CODE_WRITTEN], 1);
    cr_expect_eq(counts->exception[EC_OF_UNDEFINED], 1);
    harness_destroy(h);
}
