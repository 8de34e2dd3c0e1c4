/*
 * Handlers that are no instruction's: the ways out of threaded execution and the
 * ways round inside it. Whoever leaves has cpu.pc and cpu.icount up to date.
 */
#include <assert.h>

#include "core/engine/dispatch.h"
#include "core/engine/engine.h"
#include "core/exception.h"

/* Account for everything before op NEXT, which is the first not executed. */
#define COUNT(next) (c->icount = c->icount_limit - (u64)(OP_DISTANCE(UNTIL, (next)) >> UOP_SHIFT))

/* PSTATE.BTYPE is zero unless an indirect branch went to op HERE just now: core/isa/bti.h. */
#define SETTLE_BTYPE(here)                                                                         \
    do {                                                                                           \
        if (unlikely(c->btype) && c->btype_left != (u64)OP_DISTANCE(UNTIL, (here)))                \
            c->btype = 0;                                                                          \
    } while (0)

/* Both, HERE being the instruction that PSTATE is about. */
#define ACCOUNT(next, here)                                                                        \
    do {                                                                                           \
        COUNT(next);                                                                               \
        SETTLE_BTYPE(here);                                                                        \
    } while (0)

HANDLER(op_exit)
{
    c->pc = OP_PC(u);
    ACCOUNT(u, u);
    LEAVE_ENGINE;
}

HANDLER(op_leave)
{
    c->pc = OP_PC(u) + 4;
    ACCOUNT(u + 1, u + 1);
    LEAVE_ENGINE;
}

/* The body has set all of PSTATE. */
HANDLER(op_switch)
{
    COUNT(u + 1);
    LEAVE_ENGINE;
}

/* It counts as executed, so that a storm of exceptions uses up the budget. */
HANDLER(op_raise)
{
    c->pc = OP_PC(u);
    ACCOUNT(u + 1, u);
    c->raised = true;
    LEAVE_ENGINE;
}

HANDLER(op_fp_trap)
{
    raise_fp_trap(c);
    CONTINUE_AT(op_raise);
}

HANDLER(op_undefined)
{
    SYNC_OUT();
    c->pc = OP_PC(u);
    cpu_report_undefined(c);
    raise_undefined(c);
    CONTINUE_AT(op_raise);
}

HANDLER(op_missing)
{
    assert(!"a body returned a flow that its kind cannot have");
    CONTINUE_AT(op_undefined);
}

HANDLER(op_decode)
{
    engine_decode_slot(c, u);
    DISPATCH(u);
}

/* Not executed: the run loop asks, and steps over it. */
HANDLER(op_probe)
{
    c->pc = OP_PC(u);
    ACCOUNT(u, u);
    c->probed = PROBE_SLOT;
    LEAVE_ENGINE;
}

HANDLER(op_step_end)
{
    CONTINUE_AT(op_exit);
}

/* As in the run loop, a fetch that aborts counts as an instruction. */
static void note_abort(struct cpu *c)
{
    c->raised = true;
    c->icount++;
}

/* The branch at u goes to cpu.pc, which the code TLB does not hold. */
HANDLER(op_far_miss)
{
    const struct uop *from = u + 1;
    if (c->ops == c->scratch) { /* a step ends here; a fetch that aborts is the next one's */
        c->pc = engine_branch_address(c, c->pc);
        ACCOUNT(from, from);
        LEAVE_ENGINE;
    }
    engine_count(c->engine, EVENT_LINK);
    const struct uop *target = engine_fetch(c, c->pc);
    SETTLE_BTYPE(from);
    if (!target || (unlikely(c->btype) && !engine_check_landing(c, c->ops, c->pc))) {
        COUNT(from);
        if (!target) /* else it is for the run loop to find out again */
            note_abort(c);
        LEAVE_ENGINE;
    }
    UNTIL = OP_MOVED(UNTIL, OP_DISTANCE(target, from));
    u = target;
    if (unlikely(u >= UNTIL))
        CONTINUE_AT(op_exit);
    DISPATCH(u);
}

/* The indirect branch at u goes to cpu.pc, and there are guarded pages. */
HANDLER(op_guarded_jump)
{
    const struct code_entry *entry = &TLB->code[tlb_code_index(c->pc)];
    if (entry->tag != (c->pc & (TLB_PAGE_MASK | 3)) ||
        unlikely(!engine_check_landing(c, entry->ops, c->pc)))
        CONTINUE_AT(op_far_miss); /* which finds out again */
    GO_FAR(c->pc, u + 1);
}

/* The sentinel is no instruction: the following page's first op is next. */
HANDLER(op_page_end)
{
    engine_count(c->engine, EVENT_PAGE_END);
    const struct uop *target = engine_fetch(c, c->page_va + (1u << TLB_PAGE_SHIFT));
    if (!target) {
        ACCOUNT(u, u);
        note_abort(c);
        LEAVE_ENGINE;
    }
    UNTIL = OP_MOVED(UNTIL, OP_DISTANCE(target, u));
    u = target;
    if (unlikely(u >= UNTIL))
        CONTINUE_AT(op_exit);
    DISPATCH(u);
}
