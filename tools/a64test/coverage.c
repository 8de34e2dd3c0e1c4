/*
 * What a suite covers: its cases by row of the instruction table, by format and by what
 * rows need (suite.h).
 */
#include <stdlib.h>
#include <string.h>

#include "core/isa/decode.h"
#include "tools/a64test/suite.h"

/* What rows need, in words. */
static const struct {
    u64 feature;
    const char *name;
} features[] = {
    {A64_BASE, "v8.0"},       {A64_CRC32, "CRC32"},     {A64_AES, "AES"},
    {A64_PMULL, "PMULL"},     {A64_SHA1, "SHA1"},       {A64_SHA256, "SHA256"},
    {A64_LSE, "LSE"},         {A64_PAN, "PAN"},         {A64_UAO, "UAO"},
    {A64_RDM, "RDM"},         {A64_LRCPC, "LRCPC"},     {A64_FP16, "FP16"},
    {A64_DOTPROD, "DotProd"}, {A64_SHA3, "SHA3"},       {A64_SHA512, "SHA512"},
    {A64_FLAGM, "FlagM"},     {A64_FHM, "FHM"},         {A64_FCMA, "FCMA"},
    {A64_JSCVT, "JSCVT"},     {A64_FRINTTS, "FRINTTS"}, {A64_SM3, "SM3"},
    {A64_SM4, "SM4"},         {A64_I8MM, "I8MM"},       {A64_BF16, "BF16"},
    {A64_LRCPC2, "LRCPC2"},   {A64_FLAGM2, "FlagM2"},   {A64_SB, "SB"},
    {A64_SSBS, "SSBS"},       {A64_DIT, "DIT"},         {A64_PAUTH, "PAuth"},
    {A64_LOR, "LOR"},
};

struct count {
    const char *name;
    unsigned rows, cases;
};

struct coverage {
    unsigned cases[A64_COUNT]; /* by row */
    struct count format[A64_COUNT], feature[ARRAY_LEN(features)];
    unsigned formats, all;
};

static bool needs(unsigned row, unsigned feature)
{
    u64 wanted = features[feature].feature;
    return wanted ? a64_rows[row].needs & wanted : !a64_rows[row].needs;
}

/* A case counts once for each row that it has a word of. */
static bool count_rows(const struct suite *s, unsigned *cases)
{
    struct decoder d;
    if (!decoder_init(&d, ~(u64)0))
        return false;
    for (unsigned i = 0; i < s->count; i++) {
        const struct test_case *c = s->item[i].c;
        for (unsigned w = 0; w < c->words; w++) {
            int row = decode_row(&d, c->word[w]);
            bool counted = row < 0;
            for (unsigned k = 0; k < w; k++)
                counted |= decode_row(&d, c->word[k]) == row;
            if (!counted)
                cases[row]++;
        }
    }
    decoder_destroy(&d);
    return true;
}

static void count_groups(struct coverage *c)
{
    for (unsigned row = 0; row < A64_COUNT; row++) {
        unsigned k = 0;
        while (k < c->formats && strcmp(c->format[k].name, a64_rows[row].format_name))
            k++;
        if (k == c->formats)
            c->format[c->formats++].name = a64_rows[row].format_name;
        c->format[k].rows++;
        c->format[k].cases += c->cases[row];
        for (unsigned f = 0; f < ARRAY_LEN(features); f++) {
            if (!needs(row, f))
                continue;
            c->feature[f].rows++;
            c->feature[f].cases += c->cases[row];
        }
    }
    for (unsigned f = 0; f < ARRAY_LEN(features); f++)
        c->feature[f].name = features[f].name;
}

static void print_counts(const char *title, const struct count *counts, unsigned n, FILE *to)
{
    fprintf(to, "\n%s: rows, cases\n", title);
    for (unsigned i = 0; i < n; i++)
        if (counts[i].rows)
            fprintf(to, "  %-24s %5u %7u\n", counts[i].name, counts[i].rows, counts[i].cases);
}

static void print_table(const struct coverage *c, FILE *to)
{
    fputs("rows: cases\n", to);
    for (unsigned i = 0; i < A64_COUNT; i++)
        fprintf(to, "  %-24s %7u\n", a64_rows[i].name, c->cases[i]);
    print_counts("formats", c->format, c->formats, to);
    print_counts("features", c->feature, ARRAY_LEN(features), to);
    fprintf(to, "\n%u cases, %u rows\n", c->all, (unsigned)A64_COUNT);
}

static void export_counts(const char *title, const struct count *counts, unsigned n, FILE *to)
{
    bool first = true;
    fprintf(to, ",\n\"%s\":[", title);
    for (unsigned i = 0; i < n; i++) {
        if (!counts[i].rows)
            continue;
        fprintf(to, "%s\n{\"name\":\"%s\",\"rows\":%u,\"cases\":%u}", first ? "" : ",",
                counts[i].name, counts[i].rows, counts[i].cases);
        first = false;
    }
    fputc(']', to);
}

static void export_json(const struct coverage *c, FILE *to)
{
    fprintf(to, "{\"cases\":%u,\n\"rows\":[", c->all);
    for (unsigned i = 0; i < A64_COUNT; i++) {
        const char *comma = "";
        fprintf(to, "%s\n{\"name\":\"%s\",\"format\":\"%s\",\"needs\":[", i ? "," : "",
                a64_rows[i].name, a64_rows[i].format_name);
        for (unsigned f = 0; f < ARRAY_LEN(features); f++)
            if (features[f].feature && needs(i, f)) {
                fprintf(to, "%s\"%s\"", comma, features[f].name);
                comma = ",";
            }
        fprintf(to, "],\"cases\":%u}", c->cases[i]);
    }
    fputc(']', to);
    export_counts("formats", c->format, c->formats, to);
    export_counts("features", c->feature, ARRAY_LEN(features), to);
    fputs("}\n", to);
}

bool suite_coverage(const struct suite *s, bool json, FILE *to)
{
    struct coverage *c = calloc(1, sizeof(*c));
    unsigned none = 0;
    if (!c || !count_rows(s, c->cases)) {
        free(c);
        return false;
    }
    c->all = s->count;
    count_groups(c);
    if (json)
        export_json(c, to);
    else
        print_table(c, to);
    for (unsigned i = 0; i < A64_COUNT; i++) {
        bool testable = !(a64_rows[i].needs & ~model_find("max")->features);
        if (!c->cases[i] && !json)
            fprintf(to, "no case%s: %s\n", testable ? "" : ", and no CPU model has it",
                    a64_rows[i].name);
        none += !c->cases[i] && testable;
    }
    free(c);
    return !none;
}
