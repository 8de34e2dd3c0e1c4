/*
 * A queue of Ethernet frames between two threads, of bounded size, that wakes its
 * reader by a descriptor.
 */
#ifndef DEVICES_HOST_FRAMES_H
#define DEVICES_HOST_FRAMES_H

#include <pthread.h>

#include "core/types.h"

struct host_frame {
    struct host_frame *next;
    size_t len;
    u8 data[];
};

struct host_frames {
    pthread_mutex_t lock;
    struct host_frame *first, **end; /* under lock */
    size_t bytes;                    /* under lock */
    int event;                       /* an eventfd of the reader; -1: nobody is woken */
};

void host_frames_init(struct host_frames *q, int event);
void host_frames_destroy(struct host_frames *q);

/* Put a copy at the end. Without host memory it is lost, as frames may be. */
void host_frames_put(struct host_frames *q, const u8 *frame, size_t len);

/* Take the first one, which the caller frees; NULL when there is none. */
struct host_frame *host_frames_take(struct host_frames *q);

/* Bytes that wait. */
size_t host_frames_waiting(struct host_frames *q);

/* Wake whoever waits for the eventfd FD, and let it be not ready again. */
void host_event_set(int fd);
void host_event_clear(int fd);

#endif
