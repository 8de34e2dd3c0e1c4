/*
 * The machine's one clock, in nanoseconds since the machine was made, and the
 * alarms set on it. Where the time comes from is handed in: the host's
 * monotonic clock (less the time a debugger held the machine) or, with -icount,
 * the count of executed instructions. Everything here runs on the machine's
 * thread. Alarms are few (a handful per device), so they are a sorted list.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "core/types.h"

#define NS_PER_SEC  UINT64_C(1000000000)
#define CLOCK_NEVER UINT64_MAX

/* Owned by whoever sets it; must outlive its being set. Zeroed is unset. */
struct alarm {
    void (*fire)(void *owner);
    void *owner;
    u64 deadline; /* ns; meaningful while set */
    bool set;
    struct alarm *next;
};

struct clock {
    u64 (*source)(void *owner); /* ns, never runs backwards */
    void *owner;
    struct alarm *first;          /* soonest first */
    void (*changed)(void *owner); /* the soonest deadline moved; may be NULL */
    void *changed_owner;
};

static inline u64 clock_now(const struct clock *k)
{
    return k->source(k->owner);
}

/* Set (or move) an alarm; a deadline in the past fires at the next clock_run. */
void clock_set_alarm(struct clock *k, struct alarm *a, u64 deadline);

/* Take an alarm off the clock; one that is not set may be cancelled. */
void clock_cancel_alarm(struct clock *k, struct alarm *a);

/* The soonest deadline, or CLOCK_NEVER. */
static inline u64 clock_deadline(const struct clock *k)
{
    return k->first ? k->first->deadline : CLOCK_NEVER;
}

/* Fire every alarm whose deadline has passed, in order of deadline. */
void clock_run(struct clock *k);

#endif
