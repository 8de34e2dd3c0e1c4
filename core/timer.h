/*
 * The generic timer of one CPU (DDI 0487, chapter D11): the system counter and
 * the EL1 physical and virtual timers, on a clock that is handed in.
 */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "core/clock.h"
#include "core/irq.h"

enum { TIMER_FREQUENCY = 62500000 }; /* CNTFRQ_EL0, in Hz: 16 ns a tick */

enum timer_kind { TIMER_PHYSICAL, TIMER_VIRTUAL, TIMER_KINDS };

/* CNTP_CTL_EL0 and CNTV_CTL_EL0. */
enum { TIMER_ENABLE = 1, TIMER_IMASK = 2, TIMER_ISTATUS = 4 };

struct timer_channel {
    struct timer *timer;
    struct alarm alarm;
    struct irq_line irq; /* handed in by the board; level-sensitive */
    u64 cval;            /* CNTx_CVAL_EL0 */
    u32 ctl;             /* ENABLE and IMASK */
};

struct timer {
    struct clock *clock;
    struct timer_channel channel[TIMER_KINDS];
};

void timer_init(struct timer *t, struct clock *clock);
void timer_reset(struct timer *t);

/* CNTPCT_EL0; CNTVCT_EL0 is the same, CNTVOFF being zero without an EL2. */
u64 timer_count(const struct timer *t);

/* The registers of one channel; writes set the alarm and drive the line. */
u64 timer_ctl(const struct timer *t, enum timer_kind k);
u64 timer_tval(const struct timer *t, enum timer_kind k);
void timer_set_ctl(struct timer *t, enum timer_kind k, u64 value);
void timer_set_cval(struct timer *t, enum timer_kind k, u64 value);
void timer_set_tval(struct timer *t, enum timer_kind k, u64 value);

/* When (ns on the clock) the event stream of CNTKCTL_EL1 next triggers, or CLOCK_NEVER. */
u64 timer_next_event(const struct timer *t, u64 cntkctl);

#endif
