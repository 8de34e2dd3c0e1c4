/*
 * virtio-gpu (virtio_gpu.h; VIRTIO 1.2, 5.7). A command is done when its chain
 * comes off the queue, so a fence is passed when its command is answered. A driver
 * that asks for much copying gets it in portions, between which the machine does
 * other things.
 */
#include "devices/virtio_gpu.h"

#include <stdlib.h>
#include <string.h>

#include "devices/virtio_gpu_resource.h"

enum { CONTROLQ, CURSORQ, QUEUES, QUEUE_SIZE = 256 };

enum { F_EDID = 1, EVENT_DISPLAY = 1 };

static const u64 PORTION = 32 << 20; /* bytes */

/* 5.7.4 */
struct config {
    u32 events_read, events_clear, num_scanouts, num_capsets;
};

struct virtio_gpu {
    struct virtio virtio;
    struct config config;
    struct display *display;
    struct clock *clock;
    struct alarm more; /* what is left after a portion */
    u64 copied;        /* bytes of this portion */
    u32 width, height; /* as GET_DISPLAY_INFO says */
    struct gpu_resources resources;
    const struct gpu_resource *shown; /* on the scanout, or NULL */
    struct gpu_rect scanout;          /* the part of it */
    bool covering;                    /* the display shows us */
    struct display_surface beneath;   /* what it did before */
    s64 hot_x, hot_y;
    struct virtq_chain chain;
    union gpu_reply reply;
    u64 reply_size;
    u32 black[GPU_SIDE_MAX]; /* a row of a scanout without a resource */
};

/* --- the scanout --------------------------------------------------------------- */

static bool cover(struct virtio_gpu *g, const u32 *pixels, u32 width, u32 height, u32 stride)
{
    const struct display_surface s = {
        .pixels = (const u8 *)pixels, .width = width, .height = height, .stride = stride};
    if (!g->covering)
        g->beneath = g->display->surface;
    g->covering = true;
    return display_show(g->display, &s);
}

/* Give the display back to what it showed before there was a scanout. */
static void uncover(struct virtio_gpu *g)
{
    g->shown = NULL;
    if (g->covering)
        display_show(g->display, &g->beneath);
    g->covering = false;
    display_set_cursor(g->display, NULL);
}

/* A monitor without a signal. */
static void blank(struct virtio_gpu *g)
{
    if (g->shown)
        cover(g, g->black, g->scanout.width, g->scanout.height, 0);
    g->shown = NULL;
}

static u32 set_scanout(struct virtio_gpu *g, const union gpu_request *request)
{
    const struct gpu_set_scanout *q = &request->set_scanout;
    if (q->scanout >= g->config.num_scanouts)
        return GPU_ERR_INVALID_SCANOUT_ID;
    if (!q->resource) {
        blank(g);
        return GPU_OK_NODATA;
    }
    const struct gpu_resource *r = gpu_resource_find(&g->resources, q->resource);
    if (!r)
        return GPU_ERR_INVALID_RESOURCE_ID;
    if (!gpu_resource_covers(r, &q->r))
        return GPU_ERR_INVALID_PARAMETER;
    g->shown = r;
    g->scanout = q->r;
    return cover(g, r->pixels + (u64)q->r.y * r->width + q->r.x, q->r.width, q->r.height,
                 r->width * (u32)sizeof(*r->pixels))
               ? GPU_OK_NODATA
               : GPU_ERR_OUT_OF_MEMORY;
}

/* The part of a stretch from AT, LEN long, from FIRST on; *AT counted from there. */
static u32 part(u32 *at, u32 len, u32 first)
{
    u32 cut = *at < first ? first - *at : 0;
    *at = *at > first ? *at - first : 0;
    return len > cut ? len - cut : 0;
}

static u32 flush(struct virtio_gpu *g, const union gpu_request *request)
{
    const struct gpu_flush *q = &request->flush;
    const struct gpu_resource *r = gpu_resource_find(&g->resources, q->resource);
    if (!r)
        return GPU_ERR_INVALID_RESOURCE_ID;
    if (!gpu_resource_covers(r, &q->r))
        return GPU_ERR_INVALID_PARAMETER;
    if (r == g->shown) {
        struct display_rect d = {q->r.x, q->r.y, 0, 0};
        d.width = part(&d.x, q->r.width, g->scanout.x);
        d.height = part(&d.y, q->r.height, g->scanout.y);
        display_touch(g->display, d);
    }
    return GPU_OK_NODATA;
}

static u32 get_display_info(struct virtio_gpu *g, const union gpu_request *request)
{
    struct gpu_display_info *to = &g->reply.display_info;
    to->mode[0].r = (struct gpu_rect){.width = g->width, .height = g->height};
    to->mode[0].enabled = 1;
    g->reply_size = sizeof(*to);
    return GPU_OK_DISPLAY_INFO;
}

static u32 get_edid(struct virtio_gpu *g, const union gpu_request *request)
{
    struct gpu_edid *to = &g->reply.edid;
    if (!virtio_has(&g->virtio, F_EDID))
        return GPU_ERR_UNSPEC;
    if (request->get_edid.scanout >= g->config.num_scanouts)
        return GPU_ERR_INVALID_SCANOUT_ID;
    edid_make(to->edid, g->width, g->height);
    to->size = EDID_SIZE;
    g->reply_size = sizeof(*to);
    return GPU_OK_EDID;
}

static u32 limit(u32 side)
{
    side = side > VIRTIO_GPU_SIDE_MIN ? side : VIRTIO_GPU_SIDE_MIN;
    return side < VIRTIO_GPU_SIDE_MAX ? side : VIRTIO_GPU_SIDE_MAX;
}

/* The user has another monitor, so to speak. */
static void wanted(void *owner, u32 width, u32 height)
{
    struct virtio_gpu *g = owner;
    width = limit(width);
    height = limit(height);
    if (width == g->width && height == g->height)
        return;
    g->width = width;
    g->height = height;
    g->config.events_read |= EVENT_DISPLAY;
    virtio_config_changed(&g->virtio);
}

/* --- resources ----------------------------------------------------------------- */

static u32 create_2d(struct virtio_gpu *g, const union gpu_request *request)
{
    return gpu_resource_create(&g->resources, &request->create_2d);
}

static u32 unref(struct virtio_gpu *g, const union gpu_request *request)
{
    struct gpu_resource *r = gpu_resource_find(&g->resources, request->only.resource);
    if (!r)
        return GPU_ERR_INVALID_RESOURCE_ID;
    if (r == g->shown)
        blank(g);
    gpu_resource_destroy(&g->resources, r);
    return GPU_OK_NODATA;
}

static u32 transfer(struct virtio_gpu *g, const union gpu_request *request)
{
    const struct gpu_transfer *q = &request->transfer;
    struct gpu_resource *r = gpu_resource_find(&g->resources, q->resource);
    u32 response = r ? gpu_resource_transfer(r, q) : GPU_ERR_INVALID_RESOURCE_ID;
    if (response == GPU_OK_NODATA)
        g->copied += (u64)q->r.width * q->r.height * sizeof(*r->pixels);
    return response;
}

static u32 attach_backing(struct virtio_gpu *g, const union gpu_request *request)
{
    const struct gpu_attach_backing *q = &request->attach;
    struct gpu_resource *r = gpu_resource_find(&g->resources, q->resource);
    return r ? gpu_resource_attach(&g->resources, r, g->virtio.bus, q, &g->chain)
             : GPU_ERR_INVALID_RESOURCE_ID;
}

static u32 detach_backing(struct virtio_gpu *g, const union gpu_request *request)
{
    struct gpu_resource *r = gpu_resource_find(&g->resources, request->only.resource);
    return r ? gpu_resource_detach(&g->resources, r) : GPU_ERR_INVALID_RESOURCE_ID;
}

/* --- the cursor ---------------------------------------------------------------- */

/* The driver says where the hot spot is, a signed number. */
static u32 move_cursor(struct virtio_gpu *g, const union gpu_request *request)
{
    const struct gpu_cursor *q = &request->cursor;
    if (q->scanout >= g->config.num_scanouts)
        return GPU_ERR_INVALID_SCANOUT_ID;
    s64 x = (s32)q->x - g->hot_x, y = (s32)q->y - g->hot_y;
    display_move_cursor(g->display, (s32)(x > INT32_MIN ? x : INT32_MIN),
                        (s32)(y > INT32_MIN ? y : INT32_MIN));
    return GPU_OK_NODATA;
}

static u32 update_cursor(struct virtio_gpu *g, const union gpu_request *request)
{
    const struct gpu_cursor *q = &request->cursor;
    const struct gpu_resource *r = gpu_resource_find(&g->resources, q->resource);
    if (q->scanout >= g->config.num_scanouts)
        return GPU_ERR_INVALID_SCANOUT_ID;
    if (q->resource && !r)
        return GPU_ERR_INVALID_RESOURCE_ID;
    if (r && (r->width != DISPLAY_CURSOR_SIDE || r->height != DISPLAY_CURSOR_SIDE))
        return GPU_ERR_INVALID_PARAMETER;
    if (q->hot_x >= DISPLAY_CURSOR_SIDE || q->hot_y >= DISPLAY_CURSOR_SIDE)
        return GPU_ERR_INVALID_PARAMETER;
    g->hot_x = q->hot_x;
    g->hot_y = q->hot_y;
    display_set_cursor(g->display, r ? r->pixels : NULL);
    return move_cursor(g, request);
}

/* --- the queues ---------------------------------------------------------------- */

static const struct command {
    u32 type;
    u8 queue, size;
    u32 (*run)(struct virtio_gpu *g, const union gpu_request *request);
} commands[] = {
    {GPU_GET_DISPLAY_INFO, CONTROLQ, sizeof(struct gpu_header), get_display_info},
    {GPU_RESOURCE_CREATE_2D, CONTROLQ, sizeof(struct gpu_create_2d), create_2d},
    {GPU_RESOURCE_UNREF, CONTROLQ, sizeof(struct gpu_resource_only), unref},
    {GPU_SET_SCANOUT, CONTROLQ, sizeof(struct gpu_set_scanout), set_scanout},
    {GPU_RESOURCE_FLUSH, CONTROLQ, sizeof(struct gpu_flush), flush},
    {GPU_TRANSFER_TO_HOST_2D, CONTROLQ, sizeof(struct gpu_transfer), transfer},
    {GPU_RESOURCE_ATTACH_BACKING, CONTROLQ, sizeof(struct gpu_attach_backing), attach_backing},
    {GPU_RESOURCE_DETACH_BACKING, CONTROLQ, sizeof(struct gpu_resource_only), detach_backing},
    {GPU_GET_EDID, CONTROLQ, sizeof(struct gpu_get_edid), get_edid},
    {GPU_UPDATE_CURSOR, CURSORQ, sizeof(struct gpu_cursor), update_cursor},
    {GPU_MOVE_CURSOR, CURSORQ, sizeof(struct gpu_cursor), move_cursor},
};

static u32 run(struct virtio_gpu *g, unsigned queue, const union gpu_request *q, u64 size)
{
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        const struct command *c = &commands[i];
        if (c->type != q->header.type || c->queue != queue)
            continue;
        return size < c->size ? GPU_ERR_INVALID_PARAMETER : c->run(g, q);
    }
    return GPU_ERR_UNSPEC;
}

/* Do what the chain at hand asks for, and answer; as much of the answer as there is room for. */
static void answer(struct virtio_gpu *g, unsigned queue)
{
    union gpu_request q = {0};
    struct gpu_header *h = &g->reply.header;
    u64 size = virtq_read(&g->chain, 0, &q, sizeof(q));
    memset(&g->reply, 0, sizeof(g->reply));
    g->reply_size = sizeof(*h);
    u32 response = size < sizeof(*h) ? GPU_ERR_UNSPEC : run(g, queue, &q, size);
    if (response >= GPU_ERR_UNSPEC)
        log_line(g->virtio.log, LOG_GUEST_ERRORS, "virtio-gpu: command %#x: error %#x",
                 q.header.type, response);
    h->type = response;
    if (q.header.flags & GPU_FLAG_FENCE) {
        h->flags = GPU_FLAG_FENCE;
        h->fence_id = q.header.fence_id;
        h->ctx_id = q.header.ctx_id;
    }
    u64 written = virtq_write(g->virtio.bus, &g->chain, 0, &g->reply, g->reply_size);
    virtqueue_push(&g->virtio.queue[queue], g->chain.head, written);
}

static void notify(void *dev, unsigned queue)
{
    struct virtio_gpu *g = dev;
    g->copied = 0;
    while (g->copied < PORTION && virtqueue_pop(&g->virtio.queue[queue], &g->chain))
        answer(g, queue);
    virtio_notify(&g->virtio, queue);
    if (g->copied >= PORTION)
        clock_set_alarm(g->clock, &g->more, clock_now(g->clock));
}

static void go_on(void *owner)
{
    notify(owner, CONTROLQ);
}

static void configured(void *dev)
{
    struct virtio_gpu *g = dev;
    g->config.events_read &= ~g->config.events_clear;
    g->config.events_clear = 0; /* it is write-only */
}

static void reset(void *dev)
{
    struct virtio_gpu *g = dev;
    clock_cancel_alarm(g->clock, &g->more);
    uncover(g);
    gpu_resource_destroy_all(&g->resources);
    g->hot_x = g->hot_y = 0;
    g->config.events_read = 0;
}

static const struct virtio_ops ops = {
    .name = "virtio-gpu",
    .id = VIRTIO_ID_GPU,
    .modern = true,
    .queues = QUEUES,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
    .configured = configured,
    .reset = reset,
};

struct virtio *virtio_gpu_create(const struct virtio_gpu_options *options)
{
    static const struct display_sizer sizer = {.wanted = wanted};
    struct virtio_gpu *g = calloc(1, sizeof(*g));
    if (!g || !virtio_init(&g->virtio, &ops, g, (u8 *)&g->config, sizeof(g->config))) {
        free(g);
        return NULL;
    }
    g->display = options->display;
    g->clock = options->clock;
    g->more = (struct alarm){.fire = go_on, .owner = g};
    g->width = options->width;
    g->height = options->height;
    g->config.num_scanouts = 1;
    g->virtio.offered = BIT(F_EDID);
    g->virtio.writable_first = offsetof(struct config, events_clear);
    g->virtio.writable_end = offsetof(struct config, num_scanouts);
    display_offer_sizes(g->display, &sizer, g);
    return &g->virtio;
}

void virtio_gpu_destroy(struct virtio *v)
{
    struct virtio_gpu *g = container_of(v, struct virtio_gpu, virtio);
    reset(g);
    display_offer_sizes(g->display, NULL, NULL);
    virtio_destroy(v);
    free(g);
}
