/*
 * Back ends by name (host_chardev.h): the words are read here, files and
 * pseudo-terminals opened; terminal and sockets have files of their own.
 */
#include "devices/host_chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "devices/host_socket.h"
#include "devices/host_stream.h"
#include "devices/host_tty.h"

/* A file or a pty. */
struct host_file {
    struct host_stream stream;
    char *path;
    bool complained; /* that output is lost */
    bool open;       /* of a pty: somebody has opened its other end */
};

static struct chardev *fail(char *error, const char *what, const char *why)
{
    snprintf(error, HOST_CHARDEV_ERROR, "%s: %s", what, why);
    return NULL;
}

/* null */

static size_t null_write(struct chardev *c, const u8 *data, size_t len, bool must)
{
    return len;
}

static void null_destroy(struct chardev *c)
{
    free(c);
}

static struct chardev *open_null(char *error)
{
    static const struct chardev_ops ops = {.write = null_write, .destroy = null_destroy};
    struct chardev *c = calloc(1, sizeof(*c));
    if (!c)
        return fail(error, "null", strerror(errno));
    c->ops = &ops;
    return c;
}

/* file, pty */

static void file_destroy(struct host_stream *s)
{
    struct host_file *f = container_of(s, struct host_file, stream);
    free(f->path);
    free(f);
}

/* A stream on FD, which is closed when there is no memory. */
static struct host_file *new_file(struct host_loop *loop, const struct host_stream_hooks *hooks,
                                  bool patient, const char *path, int fd, bool reads)
{
    struct host_file *f = calloc(1, sizeof(*f));
    struct host_io io = host_io_own(fd), none = {-1, HOST_IO_NONE};
    if (f) {
        host_stream_init(&f->stream, loop, hooks, patient);
        f->path = strdup(path);
    }
    if (f && f->path && host_stream_attach(&f->stream, reads ? io : none, io))
        return f;
    if (f)
        free(f->path);
    free(f);
    close(fd);
    return NULL;
}

static void file_output_failed(struct host_stream *s, int error)
{
    struct host_file *f = container_of(s, struct host_file, stream);
    if (!f->complained)
        fprintf(stderr, "mini-a64: '%s': %s: output is lost\n", f->path, strerror(error));
    f->complained = true;
}

static struct chardev *open_file(const struct host_chardev_config *c, const char *path, char *error)
{
    static const struct host_stream_hooks hooks = {
        .output_failed = file_output_failed,
        .destroy = file_destroy,
    };
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    struct host_file *f = fd < 0 ? NULL : new_file(c->loop, &hooks, true, path, fd, false);
    if (f)
        return &f->stream.dev;
    snprintf(error, HOST_CHARDEV_ERROR, "can't open '%s' for writing: %s", path, strerror(errno));
    return NULL;
}

static void pty_state(struct host_file *f, bool open)
{
    if (f->open == open)
        return;
    f->open = open;
    chardev_send_event(&f->stream.dev, open ? CHARDEV_OPENED : CHARDEV_CLOSED);
}

/* Asked for before output, because the kernel does not tell of an open. */
static bool pty_connected(struct host_stream *s)
{
    struct host_file *f = container_of(s, struct host_file, stream);
    struct pollfd p = {.fd = s->out.fd};
    poll(&p, 1, 0);
    pty_state(f, !(p.revents & POLLHUP));
    return f->open;
}

/* EIO: the other end is closed. An edge will say when there is input again. */
static void pty_input_ended(struct host_stream *s)
{
    pty_connected(s);
}

static void pty_output_failed(struct host_stream *s, int error)
{
    pty_connected(s);
}

/* The master's descriptor and the slave's NAME; -1 with errno set. */
static int new_pty(char *name, size_t size)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    struct termios t;
    if (grantpt(fd) || unlockpt(fd) || ptsname_r(fd, name, size) || tcgetattr(fd, &t)) {
        close(fd);
        return -1;
    }
    cfmakeraw(&t); /* who opens it gets every byte, without echo, unless he asks otherwise */
    tcsetattr(fd, TCSANOW, &t);
    /* A hang-up is only seen once the other end has been open. */
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave >= 0)
        close(slave);
    return fd;
}

static struct chardev *open_pty(const struct host_chardev_config *c, char *error)
{
    static const struct host_stream_hooks hooks = {
        .connected = pty_connected,
        .input_ended = pty_input_ended,
        .output_failed = pty_output_failed,
        .destroy = file_destroy,
    };
    char name[64];
    int fd = new_pty(name, sizeof(name));
    struct host_file *f = fd < 0 ? NULL : new_file(c->loop, &hooks, false, name, fd, true);
    if (!f)
        return fail(error, "can't make a pty", strerror(errno));
    /* QEMU's line: scripts read it. */
    printf("char device redirected to %s (label %s)\n", name, c->label);
    fflush(stdout);
    return &f->stream.dev;
}

/* tcp, unix */

static bool read_switch(const char *value, bool *on)
{
    if (!value || !strcmp(value, "on") || !strcmp(value, "off")) {
        *on = !value || !strcmp(value, "on");
        return true;
    }
    return false;
}

/* The words after the address, separated by commas; WORDS is cut into pieces. */
static bool read_socket_words(struct host_socket_config *s, char *words, char *error)
{
    bool server = false, wait = true, nowait = false, nodelay = false;
    const struct {
        const char *name;
        bool *value;
    } known[] = {{"server", &server}, {"wait", &wait}, {"nowait", &nowait}, {"nodelay", &nodelay}};
    for (char *word; (word = strsep(&words, ",")) != NULL;) {
        char *value = strchr(word, '=');
        unsigned i = 0;
        if (value)
            *value++ = '\0';
        while (i < ARRAY_LEN(known) && strcmp(word, known[i].name))
            i++;
        if (i == ARRAY_LEN(known)) {
            fail(error, word, "not supported; there are server, wait, nowait and nodelay");
            return false;
        }
        if (!read_switch(value, known[i].value)) {
            fail(error, word, "is either on or off");
            return false;
        }
    }
    s->server = server;
    s->wait = wait && !nowait;
    s->nodelay = nodelay;
    return true;
}

/* "HOST:PORT", where HOST may be empty, or in brackets when it holds colons. */
static bool read_tcp_address(struct host_socket_config *s, char *address, char *error)
{
    char *colon = strrchr(address, ':');
    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strtoul(colon + 1, NULL, 10) > UINT16_MAX) {
        fail(error, address, "no port number; write tcp:HOST:PORT, such as tcp::4444,server");
        return false;
    }
    *colon = '\0';
    s->port = colon + 1;
    s->host = address;
    size_t len = strlen(address);
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        address[len - 1] = '\0';
        s->host++;
    }
    return true;
}

static struct chardev *open_socket(const struct host_chardev_config *c, const char *address,
                                   bool tcp, char *error)
{
    struct host_socket_config s = {.loop = c->loop, .signals = c->signals};
    char *copy = strdup(address);
    if (!copy)
        return fail(error, address, strerror(errno));
    char *words = copy;
    s.path = strsep(&words, ",");
    struct chardev *dev = NULL;
    if ((!tcp || read_tcp_address(&s, copy, error)) && read_socket_words(&s, words, error))
        dev = host_socket_open(&s, error, HOST_CHARDEV_ERROR);
    free(copy);
    return dev;
}

static struct chardev *open_stdio(const struct host_chardev_config *c, char *error)
{
    struct chardev *dev = host_tty_open(c->loop, c->signals, !c->muxed);
    return dev ? dev : fail(error, "stdio", strerror(errno));
}

static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) ? NULL : text + len;
}

struct chardev *host_chardev_open(const struct host_chardev_config *c, const char *spec,
                                  char error[HOST_CHARDEV_ERROR])
{
    const char *rest;
    if (!strcmp(spec, "stdio"))
        return open_stdio(c, error);
    if (!strcmp(spec, "null") || !strcmp(spec, "none"))
        return open_null(error);
    if (!strcmp(spec, "pty"))
        return open_pty(c, error);
    if ((rest = after(spec, "file:")) && *rest)
        return open_file(c, rest, error);
    if ((rest = after(spec, "tcp:")))
        return open_socket(c, rest, true, error);
    if ((rest = after(spec, "unix:")))
        return open_socket(c, rest, false, error);
    return fail(error, spec,
                "not supported; there are stdio, null, none, pty, file:PATH, "
                "tcp:HOST:PORT and unix:PATH");
}
