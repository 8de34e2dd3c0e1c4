/*
 * virtio-net (virtio_net.h; VIRTIO 1.2, 5.1), with one pair of queues. Checksums
 * are where the time of an emulated CPU goes, and so the driver may leave them to
 * us, both ways, and with a back end that allows it send whole windows of TCP in
 * one frame.
 */
#include "devices/virtio_net.h"

#include <stdlib.h>
#include <string.h>

enum {
    QUEUE_SIZE = 256,
    QUEUES = 2,
    RX = 0,
    TX = 1,
    /* 5.1.3 */
    F_CSUM = 0,
    F_GUEST_CSUM = 1,
    F_MAC = 5,
    F_HOST_TSO4 = 11,
    F_HOST_TSO6 = 12,
    F_MRG_RXBUF = 15,
    F_STATUS = 16,
    STATUS_LINK_UP = 1,
    /* 5.1.6 */
    HDR_NEEDS_CSUM = 1,
    HDR_DATA_VALID = 2,
    HEADER_SHORT = 10, /* of legacy devices without F_MRG_RXBUF: no num_buffers */
    MAX_BUFFERS = 64,  /* that a frame to the guest is spread over */
};

struct __attribute__((packed)) config {
    u8 mac[VIRTIO_NET_MAC];
    u16 status;
};

struct header {
    u8 flags, gso_type;
    u16 hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};
_Static_assert(sizeof(struct header) == 12, "as in guest memory");

struct virtio_net {
    struct virtio virtio;
    struct config config;
    struct netdev *net;
    bool refused; /* a frame waits for buffers */
    struct virtq_chain chain, first;
    u8 frame[NETDEV_FRAME];
};

static bool link_up(const struct virtio_net *n)
{
    return n->net && n->config.status & STATUS_LINK_UP;
}

static u64 header_size(const struct virtio_net *n)
{
    bool has_buffers =
        virtio_has(&n->virtio, VIRTIO_F_VERSION_1) || virtio_has(&n->virtio, F_MRG_RXBUF);
    return has_buffers ? sizeof(struct header) : HEADER_SHORT;
}

/* RFC 1071: the one's complement sum of big-endian words, a byte of zero behind an odd one. */
static u16 internet_checksum(const u8 *p, u64 len)
{
    u64 sum = 0;
    for (; len > 1; p += 2, len -= 2)
        sum += (u64)p[0] << 8 | p[1];
    if (len)
        sum += (u64)p[0] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (u16)~sum;
}

/* Do what the driver left to us; its offsets are hints that may lead nowhere. */
static bool complete_checksum(u8 *frame, u64 len, const struct header *h)
{
    u64 at = (u64)h->csum_start + h->csum_offset;
    if (!(h->flags & HDR_NEEDS_CSUM))
        return true;
    if (h->csum_start >= len || at + 2 > len)
        return false;
    u16 sum = internet_checksum(frame + h->csum_start, len - h->csum_start);
    frame[at] = (u8)(sum >> 8);
    frame[at + 1] = (u8)sum;
    return true;
}

static void send_chain(struct virtio_net *n)
{
    const struct virtq_chain *c = &n->chain;
    struct header h = {0};
    u64 size = header_size(n);
    if (c->out_len < size) {
        virtio_broken(&n->virtio, "a frame without header");
        return;
    }
    virtq_read(c, 0, &h, size);
    u64 len = c->out_len - size;
    if (link_up(n) && len >= NETDEV_HEADER && len <= sizeof(n->frame)) {
        virtq_read(c, size, n->frame, len);
        if (complete_checksum(n->frame, len, &h))
            n->net->ops->send(n->net, n->frame, len);
    }
    virtqueue_push(&n->virtio.queue[TX], c->head, 0);
}

/* What waits in the queue goes out, as far as there is room; the rest when there is some. */
static void transmit(struct virtio_net *n)
{
    while ((!link_up(n) || n->net->ops->room(n->net)) &&
           virtqueue_pop(&n->virtio.queue[TX], &n->chain))
        send_chain(n);
    virtio_notify(&n->virtio, TX);
}

/* Chains that a frame is put into. */
struct gathered {
    unsigned count;
    u64 done; /* bytes of the frame */
    u16 head[MAX_BUFFERS];
    u64 written[MAX_BUFFERS]; /* bytes, with the header in the first */
};

/* Put as much of a frame as fits into the next chain, C, and note it in G. */
static bool fill_chain(struct virtio_net *n, struct gathered *g, struct virtq_chain *c,
                       const u8 *frame, u64 len)
{
    u64 at = g->count ? 0 : header_size(n);
    if (c->in_len <= at) {
        virtio_broken(&n->virtio, "a buffer with no room behind the header");
        return false;
    }
    u64 part = virtq_write(n->virtio.bus, c, at, frame + g->done, len - g->done);
    g->head[g->count] = c->head;
    g->written[g->count++] = at + part;
    g->done += part;
    return true;
}

/* False when there are too few chains for now; then none is taken. */
static bool gather(struct virtio_net *n, struct gathered *g, const u8 *frame, u64 len)
{
    unsigned most = virtio_has(&n->virtio, F_MRG_RXBUF) ? MAX_BUFFERS : 1;
    while (g->count < most && g->done < len) {
        struct virtq_chain *c = g->count ? &n->chain : &n->first;
        if (!virtqueue_pop(&n->virtio.queue[RX], c)) {
            virtqueue_unpop(&n->virtio.queue[RX], g->count);
            return false;
        }
        if (!fill_chain(n, g, c, frame, len))
            return false;
    }
    return true;
}

/* A frame from the network. */
static bool receive(void *owner, const u8 *frame, size_t len)
{
    struct virtio_net *n = owner;
    struct virtqueue *q = &n->virtio.queue[RX];
    struct gathered g = {0};
    if (!virtio_live(&n->virtio) || !q->ready || !link_up(n) || len < NETDEV_HEADER)
        return true; /* nobody listens */
    if (!gather(n, &g, frame, len)) {
        n->refused = virtio_live(&n->virtio);
        return !n->refused;
    }
    if (g.done < len) { /* it fits into nothing they have: lost */
        virtqueue_unpop(q, g.count);
        return true;
    }
    struct header h = {.num_buffers = (u16)g.count};
    if (n->net->trusted && virtio_has(&n->virtio, F_GUEST_CSUM))
        h.flags = HDR_DATA_VALID;
    virtq_write(n->virtio.bus, &n->first, 0, &h, header_size(n));
    for (unsigned i = 0; i < g.count; i++)
        virtqueue_push(q, g.head[i], g.written[i]);
    virtio_notify(&n->virtio, RX);
    return true;
}

static void writable(void *owner)
{
    struct virtio_net *n = owner;
    if (virtio_live(&n->virtio))
        transmit(n);
}

static void notify(void *dev, unsigned queue)
{
    struct virtio_net *n = dev;
    if (queue == TX) {
        transmit(n);
    } else if (n->refused) {
        n->refused = false;
        n->net->ops->accept(n->net);
    }
}

/* A frame that waits for buffers waits for the next driver's first ones. */

static const struct virtio_ops ops = {
    .name = "virtio-net",
    .id = VIRTIO_ID_NET,
    .queues = QUEUES,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
};

static const struct netdev_client client = {.receive = receive, .writable = writable};

void virtio_net_set_link(struct virtio *v, bool up)
{
    struct virtio_net *n = container_of(v, struct virtio_net, virtio);
    u16 status = up ? STATUS_LINK_UP : 0;
    if (n->config.status == status)
        return;
    n->config.status = status;
    virtio_config_changed(v);
}

bool virtio_net_link(const struct virtio *v)
{
    return container_of(v, struct virtio_net, virtio)->config.status & STATUS_LINK_UP;
}

struct virtio *virtio_net_create(struct netdev *net, const u8 mac[VIRTIO_NET_MAC])
{
    struct virtio_net *n = calloc(1, sizeof(*n));
    if (!n || !virtio_init(&n->virtio, &ops, n, (u8 *)&n->config, sizeof(n->config))) {
        free(n);
        return NULL;
    }
    memcpy(n->config.mac, mac, VIRTIO_NET_MAC);
    n->config.status = net ? STATUS_LINK_UP : 0;
    n->virtio.offered =
        BIT(F_CSUM) | BIT(F_GUEST_CSUM) | BIT(F_MAC) | BIT(F_MRG_RXBUF) | BIT(F_STATUS);
    if (net && net->takes_segments)
        n->virtio.offered |= BIT(F_HOST_TSO4) | BIT(F_HOST_TSO6);
    n->net = net;
    if (net) {
        net->client = &client;
        net->owner = n;
    }
    return &n->virtio;
}

void virtio_net_destroy(struct virtio *v)
{
    struct virtio_net *n = container_of(v, struct virtio_net, virtio);
    if (n->net)
        n->net->client = NULL;
    virtio_destroy(v);
    free(n);
}
