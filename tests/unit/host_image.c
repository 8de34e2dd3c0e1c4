/*
 * Disk images on real files: contents against a copy in memory, snapshots, what is
 * refused, and locks, ours against ours and against QEMU's.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/host_image.h"

enum { SIZE = 300 * 1024 + 512 }; /* not a whole number of clusters */

static char path[] = "/tmp/host_image.XXXXXX";
static char error[HOST_IMAGE_ERROR];
static u8 copy[SIZE], seen[SIZE];

static void set_up(void)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    for (unsigned i = 0; i < SIZE; i++)
        copy[i] = (u8)(i * 13 + i / 4096);
    cr_assert_eq(write(fd, copy, SIZE), SIZE);
    close(fd);
}

static void tear_down(void)
{
    unlink(path);
}

TestSuite(host_image, .init = set_up, .fini = tear_down);

static struct host_image open_image(struct host_image_options o)
{
    struct host_image i;
    o.file = path;
    cr_assert(host_image_open(&i, &o, error), "%s", error);
    cr_assert_eq(i.size, SIZE);
    return i;
}

static bool refused(struct host_image_options o, const char *words)
{
    struct host_image i;
    o.file = o.file ? o.file : path;
    if (host_image_open(&i, &o, error)) {
        host_image_close(&i);
        return false;
    }
    cr_assert(strstr(error, o.file), "%s", error);
    cr_assert(strstr(error, words), "%s", error);
    cr_assert_null(strchr(error, '\n'));
    return true;
}

/* Write LEN bytes of C at OFFSET, to image and copy, in two spans. */
static void put(struct host_image *i, u64 offset, u64 len, u8 c)
{
    memset(copy + offset, c, len);
    struct disk_span span[] = {{copy + offset, len / 3}, {copy + offset + len / 3, len - len / 3}};
    cr_assert_eq(host_image_write(i, offset, span, 2), 0);
}

static void expect_same(struct host_image *i)
{
    struct disk_span span[] = {{seen, 1000}, {seen + 1000, SIZE - 1000}};
    memset(seen, 0, sizeof(seen));
    cr_assert_eq(host_image_read(i, 0, span, 2, NULL), 0);
    cr_assert_eq(memcmp(seen, copy, SIZE), 0);
}

/* All kinds of writes: within a cluster, across some, at the end. */
static void change(struct host_image *i)
{
    put(i, 512, 512, 'a');
    put(i, 4096 - 512, 1024, 'b');
    put(i, 40960, 40960, 'c');
    put(i, 100 * 1024 + 512, 30 * 1024, 'd');
    put(i, SIZE - 512, 512, 'e');
    expect_same(i);
    memset(copy + 45056, 0, 70000 / 512 * 512);
    cr_assert_eq(host_image_write_zeroes(i, 45056, 70000 / 512 * 512, false), 0);
    memset(copy + 1024, 0, 1024);
    cr_assert_eq(host_image_write_zeroes(i, 1024, 1024, true), 0);
    expect_same(i);
    cr_assert_eq(host_image_flush(i), 0);
}

static void read_file(u8 to[SIZE])
{
    FILE *f = fopen(path, "r");
    cr_assert_eq(fread(to, 1, SIZE, f), SIZE);
    cr_assert_eq(fgetc(f), EOF, "it has grown");
    fclose(f);
}

Test(host_image, what_is_written_is_in_the_file)
{
    struct host_image i = open_image((struct host_image_options){0});
    expect_same(&i);
    change(&i);
    host_image_close(&i);
    read_file(seen);
    cr_assert_eq(memcmp(seen, copy, SIZE), 0);
}

Test(host_image, a_snapshot_leaves_the_file_alone)
{
    static u8 before[SIZE];
    memcpy(before, copy, SIZE);
    struct host_image i = open_image((struct host_image_options){.snapshot = true});
    expect_same(&i);
    change(&i);
    host_image_close(&i);
    read_file(seen);
    cr_assert_eq(memcmp(seen, before, SIZE), 0);
}

Test(host_image, discards_free_space)
{
    struct stat before, after;
    struct host_image i = open_image((struct host_image_options){.discards = true});
    cr_assert_eq(host_image_flush(&i), 0);
    cr_assert_eq(stat(path, &before), 0);
    cr_assert_eq(host_image_discard(&i, 65536, 131072), 0);
    cr_assert_eq(stat(path, &after), 0);
    cr_assert_eq(after.st_size, SIZE);
    memset(copy + 65536, 0, 131072);
    expect_same(&i);
    host_image_close(&i);
    if (before.st_blocks >= SIZE / 512)
        cr_assert_lt(after.st_blocks, before.st_blocks);
}

Test(host_image, discards_do_nothing_unless_asked_for)
{
    struct host_image i = open_image((struct host_image_options){0});
    cr_assert_eq(host_image_discard(&i, 65536, 131072), 0);
    expect_same(&i);
    host_image_close(&i);
}

Test(host_image, an_image_that_is_cut_short)
{
    struct disk_span span = {seen, SIZE};
    struct host_image i = open_image((struct host_image_options){0});
    cr_assert_eq(truncate(path, 4096), 0);
    cr_assert_neq(host_image_read(&i, 0, &span, 1, NULL), 0);
    host_image_close(&i);
}

Test(host_image, what_can_be_no_image)
{
    static const struct {
        const char *magic, *name;
        unsigned offset;
    } formats[] = {
        {"QFI\xfb", "qcow2", 0}, {"KDMV", "vmdk", 0},    {"\x7f\x10\xda\xbe", "vdi", 64},
        {"vhdxfile", "vhdx", 0}, {"conectix", "vpc", 0},
    };
    for (unsigned i = 0; i < ARRAY_LEN(formats); i++) {
        FILE *f = fopen(path, "r+");
        for (unsigned n = 0; n < 128; n++)
            fputc(0, f);
        fseek(f, formats[i].offset, SEEK_SET);
        fputs(formats[i].magic, f);
        fclose(f);
        cr_assert(refused((struct host_image_options){0}, formats[i].name));
        cr_assert(strstr(error, "qemu-img convert"));
        cr_assert(!refused((struct host_image_options){.raw = true}, ""));
    }
    cr_assert_eq(truncate(path, 1000), 0);
    cr_assert(refused((struct host_image_options){.raw = true}, "1000 bytes"));
    cr_assert_eq(truncate(path, 0), 0);
    cr_assert(refused((struct host_image_options){0}, "empty"));
    cr_assert(refused((struct host_image_options){.file = "/tmp"}, "directory"));
    cr_assert(refused((struct host_image_options){.file = "/dev/null"}, "neither"));
    cr_assert(refused((struct host_image_options){.file = "/nowhere/x"}, "No such file"));
}

Test(host_image, a_file_without_permission)
{
    if (geteuid() == 0)
        cr_skip_test("root may write everywhere");
    chmod(path, 0400);
    cr_assert(refused((struct host_image_options){0}, "readonly=on"));
    cr_assert(!refused((struct host_image_options){.readonly = true}, ""));
    cr_assert(!refused((struct host_image_options){.snapshot = true}, ""));
}

Test(host_image, one_writer_or_many_readers)
{
    struct host_image_options none = {0}, readonly = {.readonly = true};
    struct host_image_options snapshot = {.snapshot = true}, unlocked = {.unlocked = true};
    struct host_image i = open_image(none);
    cr_assert(refused(none, "another process or drive"));
    cr_assert(refused(readonly, "another process or drive"));
    cr_assert(refused(snapshot, "another process or drive"));
    cr_assert(!refused(unlocked, ""));
    host_image_close(&i);
    i = open_image(readonly);
    cr_assert(!refused(readonly, ""));
    cr_assert(!refused(snapshot, ""));
    cr_assert(refused(none, "another process or drive"));
    host_image_close(&i);
    cr_assert(!refused(none, ""));
}

Test(host_image, qemus_locks)
{
    char command[256];
    if (system("command -v qemu-io >/dev/null") != 0)
        cr_skip_test("qemu-io is not installed");
    struct host_image i = open_image((struct host_image_options){0});
    snprintf(command, sizeof(command), "qemu-io -f raw -c 'write 0 512' %s >/dev/null 2>&1", path);
    cr_assert_neq(system(command), 0, "QEMU writes to an image of ours");
    host_image_close(&i);
    cr_assert_eq(system(command), 0);
}

/* Put VALUE there, little-endian, into the image. */
static void poke(u64 offset, u64 value, unsigned len)
{
    FILE *f = fopen(path, "r+");
    fseek(f, (long)offset, SEEK_SET);
    cr_assert_eq(fwrite(&value, 1, len, f), len);
    fclose(f);
}

static void blank(void)
{
    cr_assert_eq(truncate(path, 0), 0);
    cr_assert_eq(truncate(path, SIZE), 0);
}

/* The offsets are those of UEFI's and of the kernel's documents. */
Test(host_image, images_that_were_cut_short)
{
    static const struct host_image_options raw = {.raw = true};
    blank();
    poke(1024 + 0x38, 0xef53, 2);
    poke(1024 + 0x18, 2, 4); /* blocks of 4096 bytes */
    poke(1024 + 0x4, 75, 4);
    cr_assert(!refused(raw, ""), "75 * 4096 is less than it has");
    poke(1024 + 0x4, 76, 4);
    cr_assert(refused(raw, "truncate -s 311296 "));
    poke(1024 + 0x4, 75, 4);
    poke(1024 + 0x150, 1, 4);
    cr_assert(!refused(raw, ""), "a field that only 64-bit file systems have");
    poke(1024 + 0x60, 0x80, 4);
    cr_assert(refused(raw, "file system"));

    blank();
    poke(512, 0x5452415020494645, 8);
    poke(512 + 32, SIZE / 512 - 1, 8);
    cr_assert(!refused(raw, ""));
    poke(512 + 32, SIZE / 512, 8);
    cr_assert(refused(raw, "GPT"));

    blank();
    poke(510, 0xaa55, 2);
    poke(446, 0x80, 1);
    poke(446 + 4, 0x83, 1);
    poke(446 + 8, 63, 4);
    poke(446 + 12, SIZE / 512 - 63, 4);
    cr_assert(!refused(raw, ""));
    poke(446 + 16 + 4, 0x82, 1);
    poke(446 + 16 + 8, SIZE / 512, 4);
    poke(446 + 16 + 12, 1, 4);
    cr_assert(refused(raw, "partition table"));
    poke(446 + 32, 0x33, 1);
    cr_assert(!refused(raw, ""), "some boot code");
}
