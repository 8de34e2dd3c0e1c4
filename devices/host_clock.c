/*
 * The host's clocks (host_clock.h).
 */
#include "devices/host_clock.h"

#include <time.h>

#include "core/clock.h"

u64 host_monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * NS_PER_SEC + (u64)t.tv_nsec;
}

u64 host_wall_seconds(bool local)
{
    time_t now = time(NULL);
    struct tm fields;
    if (local && localtime_r(&now, &fields))
        now = timegm(&fields);
    return (u64)now;
}
