/*
 * The code of one chain (core/engine/chain.h): the ops' stencils, one behind the other,
 * their holes filled in. A branch to an op of the chain stays in it; registers of the guest
 * that it uses much are in the host's (core/engine/pins.h).
 */
#ifndef CORE_ENGINE_CHAIN_CODE_H
#define CORE_ENGINE_CHAIN_CODE_H

#include "core/engine/chain.h"
#include "core/engine/pins.h"
#include "core/engine/stencil.h"

enum { CHAIN_MOST_EXITS = 4 * CHAIN_MOST_OPS /* ways out of one chain */ };

/* A place where a stencil jumps to something that is no stencil. */
struct way_out {
    size_t place; /* of the distance to fill in, in bytes from the code's beginning */
    s32 addend;
    u8 hole;             /* enum stencil_hole */
    u32 op;              /* that it is about, or where it goes: bytes of ops from the first */
    const void *handler; /* for HOLE_LEAVE */
};

/* A chain in the making: ops and stencils first, and where to write; then it is put. */
struct making {
    struct chains *chains;
    size_t at; /* where to write, in bytes from the code's beginning */
    unsigned count;
    struct uop ops[CHAIN_MOST_OPS];
    const struct stencil *stencils[CHAIN_MOST_OPS];
    size_t starts[CHAIN_MOST_OPS + 1]; /* where they have been put, and what is behind them */
    u8 unwanted[CHAIN_MOST_OPS];       /* flags of theirs that nobody asks for, 1 << FLAG_* */
    struct pins pins;
    unsigned exit_count;
    struct way_out exits[CHAIN_MOST_EXITS];
};

/* Whether S may go on by way of HOLE, one from HOLE_NEXT on. */
bool stencil_has(const struct stencil *s, enum stencil_hole hole);

/* Bytes of code that a chain takes at most; and what stencil S adds. */
size_t chain_code_least(void);
size_t chain_code_size(const struct stencil *s);

/* Write the code of M's ops, from m->at on; GOES_ON: the last one may go on to the next. */
void chain_code_put(struct making *m, bool goes_on);

#endif
