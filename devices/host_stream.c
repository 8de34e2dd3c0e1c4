/*
 * The descriptor-backed character device (host_stream.h).
 *
 * Input is watched by edge: the front end's chardev_accept() asks for it, and an
 * edge only notes that asking makes sense again, so that a front end without
 * room costs nothing. Output is watched only while it is blocked.
 */
#include "devices/host_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    GATHER_BYTES = 1024,
    GATHER_NS = 1000 * 1000,
    REFUSE_BYTES = 64 * 1024,      /* what waits before the front end is refused */
    DROP_BYTES = 64 * 1024 * 1024, /* and before a front end that can't wait loses output */
    PATIENCE_MS = 1000,
    PUMP_BYTES = 64 * 1024, /* of input, before the guest gets its turn */
};

static void watch_output(struct host_stream *s, bool on);

static bool one_descriptor(const struct host_stream *s)
{
    return s->in.fd >= 0 && s->in.fd == s->out.fd;
}

static void set_alarm(struct host_stream *s, struct alarm *a, u64 ns)
{
    struct clock *k = host_loop_clock(s->loop);
    clock_set_alarm(k, a, clock_now(k) + ns);
}

static void cancel_alarm(struct host_stream *s, struct alarm *a)
{
    clock_cancel_alarm(host_loop_clock(s->loop), a);
}

/* Input */

void host_stream_end_input(struct host_stream *s)
{
    s->readable = false;
    if (s->in.fd >= 0)
        host_loop_unwatch(s->loop, s->in.fd);
    host_io_close(&s->in);
}

/* Read what the front end has room for; how many bytes, 0 when it has to wait. */
static size_t pump_once(struct host_stream *s)
{
    u8 data[4096];
    size_t room = chardev_room(&s->dev);
    if (!room)
        return 0;
    ssize_t n = host_io_read(s->in, data, room < sizeof(data) ? room : sizeof(data));
    if (n > 0) {
        chardev_receive(&s->dev, data, (size_t)n);
        return (size_t)n;
    }
    s->readable = false;
    if ((n == 0 || errno != EAGAIN) && s->hooks->input_ended)
        s->hooks->input_ended(s);
    return 0;
}

static void pump(struct host_stream *s)
{
    if (s->pumping) /* the front end asks for more while it is being given some */
        return;
    s->pumping = true;
    size_t total = 0, n = 0;
    while (s->readable && total < PUMP_BYTES && (n = pump_once(s)) != 0)
        total += n;
    s->pumping = false;
    if (s->readable && n)
        set_alarm(s, &s->more, 0);
}

static void pump_more(void *owner)
{
    pump(owner);
}

static void stream_accept(struct chardev *c)
{
    pump(container_of(c, struct host_stream, dev));
}

/* Output */

static void drop_output(struct host_stream *s)
{
    s->first = 0;
    s->len = 0;
    s->dropping = false;
    cancel_alarm(s, &s->flush);
    cancel_alarm(s, &s->give_up);
}

/* The client hears of room in a call of its own, not in the middle of its write. */
static void offer_room(struct host_stream *s)
{
    if (s->refused && (s->dropping || s->len < REFUSE_BYTES / 2))
        set_alarm(s, &s->unblock, 0);
}

static void tell_client(void *owner)
{
    struct host_stream *s = owner;
    s->refused = false;
    chardev_writable(&s->dev);
}

static void block(struct host_stream *s)
{
    s->blocked = true;
    watch_output(s, true);
    if (!s->patient)
        set_alarm(s, &s->give_up, PATIENCE_MS * (NS_PER_SEC / 1000));
}

static bool is_connected(struct host_stream *s)
{
    return s->out.fd >= 0 && (!s->hooks->connected || s->hooks->connected(s));
}

/* Write what waits, as far as the descriptor takes it. */
static void flush(struct host_stream *s)
{
    cancel_alarm(s, &s->flush);
    if (!is_connected(s))
        drop_output(s);
    while (s->len && !s->blocked) {
        ssize_t n = host_io_write(s->out, s->buffer + s->first, s->len);
        if (n >= 0) {
            s->first += (size_t)n;
            s->len -= (size_t)n;
        } else if (errno == EAGAIN) {
            block(s);
        } else {
            int error = errno;
            drop_output(s);
            if (s->hooks->output_failed)
                s->hooks->output_failed(s, error);
        }
    }
    if (!s->len)
        s->first = 0;
    offer_room(s);
}

static void flush_now(void *owner)
{
    struct host_stream *s = owner;
    if (!s->blocked)
        flush(s);
}

static void give_up(void *owner)
{
    struct host_stream *s = owner;
    s->dropping = true;
    offer_room(s);
}

static void output_ready(struct host_stream *s)
{
    s->blocked = false;
    s->dropping = false;
    cancel_alarm(s, &s->give_up);
    watch_output(s, false);
    flush(s);
}

/* Room for LEN more bytes after those that wait. */
static bool make_room(struct host_stream *s, size_t len)
{
    if (s->first + s->len + len <= s->capacity)
        return true;
    if (s->first)
        memmove(s->buffer, s->buffer + s->first, s->len);
    s->first = 0;
    size_t capacity = s->capacity ? s->capacity : 4096;
    while (capacity < s->len + len)
        capacity *= 2;
    if (capacity == s->capacity)
        return true;
    u8 *buffer = realloc(s->buffer, capacity);
    if (!buffer)
        return false;
    s->buffer = buffer;
    s->capacity = capacity;
    return true;
}

/* Append what the limit allows; returns how many bytes. */
static size_t append(struct host_stream *s, const u8 *data, size_t len, size_t limit)
{
    size_t room = s->len < limit ? limit - s->len : 0;
    len = len < room ? len : room;
    if (!make_room(s, len))
        return 0;
    if (len)
        memcpy(s->buffer + s->first + s->len, data, len);
    s->len += len;
    return len;
}

static size_t stream_write(struct chardev *c, const u8 *data, size_t len, bool must)
{
    struct host_stream *s = container_of(c, struct host_stream, dev);
    if (s->out.fd < 0 || s->dropping)
        return len;
    size_t taken = append(s, data, len, must ? DROP_BYTES : REFUSE_BYTES);
    if (!s->blocked) {
        if (s->len >= GATHER_BYTES || memchr(data, '\n', taken))
            flush(s);
        else if (s->len && !s->flush.set)
            set_alarm(s, &s->flush, GATHER_NS);
    }
    if (must)
        return len;
    s->refused = s->refused || taken < len;
    return taken;
}

static void stream_flush(struct chardev *c)
{
    flush_now(container_of(c, struct host_stream, dev));
}

/* Descriptors */

static void in_ready(void *owner, unsigned ready)
{
    struct host_stream *s = owner;
    s->readable = true;
    pump(s);
    /* A front end without room must not keep us from seeing that the peer has left. */
    if (s->readable && host_io_at_end(s->in) && s->hooks->input_ended)
        s->hooks->input_ended(s);
}

static void out_ready(void *owner, unsigned ready)
{
    output_ready(owner);
}

static void both_ready(void *owner, unsigned ready)
{
    struct host_stream *s = owner;
    int fd = s->in.fd;
    if (s->blocked && ready & (HOST_OUT | HOST_HANGUP))
        output_ready(s);
    if (s->in.fd == fd && ready & (HOST_IN | HOST_HANGUP))
        in_ready(s, ready);
}

/* The output descriptor is in the loop on its own account only while it is blocked. */
static void watch_output(struct host_stream *s, bool on)
{
    if (one_descriptor(s))
        host_loop_modify(s->loop, s->in.fd, HOST_IN | HOST_EDGE | (on ? HOST_OUT : 0));
    else if (!on)
        host_loop_unwatch(s->loop, s->out.fd);
    else
        host_loop_watch(s->loop, s->out.fd, HOST_OUT, out_ready, s);
}

bool host_stream_attach(struct host_stream *s, struct host_io in, struct host_io out)
{
    s->in = in;
    s->out = out;
    bool both = one_descriptor(s);
    if (in.fd >= 0 && in.kind != HOST_IO_FILE &&
        !host_loop_watch(s->loop, in.fd, HOST_IN | HOST_EDGE, both ? both_ready : in_ready, s)) {
        s->in = s->out = (struct host_io){-1, HOST_IO_NONE};
        return false;
    }
    s->readable = in.fd >= 0;
    if (in.kind == HOST_IO_FILE) /* no edge will say so */
        set_alarm(s, &s->more, 0);
    return true;
}

void host_stream_end_output(struct host_stream *s)
{
    drop_output(s);
    if (s->blocked)
        host_loop_unwatch(s->loop, s->out.fd);
    s->blocked = false;
    host_io_close(&s->out);
    offer_room(s);
}

void host_stream_detach(struct host_stream *s)
{
    cancel_alarm(s, &s->more);
    if (one_descriptor(s)) {
        s->blocked = false; /* the one watch ends with the input */
        s->out = (struct host_io){-1, HOST_IO_NONE};
    }
    host_stream_end_input(s);
    host_stream_end_output(s);
}

/* The last output: a patient stream waits for its reader, as any program does. */
static void finish(struct host_stream *s)
{
    while (s->len && !s->dropping) {
        flush(s);
        if (!s->len)
            break;
        if (!host_io_wait_writable(s->out, s->patient ? -1 : PATIENCE_MS))
            break;
        output_ready(s);
    }
}

static void stream_destroy(struct chardev *c)
{
    struct host_stream *s = container_of(c, struct host_stream, dev);
    chardev_connect(c, NULL, NULL);
    finish(s);
    host_stream_detach(s);
    cancel_alarm(s, &s->unblock);
    free(s->buffer);
    if (s->hooks->destroy)
        s->hooks->destroy(s);
}

static const struct chardev_ops stream_ops = {
    .write = stream_write,
    .accept = stream_accept,
    .flush = stream_flush,
    .destroy = stream_destroy,
};

void host_stream_init(struct host_stream *s, struct host_loop *loop,
                      const struct host_stream_hooks *hooks, bool patient)
{
    *s = (struct host_stream){
        .dev.ops = &stream_ops,
        .loop = loop,
        .hooks = hooks,
        .patient = patient,
        .in = {-1, HOST_IO_NONE},
        .out = {-1, HOST_IO_NONE},
        .more = {.fire = pump_more, .owner = s},
        .flush = {.fire = flush_now, .owner = s},
        .give_up = {.fire = give_up, .owner = s},
        .unblock = {.fire = tell_client, .owner = s},
    };
}
