/*
 * Arguments of a system call in words: the decoders that syscalls.def names.
 */
#ifndef TOOLS_TRACE_ARGUMENTS_H
#define TOOLS_TRACE_ARGUMENTS_H

#include "tools/gdbstub/text.h"

struct cpu;

/* A call whose arguments are being shown, in the address space of its process. */
struct shown {
    struct cpu *c;
    struct text *out;
    const u64 *args;
    unsigned at;  /* which argument */
    s64 result;   /* when it has returned, else 0 */
    bool missing; /* something could not be read */
};

typedef void show_fn(struct shown *s, u64 value);

/*
 * The decoder called by the LEN bytes WORD of syscalls.def: a set of flags.def or one
 * of arguments.c. False: there is none.
 */
bool argument_show(struct shown *s, const char *word, size_t len, u64 value);

/* structures.c: decoders of what is behind a pointer. NULL when there is no WORD. */
show_fn *structure_find(const char *word, size_t len);

/* For them. A value in the names of the set WORD of flags.def. */
void show_flags(struct shown *s, const char *word, u64 value);
void show_pointer(struct shown *s, u64 value);
/* LEN bytes at VA in quotes, at most some tens of them; a NUL ends it if TERMINATED. */
void show_quoted(struct shown *s, u64 va, u64 len, bool terminated);
void show_signal(struct shown *s, u64 value);

#endif
