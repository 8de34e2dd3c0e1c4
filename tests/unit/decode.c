/*
 * The instruction table itself: patterns are well-formed, no two rows overlap
 * unless one nests in the other, and each row's own words decode to it.
 */
#include <criterion/criterion.h>

#include "core/isa/decode.h"

struct pattern {
    u32 mask, value, nonzero[2];
};

static struct pattern pattern_of(unsigned row)
{
    struct pattern p;
    cr_assert(decode_pattern(a64_rows[row].pattern, &p.mask, &p.value, p.nonzero),
              "%s: malformed pattern %s", a64_rows[row].name, a64_rows[row].pattern);
    return p;
}

/* Do the rows share a word? Fields that must be non-zero can only make that less. */
static bool overlap(const struct pattern *a, const struct pattern *b)
{
    u32 both = a->mask & b->mask;
    if ((a->value & both) != (b->value & both))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        /* a field of one that the other holds at zero */
        if (a->nonzero[i] && (a->nonzero[i] & ~b->mask) == 0 && !(b->value & a->nonzero[i]))
            return false;
        if (b->nonzero[i] && (b->nonzero[i] & ~a->mask) == 0 && !(a->value & b->nonzero[i]))
            return false;
    }
    return true;
}

/* All that A fixes B fixes, too: B nests in A. */
static bool nests(const struct pattern *a, const struct pattern *b)
{
    return (a->mask & b->mask) == a->mask && a->mask != b->mask;
}

Test(decode, every_pattern_is_32_bits)
{
    for (unsigned i = 0; i < A64_COUNT; i++)
        pattern_of(i);
}

Test(decode, rows_overlap_only_by_nesting)
{
    for (unsigned i = 0; i < A64_COUNT; i++) {
        struct pattern a = pattern_of(i);
        for (unsigned k = i + 1; k < A64_COUNT; k++) {
            struct pattern b = pattern_of(k);
            cr_expect(!overlap(&a, &b) || nests(&a, &b) || nests(&b, &a), "%s and %s overlap",
                      a64_rows[i].name, a64_rows[k].name);
        }
    }
}

Test(decode, malformed_patterns_are_refused)
{
    u32 m, v, nz[2];
    cr_expect(!decode_pattern("0101", &m, &v, nz));
    cr_expect(!decode_pattern("00000000000000000000000000000000 1", &m, &v, nz));
    cr_expect(!decode_pattern("0000000000000000000000000000000?", &m, &v, nz));
    cr_expect(decode_pattern("1 (0)00000000000000000000000000 iii 1", &m, &v, nz));
    cr_expect_eq(m, 0xbffffff1);
    cr_expect_eq(v, 0x80000001);
}

/* Words as the GNU assembler makes them, one of each kind; objdump names them so. */
Test(decode, known_words)
{
    static const struct {
        u32 word;
        int row;
    } known[] = {
        {0x8b020020, A64_add_shift},                          /* add x0, x1, x2 */
        {0x2b020020, A64_adds_shift},                         /* adds w0, w1, w2 */
        {0x91000421, A64_add_imm},                            /* add x1, x1, #1 */
        {0x14000000, A64_b_uncond},                           /* b . */
        {0x54000001, A64_b_cond},                             /* b.ne . */
        {0xd4000001, A64_svc},                                /* svc #0 */
        {0xd69f03e0, A64_eret},       {0xd503201f, A64_hint}, /* nop */
        {0xd503207f, A64_wfi},        {0xd5033fdf, A64_isb},
        {0xd53bd040, A64_mrs},                               /* mrs x0, tpidr_el0 */
        {0xd51bd040, A64_msr_reg},    {0xd508871f, A64_sys}, /* tlbi vmalle1 */
        {0x9ac20820, A64_udiv},       {0x9bc27c20, A64_umulh},
        {0x00000000, A64_udf},
    };
    struct decoder d;
    struct uop u;
    cr_assert(decoder_init(&d, ~0u));
    for (unsigned i = 0; i < ARRAY_LEN(known); i++)
        cr_expect_eq(decode(&d, known[i].word, (struct site){0}, &u), known[i].row, "%08x",
                     known[i].word);
    cr_expect_eq(decode(&d, 0xffffffff, (struct site){0}, &u), -1);
    decoder_destroy(&d);
}

Test(decode, what_the_model_lacks_is_undefined)
{
    struct decoder d;
    struct uop u;
    const u32 crc32b = 0x1ac24020;
    cr_assert(decoder_init(&d, A64_BASE));
    cr_expect_eq(decode(&d, crc32b, (struct site){0}, &u), -1);
    decoder_destroy(&d);
    cr_assert(decoder_init(&d, A64_CRC32));
    cr_expect_eq(decode(&d, crc32b, (struct site){0}, &u), A64_crc32b);
    decoder_destroy(&d);
}
