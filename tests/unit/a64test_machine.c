/*
 * The reference machine of a64test: what QEMU says of cases that the Arm ARM (DDI 0487)
 * leaves no doubt about. Nothing to test where qemu-system-aarch64 is not installed.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/a64test/machine.h"

#define QEMU "qemu-system-aarch64"

static const char file[] = "[svc]\nword: d4000021\nin: nzcv=1010\n"
                           "[svc_el1]\nword: d4000021\nin: el=1 spsel=0 daif=1010\n"
                           "[eret]\nword: d69f03e0\nin: el=1 ELR_EL1=pc+16 SPSR_EL1=0x60000000\n"
                           "[load]\nword: f9400022\nin: x1=data-4096\n"
                           "[store]\nword: f9000022\nin: el=1 x1=data+8 x2=0x1122334455667788\n"
                           "[fault]\nword: 39000001\nin: el=1 x0=rodata\n"
                           "[msr]\nword: d518d080\nin: el=1 x0=0x123456789abcdef0\n"
                           "[mrs]\nword: d538d09e\nin: el=1 TPIDR_EL1=0xfedcba9876543210\n"
                           "[fp]\nword: 1e612800\nin: d0=1.5 d1=2.0 fpcr=0\n"
                           "[trap]\nword: 1e612800\nin: CPACR_EL1=0\n"
                           "[after]\nword: 8b020020\nin: el=1 x1=1 x2=2 sp=0x100\n";

static const char *const expected[] = {
    "out:  exc=svc esr=0x56000001 elr=pc+4 spsr=0xa0000000",
    "out:  exc=svc esr=0x56000001 elr=pc+4 spsr=0x284",
    "out:  pc=pc+16 el=0 nzcv=0110",
    "out:  exc=data-abort esr=0x92000007 elr=pc+0 far=0x20b46000 spsr=0",
    "out:  mem[data+0x8]=8877665544332211",
    "out:  exc=data-abort esr=0x9600004f elr=pc+0 far=data+16384 spsr=0x5",
    "out:  TPIDR_EL1=0x123456789abcdef0",
    "out:  x30=0xfedcba9876543210",
    "out:  d0=0x400c000000000000",
    "out:  exc=fp-trap esr=0x1fe00000 elr=pc+0 spsr=0",
    "out:  x0=0x3",
};

Test(a64test_machine, says_what_the_manual_says, .timeout = 300)
{
    struct test_file parsed;
    struct machine m;
    struct observed *is = calloc(1, sizeof(*is));
    if (system("command -v " QEMU " > /dev/null 2>&1") || access(MACHINE_REFERENCE, R_OK)) {
        free(is);
        cr_skip_test("no " QEMU ", or no clang and lld to build what it runs");
    }
    cr_assert_eq(case_parse("file", file, stderr, &parsed), 0);
    cr_assert_eq(parsed.count, ARRAY_LEN(expected));
    machine_init(&m, QEMU, MACHINE_REFERENCE);
    for (unsigned i = 0; i < parsed.count; i++) {
        struct case_state start;
        const struct test_case *c = &parsed.item[i];
        case_start(c, &start);
        const char *why = machine_observe(&m, model_find("max,pauth-impdef=off"), c, &start, is);
        cr_assert_null(why, "[%s] %s", c->name, why);
        char *text = outcome_text("out:", c, &start, is);
        cr_expect_str_eq(text, expected[i], "[%s] %s", c->name, text);
        free(text);
    }
    machine_stop(&m);
    case_free(&parsed);
    free(is);
}

Test(a64test_machine, is_told_by_its_name)
{
    cr_expect(machine_is_meant("qemu-system-aarch64"));
    cr_expect(machine_is_meant("/opt/qemu/bin/qemu-system-aarch64"));
    cr_expect_not(machine_is_meant("qemu-aarch64"));
    cr_expect_not(machine_is_meant("/opt/qemu-system/bin/qemu-aarch64"));
}
