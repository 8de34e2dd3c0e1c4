/*
 * A PS/2 mouse with a wheel and five buttons (Microsoft's IntelliMouse and
 * IntelliMouse Explorer, whose protocols a host asks for by sequences of sample
 * rates); see ps2.h for the document. Movement is added up until a report is due,
 * which is at the sample rate and when the host has taken the one before.
 */
#ifndef DEVICES_PS2_MOUSE_H
#define DEVICES_PS2_MOUSE_H

#include "core/clock.h"
#include "devices/input.h"
#include "devices/ps2.h"

struct ps2_mouse {
    struct ps2 ps2;
    struct input_device device;
    struct clock *clock;
    struct alarm report; /* when the next one is due */
    s32 dx, dy, wheel;   /* not reported yet; up and away are positive */
    u8 buttons;          /* as held now: left, right, middle, side, extra from bit 0 */
    u8 reported;         /* as the last report had them */
    u8 id;               /* 0, 3 with a wheel, 4 with five buttons as well */
    u8 rate, resolution; /* samples a second; log2 of counts per mm */
    u8 rates[3];         /* the last ones set, the latest last */
    bool scaled;         /* 2:1 */
    bool enabled, remote, wrap;
    u8 argument_of; /* the command whose argument comes next, 0 for none */
};

/* Connect a mouse to INPUT's movements. CLOCK must outlive it. */
void ps2_mouse_init(struct ps2_mouse *m, struct clock *clock, struct input *input);
void ps2_mouse_destroy(struct ps2_mouse *m);

#endif
