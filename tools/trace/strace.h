/*
 * Every system call of every process, seen from outside: one line for each when
 * it returns, as strace(1) writes them. Nothing runs in the guest for it.
 *
 *   [pid comm] openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3
 *
 * pid and comm are "?" where the kernel's tasks cannot be made out.
 */
#ifndef TOOLS_TRACE_STRACE_H
#define TOOLS_TRACE_STRACE_H

#include <stdio.h>

#include "tools/gdbstub/text.h"

struct engine;
struct strace;
struct task_finder;

/* Begin to write to OUT, which stays the caller's. NULL without memory. */
struct strace *strace_create(struct engine *e, struct task_finder *tasks, FILE *out);

/* End, with a line for each call that has not returned. S may be NULL. */
void strace_destroy(struct strace *s);

/* A line for each call that is under way. */
void strace_pending(const struct strace *s, struct text *out);

/* The name of call NUMBER on arm64, or NULL. */
const char *strace_name(u64 number);

#endif
