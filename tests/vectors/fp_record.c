/*
 * Prints what an AArch64 processor computes for the cases of fp_cases.h. The recorded
 * vectors, from QEMU 7.2, are made by
 *
 *     aarch64-linux-gnu-gcc -static -O2 -march=armv8.2-a+fp16 -DFP_NATIVE -o fp_record \
 *         tests/vectors/fp_record.c
 *     qemu-aarch64 fp_record > tests/vectors/fp_vectors.inc
 *
 * Other uses, to find out what differs:
 *     fp_record digests SEED COUNT              of COUNT random cases a row, FPCR by FPCR
 *     fp_record print ROW CONFIG [SEED COUNT]   each case; CONFIG from 0 to 63
 * Without FP_NATIVE and with core/isa/fp_*.c it prints what mini-a64 computes instead.
 */
#include "fp_cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 12 }; /* per row, spelled out */

static uint64_t digest_cases(const struct row *row, const struct operands *cases, unsigned count,
                             uint32_t fpcr)
{
    uint64_t digest = 0;

    set_fpcr(fpcr);
    for (unsigned i = 0; i < count; i++)
        digest = fp_digest(digest, row->run(cases[i].a, cases[i].b, cases[i].c, fpcr, 0));
    set_fpcr(0);
    return digest;
}

static void print_case(const char *format, const struct row *row, struct operands o, uint32_t fpcr)
{
    set_fpcr(fpcr);
    struct outcome out = row->run(o.a, o.b, o.c, fpcr, 0);
    set_fpcr(0);
    printf(format, row->name, fpcr, o.a, o.b, o.c, out.result, out.fpsr);
}

#define HEX "0x%" PRIx64

static void record(struct operands *cases)
{
    printf("/* Recorded by fp_record.c; see there. Digests of each FPCR's cases. */\n"
           "static const uint32_t fp_digests[FP_ROW_COUNT][FP_CONFIG_COUNT] = {\n");
    for (unsigned r = 0; r < FP_ROW_COUNT; r++) {
        unsigned count = fp_cases(&fp_rows[r], true, FP_RECORDED_RANDOM, FP_RECORDED_SEED, cases);
        printf("[FP_ROW_%s] = {", fp_rows[r].name);
        for (unsigned i = 0; i < FP_CONFIG_COUNT; i++)
            printf("0x%" PRIx32 ",",
                   (uint32_t)digest_cases(&fp_rows[r], cases, count, fp_config(i)));
        printf("},\n");
    }
    printf("};\n"
           "/* Single cases: row, FPCR, operands, result, FPSR. */\n"
           "static const struct fp_vector fp_vectors[] = {\n");
    for (unsigned r = 0; r < FP_ROW_COUNT; r++) {
        unsigned count = fp_cases(&fp_rows[r], true, FP_RECORDED_RANDOM, FP_RECORDED_SEED, cases);
        uint64_t state = r;
        for (unsigned i = 0; i < SAMPLES; i++) {
            uint64_t pick = next_random(&state);
            print_case("{FP_ROW_%s, 0x%" PRIx32 ", {" HEX "," HEX "," HEX "}, {" HEX ", 0x%" PRIx32
                       "}},\n",
                       &fp_rows[r], cases[pick % count], i == 0 ? 0 : fp_config(pick >> 40 & 63));
        }
    }
    printf("};\n");
}

static void print_digests(struct operands *cases, uint64_t seed, unsigned count)
{
    for (unsigned r = 0; r < FP_ROW_COUNT; r++) {
        fp_cases(&fp_rows[r], false, count, seed + r, cases);
        for (unsigned i = 0; i < FP_CONFIG_COUNT; i++)
            printf("%s %u " HEX "\n", fp_rows[r].name, i,
                   digest_cases(&fp_rows[r], cases, count, fp_config(i)));
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = FP_RECORDED_SEED;
    unsigned count = FP_RECORDED_RANDOM;
    bool print = argc >= 4 && strcmp(argv[1], "print") == 0;
    bool digests = argc == 4 && strcmp(argv[1], "digests") == 0;

    if (argc != 1 && !print && !digests) {
        fprintf(stderr, "usage: fp_record [digests SEED COUNT | print ROW CONFIG [SEED COUNT]]\n");
        return 1;
    }
    if (digests || argc == 6) {
        seed = strtoull(argv[argc - 2], NULL, 0);
        count = (unsigned)strtoul(argv[argc - 1], NULL, 0);
    }
    struct operands *cases = calloc(FP_MAX_BOUNDARY_CASES + (size_t)count, sizeof(*cases));
    if (!cases)
        return 1;
    if (digests)
        print_digests(cases, seed, count);
    else if (!print)
        record(cases);
    for (unsigned r = 0; print && r < FP_ROW_COUNT; r++) {
        if (strcmp(fp_rows[r].name, argv[2]) != 0)
            continue;
        count = fp_cases(&fp_rows[r], argc != 6, count, seed + (argc == 6 ? r : 0), cases);
        for (unsigned i = 0; i < count; i++)
            print_case("%s fpcr=%08" PRIx32 " " HEX " " HEX " " HEX " -> " HEX " fpsr=%02" PRIx32
                       "\n",
                       &fp_rows[r], cases[i], fp_config((unsigned)atoi(argv[3])));
    }
    free(cases);
    return 0;
}
