/*
 * How long an image says it is itself, so that one which was cut short (a copy or a
 * download that broke off) is told from a whole one before a guest writes to it. A
 * GUID partition table names its copy in the last sector (UEFI 2.10, 5.3.2), an
 * MBR's entries where partitions end (5.2.1), an ext2, ext3 or ext4 superblock the
 * number of blocks (Linux, Documentation/filesystems/ext4/super.rst).
 */
#include <string.h>
#include <unistd.h>

#include "devices/host_image.h"

enum {
    HEAD = 2048, /* bytes: all of these begin there */
    MBR_ENTRIES = 446,
    MBR_ENTRY = 16,
    MBR_COUNT = 4,
    MBR_SIGNATURE = 510,
    MBR_PROTECTIVE = 0xee, /* the type of the one that stands for a GPT */
    GPT_HEADER = 512,
    GPT_ALTERNATE = 32, /* in the header: the copy's sector */
    EXT_SUPERBLOCK = 1024,
    EXT_BLOCKS_LOW = 0x4, /* in the superblock, likewise */
    EXT_LOG_BLOCK_SIZE = 0x18,
    EXT_MAGIC = 0x38,
    EXT_INCOMPATIBLE = 0x60,
    EXT_BLOCKS_HIGH = 0x150,
    EXT_64BIT = 0x80,
    EXT_LOG_BLOCK_MOST = 6, /* 64 KiB */
};

/* LEN little-endian bytes. */
static u64 number(const u8 *at, unsigned len)
{
    u64 n = 0;
    memcpy(&n, at, len);
    return n;
}

static u64 ext_length(const u8 *head)
{
    const u8 *s = head + EXT_SUPERBLOCK;
    u64 log = number(s + EXT_LOG_BLOCK_SIZE, 4), blocks = number(s + EXT_BLOCKS_LOW, 4);
    if (number(s + EXT_MAGIC, 2) != 0xef53 || log > EXT_LOG_BLOCK_MOST)
        return 0;
    if (number(s + EXT_INCOMPATIBLE, 4) & EXT_64BIT)
        blocks |= number(s + EXT_BLOCKS_HIGH, 4) << 32;
    return blocks << (10 + log);
}

static u64 gpt_length(const u8 *head)
{
    if (memcmp(head + GPT_HEADER, "EFI PART", 8) != 0)
        return 0;
    return (number(head + GPT_HEADER + GPT_ALTERNATE, 8) + 1) * DISK_SECTOR;
}

/* Zero, too, for boot sectors of other kinds, whose entries make no sense. */
static u64 mbr_length(const u8 *head)
{
    u64 end = 0;
    if (number(head + MBR_SIGNATURE, 2) != 0xaa55)
        return 0;
    for (unsigned i = 0; i < MBR_COUNT; i++) {
        const u8 *e = head + MBR_ENTRIES + (u64)MBR_ENTRY * i;
        u64 start = number(e + 8, 4), sectors = number(e + 12, 4);
        bool used = e[4] && e[4] != MBR_PROTECTIVE;
        if ((e[0] & 0x7f) || (used && (start == 0 || sectors == 0)))
            return 0;
        if (used && (start + sectors) * DISK_SECTOR > end)
            end = (start + sectors) * DISK_SECTOR;
    }
    return end;
}

u64 host_image_length(int file, const char **by)
{
    u8 head[HEAD] = {0};
    if (pread(file, head, sizeof(head), 0) <= 0)
        return 0;
    static const struct {
        const char *name;
        u64 (*length)(const u8 *head);
    } tables[] = {
        {"file system", ext_length}, {"GPT", gpt_length}, {"partition table", mbr_length}};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        u64 length = tables[i].length(head);
        *by = tables[i].name;
        if (length)
            return length;
    }
    return 0;
}
