/*
 * Fused instructions: which handler executes two at once (fused.def). The second
 * one's op stays where it is, decoded by itself: the pair's handler reads both, and
 * a branch to the second finds it.
 */
#ifndef CORE_ISA_FUSE_H
#define CORE_ISA_FUSE_H

#include "core/engine/uop.h"

enum { FUSE_SLOTS = 1024 }; /* a power of two, more than twice the pairs */

/* An index of the pairs by their handlers, and of those that begin one. */
struct fuse_index {
    u16 pair[FUSE_SLOTS]; /* place in the table + 1; 0: none */
    u64 begins[FUSE_SLOTS / 64];
};

void fuse_init(struct fuse_index *f);

/* Whether a pair may begin with the op that FIRST executes; it is a hint. */
bool fuse_begins(const struct fuse_index *f, handler_fn *first);

/* The handler for the ops that FIRST and SECOND execute, or NULL. */
handler_fn *fuse_find(const struct fuse_index *f, handler_fn *first, handler_fn *second);

#endif
