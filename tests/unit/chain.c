/*
 * Chains: that there are any, and that whoever looks for one of their ops, or changes
 * it, or is stopped at it, finds it as if there were none. That they compute the same:
 * tests/unit/engine_random.c, the suites with --engine chained, and the tests that run
 * once more with TEST_CHAINS. Words as clang assembles them.
 */
#include <criterion/criterion.h>

#include "core/engine/stencil.h"
#include "core/exception.h"
#include "tests/unit/harness.h"

/*
 * add x1, x1, #1; add x2, x2, x1; ldr x3, [x10]; eor x4, x4, x3; subs x0, x0, #1;
 * b.ne to the first; wfi
 */
static const u32 loop[] = {0x91000421, 0x8b010042, 0xf9400143, 0xca030084,
                           0xf1000400, 0x54ffff61, 0xd503207f};
enum { FIRST, SUM, LOAD, MIX, COUNT, BRANCH, WORDS = BRANCH };
#define AT(index) (HARNESS_CODE + 4 * (u64)(index))

enum { TURNS = 100, LOADED = 0x55, ADD_2_X2 = 0x91000842 /* add x2, x2, #2 */ };

static struct harness *looping(void)
{
    struct harness *h = harness_create("cortex-a57");
    const u64 loaded = LOADED;
    if (!stencils_run_here()) {
        harness_destroy(h);
        cr_skip_test("there are no chains on this host");
    }
    h->engine.chains.use = CHAIN_ALWAYS;
    harness_mmu_on(h, false); /* without, no access is inline */
    harness_code(h, loop, ARRAY_LEN(loop));
    harness_write(h, HARNESS_DATA, &loaded, sizeof(loaded));
    h->cpu->x[0] = TURNS;
    h->cpu->x[10] = HARNESS_DATA;
    return h;
}

static const struct uop *op_at(const struct harness *h, unsigned index)
{
    return h->cpu->ops + (AT(index) & ~TLB_PAGE_MASK) / 4;
}

static bool chained(const struct harness *h, unsigned index)
{
    return chains_have(&h->engine.chains, op_at(h, index)->fn);
}

/* 1 + 2 + ... + N */
static u64 sum_to(u64 n)
{
    return n * (n + 1) / 2;
}

Test(chain, a_loop)
{
    struct harness *h = looping();
    cr_expect_eq(cpu_run(h->cpu, 10000), STOP_WFI);
    cr_expect(chained(h, FIRST));
    cr_expect_not(chained(h, SUM));
    cr_expect_gt(h->engine.chains.count, 0);
    cr_expect_eq(h->cpu->x[1], TURNS);
    cr_expect_eq(h->cpu->x[2], sum_to(TURNS));
    cr_expect_eq(h->cpu->x[3], LOADED);
    cr_expect_eq(h->cpu->x[4], 0);
    cr_expect_eq(h->cpu->icount, 6 * TURNS + 1);
    cr_expect_eq(h->cpu->pc, AT(ARRAY_LEN(loop)));
    harness_destroy(h);
}

Test(chain, none_if_not_wanted)
{
    struct harness *h = looping();
    h->engine.chains.use = CHAIN_NEVER;
    cr_expect_eq(cpu_run(h->cpu, 10000), STOP_WFI);
    cr_expect_eq(h->engine.chains.count, 0);
    cr_expect_eq(h->cpu->x[2], sum_to(TURNS));
    harness_destroy(h);
}

Test(chain, what_is_executed_again_is_chained)
{
    struct harness *h = looping();
    h->engine.chains.use = CHAIN_HOT;
    h->cpu->x[0] = 10 * CHAIN_SAMPLE;
    h->cpu->pc = AT(BRANCH); /* Z is not set: the loop is entered by its branch */
    cr_expect_eq(cpu_run(h->cpu, 100 * CHAIN_SAMPLE), STOP_WFI);
    cr_expect(chained(h, FIRST));
    cr_expect_eq(h->cpu->x[1], 10 * CHAIN_SAMPLE);
    harness_destroy(h);
}

/* A budget ends at a branch that is taken. */
Test(chain, budgets)
{
    struct harness *h = looping();
    for (u64 turn = 1; turn < 10; turn++) {
        cr_assert_eq(cpu_run(h->cpu, 1), STOP_BUDGET);
        cr_expect_eq(h->cpu->icount, 6 * turn);
        cr_expect_eq(h->cpu->pc, AT(FIRST));
        cr_expect_eq(h->cpu->x[1], turn);
    }
    harness_destroy(h);
}

/* A load that aborts: what is before it was done, what is behind it was not. */
Test(chain, an_exception_in_the_middle)
{
    struct harness *h = looping();
    cr_assert_eq(cpu_run(h->cpu, 5 * 6), STOP_BUDGET);
    h->cpu->x[10] = 0x1000; /* nothing is there */
    cr_assert_eq(cpu_run(h->cpu, 1), STOP_BUDGET);
    cr_expect_eq(h->cpu->sys[ELR_EL1], AT(LOAD));
    cr_expect_eq(h->cpu->sys[FAR_EL1], 0x1000);
    cr_expect_eq(h->cpu->sys[ESR_EL1] >> 26, EC_DATA_ABORT + 1);
    cr_expect_eq(h->cpu->x[1], 6);
    cr_expect_eq(h->cpu->x[2], sum_to(6));
    cr_expect_eq(h->cpu->x[0], TURNS - 5);
    cr_expect_eq(h->cpu->icount, 5 * 6 + 3);
    harness_destroy(h);
}

Test(chain, into_the_middle)
{
    struct harness *h = looping();
    cr_assert_eq(cpu_run(h->cpu, 1), STOP_BUDGET);
    h->cpu->pc = AT(LOAD);
    cr_expect_eq(cpu_run(h->cpu, 10000), STOP_WFI);
    cr_expect_eq(h->cpu->x[1], TURNS - 1);
    cr_expect_eq(h->cpu->icount, 6 * TURNS - 2 + 1);
    harness_destroy(h);
}

static bool stop(void *owner, struct cpu *c)
{
    return true;
}

Test(chain, a_break_in_the_middle)
{
    struct harness *h = looping();
    const u64 at[] = {AT(MIX)};
    struct probe *p = &h->engine.probe;
    cr_assert_eq(cpu_run(h->cpu, 1), STOP_BUDGET);
    p->breaks = at;
    p->break_count = 1;
    p->at_break = stop;
    probe_changed(&h->engine);
    for (u64 turn = 2; turn < 5; turn++) {
        cr_assert_eq(cpu_run(h->cpu, 1000), STOP_DEBUG);
        cr_expect_eq(h->cpu->pc, AT(MIX));
        cr_expect_eq(h->cpu->x[1], turn);
        cr_expect_eq(h->cpu->icount, 6 * turn - 3);
        cpu_step(h->cpu);
    }
    p->break_count = 0;
    probe_changed(&h->engine);
    cr_expect_eq(cpu_run(h->cpu, 10000), STOP_WFI);
    cr_expect(chained(h, FIRST));
    cr_expect_eq(h->cpu->x[2], sum_to(TURNS));
    cr_expect_eq(h->cpu->icount, 6 * TURNS + 1);
    harness_destroy(h);
}

/* By DMA, while the CPU is somewhere else. */
Test(chain, its_middle_changes)
{
    struct harness *h = looping();
    const u32 other = ADD_2_X2;
    cr_assert_eq(cpu_run(h->cpu, 6 * 10), STOP_BUDGET);
    harness_write(h, AT(MIX), &other, sizeof(other));
    cr_expect_eq(cpu_run(h->cpu, 10000), STOP_WFI);
    cr_expect_eq(h->cpu->x[2], sum_to(TURNS) + 2 * (TURNS - 10));
    cr_expect_eq(h->cpu->x[1], TURNS);
    harness_destroy(h);
}

/*
 * str w1, [x0] and behind it, CHAIN_MOST_OPS - 2 words on, the last one of the same
 * chain: by the time it is executed it is another one.
 */
Test(chain, it_changes_itself_ahead)
{
    enum { STORE = 0xb9000001, ADD_1_X2 = 0x91000442, WFI = 0xd503207f };
    u32 words[CHAIN_MOST_OPS + 1];
    struct harness *h = looping();
    words[0] = STORE;
    for (unsigned i = 1; i < CHAIN_MOST_OPS; i++)
        words[i] = ADD_1_X2;
    words[CHAIN_MOST_OPS] = WFI;
    for (unsigned i = 1; i < CHAIN_MOST_OPS; i++) {
        harness_code(h, words, ARRAY_LEN(words));
        h->cpu->x[0] = AT(i);
        h->cpu->x[1] = ADD_2_X2;
        h->cpu->x[2] = 0;
        h->cpu->halted = false;
        cr_assert_eq(cpu_run(h->cpu, 1000), STOP_WFI);
        cr_expect_eq(h->cpu->x[2], CHAIN_MOST_OPS, "word %u", i);
    }
    cr_expect_gt(h->engine.chains.count, 0);
    harness_destroy(h);
}

/* By a store through a second mapping of the page. */
Test(chain, it_changes_by_another_mapping)
{
    enum { L1 = HARNESS_TABLES & 0xfff, BLOCK = 1, AF = 1 << 10, SH = 3 << 8 };
    /* str w1, [x9]; add x2, x2, #1; subs x0, x0, #1; b.ne to the add; wfi */
    static const u32 words[] = {0xb9000121, 0x91000442, 0xf1000400, 0x54ffffc1, 0xd503207f};
    struct harness *h = looping();
    u64 alias[] = {HARNESS_RAM | BLOCK | AF | SH, HARNESS_RAM | BLOCK | AF | SH};
    harness_write(h, HARNESS_TABLES, alias, sizeof(alias));
    harness_code(h, words, ARRAY_LEN(words));
    h->cpu->pc = AT(1);
    h->cpu->x[0] = 10;
    cr_assert_eq(cpu_run(h->cpu, 1000), STOP_WFI);
    cr_expect_eq(h->cpu->x[2], 10);
    h->cpu->x[0] = 10;
    h->cpu->x[1] = ADD_2_X2;
    h->cpu->x[9] = AT(1) - HARNESS_RAM;
    h->cpu->halted = false;
    h->cpu->pc = AT(0);
    cr_assert_eq(cpu_run(h->cpu, 1000), STOP_WFI);
    cr_expect_eq(h->cpu->x[2], 10 + 2 * 10);
    harness_destroy(h);
}

/* When there is no more room, all chains are dropped and made again, but no page is. */
Test(chain, no_more_room)
{
    struct harness *h = looping();
    cr_assert_eq(cpu_run(h->cpu, 1), STOP_BUDGET);
    u64 made = h->engine.counts.event[EVENT_PAGE_MADE];
    u64 dropped = h->engine.counts.event[EVENT_CHAINS_DROPPED];
    const u32 nop = 0xd503201f;
    for (unsigned i = 0; h->engine.counts.event[EVENT_CHAINS_DROPPED] == dropped; i++) {
        cr_assert_lt(i, 1000000);
        harness_write(h, AT(MIX), i % 2 ? &loop[MIX] : &nop, sizeof(nop));
        h->cpu->x[0] = TURNS;
        h->cpu->pc = AT(FIRST);
        cr_assert_eq(cpu_run(h->cpu, 1), STOP_BUDGET);
    }
    h->cpu->x[0] = TURNS;
    h->cpu->x[1] = h->cpu->x[2] = 0;
    h->cpu->pc = AT(FIRST);
    cr_expect_eq(cpu_run(h->cpu, 10000), STOP_WFI);
    cr_expect(chained(h, FIRST));
    cr_expect_eq(h->cpu->x[2], sum_to(TURNS));
    cr_expect_eq(h->engine.counts.event[EVENT_PAGE_MADE], made);
    harness_destroy(h);
}
