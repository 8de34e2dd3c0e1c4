/*
 * Which Linux task a CPU executes, found without the kernel's help. Symbols of a
 * vmlinux make it quicker but are not needed: the entry code at VBAR_EL1 says
 * where the per-CPU pointer to the current task is, tasks lead to init_task by
 * their parents, and what init_task holds is known for every version. Where
 * something cannot be known nothing is said.
 */
#ifndef TOOLS_TRACE_TASKS_H
#define TOOLS_TRACE_TASKS_H

#include "core/types.h"

struct cpu;

enum {
    TASK_COMM = 16,
    TASK_SIZE = 8192, /* what is looked through of a task_struct */
};

struct task {
    u64 address; /* of its task_struct */
    u32 pid;     /* the thread's number */
    u32 tgid;    /* the process's */
    char comm[TASK_COMM + 1];
};

/* Zeroed knows nothing yet. */
struct task_finder {
    u64 init_task, entry_task; /* addresses of these symbols, 0: not known */
    u64 vectors;               /* the VBAR_EL1 that entry_task was looked for at */
    bool known;                /* the first task and the offsets in a task_struct: */
    u64 root;
    u64 comm, pid, tgid, parent;
    bool failed; /* the last attempt to find them, at this count of instructions */
    u64 failed_at;
    bool mm_known; /* processes.c: where a task_struct has its mm, and that its pgd */
    u64 mm, pgd;
    u64 mm_tried; /* with these tables in vain, or not */
};

/* A vmlinux says where these are; 0: it doesn't. Everything else is found anew. */
void tasks_set_symbols(struct task_finder *f, u64 init_task, u64 entry_task);

/* The task that C executes, at either level; false: not known. */
bool tasks_current(struct task_finder *f, struct cpu *c, struct task *t);

/* Its address alone. */
bool tasks_current_address(struct task_finder *f, struct cpu *c, u64 *task);

/* The task at ADDRESS; false: not known. */
bool tasks_read(struct task_finder *f, struct cpu *c, u64 address, struct task *t);

/* The word at OFFSET of a copy of kernel memory, and whether it may point into the kernel's. */
u64 tasks_word(const u8 *data, size_t offset);
bool tasks_is_pointer(u64 v);

#endif
