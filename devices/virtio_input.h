/*
 * The virtio input devices (VIRTIO 1.2, section 5.8): keyboard, mouse and tablet,
 * which say what Linux's evdev says.
 */
#ifndef DEVICES_VIRTIO_INPUT_H
#define DEVICES_VIRTIO_INPUT_H

#include "devices/input.h"
#include "devices/virtio.h"

enum virtio_input_kind { VIRTIO_KEYBOARD, VIRTIO_MOUSE, VIRTIO_TABLET };

enum { VIRTIO_INPUT_SERIAL = 128 };

/*
 * A device of KIND that has the events of INPUT, which outlives it, while a driver
 * drives it. SERIAL, of VIRTIO_INPUT_SERIAL bytes at most, may be NULL. NULL when
 * the host has no memory.
 */
struct virtio *virtio_input_create(enum virtio_input_kind kind, struct input *input,
                                   const char *serial);
void virtio_input_destroy(struct virtio *v);

#endif
