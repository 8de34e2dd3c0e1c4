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

/* A run of 64 - NARROW ones in each element of 2^LOG bits, all rotated right by ROTATE. */
static ALWAYS_INLINE u64 bitmask_expand(unsigned narrow, unsigned log, unsigned rotate)
{
    u64 v = (~UINT64_C(0) >> narrow) * bitmask_repeat[log];
    return v >> rotate | v << (-rotate & 63);
}

/* The three parameters of bitmask_expand for a valid N:immr:imms (13 bits). */
static inline void bitmask_fields(u32 nrs, unsigned *narrow, unsigned *log, unsigned *rotate)
{
    u32 length = (nrs >> 6 & 64) | (~nrs & 63); /* N:NOT(imms): its top bit is the element's size */
    *log = 31 - (unsigned)__builtin_clz(length);
    unsigned within = (1u << *log) - 1;
    *narrow = 63 - (nrs & within);
    *rotate = nrs >> 6 & within;
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
    unsigned narrow, log, rotate;
    bitmask_fields(nrs, &narrow, &log, &rotate);
    u64 v = bitmask_expand(narrow, log, rotate);
    *value = width == 32 ? (u32)v : v;
    return true;
}

#endif
