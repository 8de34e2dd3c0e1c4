/*
 * The device's end of a PS/2 port (IBM PS/2 Hardware Interface Technical
 * Reference, "Keyboard and Auxiliary Device Controller", and its keyboard and
 * mouse chapters): bytes to the host wait in a queue, answers to commands ahead of
 * what the user did; bytes from the host are commands and their arguments. The
 * wires' timing is not modelled: a byte is there when it is asked for.
 */
#ifndef DEVICES_PS2_H
#define DEVICES_PS2_H

#include "core/types.h"

enum {
    PS2_ACK = 0xfa,
    PS2_RESEND = 0xfe, /* either way */
    PS2_BAT_PASSED = 0xaa,
    PS2_QUEUE = 16, /* of what the user did, as keyboards have */
};

struct ps2_fifo {
    u8 byte[PS2_QUEUE];
    u8 head, count;
};

struct ps2 {
    void (*receive)(struct ps2 *p, u8 byte); /* the device: the host has sent BYTE */
    void (*taken)(struct ps2 *p);            /* the device: there is more room; may be NULL */
    void (*reset)(struct ps2 *p);            /* the device: power-on */
    void (*changed)(void *owner);            /* the port: there may be bytes, or none */
    void *owner;
    struct ps2_fifo answers, events;
    u8 last; /* what was taken last, for PS2_RESEND */
};

/* For the port. */
void ps2_connect(struct ps2 *p, void (*changed)(void *owner), void *owner);
bool ps2_ready(const struct ps2 *p);
u8 ps2_take(struct ps2 *p); /* the next byte; when there is none, the last one again */
void ps2_send(struct ps2 *p, u8 byte);

/* For the device. */
void ps2_answer(struct ps2 *p, u8 byte); /* what exceeds PS2_QUEUE is lost */
void ps2_answer_all(struct ps2 *p, const u8 *bytes, unsigned count);
unsigned ps2_room(const struct ps2 *p);                         /* for events */
void ps2_event(struct ps2 *p, const u8 *bytes, unsigned count); /* COUNT <= room */
void ps2_clear(struct ps2 *p);                                  /* forget what waits */

#endif
