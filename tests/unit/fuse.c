/*
 * Pairs that one handler executes: they are found, and whoever looks for the second
 * instruction, or changes it, or counts to it, finds it as if there were no pair. That
 * they compute the same: tests/unit/engine_random.c. Words as clang assembles them.
 */
#include <criterion/criterion.h>

#include "tests/unit/harness.h"

/* subs x0, x0, #1; b.ne to it; mov x2, #1; nop; wfi */
static const u32 loop[] = {0xf1000400, 0x54ffffe1, 0xd2800022, 0xd503201f, 0xd503207f};
#define BRANCH (HARNESS_CODE + 4)
#define NOP    0xd503201fu

enum { TURNS = 100 };

static struct harness *looping(void)
{
    struct harness *h = harness_create("cortex-a57");
    h->engine.chains.use = CHAIN_NEVER;
    harness_code(h, loop, ARRAY_LEN(loop));
    h->cpu->x[0] = TURNS;
    return h;
}

static handler_fn *handler_of(const struct harness *h, u32 word)
{
    struct uop u;
    cr_assert_geq(decode(&h->engine.decoder, word, (struct site){.index = 1}, &u), 0);
    return u.fn;
}

Test(fuse, compare_and_branch_are_a_pair)
{
    struct harness *h = looping();
    const struct fuse_index *f = &h->engine.decoder.fuse;
    handler_fn *compare = handler_of(h, loop[0]), *branch = handler_of(h, loop[1]);
    cr_expect(fuse_begins(f, compare));
    handler_fn *both = fuse_find(f, compare, branch);
    cr_assert(both && both != compare && both != branch);
    cr_expect_null(fuse_find(f, branch, compare));
    harness_run(h, 2);
    cr_expect_eq(h->cpu->ops[(HARNESS_CODE & 0xfff) / 4].fn, both);
    cr_expect_eq(h->cpu->x[0], TURNS - 1);
    harness_destroy(h);
}

static bool stop(void *owner, struct cpu *c)
{
    return true;
}

Test(fuse, a_break_at_the_second)
{
    struct harness *h = looping();
    const u64 at[] = {BRANCH};
    struct probe *p = &h->engine.probe;
    harness_run(h, 2);
    p->breaks = at;
    p->break_count = 1;
    p->at_break = stop;
    probe_changed(&h->engine);
    for (u64 turn = 2; turn < 5; turn++) {
        cr_assert_eq(cpu_run(h->cpu, 1000), STOP_DEBUG);
        cr_expect_eq(h->cpu->pc, BRANCH);
        cr_expect_eq(h->cpu->x[0], TURNS - turn);
        cr_expect_eq(h->cpu->icount, 2 * turn - 1);
        cpu_step(h->cpu); /* over it */
    }
    p->break_count = 0;
    probe_changed(&h->engine);
    cr_expect_eq(cpu_run(h->cpu, 1000), STOP_WFI);
    cr_expect_eq(h->cpu->x[0], 0);
    cr_expect_eq(h->cpu->icount, 2 * TURNS + 3);
    harness_destroy(h);
}

Test(fuse, the_second_changes)
{
    struct harness *h = looping();
    const u32 nop = NOP;
    harness_run(h, 20);
    cr_expect_eq(h->cpu->x[0], TURNS - 10);
    harness_write(h, BRANCH, &nop, sizeof(nop));
    cr_expect_eq(cpu_run(h->cpu, 1000), STOP_WFI);
    cr_expect_eq(h->cpu->x[0], TURNS - 11);
    cr_expect_eq(h->cpu->x[2], 1);
    harness_destroy(h);
}

/* A branch to the second executes it alone. */
Test(fuse, a_branch_to_the_second)
{
    struct harness *h = looping();
    harness_run(h, 2);
    h->cpu->pc = BRANCH;
    cpu_set_nzcv(h->cpu, 4); /* Z: not taken */
    cr_expect_eq(cpu_run(h->cpu, 1000), STOP_WFI);
    cr_expect_eq(h->cpu->x[0], TURNS - 1);
    cr_expect_eq(h->cpu->x[2], 1);
    cr_expect_eq(h->cpu->icount, 2 + 4);
    harness_destroy(h);
}
