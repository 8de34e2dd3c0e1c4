/*
 * A shared folder's throughput, on 9P without a cache in the guest (/mnt). "read"
 * and "write" go through a big file from the start, "files" makes many small ones,
 * as unpacking an archive does, reads and removes them. The checksum is over what
 * was read.
 */
#include "tools/benchmark/guest.h"

enum {
    AT_FDCWD = -100,
    O_RDONLY = 0,
    O_RDWR = 2,
    O_CREAT = 0100,
    BIG = 1 << 20,
    BIG_COUNT = 192, /* the file has so many MiB */
    SMALL = 6000,
    SMALL_COUNT = 1000,
    SECTOR = 512,
};

static s64 open_file(const char *name, s64 flags)
{
    s64 fd = syscall6(SYS_OPENAT, AT_FDCWD, (s64)name, flags, 0644, 0, 0);
    require(fd >= 0, name);
    return fd;
}

static u64 read_big(u8 *buffer)
{
    u64 sum = MIX_START;
    s64 file = open_file("/mnt/data", O_RDONLY);
    for (s64 i = 0; i < BIG_COUNT; i++) {
        require(syscall6(SYS_PREAD64, file, (s64)buffer, BIG, i * BIG, 0, 0) == BIG, "read");
        for (size_t at = 0; at < BIG; at += SECTOR)
            sum = mix(sum, *(const u64 *)(const void *)(buffer + at));
    }
    return sum;
}

static u64 write_big(u8 *buffer)
{
    u64 state = 1;
    s64 file = open_file("/mnt/out", O_RDWR | O_CREAT);
    for (s64 i = 0; i < BIG_COUNT; i++) {
        for (size_t at = 0; at < BIG; at += SECTOR)
            *(u64 *)(void *)(buffer + at) = next_random(&state);
        require(syscall6(SYS_PWRITE64, file, (s64)buffer, BIG, i * BIG, 0, 0) == BIG, "write");
    }
    require(syscall3(SYS_FSYNC, file, 0, 0) == 0, "fsync");
    return state;
}

/* "/mnt/f" and four digits. */
static const char *name_of(unsigned n)
{
    static char name[] = "/mnt/f0000";
    for (unsigned i = 0; i < 4; i++, n /= 10)
        name[sizeof(name) - 2 - i] = (char)('0' + n % 10);
    return name;
}

static u64 many_files(u8 *buffer)
{
    u64 sum = MIX_START;
    for (unsigned i = 0; i < SMALL_COUNT; i++) {
        s64 file = open_file(name_of(i), O_RDWR | O_CREAT);
        *(u64 *)(void *)buffer = i;
        require(syscall3(SYS_WRITE, file, (s64)buffer, SMALL) == SMALL, "write");
        syscall3(SYS_CLOSE, file, 0, 0);
    }
    for (unsigned i = 0; i < SMALL_COUNT; i++) {
        s64 file = open_file(name_of(i), O_RDONLY);
        require(syscall3(SYS_READ, file, (s64)buffer, SMALL) == SMALL, "read");
        sum = mix(sum, *(const u64 *)(const void *)buffer);
        syscall3(SYS_CLOSE, file, 0, 0);
        require(syscall3(SYS_UNLINKAT, AT_FDCWD, (s64)name_of(i), 0) == 0, "unlink");
    }
    return sum;
}

u64 measure(const char *argument)
{
    u8 *buffer = map_pages(BIG, false);
    if (same_text(argument, "read"))
        return read_big(buffer);
    if (same_text(argument, "write"))
        return write_big(buffer);
    require(same_text(argument, "files"), "no such case");
    return many_files(buffer);
}
