/*
 * What the fuzzed devices are plugged into: a little RAM, one slot, and back ends that
 * finish requests when it pleases them.
 */
#ifndef TESTS_FUZZ_VIRTIO_RIG_H
#define TESTS_FUZZ_VIRTIO_RIG_H

#include <string.h>

#include "devices/chardev.h"
#include "devices/disk.h"
#include "devices/display.h"
#include "devices/host_share.h"
#include "devices/input.h"
#include "devices/netdev.h"
#include "devices/virtio_mmio.h"
#include "tests/fuzz/random.h"

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE UINT64_C(0x40000)
#define SLOT     UINT64_C(0x0a000000)

enum {
    NOTIFY = 0x50,
    STATUS = 0x70,
    CONFIG = 0x100,
    WINDOW = 0x200,
    SECTORS = 128,
    WAITING = 2048,
    STEPS = 400, /* accesses between two resets */
    QUEUE_SIZE = 16,
    DRIVER_AREA = 0x800,
};

struct fuzz {
    struct rng random;
    struct bus bus;
    struct virtio_mmio slot;
    struct virtio *device;

    struct disk disk;
    u8 contents[SECTORS * DISK_SECTOR];
    struct disk_request *waiting[WAITING];
    unsigned waiting_count;
    struct netdev net;
    struct chardev line, other;
    char folder[32];
    struct host_loop *loop;
    struct share *share;
    struct clock clock;
    struct display display;
    struct input input;
    u32 beneath[8 * 8]; /* what the display shows without a GPU */
    u32 row[1 << 14];
};

static u64 pick(struct fuzz *f, u64 n)
{
    return rng_below(&f->random, (unsigned)n);
}

static void carry_out(struct fuzz *f, struct disk_request *r)
{
    u64 at = r->offset;
    for (unsigned i = 0; i < r->spans; i++) {
        if (r->span[i].len > sizeof(f->contents) - at)
            abort(); /* the device let through what the disk does not have */
        if (r->action == DISK_READ)
            memcpy(r->span[i].host, f->contents + at, r->span[i].len);
        else
            memcpy(f->contents + at, r->span[i].host, r->span[i].len);
        at += r->span[i].len;
    }
    r->error = pick(f, 16) ? 0 : 5;
    r->done(r);
}

static void drain(struct disk *disk, bool abandon)
{
    struct fuzz *f = container_of(disk, struct fuzz, disk);
    while (f->waiting_count)
        carry_out(f, f->waiting[--f->waiting_count]); /* in any order */
}

static void submit(struct disk *disk, struct disk_request *r)
{
    struct fuzz *f = container_of(disk, struct fuzz, disk);
    if (f->waiting_count == WAITING)
        abort(); /* more than the queue has entries */
    f->waiting[f->waiting_count++] = r;
}

static const struct disk_ops disk_ops = {.submit = submit, .drain = drain};

static bool room(struct netdev *n)
{
    return pick(container_of(n, struct fuzz, net), 4);
}

static void send_frame(struct netdev *n, const u8 *frame, size_t len)
{
    volatile u8 sum = 0;
    for (size_t i = 0; i < len; i++)
        sum = (u8)(sum + frame[i]);
}

static void accept_frames(struct netdev *n)
{
}

static const struct netdev_ops net_ops = {
    .room = room, .send = send_frame, .accept = accept_frames};

static size_t write_line(struct chardev *c, const u8 *data, size_t len, bool must)
{
    return pick(container_of(c, struct fuzz, line), len + 1);
}

static const struct chardev_ops line_ops = {.write = write_line};

static size_t write_other(struct chardev *c, const u8 *data, size_t len, bool must)
{
    return pick(container_of(c, struct fuzz, other), len + 1);
}

static const struct chardev_ops other_ops = {.write = write_other};

#endif
