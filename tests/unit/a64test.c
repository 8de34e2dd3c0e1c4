/*
 * a64test's parts: the grammar of tests/suites/README.md, mistakes in it, what a failing
 * case is told as, and the rewriting of files. Words are llvm-mc's.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/a64test/run.h"
#include "tools/a64test/suite.h"
#include "tools/a64test/update.h"

/* Parse TEXT; the mistakes as a string, to be freed. */
static char *mistakes_of(const char *text, struct test_file *file)
{
    char *said = NULL;
    size_t size;
    FILE *errors = open_memstream(&said, &size);
    case_parse("f", text, errors, file);
    fclose(errors);
    return said;
}

Test(a64test, each_mistake_has_its_line_and_what_was_expected)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"x", "f:1: expected [NAME]"},
        {"\n\nin: x0=1", "f:3: expected a case's name in brackets first"},
        {"[a b]\nword: d503201f", "f:1: expected a name without spaces"},
        {"[a\nword: d503201f", "f:1: expected a case's name in brackets"},
        {"[a]\nword: d503201f\n[a]\nword: d503201f", "f:3: [a] is the name of the case in line 1"},
        {"[a]\n", "f:1: [a] has neither word: nor asm:"},
        {"[a]\nasm: nop; nop\nword: d503201f", "f:1: [a] has 1 words, but 2 lines of asm:"},
        {"[a]\nwort: 1", "f:2: wort: expected one of asm: word: in: out: steps:"},
        {"[a]\nword: 1234", "f:2: expected up to 32 words of eight hexadecimal digits"},
        {"[a]\nword: 0xd503201f", "f:2: expected up to 32 words of eight hexadecimal digits"},
        {"[a]\nword: d503201g", "f:2: expected up to 32 words of eight hexadecimal digits"},
        {"[a]\nword: d503201f\nin: x0", "f:3: x0: expected NAME=VALUE"},
        {"[a]\nword: d503201f\nin: x31=1", "f:3: x31=1: expected a register"},
        {"[a]\nword: d503201f\nin: x01=1", "f:3: x01=1: expected a register"},
        {"[a]\nword: d503201f\nin: nosuch_el1=1", "expected a register"},
        {"[a]\nword: d503201f\nin: x0=1z", "x0=1z: expected a number"},
        {"[a]\nword: d503201f\nin: x0=0x10000000000000000", "expected a number"},
        {"[a]\nword: d503201f\nin: w0=0x100000000", "expected a number of 32 bits"},
        {"[a]\nword: d503201f\nin: nzcv=2", "nzcv=2: expected four binary digits"},
        {"[a]\nword: d503201f\nin: nzcv=01011", "expected four binary digits"},
        {"[a]\nword: d503201f\nin: el=2", "el=2: expected 0 or 1"},
        {"[a]\nword: d503201f\nin: v0.3s=1,2,3", "expected an arrangement"},
        {"[a]\nword: d503201f\nin: v0.2s=1", "expected as many values as there are lanes"},
        {"[a]\nword: d503201f\nin: v0.4h=1,2,3,0x10000", "expected as many values"},
        {"[a]\nword: d503201f\nin: v0.s[4]=1", "expected a lane of the register"},
        {"[a]\nword: d503201f\nin: h0=1.5", "expected a number that the register can hold"},
        {"[a]\nword: d503201f\nin: q0=0x123456789012345678901234567890123", "of 128 bits"},
        {"[a]\nword: d503201f\nin: mem[data]=012", "expected bytes of two hexadecimal digits"},
        {"[a]\nword: d503201f\nin: mem[data]=0x", "expected bytes of two hexadecimal digits"},
        {"[a]\nword: d503201f\nin: mem[rodata+0xfff]=0102", "expected an address of the data area"},
        {"[a]\nword: d503201f\nin: mem[0]=01", "expected an address of the data area"},
        {"[a]\nword: d503201f\nin: pc=0", "a case starts at pc"},
        {"[a]\nword: d503201f\nin: cpu=z80", "cpu=z80: expected a model"},
        {"[a]\nword: d503201f\nsteps: 0", "f:3: expected a number of instructions"},
        {"[a]\nword: d503201f\nsteps: 10001", "f:3: expected a number of instructions"},
        {"[a]\nword: d503201f\nout: exc=surprise elr=pc", "expected exc= and one of undef"},
        {"[a]\nword: d503201f\nout: esr=1", "esr= is about an exception"},
        {"[a]\nword: d503201f\nout: elr=pc", "elr= is about an exception"},
        {"[a]\nword: d503201f\nout: exc=svc", "f:1: [a] has exc=, but no elr="},
        {"[a#b]\nword: d503201f", "f:1: expected a name without spaces"},
        {"[a\\b]\nword: d503201f", "f:1: expected a name without spaces"},
        {"[a]\nword: d503201f\nin: x0=99999999999999999999", "expected a number"},
        {"[a]\nword: d503201f\nin: x0=1 w0=1", "f:3: w0=1: expected each register once"},
        {"[a]\nword: d503201f\nin: d3=1\nin: q3=1", "f:4: q3=1: expected each register once"},
        {"[a]\nword: d503201f\nout: ELR_EL1=1", "or an MRS in the case"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct test_file file;
        char *said = mistakes_of(cases[i].text, &file);
        cr_assert(strstr(said, cases[i].says), "\"%s\": \"%s\"", cases[i].text, said);
        free(said);
        case_free(&file);
    }
}

Test(a64test, mistakes_do_not_hide_one_another)
{
    struct test_file file;
    char *said = mistakes_of("[a]\nword: zz\nin: x0=q x1=7 x2=r\nout: foo=1\n", &file);
    unsigned lines = 0;
    for (const char *p = said; *p; p++)
        lines += *p == '\n';
    /* Two in line 3; and then there is no word at all. */
    cr_assert_eq(lines, 5, "%s", said);
    free(said);
    case_free(&file);
}

Test(a64test, settings)
{
    struct test_file file;
    struct case_state s, usual;
    char *said = mistakes_of("# comment\r\n[a]\r\n"
                             "  in: x0=-1 w1=0xffffffff x2=data-8 x3=rodata+0x10 x4=pc x5=18\n"
                             "in:\tq0=0x00112233445566778899aabbccddeeff s1=1.5 d2=-inf b3=-1\n"
                             "in: v4.4h=1,2,3,0xffff v5.2d=1.0,-2.0 q6=0 v6.b[15]=0x80\n"
                             "in: nzcv=1010 fpcr=0x3000000 fpsr=1 mem[data+1]=a1B2 el=1 sp=16\n"
                             "word: d503201f 00000000\n",
                             &file);
    cr_assert_str_empty(said);
    case_default_state(&usual);
    case_start(&file.item[0], &s);
    cr_assert_eq(s.x[0], ~UINT64_C(0));
    cr_assert_eq(s.x[1], 0xffffffff);
    cr_assert_eq(s.x[2], CASE_DATA - 8);
    cr_assert_eq(s.x[3], CASE_DATA + 0x4010);
    cr_assert_eq(s.x[4], CASE_PC);
    cr_assert_eq(s.x[5], 18);
    cr_assert_eq(s.x[6], usual.x[6]);
    cr_assert_eq(s.v[0][0], UINT64_C(0x8899aabbccddeeff));
    cr_assert_eq(s.v[0][1], UINT64_C(0x0011223344556677));
    cr_assert(s.v[1][0] == 0x3fc00000 && s.v[1][1] == 0);
    cr_assert_eq(s.v[2][0], UINT64_C(0xfff0000000000000));
    cr_assert_eq(s.v[3][0], 0xff);
    cr_assert(s.v[4][0] == UINT64_C(0xffff000300020001) && s.v[4][1] == 0);
    cr_assert(s.v[5][0] == UINT64_C(0x3ff0000000000000) &&
              s.v[5][1] == UINT64_C(0xc000000000000000));
    cr_assert(s.v[6][0] == 0 && s.v[6][1] == UINT64_C(0x8000000000000000));
    cr_assert(s.nzcv == 10 && s.fpcr == 0x3000000 && s.fpsr == 1);
    cr_assert(s.data[0] == usual.data[0] && s.data[1] == 0xa1 && s.data[2] == 0xb2);
    cr_assert(s.el == 1 && s.sp_sel == 1 && s.sp[1] == 16 && s.sp[0] == usual.sp[0]);
    cr_assert(file.item[0].words == 2 && file.item[0].word[0] == 0xd503201f);
    free(said);
    case_free(&file);
}

/* What running the first case of TEXT is told as, to be freed. */
static char *failure_of(const char *text, bool stepping)
{
    struct test_file file;
    struct testbed *bed = testbed_create(model_find("cortex-a57"));
    struct case_state start;
    struct result *r = malloc(sizeof(*r));
    char *said = mistakes_of(text, &file), *failure = NULL;
    size_t size;
    FILE *out = open_memstream(&failure, &size);
    cr_assert_str_empty(said);
    case_start(&file.item[0], &start);
    run_case(bed, &file.item[0], &start, stepping, r);
    unsigned wrong = run_compare(bed, &file.item[0], &start, r, out);
    fclose(out);
    cr_assert_eq(wrong == 0, *failure == 0);
    testbed_destroy(bed);
    case_free(&file);
    free(said);
    free(r);
    return failure;
}

Test(a64test, whatever_differs_is_told)
{
    /* adds w0, w1, w2; add x0, x0, #1; str x0, [x1]; svc; b .; fadd; msr tpidr_el0, x0 */
    static const struct {
        const char *text, *failure;
    } cases[] = {
        {"[a]\nword: 2b020020\nin: x1=1 x2=2\nout: x0=3", ""},
        {"[a]\nword: 2b020020\nin: x1=1 x2=2\nout: x0=4", " x0=0x3 (expected 0x4)"},
        {"[a]\nword: 2b020020\nin: x0=7 x1=1 x2=2", " x0=0x3 (expected 0x7)"},
        {"[a]\nword: 2b020020\nin: x1=0 x2=0\nout: x0=0", " nzcv=0100 (expected 0000)"},
        {"[a]\nword: 91000400\nin: x0=1\nout: x0=2 x5=9", " x5=0xc0de0000c0de0505 (expected 0x9)"},
        {"[a]\nword: 91000400\nin: x0=1\nout: x0=2 pc=pc+8", " pc=pc+4 (expected pc+8)"},
        {"[a]\nword: f9000020\nin: x0=0xab x1=data+16 mem[data+16]=0000000000000000",
         " mem[data+0x10]=ab (expected 00)"},
        {"[a]\nword: d4000001\nin: x8=1", " exc=svc esr=0x56000000 far=0 (expected none)"},
        {"[a]\nword: 91000400\nin: x0=1\nout: exc=svc elr=pc+4 x0=2",
         " no exception (expected exc=svc)"},
        {"[a]\nword: d4000001\nout: exc=brk elr=pc+4", " exc=svc (expected brk)"},
        {"[a]\nword: d4000001\nout: exc=svc elr=pc+0", " pc=pc+4 (expected pc+0)"},
        {"[a]\nword: d4000001\nout: exc=svc elr=pc+4 esr=0x56000001",
         " esr=0x56000000 (expected 0x56000001)"},
        {"[a]\nword: 14000000", " is still running after 10000 instructions"},
        {"[a]\nword: 1e622820\nin: d1=1.0 d2=2.0\nout: d0=3.5",
         " q0=0x00000000000000004008000000000000 (expected 0x0000000000000000400c000000000000)"},
        {"[a]\nword: d51bd040\nin: x0=5", " TPIDR_EL0=0x5 (expected 0)"},
        {"[a]\nword: d51bd040\nin: x0=5\nout: TPIDR_EL0=6", " TPIDR_EL0=0x5 (expected 0x6)"},
        {"[a]\nword: d51bd040\nin: x0=5\nout: TPIDR_EL0=5", ""},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        for (unsigned stepping = 0; stepping < 2; stepping++) {
            char *failure = failure_of(cases[i].text, stepping);
            /* An exception leaves other things to tell behind the first. */
            cr_assert(!strncmp(failure, cases[i].failure, strlen(cases[i].failure)) &&
                          !*failure == !*cases[i].failure,
                      "%s: \"%s\"", cases[i].text, failure);
            free(failure);
        }
}

/* A case's leavings must not reach the next one. */
Test(a64test, cases_do_not_meet)
{
    struct test_file file;
    struct testbed *bed = testbed_create(model_find("max"));
    struct case_state start;
    struct result *r = malloc(sizeof(*r));
    char *said = mistakes_of("[mmu_off]\nasm: msr sctlr_el1, xzr\nword: d518101f\nin: el=1\n"
                             "[ldxr]\nword: c85f7c20\nin: x1=data\n"
                             "[stxr_fails]\nword: c8027c20\nin: x1=data\nout: x2=1\n"
                             "[pan]\nword: d500419f\nin: el=1\n"
                             "[load]\nword: f9400020\nin: el=1 x1=data mem[data]=0100000000000000\n"
                             "out: x0=1\n",
                             &file);
    cr_assert_str_empty(said);
    for (unsigned i = 0; i < file.count; i++) {
        case_start(&file.item[i], &start);
        run_case(bed, &file.item[i], &start, false, r);
        if (file.item[i].out.count)
            cr_assert_eq(run_compare(bed, &file.item[i], &start, r, stdout), 0, "%s",
                         file.item[i].name);
    }
    testbed_destroy(bed);
    case_free(&file);
    free(said);
    free(r);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && !fclose(f));
}

static char *read_text(const char *path)
{
    char *text = calloc(1, 4096);
    FILE *f = fopen(path, "r");
    cr_assert(f && fread(text, 1, 4095, f) > 0);
    fclose(f);
    return text;
}

Test(a64test, update_writes_words_and_keeps_the_rest)
{
    char folder[] = "/tmp/a64test-XXXXXX", path[64], *paths[] = {path}, *text, *said = NULL;
    struct suite s;
    size_t size;
    if (system("command -v llvm-mc-19 > /dev/null || command -v llvm-mc > /dev/null"))
        cr_skip_test("no llvm-mc");
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/t.a64t", folder);
    write_text(path, "# top\n\n[a]\nasm:  adds w0, w1, w2\n# kept\nin:   x1=1\n\n"
                     "[b]\nword: 00000000\nasm: b #-4 ; nop\nout:  x0=1\n# end\n");
    FILE *errors = open_memstream(&said, &size);
    cr_assert_eq(suite_read(&s, paths, 1, NULL, errors), 1, "two instructions, one word");
    suite_free(&s); /* and now rightly: */
    write_text(path, "# top\n\n[a]\nasm:  adds w0, w1, w2\n# kept\nin:   x1=1\n\n"
                     "[b]\nword: 00000000 00000000\nasm: b #-4 ; nop\nout:  x0=1\n# end\n");
    cr_assert_eq(suite_read(&s, paths, 1, NULL, errors), 0);
    struct update_options o = {.cpu = model_find("cortex-a57")};
    cr_assert_eq(update_files(&s, &o, errors), 0);
    suite_free(&s);
    text = read_text(path);
    cr_assert_str_eq(text, "# top\n\n[a]\nasm:  adds w0, w1, w2\n# kept\nword: 2b020020\n"
                           "in:   x1=1\n\n[b]\nword: 17ffffff d503201f\nasm: b #-4 ; nop\n"
                           "out:  x0=1\n# end\n");
    free(text);
    /* What can't be assembled changes nothing. */
    write_text(path, "[a]\nasm: nop\n[b]\nasm: frob x0\n");
    text = read_text(path);
    cr_assert_eq(suite_read(&s, paths, 1, NULL, errors), 0);
    cr_assert_eq(update_files(&s, &o, errors), 1);
    fflush(errors);
    cr_assert(strstr(said, "t.a64t:4: frob x0: error: "), "%s", said);
    char *after = read_text(path);
    cr_assert_str_eq(after, text);
    suite_free(&s);
    fclose(errors);
    unlink(path);
    rmdir(folder);
    free(text);
    free(after);
    free(said);
}

/* Both assemblers, as far as they are installed, make the same words of the same text. */
Test(a64test, update_takes_either_assembler)
{
    static const char *const assemblers[] = {"llvm-mc-19", "aarch64-linux-gnu-as"};
    static const char text[] = "[a]\nasm: add x0, x1, x2; b.ne #-8; cbz w3, #4; ldr x4, #8\n"
                               "[b]\nasm: sm4e v0.4s, v1.4s\n";
    static const char updated[] = "[a]\nasm: add x0, x1, x2; b.ne #-8; cbz w3, #4; ldr x4, #8\n"
                                  "word: 8b020020 54ffffc1 34000023 58000044\n"
                                  "[b]\nasm: sm4e v0.4s, v1.4s\nword: cec08420\n";
    char folder[] = "/tmp/a64test-unit-XXXXXX", path[64], *said = NULL;
    size_t size;
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/t.a64t", folder);
    char *const paths[] = {path};
    for (unsigned i = 0; i < ARRAY_LEN(assemblers); i++) {
        struct suite s;
        struct update_options o = {.cpu = model_find("cortex-a57"), .assembler = assemblers[i]};
        char command[64];
        FILE *errors = open_memstream(&said, &size);
        snprintf(command, sizeof(command), "command -v %s > /dev/null 2>&1", assemblers[i]);
        bool installed = !system(command);
        write_text(path, text);
        cr_assert_eq(suite_read(&s, paths, 1, NULL, errors), 0);
        cr_expect_eq(update_files(&s, &o, errors), !installed, "%s", assemblers[i]);
        suite_free(&s);
        char *now = read_text(path);
        cr_expect_str_eq(now, installed ? updated : text, "%s: %s", assemblers[i], now);
        free(now);
        /* A label is no number. */
        write_text(path, "[a]\nasm: b there\n");
        cr_assert_eq(suite_read(&s, paths, 1, NULL, errors), 0);
        cr_expect_eq(update_files(&s, &o, errors), 1);
        suite_free(&s);
        fclose(errors);
        cr_expect(
            strstr(said, installed ? "t.a64t:2: b there: expected a number" : "no such command"),
            "%s: %s", assemblers[i], said);
        free(said);
    }
    unlink(path);
    rmdir(folder);
}

/* Two rows, one of them twice, and a word that is of none. */
Test(a64test, coverage_counts_rows_formats_and_features)
{
    char folder[] = "/tmp/a64test-unit-XXXXXX", path[64], *said = NULL;
    size_t size;
    struct suite s;
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/t.a64t", folder);
    char *const paths[] = {path};
    write_text(path, "[a]\nword: 8b020020 8b020020\n[b]\nword: 8b020020 cec08420\n"
                     "[c]\nword: 00010000\n");
    cr_assert_eq(suite_read(&s, paths, 1, NULL, stderr), 0);
    FILE *to = open_memstream(&said, &size);
    cr_expect_not(suite_coverage(&s, true, to), "most rows have no case");
    fclose(to);
    cr_expect(strstr(said, "{\"cases\":3,"), "%s", said);
    cr_expect(strstr(said, "{\"name\":\"add_shift\",\"format\":\"addsub_shift\",\"needs\":[],"
                           "\"cases\":2}"));
    cr_expect(strstr(said, "\"needs\":[\"SM4\"],\"cases\":1}"));
    cr_expect(strstr(said, "{\"name\":\"SM4\",\"rows\":2,\"cases\":1}"));
    free(said);
    to = open_memstream(&said, &size);
    suite_coverage(&s, false, to);
    fclose(to);
    cr_expect(strstr(said, "\n  add_shift                      2\n"));
    cr_expect(strstr(said, "\nno case: adds_imm\n"));
    free(said);
    suite_free(&s);
    unlink(path);
    rmdir(folder);
}
