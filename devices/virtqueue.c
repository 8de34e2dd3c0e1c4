/*
 * Split virtqueues (virtqueue.h). Ring words that the driver writes while the
 * device reads are single aligned accesses, in the order 2.7.13 and 2.7.14 ask for.
 */
#include "devices/virtqueue.h"

#include <assert.h>
#include <string.h>

#include "devices/virtio.h"

/* 2.7.5: one descriptor. */
struct descriptor {
    u64 address;
    u32 len;
    u16 flags, next;
};
_Static_assert(sizeof(struct descriptor) == 16, "as in guest memory");

enum {
    DESC_NEXT = 1,
    DESC_WRITE = 2,
    DESC_INDIRECT = 4,
    AVAIL_NO_INTERRUPT = 1,
    /* Both rings: flags, index, entries; then the other side's event index. */
    RING_FLAGS = 0,
    RING_INDEX = 2,
    RING_ENTRIES = 4,
    AVAIL_ENTRY = 2,
    USED_ENTRY = 8,
    EVENT = 2,
};

void virtqueue_init(struct virtqueue *q, struct virtio *owner, u16 index)
{
    q->owner = owner;
    q->index = index;
    virtqueue_reset(q);
}

void virtqueue_reset(struct virtqueue *q)
{
    *q =
        (struct virtqueue){.owner = q->owner, .index = q->index, .size = q->owner->ops->queue_size};
}

static u64 driver_area_size(const struct virtqueue *q)
{
    return RING_ENTRIES + (u64)AVAIL_ENTRY * q->size + EVENT;
}

static u64 device_area_size(const struct virtqueue *q)
{
    return RING_ENTRIES + (u64)USED_ENTRY * q->size + EVENT;
}

void virtqueue_enable(struct virtqueue *q)
{
    enum { DESC_ALIGN = 16, DRIVER_ALIGN = 2, DEVICE_ALIGN = 4 }; /* 2.7 */
    struct bus *b = q->owner->bus;
    if (q->in_flight) {
        virtio_broken(q->owner, "queue %u is enabled while chains are in use", q->index);
        return;
    }
    if (q->size == 0 || (q->size & (q->size - 1)) || q->size > q->owner->ops->queue_size) {
        virtio_broken(q->owner, "queue %u has size %u", q->index, q->size);
        return;
    }
    u64 unaligned =
        q->desc_pa % DESC_ALIGN | q->driver_pa % DRIVER_ALIGN | q->device_pa % DEVICE_ALIGN;
    q->desc = bus_dma_map(b, q->desc_pa, sizeof(struct descriptor) * (u64)q->size, false);
    q->driver = bus_dma_map(b, q->driver_pa, driver_area_size(q), false);
    q->device = bus_dma_map(b, q->device_pa, device_area_size(q), true);
    if (unaligned || !q->desc || !q->driver || !q->device) {
        virtio_broken(q->owner, "queue %u at %#llx, %#llx, %#llx is %s", q->index,
                      (unsigned long long)q->desc_pa, (unsigned long long)q->driver_pa,
                      (unsigned long long)q->device_pa, unaligned ? "not aligned" : "not in RAM");
        return;
    }
    q->next_available = q->next_used = 0;
    q->notified_valid = false;
    q->ready = true;
}

/* A ring word at OFFSET of AREA. */
static u16 ring_load(const u8 *area, u64 offset)
{
    return __atomic_load_n((const u16 *)(area + offset), __ATOMIC_ACQUIRE);
}

/* A word of the device's area, which might, in a strange guest, be code as well. */
static void used_store(struct virtqueue *q, u64 offset, u16 value)
{
    __atomic_store_n((u16 *)(q->device + offset), value, __ATOMIC_RELEASE);
    bus_dma_written(q->owner->bus, q->device_pa + offset, sizeof(value));
}

static bool event_index(const struct virtqueue *q)
{
    return virtio_has(q->owner, VIRTIO_F_EVENT_IDX);
}

/* How many chains wait; the device is broken when that can't be true. */
static u16 waiting(struct virtqueue *q)
{
    u16 n = (u16)(ring_load(q->driver, RING_INDEX) - q->next_available);
    if (n <= q->size)
        return n;
    virtio_broken(q->owner, "queue %u has %u chains in a ring of %u", q->index, n, q->size);
    return 0;
}

bool virtqueue_available(struct virtqueue *q)
{
    if (!q->ready || !virtio_live(q->owner))
        return false;
    if (waiting(q) > 0)
        return true;
    if (!event_index(q) || !virtio_live(q->owner))
        return false;
    used_store(q, RING_ENTRIES + (u64)USED_ENTRY * q->size, q->next_available);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the driver may have added one meanwhile */
    return waiting(q) > 0;
}

/* A table of descriptors: the queue's, or an indirect one. */
struct table {
    const u8 *host;
    u32 count;
    bool indirect;
};

static bool add_segment(struct virtqueue *q, struct virtq_chain *c, const struct descriptor *d)
{
    bool in = d->flags & DESC_WRITE;
    unsigned n = c->out_count + c->in_count;
    if (n == q->size) {
        virtio_broken(q->owner, "queue %u has a chain longer than itself", q->index);
        return false;
    }
    if (!in && c->in_count) {
        virtio_broken(q->owner, "queue %u: a readable descriptor behind a writable one", q->index);
        return false;
    }
    u8 *host = d->len ? bus_dma_map(q->owner->bus, d->address, d->len, in) : NULL;
    if (!host) {
        virtio_broken(q->owner, "queue %u: a buffer of %#x bytes at %#llx is not in RAM", q->index,
                      d->len, (unsigned long long)d->address);
        return false;
    }
    c->segment[n] = (struct virtq_segment){host, d->address, d->len};
    *(in ? &c->in_count : &c->out_count) += 1;
    *(in ? &c->in_len : &c->out_len) += d->len;
    return true;
}

/* Go on in the indirect table that D of TABLE refers to, 2.7.5.3. */
static bool enter_indirect(struct virtqueue *q, const struct descriptor *d, struct table *table)
{
    const char *wrong = NULL;
    if (!virtio_has(q->owner, VIRTIO_F_INDIRECT_DESC))
        wrong = "was not negotiated";
    else if (table->indirect)
        wrong = "is within another";
    else if (d->flags & DESC_NEXT)
        wrong = "is followed by a descriptor";
    else if (d->len == 0 || d->len % sizeof(*d))
        wrong = "is no whole number of descriptors";
    else if (!(table->host = bus_dma_map(q->owner->bus, d->address, d->len, false)))
        wrong = "is not in RAM";
    if (wrong) {
        virtio_broken(q->owner, "queue %u: an indirect table of %#x bytes at %#llx %s", q->index,
                      d->len, (unsigned long long)d->address, wrong);
        return false;
    }
    table->count = d->len / sizeof(*d);
    table->indirect = true;
    return true;
}

/* Follow the chain from head to end: at most size segments, and one step into a table. */
static bool read_chain(struct virtqueue *q, struct virtq_chain *c)
{
    struct table table = {q->desc, q->size, false};
    u32 i = c->head;
    for (;;) {
        struct descriptor d;
        if (i >= table.count) {
            virtio_broken(q->owner, "queue %u: descriptor %u of %u", q->index, i, table.count);
            return false;
        }
        memcpy(&d, table.host + (u64)i * sizeof(d), sizeof(d));
        if (d.flags & DESC_INDIRECT) {
            if (!enter_indirect(q, &d, &table))
                return false;
            i = 0;
            continue;
        }
        if (!add_segment(q, c, &d))
            return false;
        if (!(d.flags & DESC_NEXT))
            return true;
        i = d.next;
    }
}

bool virtqueue_pop(struct virtqueue *q, struct virtq_chain *c)
{
    if (!virtqueue_available(q))
        return false;
    if (q->in_flight == q->size) {
        virtio_broken(q->owner, "queue %u has more than %u chains in use", q->index, q->size);
        return false;
    }
    u64 entry = RING_ENTRIES + (u64)AVAIL_ENTRY * (q->next_available % q->size);
    c->head = ring_load(q->driver, entry);
    c->out_count = c->in_count = 0;
    c->out_len = c->in_len = 0;
    if (!read_chain(q, c))
        return false;
    q->next_available++;
    q->in_flight++;
    return true;
}

void virtqueue_unpop(struct virtqueue *q, unsigned count)
{
    assert(count <= q->in_flight);
    q->next_available = (u16)(q->next_available - count);
    q->in_flight = (u16)(q->in_flight - count);
}

void virtqueue_push(struct virtqueue *q, u16 head, u64 written)
{
    assert(q->in_flight);
    q->in_flight--;
    if (!q->ready)
        return; /* the driver has disabled the queue since */
    u64 offset = RING_ENTRIES + (u64)USED_ENTRY * (q->next_used % q->size);
    const u32 entry[2] = {head, written < UINT32_MAX ? (u32)written : UINT32_MAX};
    memcpy(q->device + offset, entry, sizeof(entry));
    bus_dma_written(q->owner->bus, q->device_pa + offset, sizeof(entry));
    used_store(q, RING_INDEX, ++q->next_used);
}

/* 2.7.7.2 and 2.7.10: has the driver's event index been passed since last time? */
bool virtqueue_wants_interrupt(struct virtqueue *q)
{
    if (!q->ready)
        return false;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the used index is seen before this is read */
    if (!event_index(q))
        return !(ring_load(q->driver, RING_FLAGS) & AVAIL_NO_INTERRUPT);
    u16 event = ring_load(q->driver, RING_ENTRIES + (u64)AVAIL_ENTRY * q->size);
    u16 before = q->notified;
    bool first = !q->notified_valid;
    q->notified = q->next_used;
    q->notified_valid = true;
    return first || (u16)(q->next_used - event - 1) < (u16)(q->next_used - before);
}

/*
 * The part of S that belongs to a stretch of LEFT bytes, of which *SKIP more are
 * to be passed over first. False when S lies before it.
 */
static bool piece(const struct virtq_segment *s, u64 *skip, u64 left, struct virtq_segment *p)
{
    if (*skip >= s->len) {
        *skip -= s->len;
        return false;
    }
    u64 room = s->len - *skip;
    *p = (struct virtq_segment){s->host + *skip, s->pa + *skip, room < left ? room : left};
    *skip = 0;
    return true;
}

unsigned virtq_slice(const struct virtq_chain *c, bool in, u64 at, u64 len,
                     struct virtq_segment *segment)
{
    const struct virtq_segment *s = c->segment + (in ? c->out_count : 0);
    unsigned count = in ? c->in_count : c->out_count, n = 0;
    for (unsigned i = 0; i < count && len; i++) {
        if (piece(&s[i], &at, len, &segment[n]))
            len -= segment[n++].len;
    }
    return n;
}

u64 virtq_read(const struct virtq_chain *c, u64 at, void *to, u64 len)
{
    struct virtq_segment p;
    u64 done = 0;
    for (unsigned i = 0; i < c->out_count && done < len; i++) {
        if (!piece(&c->segment[i], &at, len - done, &p))
            continue;
        memcpy((u8 *)to + done, p.host, p.len);
        done += p.len;
    }
    return done;
}

u64 virtq_write(struct bus *b, const struct virtq_chain *c, u64 at, const void *from, u64 len)
{
    struct virtq_segment p;
    u64 done = 0;
    for (unsigned i = 0; i < c->in_count && done < len; i++) {
        if (!piece(&c->segment[c->out_count + i], &at, len - done, &p))
            continue;
        memcpy(p.host, (const u8 *)from + done, p.len);
        bus_dma_written(b, p.pa, p.len);
        done += p.len;
    }
    return done;
}
