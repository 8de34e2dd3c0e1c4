/*
 * Open files and folders of a share (host_share_internal.h). What is opened is
 * what a node's handle leads to, not what has its name by now.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "devices/host_share_internal.h"

enum { SPANS_AT_ONCE = 256, ENTRIES_SIZE = 32768 };

/* What getdents64(2) fills in. */
struct entry {
    u64 inode;
    s64 next;
    u16 size;
    u8 type;
    char name[];
};

int host_share_flags(unsigned how)
{
    static const int access[] = {O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR};
    int flags = access[how & (SHARE_READ | SHARE_WRITE)] | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    flags |= how & SHARE_TRUNCATE ? O_TRUNC : 0;
    flags |= how & SHARE_APPEND ? O_APPEND : 0;
    flags |= how & SHARE_DATA_SYNC ? O_DSYNC : 0;
    flags |= how & SHARE_SYNC ? O_SYNC : 0;
    return flags;
}

struct share_file *host_share_adopt(struct host_share *h, int fd, unsigned how)
{
    struct share_file *f = calloc(1, sizeof(*f));
    if (f) {
        f->fd = fd;
        f->append = how & SHARE_APPEND;
        return f;
    }
    close(fd);
    host_share_release(h);
    return NULL;
}

static int open_handle(const struct share_node *n, unsigned how)
{
    if (n->is.type == S_IFDIR) {
        if (how & (SHARE_WRITE | SHARE_TRUNCATE)) {
            errno = EISDIR;
            return -1;
        }
        return openat(n->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return open(host_share_path(n->fd).text, host_share_flags(how));
}

int host_share_open_node(struct share *s, struct share_node *n, unsigned how,
                         struct share_file **file)
{
    struct host_share *h = host_share_of(s);
    if (n->is.type != S_IFDIR && (n->is.type != S_IFREG || (how & SHARE_FOLDER)))
        return how & SHARE_FOLDER ? ENOTDIR : ENXIO;
    if (host_share_handle(h, n) < 0)
        return errno;
    int error = host_share_reserve(h);
    if (error)
        return error;
    int fd = n->fd < 0 ? -1 : open_handle(n, how);
    if (fd < 0) {
        error = n->fd < 0 ? EMFILE : errno;
        host_share_release(h);
        return error;
    }
    *file = host_share_adopt(h, fd, how);
    return *file ? 0 : ENOMEM;
}

void host_share_close(struct share *s, struct share_file *f)
{
    close(f->fd);
    host_share_release(host_share_of(s));
    free(f->entries);
    free(f);
}

typedef ssize_t transfer_fn(int fd, const struct iovec *iov, int count, off_t offset);

/* As much of COUNT stretches as there is; those that were begun are moved on. */
static int transfer(transfer_fn *fn, int fd, struct iovec *iov, int count, u64 offset, u64 *done)
{
    while (count) {
        ssize_t n = fn(fd, iov, count, (off_t)(offset + *done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        *done += (u64)n;
        while (count && (size_t)n >= iov->iov_len) {
            n -= (ssize_t)iov->iov_len;
            iov++;
            count--;
        }
        if (count) {
            iov->iov_base = (u8 *)iov->iov_base + n;
            iov->iov_len -= (size_t)n;
        }
    }
    return 0;
}

static int transfer_all(transfer_fn *fn, int fd, const struct share_span *span, unsigned spans,
                        u64 offset, u64 *done)
{
    struct iovec iov[SPANS_AT_ONCE];
    int error = 0;
    *done = 0;
    if (offset > INT64_MAX)
        return EINVAL;
    while (spans && !error) {
        int count = 0;
        u64 wanted = *done;
        for (; spans && count < SPANS_AT_ONCE; spans--, span++, count++) {
            iov[count] = (struct iovec){span->host, span->len};
            wanted += span->len;
        }
        error = transfer(fn, fd, iov, count, offset, done);
        if (*done < wanted)
            break;
    }
    return *done ? 0 : error;
}

int host_share_read(struct share_file *f, const struct share_span *span, unsigned spans, u64 offset,
                    u64 *done)
{
    return transfer_all(preadv, f->fd, span, spans, offset, done);
}

/* Linux appends whatever the offset, if the file was opened so. */
int host_share_write(struct share_file *f, const struct share_span *span, unsigned spans,
                     u64 offset, u64 *done)
{
    return transfer_all(pwritev, f->fd, span, spans, offset, done);
}

static const struct entry *current(const struct share_file *f)
{
    return (const struct entry *)(f->entries + f->at);
}

/* Read more entries, from where the folder's offset is. */
static int fill(struct share_file *f)
{
    if (!f->entries)
        f->entries = malloc(ENTRIES_SIZE);
    if (!f->entries)
        return ENOMEM;
    long n = syscall(SYS_getdents64, f->fd, f->entries, (size_t)ENTRIES_SIZE);
    if (n < 0)
        return errno;
    f->at = 0;
    f->len = (size_t)n;
    return 0;
}

int host_share_readdir(struct share_file *f, u64 offset, struct share_entry *e)
{
    *e = (struct share_entry){0};
    if (f->at < f->len && offset == (u64)current(f)->next && offset != f->offset) {
        f->at += current(f)->size;
        f->offset = offset;
    } else if (offset != f->offset || (offset == 0 && f->at == f->len)) {
        if (lseek(f->fd, (off_t)offset, SEEK_SET) < 0)
            return errno;
        f->at = f->len = 0;
        f->offset = offset;
    }
    if (f->at == f->len) {
        int error = fill(f);
        if (error || f->len == 0)
            return error;
    }
    const struct entry *d = current(f);
    *e = (struct share_entry){d->name, d->inode, (u64)d->next, d->type};
    return 0;
}

int host_share_sync(struct share_file *f, bool data_only)
{
    return (data_only ? fdatasync(f->fd) : fsync(f->fd)) ? errno : 0;
}
