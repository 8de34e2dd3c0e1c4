/*
 * Recognising and loading kernels; see image.h. After Linux's
 * Documentation/arm64/booting.rst, the PE/COFF specification (of an Image's EFI
 * header only what tells a whole file from a cut one) and Linux's
 * drivers/firmware/efi/libstub/zboot-header.S for zboot's layout.
 */
#include "firmware/image.h"

#include <string.h>

#include "firmware/gunzip.h"
#include "mmu/bus.h"

/* booting.rst, "4. Call the kernel image": the header, 64 bytes. */
enum {
    HEADER_TEXT_OFFSET = 8,
    HEADER_IMAGE_SIZE = 16,
    HEADER_FLAGS = 24,
    HEADER_MAGIC = 56,
    HEADER_PE_OFFSET = 60,
    HEADER_SIZE = 64,
};
enum { FLAG_BIG_ENDIAN = 0, FLAG_PAGE_SIZE_LOW = 1, FLAG_PAGE_SIZE_HIGH = 2 };

/* Where kernels before 3.17 (which state no image_size), and flat binaries, go. */
static const u64 OLD_TEXT_OFFSET = 0x80000;

/* PE/COFF: offsets from the PE signature, and in a section header. */
enum {
    PE_SECTION_COUNT = 6,
    PE_OPTIONAL_SIZE = 20,
    PE_OPTIONAL = 24,
    PE_ENTRY = PE_OPTIONAL + 16,
    SECTION_RAW_SIZE = 16,
    SECTION_RAW_OFFSET = 20,
    SECTION_HEADER_SIZE = 40,
};

/* The zboot header. */
enum {
    ZBOOT_MAGIC = 4,
    ZBOOT_PAYLOAD_OFFSET = 8,
    ZBOOT_PAYLOAD_SIZE = 12,
    ZBOOT_COMPRESSION = 24,
    ZBOOT_COMPRESSION_SIZE = 32,
    ZBOOT_HEADER_SIZE = 64,
};

/* Enough of the start of a file for everything that is looked for in it. */
enum { HEAD_SIZE = 1024 };

struct head {
    u8 bytes[HEAD_SIZE]; /* zeros past the end */
    u64 size;
};

static bool has(const struct head *h, u64 offset, const char *bytes, u64 len)
{
    return offset + len <= h->size && memcmp(h->bytes + offset, bytes, len) == 0;
}

/* Little-endian fields; OFFSET + size is below HEAD_SIZE. */
static u64 field(const struct head *h, u64 offset, unsigned size)
{
    u64 v = 0;

    memcpy(&v, h->bytes + offset, size);
    return v;
}

/* Files that are certainly not kernels for this machine, by their magic. */
static const struct {
    u16 offset;
    u8 len;
    const char *magic;
    const char *reason;
} wrong_kinds[] = {
    {0x202, 4, "HdrS", "is an x86 kernel; one built for arm64 would work"},
    {0x24, 4, "\x18\x28\x6f\x01", "is a 32-bit ARM kernel (zImage); an arm64 one would work"},
    {0x24, 4, "\x01\x6f\x28\x18", "is a 32-bit ARM kernel (zImage); an arm64 one would work"},
    {0x30, 5, "RISCV", "is a RISC-V kernel; one built for arm64 would work"},
    {0, 4, "\x27\x05\x19\x56", "is a U-Boot uImage; the Image inside it would work"},
    {0, 4, "\xd0\x0d\xfe\xed", "is a device tree or FIT, not a kernel; -dtb takes a device tree"},
    {0, 5, "07070", "is a cpio archive, not a kernel; -initrd takes it"},
    {0, 4, "\x28\xb5\x2f\xfd", "is compressed with zstd; uncompressed or gzip'd it would work"},
    {0, 6,
     "\xfd"
     "7zXZ",
     "is compressed with xz; uncompressed or gzip'd it would work"},
    {4, 6, "1AY&SY", "is compressed with bzip2; uncompressed or gzip'd it would work"},
    {5, 8, "\xff\xff\xff\xff\xff\xff\xff\xff", /* of unknown length, as lzma writes it */
     "is compressed with lzma; uncompressed or gzip'd it would work"},
    {0, 4, "\x02\x21\x4c\x18", "is compressed with lz4; uncompressed or gzip'd it would work"},
    {0, 4, "\x04\x22\x4d\x18", "is compressed with lz4; uncompressed or gzip'd it would work"},
    {0, 4, "\x89LZO", "is compressed with lzop; uncompressed or gzip'd it would work"},
    {0, 2, "MZ", "is an EFI or DOS program, not an arm64 Image"},
    {0, 2, "#!", "is a script, not a kernel"},
};

/* The offset of the PE signature, and room for what is looked for behind it; 0 for none. */
static u64 pe_offset(const struct head *h)
{
    u64 pe = field(h, HEADER_PE_OFFSET, 4);

    return pe <= HEAD_SIZE - PE_ENTRY - 4 && has(h, pe, "PE\0\0", 4) ? pe : 0;
}

/*
 * An Image with an EFI header says where its last initialised byte is; of one
 * without, image_size counts the BSS too and nothing tells that it was cut.
 */
static bool check_whole(const struct image *image, const struct head *h, struct load_error *e)
{
    u64 pe = pe_offset(h), whole = 0, section, count;

    if (!pe)
        return true;
    count = field(h, pe + PE_SECTION_COUNT, 2);
    section = pe + PE_OPTIONAL + field(h, pe + PE_OPTIONAL_SIZE, 2);
    for (; count > 0 && section <= HEAD_SIZE - SECTION_HEADER_SIZE; count--) {
        u64 end =
            field(h, section + SECTION_RAW_OFFSET, 4) + field(h, section + SECTION_RAW_SIZE, 4);

        whole = end > whole ? end : whole;
        section += SECTION_HEADER_SIZE;
    }
    return whole <= image->data_size ||
           load_fail(e, image->file->path, "is truncated: %llu of %llu bytes are there",
                     (unsigned long long)image->data_size, (unsigned long long)whole);
}

/* Take the booting.rst header at the start of H down; it has the magic. */
static bool parse_header(struct image *image, const struct head *h, struct load_error *e)
{
    static const u32 page_sizes[] = {0, 4096, 16384, 65536};
    u64 text_offset = field(h, HEADER_TEXT_OFFSET, 8);
    u64 image_size = field(h, HEADER_IMAGE_SIZE, 8);
    u64 flags = field(h, HEADER_FLAGS, 8);

    if (h->size < HEADER_SIZE)
        return load_fail(e, image->file->path, "is truncated: not even its header is whole");
    if (bit(flags, FLAG_BIG_ENDIAN) ||
        (image_size == 0 && text_offset == __builtin_bswap64(OLD_TEXT_OFFSET)))
        return load_fail(e, image->file->path,
                         "is a big-endian kernel; a little-endian one would work");
    image->linux_header = true;
    image->efi_stub = has(h, 0, "MZ", 2);
    image->efi_entry = image->efi_stub && pe_offset(h) ? field(h, pe_offset(h) + PE_ENTRY, 4) : 0;
    image->text_offset = image_size == 0 ? OLD_TEXT_OFFSET : text_offset;
    image->size = image_size;
    image->page_size = page_sizes[bits(flags, FLAG_PAGE_SIZE_HIGH, FLAG_PAGE_SIZE_LOW)];
    return true;
}

static bool has_linux_header(const struct head *h)
{
    return has(h, HEADER_MAGIC, "ARM\x64", 4);
}

/*
 * What H, the start of uncompressed data, is. Leaves image->size 0 when only the
 * length of the data tells.
 */
static bool identify_data(struct image *image, const struct head *h, struct load_error *e)
{
    if (has_linux_header(h)) {
        image->kind = IMAGE_ARM64;
        return parse_header(image, h, e) && (image->gzipped || check_whole(image, h, e));
    }
    if (has(h, 0, "MZ", 2) && h->size < HEADER_SIZE)
        return load_fail(e, image->file->path, "is truncated: not even its header is whole");
    for (unsigned i = 0; i < ARRAY_LEN(wrong_kinds); i++)
        if (has(h, wrong_kinds[i].offset, wrong_kinds[i].magic, wrong_kinds[i].len))
            return load_fail(e, image->file->path, "%s", wrong_kinds[i].reason);
    image->kind = IMAGE_FLAT;
    image->text_offset = OLD_TEXT_OFFSET;
    return true;
}

static bool unpack_head(const struct image *image, struct head *h, struct load_error *e)
{
    struct gunzip *g = gunzip_open(image->file, image->data_offset, image->data_size, e);
    bool ok = g && gunzip_read(g, h->bytes, HEAD_SIZE, &h->size, e);

    gunzip_close(g);
    return ok;
}

static bool identify_gzip(struct image *image, struct load_error *e)
{
    struct head inside = {0};

    image->gzipped = true;
    if (!unpack_head(image, &inside, e))
        return false;
    if (inside.size == 0)
        return load_fail(e, image->file->path, "unpacks to nothing");
    if (elf_recognise(inside.bytes, inside.size))
        return load_fail(e, image->file->path, "is a gzip'd ELF file; unpacked it would work");
    if (gunzip_recognise(inside.bytes, inside.size))
        return load_fail(e, image->file->path, "is gzip'd twice; unpacked once it would work");
    if (!identify_data(image, &inside, e))
        return false;
    return image->size != 0 ||
           gunzip_length(image->file, image->data_offset, image->data_size, &image->size, e);
}

/* A PE program that unpacks the kernel it carries; only the carried part is used. */
static bool identify_zboot(struct image *image, const struct head *h, struct load_error *e)
{
    u64 offset = field(h, ZBOOT_PAYLOAD_OFFSET, 4), size = field(h, ZBOOT_PAYLOAD_SIZE, 4);
    char name[ZBOOT_COMPRESSION_SIZE + 1] = {0};
    struct head payload = {0};

    if (h->size < ZBOOT_HEADER_SIZE || offset > image->file->size ||
        size > image->file->size - offset)
        return load_fail(e, image->file->path, "is truncated: its payload is not all there");
    memcpy(name, h->bytes + ZBOOT_COMPRESSION, ZBOOT_COMPRESSION_SIZE);
    if (strcmp(name, "gzip") != 0) {
        for (char *c = name; *c; c++)
            *c = *c > ' ' && *c < 0x7f ? *c : '?';
        return load_fail(e, image->file->path,
                         "is an EFI zboot image compressed with '%s'; one compressed with gzip, "
                         "or the Image inside it, would work",
                         name);
    }
    payload.size = size < HEAD_SIZE ? size : HEAD_SIZE;
    if (!file_read(image->file, offset, payload.bytes, payload.size, e))
        return false;
    if (!gunzip_recognise(payload.bytes, payload.size))
        return load_fail(e, image->file->path, "is a damaged EFI zboot image: no gzip data in it");
    image->data_offset = offset;
    image->data_size = size;
    if (!identify_gzip(image, e))
        return false;
    if (image->kind != IMAGE_ARM64)
        return load_fail(e, image->file->path,
                         "is an EFI zboot image without an arm64 Image in it");
    return true;
}

/* vmlinux starts with the header its Image has: its size counts what no segment does. */
static bool identify_elf(struct image *image, struct load_error *e)
{
    struct head start = {0};

    image->kind = IMAGE_ELF;
    if (!elf_identify(&image->elf, image->file, e))
        return false;
    for (unsigned i = 0; i < image->elf.count; i++) {
        const struct elf_segment *s = &image->elf.segments[i];

        if (s->address != image->elf.low || s->file_size < HEADER_SIZE)
            continue;
        start.size = s->file_size < HEAD_SIZE ? s->file_size : HEAD_SIZE;
        if (!file_read(image->file, s->offset, start.bytes, start.size, e))
            return false;
    }
    if (has_linux_header(&start) && !parse_header(image, &start, e))
        return false;
    if (image->size < image->elf.size)
        image->size = image->elf.size;
    return true;
}

bool image_identify(struct image *image, const struct file *file, struct load_error *e)
{
    struct head h = {.size = file->size < HEAD_SIZE ? file->size : HEAD_SIZE};

    *image = (struct image){.file = file, .data_size = file->size};
    if (!file_read(file, 0, h.bytes, h.size, e))
        return false;
    if (elf_recognise(h.bytes, h.size))
        return identify_elf(image, e);
    if (gunzip_recognise(h.bytes, h.size))
        return identify_gzip(image, e);
    if (has(&h, 0, "MZ", 2) && has(&h, ZBOOT_MAGIC, "zimg", 4))
        return identify_zboot(image, &h, e);
    if (!identify_data(image, &h, e))
        return false;
    if (image->size < image->data_size)
        image->size = image->data_size;
    return true;
}

static bool load_gzip(const struct image *image, struct bus *bus, u64 at, struct load_error *e)
{
    u8 *ram = ram_for_loading(bus, at, image->size);
    struct gunzip *g;
    u64 done, more = 0;
    u8 beyond;
    bool ok;

    if (!ram)
        return load_fail(e, image->file->path, "does not fit in RAM");
    g = gunzip_open(image->file, image->data_offset, image->data_size, e);
    ok = g && gunzip_read(g, ram, image->size, &done, e) && gunzip_read(g, &beyond, 1, &more, e);
    if (ok && more > 0)
        ok = load_fail(e, image->file->path, "unpacks to more than the %llu bytes it states",
                       (unsigned long long)image->size);
    gunzip_close(g);
    return ok;
}

bool image_load(const struct image *image, struct bus *bus, u64 at, struct load_error *e)
{
    if (image->kind == IMAGE_ELF)
        return elf_load(&image->elf, image->file, bus, at, e);
    if (image->gzipped)
        return load_gzip(image, bus, at, e);
    return file_read_ram(image->file, image->data_offset, bus, at, image->data_size, e);
}

u64 image_filled_size(const struct image *image)
{
    return image->kind == IMAGE_ELF || image->gzipped ? image->size : image->data_size;
}

u64 image_entry_offset(const struct image *image)
{
    return image->kind == IMAGE_ELF ? image->elf.entry - image->elf.low : 0;
}
