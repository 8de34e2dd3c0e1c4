/*
 * A reference's answer as a case's out: lines (outcome.h).
 */
#include "tools/a64test/outcome.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_RANGE = 1 << 20, LINE_LENGTH = 96 };

/* The text of one case's in: or out: lines in the making. */
struct outcome {
    const char *key;
    FILE *to;
    size_t column;
};

static void token(struct outcome *o, const char *text)
{
    size_t length = strlen(text);
    if (!o->column || o->column + 1 + length > LINE_LENGTH) {
        fprintf(o->to, "%s%-5s %s", o->column ? "\n" : "", o->key, text);
        o->column = 6 + length;
    } else {
        fprintf(o->to, " %s", text);
        o->column += 1 + length;
    }
}

/* An address as one of its names and an offset, any other number in hexadecimal. */
static void number(char *to, size_t size, u64 value)
{
    s64 from_pc = (s64)(value - CASE_PC), from_data = (s64)(value - CASE_DATA);
    if (from_data >= -256 && from_data < RECORD_DATA_BYTES + 256)
        snprintf(to, size, "data%+" PRId64, from_data);
    else if (from_pc > -ADDRESS_RANGE && from_pc < ADDRESS_RANGE)
        snprintf(to, size, "pc%+" PRId64, from_pc);
    else
        snprintf(to, size, "%#" PRIx64, value);
}

static void print_number(struct outcome *o, const char *name, u64 value)
{
    char text[80], digits[40];
    number(digits, sizeof(digits), value);
    snprintf(text, sizeof(text), "%s=%s", name, digits);
    token(o, text);
}

static void print_plain(struct outcome *o, const char *name, u64 was, u64 is)
{
    char text[80];
    snprintf(text, sizeof(text), "%s=%#" PRIx64, name, is);
    if (was != is)
        token(o, text);
}

static void print_vector(struct outcome *o, unsigned n, const u64 v[2])
{
    char text[80];
    if (v[1])
        snprintf(text, sizeof(text), "q%u=0x%016" PRIx64 "%016" PRIx64, n, v[1], v[0]);
    else
        snprintf(text, sizeof(text), "d%u=%#" PRIx64, n, v[0]);
    token(o, text);
}

static void print_memory(struct outcome *o, const u8 *was, const u8 *is)
{
    enum { PIECE = 32 };
    for (unsigned i = 0; i < RECORD_DATA_BYTES;) {
        char text[40 + 2 * PIECE];
        unsigned end = i, length;
        while (end < RECORD_DATA_BYTES && end - i < PIECE && was[end] != is[end])
            end++;
        if (end == i) {
            i++;
            continue;
        }
        length = (unsigned)snprintf(text, sizeof(text), "mem[data+%#x]=", i);
        for (; i < end; i++)
            length += (unsigned)snprintf(text + length, sizeof(text) - length, "%02x", is[i]);
        token(o, text);
    }
}

/* The exception, or where the PC went. */
static void print_exception(struct outcome *o, const struct test_case *c, const struct observed *is)
{
    char text[40];
    if (!is->exception) {
        if (is->state.pc != CASE_PC + 4 * (u64)c->words)
            print_number(o, "pc", is->state.pc);
        return;
    }
    snprintf(text, sizeof(text), "exc=%s", is->exception->name);
    token(o, text);
    if (is->has_syndrome)
        print_plain(o, "esr", ~is->esr, is->esr);
    print_number(o, "elr", is->state.pc);
    if (is->has_far)
        print_number(o, "far", is->far);
    if (is->has_syndrome)
        print_plain(o, "spsr", ~is->spsr, is->spsr);
}

static void print_bits(struct outcome *o, const char *name, unsigned was, unsigned is)
{
    char text[16];
    snprintf(text, sizeof(text), "%s=%u%u%u%u", name, is >> 3 & 1, is >> 2 & 1, is >> 1 & 1,
             is & 1);
    if (was != is)
        token(o, text);
}

static void print_level(struct outcome *o, const struct case_state *was,
                        const struct case_state *is)
{
    unsigned implied = is->el == was->el ? was->sp_sel : is->el;
    if (is->el != was->el)
        token(o, is->el ? "el=1" : "el=0");
    if (is->sp_sel != implied)
        token(o, is->sp_sel ? "spsel=1" : "spsel=0");
    print_bits(o, "daif", was->daif, is->daif);
}

char *outcome_text(const char *key, const struct test_case *c, const struct case_state *was,
                   const struct observed *observed)
{
    const struct case_state *is = &observed->state;
    char *text = NULL, name[8];
    size_t size;
    struct outcome o = {key, open_memstream(&text, &size), 0};
    if (!o.to)
        abort();
    print_exception(&o, c, observed);
    print_level(&o, was, is);
    for (unsigned i = 0; i < 31; i++) {
        snprintf(name, sizeof(name), "x%u", i);
        if (was->x[i] != is->x[i])
            print_number(&o, name, is->x[i]);
    }
    for (unsigned i = 0; i < 2; i++)
        if (was->sp[i] != is->sp[i])
            print_number(&o, i ? "sp_el1" : was->el ? "sp_el0" : "sp", is->sp[i]);
    print_bits(&o, "nzcv", was->nzcv, is->nzcv);
    for (unsigned i = 0; i < 32; i++)
        if (memcmp(was->v[i], is->v[i], sizeof(is->v[i])))
            print_vector(&o, i, is->v[i]);
    print_plain(&o, "fpcr", was->fpcr, is->fpcr);
    print_plain(&o, "fpsr", was->fpsr, is->fpsr);
    for (unsigned i = 0; i < observed->systems; i++)
        print_plain(&o, sysreg_rows[observed->system[i].row].name, ~observed->system[i].value,
                    observed->system[i].value);
    print_memory(&o, was->data, is->data);
    if (!o.column)
        fputs(key, o.to);
    fclose(o.to);
    return text;
}
