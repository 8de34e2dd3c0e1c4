/*
 * What the user does with keyboard and mouse, between a window or the monitor and
 * the device that tells the guest. Keys are numbered as in keys.def. Everything
 * runs on the machine's thread.
 *
 * There may be several keyboards and several pointing devices; of those that are
 * connected the one added last has everything, so that a guest that drives another
 * than the board's gets its events from there, and one that does not still has the
 * board's.
 */
#ifndef DEVICES_INPUT_H
#define DEVICES_INPUT_H

#include "core/types.h"
#include "devices/keys.h"

enum input_button { INPUT_LEFT, INPUT_RIGHT, INPUT_MIDDLE, INPUT_SIDE, INPUT_EXTRA, INPUT_BUTTONS };

/* Lamps of the keyboard. */
enum { INPUT_LED_SCROLL = 1, INPUT_LED_NUM = 2, INPUT_LED_CAPS = 4 };

/* A place on the screen, from its left or upper edge (0) to the other one. */
enum { INPUT_POINT_MAX = 0x7fff };

/* A keyboard has `key`, a pointing device `move` and `button`, a tablet `point` as well. */
struct input_ops {
    void (*key)(void *owner, const struct key *key, bool down);
    /* By this much to the right, down, and (the wheel) away from the user. */
    void (*move)(void *owner, s32 dx, s32 dy, s32 wheel);
    void (*button)(void *owner, enum input_button button, bool down);
    void (*point)(void *owner, u32 x, u32 y); /* each up to INPUT_POINT_MAX */
};

struct input_device {
    const struct input_ops *ops;
    void *owner;
    unsigned rank;             /* those added later have higher ones; the board's have 0 */
    struct input_device *next; /* of no higher rank */
};

/* Zeroed is one with nothing connected, into which everything may be put. */
struct input {
    struct input_device *device;   /* the connected ones, by rank */
    unsigned ranks;                /* that were given away */
    u64 held[KEY_CODE_COUNT / 64]; /* keys that are down */
    u8 buttons;                    /* likewise, a bit each */
    u32 x, y;                      /* where a tablet's pointer was put last */
    u8 leds;                       /* INPUT_LED_* that the guest has lit */
    /* Called when `leds` or input_is_absolute() are not what they were; may be NULL. */
    void (*changed)(void *owner);
    void *changed_owner;
};

/* D, which is not connected, is now; what is held is let go first. It stays with IN. */
void input_connect(struct input *in, struct input_device *d);

/* D, which may be connected, is no more. */
void input_disconnect(struct input *in, struct input_device *d);

/* Is there a keyboard? */
bool input_has_keyboard(const struct input *in);

/* Is there a pointing device? */
bool input_has_pointer(const struct input *in);

/* Is the pointing device one that takes places, by input_point, rather than movements? */
bool input_is_absolute(const struct input *in);

/* A key goes down or up; what is so already changes nothing. */
void input_key(struct input *in, const struct key *key, bool down);
void input_move(struct input *in, s32 dx, s32 dy, s32 wheel);
void input_point(struct input *in, u32 x, u32 y);
void input_button(struct input *in, enum input_button button, bool down);

/* Everything that is held is let go: the user has turned to something else. */
void input_release(struct input *in);

/* For the keyboard: the guest has lit these. */
void input_light(struct input *in, u8 leds);

#endif
