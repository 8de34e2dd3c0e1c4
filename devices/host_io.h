/*
 * Reading and writing descriptors of any kind without ever waiting, and without
 * setting O_NONBLOCK on a description that others share: what a shell handed us
 * as stdin and stdout stays as it is for the next command.
 */
#ifndef DEVICES_HOST_IO_H
#define DEVICES_HOST_IO_H

#include <sys/types.h>

#include "core/types.h"

enum host_io_kind {
    HOST_IO_NONE,     /* no descriptor */
    HOST_IO_NONBLOCK, /* our own description, with O_NONBLOCK */
    HOST_IO_SOCKET,
    HOST_IO_FILE,   /* always ready: a regular file, /dev/null */
    HOST_IO_SHARED, /* a terminal or pipe we could not open for ourselves */
};

struct host_io {
    int fd; /* -1 with HOST_IO_NONE */
    enum host_io_kind kind;
};

/*
 * Our own descriptor for what FD leads to, if possible with a description of its
 * own; WRITES says for which direction. HOST_IO_NONE when FD is not open or has
 * not that direction. FD itself is left as it is.
 */
struct host_io host_io_borrow(int fd, bool writes);

/* Take over FD, which nobody shares: sets O_NONBLOCK where that matters. */
struct host_io host_io_own(int fd);

/* As read(2) and write(2), but -1 with EAGAIN instead of waiting; never EINTR. */
ssize_t host_io_read(struct host_io io, void *data, size_t len);
ssize_t host_io_write(struct host_io io, const void *data, size_t len);

/* True when IO is a socket whose peer has finished sending and left nothing unread. */
bool host_io_at_end(struct host_io io);

/* Wait until IO takes output again, TIMEOUT_MS at most (-1: no limit). False when it does not. */
bool host_io_wait_writable(struct host_io io, int timeout_ms);

/* Close and forget the descriptor. */
void host_io_close(struct host_io *io);

#endif
