/*
 * The host's random numbers.
 */
#ifndef DEVICES_HOST_RANDOM_H
#define DEVICES_HOST_RANDOM_H

#include <stddef.h>

/* Fill LEN bytes at TO. The host's generator has been seeded long ago: it never waits. */
void host_random(void *to, size_t len);

#endif
