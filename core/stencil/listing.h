/*
 * What a disassembler says of an object file's stencils: where their instructions begin
 * and which of the host's registers they use.
 */
#ifndef CORE_STENCIL_LISTING_H
#define CORE_STENCIL_LISTING_H

#include <stddef.h>

#include "core/types.h"

struct listing_line {
    const char *function; /* its name, shared by its lines */
    unsigned offset;      /* of the instruction, into the function */
    const char *text;     /* the instruction, as AT&T write them */
};

struct listing {
    struct listing_line *lines; /* in the object file's order */
    size_t count;
};

/* The listing of OBJECT by program DISASSEMBLER (objdump or llvm-objdump). Ends the program if none
 * can be had. */
struct listing listing_read(const char *disassembler, const char *object);

/* The lines of FUNCTION, *COUNT of them; NULL if it is not in the listing. */
const struct listing_line *listing_find(const struct listing *l, const char *function,
                                        size_t *count);

/*
 * The general-purpose registers that COUNT lines name, or that somebody whom they call
 * may change: 1 << the number that the CPU's manual gives a register.
 */
u16 listing_registers(const struct listing_line *lines, size_t count);

#endif
