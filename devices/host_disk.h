/*
 * A disk (disk.h) that is an image of the host (host_image.h), with a thread that
 * does the work. What is done is heard of through the loop.
 */
#ifndef DEVICES_HOST_DISK_H
#define DEVICES_HOST_DISK_H

#include "devices/host_image.h"
#include "devices/host_loop.h"

struct host_disk_options {
    struct host_image_options image;
    bool writethrough; /* struct disk's */
};

/* NULL with one line in ERROR. The loop outlives the disk. */
struct disk *host_disk_open(struct host_loop *loop, const struct host_disk_options *o,
                            char error[HOST_IMAGE_ERROR]);

#endif
