/*
 * A thread that does jobs (job.h) one after the other. What is done is heard of
 * through the loop.
 */
#ifndef DEVICES_HOST_WORKER_H
#define DEVICES_HOST_WORKER_H

#include "devices/host_loop.h"
#include "devices/job.h"

struct host_worker;

/* NULL with errno set. The loop outlives the worker. */
struct host_worker *host_worker_create(struct host_loop *loop);

void host_worker_submit(struct host_worker *w, struct job *j);

/* Wait until every job is done, and has been heard of. On the machine's thread. */
void host_worker_drain(struct host_worker *w);

/* Drain, and end the thread. W may be NULL. */
void host_worker_destroy(struct host_worker *w);

#endif
