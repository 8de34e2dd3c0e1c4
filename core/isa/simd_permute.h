/*
 * Lanes of two registers in another order (DDI 0487, C7.2: UZP, ZIP, TRN), by host
 * arithmetic on lanes of twice the size.
 */
#ifndef CORE_ISA_SIMD_PERMUTE_H
#define CORE_ISA_SIMD_PERMUTE_H

#include "core/isa/simd_vector.h"

/* The even or odd lanes of V, in 64 bits. */
static ALWAYS_INLINE u64 vec_unzip_half(vec v, unsigned esize, bool odd)
{
    switch (esize) {
    case 8:
        return narrow_8((vec)((vu16)v >> 8 * odd));
    case 16:
        return narrow_16((vec)((vu32)v >> 16 * odd));
    default:
        return narrow_32((vec)((vu64)v >> 32 * odd));
    }
}

/* The even or odd lanes of M:N, each of T's width. */
static ALWAYS_INLINE vec vec_unzip(vec n, vec m, struct arrangement t, bool odd)
{
    if (t.esize == 64)
        return (vec){n[odd], m[odd]};
    if (t.width == 64)
        return (vec){vec_unzip_half((vec){n[0], m[0]}, t.esize, odd), 0};
    return (vec){vec_unzip_half(n, t.esize, odd), vec_unzip_half(m, t.esize, odd)};
}

/* Lanes of N and M in turn, of the lower or the upper half of T's width. */
static ALWAYS_INLINE vec vec_zip(vec vn, vec vm, struct arrangement t, bool upper)
{
    vec result = {vn[upper], vm[upper]}, vd = {0};
    if (t.width == 128) {
        LONG(t.esize, u, upper, a | b << (BITS / 2))
        return result;
    }
    LONG(t.esize, u, 0, a | b << (BITS / 2))
    return (vec){result[upper], 0};
}

/* The even or odd lanes of N, each followed by that of M. */
static ALWAYS_INLINE vec vec_transpose(vec vn, vec vm, struct arrangement t, bool odd)
{
    vec result = {vn[odd], vm[odd]}, vd = {0};
    if (t.esize == 64)
        return result;
    if (odd)
        SAME(2 * t.esize, u, a >> (BITS / 2) | (b & ~SPLAT(ones(BITS / 2))))
    else
        SAME(2 * t.esize, u, (a & SPLAT(ones(BITS / 2))) | b << (BITS / 2))
    return result;
}

#endif
