/*
 * Recognising and loading kernels: headers are filled in by hand after
 * booting.rst, the PE specification and zboot's header; what is refused is
 * refused with its reason.
 */
#include "firmware/image.h"

#include <sys/stat.h>

#include "load_rig.h"

enum { PAGES_4K = 1 << 1, PAGES_16K = 2 << 1, PAGES_64K = 3 << 1, BIG_ENDIAN_FLAG = 1 };

static bool identify(struct image *image, struct file *f, const char *path, struct load_error *e)
{
    cr_assert(file_open(f, path, e), "%s", e->line);
    return image_identify(image, f, e);
}

static void expect_refusal(const void *bytes, size_t size, const char *what)
{
    struct rig_file from = rig_file(bytes, size);
    struct load_error e;
    struct image image;
    struct file f;

    cr_assert_not(identify(&image, &f, from.path, &e), "should say '%s'", what);
    rig_expect_line(&e, from.path, what);
    file_close(&f);
    close(from.fd);
}

/* Recognised, but loading it (or a part of it) fails and says WHAT. */
static void expect_load_failure(const void *bytes, size_t size, const char *what)
{
    struct rig_file from = rig_file(bytes, size);
    struct bus *bus = rig_bus(8 * MIB);
    struct load_error e;
    struct image image;
    struct file f;

    cr_assert(!identify(&image, &f, from.path, &e) || !image_load(&image, bus, RAM_BASE, &e),
              "should say '%s'", what);
    rig_expect_line(&e, from.path, what);
    file_close(&f);
    close(from.fd);
    bus_destroy(bus);
}

/* The file is an Image of which SIZE bytes arrive in RAM as they are at BYTES. */
static void expect_loaded(const void *file, size_t file_size, const u8 *bytes, size_t size,
                          struct image *image)
{
    struct rig_file from = rig_file(file, file_size);
    struct bus *bus = rig_bus(8 * MIB);
    struct load_error e;
    struct file f;

    cr_assert(identify(image, &f, from.path, &e), "%s", e.line);
    cr_assert(image_load(image, bus, RAM_BASE + 0x80000, &e), "%s", e.line);
    cr_assert(memcmp(bus->ram[0].host + 0x80000, bytes, size) == 0);
    cr_assert_eq(bus->ram[0].host[0x80000 - 1], 0);
    cr_assert_eq(bus->ram[0].host[0x80000 + size], 0);
    file_close(&f);
    bus_destroy(bus);
}

Test(image, header_is_honoured)
{
    u8 *bytes = rig_image(100000, 0x123000, 250000, PAGES_64K);
    struct image image;

    expect_loaded(bytes, 100000, bytes, 100000, &image);
    cr_assert_eq(image.kind, IMAGE_ARM64);
    cr_assert(image.linux_header);
    cr_assert_eq(image.text_offset, 0x123000);
    cr_assert_eq(image.size, 250000);
    cr_assert_eq(image_filled_size(&image), 100000);
    cr_assert_eq(image.page_size, 65536);
    cr_assert_eq(image_entry_offset(&image), 0);
    free(bytes);
}

Test(image, page_size_flags)
{
    static const struct {
        u64 flags;
        u32 page_size;
    } cases[] = {{0, 0}, {PAGES_4K, 4096}, {PAGES_16K, 16384}, {PAGES_64K | 8, 65536}};

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        u8 *bytes = rig_image(4096, 0, 8192, cases[i].flags);
        struct image image;

        expect_loaded(bytes, 4096, bytes, 4096, &image);
        cr_assert_eq(image.page_size, cases[i].page_size);
        free(bytes);
    }
}

/* Before 3.17: "image_size is zero [and] text_offset can be assumed to be 0x80000". */
Test(image, old_kernels_state_no_size)
{
    u8 *bytes = rig_image(5000, 0x80000, 0, 0);
    u8 *swapped = rig_image(5000, __builtin_bswap64(0x80000), 0, 0);
    struct image image;

    expect_loaded(bytes, 5000, bytes, 5000, &image);
    cr_assert_eq(image.text_offset, 0x80000);
    cr_assert_eq(image.size, 5000);
    expect_refusal(swapped, 5000, "big-endian");
    free(bytes);
    free(swapped);
}

/* A signature behind the kernel may make the file the longer of the two. */
Test(image, takes_no_less_ram_than_the_file_has_bytes)
{
    u8 *bytes = rig_image(9000, 0, 8192, 0);
    struct image image;

    expect_loaded(bytes, 9000, bytes, 9000, &image);
    cr_assert_eq(image.size, 9000);
    free(bytes);
}

Test(image, refuses_big_endian_and_cut_headers)
{
    u8 *bytes = rig_image(4096, 0x80000, 8192, BIG_ENDIAN_FLAG | PAGES_4K);

    expect_refusal(bytes, 4096, "big-endian");
    bytes[24] = PAGES_4K;
    for (size_t size = 60; size < 64; size++)
        expect_refusal(bytes, size, "truncated");
    memcpy(bytes, "MZ", 2);
    for (size_t size = 2; size < 64; size++)
        expect_refusal(bytes, size, "truncated");
    free(bytes);
}

/* A PE header at 64 with two sections, the last of which ends at RAW_END of the file. */
static u8 *image_with_pe(size_t size, u32 raw_end)
{
    u8 *bytes = rig_image(size, 0x80000, size + 4096, PAGES_4K);
    u32 pe = 64, text[2] = {4096, 4096}, data[2] = {raw_end - 8192, 8192};

    memcpy(bytes, "MZ", 2);
    memcpy(bytes + 60, &pe, 4);
    memset(bytes + 64, 0, 0x200);
    memcpy(bytes + 64, "PE\0\0\x64\xaa\x02\0", 8); /* AArch64, two sections */
    bytes[64 + 20] = 0xa0;                         /* size of the optional header */
    memcpy(bytes + 64 + 24 + 0xa0 + 16, text, 8);
    memcpy(bytes + 64 + 24 + 0xa0 + 40 + 16, data, 8);
    return bytes;
}

Test(image, notices_a_cut_file_by_its_efi_header)
{
    u8 *bytes = image_with_pe(20000, 16384);
    struct image image;

    expect_loaded(bytes, 20000, bytes, 20000, &image);
    expect_loaded(bytes, 16384, bytes, 16384, &image);
    expect_refusal(bytes, 16383, "truncated: 16383 of 16384 bytes are there");
    expect_refusal(bytes, 1024, "truncated");
    free(bytes);
}

Test(image, flat_binaries_go_where_old_kernels_went)
{
    static const u32 code[] = {0x1400005d, 0xd503205f, 0x17ffffff}; /* b, wfe, b */
    struct image image;

    expect_loaded(code, sizeof code, (const u8 *)code, sizeof code, &image);
    cr_assert_eq(image.kind, IMAGE_FLAT);
    cr_assert_not(image.linux_header);
    cr_assert_eq(image.text_offset, 0x80000);
    cr_assert_eq(image.size, sizeof code);
}

Test(image, gzip_is_unpacked)
{
    u8 *bytes = rig_image(300000, 0x80000, 400000, PAGES_4K);
    struct image image;
    size_t packed;
    u8 *gz = rig_gzip(bytes, 300000, &packed);

    expect_loaded(gz, packed, bytes, 300000, &image);
    cr_assert_eq(image.kind, IMAGE_ARM64);
    cr_assert_eq(image.size, 400000);
    cr_assert_eq(image_filled_size(&image), 400000, "who knows before it is unpacked?");
    cr_assert_eq(image.page_size, 4096);
    free(gz);

    memset(bytes + 16, 0, 8); /* no image_size: the stream's own length counts */
    gz = rig_gzip(bytes, 300000, &packed);
    expect_loaded(gz, packed, bytes, 300000, &image);
    cr_assert_eq(image.size, 300000);
    free(gz);

    gz = rig_gzip("\x5f\x20\x03\xd5\xff\xff\xff\x17", 8, &packed);
    expect_loaded(gz, packed, (const u8 *)"\x5f\x20\x03\xd5\xff\xff\xff\x17", 8, &image);
    cr_assert_eq(image.kind, IMAGE_FLAT);
    cr_assert_eq(image.size, 8);
    free(gz);
    free(bytes);
}

Test(image, gzip_may_be_cut_or_damaged_anywhere)
{
    u8 *bytes = rig_image(3000, 0x80000, 4000, 0);
    size_t packed;
    u8 *gz = rig_gzip(bytes, 3000, &packed);

    for (size_t size = 3; size < packed; size += 1 + size / 50)
        expect_load_failure(gz, size, "truncated");
    gz[packed / 2] ^= 0x10;
    expect_load_failure(gz, packed, "damaged");
    gz[packed / 2] ^= 0x10;
    gz[packed - 6] ^= 1; /* the checksum */
    expect_load_failure(gz, packed, "damaged");
    free(gz);
    free(bytes);
}

Test(image, gzip_bombs_fill_no_more_than_they_state)
{
    size_t size = 4 * MIB, packed;
    u8 *bytes = calloc(1, size), *gz;
    struct load_error e;
    struct image image;
    struct file f;

    memcpy(bytes + 56, "ARM\x64", 4);
    bytes[16 + 1] = 0x20; /* 8 KiB */
    gz = rig_gzip(bytes, size, &packed);
    cr_assert(packed < 10000);
    struct rig_file from = rig_file(gz, packed);
    struct bus *bus = rig_bus(MIB);

    cr_assert(identify(&image, &f, from.path, &e), "%s", e.line);
    cr_assert_eq(image.size, 8192);
    memset(bus->ram[0].host, 0xa5, 16384);
    cr_assert_not(image_load(&image, bus, RAM_BASE, &e));
    rig_expect_line(&e, from.path, "unpacks to more than the 8192 bytes it states");
    cr_assert_eq(bus->ram[0].host[8191], 0);
    cr_assert_eq(bus->ram[0].host[8192], 0xa5);
    file_close(&f);
    bus_destroy(bus);
    free(gz);
    free(bytes);
}

Test(image, gzip_of_something_else)
{
    struct rig_elf elf = rig_elf(RAM_BASE, RAM_BASE);
    size_t packed, twice;
    u8 *gz = rig_gzip(&elf, sizeof elf, &packed), *gzgz = rig_gzip(gz, packed, &twice);

    expect_refusal(gz, packed, "gzip'd ELF");
    expect_refusal(gzgz, twice, "gzip'd twice");
    free(gz);
    free(gzgz);
    gz = rig_gzip("", 0, &packed);
    expect_refusal(gz, packed, "unpacks to nothing");
    free(gz);
    gz = rig_gzip("\xd0\x0d\xfe\xed....", 8, &packed);
    expect_refusal(gz, packed, "device tree");
    free(gz);
}

/* zboot: MZ, zimg, the payload's place, how it is compressed; the payload at 4096. */
static u8 *zboot(const u8 *payload, size_t size, const char *compression)
{
    u8 *bytes = calloc(1, 4096 + size + 100);
    u32 place[2] = {4096, (u32)size};

    memcpy(bytes, "MZ\0\0zimg", 8);
    memcpy(bytes + 8, place, 8);
    strcpy((char *)bytes + 24, compression);
    memcpy(bytes + 4096, payload, size);
    return bytes;
}

Test(image, zboot_with_gzip_is_unpacked)
{
    u8 *bytes = rig_image(50000, 0, 60000, PAGES_4K);
    struct image image;
    size_t packed;
    u8 *gz = rig_gzip(bytes, 50000, &packed), *z = zboot(gz, packed, "gzip");

    expect_loaded(z, 4096 + packed + 100, bytes, 50000, &image);
    cr_assert_eq(image.kind, IMAGE_ARM64);
    cr_assert_eq(image.size, 60000);
    expect_refusal(z, 4096 + packed - 1, "truncated");
    expect_refusal(z, 40, "truncated");
    z[4096] = 0;
    expect_refusal(z, 4096 + packed, "no gzip data");
    free(z);
    free(gz);
    free(bytes);
}

Test(image, zboot_otherwise_is_refused)
{
    static const u8 riscv[64] = {[0x30] = 'R', 'I', 'S', 'C', 'V'};
    static const u8 flat[64] = {1, 2, 3};
    u8 *z = zboot((const u8 *)"\x28\xb5\x2f\xfd", 4, "zstd");
    size_t packed;
    u8 *gz;

    expect_refusal(z, 4200, "compressed with 'zstd'");
    memset(z + 24, '\n', 32);
    expect_refusal(z, 4200, "compressed with '\?\?\?\?");
    free(z);
    gz = rig_gzip(riscv, sizeof riscv, &packed);
    z = zboot(gz, packed, "gzip");
    expect_refusal(z, 4096 + packed, "RISC-V");
    free(z);
    free(gz);
    gz = rig_gzip(flat, sizeof flat, &packed);
    z = zboot(gz, packed, "gzip");
    expect_refusal(z, 4096 + packed, "without an arm64 Image");
    free(z);
    free(gz);
}

/* vmlinux starts with its Image's header, which knows of pages behind the BSS. */
Test(image, vmlinux_has_the_header_too)
{
    struct rig_elf made = rig_elf(UINT64_C(0xffff800010080000), UINT64_C(0xffff800010080000));
    u8 *header = rig_image(64, 0x80000, 0x40000, PAGES_4K);
    struct load_error e;
    struct image image;
    struct file f;

    memcpy(made.text, header, 64);
    made.h.e_entry -= 16;
    struct rig_file from = rig_file(&made, sizeof made);
    cr_assert(identify(&image, &f, from.path, &e), "%s", e.line);
    cr_assert_eq(image.kind, IMAGE_ELF);
    cr_assert(image.linux_header);
    cr_assert_eq(image.text_offset, 0x80000);
    cr_assert_eq(image.size, 0x40000);
    cr_assert_eq(image_filled_size(&image), 0x40000);
    cr_assert_eq(image_entry_offset(&image), 0);
    file_close(&f);
    free(header);

    made = rig_elf(RAM_BASE, RAM_BASE);
    struct rig_file bare = rig_file(&made, sizeof made);
    cr_assert(identify(&image, &f, bare.path, &e), "%s", e.line);
    cr_assert_not(image.linux_header);
    cr_assert_eq(image.size, 0x12000);
    cr_assert_eq(image_entry_offset(&image), 16);
    file_close(&f);
}

Test(image, recognises_what_is_no_kernel)
{
    static const struct {
        unsigned offset;
        const char *magic;
        unsigned len;
        const char *what;
    } wrong[] = {
        {0x202, "HdrS", 4, "x86 kernel"},
        {0x24, "\x18\x28\x6f\x01", 4, "32-bit ARM kernel"},
        {0x24, "\x01\x6f\x28\x18", 4, "32-bit ARM kernel"},
        {0x30, "RISCV\0\0\0RSC\x05", 12, "RISC-V"},
        {0, "\x27\x05\x19\x56", 4, "uImage"},
        {0, "\xd0\x0d\xfe\xed", 4, "device tree"},
        {0, "070701", 6, "cpio"},
        {0, "\x28\xb5\x2f\xfd", 4, "zstd"},
        {0, "\xfd\x37\x7a\x58\x5a\0", 6, "xz"},
        {0, "BZh91AY&SY", 10, "bzip2"},
        {0, "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff", 13, "lzma"},
        {0, "\x02\x21\x4c\x18", 4, "lz4"},
        {0, "\x04\x22\x4d\x18", 4, "lz4"},
        {0, "\x89LZO", 4, "lzop"},
        {0, "MZ\x90", 64, "EFI or DOS program"},
        {0, "#!/bin/sh\n", 10, "script"},
    };

    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
        u8 bytes[2000] = {0};

        memcpy(bytes + wrong[i].offset, wrong[i].magic, wrong[i].len < 16 ? wrong[i].len : 2);
        expect_refusal(bytes, sizeof bytes, wrong[i].what);
        expect_refusal(bytes, wrong[i].offset + wrong[i].len, wrong[i].what);
    }
}

Test(image, files_that_cannot_be_read)
{
    char dir[] = "/tmp/mini-a64-test-XXXXXX", path[64];
    struct rig_file empty = rig_file("", 0);
    struct load_error e;
    struct file f;

    cr_assert(mkdtemp(dir) != NULL);
    cr_assert_not(file_open(&f, dir, &e));
    rig_expect_line(&e, dir, "is a directory");
    snprintf(path, sizeof path, "%s/missing", dir);
    cr_assert_not(file_open(&f, path, &e));
    rig_expect_line(&e, path, "No such file");
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_not(file_open(&f, path, &e)); /* and it returns */
    rig_expect_line(&e, path, "not a regular file");
    cr_assert_not(file_open(&f, empty.path, &e));
    rig_expect_line(&e, empty.path, "is empty");
    unlink(path);
    if (geteuid() != 0) {
        FILE *secret = fopen(path, "w");

        fclose(secret);
        chmod(path, 0);
        cr_assert_not(file_open(&f, path, &e));
        rig_expect_line(&e, path, "Permission denied");
        unlink(path);
    }
    rmdir(dir);
}

/* Each kind of file hurt in many ways: refused with a line, or loaded inside RAM. */
Test(image, survives_mutated_files)
{
    u8 *plain = image_with_pe(6000, 5000), *hurt = malloc(20000);
    struct rig_elf elf = rig_elf(RAM_BASE, RAM_BASE);
    size_t packed, sizes[4] = {6000, 0, 0, sizeof elf};
    u8 *gz = rig_gzip(plain, 6000, &packed), *z = zboot(gz, packed, "gzip");
    const u8 *kinds[4] = {plain, gz, z, (u8 *)&elf};
    struct rig_file from = rig_file("x", 1);
    struct bus *bus = rig_bus(MIB);
    u64 seed = 99;

    sizes[1] = packed;
    sizes[2] = 4096 + packed + 100;
    for (int i = 0; i < 8000; i++) {
        size_t size = rig_mutate(&seed, hurt, kinds[i % 4], sizes[i % 4], 400);
        struct load_error e;
        struct image image;
        struct file f;
        bool ok;

        rig_rewrite(&from, hurt, size);
        ok = identify(&image, &f, from.path, &e) && image_load(&image, bus, RAM_BASE + 4096, &e);
        if (!ok)
            rig_expect_line(&e, from.path, "");
        file_close(&f);
    }
    bus_destroy(bus);
    free(z);
    free(gz);
    free(hurt);
    free(plain);
}
