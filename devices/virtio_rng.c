/*
 * virtio-rng (virtio_rng.h; VIRTIO 1.2, 5.4): every buffer is filled at once, up
 * to a limit, so that a driver can't keep the CPU's thread busy with gigabytes.
 */
#include "devices/virtio_rng.h"

#include <stdlib.h>

#include "devices/host_random.h"

enum { QUEUE_SIZE = 8, FILL_MAX = 65536, PIECE = 256 };

struct virtio_rng {
    struct virtio virtio;
    bool repeats;
    u64 state;
    struct virtq_chain chain;
};

/* splitmix64, Steele et al., "Fast splittable pseudorandom number generators". */
static u64 next_number(u64 *state)
{
    u64 z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void fill(struct virtio_rng *r, u64 *words, size_t len)
{
    if (!r->repeats) {
        host_random(words, len);
        return;
    }
    for (size_t i = 0; i < len / sizeof(*words); i++)
        words[i] = next_number(&r->state);
}

static void notify(void *dev, unsigned queue)
{
    struct virtio_rng *r = dev;
    while (virtqueue_pop(&r->virtio.queue[queue], &r->chain)) {
        u64 words[PIECE / sizeof(u64)], done = 0;
        u64 len = r->chain.in_len < FILL_MAX ? r->chain.in_len : FILL_MAX;
        while (done < len) {
            u64 some = len - done < PIECE ? len - done : PIECE;
            fill(r, words, sizeof(words));
            done += virtq_write(r->virtio.bus, &r->chain, done, words, some);
        }
        virtqueue_push(&r->virtio.queue[queue], r->chain.head, done);
    }
    virtio_notify(&r->virtio, queue);
}

static const struct virtio_ops ops = {
    .name = "virtio-rng",
    .id = VIRTIO_ID_ENTROPY,
    .queues = 1,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
};

struct virtio *virtio_rng_create(bool repeats, u64 seed)
{
    struct virtio_rng *r = calloc(1, sizeof(*r));
    if (!r || !virtio_init(&r->virtio, &ops, r, NULL, 0)) {
        free(r);
        return NULL;
    }
    r->repeats = repeats;
    r->state = seed;
    return &r->virtio;
}

void virtio_rng_destroy(struct virtio *v)
{
    virtio_destroy(v);
    free(container_of(v, struct virtio_rng, virtio));
}
