/*
 * Opening and reading the files a machine is loaded from; see file.h. Reads go
 * straight into their destination (a header buffer, guest RAM): the files are
 * tens of megabytes and a copy on the way would show in the start-up time.
 */
#include "firmware/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mmu/bus.h"

static const u64 LARGE_PAGE = 2 * 1024 * 1024;

bool load_fail(struct load_error *e, const char *path, const char *format, ...)
{
    int used = snprintf(e->line, sizeof e->line, "%.4095s: ", path);
    va_list args;

    va_start(args, format);
    vsnprintf(e->line + used, sizeof e->line - (size_t)used, format, args);
    va_end(args);
    return false;
}

bool file_refresh(struct file *f, struct load_error *e)
{
    struct stat st;

    if (fstat(f->fd, &st) < 0)
        return load_fail(e, f->path, "%s", strerror(errno));
    if (S_ISDIR(st.st_mode))
        return load_fail(e, f->path, "is a directory, not a file");
    if (!S_ISREG(st.st_mode))
        return load_fail(e, f->path, "is not a regular file");
    if (st.st_size == 0)
        return load_fail(e, f->path, "is empty");
    f->size = (u64)st.st_size;
    return true;
}

bool file_open(struct file *f, const char *path, struct load_error *e)
{
    f->path = path;
    f->size = 0;
    /* O_NONBLOCK: opening a FIFO that nobody writes to must not hang. */
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0)
        return load_fail(e, path, "%s", strerror(errno));
    if (file_refresh(f, e))
        return true;
    file_close(f);
    return false;
}

bool file_read(const struct file *f, u64 offset, void *to, u64 len, struct load_error *e)
{
    u8 *at = to;

    while (len > 0) {
        ssize_t got = pread(f->fd, at, len, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return load_fail(e, f->path, "%s", strerror(errno));
        if (got == 0)
            return load_fail(e, f->path, "is truncated");
        at += got;
        offset += (u64)got;
        len -= (u64)got;
    }
    return true;
}

/*
 * All of LEN bytes at HOST are about to be filled: where the host has large
 * pages, taking them at once saves thousands of page faults and wastes nothing.
 */
static void prefer_large_pages(u8 *host, u64 len)
{
    u64 start = align_up((uintptr_t)host, LARGE_PAGE);
    u64 end = ((uintptr_t)host + len) & ~(LARGE_PAGE - 1);

    if (start < end)
        madvise((void *)(uintptr_t)start, end - start, MADV_HUGEPAGE); /* only a wish */
}

/* How much of LEN bytes at PA is in the first page. */
static u64 length_in_page(u64 pa, u64 len)
{
    u64 n = BIT(RAM_PAGE_SHIFT) - (pa & ones(RAM_PAGE_SHIFT));

    return n < len ? n : len;
}

/* Have code dropped that was decoded from LEN bytes at PA, all in one RAM. */
static void drop_code(struct bus *bus, u64 pa, u64 len)
{
    const struct ram *ram = bus_find_ram(bus, pa);

    if (!bus->code_written)
        return;
    for (u64 n; len > 0; pa += n, len -= n) {
        n = length_in_page(pa, len);
        if (ram_page_at(ram, pa)->ops)
            bus->code_written(bus->code_owner, pa, n);
    }
}

u8 *ram_for_loading(struct bus *bus, u64 pa, u64 len)
{
    u8 *host = bus_host(bus, pa, len);

    if (!host)
        return NULL;
    prefer_large_pages(host, len);
    drop_code(bus, pa, len);
    return host;
}

bool ram_clear(struct bus *bus, u64 pa, u64 len)
{
    u8 *host = len > 0 ? bus_host(bus, pa, len) : NULL;

    for (u64 n; host && len > 0; pa += n, host += n, len -= n) {
        n = length_in_page(pa, len);
        if (host[0] == 0 && memcmp(host, host + 1, n - 1) == 0)
            continue;
        drop_code(bus, pa, n);
        memset(host, 0, n);
    }
    return len == 0;
}

bool file_read_ram(const struct file *f, u64 offset, struct bus *bus, u64 pa, u64 len,
                   struct load_error *e)
{
    u8 *ram = len > 0 ? ram_for_loading(bus, pa, len) : NULL;

    if (!ram && len > 0)
        return load_fail(e, f->path, "does not fit in RAM");
    return file_read(f, offset, ram, len, e);
}

void file_close(struct file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}
