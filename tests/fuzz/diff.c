/*
 * A batch of records runs on the reference and, one by one, on our two engines. The
 * data area lives as long as the batch and is compared at its end; if it differs, the
 * batch runs again, record by record, to find out which one did it.
 */
#include "tests/fuzz/diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fuzz/compare.h"
#include "tests/fuzz/exclude.h"
#include "tests/fuzz/ours.h"
#include "tools/a64test/oracle.h"

enum { ENGINES = 2 };

static const char *const engine_name[ENGINES] = {"ours (threaded)", "ours (stepping)"};

/* Of random words most are undefined, whatever the state. */
enum { STATES_OF_ROWS = RECORD_COUNT / RECORD_SLOTS, STATES_OF_WORDS = 1 };

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
    struct oracle oracle;
    struct ours *ours[ENGINES];
    struct generator generator;
    struct state_pool pool;
    struct program program[RECORD_SLOTS];
    unsigned states; /* records of each program */
    u64 records, excluded, partial_stores, mismatches;
    u64 kinds[RECORD_TIMEOUT + 1];
    u64 *row_records, *row_mismatches; /* by row, the last for words without one */
    u8 data[RECORD_DATA_BYTES];        /* at the start of the batch */
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
static u32 sweep_word(u64 seed, u64 i)
{
    struct rng r = rng_at(seed, 0);
    return (u32)rng_next(&r) + (u32)i * UINT32_C(0x9e3779b1);
}

/* Words of --words: every other one from the sweep, the others from near the table. */
static u32 next_word(struct diff *d, struct rng *r, u64 i)
{
    return i % 2 ? generate_neighbour(r, d->generator.decoder) : sweep_word(d->o->seed, i / 2);
}

/* Make batch B. Returns the number of its records. */
static unsigned make_batch(struct diff *d, u64 b)
{
    struct record_shared *s = d->oracle.shared;
    unsigned records = 0;
    struct rng r = rng_at(d->o->seed, b);
    generate_data(&r, d->data);
    oracle_empty_code(s->code, s->tail);
    for (unsigned i = 0; i < RECORD_SLOTS; i++) {
        struct program *p = &d->program[i];
        if (d->o->rows)
            generate_program(&r, &d->generator, i, p);
        else if (!generate_single(&r, d->generator.decoder, next_word(d, &r, b * RECORD_SLOTS + i),
                                  i, p))
            p->word[0] = 0, d->excluded++;
        oracle_set_slot(s->code, p->slot, p->word, p->words);
        for (unsigned k = 0; k < d->states; k++)
            generate_state(&r, &d->pool, p, &s->in[records++]);
    }
    return records;
}

static void reset_memory(struct diff *d)
{
    memcpy(d->oracle.shared->data, d->data, sizeof(d->data));
    for (unsigned e = 0; e < ENGINES; e++) {
        ours_set_data(d->ours[e], d->data);
        ours_set_code(d->ours[e], d->oracle.shared->code);
    }
}

static void print_repeat(const struct diff *d, u64 record)
{
    const struct diff_options *o = d->o;
    FILE *out = d->findings.out;
    fprintf(out, "    repeat: fuzz --cpu %s ", o->cpu);
    if (o->rows)
        fprintf(out, "--rows '%s' ", o->rows);
    else
        fprintf(out, "--words ");
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

/* Run record I of the batch on our side and compare. */
static enum verdict check_record(struct diff *d, u64 base, unsigned i)
{
    struct record_shared *s = d->oracle.shared;
    const struct program *p = &d->program[i / d->states];
    struct record_state out[ENGINES], reference = s->out[i];
    u64 esr[ENGINES];
    bool comparable = true;
    for (unsigned e = 0; e < ENGINES; e++) {
        ours_run(d->ours[e], p, &s->in[i], &out[e]);
        esr[e] = d->ours[e]->esr;
        comparable &= compare_prepare(p, &out[e], &reference);
    }
    d->kinds[s->out[i].kind == RECORD_TIMEOUT ? RECORD_TIMEOUT : out[0].kind]++;
    if (!comparable)
        return NOT_COMPARABLE;
    for (unsigned e = 0; e < ENGINES; e++) {
        if (!memcmp(&out[e], &reference, sizeof(reference)))
            continue;
        if (find(d, p, base + i)) {
            compare_print(d->findings.out, d->generator.decoder, p, &s->in[i], &out[e], &reference,
                          engine_name[e], "reference");
            print_repeat(d, base + i);
        }
        return DIFFERENT;
    }
    if (esr[0] == esr[1])
        return SAME;
    if (find(d, p, base + i))
        fprintf(d->findings.out, "  %08x: ESR_EL1 %08" PRIx64 " threaded, %08" PRIx64 " stepping\n",
                p->word[p->words - 1], esr[0], esr[1]);
    return DIFFERENT;
}

/* The engine whose data area is not the reference's, or -1. */
static int memory_differs(const struct diff *d)
{
    for (int e = 0; e < ENGINES; e++)
        if (memcmp(ours_data(d->ours[e]), d->oracle.shared->data, RECORD_DATA_BYTES))
            return e;
    return -1;
}

static void report_memory(struct diff *d, u64 base, unsigned i, int engine)
{
    const struct program *p = &d->program[i / d->states];
    const struct record_state *in = &d->oracle.shared->in[i];
    const u8 *ours = ours_data(d->ours[engine]), *reference = d->oracle.shared->data;
    FILE *out = d->findings.out;
    if (!find(d, p, base + i))
        return;
    compare_print(out, d->generator.decoder, p, in, in, in, engine_name[engine], "reference");
    for (unsigned k = 0; k < RECORD_DATA_BYTES; k++)
        if (ours[k] != reference[k])
            fprintf(out, "    [%08" PRIx64 "] %02x   %02x\n", RECORD_DATA + k, ours[k],
                    reference[k]);
    print_repeat(d, base + i);
}

static void copy_memory(struct diff *d)
{
    for (unsigned e = 0; e < ENGINES; e++)
        ours_set_data(d->ours[e], d->oracle.shared->data);
}

/* Records FIRST to LAST - 1 one at a time, from the memory in d->data. */
static bool single_out(struct diff *d, u64 base, unsigned first, unsigned last)
{
    bool ok = true;
    reset_memory(d);
    findings_begin(d);
    for (unsigned i = first; i < last && ok; i++) {
        ok = oracle_run(&d->oracle, i, 1);
        enum verdict v = ok ? check_record(d, base, i) : NOT_COMPARABLE;
        int engine = ok ? memory_differs(d) : -1;
        if (engine < 0)
            continue;
        bool aborted = d->oracle.shared->out[i].kind >= RECORD_TRANSLATION;
        if (v == DIFFERENT || (v == SAME && !aborted))
            report_memory(d, base, i, engine);
        else
            d->partial_stores += v == SAME;
        copy_memory(d);
    }
    findings_end(d, true);
    return ok;
}

/*
 * Records FIRST to LAST - 1, in one go. *CLEAN: nothing was found, in the registers or in
 * memory at the end; else each record has to be looked at by itself.
 */
static bool run_records(struct diff *d, u64 base, unsigned first, unsigned last, bool *clean)
{
    if (!oracle_run(&d->oracle, first, last - first))
        return false;
    findings_begin(d);
    for (unsigned i = first; i < last; i++)
        check_record(d, base, i);
    *clean = memory_differs(d) < 0 && !d->findings.count;
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
        memcpy(d->data, d->oracle.shared->data, sizeof(d->data));
    }
    return true;
}

static bool run_batch(struct diff *d, u64 b)
{
    u64 base = b * RECORD_SLOTS * d->states;
    unsigned records = make_batch(d, b);
    bool clean;
    reset_memory(d);
    if (!run_records(d, base, 0, records, &clean) || (!clean && !narrow_down(d, base, records))) {
        printf("batch %" PRIu64 " of seed %" PRIu64 " ended the reference\n", b, d->o->seed);
        return false;
    }
    for (unsigned i = 0; i < records; i++)
        d->row_records[row_index(d, &d->program[i / d->states])]++;
    d->records += records;
    return true;
}

static bool start(struct diff *d)
{
    const struct diff_options *o = d->o;
    const struct cpu_model *model = model_find(o->cpu);
    if (!model) {
        fprintf(stderr, "fuzz: no CPU model '%s'; cortex-a57 and max are two\n", o->cpu);
        return false;
    }
    /* The algorithm of the two that the reference has, too. */
    if (model->features & A64_PAUTH)
        model = model_with_pauth(model, MODEL_PAUTH_QARMA5);
    for (unsigned e = 0; e < ENGINES; e++) {
        d->ours[e] = ours_create(model, e == 1);
        if (!d->ours[e])
            return false;
    }
    d->generator.decoder = &d->ours[0]->board->engine.decoder;
    d->generator.length = o->length;
    if (o->rows && !generate_select(&d->generator, o->rows)) {
        fprintf(stderr, "fuzz: no row of %s matches '%s'\n", o->cpu, o->rows);
        return false;
    }
    struct rng r = rng_at(o->seed, UINT64_MAX);
    generate_pool(&r, model->features, &d->pool);
    d->states = o->rows ? STATES_OF_ROWS : STATES_OF_WORDS;
    d->row_records = calloc(A64_COUNT + 1, sizeof(u64));
    d->row_mismatches = calloc(A64_COUNT + 1, sizeof(u64));
    return d->row_records && d->row_mismatches &&
           oracle_start(&d->oracle, o->qemu, o->qemu_cpu, o->reference);
}

static void stop(struct diff *d)
{
    oracle_stop(&d->oracle);
    for (unsigned e = 0; e < ENGINES; e++)
        if (d->ours[e])
            ours_destroy(d->ours[e]);
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

s64 diff_run(const struct diff_options *o)
{
    struct diff *d = calloc(1, sizeof(*d));
    s64 result = -1;
    if (!d)
        return -1;
    d->o = o;
    if (start(d)) {
        double began = now();
        u64 size = RECORD_SLOTS * d->states;
        u64 first = o->at == UINT64_MAX ? 0 : o->at / size;
        u64 last = o->at == UINT64_MAX ? (o->count + size - 1) / size : first + 1;
        bool ok = true;
        for (u64 b = first; b < last && ok; b++) {
            ok = run_batch(d, b);
            if (o->seconds && now() - began > (double)o->seconds)
                break;
        }
        summarise(d, now() - began);
        result = ok ? (s64)d->mismatches : -1;
    }
    stop(d);
    free(d);
    return result;
}
