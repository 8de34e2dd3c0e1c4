/*
 * A character device: a stream of bytes between a front end (a UART, the
 * monitor, a console port) and a back end (terminal, file, pty, socket, port of
 * a multiplexer). The front end holds a pointer to the back end; the back end
 * knows its front end as a `chardev_client`.
 *
 * Both directions have flow control, so that nothing is lost and nobody waits:
 * input is given only as far as the client says it has room, and is asked for
 * again with chardev_accept(); output may be refused, and then the client hears
 * of it when there is room again. Everything runs on the machine's thread.
 */
#ifndef DEVICES_CHARDEV_H
#define DEVICES_CHARDEV_H

#include "core/types.h"

enum chardev_event {
    CHARDEV_BREAK,    /* the line was held in the break condition */
    CHARDEV_OPENED,   /* somebody is there now: a connection was made */
    CHARDEV_CLOSED,   /* nobody is there any more: hang-up, end of input */
    CHARDEV_FOCUS_IN, /* of a multiplexer's port: the keyboard is yours */
    CHARDEV_FOCUS_OUT,
};

/* What a front end offers its back end; any of them may be NULL. */
struct chardev_client {
    size_t (*room)(void *owner); /* bytes it can take now; NULL: none ever */
    void (*receive)(void *owner, const u8 *data, size_t len); /* len <= room() */
    /* After a refused write: there is room again. Never called from inside a write. */
    void (*writable)(void *owner);
    void (*event)(void *owner, enum chardev_event event);
};

struct chardev;

/* What a back end offers; accept, flush and destroy may be NULL. */
struct chardev_ops {
    /*
     * Take LEN bytes of output, as many as there is room for; returns how many.
     * With MUST the back end takes them all, or decides itself to drop them.
     */
    size_t (*write)(struct chardev *c, const u8 *data, size_t len, bool must);
    void (*accept)(struct chardev *c);  /* the client has room: give it what waits */
    void (*flush)(struct chardev *c);   /* deliver what was written without gathering more */
    void (*destroy)(struct chardev *c); /* deliver output that waits, then free */
};

/* Embedded in a back end. */
struct chardev {
    const struct chardev_ops *ops;
    const struct chardev_client *client;
    void *owner; /* of the client */
    bool absent; /* nobody has connected to the back end's other end, as far as it can tell */
};

/* For front ends. C may be NULL everywhere: then nobody is at the other end. */

/* Become the front end of C. A client with room calls chardev_accept() next. */
void chardev_connect(struct chardev *c, const struct chardev_client *client, void *owner);

/* Output, in order. Returns how many bytes were taken; fewer than LEN is a refusal of the rest. */
size_t chardev_write(struct chardev *c, const void *data, size_t len);

/* Output that cannot be refused: of a front end that has nowhere to keep it. */
void chardev_write_all(struct chardev *c, const void *data, size_t len);

/* There is room in the front end; what waits is received before this returns. */
void chardev_accept(struct chardev *c);

/* What was written so far is a whole that somebody waits for: a reply. */
void chardev_flush(struct chardev *c);

void chardev_destroy(struct chardev *c);

/* For back ends. */

/* How many bytes the client takes now. */
size_t chardev_room(const struct chardev *c);

/* Give the client LEN bytes, no more than chardev_room() said. */
void chardev_receive(struct chardev *c, const u8 *data, size_t len);

/* Tell a client whose write was refused that there is room. */
void chardev_writable(struct chardev *c);

void chardev_send_event(struct chardev *c, enum chardev_event event);

#endif
