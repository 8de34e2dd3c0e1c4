/*
 * fuzz: compare this emulator with qemu-aarch64, instruction by instruction, or feed it
 * words at random. See usage() for what it takes; exit status 1 if anything was found.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/chaos.h"
#include "tests/fuzz/diff.h"
#include "tests/fuzz/exclude.h"
#include "tests/fuzz/generate.h"

#ifndef FUZZ_REFERENCE
#define FUZZ_REFERENCE "reference"
#endif

static void usage(FILE *out)
{
    fputs(
        "fuzz --rows GLOB[,GLOB...]   instructions from rows of the table, against QEMU\n"
        "fuzz --words                 words from all 2^32, and near instructions, against QEMU\n"
        "fuzz --sweep                 words of every group with its fixed bits stepped, against "
        "QEMU\n"
        "fuzz --chaos N               N random words on a whole board, compared with nothing\n"
        "fuzz --exclusions            what is not compared, and why\n"
        "  --cpu MODEL       of ours (cortex-a57)\n"
        "  --qemu-cpu MODEL  of QEMU's (the same; max without what ours has not)\n"
        "  --qemu PATH       qemu-aarch64\n"
        "  --reference PATH  the program that QEMU runs\n"
        "  --count N         how many executions (1000000; all words of the sweep)\n"
        "  --cases FILE      append the mismatches that are printed to FILE as instruction\n"
        "                    tests (tests/suites/README.md), reduced to what matters\n"
        "  --seconds S       stop after this long\n"
        "  --seed S          0 unless given\n"
        "  --length N        at most so many words in a program (1)\n"
        "  --reports N       print so many mismatches in full (10)\n"
        "  --from N          begin with execution N of the seed\n"
        "  --at N            execution N of the seed alone, as a mismatch names it; with\n"
        "                    --chaos epoch N\n"
        "  --twice           with --chaos: on two boards, one of them stepping, which must agree\n"
        "  --mix PERCENT     with --chaos: so many words from the table (0)\n"
        "  --falsify ROW     have the reference lie about a row: to test fuzz itself\n",
        out);
}

static u64 number(const char *option, const char *text, u64 most)
{
    char *end;
    errno = 0;
    u64 v = strtoull(text, &end, 0);
    if (errno || *end || end == text || v > most) {
        fprintf(stderr, "fuzz: --%s takes a number up to %" PRIu64 ", not '%s'\n", option, most,
                text);
        exit(1);
    }
    return v;
}

static int print_exclusions(void)
{
    for (unsigned i = 0; exclude_at(i); i++)
        printf("%08x/%08x  %-12s %s\n", exclude_at(i)->value, exclude_at(i)->mask,
               exclude_at(i)->what, exclude_at(i)->reason);
    return 0;
}

enum option_id {
    ROWS = 1,
    WORDS,
    SWEEP,
    EXCLUSIONS,
    CPU,
    QEMU_CPU,
    QEMU,
    REFERENCE,
    COUNT,
    SECONDS,
    SEED,
    LENGTH,
    REPORTS,
    FROM,
    AT,
    CHAOS,
    MIX,
    TWICE,
    CASES,
    FALSIFY,
    HELP
};

static const struct option options[] = {
    {"rows", 1, NULL, ROWS},       {"words", 0, NULL, WORDS},
    {"sweep", 0, NULL, SWEEP},     {"exclusions", 0, NULL, EXCLUSIONS},
    {"cpu", 1, NULL, CPU},         {"qemu-cpu", 1, NULL, QEMU_CPU},
    {"qemu", 1, NULL, QEMU},       {"reference", 1, NULL, REFERENCE},
    {"count", 1, NULL, COUNT},     {"seconds", 1, NULL, SECONDS},
    {"seed", 1, NULL, SEED},       {"length", 1, NULL, LENGTH},
    {"reports", 1, NULL, REPORTS}, {"from", 1, NULL, FROM},
    {"at", 1, NULL, AT},           {"chaos", 1, NULL, CHAOS},
    {"mix", 1, NULL, MIX},         {"twice", 0, NULL, TWICE},
    {"cases", 1, NULL, CASES},     {"falsify", 1, NULL, FALSIFY},
    {"help", 0, NULL, HELP},       {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    struct diff_options o = {
        .cpu = "cortex-a57",
        .qemu = "qemu-aarch64",
        .reference = FUZZ_REFERENCE,
        .at = UINT64_MAX,
        .length = 1,
        .reports = 10,
    };
    struct chaos_options chaos = {0};
    bool words = false;
    int id;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (id) {
        case ROWS:
            o.rows = optarg;
            break;
        case WORDS:
            words = true;
            break;
        case SWEEP:
            o.sweep = true;
            break;
        case TWICE:
            chaos.twice = true;
            break;
        case CASES:
            o.cases = optarg;
            break;
        case FALSIFY:
            o.falsify = optarg;
            break;
        case EXCLUSIONS:
            return print_exclusions();
        case CPU:
            o.cpu = optarg;
            break;
        case QEMU_CPU:
            o.qemu_cpu = optarg;
            break;
        case QEMU:
            o.qemu = optarg;
            break;
        case REFERENCE:
            o.reference = optarg;
            break;
        case COUNT:
            o.count = number("count", optarg, UINT64_MAX / 2);
            break;
        case SECONDS:
            o.seconds = number("seconds", optarg, UINT32_MAX);
            break;
        case SEED:
            o.seed = number("seed", optarg, UINT64_MAX);
            break;
        case LENGTH:
            o.length = (unsigned)number("length", optarg, GENERATE_LENGTH);
            break;
        case REPORTS:
            o.reports = (unsigned)number("reports", optarg, UINT32_MAX);
            break;
        case FROM:
            o.from = number("from", optarg, UINT64_MAX / 2);
            break;
        case AT:
            o.at = number("at", optarg, UINT64_MAX - 1);
            break;
        case CHAOS:
            chaos.words = number("chaos", optarg, UINT64_MAX / 2);
            break;
        case MIX:
            chaos.mix = (unsigned)number("mix", optarg, 100);
            break;
        case HELP:
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 1;
        }
    }
    if (chaos.words && !words && !o.sweep && !o.rows && optind == argc) {
        chaos.cpu = o.cpu;
        chaos.seconds = o.seconds;
        chaos.seed = o.seed;
        chaos.at = o.at;
        return chaos_run(&chaos) ? 1 : 0;
    }
    if (words + o.sweep + !!o.rows != 1 || !o.length || optind != argc) {
        usage(stderr);
        return 1;
    }
    if (!o.qemu_cpu)
        o.qemu_cpu = strcmp(o.cpu, "max") ? o.cpu : "max,sve=off";
    return diff_run(&o) ? 1 : 0;
}
