/*
 * virtio-console (virtio_console.h; VIRTIO 1.2, 5.3). Input is taken as far as the
 * driver has buffers; output that the back end refuses stays in its chain until
 * there is room, and so the driver waits.
 */
#include "devices/virtio_console.h"

#include <stdlib.h>

enum { QUEUES = 2, RX = 0, TX = 1, QUEUE_SIZE = 128, PIECE = 4096 };

struct virtio_console {
    struct virtio virtio;
    struct chardev *backend;
    struct virtq_chain rx, tx;
    bool sending; /* tx is a chain that is not all written */
    u64 sent;     /* bytes of it that are */
};

/* What the next buffer has room for; its chain stays in the queue. */
static size_t room(void *owner)
{
    struct virtio_console *c = owner;
    struct virtqueue *q = &c->virtio.queue[RX];
    if (!virtqueue_pop(q, &c->rx))
        return 0;
    virtqueue_unpop(q, 1);
    return c->rx.in_len;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    struct virtio_console *c = owner;
    struct virtqueue *q = &c->virtio.queue[RX];
    if (!virtqueue_pop(q, &c->rx))
        return; /* it was there when room() was asked */
    virtqueue_push(q, c->rx.head, virtq_write(c->virtio.bus, &c->rx, 0, data, len));
    virtio_notify(&c->virtio, RX);
}

/* Write what is left of the chain; false when the back end takes no more for now. */
static bool send_chain(struct virtio_console *c)
{
    u8 bytes[PIECE];
    while (c->sent < c->tx.out_len) {
        u64 len = virtq_read(&c->tx, c->sent, bytes, sizeof(bytes));
        size_t taken = chardev_write(c->backend, bytes, len);
        c->sent += taken;
        if (taken < len)
            return false;
    }
    c->sending = false;
    virtqueue_push(&c->virtio.queue[TX], c->tx.head, 0);
    return true;
}

static void transmit(struct virtio_console *c)
{
    for (;;) {
        if (!c->sending) {
            if (!virtqueue_pop(&c->virtio.queue[TX], &c->tx))
                break;
            c->sending = true;
            c->sent = 0;
        }
        if (!send_chain(c))
            break;
    }
    virtio_notify(&c->virtio, TX);
}

static void writable(void *owner)
{
    struct virtio_console *c = owner;
    if (virtio_live(&c->virtio))
        transmit(c);
}

static void notify(void *dev, unsigned queue)
{
    struct virtio_console *c = dev;
    if (queue == TX)
        transmit(c);
    else
        chardev_accept(c->backend);
}

static void reset(void *dev)
{
    ((struct virtio_console *)dev)->sending = false;
}

static const struct virtio_ops ops = {
    .name = "virtio-console",
    .id = VIRTIO_ID_CONSOLE,
    .queues = QUEUES,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
    .reset = reset,
};

static const struct chardev_client client = {
    .room = room, .receive = receive, .writable = writable};

struct virtio *virtio_console_create(struct chardev *backend)
{
    struct virtio_console *c = calloc(1, sizeof(*c));
    if (!c || !virtio_init(&c->virtio, &ops, c, NULL, 0)) {
        free(c);
        return NULL;
    }
    c->backend = backend;
    chardev_connect(backend, &client, c);
    return &c->virtio;
}

void virtio_console_destroy(struct virtio *v)
{
    struct virtio_console *c = container_of(v, struct virtio_console, virtio);
    chardev_connect(c->backend, NULL, NULL);
    virtio_destroy(v);
    free(c);
}
