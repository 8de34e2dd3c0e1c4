/*
 * The monitor's hands and eyes on the machine: screendump, sendkey, mouse_move,
 * mouse_button.
 */
#ifndef TOOLS_SCREEN_H
#define TOOLS_SCREEN_H

#include "core/clock.h"
#include "devices/keys.h"

struct machine;
struct text;

enum { SENDKEY_KEYS = 16, SENDKEY_QUEUE = 256 };

/* Keys that are pressed in order, held together, and let go. */
struct sendkey_chord {
    const struct key *key[SENDKEY_KEYS];
    u8 count;
    u16 hold_ms;
};

/* What was asked for and is not done: chords wait for those before them. Zeroed: none. */
struct sendkey {
    struct sendkey_chord chord[SENDKEY_QUEUE];
    unsigned first, count;
    struct alarm release; /* of the first */
};

/* ARGS is what stands behind the command; OUT gets what is wrong with it. */
void screen_dump(struct machine *m, const char *args, struct text *out);
void screen_sendkey(struct machine *m, const char *args, struct text *out);
void screen_mouse_move(struct machine *m, const char *args, struct text *out);
void screen_mouse_button(struct machine *m, const char *args, struct text *out);

/* Forget keys that wait. */
void screen_forget(struct machine *m);

#endif
