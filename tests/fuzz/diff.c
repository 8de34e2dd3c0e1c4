/*
 * A batch of records runs on the reference and, one by one, on our engines. The
 * data area lives as long as the batch and is compared at its end; if it differs, the
 * batch runs again, record by record, to find out which one did it.
 */
#include "tests/fuzz/diff.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fuzz/compare.h"
#include "tests/fuzz/reduce.h"
#include "tests/fuzz/sides.h"
#include "tests/fuzz/sweep.h"

static const char *const engine_name[ENGINES] = {"ours (threaded)", "ours (chained)",
                                                 "ours (stepping)"};

enum { DEFAULT_COUNT = 1000000 };

/*
 * What was found since findings_begin. It counts once it is kept: what a record finds in
 * memory that differs already is a consequence, not a mismatch.
 */
struct findings {
    FILE *out;
    char *text;
    size_t size;
    unsigned count;
    u16 row[2 * RECORD_COUNT];
};

struct diff {
    const struct diff_options *o;
    struct findings findings;
    struct sides sides;
    struct generator generator;
    struct sweep sweep;
    struct state_pool pool;
    struct program program[RECORD_SLOTS];
    unsigned programs; /* in a batch */
    unsigned states;   /* records of each program */
    u64 count;         /* records to make */
    u64 records, words, executed, excluded, wandered, partial_stores, mismatches;
    u64 kinds[RECORD_TIMEOUT + 1];
    u64 *row_records, *row_mismatches; /* by row, the last for words without one */
    u8 data[RECORD_DATA_BYTES];        /* at the start of the batch */
    u32 code[RECORD_CODE_BYTES / 4];
    u8 before[RECORD_DATA_BYTES]; /* the data area at the start of the record that runs alone */
    bool counting;                /* what is executed: not when it is executed again */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned row_index(const struct diff *d, const struct program *p)
{
    int row = decode_row(d->generator.decoder, p->word[p->words - 1]);
    return row < 0 ? A64_COUNT : (unsigned)row;
}

/*
 * The I-th word of the sweep that the seed starts: an odd stride visits all 2^32 words
 * before it comes back to the first.
 */
static u32 stride_word(u64 seed, u64 i)
{
    struct rng r = rng_at(seed, 0);
    return (u32)rng_next(&r) + (u32)i * UINT32_C(0x9e3779b1);
}

/* The same within the systematic sweep, whose parts are of many sizes: PRIME divides none. */
static u32 swept_word(const struct sweep *s, struct rng *r, u64 i)
{
    const u64 prime = UINT64_C(0x9e3779b1);
    return sweep_word(s, r, i % s->words * prime % s->words);
}

/* Words of --words: every other one from all words, the others from near the table. */
static u32 next_word(struct diff *d, struct rng *r, u64 i)
{
    if (d->o->sweep)
        return swept_word(&d->sweep, r, i);
    return i % 2 ? generate_neighbour(r, d->generator.decoder) : stride_word(d->o->seed, i / 2);
}

/* Make batch B. Returns the number of its records. */
static unsigned make_batch(struct diff *d, u64 b)
{
    struct record_shared *s = d->sides.oracle.shared;
    unsigned records = 0;
    struct rng r = rng_at(d->o->seed, b);
    generate_data(&r, d->data);
    generate_refresh_pool(&r, &d->pool);
    oracle_empty_code(s->code, s->tail);
    for (unsigned i = 0; i < d->programs; i++) {
        struct program *p = &d->program[i];
        if (d->o->rows)
            generate_program(&r, &d->generator, i * d->generator.span, p);
        else if (!generate_single(&r, d->generator.decoder, next_word(d, &r, b * d->programs + i),
                                  i, p))
            p->word[0] = 0, d->excluded++;
        oracle_set_slot(s->code, p->slot, p->word, p->words);
        for (unsigned k = 0; k < d->states; k++)
            generate_state(&r, &d->pool, p, &s->in[records++]);
    }
    memcpy(d->code, s->code, sizeof(d->code));
    return records;
}

static void reset_memory(struct diff *d)
{
    sides_set_data(&d->sides, d->data);
    sides_set_code(&d->sides, d->code);
}

static void print_repeat(const struct diff *d, u64 record)
{
    const struct diff_options *o = d->o;
    FILE *out = d->findings.out;
    fprintf(out, "    repeat: fuzz --cpu %s ", o->cpu);
    if (o->rows)
        fprintf(out, "--rows '%s' ", o->rows);
    else
        fprintf(out, d->o->sweep ? "--sweep " : "--words ");
    fprintf(out, "--seed %" PRIu64 " --length %u --at %" PRIu64 "\n", o->seed, o->length, record);
}

static void findings_begin(struct diff *d)
{
    d->findings.count = 0;
    d->findings.out = open_memstream(&d->findings.text, &d->findings.size);
    if (!d->findings.out)
        abort();
}

static void findings_end(struct diff *d, bool keep)
{
    struct findings *f = &d->findings;
    fclose(f->out);
    if (keep) {
        fwrite(f->text, 1, f->size, stdout);
        fflush(stdout);
        d->mismatches += f->count;
        for (unsigned i = 0; i < f->count; i++)
            d->row_mismatches[f->row[i]]++;
    }
    free(f->text);
}

/* Note a mismatch of P, record RECORD. True if it is to be described. */
static bool find(struct diff *d, const struct program *p, u64 record)
{
    struct findings *f = &d->findings;
    if (d->o->at != UINT64_MAX && d->o->at != record)
        return false;
    f->row[f->count++] = (u16)row_index(d, p);
    u64 number = d->mismatches + f->count;
    if (number > d->o->reports)
        return false;
    fprintf(f->out, "mismatch %" PRIu64 ", record %" PRIu64 ":\n", number, record);
    return true;
}

enum verdict { SAME, DIFFERENT, NOT_COMPARABLE };

static void describe(const struct diff *d, const struct program *p, unsigned i,
                     const struct outcome *o)
{
    const struct record_state *in = &d->sides.oracle.shared->in[i];
    FILE *out = d->findings.out;
    if (o->engine >= 0)
        compare_print(out, d->generator.decoder, p, in, &o->ours[o->engine], &o->reference,
                      engine_name[o->engine], "reference");
    else
        compare_print(out, d->generator.decoder, p, in, &o->ours[THREADED], &o->ours[o->other],
                      engine_name[THREADED], engine_name[o->other]);
    if (o->engines)
        fprintf(out, "    the engines differ in %s\n", o->engines);
    if (o->endless != (o->raw.kind == RECORD_TIMEOUT))
        fprintf(out, "    %s has not come to an end\n", o->endless ? "ours" : "the reference");
}

/* Run record I of the batch on our side and compare. */
static enum verdict check_record(struct diff *d, u64 base, unsigned i, struct outcome *o)
{
    const struct program *p = &d->program[i / d->states];
    bool same = sides_check(&d->sides, p, i, o);
    if (d->counting) {
        d->kinds[o->endless ? RECORD_TIMEOUT : o->ours[STEPPING].kind]++;
        d->executed += o->executed;
        d->wandered += o->wandered;
    }
    if (!same && find(d, p, base + i)) {
        describe(d, p, i, o);
        print_repeat(d, base + i);
    }
    return !same ? DIFFERENT : o->compared ? SAME : NOT_COMPARABLE;
}

static void report_memory(struct diff *d, u64 base, unsigned i, int engine)
{
    const struct program *p = &d->program[i / d->states];
    const struct record_shared *s = d->sides.oracle.shared;
    const u8 *ours = ours_data(d->sides.ours[engine]);
    FILE *out = d->findings.out;
    if (!find(d, p, base + i))
        return;
    compare_print(out, d->generator.decoder, p, &s->in[i], &s->in[i], &s->in[i],
                  engine_name[engine], "reference");
    for (unsigned k = 0; k < RECORD_DATA_BYTES; k++)
        if (ours[k] != s->data[k])
            fprintf(out, "    [%08" PRIx64 "] %02x   %02x\n", RECORD_DATA + k, ours[k], s->data[k]);
    print_repeat(d, base + i);
}

/* Record I by itself. False if the reference is gone. */
static bool check_alone(struct diff *d, u64 base, unsigned i, struct outcome *o)
{
    if (!sides_refer(&d->sides, i, 1))
        return false;
    enum verdict v = check_record(d, base, i, o);
    int engine = sides_compare_data(&d->sides);
    bool aborted = d->sides.oracle.shared->out[i].kind >= RECORD_TRANSLATION;
    if (engine >= 0 && (v == DIFFERENT || (v == SAME && !aborted)))
        report_memory(d, base, i, engine);
    else if (engine >= 0)
        d->partial_stores += v == SAME;
    return true;
}

/*
 * The same, but a program that is different and has gone to words of another one, which
 * were made for other registers, runs again with UDF there: it has to be different by itself.
 */
static bool single_out_one(struct diff *d, u64 base, unsigned i)
{
    struct outcome o;
    const struct program *p = &d->program[i / d->states];
    memcpy(d->before, d->sides.oracle.shared->data, sizeof(d->before));
    findings_begin(d);
    bool ok = check_alone(d, base, i, &o);
    if (ok && o.wandered && d->findings.count) {
        findings_end(d, false);
        sides_set_data(&d->sides, d->before);
        sides_set_program(&d->sides, p);
        findings_begin(d);
        ok = check_alone(d, base, i, &o);
        sides_set_code(&d->sides, d->code);
    }
    bool found = d->findings.count, reported = d->mismatches < d->o->reports;
    findings_end(d, true);
    sides_take_data(&d->sides);
    if (ok && found && reported && d->o->cases)
        ok = reduce_record(&d->sides, d->o->cases,
                           &(struct reduce_origin){d->o->cpu, d->o->seed, base + i}, p, i,
                           d->before);
    return ok;
}

/* Records FIRST to LAST - 1 one at a time, from the memory in d->data. */
static bool single_out(struct diff *d, u64 base, unsigned first, unsigned last)
{
    bool ok = true;
    reset_memory(d);
    for (unsigned i = first; i < last && ok; i++)
        ok = single_out_one(d, base, i);
    return ok;
}

/*
 * Records FIRST to LAST - 1, in one go. *CLEAN: nothing was found, in the registers or in
 * memory at the end; else each record has to be looked at by itself.
 */
static bool run_records(struct diff *d, u64 base, unsigned first, unsigned last, bool *clean)
{
    struct outcome o;
    if (!sides_refer(&d->sides, first, last - first))
        return false;
    findings_begin(d);
    for (unsigned i = first; i < last; i++)
        check_record(d, base, i, &o);
    *clean = sides_compare_data(&d->sides) < 0 && !d->findings.count;
    findings_end(d, false);
    return true;
}

/* Again, in pieces, to find the records that leave different memory behind. */
static bool narrow_down(struct diff *d, u64 base, unsigned records)
{
    enum { PIECE = 64 };
    reset_memory(d);
    for (unsigned first = 0, last; first < records; first = last) {
        bool clean;
        last = first + PIECE < records ? first + PIECE : records;
        if (!run_records(d, base, first, last, &clean) ||
            (!clean && !single_out(d, base, first, last)))
            return false;
        memcpy(d->data, d->sides.oracle.shared->data, sizeof(d->data));
    }
    return true;
}

static bool run_batch(struct diff *d, u64 b)
{
    u64 base = b * d->programs * d->states;
    unsigned records = make_batch(d, b);
    bool clean;
    reset_memory(d);
    d->counting = true;
    bool ok = run_records(d, base, 0, records, &clean);
    d->counting = false;
    if (!ok || (!clean && !narrow_down(d, base, records))) {
        printf("batch %" PRIu64 " of seed %" PRIu64 " ended the reference\n", b, d->o->seed);
        return false;
    }
    for (unsigned i = 0; i < records; i++) {
        d->row_records[row_index(d, &d->program[i / d->states])]++;
        d->words += d->program[i / d->states].words;
    }
    d->records += records;
    return true;
}

static bool start(struct diff *d)
{
    const struct diff_options *o = d->o;
    const struct cpu_model *model = model_find(o->cpu);
    int row = o->falsify ? compare_find_row(o->falsify) : -1;
    if (!model) {
        fprintf(stderr, "fuzz: no CPU model '%s'; cortex-a57 and max are two\n", o->cpu);
        return false;
    }
    if (o->falsify && row < 0) {
        fprintf(stderr, "fuzz: --falsify takes a row of the table, not '%s'\n", o->falsify);
        return false;
    }
    /* The algorithm of the two that the reference has, too. */
    if (model->features & A64_PAUTH)
        model = model_with_pauth(model, MODEL_PAUTH_QARMA5);
    if (!sides_start(&d->sides, model, o->qemu, o->qemu_cpu, o->reference, row))
        return false;
    d->generator.decoder = d->sides.decoder;
    d->generator.length = o->length;
    d->generator.span = generate_span(o->length);
    if (o->rows && !generate_select(&d->generator, o->rows)) {
        fprintf(stderr, "fuzz: no row of %s matches '%s'\n", o->cpu, o->rows);
        return false;
    }
    struct rng r = rng_at(o->seed, UINT64_MAX);
    generate_pool(&r, model->features, &d->pool);
    d->programs = RECORD_SLOTS / d->generator.span;
    d->states = o->rows ? RECORD_COUNT / d->programs : 1;
    d->row_records = calloc(A64_COUNT + 1, sizeof(u64));
    d->row_mismatches = calloc(A64_COUNT + 1, sizeof(u64));
    if (!d->row_records || !d->row_mismatches || !sweep_init(&d->sweep, d->sides.decoder))
        return false;
    d->count = o->count ? o->count : o->sweep ? d->sweep.words : DEFAULT_COUNT;
    return true;
}

static void stop(struct diff *d)
{
    sides_stop(&d->sides);
    sweep_destroy(&d->sweep);
    free(d->row_records);
    free(d->row_mismatches);
}

static void summarise(const struct diff *d, double seconds)
{
    unsigned rows = 0;
    for (unsigned i = 0; i < A64_COUNT; i++)
        rows += d->row_records[i] != 0;
    printf("%" PRIu64 " records of %u rows in %.1f s (%.0f/s), %" PRIu64 " words excluded\n",
           d->records, rows, seconds, (double)d->records / seconds, d->excluded);
    printf("%" PRIu64 " words in them, of which %" PRIu64 " were executed; %" PRIu64
           " records went to others' words\n",
           d->words, d->executed, d->wandered);
    printf("done %" PRIu64 ", undefined %" PRIu64 ", aborts: translation %" PRIu64
           ", permission %" PRIu64 ", alignment %" PRIu64 "; breakpoints %" PRIu64
           ", others %" PRIu64 ", endless %" PRIu64 "\n",
           d->kinds[RECORD_DONE], d->kinds[RECORD_UNDEFINED], d->kinds[RECORD_TRANSLATION],
           d->kinds[RECORD_PERMISSION], d->kinds[RECORD_ALIGNMENT], d->kinds[RECORD_BREAKPOINT],
           d->kinds[RECORD_OTHER], d->kinds[RECORD_TIMEOUT]);
    if (d->partial_stores)
        printf("%" PRIu64 " aborted stores left different parts in memory, as they may\n",
               d->partial_stores);
    for (unsigned i = 0; i <= A64_COUNT; i++)
        if (d->row_mismatches[i])
            printf("  %-16s %" PRIu64 " of %" PRIu64 " records differ\n",
                   i < A64_COUNT ? a64_rows[i].name : "(no row)", d->row_mismatches[i],
                   d->row_records[i]);
    printf("%" PRIu64 " mismatches\n", d->mismatches);
}

static volatile sig_atomic_t ended;

static void on_end(int signal)
{
    ended = 1;
}

s64 diff_run(const struct diff_options *o)
{
    struct diff *d = calloc(1, sizeof(*d));
    s64 result = -1;
    if (!d)
        return -1;
    d->o = o;
    if (start(d)) {
        double began = now();
        u64 size = d->programs * d->states;
        bool all = o->at == UINT64_MAX, ok = true;
        u64 first = (all ? o->from : o->at) / size, b = first;
        u64 last = all ? first + (d->count + size - 1) / size : first + 1;
        signal(SIGTERM, on_end);
        signal(SIGINT, on_end);
        for (; b < last && ok && !ended; b++) {
            ok = run_batch(d, b);
            ended |= o->seconds && now() - began > (double)o->seconds;
        }
        summarise(d, now() - began);
        if (all && b < last)
            printf("to go on: --from %" PRIu64 " --count %" PRIu64 "\n", b * size,
                   (last - b) * size);
        result = ok ? (s64)d->mismatches : -1;
    }
    stop(d);
    free(d);
    return result;
}
