/*
 * A PS/2 keyboard that speaks scan code set 2: see ps2.h for the document. The
 * repeat of a held key is the keyboard's own, at the rate and after the delay that
 * the host has set.
 */
#ifndef DEVICES_PS2_KEYBOARD_H
#define DEVICES_PS2_KEYBOARD_H

#include "core/clock.h"
#include "devices/input.h"
#include "devices/ps2.h"

struct ps2_keyboard {
    struct ps2 ps2;
    struct clock *clock;
    struct input *input; /* shows the lamps */
    struct input_device device;
    struct alarm repeat;    /* when the held key is said again */
    const struct key *held; /* the key pressed last, or NULL */
    bool enabled;           /* scanning */
    bool overrun;           /* keys were lost since there was room */
    u8 argument_of;         /* the command whose argument comes next, 0 for none */
    u8 typematic;           /* as the command sets it: delay in 6:5, rate in 4:0 */
};

/* Connect a keyboard to INPUT's keys. CLOCK and INPUT must outlive it. */
void ps2_keyboard_init(struct ps2_keyboard *k, struct clock *clock, struct input *input);
void ps2_keyboard_destroy(struct ps2_keyboard *k);

#endif
