/*
 * Stops at system calls (QCatchSyscalls), where they are made and where they
 * return, and at exceptions of chosen kinds.
 * A call and its return are told together by trace/calls.h.
 */
#ifndef TOOLS_GDBSTUB_CATCH_H
#define TOOLS_GDBSTUB_CATCH_H

#include "tools/gdbstub/text.h"

struct catcher;
struct cpu;
struct gdbstub;
struct probe;

void catch_destroy(struct gdbstub *g);
void catch_clear(struct gdbstub *g); /* catch nothing any more */

/* Hook up what is to be caught, and nothing else. */
void catch_apply(struct gdbstub *g, struct probe *p);

/* What follows "QCatchSyscalls:": 0, 1, or 1;number;... in hex. False: malformed. */
bool catch_syscalls(struct gdbstub *g, const char *args);

/* `catch exception WORDS`; what is caught now goes to OUT. */
void catch_exceptions(struct gdbstub *g, const char *words, struct text *out);

/* The user sends a CPU elsewhere: a call that was reported and not made never will be. */
void catch_pc_changed(struct gdbstub *g);

/* Why C stopped with PROBE_EXCEPTION or PROBE_RETURN, for the stop reply. */
void catch_reason(struct gdbstub *g, const struct cpu *c, struct text *why);

/* C has taken an exception that is caught: a line for the user. */
void catch_describe(const struct cpu *c, struct text *out);

#endif
