/*
 * The monitor: a prompt beside the guest's console at which the user looks into
 * the machine and controls it, in QEMU's words.
 */
#ifndef TOOLS_MONITOR_H
#define TOOLS_MONITOR_H

#include <stddef.h>

struct chardev;
struct machine;
struct monitor;

/*
 * A monitor of M at the back end PORT, which must outlive it; the prompt appears
 * when somebody looks. NULL if PORT is NULL or there is no memory: no monitor.
 */
struct monitor *monitor_create(struct machine *m, struct chardev *port);
void monitor_destroy(struct monitor *mon);

typedef void monitor_write_fn(void *owner, const char *data, size_t len);

/* Obey one command LINE on M; what it prints goes to WRITE. */
void monitor_execute(struct machine *m, const char *line, monitor_write_fn *write, void *owner);

#endif
