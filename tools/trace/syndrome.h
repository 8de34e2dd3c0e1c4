/*
 * ESR_EL1 in words (DDI 0487, D19.2.37): the class of an exception and what its
 * syndrome says, for the monitor and the log of exceptions.
 */
#ifndef TOOLS_TRACE_SYNDROME_H
#define TOOLS_TRACE_SYNDROME_H

#include "tools/gdbstub/text.h"

/* What ESR_EL1.EC means, for the classes that are taken to EL1. */
const char *syndrome_class(u32 ec);

/* What follows the class: ": translation fault, level 3, a write", " #0" of SVC, or nothing. */
void syndrome_describe(u64 esr, struct text *out);

#endif
