/*
 * Resources of the GPU (virtio_gpu_resource.h).
 */
#include "devices/virtio_gpu_resource.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIXEL = 4,            /* bytes, in every format */
    OVERHEAD = 32 * 1024, /* a resource's cost beside its pixels, so that there are not too many */
};

/*
 * Which byte of a pixel, by address, holds what: 5.7.6.8. One without meaning (X) is kept as
 * alpha: Linux draws its cursors into such resources.
 */
struct gpu_format {
    u32 number;
    u8 red, green, blue, alpha;
};

static const struct gpu_format formats[] = {
    {1, 2, 1, 0, 3},   /* B8G8R8A8 */
    {2, 2, 1, 0, 3},   /* B8G8R8X8 */
    {3, 1, 2, 3, 0},   /* A8R8G8B8 */
    {4, 1, 2, 3, 0},   /* X8R8G8B8 */
    {67, 0, 1, 2, 3},  /* R8G8B8A8 */
    {68, 3, 2, 1, 0},  /* X8B8G8R8 */
    {121, 3, 2, 1, 0}, /* A8B8G8R8 */
    {134, 0, 1, 2, 3}, /* R8G8B8X8 */
};

static const struct gpu_format *find_format(u32 number)
{
    for (unsigned i = 0; i < ARRAY_LEN(formats); i++)
        if (formats[i].number == number)
            return &formats[i];
    return NULL;
}

struct gpu_resource *gpu_resource_find(const struct gpu_resources *all, u32 id)
{
    struct gpu_resource *g = all->first;
    while (g && g->id != id)
        g = g->next;
    return g;
}

bool gpu_resource_covers(const struct gpu_resource *g, const struct gpu_rect *r)
{
    return r->width && r->height && r->x < g->width && r->y < g->height &&
           r->width <= g->width - r->x && r->height <= g->height - r->y;
}

static u64 row_size(const struct gpu_resource *g)
{
    return (u64)g->width * PIXEL;
}

static u64 cost(const struct gpu_resource *g)
{
    return row_size(g) * g->height + OVERHEAD;
}

u32 gpu_resource_create(struct gpu_resources *all, const struct gpu_create_2d *q)
{
    struct gpu_resource new = {
        .next = all->first,
        .id = q->resource,
        .width = q->width,
        .height = q->height,
        .format = find_format(q->format),
    };
    if (!new.id || gpu_resource_find(all, new.id))
        return GPU_ERR_INVALID_RESOURCE_ID;
    if (!new.format || !new.width || !new.height || new.width > GPU_SIDE_MAX ||
        new.height > GPU_SIDE_MAX)
        return GPU_ERR_INVALID_PARAMETER;
    if (cost(&new) > GPU_MEMORY_MAX - all->used)
        return GPU_ERR_OUT_OF_MEMORY;
    struct gpu_resource *g = malloc(sizeof(*g));
    new.pixels = calloc(new.height, row_size(&new));
    if (!g || !new.pixels) {
        free(new.pixels);
        free(g);
        return GPU_ERR_OUT_OF_MEMORY;
    }
    *g = new;
    all->first = g;
    all->used += cost(g);
    return GPU_OK_NODATA;
}

void gpu_resource_destroy(struct gpu_resources *all, struct gpu_resource *g)
{
    struct gpu_resource **at = &all->first;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    gpu_resource_detach(all, g);
    all->used -= cost(g);
    free(g->pixels);
    free(g);
}

void gpu_resource_destroy_all(struct gpu_resources *all)
{
    while (all->first)
        gpu_resource_destroy(all, all->first);
}

static u64 backing_cost(u32 entries)
{
    return entries * sizeof(struct virtq_segment);
}

/* Find the entries' memory. False when some of it is not in RAM. */
static bool map_entries(struct gpu_resource *g, struct bus *b, const struct virtq_chain *c, u64 at)
{
    for (u32 i = 0; i < g->entries; i++) {
        struct gpu_entry e;
        virtq_read(c, at + i * sizeof(e), &e, sizeof(e));
        u8 *host = bus_dma_map(b, e.address, e.len, false);
        if (!host || !e.len)
            return false;
        g->backing[i] = (struct virtq_segment){host, e.address, e.len};
        g->backing_size += e.len;
    }
    return true;
}

u32 gpu_resource_attach(struct gpu_resources *all, struct gpu_resource *g, struct bus *b,
                        const struct gpu_attach_backing *q, const struct virtq_chain *c)
{
    if (g->backing)
        return GPU_ERR_UNSPEC;
    if (!q->entries || q->entries > GPU_ENTRIES_MAX ||
        c->out_len < sizeof(*q) + q->entries * sizeof(struct gpu_entry))
        return GPU_ERR_INVALID_PARAMETER;
    if (backing_cost(q->entries) > GPU_MEMORY_MAX - all->used ||
        !(g->backing = calloc(q->entries, sizeof(*g->backing))))
        return GPU_ERR_OUT_OF_MEMORY;
    g->entries = q->entries;
    all->used += backing_cost(g->entries);
    if (map_entries(g, b, c, sizeof(*q)))
        return GPU_OK_NODATA;
    gpu_resource_detach(all, g);
    return GPU_ERR_INVALID_PARAMETER;
}

u32 gpu_resource_detach(struct gpu_resources *all, struct gpu_resource *g)
{
    if (!g->backing)
        return GPU_ERR_UNSPEC;
    all->used -= backing_cost(g->entries);
    free(g->backing);
    g->backing = NULL;
    g->entries = 0;
    g->backing_size = 0;
    return GPU_OK_NODATA;
}

/* Where a copy that only goes forward is in a backing. */
struct place {
    const struct virtq_segment *segment;
    u64 start; /* of the segment, in bytes of the backing */
};

static void copy(struct place *at, u64 from, u8 *to, u64 len)
{
    while (len) {
        while (from - at->start >= at->segment->len)
            at->start += at->segment++->len;
        u64 skip = from - at->start, room = at->segment->len - skip, some = len < room ? len : room;
        memcpy(to, at->segment->host + skip, some);
        from += some;
        to += some;
        len -= some;
    }
}

static void convert(const struct gpu_format *f, u32 *pixel, u32 count)
{
    if (f->blue == 0 && f->alpha == 3)
        return; /* it is ours: red and green can only be between */
    for (u32 i = 0; i < count; i++) {
        u8 b[PIXEL];
        memcpy(b, &pixel[i], PIXEL);
        pixel[i] =
            (u32)b[f->alpha] << 24 | (u32)b[f->red] << 16 | (u32)b[f->green] << 8 | b[f->blue];
    }
}

u32 gpu_resource_transfer(struct gpu_resource *g, const struct gpu_transfer *q)
{
    const struct gpu_rect *r = &q->r;
    if (!g->backing)
        return GPU_ERR_UNSPEC;
    if (!gpu_resource_covers(g, r))
        return GPU_ERR_INVALID_PARAMETER;
    u64 len = (u64)r->width * PIXEL, needed = row_size(g) * (r->height - 1) + len;
    if (q->offset > g->backing_size || needed > g->backing_size - q->offset)
        return GPU_ERR_INVALID_PARAMETER;
    struct place at = {g->backing, 0};
    for (u32 y = 0; y < r->height; y++) {
        u32 *to = g->pixels + (u64)(r->y + y) * g->width + r->x;
        copy(&at, q->offset + y * row_size(g), (u8 *)to, len);
        convert(g->format, to, r->width);
    }
    return GPU_OK_NODATA;
}
