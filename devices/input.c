/*
 * Keyboard and mouse events on their way to the guest (input.h).
 */
#include "devices/input.h"

static const struct input_device *keyboard(const struct input *in)
{
    const struct input_device *d = in->device;
    while (d && !d->ops->key)
        d = d->next;
    return d;
}

static const struct input_device *pointer(const struct input *in)
{
    const struct input_device *d = in->device;
    while (d && !d->ops->move)
        d = d->next;
    return d;
}

bool input_has_keyboard(const struct input *in)
{
    return keyboard(in);
}

bool input_has_pointer(const struct input *in)
{
    return pointer(in);
}

bool input_is_absolute(const struct input *in)
{
    const struct input_device *d = pointer(in);
    return d && d->ops->point;
}

static void tell(struct input *in)
{
    if (in->changed)
        in->changed(in->changed_owner);
}

void input_connect(struct input *in, struct input_device *d)
{
    struct input_device **at = &in->device;
    input_release(in);
    while (*at && (*at)->rank > d->rank)
        at = &(*at)->next;
    d->next = *at;
    *at = d;
    tell(in);
}

void input_disconnect(struct input *in, struct input_device *d)
{
    struct input_device **at = &in->device;
    while (*at && *at != d)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = d->next;
    tell(in);
}

void input_key(struct input *in, const struct key *key, bool down)
{
    const struct input_device *d = keyboard(in);
    u64 *word = &in->held[key->code / 64], mask = BIT(key->code % 64);
    if (down == !!(*word & mask))
        return;
    *word ^= mask;
    if (d)
        d->ops->key(d->owner, key, down);
}

void input_move(struct input *in, s32 dx, s32 dy, s32 wheel)
{
    const struct input_device *d = pointer(in);
    if (d && (dx || dy || wheel))
        d->ops->move(d->owner, dx, dy, wheel);
}

void input_point(struct input *in, u32 x, u32 y)
{
    const struct input_device *d = pointer(in);
    in->x = x < INPUT_POINT_MAX ? x : INPUT_POINT_MAX;
    in->y = y < INPUT_POINT_MAX ? y : INPUT_POINT_MAX;
    if (d && d->ops->point)
        d->ops->point(d->owner, in->x, in->y);
}

void input_button(struct input *in, enum input_button button, bool down)
{
    const struct input_device *d = pointer(in);
    if (down == bit(in->buttons, button))
        return;
    in->buttons ^= (u8)(1u << button);
    if (d)
        d->ops->button(d->owner, button, down);
}

void input_release(struct input *in)
{
    for (unsigned code = 0; code < KEY_CODE_COUNT; code++)
        if (in->held[code / 64] & BIT(code % 64))
            input_key(in, key_by_code(code), false);
    for (unsigned button = 0; button < INPUT_BUTTONS; button++)
        input_button(in, button, false);
}

void input_light(struct input *in, u8 leds)
{
    if (leds == in->leds)
        return;
    in->leds = leds;
    tell(in);
}
