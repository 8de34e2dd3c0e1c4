/*
 * The PL031 through its ops: DDI 0224's registers and alarm, and the identity and
 * reset state that QEMU 7.2's virt board shows (read there with the monitor's xp).
 */
#include <criterion/criterion.h>

#include <libfdt.h>
#include <string.h>

#include "devices/pl031.h"

enum { /* DDI 0224, table 3-1 */
       DR = 0x00,
       MR = 0x04,
       LR = 0x08,
       CR = 0x0c,
       IMSC = 0x10,
       RIS = 0x14,
       MIS = 0x18,
       ICR = 0x1c,
};

#define EPOCH UINT64_C(1700000000)

struct rig {
    struct pl031 rtc;
    struct clock clock;
    u64 now;
    bool irq;
};

static u64 rig_now(void *owner)
{
    return ((struct rig *)owner)->now;
}

static void set_irq(void *owner, unsigned input, bool level)
{
    ((struct rig *)owner)->irq = level;
}

static void start_at(struct rig *r, u64 epoch_ns)
{
    *r = (struct rig){.clock = {.source = rig_now, .owner = r}};
    pl031_init(&r->rtc, &r->clock, (struct irq_line){set_irq, r, 0}, epoch_ns);
}

static void start(struct rig *r, u64 epoch)
{
    start_at(r, epoch * NS_PER_SEC);
}

static u32 rd(struct rig *r, u64 offset)
{
    return (u32)pl031_ops.read(&r->rtc, offset, 4);
}

static void wr(struct rig *r, u64 offset, u32 value)
{
    pl031_ops.write(&r->rtc, offset, 4, value);
}

static void pass_time(struct rig *r, u64 ns)
{
    u64 end = r->now + ns;
    while (clock_deadline(&r->clock) <= end) {
        u64 next = clock_deadline(&r->clock);
        r->now = next > r->now ? next : r->now;
        clock_run(&r->clock);
    }
    r->now = end;
}

Test(pl031, identity_and_reset_state)
{
    static const u8 id[8] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct rig r;
    start(&r, EPOCH);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(rd(&r, 0xfe0 + 4 * i), id[i]);
    cr_assert_eq(rd(&r, DR), EPOCH);
    cr_assert_eq(rd(&r, CR), 1);
    for (unsigned offset = 4; offset < 0xfe0; offset += 4)
        if (offset != CR)
            cr_assert_eq(rd(&r, offset), 0, "register 0x%x", offset);
}

Test(pl031, counts_seconds)
{
    struct rig r;
    start(&r, EPOCH);
    pass_time(&r, NS_PER_SEC - 1);
    cr_assert_eq(rd(&r, DR), EPOCH);
    pass_time(&r, 1);
    cr_assert_eq(rd(&r, DR), EPOCH + 1);
    pass_time(&r, 86400 * NS_PER_SEC);
    cr_assert_eq(rd(&r, DR), EPOCH + 86401);
    wr(&r, CR, 0);
    pass_time(&r, NS_PER_SEC);
    cr_assert_eq(rd(&r, DR), EPOCH + 86402, "it can't be stopped");
    wr(&r, DR, 5);
    cr_assert_eq(rd(&r, DR), EPOCH + 86402, "nor set by writing the data register");
}

Test(pl031, load_sets_the_time)
{
    struct rig r;
    start(&r, EPOCH);
    pass_time(&r, 10 * NS_PER_SEC);
    wr(&r, LR, 1000);
    cr_assert_eq(rd(&r, LR), 1000);
    cr_assert_eq(rd(&r, DR), 1000);
    pass_time(&r, 5 * NS_PER_SEC);
    cr_assert_eq(rd(&r, DR), 1005);
    pl031_ops.reset(&r.rtc);
    cr_assert_eq(rd(&r, DR), 1005, "the battery keeps the time over a reset");
}

Test(pl031, counter_wraps)
{
    struct rig r;
    start(&r, 0xffffffff);
    cr_assert_eq(rd(&r, DR), 0xffffffff);
    wr(&r, IMSC, 1);
    wr(&r, MR, 1);
    pass_time(&r, NS_PER_SEC);
    cr_assert_eq(rd(&r, DR), 0);
    cr_assert_not(r.irq);
    pass_time(&r, NS_PER_SEC);
    cr_assert(r.irq);
}

/* As Linux's rtc-pl031 uses it: match, clear, unmask, interrupt, clear. */
Test(pl031, alarm)
{
    struct rig r;
    start(&r, EPOCH);
    pass_time(&r, NS_PER_SEC / 2);
    wr(&r, MR, EPOCH + 3);
    cr_assert_eq(rd(&r, MR), EPOCH + 3);
    wr(&r, ICR, 1);
    wr(&r, IMSC, 1);
    pass_time(&r, 5 * NS_PER_SEC / 2 - 1);
    cr_assert_eq(rd(&r, DR), EPOCH + 2);
    cr_assert_not(r.irq);
    pass_time(&r, 1);
    cr_assert_eq(rd(&r, DR), EPOCH + 3);
    cr_assert(r.irq);
    cr_assert_eq(rd(&r, MIS), 1);
    wr(&r, IMSC, 0);
    cr_assert_not(r.irq);
    cr_assert_eq(rd(&r, RIS), 1);
    cr_assert_eq(rd(&r, MIS), 0);
    wr(&r, IMSC, 1);
    wr(&r, ICR, 1);
    cr_assert_not(r.irq);
    cr_assert_eq(rd(&r, RIS), 0);
    pass_time(&r, 100 * NS_PER_SEC);
    cr_assert_eq(rd(&r, RIS), 0, "it comes once");
}

Test(pl031, alarm_moves_with_the_time_and_with_the_match)
{
    struct rig r;
    start(&r, EPOCH);
    wr(&r, IMSC, 1);
    wr(&r, MR, EPOCH + 100);
    wr(&r, LR, EPOCH + 98);
    pass_time(&r, 2 * NS_PER_SEC);
    cr_assert(r.irq);
    wr(&r, ICR, 1);
    wr(&r, MR, EPOCH + 200);
    wr(&r, MR, EPOCH + 300);
    pass_time(&r, 150 * NS_PER_SEC);
    cr_assert_not(r.irq);
    wr(&r, MR, rd(&r, DR));
    cr_assert(r.irq, "a match with this second is a match");
    wr(&r, ICR, 1);
    wr(&r, MR, rd(&r, DR) - 1);
    pass_time(&r, 1000 * NS_PER_SEC);
    cr_assert_not(r.irq, "what is past comes when the counter has wrapped");
    pl031_ops.reset(&r.rtc);
    cr_assert_eq(clock_deadline(&r.clock), CLOCK_NEVER);
    cr_assert_eq(rd(&r, IMSC), 0);
}

/* The node that QEMU 7.2 writes, as `dtc` shows it. */
/* Its seconds begin when those of the wall clock do. */
Test(pl031, starts_in_the_midst_of_a_second)
{
    enum { QUARTER = NS_PER_SEC / 4 };
    struct rig r;
    start_at(&r, EPOCH * NS_PER_SEC + 3 * QUARTER);
    cr_assert_eq(rd(&r, DR), EPOCH);
    wr(&r, IMSC, 1);
    wr(&r, MR, EPOCH + 2);
    pass_time(&r, QUARTER - 1);
    cr_assert_eq(rd(&r, DR), EPOCH);
    pass_time(&r, 1);
    cr_assert_eq(rd(&r, DR), EPOCH + 1);
    pass_time(&r, NS_PER_SEC - 1);
    cr_assert_not(r.irq);
    pass_time(&r, 1);
    cr_assert(r.irq);
    cr_assert_eq(rd(&r, DR), EPOCH + 2);
}

Test(pl031, device_tree_node)
{
    static const struct {
        const char *name, *data;
        int len;
    } expected[] = {
        {"clock-names", "apb_pclk", 9},
        {"clocks", "\0\0\x80\0", 4},
        {"interrupts", "\0\0\0\0\0\0\0\x02\0\0\0\x04", 12},
        {"reg", "\0\0\0\0\x09\x01\0\0\0\0\0\0\0\0\x10\0", 16},
        {"compatible", "arm,pl031\0arm,primecell", 24},
    };
    char fdt[2048];
    struct dt_place at = {.base = 0x9010000, .size = 0x1000, .spi = 2, .clock = 0x8000};
    cr_assert_eq(fdt_create(fdt, sizeof(fdt)), 0);
    cr_assert_eq(fdt_finish_reservemap(fdt), 0);
    cr_assert_eq(fdt_begin_node(fdt, ""), 0);
    cr_assert_eq(pl031_ops.fdt(NULL, fdt, &at), 0);
    cr_assert_eq(fdt_end_node(fdt), 0);
    cr_assert_eq(fdt_finish(fdt), 0);
    int node = fdt_path_offset(fdt, "/pl031@9010000"), property, i = 0;
    cr_assert_geq(node, 0);
    fdt_for_each_property_offset(property, fdt, node)
    {
        const char *name;
        int len;
        const void *data = fdt_getprop_by_offset(fdt, property, &name, &len);
        cr_assert_lt(i, (int)ARRAY_LEN(expected));
        cr_assert_str_eq(name, expected[i].name);
        cr_assert_eq(len, expected[i].len);
        cr_assert_eq(memcmp(data, expected[i].data, (size_t)len), 0);
        i++;
    }
    cr_assert_eq(i, (int)ARRAY_LEN(expected));
}

/* Against a model that looks at every second, for a guest that does anything. */
Test(pl031, random_accesses)
{
    struct rig r;
    u64 x = 1;
    start(&r, EPOCH);
    for (unsigned i = 0; i < 200000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        u32 random = (u32)(x >> 32);
        u64 offset = random & 1 ? (random >> 1) % 8 * 4 : (random >> 1) % 0x1000;
        unsigned size = 1u << (random >> 14 & 1) << (random >> 15 & 1);
        offset &= ~(u64)(size - 1);
        if (random >> 16 & 1)
            pl031_ops.read(&r.rtc, offset, size);
        else
            pl031_ops.write(&r.rtc, offset, size, random >> 17 & 1 ? random : rd(&r, DR) + 3);
        u32 before = rd(&r, DR), ris = rd(&r, RIS), match = rd(&r, MR);
        pass_time(&r, (random >> 20 & 7) * NS_PER_SEC);
        for (u32 t = before + 1; t - before <= rd(&r, DR) - before; t++)
            ris |= t == match;
        cr_assert_eq(rd(&r, RIS), ris);
        cr_assert_eq(rd(&r, MIS), (ris & rd(&r, IMSC)));
        cr_assert_eq(r.irq, rd(&r, MIS) != 0);
    }
    pl031_destroy(&r.rtc);
    cr_assert_null(r.clock.first);
}

/* A rig's clock beside a time of day that somebody sets. */
static u64 time_of_day;

static u64 day_now(void *owner)
{
    return time_of_day;
}

Test(pl031, counts_the_time_of_day_it_follows)
{
    static const struct clock day = {.source = day_now};
    struct rig r;
    start(&r, EPOCH);
    time_of_day = (EPOCH + 100) * NS_PER_SEC + NS_PER_SEC - 1;
    pl031_follow(&r.rtc, &day);
    cr_assert_eq(rd(&r, DR), EPOCH + 100);
    time_of_day++;
    cr_assert_eq(rd(&r, DR), EPOCH + 101);
    pass_time(&r, 5 * NS_PER_SEC);
    cr_assert_eq(rd(&r, DR), EPOCH + 101, "the machine's time is not counted");
    wr(&r, LR, 7);
    time_of_day += 3 * NS_PER_SEC;
    cr_assert_eq(rd(&r, DR), 10);
}

Test(pl031, an_alarm_on_a_time_of_day_that_is_set)
{
    static const struct clock day = {.source = day_now};
    struct rig r;
    start(&r, EPOCH);
    time_of_day = EPOCH * NS_PER_SEC;
    pl031_follow(&r.rtc, &day);
    wr(&r, IMSC, 1);
    wr(&r, MR, (u32)EPOCH + 3600);
    for (unsigned i = 0; i < 10; i++) {
        time_of_day += NS_PER_SEC;
        pass_time(&r, NS_PER_SEC);
    }
    cr_assert(!r.irq);
    time_of_day += 3600 * NS_PER_SEC;
    pass_time(&r, NS_PER_SEC);
    cr_assert(r.irq, "within a second of being set past it");
    wr(&r, ICR, 1);
    wr(&r, MR, (u32)(time_of_day / NS_PER_SEC) + 2);
    time_of_day -= 100 * NS_PER_SEC;
    pass_time(&r, 10 * NS_PER_SEC);
    cr_assert(!r.irq, "it was set back");
    time_of_day += 102 * NS_PER_SEC;
    pass_time(&r, NS_PER_SEC);
    cr_assert(r.irq);
}
