/*
 * Self-hosted debug (DDI 0487, chapter D2): breakpoints, watchpoints and software
 * step, as questions that the engine's stepping loop and slow memory accesses
 * ask. Debug exceptions are taken to EL1, the only level there is to take them.
 */
#ifndef CORE_DEBUG_H
#define CORE_DEBUG_H

#include "core/cpu.h"

/*
 * Whether instructions at the current EL have to be run by the stepping loop: an
 * enabled breakpoint may match or software step may be active here. PSTATE.D does
 * not count, for it changes without notice; the loop looks at it.
 */
bool debug_needs_stepping(const struct cpu *c);

/*
 * Before the instruction at cpu.pc: false when a Software Step or Breakpoint
 * exception came instead of it; it is in cpu.exc, and cpu.raised is set. After
 * it, whatever came of it, debug_after_step has to follow.
 */
bool debug_before_step(struct cpu *c);
void debug_after_step(struct cpu *c);

/* PSTATE.SS after an exception return with SPSR, which has not happened yet. */
bool debug_exception_return_ss(struct cpu *c, u64 spsr);

/* Whether a breakpoint matches an instruction at PC, here and now. */
bool debug_check_breakpoint(const struct cpu *c, u64 pc);

/*
 * Whether a watchpoint matches an access of SIZE bytes at VA; if so, the
 * Watchpoint exception is in cpu.exc. UNPRIVILEGED: LDTR and STTR.
 */
bool debug_check_watchpoint(struct cpu *c, u64 va, unsigned size, bool write, bool unprivileged);

/*
 * Whether an enabled watchpoint looks at the 4 KiB page at VA, so that the TLB's
 * inline path must not serve it.
 */
bool debug_watch_page(const struct cpu *c, u64 va);

#endif
