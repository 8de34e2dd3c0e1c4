/*
 * The virtio console (VIRTIO 1.2, section 5.3) on a character device, with one
 * port.
 */
#ifndef DEVICES_VIRTIO_CONSOLE_H
#define DEVICES_VIRTIO_CONSOLE_H

#include "devices/chardev.h"
#include "devices/virtio.h"

/*
 * A console on BACKEND, which outlives it; with NULL nobody is at the other end.
 * NULL when the host has no memory.
 */
struct virtio *virtio_console_create(struct chardev *backend);
void virtio_console_destroy(struct virtio *v);

#endif
