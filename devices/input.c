/*
 * Keyboard and mouse events on their way to the guest (input.h).
 */
#include "devices/input.h"

void input_key(struct input *in, const struct key *key, bool down)
{
    u64 *word = &in->held[key->code / 64], mask = BIT(key->code % 64);
    if (down == !!(*word & mask))
        return;
    *word ^= mask;
    if (in->keyboard)
        in->keyboard->key(in->keyboard_owner, key, down);
}

void input_move(struct input *in, s32 dx, s32 dy, s32 wheel)
{
    if (in->mouse && (dx || dy || wheel))
        in->mouse->move(in->mouse_owner, dx, dy, wheel);
}

void input_button(struct input *in, enum input_button button, bool down)
{
    if (down == bit(in->buttons, button))
        return;
    in->buttons ^= (u8)(1u << button);
    if (in->mouse)
        in->mouse->button(in->mouse_owner, button, down);
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
    if (in->leds_changed)
        in->leds_changed(in->leds_owner, leds);
}
