/*
 * What EFI's tables and boot services share: where things are in the regions at the
 * end of RAM, and the layouts of UEFI 2.10 that both write.
 */
#ifndef FIRMWARE_EFI_INTERNAL_H
#define FIRMWARE_EFI_INTERNAL_H

#include <string.h>

#include "firmware/efi_boot.h"

/* Two regions, whole 64 KiB each (2.3.6): code, and data behind it. */
enum { EFI_REGION = 0x10000, EFI_CODE = 0, EFI_DATA = EFI_REGION, EFI_PAGE_SHIFT = 12 };

/* The code: what services lead to. */
enum {
    EFI_CODE_UNSUPPORTED = 0x00,
    EFI_CODE_NOT_FOUND = 0x20,
    EFI_CODE_LEAVE = 0x40,
    EFI_CODE_CALLS = 0x100, /* of boot services, a stride each */
    EFI_CODE_STRIDE = 0x20,
};

/* Where things are in the data region. */
enum {
    EFI_SYSTEM_TABLE = 0x000,
    EFI_RUNTIME_SERVICES = 0x100,
    EFI_CONFIGURATION = 0x200,
    EFI_VENDOR = 0x300,
    EFI_RT_PROPERTIES = 0x380,
    EFI_SCREEN_INFO = 0x400,
    EFI_MEMORY_MAP = 0x800,
    EFI_BOOT_SERVICES = 0x1000,
    EFI_LOADED_IMAGE = 0x1200,
    EFI_GRAPHICS = 0x1280,
    EFI_GRAPHICS_MODE = 0x1300,
    EFI_GRAPHICS_INFO = 0x1340,
    EFI_TEXT_OUTPUT = 0x1380,
    EFI_DATA_USED = 0x1400,
};

enum { EFI_GUID_SIZE = 16 };

/* The configuration tables (4.6) that there is room for. */
enum { EFI_TABLE_SIZE = 24, EFI_TABLES_MAX = (EFI_VENDOR - EFI_CONFIGURATION) / EFI_TABLE_SIZE };

/* 4.2, 4.3. */
enum {
    EFI_HEADER_SIZE = 24,
    EFI_SYSTEM_CONSOLE_OUT_HANDLE = 56,
    EFI_SYSTEM_CONSOLE_OUT = 64,
    EFI_SYSTEM_ERROR_OUT = 80,
    EFI_SYSTEM_BOOT_SERVICES = 96,
    EFI_SYSTEM_TABLE_COUNT = 104,
    EFI_SYSTEM_SIZE = 120,
};
static const u64 EFI_SYSTEM_SIGNATURE = UINT64_C(0x5453595320494249); /* "IBI SYST" */

/* 7.2: memory types and descriptors. */
enum efi_memory {
    EFI_LOADER_CODE = 1,
    EFI_LOADER_DATA = 2,
    EFI_BOOT_DATA = 4,
    EFI_RUNTIME_CODE = 5,
    EFI_RUNTIME_DATA = 6,
    EFI_CONVENTIONAL = 7,
    EFI_MEMORY_TYPES = 16,
};
enum { EFI_DESCRIPTOR_SIZE = 48, EFI_DESCRIPTOR_VERSION = 1 };

static inline void efi_put(u8 *to, unsigned size, u64 value)
{
    memcpy(to, &value, size); /* little-endian, like the host */
}

/* Fill in the header of a table of SIZE bytes, the rest of which is there. */
void efi_put_header(u8 *table, u64 signature, u32 size);

void efi_put_configuration(u8 *entry, const u8 guid[16], u64 table);

/* A descriptor of START to END, which a kernel finds at VIRTUAL where it is the firmware's. */
void efi_put_memory(u8 *descriptor, u32 type, u64 start, u64 end, u64 virtual);

/*
 * Everything in the data region that is there at run time, but no memory map; the
 * region and the code before it are seen at SEEN. Returns how many configuration
 * tables there are.
 */
unsigned efi_put_runtime(u8 *data, u64 at, u64 seen, const struct efi_screen *screen);

/* The services that a kernel has at run time, into the code region at AT of BUS. */
bool efi_write_code(struct bus *bus, u64 at);

/* 4.4: which boot service, by its place in the table. */
enum efi_service {
    EFI_CALL_ALLOCATE_PAGES = 2,
    EFI_CALL_FREE_PAGES = 3,
    EFI_CALL_GET_MEMORY_MAP = 4,
    EFI_CALL_ALLOCATE_POOL = 5,
    EFI_CALL_FREE_POOL = 6,
    EFI_CALL_HANDLE_PROTOCOL = 16,
    EFI_CALL_LOCATE_HANDLE = 19,
    EFI_CALL_LOCATE_DEVICE_PATH = 20,
    EFI_CALL_INSTALL_CONFIGURATION_TABLE = 21,
    EFI_CALL_EXIT = 24,
    EFI_CALL_EXIT_BOOT_SERVICES = 26,
    EFI_CALL_STALL = 28,
    EFI_CALL_SET_WATCHDOG_TIMER = 29,
    EFI_CALL_OPEN_PROTOCOL = 32,
    EFI_CALL_LOCATE_PROTOCOL = 37,
    EFI_CALL_COPY_MEM = 41,
    EFI_CALL_SET_MEM = 42,
    EFI_CALL_TABLE = 44,
    EFI_CALL_OUTPUT_STRING, /* not of the table, but called in the same way */
    EFI_CALLS,
};

/* SCTLR_EL1.M, C and I. */
static const u64 EFI_MMU_AND_CACHES = 1 << 0 | 1 << 2 | 1 << 12;

/* What the two parts of efi_boot.h share. */
static inline u64 efi_data_at(const struct efi_boot *b)
{
    return b->config.at + EFI_DATA;
}

/* Note what START to END, in one span of RAM, is used for. False when there are too many spans. */
bool efi_use(struct efi_boot *b, u64 start, u64 end, u32 type);

#endif
