/*
 * Floating-point instructions: recorded cases for every row, words that are UNDEFINED,
 * and the trap of CPACR_EL1.FPEN.
 */
#include <criterion/criterion.h>

#include "tests/unit/harness.h"
#include "tests/vectors/float_cases.h"
#include "tests/vectors/float_vectors.inc"

enum { EC_UNDEFINED = 0x00, EC_FP = 0x07, BRANCH_TO_SELF = 0x14000000 };

static void load(struct cpu *c, const struct float_state *s)
{
    memcpy(c->x, s->x, sizeof(s->x));
    memcpy(c->v, s->v, sizeof(s->v));
    cpu_set_nzcv(c, (u32)(s->nzcv >> 28));
    c->fp = (struct fp_env){(u32)s->fpcr, (u32)s->fpsr};
}

static void save(const struct cpu *c, struct float_state *s)
{
    memcpy(s->x, c->x, sizeof(s->x));
    memcpy(s->v, c->v, sizeof(s->v));
    s->nzcv = (u64)cpu_nzcv(c) << 28;
    s->fpcr = c->fp.fpcr;
    s->fpsr = c->fp.fpsr;
}

/* Run WORD, then look which exception it was, or ~0. */
static u32 exception_of(struct harness *h, u32 word)
{
    const u32 words[2] = {word, BRANCH_TO_SELF};
    h->cpu->sys[ESR_EL1] = ~UINT64_C(0);
    harness_code(h, words, 2);
    harness_step(h, 1);
    return h->cpu->pc == HARNESS_CODE + 4 ? ~0u : (u32)(h->cpu->sys[ESR_EL1] >> 26);
}

/* Threaded and stepped; Criterion runs parts side by side. */
static void recorded_cases(unsigned part)
{
    struct harness *h = harness_create("max");
    h->engine.decoder.features = ~0u;
    for (unsigned i = part; i < ARRAY_LEN(float_cases); i += 2) {
        const struct float_case *k = &float_cases[i];
        const u32 words[2] = {k->word, BRANCH_TO_SELF};
        u64 digest[2] = {0, 0};
        harness_code(h, words, 2);
        for (unsigned round = 0; round < 2 * FLOAT_ROUNDS; round++) {
            struct float_state s;
            bool threaded = round & 1;
            float_prepare(k, round / 2, &s);
            load(h->cpu, &s);
            h->cpu->pc = HARNESS_CODE;
            if (threaded)
                harness_run(h, 2);
            else
                harness_step(h, 1);
            save(h->cpu, &s);
            digest[threaded] = float_digest(digest[threaded], &s);
        }
        cr_expect_eq(digest[0], k->digest, "%s %08x, stepped", k->row, k->word);
        cr_expect_eq(digest[1], k->digest, "%s %08x, threaded", k->row, k->word);
    }
    harness_destroy(h);
}

Test(op_float, recorded_cases_even)
{
    recorded_cases(0);
}

Test(op_float, recorded_cases_odd)
{
    recorded_cases(1);
}

/* No row goes untested, and every case is of the row that it says. */
Test(op_float, every_row_has_cases)
{
    static unsigned found[A64_COUNT];
    struct decoder d;
    cr_assert(decoder_init(&d, ~0u));
    for (unsigned i = 0; i < ARRAY_LEN(float_cases); i++) {
        int row = decode_row(&d, float_cases[i].word);
        cr_assert_geq(row, 0, "%08x", float_cases[i].word);
        cr_expect_str_eq(a64_rows[row].name, float_cases[i].row);
        found[row]++;
    }
    for (unsigned row = A64_fmov_reg; row <= A64_fcvtzu_s_fix_h; row++)
        cr_expect_geq(found[row], 3, "%s", a64_rows[row].name);
    decoder_destroy(&d);
}

/* Unallocated words next to allocated ones, in ARMv8.2 with FEAT_FP16 (C4.1.96). */
Test(op_float, unallocated)
{
    static const u32 words[] = {
        0x1ea02820, /* fadd of ptype 10 */
        0x9e602820, /* fadd with M = 1 */
        0x3e602820, /* fadd with S = 1 */
        0x1f802020, /* fmadd of ptype 10 */
        0x1e224020, /* fcvt from single to single */
        0x1e62c020, /* double to double */
        0x1ee3c020, /* half to half */
        0x1ea24020, /* from ptype 10 */
        0x1e284020, /* frint32z */
        0x1e202021, /* fcmp with opcode2<0> set */
        0x1e201020, /* fmov (immediate) with imm5 = 1 */
        0x1e660020, /* fmov between W and D */
        0x9e260020, /* between X and S */
        0x1eae0020, /* between W and D[1] */
        0x1e7e0020, /* fjcvtzs */
        0x1e320020, /* scvtf with rmode 10 */
        0x1e027c20, /* scvtf (fixed point) from W with 33 fraction bits */
        0x1e580420, /* fcvtzs (fixed point) to W with 63 */
        0x0e60d420, /* fadd 1D */
        0x2ee0d420, /* fabd 1D */
        0x0ee1b820, /* fcvtzs 1D */
        0x0e61d820, /* scvtf 1D */
        0x0f40e420, /* scvtf 1D (fixed point) */
        0x4f08e420, /* scvtf of bytes (fixed point) */
        0x0fc09020, /* fmul 1D by element */
        0x4fe09020, /* fmul 2D by element with L = 1 */
        0x5fe09020, /* fmul D by element with L = 1 */
        0x4f409020, /* fmul by element of size 01 */
        0x2e30f820, /* fmaxv 2S */
        0x6e70f820, /* fmaxv 2D */
        0x0ef0c820, /* fminnmv 4H with bit 22 set */
        0x5e70d820, /* faddp H with bit 22 set */
        0x2e216820, /* fcvtxn to half precision */
        0x7e216820, /* the same, scalar */
        0x5e61f820, /* frecpx with bit 23 clear */
    };
    struct harness *h = harness_create("max");
    h->engine.decoder.features = A64_FP16;
    for (unsigned i = 0; i < ARRAY_LEN(words); i++)
        cr_expect_eq(exception_of(h, words[i]), EC_UNDEFINED, "%08x", words[i]);
    harness_destroy(h);
}

/* Half-precision arithmetic is UNDEFINED without FEAT_FP16; conversions are not. */
Test(op_float, half_precision_is_a_feature)
{
    struct harness *h = harness_create("cortex-a57");
    for (unsigned i = 0; i < ARRAY_LEN(float_cases); i++) {
        u32 word = float_cases[i].word;
        const char *row = float_cases[i].row;
        bool half = strcmp(row + strlen(row) - 2, "_h") == 0 && strncmp(row, "fcvt_", 5) != 0;
        if (strcmp(row, "fmov_h_r") == 0)
            half = true;
        cr_expect_eq(exception_of(h, word), half ? EC_UNDEFINED : ~0u, "%s %08x", row, word);
    }
    harness_destroy(h);
}

/* Every instruction is trapped, has no effect then, and runs when it is let. */
Test(op_float, trapped_by_cpacr)
{
    struct harness *h = harness_create("max");
    struct cpu *c = h->cpu;
    h->engine.decoder.features = ~0u;
    for (unsigned i = 0; i < ARRAY_LEN(float_cases); i++) {
        struct float_state before, after;
        const struct float_case *k = &float_cases[i];
        float_prepare(k, FLOAT_HARD_ROUNDS, &before);
        load(c, &before);
        harness_msr(h, CPACR_EL1, 0);
        cr_expect_eq(exception_of(h, k->word), EC_FP, "%s %08x", k->row, k->word);
        cr_expect_eq(c->sys[ELR_EL1], HARNESS_CODE);
        save(c, &after);
        before.nzcv = after.nzcv; /* kept in SPSR_EL1 */
        cr_expect_arr_eq(&before, &after, sizeof(before), "%s %08x", k->row, k->word);
        harness_msr(h, CPACR_EL1, 3 << 20);
        cr_expect_eq(exception_of(h, k->word), ~0u, "%s %08x", k->row, k->word);
    }
    harness_destroy(h);
}
