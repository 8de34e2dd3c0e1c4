/*
 * The reactor (host_loop.h), on Linux's epoll. Two threads may sleep on the one
 * epoll descriptor, but only the machine's takes events from it; the helper
 * merely polls the descriptor itself, which tells that there are some and leaves
 * them there, edges included. So no wake-up can be lost: whatever a thread has
 * not seen yet is still ready when it looks.
 */
#include "devices/host_loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    SOON_NS = 200 * 1000, /* in a conversation; between two packets gdb works for 50 us, or 100 */
};

struct watch {
    int fd;         /* -1: free */
    u32 generation; /* of the slot, so that an event of its predecessor is recognised */
    host_loop_fn *fn;
    void *owner;
};

struct host_loop {
    int epoll, kick, timer;
    struct watch *watches;
    u32 watch_count;
    struct clock clock;
    u64 timer_at; /* ns; when the timer descriptor will be ready, CLOCK_NEVER: it won't */
    bool precise; /* the machine's thread has asked for precise time-outs */

    void (*wake)(void *owner);
    void *owner;
    pthread_t helper;
    pthread_mutex_t lock;
    pthread_cond_t dispatched;
    atomic_bool waiting; /* the machine's thread sleeps in host_loop_wait */
    bool pending;        /* the helper has seen something that is not dispatched; under lock */
    bool attended;       /* host_loop_attend; of the machine's thread */
    bool lively;         /* what host_loop_listen waited for came soon, the last time */
    bool stop;           /* under lock */
};

static u64 monotonic(void *owner)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * NS_PER_SEC + (u64)t.tv_nsec;
}

static struct timespec to_timespec(u64 ns)
{
    return (struct timespec){(time_t)(ns / NS_PER_SEC), (long)(ns % NS_PER_SEC)};
}

/*
 * The soonest alarm has moved. A timer that is due earlier is left alone: it
 * costs less to be called for nothing than to set it for every line of output.
 */
static void alarm_changed(void *owner)
{
    struct host_loop *l = owner;
    u64 at = clock_deadline(&l->clock);
    if (at >= l->timer_at)
        return;
    /* Zero would disarm it. */
    struct itimerspec when = {.it_value = to_timespec(at ? at : 1)};
    timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &when, NULL);
    l->timer_at = at;
}

static void timer_ready(void *owner, unsigned ready)
{
    struct host_loop *l = owner;
    u64 expirations;
    if (read(l->timer, &expirations, sizeof(expirations)) < 0)
        return;
    l->timer_at = CLOCK_NEVER;
    clock_run(&l->clock);
    alarm_changed(l);
}

static void kick_ready(void *owner, unsigned ready)
{
    struct host_loop *l = owner;
    u64 kicks;
    /* It was ready; and if not, there is nothing to take back. */
    if (read(l->kick, &kicks, sizeof(kicks)) < 0)
        return;
}

static void *help(void *owner)
{
    struct host_loop *l = owner;
    for (;;) {
        struct pollfd p = {.fd = l->epoll, .events = POLLIN};
        if (poll(&p, 1, -1) < 0)
            continue;
        pthread_mutex_lock(&l->lock);
        if (l->stop) {
            pthread_mutex_unlock(&l->lock);
            return NULL;
        }
        l->pending = true;
        pthread_mutex_unlock(&l->lock);
        /* A thread that sleeps on the same descriptor needs no help. */
        if (!atomic_load(&l->waiting) && l->wake)
            l->wake(l->owner);
        pthread_mutex_lock(&l->lock);
        while (l->pending && !l->stop)
            pthread_cond_wait(&l->dispatched, &l->lock);
        pthread_mutex_unlock(&l->lock);
    }
}

static bool start_helper(struct host_loop *l)
{
    /* Signal handlers are to run on the machine's thread, or at least not here. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&l->helper, NULL, help, l);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return error == 0;
}

static void close_all(struct host_loop *l)
{
    int error = errno;
    if (l->epoll >= 0)
        close(l->epoll);
    if (l->kick >= 0)
        close(l->kick);
    if (l->timer >= 0)
        close(l->timer);
    free(l->watches);
    free(l);
    errno = error;
}

struct host_loop *host_loop_create(void (*wake)(void *owner), void *owner)
{
    struct host_loop *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->wake = wake;
    l->owner = owner;
    l->clock = (struct clock){.source = monotonic, .changed = alarm_changed, .changed_owner = l};
    l->timer_at = CLOCK_NEVER;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->dispatched, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (l->epoll < 0 || l->kick < 0 || l->timer < 0 ||
        !host_loop_watch(l, l->kick, HOST_IN, kick_ready, l) ||
        !host_loop_watch(l, l->timer, HOST_IN, timer_ready, l) || !start_helper(l)) {
        close_all(l);
        return NULL;
    }
    return l;
}

void host_loop_destroy(struct host_loop *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_signal(&l->dispatched);
    pthread_mutex_unlock(&l->lock);
    host_loop_kick(l);
    pthread_join(l->helper, NULL);
    pthread_cond_destroy(&l->dispatched);
    pthread_mutex_destroy(&l->lock);
    close_all(l);
}

static u32 to_epoll(unsigned events)
{
    return (events & HOST_IN ? EPOLLIN : 0) | (events & HOST_OUT ? EPOLLOUT : 0) |
           (events & HOST_EDGE ? (u32)EPOLLET : 0);
}

static unsigned from_epoll(u32 events)
{
    return (events & EPOLLIN ? HOST_IN : 0) | (events & EPOLLOUT ? HOST_OUT : 0) |
           (events & (EPOLLHUP | EPOLLERR) ? HOST_HANGUP : 0);
}

static struct watch *find_watch(struct host_loop *l, int fd)
{
    for (u32 i = 0; i < l->watch_count; i++)
        if (l->watches[i].fd == fd)
            return &l->watches[i];
    return NULL;
}

static struct watch *new_watch(struct host_loop *l)
{
    struct watch *w = find_watch(l, -1);
    if (w)
        return w;
    w = realloc(l->watches, (l->watch_count + 1) * sizeof(*w));
    if (!w)
        return NULL;
    l->watches = w;
    w[l->watch_count] = (struct watch){.fd = -1};
    return &w[l->watch_count++];
}

static struct epoll_event epoll_event(struct host_loop *l, const struct watch *w, unsigned events)
{
    return (struct epoll_event){
        .events = to_epoll(events),
        .data.u64 = (u64)w->generation << 32 | (u64)(w - l->watches),
    };
}

bool host_loop_watch(struct host_loop *l, int fd, unsigned events, host_loop_fn *fn, void *owner)
{
    assert(fd >= 0 && !find_watch(l, fd));
    struct watch *w = new_watch(l);
    if (!w)
        return false;
    struct epoll_event e = epoll_event(l, w, events);
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e))
        return false;
    w->fd = fd;
    w->fn = fn;
    w->owner = owner;
    return true;
}

void host_loop_modify(struct host_loop *l, int fd, unsigned events)
{
    struct watch *w = find_watch(l, fd);
    assert(w);
    struct epoll_event e = epoll_event(l, w, events);
    epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e);
}

void host_loop_unwatch(struct host_loop *l, int fd)
{
    struct watch *w = find_watch(l, fd);
    if (!w)
        return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
    w->fd = -1;
    w->generation++;
}

/* The helper sleeps on. */
static void release_helper(struct host_loop *l)
{
    pthread_mutex_lock(&l->lock);
    if (l->pending) {
        l->pending = false;
        pthread_cond_signal(&l->dispatched);
    }
    pthread_mutex_unlock(&l->lock);
}

/* How many functions were called. */
static int dispatch(struct host_loop *l)
{
    struct epoll_event e[16];
    int n = epoll_wait(l->epoll, e, ARRAY_LEN(e), 0);
    for (int i = 0; i < n; i++) {
        /* An earlier function may have dropped this one's watch, or moved the array. */
        struct watch w = l->watches[(u32)e[i].data.u64];
        if (w.fd >= 0 && w.generation == e[i].data.u64 >> 32)
            w.fn(w.owner, from_epoll(e[i].events));
    }
    if (!l->attended)
        release_helper(l);
    return n;
}

void host_loop_dispatch(struct host_loop *l)
{
    dispatch(l);
}

void host_loop_attend(struct host_loop *l, bool attended)
{
    if (l->attended && !attended)
        release_helper(l);
    l->attended = attended;
}

/* Sleep until something is ready, LIMIT at most; NULL: no limit. */
static void sleep_until_ready(struct host_loop *l, const struct timespec *limit)
{
    struct pollfd p = {.fd = l->epoll, .events = POLLIN};
    atomic_store(&l->waiting, true);
    /* Interrupted by a signal is as good as kicked. */
    ppoll(&p, 1, limit, NULL);
    atomic_store(&l->waiting, false);
}

void host_loop_wait(struct host_loop *l, u64 timeout)
{
    struct timespec t = to_timespec(timeout);
    if (!l->precise)
        prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* of this thread; by default 50 us */
    l->precise = true;
    sleep_until_ready(l, timeout == CLOCK_NEVER ? NULL : &t);
    dispatch(l);
}

/*
 * Look until END, without sleeping: to wake a thread on another core takes 20 to 50 us
 * on many a host, and of that a debugger's step, six packets long, is made. Whoever
 * else wants the core gets it at each turn; where there is but one, that is the peer.
 */
static bool spin(struct host_loop *l, u64 end)
{
    while (!dispatch(l)) {
        if (monotonic(NULL) >= end)
            return false;
        sched_yield();
    }
    return true;
}

void host_loop_listen(struct host_loop *l)
{
    u64 soon = monotonic(NULL) + SOON_NS;
    if (!l->lively || !spin(l, soon)) {
        sleep_until_ready(l, NULL);
        dispatch(l);
    }
    l->lively = monotonic(NULL) < soon;
}

void host_loop_kick(struct host_loop *l)
{
    int error = errno;
    u64 one = 1;
    /* It can only fail when 2^64 - 2 kicks are pending, and then one more is not missed. */
    ssize_t written = write(l->kick, &one, sizeof(one));
    (void)written;
    errno = error;
}

struct clock *host_loop_clock(struct host_loop *l)
{
    return &l->clock;
}
