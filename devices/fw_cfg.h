/*
 * QEMU's fw_cfg (docs/specs/fw_cfg.rst there): a store of numbered items that
 * firmware and Linux's qemu_fw_cfg driver read, through a selector and a data
 * register or by DMA, the numbers from 0x20 on being files with names in a
 * directory. Nothing in it can be written. The bytes of an item belong to whoever
 * added it.
 */
#ifndef DEVICES_FW_CFG_H
#define DEVICES_FW_CFG_H

#include "core/log.h"
#include "mmu/bus.h"

enum fw_cfg_key {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,
};

enum {
    FW_CFG_MAX_FILES = 32,
    FW_CFG_NAME_SIZE = 56, /* of a file, its NUL included */
    FW_CFG_DIR_ENTRY = 64,
};

struct fw_cfg_item {
    const void *data;
    u32 size;
};

struct fw_cfg {
    struct bus *bus;
    const struct log *log;
    struct fw_cfg_item item[FW_CFG_FILE_FIRST + FW_CFG_MAX_FILES]; /* by key */
    u64 number[FW_CFG_FILE_FIRST];                                 /* of items that are one */
    u8 directory[4 + FW_CFG_MAX_FILES * FW_CFG_DIR_ENTRY];         /* as the guest reads it */
    unsigned files;

    const struct fw_cfg_item *selected; /* NULL for a key that no item has */
    u32 offset;                         /* of the next byte of it */
    u32 dma_high;                       /* the upper half of the next DMA's address */
};

extern const struct mmio_ops fw_cfg_ops;

/* With the items that say what it is; BUS is what its DMA goes to. */
void fw_cfg_init(struct fw_cfg *f, struct bus *bus, const struct log *log);

/* An item below FW_CFG_FILE_FIRST: SIZE bytes, or a little-endian number of SIZE bytes. */
void fw_cfg_set(struct fw_cfg *f, enum fw_cfg_key key, const void *data, u32 size);
void fw_cfg_set_number(struct fw_cfg *f, enum fw_cfg_key key, u64 value, unsigned size);

/*
 * A file called NAME, shorter than FW_CFG_NAME_SIZE. False when there is one of that
 * name or no room. Files are in the order of their names, and have their keys by it.
 */
bool fw_cfg_add_file(struct fw_cfg *f, const char *name, const void *data, u32 size);

#endif
