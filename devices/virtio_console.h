/*
 * The virtio console (VIRTIO 1.2, section 5.3): ports on character devices, told
 * to the driver by messages of a control queue. A driver that does not know of
 * these has port 0.
 */
#ifndef DEVICES_VIRTIO_CONSOLE_H
#define DEVICES_VIRTIO_CONSOLE_H

#include "devices/chardev.h"
#include "devices/virtio.h"

enum { VIRTIO_CONSOLE_PORTS = 31 }; /* as many as VIRTIO_MAX_QUEUES leaves room for */

struct virtio_console_port {
    bool present;            /* or a gap among the numbers */
    bool console;            /* /dev/hvcN in Linux; else /dev/vportNpM */
    const char *name;        /* told to the driver; may be NULL; outlives the device */
    struct chardev *backend; /* outlives the device; NULL: nobody is at the other end */
};

/*
 * A device with COUNT ports, 1 to VIRTIO_CONSOLE_PORTS, whose numbers are their
 * places in PORT, which is copied. NULL when the host has no memory.
 */
struct virtio *virtio_console_create(const struct virtio_console_port *port, unsigned count);
void virtio_console_destroy(struct virtio *v);

#endif
