/*
 * Files behind flash banks; see host_flash.h. What was written is with the host's
 * kernel at once, and so survives the emulator's death.
 */
#include "devices/host_flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 3, 4))) static bool
fail(const char *path, char message[HOST_FLASH_ERROR], const char *format, ...)
{
    va_list args;
    int used = snprintf(message, HOST_FLASH_ERROR, "%s: ", path);
    va_start(args, format);
    if (used < HOST_FLASH_ERROR)
        vsnprintf(message + used, HOST_FLASH_ERROR - (size_t)used, format, args);
    va_end(args);
    return false;
}

static bool check(const struct host_flash *h, char message[HOST_FLASH_ERROR])
{
    struct flock whole = {.l_type = h->readonly ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET};
    struct stat st;
    if (fstat(h->fd, &st) < 0)
        return fail(h->path, message, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(h->path, message, "is not a regular file");
    if (st.st_size != FLASH_SIZE)
        return fail(h->path, message,
                    "has %lld bytes, and a flash bank %d; a copy made so by `truncate -s 64M` "
                    "would work",
                    (long long)st.st_size, FLASH_SIZE);
    if (fcntl(h->fd, F_OFD_SETLK, &whole) < 0)
        return fail(h->path, message, "is in use by another machine; give each one a copy");
    return true;
}

bool host_flash_open(struct host_flash *h, const char *path, bool readonly,
                     char message[HOST_FLASH_ERROR])
{
    int flags = (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    *h = (struct host_flash){.path = path, .fd = open(path, flags), .readonly = readonly};
    if (h->fd < 0) {
        h->path = NULL;
        return fail(path, message, "%s", strerror(errno));
    }
    if (check(h, message))
        return true;
    host_flash_close(h);
    return false;
}

static bool write_all(void *owner, u64 offset, const void *data, u64 len)
{
    struct host_flash *h = owner;
    const u8 *from = data;
    while (len > 0) {
        ssize_t n = pwrite(h->fd, from, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (!h->complained)
                fprintf(stderr, "mini-a64: %s: can't be written: %s\n", h->path, strerror(errno));
            h->complained = true;
            return false;
        }
        from += n;
        offset += (u64)n;
        len -= (u64)n;
    }
    return true;
}

struct flash_store host_flash_store(struct host_flash *h)
{
    if (!h->path)
        return (struct flash_store){0};
    return (struct flash_store){.write = write_all, .owner = h, .readonly = h->readonly};
}

static bool is_zero(const u8 *p, size_t len)
{
    return p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

bool host_flash_load(struct host_flash *h, struct flash *flash, char message[HOST_FLASH_ERROR])
{
    u8 piece[65536];
    for (u64 at = 0; at < FLASH_SIZE;) {
        ssize_t n = pread(h->fd, piece, sizeof(piece), (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(h->path, message, "%s", n ? strerror(errno) : "is truncated");
        if (!is_zero(piece, (size_t)n)) /* what is zero needs no memory */
            flash_fill(flash, at, piece, (u64)n);
        at += (u64)n;
    }
    return true;
}

void host_flash_close(struct host_flash *h)
{
    if (!h->path)
        return;
    if (!h->readonly && fdatasync(h->fd) < 0)
        fprintf(stderr, "mini-a64: %s: can't be written: %s\n", h->path, strerror(errno));
    close(h->fd);
    h->path = NULL;
}
