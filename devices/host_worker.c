/*
 * A worker (host_worker.h). Jobs wait in one list, in order, and come back in
 * another; an eventfd tells the loop.
 */
#include "devices/host_worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A list to whose end is added. */
struct list {
    struct job *first, **end;
};

struct host_worker {
    struct host_loop *loop;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct list todo, done; /* under lock */
    bool busy, quit;        /* under lock */
    int event;              /* done is not empty */
};

static void clear(struct list *l)
{
    l->first = NULL;
    l->end = &l->first;
}

static void put(struct list *l, struct job *j)
{
    j->next = NULL;
    *l->end = j;
    l->end = &j->next;
}

static struct job *take(struct list *l)
{
    struct job *j = l->first;
    if (j)
        l->first = j->next;
    if (!l->first)
        l->end = &l->first;
    return j;
}

/* Under lock. The loop is told once of all that is done until it looks. */
static void hand_over(struct host_worker *w, struct job *j)
{
    bool first = !w->done.first;
    u64 one = 1;
    put(&w->done, j);
    if (first && write(w->event, &one, sizeof(one)) < 0)
        abort(); /* it has room for 2^64 - 2 */
}

static void *run(void *owner)
{
    struct host_worker *w = owner;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->todo.first && !w->quit)
            pthread_cond_wait(&w->work, &w->lock);
        struct job *j = take(&w->todo);
        if (!j)
            break;
        w->busy = true;
        pthread_mutex_unlock(&w->lock);
        j->work(j);
        pthread_mutex_lock(&w->lock);
        w->busy = false;
        hand_over(w, j);
        if (!w->todo.first)
            pthread_cond_signal(&w->idle);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void give_back(struct host_worker *w)
{
    pthread_mutex_lock(&w->lock);
    struct job *j = w->done.first;
    clear(&w->done);
    pthread_mutex_unlock(&w->lock);
    while (j) {
        struct job *next = j->next;
        j->done(j);
        j = next;
    }
}

static void event_ready(void *owner, unsigned ready)
{
    struct host_worker *w = owner;
    u64 count;
    if (read(w->event, &count, sizeof(count)) > 0)
        give_back(w);
}

void host_worker_submit(struct host_worker *w, struct job *j)
{
    pthread_mutex_lock(&w->lock);
    put(&w->todo, j);
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
}

void host_worker_drain(struct host_worker *w)
{
    pthread_mutex_lock(&w->lock);
    while (w->todo.first || w->busy)
        pthread_cond_wait(&w->idle, &w->lock);
    pthread_mutex_unlock(&w->lock);
    give_back(w);
}

static void release(struct host_worker *w)
{
    if (w->event >= 0)
        close(w->event);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->idle);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void host_worker_destroy(struct host_worker *w)
{
    if (!w)
        return;
    host_worker_drain(w);
    host_loop_unwatch(w->loop, w->event);
    pthread_mutex_lock(&w->lock);
    w->quit = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    release(w);
}

/* Signals are for the machine's thread. */
static int start(struct host_worker *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct host_worker *host_worker_create(struct host_loop *loop)
{
    struct host_worker *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->loop = loop;
    clear(&w->todo);
    clear(&w->done);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->idle, NULL);
    w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool watched = w->event >= 0 && host_loop_watch(loop, w->event, HOST_IN, event_ready, w);
    if (watched && (errno = start(w)) == 0)
        return w;
    int error = errno;
    if (watched)
        host_loop_unwatch(loop, w->event);
    release(w);
    errno = error;
    return NULL;
}
