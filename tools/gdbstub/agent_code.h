/*
 * The bytecode of agent expressions (GDB manual, appendix F.2), between its
 * reader (agent_parse.c) and its evaluation (agent.c).
 */
#ifndef TOOLS_GDBSTUB_AGENT_CODE_H
#define TOOLS_GDBSTUB_AGENT_CODE_H

#include "core/types.h"

enum opcode {
    OP_ADD = 0x02,
    OP_SUB,
    OP_MUL,
    OP_DIV_SIGNED,
    OP_DIV_UNSIGNED,
    OP_REM_SIGNED,
    OP_REM_UNSIGNED,
    OP_LSH,
    OP_RSH_SIGNED,
    OP_RSH_UNSIGNED,
    OP_LOG_NOT = 0x0e,
    OP_BIT_AND,
    OP_BIT_OR,
    OP_BIT_XOR,
    OP_BIT_NOT,
    OP_EQUAL,
    OP_LESS_SIGNED,
    OP_LESS_UNSIGNED,
    OP_EXT,
    OP_REF8,
    OP_REF16,
    OP_REF32,
    OP_REF64,
    OP_IF_GOTO = 0x20,
    OP_GOTO,
    OP_CONST8,
    OP_CONST16,
    OP_CONST32,
    OP_CONST64,
    OP_REG,
    OP_END,
    OP_DUP,
    OP_POP,
    OP_ZERO_EXT,
    OP_SWAP,
    OP_PICK = 0x32,
    OP_ROT,
    OP_PRINTF,
};

struct agent_list {
    struct agent_list *next;
    size_t len;
    u8 code[];
};

/* Bytes of operands behind OP, -1: there is no such operation. A printf's text comes on top. */
int agent_operand_size(u8 op);

#endif
