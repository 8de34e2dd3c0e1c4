/*
 * What the formats of MRS and MSR need to know of op_system.c.
 */
#ifndef CORE_ISA_SYSTEM_H
#define CORE_ISA_SYSTEM_H

#include "core/engine/uop.h"

/*
 * Cheaper handlers of equal effect for some registers and system instructions, by
 * U's row; NULL for the others. MRS has one that reads straight from storage, for rows
 * whose reads have no side effect, no hook and no condition but the exception
 * level.
 */
handler_fn *system_quick_mrs(const struct uop *u);
handler_fn *system_quick_msr(const struct uop *u);
handler_fn *system_quick_sys(const struct uop *u);

/* The handler of a hint that does nothing. */
handler_fn *system_no_operation(void);

#endif
