/*
 * How an instruction's semantics are written, once.
 *
 *     OP(add_imm, 2) { SET(d, V, X(n) + imm); return NEXT; }
 *
 * defines the body of the table row `add_imm` and the handlers op_add_imm_0 and
 * op_add_imm_1 that run it with the constant V = 0 and V = 1. The body knows
 * nothing of dispatch; it returns a `enum flow`. In a body these names exist:
 *
 *     c   the CPU          u   the decoded op
 *     V   the variant, a compile-time constant (what it means: the row's format)
 *     e   struct env: the TLB, and whether this is the slow twin
 *
 * Kinds:
 *     OP        touches registers only
 *     OP_BR     a direct branch: two handlers a variant, 2V to a target on the same
 *               page and 2V+1 to one elsewhere; the body returns TAKE for either
 *     OP_JUMP   an indirect branch: handler 0 for CPUs without FEAT_BTI, handler 1 notes
 *               PSTATE.BTYPE, which is in imm; OP_NOTED has only the second kind
 *     OP_MEM    touches memory through core/memory.h. The fast handler holds
 *               inline accesses only; when one of them misses, the body returns
 *               what it got (MISS) before it has changed anything but RAM, and is
 *               run again, whole, as op_NAME_V_slow
 *     OP_TWIN   the same for what is not memory: the everyday case in the fast handler,
 *               the whole instruction, as an OP_SYS, in the slow twin
 *     OP_SYS    needs the machine's state in memory (cpu.u, cpu.until): system
 *               instructions, exceptions
 *     OP_FP, OP_FPMEM   like OP and OP_MEM, but trapped while CPACR_EL1.FPEN says so
 */
#ifndef CORE_ISA_OPS_H
#define CORE_ISA_OPS_H

#include "core/cpu.h"
#include "core/engine/dispatch.h"

/* The value of a register slot; SLOT_ZERO reads as zero. */
#define X(slot) (c->x[u->slot])
#define W(slot) ((u32)c->x[u->slot])
#define SP      (c->x[SLOT_SP])
#define LR      (c->x[SLOT_LR])
#define AUX     ((u64)u->aux)

/* The immediate, and a sum with it; shifts by a slot. */
#define IMM            ((u64)(s64)u->imm)
#define PLUS_IMM(x)    ((x) + IMM)
#define LSL64(x, slot) ((u64)(x) << u->slot)
#define LSR64(x, slot) ((u64)(x) >> u->slot)
#define ASR64(x, slot) ((u64)((s64)(x) >> u->slot))
#define LSL32(x, slot) ((u32)(x) << u->slot)
#define LSR32(x, slot) ((u32)(x) >> u->slot)
#define ASR32(x, slot) ((u32)((s32)(x) >> u->slot))

#define BODY(name)                                                                                 \
    static ALWAYS_INLINE enum flow body_##name(struct cpu *c, const struct uop *u,                 \
                                               const struct env e, const unsigned V)

#define PLAIN_(name, v)                                                                            \
    HANDLER(op_##name##_##v);                                                                      \
    HANDLER(op_##name##_##v)                                                                       \
    {                                                                                              \
        RUN_BODY(body_##name, v, false, RESULT_NEAR, op_missing);                                  \
    }

#define NOTED_(name, v)                                                                            \
    HANDLER(op_##name##_##v);                                                                      \
    HANDLER(op_##name##_##v)                                                                       \
    {                                                                                              \
        body_##name(c, u, (struct env){TLB, &c->pc, false}, v);                                    \
        c->btype = (u8)u->imm;                                                                     \
        c->btype_left = (u64)OP_DISTANCE(UNTIL, u + 1);                                            \
        if (unlikely(c->guards))                                                                   \
            CONTINUE_AT(op_guarded_jump);                                                          \
        GO_FAR(c->pc, u + 1);                                                                      \
    }

#define BRANCH_(name, v, near, far)                                                                \
    HANDLER(op_##name##_##near);                                                                   \
    HANDLER(op_##name##_##far);                                                                    \
    HANDLER(op_##name##_##near)                                                                    \
    {                                                                                              \
        RUN_BODY(body_##name, v, false, RESULT_NEAR, op_missing);                                  \
    }                                                                                              \
    HANDLER(op_##name##_##far)                                                                     \
    {                                                                                              \
        RUN_BODY(body_##name, v, false, RESULT_FAR, op_missing);                                   \
    }

#define SYNCED_(name, v)                                                                           \
    HANDLER(op_##name##_##v);                                                                      \
    HANDLER(op_##name##_##v)                                                                       \
    {                                                                                              \
        SYNC_OUT();                                                                                \
        RUN_BODY_SYNCED(body_##name, v);                                                           \
    }

#define MEMORY_(name, v)                                                                           \
    HANDLER(op_##name##_##v);                                                                      \
    COLD HANDLER(op_##name##_##v##_slow);                                                          \
    HANDLER(op_##name##_##v)                                                                       \
    {                                                                                              \
        RUN_BODY(body_##name, v, false, RESULT_NEAR, op_##name##_##v##_slow);                      \
    }                                                                                              \
    COLD HANDLER(op_##name##_##v##_slow)                                                           \
    {                                                                                              \
        SYNC_OUT();                                                                                \
        RUN_BODY_SYNCED(body_##name, v);                                                           \
    }

#define FP_(name, v)                                                                               \
    HANDLER(op_##name##_##v);                                                                      \
    HANDLER(op_##name##_##v)                                                                       \
    {                                                                                              \
        if (unlikely(c->fp_trapped))                                                               \
            CONTINUE_AT(op_fp_trap);                                                               \
        RUN_BODY(body_##name, v, false, RESULT_NEAR, op_missing);                                  \
    }

#define FPMEM_(name, v)                                                                            \
    HANDLER(op_##name##_##v);                                                                      \
    COLD HANDLER(op_##name##_##v##_slow);                                                          \
    HANDLER(op_##name##_##v)                                                                       \
    {                                                                                              \
        if (unlikely(c->fp_trapped))                                                               \
            CONTINUE_AT(op_fp_trap);                                                               \
        RUN_BODY(body_##name, v, false, RESULT_NEAR, op_##name##_##v##_slow);                      \
    }                                                                                              \
    COLD HANDLER(op_##name##_##v##_slow)                                                           \
    {                                                                                              \
        SYNC_OUT();                                                                                \
        RUN_BODY_SYNCED(body_##name, v);                                                           \
    }

#define EACH_1(kind, name)  kind(name, 0)
#define EACH_2(kind, name)  EACH_1(kind, name) kind(name, 1)
#define EACH_3(kind, name)  EACH_2(kind, name) kind(name, 2)
#define EACH_4(kind, name)  EACH_3(kind, name) kind(name, 3)
#define EACH_5(kind, name)  EACH_4(kind, name) kind(name, 4)
#define EACH_6(kind, name)  EACH_5(kind, name) kind(name, 5)
#define EACH_7(kind, name)  EACH_6(kind, name) kind(name, 6)
#define EACH_8(kind, name)  EACH_7(kind, name) kind(name, 7)
#define EACH_10(kind, name) EACH_8(kind, name) kind(name, 8) kind(name, 9)
#define EACH_12(kind, name) EACH_10(kind, name) kind(name, 10) kind(name, 11)
#define EACH_16(kind, name)                                                                        \
    EACH_12(kind, name) kind(name, 12) kind(name, 13) kind(name, 14) kind(name, 15)
#define EACH_32(kind, name)                                                                        \
    EACH_16(kind, name)                                                                            \
    kind(name, 16) kind(name, 17) kind(name, 18) kind(name, 19) kind(name, 20) kind(name, 21)      \
        kind(name, 22) kind(name, 23) kind(name, 24) kind(name, 25) kind(name, 26) kind(name, 27)  \
            kind(name, 28) kind(name, 29) kind(name, 30) kind(name, 31)

#define BRANCH_EACH_1(name) BRANCH_(name, 0, 0, 1)
#define BRANCH_EACH_2(name) BRANCH_EACH_1(name) BRANCH_(name, 1, 2, 3)
#define BRANCH_EACH_16(name)                                                                       \
    BRANCH_EACH_2(name)                                                                            \
    BRANCH_(name, 2, 4, 5)                                                                         \
    BRANCH_(name, 3, 6, 7)                                                                         \
    BRANCH_(name, 4, 8, 9)                                                                         \
    BRANCH_(name, 5, 10, 11)                                                                       \
    BRANCH_(name, 6, 12, 13)                                                                       \
    BRANCH_(name, 7, 14, 15)                                                                       \
    BRANCH_(name, 8, 16, 17)                                                                       \
    BRANCH_(name, 9, 18, 19)                                                                       \
    BRANCH_(name, 10, 20, 21)                                                                      \
    BRANCH_(name, 11, 22, 23)                                                                      \
    BRANCH_(name, 12, 24, 25)                                                                      \
    BRANCH_(name, 13, 26, 27)                                                                      \
    BRANCH_(name, 14, 28, 29)                                                                      \
    BRANCH_(name, 15, 30, 31)

#define OP(name, count)                                                                            \
    BODY(name);                                                                                    \
    EACH_##count(PLAIN_, name) BODY(name)
#define OP_JUMP(name)                                                                              \
    BODY(name);                                                                                    \
    PLAIN_(name, 0) NOTED_(name, 1) BODY(name)
#define OP_NOTED(name, count)                                                                      \
    BODY(name);                                                                                    \
    EACH_##count(NOTED_, name) BODY(name)
#define OP_BR(name, count)                                                                         \
    BODY(name);                                                                                    \
    BRANCH_EACH_##count(name) BODY(name)
#define OP_SYS(name, count)                                                                        \
    BODY(name);                                                                                    \
    EACH_##count(SYNCED_, name) BODY(name)
#define OP_MEM(name, count)                                                                        \
    BODY(name);                                                                                    \
    EACH_##count(MEMORY_, name) BODY(name)
#define OP_TWIN(name, count) OP_MEM(name, count)
#define OP_FP(name, count)                                                                         \
    BODY(name);                                                                                    \
    EACH_##count(FP_, name) BODY(name)
#define OP_FPMEM(name, count)                                                                      \
    BODY(name);                                                                                    \
    EACH_##count(FPMEM_, name) BODY(name)

#endif
