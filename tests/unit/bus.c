/*
 * The bus: what answers where, how accesses are split and refused, DMA, and the
 * report of writes to pages that hold decoded code. A device that records its
 * accesses stands for the real ones.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "mmu/bus.h"

enum { LOG = 16 };

struct probe {
    struct access {
        bool write;
        u64 offset;
        unsigned size;
        u64 value;
    } log[LOG];
    unsigned count, resets;
    u64 bytes; /* what reads return, from the offset in bits 2:0 on */
};

static u64 probe_read(void *dev, u64 offset, unsigned size)
{
    struct probe *p = dev;
    cr_assert_lt(p->count, (unsigned)LOG);
    p->log[p->count++] = (struct access){false, offset, size, 0};
    return p->bytes >> (8 * (offset % 8)); /* with more bits than were asked for */
}

static void probe_write(void *dev, u64 offset, unsigned size, u64 value)
{
    struct probe *p = dev;
    cr_assert_lt(p->count, (unsigned)LOG);
    p->log[p->count++] = (struct access){true, offset, size, value};
}

static void probe_reset(void *dev)
{
    ((struct probe *)dev)->resets++;
}

#define PROBE(bytes, min, max)                                                                     \
    {                                                                                              \
        .name = "probe", .size = bytes, .min_access = min, .max_access = max, .read = probe_read,  \
        .write = probe_write, .reset = probe_reset                                                 \
    }

static const struct mmio_ops bytes_ops = PROBE(0x1000, 1, 1);
static const struct mmio_ops words_ops = PROBE(0x1000, 4, 4);
static const struct mmio_ops any_ops = PROBE(0x1000, 1, 8);
static const struct mmio_ops short_ops = PROBE(0x14, 1, 4);

/* What the code_written callback heard. */
struct heard {
    struct bus *bus;
    unsigned count;
    u64 pa[LOG], len[LOG];
    u8 before[LOG]; /* the first byte, as it was when told */
};

static void hear(void *owner, u64 pa, u64 len)
{
    struct heard *h = owner;
    cr_assert_lt(h->count, (unsigned)LOG);
    h->pa[h->count] = pa;
    h->len[h->count] = len;
    cr_assert(bus_dma_read(h->bus, pa, &h->before[h->count], 1));
    h->count++;
}

static u64 must_read(struct bus *b, u64 pa, unsigned size)
{
    u64 value;
    cr_assert_eq(bus_read(b, pa, size, &value), BUS_OK);
    return value;
}

static void refuses(struct bus *b, u64 pa, unsigned size, enum bus_result why)
{
    u64 value = 99;
    cr_assert_eq(bus_read(b, pa, size, &value), why, "read of %u at %lx", size, pa);
    cr_assert_eq(value, 0);
    cr_assert_eq(bus_write(b, pa, size, 1), why, "write of %u at %lx", size, pa);
}

Test(bus, ram_holds_little_endian_values_of_every_size_at_every_alignment)
{
    struct bus b = {0};
    struct ram *r = bus_add_ram(&b, "ram", 0x40000000, 0x2000);
    cr_assert_not_null(r);
    cr_assert_eq(must_read(&b, 0x40000ffc, 8), 0);
    cr_assert_eq(bus_write(&b, 0x40000ffd, 8, 0x8877665544332211), BUS_OK);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(must_read(&b, 0x40000ffd + i, 1), 0x11 * (i + 1));
    cr_assert_eq(must_read(&b, 0x40000ffe, 2), 0x3322);
    cr_assert_eq(must_read(&b, 0x40000fff, 4), 0x66554433);
    cr_assert_eq(bus_write(&b, 0x40000fff, 2, 0xffffabcd), BUS_OK);
    cr_assert_eq(must_read(&b, 0x40000ffd, 8), 0x88776655abcd2211);
    cr_assert_eq(r->host[0xfff], 0xcd);
    bus_destroy(&b);
}

Test(bus, ram_ends_where_it_ends)
{
    struct bus b = {0};
    bus_add_ram(&b, "ram", 0x40000000, 0x1000);
    cr_assert_eq(bus_write(&b, 0x40000ff8, 8, 1), BUS_OK);
    refuses(&b, 0x40000ff9, 8, BUS_UNMAPPED);
    refuses(&b, 0x40001000, 1, BUS_UNMAPPED);
    refuses(&b, 0x3fffffff, 1, BUS_UNMAPPED);
    refuses(&b, 0x3fffffff, 2, BUS_UNMAPPED);
    refuses(&b, UINT64_MAX, 1, BUS_UNMAPPED);
    refuses(&b, UINT64_MAX, 8, BUS_UNMAPPED);
    cr_assert_eq(must_read(&b, 0x40000ff8, 8), 1, "a refused write leaves no byte behind");
    cr_assert_null(bus_find_ram(&b, 0x40001000));
    cr_assert_null(bus_host(&b, 0x40000000, 0x1001));
    cr_assert_null(bus_host(&b, 0x40000fff, UINT64_MAX));
    cr_assert_not_null(bus_host(&b, 0x40000000, 0x1000));
    bus_destroy(&b);
}

Test(bus, accesses_go_on_from_one_region_into_the_next)
{
    struct bus b = {0};
    struct ram *high = bus_add_ram(&b, "high", 0x2000, 0x1000);
    struct ram *low = bus_add_ram(&b, "low", 0x1000, 0x1000);
    cr_assert_eq(bus_write(&b, 0x1ffe, 4, 0x44332211), BUS_OK);
    cr_assert_eq(low->host[0xffe], 0x11);
    cr_assert_eq(high->host[1], 0x44);
    cr_assert_eq(must_read(&b, 0x1ffe, 4), 0x44332211);
    cr_assert_null(bus_host(&b, 0x1ffe, 4), "host memory of two regions does not adjoin");
    high->readonly = true;
    cr_assert_eq(bus_write(&b, 0x1ffe, 4, 0), BUS_BAD_ACCESS);
    cr_assert_eq(must_read(&b, 0x1ffe, 4), 0x44332211);
    bus_destroy(&b);
}

Test(bus, ram_is_reserved_not_committed)
{
    struct bus b = {0};
    const u64 size = BIT(40);
    struct ram *r = bus_add_ram(&b, "huge", BIT(40), size);
    cr_assert_not_null(r);
    cr_assert_eq(bus_write(&b, 2 * size - 8, 8, 7), BUS_OK);
    cr_assert_eq(must_read(&b, 2 * size - 8, 8), 7);
    struct ram_page *last = ram_page_at(r, 2 * size - 1);
    cr_assert_null(last->ops);
    cr_assert_eq(last->flags, 0);
    cr_assert_eq(last - r->pages, (ptrdiff_t)(size / 4096 - 1));

    long pages = 0, ignored = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    cr_assert_eq(fscanf(statm, "%ld %ld", &ignored, &pages), 2);
    fclose(statm);
    cr_assert_lt(pages, 1 << 18, "under 1 GiB resident");
    bus_destroy(&b);
}

Test(bus, regions_that_cannot_be_are_refused)
{
    struct bus b = {0};
    cr_assert_null(bus_add_ram(&b, "empty", 0x1000, 0));
    cr_assert_null(bus_add_ram(&b, "odd size", 0x1000, 0x1800));
    cr_assert_null(bus_add_ram(&b, "odd base", 0x1800, 0x1000));
    cr_assert_null(bus_add_ram(&b, "wraps", -UINT64_C(0x1000), 0x2000));
    cr_assert_null(bus_add_ram(&b, "larger than the host", 0, BIT(62)));
    struct probe p = {0};
    bus_add_mmio(&b, 0x8000, &any_ops, &p);
    cr_assert_null(bus_add_ram(&b, "over a device", 0x7000, 0x2000));
    cr_assert_not_null(bus_add_ram(&b, "below it", 0x7000, 0x1000));
    cr_assert_not_null(bus_add_ram(&b, "above it", 0x9000, 0x3000));
    cr_assert_null(bus_add_ram(&b, "inside another", 0xa000, 0x1000));
    cr_assert_null(bus_add_ram(&b, "around another", 0x6000, 0x10000));
    cr_assert_not_null(bus_add_ram(&b, "to the very top", -UINT64_C(0x1000), 0x1000));
    cr_assert_not_null(bus_add_ram(&b, "fourth", 0x0, 0x1000));
    cr_assert_null(bus_add_ram(&b, "fifth", 0x20000, 0x1000), "BUS_MAX_RAM");
    bus_destroy(&b);
}

Test(bus, overlapping_devices_are_a_bug, .signal = SIGABRT)
{
    struct bus b = {0};
    struct probe p = {0};
    bus_add_mmio(&b, 0x1000, &any_ops, &p);
    bus_add_mmio(&b, 0x1ff8, &any_ops, &p);
}

Test(bus, a_device_answers_in_its_window_whatever_the_order_of_mapping)
{
    struct bus b = {0};
    struct probe p[BUS_MAX_MMIO] = {0};
    for (unsigned i = 0; i < BUS_MAX_MMIO; i++) {
        unsigned place = i * 37 % BUS_MAX_MMIO;
        bus_add_mmio(&b, 0x10000 + 0x2000 * place, &bytes_ops, &p[place]);
    }
    for (unsigned i = 0; i < BUS_MAX_MMIO; i++) {
        u64 base = 0x10000 + 0x2000 * i;
        p[i].bytes = 0x40 + i;
        cr_assert_eq(must_read(&b, base, 1), 0x40 + i);
        cr_assert_eq(bus_write(&b, base + 0xfff, 1, i), BUS_OK);
        cr_assert_eq(p[i].count, 2);
        cr_assert_eq(p[i].log[1].offset, 0xfff);
        cr_assert_eq(p[i].log[1].value, i);
        refuses(&b, base + 0x1000, 1, BUS_UNMAPPED);
        refuses(&b, base - 1, 1, BUS_UNMAPPED);
    }
    bus_reset(&b);
    for (unsigned i = 0; i < BUS_MAX_MMIO; i++)
        cr_assert_eq(p[i].resets, 1);
    bus_destroy(&b);
}

Test(bus, wide_accesses_are_split_lowest_address_first)
{
    struct bus b = {0};
    struct probe p = {.bytes = 0x8877665544332211};
    bus_add_mmio(&b, 0x1000, &words_ops, &p);
    cr_assert_eq(must_read(&b, 0x1010, 8), 0x8877665544332211);
    cr_assert_eq(bus_write(&b, 0x1018, 8, 0xaaaabbbbccccdddd), BUS_OK);
    const struct access expected[] = {{false, 0x10, 4, 0},
                                      {false, 0x14, 4, 0},
                                      {true, 0x18, 4, 0xccccdddd},
                                      {true, 0x1c, 4, 0xaaaabbbb}};
    cr_assert_eq(p.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(p.log[i].write, expected[i].write);
        cr_assert_eq(p.log[i].offset, expected[i].offset);
        cr_assert_eq(p.log[i].size, expected[i].size);
        cr_assert_eq(p.log[i].value, expected[i].value);
    }
}

Test(bus, a_device_sees_no_size_it_does_not_know)
{
    struct bus b = {0};
    struct probe p = {.bytes = 0x8877665544332211};
    bus_add_mmio(&b, 0x1000, &words_ops, &p);
    bus_add_mmio(&b, 0x2000, &any_ops, &p);
    bus_add_mmio(&b, 0x3000, &short_ops, &p);
    refuses(&b, 0x1000, 1, BUS_BAD_ACCESS); /* narrower than it takes */
    refuses(&b, 0x1000, 2, BUS_BAD_ACCESS);
    refuses(&b, 0x1002, 4, BUS_BAD_ACCESS); /* unaligned */
    refuses(&b, 0x1004, 8, BUS_BAD_ACCESS);
    refuses(&b, 0x2001, 2, BUS_BAD_ACCESS);
    refuses(&b, 0x2ffc, 8, BUS_BAD_ACCESS);
    refuses(&b, 0x3010, 8, BUS_BAD_ACCESS); /* runs out of the window */
    refuses(&b, 0x3014, 1, BUS_UNMAPPED);   /* is out of it */
    cr_assert_eq(p.count, 0);
    cr_assert_eq(must_read(&b, 0x2005, 1), 0x66, "no bits but those asked for");
    cr_assert_eq(bus_write(&b, 0x2006, 2, 0x1234567), BUS_OK);
    cr_assert_eq(p.log[1].value, 0x4567);
    cr_assert_eq(must_read(&b, 0x2008, 8), 0x8877665544332211);
}

Test(bus, read_only_memory_refuses_guests_and_dma_and_is_programmed)
{
    struct bus b = {0};
    struct ram *rom = bus_add_ram(&b, "flash", 0, 0x1000);
    rom->readonly = true;
    bus_program(&b, rom, 0x10, "firmware", 8);
    cr_assert(!bus_dma_write(&b, 0x10, "anything", 8));
    cr_assert_eq(bus_write(&b, 0x10, 8, 0), BUS_BAD_ACCESS);
    cr_assert_eq(must_read(&b, 0x10, 1), 'f');
    u64 expected = must_read(&b, 0x10, 8);
    cr_assert_eq(bus_compare_and_swap(&b, 0x10, &expected, 0), BUS_BAD_ACCESS);
    cr_assert_eq(must_read(&b, 0x10, 1), 'f');
    bus_destroy(&b);
}

/* Reads of flash go to memory or device, writes to the device alone. */
Test(bus, flash_shows_its_memory_or_its_device)
{
    struct bus b = {0};
    struct probe p = {0};
    static struct mmio_ops ops;
    ops = any_ops;
    ops.size = 0x1000;
    struct ram *r = bus_add_flash(&b, 0x2000, &ops, &p);
    cr_assert_not_null(r);
    bus_program(&b, r, 8, "abcdefgh", 8);
    cr_assert_eq(must_read(&b, 0x2008, 8), 0x6867666564636261);
    cr_assert_eq(p.count, 0);
    cr_assert_eq(bus_write(&b, 0x2008, 4, 0x12345678), BUS_OK);
    cr_assert_eq(p.count, 1);
    cr_assert_eq(p.log[0].value, 0x12345678);
    cr_assert_eq(must_read(&b, 0x2008, 4), 0x64636261);
    bus_show_array(&b, r, false);
    must_read(&b, 0x2008, 4);
    cr_assert_eq(p.count, 2);
    bus_show_array(&b, r, true);
    cr_assert_eq(must_read(&b, 0x2008, 4), 0x64636261);
    cr_assert_eq(p.count, 2);
    bus_destroy(&b);
}

Test(bus, compare_and_swap_swaps_when_equal_and_tells_what_was_there)
{
    struct bus b = {0};
    struct probe p = {0};
    bus_add_ram(&b, "ram", 0x1000, 0x1000);
    bus_add_mmio(&b, 0x4000, &any_ops, &p);
    bus_write(&b, 0x1008, 8, 5);
    u64 expected = 4;
    cr_assert_eq(bus_compare_and_swap(&b, 0x1008, &expected, 9), BUS_OK);
    cr_assert_eq(expected, 5);
    cr_assert_eq(must_read(&b, 0x1008, 8), 5);
    cr_assert_eq(bus_compare_and_swap(&b, 0x1008, &expected, 9), BUS_OK);
    cr_assert_eq(expected, 5);
    cr_assert_eq(must_read(&b, 0x1008, 8), 9);
    cr_assert_eq(bus_compare_and_swap(&b, 0x2000, &expected, 9), BUS_UNMAPPED);
    cr_assert_eq(bus_compare_and_swap(&b, 0x4000, &expected, 9), BUS_BAD_ACCESS);
    cr_assert_eq(p.count, 0);
    bus_destroy(&b);
}

Test(bus, dma_copies_all_or_nothing)
{
    struct bus b = {0};
    struct probe p = {0};
    bus_add_ram(&b, "a", 0x1000, 0x1000);
    bus_add_ram(&b, "b", 0x2000, 0x1000);
    bus_add_mmio(&b, 0x3000, &any_ops, &p);
    u8 out[0x2000], in[0x2000];
    for (unsigned i = 0; i < sizeof(out); i++)
        out[i] = (u8)(i * 7 + i / 256);
    cr_assert(bus_dma_write(&b, 0x1000, out, 0x2000));
    cr_assert(bus_dma_read(&b, 0x1000, in, 0x2000));
    cr_assert_arr_eq(in, out, sizeof(in));
    cr_assert(bus_dma_read(&b, 0x1ffe, in, 5));
    cr_assert_arr_eq(in, out + 0xffe, 5);

    memset(in, 0xee, sizeof(in));
    cr_assert(!bus_dma_read(&b, 0x2ff0, in, 0x11), "into a device");
    cr_assert(!bus_dma_read(&b, 0xfff, in, 2), "from nowhere");
    cr_assert(!bus_dma_read(&b, 0x3000, in, 4), "a device");
    cr_assert(!bus_dma_read(&b, 0x1000, in, UINT64_MAX), "round the address space");
    for (unsigned i = 0; i < sizeof(in); i++)
        cr_assert_eq(in[i], 0xee);
    memset(in, 0, sizeof(in));
    cr_assert(!bus_dma_write(&b, 0x2ff0, in, 0x11));
    cr_assert_eq(must_read(&b, 0x2ff0, 1), out[0x1ff0]);
    cr_assert(bus_dma_write(&b, 0xdead0000, in, 0), "nothing is always possible");
    cr_assert_eq(p.count, 0);
    bus_destroy(&b);
}

Test(bus, dma_at_the_top_of_the_address_space_does_not_wrap)
{
    struct bus b = {0};
    bus_add_ram(&b, "top", -UINT64_C(0x1000), 0x1000);
    bus_add_ram(&b, "bottom", 0, 0x1000);
    u8 buffer[32];
    cr_assert(bus_dma_read(&b, -UINT64_C(16), buffer, 16));
    cr_assert(!bus_dma_read(&b, -UINT64_C(16), buffer, 17));
    refuses(&b, -UINT64_C(4), 8, BUS_UNMAPPED);
    bus_destroy(&b);
}

Test(bus, writes_to_decoded_code_are_reported_before_the_bytes_change)
{
    struct bus b = {0};
    struct heard h = {.bus = &b};
    struct ram *r = bus_add_ram(&b, "ram", 0x40000000, 0x8000);
    b.code_written = hear;
    b.code_owner = &h;
    u8 ones_[0x4000];
    memset(ones_, 1, sizeof(ones_));

    cr_assert(bus_dma_write(&b, 0x40000000, ones_, 0x4000));
    cr_assert_eq(h.count, 0, "no page holds code");
    ram_page_at(r, 0x40001000)->ops = (struct uop *)&h;
    ram_page_at(r, 0x40003000)->ops = (struct uop *)&h;
    memset(ones_, 2, sizeof(ones_));
    cr_assert(bus_dma_write(&b, 0x40000800, ones_, 0x2c00));
    cr_assert_eq(h.count, 2);
    cr_assert_eq(h.pa[0], 0x40001000);
    cr_assert_eq(h.len[0], 0x1000);
    cr_assert_eq(h.pa[1], 0x40003000);
    cr_assert_eq(h.len[1], 0x400);
    cr_assert_eq(h.before[0], 1);
    cr_assert_eq(h.before[1], 1);

    bus_write(&b, 0x40000ffe, 4, 0);
    cr_assert_eq(h.count, 3);
    cr_assert_eq(h.pa[2], 0x40001000);
    cr_assert_eq(h.len[2], 2);
    u64 expected = 0;
    bus_compare_and_swap(&b, 0x40003008, &expected, 1);
    cr_assert_eq(h.count, 4);
    cr_assert(!bus_dma_write(&b, 0x40001000, ones_, 0x100000));
    cr_assert_eq(h.count, 4, "what is not written is not reported");
    b.code_written = NULL;
    bus_write(&b, 0x40001000, 8, 0);
    bus_destroy(&b);
}

/* Pages go back to the host and come back as zeroes, at the same place. */
Test(bus, discard)
{
    struct bus b = {0};
    struct heard h = {0};
    struct ram *r = bus_add_ram(&b, "ram", 0x40000000, 0x4000);
    cr_assert_not_null(r);
    memset(r->host, 0x55, 0x4000);
    h.bus = &b;
    b.code_written = hear;
    b.code_owner = &h;
    r->pages[2].ops = (struct uop *)&h;
    cr_assert(bus_discard(&b, 0x40001000, 0x2000));
    cr_assert_eq(r->host[0xfff], 0x55);
    cr_assert_eq(r->host[0x1000], 0);
    cr_assert_eq(r->host[0x2fff], 0);
    cr_assert_eq(r->host[0x3000], 0x55);
    cr_assert_eq(h.count, 1, "code is dropped where there was some");
    cr_assert_eq(h.pa[0], 0x40002000);
    cr_assert(!bus_discard(&b, 0x40003000, 0x2000), "beyond the end");
    cr_assert(!bus_discard(&b, 0x40003800, 0x800), "no whole page");
    cr_assert(!bus_discard(&b, 0x50000000, 0x1000), "no RAM");
    r->readonly = true;
    cr_assert(!bus_discard(&b, 0x40003000, 0x1000), "a ROM");
    cr_assert_eq(r->host[0x3000], 0x55);
    bus_destroy(&b);
}

/* mincore(2): which of the host's pages there are. */
Test(bus, memory_that_will_be_used_is_there_before)
{
    enum { PAGES = 8 };
    struct bus b = {0};
    struct ram *r = bus_add_ram(&b, "ram", 0x40000000, PAGES * 4096);
    unsigned char there[PAGES];
    r->host[0x3001] = 0x55;
    bool can = madvise(r->host, 4096, MADV_POPULATE_WRITE) == 0;
    bus_populate(r);
    cr_assert_eq(mincore(r->host, PAGES * 4096, there), 0);
    for (unsigned i = 0; i < PAGES * 4096; i++)
        cr_assert_eq(r->host[i], i == 0x3001 ? 0x55 : 0);
    for (unsigned i = 0; can && i < PAGES; i++)
        cr_assert(there[i] & 1, "page %u", i);
    bus_destroy(&b);
}
