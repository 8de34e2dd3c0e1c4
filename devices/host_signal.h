/*
 * Signals of the process: requests to end become a call on the machine's thread,
 * and whatever ends or stops the process, the terminal is put back before.
 *
 * One at a time per process, which is what signals are.
 */
#ifndef DEVICES_HOST_SIGNAL_H
#define DEVICES_HOST_SIGNAL_H

#include <termios.h>

#include "devices/host_loop.h"

struct host_signal;

/*
 * Take over SIGTERM, SIGINT and SIGHUP (unless they are ignored, as `nohup` and
 * background jobs have it): the first of them wakes LOOP, which calls TERMINATE
 * with the signal and its sender's process (0: the kernel). A second one, when
 * the first was not obeyed, ends the process. NULL when taken over already, or
 * with errno set.
 */
struct host_signal *host_signal_create(struct host_loop *loop,
                                       void (*terminate)(void *owner, int signal, int sender),
                                       void *owner);

/* Restores the terminal and gives the signals back. */
void host_signal_destroy(struct host_signal *h);

/* True when a request to end has come, whether or not it has been dispatched. */
bool host_signal_requested(const struct host_signal *h);

/* Readable when a request to end has come: for poll() where the loop does not run yet. */
int host_signal_fd(const struct host_signal *h);

/*
 * Put the terminal FD into the state RAW. From now on it is put back, to what it
 * was before, by host_signal_release_terminal(), at exit(), by crashes and other
 * deadly signals, and while the process is stopped. False with errno set. H and
 * FD must stay until the terminal is released.
 */
bool host_signal_guard_terminal(struct host_signal *h, int fd, const struct termios *raw);
void host_signal_release_terminal(struct host_signal *h);

#endif
