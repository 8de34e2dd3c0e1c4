/*
 * The sides of a comparison: the reference process and our engines, each with the
 * same code and data areas.
 */
#ifndef TESTS_FUZZ_SIDES_H
#define TESTS_FUZZ_SIDES_H

#include "tests/fuzz/ours.h"
#include "tools/a64test/oracle.h"

struct sides {
    struct oracle oracle;
    struct ours *ours[ENGINES];
    const struct decoder *decoder;
    int falsified; /* see sides_start; -1: none */
};

/* What became of one record on each side. */
struct outcome {
    struct record_state ours[ENGINES], reference; /* as far as they have to agree */
    struct record_state raw;                      /* the reference's, as it said it */
    const char *engines;                          /* in what our engines do not agree, or NULL */
    int other;         /* the one that does not agree with the threaded one */
    int engine;        /* the one that the reference does not agree with, or -1 */
    bool compared;     /* with the reference */
    bool endless;      /* on ours */
    bool wandered;     /* to other programs' words */
    unsigned executed; /* words of the program */
};

/*
 * Start QEMU as QEMU_CPU on REFERENCE, and MODEL. FALSIFIED, a row of the table or -1, is
 * for tests of the fuzzer: wherever a program that is done has a word of that row, and its
 * Xn had bit 16 and its C flag was set at the start, the reference is made to say that bit
 * 0 of Xd is the other way round. False after a line that says what went wrong.
 */
bool sides_start(struct sides *s, const struct cpu_model *model, const char *qemu,
                 const char *qemu_cpu, const char *reference, int falsified);
void sides_stop(struct sides *s);

/* The code area, as oracle_empty_code and oracle_set_slot make it; or P alone. */
void sides_set_code(struct sides *s, const u32 *code);
void sides_set_program(struct sides *s, const struct program *p);

/* What the data area holds on all sides; ours only, from the reference's. */
void sides_set_data(struct sides *s, const u8 *data);
void sides_take_data(struct sides *s);

/* Have the reference execute records FIRST to FIRST + COUNT - 1. False if it is gone. */
bool sides_refer(struct sides *s, unsigned first, unsigned count);

/* Execute record I, of P, on our side, and compare. True if everything agrees. */
bool sides_check(struct sides *s, const struct program *p, unsigned i, struct outcome *o);

/* The engine whose data area is not the reference's, or -1. */
int sides_compare_data(const struct sides *s);

#endif
