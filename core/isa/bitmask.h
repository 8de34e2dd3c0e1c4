/*
 * Arm's DecodeBitMasks for the logical immediates: an element of 2, 4, ... 64
 * bits that holds a run of ones, rotated, and repeated over the register.
 */
#ifndef CORE_ISA_BITMASK_H
#define CORE_ISA_BITMASK_H

#include "core/types.h"

/* By log2 of the element's size: a 1 at the bottom of each element. */
static const u64 bitmask_repeat[7] = {
    0xffffffffffffffff, 0x5555555555555555, 0x1111111111111111, 0x0101010101010101,
    0x0001000100010001, 0x0000000100000001, 0x0000000000000001,
};

/* N:immr:imms (13 bits) of a valid 64-bit immediate to its value. */
static ALWAYS_INLINE u64 bitmask_value(u32 nrs)
{
    unsigned s = nrs & 63, r = (nrs >> 6) & 63;
    u32 length = (nrs >> 6 & 64) | (~s & 63); /* N:NOT(imms): its top bit is the element's size */
    unsigned log = 31 - (unsigned)__builtin_clz(length);
    unsigned size = 1u << log;
    u64 element = ones((s & (size - 1)) + 1);
    u64 v = element * bitmask_repeat[log];
    r &= size - 1;
    return v >> r | v << (-r & 63);
}

/* The value for a register of WIDTH bits; false for a reserved encoding. */
static inline bool bitmask_decode(u32 nrs, unsigned width, u64 *value)
{
    u32 length = (nrs >> 6 & 64) | (~nrs & 63);
    if (length < 2 || (width == 32 && nrs >> 12))
        return false;
    unsigned size = 1u << (31 - (unsigned)__builtin_clz(length));
    if ((nrs & (size - 1)) == size - 1)
        return false;
    u64 v = bitmask_value(nrs);
    *value = width == 32 ? (u32)v : v;
    return true;
}

#endif
