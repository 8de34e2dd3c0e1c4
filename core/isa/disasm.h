/*
 * Words as assembly, driven by the assembly column of a64.def. The text is that of
 * objdump -M no-aliases: Arm's mnemonics with every operand (DDI 0487, chapter C6),
 * no alias. It is for people: -d in_asm and -d exec, the monitor, a64dis.
 */
#ifndef CORE_ISA_DISASM_H
#define CORE_ISA_DISASM_H

#include "core/isa/decode.h"

enum { DISASM_SIZE = 96 }; /* room for any instruction */

/*
 * Write WORD, which stands at PC, to OUT as a string of less than SIZE bytes; what
 * has no room is cut. Branch targets and literals are addresses. An instruction that
 * the CPU model lacks is written like any other. What no CPU has is ".inst ...".
 */
void disasm(const struct decoder *d, u32 word, u64 pc, char *out, size_t size);

#endif
