/*
 * A stencil's code, taken apart: its instructions, what its registers hold, what it does
 * with the guest's registers and flags (core/engine/stencil.h says what that is for).
 */
#ifndef CORE_STENCIL_ANATOMY_H
#define CORE_STENCIL_ANATOMY_H

#include "core/engine/stencil.h"
#include "core/stencil/listing.h"
#include "core/stencil/x86.h"

enum { ANATOMY_INSNS = 200 };

/* A place as it is known before; FORM is found out here. */
struct anatomy_place {
    unsigned offset;
    enum stencil_hole hole;
    bool is_x; /* the place of a guest's register as it is, without an offset into it */
    enum stencil_form form;
};

struct anatomy {
    unsigned insn_count; /* 0: more than can be told; it has to be copied as it is */
    struct x86_insn insns[ANATOMY_INSNS];
    u16 touched[ANATOMY_INSNS]; /* registers by 1 << number that a raw one may use */
    bool parts[ANATOMY_INSNS];  /* ways part here: a jump, a call */
    bool meets[ANATOMY_INSNS];  /* ways meet in front of it: a jump's target */
    bool jumps;                 /* there are jumps inside */
    unsigned value_count;
    struct stencil_value values[STENCIL_VALUES];
    u8 flags_read, flags_written;
    bool commutes;
    u16 registers;
};

/* Of the SIZE bytes at CODE, listed in LINES, with PLACES in the order of their offsets. */
void anatomy_find(struct anatomy *a, const u8 *code, unsigned size,
                  const struct listing_line *lines, size_t line_count, struct anatomy_place *places,
                  unsigned place_count);

/* Parts of it: the values, and whether the operands in slots n and m may be exchanged. */
void anatomy_find_values(struct anatomy *a);
bool anatomy_commutes(const struct anatomy *a, const struct anatomy_place *places, unsigned count);

#endif
