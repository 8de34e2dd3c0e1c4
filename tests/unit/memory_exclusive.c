/*
 * Load-exclusive and store-exclusive (DDI 0487, B2.12): when the store goes
 * through, when it must not, and that a store which doesn't has no effect.
 */
#include "tests/unit/guest_rig.h"

#define OLD   UINT64_C(0x1122334455667788)
#define OLD_2 UINT64_C(0x99aabbccddeeff00)
#define NEW   UINT64_C(0xa1a2a3a4a5a6a7a8)
#define NEW_2 UINT64_C(0xb1b2b3b4b5b6b7b8)
#define NONE  UINT64_C(0x7777)

static void put64(struct guest *g, u64 pa, u64 value)
{
    harness_write(g->h, pa, &value, 8);
}

static void set_up(struct guest *g)
{
    guest_mmu_on(g);
    put64(g, HARNESS_DATA, OLD);
    put64(g, HARNESS_DATA + 8, OLD_2);
    put64(g, HARNESS_DATA + 2048, OLD_2);
    g->c->monitor.set = false;
}

static void start(struct guest *g, const char *program)
{
    g->c->x[0] = HARNESS_DATA;
    g->c->x[2] = NEW;
    g->c->x[3] = g->c->x[4] = NONE;
    g->c->x[5] = NEW_2;
    guest_start_el0(g, program);
    EXPECT_DONE(g);
}

GUEST_TEST(memory_exclusive, sizes, "cortex-a57")
{
    static const struct {
        const char *program;
        unsigned bits;
    } cases[] = {
        {"byte", 8},         {"half", 16},         {"word", 32},         {"double", 64},
        {"byte_ordered", 8}, {"half_ordered", 16}, {"word_ordered", 32}, {"double_ordered", 64},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        u64 mask = ones(cases[i].bits);
        set_up(g);
        start(g, cases[i].program);
        cr_expect_eq(g->c->x[1], OLD & mask, "%s", cases[i].program);
        cr_expect_eq(g->c->x[3], 0, "%s: status %#llx", cases[i].program,
                     (unsigned long long)g->c->x[3]);
        cr_expect_eq(harness_read64(g->h, HARNESS_DATA), (OLD & ~mask) | (NEW & mask));
        cr_expect_eq(harness_read64(g->h, HARNESS_DATA + 8), OLD_2);
    }
}

GUEST_TEST(memory_exclusive, pairs, "cortex-a57")
{
    set_up(g);
    start(g, "pair_of_words");
    cr_expect_eq(g->c->x[1], UINT64_C(0x55667788));
    cr_expect_eq(g->c->x[4], UINT64_C(0x11223344));
    cr_expect_eq(g->c->x[3], 0);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA), UINT64_C(0xb5b6b7b8a5a6a7a8));
    static const char *const doubles[] = {"pair_of_doubles", "pair_ordered"};
    for (size_t i = 0; i < ARRAY_LEN(doubles); i++) {
        set_up(g);
        start(g, doubles[i]);
        cr_expect_eq(g->c->x[1], OLD);
        cr_expect_eq(g->c->x[4], OLD_2);
        cr_expect_eq(g->c->x[3], 0);
        cr_expect_eq(harness_read64(g->h, HARNESS_DATA), NEW);
        cr_expect_eq(harness_read64(g->h, HARNESS_DATA + 8), NEW_2);
    }
}

/* The store of PROGRAM fails, says so, and leaves memory alone. */
static void expect_failure(struct guest *g, const char *program)
{
    set_up(g);
    start(g, program);
    cr_expect_eq(g->c->x[3], 1, "%s: status %#llx", program, (unsigned long long)g->c->x[3]);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA), OLD, "%s wrote", program);
}

GUEST_TEST(memory_exclusive, without_a_load, "cortex-a57")
{
    expect_failure(g, "store_only");
}

GUEST_TEST(memory_exclusive, clrex, "cortex-a57")
{
    expect_failure(g, "cleared");
}

GUEST_TEST(memory_exclusive, another_location, "cortex-a57")
{
    expect_failure(g, "elsewhere");
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA + 2048), OLD_2);
}

GUEST_TEST(memory_exclusive, a_store_uses_the_monitor_up, "cortex-a57")
{
    set_up(g);
    start(g, "store_twice");
    cr_expect_eq(g->c->x[3], 0);
    cr_expect_eq(g->c->x[4], 1);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA), NEW);
}

GUEST_TEST(memory_exclusive, the_last_load_counts, "cortex-a57")
{
    set_up(g);
    start(g, "later_load");
    cr_expect_eq(g->c->x[3], 1);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA), OLD);
    cr_expect_eq(g->c->x[5], 0);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA + 2048), NEW);
}

GUEST_TEST(memory_exclusive, code_between, "cortex-a57")
{
    set_up(g);
    start(g, "with_code_between");
    cr_expect_eq(g->c->x[3], 0);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA), OLD + 1);
}

/* Taking an exception does not clear the monitor, a return from one does (D1.3.2). */
GUEST_TEST(memory_exclusive, over_an_exception, "cortex-a57")
{
    set_up(g);
    start(g, "load_only"); /* ends in an svc */
    start(g, "store_only");
    cr_expect_eq(g->c->x[3], 0);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA), NEW);
}

/* Somebody else, a device or another CPU, has written in between. */
GUEST_TEST(memory_exclusive, written_by_another_observer, "cortex-a57")
{
    set_up(g);
    start(g, "load_only");
    put64(g, HARNESS_DATA, OLD + 5);
    start(g, "store_only");
    cr_expect_eq(g->c->x[3], 1);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA), OLD + 5);
}

/* A real loop ends, and counts right. */
GUEST_TEST(memory_exclusive, counting, "cortex-a57")
{
    set_up(g);
    put64(g, HARNESS_DATA, 40);
    g->c->x[7] = 1000;
    g->c->x[0] = HARNESS_DATA;
    guest_start_el0(g, "count");
    EXPECT_DONE(g);
    cr_expect_eq(harness_read64(g->h, HARNESS_DATA), 1040);
}
