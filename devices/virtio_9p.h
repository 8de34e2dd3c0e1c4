/*
 * The 9P transport device (VIRTIO 1.2 reserves its number; Linux: net/9p/trans_virtio.c):
 * a share (share.h), served by 9P2000.L (p9.h).
 */
#ifndef DEVICES_VIRTIO_9P_H
#define DEVICES_VIRTIO_9P_H

#include "devices/share.h"
#include "devices/virtio.h"

enum { VIRTIO_9P_TAG = 31 };

/*
 * A device on SHARE, which outlives it, known to the guest as TAG, of VIRTIO_9P_TAG
 * bytes at most. SYNCHRONOUS: a request is done before the CPU goes on, so that
 * runs repeat. NULL when the host has no memory.
 */
struct virtio *virtio_9p_create(struct share *share, const char *tag, bool synchronous);

/* Waits for the requests that are under way. */
void virtio_9p_destroy(struct virtio *v);

#endif
