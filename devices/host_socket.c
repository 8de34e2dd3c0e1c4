/*
 * Socket back ends (host_socket.h): an impatient stream that is attached to the
 * connection of the moment, and the listening socket beside it.
 */
#include "devices/host_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "devices/host_stream.h"

#define LOOPBACK "127.0.0.1"

struct host_socket {
    struct host_stream stream;
    int listener; /* -1: we are the client */
    bool nodelay;
    char *unlink; /* the path of our Unix socket, or NULL */
};

/* An address, as getaddrinfo() has it, to bind or to connect to. */
struct address {
    struct sockaddr_storage addr;
    socklen_t len;
    char text[160]; /* for people */
};

static void accept_ready(void *owner, unsigned ready);

static void start_listening(struct host_socket *k)
{
    k->stream.dev.absent = true;
    if (k->listener >= 0)
        host_loop_watch(k->stream.loop, k->listener, HOST_IN, accept_ready, k);
}

static bool connected(struct host_socket *k, int fd)
{
    int one = 1;
    if (k->nodelay) /* no effect on a Unix socket */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    struct host_io io = host_io_own(fd);
    if (host_stream_attach(&k->stream, io, io)) {
        k->stream.dev.absent = false;
        return true;
    }
    close(fd);
    return false;
}

/* A client; the next one waits until this one has left. */
static bool accept_one(struct host_socket *k)
{
    int fd = accept4(k->listener, NULL, NULL, SOCK_CLOEXEC);
    return fd >= 0 && connected(k, fd);
}

static void accept_ready(void *owner, unsigned ready)
{
    struct host_socket *k = owner;
    if (!accept_one(k))
        return; /* it has left already */
    host_loop_unwatch(k->stream.loop, k->listener);
    chardev_send_event(&k->stream.dev, CHARDEV_OPENED);
}

static void disconnected(struct host_stream *s)
{
    struct host_socket *k = container_of(s, struct host_socket, stream);
    host_stream_detach(s);
    start_listening(k);
    chardev_send_event(&s->dev, CHARDEV_CLOSED);
}

static void output_failed(struct host_stream *s, int error)
{
    disconnected(s);
}

static void destroy(struct host_stream *s)
{
    struct host_socket *k = container_of(s, struct host_socket, stream);
    if (k->listener >= 0) {
        host_loop_unwatch(s->loop, k->listener);
        close(k->listener);
    }
    if (k->unlink)
        unlink(k->unlink);
    free(k->unlink);
    free(k);
}

static const struct host_stream_hooks hooks = {
    .input_ended = disconnected,
    .output_failed = output_failed,
    .destroy = destroy,
};

static bool unix_address(const struct host_socket_config *c, struct address *a, char *error,
                         size_t size)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&a->addr;
    size_t len = strlen(c->path);
    if (len == 0 || len >= sizeof(un->sun_path)) {
        snprintf(error, size, "'%s': the path of a Unix socket has 1 to %zu characters", c->path,
                 sizeof(un->sun_path) - 1);
        return false;
    }
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, c->path, len + 1);
    a->len = sizeof(*un);
    snprintf(a->text, sizeof(a->text), "%s", c->path);
    return true;
}

static bool tcp_address(const struct host_socket_config *c, struct address *a, char *error,
                        size_t size)
{
    const char *host = c->host && *c->host ? c->host : LOOPBACK;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    snprintf(a->text, sizeof(a->text), "%s:%s", host, c->port);
    int gai = getaddrinfo(host, c->port, &hints, &found);
    if (gai) {
        snprintf(error, size, "%s: %s", a->text,
                 gai == EAI_SYSTEM ? strerror(errno) : gai_strerror(gai));
        return false;
    }
    memcpy(&a->addr, found->ai_addr, found->ai_addrlen);
    a->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* What a server that crashed left behind; nothing but a socket is removed. */
static void remove_stale(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
}

static bool listen_on(struct host_socket *k, const struct address *a, const char *path)
{
    int fd = socket(a->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (fd < 0)
        return false;
    k->listener = fd;
    if (path)
        remove_stale(path);
    else
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (const struct sockaddr *)&a->addr, a->len))
        return false;
    if (path)
        k->unlink = strdup(path);
    return listen(fd, 1) == 0;
}

/* Until the first client is there. False with errno set; EINTR: somebody wants us to end. */
static bool wait_for_client(struct host_socket *k, const struct host_signal *signals)
{
    struct pollfd p[2] = {
        {.fd = k->listener, .events = POLLIN},
        {.fd = signals ? host_signal_fd(signals) : -1, .events = POLLIN},
    };
    for (;;) {
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return false;
        if (p[1].revents) {
            errno = EINTR;
            return false;
        }
        if (p[0].revents && accept_one(k))
            return true;
    }
}

static bool serve(struct host_socket *k, const struct host_socket_config *c,
                  const struct address *a)
{
    if (!listen_on(k, a, c->port ? NULL : c->path))
        return false;
    if (!c->wait) {
        start_listening(k);
        return true;
    }
    fprintf(stderr, "mini-a64: waiting for a connection on %s\n", a->text);
    return wait_for_client(k, c->signals);
}

static bool connect_to(struct host_socket *k, const struct address *a)
{
    int fd = socket(a->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    if (connect(fd, (const struct sockaddr *)&a->addr, a->len)) {
        int failure = errno;
        close(fd);
        errno = failure;
        return false;
    }
    return connected(k, fd);
}

struct chardev *host_socket_open(const struct host_socket_config *c, char *error, size_t error_size)
{
    struct address a = {0};
    if (!(c->port ? tcp_address : unix_address)(c, &a, error, error_size))
        return NULL;
    struct host_socket *k = calloc(1, sizeof(*k));
    if (!k) {
        snprintf(error, error_size, "%s: %s", a.text, strerror(errno));
        return NULL;
    }
    host_stream_init(&k->stream, c->loop, &hooks, false);
    k->listener = -1;
    k->nodelay = c->nodelay && c->port;
    if (c->server ? serve(k, c, &a) : connect_to(k, &a))
        return &k->stream.dev;
    snprintf(error, error_size, "can't %s %s: %s", c->server ? "listen on" : "connect to", a.text,
             strerror(errno));
    chardev_destroy(&k->stream.dev);
    return NULL;
}
