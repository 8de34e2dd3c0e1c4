/*
 * What is written down of a machine's run beside its log: system calls (-strace),
 * exceptions (-d exc), instructions (-trace). A machine has one of these.
 */
#ifndef TOOLS_TRACING_H
#define TOOLS_TRACING_H

#include <stdio.h>

#include "core/engine/probe.h"
#include "firmware/file.h"
#include "tools/trace/tasks.h"

struct machine;
struct text;

/* Zeroed traces nothing. */
struct tracing {
    struct task_finder tasks; /* which process it is that runs */
    struct strace *strace;
    FILE *strace_file; /* NULL: the log's */
    struct insn_trace *insn;
    struct probe_observer exceptions;
};

/* What M's options ask for. False with a line in E. */
bool tracing_start(struct machine *m, struct load_error *e);
void tracing_stop(struct machine *m);

/* The monitor's `strace [on|off]`: what came of it, and what is under way, goes to OUT. */
void tracing_command(struct machine *m, const char *args, struct text *out);

#endif
