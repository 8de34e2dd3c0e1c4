/*
 * The traditional memory balloon (VIRTIO 1.2, section 5.5): pages that the guest
 * does without are given back to the host (bus_discard), until it takes them again.
 */
#ifndef DEVICES_VIRTIO_BALLOON_H
#define DEVICES_VIRTIO_BALLOON_H

#include "devices/virtio.h"

/* 5.5.6.3, by tag; sizes in bytes. */
enum virtio_balloon_stat {
    BALLOON_SWAP_IN,
    BALLOON_SWAP_OUT,
    BALLOON_MAJOR_FAULTS,
    BALLOON_MINOR_FAULTS,
    BALLOON_FREE,
    BALLOON_TOTAL,
    BALLOON_AVAILABLE,
    BALLOON_CACHES,
    BALLOON_HUGE_ALLOCATED,
    BALLOON_HUGE_FAILED,
    BALLOON_STATS,
};

struct virtio_balloon_info {
    u64 actual;              /* bytes of RAM that the guest has */
    u64 stat[BALLOON_STATS]; /* as of the last time that it said */
    u32 known;               /* a bit for each of them that it has said */
};

struct virtio_balloon_options {
    u64 ram_size;        /* bytes */
    bool deflate_on_oom; /* the guest may take pages back before it runs out of memory */
    bool page_reporting; /* pages that happen to be free are given back, too */
};

/* NULL when the host has no memory. */
struct virtio *virtio_balloon_create(const struct virtio_balloon_options *o);
void virtio_balloon_destroy(struct virtio *v);

/* Ask the guest to make do with BYTES of RAM, at most all of it; it may take its time. */
void virtio_balloon_set(struct virtio *v, u64 bytes);

/* What is known of the guest's memory; the guest is asked to say it anew, for the next time. */
struct virtio_balloon_info virtio_balloon_ask(struct virtio *v);

#endif
