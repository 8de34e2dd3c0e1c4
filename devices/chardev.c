/*
 * The calls between a character device's two ends (chardev.h): each tolerates
 * that the other end is missing or does not care.
 */
#include "devices/chardev.h"

void chardev_connect(struct chardev *c, const struct chardev_client *client, void *owner)
{
    if (c) {
        c->client = client;
        c->owner = owner;
    }
}

size_t chardev_write(struct chardev *c, const void *data, size_t len)
{
    return c ? c->ops->write(c, data, len, false) : len;
}

void chardev_write_all(struct chardev *c, const void *data, size_t len)
{
    if (c)
        c->ops->write(c, data, len, true);
}

void chardev_accept(struct chardev *c)
{
    if (c && c->ops->accept)
        c->ops->accept(c);
}

void chardev_flush(struct chardev *c)
{
    if (c && c->ops->flush)
        c->ops->flush(c);
}

void chardev_destroy(struct chardev *c)
{
    if (c && c->ops->destroy)
        c->ops->destroy(c);
}

size_t chardev_room(const struct chardev *c)
{
    return c->client && c->client->room ? c->client->room(c->owner) : 0;
}

void chardev_receive(struct chardev *c, const u8 *data, size_t len)
{
    if (len && c->client && c->client->receive)
        c->client->receive(c->owner, data, len);
}

void chardev_writable(struct chardev *c)
{
    if (c->client && c->client->writable)
        c->client->writable(c->owner);
}

void chardev_send_event(struct chardev *c, enum chardev_event event)
{
    if (c->client && c->client->event)
        c->client->event(c->owner, event);
}
