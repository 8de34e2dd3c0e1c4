/*
 * What the engine does about each way a body can end. These are macros because a
 * handler must end in a jump of its own (engine/uop.h); everything that is not
 * hot is a handler of its own in engine/leave.c.
 */
#ifndef CORE_ENGINE_DISPATCH_H
#define CORE_ENGINE_DISPATCH_H

#include "core/cpu.h"
#include "core/engine/uop.h"

/* Handlers that are no instruction's. */
HANDLER(op_exit);         /* the budget is used up; go on at op u later */
HANDLER(op_far_miss);     /* go on at cpu.pc, which the code TLB does not hold */
HANDLER(op_guarded_jump); /* the same, but the code TLB may hold it; pages are guarded */
HANDLER(op_leave);        /* this op is done; go on behind it later */
HANDLER(op_switch);       /* go on at cpu.pc; UNTIL still counts from this op */
HANDLER(op_raise);        /* the exception in cpu.exc happened at op u */
HANDLER(op_fp_trap);      /* the op at u is trapped by CPACR_EL1.FPEN */
HANDLER(op_decode);       /* what every slot holds until it is first executed */
HANDLER(op_probe);        /* a slot that somebody outside wants to be asked about */
HANDLER(op_profile);      /* counts the op at u and goes on to it: profile.h */
HANDLER(op_page_end);     /* the sentinel behind a page's last op */
HANDLER(op_missing);      /* a plain op returned MISS: a bug of ours */
HANDLER(op_undefined);    /* no row matches */
HANDLER(op_step_end);     /* the sentinel of the stepping loop */

/* Where the word at op U is, in virtual memory. */
#define OP_PC(u) (c->page_va + (u64)((const char *)(u) - (const char *)c->ops) / 4)

/* Bytes between ops, for moving UNTIL along with u. */
#define OP_DISTANCE(to, from) ((const char *)(to) - (const char *)(from))
#define OP_PLACE(u)           ((uintptr_t)(u))
#define OP_AT(place)          ((const struct uop *)(place))
#define OP_MOVED(p, bytes)    ((const struct uop *)((const char *)(p) + (bytes)))

/* Put what the rest of the machine may ask for into memory. */
#if TAIL_DISPATCH
#define SYNC_OUT() (c->u = u, c->until = until)
#define SYNC_IN()  (until = c->until)
#else
#define SYNC_OUT() (c->u = u)
#define SYNC_IN()  ((void)0)
#endif

/*
 * How a handler sees its op, and goes on behind it; a stencil does it in another way
 * (core/stencil/bodies.c).
 */
#define BODY_OP u
#define BEHIND  (u + 1)
#define GO_ON() DISPATCH(u + 1)

/* Go on at op TARGET, behind which UNTIL counts already. */
#define ARRIVE(target)                                                                             \
    do {                                                                                           \
        u = (target);                                                                              \
        if (unlikely(u >= UNTIL))                                                                  \
            CONTINUE_AT(op_exit);                                                                  \
        DISPATCH(u);                                                                               \
    } while (0)

/* A branch to imm bytes of ops from the following op. */
#define GO_NEAR()                                                                                  \
    do {                                                                                           \
        UNTIL = OP_MOVED(UNTIL, (BODY_OP)->imm);                                                   \
        ARRIVE(OP_MOVED(BEHIND, (BODY_OP)->imm));                                                  \
    } while (0)

/* A branch to virtual address VA, which counts from op FROM. */
#define GO_FAR(va, from)                                                                           \
    do {                                                                                           \
        u64 to_ = (va);                                                                            \
        struct code_entry entry_ = TLB->code[tlb_code_index(to_)];                                 \
        __asm__("" : "+r"(entry_.ops)); /* loaded now: later its place would be computed anew */   \
        if (unlikely(entry_.tag != (to_ & (TLB_PAGE_MASK | 3)))) {                                 \
            c->pc = to_;                                                                           \
            CONTINUE_AT(op_far_miss);                                                              \
        }                                                                                          \
        const struct uop *target_ =                                                                \
            OP_MOVED(entry_.ops, (to_ & ~TLB_PAGE_MASK) << (UOP_SHIFT - 2));                       \
        UNTIL = OP_AT(OP_PLACE(UNTIL) - OP_PLACE(from) + OP_PLACE(target_));                       \
        c->page_va = entry_.tag;                                                                   \
        c->ops = entry_.ops;                                                                       \
        ARRIVE(target_);                                                                           \
    } while (0)

#define RESULT_NEAR() GO_NEAR()
#define RESULT_FAR()  GO_FAR(c->page_va + (u64)(s64)(BODY_OP)->imm, BEHIND)

/* Run a body and do what its result asks; all but one case fold away. */
#define RUN_BODY(body, variant, is_slow, take, miss)                                               \
    u64 far_ = 0;                                                                                  \
    switch (body(c, BODY_OP, (struct env){TLB, &far_, is_slow}, variant)) {                        \
    case NEXT:                                                                                     \
        GO_ON();                                                                                   \
    case TAKE:                                                                                     \
        take();                                                                                    \
    case FAR:                                                                                      \
        GO_FAR(far_, BEHIND);                                                                      \
    case MISS:                                                                                     \
        CONTINUE_AT(miss);                                                                         \
    case LEAVE:                                                                                    \
        CONTINUE_AT(op_leave);                                                                     \
    case SWITCH:                                                                                   \
        CONTINUE_AT(op_switch);                                                                    \
    case RAISE:                                                                                    \
    default:                                                                                       \
        CONTINUE_AT(op_raise);                                                                     \
    }

/*
 * The same after SYNC_OUT. Whatever the body called may have asked the CPU to
 * look around (an interrupt line went up, an alarm was set).
 */
#define RUN_BODY_SYNCED(body, variant)                                                             \
    u64 far_ = 0;                                                                                  \
    enum flow flow_ = body(c, u, (struct env){TLB, &far_, true}, variant);                         \
    SYNC_IN();                                                                                     \
    switch (flow_) {                                                                               \
    case NEXT:                                                                                     \
        if (unlikely(cpu_kicked(c)))                                                               \
            CONTINUE_AT(op_leave);                                                                 \
        DISPATCH(u + 1);                                                                           \
    case FAR:                                                                                      \
        GO_FAR(far_, u + 1);                                                                       \
    case LEAVE:                                                                                    \
        CONTINUE_AT(op_leave);                                                                     \
    case SWITCH:                                                                                   \
        CONTINUE_AT(op_switch);                                                                    \
    case MISS:                                                                                     \
    case TAKE:                                                                                     \
        CONTINUE_AT(op_missing);                                                                   \
    case RAISE:                                                                                    \
    default:                                                                                       \
        CONTINUE_AT(op_raise);                                                                     \
    }

#endif
