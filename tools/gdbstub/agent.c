/*
 * Agent expressions: see agent.h. Opcode numbers are those of the GDB manual,
 * appendix F.2. Whatever cannot be evaluated stops, so that the client decides.
 */
#include "tools/gdbstub/agent.h"

#include <string.h>

#include "tools/gdbstub/agent_code.h"
#include "tools/gdbstub/internal.h"

enum {
    STACK = 64,
    MAX_STEPS = 10000, /* operations of one evaluation */
    MAX_STRING = 200,  /* what %s prints at most */
};

struct machine_state {
    struct gdbstub *g;
    struct cpu *c;
    const u8 *code;
    size_t len, pc;
    u64 stack[STACK];
    unsigned depth;
    bool failed;
};

static u64 pop(struct machine_state *m)
{
    if (!m->depth) {
        m->failed = true;
        return 0;
    }
    return m->stack[--m->depth];
}

static void push(struct machine_state *m, u64 value)
{
    if (m->depth == STACK)
        m->failed = true;
    else
        m->stack[m->depth++] = value;
}

static u64 operand(struct machine_state *m, unsigned size)
{
    u64 v = 0;
    for (unsigned i = 0; i < size; i++)
        v = v << 8 | m->code[m->pc++];
    return v;
}

static u64 divide(struct machine_state *m, u8 op, u64 a, u64 b)
{
    if (!b || ((op == OP_DIV_SIGNED || op == OP_REM_SIGNED) && a == BIT(63) && b == UINT64_MAX)) {
        m->failed = true;
        return 0;
    }
    switch (op) {
    case OP_DIV_SIGNED:
        return (u64)((s64)a / (s64)b);
    case OP_DIV_UNSIGNED:
        return a / b;
    case OP_REM_SIGNED:
        return (u64)((s64)a % (s64)b);
    default:
        return a % b;
    }
}

static void binary(struct machine_state *m, u8 op)
{
    u64 b = pop(m), a = pop(m);
    switch (op) {
    case OP_ADD:
        push(m, a + b);
        break;
    case OP_SUB:
        push(m, a - b);
        break;
    case OP_MUL:
        push(m, a * b);
        break;
    case OP_LSH:
        push(m, b < 64 ? a << b : 0);
        break;
    case OP_RSH_SIGNED:
        push(m, (u64)((s64)a >> (b < 64 ? b : 63)));
        break;
    case OP_RSH_UNSIGNED:
        push(m, b < 64 ? a >> b : 0);
        break;
    case OP_BIT_AND:
        push(m, a & b);
        break;
    case OP_BIT_OR:
        push(m, a | b);
        break;
    case OP_BIT_XOR:
        push(m, a ^ b);
        break;
    case OP_EQUAL:
        push(m, a == b);
        break;
    case OP_LESS_SIGNED:
        push(m, (s64)a < (s64)b);
        break;
    case OP_LESS_UNSIGNED:
        push(m, a < b);
        break;
    default:
        push(m, divide(m, op, a, b));
    }
}

static void extend(struct machine_state *m, bool sign)
{
    unsigned width = (unsigned)operand(m, 1);
    u64 v = pop(m);
    if (width && width < 64)
        v = sign ? (u64)sext(v, width) : v & ones(width);
    push(m, v);
}

static void reference(struct machine_state *m, unsigned size)
{
    u64 va = pop(m), value = 0;
    if (!memory_read(m->g, m->c, va, &value, size))
        m->failed = true;
    push(m, value);
}

static void branch(struct machine_state *m, bool conditional)
{
    u64 target = operand(m, 2);
    if (conditional && !pop(m))
        return;
    m->pc = (size_t)target;
    if (target >= m->len)
        m->failed = true;
}

static void read_register(struct machine_state *m)
{
    u64 value = 0;
    if (!register_read_u64(m->g, m->c, (unsigned)operand(m, 2), &value))
        m->failed = true;
    push(m, value);
}

static void pick(struct machine_state *m)
{
    u64 n = operand(m, 1);
    if (n >= m->depth)
        m->failed = true;
    else
        push(m, m->stack[m->depth - 1 - n]);
}

/* A guest's string of at most MAX_STRING characters. */
static void print_string(struct machine_state *m, struct text *out, u64 va)
{
    for (unsigned i = 0; i < MAX_STRING; i++) {
        char ch = 0;
        if (!memory_read(m->g, m->c, va + i, &ch, 1)) {
            if (!i)
                text_printf(out, "<%#llx: cannot be read>", (unsigned long long)va);
            return;
        }
        if (!ch)
            return;
        text_add(out, &ch, 1);
    }
}

/*
 * One conversion of printf at *AT, which is behind its %. The format is rebuilt
 * from what is known, so that no text of the client's gets to the host's printf.
 */
static void print_conversion(struct machine_state *m, struct text *out, const char **at,
                             u64 (*next)(struct machine_state *m))
{
    char format[32] = "%";
    size_t n = 1;
    const char *p = *at;
    while (*p && strchr("-+ #0123456789.", *p)) {
        if (n < 12)
            format[n++] = *p;
        p++;
    }
    unsigned longs = 0;
    while (*p && strchr("lhzjt", *p))
        longs += strchr("lzjt", *p++) != NULL;
    char kind = *p;
    if (kind)
        p++;
    *at = p;
    if (kind == '%') {
        text_puts(out, "%");
    } else if (kind == 's') {
        print_string(m, out, next(m));
    } else if (kind == 'c') {
        char ch = (char)next(m);
        text_add(out, &ch, 1);
    } else if (kind == 'p') {
        text_printf(out, "0x%llx", (unsigned long long)next(m));
    } else if (kind && strchr("diuoxX", kind)) {
        u64 value = next(m);
        if (!longs)
            value = kind == 'd' || kind == 'i' ? (u64)(s64)(s32)value : (u32)value;
        memcpy(format + n, "ll", 2);
        format[n + 2] = kind;
        format[n + 3] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        text_printf(out, format, (long long)value);
#pragma GCC diagnostic pop
    } else {
        m->failed = true;
    }
}

/* gdb sends a format as the user typed it: an escape of C's at *AT becomes what it means. */
static void print_escape(struct text *out, const char **at)
{
    static const char letters[] = "abefnrtv", meanings[] = "\a\b\033\f\n\r\t\v";
    const char *letter = strchr(letters, (*at)[1]);
    text_add(out, letter ? &meanings[letter - letters] : &(*at)[1], 1);
    *at += 2;
}

static void print(struct machine_state *m)
{
    struct text out = {0};
    operand(m, 1); /* how many arguments: the format says so, too */
    size_t len = (size_t)operand(m, 2);
    const char *at = (const char *)m->code + m->pc;
    m->pc += len;
    pop(m); /* a function and a channel, for agents that have some */
    pop(m);
    while (*at && !m->failed) {
        if (*at == '%') {
            at++;
            print_conversion(m, &out, &at, pop);
        } else if (*at == '\\' && at[1]) {
            print_escape(&out, &at);
        } else {
            text_add(&out, at++, 1);
        }
    }
    stub_print(m->g, out.data, out.len);
    text_free(&out);
}

static void execute(struct machine_state *m, u8 op)
{
    u64 a, b, d;
    switch (op) {
    case OP_LOG_NOT:
        push(m, !pop(m));
        break;
    case OP_BIT_NOT:
        push(m, ~pop(m));
        break;
    case OP_EXT:
    case OP_ZERO_EXT:
        extend(m, op == OP_EXT);
        break;
    case OP_REF8:
    case OP_REF16:
    case OP_REF32:
    case OP_REF64:
        reference(m, 1u << (op - OP_REF8));
        break;
    case OP_IF_GOTO:
    case OP_GOTO:
        branch(m, op == OP_IF_GOTO);
        break;
    case OP_CONST8:
    case OP_CONST16:
    case OP_CONST32:
    case OP_CONST64:
        push(m, operand(m, 1u << (op - OP_CONST8)));
        break;
    case OP_REG:
        read_register(m);
        break;
    case OP_DUP:
        a = pop(m);
        push(m, a);
        push(m, a);
        break;
    case OP_POP:
        pop(m);
        break;
    case OP_SWAP:
        b = pop(m);
        a = pop(m);
        push(m, b);
        push(m, a);
        break;
    case OP_ROT: /* a b c becomes c a b */
        d = pop(m);
        b = pop(m);
        a = pop(m);
        push(m, d);
        push(m, a);
        push(m, b);
        break;
    case OP_PICK:
        pick(m);
        break;
    case OP_PRINTF:
        print(m);
        break;
    default:
        binary(m, op);
    }
}

/* The value on top at the end; OK is false when it could not be evaluated. */
static u64 evaluate(struct gdbstub *g, struct cpu *c, const struct agent_list *e, bool *ok)
{
    struct machine_state m = {.g = g, .c = c, .code = e->code, .len = e->len};
    for (unsigned steps = 0; steps < MAX_STEPS && !m.failed && m.pc < m.len; steps++) {
        u8 op = m.code[m.pc];
        if (op == OP_END) {
            *ok = true;
            return m.depth ? m.stack[m.depth - 1] : 0;
        }
        int operands = agent_operand_size(op); /* a jump may have led between operations */
        if (operands < 0 || m.len - m.pc - 1 < (size_t)operands)
            break;
        m.pc++;
        if (op == OP_PRINTF) {
            size_t text = (size_t)m.code[m.pc + 1] << 8 | m.code[m.pc + 2];
            if (!text || m.len - m.pc - 3 < text || m.code[m.pc + 2 + text])
                break;
        }
        execute(&m, op);
    }
    *ok = false;
    return 0;
}

static bool applies(struct gdbstub *g, struct cpu *c, const struct breakpoint *b)
{
    for (const struct agent_list *e = b->conditions; e; e = e->next) {
        bool ok;
        u64 value = evaluate(g, c, e, &ok);
        if (value || !ok)
            return true;
    }
    return !b->conditions;
}

bool agent_break(struct gdbstub *g, struct cpu *c, const struct breakpoint *b)
{
    if (!applies(g, c, b))
        return false;
    bool all_done = b->commands;
    for (const struct agent_list *e = b->commands; e; e = e->next) {
        bool ok;
        evaluate(g, c, e, &ok);
        all_done = all_done && ok;
    }
    return !all_done; /* commands are instead of a stop, unless one could not be run */
}
