/*
 * Decoded code and its execution. An engine belongs to a machine and is shared
 * by its CPUs: ops are kept by physical page, so that every process and alias
 * uses the same ones, and are dropped only when the bytes change.
 */
#ifndef CORE_ENGINE_ENGINE_H
#define CORE_ENGINE_ENGINE_H

#include <string.h>

#include "core/cpu.h"
#include "core/engine/chain.h"
#include "core/engine/profile.h"
#include "core/isa/decode.h"

enum {
    ENGINE_MAX_CPUS = 8,
    ENGINE_PAGES = 3072,   /* decoded pages kept; about 17 KiB each */
    ENGINE_RAM_SHARE = 16, /* and more if dropped ones come back: one to so many of RAM */
    ENGINE_EVICTION = 16,  /* with too many, one out of so many goes */
    BLOCK_WORDS = PAGE_WORDS / 16,
};

/* The ops of one physical page of RAM; index PAGE_WORDS is the sentinel. */
struct code_page {
    struct uop ops[PAGE_WORDS + 1];
    struct engine *engine;
    u64 marked[PAGE_WORDS / 64]; /* slots that are to be asked about: probe.h */
    bool any_marked;
    bool guarded;   /* decoded for a mapping with GP: FEAT_BTI */
    const u8 *host; /* the page's bytes */
    u64 pa;
    struct ram_page *ram_page; /* NULL once dropped */
    struct code_page *next, *previous;
    u64 round;   /* engine.round when the code TLB last got it */
    u16 decoded; /* blocks of BLOCK_WORDS slots, a bit each: the others hold op_decode only */
    u8 writes;   /* to it since it was made, or last seen in execution */
    struct profile_page *profile; /* when there is one */
};

struct engine {
    struct decoder decoder;
    struct bus *bus;
    struct cpu *cpus[ENGINE_MAX_CPUS];
    unsigned cpu_count;
    struct code_page *pages;   /* in use, oldest first */
    struct code_page *newest;  /* the last of them */
    struct code_page *retired; /* dropped, but a handler may still be in one */
    struct code_page *spare;   /* free to be used again */
    unsigned page_count;       /* of pages */
    unsigned most_pages;       /* of them for now */
    unsigned remade;           /* since the last eviction, having been evicted before */
    u64 round;                 /* of looking which pages are executed */
    bool in_round;             /* it is being looked */
    struct probe probe;        /* what somebody outside looks out for */
    struct profile *profile;   /* NULL: none is made */
    struct engine_counts counts;
    struct chains chains;
    bool full; /* of chains: drop them soon */
};

/* An engine for CPUs of one model. False when the host has no memory. */
bool engine_init(struct engine *e, struct bus *bus, u64 features);
void engine_destroy(struct engine *e);

/* An event happened, off the hot path. */
static inline void engine_count(struct engine *e, enum engine_event event)
{
    e->counts.event[event]++;
}

/* The word in slot INDEX. */
static inline u32 code_page_word(const struct code_page *p, unsigned index)
{
    u32 word;
    memcpy(&word, p->host + 4 * index, sizeof(word));
    return word;
}

/* Whether somebody outside wants to be asked about it. */
static inline bool code_page_marked(const struct code_page *p, unsigned index)
{
    return p->marked[index / 64] & BIT(index % 64);
}

/* Decode it into U, by itself, to go into that slot; the row, or -1. */
static inline int code_page_decode(struct code_page *p, unsigned index, struct uop *u)
{
    p->decoded |= (u16)BIT(index / BLOCK_WORDS);
    return decode(&p->engine->decoder, code_page_word(p, index),
                  (struct site){.index = (u16)index, .guarded = p->guarded}, u);
}

/* Forget all decoded code. Not while a handler runs. */
void engine_drop_all(struct engine *e);

/*
 * LEN bytes of RAM at PA are about to change, or just did: forget what was
 * decoded from them. This is what bus.code_written calls.
 */
void engine_code_written(void *engine, u64 pa, u64 len);

/*
 * Have the next store to each page of RAM noticed (ram.dirtied), also by CPUs that
 * have written there before. Not while a handler runs.
 */
void engine_watch_writes(struct engine *e, const struct ram *ram);

/*
 * The ops of the code at virtual address VA, in the bank of the current EL, for
 * an instruction fetch. NULL: an exception is in cpu.exc. Canonicalises VA under
 * TCR_EL1.TBI and stores the result in cpu.pc.
 */
const struct uop *engine_fetch(struct cpu *c, u64 va);

/* What becomes of VA when it is branched to: TCR_EL1.TBI. */
u64 engine_branch_address(const struct cpu *c, u64 va);

/*
 * Whether PSTATE.BTYPE allows the word at VA, in the page with the decoded ops OPS, to be
 * executed. False: a Branch Target exception is in cpu.exc.
 */
bool engine_check_landing(struct cpu *c, const struct uop *ops, u64 va);

/* Between two stretches of execution, when no handler holds a pointer into a page. */
void engine_settle(struct engine *e);

/*
 * C is about to go on at op U, as it often does, for all that is known: make it fast.
 * True if it was already.
 */
bool engine_warm(struct cpu *c, const struct uop *u);

/* Decode the slot at OP, which holds op_decode. */
void engine_decode_slot(struct cpu *c, const struct uop *op);

/*
 * Run C until BUDGET instructions are executed or something needs the caller
 * (enum stop). May be called again at once.
 */
enum stop cpu_run(struct cpu *c, u64 budget);

/*
 * Execute exactly one instruction, or take one exception or interrupt. A break at
 * cpu.pc does not count; STOP_DEBUG for the other events of probe.h.
 */
enum stop cpu_step(struct cpu *c);

#endif
