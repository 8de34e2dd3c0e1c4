/*
 * The cases of many files, run by several threads, each with boards of its own.
 */
#ifndef TOOLS_A64TEST_SUITE_H
#define TOOLS_A64TEST_SUITE_H

#include "tools/a64test/case.h"

struct suite_case {
    const struct test_file *file;
    const struct test_case *c;
    char *failure; /* NULL: it passed */
};

struct suite {
    struct test_file *file;
    unsigned files;
    struct suite_case *item; /* those that the filter leaves */
    unsigned count, failed;
};

/*
 * Read the files PATHS, and all *.a64t in those that are folders, in order of name. Keep
 * the cases whose name matches FILTER (a glob; NULL: all). Returns the number of mistakes,
 * each said on ERRORS.
 */
unsigned suite_read(struct suite *s, char *const *paths, unsigned count, const char *filter,
                    FILE *errors);
void suite_free(struct suite *s);

struct suite_options {
    const struct cpu_model *cpu; /* of cases that name none */
    bool stepping;
    bool chained; /* all code in chains, if the host has them: core/engine/chain.h */
    unsigned threads;
    FILE *progress; /* a terminal, or NULL */
};

/* Run them all. False when the host has no memory. */
bool suite_run(struct suite *s, const struct suite_options *o);

/* The results for machines: TAP version 13; JUnit's XML. */
void suite_print_tap(const struct suite *s, FILE *to);
void suite_print_junit(const struct suite *s, FILE *to);

/*
 * One JSON object a line for each case (tests/suites/README.md has the schema). False when
 * the host has no memory.
 */
bool suite_export(const struct suite *s, FILE *to);

/*
 * How many cases there are by row of the instruction table, by format and by feature, as a
 * table or as JSON. False if a row that a CPU model has is without.
 */
bool suite_coverage(const struct suite *s, bool json, FILE *to);

#endif
