/*
 * libslirp on a thread of its own (host_slirp.h), so that neither the CPU waits
 * for it nor it for the CPU. All of libslirp is called from that thread; frames
 * go to and from it in two queues. When the guest is slow to take frames, the
 * thread stops looking at its sockets, and their peers have to wait.
 */
#include "devices/host_slirp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <slirp/libslirp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "devices/host_frames.h"

enum {
    TO_GUEST_MAX = 1 << 21,   /* bytes that may wait before sockets are left alone */
    FROM_GUEST_MAX = 1 << 20, /* bytes that may wait before the card has to */
    CONFIG_VERSION = 3,       /* of SlirpConfig: what we fill in */
    NS_PER_MS = 1000000,
};

struct timer {
    SlirpTimerCb fire;
    void *opaque;
    s64 at; /* ms; negative: not set */
    struct timer *next;
};

struct host_slirp {
    struct netdev net;
    struct host_loop *loop;
    Slirp *slirp;
    struct timer *timers;
    struct pollfd *fds; /* the first is the thread's own event */
    unsigned fd_count, fd_room;

    pthread_t thread;
    atomic_bool quit;
    struct host_frames to_guest, from_guest;
    atomic_bool choked;      /* the thread leaves its sockets alone */
    atomic_bool full;        /* the card has to wait */
    struct host_frame *held; /* by the machine's thread: the card had no buffers */
};

static s64 now_ns(void *opaque)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (s64)t.tv_sec * (s64)NS_PER_SEC + t.tv_nsec;
}

/* --- what libslirp calls ------------------------------------------------------ */

static ssize_t send_packet(const void *frame, size_t len, void *opaque)
{
    struct host_slirp *s = opaque;
    host_frames_put(&s->to_guest, frame, len);
    return (ssize_t)len;
}

static void guest_error(const char *message, void *opaque)
{
}

static void *timer_new(SlirpTimerCb fire, void *fire_opaque, void *opaque)
{
    struct host_slirp *s = opaque;
    struct timer *t = malloc(sizeof(*t));
    if (!t)
        abort(); /* libslirp, too, ends the process then */
    *t = (struct timer){fire, fire_opaque, -1, s->timers};
    s->timers = t;
    return t;
}

static void timer_free(void *timer, void *opaque)
{
    struct host_slirp *s = opaque;
    for (struct timer **at = &s->timers; *at; at = &(*at)->next) {
        if (*at != timer)
            continue;
        *at = (*at)->next;
        free(timer);
        return;
    }
}

static void timer_mod(void *timer, int64_t at, void *opaque)
{
    ((struct timer *)timer)->at = at;
}

/* Every turn asks for all descriptors anyway. */
static void poll_fd_changed(int fd, void *opaque)
{
}

static void nothing_to_wake(void *opaque)
{
}

static const SlirpCb callbacks = {
    .send_packet = send_packet,
    .guest_error = guest_error,
    .clock_get_ns = now_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = poll_fd_changed,
    .unregister_poll_fd = poll_fd_changed,
    .notify = nothing_to_wake,
};

/* --- the thread ----------------------------------------------------------------- */

static int add_poll(int fd, int events, void *opaque)
{
    struct host_slirp *s = opaque;
    if (s->fd_count == s->fd_room) {
        s->fd_room *= 2;
        s->fds = realloc(s->fds, s->fd_room * sizeof(*s->fds));
        if (!s->fds)
            abort();
    }
    short wanted = 0;
    wanted |= events & SLIRP_POLL_IN ? POLLIN : 0;
    wanted |= events & SLIRP_POLL_OUT ? POLLOUT : 0;
    wanted |= events & SLIRP_POLL_PRI ? POLLPRI : 0;
    s->fds[s->fd_count] = (struct pollfd){.fd = fd, .events = wanted};
    return (int)s->fd_count++;
}

static int get_revents(int i, void *opaque)
{
    struct host_slirp *s = opaque;
    short got = s->fds[i].revents;
    return (got & POLLIN ? SLIRP_POLL_IN : 0) | (got & POLLOUT ? SLIRP_POLL_OUT : 0) |
           (got & POLLPRI ? SLIRP_POLL_PRI : 0) | (got & POLLERR ? SLIRP_POLL_ERR : 0) |
           (got & POLLHUP ? SLIRP_POLL_HUP : 0);
}

/* Fire what is due; returns the ms until the next one, TIMEOUT at most. */
static u32 run_timers(struct host_slirp *s, u32 timeout)
{
    s64 now = now_ns(s) / NS_PER_MS;
    for (struct timer *t = s->timers; t; t = t->next) {
        if (t->at >= 0 && t->at <= now) {
            t->at = -1;
            t->fire(t->opaque);
        }
        if (t->at >= 0 && t->at - now < timeout)
            timeout = t->at > now ? (u32)(t->at - now) : 0;
    }
    return timeout;
}

static void input(struct host_slirp *s)
{
    struct host_frame *f;
    while ((f = host_frames_take(&s->from_guest))) {
        slirp_input(s->slirp, f->data, (int)f->len);
        free(f);
    }
}

/* Wait until something is to be done, and do it. */
static void turn(struct host_slirp *s)
{
    u32 timeout = UINT32_MAX;
    s->fd_count = 1;
    s->choked = true; /* before looking: who takes frames meanwhile will wake us */
    bool choked = host_frames_waiting(&s->to_guest) > TO_GUEST_MAX;
    s->choked = choked;
    if (!choked)
        slirp_pollfds_fill(s->slirp, &timeout, add_poll, s);
    timeout = run_timers(s, timeout);
    int result = poll(s->fds, s->fd_count, timeout > INT32_MAX ? -1 : (int)timeout);
    if (result > 0 && s->fds[0].revents)
        host_event_clear(s->fds[0].fd);
    input(s);
    if (s->full)
        host_event_set(s->to_guest.event);
    if (!choked)
        slirp_pollfds_poll(s->slirp, result < 0, get_revents, s);
}

static void *work(void *owner)
{
    struct host_slirp *s = owner;
    /* To libslirp it is the year dot until it is told the time: what a frame in the
     * first turn opened would have expired when the second one begins. */
    slirp_pollfds_poll(s->slirp, true, get_revents, s);
    while (!s->quit)
        turn(s);
    return NULL;
}

/* --- on the machine's thread ---------------------------------------------------- */

static bool room(struct netdev *net)
{
    struct host_slirp *s = container_of(net, struct host_slirp, net);
    s->full = true; /* before looking, likewise */
    s->full = host_frames_waiting(&s->from_guest) > FROM_GUEST_MAX;
    return !s->full;
}

static void send_frame(struct netdev *net, const u8 *frame, size_t len)
{
    struct host_slirp *s = container_of(net, struct host_slirp, net);
    host_frames_put(&s->from_guest, frame, len);
}

/* Give the card what waits, as long as it has buffers. */
static void deliver(struct netdev *net)
{
    struct host_slirp *s = container_of(net, struct host_slirp, net);
    while (s->held || (s->held = host_frames_take(&s->to_guest))) {
        if (net->client && !net->client->receive(net->owner, s->held->data, s->held->len))
            break;
        free(s->held);
        s->held = NULL;
    }
    if (s->choked && host_frames_waiting(&s->to_guest) <= TO_GUEST_MAX / 2)
        host_event_set(s->from_guest.event);
}

static void event_ready(void *owner, unsigned ready)
{
    struct host_slirp *s = owner;
    host_event_clear(s->to_guest.event);
    if (!s->held)
        deliver(&s->net);
    if (s->full && room(&s->net) && s->net.client)
        s->net.client->writable(s->net.owner);
}

static void free_slirp(struct host_slirp *s)
{
    if (s->slirp)
        slirp_cleanup(s->slirp);
    while (s->timers)
        timer_free(s->timers, s);
    free(s->held);
    host_frames_destroy(&s->to_guest);
    host_frames_destroy(&s->from_guest);
    if (s->to_guest.event >= 0)
        close(s->to_guest.event);
    if (s->from_guest.event >= 0)
        close(s->from_guest.event);
    free(s->fds);
    free(s);
}

static void destroy(struct netdev *net)
{
    struct host_slirp *s = container_of(net, struct host_slirp, net);
    s->quit = true;
    host_event_set(s->from_guest.event);
    pthread_join(s->thread, NULL);
    host_loop_unwatch(s->loop, s->to_guest.event);
    free_slirp(s);
}

static const struct netdev_ops ops = {
    .room = room, .send = send_frame, .accept = deliver, .destroy = destroy};

struct host_slirp_options host_slirp_defaults(void)
{
    return (struct host_slirp_options){
        .network = 0x0a000200,
        .mask = 0xffffff00,
        .host = 0x0a000202,
        .dhcp_start = 0x0a00020f,
        .dns = 0x0a000203,
    };
}

static struct in_addr address(u32 a)
{
    return (struct in_addr){htonl(a)};
}

static Slirp *create(struct host_slirp *s, const struct host_slirp_options *o)
{
    SlirpConfig config = {
        .version = CONFIG_VERSION,
        .restricted = o->restricted,
        .in_enabled = !o->no_ipv4,
        .vnetwork = address(o->network),
        .vnetmask = address(o->mask),
        .vhost = address(o->host),
        .in6_enabled = !o->no_ipv6,
        .vprefix_len = 64,
        .vhostname = o->hostname,
        .tftp_path = o->tftp,
        .bootfile = o->bootfile,
        .vdhcp_start = address(o->dhcp_start),
        .vnameserver = address(o->dns),
        .vdomainname = o->domain,
    };
    inet_pton(AF_INET6, "fec0::", &config.vprefix_addr6); /* as QEMU's */
    inet_pton(AF_INET6, "fec0::2", &config.vhost6);
    inet_pton(AF_INET6, "fec0::3", &config.vnameserver6);
    return slirp_new(&config, &callbacks, s);
}

static bool forward(struct host_slirp *s, const struct host_slirp_options *o,
                    char error[HOST_SLIRP_ERROR])
{
    for (unsigned i = 0; i < o->forwards; i++) {
        const struct host_slirp_forward *f = &o->forward[i];
        struct in_addr guest = address(f->guest ? f->guest : o->dhcp_start);
        if (slirp_add_hostfwd(s->slirp, f->udp, address(f->host), f->host_port, guest,
                              f->guest_port) == 0)
            continue;
        snprintf(error, HOST_SLIRP_ERROR, "hostfwd=%s: port %u of the host: %s; use another one",
                 f->text, f->host_port, strerror(errno));
        return false;
    }
    return true;
}

/* Signals are for the machine's thread. */
static int start(struct host_slirp *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&s->thread, NULL, work, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct netdev *host_slirp_open(struct host_loop *loop, const struct host_slirp_options *o,
                               char error[HOST_SLIRP_ERROR])
{
    struct host_slirp *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->net = (struct netdev){.ops = &ops, .takes_segments = true, .trusted = true};
    s->loop = loop;
    s->fd_room = 16;
    s->fds = calloc(s->fd_room, sizeof(*s->fds));
    host_frames_init(&s->to_guest, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    host_frames_init(&s->from_guest, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    snprintf(error, HOST_SLIRP_ERROR, "the network can't be set up");
    if (s->fds && s->to_guest.event >= 0 && s->from_guest.event >= 0)
        s->slirp = create(s, o);
    if (s->slirp && forward(s, o, error)) {
        s->fds[0] = (struct pollfd){.fd = s->from_guest.event, .events = POLLIN};
        if (host_loop_watch(loop, s->to_guest.event, HOST_IN, event_ready, s) &&
            (errno = start(s)) == 0)
            return &s->net;
        snprintf(error, HOST_SLIRP_ERROR, "%s", strerror(errno));
        host_loop_unwatch(loop, s->to_guest.event);
    }
    free_slirp(s);
    return NULL;
}
