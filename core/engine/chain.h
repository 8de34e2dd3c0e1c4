/*
 * Chains: straight runs of ops as machine code of the host, made of stencils
 * (core/engine/stencil.h) where a guest spends its time.
 *
 * A chain begins in a slot of a page of decoded ops and is that slot's handler: it is
 * called as any handler is, executes the slot's op and those behind it, and ends by
 * dispatching to the op after the last or to wherever a branch goes. Its ops stay in
 * their slots. So whoever looks for an op of a chain, by a branch into its middle, by an
 * exception or a miss, which leave it as the handler of that very op would have left,
 * finds what would be there without; and a chain is dropped by giving its slot another
 * handler. There is nothing to pay for code that is not in one.
 *
 * Where a guest spends its time is found by looking which op is next whenever the run
 * loop (core/engine/interp.c) has a reason to look, and every CHAIN_SAMPLE instructions
 * where it finds no chain, more rarely where it does.
 */
#ifndef CORE_ENGINE_CHAIN_H
#define CORE_ENGINE_CHAIN_H

#include "core/engine/code_memory.h"
#include "core/engine/uop.h"

enum {
    CHAIN_MOST_OPS = 64, /* in a chain */
    CHAIN_REACH = 512,   /* ops ahead that chains are made of at once */
    CHAIN_SAMPLE = 1024, /* instructions */
    CHAIN_INDEX = 8192,  /* a power of two, more than twice the stencils */
};

struct code_page;

/* What chains are made of. */
enum chain_use {
    CHAIN_HOT,    /* what was next when the run loop looked */
    CHAIN_ALWAYS, /* whatever is executed: for tests */
    CHAIN_NEVER,
};

struct chains {
    struct code_memory memory;
    size_t used;            /* bytes of it */
    u64 count;              /* of those made until now */
    u8 use;                 /* enum chain_use; may be set while no CPU runs */
    u16 index[CHAIN_INDEX]; /* of stencils by handler, + 1 */
};

/* Get ready. Where this can't be done (another host, no memory) there are no chains. */
void chains_init(struct chains *k);
void chains_destroy(struct chains *k);

/* Forget all of them; no slot has one any more. */
void chains_drop(struct chains *k);

/* Whether FN is a chain. */
bool chains_have(const struct chains *k, handler_fn *fn);

/* Op U of page P is next: have a chain that begins there, and others from where it ends. */
void chain_consider(struct code_page *p, const struct uop *u);

/* The slots FIRST to LAST of P are to be decoded anew: and all that was made of them. */
void chain_forget(struct code_page *p, u64 first, u64 last);

#endif
