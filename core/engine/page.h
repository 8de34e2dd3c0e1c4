/*
 * Making pages of decoded ops and taking them out of use: for core/engine/block.c.
 */
#ifndef CORE_ENGINE_PAGE_H
#define CORE_ENGINE_PAGE_H

#include "core/engine/engine.h"

/* A page of nobody's, in use, none of its slots decoded; NULL when the host has no memory. */
struct code_page *page_new(struct engine *e);

/*
 * Take a page out of use. Handlers may be running in it: it stays readable and
 * its slots decode anew, until engine_settle at a moment when none can be.
 */
void page_retire(struct engine *e, struct code_page *p);

/* Free all of them. */
void pages_free(struct engine *e);

/* Call VISIT on every TLB bank in use of every CPU. */
void pages_each_bank(struct engine *e, void (*visit)(struct tlb_bank *b, const void *arg),
                     const void *arg);

#endif
