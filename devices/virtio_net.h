/*
 * The virtio network card (VIRTIO 1.2, section 5.1) on a network (netdev.h).
 */
#ifndef DEVICES_VIRTIO_NET_H
#define DEVICES_VIRTIO_NET_H

#include "devices/netdev.h"
#include "devices/virtio.h"

enum { VIRTIO_NET_MAC = 6 };

/*
 * A card with address MAC on NET, which outlives it; with NULL its cable is not
 * plugged in. NULL when the host has no memory.
 */
struct virtio *virtio_net_create(struct netdev *net, const u8 mac[VIRTIO_NET_MAC]);
void virtio_net_destroy(struct virtio *v);

/* Plug in the cable, or pull it. */
void virtio_net_set_link(struct virtio *v, bool up);
bool virtio_net_link(const struct virtio *v);

#endif
