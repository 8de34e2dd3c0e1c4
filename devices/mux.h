/*
 * Several front ends (serial port, monitor) on one back end: what `mon:stdio`
 * gives. All of them write; one of them, which has the focus, gets the input.
 * Ctrl-a begins a command:
 *
 *   Ctrl-a h or ?       list the commands
 *   Ctrl-a x            quit
 *   Ctrl-a c            give the focus to the next front end
 *   Ctrl-a b            send a break
 *   Ctrl-a t            start or stop putting the time before each line
 *   Ctrl-a a or Ctrl-a  send Ctrl-a
 *
 * Ctrl-a and any other key is nothing, as with QEMU. Commands are obeyed while a
 * front end takes no input: the multiplexer reads some thousand bytes ahead.
 */
#ifndef DEVICES_MUX_H
#define DEVICES_MUX_H

#include "core/clock.h"
#include "devices/chardev.h"

enum { MUX_PORTS = 4 };

struct mux;

struct mux_config {
    struct chardev *backend;   /* belongs to the multiplexer from now on */
    const struct clock *clock; /* for the times of Ctrl-a t */
    void (*quit)(void *owner); /* Ctrl-a x; the multiplexer must survive the call */
    void *owner;
};

/* NULL when there is no memory. */
struct mux *mux_create(const struct mux_config *config);

/*
 * A back end for one more front end, up to MUX_PORTS; it belongs to the
 * multiplexer. The first has the focus.
 */
struct chardev *mux_add_port(struct mux *m);

/* Give PORT the focus; it and the one before get FOCUS_IN and FOCUS_OUT. */
void mux_set_focus(struct mux *m, struct chardev *port);

/* Destroys the back end too. */
void mux_destroy(struct mux *m);

#endif
