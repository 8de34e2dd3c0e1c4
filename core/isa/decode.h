/*
 * From a word to a decoded op, driven by the rows of a64.def. There is no other
 * decoder: what no row matches is UNDEFINED, and so is what the CPU model lacks.
 */
#ifndef CORE_ISA_DECODE_H
#define CORE_ISA_DECODE_H

#include "core/engine/uop.h"
#include "core/isa/fuse.h"
#include "core/model.h"
#include "core/types.h"

enum a64_op {
#define A64(op, variants, format, pattern, assembly, needs) A64_##op,
#include "core/isa/a64.def"
    A64_COUNT,
};

/* Where a word stands, which is all that decoding may depend on beside the word. */
struct site {
    u16 index;    /* word within its 4 KiB page */
    bool alone;   /* no page of ops around it: every branch is to elsewhere */
    bool guarded; /* in a guarded page: FEAT_BTI */
    u64 features; /* the decoder's, for hints that depend on them and for choosing algorithms */
};

enum { FMT_UNDEFINED = -1 };

/*
 * Extract the fields of W into U and return which variant of the row's handlers
 * runs it, or FMT_UNDEFINED for an encoding that is unallocated within the
 * row. A format may set u->fn itself to choose a cheaper handler of equal effect.
 */
typedef int format_fn(u32 w, struct site at, struct uop *u);

struct a64_row {
    const char *name, *format_name, *pattern, *assembly;
    format_fn *format;
    handler_fn *const *handlers;
    u64 needs;
};

extern const struct a64_row a64_rows[A64_COUNT];

enum { DECODE_BUCKETS = 2048, DECODE_SHIFT = 21 };

/* The rows as masks, and an index of them by the word's top 11 bits. */
struct decoder {
    u64 features; /* A64_* of the CPU model */
    u32 mask[A64_COUNT], value[A64_COUNT];
    u32 nonzero[A64_COUNT][2];     /* fields that must not be zero, at most two a row; 0: none */
    u16 first[DECODE_BUCKETS + 1]; /* where a bucket begins in rows[] */
    struct fuse_index fuse;
    u16 *rows; /* within a bucket the most specific first */
};

/* Build the index; FEATURES as in a model. False when the host has no memory. */
bool decoder_init(struct decoder *d, u64 features);
void decoder_destroy(struct decoder *d);

/* The row that W is an instance of on a CPU with all features, or -1. */
int decode_row(const struct decoder *d, u32 w);

/*
 * Decode W at AT into U. Returns the row, or -1 with u->fn = op_undefined. Some
 * words match a row and are UNDEFINED all the same; they also give -1.
 */
int decode(const struct decoder *d, u32 w, struct site at, struct uop *u);

/* Parse a row's pattern; returns false if it is malformed (the tests ask). */
bool decode_pattern(const char *pattern, u32 *mask, u32 *value, u32 nonzero[2]);

#endif
