/*
 * A stub for GDB's remote serial protocol (GDB manual, appendix E): what
 * gdb-multiarch, VSCode and LLDB attach to. It runs on the machine's thread, as
 * the client of a back end; the machine's loop tells it what the CPUs did.
 */
#ifndef TOOLS_GDBSTUB_GDBSTUB_H
#define TOOLS_GDBSTUB_GDBSTUB_H

#include "core/types.h"

struct chardev;
struct gdbstub;
struct machine;

enum { GDBSTUB_SPEC = 256 };

/*
 * The back end that `-gdb TEXT` means, in the words of devices/host_chardev.h: a
 * server that waits for nobody. The stub's own words are taken out:
 * on-disconnect=continue|stop says what becomes of the machine when the client
 * vanishes. False, with a line in ERROR, when TEXT makes no sense.
 */
bool gdbstub_spec(const char *text, char spec[GDBSTUB_SPEC], bool *stop_on_disconnect,
                  char error[GDBSTUB_SPEC]);

/* A stub for M at PORT, which must outlive it. NULL without memory or without PORT. */
struct gdbstub *gdbstub_create(struct machine *m, struct chardev *port, bool stop_on_disconnect);
void gdbstub_destroy(struct gdbstub *g);

/* For the machine's loop; G may be NULL. */

/* Whether it is the stub that has to run the CPUs, and have it do so for a while. */
bool gdbstub_steps(const struct gdbstub *g);
void gdbstub_step(struct gdbstub *g);

/* virt_run returned STOP_DEBUG. */
void gdbstub_stopped(struct gdbstub *g);

/* Somebody else has paused the machine, or it was reset, or ends with STATUS. */
void gdbstub_paused(struct gdbstub *g);
void gdbstub_exited(struct gdbstub *g, int status);

#endif
