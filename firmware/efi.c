/*
 * The tables (efi.h), after the UEFI specification 2.10: 4.2 (table header), 4.3
 * (system table), 4.5 (runtime services), 4.6 (configuration tables), 7.2
 * (memory map), 8.4 (after SetVirtualAddressMap), 2.3.6 (AArch64: regions of
 * runtime memory begin and end at multiples of 64 KiB), appendix D (status).
 *
 * Everything of interest is in two 64 KiB regions at the end of RAM: code, and data
 * behind it. As after SetVirtualAddressMap, pointers in the system table are virtual
 * ones, in the addresses where Linux's stub puts runtime services.
 */
#include "firmware/efi.h"

#include <libfdt.h>
#include <string.h>
#include <zlib.h>

#include "mmu/bus.h"

/* Do STEP unless an earlier one failed; R is the result so far. */
#define STEP(r, step) ((r) = (r) ? (r) : (step))

enum { REGION = 0x10000, CODE = 0, DATA = REGION, PAGE_SHIFT = 12 };

/* Where things are in the data region. */
enum {
    SYSTEM_TABLE = 0x000,
    RUNTIME_SERVICES = 0x100,
    CONFIGURATION = 0x200,
    VENDOR = 0x300,
    RT_PROPERTIES = 0x380,
    SCREEN_INFO = 0x400,
    MEMORY_MAP = 0x800,
    DATA_USED = 0x1000,
};

/* The stub's EFI_RT_VIRTUAL_BASE: an address of user space, in page tables of EFI's own. */
static const u64 VIRTUAL_BASE = 0x20000000;

/* 4.2, 4.3, 4.5. */
enum {
    TABLE_SIGNATURE = 0,
    TABLE_REVISION = 8,
    TABLE_SIZE = 12,
    TABLE_CRC32 = 16,

    SYSTEM_VENDOR = 24,
    SYSTEM_FIRMWARE_REVISION = 32,
    SYSTEM_RUNTIME_SERVICES = 88,
    SYSTEM_TABLE_COUNT = 104,
    SYSTEM_TABLES = 112,
    SYSTEM_SIZE = 120,

    RUNTIME_FIRST = 24,
    RUNTIME_FUNCTIONS = 14,
    RUNTIME_SIZE = RUNTIME_FIRST + 8 * RUNTIME_FUNCTIONS,

    CONFIGURATION_SIZE = 24,
};
static const u64 SYSTEM_SIGNATURE = UINT64_C(0x5453595320494249);  /* "IBI SYST" */
static const u64 RUNTIME_SIGNATURE = UINT64_C(0x56524553544e5552); /* "RUNTSERV" */
static const u32 REVISION = 2 << 16 | 100;                         /* 2.10 */

/* 7.2. */
enum { RUNTIME_CODE = 5, RUNTIME_DATA = 6, CONVENTIONAL = 7 };
enum { MAP_TYPE = 0, MAP_PHYSICAL = 8, MAP_VIRTUAL = 16, MAP_PAGES = 24, MAP_ATTRIBUTE = 32 };
enum { MAP_ENTRY_SIZE = 48, MAP_VERSION = 1, MAP_ENTRIES_MAX = 4 };
static const u64 MEMORY_WB = 0x8, MEMORY_XP = 0x4000, MEMORY_RUNTIME = BIT(63);

/* Linux's efi_secureboot_mode, without which Debian's kernels take nothing of the rest. */
enum { SECURE_BOOT_DISABLED = 2 };

/* include/uapi/linux/screen_info.h. */
enum {
    SCREEN_IS_VGA = 0x0f,
    SCREEN_WIDTH = 0x12,
    SCREEN_HEIGHT = 0x14,
    SCREEN_DEPTH = 0x16,
    SCREEN_BASE = 0x18,
    SCREEN_BYTES = 0x1c,
    SCREEN_STRIDE = 0x24,
    SCREEN_RED = 0x26, /* size and position of each colour */
    SCREEN_PAGES = 0x32,
    SCREEN_CAPABILITIES = 0x36,
    SCREEN_BASE_HIGH = 0x3a,
    VIDEO_TYPE_EFI = 0x70,
    CAPABILITY_64BIT_BASE = 2,
};

/* 8.1.1 and 4.6.2: EFI_RT_PROPERTIES_TABLE, with no service supported. */
enum { RT_PROPERTIES_VERSION = 1, RT_PROPERTIES_SIZE = 8 };
static const u8 RT_PROPERTIES_GUID[16] = {0x8a, 0x91, 0x66, 0xeb, 0xef, 0x7e, 0x2a, 0x40,
                                          0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9};
/* Linux's LINUX_EFI_ARM_SCREEN_INFO_TABLE_GUID, e03fc20a-85dc-406e-b90e-4ab502371d95. */
static const u8 SCREEN_INFO_GUID[16] = {0x0a, 0xc2, 0x3f, 0xe0, 0xdc, 0x85, 0x6e, 0x40,
                                        0xb9, 0x0e, 0x4a, 0xb5, 0x02, 0x37, 0x1d, 0x95};

static const char vendor[] = "mini-a64";

/* Every service is this one: return EFI_UNSUPPORTED, 0x8000000000000003. */
static const u32 service[] = {
    0xd503245f, /* bti c, where a kernel maps runtime code as guarded */
    0xd2800060, /* mov x0, #3 */
    0xf2f00000, /* movk x0, #0x8000, lsl #48 */
    0xd65f03c0, /* ret */
};

static void put(u8 *to, unsigned size, u64 value)
{
    memcpy(to, &value, size); /* little-endian, like the host */
}

u64 efi_place(u64 ram_base, u64 ram_size)
{
    u64 end = (ram_base + ram_size) & ~(u64)(REGION - 1);
    return end >= ram_base + EFI_SIZE ? end - EFI_SIZE : 0;
}

/* Header of a table of SIZE bytes, the rest of which is there. */
static void put_header(u8 *table, u64 signature, u32 size)
{
    put(table + TABLE_SIGNATURE, 8, signature);
    put(table + TABLE_REVISION, 4, REVISION);
    put(table + TABLE_SIZE, 4, size);
    put(table + TABLE_CRC32, 4, crc32(0, table, size));
}

static void put_configuration(u8 *entry, const u8 guid[16], u64 table)
{
    memcpy(entry, guid, 16);
    put(entry + 16, 8, table);
}

static void put_screen(u8 *s, const struct efi_screen *screen)
{
    static const u8 colours[] = {8, 16, 8, 8, 8, 0, 8, 24}; /* red, green, blue, the rest */
    s[SCREEN_IS_VGA] = VIDEO_TYPE_EFI;
    put(s + SCREEN_WIDTH, 2, screen->width);
    put(s + SCREEN_HEIGHT, 2, screen->height);
    put(s + SCREEN_DEPTH, 2, 32);
    put(s + SCREEN_BASE, 4, (u32)screen->base);
    put(s + SCREEN_BASE_HIGH, 4, screen->base >> 32);
    put(s + SCREEN_CAPABILITIES, 4, screen->base >> 32 ? CAPABILITY_64BIT_BASE : 0);
    put(s + SCREEN_BYTES, 4, screen->size);
    put(s + SCREEN_STRIDE, 2, screen->stride);
    memcpy(s + SCREEN_RED, colours, sizeof(colours));
    put(s + SCREEN_PAGES, 2, 1);
}

/* A stretch of memory; returns the place of the next entry. */
static u8 *put_memory(u8 *entry, u32 type, u64 start, u64 end, u64 virtual, u64 attribute)
{
    if (start == end)
        return entry;
    put(entry + MAP_TYPE, 4, type);
    put(entry + MAP_PHYSICAL, 8, start);
    put(entry + MAP_VIRTUAL, 8, virtual);
    put(entry + MAP_PAGES, 8, (end - start) >> PAGE_SHIFT);
    put(entry + MAP_ATTRIBUTE, 8, attribute);
    return entry + MAP_ENTRY_SIZE;
}

/* All of RAM, in order; what is not ours the kernel may have. Returns its size in bytes. */
static u32 put_memory_map(u8 *to, u64 at, u64 ram_base, u64 ram_end)
{
    u64 runtime = MEMORY_WB | MEMORY_RUNTIME;
    u8 *map = put_memory(to, CONVENTIONAL, ram_base, at, 0, MEMORY_WB);
    map = put_memory(map, RUNTIME_CODE, at, at + DATA, VIRTUAL_BASE, runtime);
    map = put_memory(map, RUNTIME_DATA, at + DATA, at + EFI_SIZE, VIRTUAL_BASE + DATA,
                     runtime | MEMORY_XP);
    map = put_memory(map, CONVENTIONAL, at + EFI_SIZE, ram_end, 0, MEMORY_WB);
    return (u32)(map - to);
}

bool efi_write(struct bus *bus, u64 at, u64 ram_base, u64 ram_size, const struct efi_screen *screen)
{
    u8 data[DATA_USED] = {0};
    u64 here = at + DATA, virtual = VIRTUAL_BASE + DATA;
    u8 *system = data + SYSTEM_TABLE, *runtime = data + RUNTIME_SERVICES;

    for (unsigned i = 0; i < RUNTIME_FUNCTIONS; i++)
        put(runtime + RUNTIME_FIRST + 8 * i, 8, VIRTUAL_BASE + CODE);
    put_header(runtime, RUNTIME_SIGNATURE, RUNTIME_SIZE);
    for (unsigned i = 0; vendor[i]; i++)
        data[VENDOR + 2 * i] = (u8)vendor[i];
    put(data + RT_PROPERTIES, 2, RT_PROPERTIES_VERSION);
    put(data + RT_PROPERTIES + 2, 2, RT_PROPERTIES_SIZE);
    put_screen(data + SCREEN_INFO, screen);
    put_configuration(data + CONFIGURATION, SCREEN_INFO_GUID, here + SCREEN_INFO);
    put_configuration(data + CONFIGURATION + CONFIGURATION_SIZE, RT_PROPERTIES_GUID,
                      here + RT_PROPERTIES);
    put_memory_map(data + MEMORY_MAP, at, ram_base, ram_base + ram_size);

    put(system + SYSTEM_VENDOR, 8, virtual + VENDOR);
    put(system + SYSTEM_FIRMWARE_REVISION, 4, 1);
    put(system + SYSTEM_RUNTIME_SERVICES, 8, virtual + RUNTIME_SERVICES);
    put(system + SYSTEM_TABLE_COUNT, 8, 2);
    put(system + SYSTEM_TABLES, 8, virtual + CONFIGURATION);
    put_header(system, SYSTEM_SIGNATURE, SYSTEM_SIZE);

    return bus_dma_write(bus, at + CODE, service, sizeof(service)) &&
           bus_dma_write(bus, here, data, sizeof(data));
}

int efi_describe(void *tree, u64 at, u64 ram_base, u64 ram_size)
{
    u8 map[MAP_ENTRIES_MAX * MAP_ENTRY_SIZE];
    u64 here = at + DATA;
    int node = fdt_path_offset(tree, "/chosen"), r = node < 0 ? node : 0;

    STEP(r, fdt_setprop_u64(tree, node, "linux,uefi-system-table", here + SYSTEM_TABLE));
    STEP(r, fdt_setprop_u64(tree, node, "linux,uefi-mmap-start", here + MEMORY_MAP));
    STEP(r, fdt_setprop_u32(tree, node, "linux,uefi-mmap-size",
                            put_memory_map(map, at, ram_base, ram_base + ram_size)));
    STEP(r, fdt_setprop_u32(tree, node, "linux,uefi-mmap-desc-size", MAP_ENTRY_SIZE));
    STEP(r, fdt_setprop_u32(tree, node, "linux,uefi-mmap-desc-ver", MAP_VERSION));
    return STEP(r, fdt_setprop_u32(tree, node, "linux,uefi-secure-boot", SECURE_BOOT_DISABLED));
}
