/*
 * The decoder: patterns of a64.def parsed at start-up into masks, indexed by the
 * top 11 bits of the word. A bucket's rows are tried most specific first.
 */
#include "core/isa/decode.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine/dispatch.h"

/* Every handler and format that the rows name. */
#define DECLARE(op, v) HANDLER(op_##op##_##v);
#define D_1(op)        DECLARE(op, 0)
#define D_2(op)        D_1(op) DECLARE(op, 1)
#define D_3(op)        D_2(op) DECLARE(op, 2)
#define D_4(op)        D_3(op) DECLARE(op, 3)
#define D_5(op)        D_4(op) DECLARE(op, 4)
#define D_6(op)        D_5(op) DECLARE(op, 5)
#define D_7(op)        D_6(op) DECLARE(op, 6)
#define D_8(op)        D_7(op) DECLARE(op, 7)
#define D_10(op)       D_8(op) DECLARE(op, 8) DECLARE(op, 9)
#define D_12(op)       D_10(op) DECLARE(op, 10) DECLARE(op, 11)
#define D_16(op)       D_12(op) DECLARE(op, 12) DECLARE(op, 13) DECLARE(op, 14) DECLARE(op, 15)
#define D_20(op)       D_16(op) DECLARE(op, 16) DECLARE(op, 17) DECLARE(op, 18) DECLARE(op, 19)
#define D_24(op)       D_20(op) DECLARE(op, 20) DECLARE(op, 21) DECLARE(op, 22) DECLARE(op, 23)
#define D_28(op)       D_24(op) DECLARE(op, 24) DECLARE(op, 25) DECLARE(op, 26) DECLARE(op, 27)
#define D_32(op)       D_28(op) DECLARE(op, 28) DECLARE(op, 29) DECLARE(op, 30) DECLARE(op, 31)

#define A64(op, variants, format, pattern, assembly, needs)                                        \
    format_fn fmt_##format;                                                                        \
    D_##variants(op)
#include "core/isa/a64.def"

#define NAME(op, v) op_##op##_##v
#define L_1(op)     NAME(op, 0)
#define L_2(op)     L_1(op), NAME(op, 1)
#define L_3(op)     L_2(op), NAME(op, 2)
#define L_4(op)     L_3(op), NAME(op, 3)
#define L_5(op)     L_4(op), NAME(op, 4)
#define L_6(op)     L_5(op), NAME(op, 5)
#define L_7(op)     L_6(op), NAME(op, 6)
#define L_8(op)     L_7(op), NAME(op, 7)
#define L_10(op)    L_8(op), NAME(op, 8), NAME(op, 9)
#define L_12(op)    L_10(op), NAME(op, 10), NAME(op, 11)
#define L_16(op)    L_12(op), NAME(op, 12), NAME(op, 13), NAME(op, 14), NAME(op, 15)
#define L_32(op)                                                                                   \
    L_16(op), NAME(op, 16), NAME(op, 17), NAME(op, 18), NAME(op, 19), NAME(op, 20), NAME(op, 21),  \
        NAME(op, 22), NAME(op, 23), NAME(op, 24), NAME(op, 25), NAME(op, 26), NAME(op, 27),        \
        NAME(op, 28), NAME(op, 29), NAME(op, 30), NAME(op, 31)

#define A64(op, variants, format, pattern, assembly, needs)                                        \
    static handler_fn *const handlers_##op[] = {L_##variants(op)};
#include "core/isa/a64.def"

const struct a64_row a64_rows[A64_COUNT] = {
#define A64(op, variants, format, pattern, assembly, needs)                                        \
    [A64_##op] = {#op, #format, pattern, assembly, fmt_##format, handlers_##op, needs},
#include "core/isa/a64.def"
};

bool decode_pattern(const char *pattern, u32 *mask, u32 *value, u32 nonzero[2])
{
    u32 fields[26] = {0};
    int position = 31;
    *mask = *value = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p == ' ')
            continue;
        if (position < 0)
            return false;
        u32 here = 1u << position--;
        if (*p == '(') { /* should-be bits: (0), (1) */
            if ((p[1] != '0' && p[1] != '1') || p[2] != ')')
                return false;
            p += 2;
        } else if (*p == '0' || *p == '1') {
            *mask |= here;
            *value |= *p == '1' ? here : 0;
        } else if (isupper((unsigned char)*p)) {
            fields[*p - 'A'] |= here;
        } else if (!islower((unsigned char)*p)) {
            return false;
        }
    }
    unsigned count = 0;
    nonzero[0] = nonzero[1] = 0;
    for (unsigned i = 0; i < ARRAY_LEN(fields); i++) {
        if (fields[i] && count == 2)
            return false;
        if (fields[i])
            nonzero[count++] = fields[i];
    }
    return position == -1;
}

/* Call VISIT for every bucket that words of row ROW can fall into. */
static void each_bucket(const struct decoder *d, unsigned row,
                        void (*visit)(struct decoder *d, unsigned bucket, unsigned row, void *arg),
                        void *arg)
{
    u32 fixed = d->mask[row] >> DECODE_SHIFT;
    u32 value = d->value[row] >> DECODE_SHIFT;
    u32 open = ~fixed & (DECODE_BUCKETS - 1);
    u32 sub = 0;
    do {
        visit((struct decoder *)d, value | sub, row, arg);
        sub = (sub - open) & open;
    } while (sub);
}

static void count_row(struct decoder *d, unsigned bucket, unsigned row, void *arg)
{
    d->first[bucket + 1]++;
}

static void place_row(struct decoder *d, unsigned bucket, unsigned row, void *arg)
{
    u16 *next = arg;
    d->rows[next[bucket]++] = (u16)row;
}

struct order {
    u8 fixed_bits;
    u16 row;
};

static int most_specific_first(const void *a, const void *b)
{
    const struct order *x = a, *y = b;
    return x->fixed_bits != y->fixed_bits ? y->fixed_bits - x->fixed_bits : x->row - y->row;
}

bool decoder_init(struct decoder *d, u64 features)
{
    struct order order[A64_COUNT];
    u16 next[DECODE_BUCKETS];

    memset(d, 0, sizeof(*d));
    d->features = features;
    fuse_init(&d->fuse);
    for (unsigned i = 0; i < A64_COUNT; i++) {
        decode_pattern(a64_rows[i].pattern, &d->mask[i], &d->value[i], d->nonzero[i]);
        order[i].row = (u16)i;
        order[i].fixed_bits = (u8)(__builtin_popcount(d->mask[i]) + (d->nonzero[i][0] != 0));
        each_bucket(d, i, count_row, NULL);
    }
    for (unsigned b = 0; b < DECODE_BUCKETS; b++)
        d->first[b + 1] += d->first[b];
    d->rows = calloc(d->first[DECODE_BUCKETS], sizeof(*d->rows));
    if (!d->rows)
        return false;
    qsort(order, A64_COUNT, sizeof(order[0]), most_specific_first);
    memcpy(next, d->first, sizeof(next));
    for (unsigned i = 0; i < A64_COUNT; i++)
        each_bucket(d, order[i].row, place_row, next);
    return true;
}

void decoder_destroy(struct decoder *d)
{
    free(d->rows);
    d->rows = NULL;
}

static bool row_matches(const struct decoder *d, unsigned row, u32 w)
{
    const u32 *nz = d->nonzero[row];
    return (w & d->mask[row]) == d->value[row] && (!nz[0] || (w & nz[0])) &&
           (!nz[1] || (w & nz[1]));
}

int decode_row(const struct decoder *d, u32 w)
{
    unsigned bucket = w >> DECODE_SHIFT;
    for (unsigned i = d->first[bucket]; i < d->first[bucket + 1]; i++) {
        if (row_matches(d, d->rows[i], w))
            return d->rows[i];
    }
    return -1;
}

int decode(const struct decoder *d, u32 w, struct site at, struct uop *u)
{
    int row = decode_row(d, w);
    *u = (struct uop){.fn = NULL};
    at.features = d->features;
    if (row >= 0 && (a64_rows[row].needs & ~d->features) == 0) {
        int variant = a64_rows[row].format(w, at, u);
        if (variant != FMT_UNDEFINED) {
            if (!u->fn)
                u->fn = a64_rows[row].handlers[variant];
            return row;
        }
    }
    *u = (struct uop){.fn = op_undefined};
    return -1;
}
