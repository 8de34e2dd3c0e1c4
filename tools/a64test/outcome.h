/*
 * What a reference made of a case, and the out: lines that say so.
 */
#ifndef TOOLS_A64TEST_OUTCOME_H
#define TOOLS_A64TEST_OUTCOME_H

#include "tools/a64test/case.h"

enum { OBSERVED_SYSTEM = 32 };

struct observed {
    struct case_state state;                /* where an exception was taken: as it was then */
    const struct exception_name *exception; /* the case's; NULL: none */
    bool has_syndrome, has_far;             /* esr and spsr; far */
    u64 esr, far, spsr;
    unsigned systems; /* system registers that have changed */
    struct {
        unsigned row;
        u64 value;
    } system[OBSERVED_SYSTEM];
};

/*
 * Lines of KEY ("in:", "out:") that tell how IS differs from WAS, and what C has raised; to
 * be freed.
 */
char *outcome_text(const char *key, const struct test_case *c, const struct case_state *was,
                   const struct observed *is);

#endif
