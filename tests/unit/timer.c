/*
 * The generic timer on a clock that stands still until it is told (DDI 0487, D11).
 */
#include <criterion/criterion.h>

#include "core/cpu.h"
#include "core/timer.h"

enum { TICK = 16 /* ns at 62.5 MHz */ };

struct rig {
    struct clock clock;
    struct timer timer;
    u64 now;
    bool line[TIMER_KINDS];
    unsigned raised[TIMER_KINDS]; /* rising edges seen */
};

static u64 now(void *owner)
{
    return ((struct rig *)owner)->now;
}

static void set_line(void *owner, unsigned input, bool level)
{
    struct rig *r = owner;
    r->raised[input] += level && !r->line[input];
    r->line[input] = level;
}

static void setup(struct rig *r)
{
    *r = (struct rig){.clock = {.source = now, .owner = r}};
    timer_init(&r->timer, &r->clock);
    for (unsigned k = 0; k < TIMER_KINDS; k++)
        r->timer.channel[k].irq = (struct irq_line){set_line, r, k};
    timer_reset(&r->timer);
}

static void run_until(struct rig *r, u64 ns)
{
    r->now = ns;
    clock_run(&r->clock);
}

Test(timer, counts_at_62_5_mhz)
{
    struct rig r;
    setup(&r);
    cr_expect(timer_count(&r.timer) == 0);
    r.now = TICK - 1;
    cr_expect(timer_count(&r.timer) == 0);
    r.now = TICK;
    cr_expect(timer_count(&r.timer) == 1);
    r.now = NS_PER_SEC;
    cr_expect(timer_count(&r.timer) == TIMER_FREQUENCY);
    r.now = UINT64_MAX;
    cr_expect(timer_count(&r.timer) == UINT64_MAX / TICK);
}

Test(timer, fires_at_cval_and_not_before)
{
    struct rig r;
    setup(&r);
    timer_set_cval(&r.timer, TIMER_VIRTUAL, 1000);
    cr_expect(clock_deadline(&r.clock) == CLOCK_NEVER, "not enabled");
    timer_set_ctl(&r.timer, TIMER_VIRTUAL, TIMER_ENABLE);
    cr_expect(clock_deadline(&r.clock) == 1000 * TICK);
    cr_expect(timer_ctl(&r.timer, TIMER_VIRTUAL) == TIMER_ENABLE);
    run_until(&r, 1000 * TICK - 1);
    cr_expect(!r.line[TIMER_VIRTUAL] && timer_ctl(&r.timer, TIMER_VIRTUAL) == TIMER_ENABLE);
    run_until(&r, 1000 * TICK);
    cr_expect(r.line[TIMER_VIRTUAL] && !r.line[TIMER_PHYSICAL]);
    cr_expect(timer_ctl(&r.timer, TIMER_VIRTUAL) == (TIMER_ENABLE | TIMER_ISTATUS));
    cr_expect(clock_deadline(&r.clock) == CLOCK_NEVER);
}

/* The line is a level: it follows ENABLE, IMASK and the comparison at once. */
Test(timer, line_is_level_sensitive)
{
    struct rig r;
    setup(&r);
    r.now = 100 * TICK;
    timer_set_ctl(&r.timer, TIMER_PHYSICAL, TIMER_ENABLE | TIMER_IMASK);
    timer_set_cval(&r.timer, TIMER_PHYSICAL, 50);
    cr_expect(!r.line[TIMER_PHYSICAL], "masked");
    cr_expect(timer_ctl(&r.timer, TIMER_PHYSICAL) == 7, "the condition is met all the same");
    timer_set_ctl(&r.timer, TIMER_PHYSICAL, TIMER_ENABLE);
    cr_expect(r.line[TIMER_PHYSICAL]);
    timer_set_cval(&r.timer, TIMER_PHYSICAL, 200);
    cr_expect(!r.line[TIMER_PHYSICAL]);
    timer_set_cval(&r.timer, TIMER_PHYSICAL, 100);
    cr_expect(r.line[TIMER_PHYSICAL], "the comparison is 'greater than or equal'");
    timer_set_ctl(&r.timer, TIMER_PHYSICAL, 0);
    cr_expect(!r.line[TIMER_PHYSICAL]);
    cr_expect(r.raised[TIMER_PHYSICAL] == 2);
}

/* TVAL is the signed 32-bit distance to CVAL (D11.2.4). */
Test(timer, tval)
{
    struct rig r;
    setup(&r);
    r.now = 5000 * TICK;
    timer_set_tval(&r.timer, TIMER_VIRTUAL, 100);
    cr_expect(r.timer.channel[TIMER_VIRTUAL].cval == 5100);
    cr_expect(timer_tval(&r.timer, TIMER_VIRTUAL) == 100);
    timer_set_tval(&r.timer, TIMER_VIRTUAL, 0xfffffffb);
    cr_expect(r.timer.channel[TIMER_VIRTUAL].cval == 4995, "minus 5");
    r.now = 5010 * TICK;
    cr_expect(timer_tval(&r.timer, TIMER_VIRTUAL) == 0xfffffff1, "minus 15");
    timer_set_tval(&r.timer, TIMER_VIRTUAL, UINT64_C(0x1234567800000001));
    cr_expect(r.timer.channel[TIMER_VIRTUAL].cval == 5011, "the upper half is ignored");
    r.now = 0;
    timer_set_tval(&r.timer, TIMER_VIRTUAL, 0x80000000);
    cr_expect(r.timer.channel[TIMER_VIRTUAL].cval == UINT64_C(0xffffffff80000000));
}

/* A comparator that the clock never reaches sets no alarm, and does not overflow into one. */
Test(timer, far_future)
{
    static const u64 far[] = {UINT64_MAX, UINT64_MAX / TICK + 1, BIT(63), BIT(60)};
    struct rig r;
    setup(&r);
    timer_set_ctl(&r.timer, TIMER_VIRTUAL, TIMER_ENABLE);
    for (unsigned i = 0; i < ARRAY_LEN(far); i++) {
        timer_set_cval(&r.timer, TIMER_VIRTUAL, far[i]);
        cr_expect(clock_deadline(&r.clock) == CLOCK_NEVER, "%u", i);
        cr_expect(!r.line[TIMER_VIRTUAL]);
    }
    timer_set_cval(&r.timer, TIMER_VIRTUAL, BIT(60) - 1);
    cr_expect(clock_deadline(&r.clock) == UINT64_MAX - 15);
}

Test(timer, reset_drops_the_line)
{
    struct rig r;
    setup(&r);
    timer_set_ctl(&r.timer, TIMER_VIRTUAL, TIMER_ENABLE);
    cr_expect(r.line[TIMER_VIRTUAL]);
    timer_set_cval(&r.timer, TIMER_PHYSICAL, 77);
    timer_set_ctl(&r.timer, TIMER_PHYSICAL, TIMER_ENABLE);
    timer_reset(&r.timer);
    cr_expect(!r.line[TIMER_VIRTUAL] && clock_deadline(&r.clock) == CLOCK_NEVER);
    cr_expect(timer_ctl(&r.timer, TIMER_VIRTUAL) == 0);
}

/* Periodic reprogramming as an operating system does it: no tick is lost or doubled. */
Test(timer, periodic)
{
    struct rig r;
    setup(&r);
    timer_set_ctl(&r.timer, TIMER_VIRTUAL, TIMER_ENABLE);
    timer_set_cval(&r.timer, TIMER_VIRTUAL, 10);
    for (unsigned i = 1; i <= 100; i++) {
        run_until(&r, clock_deadline(&r.clock));
        cr_assert(r.line[TIMER_VIRTUAL] && r.now == i * 10 * TICK);
        timer_set_cval(&r.timer, TIMER_VIRTUAL, (i + 1) * 10);
        cr_assert(!r.line[TIMER_VIRTUAL]);
    }
    cr_expect(r.raised[TIMER_VIRTUAL] == 101 /* with the one before CVAL was set */);
}

/* The event stream: bit EVNTI of the count, rising (EVNTDIR 0) or falling (1). */
Test(timer, event_stream)
{
    enum { EVNTEN = 4, EVNTDIR = 8 };
    struct rig r;
    setup(&r);
    cr_expect(timer_next_event(&r.timer, EVNTDIR | 3 << 4) == CLOCK_NEVER, "not enabled");
    for (unsigned evnti = 0; evnti < 16; evnti++) {
        for (u64 count = 0; count < 300; count++) {
            u64 next = count + 1; /* by definition: the next count at which the bit changes so */
            while (!((next >> evnti & 1) && !((next - 1) >> evnti & 1)))
                next++;
            r.now = count * TICK + 3;
            cr_assert(timer_next_event(&r.timer, EVNTEN | evnti << 4) == next * TICK);
            next = count + 1;
            while (!(!(next >> evnti & 1) && ((next - 1) >> evnti & 1)))
                next++;
            cr_assert(timer_next_event(&r.timer, EVNTEN | EVNTDIR | evnti << 4) == next * TICK);
        }
    }
}
