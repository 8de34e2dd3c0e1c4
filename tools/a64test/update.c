/*
 * Updating files (update.h): what an out: line says comes from the reference alone; our
 * own engine has no part in it.
 */
#include "tools/a64test/update.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/a64test/oracle.h"

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

static void print_vector(struct outcome *o, unsigned n, const uint64_t v[2])
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

/* False if the reference can't tell. */
static bool print_exception(struct outcome *o, const struct test_case *c,
                            const struct record_state *out, bool far_known)
{
    bool inside = out->pc - CASE_PC < 4 * (u64)c->words;
    const char *name = NULL;
    switch (out->kind) {
    case RECORD_DONE:
        if (out->pc != RECORD_CODE && out->pc != CASE_PC + 4 * (u64)c->words)
            print_number(o, "pc", out->pc);
        return true;
    case RECORD_UNDEFINED:
        name = "undef";
        break;
    case RECORD_TRANSLATION:
    case RECORD_PERMISSION:
    case RECORD_ALIGNMENT:
        name = "data-abort";
        break;
    case RECORD_BREAKPOINT:
        name = "brk";
        break;
    default:
        return false;
    }
    if (!inside) { /* what happens at a branch's target is not of the case */
        print_number(o, "pc", out->pc);
        return true;
    }
    char text[40];
    snprintf(text, sizeof(text), "exc=%s", name);
    token(o, text);
    print_number(o, "elr", out->pc);
    if (name[0] == 'd' && far_known)
        print_number(o, "far", out->far);
    return true;
}

char *update_lines(const char *key, const struct test_case *c, const struct case_state *was,
                   const struct record_state *is, const u8 *data, bool far_known)
{
    char *text = NULL;
    size_t size;
    struct outcome o = {key, open_memstream(&text, &size), 0};
    if (!o.to)
        abort();
    bool known = print_exception(&o, c, is, far_known);
    for (unsigned i = 0; i < 31; i++) {
        char name[8];
        snprintf(name, sizeof(name), "x%u", i);
        if (was->x[i] != is->x[i])
            print_number(&o, name, is->x[i]);
    }
    if (was->sp[0] != is->sp)
        print_number(&o, "sp", is->sp);
    if (was->nzcv != is->nzcv >> 28) {
        char nzcv[16] = "nzcv=";
        for (unsigned i = 0; i < 4; i++)
            nzcv[5 + i] = (char)('0' + bit(is->nzcv, 31 - i));
        token(&o, nzcv);
    }
    for (unsigned i = 0; i < 32; i++)
        if (memcmp(was->v[i], is->v[i], sizeof(is->v[i])))
            print_vector(&o, i, is->v[i]);
    print_plain(&o, "fpcr", was->fpcr, is->fpcr);
    print_plain(&o, "fpsr", was->fpsr, is->fpsr);
    print_memory(&o, was->data, data);
    if (!o.column)
        fputs(key, o.to);
    fclose(o.to);
    return known ? text : (free(text), NULL);
}

/* Why the reference can't run C, or NULL. */
static const char *beyond_reference(const struct test_case *c)
{
    if (c->words > RECORD_MAX_WORDS)
        return "has more words than a reference runs";
    if (!c->words)
        return "has no words";
    if (c->steps)
        return "has steps:, which a reference can't count";
    for (unsigned i = 0; i < c->in.count; i++)
        if (c->in.item[i].kind >= SET_EL ||
            (c->in.item[i].kind == SET_SP && c->in.item[i].index == 1))
            return "sets what a process has not";
    return NULL;
}

static void to_record(const struct case_state *s, struct record_state *r)
{
    memset(r, 0, sizeof(*r));
    memcpy(r->x, s->x, sizeof(r->x));
    memcpy(r->v, s->v, sizeof(r->v));
    r->sp = s->sp[0];
    r->pc = CASE_PC - 4;
    r->nzcv = (u32)s->nzcv << 28;
    r->fpcr = s->fpcr;
    r->fpsr = s->fpsr;
}

/* A file's new lines: those of the cases replace theirs. */
struct rewriting {
    const struct test_file *file;
    char **outcome; /* by case of the file; NULL: out: stays */
};

static bool is_key(const char *line, const char *name)
{
    line += strspn(line, " \t");
    size_t n = strlen(name);
    return !strncmp(line, name, n) && line[n] == ':';
}

static void print_words(const struct test_case *c, FILE *to)
{
    fputs("word:", to);
    for (unsigned i = 0; i < c->words; i++)
        fprintf(to, " %08x", c->word[i]);
    fputc('\n', to);
}

static void rewrite_case(const struct rewriting *r, const struct test_case *c, const char *outcome,
                         FILE *to)
{
    bool words = !c->assembly_lines, out = !outcome;
    for (unsigned i = c->line; i <= c->last_line; i++) {
        const char *line = r->file->line[i - 1];
        bool is_word = is_key(line, "word"), is_out = is_key(line, "out");
        if (!words &&
            (is_word || (!c->word_line && is_key(line, "in")) || (!c->word_line && is_out))) {
            print_words(c, to);
            words = true;
        }
        if (is_word && c->assembly_lines)
            continue;
        if (is_out && outcome) {
            if (!out)
                fprintf(to, "%s\n", outcome);
            out = true;
            continue;
        }
        fprintf(to, "%s\n", line);
    }
    if (!words)
        print_words(c, to);
    if (!out)
        fprintf(to, "%s\n", outcome);
}

/* Beside the file, then in its place: a reader sees the old one or the new one. */
static bool write_file(const struct rewriting *r, FILE *errors)
{
    char *path;
    if (asprintf(&path, "%s.new", r->file->path) < 0)
        abort();
    FILE *to = fopen(path, "w");
    unsigned next = 1;
    for (unsigned i = 0; to && i < r->file->count; i++) {
        const struct test_case *c = &r->file->item[i];
        for (; next < c->line; next++)
            fprintf(to, "%s\n", r->file->line[next - 1]);
        rewrite_case(r, c, r->outcome[i], to);
        next = c->last_line + 1;
    }
    for (; to && next <= r->file->lines; next++)
        fprintf(to, "%s\n", r->file->line[next - 1]);
    bool good = to && !ferror(to);
    if (to && fclose(to))
        good = false;
    if (good)
        good = !rename(path, r->file->path);
    if (!good)
        fprintf(errors, "%s: %s\n", path, strerror(errno));
    free(path);
    return good;
}

struct recording {
    const struct update_options *o;
    struct oracle oracle;
    const struct cpu_model *model; /* that the oracle runs as; NULL: it does not run */
    FILE *errors;
    unsigned mistakes;
};

static bool prepare_oracle(struct recording *r, const struct cpu_model *model)
{
    if (r->model == model)
        return true;
    if (r->model)
        oracle_stop(&r->oracle);
    r->model = oracle_start(&r->oracle, r->o->oracle, model->name, r->o->reference) ? model : NULL;
    return r->model;
}

/* What the reference makes of C; NULL after a line that says why not. */
static char *record(struct recording *r, const struct suite_case *i)
{
    static const char silent[] = "the reference does not say what happens";
    const struct test_case *c = i->c;
    struct case_state start;
    const char *why = beyond_reference(c);
    char *text = NULL;
    case_start(c, &start);
    if (!why && !prepare_oracle(r, c->cpu ? c->cpu : r->o->cpu))
        why = "the reference does not start";
    if (!why) {
        struct record_shared *shared = r->oracle.shared;
        oracle_empty_code(shared->code, shared->tail);
        oracle_set_slot(shared->code, 1, c->word, c->words);
        memcpy(shared->data, start.data, sizeof(start.data));
        to_record(&start, &shared->in[0]);
        if (oracle_run(&r->oracle, 0, 1))
            text = update_lines("out:", c, &start, &shared->out[0], shared->data, true);
        why = text ? NULL : silent;
    }
    if (why) {
        fprintf(r->errors, "%s:%u: [%s] %s: write its out: by hand\n", i->file->path, c->line,
                c->name, why);
        r->mistakes++;
    }
    return text;
}

/* Where the outcomes of a file's cases begin among those of all files. */
static size_t first_outcome(const struct suite *s, const struct test_file *file)
{
    size_t at = 0;
    for (const struct test_file *f = s->file; f < file; f++)
        at += f->count;
    return at;
}

/* Those that no reference can run keep what somebody wrote. */
static void record_all(struct recording *r, const struct suite *s, char **outcomes)
{
    for (unsigned i = 0; i < s->count; i++) {
        const struct suite_case *t = &s->item[i];
        if (!t->c->out_line || !beyond_reference(t->c))
            outcomes[first_outcome(s, t->file) + (size_t)(t->c - t->file->item)] = record(r, t);
    }
}

unsigned update_files(struct suite *s, const struct update_options *o, FILE *errors)
{
    struct recording r = {.o = o, .errors = errors};
    size_t all = first_outcome(s, s->file + s->files);
    char **outcomes = calloc(all + 1, sizeof(*outcomes));
    if (!outcomes)
        abort();
    r.mistakes = update_assemble(s, o->assembler, errors);
    if (!r.mistakes && o->oracle)
        record_all(&r, s, outcomes);
    for (unsigned i = 0; i < s->files && !r.mistakes; i++) {
        struct rewriting w = {&s->file[i], outcomes + first_outcome(s, &s->file[i])};
        r.mistakes += !write_file(&w, errors);
    }
    if (r.model)
        oracle_stop(&r.oracle);
    for (size_t i = 0; i < all; i++)
        free(outcomes[i]);
    free(outcomes);
    return r.mistakes;
}
