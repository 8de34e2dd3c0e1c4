/*
 * A network as a network card sees it: Ethernet frames, without their checksum
 * (FCS), in both directions. The front end (the card) holds a pointer to the back
 * end; the back end knows the front end as a `netdev_client`.
 *
 * Neither waits for the other: a back end without room says so and calls back,
 * and a front end that has no buffers refuses a frame and asks for it again.
 * Everything here runs on the machine's thread.
 */
#ifndef DEVICES_NETDEV_H
#define DEVICES_NETDEV_H

#include "core/types.h"

enum {
    NETDEV_HEADER = 14,                   /* bytes of an Ethernet header */
    NETDEV_FRAME = 65536 + NETDEV_HEADER, /* the longest frame, of segmentation offload */
};

struct netdev_client {
    /* Take a frame; false: no room, offer it again after netdev_ops.accept. */
    bool (*receive)(void *owner, const u8 *frame, size_t len);
    void (*writable)(void *owner); /* there is room again, after there was none */
};

struct netdev;

struct netdev_ops {
    bool (*room)(struct netdev *n); /* may a frame be sent now? */
    void (*send)(struct netdev *n, const u8 *frame, size_t len);
    void (*accept)(struct netdev *n); /* the front end has buffers again */
    void (*destroy)(struct netdev *n);
};

/* Embedded in a back end. */
struct netdev {
    const struct netdev_ops *ops;
    const struct netdev_client *client;
    void *owner;         /* of the client */
    bool takes_segments; /* frames may hold TCP segments longer than any MTU */
    bool trusted;        /* what it gives has right checksums */
};

#endif
