/*
 * Our side of the fuzzer: programs at EL0 on a board (tools/a64test/testbed.h).
 */
#ifndef TESTS_FUZZ_OURS_H
#define TESTS_FUZZ_OURS_H

#include "tests/fuzz/generate.h"
#include "tools/a64test/testbed.h"

/* Op by op; in chains (core/engine/chain.h), where the host has them; by cpu_step. */
enum engine_kind { THREADED, CHAINED, STEPPING, ENGINES };

struct ours {
    struct testbed *board;
    struct cpu *cpu; /* its */
    enum engine_kind kind;
    unsigned runs;
    /* Of the last record: */
    bool endless; /* it has not come to an end */
    /* This the stepping engine knows: */
    bool wandered;     /* it went to other programs */
    unsigned executed; /* so many words of its own */
};

/* NULL when the host has no memory. */
struct ours *ours_create(const struct cpu_model *model, enum engine_kind kind);
void ours_destroy(struct ours *o);

/* Replace the code area and the data area. */
void ours_set_code(struct ours *o, const u32 *code);
void ours_set_data(struct ours *o, const u8 *data);

/* The data area as it is now. */
const u8 *ours_data(const struct ours *o);

/* Execute P from IN; OUT is what a reference would report. */
void ours_run(struct ours *o, const struct program *p, const struct record_state *in,
              struct record_state *out);

/*
 * What is not the same in two CPUs behind one and the same run: the name of a register or
 * of a part of the state, or NULL. Nothing is left out but what tells of the engine.
 */
const char *ours_differ(const struct cpu *a, const struct cpu *b);

#endif
