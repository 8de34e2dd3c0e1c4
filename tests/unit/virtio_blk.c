/*
 * virtio-blk through its queue (VIRTIO 1.2, 5.2), on a disk in memory that
 * carries requests out when the test says so.
 */
#include <errno.h>

#include "devices/virtio_blk.h"
#include "tests/unit/virtio_rig.h"

enum {
    SECTORS = 64,
    SIZE = 16,
    T_IN = 0,
    T_OUT = 1,
    T_FLUSH = 4,
    T_GET_ID = 8,
    T_DISCARD = 11,
    T_WRITE_ZEROES = 13,
    OK = 0,
    IOERR = 1,
    UNSUPP = 2,
    UNTOUCHED = 0xee,
};

#define F_RO    BIT(5)
#define F_FLUSH BIT(9)
#define F_WCE   BIT(11)
#define F_ERASE (BIT(13) | BIT(14))
#define HEADER  RIG_DATA
#define STATUS  (RIG_DATA + 0x100)
#define BUFFER  (RIG_DATA + 0x1000)

struct memory_disk {
    struct disk disk;
    u8 bytes[SECTORS * DISK_SECTOR];
    struct disk_request *waiting[SIZE];
    unsigned count, drains;
    enum disk_action last;
    bool last_sync, last_unmap;
    int error;
};

static struct memory_disk d;
static struct virtio *v;
static struct rig *r;

static void submit(struct disk *disk, struct disk_request *q)
{
    cr_assert_lt(d.count, SIZE);
    cr_assert_leq(q->offset, disk->size);
    cr_assert_leq(q->len, disk->size - q->offset);
    d.waiting[d.count++] = q;
}

static void carry_out(struct disk_request *q)
{
    u8 *at = d.bytes + q->offset;
    u64 len = 0;
    d.last = q->action;
    d.last_sync = q->sync;
    d.last_unmap = q->unmap;
    for (unsigned i = 0; i < q->spans; i++) {
        if (q->action == DISK_READ)
            memcpy(q->span[i].host, at + len, q->span[i].len);
        else
            memcpy(at + len, q->span[i].host, q->span[i].len);
        len += q->span[i].len;
    }
    cr_assert(q->spans == 0 || len == q->len);
    if (q->action == DISK_WRITE_ZEROES)
        memset(at, 0, q->len);
    q->error = d.error;
    q->done(q);
}

static void finish(void)
{
    unsigned n = d.count;
    d.count = 0;
    for (unsigned i = 0; i < n; i++)
        carry_out(d.waiting[i]);
}

static void drain(struct disk *disk, bool abandon)
{
    d.drains++;
    finish();
}

static const struct disk_ops disk_ops = {.submit = submit, .drain = drain};

static void tear_down(void)
{
    virtio_blk_destroy(v);
    rig_destroy(r);
    r = NULL;
}

static void make(bool readonly, const struct virtio_blk_options *o)
{
    if (r)
        tear_down(); /* of another kind, from set_up */
    memset(&d, 0, sizeof(d));
    d.disk = (struct disk){
        .ops = &disk_ops, .size = sizeof(d.bytes), .readonly = readonly, .physical_block = 4096};
    for (unsigned i = 0; i < sizeof(d.bytes); i++)
        d.bytes[i] = (u8)(i * 7 + i / 512);
    v = virtio_blk_create(&d.disk, o);
    r = rig_create(v, false);
}

static void set_up(void)
{
    make(false, &(struct virtio_blk_options){.serial = "hallo"});
    rig_start(r, F_FLUSH | F_WCE | F_ERASE, 1, SIZE);
}

TestSuite(virtio_blk, .init = set_up, .fini = tear_down);

static void header(u32 type, u64 sector)
{
    rig_store(r, HEADER, 4, type);
    rig_store(r, HEADER + 4, 4, 0);
    rig_store(r, HEADER + 8, 8, sector);
    rig_store(r, STATUS, 1, UNTOUCHED);
}

/* A request of header, LEN bytes at BUFFER (DIRECTION D_WRITE: for us to fill) and status. */
static void offer(u32 type, u64 sector, u32 len, u16 direction)
{
    header(type, sector);
    rig_desc(r, 0, 0, HEADER, 16, D_NEXT, len ? 1 : 2);
    rig_desc(r, 0, 1, BUFFER, len, D_NEXT | direction, 2);
    rig_desc(r, 0, 2, STATUS, 1, D_WRITE, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
}

static unsigned status(void)
{
    return (unsigned)rig_load(r, STATUS, 1);
}

/* Offer, carry out, and return the status; *USED is the length. */
static unsigned run(u32 type, u64 sector, u32 len, u16 direction, u32 *used)
{
    offer(type, sector, len, direction);
    finish();
    cr_assert_eq(rig_used(r, 0, used), 0);
    cr_assert(r->irq);
    rig_put(r, R_ACK, 1);
    return status();
}

Test(virtio_blk, configuration)
{
    cr_assert_eq(rig_get(r, R_DEVICE), 2);
    cr_assert_eq(rig_get(r, R_CONFIG), SECTORS);
    cr_assert_eq(rig_get(r, R_CONFIG + 4), 0);
    cr_assert_eq(rig_get(r, R_CONFIG + 12), 254, "seg_max: 256 entries, header, status");
    cr_assert_eq(rig_get(r, R_CONFIG + 20), 512);
    cr_assert_eq(rig_get(r, R_CONFIG + 24) & 0xff, 3, "4096 = 512 << 3");
    cr_assert_eq(rig_get(r, R_CONFIG + 40), 1, "max_discard_seg");
    cr_assert_eq(rig_get(r, R_CONFIG + 52), 1, "max_write_zeroes_seg");
    cr_assert(!(rig_offered(r) & F_RO));
    cr_assert_eq(rig_offered(r) & (F_FLUSH | F_ERASE), F_FLUSH | F_ERASE);
}

Test(virtio_blk, read_and_write)
{
    u32 used;
    cr_assert_eq(run(T_IN, 3, 1024, D_WRITE, &used), OK);
    cr_assert_eq(used, 1025);
    cr_assert_eq(memcmp(rig_at(r, BUFFER), d.bytes + 3 * 512, 1024), 0);
    memset(rig_at(r, BUFFER), 0x5a, 512);
    cr_assert_eq(run(T_OUT, SECTORS - 1, 512, 0, &used), OK);
    cr_assert_eq(used, 1);
    cr_assert_eq(d.bytes[sizeof(d.bytes) - 1], 0x5a);
    cr_assert_neq(d.bytes[sizeof(d.bytes) - 513], 0x5a);
    cr_assert(!d.last_sync);
}

Test(virtio_blk, completes_when_the_disk_does)
{
    u32 used;
    offer(T_IN, 0, 512, D_WRITE);
    cr_assert_eq(status(), UNTOUCHED);
    cr_assert_eq(rig_used(r, 0, &used), -1);
    cr_assert(!r->irq);
    finish();
    cr_assert_eq(status(), OK);
    cr_assert(r->irq);
}

Test(virtio_blk, framing_is_free)
{
    u32 used;
    header(T_OUT, 1);
    memset(rig_at(r, BUFFER), 0x33, 512);
    /* 2.7.4.1: header and data begin and end wherever they like. */
    rig_desc(r, 0, 0, HEADER, 5, D_NEXT, 1);
    rig_desc(r, 0, 1, HEADER + 5, 11, D_NEXT, 2);
    rig_desc(r, 0, 2, BUFFER, 100, D_NEXT, 3);
    rig_desc(r, 0, 3, BUFFER + 100, 412, D_NEXT, 4);
    rig_desc(r, 0, 4, STATUS, 1, D_WRITE, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    finish();
    cr_assert_eq(rig_used(r, 0, &used), 0);
    cr_assert_eq(status(), OK);
    for (unsigned i = 0; i < 512; i++)
        cr_assert_eq(d.bytes[512 + i], 0x33);
    /* Data and status in one descriptor. */
    header(T_IN, 2);
    rig_desc(r, 0, 0, HEADER, 16, D_NEXT, 1);
    rig_desc(r, 0, 1, BUFFER, 513, D_WRITE, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    finish();
    cr_assert_eq(memcmp(rig_at(r, BUFFER), d.bytes + 1024, 512), 0);
    cr_assert_eq(rig_load(r, BUFFER + 512, 1), OK);
}

Test(virtio_blk, flush)
{
    u32 used;
    cr_assert_eq(run(T_FLUSH, 0, 0, 0, &used), OK);
    cr_assert_eq(d.last, DISK_FLUSH);
    d.error = EIO;
    cr_assert_eq(run(T_FLUSH, 0, 0, 0, &used), IOERR);
    cr_assert_eq(run(T_IN, 0, 512, D_WRITE, &used), IOERR);
}

Test(virtio_blk, writes_are_stable_for_drivers_that_cannot_flush)
{
    u32 used;
    run(T_OUT, 0, 512, 0, &used);
    cr_assert(!d.last_sync);
    bus_write(&r->bus, RIG_SLOT + R_CONFIG + 32, 1, 0); /* writeback */
    run(T_OUT, 0, 512, 0, &used);
    cr_assert(d.last_sync);
    rig_start(r, 0, 1, SIZE);
    run(T_OUT, 0, 512, 0, &used);
    cr_assert(d.last_sync);
}

Test(virtio_blk, discard_and_write_zeroes)
{
    u32 used;
    rig_store(r, BUFFER, 8, 4);
    rig_store(r, BUFFER + 8, 4, 2);
    rig_store(r, BUFFER + 12, 4, 0);
    cr_assert_eq(run(T_WRITE_ZEROES, 0, 16, 0, &used), OK);
    cr_assert_eq(d.bytes[4 * 512] | d.bytes[6 * 512 - 1], 0);
    cr_assert_neq(d.bytes[6 * 512 + 1], 0);
    cr_assert(!d.last_unmap);
    rig_store(r, BUFFER + 12, 4, 1);
    cr_assert_eq(run(T_WRITE_ZEROES, 0, 16, 0, &used), OK);
    cr_assert(d.last_unmap);
    cr_assert_eq(run(T_DISCARD, 0, 16, 0, &used), UNSUPP, "5.2.6.2: unmap is reserved there");
    rig_store(r, BUFFER + 12, 4, 0);
    cr_assert_eq(run(T_DISCARD, 0, 16, 0, &used), OK);
    cr_assert_eq(d.last, DISK_DISCARD);
    rig_store(r, BUFFER, 8, SECTORS - 1);
    cr_assert_eq(run(T_DISCARD, 0, 16, 0, &used), IOERR);
    rig_store(r, BUFFER, 8, UINT64_MAX);
    cr_assert_eq(run(T_WRITE_ZEROES, 0, 16, 0, &used), IOERR);
    cr_assert_eq(run(T_DISCARD, 0, 32, 0, &used), IOERR, "more ranges than max_discard_seg");
    cr_assert_eq(run(T_DISCARD, 0, 0, 0, &used), IOERR);
}

Test(virtio_blk, get_id)
{
    u32 used;
    memset(rig_at(r, BUFFER), 0xff, 32);
    cr_assert_eq(run(T_GET_ID, 0, 20, D_WRITE, &used), OK);
    cr_assert_eq(memcmp(rig_at(r, BUFFER), "hallo\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff", 21), 0);
    memset(rig_at(r, BUFFER), 0xff, 32);
    cr_assert_eq(run(T_GET_ID, 0, 3, D_WRITE, &used), OK);
    cr_assert_eq(memcmp(rig_at(r, BUFFER), "hal\xff", 4), 0);
}

Test(virtio_blk, what_the_disk_does_not_have)
{
    u32 used;
    cr_assert_eq(run(T_IN, SECTORS, 512, D_WRITE, &used), IOERR);
    cr_assert_eq(run(T_IN, SECTORS - 1, 1024, D_WRITE, &used), IOERR);
    cr_assert_eq(run(T_IN, UINT64_MAX, 512, D_WRITE, &used), IOERR);
    cr_assert_eq(run(T_OUT, UINT64_C(1) << 55, 512, 0, &used), IOERR, "2^64 bytes on");
    cr_assert_eq(run(T_IN, 0, 100, D_WRITE, &used), IOERR, "no whole sector");
    cr_assert_eq(run(77, 0, 512, D_WRITE, &used), UNSUPP);
    cr_assert_eq(d.count, 0);
}

Test(virtio_blk, larger_blocks)
{
    u32 used;
    make(false, &(struct virtio_blk_options){.logical_block = 4096});
    rig_start(r, F_FLUSH, 1, SIZE);
    cr_assert_eq(rig_get(r, R_CONFIG + 20), 4096);
    cr_assert_eq(rig_get(r, R_CONFIG + 24) & 0xff, 0);
    cr_assert_eq(run(T_IN, 8, 4096, D_WRITE, &used), OK);
    cr_assert_eq(run(T_IN, 8, 512, D_WRITE, &used), IOERR);
    cr_assert_eq(run(T_IN, 4, 4096, D_WRITE, &used), IOERR);
}

Test(virtio_blk, a_disk_that_is_only_read)
{
    u32 used;
    make(true, &(struct virtio_blk_options){0});
    rig_start(r, F_RO, 1, SIZE);
    cr_assert_eq(rig_offered(r) & (F_RO | F_ERASE), F_RO);
    cr_assert_eq(run(T_IN, 0, 512, D_WRITE, &used), OK);
    cr_assert_eq(run(T_OUT, 0, 512, 0, &used), IOERR);
    rig_store(r, BUFFER, 8, 0);
    rig_store(r, BUFFER + 8, 8, 1);
    cr_assert_eq(run(T_WRITE_ZEROES, 0, 16, 0, &used), IOERR);
    cr_assert_eq(d.bytes[1], 7);
}

Test(virtio_blk, repeatable_runs_wait)
{
    u32 used;
    make(false, &(struct virtio_blk_options){.synchronous = true});
    rig_start(r, F_FLUSH, 1, SIZE);
    offer(T_IN, 0, 512, D_WRITE);
    cr_assert_eq(status(), OK);
    cr_assert_eq(rig_used(r, 0, &used), 0);
}

Test(virtio_blk, requests_without_header_or_status)
{
    rig_desc(r, 0, 0, HEADER, 15, D_NEXT, 2);
    rig_desc(r, 0, 2, STATUS, 1, D_WRITE, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert(rig_is_broken(r));
    rig_start(r, F_FLUSH, 1, SIZE);
    rig_desc(r, 0, 0, HEADER, 16, 0, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert(rig_is_broken(r));
    cr_assert_eq(d.count, 0);
}

Test(virtio_blk, reset_in_mid_request)
{
    offer(T_IN, 0, 512, D_WRITE);
    rig_put(r, R_STATUS, 0);
    cr_assert_eq(d.drains, 1);
    cr_assert_eq(d.count, 0, "the disk has done with guest memory");
    cr_assert(!r->irq);
    rig_start(r, F_FLUSH, 1, SIZE);
    u32 used;
    cr_assert_eq(run(T_IN, 1, 512, D_WRITE, &used), OK);
}

Test(virtio_blk, the_queue_is_taken_away_in_mid_request)
{
    offer(T_IN, 0, 512, D_WRITE);
    rig_put(r, R_QUEUE_SEL, 0);
    rig_put(r, R_READY, 0);
    finish();
    cr_assert_eq(rig_load(r, r->queue[0].device + 2, 2), 0);
    cr_assert(!r->irq);
}
