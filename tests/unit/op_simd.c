/*
 * The integer SIMD instructions through the engine. Every row's random words are
 * compared with what the reference made of them (tests/vectors/simd_record.c); a few
 * words as the GNU assembler makes them say what must hold of all.
 */
#include <criterion/criterion.h>

#include "core/exception.h"
#include "tests/unit/harness.h"
#include "tests/vectors/simd_cases.h"

#include "tests/vectors/simd_vectors.inc"

enum { B_DOT = 0x14000000 }; /* b . */

/* Run WORD once, threaded or stepping; false if that raised an exception. */
static bool run(struct harness *h, u32 word, bool step)
{
    const u32 words[] = {word, B_DOT};
    harness_code(h, words, ARRAY_LEN(words));
    if (step)
        harness_step(h, 1);
    else
        harness_run(h, 1);
    return h->cpu->pc == HARNESS_CODE + 4;
}

static void set_state(struct cpu *c, const struct simd_state *s)
{
    memcpy(c->v, s->v, sizeof(s->v));
    memcpy(c->x, s->x, sizeof(s->x));
    c->fp.fpsr = (u32)s->fpsr;
}

static void get_state(const struct cpu *c, struct simd_state *s)
{
    memcpy(s->v, c->v, sizeof(s->v));
    memcpy(s->x, c->x, sizeof(s->x));
    s->fpsr = c->fp.fpsr;
}

/* The digest of ROW's cases; each of its words must decode to it or be undefined. */
static u64 run_row(struct harness *h, const struct simd_row *row)
{
    u64 seed = simd_seed(row), digest = 0;
    u32 words[SIMD_CASES];
    for (unsigned i = 0; i < SIMD_CASES; i++)
        words[i] = simd_word(row, &seed);
    for (unsigned i = 0; i < SIMD_CASES; i++) {
        struct simd_state s;
        struct uop u;
        u64 outcome = SIMD_UNDEFINED;
        simd_prepare(&s, &seed);
        int op = decode(&h->engine.decoder, words[i], (struct site){0}, &u);
        if (op >= 0) {
            cr_expect_str_eq(a64_rows[op].name, row->name, "%08x", words[i]);
            set_state(h->cpu, &s);
            cr_expect(run(h, words[i], i & 1), "%s: %08x raised an exception", row->name, words[i]);
            get_state(h->cpu, &s);
            outcome = simd_outcome(&s);
        }
        digest = simd_digest(digest, outcome);
    }
    return digest;
}

static struct harness *create(void)
{
    struct harness *h = harness_create("max");
    h->engine.decoder.features = ~0u;
    return h;
}

Test(op_simd, every_row_does_what_the_reference_did)
{
    struct harness *h = create();
    for (unsigned i = 0; i < ARRAY_LEN(simd_rows); i++)
        cr_expect_eq(run_row(h, &simd_rows[i]), simd_rows[i].digest,
                     "%s: see simd_record %s under qemu", simd_rows[i].name, simd_rows[i].name);
    harness_destroy(h);
}

static const struct simd_row *recorded(const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(simd_rows); i++)
        if (strcmp(simd_rows[i].name, name) == 0)
            return &simd_rows[i];
    return NULL;
}

#define A64(op, variants, format, pattern, assembly, needs) {#op, pattern},
static const struct {
    const char *name, *pattern;
} table[] = {
#include "core/isa/a64_simd.def"
};
#undef A64

Test(op_simd, every_row_is_recorded_with_its_pattern)
{
    cr_expect_eq(ARRAY_LEN(table), ARRAY_LEN(simd_rows));
    for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
        u32 mask, value, nonzero[2];
        const struct simd_row *r = recorded(table[i].name);
        cr_assert(r, "%s has no recorded cases", table[i].name);
        cr_assert(decode_pattern(table[i].pattern, &mask, &value, nonzero));
        cr_expect(mask == r->mask && value == r->value && nonzero[0] == r->nonzero[0] &&
                      nonzero[1] == r->nonzero[1],
                  "%s", r->name);
    }
}

/* A word of ROW that is allocated, or 0. */
static u32 allocated_word(struct harness *h, const struct simd_row *row)
{
    u64 seed = simd_seed(row);
    for (unsigned i = 0; i < SIMD_CASES; i++) {
        struct uop u;
        u32 w = simd_word(row, &seed);
        if (decode(&h->engine.decoder, w, (struct site){0}, &u) >= 0)
            return w;
    }
    return 0;
}

Test(op_simd, every_row_is_trapped_by_cpacr)
{
    struct harness *h = create();
    harness_msr(h, CPACR_EL1, 0);
    for (unsigned i = 0; i < ARRAY_LEN(simd_rows); i++) {
        u32 w = allocated_word(h, &simd_rows[i]);
        struct simd_state before, after;
        cr_assert_neq(w, 0, "%s", simd_rows[i].name);
        get_state(h->cpu, &before);
        cr_expect(!run(h, w, true), "%s: %08x", simd_rows[i].name, w);
        get_state(h->cpu, &after);
        cr_expect_eq(h->cpu->sys[ESR_EL1] >> 26, EC_FP_ACCESS, "%s", simd_rows[i].name);
        cr_expect_eq(h->cpu->sys[ELR_EL1], HARNESS_CODE, "%s", simd_rows[i].name);
        cr_expect_arr_eq(&before, &after, sizeof(before), "%s", simd_rows[i].name);
    }
    harness_destroy(h);
}

Test(op_simd, later_features_are_undefined_without_them)
{
    static const struct {
        u32 word, feature;
    } later[] = {
        {0x6e428420, A64_RDM},     /* sqrdmlah v0.8h, v1.8h, v2.8h */
        {0x7e828c20, A64_RDM},     /* sqrdmlsh s0, s1, s2 */
        {0x2f52d020, A64_RDM},     /* sqrdmlah v0.4h, v1.4h, v2.h[1] */
        {0x4e829420, A64_DOTPROD}, /* sdot v0.4s, v1.16b, v2.16b */
        {0x6fa2e820, A64_DOTPROD}, /* udot v0.4s, v1.16b, v2.4b[3] */
        {0x0f03fe00, A64_FP16},    /* fmov v0.4h, #1.0 */
        {0x0ee2e020, A64_PMULL},   /* pmull v0.1q, v1.1d, v2.1d */
    };
    struct harness *h = create();
    for (unsigned i = 0; i < ARRAY_LEN(later); i++) {
        struct uop u;
        h->engine.decoder.features = ~later[i].feature;
        cr_expect_eq(decode(&h->engine.decoder, later[i].word, (struct site){0}, &u), -1, "%08x",
                     later[i].word);
        h->engine.decoder.features = later[i].feature;
        cr_expect_geq(decode(&h->engine.decoder, later[i].word, (struct site){0}, &u), 0, "%08x",
                      later[i].word);
    }
    harness_destroy(h);
}

/* DDI 0487, C5.2.8: QC is cumulative, and nothing here touches FPSR otherwise. */
Test(op_simd, saturation_is_cumulative)
{
    enum { ADD = 0x4e228420, SQADD = 0x4e220c20 }; /* v0.16b, v1.16b, v2.16b */
    const u32 others = FPSR_IOC | FPSR_IXC;
    struct harness *h = create();
    struct cpu *c = h->cpu;
    c->fp.fpsr = others;
    c->v[1] = (union vreg){.d = {0, UINT64_C(0x7f00000000000000)}};
    c->v[2] = (union vreg){.d = {0, UINT64_C(0x0100000000000000)}};
    cr_assert(run(h, ADD, false));
    cr_expect_eq(c->fp.fpsr, others);
    cr_expect_eq(c->v[0].d[1], UINT64_C(0x8000000000000000));
    cr_assert(run(h, SQADD, false));
    cr_expect_eq(c->fp.fpsr, others | SIMD_QC);
    cr_expect_eq(c->v[0].d[1], UINT64_C(0x7f00000000000000));
    c->v[1] = c->v[2];
    cr_assert(run(h, SQADD, false));
    cr_expect_eq(c->fp.fpsr, others | SIMD_QC);
    cr_expect_eq(c->v[0].d[1], UINT64_C(0x0200000000000000));
    harness_destroy(h);
}
