/*
 * Reducing (reduce.h): one thing after the other is made simpler, and stays so if the
 * sides still differ. A trial is never what the generator would not have made: a word
 * that is excluded, or an exclusive of another kind.
 */
#include "tests/fuzz/reduce.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/isa/disasm.h"
#include "tests/fuzz/compare.h"
#include "tests/fuzz/exclude.h"
#include "tools/a64test/update.h"

/* What is made simpler. */
struct subject {
    struct program program;
    struct record_state in;
    u8 data[RECORD_DATA_BYTES];
};

struct reduction {
    struct sides *sides;
    unsigned record; /* whose place among the records is used */
    struct subject is, trial;
    struct case_state blank;
    struct outcome outcome; /* of .is */
    bool gone;              /* the reference */
    bool by_kind;           /* the sides differ in no more than the kind of a data abort */
};

/* A test is not told which kind a data abort is of. */
static bool differ_in_tests(const struct outcome *o)
{
    struct record_state a = o->ours[o->engine < 0 ? 0 : o->engine], b = o->reference;
    if (a.kind >= RECORD_TRANSLATION && a.kind <= RECORD_ALIGNMENT &&
        b.kind >= RECORD_TRANSLATION && b.kind <= RECORD_ALIGNMENT)
        a.kind = b.kind;
    return o->engines || o->endless || memcmp(&a, &b, sizeof(a)) != 0;
}

/* Execute S alone. True if the sides differ. */
static bool differs(struct reduction *r, const struct subject *s, struct outcome *o)
{
    struct record_state *in = &r->sides->oracle.shared->in[r->record];
    sides_set_program(r->sides, &s->program);
    sides_set_data(r->sides, s->data);
    *in = s->in;
    in->pc = program_start(&s->program) - 4;
    if (r->gone || !sides_refer(r->sides, r->record, 1)) {
        r->gone = true;
        return false;
    }
    if (!sides_check(r->sides, &s->program, r->record, o))
        return r->by_kind || differ_in_tests(o);
    bool aborted = o->raw.kind >= RECORD_TRANSLATION; /* then parts may have been stored */
    return o->compared && !aborted && sides_compare_data(r->sides) >= 0;
}

/* The same of what is to be reduced. */
static bool differs_at_all(struct reduction *r)
{
    if (differs(r, &r->is, &r->outcome))
        return true;
    r->by_kind = true;
    return differs(r, &r->is, &r->outcome);
}

/* Take the trial if the sides still differ, else go back. */
static bool settle(struct reduction *r)
{
    struct outcome o;
    bool still = differs(r, &r->trial, &o);
    if (still) {
        r->is = r->trial;
        r->outcome = o;
    } else {
        r->trial = r->is;
    }
    return still;
}

static unsigned count_unpredictable(const struct program *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < p->words; i++)
        n += exclude_is_unpredictable(p->word[i]);
    return n;
}

/* Whether the trial is such as the generator makes, and no more unpredictable than it was. */
static bool may_run(const struct reduction *r)
{
    const struct program *p = &r->trial.program;
    struct program so_far = *p;
    so_far.words = 0;
    for (unsigned i = 0; i < p->words; i++) {
        if (exclude_find(p->word[i], r->sides->decoder->features) ||
            !generate_agrees(&so_far, p->word[i]))
            return false;
        so_far.word[so_far.words++] = p->word[i];
    }
    return count_unpredictable(p) <= count_unpredictable(&r->is.program);
}

static void drop_words(struct reduction *r)
{
    for (unsigned i = r->is.program.words; i-- > 0 && r->is.program.words > 1;) {
        struct program *p = &r->trial.program;
        p->words--;
        memmove(&p->word[i], &p->word[i + 1], (p->words - i) * sizeof(p->word[0]));
        settle(r);
    }
}

/* LENGTH bytes at OFFSET of the trial are to be as in a test, or parts of them. */
static void calm_memory(struct reduction *r, unsigned offset, unsigned length)
{
    if (!memcmp(r->is.data + offset, r->blank.data + offset, length))
        return;
    memcpy(r->trial.data + offset, r->blank.data + offset, length);
    if (settle(r) || length == 1)
        return;
    calm_memory(r, offset, length / 2);
    calm_memory(r, offset + length / 2, length - length / 2);
}

/* *VALUE, of the trial, is to be USUAL, or 0, or have fewer bits. */
static void calm_value(struct reduction *r, uint64_t *value, u64 usual)
{
    const u64 wanted[] = {usual, 0};
    for (unsigned i = 0; i < ARRAY_LEN(wanted); i++) {
        if (*value == wanted[i])
            return;
        *value = wanted[i];
        if (settle(r))
            return;
    }
    for (unsigned b = 64; b-- > 0;) {
        if (!(*value >> b & 1))
            continue;
        *value &= ~BIT(b);
        settle(r);
    }
}

static void calm_word(struct reduction *r, u32 *value)
{
    for (unsigned b = 32; b-- > 0;) {
        if (!(*value >> b & 1))
            continue;
        *value &= ~(1u << b);
        settle(r);
    }
}

static void calm_state(struct reduction *r)
{
    struct record_state *in = &r->trial.in;
    for (unsigned i = 0; i < 31; i++)
        calm_value(r, &in->x[i], r->blank.x[i]);
    calm_value(r, &in->sp, r->blank.sp[0]);
    for (unsigned i = 0; i < 32; i++) {
        calm_value(r, &in->v[i][1], r->blank.v[i][1]);
        calm_value(r, &in->v[i][0], r->blank.v[i][0]);
    }
    calm_word(r, &in->nzcv);
    calm_word(r, &in->fpcr);
    calm_word(r, &in->fpsr);
    calm_memory(r, 0, RECORD_DATA_BYTES);
}

/* The word as it would be with simpler operands, each by itself. */
static void calm_operands(struct reduction *r, unsigned i)
{
    u32 masks[GENERATE_FIELDS], *w = &r->trial.program.word[i];
    const struct decoder *d = r->sides->decoder;
    int row = decode_row(d, *w);
    for (unsigned f = row < 0 ? 0 : generate_fields((unsigned)row, masks); f-- > 0;) {
        for (u32 left = masks[f] & *w, top; left; left &= ~top) {
            top = BIT(31 - __builtin_clz(left)) & UINT32_MAX;
            *w &= ~top;
            if (decode_row(d, *w) != row || !may_run(r))
                r->trial = r->is;
            else
                settle(r);
        }
    }
}

/* Whether bits MASK of a word are the number of a register: N. */
static bool is_register(u32 mask, u32 w, u32 n)
{
    enum { NUMBERS = 31 };
    unsigned lsb = (unsigned)__builtin_ctz(mask);
    return mask >> lsb == NUMBERS && (w >> lsb & NUMBERS) == n;
}

/* Register TO for FROM in the trial, values and all. False if TO is in use or FROM is not. */
static bool rename_register(struct reduction *r, u32 from, u32 to)
{
    struct program *p = &r->trial.program;
    struct record_state *in = &r->trial.in;
    bool found = false;
    for (unsigned i = 0; i < p->words; i++) {
        u32 masks[GENERATE_FIELDS], w = p->word[i];
        int row = decode_row(r->sides->decoder, w);
        for (unsigned f = row < 0 ? 0 : generate_fields((unsigned)row, masks); f-- > 0;) {
            if (is_register(masks[f], w, to))
                return false;
            if (!is_register(masks[f], w, from))
                continue;
            found = true;
            p->word[i] = (p->word[i] & ~masks[f]) | to << __builtin_ctz(masks[f]);
        }
    }
    in->x[to] = in->x[from];
    in->x[from] = r->blank.x[from];
    memcpy(in->v[to], in->v[from], sizeof(in->v[to]));
    memcpy(in->v[from], r->blank.v[from], sizeof(in->v[from]));
    return found && may_run(r);
}

static void lower_registers(struct reduction *r)
{
    enum { LAST = 30 };
    for (u32 high = LAST; high > 0; high--) {
        bool lowered = false;
        for (u32 low = 0; low < high && !lowered; low++) {
            lowered = rename_register(r, high, low) && settle(r);
            r->trial = r->is;
        }
    }
}

static void reduce(struct reduction *r)
{
    unsigned words;
    do {
        words = r->is.program.words;
        drop_words(r);
    } while (r->is.program.words < words);
    calm_state(r);
    lower_registers(r);
    for (unsigned i = 0; i < r->is.program.words; i++)
        calm_operands(r, i);
    calm_state(r);
}

/* asm:, unless an operand is an address or there is none. */
static void print_assembly(FILE *out, const struct decoder *d, const struct program *p)
{
    char text[DISASM_SIZE];
    for (unsigned i = 0; i < p->words; i++)
        if (decode_row(d, p->word[i]) < 0 || generate_is_relative(p->word[i]))
            return;
    for (unsigned i = 0; i < p->words; i++) {
        disasm(d, p->word[i], 0, text, sizeof(text));
        for (char *tab = text; (tab = strchr(tab, '\t'));)
            *tab = ' ';
        fprintf(out, "%s%s", i ? "; " : "asm:  ", text);
    }
    fputc('\n', out);
}

static void print_lines(FILE *out, char *lines)
{
    fprintf(out, "%s\n", lines ? lines : "# The reference does not say what happens.");
    free(lines);
}

static void print_case(struct reduction *r, FILE *out, const struct reduce_origin *origin)
{
    const struct program *p = &r->is.program;
    const struct decoder *d = r->sides->decoder;
    bool later = d->features & A64_PAUTH;
    struct test_case c = {.words = p->words};
    struct record_state begin = r->is.in, end = r->outcome.reference;
    struct case_state start = r->blank;
    bool far_known = r->outcome.raw.far && r->outcome.raw.far == end.far;
    memcpy(c.word, p->word, p->words * sizeof(p->word[0]));
    begin.pc = RECORD_CODE;
    begin.kind = RECORD_DONE;
    fprintf(out, "\n# %s: record %" PRIu64 " of seed %" PRIu64 "\n", origin->cpu, origin->record,
            origin->seed);
    fprintf(out, "[%s_%" PRIu64 "_%" PRIu64 "]\n", compare_row_name(d, p), origin->seed,
            origin->record);
    print_assembly(out, d, p);
    fprintf(out, "word:");
    for (unsigned i = 0; i < p->words; i++)
        fprintf(out, " %08x", p->word[i]);
    fprintf(out, "\n%s", later ? "in:   cpu=max,pauth-impdef=off\n" : "");
    print_lines(out, update_lines("in:", &c, &start, &begin, r->is.data, false));
    memcpy(start.x, begin.x, sizeof(start.x));
    memcpy(start.v, begin.v, sizeof(start.v));
    memcpy(start.data, r->is.data, sizeof(start.data));
    start.sp[0] = begin.sp;
    start.nzcv = (u8)(begin.nzcv >> 28);
    start.fpcr = begin.fpcr;
    start.fpsr = begin.fpsr;
    print_lines(out,
                update_lines("out:", &c, &start, &end, r->sides->oracle.shared->data, far_known));
}

static bool write_case(struct reduction *r, const char *path, const struct reduce_origin *origin)
{
    struct outcome o;
    FILE *out = fopen(path, "a");
    differs(r, &r->is, &o); /* for the memory that it leaves */
    if (out)
        print_case(r, out, origin);
    bool good = out && !ferror(out);
    if (out && fclose(out))
        good = false;
    if (!good)
        fprintf(stderr, "fuzz: --cases: %s: %s\n", path, strerror(errno));
    return good;
}

/* As a test, in the second slot. */
static void begin(struct reduction *r, const struct program *p, unsigned i, const u8 *data)
{
    enum { SLOT_OF_TESTS = 1 };
    r->record = i;
    r->is.program = *p;
    r->is.program.slot = SLOT_OF_TESTS;
    r->is.in = r->sides->oracle.shared->in[i];
    memcpy(r->is.data, data, sizeof(r->is.data));
    r->trial = r->is;
    case_default_state(&r->blank);
}

bool reduce_record(struct sides *s, const char *path, const struct reduce_origin *origin,
                   const struct program *p, unsigned i, const u8 *data)
{
    struct reduction *r = calloc(1, sizeof(*r));
    struct record_shared *before = aligned_alloc(RECORD_PAGE, sizeof(*before));
    if (!r || !before)
        abort();
    memcpy(before, s->oracle.shared, sizeof(*before));
    r->sides = s;
    begin(r, p, i, data);
    bool good = true;
    if (differs_at_all(r)) {
        reduce(r);
        good = write_case(r, path, origin);
    } else {
        printf("    not so where tests stand, alone: no test made of it\n");
    }
    good &= !r->gone;
    memcpy(s->oracle.shared->in, before->in, sizeof(before->in));
    sides_set_code(s, before->code);
    sides_set_data(s, before->data);
    free(before);
    free(r);
    return good;
}
