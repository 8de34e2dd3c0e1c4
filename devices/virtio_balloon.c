/*
 * virtio-balloon (virtio_balloon.h; VIRTIO 1.2, 5.5). Pages are hints: those that
 * can't be given back are left alone, and of a request without measure only so
 * many are looked at.
 */
#include "devices/virtio_balloon.h"

#include <stdlib.h>
#include <string.h>

enum {
    QUEUE_SIZE = 128,
    PAGE_SHIFT = 12, /* the unit of page numbers, 5.5.6, whatever the guest's pages */
    PIECE = 256,     /* page numbers looked at in one go */
    REQUEST_PAGES_MAX = 65536,
    /* 5.5.3 */
    F_STATS_VQ = 1,
    F_DEFLATE_ON_OOM = 2,
    F_PAGE_REPORTING = 5,
    QUEUES = 5,
};

/* 5.5.2 */
enum role { INFLATE, DEFLATE, STATS, REPORTING, NOTHING };

/* 5.5.4; little-endian, as we are. */
struct config {
    u32 num_pages, actual;
};

/* 5.5.6.3 */
struct __attribute__((packed)) stat_entry {
    u16 tag;
    u64 value;
};
_Static_assert(sizeof(struct stat_entry) == 10, "as in guest memory");

struct virtio_balloon {
    struct virtio virtio;
    struct config config;
    u64 ram_size;
    struct virtio_balloon_info info;
    bool stats_held; /* a buffer to be given back when statistics are wanted */
    unsigned stats_queue;
    u16 stats_head;
    struct virtq_chain chain; /* the one being read */
};

/*
 * Drivers leave out the numbers of queues that there are none of, though by 5.5.2
 * each has a number of its own. No free page hints: so both ways are plain.
 */
static enum role role_of(const struct virtio_balloon *b, unsigned queue)
{
    enum { STATS_QUEUE = 2, REPORTING_QUEUE = 4 };
    bool stats = virtio_has(&b->virtio, F_STATS_VQ);
    bool reporting = virtio_has(&b->virtio, F_PAGE_REPORTING);
    if (queue < STATS_QUEUE)
        return queue == 0 ? INFLATE : DEFLATE;
    if (queue == STATS_QUEUE && stats)
        return STATS;
    unsigned first_free = stats ? STATS_QUEUE + 1 : STATS_QUEUE;
    return reporting && (queue == first_free || queue == REPORTING_QUEUE) ? REPORTING : NOTHING;
}

/* Give back COUNT pages by their numbers, neighbours together. */
static void discard(struct virtio_balloon *b, const u32 *page, u64 count)
{
    for (u64 i = 0, n; i < count; i += n) {
        u64 first = page[i];
        for (n = 1; i + n < count && page[i + n] == page[i] + n;)
            n++;
        if (n == 1) /* Linux hands them out from the top, too */
            for (; i + n < count && page[i + n] + n == page[i]; n++)
                first = page[i + n];
        if (bus_discard(b->virtio.bus, first << PAGE_SHIFT, n << PAGE_SHIFT))
            continue;
        for (u64 k = 0; k < n; k++) /* some of them are no RAM */
            bus_discard(b->virtio.bus, (first + k) << PAGE_SHIFT, BIT(PAGE_SHIFT));
    }
}

static void inflate(struct virtio_balloon *b)
{
    u32 page[PIECE];
    u64 left = b->chain.out_len / sizeof(*page), at = 0;
    left = left < REQUEST_PAGES_MAX ? left : REQUEST_PAGES_MAX;
    while (left) {
        u64 some = left < PIECE ? left : PIECE;
        virtq_read(&b->chain, at, page, some * sizeof(*page));
        discard(b, page, some);
        at += some * sizeof(*page);
        left -= some;
    }
}

/* Whole pages of what is reported as free; no driver reports more than there is. */
static void report(struct virtio_balloon *b)
{
    const struct virtq_segment *s = b->chain.segment + b->chain.out_count;
    u64 left = b->ram_size;
    for (unsigned i = 0; i < b->chain.in_count; i++) {
        u64 first = align_up(s[i].pa, BIT(PAGE_SHIFT));
        u64 end = (s[i].pa + s[i].len) & ~ones(PAGE_SHIFT);
        u64 len = end > first ? end - first : 0;
        len = len < left ? len : left;
        bus_discard(b->virtio.bus, first, len);
        left -= len;
    }
}

/* The driver's answer, which is kept until there is another question. */
static void take_stats(struct virtio_balloon *b, unsigned queue)
{
    struct stat_entry e;
    if (b->stats_held) /* against the rules; the former one goes back */
        virtqueue_push(&b->virtio.queue[b->stats_queue], b->stats_head, 0);
    b->stats_held = true;
    b->stats_queue = queue;
    b->stats_head = b->chain.head;
    for (u64 i = 0; i < 2 * BALLOON_STATS; i++) {
        if (virtq_read(&b->chain, i * sizeof(e), &e, sizeof(e)) < sizeof(e))
            break;
        if (e.tag >= BALLOON_STATS)
            continue;
        b->info.stat[e.tag] = e.value;
        b->info.known |= (u32)BIT(e.tag);
    }
}

static void notify(void *dev, unsigned queue)
{
    struct virtio_balloon *b = dev;
    enum role role = role_of(b, queue);
    while (role != NOTHING && virtqueue_pop(&b->virtio.queue[queue], &b->chain)) {
        if (role == STATS) {
            take_stats(b, queue);
            continue;
        }
        if (role == INFLATE)
            inflate(b);
        if (role == REPORTING)
            report(b);
        virtqueue_push(&b->virtio.queue[queue], b->chain.head, 0);
    }
    virtio_notify(&b->virtio, queue);
}

/* Linux offers its statistics before it is ready, and says so only then. */
static void ready(void *dev)
{
    for (unsigned i = 0; i < QUEUES; i++)
        notify(dev, i);
}

static void reset(void *dev)
{
    struct virtio_balloon *b = dev;
    b->stats_held = false;
    b->config.actual = 0;
    b->info.known = 0;
}

static const struct virtio_ops ops = {
    .name = "virtio-balloon",
    .id = VIRTIO_ID_BALLOON,
    .queues = QUEUES,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
    .ready = ready,
    .reset = reset,
};

void virtio_balloon_set(struct virtio *v, u64 bytes)
{
    struct virtio_balloon *b = container_of(v, struct virtio_balloon, virtio);
    u64 without = bytes < b->ram_size ? b->ram_size - bytes : 0;
    b->config.num_pages = (u32)(without >> PAGE_SHIFT);
    virtio_config_changed(v);
}

struct virtio_balloon_info virtio_balloon_ask(struct virtio *v)
{
    struct virtio_balloon *b = container_of(v, struct virtio_balloon, virtio);
    u64 without = (u64)b->config.actual << PAGE_SHIFT;
    b->info.actual = without < b->ram_size ? b->ram_size - without : 0;
    if (b->stats_held && virtio_live(v)) {
        b->stats_held = false;
        virtqueue_push(&v->queue[b->stats_queue], b->stats_head, 0);
        virtio_notify(v, b->stats_queue);
    }
    return b->info;
}

struct virtio *virtio_balloon_create(const struct virtio_balloon_options *o)
{
    struct virtio_balloon *b = calloc(1, sizeof(*b));
    if (!b || !virtio_init(&b->virtio, &ops, b, (u8 *)&b->config, sizeof(b->config))) {
        free(b);
        return NULL;
    }
    b->ram_size = o->ram_size;
    b->virtio.offered = BIT(F_STATS_VQ) | (o->deflate_on_oom ? BIT(F_DEFLATE_ON_OOM) : 0) |
                        (o->page_reporting ? BIT(F_PAGE_REPORTING) : 0);
    b->virtio.writable_first = offsetof(struct config, actual);
    b->virtio.writable_end = sizeof(struct config);
    return &b->virtio;
}

void virtio_balloon_destroy(struct virtio *v)
{
    virtio_destroy(v);
    free(container_of(v, struct virtio_balloon, virtio));
}
