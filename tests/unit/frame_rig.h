/*
 * A network card without a machine: it takes frames off a back end, keeps the last
 * one, and refuses them while it is full.
 */
#ifndef TESTS_UNIT_FRAME_RIG_H
#define TESTS_UNIT_FRAME_RIG_H

#include <criterion/criterion.h>
#include <string.h>

#include "devices/host_loop.h"
#include "devices/netdev.h"

struct card {
    struct host_loop *loop;
    struct netdev *net;
    bool full;
    unsigned frames, refused;
    bool (*wanted)(const u8 *frame, size_t len); /* what card_await waits for */
    bool found;
};

static inline bool card_receive(void *owner, const u8 *frame, size_t len)
{
    struct card *c = owner;
    c->refused += c->full;
    c->frames += !c->full;
    c->found |= !c->full && c->wanted && c->wanted(frame, len);
    return !c->full;
}

static inline void card_writable(void *owner)
{
}

static inline void card_plug(struct card *c, struct host_loop *loop)
{
    *c = (struct card){.loop = loop};
    cr_assert_not_null(loop);
}

static inline void card_connect(struct card *c)
{
    static const struct netdev_client client = {card_receive, card_writable};
    c->net->client = &client;
    c->net->owner = c;
}

/* Wait until a frame has come that WANTED says true of; other ones may come, too. */
static inline void card_await(struct card *c, bool (*wanted)(const u8 *frame, size_t len))
{
    c->wanted = wanted;
    for (unsigned seconds = 0; !c->found && seconds < 1000; seconds++)
        host_loop_wait(c->loop, NS_PER_SEC);
    cr_assert(c->found, "%u frames, none of them the one", c->frames);
    c->found = false;
}

static inline void card_destroy(struct card *c)
{
    if (c->net)
        c->net->ops->destroy(c->net);
    host_loop_destroy(c->loop);
}

#endif
