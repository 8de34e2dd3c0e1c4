/*
 * What an EFI boot stub leaves behind for Linux (Documentation/arm/uefi.rst): the
 * system table, the memory map, the description of the screen, and runtime
 * services that exist but can do nothing. A kernel that was built with an EFI stub
 * takes its screen from there, and so has a console on it without any driver for
 * this machine.
 */
#ifndef FIRMWARE_EFI_H
#define FIRMWARE_EFI_H

#include "core/types.h"

struct bus;

/* A linear frame buffer of 32-bit pixels 0xXXRRGGBB. */
struct efi_screen {
    u64 base, size;            /* bytes */
    u32 width, height, stride; /* pixels, pixels, bytes */
};

/* Bytes at the end of RAM that the tables and services take; a multiple of 64 KiB. */
enum { EFI_SIZE = 0x20000 };

/*
 * Where they go in RAM, which has room for them below the returned address plus
 * EFI_SIZE; 0 when it has not.
 */
u64 efi_place(u64 ram_base, u64 ram_size);

/* Write everything into RAM at AT, which efi_place returned. False when that is not RAM. */
bool efi_write(struct bus *bus, u64 at, u64 ram_base, u64 ram_size,
               const struct efi_screen *screen);

/*
 * Name in /chosen of TREE what efi_write wrote at AT for the same RAM. The tree must
 * have EFI_FDT_ROOM bytes left. Returns 0 or libfdt's error.
 */
int efi_describe(void *tree, u64 at, u64 ram_base, u64 ram_size);

enum { EFI_FDT_ROOM = 512 };

/*
 * Whether the kernel that was loaded at KERNEL, SIZE bytes of RAM, takes its screen
 * from those tables: it knows the name of the one that describes it. Kernels from
 * 5.7 to 6.1 do not; in those the stub fills in a variable.
 */
bool efi_reads_screen(struct bus *bus, u64 kernel, u64 size);

#endif
