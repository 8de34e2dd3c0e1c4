/*
 * What the tests of the loading side share: files made of bytes (memfds, which
 * need no cleaning up), hand-made kernels in the formats of booting.rst, RFC
 * 1952 and the ELF gABI, and a board with nothing but RAM.
 */
#ifndef TESTS_UNIT_LOAD_RIG_H
#define TESTS_UNIT_LOAD_RIG_H

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "firmware/file.h"
#include "mmu/bus.h"

#define RAM_BASE UINT64_C(0x40000000)
#define MIB      UINT64_C(0x100000)

/* A file's name; the file lives as long as the test. */
struct rig_file {
    int fd;
    char path[64];
};

static inline struct rig_file rig_file(const void *bytes, size_t size)
{
    struct rig_file f = {.fd = memfd_create("kernel", MFD_CLOEXEC)};

    cr_assert(f.fd >= 0);
    cr_assert_eq(write(f.fd, bytes, size), (ssize_t)size);
    snprintf(f.path, sizeof f.path, "/proc/self/fd/%d", f.fd);
    return f;
}

/* Other bytes in the same file. */
static inline void rig_rewrite(const struct rig_file *f, const void *bytes, size_t size)
{
    cr_assert_eq(ftruncate(f->fd, 0), 0);
    cr_assert_eq(pwrite(f->fd, bytes, size, 0), (ssize_t)size);
}

static inline struct bus *rig_bus(u64 ram_size)
{
    static struct bus bus;

    bus = (struct bus){0};
    cr_assert(bus_add_ram(&bus, "ram", RAM_BASE, ram_size) != NULL);
    return &bus;
}

/* The line is "PATH: ...", of one line, and says WHAT. */
static inline void rig_expect_line(const struct load_error *e, const char *path, const char *what)
{
    size_t n = strlen(path);

    cr_assert(strncmp(e->line, path, n) == 0 && strncmp(e->line + n, ": ", 2) == 0, "%s", e->line);
    cr_assert(strchr(e->line, '\n') == NULL);
    cr_assert(strstr(e->line + n, what) != NULL, "'%s' should say '%s'", e->line, what);
}

/* A small pseudo-random generator (xorshift64*), for mutations that can be run again. */
static inline u64 rig_random(u64 *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* Hurt a few bytes of FROM, or cut it short. Returns the new size, at least 1. */
static inline size_t rig_mutate(u64 *state, u8 *to, const u8 *from, size_t size, size_t near)
{
    static const u8 extremes[] = {0, 1, 0x7f, 0x80, 0xff};
    unsigned count = 1 + rig_random(state) % 4;

    memcpy(to, from, size);
    while (count--) {
        /* Mostly in the headers. */
        size_t range = rig_random(state) % 8 && near < size ? near : size;
        size_t at = rig_random(state) % range;

        to[at] = rig_random(state) % 2 ? extremes[rig_random(state) % sizeof extremes]
                                       : (u8)rig_random(state);
    }
    return rig_random(state) % 8 == 0 ? 1 + rig_random(state) % size : size;
}

/* An arm64 Image of SIZE bytes with its header filled in and a pattern behind it. */
static inline u8 *rig_image(size_t size, u64 text_offset, u64 image_size, u64 flags)
{
    u8 *image = malloc(size);

    for (size_t i = 0; i < size; i++)
        image[i] = (u8)(i * 7 + i / 251);
    memset(image, 0, 64);
    memcpy(image + 8, &text_offset, 8);
    memcpy(image + 16, &image_size, 8);
    memcpy(image + 24, &flags, 8);
    memcpy(image + 56, "ARM\x64", 4);
    return image;
}

/* FROM as a gzip file. */
static inline u8 *rig_gzip(const void *from, size_t size, size_t *packed)
{
    z_stream z = {0};
    u8 *to;

    cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    *packed = deflateBound(&z, size);
    to = malloc(*packed);
    z.next_in = (u8 *)from;
    z.avail_in = (uInt)size;
    z.next_out = to;
    z.avail_out = (uInt)*packed;
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    *packed = z.total_out;
    deflateEnd(&z);
    return to;
}

/* An ELF executable: headers, then 4 KiB into the file what the segments hold. */
struct rig_elf {
    Elf64_Ehdr h;
    Elf64_Phdr p[3];
    u8 pad[4096 - sizeof(Elf64_Ehdr) - 3 * sizeof(Elf64_Phdr)];
    u8 text[4096];
    u8 data[4096];
};

/*
 * Text at VADDR and, 64 KiB further, data with as much BSS behind it; loaded to
 * PADDR. Entered 16 bytes into its text.
 */
static inline struct rig_elf rig_elf(u64 vaddr, u64 paddr)
{
    struct rig_elf f = {
        .h = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
              .e_type = ET_EXEC,
              .e_machine = EM_AARCH64,
              .e_version = EV_CURRENT,
              .e_entry = vaddr + 16,
              .e_phoff = offsetof(struct rig_elf, p),
              .e_ehsize = sizeof(Elf64_Ehdr),
              .e_phentsize = sizeof(Elf64_Phdr),
              .e_phnum = 3},
        .p = {{.p_type = PT_NOTE, .p_vaddr = 0, .p_paddr = 0, .p_filesz = 4, .p_memsz = 4},
              {.p_type = PT_LOAD,
               .p_offset = offsetof(struct rig_elf, data),
               .p_vaddr = vaddr + 0x10000,
               .p_paddr = paddr + 0x10000,
               .p_filesz = 4096,
               .p_memsz = 8192},
              {.p_type = PT_LOAD,
               .p_offset = offsetof(struct rig_elf, text),
               .p_vaddr = vaddr,
               .p_paddr = paddr,
               .p_filesz = 4096,
               .p_memsz = 4096}},
    };

    for (size_t i = 0; i < 4096; i++) {
        f.text[i] = (u8)(i * 3 + i / 255);
        f.data[i] = (u8)(i * 5 + i / 253 + 1);
    }
    return f;
}

#endif
