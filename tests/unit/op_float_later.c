/*
 * FJCVTZS, FRINT32Z, BFCVT and BFDOT through the engine; expected values follow from
 * FPToFixedJS, FPRoundIntN, FPConvertBF and BFDotAdd of the Arm ARM (DDI 0487), J1.3.
 */
#include <criterion/criterion.h>

#include "core/isa/fp.h"
#include "tests/unit/harness.h"

/* All with registers 0, 1, 2 in order. */
enum {
    FJCVTZS = 0x1e7e0020,
    FRINT32Z_D = 0x1e684020,
    BFCVT = 0x1e634020,
    BFDOT = 0x6e42fc20,
    B_SELF = 0x14000000,
};

static void run(struct harness *h, u32 word, u64 n, u64 m, u32 fpcr)
{
    const u32 code[] = {word, B_SELF};
    harness_code(h, code, ARRAY_LEN(code));
    h->cpu->v[0] = (union vreg){.d = {0, 0}};
    h->cpu->v[1] = (union vreg){.d = {n, 0}};
    h->cpu->v[2] = (union vreg){.d = {m, 0}};
    h->cpu->fp = (struct fp_env){.fpcr = fpcr};
    harness_run(h, 2);
    cr_assert_eq(h->cpu->pc, HARNESS_CODE + 4, "%08x raised an exception", word);
}

Test(op_float_later, fjcvtzs)
{
    static const struct {
        u64 a;
        u32 r, fpsr;
        bool z;
    } cases[] = {
        {0x0000000000000000, 0, 0, true},
        {0x8000000000000000, 0, 0, false}, /* -0 is not exact */
        {0x3ff0000000000000, 1, 0, true},
        {0xbff8000000000000, 0xffffffff, FPSR_IXC, false}, /* -1.5 */
        {0x41dfffffffc00000, 0x7fffffff, 0, true},         /* 2^31 - 1 */
        {0x41e0000000000000, 0x80000000, FPSR_IOC, false}, /* 2^31 */
        {0xc1e0000000000000, 0x80000000, 0, true},         /* -2^31 */
        {0x41f0000000100000, 1, FPSR_IOC, false},          /* 2^32 + 1 */
        {0x43e0000000000001, 2048, FPSR_IOC, false},       /* 2^63 + 2^11 */
        {0x7ff0000000000000, 0, FPSR_IOC, false},
        {0x7ff8000000000000, 0, FPSR_IOC, false},
    };
    struct harness *h = harness_create("max");
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        run(h, FJCVTZS, cases[i].a, 0, 0);
        cr_expect_eq(h->cpu->x[0], cases[i].r, "case %u", i);
        cr_expect_eq(h->cpu->fp.fpsr, cases[i].fpsr, "case %u", i);
        cr_expect_eq(cpu_nzcv(h->cpu), cases[i].z ? 4 : 0, "case %u", i);
    }
    harness_destroy(h);
}

Test(op_float_later, frint32z)
{
    struct harness *h = harness_create("max");
    run(h, FRINT32Z_D, 0xc1e0000000100000, 0, 0); /* -2^31 - 0.5 */
    cr_expect_eq(h->cpu->v[0].d[0], 0xc1e0000000000000);
    cr_expect_eq(h->cpu->fp.fpsr, FPSR_IXC);
    run(h, FRINT32Z_D, 0x41e0000000000000, 0, 0); /* 2^31 */
    cr_expect_eq(h->cpu->v[0].d[0], 0xc1e0000000000000);
    cr_expect_eq(h->cpu->fp.fpsr, FPSR_IOC);
    harness_destroy(h);
}

Test(op_float_later, bfcvt_rounds)
{
    enum { UP = 1 << FPCR_RMODE_SHIFT };
    struct harness *h = harness_create("max");
    run(h, BFCVT, 0x3f808000, 0, 0); /* a tie, to even */
    cr_expect(h->cpu->v[0].d[0] == 0x3f80 && h->cpu->fp.fpsr == FPSR_IXC);
    run(h, BFCVT, 0x3f818000, 0, 0);
    cr_expect_eq(h->cpu->v[0].d[0], 0x3f82);
    run(h, BFCVT, 0x3f800001, 0, UP);
    cr_expect_eq(h->cpu->v[0].d[0], 0x3f81);
    run(h, BFCVT, 0x7f7fffff, 0, 0);
    cr_expect(h->cpu->v[0].d[0] == 0x7f80 && h->cpu->fp.fpsr == (FPSR_OFC | FPSR_IXC));
    run(h, BFCVT, 0xff800001, 0, 0); /* a signaling NaN */
    cr_expect(h->cpu->v[0].d[0] == 0xffc0 && h->cpu->fp.fpsr == FPSR_IOC);
    harness_destroy(h);
}

Test(op_float_later, bfdot_has_an_environment_of_its_own)
{
    struct harness *h = harness_create("max");
    run(h, BFDOT, 0x40003f80, 0x40403f80, 0); /* 1 * 1 + 2 * 3 */
    cr_expect(h->cpu->v[0].s[0] == 0x40e00000 && h->cpu->fp.fpsr == 0);
    run(h, BFDOT, 0x7f7f, 0x7f7f, 0); /* too large */
    cr_expect(h->cpu->v[0].s[0] == 0x7f800000 && h->cpu->fp.fpsr == 0);
    run(h, BFDOT, 0x33003f80, 0x3f803f80, 0); /* 1 + 2^-25: to odd */
    cr_expect_eq(h->cpu->v[0].s[0], 0x3f800001);
    harness_destroy(h);
}
