/*
 * Advanced SIMD: "simd-copy" copies memory by pairs of Q registers, "simd-length"
 * looks for the ends of strings 16 bytes at a time, "simd-filter" runs a 3 by 3
 * convolution over an 8-bit picture.
 */
#include "tools/benchmark/guest.h"

#include <arm_neon.h>

enum { BUFFER = 64 * 1024, COPIES = 30000, STRINGS = 64, LENGTHS = 120, EDGE = 256, PASSES = 600 };

static u8 first[BUFFER] __attribute__((aligned(64))), second[BUFFER] __attribute__((aligned(64)));

static void fill(void)
{
    u64 seed = 3;
    for (unsigned i = 0; i < BUFFER; i++)
        first[i] = (u8)(next_random(&seed) >> 20 | 1);
}

static u64 sum_of(const u8 *bytes, size_t size)
{
    u64 sum = MIX_START;
    for (size_t i = 0; i < size; i++)
        sum = mix(sum, bytes[i]);
    return sum;
}

static void copy(u8 *to, const u8 *from, size_t size)
{
    for (size_t i = 0; i < size; i += 64)
        vst1q_u8_x4(to + i, vld1q_u8_x4(from + i));
}

static u64 copies(void)
{
    for (unsigned i = 0; i < COPIES; i++) {
        copy(second, first, BUFFER);
        __asm__ volatile("" ::: "memory"); /* each of them counts */
    }
    return sum_of(second, BUFFER);
}

/* The place of the first zero byte; reads up to 15 bytes behind it. */
static size_t length(const u8 *text)
{
    for (size_t n = 0;; n += 16) {
        uint8x16_t zero = vceqzq_u8(vld1q_u8(text + n));
        u64 found =
            vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(zero), 4)), 0);
        if (found)
            return n + (size_t)__builtin_ctzll(found) / 4;
    }
}

static u64 lengths(void)
{
    u64 sum = MIX_START, seed = 5;
    for (unsigned round = 0; round < LENGTHS; round++) {
        size_t end = BUFFER - 64 - (size_t)(next_random(&seed) % 1024);
        u8 kept = first[end];
        first[end] = 0;
        for (unsigned i = 0; i < STRINGS; i++)
            sum = mix(sum, length(first + 17 * i));
        first[end] = kept;
    }
    return sum;
}

/* 1 2 1 / 2 4 2 / 1 2 1, divided by 16 */
static void filter_row(u8 *to, const u8 *from)
{
    for (unsigned x = 0; x + 10 <= EDGE; x += 8) {
        uint16x8_t sum = vdupq_n_u16(8);
        for (unsigned row = 0; row < 3; row++) {
            const u8 *p = from + row * EDGE + x;
            uint16x8_t line = vaddl_u8(vld1_u8(p), vld1_u8(p + 2));
            line = vaddq_u16(line, vshll_n_u8(vld1_u8(p + 1), 1));
            sum = vaddq_u16(sum, row == 1 ? vshlq_n_u16(line, 1) : line);
        }
        vst1_u8(to + x, vshrn_n_u16(sum, 4));
    }
}

static u64 filter(void)
{
    u8 *from = first, *to = second;
    for (unsigned pass = 0; pass < PASSES; pass++) {
        for (unsigned y = 0; y + 3 <= EDGE; y++)
            filter_row(to + (y + 1) * EDGE + 1, from + y * EDGE);
        u8 *swap = from;
        from = to;
        to = swap;
    }
    return sum_of(from, BUFFER);
}

u64 measure(const char *argument)
{
    fill();
    return same_text(argument, "copy")     ? copies()
           : same_text(argument, "length") ? lengths()
                                           : filter();
}
