/*
 * The scalar types, bit-field helpers and compiler words that every floor uses.
 * Includes nothing of ours, so that any floor may include it.
 */
#ifndef CORE_TYPES_H
#define CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef unsigned __int128 u128;
typedef __int128 s128;

#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define COLD          __attribute__((noinline, cold))
#define ARRAY_LEN(a)  (sizeof(a) / sizeof((a)[0]))
#define BIT(n)        (UINT64_C(1) << (n))

/* The structure of type T whose member M is at P. */
#define container_of(p, T, m) ((T *)((char *)(p)-offsetof(T, m)))

/* A mask of the N low bits, N from 0 to 64. */
static ALWAYS_INLINE u64 ones(unsigned n)
{
    return n == 0 ? 0 : ~UINT64_C(0) >> (64 - n);
}

/* Arm's V<hi:lo>, moved down to bit 0. */
static ALWAYS_INLINE u64 bits(u64 v, unsigned hi, unsigned lo)
{
    return (v >> lo) & ones(hi - lo + 1);
}

static ALWAYS_INLINE unsigned bit(u64 v, unsigned n)
{
    return (v >> n) & 1;
}

/* Arm's SignExtend: the N low bits of V (N from 1 to 64) as a signed number. */
static ALWAYS_INLINE s64 sext(u64 v, unsigned n)
{
    return (s64)(v << (64 - n)) >> (64 - n);
}

/* V rounded up to a multiple of ALIGN, which is a power of two. */
static ALWAYS_INLINE u64 align_up(u64 v, u64 align)
{
    return (v + align - 1) & ~(align - 1);
}

#endif
