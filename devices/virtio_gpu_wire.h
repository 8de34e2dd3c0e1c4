/*
 * What driver and virtio GPU say to each other (VIRTIO 1.2, 5.7.6); little-endian,
 * as we are.
 */
#ifndef DEVICES_VIRTIO_GPU_WIRE_H
#define DEVICES_VIRTIO_GPU_WIRE_H

#include "core/types.h"

enum gpu_command {
    GPU_GET_DISPLAY_INFO = 0x0100,
    GPU_RESOURCE_CREATE_2D = 0x0101,
    GPU_RESOURCE_UNREF = 0x0102,
    GPU_SET_SCANOUT = 0x0103,
    GPU_RESOURCE_FLUSH = 0x0104,
    GPU_TRANSFER_TO_HOST_2D = 0x0105,
    GPU_RESOURCE_ATTACH_BACKING = 0x0106,
    GPU_RESOURCE_DETACH_BACKING = 0x0107,
    GPU_GET_EDID = 0x010a,
    GPU_UPDATE_CURSOR = 0x0300,
    GPU_MOVE_CURSOR = 0x0301,
};

enum gpu_response {
    GPU_OK_NODATA = 0x1100,
    GPU_OK_DISPLAY_INFO = 0x1101,
    GPU_OK_EDID = 0x1104,
    GPU_ERR_UNSPEC = 0x1200,
    GPU_ERR_OUT_OF_MEMORY = 0x1201,
    GPU_ERR_INVALID_SCANOUT_ID = 0x1202,
    GPU_ERR_INVALID_RESOURCE_ID = 0x1203,
    GPU_ERR_INVALID_PARAMETER = 0x1205,
};

enum { GPU_FLAG_FENCE = 1, GPU_MAX_SCANOUTS = 16 };

struct gpu_header {
    u32 type, flags;
    u64 fence_id;
    u32 ctx_id;
    u8 ring_idx, padding[3];
};
_Static_assert(sizeof(struct gpu_header) == 24, "as in guest memory");

struct gpu_rect {
    u32 x, y, width, height;
};

struct gpu_create_2d {
    struct gpu_header header;
    u32 resource, format, width, height;
};

/* UNREF, DETACH_BACKING. */
struct gpu_resource_only {
    struct gpu_header header;
    u32 resource, padding;
};

struct gpu_set_scanout {
    struct gpu_header header;
    struct gpu_rect r;
    u32 scanout, resource;
};

struct gpu_flush {
    struct gpu_header header;
    struct gpu_rect r;
    u32 resource, padding;
};

struct gpu_transfer {
    struct gpu_header header;
    struct gpu_rect r;
    u64 offset;
    u32 resource, padding;
};
_Static_assert(sizeof(struct gpu_transfer) == 56, "as in guest memory");

/* What follows are so many struct gpu_entry. */
struct gpu_attach_backing {
    struct gpu_header header;
    u32 resource, entries;
};

struct gpu_entry {
    u64 address;
    u32 len, padding;
};

struct gpu_get_edid {
    struct gpu_header header;
    u32 scanout, padding;
};

struct gpu_cursor {
    struct gpu_header header;
    u32 scanout, x, y, padding; /* the position */
    u32 resource, hot_x, hot_y, padding2;
};
_Static_assert(sizeof(struct gpu_cursor) == 56, "as in guest memory");

union gpu_request {
    struct gpu_header header;
    struct gpu_create_2d create_2d;
    struct gpu_resource_only only;
    struct gpu_set_scanout set_scanout;
    struct gpu_flush flush;
    struct gpu_transfer transfer;
    struct gpu_attach_backing attach;
    struct gpu_get_edid get_edid;
    struct gpu_cursor cursor;
};

struct gpu_display_info {
    struct gpu_header header;
    struct {
        struct gpu_rect r;
        u32 enabled, flags;
    } mode[GPU_MAX_SCANOUTS];
};
_Static_assert(sizeof(struct gpu_display_info) == 408, "as in guest memory");

struct gpu_edid {
    struct gpu_header header;
    u32 size, padding;
    u8 edid[1024];
};

union gpu_reply {
    struct gpu_header header;
    struct gpu_display_info display_info;
    struct gpu_edid edid;
};

#endif
