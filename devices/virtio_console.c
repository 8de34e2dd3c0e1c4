/*
 * virtio-console (virtio_console.h; VIRTIO 1.2, 5.3). Input is taken as far as the
 * driver has buffers; output that the back end refuses stays in its chain until
 * there is room, and so the driver waits.
 *
 * What the control queue has to tell is not queued: each port has a set of messages
 * it owes the driver, paid in their order when there are buffers. So a driver that
 * asks a million times is told once.
 */
#include "devices/virtio_console.h"

#include <stdlib.h>
#include <string.h>

enum {
    RX = 0, /* of port 0; */
    TX = 1,
    CONTROL_RX = 2,
    CONTROL_TX = 3, /* behind these, two queues for each other port */
    QUEUE_SIZE = 128,
    PIECE = 4096,
    F_MULTIPORT = 1, /* 5.3.3 */
};

/* 5.3.6.2: events. Those that we send are owed as a bit each, and sent in this order. */
enum event {
    DEVICE_READY = 0,
    DEVICE_ADD = 1,
    PORT_READY = 3,
    CONSOLE_PORT = 4,
    PORT_OPEN = 6,
    PORT_NAME = 7,
};

struct control {
    u32 id;
    u16 event, value;
};
_Static_assert(sizeof(struct control) == 8, "as in guest memory");

struct __attribute__((packed)) config {
    u16 cols, rows;
    u32 max_nr_ports, emerg_wr;
};

struct port {
    struct virtio_console *console;
    struct virtio_console_port is;
    unsigned number;
    struct virtq_chain tx;
    bool sending;    /* tx is a chain that is not all written */
    u64 sent;        /* bytes of it that are */
    bool known;      /* the driver has said PORT_READY */
    bool guest_open; /* a program of the guest has it open */
    bool host_open;
    u8 owed; /* BIT(event) */
};

struct virtio_console {
    struct virtio virtio;
    struct virtio_ops ops; /* with as many queues as the ports need */
    struct config config;
    struct virtq_chain chain; /* of input and control messages, while they are looked at */
    unsigned count;
    struct port port[];
};

static bool multiport(const struct virtio_console *c)
{
    return virtio_has(&c->virtio, F_MULTIPORT);
}

static struct virtqueue *queue_of(struct port *p, unsigned direction)
{
    return &p->console->virtio.queue[(p->number ? 2 * p->number + 2 : 0) + direction];
}

/* --- control messages ------------------------------------------------------------- */

/* Write the message that EVENT of P is into the chain. */
static u64 write_message(struct port *p, enum event event)
{
    struct virtio_console *c = p->console;
    struct control m = {p->number, (u16)event, event != PORT_OPEN || p->host_open};
    u64 len = virtq_write(c->virtio.bus, &c->chain, 0, &m, sizeof(m));
    if (event == PORT_NAME)
        len += virtq_write(c->virtio.bus, &c->chain, len, p->is.name, strlen(p->is.name));
    return len;
}

/* False when the driver has no buffer for it. */
static bool send_message(struct port *p, enum event event)
{
    struct virtio_console *c = p->console;
    struct virtqueue *q = &c->virtio.queue[CONTROL_RX];
    if (!virtqueue_pop(q, &c->chain))
        return false;
    if (c->chain.in_len < sizeof(struct control)) {
        virtio_broken(&c->virtio, "a buffer that is too small for a control message");
        return false;
    }
    p->owed &= (u8)~BIT(event);
    virtqueue_push(q, c->chain.head, write_message(p, event));
    return true;
}

/* Send what is owed, as far as there are buffers. */
static void pay(struct virtio_console *c)
{
    static const enum event order[] = {DEVICE_ADD, CONSOLE_PORT, PORT_NAME, PORT_OPEN};
    for (unsigned i = 0; i < c->count; i++)
        for (unsigned n = 0; n < ARRAY_LEN(order); n++)
            if (c->port[i].owed & BIT(order[n]) && !send_message(&c->port[i], order[n]))
                break; /* and the others find none either */
    virtio_notify(&c->virtio, CONTROL_RX);
}

static void introduce_port(struct port *p)
{
    p->known = true;
    if (p->is.console)
        p->owed |= BIT(CONSOLE_PORT);
    if (p->is.name)
        p->owed |= BIT(PORT_NAME);
    if (p->host_open)
        p->owed |= BIT(PORT_OPEN);
}

/* A message from the driver. What no device would ask for is nothing to stop at. */
static void obey(struct virtio_console *c, const struct control *m)
{
    struct port *p = m->id < c->count && c->port[m->id].is.present ? &c->port[m->id] : NULL;
    if (m->event == DEVICE_READY && m->value) {
        for (unsigned i = 0; i < c->count; i++)
            c->port[i].owed |= c->port[i].is.present ? BIT(DEVICE_ADD) : 0;
    } else if (p && m->event == PORT_READY && m->value) {
        introduce_port(p);
    } else if (p && m->event == PORT_OPEN) {
        p->guest_open = m->value;
        if (p->guest_open)
            chardev_accept(p->is.backend);
    } else if (m->value) {
        log_line(c->virtio.log, LOG_GUEST_ERRORS, "virtio-console: message %u to port %u", m->event,
                 m->id);
    }
}

static void take_messages(struct virtio_console *c)
{
    struct virtqueue *q = &c->virtio.queue[CONTROL_TX];
    while (virtqueue_pop(q, &c->chain)) {
        struct control m = {.event = PORT_READY};
        virtq_read(&c->chain, 0, &m, sizeof(m));
        virtqueue_push(q, c->chain.head, 0);
        obey(c, &m);
    }
    virtio_notify(&c->virtio, CONTROL_TX);
}

/* --- ports ------------------------------------------------------------------------ */

/* What the next buffer has room for; its chain stays in the queue. */
static size_t room(void *owner)
{
    struct port *p = owner;
    struct virtio_console *c = p->console;
    struct virtqueue *q = queue_of(p, RX);
    if ((multiport(c) && !p->guest_open) || !virtqueue_pop(q, &c->chain))
        return 0;
    virtqueue_unpop(q, 1);
    return c->chain.in_len;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    struct port *p = owner;
    struct virtio_console *c = p->console;
    struct virtqueue *q = queue_of(p, RX);
    if (!virtqueue_pop(q, &c->chain))
        return; /* it was there when room() was asked */
    virtqueue_push(q, c->chain.head, virtq_write(c->virtio.bus, &c->chain, 0, data, len));
    virtio_notify(&c->virtio, q->index);
}

/* Write what is left of the chain; false when the back end takes no more for now. */
static bool send_chain(struct port *p)
{
    u8 bytes[PIECE];
    while (p->sent < p->tx.out_len) {
        u64 len = virtq_read(&p->tx, p->sent, bytes, sizeof(bytes));
        size_t taken = chardev_write(p->is.backend, bytes, len);
        p->sent += taken;
        if (taken < len)
            return false;
    }
    p->sending = false;
    virtqueue_push(queue_of(p, TX), p->tx.head, 0);
    return true;
}

static void transmit(struct port *p)
{
    for (;;) {
        if (!p->sending) {
            if (!virtqueue_pop(queue_of(p, TX), &p->tx))
                break;
            p->sending = true;
            p->sent = 0;
        }
        if (!send_chain(p))
            break;
    }
    virtio_notify(&p->console->virtio, queue_of(p, TX)->index);
}

static void writable(void *owner)
{
    struct port *p = owner;
    if (virtio_live(&p->console->virtio))
        transmit(p);
}

/* A console is there whether or not somebody looks at it; who reads a port wants to know. */
static void event(void *owner, enum chardev_event event)
{
    struct port *p = owner;
    if (p->is.console || (event != CHARDEV_OPENED && event != CHARDEV_CLOSED))
        return;
    p->host_open = event == CHARDEV_OPENED;
    if (!p->known || !virtio_live(&p->console->virtio))
        return;
    p->owed |= BIT(PORT_OPEN);
    pay(p->console);
}

/* --- the device ------------------------------------------------------------------- */

static void notify(void *dev, unsigned queue)
{
    struct virtio_console *c = dev;
    bool control = queue == CONTROL_RX || queue == CONTROL_TX;
    struct port *p = &c->port[queue < CONTROL_RX ? 0 : queue / 2 - 1];
    if (control && !multiport(c))
        return;
    if (queue == CONTROL_TX)
        take_messages(c);
    if (control)
        pay(c);
    else if (queue % 2 == TX)
        transmit(p);
    else
        chardev_accept(p->is.backend);
}

static void reset(void *dev)
{
    struct virtio_console *c = dev;
    for (unsigned i = 0; i < c->count; i++) {
        struct port *p = &c->port[i];
        p->sending = p->known = p->guest_open = false;
        p->owed = 0;
    }
}

static const struct virtio_ops ops_of_all = {
    .name = "virtio-console",
    .id = VIRTIO_ID_CONSOLE,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
    .reset = reset,
};

static const struct chardev_client client = {
    .room = room, .receive = receive, .writable = writable, .event = event};

static void init_port(struct virtio_console *c, unsigned number,
                      const struct virtio_console_port *is)
{
    struct port *p = &c->port[number];
    struct chardev *backend = is->present ? is->backend : NULL;
    p->console = c;
    p->is = *is;
    p->is.backend = backend;
    p->number = number;
    p->host_open = is->console || (backend && !backend->absent);
    chardev_connect(backend, &client, p);
}

struct virtio *virtio_console_create(const struct virtio_console_port *port, unsigned count)
{
    struct virtio_console *c = calloc(1, sizeof(*c) + count * sizeof(c->port[0]));
    if (!c)
        return NULL;
    c->ops = ops_of_all;
    c->ops.queues = (u16)(2 * count + 2);
    if (!virtio_init(&c->virtio, &c->ops, c, (u8 *)&c->config, sizeof(c->config))) {
        free(c);
        return NULL;
    }
    c->virtio.offered = BIT(F_MULTIPORT);
    c->config.max_nr_ports = count;
    c->count = count;
    for (unsigned i = 0; i < count; i++)
        init_port(c, i, &port[i]);
    return &c->virtio;
}

void virtio_console_destroy(struct virtio *v)
{
    struct virtio_console *c = container_of(v, struct virtio_console, virtio);
    for (unsigned i = 0; i < c->count; i++)
        chardev_connect(c->port[i].is.backend, NULL, NULL);
    virtio_destroy(v);
    free(c);
}
