/*
 * A driver for the virtio GPU on virtio_rig.h, command by command. Numbers and
 * structures are those of Linux's virtio_gpu.h, from the host's own copy of it.
 */
#ifndef TESTS_UNIT_VIRTIO_GPU_RIG_H
#define TESTS_UNIT_VIRTIO_GPU_RIG_H

#include <linux/virtio_gpu.h>

#include "devices/virtio_gpu.h"
#include "tests/unit/virtio_rig.h"

enum { SIZE = 16, CONTROLQ = 0, CURSORQ = 1, UNTOUCHED = 0xee };

#define F_EDID  BIT(1)
#define REQUEST RIG_DATA
#define REPLY   (RIG_DATA + 0x2000)
#define PICTURE (RIG_DATA + 0x10000) /* backing */

static struct display display;
static struct clock clock_of_rig;
static struct virtio *v;
static struct rig *r;
static u32 beneath[8 * 4];
static const struct display_surface frame_buffer = {(u8 *)beneath, 8, 4, 32, NULL, NULL, false};

static inline u64 no_time(void *owner)
{
    return 0;
}

static inline void gpu_set_up(void)
{
    clock_of_rig = (struct clock){.source = no_time};
    display = (struct display){0};
    cr_assert(display_show(&display, &frame_buffer));
    v = virtio_gpu_create(&(struct virtio_gpu_options){&display, &clock_of_rig, 1280, 800});
    r = rig_create(v, false);
    rig_start(r, F_EDID, 2, SIZE);
}

static inline void gpu_tear_down(void)
{
    virtio_gpu_destroy(v);
    rig_destroy(r);
    display_destroy(&display);
}

/* --- commands -------------------------------------------------------------------- */

static unsigned used_len;

/* Give Q, SIZE bytes of it, in two pieces; return the type of the answer. */
static inline u32 command(unsigned queue, const void *q, u32 size)
{
    memcpy(rig_at(r, REQUEST), q, size);
    memset(rig_at(r, REPLY), UNTOUCHED, 0x1000);
    rig_desc(r, queue, 0, REQUEST, 8, D_NEXT, 1);
    rig_desc(r, queue, 1, REQUEST + 8, size - 8, D_NEXT, 2);
    rig_desc(r, queue, 2, REPLY, 0x1000, D_WRITE, 0);
    rig_offer(r, queue, 0);
    rig_notify(r, queue);
    cr_assert_eq(rig_used(r, queue, &used_len), 0);
    cr_assert_eq(rig_load(r, REPLY + used_len, 1), UNTOUCHED);
    return (u32)rig_load(r, REPLY, 4);
}

#define HEADER(number) .hdr = {.type = (number)}
#define COMMAND(q)     command(CONTROLQ, &(q), sizeof(q))

static inline u32 create(u32 id, u32 format, u32 width, u32 height)
{
    struct virtio_gpu_resource_create_2d q = {HEADER(VIRTIO_GPU_CMD_RESOURCE_CREATE_2D), id, format,
                                              width, height};
    return COMMAND(q);
}

static inline u32 only(u32 type, u32 id)
{
    struct virtio_gpu_resource_unref q = {HEADER(type), id, 0};
    return COMMAND(q);
}

static inline u32 unref(u32 id)
{
    return only(VIRTIO_GPU_CMD_RESOURCE_UNREF, id);
}

static inline u32 detach(u32 id)
{
    return only(VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, id);
}

struct backing {
    struct virtio_gpu_resource_attach_backing q;
    struct virtio_gpu_mem_entry entry[4];
};

/* SAID entries, of which COUNT are there. */
static inline u32 attach_entries(u32 id, u32 said, const struct virtio_gpu_mem_entry *entry,
                                 u32 count)
{
    struct backing b = {.q = {HEADER(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING), id, said}};
    memcpy(b.entry, entry, count * sizeof(*entry));
    return command(CONTROLQ, &b, (u32)(sizeof(b.q) + count * sizeof(*entry)));
}

static inline u32 attach(u32 id, u64 address, u32 len)
{
    const struct virtio_gpu_mem_entry e = {address, len, 0};
    return attach_entries(id, 1, &e, 1);
}

static inline u32 transfer(u32 id, u32 x, u32 y, u32 width, u32 height, u64 offset)
{
    struct virtio_gpu_transfer_to_host_2d q = {
        HEADER(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D), {x, y, width, height}, offset, id, 0};
    return COMMAND(q);
}

static inline u32 scanout(u32 number, u32 id, u32 x, u32 y, u32 width, u32 height)
{
    struct virtio_gpu_set_scanout q = {
        HEADER(VIRTIO_GPU_CMD_SET_SCANOUT), {x, y, width, height}, number, id};
    return COMMAND(q);
}

static inline u32 flush(u32 id, u32 x, u32 y, u32 width, u32 height)
{
    struct virtio_gpu_resource_flush q = {
        HEADER(VIRTIO_GPU_CMD_RESOURCE_FLUSH), {x, y, width, height}, id, 0};
    return COMMAND(q);
}

static inline u32 cursor(u32 type, u32 id, u32 x, u32 y, u32 hot_x, u32 hot_y)
{
    struct virtio_gpu_update_cursor q = {HEADER(type), {0, x, y, 0}, id, hot_x, hot_y, 0};
    return command(CURSORQ, &q, sizeof(q));
}

#define OK(call) cr_assert_eq((call), VIRTIO_GPU_RESP_OK_NODATA)

/* A resource with a backing at PICTURE whose pixel N is N. */
static inline void make_picture(u32 id, u32 width, u32 height)
{
    OK(create(id, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, width, height));
    OK(attach(id, PICTURE, width * height * 4));
    for (u32 i = 0; i < width * height; i++)
        rig_store(r, PICTURE + 4 * i, 4, i);
}

static inline u32 pixel(u32 x, u32 y)
{
    u32 p;
    cr_assert(x < display.width && y < display.height);
    display_read(&display, x, y, 1, &p);
    return p;
}

/* The smallest rectangle around what has changed. */
struct looker {
    struct display_rect rect;
    unsigned count;
};

static inline bool take(void *owner, struct display_rect rect)
{
    struct looker *l = owner;
    struct display_rect all = l->rect;
    if (l->count++) {
        u32 right =
            all.x + all.width > rect.x + rect.width ? all.x + all.width : rect.x + rect.width;
        u32 bottom =
            all.y + all.height > rect.y + rect.height ? all.y + all.height : rect.y + rect.height;
        rect.x = all.x < rect.x ? all.x : rect.x;
        rect.y = all.y < rect.y ? all.y : rect.y;
        rect.width = right - rect.x;
        rect.height = bottom - rect.y;
    }
    l->rect = rect;
    return true;
}

static inline struct looker changes(void)
{
    struct looker l = {0};
    display_take(&display, take, &l);
    return l;
}

#endif
