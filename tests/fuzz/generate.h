/*
 * Programs of words from the instruction table, and register states to run them from.
 * What is made depends on the random numbers alone.
 */
#ifndef TESTS_FUZZ_GENERATE_H
#define TESTS_FUZZ_GENERATE_H

#include "core/isa/decode.h"
#include "tests/fuzz/random.h"
#include "tools/a64test/record.h"

/* What to draw words from. */
struct generator {
    const struct decoder *decoder;
    u16 rows[A64_COUNT];
    unsigned row_count;
    unsigned length; /* words in a program, 1 to GENERATE_LENGTH */
    unsigned span;   /* slots that one takes: generate_span(length) */
};

/* A long program takes two slots, of which one word at either end is not its own. */
enum {
    PROGRAM_MAX_WORDS = 2 * RECORD_SLOT_WORDS - 2,
    GENERATE_LENGTH = PROGRAM_MAX_WORDS - 2,
};

struct program {
    u32 word[PROGRAM_MAX_WORDS];
    unsigned words;
    unsigned slot; /* the first one */
    unsigned span;
};

/* Slots for programs of LENGTH words, some of which get a companion. */
static inline unsigned generate_span(unsigned length)
{
    return length + 2 > RECORD_SLOT_WORDS - 2 ? 2 : 1;
}

/* Select the rows whose name matches one of GLOBS (comma-separated). Returns how many. */
unsigned generate_select(struct generator *g, const char *globs);

/* A word of row ROW: what its pattern fixes, and random fields. */
u32 generate_word(struct rng *r, const struct decoder *d, unsigned row);

/* The bits of each of ROW's fields. Returns how many fields there are. */
enum { GENERATE_FIELDS = 26 };
unsigned generate_fields(unsigned row, u32 masks[GENERATE_FIELDS]);

/* Whether W has an operand that is relative to its own address. */
bool generate_is_relative(u32 w);

/*
 * A word that is next to an instruction: one of any row with one or two of the bits that
 * the pattern fixes turned over.
 */
u32 generate_neighbour(struct rng *r, const struct decoder *d);

/*
 * A program for slot SLOT. A store-exclusive gets a load-exclusive in front of it more
 * often than not. No word is excluded (exclude.h), none depends on what the architecture
 * leaves open, and no branch leads to where the reference would not come back from.
 */
void generate_program(struct rng *r, const struct generator *g, unsigned slot, struct program *p);

/* Whether P with W behind it depends on no more than P alone on what is left open. */
bool generate_agrees(const struct program *p, u32 w);

/*
 * The same for a word that is given, which may be changed where it branches or loads
 * from what must not be touched. False if the word is excluded.
 */
bool generate_single(struct rng *r, const struct decoder *d, u32 word, unsigned slot,
                     struct program *p);

/* The address of P's first word. */
static inline u64 program_start(const struct program *p)
{
    return RECORD_CODE + RECORD_SLOT_OFFSET + p->slot * (u64)RECORD_SLOT_BYTES + 4;
}

/* Behind its last one: there is the branch to the stub. */
static inline u64 program_end(const struct program *p)
{
    return program_start(p) + 4 * p->words;
}

/*
 * Values for registers, of which a state needs more than could be made afresh: POOL_LASTING
 * for the whole run, then those of a batch.
 */
enum { POOL_LASTING = 4096, POOL_FRESH = 2048, POOL_SIZE = POOL_LASTING + POOL_FRESH };

struct state_pool {
    u32 fpcr; /* the bits of FPCR that the CPU has */
    u64 x[POOL_SIZE];
    uint64_t v[POOL_SIZE][2];
};

/*
 * The register with the pointer that W signs (FEAT_PAuth), or -1.
 *
 * QEMU 7.2 takes bit 63 for the half that a pointer belongs to where TBI is off for the
 * half that bit 55 names. It is bit 55 where TBI is on for either half (DDI 0487, AddPAC
 * in J1.1). So what is to be signed has the bits alike if bit 55 is set.
 */
int generate_signed_register(u32 w);

/* FEATURES are the CPU model's. */
void generate_pool(struct rng *r, u64 features, struct state_pool *pool);

/* Values for a batch. */
void generate_refresh_pool(struct rng *r, struct state_pool *pool);

/* Registers to run P from. */
void generate_state(struct rng *r, const struct state_pool *pool, const struct program *p,
                    struct record_state *s);

/* What the data area holds at the start of a batch. */
void generate_data(struct rng *r, u8 *data);

#endif
