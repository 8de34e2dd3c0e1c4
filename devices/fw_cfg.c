/*
 * The registers, the DMA and the directory of fw_cfg.h. The selector, the DMA
 * registers and all that is in a DMA request are big-endian; the data register
 * hands out bytes in the order of memory, whatever the size of the access.
 */
#include "devices/fw_cfg.h"

#include <endian.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

/* Registers. */
enum { REG_DATA = 0x00, REG_SELECTOR = 0x08, REG_DMA = 0x10, REG_DMA_LOW = 0x14, WINDOW = 0x18 };

/* What FW_CFG_ID says. */
enum { ID_TRADITIONAL = 1, ID_DMA = 2 };

/* What a selected key may have beside the item's number. */
enum { KEY_WRITE = 0x4000, KEY_ARCH_LOCAL = 0x8000 };

/* FWCfgDmaAccess.control. */
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16, DMA_KEY = 16 };

/* What the DMA registers read as. */
static const char dma_signature[] = "QEMU CFG";

/* What an entry of the directory consists of, big-endian. */
struct entry {
    u32 size;
    u16 key, reserved;
    char name[FW_CFG_NAME_SIZE];
};
_Static_assert(sizeof(struct entry) == FW_CFG_DIR_ENTRY, "as firmware has it");

/* What a DMA request consists of, big-endian. */
struct dma_access {
    u32 control, length;
    u64 address;
};

static void fw_cfg_select(struct fw_cfg *f, u16 key)
{
    unsigned index = key & (u16) ~(KEY_WRITE | KEY_ARCH_LOCAL);
    bool there = index < ARRAY_LEN(f->item) && !(key & KEY_ARCH_LOCAL) && f->item[index].data;
    f->selected = there ? &f->item[index] : NULL;
    f->offset = 0;
}

/* How much of LEN the selected item has left. */
static u32 left(const struct fw_cfg *f, u32 len)
{
    u32 n = f->selected ? f->selected->size - f->offset : 0;
    return n < len ? n : len;
}

/* The next LEN bytes, zeros behind the end. */
static void take(struct fw_cfg *f, void *to, u32 len)
{
    u32 n = left(f, len);
    if (n)
        memcpy(to, (const u8 *)f->selected->data + f->offset, n);
    memset((u8 *)to + n, 0, len - n);
    f->offset += n;
}

static bool dma_read(struct fw_cfg *f, u64 address, u32 len)
{
    u8 piece[4096];
    while (len > 0) {
        u32 n = len < sizeof(piece) ? len : (u32)sizeof(piece);
        take(f, piece, n);
        if (!bus_dma_write(f->bus, address, piece, n))
            return false;
        address += n;
        len -= n;
    }
    return true;
}

static bool dma_transfer(struct fw_cfg *f, const struct dma_access *a)
{
    u32 control = be32toh(a->control), len = be32toh(a->length);
    if (control & DMA_SELECT)
        fw_cfg_select(f, (u16)(control >> DMA_KEY));
    if (control & DMA_READ)
        return dma_read(f, be64toh(a->address), len);
    if (control & DMA_SKIP)
        f->offset += left(f, len);
    else if (control & DMA_WRITE)
        return false;
    return true;
}

/* The request at PA; its control field becomes 0, or says that there was an error. */
static void dma(struct fw_cfg *f, u64 pa)
{
    struct dma_access a;
    u32 result = htobe32(DMA_ERROR);
    if (bus_dma_read(f->bus, pa, &a, sizeof(a)) && dma_transfer(f, &a))
        result = 0;
    else
        log_line(f->log, LOG_GUEST_ERRORS, "fw_cfg: the DMA request at %#llx failed",
                 (unsigned long long)pa);
    bus_dma_write(f->bus, pa, &result, sizeof(result));
}

static u64 fw_cfg_read(void *dev, u64 offset, unsigned size)
{
    struct fw_cfg *f = dev;
    u64 value = 0;
    if (offset < REG_SELECTOR)
        take(f, &value, size);
    else if (offset >= REG_DMA)
        memcpy(&value, dma_signature + (offset - REG_DMA), size);
    return value;
}

static void fw_cfg_write(void *dev, u64 offset, unsigned size, u64 value)
{
    struct fw_cfg *f = dev;
    u64 high = (u64)f->dma_high << 32;
    if (offset == REG_SELECTOR && size == 2) {
        fw_cfg_select(f, be16toh((u16)value));
    } else if (offset == REG_DMA && size == 8) {
        f->dma_high = 0;
        dma(f, be64toh(value));
    } else if (offset == REG_DMA && size == 4) {
        f->dma_high = be32toh((u32)value);
    } else if (offset == REG_DMA_LOW && size == 4) {
        f->dma_high = 0;
        dma(f, high | be32toh((u32)value));
    } else {
        log_line(f->log, LOG_GUEST_ERRORS, "fw_cfg: write of %u bytes at offset %#llx", size,
                 (unsigned long long)offset);
    }
}

static void fw_cfg_reset(void *dev)
{
    struct fw_cfg *f = dev;
    f->selected = &f->item[FW_CFG_SIGNATURE];
    f->offset = 0;
    f->dma_high = 0;
}

static int fw_cfg_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    const fdt64_t reg[] = {cpu_to_fdt64(at->base), cpu_to_fdt64(at->size)};
    char name[32];
    snprintf(name, sizeof(name), "fw-cfg@%llx", (unsigned long long)at->base);
    int r = fdt_begin_node(fdt, name);
    r = r ? r : fdt_property(fdt, "dma-coherent", NULL, 0);
    r = r ? r : fdt_property(fdt, "reg", reg, sizeof(reg));
    r = r ? r : fdt_property_string(fdt, "compatible", "qemu,fw-cfg-mmio");
    return r ? r : fdt_end_node(fdt);
}

const struct mmio_ops fw_cfg_ops = {
    .name = "fw_cfg",
    .size = WINDOW,
    .min_access = 1,
    .max_access = 8,
    .read = fw_cfg_read,
    .write = fw_cfg_write,
    .reset = fw_cfg_reset,
    .fdt = fw_cfg_fdt,
};

/* The directory's length goes before its entries. */
static void update_directory(struct fw_cfg *f)
{
    u32 count = htobe32(f->files);
    memcpy(f->directory, &count, sizeof(count));
    fw_cfg_set(f, FW_CFG_FILE_DIR, f->directory, (u32)sizeof(count) + f->files * FW_CFG_DIR_ENTRY);
}

void fw_cfg_init(struct fw_cfg *f, struct bus *bus, const struct log *log)
{
    static const u8 no_uuid[16];
    *f = (struct fw_cfg){.bus = bus, .log = log};
    fw_cfg_set(f, FW_CFG_SIGNATURE, dma_signature, 4);
    fw_cfg_set_number(f, FW_CFG_ID, ID_TRADITIONAL | ID_DMA, 4);
    fw_cfg_set(f, FW_CFG_UUID, no_uuid, sizeof(no_uuid));
    fw_cfg_set_number(f, FW_CFG_NOGRAPHIC, 1, 2);
    fw_cfg_set_number(f, FW_CFG_BOOT_MENU, 0, 2);
    update_directory(f);
    fw_cfg_reset(f);
}

void fw_cfg_set(struct fw_cfg *f, enum fw_cfg_key key, const void *data, u32 size)
{
    f->item[key] = (struct fw_cfg_item){data, size};
}

void fw_cfg_set_number(struct fw_cfg *f, enum fw_cfg_key key, u64 value, unsigned size)
{
    f->number[key] = htole64(value);
    fw_cfg_set(f, key, &f->number[key], size);
}

static struct entry get_entry(const struct fw_cfg *f, unsigned i)
{
    struct entry e;
    memcpy(&e, f->directory + 4 + i * sizeof(e), sizeof(e));
    return e;
}

static void put_entry(struct fw_cfg *f, unsigned i, struct entry e)
{
    e.key = htobe16((u16)(FW_CFG_FILE_FIRST + i));
    memcpy(f->directory + 4 + i * sizeof(e), &e, sizeof(e));
}

bool fw_cfg_add_file(struct fw_cfg *f, const char *name, const void *data, u32 size)
{
    unsigned i = f->files;
    struct entry e = {.size = htobe32(size)};
    struct fw_cfg_item *file = f->item + FW_CFG_FILE_FIRST;
    if (f->files == FW_CFG_MAX_FILES || strlen(name) >= sizeof(e.name))
        return false;
    for (unsigned k = 0; k < f->files; k++)
        if (!strcmp(get_entry(f, k).name, name))
            return false;
    for (; i > 0 && strcmp(get_entry(f, i - 1).name, name) > 0; i--) {
        put_entry(f, i, get_entry(f, i - 1));
        file[i] = file[i - 1];
    }
    memcpy(e.name, name, strlen(name));
    put_entry(f, i, e);
    file[i] = (struct fw_cfg_item){data, size};
    f->files++;
    update_directory(f);
    return true;
}
