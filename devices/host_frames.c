/*
 * Frames between threads (host_frames.h).
 */
#include "devices/host_frames.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void host_frames_init(struct host_frames *q, int event)
{
    pthread_mutex_init(&q->lock, NULL);
    q->first = NULL;
    q->end = &q->first;
    q->bytes = 0;
    q->event = event;
}

void host_frames_destroy(struct host_frames *q)
{
    struct host_frame *f;
    while ((f = host_frames_take(q)))
        free(f);
    pthread_mutex_destroy(&q->lock);
}

void host_frames_put(struct host_frames *q, const u8 *frame, size_t len)
{
    struct host_frame *f = malloc(sizeof(*f) + len);
    if (!f)
        return;
    f->next = NULL;
    f->len = len;
    memcpy(f->data, frame, len);
    pthread_mutex_lock(&q->lock);
    bool was_empty = !q->first;
    *q->end = f;
    q->end = &f->next;
    q->bytes += len;
    pthread_mutex_unlock(&q->lock);
    if (was_empty)
        host_event_set(q->event);
}

struct host_frame *host_frames_take(struct host_frames *q)
{
    pthread_mutex_lock(&q->lock);
    struct host_frame *f = q->first;
    if (f) {
        q->first = f->next;
        q->bytes -= f->len;
        if (!q->first)
            q->end = &q->first;
    }
    pthread_mutex_unlock(&q->lock);
    return f;
}

size_t host_frames_waiting(struct host_frames *q)
{
    pthread_mutex_lock(&q->lock);
    size_t bytes = q->bytes;
    pthread_mutex_unlock(&q->lock);
    return bytes;
}

void host_event_set(int fd)
{
    u64 one = 1;
    ssize_t written = write(fd, &one, sizeof(one));
    (void)written; /* it has room for 2^64 - 2 */
}

void host_event_clear(int fd)
{
    u64 count;
    ssize_t got = read(fd, &count, sizeof(count));
    (void)got; /* it may not have been set */
}
