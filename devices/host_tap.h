/*
 * A network (netdev.h) that is a TAP interface of the host, which its
 * administrator has made: ip tuntap add dev NAME mode tap user USER.
 */
#ifndef DEVICES_HOST_TAP_H
#define DEVICES_HOST_TAP_H

#include "devices/host_loop.h"
#include "devices/netdev.h"

enum { HOST_TAP_ERROR = 256 };

/* NULL with one line in ERROR. The loop outlives it. */
struct netdev *host_tap_open(struct host_loop *loop, const char *interface,
                             char error[HOST_TAP_ERROR]);

#endif
