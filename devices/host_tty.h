/*
 * Standard input and output as a back end, whatever they are: a terminal, which
 * is made raw while the machine runs, a pipe, a file, a socket, nothing.
 *
 * Nothing is lost: what comes in waits outside until the front end has room, and
 * a slow reader makes the front end wait. End of input is heard of once and ends
 * nothing. The O_NONBLOCK of the shell's descriptions is never touched.
 */
#ifndef DEVICES_HOST_TTY_H
#define DEVICES_HOST_TTY_H

#include "devices/chardev.h"
#include "devices/host_loop.h"
#include "devices/host_signal.h"

/*
 * The back end `stdio`. KEEP_SIGNALS: the terminal's keys (Ctrl-c, Ctrl-\, Ctrl-z)
 * go on sending signals; otherwise they are input. SIGNALS guards the terminal
 * and must outlive the back end; a second back end on the same terminal is
 * refused. NULL with errno set.
 */
struct chardev *host_tty_open(struct host_loop *loop, struct host_signal *signals,
                              bool keep_signals);

/*
 * Open /dev/null in the place of each standard stream that is closed, so that no
 * file opened later is taken for one of them. To be called first in main().
 * False with errno set.
 */
bool host_tty_reserve(void);

#endif
