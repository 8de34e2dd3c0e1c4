/*
 * Our side of the fuzzer: programs at EL0 on a board (tools/a64test/testbed.h).
 */
#ifndef TESTS_FUZZ_OURS_H
#define TESTS_FUZZ_OURS_H

#include "tests/fuzz/generate.h"
#include "tools/a64test/testbed.h"

struct ours {
    struct testbed *board;
    struct cpu *cpu; /* its */
    bool stepping;   /* with cpu_step, else with cpu_run */
    unsigned runs;
    u64 esr; /* ESR_EL1 of the last record if it was not RECORD_DONE, else 0 */
};

/* NULL when the host has no memory. */
struct ours *ours_create(const struct cpu_model *model, bool stepping);
void ours_destroy(struct ours *o);

/* Replace the code area (but for its stub) and the data area. */
void ours_set_code(struct ours *o, const u32 *code);
void ours_set_data(struct ours *o, const u8 *data);

/* The data area as it is now. */
const u8 *ours_data(const struct ours *o);

/* Execute P from IN; OUT is what a reference would report. */
void ours_run(struct ours *o, const struct program *p, const struct record_state *in,
              struct record_state *out);

#endif
