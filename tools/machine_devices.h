/*
 * The devices that the command line adds to the board, and what they have on the
 * host: disks, networks, shares, ports.
 */
#ifndef TOOLS_MACHINE_DEVICES_H
#define TOOLS_MACHINE_DEVICES_H

#include "devices/chardev.h"
#include "devices/disk.h"
#include "devices/host_loop.h"
#include "devices/host_signal.h"
#include "devices/netdev.h"
#include "devices/share.h"
#include "devices/virt.h"
#include "firmware/file.h"
#include "tools/options.h"

struct machine_devices {
    struct disk *disk[OPTIONS_MAX_DEVICES]; /* by drive */
    struct chardev *chardev[OPTIONS_MAX_DEVICES];
    struct netdev *net[OPTIONS_MAX_DEVICES];
    struct share *share[OPTIONS_MAX_DEVICES];
    struct virtio *virtio[OPTIONS_MAX_DEVICES];
    void (*destroy[OPTIONS_MAX_DEVICES])(struct virtio *v); /* likewise by device */
    struct virtio *balloon;                                 /* one of them, or NULL */
};

/* Open what O names on the host. False with a line in E; destroy in any case. */
bool machine_devices_open(struct machine_devices *d, const struct options *o,
                          struct host_loop *loop, struct host_signal *signals,
                          struct load_error *e);

/* Make the devices and plug them into BOARD. */
bool machine_devices_plug(struct machine_devices *d, const struct options *o, struct virt *board,
                          struct load_error *e);

/* What is under way ends, what was written is flushed. While board and loop are still there. */
void machine_devices_destroy(struct machine_devices *d);

#endif
