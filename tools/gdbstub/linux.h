/*
 * What the stub knows of Linux: where the kernel was linked, by the vmlinux that
 * the client has loaded (qSymbol), and which task a CPU executes (trace/tasks.h).
 * Where something cannot be known nothing is said.
 */
#ifndef TOOLS_GDBSTUB_LINUX_H
#define TOOLS_GDBSTUB_LINUX_H

#include "tools/gdbstub/text.h"
#include "tools/trace/tasks.h"

struct cpu;
struct gdbstub;

/* Symbols that are asked for; their values are 0 until known. */
enum linux_symbol { SYMBOL_TEXT, SYMBOL_INIT_TASK, SYMBOL_ENTRY_TASK, SYMBOL_COUNT };

struct linux_layout {
    u64 symbol[SYMBOL_COUNT];
    unsigned asked; /* the symbol that the client is looking for, SYMBOL_COUNT: none */
};

/* Which process the breakpoints in user code are for. */
struct linux_scope {
    enum { SCOPE_ALL, SCOPE_PID, SCOPE_COMM, SCOPE_SPACE } kind;
    u32 pid; /* of the thread or of the process */
    char comm[TASK_COMM + 1];
    u64 space; /* TTBR0_EL1.BADDR, without CnP */
};

/* Whether a breakpoint that C has come to at EL0 is meant for what it executes. */
bool linux_in_scope(struct gdbstub *g, struct cpu *c);

/* The packet qSymbol:ARGS. */
void linux_symbol(struct gdbstub *g, const char *args);

/* The kernel's first byte is linked to VA, whoever says so. */
void linux_set_kernel(struct gdbstub *g, u64 va);

/* " pid 57 sh", or nothing. */
void linux_name_task(struct gdbstub *g, struct cpu *c, struct text *out);

/* The commands `ps`, and `use-mm` with its arguments. */
void linux_list_processes(struct gdbstub *g, struct text *out);
void linux_use_mm(struct gdbstub *g, const char *args, struct text *out);

/* A line about it, or nothing. */
void linux_describe_task(struct gdbstub *g, struct cpu *c, struct text *out);

#endif
