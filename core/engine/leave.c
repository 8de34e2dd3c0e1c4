/*
 * Handlers that are no instruction's: the ways out of threaded execution and the
 * ways round inside it. Whoever leaves has cpu.pc and cpu.icount up to date.
 */
#include <assert.h>

#include "core/engine/dispatch.h"
#include "core/engine/engine.h"
#include "core/exception.h"

/* Account for everything before op NEXT, which is the first not executed. */
#define ACCOUNT(next) (c->icount = c->icount_limit - (u64)(OP_DISTANCE(UNTIL, (next)) >> UOP_SHIFT))

HANDLER(op_exit)
{
    c->pc = OP_PC(u);
    ACCOUNT(u);
    LEAVE_ENGINE;
}

HANDLER(op_leave)
{
    c->pc = OP_PC(u) + 4;
    ACCOUNT(u + 1);
    LEAVE_ENGINE;
}

HANDLER(op_switch)
{
    ACCOUNT(u + 1);
    LEAVE_ENGINE;
}

/* It counts as executed, so that a storm of exceptions uses up the budget. */
HANDLER(op_raise)
{
    c->pc = OP_PC(u);
    ACCOUNT(u + 1);
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
    ACCOUNT(u);
    c->probed = PROBE_SLOT;
    LEAVE_ENGINE;
}

HANDLER(op_step_end)
{
    CONTINUE_AT(op_exit);
}

/* The branch at u goes to cpu.pc, which the code TLB does not hold. */
HANDLER(op_far_miss)
{
    const struct uop *from = u + 1;
    if (c->ops == c->scratch) { /* a step ends here; a fetch that aborts is the next one's */
        c->pc = engine_branch_address(c, c->pc);
        ACCOUNT(from);
        LEAVE_ENGINE;
    }
    engine_count(c->engine, EVENT_LINK);
    const struct uop *target = engine_fetch(c, c->pc);
    if (!target) {
        ACCOUNT(from);
        c->raised = true;
        LEAVE_ENGINE;
    }
    UNTIL = OP_MOVED(UNTIL, OP_DISTANCE(target, from));
    u = target;
    if (unlikely(u >= UNTIL))
        CONTINUE_AT(op_exit);
    DISPATCH(u);
}

/* The sentinel is no instruction: the following page's first op is next. */
HANDLER(op_page_end)
{
    engine_count(c->engine, EVENT_PAGE_END);
    const struct uop *target = engine_fetch(c, c->page_va + (1u << TLB_PAGE_SHIFT));
    if (!target) {
        ACCOUNT(u);
        c->raised = true;
        LEAVE_ENGINE;
    }
    UNTIL = OP_MOVED(UNTIL, OP_DISTANCE(target, u));
    u = target;
    if (unlikely(u >= UNTIL))
        CONTINUE_AT(op_exit);
    DISPATCH(u);
}
