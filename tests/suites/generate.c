/*
 * generate-suites SEED COUNT [ROWS]...: cases for every row of the instruction
 * table that a process can execute, to standard output as test files without asm: and
 * out: lines, which generate.py adds from llvm-mc and qemu-aarch64.
 *
 * Words and register values are the fuzzer's, which like limits. Of a random state most
 * does not matter to an instruction: what can take its usual value without a change of
 * what the instruction does is left out of the case. What the instruction did is used for
 * that only, and is not written anywhere.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/exclude.h"
#include "tests/fuzz/generate.h"
#include "tools/a64test/run.h"

struct maker {
    struct testbed *board;
    const struct cpu_model *plain; /* what rows need no cpu= for */
    struct state_pool pool;
    struct case_state blank, start, trial;
    struct result wanted, got;
    struct test_case c;
};

/* The bits in parentheses are as they should be. */
static bool is_regular(const struct a64_row *row, u32 w)
{
    int position = 31;
    for (const char *p = row->pattern; *p; p++) {
        if (*p == ' ')
            continue;
        if (*p == '(') {
            if (bit(w, (unsigned)position) != (unsigned)(p[1] - '0'))
                return false;
            p += 2;
        }
        position--;
    }
    return true;
}

/*
 * Where the reference is no judge: its own words stand around the case's and use
 * TPIDR_EL0; whether a store-exclusive that fails checks its address is left open
 * (B2.12.5); and a process is not told of all bits of an address.
 */
static bool is_for_reference(u32 w, const struct result *r)
{
    s64 literal = sext(bits(w, 23, 5), 19) * 4;
    if ((w & 0x3b000000) == 0x18000000 && literal >= -16 && literal <= 4)
        return false;
    if ((w & 0xffdfffe0) == 0xd51bd040)
        return false;
    return !r->raised.any || ((w & 0x3f400000) != 0x08000000 && !(r->raised.far >> 48));
}

/* Are A's effects those of B, each compared with what it started from? */
static bool same_effects(const struct result *a, const struct case_state *a_start,
                         const struct result *b, const struct case_state *b_start)
{
    const struct case_state *x = &a->state, *y = &b->state;
    if (a->raised.any != b->raised.any || x->pc != y->pc || a->raised.esr != b->raised.esr ||
        (a->raised.any && a->raised.far != b->raised.far))
        return false;
    for (unsigned i = 0; i < 31; i++)
        if ((x->x[i] != a_start->x[i] || y->x[i] != b_start->x[i]) && x->x[i] != y->x[i])
            return false;
    for (unsigned i = 0; i < 32; i++)
        if ((memcmp(x->v[i], a_start->v[i], 16) || memcmp(y->v[i], b_start->v[i], 16)) &&
            memcmp(x->v[i], y->v[i], 16))
            return false;
    for (unsigned i = 0; i < RECORD_DATA_BYTES; i++)
        if ((x->data[i] != a_start->data[i] || y->data[i] != b_start->data[i]) &&
            x->data[i] != y->data[i])
            return false;
    return !(x->sp[0] != y->sp[0] && (x->sp[0] != a_start->sp[0] || y->sp[0] != b_start->sp[0])) &&
           !(x->nzcv != y->nzcv && (x->nzcv != a_start->nzcv || y->nzcv != b_start->nzcv)) &&
           !(x->fpsr != y->fpsr && (x->fpsr != a_start->fpsr || y->fpsr != b_start->fpsr)) &&
           !(x->fpcr != y->fpcr && (x->fpcr != a_start->fpcr || y->fpcr != b_start->fpcr));
}

static void run(struct maker *m, const struct case_state *start, struct result *r)
{
    run_case(m->board, &m->c, start, true, r);
}

/* m->trial becomes the start if that changes no effect, and the start otherwise. */
static bool settle(struct maker *m)
{
    run(m, &m->trial, &m->got);
    bool same = same_effects(&m->wanted, &m->start, &m->got, &m->trial);
    if (same) {
        m->start = m->trial;
        m->wanted = m->got;
    } else {
        m->trial = m->start;
    }
    return same;
}

#define SETTLE(m, field)                                                                           \
    do {                                                                                           \
        memcpy(&(m)->trial.field, &(m)->blank.field, sizeof((m)->trial.field));                    \
        settle(m);                                                                                 \
    } while (0)

static void settle_memory(struct maker *m, unsigned from, unsigned length)
{
    enum { PIECE = 8 };
    if (!memcmp(m->start.data + from, m->blank.data + from, length))
        return;
    memcpy(m->trial.data + from, m->blank.data + from, length);
    if (settle(m) || length <= PIECE)
        return;
    unsigned half = (length / 2 + PIECE - 1) / PIECE * PIECE;
    settle_memory(m, from, half);
    settle_memory(m, from + half, length - half);
}

/* Leave in m->start only what matters. */
static void simplify(struct maker *m)
{
    m->trial = m->start;
    run(m, &m->start, &m->wanted);
    SETTLE(m, nzcv);
    SETTLE(m, fpcr);
    SETTLE(m, fpsr);
    SETTLE(m, sp);
    for (unsigned i = 0; i < 31; i++)
        SETTLE(m, x[i]);
    for (unsigned i = 0; i < 32; i++)
        SETTLE(m, v[i]);
    settle_memory(m, 0, RECORD_DATA_BYTES);
}

static void from_record(const struct record_state *r, const u8 *data, struct case_state *s)
{
    case_default_state(s);
    memcpy(s->x, r->x, sizeof(s->x));
    memcpy(s->v, r->v, sizeof(s->v));
    memcpy(s->data, data, sizeof(s->data));
    s->sp[0] = r->sp;
    s->nzcv = (u8)(r->nzcv >> 28);
    s->fpcr = r->fpcr;
    s->fpsr = r->fpsr;
}

static void print_number(const char *name, u64 value)
{
    s64 offset = (s64)(value - CASE_DATA), ahead = (s64)(value - CASE_PC);
    if (offset >= -256 && offset < RECORD_DATA_BYTES + 256)
        printf(" %s=data%+" PRId64, name, offset);
    else if (ahead > -65536 && ahead < 65536)
        printf(" %s=pc%+" PRId64, name, ahead);
    else
        printf(" %s=%#" PRIx64, name, value);
}

/* The model that a case of ROW needs, NULL if any will do. */
static const char *model_for(const struct maker *m, unsigned row)
{
    const char *name = a64_rows[row].name;
    bool hint = !strncmp(name, "pac", 3) || !strncmp(name, "aut", 3) || !strncmp(name, "xpac", 4);
    if ((a64_rows[row].needs & A64_PAUTH) || hint)
        return "max,pauth-impdef=off"; /* the reference has QARMA5 */
    return a64_rows[row].needs & ~m->plain->features ? "max" : NULL;
}

static void print_state(const struct maker *m, const char *model)
{
    const struct case_state *s = &m->start, *blank = &m->blank;
    char name[8];
    printf("in:  ");
    if (model)
        printf(" cpu=%s", model);
    for (unsigned i = 0; i < 31; i++) {
        snprintf(name, sizeof(name), "x%u", i);
        if (s->x[i] != blank->x[i])
            print_number(name, s->x[i]);
    }
    if (s->sp[0] != blank->sp[0])
        print_number("sp", s->sp[0]);
    for (unsigned i = 0; i < 32; i++)
        if (memcmp(s->v[i], blank->v[i], 16))
            printf(" q%u=0x%016" PRIx64 "%016" PRIx64, i, (u64)s->v[i][1], (u64)s->v[i][0]);
    if (s->nzcv)
        printf(" nzcv=%u%u%u%u", s->nzcv >> 3, s->nzcv >> 2 & 1, s->nzcv >> 1 & 1, s->nzcv & 1);
    if (s->fpcr)
        printf(" fpcr=%#x", s->fpcr);
    if (s->fpsr)
        printf(" fpsr=%#x", s->fpsr);
    for (unsigned i = 0; i < RECORD_DATA_BYTES; i++) {
        unsigned from = i;
        while (i < RECORD_DATA_BYTES && s->data[i] != blank->data[i])
            i++;
        if (i > from)
            printf(" mem[data+%#x]=", from);
        for (; from < i; from++)
            printf("%02x", s->data[from]);
    }
    putchar('\n');
}

/* One case of ROW; false if what came out is of no use. */
static bool make(struct maker *m, struct rng *r, unsigned row, unsigned number)
{
    static u8 data[RECORD_DATA_BYTES];
    struct decoder *d = &m->board->engine.decoder;
    struct record_state state;
    struct program p;
    u32 w = generate_word(r, d, row);
    if (decode_row(d, w) != (int)row || !is_regular(&a64_rows[row], w) ||
        exclude_is_unpredictable(w) || !generate_single(r, d, w, 1, &p) ||
        decode_row(d, p.word[0]) != (int)row)
        return false;
    generate_state(r, &m->pool, &p, &state);
    generate_data(r, data);
    if (rng_chance(r, 48))
        state.fpsr = 0;
    if (rng_chance(r, 40))
        state.fpcr = 0;
    if (!model_for(m, row)) /* a CPU without FEAT_FP16 */
        state.fpcr &= ~(u32)FPCR_FZ16;
    m->c.word[0] = p.word[0];
    m->c.words = 1;
    from_record(&state, data, &m->start);
    run(m, &m->start, &m->got);
    /* A few may fault; most are to do something. */
    if ((m->got.raised.any && number % 8 != 7) || !is_for_reference(p.word[0], &m->got))
        return false;
    simplify(m);
    printf("[%s_%u]\nword: %08x\n", a64_rows[row].name, number, p.word[0]);
    print_state(m, model_for(m, row));
    putchar('\n');
    return true;
}

/* Does NAME match one of GLOBS, if there are any? */
static bool selected(const char *name, char *const *globs)
{
    if (!*globs)
        return true;
    for (; *globs; globs++)
        if (!fnmatch(*globs, name, 0))
            return true;
    return false;
}

int main(int argc, char **argv)
{
    enum { ATTEMPTS = 40 }; /* for each case that is wanted */
    struct maker *m = calloc(1, sizeof(*m));
    if (argc < 3 || !m)
        return fprintf(stderr, "usage: generate-suites SEED COUNT [ROWS]...\n"), EXIT_FAILURE;
    u64 seed = strtoull(argv[1], NULL, 0);
    unsigned count = (unsigned)strtoul(argv[2], NULL, 0);
    m->plain = model_find("cortex-a57");
    m->board = testbed_create(model_find("max,pauth-impdef=off"));
    if (!m->board)
        return EXIT_FAILURE;
    case_default_state(&m->blank);
    struct rng pool = rng_at(seed, UINT64_MAX);
    generate_pool(&pool, model_find("max")->features, &m->pool);
    for (unsigned row = 0; row < A64_COUNT; row++) {
        unsigned made = 0;
        if (!selected(a64_rows[row].name, argv + 3))
            continue;
        struct rng r = rng_at(seed, row);
        for (unsigned i = 0; i < ATTEMPTS * count && made < count; i++)
            made += make(m, &r, row, made);
        fprintf(stderr, "%-24s %u\n", a64_rows[row].name, made);
    }
    testbed_destroy(m->board);
    free(m);
    return EXIT_SUCCESS;
}
