/*
 * What a boot loader would do: the kernel, the initrd and the device tree go
 * into RAM where QEMU's virt machine puts them, and the CPU is told where to
 * start. May be done again for every machine reset, from the files that were
 * opened at the start; nothing but their descriptors is kept.
 */
#ifndef FIRMWARE_BOOT_H
#define FIRMWARE_BOOT_H

#include "core/types.h"
#include "firmware/efi_boot.h"
#include "firmware/fdt.h"
#include "firmware/file.h"
#include "firmware/image.h"

struct bus;

/* Paths and text as the user gave them; they must outlive the struct boot. */
struct boot_options {
    const char *kernel;
    const char *initrd; /* NULL for none */
    const char *append; /* the kernel's command line, NULL for none */
    const char *dtb;    /* NULL for the board's own tree */
    /* The kernel is to find this screen in EFI's tables; NULL for no such tables. */
    const struct efi_screen *screen;
};

struct boot {
    struct boot_options options;
    struct file kernel, initrd, dtb;
    struct efi_boot efi; /* ready when the kernel's EFI stub is to be started instead */
};

/* How the boot CPU starts: x0 = dtb, x1 to x3 = 0 (booting.rst), MMU off; or by efi_boot_enter. */
struct boot_entry {
    u64 pc;
    u64 dtb;           /* physical address of the device tree */
    u64 dtb_size;      /* bytes */
    u64 end;           /* physical address behind all that was loaded */
    u64 kernel;        /* physical address where the kernel begins */
    u32 page_size;     /* the granule an Image was built for in bytes, 0 when unknown */
    bool linux_header; /* it is an arm64 Linux Image or vmlinux */
};

/* Where everything goes. Sizes in bytes, 0 for what is not there. */
struct boot_request {
    u64 ram_base, ram_size; /* ram_base is a multiple of 2 MiB */
    const struct image *image;
    u64 initrd_size, dtb_size;
    u64 reserved; /* bytes at the end of RAM where nothing may go */
};

struct boot_places {
    u64 kernel, entry, initrd, dtb; /* physical addresses */
};

enum boot_fit {
    BOOT_FITS,
    BOOT_ELF_ELSEWHERE, /* linked to addresses that are not RAM */
    BOOT_NO_ROOM_KERNEL,
    BOOT_NO_ROOM_INITRD,
    BOOT_NO_ROOM_DTB,
};

/* Compute the places; they are meaningless unless it fits. */
enum boot_fit boot_place(const struct boot_request *want, struct boot_places *places);

/* Open the files that OPTIONS name, a kernel among them. */
bool boot_open(struct boot *b, const struct boot_options *options, struct load_error *e);

/* True when the kernel's header says that it was built with EFI support. */
bool boot_knows_efi(const struct boot *b);

/*
 * Load everything into the RAM that BOARD describes on BUS, and say in ENTRY how
 * to start. The command line and initrd in BOARD are not looked at: they come
 * from the options. On failure RAM may hold a part of it.
 */
bool boot_load(struct boot *b, struct bus *bus, const struct fdt_board *board,
               struct boot_entry *entry, struct load_error *e);

void boot_close(struct boot *b);

#endif
