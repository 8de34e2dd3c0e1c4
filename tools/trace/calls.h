/*
 * System calls that were made and have not returned, of every process.
 *
 * A call belongs to a kernel stack: whoever executes at EL0 has SP_EL1 at the top
 * of its own, so that number tells tasks apart in any kernel that has a stack for
 * each. A call ends where that stack returns to EL0 right behind the SVC, with the
 * same SP; a return to the SVC itself restarts it; anything else is a signal's
 * handler, and the call's end comes later.
 */
#ifndef TOOLS_TRACE_CALLS_H
#define TOOLS_TRACE_CALLS_H

#include "tools/gdbstub/text.h"
#include "tools/trace/tasks.h"

struct cpu;

/* Numbers of calls (asm-generic/unistd.h) that end in their own ways. */
enum {
    NR_EXIT = 93,
    NR_EXIT_GROUP = 94,
    NR_RT_SIGRETURN = 139,
    NR_EXECVE = 221,
    NR_EXECVEAT = 281
};

enum { CALL_ARGS = 6 };

struct call {
    u64 stack, space, sp; /* SP_EL1 at EL0, TTBR0_EL1.BADDR, SP_EL0 */
    u64 pc;               /* of the SVC */
    u64 number;
    bool made; /* the SVC was executed, and not skipped by a debugger's user */
    /* For who writes them down: */
    u64 args[CALL_ARGS];
    struct task task;
    struct text shown;
    unsigned done; /* arguments that are in it */
};

/* Zeroed is empty. */
struct calls {
    struct call *list; /* oldest first */
    unsigned count, capacity;
};

/* The current address space as struct call has it. */
u64 calls_space(const struct cpu *c);

/* The call of STACK that was made by the SVC at PC with C's SP_EL0 and space, or NULL. */
struct call *calls_find(struct calls *k, const struct cpu *c, u64 stack, u64 pc);

/* A new one; the oldest goes when there are too many. NULL without memory. */
struct call *calls_add(struct calls *k, const struct cpu *c, u64 stack, u64 pc);

/* C is back at EL0: the call that has ended, or NULL. */
struct call *calls_ended(struct calls *k, const struct cpu *c);

/* Calls NUMBER never come back to where they were made. */
bool calls_never_returns(u64 number);

void calls_remove(struct calls *k, struct call *call);
void calls_clear(struct calls *k);

#endif
