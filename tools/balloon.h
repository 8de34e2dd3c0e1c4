/*
 * The monitor's commands about the memory balloon (devices/virtio_balloon.h). What
 * they have to say is added to OUT.
 */
#ifndef TOOLS_BALLOON_H
#define TOOLS_BALLOON_H

struct machine;
struct text;

/* `balloon ARGS`: ask the guest to make do with so many MiB. */
void balloon_set(struct machine *m, const char *args, struct text *out);

/* `info balloon`: what RAM the guest has, and what it last said of it. */
void balloon_info(struct machine *m, const char *args, struct text *out);

#endif
