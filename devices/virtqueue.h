/*
 * A split virtqueue as the device sees it (VIRTIO 1.2, section 2.7): descriptors
 * in a table and in indirect tables, the driver's ring of available chains, the
 * device's ring of used ones, and event indices.
 *
 * Nothing in guest RAM is believed: every address and length is looked up on the
 * bus, a chain is at most as long as its queue, an index is read once. A driver
 * that breaks a rule breaks its device (virtio_broken) and nothing else.
 */
#ifndef DEVICES_VIRTQUEUE_H
#define DEVICES_VIRTQUEUE_H

#include "core/types.h"
#include "mmu/bus.h"

struct virtio;

enum { VIRTQ_MAX_SIZE = 1024 };

/* A stretch of guest RAM in host memory. */
struct virtq_segment {
    u8 *host;
    u64 pa;
    u64 len;
};

/*
 * A chain of descriptors taken off a queue: first what the device reads, then
 * what it writes. It must go back by virtqueue_push or virtqueue_unpop.
 */
struct virtq_chain {
    u16 head;
    u16 out_count, in_count; /* segments; out ones come first */
    u64 out_len, in_len;     /* bytes */
    struct virtq_segment segment[VIRTQ_MAX_SIZE];
};

struct virtqueue {
    struct virtio *owner;
    u16 index; /* which of the device's */

    /* As the driver chose, while it is not ready. */
    u16 size;
    u64 desc_pa, driver_pa, device_pa;
    u64 legacy_align; /* bytes; legacy drivers give that and the page of desc */

    bool ready;
    /* Where the three areas are in host memory while ready. */
    u8 *desc, *driver, *device;

    u16 next_available; /* of the driver's ring: the entry to take next */
    u16 next_used;      /* of the device's: the entry to fill next */
    u16 in_flight;      /* chains taken and not given back, at most size */
    u16 notified;       /* next_used when the driver's wish was last looked at */
    bool notified_valid;
};

void virtqueue_init(struct virtqueue *q, struct virtio *owner, u16 index);

/* Forget all that the driver said; its size is the most allowed again. */
void virtqueue_reset(struct virtqueue *q);

/* Begin to use the areas. Breaks the device, and is not ready, when they can't be used. */
void virtqueue_enable(struct virtqueue *q);

/* Take the next chain into C. False when there is none, or the device is broken. */
bool virtqueue_pop(struct virtqueue *q, struct virtq_chain *c);

/* Undo the last COUNT pops; nothing may have been pushed since. */
void virtqueue_unpop(struct virtqueue *q, unsigned count);

/* Give back the chain that began at HEAD, with WRITTEN bytes of its in segments written. */
void virtqueue_push(struct virtqueue *q, u16 head, u64 written);

/* Whether the driver wants to hear of what was pushed since this was last asked. */
bool virtqueue_wants_interrupt(struct virtqueue *q);

/* Is there a chain to take? The driver is asked to notify when there is none. */
bool virtqueue_available(struct virtqueue *q);

/*
 * Copy between host memory and the readable (or writable) bytes of a chain, from
 * byte AT of them on. Returns how many bytes there were. A write drops decoded
 * code, as any DMA does.
 */
u64 virtq_read(const struct virtq_chain *c, u64 at, void *to, u64 len);
u64 virtq_write(struct bus *b, const struct virtq_chain *c, u64 at, const void *from, u64 len);

/*
 * The host memory of LEN bytes from AT on of the readable (or writable) part,
 * into SEGMENT, which has room for VIRTQ_MAX_SIZE. Returns how many segments.
 */
unsigned virtq_slice(const struct virtq_chain *c, bool in, u64 at, u64 len,
                     struct virtq_segment *segment);

#endif
