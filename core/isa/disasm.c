/*
 * The disassembler: find the row, take its fields from the word by the letters of its
 * pattern, copy the assembly column and replace each {token} (disasm_token.h).
 */
#include "core/isa/disasm.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/isa/disasm_token.h"

void put(struct assembly *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(a->out, a->room, format, args);
    va_end(args);
    if (n < 0)
        return;
    size_t written = (size_t)n < a->room ? (size_t)n : a->room - 1;
    a->out += written;
    a->room -= written;
}

void put_register(struct assembly *a, bool wide, unsigned n, bool sp)
{
    if (n == 31 && sp)
        put(a, wide ? "sp" : "wsp");
    else if (n == 31)
        put(a, wide ? "xzr" : "wzr");
    else
        put(a, "%c%u", wide ? 'x' : 'w', n);
}

void put_arrangement(struct assembly *a, unsigned log2, unsigned bytes)
{
    put(a, "%u%c", bytes >> log2, "bhsdq"[log2]);
}

void put_list(struct assembly *a, unsigned first, unsigned count, const char *suffix)
{
    unsigned last = (first + count - 1) % 32;
    put(a, "{v%u%s", first, suffix);
    if (count > 2 && first < last)
        put(a, "-v%u%s", last, suffix);
    else
        for (unsigned i = 1; i < count; i++)
            put(a, ", v%u%s", (first + i) % 32, suffix);
    put(a, "}");
}

/* The pattern's letters, each in the place of a bit, high first: see a64.def. */
static void take_fields(struct assembly *a, const char *pattern)
{
    unsigned position = 32;
    for (const char *p = pattern; *p; p++) {
        if (*p == ' ')
            continue;
        position--;
        if (*p == '(') {
            p += 2;
        } else if (isalpha((unsigned char)*p)) {
            u32 *f = &a->fields[tolower((unsigned char)*p) - 'a'];
            *f = *f << 1 | bit(a->word, position);
        }
    }
}

/* Is the word NAME of LENGTH characters one of NAMES? */
static bool is_one_of(const char *names, const char *name, size_t length)
{
    while (*names) {
        size_t n = strcspn(names, " ");
        if (n == length && memcmp(names, name, n) == 0)
            return true;
        names += n;
        names += *names == ' ';
    }
    return false;
}

static token_fn *find_writer(const char *name, size_t length)
{
    static const struct token *const tables[] = {disasm_integer_tokens, disasm_ldst_tokens,
                                                 disasm_simd_tokens};
    for (unsigned i = 0; i < ARRAY_LEN(tables); i++) {
        for (const struct token *t = tables[i]; t->names; t++) {
            if (is_one_of(t->names, name, length))
                return t->write;
        }
    }
    return NULL;
}

/* TOKEN is behind the brace. One that nobody writes shows as it stands in the table. */
static void write_token(struct assembly *a, const char *token)
{
    size_t length = strcspn(token, "*}");
    token_fn *write = find_writer(token, length);
    unsigned k = 1;
    if (token[length] == '*')
        sscanf(token + length, "*%u", &k);
    if (write)
        write(a, token, k);
    else
        put(a, "{%.*s}?", (int)length, token);
}

static void write_row(struct assembly *a, const struct a64_row *row)
{
    const char *p = row->assembly;
    take_fields(a, row->pattern);
    while (*p) {
        if (*p == '{') {
            write_token(a, p + 1);
            p += strcspn(p, "}") + 1;
        } else {
            put(a, "%c", *p++);
        }
    }
}

/* The blank before operands that turned out to be none. */
static void trim(char *start, char *end)
{
    while (end > start && end[-1] == ' ')
        *--end = '\0';
}

void disasm(const struct decoder *d, u32 word, u64 pc, char *out, size_t size)
{
    struct assembly a = {.word = word, .pc = pc, .out = out, .room = size};
    struct uop u = {.fn = NULL};
    int row = decode_row(d, word);
    if (size == 0)
        return;
    *out = '\0';
    if (row < 0 || a64_rows[row].format(word, (struct site){.alone = true}, &u) == FMT_UNDEFINED) {
        put(&a, ".inst 0x%08x ; undefined", word);
        return;
    }
    write_row(&a, &a64_rows[row]);
    trim(out, a.out);
}
