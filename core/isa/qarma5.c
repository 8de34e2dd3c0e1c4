/*
 * QARMA5 (qarma5.h). The state is 16 cells of four bits, cell 0 lowest, in a u64; four
 * cells, 16 bits, are a row of the matrix that PACMult multiplies by.
 */
#include "core/isa/qarma5.h"

enum { CELLS = 16, CELL_BITS = 4, ROUNDS = 5 };

/* A cell for each cell: in a permutation of cells, where it comes from. */
typedef u8 cells[CELLS];

static const cells shuffle = {13, 6, 11, 0, 7, 12, 1, 10, 8, 3, 14, 5, 2, 9, 4, 15};
static const cells unshuffle = {3, 6, 12, 9, 14, 11, 1, 4, 8, 13, 7, 2, 5, 0, 10, 15};
static const cells substitute = {11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10};
static const cells unsubstitute = {5, 14, 13, 8, 10, 11, 1, 9, 2, 6, 15, 0, 4, 12, 7, 3};
static const cells tweak = {4, 5, 6, 7, 11, 2, 3, 8, 12, 13, 14, 15, 0, 1, 10, 9};
static const cells untweak = {12, 13, 5, 6, 0, 1, 2, 3, 7, 15, 14, 4, 8, 9, 10, 11};

/* Cells of the tweak that go through a shift register on their way, by where they arrive. */
enum { STEPPED = 1 << 2 | 1 << 4 | 1 << 7 | 1 << 11 | 1 << 12 | 1 << 14 | 1 << 15 };

static u64 cell(u64 state, unsigned i)
{
    return state >> (CELL_BITS * i) & 15;
}

static u64 permute(u64 state, const cells from)
{
    u64 r = 0;
    for (unsigned i = 0; i < CELLS; i++)
        r |= cell(state, from[i]) << (CELL_BITS * i);
    return r;
}

static u64 replace(u64 state, const cells by)
{
    u64 r = 0;
    for (unsigned i = 0; i < CELLS; i++)
        r |= (u64)by[cell(state, i)] << (CELL_BITS * i);
    return r;
}

/* Each cell rotated left by one bit. */
static u64 rotate_cells(u64 state)
{
    const u64 low = UINT64_C(0x1111111111111111);
    return (state & ~(low << 3)) << 1 | (state >> 3 & low);
}

static u64 rotate_rows(u64 state, unsigned rows)
{
    unsigned n = 16 * rows;
    return state << n | state >> (64 - n);
}

/* PACMult: each row becomes the sum of the three others, rotated by 1, 2 and 1 bits. */
static u64 multiply(u64 state)
{
    u64 once = rotate_cells(state), twice = rotate_cells(once);
    return rotate_rows(once, 1) ^ rotate_rows(twice, 2) ^ rotate_rows(once, 3);
}

/* TweakCellRot and its inverse. */
static u64 step_cell(u64 v)
{
    return v >> 1 | ((v ^ v >> 1) & 1) << 3;
}

static u64 unstep_cell(u64 v)
{
    return (v << 1 & 15) | ((v ^ v >> 3) & 1);
}

static u64 advance_tweak(u64 v)
{
    u64 r = 0;
    for (unsigned i = 0; i < CELLS; i++) {
        u64 moved = cell(v, tweak[i]);
        r |= (STEPPED >> i & 1 ? step_cell(moved) : moved) << (CELL_BITS * i);
    }
    return r;
}

static u64 retreat_tweak(u64 v)
{
    u64 r = 0;
    for (unsigned i = 0; i < CELLS; i++) {
        unsigned from = untweak[i];
        u64 moved = cell(v, from);
        r |= (STEPPED >> from & 1 ? unstep_cell(moved) : moved) << (CELL_BITS * i);
    }
    return r;
}

/* A round of the first half, and its inverse but for the key. */
static u64 forward(u64 state)
{
    return replace(multiply(permute(state, shuffle)), substitute);
}

static u64 backward(u64 state)
{
    return permute(multiply(replace(state, unsubstitute)), unshuffle);
}

u64 qarma5(u64 data, u64 modifier, u64 key_hi, u64 key_lo)
{
    static const u64 round_constant[ROUNDS] = {
        0,
        UINT64_C(0x13198a2e03707344),
        UINT64_C(0xa4093822299f31d0),
        UINT64_C(0x082efa98ec4e6c89),
        UINT64_C(0x452821e638d01377),
    };
    const u64 alpha = UINT64_C(0xc0ac29b7c97c50dd);
    const u64 last_key = key_hi << 63 | key_hi >> 2 << 1 | (key_hi >> 63 ^ (key_hi >> 1 & 1));
    u64 state = data ^ key_hi;
    for (unsigned i = 0; i < ROUNDS; i++) {
        state ^= key_lo ^ modifier ^ round_constant[i];
        state = i ? forward(state) : replace(state, substitute);
        modifier = advance_tweak(modifier);
    }
    state = forward(state ^ last_key ^ modifier);
    state = multiply(permute(state, shuffle)) ^ key_lo;
    state = multiply(replace(permute(state, unshuffle), unsubstitute));
    state = permute(state, unshuffle) ^ key_hi ^ modifier;
    for (unsigned i = ROUNDS; i-- > 0;) {
        state = i ? backward(state) : replace(state, unsubstitute);
        modifier = retreat_tweak(modifier);
        state ^= key_lo ^ modifier ^ round_constant[i] ^ alpha;
    }
    return state ^ last_key;
}
