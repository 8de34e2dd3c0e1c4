/*
 * SHA-256 (FIPS 180-4) of a buffer: "crypto-c" by shifts and additions,
 * "crypto-insn" by the instructions for it. Both give the same checksum.
 */
#include "tools/benchmark/guest.h"

#include <arm_neon.h>

enum { BLOCK = 64, BLOCKS = 512, ROUNDS = 14, REPEATS = 30 };

static u32 k[64], initial[8];

/* The first 32 bits behind the point of N's square root or cube root. */
static u32 root_fraction(u32 n, unsigned degree)
{
    typedef unsigned __int128 u128;
    u128 scaled = (u128)n << (32 * degree);
    u64 root = 0;
    for (int at = 36; at >= 0; at--) {
        u64 more = root | (u64)1 << at;
        if ((degree == 2 ? (u128)more * more : (u128)more * more * more) <= scaled)
            root = more;
    }
    return (u32)root;
}

/* FIPS 180-4, 4.2.2 and 5.3.3: the constants come from the first 64 primes. */
static void make_constants(void)
{
    unsigned count = 0;
    for (u32 n = 2; count < 64; n++) {
        bool prime = true;
        for (u32 d = 2; d * d <= n; d++)
            prime &= n % d != 0;
        if (!prime)
            continue;
        if (count < 8)
            initial[count] = root_fraction(n, 2);
        k[count++] = root_fraction(n, 3);
    }
}

static u32 rotated(u32 x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static void block_c(u32 hash[8], const u8 *data)
{
    u32 w[64], v[8];
    for (unsigned i = 0; i < 16; i++) {
        u32 word;
        __builtin_memcpy(&word, data + 4 * i, 4);
        w[i] = __builtin_bswap32(word);
    }
    for (unsigned i = 16; i < 64; i++) {
        u32 s0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 s1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    for (unsigned i = 0; i < 8; i++)
        v[i] = hash[i];
    for (unsigned i = 0; i < 64; i++) {
        u32 s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25);
        u32 t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
        u32 s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22);
        u32 t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        v[7] = v[6];
        v[6] = v[5];
        v[5] = v[4];
        v[4] = v[3] + t1;
        v[3] = v[2];
        v[2] = v[1];
        v[1] = v[0];
        v[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++)
        hash[i] += v[i];
}

__attribute__((target("sha2"))) static void block_insn(u32 hash[8], const u8 *data)
{
    uint32x4_t abcd = vld1q_u32(hash), efgh = vld1q_u32(hash + 4), w[4];
    for (unsigned i = 0; i < 4; i++)
        w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
    for (unsigned i = 0; i < 16; i++) {
        uint32x4_t before = abcd, wk = vaddq_u32(w[i & 3], vld1q_u32(k + 4 * i));
        if (i < 12)
            w[i & 3] = vsha256su1q_u32(vsha256su0q_u32(w[i & 3], w[(i + 1) & 3]), w[(i + 2) & 3],
                                       w[(i + 3) & 3]);
        abcd = vsha256hq_u32(abcd, efgh, wk);
        efgh = vsha256h2q_u32(efgh, before, wk);
    }
    vst1q_u32(hash, vaddq_u32(vld1q_u32(hash), abcd));
    vst1q_u32(hash + 4, vaddq_u32(vld1q_u32(hash + 4), efgh));
}

u64 measure(const char *argument)
{
    static u8 data[BLOCKS * BLOCK];
    bool insn = same_text(argument, "insn");
    u64 seed = 9, sum = MIX_START;
    u32 hash[8];
    make_constants();
    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (u8)next_random(&seed);
    for (unsigned repeat = 0; repeat < REPEATS; repeat++) {
        __builtin_memcpy(hash, initial, sizeof(hash));
        for (unsigned round = 0; round < ROUNDS; round++)
            for (unsigned i = 0; i < BLOCKS; i++) {
                if (insn)
                    block_insn(hash, data + i * BLOCK);
                else
                    block_c(hash, data + i * BLOCK);
            }
    }
    for (unsigned i = 0; i < 8; i++)
        sum = mix(sum, hash[i]);
    return sum;
}
