/*
 * Placing and loading; see boot.h. Where things go follows QEMU's virt machine,
 * so that a debugger's scripts with physical addresses in them work here too;
 * what a kernel demands of the places is in booting.rst (sections 2 to 4).
 */
#include "firmware/boot.h"

#include <stdio.h>
#include <stdlib.h>

#include "mmu/bus.h"

static const u64 KIB = 1024, MIB = 1024 * 1024;

/* booting.rst: text_offset counts from a 2 MiB boundary; a tree stays within 2 MiB. */
static const u64 KERNEL_ALIGN = 2 * 1024 * 1024, DTB_ALIGN = 2 * 1024 * 1024;

/* QEMU has its own first instructions at the start of RAM and moves such kernels up. */
static const u64 BOOTLOADER_SIZE = 4096;

/* An initrd goes into the middle of RAM, or this far into a large one. */
static const u64 INITRD_MAX_OFFSET = 128 * 1024 * 1024, INITRD_ALIGN = 4096;

/* Kernels are linked to the upper half, where translation goes by TTBR1. */
enum { UPPER_HALF_BIT = 63 };

static bool in_ram(const struct boot_request *w, u64 start, u64 size)
{
    u64 usable = w->ram_size - w->reserved;

    return start >= w->ram_base && start - w->ram_base <= usable &&
           size <= usable - (start - w->ram_base);
}

/* SIZE bytes at START, or behind the kernel when they would run into it. */
static u64 clear_of_kernel(const struct boot_request *w, const struct boot_places *p, u64 start,
                           u64 size, u64 align)
{
    u64 end = p->kernel + w->image->size;

    return start < end && p->kernel < start + size ? align_up(end, align) : start;
}

static enum boot_fit place_kernel(const struct boot_request *w, struct boot_places *p)
{
    const struct image *image = w->image;
    u64 offset = image->text_offset;

    if (image->kind == IMAGE_ELF && in_ram(w, image->elf.low, image->elf.size)) {
        p->kernel = image->elf.low;
    } else if (image->kind == IMAGE_ELF && !bit(image->elf.low, UPPER_HALF_BIT)) {
        return BOOT_ELF_ELSEWHERE;
    } else {
        /* A vmlinux runs wherever its Image does; without its header the link address tells. */
        if (image->kind == IMAGE_ELF && !image->linux_header)
            offset = image->elf.low % KERNEL_ALIGN;
        if (offset < BOOTLOADER_SIZE)
            offset += KERNEL_ALIGN;
        if (offset > w->ram_size)
            return BOOT_NO_ROOM_KERNEL;
        p->kernel = w->ram_base + offset;
    }
    p->entry = p->kernel + image_entry_offset(image);
    return in_ram(w, p->kernel, image->size) ? BOOT_FITS : BOOT_NO_ROOM_KERNEL;
}

enum boot_fit boot_place(const struct boot_request *w, struct boot_places *p)
{
    enum boot_fit fit = place_kernel(w, p);
    u64 middle = w->ram_size / 2 < INITRD_MAX_OFFSET ? w->ram_size / 2 : INITRD_MAX_OFFSET;

    if (fit != BOOT_FITS)
        return fit;
    if (!in_ram(w, w->ram_base, w->initrd_size))
        return BOOT_NO_ROOM_INITRD;
    p->initrd = clear_of_kernel(w, p, align_up(w->ram_base + middle, INITRD_ALIGN), w->initrd_size,
                                INITRD_ALIGN);
    if (!in_ram(w, p->initrd, w->initrd_size))
        return BOOT_NO_ROOM_INITRD;
    /* Bare-metal programs look for the tree at the start of RAM, which QEMU documents. */
    if (w->image->kind == IMAGE_ELF && !w->image->linux_header && w->dtb_size <= middle &&
        w->dtb_size <= p->kernel - w->ram_base) {
        p->dtb = w->ram_base;
        return BOOT_FITS;
    }
    p->dtb = clear_of_kernel(w, p, align_up(p->initrd + w->initrd_size, DTB_ALIGN), w->dtb_size,
                             DTB_ALIGN);
    return in_ram(w, p->dtb, w->dtb_size) ? BOOT_FITS : BOOT_NO_ROOM_DTB;
}

/* The smallest power of two of RAM in which everything has a place, 0 for none. */
static u64 enough_ram(const struct boot_request *w)
{
    struct boot_request larger = *w;
    struct boot_places p;
    const u64 limit = UINT64_C(1) << 40;

    for (larger.ram_size = MIB; larger.ram_size <= limit; larger.ram_size *= 2)
        if (larger.ram_size > w->ram_size && boot_place(&larger, &p) == BOOT_FITS)
            return larger.ram_size;
    return 0;
}

static bool fail_fit(const struct boot *b, const struct boot_request *w, enum boot_fit fit,
                     struct load_error *e)
{
    const char *path = fit == BOOT_NO_ROOM_INITRD ? b->initrd.path : b->kernel.path;
    u64 size = fit == BOOT_NO_ROOM_INITRD ? w->initrd_size : w->image->size;
    u64 enough = enough_ram(w);
    char advice[64] = "";

    if (fit == BOOT_ELF_ELSEWHERE)
        return load_fail(e, path, "is linked to 0x%llx, which is not in RAM (0x%llx to 0x%llx)",
                         (unsigned long long)w->image->elf.low, (unsigned long long)w->ram_base,
                         (unsigned long long)(w->ram_base + (w->ram_size - 1)));
    if (enough)
        snprintf(advice, sizeof advice, "; -m %lluM would work",
                 (unsigned long long)(enough / MIB));
    if (fit == BOOT_NO_ROOM_DTB)
        return load_fail(e, path, "leaves no room for the device tree in %llu MiB of RAM%s",
                         (unsigned long long)(w->ram_size / MIB), advice);
    return load_fail(e, path, "takes %llu KiB and does not fit in %llu MiB of RAM%s",
                     (unsigned long long)(size / KIB + (size % KIB != 0)),
                     (unsigned long long)(w->ram_size / MIB), advice);
}

static bool open_optional(struct file *f, const char *path, struct load_error *e)
{
    return !path || file_open(f, path, e);
}

bool boot_open(struct boot *b, const struct boot_options *options, struct load_error *e)
{
    const struct file closed = {.fd = -1};

    *b = (struct boot){.options = *options, .kernel = closed, .initrd = closed, .dtb = closed};
    if (file_open(&b->kernel, options->kernel, e) &&
        open_optional(&b->initrd, options->initrd, e) && open_optional(&b->dtb, options->dtb, e))
        return true;
    boot_close(b);
    return false;
}

/* The tree with its initrd at the start of RAM for now: its size depends on no place. */
static void *make_tree(const struct boot *b, const struct file *dtb, const struct fdt_board *board,
                       u64 initrd_size, struct load_error *e)
{
    struct fdt_board with = *board;

    with.bootargs = b->options.append;
    with.initrd_start = board->ram_base;
    with.initrd_end = board->ram_base + initrd_size;
    return b->options.dtb ? fdt_load(dtb, &with, e) : fdt_build(&with, e);
}

static bool load_tree(struct bus *bus, void *tree, const struct boot_request *w,
                      const struct boot_places *p, const char *path, struct load_error *e)
{
    int r = w->initrd_size ? fdt_move_initrd(tree, p->initrd, p->initrd + w->initrd_size) : 0;

    if (r)
        return load_fail(e, path, "its device tree can't name the initrd (%s)", fdt_strerror(r));
    if (!bus_dma_write(bus, p->dtb, tree, fdt_totalsize(tree)))
        return load_fail(e, path, "its device tree does not fit in RAM");
    return true;
}

bool boot_knows_efi(const struct boot *b)
{
    struct file kernel = b->kernel;
    struct image image;
    struct load_error e;

    return file_refresh(&kernel, &e) && image_identify(&image, &kernel, &e) && image.efi_stub;
}

/* TREE, made larger, with EFI's tables at AT named in it; frees it and returns NULL on failure. */
static void *add_efi(void *tree, u64 at, const struct fdt_board *board, struct load_error *e)
{
    int size = (int)fdt_totalsize(tree) + EFI_FDT_ROOM;
    void *larger = malloc((size_t)size);
    int r = larger ? fdt_open_into(tree, larger, size) : -FDT_ERR_NOSPACE;

    free(tree);
    if (r == 0)
        r = efi_describe(larger, at, board->ram_base, board->ram_size);
    if (r == 0 && fdt_pack(larger) == 0)
        return larger;
    free(larger);
    load_fail(e, "device tree", "can't name EFI's tables (%s)", fdt_strerror(r));
    return NULL;
}

static u64 end_of(const struct boot_request *w, const struct boot_places *p)
{
    u64 end = p->kernel + w->image->size;

    if (w->initrd_size && end < p->initrd + w->initrd_size)
        end = p->initrd + w->initrd_size;
    return end < p->dtb + w->dtb_size ? p->dtb + w->dtb_size : end;
}

/* Where a machine's screen is told of: EFI's tables and, below them, what its stub needs. */
struct efi_places {
    u64 at;    /* 0: nowhere */
    u64 below; /* the start of it all; AT when there is no room for the stub */
};

static struct efi_places place_efi(const struct boot *b, const struct fdt_board *board)
{
    u64 at = b->options.screen ? efi_place(board->ram_base, board->ram_size) : 0;
    bool room = at && at - board->ram_base >= EFI_BOOT_SIZE;

    return (struct efi_places){at, room ? at - EFI_BOOT_SIZE : at};
}

/*
 * With the kernel in RAM: let it find the screen in EFI's tables, named in TREE, or
 * have its EFI stub ask for it. The tree as it is then, or NULL (and it is freed).
 */
static void *tell_screen(struct boot *b, struct bus *bus, const struct fdt_board *board,
                         const struct boot_request *w, const struct boot_places *p,
                         const struct efi_places *efi, void *tree, struct load_error *e)
{
    const struct image *image = w->image;
    /* Looking at its BSS would have the host provide it, page by page and twice. */
    bool stub = image->efi_entry && efi->below < efi->at &&
                !efi_reads_screen(bus, p->kernel, image_filled_size(image));

    if (!efi->at)
        return tree;
    if (stub) {
        const struct efi_boot_config config = {
            .at = efi->at,
            .ram_base = board->ram_base,
            .ram_size = board->ram_size,
            .kernel = p->kernel,
            .kernel_size = image->size,
            .kernel_entry = p->entry,
            .stub_entry = p->kernel + image->efi_entry,
            .initrd = p->initrd,
            .initrd_size = w->initrd_size,
            .dtb = p->dtb,
            .dtb_size = w->dtb_size,
        };
        if (efi_boot_prepare(&b->efi, bus, &config, b->options.screen))
            return tree;
    } else if (efi_write(bus, efi->at, board->ram_base, board->ram_size, b->options.screen)) {
        return add_efi(tree, efi->at, board, e);
    }
    free(tree);
    load_fail(e, "EFI's tables", "do not fit in RAM");
    return NULL;
}

/* With the image recognised and the tree made: find the places and fill them. Frees the tree. */
static bool load_all(struct boot *b, struct bus *bus, const struct fdt_board *board,
                     const struct boot_request *w, const struct efi_places *efi,
                     const struct file *initrd, void *tree, struct boot_entry *entry,
                     struct load_error *e)
{
    struct boot_places p;
    enum boot_fit fit = boot_place(w, &p);
    bool ok = fit == BOOT_FITS ? image_load(w->image, bus, p.kernel, e) : fail_fit(b, w, fit, e);

    if (ok && w->initrd_size)
        ok = file_read_ram(initrd, 0, bus, p.initrd, w->initrd_size, e);
    if (!ok) {
        free(tree);
        return false;
    }
    tree = tell_screen(b, bus, board, w, &p, efi, tree, e);
    if (!tree)
        return false;
    *entry = (struct boot_entry){
        .pc = p.entry,
        .dtb = p.dtb,
        .dtb_size = fdt_totalsize(tree),
        .end = end_of(w, &p),
        .kernel = p.kernel,
        .page_size = w->image->page_size,
        .linux_header = w->image->linux_header,
    };
    ok = load_tree(bus, tree, w, &p, b->options.dtb ? b->options.dtb : b->options.kernel, e);
    free(tree);
    return ok;
}

/* The file's size now, in a copy, for it may have been written to since the last time. */
static bool refresh_optional(struct file *now, const struct file *f, struct load_error *e)
{
    *now = *f;
    return f->fd < 0 || file_refresh(now, e);
}

bool boot_load(struct boot *b, struct bus *bus, const struct fdt_board *board,
               struct boot_entry *entry, struct load_error *e)
{
    struct file kernel, initrd, dtb;
    struct image image;
    struct boot_request want;
    struct efi_places efi = place_efi(b, board);
    void *tree;

    b->efi = (struct efi_boot){0};
    if (!refresh_optional(&kernel, &b->kernel, e) || !refresh_optional(&initrd, &b->initrd, e) ||
        !refresh_optional(&dtb, &b->dtb, e) || !image_identify(&image, &kernel, e))
        return false;
    tree = make_tree(b, &dtb, board, initrd.size, e);
    if (!tree)
        return false;
    want = (struct boot_request){
        .ram_base = board->ram_base,
        .ram_size = board->ram_size,
        .image = &image,
        .initrd_size = initrd.size,
        .dtb_size = fdt_totalsize(tree) + (efi.at ? EFI_FDT_ROOM : 0),
        .reserved = efi.at ? board->ram_base + board->ram_size - efi.below : 0,
    };
    return load_all(b, bus, board, &want, &efi, &initrd, tree, entry, e);
}

void boot_close(struct boot *b)
{
    file_close(&b->kernel);
    file_close(&b->initrd);
    file_close(&b->dtb);
}
