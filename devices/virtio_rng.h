/*
 * The virtio entropy device (VIRTIO 1.2, section 5.4).
 */
#ifndef DEVICES_VIRTIO_RNG_H
#define DEVICES_VIRTIO_RNG_H

#include "devices/virtio.h"

/*
 * A device that gives the host's random numbers or, with REPEATS, those that
 * follow from SEED, the same in every run. NULL when the host has no memory.
 */
struct virtio *virtio_rng_create(bool repeats, u64 seed);
void virtio_rng_destroy(struct virtio *v);

#endif
