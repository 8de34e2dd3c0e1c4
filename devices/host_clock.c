/*
 * The host's clocks (host_clock.h).
 */
#include "devices/host_clock.h"

#include <time.h>

#include "core/clock.h"

static u64 to_ns(const struct timespec *t)
{
    return (u64)t->tv_sec * NS_PER_SEC + (u64)t->tv_nsec;
}

u64 host_monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return to_ns(&t);
}

u64 host_wall_ns(bool local)
{
    struct timespec now;
    struct tm fields;
    clock_gettime(CLOCK_REALTIME, &now);
    if (local && localtime_r(&now.tv_sec, &fields))
        now.tv_sec = timegm(&fields);
    return to_ns(&now);
}
