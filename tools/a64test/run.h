/*
 * Running one case on a board, and telling how what came of it differs from what was
 * expected.
 */
#ifndef TOOLS_A64TEST_RUN_H
#define TOOLS_A64TEST_RUN_H

#include "tools/a64test/case.h"
#include "tools/a64test/testbed.h"

/* An exception that was taken. */
struct raised {
    bool any;
    u64 esr, far, spsr, vector; /* vector: offset from VBAR_EL1 */
};

struct result {
    struct case_state state; /* where an exception was taken: as it was then, pc is ELR_EL1 */
    struct raised raised;
    bool endless;       /* CASE_STEP_LIMIT came first */
    u64 sys[SYS_COUNT]; /* the stored system registers at the start */
};

/* Run C from START on B, with cpu_step or else with cpu_run. */
void run_case(struct testbed *b, const struct test_case *c, const struct case_state *start,
              bool stepping, struct result *r);

/* Is R, with that ELR, of what the PC led to when it left C's words, and not of C? */
bool run_raised_behind(const struct test_case *c, const struct raised *r, u64 elr);

/*
 * Write to OUT what differs from C's expectation, in the words of the file, with a blank
 * before each: " x0=0x1 (expected 0x2)". B is as run_case left it. Returns how many things.
 */
unsigned run_compare(struct testbed *b, const struct test_case *c, const struct case_state *start,
                     const struct result *r, FILE *out);

#endif
