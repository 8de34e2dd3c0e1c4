/*
 * fw_cfg as QEMU's docs/specs/fw_cfg.rst describes it: selector, data, DMA,
 * directory. A guest's way of seeing it: through the bus.
 */
#include <criterion/criterion.h>
#include <endian.h>
#include <libfdt.h>
#include <string.h>

#include "devices/fw_cfg.h"

#define BASE UINT64_C(0x09020000)
#define RAM  UINT64_C(0x40000000)

enum { DATA = 0, SELECTOR = 8, DMA = 16 };
enum { ERROR = 1, READ = 2, SKIP = 4, SELECT = 8, WRITE = 16 };

struct rig {
    struct bus bus;
    struct fw_cfg f;
};

static struct rig *rig;

static void set_up(void)
{
    rig = calloc(1, sizeof(*rig));
    fw_cfg_init(&rig->f, &rig->bus, NULL);
    bus_add_ram(&rig->bus, "ram", RAM, 0x10000);
    bus_add_mmio(&rig->bus, BASE, &fw_cfg_ops, &rig->f);
}

static void tear_down(void)
{
    bus_destroy(&rig->bus);
    free(rig);
}

static void put(u64 offset, unsigned size, u64 value)
{
    cr_assert_eq(bus_write(&rig->bus, BASE + offset, size, value), BUS_OK);
}

static u64 get(u64 offset, unsigned size)
{
    u64 value;
    cr_assert_eq(bus_read(&rig->bus, BASE + offset, size, &value), BUS_OK);
    return value;
}

static void choose(u16 key)
{
    put(SELECTOR, 2, htobe16(key));
}

/* The next LEN bytes, in accesses of SIZE. */
static const char *data(unsigned len, unsigned size)
{
    static char text[256];
    memset(text, 0, sizeof(text));
    for (unsigned i = 0; i < len; i += size) {
        u64 value = get(DATA, size);
        memcpy(text + i, &value, size);
    }
    return text;
}

/* Run a request of LEN bytes at TO; its control field afterwards. */
static u32 request(u32 control, u32 len, u64 to)
{
    const u64 at = RAM + 0x100;
    struct {
        u32 control, len;
        u64 address;
    } a = {htobe32(control), htobe32(len), htobe64(to)};
    cr_assert(bus_dma_write(&rig->bus, at, &a, sizeof(a)));
    put(DMA, 8, htobe64(at));
    cr_assert(bus_dma_read(&rig->bus, at, &a, sizeof(a)));
    return be32toh(a.control);
}

static const char *ram(u64 offset)
{
    return (const char *)bus_host(&rig->bus, RAM + offset, 256);
}

TestSuite(fw_cfg, .init = set_up, .fini = tear_down);

Test(fw_cfg, says_what_it_is)
{
    for (unsigned size = 1; size <= 4; size *= 2) {
        choose(0x0000);
        cr_expect_str_eq(data(4, size), "QEMU");
    }
    choose(0x0001);
    cr_expect_eq(get(DATA, 4), 3, "data register and DMA");
    cr_expect_eq(get(DMA, 8), htobe64(0x51454d5520434647), "QEMU CFG");
    cr_expect_eq(get(DMA, 4), htobe32(0x51454d55));
    cr_expect_eq(get(DMA + 4, 4), htobe32(0x20434647));
}

Test(fw_cfg, items_end_in_zeros)
{
    static const char text[] = "hello world";
    fw_cfg_set(&rig->f, FW_CFG_CMDLINE_DATA, text, sizeof(text));
    fw_cfg_set_number(&rig->f, FW_CFG_NB_CPUS, 0x0102, 2);
    choose(0x15);
    cr_expect_str_eq(data(16, 8), "hello world");
    cr_expect_eq(get(DATA, 8), 0);
    choose(0x15);
    cr_expect_eq(get(DATA, 1), 'h', "selecting begins anew");
    choose(0x05);
    cr_expect_eq(get(DATA, 1), 0x02, "little-endian");
    cr_expect_eq(get(DATA, 1), 0x01);
    cr_expect_eq(get(DATA, 1), 0);
}

Test(fw_cfg, keys_that_no_item_has)
{
    static const u16 keys[] = {0x0017, 0x0020, 0x003f, 0x0040, 0x3fff, 0x8000, 0xffff};
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        choose(keys[i]);
        cr_expect_eq(get(DATA, 8), 0, "%#x", keys[i]);
    }
    choose(0x4000);
    cr_expect_eq(get(DATA, 4), 0x554d4551, "the write bit is no part of the key");
}

Test(fw_cfg, directory_in_the_order_of_names)
{
    static const char *const names[] = {"opt/b", "etc/z", "opt/a"};
    static const char *const sorted[] = {"etc/z", "opt/a", "opt/b"};
    char longest[] = "opt/4567890123456789012345678901234567890123456789012345";
    for (unsigned i = 0; i < 3; i++)
        cr_assert(fw_cfg_add_file(&rig->f, names[i], names[i], 4 + (i == 2)));
    cr_expect(!fw_cfg_add_file(&rig->f, "opt/b", "", 0), "a second one");
    cr_expect(!fw_cfg_add_file(&rig->f, longest, "", 0), "56 characters");
    choose(0x19);
    cr_expect_eq(be32toh((u32)get(DATA, 4)), 3);
    for (unsigned i = 0; i < 3; i++) {
        cr_expect_eq(be32toh((u32)get(DATA, 4)), i == 1 ? 5 : 4, "size of %s", sorted[i]);
        cr_expect_eq(be16toh((u16)get(DATA, 2)), 0x20 + i);
        cr_expect_eq(get(DATA, 2), 0);
        cr_expect_str_eq(data(56, 8), sorted[i]);
    }
    choose(0x21);
    cr_expect_str_eq(data(8, 1), "opt/a");
}

Test(fw_cfg, has_room_for_32_files)
{
    char names[33][8];
    for (unsigned i = 0; i < 33; i++) {
        snprintf(names[i], sizeof(names[i]), "f%u", i);
        cr_expect_eq(fw_cfg_add_file(&rig->f, names[i], names[i], 4), i < 32);
    }
}

Test(fw_cfg, dma_reads)
{
    static const char text[] = "hello world";
    fw_cfg_set(&rig->f, FW_CFG_CMDLINE_DATA, text, sizeof(text));
    memset((char *)ram(0x1000), 'x', 32);
    cr_expect_eq(request(0x15 << 16 | SELECT | READ, 5, RAM + 0x1000), 0);
    cr_expect_arr_eq(ram(0x1000), "helloxx", 7);
    cr_expect_eq(request(READ, 16, RAM + 0x1000), 0);
    cr_expect_arr_eq(ram(0x1000), " world\0\0\0\0\0\0\0\0\0\0x", 17, "zeros behind the end");
    cr_expect_eq(request(0x15 << 16 | SELECT | SKIP, 6, 0), 0);
    cr_expect_eq(get(DATA, 1), 'w');
    cr_expect_eq(request(SKIP, UINT32_MAX, 0), 0);
    cr_expect_eq(get(DATA, 1), 0);
    cr_expect_eq(request(0x17 << 16 | SELECT | READ, 4, RAM + 0x1000), 0);
    cr_expect_arr_eq(ram(0x1000), "\0\0\0\0l", 5);
}

Test(fw_cfg, dma_by_halves)
{
    struct {
        u32 control, len;
        u64 address;
    } a = {htobe32(SELECT | READ), htobe32(4), htobe64(RAM + 0x1000)};
    cr_assert(bus_dma_write(&rig->bus, RAM, &a, sizeof(a)));
    put(DMA, 4, 0);
    cr_expect_eq(ram(0x1000)[0], 0);
    put(DMA + 4, 4, htobe32((u32)RAM));
    cr_expect_arr_eq(ram(0x1000), "QEMU", 4);
}

/* Nothing a guest asks for reaches beyond an item, or beyond RAM. */
Test(fw_cfg, dma_that_cannot_be_done)
{
    cr_expect_eq(request(SELECT | WRITE, 4, RAM + 0x1000), ERROR);
    cr_expect_eq(request(SELECT | READ, 4, 0), ERROR);
    cr_expect_eq(request(SELECT | READ, 8, RAM + 0x10000 - 4), ERROR);
    cr_expect_eq(request(SELECT | READ, UINT32_MAX, RAM + 0x1000), ERROR);
    cr_expect_eq(request(SELECT | READ, 8, UINT64_MAX - 3), ERROR);
    put(DMA, 8, htobe64(0));
    put(DMA, 8, htobe64(RAM + 0x10000 - 8));
    put(DMA, 8, htobe64(UINT64_MAX));
    put(DMA, 1, 0xff);
    put(DMA + 4, 2, 0xffff);
    put(DATA, 8, 0x1234);
    choose(0);
    cr_expect_str_eq(data(4, 4), "QEMU", "the data register can't be written");
}

Test(fw_cfg, its_node)
{
    static char tree[1024];
    const struct dt_place at = {.base = BASE, .size = fw_cfg_ops.size};
    int len;
    cr_assert_eq(fdt_create(tree, sizeof(tree)), 0);
    cr_assert_eq(fdt_finish_reservemap(tree), 0);
    cr_assert_eq(fdt_begin_node(tree, ""), 0);
    cr_assert_eq(fw_cfg_ops.fdt(&rig->f, tree, &at), 0);
    cr_assert_eq(fdt_end_node(tree), 0);
    cr_assert_eq(fdt_finish(tree), 0);
    int node = fdt_path_offset(tree, "/fw-cfg@9020000");
    cr_assert_geq(node, 0);
    cr_expect_str_eq((const char *)fdt_getprop(tree, node, "compatible", &len), "qemu,fw-cfg-mmio");
    cr_expect_arr_eq(fdt_getprop(tree, node, "reg", &len), "\0\0\0\0\x09\x02\0\0\0\0\0\0\0\0\0\x18",
                     16);
    cr_expect_not_null(fdt_getprop(tree, node, "dma-coherent", &len));
}
