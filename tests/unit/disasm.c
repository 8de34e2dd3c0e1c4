/*
 * The disassembler against objdump -M no-aliases of binutils 2.40, which was asked
 * about random words of each row: tests/vectors/disasm_record.c tells how, and
 * disasm_compare.py asks installed ones about more words. They agree on each, be it
 * undefined or not, but for:
 *
 * - YIELD, WFE, WFI, SEV and SEVL, rows here, are aliases of HINT there.
 * - MSR UAO, PAN, SPSEL, SSBS and DIT with an immediate above 1: there one that is not known.
 * - LDAR whose bits that should be one aren't, and LDPSW that is CONSTRAINED
 *   UNPREDICTABLE, are undefined there. We execute them, as CPUs do.
 * - System registers: only there those of EL2, EL3, trace and later architectures,
 *   only here implementation-defined ones.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "core/isa/disasm.h"
#include "tests/vectors/disasm_vectors.inc"

/* Words of the record that are of the kinds above, with our text. */
static const struct recorded differences[] = {
    {0xd503203f, "yield"},
    {0xd503205f, "wfe"},
    {0xd503207f, "wfi"},
    {0xd503209f, "sev"},
    {0xd50320bf, "sevl"},
    {0xd500467f, "msr uao, #0x6"},
    {0xd500477f, "msr uao, #0x7"},
    {0xd500449f, "msr pan, #0x4"},
    {0xd5004f9f, "msr pan, #0xf"},
    {0xd5004e9f, "msr pan, #0xe"},
    {0xd50048bf, "msr spsel, #0x8"},
    {0xd50049bf, "msr spsel, #0x9"},
    {0xd5004cbf, "msr spsel, #0xc"},
    {0xd5004bbf, "msr spsel, #0xb"},
    {0xd503493f, "msr ssbs, #0x9"},
    {0xd5034b3f, "msr ssbs, #0xb"},
    {0xd503423f, "msr ssbs, #0x2"},
    {0xd5034c5f, "msr dit, #0xc"},
    {0xd503445f, "msr dit, #0x4"},
    {0xd5034f5f, "msr dit, #0xf"},
    {0x69e95274, "ldpsw x20, x20, [x19, #-184]!"},
    {0x69e59ab5, "ldpsw x21, x6, [x21, #-212]!"},
    {0xc8c8cff5, "ldar x21, [sp]"},
    {0xc8d8abfe, "ldar x30, [sp]"},
    {0x08c3bfb8, "ldarb w24, [x29]"},
    {0x48d3d106, "ldarh w6, [x8]"},
    {0x48cfd61a, "ldarh w26, [x16]"},
};

static struct decoder decoder;

static void setup(void)
{
    cr_assert(decoder_init(&decoder, A64_BASE)); /* what it has doesn't matter */
}

static void teardown(void)
{
    decoder_destroy(&decoder);
}

TestSuite(disasm, .init = setup, .fini = teardown);

static const char *expected(const struct recorded *r)
{
    for (unsigned i = 0; i < ARRAY_LEN(differences); i++) {
        if (differences[i].word == r->word) {
            cr_expect_str_neq(differences[i].text, r->text, "not a difference: %08x", r->word);
            return differences[i].text;
        }
    }
    return r->text;
}

Test(disasm, agrees_with_objdump)
{
    for (unsigned i = 0; i < ARRAY_LEN(recorded); i++) {
        char text[DISASM_SIZE];
        disasm(&decoder, recorded[i].word, 4 * i, text, sizeof(text));
        cr_expect_str_eq(text, expected(&recorded[i]), "%08x: '%s', not '%s'", recorded[i].word,
                         text, expected(&recorded[i]));
    }
}

Test(disasm, the_record_has_every_row)
{
    bool has[A64_COUNT] = {false};
    for (unsigned i = 0; i < ARRAY_LEN(recorded); i++) {
        int row = decode_row(&decoder, recorded[i].word);
        if (row >= 0)
            has[row] = true;
    }
    for (unsigned row = 0; row < A64_COUNT; row++)
        cr_expect(has[row], "%s: record again", a64_rows[row].name);
}

/* objdump --adjust-vma, the same 2.40. */
Test(disasm, addresses_follow_from_the_pc)
{
    static const struct {
        u64 pc;
        u32 word;
        const char *text;
    } cases[] = {
        {0xffffffc008000000, 0x17ffffff, "b 0xffffffc007fffffc"},
        {0xffffffc008000ff0, 0x54000040, "b.eq 0xffffffc008000ff8"},
        {0xffffffc008000ff0, 0xb0000001, "adrp x1, 0xffffffc008001000"},
        {0xffffffc008000ff0, 0x10ffffe1, "adr x1, 0xffffffc008000fec"},
        {0, 0x17ffffff, "b 0xfffffffffffffffc"},
        {0xfffffffffffffffc, 0x14000001, "b 0x0"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        char text[DISASM_SIZE];
        disasm(&decoder, cases[i].word, cases[i].pc, text, sizeof(text));
        cr_expect_str_eq(text, cases[i].text, "'%s', not '%s'", text, cases[i].text);
    }
}

Test(disasm, what_has_no_room_is_cut)
{
    const u32 word = 0x4c9f2900;
    const char whole[] = "st1 {v0.4s-v3.4s}, [x8], #64";
    char text[DISASM_SIZE];
    for (size_t size = 1; size <= sizeof(whole); size++) {
        memset(text, '#', sizeof(text));
        disasm(&decoder, word, 0, text, size);
        const char *end = memchr(text, '\0', size);
        cr_assert(end, "%zu: no end", size);
        cr_expect(strncmp(text, whole, strlen(text)) == 0, "%zu: '%s'", size, text);
        cr_expect(strlen(text) + 2 >= size, "%zu: '%s' could be longer", size, text);
        cr_expect_eq(text[size], '#', "%zu: too much", size);
    }
    text[0] = '#';
    disasm(&decoder, word, 0, text, 0);
    cr_expect_eq(text[0], '#');
}

/* Whatever the word: a word of text that fits, and no token left as it stands in the table. */
Test(disasm, any_word_has_text)
{
    u64 state = 1;
    for (unsigned i = 0; i < 200000; i++) {
        char text[DISASM_SIZE];
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        disasm(&decoder, (u32)(state >> 32), state, text, sizeof(text));
        cr_assert(text[0] && !strchr(text, '?'), "%08x: '%s'", (u32)(state >> 32), text);
        cr_assert(strlen(text) < DISASM_SIZE - 1, "%08x: '%s'", (u32)(state >> 32), text);
    }
}
