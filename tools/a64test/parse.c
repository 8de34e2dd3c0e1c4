/*
 * The grammar of test files (tests/suites/README.md), line by line. A mistake is said
 * with its place and what was expected there; reading goes on behind it, so that one run
 * shows them all.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/a64test/parse.h"

struct parser {
    struct test_file *file;
    FILE *errors;
    struct test_case *c; /* in the works, NULL before the first header */
    unsigned line;       /* from 1 */
    unsigned mistakes;
    bool has_elr;
    unsigned *names; /* a hash table of the cases: 1 more than their number, 0: free */
    unsigned places; /* in it; a power of two */
};

__attribute__((format(printf, 2, 3))) static void mistake(struct parser *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(p->errors, "%s:%u: ", p->file->path, p->line);
    vfprintf(p->errors, format, args);
    fputc('\n', p->errors);
    va_end(args);
    p->mistakes++;
}

static void *grown(void *array, unsigned count, size_t size)
{
    /* In powers of two. */
    if (count & (count - 1))
        return array;
    array = realloc(array, (count ? 2 * (size_t)count : 1) * size);
    if (!array)
        abort();
    return array;
}

static char *copy(struct text t)
{
    char *s = strndup(t.at, t.length);
    if (!s)
        abort();
    return s;
}

static struct text trimmed(struct text t)
{
    while (t.length && (*t.at == ' ' || *t.at == '\t'))
        t = (struct text){t.at + 1, t.length - 1};
    while (t.length && (t.at[t.length - 1] == ' ' || t.at[t.length - 1] == '\t'))
        t.length--;
    return t;
}

/* What a whole case must have. */
static void end_case(struct parser *p)
{
    struct test_case *c = p->c;
    if (!c)
        return;
    unsigned line = p->line;
    p->line = c->line;
    if (!*c->name) /* said in its header */
        p->line = line;
    else if (!c->words && !c->assembly_lines)
        mistake(p, "[%s] has neither word: nor asm:", c->name);
    else if (c->words && c->assembly_lines && c->words != c->assembly_lines)
        mistake(p, "[%s] has %u words, but %u lines of asm:", c->name, c->words, c->assembly_lines);
    if (c->exception.name && !p->has_elr)
        mistake(p, "[%s] has exc=, but no elr=: say where the exception returns to", c->name);
    p->line = line;
}

/* FNV-1a */
static unsigned hash(struct text t)
{
    u32 h = 0x811c9dc5;
    for (size_t i = 0; i < t.length; i++)
        h = (h ^ (u8)t.at[i]) * 0x01000193;
    return h;
}

/* The place in p->names of the case of that name, or a free one. */
static unsigned *place_of(const struct parser *p, struct text name)
{
    unsigned at = hash(name) & (p->places - 1);
    while (p->names[at] && !text_is(name, p->file->item[p->names[at] - 1].name))
        at = (at + 1) & (p->places - 1);
    return &p->names[at];
}

/* At least half of the places are free. */
static void make_room(struct parser *p)
{
    if (2 * p->file->count < p->places)
        return;
    free(p->names);
    p->places = p->places ? 2 * p->places : 64;
    p->names = calloc(p->places, sizeof(*p->names));
    if (!p->names)
        abort();
    for (unsigned i = 0; i < p->file->count; i++) {
        const char *name = p->file->item[i].name;
        *place_of(p, (struct text){name, strlen(name)}) = i + 1;
    }
}

static void header(struct parser *p, struct text t)
{
    end_case(p);
    p->has_elr = false;
    p->c = NULL;
    struct text name = {t.at + 1, t.length - 2};
    if (t.length < 3 || t.at[t.length - 1] != ']') {
        mistake(p, "expected a case's name in brackets, such as [adds_w_overflow]");
        name = (struct text){"", 0};
    }
    for (size_t i = 0; i < name.length; i++)
        if (name.at[i] <= ' ' || strchr("[]\",<>&#\\", name.at[i])) {
            mistake(p, "expected a name without spaces and any of [ ] < > & # , \\ and quotes");
            break;
        }
    struct test_file *f = p->file;
    make_room(p);
    unsigned *place = place_of(p, name);
    if (name.length && *place)
        mistake(p, "[%s] is the name of the case in line %u, too", f->item[*place - 1].name,
                f->item[*place - 1].line);
    else
        *place = f->count + 1;
    f->item = grown(f->item, f->count, sizeof(*f->item));
    p->c = &f->item[f->count++];
    *p->c = (struct test_case){.name = copy(name), .line = p->line, .last_line = p->line};
}

static void take_assembly(struct parser *p, struct text t)
{
    struct test_case *c = p->c;
    if (!c->assembly_lines)
        c->asm_line = p->line;
    for (struct text part; t.length; t = trimmed(t)) {
        if (!text_split(&t, ';', &part)) {
            part = t;
            t.length = 0;
        }
        part = trimmed(part);
        if (!part.length || c->assembly_lines == CASE_MAX_WORDS) {
            mistake(p, "expected up to %d instructions, with ; between them", CASE_MAX_WORDS);
            return;
        }
        c->assembly = grown(c->assembly, c->assembly_lines, sizeof(*c->assembly));
        c->assembly[c->assembly_lines++] = copy(part);
    }
}

static void take_words(struct parser *p, struct text t)
{
    struct test_case *c = p->c;
    if (!c->words)
        c->word_line = p->line;
    for (struct text word; (word = text_word(&t)).length;) {
        char hex[11] = "0x";
        u64 value;
        if (word.length == 8)
            memcpy(hex + 2, word.at, 8);
        if (word.length != 8 || c->words == CASE_MAX_WORDS ||
            !parse_number((struct text){hex, 10}, 32, &value)) {
            mistake(p, "expected up to %d words of eight hexadecimal digits, without 0x",
                    CASE_MAX_WORDS);
            return;
        }
        c->word[c->words++] = (u32)value;
    }
}

static void take_steps(struct parser *p, struct text t)
{
    u64 value;
    if (!parse_number(t, 32, &value) || !value || value > CASE_STEP_LIMIT)
        mistake(p, "expected a number of instructions, 1 to %d", CASE_STEP_LIMIT);
    else
        p->c->steps = (unsigned)value;
}

/* Is W right of exc=, esr= and the others that tell of an exception? */
static bool take_exception(struct parser *p, struct text name, struct text value)
{
    struct expected_exception *e = &p->c->exception;
    struct {
        const char *name;
        u64 *value;
        bool *has;
    } numbers[] = {{"esr", &e->esr, &e->has_esr},
                   {"far", &e->far, &e->has_far},
                   {"spsr", &e->spsr, &e->has_spsr}};
    if (text_is(name, "exc")) {
        e->name = case_exception(value.at, value.length);
        if (!e->name) {
            fprintf(p->errors, "%s:%u: expected exc= and one of", p->file->path, p->line);
            for (unsigned i = 0; case_exception_at(i); i++)
                fprintf(p->errors, " %s", case_exception_at(i)->name);
            fputc('\n', p->errors);
            p->mistakes++;
        }
        return true;
    }
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        if (!text_is(name, numbers[i].name))
            continue;
        if (!e->name)
            mistake(p, "%s= is about an exception: expected exc= before it", numbers[i].name);
        if (!parse_number(value, 64, numbers[i].value))
            mistake(p, "%s=%.*s: expected a number", numbers[i].name, (int)value.length, value.at);
        *numbers[i].has = true;
        return true;
    }
    return false;
}

/* Other keys of `in` and `out` than settings. */
static bool take_special(struct parser *p, bool in, struct text name, struct text value)
{
    if (in && text_is(name, "cpu")) {
        char model[64];
        snprintf(model, sizeof(model), "%.*s", (int)value.length, value.at);
        p->c->cpu = model_find(model);
        if (!p->c->cpu)
            mistake(p, "cpu=%s: expected a model that -cpu of mini-a64 has", model);
        return true;
    }
    return !in && take_exception(p, name, value);
}

/* An exception ends each case, if only that of the UDF behind it, and writes these. */
static bool is_lost(const struct setting *s)
{
    return s->kind == SET_SYSREG && (s->index == ESR_EL1 || s->index == FAR_EL1 ||
                                     s->index == ELR_EL1 || s->index == SPSR_EL1);
}

/* Does TO have what S sets, memory aside? */
static bool is_set(const struct settings *to, const struct setting *s)
{
    for (unsigned i = 0; i < to->count; i++) {
        const struct setting *t = &to->item[i];
        if (t->kind == s->kind && t->index == s->index && t->lane == s->lane &&
            t->lane_bits == s->lane_bits && t->kind != SET_MEM)
            return true;
    }
    return false;
}

static void take_settings(struct parser *p, struct text t, bool in)
{
    struct settings *to = in ? &p->c->in : &p->c->out;
    for (struct text word; (word = text_word(&t)).length;) {
        struct text value = word, name;
        if (!text_split(&value, '=', &name)) {
            mistake(p, "%.*s: expected NAME=VALUE", (int)word.length, word.at);
            continue;
        }
        if (take_special(p, in, name, value))
            continue;
        if (!in && text_is(name, "elr")) {
            if (!p->c->exception.name)
                mistake(p, "elr= is about an exception: expected exc= before it");
            p->has_elr = true;
            name = (struct text){"pc", 2};
        }
        struct setting s = {0};
        const char *wanted = in && text_is(name, "pc") ? "another register: a case starts at pc"
                                                       : parse_setting(name, value, &s);
        if (!wanted && !in && is_lost(&s))
            wanted = "esr= far= elr= spsr= with exc=, or an MRS in the case and its result";
        if (!wanted && is_set(to, &s))
            wanted = "each register once";
        if (wanted) {
            mistake(p, "%.*s: expected %s", (int)word.length, word.at, wanted);
            free(s.bytes);
            continue;
        }
        to->item = grown(to->item, to->count, sizeof(*to->item));
        to->item[to->count++] = s;
    }
}

static void key(struct parser *p, struct text t)
{
    struct text name, value = t;
    if (!text_split(&value, ':', &name)) {
        mistake(p, "expected [NAME], or one of asm: word: in: out: steps:");
        return;
    }
    if (!p->c) {
        mistake(p, "expected a case's name in brackets first, such as [adds_w_overflow]");
        return;
    }
    p->c->last_line = p->line;
    value = trimmed(value);
    if (text_is(name, "asm")) {
        take_assembly(p, value);
    } else if (text_is(name, "word")) {
        take_words(p, value);
    } else if (text_is(name, "in")) {
        take_settings(p, value, true);
    } else if (text_is(name, "out")) {
        if (!p->c->out_line)
            p->c->out_line = p->line;
        take_settings(p, value, false);
    } else if (text_is(name, "steps")) {
        take_steps(p, value);
    } else {
        mistake(p, "%.*s: expected one of asm: word: in: out: steps:", (int)name.length, name.at);
    }
}

unsigned case_parse(const char *path, const char *text, FILE *errors, struct test_file *file)
{
    *file = (struct test_file){.path = strdup(path)};
    struct parser p = {.file = file, .errors = errors};
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        struct text line = {at, length};
        if (length && at[length - 1] == '\r')
            line.length--;
        at += length + (at[length] == '\n');
        file->line = grown(file->line, file->lines, sizeof(*file->line));
        file->line[file->lines++] = copy(line);
        p.line = file->lines;
        line = trimmed(line);
        if (!line.length || *line.at == '#')
            continue;
        if (*line.at == '[')
            header(&p, line);
        else
            key(&p, line);
    }
    end_case(&p);
    free(p.names);
    return p.mistakes;
}

/* All of F as a string, or NULL. */
static char *read_all(FILE *f, size_t *size)
{
    char *text = NULL;
    size_t got = 0, room = 0;
    do {
        if (got + 1 >= room) {
            room = room ? 2 * room : 1 << 16;
            char *more = realloc(text, room);
            if (!more)
                break;
            text = more;
        }
        *size = fread(text + got, 1, room - got - 1, f);
        got += *size;
    } while (*size);
    if (text)
        text[got] = 0;
    *size = got;
    return ferror(f) ? free(text), NULL : text;
}

unsigned case_read(const char *path, FILE *errors, struct test_file *file)
{
    size_t size = 0;
    FILE *f = fopen(path, "r");
    char *text = f ? read_all(f, &size) : NULL;
    int error = errno;
    if (f)
        fclose(f);
    *file = (struct test_file){0};
    if (!text) {
        fprintf(errors, "%s: %s\n", path, strerror(error));
        return 1;
    }
    unsigned mistakes = 1;
    if (strlen(text) != size)
        fprintf(errors, "%s: expected a text; there is a NUL byte in it\n", path);
    else
        mistakes = case_parse(path, text, errors, file);
    free(text);
    return mistakes;
}

static void free_settings(struct settings *s)
{
    for (unsigned i = 0; i < s->count; i++)
        free(s->item[i].bytes);
    free(s->item);
}

void case_free(struct test_file *file)
{
    for (unsigned i = 0; i < file->count; i++) {
        struct test_case *c = &file->item[i];
        for (unsigned k = 0; k < c->assembly_lines; k++)
            free(c->assembly[k]);
        free(c->assembly);
        free(c->name);
        free_settings(&c->in);
        free_settings(&c->out);
    }
    for (unsigned i = 0; i < file->lines; i++)
        free(file->line[i]);
    free(file->line);
    free(file->item);
    free(file->path);
}
