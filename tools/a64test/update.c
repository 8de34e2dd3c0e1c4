/*
 * Updating files (update.h): what an out: line says comes from the reference alone; our
 * own engine has no part in it.
 */
#include "tools/a64test/update.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/a64test/machine.h"
#include "tools/a64test/oracle.h"
#include "tools/a64test/outcome.h"

/* The exception's name, NULL if a process is not told. */
static const char *exception_of(enum record_kind kind)
{
    switch (kind) {
    case RECORD_UNDEFINED:
        return "undef";
    case RECORD_TRANSLATION:
    case RECORD_PERMISSION:
    case RECORD_ALIGNMENT:
        return "data-abort";
    case RECORD_BREAKPOINT:
        return "brk";
    default:
        return NULL;
    }
}

/* False if the reference can't tell. */
static bool observe(const struct test_case *c, const struct case_state *was,
                    const struct record_state *out, const u8 *data, struct observed *is)
{
    const char *name = exception_of((enum record_kind)out->kind);
    struct case_state *to = &is->state;
    bool inside = out->pc - CASE_PC < 4 * (u64)c->words;
    memset(is, 0, sizeof(*is));
    *to = *was;
    memcpy(to->x, out->x, sizeof(to->x));
    memcpy(to->v, out->v, sizeof(to->v));
    memcpy(to->data, data, sizeof(to->data));
    to->sp[0] = out->sp;
    to->pc = out->pc == RECORD_CODE ? CASE_PC + 4 * (u64)c->words : out->pc;
    to->nzcv = (u8)(out->nzcv >> 28);
    to->fpcr = out->fpcr;
    to->fpsr = out->fpsr;
    if (name && inside) { /* what happens at a branch's target is not of the case */
        is->exception = case_exception(name, strlen(name));
        is->has_far = name[0] == 'd';
        is->far = out->far;
    }
    return name || out->kind == RECORD_DONE;
}

char *update_lines(const char *key, const struct test_case *c, const struct case_state *was,
                   const struct record_state *out, const u8 *data, bool far_known)
{
    struct observed is;
    if (!observe(c, was, out, data, &is))
        return NULL;
    is.has_far = is.has_far && far_known;
    return outcome_text(key, c, was, &is);
}

/* Why the reference, a MACHINE or a process, can't run C, or NULL. */
static const char *beyond_reference(const struct test_case *c, bool machine)
{
    if (!c->words)
        return "has no words";
    if (c->steps)
        return "has steps:, which a reference can't count";
    if (machine)
        return NULL;
    if (c->words > RECORD_MAX_WORDS)
        return "has more words than a process runs as a reference";
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
    bool on_machine; /* or as a process: */
    struct oracle oracle;
    const struct cpu_model *model; /* that the oracle runs as; NULL: it does not run */
    struct machine machine;
    bool gone; /* the process does not start, which it has said */
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

/* The process's answer. NULL, or why there is none. */
static const char *ask_process(struct recording *r, const struct cpu_model *model,
                               const struct test_case *c, const struct case_state *start,
                               struct observed *is)
{
    if (!prepare_oracle(r, model)) {
        r->gone = true;
        return "the reference does not start";
    }
    struct record_shared *shared = r->oracle.shared;
    oracle_empty_code(shared->code, shared->tail);
    oracle_set_slot(shared->code, 1, c->word, c->words);
    memcpy(shared->data, start->data, sizeof(start->data));
    to_record(start, &shared->in[0]);
    return oracle_run(&r->oracle, 0, 1) && observe(c, start, &shared->out[0], shared->data, is)
               ? NULL
               : "the reference does not say what happens";
}

/* What the reference makes of C; NULL after a line that says why not. */
static char *record(struct recording *r, const struct suite_case *i)
{
    const struct test_case *c = i->c;
    const struct cpu_model *model = c->cpu ? c->cpu : r->o->cpu;
    struct case_state start;
    struct observed is;
    const char *why = beyond_reference(c, r->on_machine);
    case_start(c, &start);
    if (!why)
        why = r->on_machine ? machine_observe(&r->machine, model, c, &start, &is)
                            : ask_process(r, model, c, &start, &is);
    if (!why)
        return outcome_text("out:", c, &start, &is);
    fprintf(r->errors, "%s:%u: [%s] %s: write its out: by hand\n", i->file->path, c->line, c->name,
            why);
    r->mistakes++;
    return NULL;
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
    for (unsigned i = 0; i < s->count && !r->gone; i++) {
        const struct suite_case *t = &s->item[i];
        if (!t->c->out_line || !beyond_reference(t->c, r->on_machine))
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
    r.on_machine = o->oracle && machine_is_meant(o->oracle);
    machine_init(&r.machine, o->oracle, o->reference);
    r.mistakes = update_assemble(s, o->assembler, errors);
    if (!r.mistakes && o->oracle)
        record_all(&r, s, outcomes);
    for (unsigned i = 0; i < s->files && !r.mistakes; i++) {
        struct rewriting w = {&s->file[i], outcomes + first_outcome(s, &s->file[i])};
        r.mistakes += !write_file(&w, errors);
    }
    if (r.model)
        oracle_stop(&r.oracle);
    machine_stop(&r.machine);
    for (size_t i = 0; i < all; i++)
        free(outcomes[i]);
    free(outcomes);
    return r.mistakes;
}
