/*
 * Stencils: what a compiler made of an instruction's body (core/isa/ops.h) as machine
 * code of the host with holes for the op's slots, to be copied and filled in. They are
 * made when mini-a64 is built: core/stencil. A host or a compiler for which there are
 * none has an empty table, and everything is executed op by op.
 */
#ifndef CORE_ENGINE_STENCIL_H
#define CORE_ENGINE_STENCIL_H

#include "core/types.h"

/* What belongs into a place of a stencil; the names of the symbols without "hole_". */
enum stencil_hole {
    HOLE_OP, /* bytes of ops from the chain's first op to this one */
    HOLE_D,  /* slots of the op as they are, */
    HOLE_N,
    HOLE_M,
    HOLE_A,
    HOLE_IMM,
    HOLE_X_D, /* or bytes from cpu.x to the register in that slot */
    HOLE_X_N,
    HOLE_X_M,
    HOLE_X_A,
    HOLE_MASK,  /* what bitmask_expand makes of the slots */
    HOLE_NEXT,  /* the code of the following op, */
    HOLE_EXIT,  /* op_exit, */
    HOLE_LEAVE, /* a handler that is about this op, which has to be said first, */
    HOLE_THERE, /* or something else, data or a function: all of these by their distance */
    HOLE_COUNT,
};

struct stencil_place {
    u16 offset; /* into the code */
    u8 hole;    /* enum stencil_hole */
    u8 size;    /* in bytes, 1, 4 or 8 */
    s32 addend;
    const void *symbol; /* of HOLE_LEAVE and HOLE_THERE */
};

struct stencil {
    const void *handler; /* the op's, by which a stencil is found */
    const u8 *code;
    const struct stencil_place *places;
    u16 size, place_count;
};

extern const struct stencil stencils[];
extern const unsigned stencil_count;

/* Whether there are any, and this CPU has the instructions that they are made of. */
bool stencils_run_here(void);

#endif
