/*
 * The host's clocks.
 */
#ifndef DEVICES_HOST_CLOCK_H
#define DEVICES_HOST_CLOCK_H

#include "core/types.h"

/* Monotonic time in ns, from an arbitrary start. */
u64 host_monotonic_ns(void);

/* In ns since 1970-01-01 UTC; with LOCAL, of the host's wall clock as if it were UTC. */
u64 host_wall_ns(bool local);

#endif
