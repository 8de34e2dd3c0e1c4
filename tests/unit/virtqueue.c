/*
 * Split virtqueues from the driver's side (VIRTIO 1.2, 2.7), with a device that
 * does nothing but hand over its chains; well-behaved drivers and hostile ones.
 */
#include <criterion/criterion.h>

#include "tests/unit/virtio_rig.h"

enum { SIZE = 8, QUEUES = 2 };

struct echo {
    struct virtio virtio;
    struct virtq_chain chain[4 * SIZE];
    unsigned chains, notified;
};

static struct echo e;
static struct rig *r;

static void notify(void *dev, unsigned queue)
{
    struct echo *d = dev;
    d->notified++;
    while (d->chains < ARRAY_LEN(d->chain) &&
           virtqueue_pop(&d->virtio.queue[queue], &d->chain[d->chains]))
        d->chains++;
}

static void forget(void *dev)
{
    ((struct echo *)dev)->chains = 0;
}

static const struct virtio_ops echo_ops = {.name = "echo",
                                           .id = 42,
                                           .queues = QUEUES,
                                           .queue_size = 64,
                                           .notify = notify,
                                           .reset = forget};

static void set_up(void)
{
    memset(&e, 0, sizeof(e));
    cr_assert(virtio_init(&e.virtio, &echo_ops, &e, NULL, 0));
    r = rig_create(&e.virtio, false);
}

static void tear_down(void)
{
    rig_destroy(r);
    virtio_destroy(&e.virtio);
}

/* Give back chain I with WRITTEN bytes. */
static void use(unsigned i, u32 written)
{
    virtqueue_push(&e.virtio.queue[0], e.chain[i].head, written);
    virtio_notify(&e.virtio, 0);
}

TestSuite(virtqueue, .init = set_up, .fini = tear_down);

Test(virtqueue, a_chain_is_what_the_driver_wrote)
{
    char bytes[16];
    u32 len;
    rig_start(r, 0, 1, SIZE);
    memcpy(rig_at(r, RIG_DATA), "0123456789", 10);
    rig_desc(r, 0, 5, RIG_DATA, 4, D_NEXT, 2);
    rig_desc(r, 0, 2, RIG_DATA + 4, 6, D_NEXT, 7);
    rig_desc(r, 0, 7, RIG_DATA + 0x100, 3, D_NEXT | D_WRITE, 0);
    rig_desc(r, 0, 0, RIG_DATA + 0x200, 5, D_WRITE, 3);
    rig_offer(r, 0, 5);
    rig_notify(r, 0);
    cr_assert_eq(e.chains, 1);
    const struct virtq_chain *c = &e.chain[0];
    cr_assert_eq(c->head, 5);
    cr_assert_eq(c->out_count, 2);
    cr_assert_eq(c->in_count, 2);
    cr_assert_eq(c->out_len, 10);
    cr_assert_eq(c->in_len, 8);
    cr_assert_eq(virtq_read(c, 2, bytes, sizeof(bytes)), 8);
    cr_assert_eq(memcmp(bytes, "23456789", 8), 0);
    cr_assert_eq(virtq_write(&r->bus, c, 1, "ABCDEFGHIJ", 10), 7);
    cr_assert_eq(memcmp(rig_at(r, RIG_DATA + 0x101), "AB", 2), 0);
    cr_assert_eq(memcmp(rig_at(r, RIG_DATA + 0x200), "CDEFG", 6), 0, "and not a byte behind");
    cr_assert_eq(rig_used(r, 0, &len), -1);
    cr_assert(!r->irq);
    use(0, 8);
    cr_assert(r->irq);
    cr_assert_eq(rig_get(r, R_INTERRUPT), 1);
    cr_assert_eq(rig_used(r, 0, &len), 5);
    cr_assert_eq(len, 8);
    rig_put(r, R_ACK, 1);
    cr_assert(!r->irq);
}

Test(virtqueue, slices_begin_and_end_anywhere)
{
    struct virtq_segment s[VIRTQ_MAX_SIZE];
    rig_start(r, 0, 1, SIZE);
    for (u16 i = 0; i < 4; i++)
        rig_desc(r, 0, i, RIG_DATA + 0x100 * i, 10, D_WRITE | (i < 3 ? D_NEXT : 0), i + 1);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert_eq(e.chains, 1);
    cr_assert_eq(virtq_slice(&e.chain[0], true, 15, 20, s), 3);
    cr_assert_eq(s[0].pa, RIG_DATA + 0x105);
    cr_assert_eq(s[0].len, 5);
    cr_assert_eq(s[1].len, 10);
    cr_assert_eq(s[2].pa, RIG_DATA + 0x300);
    cr_assert_eq(s[2].len, 5);
    cr_assert_eq(virtq_slice(&e.chain[0], true, 40, 1, s), 0);
    cr_assert_eq(virtq_slice(&e.chain[0], false, 0, 1, s), 0);
}

Test(virtqueue, rings_and_indices_wrap)
{
    u32 len;
    rig_start(r, 0, 1, SIZE);
    for (u32 i = 0; i < 0x10000 + 3 * SIZE; i++) {
        u16 head = i % SIZE;
        rig_desc(r, 0, head, RIG_DATA, 4, D_WRITE, 0);
        rig_offer(r, 0, head);
        rig_notify(r, 0);
        cr_assert_eq(e.chains, 1);
        use(0, i);
        e.chains = 0;
        cr_assert_eq(rig_used(r, 0, &len), head);
        cr_assert_eq(len, i);
    }
}

Test(virtqueue, indirect_tables)
{
    u64 table = RIG_DATA + 0x1000;
    rig_start(r, F_INDIRECT, 1, SIZE);
    rig_desc_at(r, table, 0, RIG_DATA, 4, D_NEXT, 2);
    rig_desc_at(r, table, 2, RIG_DATA + 4, 4, D_NEXT | D_WRITE, 1);
    rig_desc_at(r, table, 1, RIG_DATA + 8, 4, D_WRITE, 0);
    /* 2.7.5.3.1: direct descriptors may come before the one that refers to the table. */
    rig_desc(r, 0, 3, RIG_DATA + 0x40, 2, D_NEXT, 4);
    rig_desc(r, 0, 4, table, 3 * 16, D_INDIRECT, 0);
    rig_offer(r, 0, 3);
    rig_notify(r, 0);
    cr_assert_eq(e.chains, 1);
    cr_assert_eq(e.chain[0].out_len, 6);
    cr_assert_eq(e.chain[0].in_len, 8);
    cr_assert_eq(e.chain[0].segment[2].pa, RIG_DATA + 4);
}

Test(virtqueue, no_interrupt_when_the_driver_wants_none)
{
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA, 4, D_WRITE, 0);
    rig_store(r, r->queue[0].driver, 2, 1);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    use(0, 4);
    cr_assert(!r->irq);
}

Test(virtqueue, event_indices)
{
    rig_start(r, F_EVENT, 1, SIZE);
    for (u16 i = 0; i < 4; i++) {
        rig_desc(r, 0, i, RIG_DATA, 4, D_WRITE, 0);
        rig_offer(r, 0, i);
    }
    rig_store(r, rig_used_event(r, 0), 2, 2); /* at the third */
    rig_notify(r, 0);
    cr_assert_eq(e.chains, 4);
    cr_assert_eq(rig_load(r, rig_available_event(r, 0), 2), 4, "notify at the fifth");
    use(0, 4);
    rig_put(r, R_ACK, 1);
    use(1, 4);
    cr_assert(!r->irq);
    use(2, 4);
    cr_assert(r->irq);
    rig_put(r, R_ACK, 1);
    use(3, 4);
    cr_assert(!r->irq, "it has been passed");
}

Test(virtqueue, chains_can_be_put_back)
{
    struct virtqueue *q = &e.virtio.queue[0];
    struct virtq_chain c;
    rig_start(r, 0, 1, SIZE);
    for (u16 i = 0; i < 3; i++) {
        rig_desc(r, 0, i, RIG_DATA, 4, D_WRITE, 0);
        rig_offer(r, 0, i);
    }
    cr_assert(virtqueue_pop(q, &c) && virtqueue_pop(q, &c));
    virtqueue_unpop(q, 2);
    cr_assert(virtqueue_pop(q, &c));
    cr_assert_eq(c.head, 0);
}

/* What is decoded from pages that a device writes is dropped. */
static u64 dropped[4];
static unsigned drops;

static void code_written(void *owner, u64 pa, u64 len)
{
    if (drops < ARRAY_LEN(dropped))
        dropped[drops++] = pa;
}

Test(virtqueue, dma_drops_decoded_code)
{
    drops = 0;
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA + 0xffe, 4, D_WRITE, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    r->bus.code_written = code_written;
    ram_page_at(&r->bus.ram[0], RIG_DATA + 0x1000)->ops = (struct uop *)&drops;
    virtq_write(&r->bus, &e.chain[0], 0, "abcd", 4);
    cr_assert_eq(drops, 1);
    cr_assert_eq(dropped[0], RIG_DATA + 0x1000);
    ram_page_at(&r->bus.ram[0], r->queue[0].device)->ops = (struct uop *)&drops;
    use(0, 4);
    cr_assert_gt(drops, 1, "the ring is guest memory, too");
}

/* --- hostile drivers -------------------------------------------------------- */

/* The driver made available what breaks the device; afterwards a reset heals it. */
static void expect_broken(const char *words)
{
    unsigned before = e.chains;
    rig_notify(r, 0);
    cr_assert(rig_is_broken(r), "%s", words);
    cr_assert(rig_logged(r, words), "not logged: %s", words);
    cr_assert_eq(e.chains, before);
    cr_assert(rig_get(r, R_INTERRUPT) & 2, "2.1.2: a configuration change notification");
    unsigned notified = e.notified;
    rig_notify(r, 0);
    cr_assert_eq(e.notified, notified, "a broken device does nothing");
    rig_start(r, 0, 1, SIZE);
    cr_assert(!rig_is_broken(r));
    rig_desc(r, 0, 0, RIG_DATA, 4, D_WRITE, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert_eq(e.chains, 1);
    use(0, 4);
}

/* A chain of one descriptor that breaks the device. */
static void expect_bad_buffer(u64 pa, u32 len, u16 flags)
{
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, pa, len, flags, 0);
    rig_offer(r, 0, 0);
    expect_broken("is not in RAM");
}

Test(virtqueue, buffers_outside_ram)
{
    expect_bad_buffer(RIG_DATA, 0, 0);
    expect_bad_buffer(0, 16, 0);
    expect_bad_buffer(RIG_SLOT, 16, D_WRITE);
    expect_bad_buffer(RIG_RAM - 1, 2, 0);
    expect_bad_buffer(RIG_RAM + RIG_SIZE - 1, 2, D_WRITE);
    expect_bad_buffer(RIG_RAM, UINT32_MAX, D_WRITE);
    expect_bad_buffer(UINT64_MAX, 2, 0);
    expect_bad_buffer(UINT64_MAX - 7, 16, D_WRITE);
}

Test(virtqueue, read_only_memory_is_not_written)
{
    struct ram *rom = bus_add_ram(&r->bus, "rom", 0, 4096);
    rom->readonly = true;
    expect_bad_buffer(0, 16, D_WRITE);
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, 0, 16, 0, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert(!rig_is_broken(r), "but it may be read");
}

Test(virtqueue, loops_end)
{
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA, 4, D_NEXT, 1);
    rig_desc(r, 0, 1, RIG_DATA, 4, D_NEXT, 0);
    rig_offer(r, 0, 0);
    expect_broken("longer than itself");
    rig_start(r, F_INDIRECT, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA + 0x1000, 16, D_INDIRECT, 0);
    rig_desc_at(r, RIG_DATA + 0x1000, 0, RIG_DATA, 4, D_NEXT, 0);
    rig_offer(r, 0, 0);
    expect_broken("longer than itself");
}

Test(virtqueue, indices_out_of_range)
{
    rig_start(r, 0, 1, SIZE);
    rig_offer(r, 0, SIZE);
    expect_broken("descriptor 8 of 8");
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA, 4, D_NEXT, UINT16_MAX);
    rig_offer(r, 0, 0);
    expect_broken("descriptor 65535 of 8");
    rig_start(r, F_INDIRECT, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA + 0x1000, 16, D_INDIRECT, 0);
    rig_desc_at(r, RIG_DATA + 0x1000, 0, RIG_DATA, 4, D_NEXT, 1);
    rig_offer(r, 0, 0);
    expect_broken("descriptor 1 of 1");
}

Test(virtqueue, an_available_index_that_runs_away)
{
    rig_start(r, 0, 1, SIZE);
    rig_store(r, r->queue[0].driver + 2, 2, SIZE + 1);
    expect_broken("9 chains in a ring of 8");
    rig_start(r, F_EVENT, 1, SIZE);
    rig_store(r, r->queue[0].driver + 2, 2, UINT16_MAX);
    expect_broken("65535 chains in a ring of 8");
}

Test(virtqueue, a_chain_offered_again_and_again)
{
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA, 4, D_WRITE, 0);
    for (unsigned i = 0; i < SIZE; i++)
        rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert_eq(e.chains, SIZE);
    rig_offer(r, 0, 0);
    expect_broken("more than 8 chains in use");
}

Test(virtqueue, readable_behind_writable)
{
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA, 4, D_NEXT | D_WRITE, 1);
    rig_desc(r, 0, 1, RIG_DATA, 4, 0, 0);
    rig_offer(r, 0, 0);
    expect_broken("readable descriptor behind");
}

/* An indirect table of LEN bytes at TABLE, with FEATURES negotiated. */
static void expect_bad_table(u64 features, u64 table, u32 len, u16 flags, const char *words)
{
    rig_start(r, features, 1, SIZE);
    rig_desc_at(r, RIG_DATA + 0x1000, 0, RIG_DATA + 0x1000, 16, D_INDIRECT, 0);
    rig_desc(r, 0, 0, table, len, D_INDIRECT | flags, 1);
    rig_desc(r, 0, 1, RIG_DATA, 4, 0, 0);
    rig_offer(r, 0, 0);
    expect_broken(words);
}

Test(virtqueue, indirect_tables_that_are_none)
{
    expect_bad_table(0, RIG_DATA, 16, 0, "was not negotiated");
    expect_bad_table(F_INDIRECT, RIG_DATA + 0x1000, 16, 0, "is within another");
    expect_bad_table(F_INDIRECT, RIG_DATA, 16, D_NEXT, "followed by");
    expect_bad_table(F_INDIRECT, RIG_DATA, 0, 0, "no whole number");
    expect_bad_table(F_INDIRECT, RIG_DATA, 24, 0, "no whole number");
    expect_bad_table(F_INDIRECT, RIG_RAM + RIG_SIZE - 16, 32, 0, "is not in RAM");
    expect_bad_table(F_INDIRECT, RIG_DATA, 0xfffffff0, 0, "is not in RAM");
}

Test(virtqueue, rings_outside_ram)
{
    static const u64 bad[] = {0, RIG_SLOT, RIG_RAM + RIG_SIZE - 16, UINT64_MAX - 15, RIG_RAM + 1};
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        for (unsigned area = 0; area < 3; area++) {
            cr_assert(rig_negotiate(r, F_VERSION));
            rig_queue(r, 0, SIZE);
            rig_put(r, R_READY, 0);
            rig_put(r, R_DESC + 0x10 * area, (u32)bad[i]);
            rig_put(r, R_DESC + 0x10 * area + 4, (u32)(bad[i] >> 32));
            rig_put(r, R_READY, 1);
            cr_assert(rig_is_broken(r), "%#llx", (unsigned long long)bad[i]);
            cr_assert_eq(rig_get(r, R_READY), 0);
        }
    }
}

Test(virtqueue, sizes_that_are_none)
{
    static const u32 bad[] = {0, 3, 128, 0x8000, 0x10000, 0x10008, UINT32_MAX};
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        cr_assert(rig_negotiate(r, F_VERSION));
        rig_queue(r, 0, SIZE);
        rig_put(r, R_READY, 0);
        rig_put(r, R_NUM, bad[i]);
        rig_put(r, R_READY, 1);
        cr_assert(rig_is_broken(r), "%#x", bad[i]);
    }
}

Test(virtqueue, a_queue_taken_away_while_chains_are_in_use)
{
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA, 4, D_WRITE, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert_eq(e.chains, 1);
    rig_put(r, R_READY, 0);
    rig_put(r, R_READY, 1);
    cr_assert(rig_is_broken(r));
    use(0, 4);
    cr_assert_eq(rig_load(r, r->queue[0].device + 2, 2), 0, "nothing is written any more");
}
