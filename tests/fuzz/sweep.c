/*
 * See sweep.h. The parts by groups follow DDI 0487, C4.1: there opcode fields are above
 * bit 9 but for a few in the place of Rd and Rn, and system instructions are named by all
 * of their low bits. The parts by rows step what each row's pattern fixes, so that a row
 * that takes words of its neighbours, or lets them have its own, is found by either.
 */
#include "tests/fuzz/sweep.h"

#include <stdlib.h>

enum { RUN = 11 }; /* fixed bits side by side that are stepped together at most */

static const struct sweep_part groups[] = {
    {0, 0xfffffc00, 0x000003ff, 0},          /* all but Rn and Rd */
    {0, 0xffe003ff, 0x001ffc00, 0},          /* opcodes in the place of Rn and Rd */
    {0, 0xffc0fc1f, 0x003f03e0, 0},          /* and in that of Rd with those next to Rm */
    {0xd4000000, 0x00e0001f, 0x001fffe0, 0}, /* exceptions */
    {0xd5000000, 0x003fffff, 0, 0},          /* system */
    {0xd61f0000, 0x01e0ffff, 0, 0},          /* branches to registers */
};

static void add(struct sweep *s, u32 value, u32 stepped, u32 random)
{
    s->part[s->parts++] = (struct sweep_part){value, stepped, random, s->words};
    s->words += BIT(__builtin_popcount(stepped));
}

/* The lowest bits of MASK that stand side by side, RUN of them at most. */
static u32 lowest_run(u32 mask)
{
    u32 run = 0;
    for (u32 b = mask & -mask; (mask & b) && __builtin_popcount(run) < RUN; b <<= 1)
        run |= b;
    return run;
}

bool sweep_init(struct sweep *s, const struct decoder *d)
{
    enum { RUNS_OF_ROW = 16 };
    *s =
        (struct sweep){calloc(ARRAY_LEN(groups) + A64_COUNT * RUNS_OF_ROW, sizeof(*s->part)), 0, 0};
    if (!s->part)
        return false;
    for (unsigned i = 0; i < ARRAY_LEN(groups); i++)
        add(s, groups[i].value, groups[i].stepped, groups[i].random);
    for (unsigned row = 0; row < A64_COUNT; row++)
        for (u32 left = d->mask[row], run; left; left &= ~run) {
            run = lowest_run(left);
            add(s, d->value[row] & ~run, run, ~d->mask[row]);
        }
    return true;
}

void sweep_destroy(struct sweep *s)
{
    free(s->part);
}

/* VALUE's bits, lowest first, where MASK has ones. */
static u32 scatter(u32 mask, u64 value)
{
    u32 w = 0;
    for (; mask; mask &= mask - 1, value >>= 1)
        w |= value & 1 ? mask & -mask : 0;
    return w;
}

u32 sweep_word(const struct sweep *s, struct rng *r, u64 i)
{
    unsigned low = 0, high = s->parts;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (s->part[middle].first <= i)
            low = middle;
        else
            high = middle;
    }
    const struct sweep_part *p = &s->part[low];
    return p->value | scatter(p->stepped, i - p->first) | ((u32)rng_next(r) & p->random);
}
