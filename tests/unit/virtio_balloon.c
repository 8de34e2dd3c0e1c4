/*
 * virtio-balloon through its queues (VIRTIO 1.2, 5.5).
 */
#include "devices/virtio_balloon.h"
#include "tests/unit/virtio_rig.h"

enum { SIZE = 8, INFLATE = 0, DEFLATE = 1, STATS = 2, NUM_PAGES = R_CONFIG, ACTUAL = R_CONFIG + 4 };

#define PAGES    (RIG_RAM + 0xc0000) /* to be taken away: 64 of them */
#define F_STATS  BIT(1)
#define F_OOM    BIT(2)
#define F_REPORT BIT(5)

static struct virtio *v;
static struct rig *r;

static void plug(bool oom, bool reporting)
{
    struct virtio_balloon_options o = {RIG_SIZE, oom, reporting};
    v = virtio_balloon_create(&o);
    r = rig_create(v, false);
    memset(rig_at(r, PAGES), 0x55, 0x40000);
}

static void unplug(void)
{
    if (!r)
        return;
    virtio_balloon_destroy(v);
    rig_destroy(r);
}

TestSuite(virtio_balloon, .fini = unplug);

/* Send COUNT page numbers into QUEUE. */
static void send_pages(unsigned queue, const u32 *page, u32 count)
{
    u32 len;
    memcpy(rig_at(r, RIG_DATA), page, count * sizeof(*page));
    rig_desc(r, queue, 0, RIG_DATA, count * (u32)sizeof(*page), 0, 0);
    rig_offer(r, queue, 0);
    rig_notify(r, queue);
    cr_assert_eq(rig_used(r, queue, &len), 0);
}

static bool is_kept(unsigned page)
{
    return rig_load(r, PAGES + 0x1000 * page, 8) == UINT64_C(0x5555555555555555) &&
           rig_load(r, PAGES + 0x1000 * page + 0xff8, 8) == UINT64_C(0x5555555555555555);
}

static bool is_zero(unsigned page)
{
    const u8 *at = rig_at(r, PAGES + 0x1000 * page);
    return at[0] == 0 && !memcmp(at, at + 1, 0xfff);
}

Test(virtio_balloon, features)
{
    plug(false, false);
    cr_assert_eq(rig_get(r, R_DEVICE), 5);
    cr_assert_eq(rig_offered(r) & 0xff, F_STATS);
    unplug();
    plug(true, true);
    cr_assert_eq(rig_offered(r) & 0xff, F_STATS | F_OOM | F_REPORT);
}

Test(virtio_balloon, inflate_gives_pages_back)
{
    const u32 first = PAGES >> 12;
    const u32 pages[] = {first + 1, first + 2, first + 3, first + 9,
                         first + 8, first + 7, first + 20};
    plug(false, false);
    rig_start(r, F_STATS, 3, SIZE);
    send_pages(INFLATE, pages, ARRAY_LEN(pages));
    for (unsigned i = 0; i < 64; i++) {
        bool gone = (i >= 1 && i <= 3) || (i >= 7 && i <= 9) || i == 20;
        cr_assert(gone ? is_zero(i) : is_kept(i), "page %u", i);
    }
    rig_store(r, PAGES + 0x1000, 8, 7);
    cr_assert_eq(rig_load(r, PAGES + 0x1000, 8), 7, "and can be used at any time");
    send_pages(DEFLATE, pages, ARRAY_LEN(pages));
    cr_assert(r->irq);
    cr_assert(!rig_is_broken(r));
}

Test(virtio_balloon, pages_that_are_not_ram_are_ignored)
{
    const u32 pages[] = {0,
                         1,
                         UINT32_MAX,
                         (RIG_RAM >> 12) - 1,
                         (RIG_RAM + RIG_SIZE) >> 12,
                         (RIG_RAM + RIG_SIZE - 1) >> 12,
                         0xa000000 >> 12};
    plug(false, false);
    rig_start(r, F_STATS, 3, SIZE);
    send_pages(INFLATE, pages, ARRAY_LEN(pages));
    for (unsigned i = 0; i < 63; i++)
        cr_assert(is_kept(i));
    cr_assert(is_zero(63), "the last one is RAM");
    cr_assert(!rig_is_broken(r));
}

/* Pages with decoded code, and pages that somebody watches, are no exception. */
static u64 dropped;
static void code_written(void *owner, u64 pa, u64 len)
{
    dropped = pa;
}

Test(virtio_balloon, decoded_code_is_dropped)
{
    const u32 page = (PAGES >> 12) + 5;
    plug(false, false);
    rig_start(r, F_STATS, 3, SIZE);
    r->bus.code_written = code_written;
    ram_page_at(bus_find_ram(&r->bus, PAGES), PAGES + 0x5000)->ops = (struct uop *)&dropped;
    send_pages(INFLATE, &page, 1);
    cr_assert_eq(dropped, PAGES + 0x5000);
}

Test(virtio_balloon, the_host_asks_and_the_driver_says)
{
    plug(false, false);
    rig_start(r, F_STATS, 3, SIZE);
    u32 generation = rig_get(r, R_GENERATION);
    virtio_balloon_set(v, RIG_SIZE - 0x5000);
    cr_assert_eq(rig_get(r, NUM_PAGES), 5);
    cr_assert_neq(rig_get(r, R_GENERATION), generation);
    cr_assert_eq(rig_get(r, R_INTERRUPT) & 2, 2, "the configuration has changed");
    rig_put(r, ACTUAL, 3);
    cr_assert_eq(rig_get(r, ACTUAL), 3);
    cr_assert_eq(virtio_balloon_ask(v).actual, RIG_SIZE - 0x3000);
    rig_put(r, NUM_PAGES, 9);
    cr_assert_eq(rig_get(r, NUM_PAGES), 5, "not the driver's to write");
    rig_put(r, ACTUAL, UINT32_MAX);
    cr_assert_eq(virtio_balloon_ask(v).actual, 0);
    virtio_balloon_set(v, UINT64_MAX);
    cr_assert_eq(rig_get(r, NUM_PAGES), 0);
    rig_put(r, R_STATUS, 0);
    cr_assert_eq(rig_get(r, ACTUAL), 0);
}

static void put_stat(unsigned i, u16 tag, u64 value)
{
    rig_store(r, RIG_DATA + 10 * i, 2, tag);
    rig_store(r, RIG_DATA + 10 * i + 2, 8, value);
}

/* 5.5.6.3: the device keeps the buffer until it wants to hear more. */
Test(virtio_balloon, statistics)
{
    u32 len;
    plug(false, false);
    rig_start(r, F_STATS, 3, SIZE);
    cr_assert_eq(virtio_balloon_ask(v).known, 0);
    put_stat(0, 4, 1000); /* MEMFREE */
    put_stat(1, 5, 5000); /* MEMTOT */
    put_stat(2, 77, 1);   /* of the future */
    rig_desc(r, STATS, 0, RIG_DATA, 30, 0, 0);
    rig_offer(r, STATS, 0);
    rig_notify(r, STATS);
    cr_assert_eq(rig_used(r, STATS, &len), -1);
    struct virtio_balloon_info info = virtio_balloon_ask(v);
    cr_assert_eq(info.known, BIT(4) | BIT(5));
    cr_assert_eq(info.stat[BALLOON_FREE], 1000);
    cr_assert_eq(info.stat[BALLOON_TOTAL], 5000);
    cr_assert_eq(rig_used(r, STATS, &len), 0, "it is asked again");
    cr_assert_eq(virtio_balloon_ask(v).stat[BALLOON_FREE], 1000);
    put_stat(0, 4, 900);
    rig_offer(r, STATS, 0);
    rig_notify(r, STATS);
    cr_assert_eq(virtio_balloon_ask(v).stat[BALLOON_FREE], 900);
    rig_desc(r, STATS, 1, RIG_DATA, 30, 0, 0);
    for (unsigned i = 0; i < 2; i++)
        rig_offer(r, STATS, (u16)i);
    rig_notify(r, STATS);
    cr_assert_eq(rig_used(r, STATS, &len), 0);
    cr_assert_eq(rig_used(r, STATS, &len), 0, "one too many: the first goes back");
    cr_assert(!rig_is_broken(r));
}

/* As Linux does it: the first buffer is there before DRIVER_OK. */
Test(virtio_balloon, statistics_from_the_start)
{
    plug(false, false);
    cr_assert(rig_negotiate(r, F_STATS | F_VERSION));
    for (unsigned i = 0; i < 3; i++)
        rig_queue(r, i, SIZE);
    put_stat(0, 5, 5000);
    rig_desc(r, STATS, 0, RIG_DATA, 10, 0, 0);
    rig_offer(r, STATS, 0);
    rig_notify(r, STATS);
    cr_assert_eq(virtio_balloon_ask(v).known, 0, "not its turn yet");
    rig_go(r);
    cr_assert_eq(virtio_balloon_ask(v).known, BIT(5));
}

static void report_free(unsigned queue)
{
    u32 len;
    rig_desc(r, queue, 0, PAGES + 0x10000 + 0x800, 0x3000, D_WRITE | D_NEXT, 1);
    rig_desc(r, queue, 1, PAGES + 0x20000, 0x2000, D_WRITE, 0);
    rig_offer(r, queue, 0);
    rig_notify(r, queue);
    cr_assert_eq(rig_used(r, queue, &len), 0);
    for (unsigned i = 0; i < 64; i++) {
        bool gone = i == 0x11 || i == 0x12 || i == 0x20 || i == 0x21;
        cr_assert(gone ? is_zero(i) : is_kept(i), "page %u: whole ones only", i);
    }
}

/* Linux numbers the queues that there are, 5.5.2 all that there could be. */
Test(virtio_balloon, free_pages_as_linux_numbers_queues)
{
    plug(false, true);
    rig_start(r, F_STATS | F_REPORT, 4, SIZE);
    report_free(3);
}

Test(virtio_balloon, free_pages_without_statistics)
{
    plug(false, true);
    rig_start(r, F_REPORT, 3, SIZE);
    report_free(2);
}

Test(virtio_balloon, other_queues_are_not_there)
{
    u32 len;
    plug(false, false);
    rig_start(r, 0, 3, SIZE);
    rig_desc(r, STATS, 0, RIG_DATA, 30, 0, 0);
    rig_offer(r, STATS, 0);
    rig_notify(r, STATS);
    cr_assert_eq(rig_used(r, STATS, &len), -1);
    cr_assert_eq(virtio_balloon_ask(v).known, 0);
}
