/*
 * core/isa/fp.h against what was recorded from an AArch64 processor: every combination of
 * boundary operands and some random ones, for every rounding mode, FZ, FZ16, DN and AHP.
 * Each case is run twice, with FPSR clear (the integer way, for most) and with inexactness
 * on record already (the host's arithmetic where it may stand).
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/vectors/fp_cases.h"

struct fp_vector {
    unsigned row;
    u32 fpcr;
    struct operands in;
    struct outcome out;
};

#include "tests/vectors/fp_vectors.inc"

enum { FPSR_QC = 1 << 27 };

/* The outcome with FPSR clear; fails if FPSR's being set changes more than FPSR. */
static struct outcome run(const struct row *row, struct operands in, u32 fpcr)
{
    const u32 before = FPSR_IXC | FPSR_QC;
    struct outcome out = row->run(in.a, in.b, in.c, fpcr, 0);
    struct outcome again = row->run(in.a, in.b, in.c, fpcr, before);

    if (again.result != out.result || again.fpsr != (out.fpsr | before))
        cr_expect(0,
                  "%s fpcr=%08x %llx %llx %llx is %llx fpsr=%02x, but after an inexact operation "
                  "%llx fpsr=%02x",
                  row->name, fpcr, (unsigned long long)in.a, (unsigned long long)in.b,
                  (unsigned long long)in.c, (unsigned long long)out.result, out.fpsr,
                  (unsigned long long)again.result, again.fpsr);
    return out;
}

Test(fp, recorded_cases)
{
    for (size_t i = 0; i < ARRAY_LEN(fp_vectors); i++) {
        const struct fp_vector *v = &fp_vectors[i];
        struct outcome out = run(&fp_rows[v->row], v->in, v->fpcr);
        cr_expect(out.result == v->out.result && out.fpsr == v->out.fpsr,
                  "%s fpcr=%08x %llx %llx %llx: %llx fpsr=%02x, recorded %llx fpsr=%02x",
                  fp_rows[v->row].name, v->fpcr, (unsigned long long)v->in.a,
                  (unsigned long long)v->in.b, (unsigned long long)v->in.c,
                  (unsigned long long)out.result, out.fpsr, (unsigned long long)v->out.result,
                  v->out.fpsr);
    }
}

/* The rows with an index of PART modulo 4: Criterion runs tests side by side. */
static void check_digests(unsigned part)
{
    struct operands *cases = calloc(FP_MAX_BOUNDARY_CASES + FP_RECORDED_RANDOM, sizeof(*cases));

    cr_assert_not_null(cases);
    for (unsigned r = part; r < FP_ROW_COUNT; r += 4) {
        const struct row *row = &fp_rows[r];
        unsigned count = fp_cases(row, true, FP_RECORDED_RANDOM, FP_RECORDED_SEED, cases);
        for (unsigned config = 0; config < FP_CONFIG_COUNT; config++) {
            u64 digest = 0;
            for (unsigned i = 0; i < count; i++)
                digest = fp_digest(digest, run(row, cases[i], fp_config(config)));
            cr_expect_eq((u32)digest, fp_digests[r][config],
                         "%s, FPCR %08x: compare with `fp_record print %s %u`", row->name,
                         fp_config(config), row->name, config);
        }
    }
    free(cases);
}

Test(fp, digests_0)
{
    check_digests(0);
}

Test(fp, digests_1)
{
    check_digests(1);
}

Test(fp, digests_2)
{
    check_digests(2);
}

Test(fp, digests_3)
{
    check_digests(3);
}
