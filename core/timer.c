/*
 * The generic timer: see timer.h. A channel's line is ENABLE && !IMASK &&
 * ISTATUS at all times; an alarm stands at the moment when ISTATUS will become
 * 1, so that the line moves by itself.
 */
#include "core/timer.h"

#include "core/types.h"

enum { NS_PER_TICK = NS_PER_SEC / TIMER_FREQUENCY };

_Static_assert(NS_PER_TICK *(u64)TIMER_FREQUENCY == NS_PER_SEC, "a tick is a whole number of ns");

u64 timer_count(const struct timer *t)
{
    return clock_now(t->clock) / NS_PER_TICK;
}

/* When (ns) the count first is COUNT; CLOCK_NEVER when the clock can't get there. */
static u64 time_of(u64 count)
{
    return count > CLOCK_NEVER / NS_PER_TICK ? CLOCK_NEVER : count * NS_PER_TICK;
}

/* The condition compares the full 64 bits, unsigned (D11.2.4). */
static bool condition_met(const struct timer_channel *ch)
{
    return timer_count(ch->timer) >= ch->cval;
}

static void update(struct timer_channel *ch)
{
    bool enabled = ch->ctl & TIMER_ENABLE, met = condition_met(ch);
    u64 when = time_of(ch->cval);
    if (enabled && !(ch->ctl & TIMER_IMASK) && !met && when != CLOCK_NEVER)
        clock_set_alarm(ch->timer->clock, &ch->alarm, when);
    else
        clock_cancel_alarm(ch->timer->clock, &ch->alarm);
    irq_set(&ch->irq, enabled && met && !(ch->ctl & TIMER_IMASK));
}

static void fire(void *channel)
{
    update(channel);
}

void timer_init(struct timer *t, struct clock *clock)
{
    *t = (struct timer){.clock = clock};
    for (unsigned k = 0; k < TIMER_KINDS; k++) {
        struct timer_channel *ch = &t->channel[k];
        ch->timer = t;
        ch->alarm.fire = fire;
        ch->alarm.owner = ch;
    }
}

/* The comparators are UNKNOWN at reset; the board's clock goes on. */
void timer_reset(struct timer *t)
{
    for (unsigned k = 0; k < TIMER_KINDS; k++) {
        t->channel[k].ctl = 0;
        t->channel[k].cval = 0;
        update(&t->channel[k]);
    }
}

u64 timer_ctl(const struct timer *t, enum timer_kind k)
{
    const struct timer_channel *ch = &t->channel[k];
    bool status = (ch->ctl & TIMER_ENABLE) && condition_met(ch);
    return ch->ctl | (status ? TIMER_ISTATUS : 0);
}

u64 timer_tval(const struct timer *t, enum timer_kind k)
{
    return (u32)(t->channel[k].cval - timer_count(t));
}

void timer_set_ctl(struct timer *t, enum timer_kind k, u64 value)
{
    t->channel[k].ctl = (u32)value & (TIMER_ENABLE | TIMER_IMASK);
    update(&t->channel[k]);
}

void timer_set_cval(struct timer *t, enum timer_kind k, u64 value)
{
    t->channel[k].cval = value;
    update(&t->channel[k]);
}

void timer_set_tval(struct timer *t, enum timer_kind k, u64 value)
{
    timer_set_cval(t, k, timer_count(t) + (u64)sext(value, 32));
}

u64 timer_next_event(const struct timer *t, u64 cntkctl)
{
    enum { EVNTEN = 2, EVNTDIR = 3, EVNTI_HI = 7, EVNTI_LO = 4 };
    unsigned trigger = (unsigned)bits(cntkctl, EVNTI_HI, EVNTI_LO);
    if (!bit(cntkctl, EVNTEN))
        return CLOCK_NEVER;
    /* The bit rises in the middle of its period and falls at the end. */
    u64 period = BIT(trigger + 1), phase = bit(cntkctl, EVNTDIR) ? 0 : BIT(trigger);
    u64 now = timer_count(t), since = (now - phase) & (period - 1);
    return time_of(now - since + period);
}
