/*
 * Resources of a virtio GPU (VIRTIO 1.2, 5.7.6.8): pictures in host memory, each
 * with a backing of guest RAM perhaps. All of them together take at most
 * GPU_MEMORY_MAX, and nothing of a backing lies outside of RAM.
 *
 * Functions return what the driver is told, enum gpu_response.
 */
#ifndef DEVICES_VIRTIO_GPU_RESOURCE_H
#define DEVICES_VIRTIO_GPU_RESOURCE_H

#include "devices/virtio_gpu_wire.h"
#include "devices/virtqueue.h"

enum { GPU_SIDE_MAX = 16384, GPU_ENTRIES_MAX = 16384 };

static const u64 GPU_MEMORY_MAX = 256 << 20; /* bytes, as QEMU's default */

struct gpu_format;

struct gpu_resource {
    struct gpu_resource *next;
    u32 id, width, height;
    const struct gpu_format *format;
    u32 *pixels; /* row by row, 0xAARRGGBB in the host's byte order */
    struct virtq_segment *backing;
    u32 entries;
    u64 backing_size; /* bytes */
};

/* Zeroed: none. */
struct gpu_resources {
    struct gpu_resource *first;
    u64 used; /* bytes, of GPU_MEMORY_MAX */
};

/* The resource with this number, or NULL. */
struct gpu_resource *gpu_resource_find(const struct gpu_resources *all, u32 id);

/* Is R, which is not empty, within the picture? */
bool gpu_resource_covers(const struct gpu_resource *g, const struct gpu_rect *r);

u32 gpu_resource_create(struct gpu_resources *all, const struct gpu_create_2d *q);
void gpu_resource_destroy(struct gpu_resources *all, struct gpu_resource *g);
void gpu_resource_destroy_all(struct gpu_resources *all);

/* Give G the stretches of RAM that C, the command's chain, names behind Q. */
u32 gpu_resource_attach(struct gpu_resources *all, struct gpu_resource *g, struct bus *b,
                        const struct gpu_attach_backing *q, const struct virtq_chain *c);
u32 gpu_resource_detach(struct gpu_resources *all, struct gpu_resource *g);

/* Copy from the backing, where the rectangle begins at Q's offset. */
u32 gpu_resource_transfer(struct gpu_resource *g, const struct gpu_transfer *q);

#endif
