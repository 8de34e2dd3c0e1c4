/*
 * The queues between a PS/2 device and its port (ps2.h).
 */
#include "devices/ps2.h"

#include <assert.h>
#include <string.h>

static void put(struct ps2_fifo *f, u8 byte)
{
    if (f->count == PS2_QUEUE)
        return;
    f->byte[(f->head + f->count) % PS2_QUEUE] = byte;
    f->count++;
}

static void tell(const struct ps2 *p)
{
    if (p->changed)
        p->changed(p->owner);
}

void ps2_connect(struct ps2 *p, void (*changed)(void *owner), void *owner)
{
    p->changed = changed;
    p->owner = owner;
}

bool ps2_ready(const struct ps2 *p)
{
    return p->answers.count || p->events.count;
}

u8 ps2_take(struct ps2 *p)
{
    struct ps2_fifo *f = p->answers.count ? &p->answers : &p->events;
    if (!f->count)
        return p->last;
    p->last = f->byte[f->head];
    f->head = (f->head + 1) % PS2_QUEUE;
    f->count--;
    if (f == &p->events && p->taken)
        p->taken(p);
    tell(p);
    return p->last;
}

void ps2_send(struct ps2 *p, u8 byte)
{
    p->receive(p, byte);
    tell(p);
}

void ps2_answer(struct ps2 *p, u8 byte)
{
    put(&p->answers, byte);
    tell(p);
}

void ps2_answer_all(struct ps2 *p, const u8 *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ps2_answer(p, bytes[i]);
}

unsigned ps2_room(const struct ps2 *p)
{
    return PS2_QUEUE - p->events.count;
}

void ps2_event(struct ps2 *p, const u8 *bytes, unsigned count)
{
    assert(count <= ps2_room(p));
    for (unsigned i = 0; i < count; i++)
        put(&p->events, bytes[i]);
    tell(p);
}

void ps2_clear(struct ps2 *p)
{
    memset(&p->answers, 0, sizeof(p->answers));
    memset(&p->events, 0, sizeof(p->events));
    tell(p);
}
