/*
 * What the user does with keyboard and mouse, between a window or the monitor and
 * the device that tells the guest. Keys are numbered as in keys.def. Everything
 * runs on the machine's thread.
 */
#ifndef DEVICES_INPUT_H
#define DEVICES_INPUT_H

#include "core/types.h"
#include "devices/keys.h"

enum input_button { INPUT_LEFT, INPUT_RIGHT, INPUT_MIDDLE, INPUT_SIDE, INPUT_EXTRA, INPUT_BUTTONS };

/* Lamps of the keyboard. */
enum { INPUT_LED_SCROLL = 1, INPUT_LED_NUM = 2, INPUT_LED_CAPS = 4 };

struct input_keyboard {
    void (*key)(void *owner, const struct key *key, bool down);
};

struct input_mouse {
    /* By this much to the right, down, and (the wheel) away from the user. */
    void (*move)(void *owner, s32 dx, s32 dy, s32 wheel);
    void (*button)(void *owner, enum input_button button, bool down);
};

/* Zeroed is one with nothing connected, into which everything may be put. */
struct input {
    const struct input_keyboard *keyboard;
    void *keyboard_owner;
    const struct input_mouse *mouse;
    void *mouse_owner;
    u64 held[KEY_CODE_COUNT / 64]; /* keys that are down */
    u8 buttons;                    /* likewise, a bit each */
    u8 leds;                       /* INPUT_LED_* that the guest has lit */
    void (*leds_changed)(void *owner, u8 leds);
    void *leds_owner;
};

/* A key goes down or up; what is so already changes nothing. */
void input_key(struct input *in, const struct key *key, bool down);
void input_move(struct input *in, s32 dx, s32 dy, s32 wheel);
void input_button(struct input *in, enum input_button button, bool down);

/* Everything that is held is let go: the user has turned to something else. */
void input_release(struct input *in);

/* For the keyboard: the guest has lit these. */
void input_light(struct input *in, u8 leds);

#endif
