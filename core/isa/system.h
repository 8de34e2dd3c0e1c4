/*
 * What the formats of MRS and MSR need to know of op_system.c.
 */
#ifndef CORE_ISA_SYSTEM_H
#define CORE_ISA_SYSTEM_H

#include "core/engine/uop.h"

/*
 * A handler that reads the register of U's row straight from storage, for rows
 * whose reads have no side effect, no hook and no condition but the exception
 * level; NULL for the others.
 */
handler_fn *system_plain_mrs(const struct uop *u);

#endif
