/*
 * The machine's reactor: what the host's files, sockets and terminals have to
 * say is heard here and acted upon on the machine's thread, and nowhere else.
 *
 * While the guest executes, a helper thread sleeps on the watched descriptors.
 * When something is ready it calls `wake`, which makes the CPUs leave their run
 * loop, and sleeps on until the machine's thread has dispatched. While the guest
 * waits for an interrupt, the machine's thread sleeps here itself.
 *
 *     for (;;) {
 *         run the CPUs until a deadline, or until `wake` was called;
 *         host_loop_dispatch(loop);                  // if it was
 *         if (all CPUs wait)
 *             host_loop_wait(loop, time left until the deadline);
 *     }
 *
 * A loop has its own clock, which is always the host's monotonic one, for back
 * ends that must not wait for a peer for ever.
 */
#ifndef DEVICES_HOST_LOOP_H
#define DEVICES_HOST_LOOP_H

#include "core/clock.h"

struct host_loop;

enum host_event {
    HOST_IN = 1,     /* there is something to read, or an end of file */
    HOST_OUT = 2,    /* there is room to write */
    HOST_EDGE = 4,   /* when asked for: report what is new, not what is still so */
    HOST_HANGUP = 8, /* reported without being asked for: the peer is gone, or an error */
};

/* READY is a set of HOST_IN, HOST_OUT and HOST_HANGUP. */
typedef void host_loop_fn(void *owner, unsigned ready);

/*
 * A reactor and its helper thread, or NULL with errno set. WAKE (may be NULL) is
 * called on the helper thread and must not call back into the loop. SIGPIPE is
 * ignored from now on, in the whole process: a peer that went away is an errno.
 */
struct host_loop *host_loop_create(void (*wake)(void *owner), void *owner);

/* Stop the helper. Descriptors that are still watched are forgotten, not closed. */
void host_loop_destroy(struct host_loop *l);

/*
 * Call FN on the machine's thread when one of EVENTS is so on FD, which is
 * watched once at most. False with errno set; EPERM is said of regular files and
 * of /dev/null, which can't be waited for because they are always ready.
 */
bool host_loop_watch(struct host_loop *l, int fd, unsigned events, host_loop_fn *fn, void *owner);

/* Other events for a watched FD; what is so already is reported again. */
void host_loop_modify(struct host_loop *l, int fd, unsigned events);

/* FN is not called again, even if FD was found ready. To be called before FD is closed. */
void host_loop_unwatch(struct host_loop *l, int fd);

/* Call the functions of what is ready and fire the alarms that are due. Never waits. */
void host_loop_dispatch(struct host_loop *l);

/*
 * Sleep until something is ready, an alarm is due, host_loop_kick() was called
 * since the last dispatch, or TIMEOUT ns are over (CLOCK_NEVER: no limit; good to
 * some microseconds); then dispatch.
 */
void host_loop_wait(struct host_loop *l, u64 timeout);

/*
 * Like host_loop_wait without a limit, but for peers in conversation: if the last time
 * something came soon (in 200 us), it is looked for as long as that without sleeping.
 */
void host_loop_listen(struct host_loop *l);

/*
 * While ATTENDED no CPU executes for long without a dispatch: the helper sleeps on
 * after the first event, where it would else wake the CPUs for each.
 */
void host_loop_attend(struct host_loop *l, bool attended);

/* End the wait, or wake the CPUs. From any thread and from signal handlers. */
void host_loop_kick(struct host_loop *l);

/* The clock of the loop: monotonic host time. Alarms on it fire when dispatched. */
struct clock *host_loop_clock(struct host_loop *l);

#endif
