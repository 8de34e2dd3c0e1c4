/*
 * A front end that records, peers in threads and a guest with a UART, for the
 * tests of host_stream.
 */
#ifndef TESTS_UNIT_HOST_STREAM_RIG_H
#define TESTS_UNIT_HOST_STREAM_RIG_H

#include <criterion/criterion.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "devices/host_stream.h"
#include "devices/pl011.h"

enum { MB = 1 << 20, TEN_MB = 10 * MB };

/* Byte I of a sequence in which no shift and no swap goes unnoticed. */
static u8 pattern(size_t i)
{
    return (u8)((u32)i * 2654435761u >> 24);
}

struct rig {
    struct host_stream stream;
    struct host_loop *loop;
    /* The front end. */
    size_t room, got, opened, closed, writables;
    /* What the hooks saw. */
    unsigned ended, failures, destroyed;
};

static struct rig *rig_of(struct host_stream *s)
{
    return container_of(s, struct rig, stream);
}

static void input_ended(struct host_stream *s)
{
    rig_of(s)->ended++;
    if (s->in.fd == s->out.fd)
        host_stream_detach(s);
    else
        host_stream_end_input(s);
}

static void output_failed(struct host_stream *s, int error)
{
    rig_of(s)->failures++;
    host_stream_end_output(s);
}

static void destroyed(struct host_stream *s)
{
    rig_of(s)->destroyed++;
}

static const struct host_stream_hooks hooks = {
    .input_ended = input_ended,
    .output_failed = output_failed,
    .destroy = destroyed,
};

static size_t room(void *owner)
{
    return ((struct rig *)owner)->room;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    struct rig *r = owner;
    cr_assert_leq(len, r->room);
    for (size_t i = 0; i < len; i++)
        cr_assert_eq(data[i], pattern(r->got + i), "byte %zu", r->got + i);
    r->got += len;
    r->room -= len;
}

static void writable(void *owner)
{
    ((struct rig *)owner)->writables++;
}

static const struct chardev_client client = {
    .room = room, .receive = receive, .writable = writable};

static void start(struct rig *r, int in, int out, bool patient)
{
    struct host_io none = {-1, HOST_IO_NONE};
    memset(r, 0, sizeof(*r));
    r->loop = host_loop_create(NULL, NULL);
    cr_assert_not_null(r->loop);
    host_stream_init(&r->stream, r->loop, &hooks, patient);
    struct host_io from = in >= 0 ? host_io_own(in) : none;
    struct host_io to = out == in ? from : out >= 0 ? host_io_own(out) : none;
    cr_assert(host_stream_attach(&r->stream, from, to));
    chardev_connect(&r->stream.dev, &client, r);
}

static void stop(struct rig *r)
{
    chardev_destroy(&r->stream.dev);
    cr_assert_eq(r->destroyed, 1);
    cr_assert_null(host_loop_clock(r->loop)->first, "no alarm is left");
    host_loop_destroy(r->loop);
}

/* Another process, as it were: writes LEN bytes of the pattern, then hangs up. */
struct peer {
    pthread_t thread;
    int fd;
    size_t len, done;
    bool slow;
};

static void pause_now_and_then(struct peer *p)
{
    static const struct timespec ms = {0, 1000000};
    if (p->slow && p->done / 4096 % 7 == 0)
        nanosleep(&ms, NULL);
}

static void *write_pattern(void *owner)
{
    struct peer *p = owner;
    u8 data[4096];
    while (p->done < p->len) {
        size_t n = p->len - p->done < sizeof(data) ? p->len - p->done : sizeof(data);
        for (size_t i = 0; i < n; i++)
            data[i] = pattern(p->done + i);
        ssize_t written = write(p->fd, data, n);
        if (written < 0)
            break;
        p->done += (size_t)written;
        pause_now_and_then(p);
    }
    close(p->fd);
    return NULL;
}

/* Reads until the other end hangs up, and checks the pattern. */
static void *read_pattern(void *owner)
{
    struct peer *p = owner;
    u8 data[4096];
    ssize_t n;
    while ((n = read(p->fd, data, sizeof(data))) > 0) {
        for (ssize_t i = 0; i < n; i++, p->done++)
            if (data[i] != pattern(p->done))
                return NULL; /* .done tells */
        pause_now_and_then(p);
    }
    close(p->fd);
    return NULL;
}

static void run_peer(struct peer *p, void *(*run)(void *), int fd, size_t len, bool slow)
{
    *p = (struct peer){.fd = fd, .len = len, .slow = slow};
    cr_assert_eq(pthread_create(&p->thread, NULL, run, p), 0);
}

static void new_pipe(int fd[2])
{
    cr_assert_eq(pipe2(fd, O_CLOEXEC), 0);
}

/* A guest with the PL011 that reads its input by interrupt. */
struct guest {
    struct pl011 uart;
    bool irq;
    size_t got;
};

static void set_irq(void *owner, unsigned input, bool level)
{
    ((struct guest *)owner)->irq = level;
}

enum { DR = 0x00, FR = 0x18, LCR_H = 0x2c, CR = 0x30, IMSC = 0x38 };
enum { FR_RXFE = 0x10, FR_TXFF = 0x20, LCR_H_FEN = 0x10, CR_ON = 0x301, INT_RX_RT = 0x50 };

static void start_guest(struct guest *g, struct rig *r)
{
    memset(g, 0, sizeof(*g));
    pl011_init(&g->uart, host_loop_clock(r->loop), (struct irq_line){set_irq, g, 0},
               &r->stream.dev);
    pl011_ops.write(&g->uart, LCR_H, 4, LCR_H_FEN);
    pl011_ops.write(&g->uart, CR, 4, CR_ON);
    pl011_ops.write(&g->uart, IMSC, 4, INT_RX_RT);
}

static void interrupt(struct guest *g)
{
    while (!(pl011_ops.read(&g->uart, FR, 4) & FR_RXFE)) {
        u64 c = pl011_ops.read(&g->uart, DR, 4);
        cr_assert_eq(c, pattern(g->got), "byte %zu", g->got);
        g->got++;
    }
}

#endif
