/*
 * Descriptors that never make us wait (host_io.h). On Linux, opening
 * /proc/self/fd/N gives a terminal or pipe a second description, whose flags are
 * ours alone. Where that fails (no /proc, a terminal of another user's) the
 * descriptor is asked with poll() before each transfer.
 */
#include "devices/host_io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_ready(int fd, short events, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    int n;
    do
        n = poll(&p, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

static int duplicate(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static int open_again(int fd, bool writes)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int again = open(path, flags | (writes ? O_WRONLY : O_RDONLY));
    if (again < 0 || again > STDERR_FILENO)
        return again;
    /* Never in the place of a standard stream that the user has closed. */
    int high = duplicate(again);
    close(again);
    return high;
}

struct host_io host_io_borrow(int fd, bool writes)
{
    struct host_io none = {-1, HOST_IO_NONE};
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &st))
        return none;
    int mode = flags & O_ACCMODE;
    if (mode != O_RDWR && mode != (writes ? O_WRONLY : O_RDONLY))
        return none;
    enum host_io_kind kind = HOST_IO_FILE;
    if (S_ISSOCK(st.st_mode))
        kind = HOST_IO_SOCKET;
    else if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd)))
        kind = HOST_IO_NONBLOCK;
    if (kind == HOST_IO_NONBLOCK) {
        int again = open_again(fd, writes);
        if (again >= 0)
            return (struct host_io){again, kind};
        kind = HOST_IO_SHARED;
    }
    int copy = duplicate(fd);
    return copy < 0 ? none : (struct host_io){copy, kind};
}

struct host_io host_io_own(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return (struct host_io){-1, HOST_IO_NONE};
    if (S_ISSOCK(st.st_mode))
        return (struct host_io){fd, HOST_IO_SOCKET};
    if (S_ISREG(st.st_mode))
        return (struct host_io){fd, HOST_IO_FILE};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return (struct host_io){fd, HOST_IO_NONBLOCK};
}

ssize_t host_io_read(struct host_io io, void *data, size_t len)
{
    ssize_t n;
    if (io.kind == HOST_IO_SHARED && !is_ready(io.fd, POLLIN, 0)) {
        errno = EAGAIN;
        return -1;
    }
    do
        n = io.kind == HOST_IO_SOCKET ? recv(io.fd, data, len, MSG_DONTWAIT)
                                      : read(io.fd, data, len);
    while (n < 0 && errno == EINTR);
    return n;
}

/*
 * As much as a ready descriptor takes without waiting: a pipe that is ready has
 * room for a page; a terminal that is ready may have room for one byte only.
 */
static size_t shared_chunk(int fd, size_t len)
{
    size_t limit = isatty(fd) ? 1 : PIPE_BUF;
    return len < limit ? len : limit;
}

ssize_t host_io_write(struct host_io io, const void *data, size_t len)
{
    ssize_t n;
    if (io.kind == HOST_IO_SHARED) {
        if (!is_ready(io.fd, POLLOUT, 0)) {
            errno = EAGAIN;
            return -1;
        }
        len = shared_chunk(io.fd, len);
    }
    do
        n = io.kind == HOST_IO_SOCKET ? send(io.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                      : write(io.fd, data, len);
    while (n < 0 && errno == EINTR);
    return n;
}

bool host_io_at_end(struct host_io io)
{
    u8 byte;
    return io.kind == HOST_IO_SOCKET && recv(io.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool host_io_wait_writable(struct host_io io, int timeout_ms)
{
    return is_ready(io.fd, POLLOUT, timeout_ms);
}

void host_io_close(struct host_io *io)
{
    if (io->fd >= 0)
        close(io->fd);
    *io = (struct host_io){-1, HOST_IO_NONE};
}
