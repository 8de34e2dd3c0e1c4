/*
 * -trace: every instruction with the registers that it changed and the memory that
 * it read or wrote, one line each, or in the form of Arm's Tarmac. Only what the
 * filters let through is run by the stepping loop.
 */
#ifndef TOOLS_TRACE_INSN_H
#define TOOLS_TRACE_INSN_H

#include "tools/trace/tasks.h"

struct engine;
struct insn_trace;

struct insn_filter {
    unsigned els; /* BIT(EL): the levels */
    bool ranged;  /* only while the PC is from FIRST to LAST: */
    u64 first, last;
    bool by_pid, by_comm; /* only what runs for this process or thread, or name */
    u32 pid;
    char comm[TASK_COMM + 1];
    u64 count; /* stop after so many instructions; 0: never */
    bool tarmac;
};

/* Trace into the file PATH until destroyed. NULL with errno set. */
struct insn_trace *insn_trace_create(struct engine *e, struct task_finder *tasks, const char *path,
                                     const struct insn_filter *filter);
void insn_trace_destroy(struct insn_trace *t);

#endif
