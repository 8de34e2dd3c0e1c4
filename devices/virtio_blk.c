/*
 * virtio-blk (virtio_blk.h; VIRTIO 1.2, 5.2). A request's data goes between disk
 * and guest RAM without a copy, by the disk's thread; what belongs to the queue
 * happens on the machine's thread alone: before the disk gets the request, and
 * after it is done.
 */
#include "devices/virtio_blk.h"

#include <stdlib.h>
#include <string.h>

enum {
    QUEUE_SIZE = 256,
    SEG_MAX = QUEUE_SIZE - 2,
    /* 5.2.3 */
    F_SEG_MAX = 2,
    F_GEOMETRY = 4,
    F_RO = 5,
    F_BLK_SIZE = 6,
    F_FLUSH = 9,
    F_TOPOLOGY = 10,
    F_CONFIG_WCE = 11,
    F_DISCARD = 13,
    F_WRITE_ZEROES = 14,
    /* 5.2.6 */
    T_IN = 0,
    T_OUT = 1,
    T_FLUSH = 4,
    T_GET_ID = 8,
    T_DISCARD = 11,
    T_WRITE_ZEROES = 13,
    S_OK = 0,
    S_IOERR = 1,
    S_UNSUPP = 2,
    /* Ours: no driver asks for more at once, and none may keep the disk for ever. */
    REQUEST_MAX = 256 << 20,
    ERASE_MAX = 1 << 22, /* sectors, of one discard or write of zeroes */
    ZERO_UNMAP = 1,
};

/* 5.2.4; little-endian, as we are. */
struct __attribute__((packed)) config {
    u64 capacity;
    u32 size_max, seg_max;
    u16 cylinders;
    u8 heads, sectors;
    u32 blk_size;
    u8 physical_block_exp, alignment_offset;
    u16 min_io_size;
    u32 opt_io_size;
    u8 writeback, unused0;
    u16 num_queues;
    u32 max_discard_sectors, max_discard_seg, discard_sector_alignment;
    u32 max_write_zeroes_sectors, max_write_zeroes_seg;
    u8 write_zeroes_may_unmap, unused1[3];
};

struct header {
    u32 type, reserved;
    u64 sector;
};
_Static_assert(sizeof(struct header) == 16, "as in guest memory");

struct erase {
    u64 sector;
    u32 sectors, flags;
};
_Static_assert(sizeof(struct erase) == 16, "as in guest memory");

struct virtio_blk {
    struct virtio virtio;
    struct config config;
    struct disk *disk;
    u32 logical_block;
    char serial[VIRTIO_BLK_SERIAL];
    bool synchronous;
    unsigned under_way;
    struct virtq_chain chain; /* the one being read */
    struct virtq_segment slice[VIRTQ_MAX_SIZE];
};

/* A request that the disk has. */
struct request {
    struct disk_request disk;
    struct virtio_blk *blk;
    u16 head;
    struct virtq_segment status; /* the byte that says how it ended */
    u64 used;                    /* bytes, the status included */
    unsigned segments;
    struct disk_span span[]; /* and behind them the segments, for reads */
};

static struct virtq_segment *segments_of(struct request *r)
{
    return (struct virtq_segment *)(r->span + r->segments);
}

static void finish(struct virtio_blk *b, u16 head, const struct virtq_segment *status, u8 value,
                   u64 used)
{
    *status->host = value;
    bus_dma_written(b->virtio.bus, status->pa, 1);
    virtqueue_push(&b->virtio.queue[0], head, used);
    virtio_notify(&b->virtio, 0);
}

static void done(struct disk_request *disk)
{
    struct request *r = disk->owner;
    struct virtio_blk *b = r->blk;
    if (disk->action == DISK_READ)
        for (unsigned i = 0; i < r->segments; i++)
            bus_dma_written(b->virtio.bus, segments_of(r)[i].pa, segments_of(r)[i].len);
    b->under_way--;
    finish(b, r->head, &r->status, disk->error ? S_IOERR : S_OK, r->used);
    free(r);
}

static bool in_range(const struct virtio_blk *b, u64 sector, u64 len)
{
    u64 capacity = b->disk->size / DISK_SECTOR;
    return sector <= capacity && len % b->logical_block == 0 &&
           sector % (b->logical_block / DISK_SECTOR) == 0 && len / DISK_SECTOR <= capacity - sector;
}

/* Every write is to be stable when it is done: 5.2.6.2. */
static bool writes_through(const struct virtio_blk *b)
{
    return !virtio_has(&b->virtio, F_FLUSH) ||
           (virtio_has(&b->virtio, F_CONFIG_WCE) && !b->config.writeback);
}

static void submit(struct virtio_blk *b, struct disk_request work, const struct virtq_segment *s,
                   unsigned segments, const struct virtq_segment *status, u64 used)
{
    struct request *r = malloc(sizeof(*r) + segments * (sizeof(*r->span) + sizeof(*s)));
    if (!r) {
        finish(b, b->chain.head, status, S_IOERR, used);
        return;
    }
    *r = (struct request){work, b, b->chain.head, *status, used, segments};
    for (unsigned i = 0; i < segments; i++)
        r->span[i] = (struct disk_span){s[i].host, s[i].len};
    if (segments)
        memcpy(segments_of(r), s, segments * sizeof(*s));
    r->disk.span = r->span;
    r->disk.spans = segments;
    r->disk.done = done;
    r->disk.owner = r;
    b->under_way++;
    b->disk->ops->submit(b->disk, &r->disk);
}

/* Read or write LEN bytes, which are the request's but for header and status. */
static u8 transfer(struct virtio_blk *b, const struct header *h, const struct virtq_segment *status)
{
    const struct virtq_chain *c = &b->chain;
    bool in = h->type == T_IN;
    u64 len = in ? c->in_len - 1 : c->out_len - sizeof(*h);
    if (!in_range(b, h->sector, len) || len > REQUEST_MAX || (!in && b->disk->readonly))
        return S_IOERR;
    struct disk_request work = {
        .action = in ? DISK_READ : DISK_WRITE,
        .sync = !in && writes_through(b),
        .offset = h->sector * DISK_SECTOR,
        .len = len,
    };
    unsigned n = virtq_slice(c, in, in ? 0 : sizeof(*h), len, b->slice);
    submit(b, work, b->slice, n, status, in ? c->in_len : 1);
    return S_OK;
}

/* Discard, write zeroes: one range, as max_discard_seg says. */
static u8 erase(struct virtio_blk *b, const struct header *h, const struct virtq_segment *status)
{
    struct erase range;
    bool zeroes = h->type == T_WRITE_ZEROES;
    if (b->chain.out_len != sizeof(*h) + sizeof(range) || b->disk->readonly)
        return S_IOERR;
    virtq_read(&b->chain, sizeof(*h), &range, sizeof(range));
    if (range.flags & ~(zeroes ? (u32)ZERO_UNMAP : 0))
        return S_UNSUPP; /* 5.2.6.2 */
    u64 len = (u64)range.sectors * DISK_SECTOR;
    if (range.sectors > ERASE_MAX || !in_range(b, range.sector, len))
        return S_IOERR;
    struct disk_request work = {
        .action = zeroes ? DISK_WRITE_ZEROES : DISK_DISCARD,
        .sync = writes_through(b),
        .unmap = !zeroes || range.flags & ZERO_UNMAP,
        .offset = range.sector * DISK_SECTOR,
        .len = len,
    };
    submit(b, work, NULL, 0, status, 1);
    return S_OK;
}

/*
 * Begin what the header asks for. Anything but S_OK says how the request has
 * ended; with S_OK it is under way, unless *LEFT says that it is done, too.
 */
static u8 begin(struct virtio_blk *b, const struct header *h, const struct virtq_segment *status,
                bool *ended)
{
    *ended = false;
    switch (h->type) {
    case T_IN:
    case T_OUT:
        return transfer(b, h, status);
    case T_FLUSH:
        submit(b, (struct disk_request){.action = DISK_FLUSH}, NULL, 0, status, 1);
        return S_OK;
    case T_GET_ID: {
        u64 room = b->chain.in_len - 1;
        *ended = true;
        virtq_write(b->virtio.bus, &b->chain, 0, b->serial,
                    room < sizeof(b->serial) ? room : sizeof(b->serial));
        return S_OK;
    }
    case T_DISCARD:
    case T_WRITE_ZEROES:
        return erase(b, h, status);
    default:
        return S_UNSUPP;
    }
}

static void notify(void *dev, unsigned queue)
{
    struct virtio_blk *b = dev;
    struct virtq_chain *c = &b->chain;
    while (virtqueue_pop(&b->virtio.queue[queue], c)) {
        struct header h;
        struct virtq_segment status[1];
        bool ended;
        if (virtq_read(c, 0, &h, sizeof(h)) < sizeof(h) || c->in_len == 0) {
            virtio_broken(&b->virtio, "a request without header or status");
            return;
        }
        virtq_slice(c, true, c->in_len - 1, 1, status);
        u8 result = begin(b, &h, status, &ended);
        if (result != S_OK || ended)
            finish(b, c->head, status, result, c->in_len);
    }
    if (b->synchronous)
        b->disk->ops->drain(b->disk, false);
}

static void reset(void *dev)
{
    struct virtio_blk *b = dev;
    if (b->under_way)
        b->disk->ops->drain(b->disk, true);
    b->config.writeback = !b->disk->writethrough;
}

static const struct virtio_ops ops = {
    .name = "virtio-blk",
    .id = VIRTIO_ID_BLOCK,
    .queues = 1,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
    .reset = reset,
};

static unsigned log2_of(u32 v)
{
    return 31 - (unsigned)__builtin_clz(v);
}

/* What a BIOS would have made of the size; nothing modern believes in it. */
static void set_geometry(struct config *c)
{
    enum { HEADS = 16, SECTORS = 63, MAX_CYLINDERS = 16383 };
    u64 cylinders = c->capacity / (HEADS * SECTORS);
    c->heads = HEADS;
    c->sectors = SECTORS;
    c->cylinders = (u16)(cylinders > MAX_CYLINDERS ? MAX_CYLINDERS : cylinders);
}

static void configure(struct virtio_blk *b, u32 physical_block)
{
    struct config *c = &b->config;
    *c = (struct config){
        .capacity = b->disk->size / DISK_SECTOR,
        .seg_max = SEG_MAX,
        .blk_size = b->logical_block,
        .physical_block_exp = physical_block > b->logical_block
                                  ? (u8)(log2_of(physical_block) - log2_of(b->logical_block))
                                  : 0,
        .writeback = !b->disk->writethrough,
        .num_queues = 1,
        .max_discard_sectors = ERASE_MAX,
        .max_discard_seg = 1,
        .discard_sector_alignment = b->logical_block / DISK_SECTOR,
        .max_write_zeroes_sectors = ERASE_MAX,
        .max_write_zeroes_seg = 1,
        .write_zeroes_may_unmap = b->disk->discards,
    };
    set_geometry(c);
    b->virtio.offered = BIT(F_SEG_MAX) | BIT(F_GEOMETRY) | BIT(F_BLK_SIZE) | BIT(F_TOPOLOGY) |
                        BIT(F_FLUSH) | BIT(F_CONFIG_WCE);
    b->virtio.offered |= b->disk->readonly ? BIT(F_RO) : BIT(F_DISCARD) | BIT(F_WRITE_ZEROES);
    b->virtio.writable_first = offsetof(struct config, writeback);
    b->virtio.writable_end = b->virtio.writable_first + 1;
}

struct virtio *virtio_blk_create(struct disk *disk, const struct virtio_blk_options *options)
{
    struct virtio_blk *b = calloc(1, sizeof(*b));
    if (!b || !virtio_init(&b->virtio, &ops, b, (u8 *)&b->config, sizeof(b->config))) {
        free(b);
        return NULL;
    }
    b->disk = disk;
    b->logical_block = options->logical_block ? options->logical_block : DISK_SECTOR;
    b->synchronous = options->synchronous;
    if (options->serial)
        memcpy(b->serial, options->serial, strnlen(options->serial, sizeof(b->serial)));
    configure(b, options->physical_block ? options->physical_block : disk->physical_block);
    return &b->virtio;
}

void virtio_blk_destroy(struct virtio *v)
{
    struct virtio_blk *b = container_of(v, struct virtio_blk, virtio);
    if (b->under_way)
        b->disk->ops->drain(b->disk, false);
    virtio_destroy(v);
    free(b);
}
