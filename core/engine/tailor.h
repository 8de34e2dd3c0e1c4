/*
 * Stencils tailored to the chain that they are copied into: with guest's registers that
 * are pinned (core/engine/pins.h) in the host's registers for those in memory, with
 * results made where they belong rather than moved there, without copies and without
 * flags that nobody will ask for. What may be done to which instruction was found out
 * when the stencils were made (core/stencil/anatomy.h).
 */
#ifndef CORE_ENGINE_TAILOR_H
#define CORE_ENGINE_TAILOR_H

#include "core/engine/pins.h"
#include "core/engine/stencil.h"
#include "core/engine/uop.h"

enum { INSN_LONGEST = 15 };

/* How op U's stencil is to be copied. */
struct tailoring {
    const struct stencil *stencil;
    struct uop op; /* perhaps with its operands exchanged */
    const struct pins *pins;
    u8 unwanted;                 /* flags, 1 << FLAG_* */
    u8 host[STENCIL_VALUES + 1]; /* the register that value I - 1 is to be in, or INSN_NONE */
};

struct tailoring tailor(const struct stencil *s, const struct uop *u, const struct pins *pins,
                        u8 unwanted);

/*
 * Write instruction I, an INSN_PLIABLE of T's stencil that stands at CODE, to TO, with
 * room for INSN_LONGEST bytes. Returns its size, 0 if it is not needed. It ends with as
 * many of the bytes that CODE's ends with as still have a meaning.
 */
unsigned tailor_insn(const struct tailoring *t, const struct stencil_insn *i, const u8 *code,
                     u8 *to);

/* Whether I has a pinned register for the memory that its place names. */
bool tailor_pins(const struct tailoring *t, const struct stencil_insn *i);

#endif
