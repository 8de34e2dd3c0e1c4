/*
 * Standard input and output (host_tty.h): a patient stream, and a terminal made
 * raw (termios(3)) under the guard of the signal handlers.
 */
#include "devices/host_tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/host_stream.h"

struct host_tty {
    struct host_stream stream;
    struct host_signal *signals;
    bool complained; /* that output is lost */
    int terminal;    /* a descriptor of it that is ours to keep; -1: stdin is none */
};

/*
 * Every key as a byte, at once and without echo. Output processing stays: the
 * monitor and the guest's early messages count on "\n" returning the carriage.
 */
static struct termios raw_of(struct termios t, bool keep_signals)
{
    t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t.c_oflag |= OPOST;
    t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    if (!keep_signals)
        t.c_lflag &= ~(tcflag_t)ISIG;
    t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
    t.c_cflag |= CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    return t;
}

static bool make_raw(struct host_tty *t, bool keep_signals)
{
    struct termios saved;
    if (tcgetattr(STDIN_FILENO, &saved))
        return true; /* not a terminal */
    struct termios raw = raw_of(saved, keep_signals);
    t->terminal = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return t->terminal >= 0 && host_signal_guard_terminal(t->signals, t->terminal, &raw);
}

static void input_ended(struct host_stream *s)
{
    host_stream_end_input(s);
    chardev_send_event(&s->dev, CHARDEV_CLOSED);
}

/* A reader that went away is gone for good; a full disk may get room again. */
static void output_failed(struct host_stream *s, int error)
{
    struct host_tty *t = container_of(s, struct host_tty, stream);
    if (!t->complained)
        fprintf(stderr, "mini-a64: standard output: %s\n", strerror(error));
    t->complained = true;
    if (error == EPIPE || error == EIO)
        host_stream_end_output(s);
}

static void destroy(struct host_stream *s)
{
    struct host_tty *t = container_of(s, struct host_tty, stream);
    if (t->terminal >= 0) {
        host_signal_release_terminal(t->signals);
        close(t->terminal);
    }
    free(t);
}

static const struct host_stream_hooks hooks = {
    .input_ended = input_ended,
    .output_failed = output_failed,
    .destroy = destroy,
};

struct chardev *host_tty_open(struct host_loop *loop, struct host_signal *signals,
                              bool keep_signals)
{
    struct host_tty *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    host_stream_init(&t->stream, loop, &hooks, true);
    t->signals = signals;
    t->terminal = -1;
    struct host_io in = host_io_borrow(STDIN_FILENO, false);
    struct host_io out = host_io_borrow(STDOUT_FILENO, true);
    bool attached = host_stream_attach(&t->stream, in, out);
    if (attached && make_raw(t, keep_signals))
        return &t->stream.dev;
    int error = errno;
    if (!attached) {
        host_io_close(&in);
        host_io_close(&out);
    }
    chardev_destroy(&t->stream.dev);
    errno = error;
    return NULL;
}

bool host_tty_reserve(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0)
            return false;
    return true;
}
