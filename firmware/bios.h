/*
 * A machine that starts from flash, as hardware does: a firmware image goes into
 * the first bank, the device tree to the start of RAM, where firmware looks for
 * it, and a kernel, its initrd and its command line into fw_cfg, from where the
 * firmware may boot them. As QEMU's virt does with -bios and with a flash drive.
 */
#ifndef FIRMWARE_BIOS_H
#define FIRMWARE_BIOS_H

#include "devices/flash.h"
#include "devices/fw_cfg.h"
#include "firmware/boot.h"

/* A whole file in host memory. */
struct blob {
    u8 *data;
    u64 size;
};

struct bios {
    struct file image, dtb; /* closed where there is none */
    struct blob kernel, initrd;
    const char *append;
};

/*
 * Open the firmware IMAGE, NULL when flash holds it already, and what OPTIONS
 * name, a kernel or none. The strings must outlive B.
 */
bool bios_open(struct bios *b, const char *image, const struct boot_options *options,
               struct load_error *e);

/* Offer kernel, initrd and command line in F, which must not outlive B. */
void bios_offer(const struct bios *b, struct fw_cfg *f);

/*
 * At power-on and every reset: put the image into FLASH and the tree of BOARD into
 * RAM, and say in ENTRY how to start; x0 is not the tree's address but zero then.
 */
bool bios_load(const struct bios *b, struct flash *flash, struct bus *bus,
               const struct fdt_board *board, struct boot_entry *entry, struct load_error *e);

void bios_close(struct bios *b);

/* Read all of the file at PATH, less than 4 GiB, which gzip may have packed if UNPACK says so. */
bool blob_read(struct blob *b, const char *path, bool unpack, struct load_error *e);

void blob_free(struct blob *b);

#endif
