/*
 * A board that a reactor wakes, and readers of pipes, for the tests of host_loop.
 */
#ifndef TESTS_UNIT_HOST_LOOP_RIG_H
#define TESTS_UNIT_HOST_LOOP_RIG_H

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "devices/host_loop.h"

enum { MS = 1000 * 1000 };

static u64 now(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (u64)t.tv_sec * NS_PER_SEC + (u64)t.tv_nsec;
}

static void sleep_ms(unsigned ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * MS};
    nanosleep(&t, NULL);
}

/* The board's side: `wake` makes the guest stop executing. */
struct board {
    struct host_loop *loop;
    atomic_uint wakes;
    atomic_bool stop_guest, kicked;
    pthread_t thread;
    int spare[2]; /* descriptors to watch in place of others */
};

static void wake(void *owner)
{
    struct board *b = owner;
    atomic_fetch_add(&b->wakes, 1);
    atomic_store(&b->stop_guest, true);
}

static void start(struct board *b)
{
    memset(b, 0, sizeof(*b));
    b->thread = pthread_self();
    b->loop = host_loop_create(wake, b);
    cr_assert_not_null(b->loop);
}

/*
 * The guest executes until it is made to stop. That may be for nothing: the helper may wake
 * it for what a wait has just dispatched.
 */
static void execute(struct board *b)
{
    while (!atomic_load(&b->stop_guest))
        sched_yield();
    atomic_store(&b->stop_guest, false);
}

/* A pipe whose reader counts what comes. */
struct reader {
    struct board *board;
    int fd[2];
    unsigned calls, ready;
    size_t bytes, chunk;
    bool edge, ended;
};

static void on_ready(void *owner, unsigned ready)
{
    struct reader *r = owner;
    char data[4096];
    cr_assert(pthread_equal(r->board->thread, pthread_self()), "on the machine's thread");
    r->calls++;
    r->ready = ready;
    if (!r->chunk)
        return;
    ssize_t n;
    do { /* an edge comes once for all that is there */
        n = read(r->fd[0], data, r->chunk);
        r->bytes += n > 0 ? (size_t)n : 0;
    } while (r->edge && n > 0);
    if (n == 0) {
        r->ended = true;
        host_loop_unwatch(r->board->loop, r->fd[0]);
    }
}

static void open_reader(struct reader *r, struct board *b, unsigned events)
{
    *r = (struct reader){.board = b, .chunk = 4096, .edge = events & HOST_EDGE};
    cr_assert_eq(pipe2(r->fd, O_CLOEXEC | O_NONBLOCK), 0);
    cr_assert(host_loop_watch(b->loop, r->fd[0], events, on_ready, r));
}

static void close_reader(struct reader *r)
{
    host_loop_unwatch(r->board->loop, r->fd[0]);
    close(r->fd[0]);
    close(r->fd[1]);
}

static void put(const struct reader *r, const char *text)
{
    cr_assert_eq(write(r->fd[1], text, strlen(text)), (ssize_t)strlen(text));
}

#endif
