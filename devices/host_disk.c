/*
 * The thread of a disk (host_disk.h). Requests wait in one queue, in order, and
 * come back in another; an eventfd tells the loop. Because there is one thread
 * and one order, a flush covers every write that was submitted before it.
 */
#include "devices/host_disk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A list to whose end is added. */
struct queue {
    struct disk_request *first, **end;
};

struct host_disk {
    struct disk disk;
    struct host_loop *loop;
    struct host_image image;
    char *name;
    bool failed; /* to write, and it was said */

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct queue todo, done; /* under lock */
    bool busy, quit;         /* under lock */
    atomic_bool abandon;     /* reads end at once */
    int event;               /* done is not empty */
};

static void clear(struct queue *q)
{
    q->first = NULL;
    q->end = &q->first;
}

static void put(struct queue *q, struct disk_request *r)
{
    r->next = NULL;
    *q->end = r;
    q->end = &r->next;
}

static int perform(struct host_disk *d, const struct disk_request *r)
{
    struct host_image *i = &d->image;
    switch (r->action) {
    case DISK_READ:
        return host_image_read(i, r->offset, r->span, r->spans, &d->abandon);
    case DISK_WRITE:
        return host_image_write(i, r->offset, r->span, r->spans);
    case DISK_FLUSH:
        return host_image_flush(i);
    case DISK_DISCARD:
        return host_image_discard(i, r->offset, r->len);
    case DISK_WRITE_ZEROES:
        return host_image_write_zeroes(i, r->offset, r->len, r->unmap);
    }
    return EINVAL;
}

/* The user hears once what the guest hears of each time. */
static void report(struct host_disk *d, int error)
{
    if (!d->failed)
        fprintf(stderr, "mini-a64: %s: can't be written: %s\n", d->name, strerror(error));
    d->failed = true;
}

static void *work(void *owner)
{
    struct host_disk *d = owner;
    pthread_mutex_lock(&d->lock);
    for (;;) {
        while (!d->todo.first && !d->quit)
            pthread_cond_wait(&d->work, &d->lock);
        struct disk_request *r = d->todo.first;
        if (!r)
            break;
        d->todo.first = r->next;
        if (!r->next)
            d->todo.end = &d->todo.first;
        d->busy = true;
        pthread_mutex_unlock(&d->lock);
        r->error = perform(d, r);
        if (!r->error && r->sync)
            r->error = host_image_flush(&d->image);
        if (r->error && r->action != DISK_READ)
            report(d, r->error);
        pthread_mutex_lock(&d->lock);
        put(&d->done, r);
        d->busy = false;
        u64 one = 1;
        ssize_t written = write(d->event, &one, sizeof(one));
        (void)written; /* it has room for 2^64 - 2 */
        if (!d->todo.first)
            pthread_cond_signal(&d->idle);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

/* On the machine's thread: give back what is done. */
static void give_back(struct host_disk *d)
{
    pthread_mutex_lock(&d->lock);
    struct disk_request *r = d->done.first;
    clear(&d->done);
    pthread_mutex_unlock(&d->lock);
    while (r) {
        struct disk_request *next = r->next;
        r->done(r);
        r = next;
    }
}

static void event_ready(void *owner, unsigned ready)
{
    struct host_disk *d = owner;
    u64 count;
    if (read(d->event, &count, sizeof(count)) < 0)
        return;
    give_back(d);
}

static void submit(struct disk *disk, struct disk_request *r)
{
    struct host_disk *d = container_of(disk, struct host_disk, disk);
    pthread_mutex_lock(&d->lock);
    put(&d->todo, r);
    pthread_cond_signal(&d->work);
    pthread_mutex_unlock(&d->lock);
}

static void drain(struct disk *disk, bool abandon)
{
    struct host_disk *d = container_of(disk, struct host_disk, disk);
    atomic_store(&d->abandon, abandon);
    pthread_mutex_lock(&d->lock);
    while (d->todo.first || d->busy)
        pthread_cond_wait(&d->idle, &d->lock);
    pthread_mutex_unlock(&d->lock);
    atomic_store(&d->abandon, false);
    give_back(d);
}

static void free_disk(struct host_disk *d)
{
    if (d->event >= 0)
        close(d->event);
    host_image_close(&d->image);
    pthread_cond_destroy(&d->work);
    pthread_cond_destroy(&d->idle);
    pthread_mutex_destroy(&d->lock);
    free(d->name);
    free(d);
}

static void destroy(struct disk *disk)
{
    struct host_disk *d = container_of(disk, struct host_disk, disk);
    drain(disk, false);
    host_loop_unwatch(d->loop, d->event);
    pthread_mutex_lock(&d->lock);
    d->quit = true;
    pthread_cond_signal(&d->work);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    int error = disk->readonly ? 0 : host_image_flush(&d->image);
    if (error)
        report(d, error);
    free_disk(d);
}

static const struct disk_ops ops = {.submit = submit, .drain = drain, .destroy = destroy};

/* Signals are for the machine's thread. */
static int start(struct host_disk *d)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&d->thread, NULL, work, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct disk *host_disk_open(struct host_loop *loop, const struct host_disk_options *o,
                            char error[HOST_IMAGE_ERROR])
{
    struct host_disk *d = calloc(1, sizeof(*d));
    if (!d)
        abort();
    d->loop = loop;
    d->event = -1;
    clear(&d->todo);
    clear(&d->done);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->work, NULL);
    pthread_cond_init(&d->idle, NULL);
    if (!host_image_open(&d->image, &o->image, error)) {
        free_disk(d);
        return NULL;
    }
    d->disk = (struct disk){
        .ops = &ops,
        .size = d->image.size,
        .readonly = o->image.readonly,
        .writethrough = o->writethrough,
        .discards = o->image.discards,
        .physical_block = d->image.block,
    };
    d->name = strdup(o->image.file);
    d->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!d->name || d->event < 0 || !host_loop_watch(loop, d->event, HOST_IN, event_ready, d) ||
        (errno = start(d)) != 0) {
        snprintf(error, HOST_IMAGE_ERROR, "%s: %s", o->image.file, strerror(errno));
        host_loop_unwatch(loop, d->event);
        free_disk(d);
        return NULL;
    }
    return &d->disk;
}
