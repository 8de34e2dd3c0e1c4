/*
 * AES, SHA-1 and SHA-256 built from the instructions, through the engine. Expected
 * values are those of FIPS 197, appendices A and C, of the examples that NIST
 * publishes for FIPS 180-4, and of SP 800-38A for the inverse cipher.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "core/exception.h"
#include "tests/unit/harness.h"

/* As the GNU assembler makes them, all with registers 0, 1, 2 in order. */
enum {
    AESE = 0x4e284820,
    AESD = 0x4e285820,
    AESMC = 0x4e286800,  /* v0, v0 */
    AESIMC = 0x4e287800, /* v0, v0 */
    SHA1C = 0x5e020020,
    SHA1P = 0x5e021020,
    SHA1M = 0x5e022020,
    SHA1H = 0x5e280820,
    SHA1SU0 = 0x5e023020,
    SHA1SU1 = 0x5e281820,
    SHA256H = 0x5e024020,
    SHA256H2 = 0x5e025020,
    SHA256SU0 = 0x5e282820,
    SHA256SU1 = 0x5e026020,
    B_SELF = 0x14000000,
};

/* What WORD leaves in v0 when v0, v1, v2 hold D, N, M. */
static union vreg run(struct harness *h, u32 word, union vreg d, union vreg n, union vreg m)
{
    const u32 code[] = {word, B_SELF}; /* a branch is where the budget counts */
    harness_code(h, code, ARRAY_LEN(code));
    h->cpu->v[0] = d;
    h->cpu->v[1] = n;
    h->cpu->v[2] = m;
    harness_run(h, 2);
    cr_assert_eq(h->cpu->pc, HARNESS_CODE + 4, "%08x raised an exception", word);
    return h->cpu->v[0];
}

static const union vreg zero;

static union vreg plus(union vreg a, const u32 *k)
{
    for (unsigned i = 0; i < 4; i++)
        a.s[i] += k[i];
    return a;
}

/* FIPS 197, 5.2; the schedule's words as they lie in memory, SubWord made by AESE. */
static u32 sub_word(struct harness *h, u32 w)
{
    union vreg v = {.s = {w, w, w, w}}; /* equal columns: ShiftRows moves nothing */
    return run(h, AESE, v, zero, zero).s[0];
}

static unsigned expand_key(struct harness *h, const u8 *key, unsigned words, union vreg *schedule)
{
    unsigned rounds = words + 6;
    u32 w[60], rcon = 1;
    memcpy(w, key, 4 * words);
    for (unsigned i = words; i < 4 * (rounds + 1); i++) {
        u32 t = w[i - 1];
        if (i % words == 0) {
            t = sub_word(h, t >> 8 | t << 24) ^ rcon;
            rcon = rcon & 0x80 ? rcon << 1 ^ 0x11b : rcon << 1;
        } else if (words > 6 && i % words == 4) {
            t = sub_word(h, t);
        }
        w[i] = w[i - words] ^ t;
    }
    memcpy(schedule, w, 16 * (rounds + 1));
    return rounds;
}

static union vreg exclusive_or(union vreg a, union vreg b)
{
    return (union vreg){.d = {a.d[0] ^ b.d[0], a.d[1] ^ b.d[1]}};
}

static union vreg encrypt(struct harness *h, const union vreg *k, unsigned rounds, union vreg v)
{
    for (unsigned i = 0; i < rounds; i++) {
        v = run(h, AESE, v, k[i], zero);
        if (i < rounds - 1)
            v = run(h, AESMC, v, zero, zero);
    }
    return exclusive_or(v, k[rounds]);
}

/* The equivalent inverse cipher, 5.3.5: round keys through InvMixColumns. */
static union vreg decrypt(struct harness *h, const union vreg *k, unsigned rounds, union vreg v)
{
    for (unsigned i = rounds; i > 0; i--) {
        union vreg key = i == rounds ? k[i] : run(h, AESIMC, k[i], zero, zero);
        v = run(h, AESD, v, key, zero);
        if (i > 1)
            v = run(h, AESIMC, v, zero, zero);
    }
    return exclusive_or(v, k[0]);
}

/* FIPS 197, appendix C: the key counts up from 0, the text is 00 11 .. ff. */
static void check_aes(unsigned key_words, const char *cipher)
{
    struct harness *h = harness_create("cortex-a57");
    union vreg text, schedule[15];
    u8 key[32];
    char got[33];
    for (unsigned i = 0; i < 32; i++)
        key[i] = (u8)i;
    for (unsigned i = 0; i < 16; i++)
        text.b[i] = (u8)(0x11 * i);
    unsigned rounds = expand_key(h, key, key_words, schedule);
    union vreg out = encrypt(h, schedule, rounds, text);
    for (unsigned i = 0; i < 16; i++)
        snprintf(got + 2 * i, 3, "%02x", out.b[i]);
    cr_expect_str_eq(got, cipher);
    out = decrypt(h, schedule, rounds, out);
    cr_expect_arr_eq(out.b, text.b, 16);
    harness_destroy(h);
}

Test(op_crypto, aes128)
{
    check_aes(4, "69c4e0d86a7b0430d8cdb78070b4c55a");
}

Test(op_crypto, aes192)
{
    check_aes(6, "dda97ca4864cdfe06eaf70a0ec0d7191");
}

Test(op_crypto, aes256)
{
    check_aes(8, "8ea2b7ca516745bfeafc49904b496089");
}

/* FIPS 197, appendix B, round 1: after ShiftRows and after MixColumns. */
Test(op_crypto, aes_round_by_round)
{
    struct harness *h = harness_create("cortex-a57");
    static const union vreg input = {.b = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31,
                                           0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34}};
    static const union vreg key = {.b = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7,
                                         0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c}};
    static const u8 shifted[] = {0xd4, 0xbf, 0x5d, 0x30, 0xe0, 0xb4, 0x52, 0xae,
                                 0xb8, 0x41, 0x11, 0xf1, 0x1e, 0x27, 0x98, 0xe5};
    static const u8 mixed[] = {0x04, 0x66, 0x81, 0xe5, 0xe0, 0xcb, 0x19, 0x9a,
                               0x48, 0xf8, 0xd3, 0x7a, 0x28, 0x06, 0x26, 0x4c};
    union vreg v = run(h, AESE, input, key, zero);
    cr_expect_arr_eq(v.b, shifted, 16);
    union vreg m = run(h, AESMC, v, zero, zero);
    cr_expect_arr_eq(m.b, mixed, 16);
    m = run(h, AESIMC, m, zero, zero);
    cr_expect_arr_eq(m.b, shifted, 16);
    harness_destroy(h);
}

/* FIPS 180-4, 5.1.1: the one or two blocks of a message of at most 111 bytes, as words. */
static unsigned pad(const char *message, u32 words[32])
{
    u8 bytes[128] = {0};
    size_t length = strlen(message), blocks = (length + 9 + 63) / 64;
    memcpy(bytes, message, length);
    bytes[length] = 0x80;
    bytes[64 * blocks - 2] = (u8)(length >> 5);
    bytes[64 * blocks - 1] = (u8)(length << 3);
    for (unsigned i = 0; i < 16 * blocks; i++) {
        u32 w;
        memcpy(&w, bytes + 4 * i, 4);
        words[i] = __builtin_bswap32(w);
    }
    return (unsigned)blocks;
}

static void sha1_block(struct harness *h, const u32 *message, u32 hash[5])
{
    static const struct {
        u32 op, k;
    } stage[] = {
        {SHA1C, 0x5a827999}, {SHA1P, 0x6ed9eba1}, {SHA1M, 0x8f1bbcdc}, {SHA1P, 0xca62c1d6}};
    union vreg w[20], abcd = {.s = {hash[0], hash[1], hash[2], hash[3]}};
    union vreg e = {.s = {hash[4]}};
    memcpy(w, message, 64);
    for (unsigned i = 4; i < 20; i++) {
        w[i] = run(h, SHA1SU0, w[i - 4], w[i - 3], w[i - 2]);
        w[i] = run(h, SHA1SU1, w[i], w[i - 1], zero);
    }
    for (unsigned i = 0; i < 20; i++) {
        u32 k = stage[i / 5].k;
        union vreg wk = plus(w[i], (const u32[]){k, k, k, k});
        union vreg next = run(h, SHA1H, zero, abcd, zero);
        abcd = run(h, stage[i / 5].op, abcd, e, wk);
        e = next;
    }
    for (unsigned i = 0; i < 4; i++)
        hash[i] += abcd.s[i];
    hash[4] += e.s[0];
}

static void check_sha1(const char *message, const u32 expected[5])
{
    struct harness *h = harness_create("cortex-a57");
    u32 hash[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    u32 words[32];
    unsigned blocks = pad(message, words);
    for (unsigned i = 0; i < blocks; i++)
        sha1_block(h, words + 16 * i, hash);
    cr_expect_arr_eq(hash, expected, sizeof(hash));
    harness_destroy(h);
}

static const char short_message[] = "abc";
static const char long_message[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

Test(op_crypto, sha1)
{
    check_sha1(short_message,
               (const u32[]){0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c, 0x9cd0d89d});
    check_sha1(long_message,
               (const u32[]){0x84983e44, 0x1c3bd26e, 0xbaae4aa1, 0xf95129e5, 0xe54670f1});
}

/* FIPS 180-4, 4.2.2 */
static const u32 sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static void sha256_block(struct harness *h, const u32 *message, u32 hash[8])
{
    union vreg w[16], abcd, efgh;
    memcpy(w, message, 64);
    memcpy(&abcd, hash, 16);
    memcpy(&efgh, hash + 4, 16);
    for (unsigned i = 4; i < 16; i++) {
        w[i] = run(h, SHA256SU0, w[i - 4], w[i - 3], zero);
        w[i] = run(h, SHA256SU1, w[i], w[i - 2], w[i - 1]);
    }
    for (unsigned i = 0; i < 16; i++) {
        union vreg wk = plus(w[i], sha256_k + 4 * i);
        union vreg before = abcd;
        abcd = run(h, SHA256H, abcd, efgh, wk);
        efgh = run(h, SHA256H2, efgh, before, wk);
    }
    for (unsigned i = 0; i < 4; i++) {
        hash[i] += abcd.s[i];
        hash[4 + i] += efgh.s[i];
    }
}

static void check_sha256(const char *message, const u32 expected[8])
{
    struct harness *h = harness_create("cortex-a57");
    u32 hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u32 words[32];
    unsigned blocks = pad(message, words);
    for (unsigned i = 0; i < blocks; i++)
        sha256_block(h, words + 16 * i, hash);
    cr_expect_arr_eq(hash, expected, sizeof(hash));
    harness_destroy(h);
}

Test(op_crypto, sha256)
{
    check_sha256(short_message, (const u32[]){0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                              0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad});
    check_sha256(long_message, (const u32[]){0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039,
                                             0xa33ce459, 0x64ff2167, 0xf6ecedd4, 0x19db06c1});
}

/* SHA1H writes a scalar: the rest of the register becomes zero (C1.2.1). */
Test(op_crypto, sha1h_zeroes_the_upper_lanes)
{
    struct harness *h = harness_create("cortex-a57");
    union vreg full = {.d = {UINT64_MAX, UINT64_MAX}};
    union vreg v = run(h, SHA1H, full, full, zero);
    cr_expect_eq(v.d[0], 0xffffffff);
    cr_expect_eq(v.d[1], 0);
    harness_destroy(h);
}

/* CPACR_EL1.FPEN traps them like any SIMD instruction. */
Test(op_crypto, trapped_with_simd)
{
    static const u32 words[] = {AESE, SHA1C, SHA1SU1, SHA256H};
    enum { EC_SHIFT = 26, EC_SIMD_ACCESS = 0x07 };
    struct harness *h = harness_create("cortex-a57");
    harness_msr(h, CPACR_EL1, 0);
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        harness_code(h, &words[i], 1);
        harness_step(h, 1);
        cr_expect_eq(sysreg_peek(h->cpu, ESR_EL1) >> EC_SHIFT, EC_SIMD_ACCESS, "%08x", words[i]);
    }
    harness_destroy(h);
}
