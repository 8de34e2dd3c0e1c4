/*
 * Back ends by name, in QEMU's words:
 *
 *   stdio                                     this terminal
 *   null, none                                output vanishes, input never comes
 *   file:PATH                                 output into a file, created anew
 *   pty                                       a new pseudo-terminal; its name is printed on stdout
 *   tcp:[HOST]:PORT[,server[,nowait]][,nodelay]
 *   unix:PATH[,server[,nowait]]
 *
 * server, wait, nowait and nodelay may be followed by =on or =off. Unlike QEMU's,
 * a server without HOST is reached from this machine only.
 *
 * `mon:` before a name is the caller's business: he puts a mux (mux.h) on it.
 */
#ifndef DEVICES_HOST_CHARDEV_H
#define DEVICES_HOST_CHARDEV_H

#include "devices/chardev.h"
#include "devices/host_loop.h"
#include "devices/host_signal.h"

struct host_chardev_config {
    struct host_loop *loop;
    struct host_signal *signals; /* needed for stdio; elsewhere NULL is allowed */
    const char *label;           /* "serial0": whose it is, in messages */
    bool muxed;                  /* a multiplexer comes on it: stdio's Ctrl-c is input */
};

enum { HOST_CHARDEV_ERROR = 256 };

/*
 * The back end SPEC, or NULL with one line in ERROR that names what is wrong.
 * chardev_destroy() delivers its output, frees it and, for stdio, restores the
 * terminal; the loop and the signals must still be there.
 */
struct chardev *host_chardev_open(const struct host_chardev_config *config, const char *spec,
                                  char error[HOST_CHARDEV_ERROR]);

#endif
