/*
 * virtio-9p (virtio_9p.h): each chain is a message and room for its reply. The
 * server works elsewhere, in a job of the share's; what belongs to the queue
 * happens on the machine's thread alone.
 */
#include "devices/virtio_9p.h"

#include <stdlib.h>
#include <string.h>

#include "devices/p9.h"

enum {
    QUEUE_SIZE = 128, /* which limits what Linux sends at once to 500 KiB */
    F_MOUNT_TAG = 0,
};
_Static_assert((int)QUEUE_SIZE <= (int)P9_SPANS_MAX, "a chain is not longer");

struct config {
    u16 tag_len;
    char tag[VIRTIO_9P_TAG];
};

struct virtio_9p {
    struct virtio virtio;
    struct config config;
    struct share *share;
    struct p9 *server;
    bool synchronous;
    unsigned under_way;
    struct virtq_chain chain; /* the one being read */
};

struct request {
    struct job job;
    struct virtio_9p *owner;
    u16 head;
    struct p9_exchange exchange;
    u64 written; /* bytes of the reply */
    u64 *pa;     /* of exchange.in's stretches */
    struct share_span span[];
};

static void work(struct job *j)
{
    struct request *r = container_of(j, struct request, job);
    r->written = p9_serve(r->owner->server, &r->exchange);
}

static void done(struct job *j)
{
    struct request *r = container_of(j, struct request, job);
    struct virtio_9p *d = r->owner;
    u64 left = r->written;
    for (unsigned i = 0; i < r->exchange.ins && left; i++) {
        u64 len = r->exchange.in[i].len < left ? r->exchange.in[i].len : left;
        bus_dma_written(d->virtio.bus, r->pa[i], len);
        left -= len;
    }
    d->under_way--;
    virtqueue_push(&d->virtio.queue[0], r->head, r->written);
    virtio_notify(&d->virtio, 0);
    free(r);
}

/* A job for the chain that was read; NULL without memory. */
static struct request *new_request(struct virtio_9p *d)
{
    const struct virtq_chain *c = &d->chain;
    unsigned spans = c->out_count + c->in_count;
    struct request *r = malloc(sizeof(*r) + spans * sizeof(*r->span) + c->in_count * sizeof(u64));
    if (!r)
        return NULL;
    *r = (struct request){
        .job = {.work = work, .done = done},
        .owner = d,
        .head = c->head,
        .exchange = {r->span, r->span + c->out_count, c->out_count, c->in_count, c->out_len,
                     c->in_len},
        .pa = (u64 *)(r->span + spans),
    };
    for (unsigned i = 0; i < spans; i++)
        r->span[i] = (struct share_span){c->segment[i].host, c->segment[i].len};
    for (unsigned i = 0; i < c->in_count; i++)
        r->pa[i] = c->segment[c->out_count + i].pa;
    return r;
}

static void notify(void *dev, unsigned queue)
{
    struct virtio_9p *d = dev;
    struct virtq_chain *c = &d->chain;
    while (virtqueue_pop(&d->virtio.queue[queue], c)) {
        if (c->out_len < P9_HEADER || c->in_len < P9_LEAST_ROOM) {
            virtio_broken(&d->virtio, "a request of %llu bytes with room for %llu",
                          (unsigned long long)c->out_len, (unsigned long long)c->in_len);
            return;
        }
        struct request *r = new_request(d);
        if (!r) {
            virtqueue_unpop(&d->virtio.queue[queue], 1);
            virtio_broken(&d->virtio, "the host has no memory for a request");
            return;
        }
        d->under_way++;
        d->share->ops->submit(d->share, &r->job);
    }
    if (d->synchronous)
        d->share->ops->drain(d->share);
}

static void reset(void *dev)
{
    struct virtio_9p *d = dev;
    if (d->under_way)
        d->share->ops->drain(d->share);
    p9_reset(d->server);
}

static const struct virtio_ops ops = {
    .name = "virtio-9p",
    .id = VIRTIO_ID_9P,
    .queues = 1,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
    .reset = reset,
};

struct virtio *virtio_9p_create(struct share *share, const char *tag, bool synchronous)
{
    struct virtio_9p *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    size_t len = strnlen(tag, sizeof(d->config.tag));
    d->server = p9_create(share);
    if (!d->server || !virtio_init(&d->virtio, &ops, d, (u8 *)&d->config,
                                   (u32)(sizeof(d->config.tag_len) + len))) {
        if (d->server)
            p9_destroy(d->server);
        free(d);
        return NULL;
    }
    d->config.tag_len = (u16)len;
    memcpy(d->config.tag, tag, len);
    d->share = share;
    d->synchronous = synchronous;
    d->virtio.offered = BIT(F_MOUNT_TAG);
    return &d->virtio;
}

void virtio_9p_destroy(struct virtio *v)
{
    struct virtio_9p *d = container_of(v, struct virtio_9p, virtio);
    if (d->under_way)
        d->share->ops->drain(d->share);
    p9_destroy(d->server);
    virtio_destroy(v);
    free(d);
}
