/*
 * The tables (efi.h), after the UEFI specification 2.10: 4.2 (table header), 4.3
 * (system table), 4.5 (runtime services), 4.6 (configuration tables), 7.2
 * (memory map), 8.4 (after SetVirtualAddressMap), 2.3.6 (AArch64: regions of
 * runtime memory begin and end at multiples of 64 KiB), appendix D (status).
 *
 * Everything of interest is in two 64 KiB regions at the end of RAM: code, and data
 * behind it. As after SetVirtualAddressMap, pointers in the system table are virtual
 * ones, in the addresses where Linux's stub puts runtime services; a kernel whose
 * own stub runs (efi_boot.h) gets physical ones, and is told that there is no
 * SetVirtualAddressMap.
 */
#include "firmware/efi_internal.h"

#include <libfdt.h>
#include <zlib.h>

#include "mmu/bus.h"

/* Do STEP unless an earlier one failed; R is the result so far. */
#define STEP(r, step) ((r) = (r) ? (r) : (step))

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
    SYSTEM_TABLES = 112,

    RUNTIME_FUNCTIONS = 14,
    RUNTIME_GET_VARIABLE = 6, /* which function it is */
    RUNTIME_SIZE = EFI_HEADER_SIZE + 8 * RUNTIME_FUNCTIONS,
};
static const u64 RUNTIME_SIGNATURE = UINT64_C(0x56524553544e5552); /* "RUNTSERV" */
static const u32 REVISION = 2 << 16 | 100;                         /* 2.10 */

/* 7.2. */
enum { MAP_TYPE = 0, MAP_PHYSICAL = 8, MAP_VIRTUAL = 16, MAP_PAGES = 24, MAP_ATTRIBUTE = 32 };
enum { MAP_ENTRIES_MAX = 4 };
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

/* In a kernel such names stand in arrays of structures with pointers. */
enum { EFI_GUID_ALIGN = 4 };

static const char vendor[] = "mini-a64";

/* Every service is the first; but of variables there are none. */
static const u32 code[] = {
    [EFI_CODE_UNSUPPORTED / 4] =
        0xd503245f, /* bti c, where a kernel maps runtime code as guarded */
    0xd2800060,     /* mov x0, #3 */
    0xf2f00000,     /* movk x0, #0x8000, lsl #48: EFI_UNSUPPORTED */
    0xd65f03c0,     /* ret */
    [EFI_CODE_NOT_FOUND / 4] = 0xd503245f,
    0xd28001c0, /* mov x0, #14 */
    0xf2f00000, /* EFI_NOT_FOUND */
    0xd65f03c0,
};

u64 efi_place(u64 ram_base, u64 ram_size)
{
    u64 end = (ram_base + ram_size) & ~(u64)(EFI_REGION - 1);
    return end >= ram_base + EFI_SIZE ? end - EFI_SIZE : 0;
}

void efi_put_header(u8 *table, u64 signature, u32 size)
{
    efi_put(table + TABLE_SIGNATURE, 8, signature);
    efi_put(table + TABLE_REVISION, 4, REVISION);
    efi_put(table + TABLE_SIZE, 4, size);
    efi_put(table + TABLE_CRC32, 4, 0);
    efi_put(table + TABLE_CRC32, 4, crc32(0, table, size));
}

void efi_put_configuration(u8 *entry, const u8 guid[16], u64 table)
{
    memcpy(entry, guid, 16);
    efi_put(entry + 16, 8, table);
}

static void put_screen(u8 *s, const struct efi_screen *screen)
{
    static const u8 colours[] = {8, 16, 8, 8, 8, 0, 8, 24}; /* red, green, blue, the rest */
    s[SCREEN_IS_VGA] = VIDEO_TYPE_EFI;
    efi_put(s + SCREEN_WIDTH, 2, screen->width);
    efi_put(s + SCREEN_HEIGHT, 2, screen->height);
    efi_put(s + SCREEN_DEPTH, 2, 32);
    efi_put(s + SCREEN_BASE, 4, (u32)screen->base);
    efi_put(s + SCREEN_BASE_HIGH, 4, screen->base >> 32);
    efi_put(s + SCREEN_CAPABILITIES, 4, screen->base >> 32 ? CAPABILITY_64BIT_BASE : 0);
    efi_put(s + SCREEN_BYTES, 4, screen->size);
    efi_put(s + SCREEN_STRIDE, 2, screen->stride);
    memcpy(s + SCREEN_RED, colours, sizeof(colours));
    efi_put(s + SCREEN_PAGES, 2, 1);
}

void efi_put_memory(u8 *descriptor, u32 type, u64 start, u64 end, u64 virtual)
{
    u64 attribute = MEMORY_WB;

    if (type == EFI_RUNTIME_CODE || type == EFI_RUNTIME_DATA)
        attribute |= MEMORY_RUNTIME | (type == EFI_RUNTIME_DATA ? MEMORY_XP : 0);
    memset(descriptor, 0, EFI_DESCRIPTOR_SIZE);
    efi_put(descriptor + MAP_TYPE, 4, type);
    efi_put(descriptor + MAP_PHYSICAL, 8, start);
    efi_put(descriptor + MAP_VIRTUAL, 8, virtual);
    efi_put(descriptor + MAP_PAGES, 8, (end - start) >> EFI_PAGE_SHIFT);
    efi_put(descriptor + MAP_ATTRIBUTE, 8, attribute);
}

/* A stretch of memory; returns the place of the next entry. */
static u8 *put_stretch(u8 *entry, u32 type, u64 start, u64 end, u64 virtual)
{
    if (start == end)
        return entry;
    efi_put_memory(entry, type, start, end, virtual);
    return entry + EFI_DESCRIPTOR_SIZE;
}

/* All of RAM, in order; what is not ours the kernel may have. Returns its size in bytes. */
static u32 put_memory_map(u8 *to, u64 at, u64 ram_base, u64 ram_end)
{
    u8 *map = put_stretch(to, EFI_CONVENTIONAL, ram_base, at, 0);

    map = put_stretch(map, EFI_RUNTIME_CODE, at, at + EFI_DATA, VIRTUAL_BASE);
    map = put_stretch(map, EFI_RUNTIME_DATA, at + EFI_DATA, at + EFI_SIZE, VIRTUAL_BASE + EFI_DATA);
    map = put_stretch(map, EFI_CONVENTIONAL, at + EFI_SIZE, ram_end, 0);
    return (u32)(map - to);
}

unsigned efi_put_runtime(u8 *data, u64 at, u64 seen, const struct efi_screen *screen)
{
    u64 here = at + EFI_DATA, there = seen + EFI_DATA;
    u8 *system = data + EFI_SYSTEM_TABLE, *runtime = data + EFI_RUNTIME_SERVICES;
    u8 *tables = data + EFI_CONFIGURATION, *properties = data + EFI_RT_PROPERTIES;

    for (unsigned i = 0; i < RUNTIME_FUNCTIONS; i++)
        efi_put(runtime + EFI_HEADER_SIZE + 8 * i, 8,
                seen + (i == RUNTIME_GET_VARIABLE ? EFI_CODE_NOT_FOUND : EFI_CODE_UNSUPPORTED));
    efi_put_header(runtime, RUNTIME_SIGNATURE, RUNTIME_SIZE);
    for (unsigned i = 0; vendor[i]; i++)
        data[EFI_VENDOR + 2 * i] = (u8)vendor[i];
    efi_put(properties, 2, RT_PROPERTIES_VERSION);
    efi_put(properties + 2, 2, RT_PROPERTIES_SIZE);
    put_screen(data + EFI_SCREEN_INFO, screen);
    efi_put_configuration(tables, SCREEN_INFO_GUID, here + EFI_SCREEN_INFO);
    efi_put_configuration(tables + EFI_TABLE_SIZE, RT_PROPERTIES_GUID, here + EFI_RT_PROPERTIES);

    efi_put(system + SYSTEM_VENDOR, 8, there + EFI_VENDOR);
    efi_put(system + SYSTEM_FIRMWARE_REVISION, 4, 1);
    efi_put(system + SYSTEM_RUNTIME_SERVICES, 8, there + EFI_RUNTIME_SERVICES);
    efi_put(system + EFI_SYSTEM_TABLE_COUNT, 8, 2);
    efi_put(system + SYSTEM_TABLES, 8, there + EFI_CONFIGURATION);
    efi_put_header(system, EFI_SYSTEM_SIGNATURE, EFI_SYSTEM_SIZE);
    return 2;
}

bool efi_write_code(struct bus *bus, u64 at)
{
    return bus_dma_write(bus, at + EFI_CODE, code, sizeof(code));
}

bool efi_write(struct bus *bus, u64 at, u64 ram_base, u64 ram_size, const struct efi_screen *screen)
{
    u8 data[EFI_BOOT_SERVICES] = {0};

    efi_put_runtime(data, at, VIRTUAL_BASE, screen);
    put_memory_map(data + EFI_MEMORY_MAP, at, ram_base, ram_base + ram_size);
    return efi_write_code(bus, at) && bus_dma_write(bus, at + EFI_DATA, data, sizeof(data));
}

int efi_describe(void *tree, u64 at, u64 ram_base, u64 ram_size)
{
    u8 map[MAP_ENTRIES_MAX * EFI_DESCRIPTOR_SIZE];
    u64 here = at + EFI_DATA;
    int node = fdt_path_offset(tree, "/chosen"), r = node < 0 ? node : 0;

    STEP(r, fdt_setprop_u64(tree, node, "linux,uefi-system-table", here + EFI_SYSTEM_TABLE));
    STEP(r, fdt_setprop_u64(tree, node, "linux,uefi-mmap-start", here + EFI_MEMORY_MAP));
    STEP(r, fdt_setprop_u32(tree, node, "linux,uefi-mmap-size",
                            put_memory_map(map, at, ram_base, ram_base + ram_size)));
    STEP(r, fdt_setprop_u32(tree, node, "linux,uefi-mmap-desc-size", EFI_DESCRIPTOR_SIZE));
    STEP(r, fdt_setprop_u32(tree, node, "linux,uefi-mmap-desc-ver", EFI_DESCRIPTOR_VERSION));
    return STEP(r, fdt_setprop_u32(tree, node, "linux,uefi-secure-boot", SECURE_BOOT_DISABLED));
}

/* Whether one of the words in LEN bytes, a multiple of 4, is WORD: without a branch, by vectors. */
static bool has_word(const u8 *bytes, u64 len, u32 word)
{
    u32 found = 0;

    for (u64 i = 0; i < len; i += EFI_GUID_ALIGN) {
        u32 here;
        memcpy(&here, bytes + i, sizeof(here));
        found |= here == word;
    }
    return found;
}

/* Whether GUID begins at one of the words in LEN bytes, behind which there are all of its own. */
static bool has_guid(const u8 *bytes, u64 len, const u8 guid[16])
{
    u32 word;

    memcpy(&word, guid, sizeof(word));
    if (!has_word(bytes, len, word))
        return false;
    for (u64 i = 0; i < len; i += EFI_GUID_ALIGN)
        if (memcmp(bytes + i, guid, 16) == 0)
            return true;
    return false;
}

/* A kernel has it among the data of its initialisation, which come late: look from the end. */
bool efi_reads_screen(struct bus *bus, u64 kernel, u64 size)
{
    enum { PIECE = 4096 };
    const u64 guid_size = sizeof(SCREEN_INFO_GUID);
    const u8 *bytes = bus_host(bus, kernel, size);
    u64 end = size < guid_size
                  ? 0
                  : (size - guid_size) / EFI_GUID_ALIGN * EFI_GUID_ALIGN + EFI_GUID_ALIGN;

    while (bytes && end) {
        u64 start = (end - 1) / PIECE * PIECE;
        if (has_guid(bytes + start, end - start, SCREEN_INFO_GUID))
            return true;
        end = start;
    }
    return false;
}
