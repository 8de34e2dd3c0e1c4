/*
 * The clock's alarms: order, moving, cancelling, re-setting from within a callback,
 * and the notice that the soonest deadline moved. A random run is compared with a
 * model that looks through all alarms each time.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

enum { ALARMS = 8, LOG = 64 };

struct bench {
    struct clock clock;
    u64 now;
    unsigned changes;
    unsigned fired[LOG], fired_count;
    struct bell {
        struct alarm alarm;
        struct bench *bench;
        unsigned id;
        u64 again; /* set itself again at this time, 0 for not */
    } bells[ALARMS];
};

static u64 bench_now(void *owner)
{
    return ((struct bench *)owner)->now;
}

static void bench_changed(void *owner)
{
    ((struct bench *)owner)->changes++;
}

static void bell_fire(void *owner)
{
    struct bell *bell = owner;
    struct bench *bench = bell->bench;
    cr_assert(!bell->alarm.set, "an alarm that fires is off the clock");
    cr_assert_lt(bench->fired_count, (unsigned)LOG);
    bench->fired[bench->fired_count++] = bell->id;
    if (bell->again) {
        u64 deadline = bell->again;
        bell->again = 0;
        clock_set_alarm(&bench->clock, &bell->alarm, deadline);
    }
}

static void bench_make(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->clock = (struct clock){
        .source = bench_now, .owner = b, .changed = bench_changed, .changed_owner = b};
    for (unsigned i = 0; i < ALARMS; i++)
        b->bells[i] =
            (struct bell){.alarm = {.fire = bell_fire, .owner = &b->bells[i]}, .bench = b, .id = i};
}

static void set(struct bench *b, unsigned i, u64 deadline)
{
    clock_set_alarm(&b->clock, &b->bells[i].alarm, deadline);
}

static void run_at(struct bench *b, u64 now)
{
    b->now = now;
    b->fired_count = 0;
    clock_run(&b->clock);
}

Test(clock, without_alarms_there_is_no_deadline)
{
    struct bench b;
    bench_make(&b);
    cr_assert_eq(clock_deadline(&b.clock), CLOCK_NEVER);
    b.now = 1234;
    cr_assert_eq(clock_now(&b.clock), 1234);
    run_at(&b, CLOCK_NEVER);
    cr_assert_eq(b.fired_count, 0);
}

Test(clock, alarms_fire_in_order_of_deadline_and_only_when_due)
{
    struct bench b;
    bench_make(&b);
    set(&b, 0, 300);
    set(&b, 1, 100);
    set(&b, 2, 200);
    cr_assert_eq(clock_deadline(&b.clock), 100);
    run_at(&b, 99);
    cr_assert_eq(b.fired_count, 0);
    run_at(&b, 200);
    cr_assert_eq(b.fired_count, 2);
    cr_assert_eq(b.fired[0], 1);
    cr_assert_eq(b.fired[1], 2);
    cr_assert_eq(clock_deadline(&b.clock), 300);
    run_at(&b, 300);
    cr_assert_eq(b.fired_count, 1);
    cr_assert_eq(b.fired[0], 0);
    cr_assert_eq(clock_deadline(&b.clock), CLOCK_NEVER);
}

Test(clock, equal_deadlines_fire_in_the_order_they_were_set)
{
    struct bench b;
    bench_make(&b);
    set(&b, 2, 50);
    set(&b, 0, 50);
    set(&b, 1, 50);
    run_at(&b, 50);
    cr_assert_eq(b.fired_count, 3);
    cr_assert_eq(b.fired[0], 2);
    cr_assert_eq(b.fired[1], 0);
    cr_assert_eq(b.fired[2], 1);
}

Test(clock, setting_again_moves_an_alarm)
{
    struct bench b;
    bench_make(&b);
    set(&b, 0, 100);
    set(&b, 1, 200);
    set(&b, 0, 300);
    cr_assert_eq(clock_deadline(&b.clock), 200);
    run_at(&b, 1000);
    cr_assert_eq(b.fired_count, 2);
    cr_assert_eq(b.fired[0], 1);
    cr_assert_eq(b.fired[1], 0);
}

Test(clock, a_cancelled_alarm_does_not_fire_and_may_be_cancelled_twice)
{
    struct bench b;
    bench_make(&b);
    clock_cancel_alarm(&b.clock, &b.bells[0].alarm);
    for (unsigned i = 0; i < 3; i++)
        set(&b, i, 100 + i);
    clock_cancel_alarm(&b.clock, &b.bells[1].alarm);
    clock_cancel_alarm(&b.clock, &b.bells[1].alarm);
    cr_assert(!b.bells[1].alarm.set);
    run_at(&b, 1000);
    cr_assert_eq(b.fired_count, 2);
    cr_assert_eq(b.fired[0], 0);
    cr_assert_eq(b.fired[1], 2);
}

Test(clock, a_callback_may_set_its_alarm_again)
{
    struct bench b;
    bench_make(&b);
    set(&b, 0, 100);
    b.bells[0].again = 150; /* already due: fires in the same run */
    run_at(&b, 200);
    cr_assert_eq(b.fired_count, 2);
    set(&b, 0, 300);
    b.bells[0].again = 400; /* later */
    run_at(&b, 300);
    cr_assert_eq(b.fired_count, 1);
    cr_assert_eq(clock_deadline(&b.clock), 400);
}

Test(clock, the_listener_hears_of_a_sooner_deadline_only)
{
    struct bench b;
    bench_make(&b);
    set(&b, 0, 100);
    cr_assert_eq(b.changes, 1);
    set(&b, 1, 200);
    cr_assert_eq(b.changes, 1);
    set(&b, 2, 50);
    cr_assert_eq(b.changes, 2);
    b.clock.changed = NULL;
    set(&b, 3, 10);
    cr_assert_eq(b.changes, 2);
}

Test(clock, a_random_run_agrees_with_a_model)
{
    struct bench b;
    bench_make(&b);
    struct {
        bool set;
        u64 deadline;
    } model[ALARMS] = {0};
    srand(1);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = (unsigned)rand() % ALARMS;
        switch (rand() % 3) {
        case 0:
            model[i].set = true;
            model[i].deadline = b.now + (u64)(rand() % 100);
            set(&b, i, model[i].deadline);
            break;
        case 1:
            model[i].set = false;
            clock_cancel_alarm(&b.clock, &b.bells[i].alarm);
            break;
        default:
            run_at(&b, b.now + (u64)(rand() % 20));
            u64 last = 0;
            for (unsigned k = 0; k < b.fired_count; k++) {
                cr_assert(model[b.fired[k]].set);
                cr_assert_leq(model[b.fired[k]].deadline, b.now);
                cr_assert_geq(model[b.fired[k]].deadline, last);
                last = model[b.fired[k]].deadline;
                model[b.fired[k]].set = false;
            }
        }
        u64 soonest = CLOCK_NEVER;
        for (unsigned k = 0; k < ALARMS; k++) {
            cr_assert_eq(model[k].set, b.bells[k].alarm.set);
            if (model[k].set && model[k].deadline < soonest)
                soonest = model[k].deadline;
        }
        cr_assert_eq(clock_deadline(&b.clock), soonest);
    }
}
