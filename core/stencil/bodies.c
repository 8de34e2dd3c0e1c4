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
 * executes is hole_op bytes behind it. Only ways out of the chain add that up.
 */
#include "core/isa/bitmask.h"
#include "core/isa/ops.h"

#define HOLE(name) __attribute__((visibility("hidden"))) extern char hole_##name[]
HOLE(op);
HOLE(d);
HOLE(n);
HOLE(m);
HOLE(a);
HOLE(imm);
HOLE(x_d);
HOLE(x_n);
HOLE(x_m);
HOLE(x_a);

/* The following op's stencil; and op_exit, U being the op that it is about. */
HANDLER(stencil_next);
HANDLER(stencil_exit);

/* The op itself. */
#define HERE() OP_MOVED(u, (uintptr_t)hole_op)

/* Ways out that are about the op itself leave it to chain.c to say so. */
#undef CONTINUE_AT
#define CONTINUE_AT(h) __attribute__((musttail)) return h(c, u, until, tlb)

#undef X
#undef W
#define X(slot) (*(u64 *)((char *)c->x + (uintptr_t)hole_x_##slot))
#define W(slot) ((u32)X(slot))

#define STENCIL_OPERANDS                                                                           \
    const struct uop operands_ = {.d = (u8)(uintptr_t)hole_d,                                      \
                                  .n = (u8)(uintptr_t)hole_n,                                      \
                                  .m = (u8)(uintptr_t)hole_m,                                      \
                                  .a = (u8)(uintptr_t)hole_a,                                      \
                                  .imm = (s32)(uintptr_t)hole_imm}

#undef BODY_OP
#undef BEHIND
#undef GO_ON
#define BODY_OP (&operands_)
#define BEHIND  (HERE() + 1)
#define GO_ON() CONTINUE_AT(stencil_next)
#define op_exit stencil_exit /* this one is about the op that u has been moved to */

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
