/*
 * Starting from flash; see bios.h.
 */
#include "firmware/bios.h"

#include <stdlib.h>
#include <string.h>

#include "firmware/gunzip.h"

enum { PIECE = 65536 };

static bool out_of_memory(const char *path, struct load_error *e)
{
    return load_fail(e, path, "is larger than the host's memory");
}

/* Make room for SIZE bytes. */
static bool grow(struct blob *b, u64 size, const char *path, struct load_error *e)
{
    u8 *data = size <= UINT32_MAX ? realloc(b->data, size) : NULL;
    if (size > UINT32_MAX)
        return load_fail(e, path, "is larger than the 4 GiB that fw_cfg can hold");
    if (!data)
        return out_of_memory(path, e);
    b->data = data;
    return true;
}

static bool read_plain(struct blob *b, const struct file *f, struct load_error *e)
{
    if (!grow(b, f->size, f->path, e) || !file_read(f, 0, b->data, f->size, e))
        return false;
    b->size = f->size;
    return true;
}

static bool read_packed(struct blob *b, const struct file *f, struct load_error *e)
{
    struct gunzip *g = gunzip_open(f, 0, f->size, e);
    u64 room = 0, done = PIECE;
    bool ok = g;
    while (ok && done > 0) {
        if (room - b->size < PIECE) {
            room = 2 * room + PIECE;
            ok = grow(b, room < UINT32_MAX ? room : b->size + PIECE, f->path, e);
        }
        ok = ok && gunzip_read(g, b->data + b->size, PIECE, &done, e);
        b->size += ok ? done : 0;
    }
    gunzip_close(g);
    return ok;
}

bool blob_read(struct blob *b, const char *path, bool unpack, struct load_error *e)
{
    u8 head[16];
    struct file f;
    *b = (struct blob){0};
    if (!file_open(&f, path, e))
        return false;
    u64 len = f.size < sizeof(head) ? f.size : sizeof(head);
    bool ok = file_read(&f, 0, head, len, e);
    if (ok)
        ok = (unpack && gunzip_recognise(head, len) ? read_packed : read_plain)(b, &f, e);
    file_close(&f);
    if (!ok)
        blob_free(b);
    return ok;
}

void blob_free(struct blob *b)
{
    free(b->data);
    *b = (struct blob){0};
}

static bool open_image(struct bios *b, const char *image, struct load_error *e)
{
    if (!image)
        return true;
    if (!file_open(&b->image, image, e))
        return false;
    return b->image.size <= FLASH_SIZE ||
           load_fail(e, image, "has %llu bytes, more than the %d of a flash bank",
                     (unsigned long long)b->image.size, FLASH_SIZE);
}

bool bios_open(struct bios *b, const char *image, const struct boot_options *options,
               struct load_error *e)
{
    const struct file closed = {.fd = -1};
    *b = (struct bios){.image = closed, .dtb = closed, .append = options->append};
    if (open_image(b, image, e) && (!options->dtb || file_open(&b->dtb, options->dtb, e)) &&
        (!options->kernel || blob_read(&b->kernel, options->kernel, true, e)) &&
        (!options->initrd || blob_read(&b->initrd, options->initrd, false, e)))
        return true;
    bios_close(b);
    return false;
}

static void offer(struct fw_cfg *f, enum fw_cfg_key size_key, enum fw_cfg_key data_key,
                  const void *data, u64 size)
{
    fw_cfg_set_number(f, size_key, size, 4);
    fw_cfg_set(f, data_key, data, (u32)size);
}

void bios_offer(const struct bios *b, struct fw_cfg *f)
{
    if (!b->kernel.data)
        return;
    offer(f, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, b->kernel.data, b->kernel.size);
    if (b->initrd.data)
        offer(f, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, b->initrd.data, b->initrd.size);
    if (b->append)
        offer(f, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA, b->append, strlen(b->append) + 1);
}

/* The image as the file has it now; it may have been written to since the last time. */
static bool fill_flash(const struct file *image, struct flash *flash, struct load_error *e)
{
    u8 piece[PIECE];
    for (u64 at = 0; at < image->size; at += PIECE) {
        u64 n = image->size - at < PIECE ? image->size - at : PIECE;
        if (!file_read(image, at, piece, n, e))
            return false;
        flash_fill(flash, at, piece, n);
    }
    return true;
}

bool bios_load(const struct bios *b, struct flash *flash, struct bus *bus,
               const struct fdt_board *board, struct boot_entry *entry, struct load_error *e)
{
    void *tree = b->dtb.fd < 0 ? fdt_build(board, e) : fdt_load(&b->dtb, board, e);
    if (!tree)
        return false;
    u32 size = fdt_totalsize(tree);
    bool ok = bus_dma_write(bus, board->ram_base, tree, size) ||
              load_fail(e, "device tree", "does not fit in RAM");
    free(tree);
    *entry = (struct boot_entry){
        .dtb = board->ram_base, .dtb_size = size, .end = board->ram_base + size};
    return ok && (b->image.fd < 0 || fill_flash(&b->image, flash, e));
}

void bios_close(struct bios *b)
{
    file_close(&b->image);
    file_close(&b->dtb);
    blob_free(&b->kernel);
    blob_free(&b->initrd);
}
