/*
 * Arm PrimeCell PL031 real-time clock (DDI 0224): a counter of seconds since the
 * epoch, and an alarm when it equals the match register. It counts the machine's
 * clock from a wall-clock time that is handed in, so a run with -icount sees the
 * same dates every time; or it follows a clock of its own, which may be set.
 */
#ifndef DEVICES_PL031_H
#define DEVICES_PL031_H

#include "core/clock.h"
#include "core/irq.h"
#include "mmu/bus.h"

struct pl031 {
    struct irq_line irq;
    struct clock *clock;      /* what the alarm is set on */
    const struct clock *time; /* what is counted */
    u32 phase;     /* ns of the first second that were over at the counted clock's time 0 */
    u32 offset;    /* the counter less the seconds begun since then, modulo 2^32 */
    u32 match;     /* RTCMR */
    u64 match_at;  /* when the counted clock will be there, while the alarm is set */
    u32 load;      /* RTCLR as last written */
    bool unmasked; /* RTCIMSC */
    bool raw;      /* RTCRIS */
    struct alarm alarm;
};

extern const struct mmio_ops pl031_ops;

/*
 * Start it at EPOCH, in ns since 1970-01-01 UTC, at the machine's time 0. CLOCK must
 * outlive it.
 */
void pl031_init(struct pl031 *r, struct clock *clock, struct irq_line irq, u64 epoch);

/*
 * Count the seconds of TIME from now on, which is in ns since 1970 and may jump as
 * the host's time of day does. An alarm is late by a second at most then.
 */
void pl031_follow(struct pl031 *r, const struct clock *time);

/* Take its alarm off the clock. */
void pl031_destroy(struct pl031 *r);

#endif
