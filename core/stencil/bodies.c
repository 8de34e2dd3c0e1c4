/*
 * The bodies of one op_*.c, compiled as stencils: machine code with holes where an op's
 * slots belong. It is never linked; core/stencil/extract.c reads it out of the object
 * file, and core/engine/chain.c copies it, one stencil behind the other, and fills in
 * the holes.
 *
 * A hole is the address of a symbol that nobody defines. What is truncated to fewer bits
 * than an address has may be any number for the compiler; offsets of registers (hole_x_d
 * and friends) are used whole, so that they become displacements.
 *
 * In a stencil the parameter u is the first op of the chain; the op that the stencil
 * executes is hole_behind bytes, less one op, behind it. Only ways out of the chain add that up.
 */
#include "core/isa/bitmask.h"
#include "core/isa/ops.h"

#define HOLE(name) __attribute__((visibility("hidden"))) extern char hole_##name[]
HOLE(d);
HOLE(n);
HOLE(m);
HOLE(a);
HOLE(imm);
HOLE(aux);
HOLE(x_d);
HOLE(x_n);
HOLE(x_m);
HOLE(x_a);
HOLE(x_imm);
HOLE(x_sp);
HOLE(x_lr);
HOLE(target);
HOLE(behind);

/* The following op's stencil; and op_exit, U being the op that it is about. */
HANDLER(stencil_next);
HANDLER(stencil_exit);

/* The op hole_target bytes behind U, and op U, wherever it is. */
HANDLER(stencil_branch);
HANDLER(stencil_dispatch);

/* Ways out that are about the op itself leave it to chain.c to say so. */
#undef CONTINUE_AT
#define CONTINUE_AT(h) __attribute__((musttail)) return h(c, u, until, tlb)

#undef X
#undef W
#undef SP
#undef LR
#undef AUX
#define X(slot) (*(u64 *)((char *)c->x + (uintptr_t)hole_x_##slot))
#define W(slot) ((u32)X(slot))
#define SP      X(sp)
#define LR      X(lr)
#define AUX     ((u64)(uintptr_t)hole_aux)

/* The assembler puts the immediate into the instruction; the compiler would load it before. */
#undef IMM
#undef PLUS_IMM
#undef LSL64
#undef LSR64
#undef ASR64
#undef LSL32
#undef LSR32
#undef ASR32
#define STENCIL_SHIFT(type, shift, slot)                                                           \
    static ALWAYS_INLINE type stencil_##shift##_##slot(type x)                                     \
    {                                                                                              \
        __asm__(#shift " $hole_" #slot ", %0" : "+r"(x) : : "cc");                                 \
        return x;                                                                                  \
    }
#define STENCIL_SHIFTS(slot)                                                                       \
    STENCIL_SHIFT(u64, shlq, slot)                                                                 \
    STENCIL_SHIFT(u64, shrq, slot)                                                                 \
    STENCIL_SHIFT(u64, sarq, slot)                                                                 \
    STENCIL_SHIFT(u32, shll, slot)                                                                 \
    STENCIL_SHIFT(u32, shrl, slot)                                                                 \
    STENCIL_SHIFT(u32, sarl, slot)
STENCIL_SHIFTS(m)
STENCIL_SHIFTS(a)
#define LSL64(x, slot) stencil_shlq_##slot((u64)(x))
#define LSR64(x, slot) stencil_shrq_##slot((u64)(x))
#define ASR64(x, slot) stencil_sarq_##slot((u64)(x))
#define LSL32(x, slot) stencil_shll_##slot((u32)(x))
#define LSR32(x, slot) stencil_shrl_##slot((u32)(x))
#define ASR32(x, slot) stencil_sarl_##slot((u32)(x))
#define IMM            stencil_imm()
#define PLUS_IMM(x)    stencil_plus_imm(x)

static ALWAYS_INLINE u64 stencil_imm(void)
{
    u64 imm;
    __asm__("movq $hole_imm, %0" : "=r"(imm));
    return imm;
}

static ALWAYS_INLINE u64 stencil_plus_imm(u64 x)
{
    u64 sum;
    __asm__("leaq hole_imm(%1), %0" : "=r"(sum) : "r"(x));
    return sum;
}

#define STENCIL_OPERANDS                                                                           \
    const struct uop operands_ = {.d = (u8)(uintptr_t)hole_d,                                      \
                                  .n = (u8)(uintptr_t)hole_n,                                      \
                                  .m = (u8)(uintptr_t)hole_m,                                      \
                                  .a = (u8)(uintptr_t)hole_a,                                      \
                                  .imm = (s32)(uintptr_t)hole_imm}

#undef BODY_OP
#undef BEHIND
#undef GO_ON
#undef GO_NEAR
#undef DISPATCH
#define BODY_OP (&operands_)
#define BEHIND  OP_MOVED(u, (uintptr_t)hole_behind)
#define GO_ON() CONTINUE_AT(stencil_next)
#define op_exit stencil_exit /* this one is about the op that u has been moved to */
#define DISPATCH(next)                                                                             \
    do {                                                                                           \
        u = (next);                                                                                \
        CONTINUE_AT(stencil_dispatch);                                                             \
    } while (0)

/* u stays where it is: the op that is gone to may be one of this chain. */
#define GO_NEAR()                                                                                  \
    do {                                                                                           \
        const struct uop *target_ = OP_MOVED(u, (uintptr_t)hole_target);                           \
        __asm__("addq $hole_imm, %0" : "+r"(UNTIL) : : "cc");                                      \
        if (unlikely(target_ >= UNTIL)) {                                                          \
            u = target_;                                                                           \
            CONTINUE_AT(op_exit);                                                                  \
        }                                                                                          \
        CONTINUE_AT(stencil_branch);                                                               \
    } while (0)

/* What a logical immediate that is too wide for an op's slot expands to is known. */
static ALWAYS_INLINE u64 stencil_mask(void)
{
    u64 mask;
    __asm__("movabsq $hole_mask, %0" : "=r"(mask));
    return mask;
}
#define bitmask_expand(narrow, log, rotate) stencil_mask()

#define STENCIL(name, check, body, variant, take, miss)                                            \
    HANDLER(op_##name);                                                                            \
    HANDLER(stencil_##name);                                                                       \
    HANDLER(stencil_##name)                                                                        \
    {                                                                                              \
        STENCIL_OPERANDS;                                                                          \
        check();                                                                                   \
        RUN_BODY(body, variant, false, take, miss);                                                \
    }

#define NO_CHECK() ((void)0)
#define FP_CHECK()                                                                                 \
    do {                                                                                           \
        if (unlikely(c->fp_trapped))                                                               \
            CONTINUE_AT(op_fp_trap);                                                               \
    } while (0)

/* What core/isa/ops.h makes of a body, or nothing: such an op ends a chain. */
#undef PLAIN_
#undef NOTED_
#undef BRANCH_
#undef SYNCED_
#undef MEMORY_
#undef FP_
#undef FPMEM_
#define PLAIN_(name, v) STENCIL(name##_##v, NO_CHECK, body_##name, v, RESULT_NEAR, op_missing)
#define NOTED_(name, v)
#define BRANCH_(name, v, near, far)                                                                \
    STENCIL(name##_##near, NO_CHECK, body_##name, v, RESULT_NEAR, op_missing)                      \
    STENCIL(name##_##far, NO_CHECK, body_##name, v, RESULT_FAR, op_missing)
#define SYNCED_(name, v)
#define MEMORY_(name, v)                                                                           \
    HANDLER(op_##name##_##v##_slow);                                                               \
    STENCIL(name##_##v, NO_CHECK, body_##name, v, RESULT_NEAR, op_##name##_##v##_slow)
#define FP_(name, v) STENCIL(name##_##v, FP_CHECK, body_##name, v, RESULT_NEAR, op_missing)
#define FPMEM_(name, v)                                                                            \
    HANDLER(op_##name##_##v##_slow);                                                               \
    STENCIL(name##_##v, FP_CHECK, body_##name, v, RESULT_NEAR, op_##name##_##v##_slow)

#include STENCIL_SOURCE
