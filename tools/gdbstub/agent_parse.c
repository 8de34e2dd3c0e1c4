/*
 * Reading agent expressions from a packet, and checking that their operations
 * exist and are whole, before any is evaluated (agent.h).
 */
#include <stdlib.h>
#include <string.h>

#include "tools/gdbstub/agent.h"
#include "tools/gdbstub/agent_code.h"
#include "tools/gdbstub/internal.h"

enum { MAX_EXPRESSION = PACKET_SIZE / 2 };

int agent_operand_size(u8 op)
{
    switch (op) {
    case OP_EXT:
    case OP_ZERO_EXT:
    case OP_CONST8:
    case OP_PICK:
        return 1;
    case OP_IF_GOTO:
    case OP_GOTO:
    case OP_CONST16:
    case OP_REG:
        return 2;
    case OP_PRINTF:
        return 3;
    case OP_CONST32:
        return 4;
    case OP_CONST64:
        return 8;
    default:
        return (op >= OP_ADD && op <= OP_RSH_UNSIGNED) || (op >= OP_LOG_NOT && op <= OP_REF64) ||
                       (op >= OP_END && op <= OP_SWAP) || op == OP_ROT
                   ? 0
                   : -1;
    }
}

/* Every operation is known and whole, and a printf's text is terminated. */
static bool check(const struct agent_list *e)
{
    size_t pc = 0;
    while (pc < e->len) {
        int operands = agent_operand_size(e->code[pc]);
        if (operands < 0 || e->len - pc - 1 < (size_t)operands)
            return false;
        if (e->code[pc] == OP_PRINTF) {
            size_t text = (size_t)e->code[pc + 2] << 8 | e->code[pc + 3];
            if (!text || e->len - pc - 4 < text || e->code[pc + 3 + text])
                return false;
            pc += text;
        }
        pc += 1 + (size_t)operands;
    }
    return e->len > 0;
}

void agent_free(struct agent_list *list)
{
    while (list) {
        struct agent_list *next = list->next;
        free(list);
        list = next;
    }
}

/* "X len,bytes" expressions, as many as follow each other, onto the end of LIST. */
static bool parse_expressions(const char **at, struct agent_list **list)
{
    while (*list)
        list = &(*list)->next;
    while (skip_word(at, "X")) {
        u64 len;
        if (!hex_number(at, &len) || !skip_word(at, ",") || !len || len > MAX_EXPRESSION)
            return false;
        struct agent_list *e = calloc(1, sizeof(*e) + len);
        if (!e)
            return false;
        *list = e;
        list = &e->next;
        e->len = (size_t)len;
        if (hex_bytes(at, e->code, e->len) != e->len || !check(e))
            return false;
    }
    return true;
}

bool agent_parse_break(const char *args, struct agent_list **conditions,
                       struct agent_list **commands)
{
    bool ok = true;
    *conditions = *commands = NULL;
    while (ok && skip_word(&args, ";")) {
        if (*args == 'X') {
            ok = parse_expressions(&args, conditions);
        } else if (skip_word(&args, "cmds:")) {
            u64 persist;
            ok = hex_number(&args, &persist);
            ok = ok && (skip_word(&args, ",") || skip_word(&args, ";"));
            ok = ok && parse_expressions(&args, commands);
        } else {
            ok = *args == '\0';
        }
    }
    if (ok && !*args)
        return true;
    agent_free(*conditions);
    agent_free(*commands);
    *conditions = *commands = NULL;
    return false;
}
