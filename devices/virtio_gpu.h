/*
 * The virtio GPU (VIRTIO 1.2, section 5.7): two dimensions, one scanout, a cursor.
 */
#ifndef DEVICES_VIRTIO_GPU_H
#define DEVICES_VIRTIO_GPU_H

#include "core/clock.h"
#include "devices/display.h"
#include "devices/edid.h"
#include "devices/virtio.h"

/* Sides of a screen that the driver is told of, in pixels. */
enum { VIRTIO_GPU_SIDE_MIN = 64, VIRTIO_GPU_SIDE_MAX = EDID_SIDE_MAX };

struct virtio_gpu_options {
    struct display *display; /* shows the scanout while there is one, then again what it did */
    struct clock *clock;
    u32 width, height; /* what the driver is told at first, VIRTIO_GPU_SIDE_MIN to _MAX */
};

/* A device; display and clock outlive it. NULL when the host has no memory. */
struct virtio *virtio_gpu_create(const struct virtio_gpu_options *options);
void virtio_gpu_destroy(struct virtio *v);

#endif
