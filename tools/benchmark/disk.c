/*
 * A disk's throughput, with neither file system nor page cache between program and
 * driver (O_DIRECT). "read" and "write" go through it from the start in big
 * pieces, "random" reads small ones here and there, one after the other, which is
 * what latency is. The checksum is over a word of each sector.
 */
#include "tools/benchmark/guest.h"

enum {
    SECTOR = 512,
    BIG = 1 << 20,
    SMALL = 4096,
    BIG_COUNT = 192, /* the disk has so many MiB */
    SMALL_COUNT = 8192,
};

static u64 mix_sectors(u64 sum, const u8 *data, size_t size)
{
    for (size_t at = 0; at < size; at += SECTOR)
        sum = mix(sum, *(const u64 *)(const void *)(data + at));
    return sum;
}

static u64 read_all(s64 disk, u8 *buffer)
{
    u64 sum = MIX_START;
    for (s64 i = 0; i < BIG_COUNT; i++) {
        require(syscall6(SYS_PREAD64, disk, (s64)buffer, BIG, i * BIG, 0, 0) == BIG, "read");
        sum = mix_sectors(sum, buffer, BIG);
    }
    return sum;
}

static u64 read_random(s64 disk, u8 *buffer)
{
    u64 sum = MIX_START, state = 1;
    for (unsigned i = 0; i < SMALL_COUNT; i++) {
        u64 block = next_random(&state) % ((u64)BIG_COUNT * BIG / SMALL);
        s64 n = syscall6(SYS_PREAD64, disk, (s64)buffer, SMALL, (s64)block * SMALL, 0, 0);
        require(n == SMALL, "read");
        sum = mix_sectors(sum, buffer, SMALL);
    }
    return sum;
}

static u64 write_all(s64 disk, u8 *buffer)
{
    u64 state = 1;
    for (size_t at = 0; at < BIG; at += sizeof(u64))
        *(u64 *)(void *)(buffer + at) = next_random(&state);
    for (s64 i = 0; i < BIG_COUNT; i++) {
        for (size_t at = 0; at < BIG; at += SECTOR)
            *(u64 *)(void *)(buffer + at) = next_random(&state);
        require(syscall6(SYS_PWRITE64, disk, (s64)buffer, BIG, i * BIG, 0, 0) == BIG, "write");
    }
    require(syscall3(SYS_FSYNC, disk, 0, 0) == 0, "fsync");
    return state;
}

u64 measure(const char *argument)
{
    enum { AT_FDCWD = -100, O_RDWR = 2, O_DIRECT = 0x10000 };
    s64 disk = syscall6(SYS_OPENAT, AT_FDCWD, (s64) "/dev/vda", O_RDWR | O_DIRECT, 0, 0, 0);
    require(disk >= 0, "/dev/vda");
    u8 *buffer = map_pages(BIG, false);
    if (same_text(argument, "read"))
        return read_all(disk, buffer);
    if (same_text(argument, "random"))
        return read_random(disk, buffer);
    require(same_text(argument, "write"), "no such case");
    return write_all(disk, buffer);
}
