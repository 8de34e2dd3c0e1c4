/*
 * Instruction tests as a file has them (tests/suites/README.md is the grammar), and as
 * values: what a case starts from and what it expects are lists of settings, made on one
 * and the same state. So what `out` does not name is expected as `in` left it.
 */
#ifndef TOOLS_A64TEST_CASE_H
#define TOOLS_A64TEST_CASE_H

#include <stdio.h>

#include "core/model.h"
#include "tools/a64test/record.h"

enum { CASE_MAX_WORDS = 32, CASE_STEP_LIMIT = 10000 };

/* Where a case's first word stands, and what its memory is called. */
#define CASE_PC     (RECORD_CODE + RECORD_SLOT_OFFSET + RECORD_SLOT_BYTES + 4)
#define CASE_DATA   RECORD_DATA
#define CASE_RODATA (RECORD_DATA + RECORD_WRITABLE_PAGES * RECORD_PAGE)

/* All that a case can see change, but for the system registers. */
struct case_state {
    u64 x[31];
    u64 sp[2]; /* SP_EL0, SP_EL1 */
    u64 pc;
    u8 nzcv, el, sp_sel, daif;
    u32 fpcr, fpsr;
    u64 v[32][2];
    u8 data[RECORD_DATA_BYTES];
};

enum setting_kind {
    SET_X,
    SET_SP, /* index: 0, 1, or SP_IN_USE */
    SET_PC,
    SET_NZCV,
    SET_FPCR,
    SET_FPSR,
    SET_V,    /* all of register `index` */
    SET_LANE, /* one lane of it */
    SET_MEM,
    SET_EL,
    SET_SPSEL,
    SET_DAIF,
    SET_SYSREG,
};

enum { SP_IN_USE = 2 };

struct setting {
    enum setting_kind kind;
    unsigned index;           /* of a register, or the row of a system register */
    unsigned lane, lane_bits; /* SET_LANE */
    u64 value[2];
    u32 offset, length; /* SET_MEM, in the data area */
    u8 *bytes;
};

struct settings {
    struct setting *item;
    unsigned count;
};

/* What must be raised; where its ELR is is the state's pc. */
struct expected_exception {
    const struct exception_name *name; /* NULL: nothing */
    bool has_esr, has_far, has_spsr;
    u64 esr, far, spsr;
};

struct exception_name {
    const char *name;
    u8 ec_el0, ec_el1; /* the EC when it comes from EL0, and from EL1 */
};

struct test_case {
    char *name;
    unsigned line;                          /* of the header, from 1 */
    unsigned last_line;                     /* that belongs to it */
    unsigned asm_line, word_line, out_line; /* the first of their kind, 0: none */
    char **assembly;
    unsigned assembly_lines;
    u32 word[CASE_MAX_WORDS];
    unsigned words;
    unsigned steps;              /* 0: until it leaves its words */
    const struct cpu_model *cpu; /* NULL: whichever */
    struct settings in, out;
    struct expected_exception exception;
};

struct test_file {
    char *path;
    char **line; /* without their ends */
    unsigned lines;
    struct test_case *item;
    unsigned count;
};

/*
 * Read PATH. Every mistake is a line "PATH:LINE: ..." to ERRORS; returns how many there
 * were. The file is to be freed either way.
 */
unsigned case_read(const char *path, FILE *errors, struct test_file *file);

/* The same of TEXT, which is said to be PATH. */
unsigned case_parse(const char *path, const char *text, FILE *errors, struct test_file *file);
void case_free(struct test_file *file);

/* What registers and memory hold unless a case says otherwise. */
void case_default_state(struct case_state *s);

/* Make SETTINGS in S, system registers aside. */
void case_apply(const struct settings *settings, struct case_state *s);

/* What C starts from, and what it expects. */
void case_start(const struct test_case *c, struct case_state *s);
void case_expected(const struct test_case *c, const struct case_state *start, struct case_state *s);

/* The exception with that name, or NULL; and the I-th, NULL behind the last. */
const struct exception_name *case_exception(const char *name, size_t length);
const struct exception_name *case_exception_at(unsigned i);

#endif
