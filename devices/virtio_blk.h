/*
 * The virtio block device (VIRTIO 1.2, section 5.2) on a disk (disk.h).
 */
#ifndef DEVICES_VIRTIO_BLK_H
#define DEVICES_VIRTIO_BLK_H

#include "devices/disk.h"
#include "devices/virtio.h"

enum { VIRTIO_BLK_SERIAL = 20 };

struct virtio_blk_options {
    const char *serial; /* what GET_ID says, VIRTIO_BLK_SERIAL bytes at most; NULL for none */
    u32 logical_block;  /* bytes; 0 is a sector */
    u32 physical_block; /* bytes; 0: as the disk says */
    bool synchronous;   /* a request is done before the CPU goes on, so that runs repeat */
};

/*
 * A device on DISK, which outlives it; NULL when the host has no memory. To be
 * plugged in before the machine runs.
 */
struct virtio *virtio_blk_create(struct disk *disk, const struct virtio_blk_options *options);

/* Waits for the requests that are under way. */
void virtio_blk_destroy(struct virtio *v);

#endif
