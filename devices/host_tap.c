/*
 * TAP interfaces (host_tap.h; the kernel's Documentation/networking/tuntap.rst).
 * A read or write of the descriptor is one frame and never waits.
 */
#include "devices/host_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BURST = 64 }; /* frames received before the CPU goes on */

struct host_tap {
    struct netdev net;
    struct host_loop *loop;
    int fd;
    char name[IFNAMSIZ];
    bool lost;   /* not watched any more */
    size_t held; /* bytes of frame that the card had no buffers for */
    u8 frame[NETDEV_FRAME];
};

/* The host's interface has a queue of its own, and drops what doesn't fit. */
static bool room(struct netdev *net)
{
    return true;
}

static void send_frame(struct netdev *net, const u8 *frame, size_t len)
{
    const struct host_tap *t = container_of(net, struct host_tap, net);
    ssize_t written = write(t->fd, frame, len);
    (void)written; /* a frame may be lost */
}

/* Its administrator has removed it, perhaps: it would be ready for ever. */
static void interface_lost(struct host_tap *t)
{
    fprintf(stderr, "mini-a64: %s: %s: the network is gone\n", t->name, strerror(errno));
    host_loop_unwatch(t->loop, t->fd);
    t->lost = true;
}

static void tap_ready(void *owner, unsigned ready)
{
    struct host_tap *t = owner;
    for (unsigned i = 0; i < BURST && !t->held; i++) {
        ssize_t n = read(t->fd, t->frame, sizeof(t->frame));
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            interface_lost(t);
            return;
        }
        if (n <= 0)
            return;
        if (t->net.client && !t->net.client->receive(t->net.owner, t->frame, (size_t)n))
            t->held = (size_t)n;
    }
    if (t->held && !t->lost)
        host_loop_modify(t->loop, t->fd, 0);
}

static void accept_frames(struct netdev *net)
{
    struct host_tap *t = container_of(net, struct host_tap, net);
    if (t->held && !net->client->receive(net->owner, t->frame, t->held))
        return;
    t->held = 0;
    if (!t->lost)
        host_loop_modify(t->loop, t->fd, HOST_IN);
}

static void destroy(struct netdev *net)
{
    struct host_tap *t = container_of(net, struct host_tap, net);
    host_loop_unwatch(t->loop, t->fd);
    close(t->fd);
    free(t);
}

static const struct netdev_ops ops = {
    .room = room, .send = send_frame, .accept = accept_frames, .destroy = destroy};

static int open_interface(const char *interface)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &request)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

struct netdev *host_tap_open(struct host_loop *loop, const char *interface,
                             char error[HOST_TAP_ERROR])
{
    struct host_tap *t = calloc(1, sizeof(*t));
    if (!t)
        abort();
    t->net.ops = &ops;
    t->loop = loop;
    snprintf(t->name, sizeof(t->name), "%s", interface);
    errno = ENAMETOOLONG;
    t->fd = strlen(interface) < IFNAMSIZ ? open_interface(interface) : -1;
    if (t->fd >= 0 && host_loop_watch(loop, t->fd, HOST_IN, tap_ready, t))
        return &t->net;
    snprintf(error, HOST_TAP_ERROR,
             "ifname=%s: %s; make it by: ip tuntap add dev %s mode tap user $USER", interface,
             strerror(errno), interface);
    if (t->fd >= 0)
        close(t->fd);
    free(t);
    return NULL;
}
