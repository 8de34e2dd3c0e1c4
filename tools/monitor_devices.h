/*
 * The monitor's commands about disks and networks (monitor.c). Each adds lines to
 * OUT.
 */
#ifndef TOOLS_MONITOR_DEVICES_H
#define TOOLS_MONITOR_DEVICES_H

struct machine;
struct text;

/* Disks: image, what is said of it, size. */
void monitor_block(struct machine *m, const char *args, struct text *out);

/* Cards: address, link, and the network they are on. */
void monitor_network(struct machine *m, const char *args, struct text *out);

/* ARGS is NAME on|off: plug a card's cable in, or out. */
void monitor_set_link(struct machine *m, const char *args, struct text *out);

#endif
