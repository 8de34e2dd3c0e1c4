/*
 * What -d turns on: where messages about the guest's doings go. A value that the
 * machine owns and hands to whoever has something to say.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdio.h>

#include "core/types.h"

enum log_item {
    LOG_GUEST_ERRORS = 1 << 0, /* the guest did what it should not */
    LOG_UNIMP = 1 << 1,        /* the guest used what does not exist */
    LOG_INT = 1 << 2,          /* exceptions and interrupts */
    LOG_IN_ASM = 1 << 3,       /* each instruction when it is first decoded */
    LOG_EXEC = 1 << 4,         /* each instruction executed */
    LOG_CPU = 1 << 5,          /* registers before each instruction executed */
    LOG_MMU = 1 << 6,          /* translation faults and TLB maintenance */
    LOG_PAGE = 1 << 7,         /* pages of code as they are decoded and dropped */
    LOG_EXC = 1 << 8,          /* exceptions taken and returned from, in words */
};

struct log {
    u32 items; /* LOG_* */
    FILE *out;
};

static inline bool log_enabled(const struct log *l, enum log_item item)
{
    return l && (l->items & (u32)item);
}

/* One line (a newline is added) if ITEM is on. A NULL log says nothing. */
__attribute__((format(printf, 3, 4))) void log_line(const struct log *l, enum log_item item,
                                                    const char *format, ...);

#endif
