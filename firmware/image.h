/*
 * What `-kernel` names: an arm64 Image (Documentation/arm64/booting.rst), the
 * same inside gzip or an EFI zboot wrapper, an AArch64 ELF executable (vmlinux
 * or bare metal), or a flat binary. Recognising and loading are two steps, so
 * that everything can be given its place before a byte is written.
 */
#ifndef FIRMWARE_IMAGE_H
#define FIRMWARE_IMAGE_H

#include "core/types.h"
#include "firmware/elf.h"
#include "firmware/file.h"

struct bus;

enum image_kind {
    IMAGE_ARM64, /* goes to a 2 MiB aligned base plus text_offset */
    IMAGE_FLAT,  /* the same, with the text_offset that old kernels had */
    IMAGE_ELF,   /* goes where its segments say */
};

struct image {
    const struct file *file;
    enum image_kind kind;
    bool linux_header; /* the booting.rst header was there, in an ELF file too */
    bool efi_stub;     /* a header with EFI's in it: the kernel was built with EFI support */
    u64 efi_entry;     /* where that stub starts, from where the image was loaded; 0 for none */
    bool gzipped;
    u64 data_offset, data_size; /* the (compressed) bytes in the file; not for ELF */
    u64 text_offset;            /* meaningless for an ELF without the header */
    u64 size;                   /* bytes of RAM from its lowest address on, its BSS included */
    u32 page_size;              /* 4, 16 or 64 KiB in bytes, 0 when it does not say */
    struct elf elf;             /* for IMAGE_ELF */
};

/* Recognise the open FILE, which must stay open as long as IMAGE is used. */
bool image_identify(struct image *image, const struct file *file, struct load_error *e);

/* Put it into guest RAM at AT, where IMAGE->size bytes are free. */
bool image_load(const struct image *image, struct bus *bus, u64 at, struct load_error *e);

/*
 * Bytes from its lowest address on in which there is all that is not zero: without the
 * BSS, where that is known without unpacking.
 */
u64 image_filled_size(const struct image *image);

/* The offset of the first instruction from where the image was loaded. */
u64 image_entry_offset(const struct image *image);

#endif
