/*
 * SIMD registers as bodies see them: lanes (Arm's Elem[]), arrangements and the
 * rule that a write sets all 128 bits (DDI 0487, C1.2.1 and the shared pseudocode
 * functions Elem, V, Vpart). For integer and floating-point vector instructions.
 *
 * Lane I of a register is bits I * esize up. A lane is handed around as a u64,
 * zero-extended, or an s64, sign-extended, and truncated when it is written; with
 * constant sizes the compiler narrows the arithmetic back and uses host vectors.
 *
 * A body makes its result in a variable of its own, all of it, and ends with one of
 * the simd_write functions: Vd may be one of its operands.
 */
#ifndef CORE_ISA_SIMD_H
#define CORE_ISA_SIMD_H

#include <string.h>

#include "core/cpu.h"

enum { FPSR_QC = 1 << 27 }; /* cumulative saturation */

/* The low WIDTH bits of a register, in lanes of ESIZE bits. */
struct arrangement {
    unsigned esize; /* 8, 16, 32, 64 */
    unsigned width; /* 64 or 128; of a scalar its esize */
};

/*
 * The arrangement that number V stands for: below 8 a vector's size:Q, that is 8B,
 * 16B, 4H, 8H, 2S, 4S, 1D, 2D; from 8 on a scalar of 8 << (V - 8) bits.
 */
enum { ARRANGEMENT_SCALAR = 8 };

static ALWAYS_INLINE struct arrangement arrangement(unsigned v)
{
    if (v >= ARRANGEMENT_SCALAR)
        return (struct arrangement){8u << (v - ARRANGEMENT_SCALAR), 8u << (v - ARRANGEMENT_SCALAR)};
    return (struct arrangement){8u << v / 2, 64u << v % 2};
}

static ALWAYS_INLINE unsigned arrangement_lanes(struct arrangement t)
{
    return t.width / t.esize;
}

/* Lane I of V as an unsigned number. */
static ALWAYS_INLINE u64 lane_u(const union vreg *v, unsigned esize, unsigned i)
{
    switch (esize) {
    case 8:
        return v->b[i];
    case 16:
        return v->h[i];
    case 32:
        return v->s[i];
    default:
        return v->d[i];
    }
}

/* Lane I of V as a signed number. */
static ALWAYS_INLINE s64 lane_s(const union vreg *v, unsigned esize, unsigned i)
{
    return sext(lane_u(v, esize, i), esize);
}

static ALWAYS_INLINE void lane_set(union vreg *v, unsigned esize, unsigned i, u64 value)
{
    switch (esize) {
    case 8:
        v->b[i] = (u8)value;
        break;
    case 16:
        v->h[i] = (u16)value;
        break;
    case 32:
        v->s[i] = (u32)value;
        break;
    default:
        v->d[i] = value;
        break;
    }
}

/* AdvSIMDExpandImm for bytes of zeros and ones: bit I of IMM8 becomes byte I. */
static inline u64 simd_byte_mask(u32 imm8)
{
    u64 mask = 0;
    for (unsigned i = 0; i < 8; i++)
        mask |= bit(imm8, i) ? UINT64_C(0xff) << 8 * i : 0;
    return mask;
}

/* 128 bits as the host moves them in one piece. */
typedef u64 vec __attribute__((vector_size(16)));

static ALWAYS_INLINE vec vec_of(const union vreg *v)
{
    vec r;
    memcpy(&r, v, sizeof(r));
    return r;
}

/* R with all but the low WIDTH bits zero. */
static ALWAYS_INLINE vec vec_low(vec r, unsigned width)
{
    return width == 128 ? r : r & (vec){ones(width), 0};
}

/*
 * R to register D, the bits above WIDTH become zero. Always in one piece: an
 * instruction that reads it as a whole would have to wait for the halves.
 */
static ALWAYS_INLINE void simd_write(struct cpu *c, unsigned d, vec r, unsigned width)
{
    r = vec_low(r, width);
    memcpy(&c->v[d], &r, sizeof(r));
}

/* The same of a result that was made lane by lane. */
static ALWAYS_INLINE void simd_write_lanes(struct cpu *c, unsigned d, const union vreg *r,
                                           unsigned width)
{
    simd_write(c, d, vec_of(r), width);
}

/* A scalar result: VALUE, zero-extended. */
static ALWAYS_INLINE void simd_write_scalar(struct cpu *c, unsigned d, u64 value)
{
    simd_write(c, d, (vec){value, 0}, 128);
}

/*
 * Arm's Vpart[d, part] of 64 bits: into the low half, the high one becoming zero,
 * or into the high half, the low one staying, as narrowing instructions write.
 */
static ALWAYS_INLINE void simd_write_half(struct cpu *c, unsigned d, bool high, u64 half)
{
    simd_write(c, d, high ? (vec){c->v[d].d[0], half} : (vec){half, 0}, 128);
}

#endif
