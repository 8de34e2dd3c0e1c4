/*
 * EFI's tables, read back as the UEFI specification (2.10: 4.2, 4.3, 4.5, 4.6, 7.2)
 * lays them out and as Linux finds them from /chosen, and the service, executed.
 */
#include "firmware/efi.h"

#include <libfdt.h>

#include "tests/unit/harness.h"
#include "tests/unit/load_rig.h"

struct table_header {
    u64 signature;
    u32 revision, size, crc32, reserved;
};
struct system_table {
    struct table_header header;
    u64 vendor;
    u32 firmware_revision;
    u64 console[6]; /* handle and protocol of in, out and error */
    u64 runtime, boot;
    u64 tables, table;
};
struct runtime_services {
    struct table_header header;
    u64 service[14];
};
struct configuration_table {
    u32 guid1;
    u16 guid2, guid3;
    u8 guid4[8];
    u64 table;
};
struct memory_descriptor {
    u32 type;
    u64 physical, virtual, pages, attribute;
};

static const struct efi_screen screen = {0x0c000000, 0x300000, 1024, 768, 4096};

static u64 chosen(const void *tree, const char *name)
{
    int len, node = fdt_path_offset(tree, "/chosen");
    const u8 *p = fdt_getprop(tree, node, name, &len);
    u64 value = 0;
    cr_assert(p, "%s", name);
    for (int i = 0; i < len; i++)
        value = value << 8 | p[i];
    return value;
}

static void *make_tree(u64 at, u64 ram_size)
{
    static u8 tree[4096];
    cr_assert_eq(fdt_create_empty_tree(tree, sizeof(tree)), 0);
    cr_assert(fdt_add_subnode(tree, 0, "chosen") > 0);
    cr_assert_eq(efi_describe(tree, at, RAM_BASE, ram_size), 0);
    return tree;
}

/* The bytes behind a virtual address of the memory map at MAP. */
static const void *behind(struct bus *bus, const void *tree, u64 va)
{
    u64 map = chosen(tree, "linux,uefi-mmap-start"), size = chosen(tree, "linux,uefi-mmap-size");
    u64 step = chosen(tree, "linux,uefi-mmap-desc-size");
    for (u64 i = 0; i < size; i += step) {
        const struct memory_descriptor *d = (const void *)bus_host(bus, map + i, step);
        if (d->attribute >> 63 && va - d->virtual < d->pages << 12)
            return bus_host(bus, d->physical + (va - d->virtual), 1);
    }
    return NULL;
}

static void check_header(const struct table_header *h, u64 signature)
{
    u8 copy[256];
    cr_assert_eq(h->signature, signature);
    cr_assert(h->size <= sizeof(copy));
    memcpy(copy, h, h->size);
    memset(copy + 16, 0, 4);
    cr_assert_eq(h->crc32, crc32(0, copy, h->size));
    cr_assert(h->revision >> 16 == 2);
}

Test(efi, tables_are_found_and_whole)
{
    struct bus *bus = rig_bus(64 * MIB);
    u64 at = efi_place(RAM_BASE, 64 * MIB);
    cr_assert(efi_write(bus, at, RAM_BASE, 64 * MIB, &screen));
    const void *tree = make_tree(at, 64 * MIB);
    const struct system_table *s =
        (const void *)bus_host(bus, chosen(tree, "linux,uefi-system-table"), sizeof(*s));
    cr_assert_eq(sizeof(*s), 120);
    check_header(&s->header, UINT64_C(0x5453595320494249));
    const struct runtime_services *r = behind(bus, tree, s->runtime);
    check_header(&r->header, UINT64_C(0x56524553544e5552));
    for (unsigned i = 0; i < ARRAY_LEN(r->service); i++)
        cr_assert_not_null(behind(bus, tree, r->service[i]));
    cr_assert_eq(memcmp(behind(bus, tree, s->vendor), "m\0i\0n\0i", 7), 0);

    const struct configuration_table *c = behind(bus, tree, s->table);
    cr_assert_eq(s->tables, 2);
    cr_assert(c->guid1 == 0xe03fc20a && c->guid2 == 0x85dc && c->guid3 == 0x406e);
    cr_assert_eq(memcmp(c->guid4, "\xb9\x0e\x4a\xb5\x02\x37\x1d\x95", 8), 0);
    /* struct screen_info, include/uapi/linux/screen_info.h */
    const u8 *info = bus_host(bus, c->table, 64);
    cr_assert_eq(info[0x0f], 0x70);
    cr_assert_eq(*(const u16 *)(info + 0x12), 1024);
    cr_assert_eq(*(const u16 *)(info + 0x14), 768);
    cr_assert_eq(*(const u16 *)(info + 0x16), 32);
    cr_assert_eq(*(const u32 *)(info + 0x18), 0x0c000000);
    cr_assert_eq(*(const u16 *)(info + 0x24), 4096);
    cr_assert_eq(memcmp(info + 0x26, "\x08\x10\x08\x08\x08\x00\x08\x18", 8), 0);
    cr_assert(c[1].guid1 == 0xeb66918a && c[1].guid2 == 0x7eef && c[1].guid3 == 0x402a);
    cr_assert_eq(*(const u32 *)(bus_host(bus, c[1].table, 8) + 4), 0); /* nothing supported */
}

static void check_map(u64 ram_size)
{
    struct bus *bus = rig_bus(ram_size);
    u64 at = efi_place(RAM_BASE, ram_size), end = RAM_BASE, last = RAM_BASE;
    cr_assert(efi_write(bus, at, RAM_BASE, ram_size, &screen));
    const void *tree = make_tree(at, ram_size);
    u64 map = chosen(tree, "linux,uefi-mmap-start"), size = chosen(tree, "linux,uefi-mmap-size");
    cr_assert_eq(chosen(tree, "linux,uefi-mmap-desc-ver"), 1);
    cr_assert(size && size % chosen(tree, "linux,uefi-mmap-desc-size") == 0);
    for (u64 i = 0; i < size; i += chosen(tree, "linux,uefi-mmap-desc-size")) {
        const struct memory_descriptor *d = (const void *)bus_host(bus, map + i, sizeof(*d));
        cr_assert_eq(d->physical, end, "a gap or an overlap");
        cr_assert(d->pages > 0 && d->attribute & 8);
        end = d->physical + (d->pages << 12);
        if (!(d->attribute >> 63))
            continue;
        last = end; /* 2.3.6: whole 64 KiB, virtual addresses too */
        cr_assert(d->type == 5 || d->type == 6);
        cr_assert_eq((d->physical | end | d->virtual) % 0x10000, 0);
    }
    cr_assert_eq(end, RAM_BASE + ram_size);
    cr_assert(map >= at && map + size <= last);
    bus_destroy(bus);
}

Test(efi, the_memory_map_covers_ram)
{
    check_map(64 * MIB);
    check_map(64 * MIB + 0x3000);
    check_map(0x20000);
    cr_assert_eq(efi_place(RAM_BASE, 0x1f000), 0);
}

Test(efi, services_return_unsupported)
{
    struct harness *h = harness_create("cortex-a57");
    u64 at = efi_place(HARNESS_RAM, HARNESS_SIZE);
    cr_assert(efi_write(&h->bus, at, HARNESS_RAM, HARNESS_SIZE, &screen));
    h->cpu->pc = at;
    h->cpu->x[30] = HARNESS_CODE;
    for (unsigned i = 0; i < 4; i++)
        cpu_step(h->cpu);
    cr_assert_eq(h->cpu->pc, HARNESS_CODE);
    cr_assert_eq(h->cpu->x[0], UINT64_C(0x8000000000000003));
    harness_destroy(h);
}

/* The table's name is found wherever a kernel may have it, and nothing else is taken for it. */
Test(efi, a_kernel_that_reads_the_screen_is_known)
{
    enum { SIZE = 0x5004 };
    static const u8 guid[16] = "\x0a\xc2\x3f\xe0\xdc\x85\x6e\x40\xb9\x0e\x4a\xb5\x02\x37\x1d\x95";
    static const u64 places[] = {0, 4, 0xff8, 0xffc, 0x1000, 0x3ff4, SIZE - 20, SIZE - 16};
    struct bus *bus = rig_bus(MIB);
    u8 *ram = bus_host(bus, RAM_BASE, MIB);
    cr_assert(!efi_reads_screen(bus, RAM_BASE, SIZE));
    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        memcpy(ram + places[i], guid, sizeof(guid));
        cr_assert(efi_reads_screen(bus, RAM_BASE, SIZE), "at %#llx", (unsigned long long)places[i]);
        cr_assert(!efi_reads_screen(bus, RAM_BASE, places[i] + 15), "half of it");
        ram[places[i] + 15] ^= 1;
        cr_assert(!efi_reads_screen(bus, RAM_BASE, SIZE), "another name");
        memset(ram + places[i], 0, sizeof(guid));
    }
    memcpy(ram + SIZE - 15, guid, sizeof(guid));
    cr_assert(!efi_reads_screen(bus, RAM_BASE, SIZE), "behind the kernel");
    cr_assert(!efi_reads_screen(bus, RAM_BASE, 2 * MIB), "no RAM there");
    bus_destroy(bus);
}
