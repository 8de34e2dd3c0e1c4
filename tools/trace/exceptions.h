/*
 * -d exc: a line for each exception that is taken and for each return from one.
 */
#ifndef TOOLS_TRACE_EXCEPTIONS_H
#define TOOLS_TRACE_EXCEPTIONS_H

#include "core/engine/probe.h"
#include "core/log.h"

/* The observer that writes to LOG, which must outlive it. */
struct probe_observer exceptions_observer(const struct log *log);

#endif
