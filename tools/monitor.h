/*
 * The monitor: a prompt beside the guest's console at which the user looks into
 * the machine and controls it, in QEMU's words.
 */
#ifndef TOOLS_MONITOR_H
#define TOOLS_MONITOR_H

struct chardev;
struct machine;
struct monitor;

/*
 * A monitor of M at the back end PORT, which must outlive it; the prompt appears
 * when somebody looks. NULL if PORT is NULL or there is no memory: no monitor.
 */
struct monitor *monitor_create(struct machine *m, struct chardev *port);
void monitor_destroy(struct monitor *mon);

#endif
