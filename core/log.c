/*
 * Messages about the guest's doings (log.h).
 */
#include "core/log.h"

#include <stdarg.h>

void log_line(const struct log *l, enum log_item item, const char *format, ...)
{
    if (!log_enabled(l, item))
        return;
    va_list args;
    va_start(args, format);
    vfprintf(l->out, format, args);
    va_end(args);
    fputc('\n', l->out);
    fflush(l->out);
}
