/*
 * Reading and writing raw images (host_image.h). An overlay has the image's own
 * offsets and its bits count clusters of 4 KiB: where a bit is set, the overlay
 * has the bytes, elsewhere the image does.
 */
#include "devices/host_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    CLUSTER_SHIFT = 12,
    CLUSTER = 1 << CLUSTER_SHIFT,
    PIECE = 8 << 20, /* bytes, of one system call */
    VECTORS = 64,
};

/* A place in a list of spans. */
struct cursor {
    const struct disk_span *span;
    unsigned left; /* spans */
    u64 at;        /* bytes of the first that are behind us */
};

/* The next bytes as a vector for one system call, LEN at most; returns how many entries. */
static int next_vector(const struct cursor *c, u64 len, struct iovec v[VECTORS])
{
    struct cursor here = *c;
    int n = 0;
    for (; n < VECTORS && len && here.left; n++) {
        u64 some = here.span->len - here.at;
        some = some < len ? some : len;
        v[n] = (struct iovec){here.span->host + here.at, some};
        len -= some;
        here.at = 0;
        here.span++;
        here.left--;
    }
    return n;
}

static void advance(struct cursor *c, u64 len)
{
    c->at += len;
    while (c->left && c->at >= c->span->len) {
        c->at -= c->span->len;
        c->span++;
        c->left--;
    }
}

/* Move LEN bytes between FD at OFFSET and what is at C, which moves on. */
static int move(int fd, bool write, u64 offset, struct cursor *c, u64 len, const _Atomic bool *stop)
{
    while (len) {
        struct iovec v[VECTORS];
        int n = next_vector(c, len < PIECE ? len : PIECE, v);
        if (stop && *stop)
            return ECANCELED;
        ssize_t done = write ? pwritev(fd, v, n, (off_t)offset) : preadv(fd, v, n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? errno : EIO;
        offset += (u64)done;
        len -= (u64)done;
        advance(c, (u64)done);
    }
    return 0;
}

static bool is_written(const struct host_image *i, u64 cluster)
{
    return i->written[cluster / 64] >> cluster % 64 & 1;
}

/* How many of LEN bytes at OFFSET are in one file, and which. */
static u64 run(const struct host_image *i, u64 offset, u64 len, int *fd)
{
    u64 cluster = offset >> CLUSTER_SHIFT, end = (offset + len - 1) >> CLUSTER_SHIFT;
    bool in_overlay = is_written(i, cluster);
    *fd = in_overlay ? i->overlay : i->file;
    while (cluster < end && is_written(i, cluster + 1) == in_overlay)
        cluster++;
    u64 stop = (cluster + 1) << CLUSTER_SHIFT;
    return stop - offset < len ? stop - offset : len;
}

static u64 total(const struct disk_span *span, unsigned spans)
{
    u64 len = 0;
    for (unsigned n = 0; n < spans; n++)
        len += span[n].len;
    return len;
}

int host_image_read(struct host_image *i, u64 offset, const struct disk_span *span, unsigned spans,
                    const _Atomic bool *stop)
{
    struct cursor c = {span, spans, 0};
    u64 len = total(span, spans);
    int error = 0;
    if (i->overlay < 0)
        return move(i->file, false, offset, &c, len, stop);
    while (len && !error) {
        int fd;
        u64 here = run(i, offset, len, &fd);
        error = move(fd, false, offset, &c, here, stop);
        offset += here;
        len -= here;
    }
    return error;
}

/* Have CLUSTER in the overlay, whole, before a part of it is written. */
static int copy_cluster(struct host_image *i, u64 cluster)
{
    u8 bytes[CLUSTER];
    u64 offset = cluster << CLUSTER_SHIFT;
    u64 len = i->size - offset < CLUSTER ? i->size - offset : CLUSTER;
    struct disk_span span = {bytes, len};
    struct cursor from = {&span, 1, 0}, to = {&span, 1, 0};
    if (is_written(i, cluster))
        return 0;
    int error = move(i->file, false, offset, &from, len, NULL);
    return error ? error : move(i->overlay, true, offset, &to, len, NULL);
}

static int write_overlay(struct host_image *i, u64 offset, struct cursor *c, u64 len)
{
    u64 first = offset >> CLUSTER_SHIFT, last = (offset + len - 1) >> CLUSTER_SHIFT;
    int error = 0;
    if (offset % CLUSTER)
        error = copy_cluster(i, first);
    if (!error && (offset + len) % CLUSTER)
        error = copy_cluster(i, last);
    if (!error)
        error = move(i->overlay, true, offset, c, len, NULL);
    for (u64 n = first; !error && n <= last; n++)
        i->written[n / 64] |= BIT(n % 64);
    return error;
}

int host_image_write(struct host_image *i, u64 offset, const struct disk_span *span, unsigned spans)
{
    struct cursor c = {span, spans, 0};
    u64 len = total(span, spans);
    if (!len)
        return 0;
    return i->overlay < 0 ? move(i->file, true, offset, &c, len, NULL)
                          : write_overlay(i, offset, &c, len);
}

/*
 * What the host failed to write back once it has forgotten; a later flush that
 * succeeds would be a lie (fsync(2), EIO).
 */
int host_image_flush(struct host_image *i)
{
    if (i->unsafe || i->overlay >= 0 || i->flush_error)
        return i->flush_error;
    int result;
    do
        result = fdatasync(i->file);
    while (result < 0 && errno == EINTR);
    if (result < 0 && errno != EROFS && errno != EINVAL)
        i->flush_error = errno;
    return i->flush_error;
}

int host_image_discard(struct host_image *i, u64 offset, u64 len)
{
    if (i->discards && i->overlay < 0 && len)
        fallocate(i->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len);
    return 0; /* it is a hint */
}

int host_image_write_zeroes(struct host_image *i, u64 offset, u64 len, bool unmap)
{
    static const u8 zeroes[1 << 16];
    if (i->overlay < 0 && len) {
        int how = unmap && i->discards ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
        if (fallocate(i->file, how | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len) == 0)
            return 0;
    }
    int error = 0;
    while (len && !error) {
        struct disk_span span = {(u8 *)zeroes, len < sizeof(zeroes) ? len : sizeof(zeroes)};
        error = host_image_write(i, offset, &span, 1);
        offset += span.len;
        len -= span.len;
    }
    return error;
}

void host_image_close(struct host_image *i)
{
    if (i->file >= 0)
        close(i->file);
    if (i->overlay >= 0)
        close(i->overlay);
    free(i->written);
    *i = (struct host_image){.file = -1, .overlay = -1};
}
