/*
 * Where a guest's instructions go: counted per row of a64.def, per pair of rows
 * executed one after the other, and per page of code, by a handler of its own in
 * front of each op's. Without a profile there is no such handler and nothing to
 * pay. What happens off the hot path (misses, exceptions, ...) is counted always.
 */
#ifndef CORE_ENGINE_PROFILE_H
#define CORE_ENGINE_PROFILE_H

#include "core/engine/uop.h"
#include "core/isa/decode.h"

/* What is counted off the hot path, and what to call it. */
#define ENGINE_EVENTS(EVENT)                                                                       \
    EVENT(ENTER, "stretches of execution")                                                         \
    EVENT(READ, "data reads out of line")                                                          \
    EVENT(WRITE, "data writes out of line")                                                        \
    EVENT(DEVICE_READ, "device reads")                                                             \
    EVENT(DEVICE_WRITE, "device writes")                                                           \
    EVENT(LINK, "branches to pages that the code TLB lacks")                                       \
    EVENT(FETCH, "fetches that walked the tables")                                                 \
    EVENT(PAGE_END, "pages left at their end")                                                     \
    EVENT(PAGE_MADE, "pages of code made")                                                         \
    EVENT(PAGE_DROPPED, "pages of code dropped")                                                   \
    EVENT(CHAINS_DROPPED, "times all chains were dropped")                                         \
    EVENT(ALL_DROPPED, "times all code was dropped")                                               \
    EVENT(DECODED, "instructions decoded")                                                         \
    EVENT(CODE_WRITTEN, "writes to pages of code")                                                 \
    EVENT(FLUSH_ALL, "flushes of all TLB banks")                                                   \
    EVENT(FLUSH_VA, "TLBI by address")                                                             \
    EVENT(FLUSH_ASID, "TLBI by ASID")                                                              \
    EVENT(SWITCH_ASID, "changes of ASID")                                                          \
    EVENT(BANK_REUSED, "TLB banks taken from another ASID")                                        \
    EVENT(INTERRUPT, "interrupts taken")                                                           \
    EVENT(RETURN, "exception returns")

enum engine_event {
#define EVENT(name, text) EVENT_##name,
    ENGINE_EVENTS(EVENT)
#undef EVENT
        EVENT_COUNT,
};

enum { EXCEPTION_CLASSES = 64, ROW_UNDEFINED = A64_COUNT, PROFILE_ROWS = A64_COUNT + 1 };

struct engine_counts {
    u64 event[EVENT_COUNT];
    u64 exception[EXCEPTION_CLASSES]; /* by ESR_EL1.EC */
};

/* A page of code for as long as it is decoded, and afterwards without its slots. */
struct profile_page {
    struct profile_page *next;
    u64 va, pa; /* where it was first executed, and where it is */
    u64 count;  /* instructions executed in it */
    struct profile_slot {
        handler_fn *fn; /* what executes the op */
        u16 row;        /* of a64.def, or ROW_UNDEFINED */
    } * slots;          /* PAGE_WORDS of them; NULL when it was dropped */
};

struct profile {
    u64 row[PROFILE_ROWS];
    u64 *pair;         /* at [PROFILE_ROWS * first + second] */
    unsigned previous; /* the row executed last */
    struct profile_page *pages;
};

/* NULL when the host has no memory. Give it to engine.profile before anything runs. */
struct profile *profile_create(void);
void profile_destroy(struct profile *p);

/* For the engine: a new page's record, which may be NULL; and the end of its use. */
struct profile_page *profile_add_page(struct profile *p, u64 va, u64 pa);
void profile_drop_page(struct profile_page *page);

/* Have the op in slot INDEX, just decoded from ROW (-1: none), counted. */
void profile_wrap(struct profile_page *page, unsigned index, struct uop *u, int row);

#endif
