/*
 * A network (netdev.h) that needs no privileges: libslirp plays router, DHCP and
 * name server, and turns the guest's connections into sockets of this process.
 */
#ifndef DEVICES_HOST_SLIRP_H
#define DEVICES_HOST_SLIRP_H

#include "devices/host_loop.h"
#include "devices/netdev.h"

/* A port of the host that leads to one of the guest. */
struct host_slirp_forward {
    bool udp;
    u32 host, guest; /* IPv4, the first byte highest; guest 0: the first that DHCP gives */
    u16 host_port, guest_port;
    const char *text; /* as typed, for messages */
};

struct host_slirp_options {
    u32 network, mask, host, dhcp_start, dns; /* IPv4, the first byte highest */
    bool restricted; /* the guest reaches nothing but the forwarded ports */
    bool no_ipv4, no_ipv6;
    const char *hostname, *domain, *tftp, *bootfile; /* may be NULL */
    const struct host_slirp_forward *forward;
    unsigned forwards;
};

/* What QEMU has: 10.0.2.0/24, router .2, name server .3, guests from .15 on. */
struct host_slirp_options host_slirp_defaults(void);

enum { HOST_SLIRP_ERROR = 256 };

/* NULL with one line in ERROR. The loop outlives it. */
struct netdev *host_slirp_open(struct host_loop *loop, const struct host_slirp_options *o,
                               char error[HOST_SLIRP_ERROR]);

#endif
