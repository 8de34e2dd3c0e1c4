/*
 * Rewriting files: the words of what stands at asm:, and what a reference says at out:.
 * All else in a file stays as it is.
 */
#ifndef TOOLS_A64TEST_UPDATE_H
#define TOOLS_A64TEST_UPDATE_H

#include "tools/a64test/suite.h"

struct update_options {
    const struct cpu_model *cpu;    /* of cases that name none */
    const char *assembler;          /* llvm-mc; NULL: the first that is found */
    const char *oracle, *reference; /* qemu-aarch64 or qemu-system-aarch64, the program it runs */
};

/*
 * Update the suite's files. Returns the number of things that could not be done, each
 * said on ERRORS; then no file is changed.
 */
unsigned update_files(struct suite *s, const struct update_options *o, FILE *errors);

/* The words of the cases' assembly: as update_files has it, into the cases. */
unsigned update_assemble(struct suite *s, const char *assembler, FILE *errors);

/*
 * Lines of KEY ("in:", "out:") that tell how IS and the data area DATA differ from WAS, and
 * what C has raised, with the address if that is known. To be freed; NULL if IS does not
 * tell what happened.
 */
char *update_lines(const char *key, const struct test_case *c, const struct case_state *was,
                   const struct record_state *is, const u8 *data, bool far_known);

#endif
