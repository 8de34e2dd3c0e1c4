/*
 * `monitor ...` in gdb: the commands that are about the stub itself, and behind
 * them all of the machine's monitor.
 */
#ifndef TOOLS_GDBSTUB_REMOTE_COMMAND_H
#define TOOLS_GDBSTUB_REMOTE_COMMAND_H

struct gdbstub;

/* Obey LINE; what it prints has been sent before the reply. */
void remote_command(struct gdbstub *g, const char *line);

#endif
