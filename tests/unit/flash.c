/*
 * The flash bank through its window, by the Intel command set (StrataFlash
 * manuals) and the Common Flash Interface (JESD68). The table of the query and
 * the identification are what QEMU 7.2's virt machine answers, read there by
 * U-Boot's md.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "devices/flash.h"

#define BASE      UINT64_C(0x04000000)
#define READY     0x00800080u
#define PROGRAM_E 0x00900090u /* SR.7 and SR.4 */
#define SEQUENCE  0x00b000b0u /* SR.7, SR.5 and SR.4 */

struct rig {
    struct bus bus;
    struct flash flash;
    u64 stored_at, stored_len; /* the last write to the store */
    u8 stored[FLASH_BUFFER];
    unsigned stores;
    bool full;
};

static struct rig *rig;

static bool store(void *owner, u64 offset, const void *data, u64 len)
{
    struct rig *r = owner;
    if (r->full)
        return false;
    r->stores++;
    r->stored_at = offset;
    r->stored_len = len;
    cr_assert_leq(len, sizeof(r->stored));
    memcpy(r->stored, data, len);
    return true;
}

static void create(bool readonly)
{
    rig = calloc(1, sizeof(*rig));
    cr_assert(
        flash_init(&rig->flash, &rig->bus, BASE, (struct flash_store){store, rig, readonly}, NULL));
    bus_reset(&rig->bus);
}

static void set_up(void)
{
    create(false);
}

static void tear_down(void)
{
    bus_destroy(&rig->bus);
    free(rig);
}

static u32 get(u64 offset)
{
    u64 value;
    cr_assert_eq(bus_read(&rig->bus, BASE + offset, 4, &value), BUS_OK);
    return (u32)value;
}

static void put(u64 offset, u32 value)
{
    cr_assert_eq(bus_write(&rig->bus, BASE + offset, 4, value), BUS_OK);
}

static void command(u64 offset, u8 cmd)
{
    put(offset, (u32)cmd << 16 | cmd);
}

static u32 array(u64 offset)
{
    command(0, 0xff);
    return get(offset);
}

static void erase(u64 offset)
{
    command(offset, 0x20);
    command(offset, 0xd0);
}

static void program(u64 offset, u32 value)
{
    command(offset, 0x40);
    put(offset, value);
}

TestSuite(flash, .init = set_up, .fini = tear_down);

Test(flash, query)
{
    /* Each is what both devices say, from the bank's word 0x10 on. */
    static const u8 want[] = {
        0x51, 0x52, 0x59, 0x01, 0x00, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x45, 0x55,
        0x00, 0x00, 0x07, 0x07, 0x0a, 0x00, 0x04, 0x04, 0x04, 0x00, 0x19, 0x02, 0x00,
        0x0b, 0x00, 0x01, 0xff, 0x00, 0x00, 0x02, 0x50, 0x52, 0x49, 0x31, 0x30, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
    };
    command(0x154, 0x98);
    cr_expect_eq(get(0), 0);
    for (unsigned i = 0; i < ARRAY_LEN(want); i++)
        cr_expect_eq(get(4 * (0x10 + i)), (u32)want[i] << 16 | want[i], "query %#x", 0x10 + i);
    cr_expect_eq(get(FLASH_SIZE - 4), 0);
    u64 half;
    cr_assert_eq(bus_read(&rig->bus, BASE + 0x42, 2, &half), BUS_OK);
    cr_expect_eq(half, 0x51, "of the second device alone");
    cr_expect_eq(array(0x40), 0);
}

Test(flash, identification)
{
    command(0, 0x90);
    cr_expect_eq(get(0), 0x00890089);
    cr_expect_eq(get(4), 0x00180018);
    cr_expect_eq(get(8), 0, "not locked");
    cr_expect_eq(get(0x404), 0x00180018);
}

Test(flash, starts_as_an_array_and_a_reset_shows_it_again)
{
    cr_expect_eq(get(0), 0);
    command(0, 0x70);
    cr_expect_eq(get(0), READY);
    cr_expect_eq(get(FLASH_SIZE - 4), READY);
    command(0, 0x40); /* data would be next */
    bus_reset(&rig->bus);
    cr_expect_eq(get(0), 0);
    command(0, 0x70);
    cr_expect_eq(get(0), READY);
}

Test(flash, erases_one_block)
{
    flash_fill(&rig->flash, 0, "abcd", 4);
    erase(0x40000 + 0x1234 * 4);
    cr_expect_eq(get(0), READY);
    cr_expect_eq(rig->stored_at + rig->stored_len, 0x80000, "the block is in the store");
    cr_expect_eq(rig->stored[0], 0xff);
    cr_expect_eq(array(0), 0x64636261);
    cr_expect_eq(array(0x3fffc), 0);
    cr_expect_eq(array(0x40000), 0xffffffff);
    cr_expect_eq(array(0x7fffc), 0xffffffff);
    cr_expect_eq(array(0x80000), 0);
    erase(FLASH_SIZE - 4);
    cr_expect_eq(array(FLASH_SIZE - FLASH_BLOCK), 0xffffffff);
    cr_expect_eq(array(FLASH_SIZE - FLASH_BLOCK - 4), 0);
}

Test(flash, erasing_needs_its_confirmation)
{
    flash_fill(&rig->flash, 0, "abcd", 4);
    command(0, 0x20);
    command(0, 0x11);
    cr_expect_eq(get(0), SEQUENCE);
    cr_expect_eq(rig->stores, 0);
    cr_expect_eq(array(0), 0x64636261);
    command(0, 0x70);
    cr_expect_eq(get(0), SEQUENCE, "errors stay");
    command(0, 0x50);
    command(0, 0x70);
    cr_expect_eq(get(0), READY, "until they are cleared");
    command(0, 0x20);
    command(0, 0xff);
    cr_expect_eq(get(0), 0x64636261, "given up");
}

Test(flash, programming_clears_bits_and_sets_none)
{
    program(0x100, 0x12345678);
    cr_expect_eq(array(0x100), 0, "nothing is erased yet");
    erase(0);
    program(0x100, 0xf0f0f0f0);
    cr_expect_eq(get(0), READY);
    program(0x100, 0xff00ff00);
    cr_expect_eq(rig->stored_at, 0x100);
    cr_expect_eq(rig->stored_len, 4);
    cr_expect_eq(array(0x100), 0xf000f000);
    cr_expect_eq(array(0x104), 0xffffffff);
    command(0x200, 0x10); /* the other command for it, and a device by itself */
    cr_assert_eq(bus_write(&rig->bus, BASE + 0x202, 2, 0x1234), BUS_OK);
    cr_expect_eq(array(0x200), 0x1234ffff);
}

/* N words at OFFSET, of which the Ith is FIRST + I, up to the confirmation. */
static void buffered(u64 offset, u32 n, u32 first)
{
    command(offset, 0xe8);
    cr_expect_eq(get(offset), READY, "a buffer is free");
    put(offset, (n - 1) << 16 | (n - 1));
    for (u32 i = 0; i < n; i++)
        put(offset + 4 * i, first + i);
}

Test(flash, programs_by_its_buffer)
{
    erase(0);
    unsigned before = rig->stores;
    buffered(0x1000 + 16, 1020, 0x11110000);
    command(0, 0x70);
    cr_expect_eq(rig->stores, before, "without its confirmation nothing is done");
    cr_expect_eq(get(0), SEQUENCE);
    cr_expect_eq(array(0x1010), 0xffffffff);
    command(0, 0x50);
    buffered(0x1000 + 16, 1020, 0x11110000);
    command(0x1000, 0xd0);
    cr_expect_eq(get(0), READY);
    cr_expect_eq(rig->stores, before + 1);
    cr_expect_eq(array(0x100c), 0xffffffff);
    cr_expect_eq(array(0x1010), 0x11110000);
    cr_expect_eq(array(0x1ffc), 0x111103fb);
    cr_expect_eq(array(0x2000), 0xffffffff);
}

Test(flash, the_buffer_has_an_end)
{
    erase(0);
    command(0, 0xe8);
    put(0, 0x04000400); /* 1025 words */
    cr_expect_eq(get(0), SEQUENCE);
    command(0, 0x50);
    command(0, 0xe8);
    put(0, 0xffffffff);
    command(0, 0x70);
    cr_expect_eq(get(0), SEQUENCE);
    command(0, 0x50);
    command(0x1ffc, 0xe8);
    put(0x1ffc, 0x00010001);
    put(0x1ffc, 0);
    put(0x2000, 0); /* beyond the 4 KiB that the first address is in */
    cr_expect_eq(get(0), SEQUENCE);
    cr_expect_eq(array(0x1ffc), 0xffffffff);
    cr_expect_eq(array(0x2000), 0xffffffff);
}

Test(flash, locking_changes_nothing)
{
    static const u8 second[] = {0x01, 0xd0, 0x2f};
    for (unsigned i = 0; i < ARRAY_LEN(second); i++) {
        command(0, 0x60);
        command(0, second[i]);
        cr_expect_eq(get(0), READY);
    }
    erase(0);
    cr_expect_eq(array(0), 0xffffffff, "the query says that there are no locks");
    command(0, 0x60);
    command(0, 0x33);
    cr_expect_eq(get(0), SEQUENCE);
}

Test(flash, unknown_commands_show_the_array)
{
    for (unsigned cmd = 0x00; cmd < 0x100; cmd += 0x0f) {
        bus_reset(&rig->bus);
        command(0x1000, (u8)cmd);
    }
    bus_reset(&rig->bus);
    flash_fill(&rig->flash, 0, "abcd", 4);
    command(0, 0xc3);
    cr_expect_eq(get(0), 0x64636261);
    cr_expect_eq(rig->stores, 0);
}

Test(flash, what_cannot_be_kept_is_an_error)
{
    erase(0);
    rig->full = true;
    program(0, 0x12345678);
    cr_expect_eq(get(0), PROGRAM_E);
    cr_expect_eq(array(0), 0xffffffff);
    command(0, 0x50);
    rig->full = false;
    program(0, 0x12345678);
    rig->full = true;
    erase(0);
    cr_expect_eq(get(0), 0x00a000a0, "SR.5");
    cr_expect_eq(array(0), 0x12345678);
}

Test(flash, a_protected_bank_stays_as_it_is, .init = NULL)
{
    create(true);
    flash_fill(&rig->flash, 0, "abcd", 4);
    program(0, 0);
    cr_expect_eq(get(0), 0x00920092, "SR.4 and SR.1");
    command(0, 0x50);
    erase(0);
    cr_expect_eq(get(0), 0x00a200a2, "SR.5 and SR.1");
    cr_expect_eq(array(0), 0x64636261);
    cr_expect_eq(rig->stores, 0);
}

static unsigned dropped;

static void note_code(void *owner, u64 pa, u64 len)
{
    dropped++;
}

Test(flash, decoded_code_is_dropped_when_it_changes)
{
    struct ram *r = bus_find_ram(&rig->bus, BASE);
    rig->bus.code_written = note_code;
    ram_page_at(r, BASE + 0x1000)->ops = (struct uop *)rig; /* some code */
    program(0x100, 1);
    cr_expect_eq(dropped, 0);
    program(0x1004, 1);
    cr_expect_eq(dropped, 1);
    erase(0);
    cr_expect_eq(dropped, 2);
}
