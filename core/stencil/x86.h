/*
 * Instructions of x86-64 taken apart, as far as stencils have them and chains can put
 * them together again with other operands (core/engine/tailor.h).
 */
#ifndef CORE_STENCIL_X86_H
#define CORE_STENCIL_X86_H

#include "core/engine/stencil.h"

/* What an instruction does with an operand. */
enum x86_use { X86_UNUSED, X86_READS, X86_WRITES, X86_CHANGES };

struct x86_insn {
    struct stencil_insn form; /* size, kind and the operands are filled in */
    u8 reg_use, rm_use;       /* enum x86_use; vvvv is read, as are base and index of memory */
    bool is_memory;           /* rm */
};

/*
 * Take apart the instruction of SIZE bytes at CODE. False if it is none of those that are
 * known here, or one that has an operand which it does not name.
 */
bool x86_decode(const u8 *code, unsigned size, struct x86_insn *out);

/*
 * What it does with its memory operand, if that might be a register instead: a narrow
 * store leaves the rest of a word in memory as it is, but clears that of a register.
 */
enum stencil_form x86_form(const struct x86_insn *i);

/* Whether it is no more than mov from memory (of 32 or 64 bits), or to memory (of 64). */
bool x86_is_load(const struct x86_insn *i);
bool x86_is_store(const struct x86_insn *i);

/* Whether it puts the sum, product, and, or or exclusive or of a register and memory there. */
bool x86_is_commutative(const struct x86_insn *i);

#endif
