/*
 * A character back end on one or two host descriptors: what terminal, file, pty
 * and socket have in common. Output is gathered until a newline, a thousand
 * bytes or a millisecond, whichever comes first, and is then written as far as
 * the descriptor takes it; the rest waits in a buffer of bounded size.
 *
 * When the buffer is full the front end is refused, and so the guest waits. A
 * stream that is `patient` waits as long as it takes, so that nothing is lost
 * (terminal, file, pipe); the others (pty, socket) are given up after a second
 * without progress, and output is dropped until the peer reads again.
 */
#ifndef DEVICES_HOST_STREAM_H
#define DEVICES_HOST_STREAM_H

#include "core/clock.h"
#include "devices/chardev.h"
#include "devices/host_io.h"
#include "devices/host_loop.h"

struct host_stream;

/* What differs between kinds of streams; each may be NULL. */
struct host_stream_hooks {
    /* May output be written now? If not it is dropped. */
    bool (*connected)(struct host_stream *s);
    /* There is no more input: end of file, or an error. Must end the input or detach. */
    void (*input_ended)(struct host_stream *s);
    /* Writing failed with ERROR, an errno; what waited has been dropped. */
    void (*output_failed)(struct host_stream *s, int error);
    /* Output is flushed and the descriptors are closed: free what embeds the stream. */
    void (*destroy)(struct host_stream *s);
};

struct host_stream {
    struct chardev dev;
    struct host_loop *loop;
    const struct host_stream_hooks *hooks;
    bool patient;
    struct host_io in, out; /* of one descriptor when it serves both directions */

    bool readable;     /* there may be something to read */
    bool pumping;      /* input is being delivered */
    struct alarm more; /* input that came too fast goes on at the next dispatch */

    u8 *buffer; /* output that waits: LEN bytes from FIRST */
    size_t first, len, capacity;
    bool blocked;  /* the descriptor takes no more for now */
    bool dropping; /* and has not for too long */
    bool refused;  /* a write was; the client wants to hear when there is room */
    struct alarm flush, give_up, unblock;
};

/* An unconnected stream: takes output and drops it. */
void host_stream_init(struct host_stream *s, struct host_loop *loop,
                      const struct host_stream_hooks *hooks, bool patient);

/*
 * Connect it; either may be HOST_IO_NONE. The descriptors belong to the stream.
 * False with errno set, and then they do not.
 */
bool host_stream_attach(struct host_stream *s, struct host_io in, struct host_io out);

/* Close the descriptors. Output that waits is dropped. */
void host_stream_detach(struct host_stream *s);

/* Close one direction of a stream that has two descriptors; the other goes on. */
void host_stream_end_input(struct host_stream *s);
void host_stream_end_output(struct host_stream *s);

#endif
