/*
 * A TCP or Unix stream socket as a back end: one connection at a time. A server
 * listens again when its client has left; output while nobody is connected is
 * dropped, as it would be with QEMU.
 */
#ifndef DEVICES_HOST_SOCKET_H
#define DEVICES_HOST_SOCKET_H

#include "devices/chardev.h"
#include "devices/host_loop.h"
#include "devices/host_signal.h"

struct host_socket_config {
    struct host_loop *loop;
    const struct host_signal *signals; /* ends the wait for a client; may be NULL */
    const char *host; /* name or address; NULL or "": 127.0.0.1, and nothing but that */
    const char *port; /* number or service name; NULL: a Unix socket */
    const char *path; /* of a Unix socket */
    bool server;      /* listen; otherwise connect */
    bool wait;        /* a server returns only when its first client is there */
    bool nodelay;     /* TCP_NODELAY */
};

/*
 * The back end, or NULL with one line in ERROR that says what could not be done
 * and why. While it waits for a client, a line on stderr says so.
 */
struct chardev *host_socket_open(const struct host_socket_config *config, char *error,
                                 size_t error_size);

#endif
