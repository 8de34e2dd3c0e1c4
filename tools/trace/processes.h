/*
 * All processes of a Linux guest and their address spaces, found without symbols as
 * in tasks.h: processes hang together as parents, children and siblings, and an
 * address space is known by the tables that TTBR0_EL1 holds now.
 */
#ifndef TOOLS_TRACE_PROCESSES_H
#define TOOLS_TRACE_PROCESSES_H

#include "tools/trace/tasks.h"

/* False: that's enough. */
typedef bool process_visit_fn(void *owner, const struct task *t);

/*
 * Every process, parents before their children; the idle task, of pid 0, is the first.
 * Threads that lead no process are left out. False: not known, or the lists are torn.
 */
bool processes_visit(struct task_finder *f, struct cpu *c, process_visit_fn *visit, void *owner);

/*
 * Where the translation tables are that TTBR0_EL1 holds when T executes at EL0. False:
 * it has no user code, or no process's tables have ever been seen in TTBR0_EL1.
 */
bool processes_tables(struct task_finder *f, struct cpu *c, const struct task *t, u64 *pa);

#endif
