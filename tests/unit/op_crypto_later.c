/*
 * SHA-512, SHA-3, SM3 and SM4 built from the instructions, and SHA-3's by themselves, through
 * the engine. Expected values are NIST's examples for FIPS 180-4 and FIPS 202, those of
 * GB/T 32905, appendix A, and GB/T 32907, appendix A, and the operations as DDI 0487, C7.2,
 * defines them.
 */
#include <criterion/criterion.h>

#include "tests/unit/harness.h"

/* As the GNU assembler makes them, with registers 0, 1, 2, 3 in order. */
enum {
    SHA512H = (int)0xce628020,
    SHA512H2 = (int)0xce628420,
    SHA512SU0 = (int)0xcec08020,
    SHA512SU1 = (int)0xce628820,
    RAX1 = (int)0xce628c20,
    XAR_5 = (int)0xce821420,
    EOR3 = (int)0xce020c20,
    BCAX = (int)0xce220c20,
    SM3SS1 = (int)0xce420c20,
    SM3TT1A = (int)0xce428020,
    SM3TT1B = (int)0xce428420,
    SM3TT2A = (int)0xce428820,
    SM3TT2B = (int)0xce428c20,
    SM3PARTW1 = (int)0xce62c020,
    SM3PARTW2 = (int)0xce62c420,
    SM4E = (int)0xcec08420,
    SM4EKEY = (int)0xce62c820,
    B_SELF = 0x14000000,
};

static const union vreg zero;

/* What WORD leaves in v0 when v0, v1, v2 hold D, N, M. */
static union vreg run(struct harness *h, int word, union vreg d, union vreg n, union vreg m)
{
    const u32 code[] = {(u32)word, B_SELF};
    harness_code(h, code, ARRAY_LEN(code));
    h->cpu->v[0] = d;
    h->cpu->v[1] = n;
    h->cpu->v[2] = m;
    harness_run(h, 2);
    cr_assert_eq(h->cpu->pc, HARNESS_CODE + 4, "%08x raised an exception", (u32)word);
    return h->cpu->v[0];
}

static const u64 k512[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/* The doubleword in the middle: the upper one of A and the lower one of B. */
static union vreg middle(union vreg a, union vreg b)
{
    return (union vreg){.d = {a.d[1], b.d[0]}};
}

static union vreg sum(union vreg a, union vreg b)
{
    return (union vreg){.d = {a.d[0] + b.d[0], a.d[1] + b.d[1]}};
}

/* The SHA-512 state S after a block W of sixteen words. */
static void sha512_block(struct harness *h, union vreg s[4], const u64 block[16])
{
    union vreg w[40], start[4];
    memcpy(w, block, 16 * sizeof(*block));
    memcpy(start, s, sizeof(start));
    for (unsigned i = 0; i < 40; i++) {
        if (i >= 8) {
            union vreg x = run(h, SHA512SU0, w[i - 8], w[i - 7], zero);
            w[i] = run(h, SHA512SU1, x, w[i - 1], middle(w[i - 4], w[i - 3]));
        }
        union vreg t = {.d = {w[i].d[1] + k512[2 * i + 1], w[i].d[0] + k512[2 * i]}};
        t = run(h, SHA512H, sum(s[3], t), middle(s[2], s[3]), middle(s[1], s[2]));
        union vreg ef = sum(s[1], t);
        t = run(h, SHA512H2, t, s[1], s[0]);
        s[3] = s[2];
        s[2] = ef;
        s[1] = s[0];
        s[0] = t;
    }
    for (unsigned i = 0; i < 4; i++)
        s[i] = sum(s[i], start[i]);
}

static void expect_sha512(const u64 *blocks, unsigned count, const u64 digest[8])
{
    static const u64 initial[8] = {
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    };
    struct harness *h = harness_create("max");
    union vreg s[4];
    memcpy(s, initial, sizeof(s));
    for (unsigned i = 0; i < count; i++)
        sha512_block(h, s, blocks + (size_t)16 * i);
    for (unsigned i = 0; i < 8; i++)
        cr_expect_eq(s[i / 2].d[i % 2], digest[i], "H%u", i);
    harness_destroy(h);
}

Test(op_crypto_later, sha512_of_abc)
{
    static const u64 block[16] = {0x6162638000000000, [15] = 24 /* bits */};
    static const u64 digest[8] = {
        0xddaf35a193617aba, 0xcc417349ae204131, 0x12e6fa4e89a97ea2, 0x0a9eeee64b55d39a,
        0x2192992a274fc1a8, 0x36ba3c23a3feebbd, 0x454d4423643ce80e, 0x2a9ac94fa54ca49f,
    };
    expect_sha512(block, 1, digest);
}

/* "abcdefghbcdefghi...nopqrstu": word I begins with the letter I of the alphabet. */
Test(op_crypto_later, sha512_of_two_blocks)
{
    u64 blocks[32] = {[14] = UINT64_C(0x80) << 56, [31] = 896};
    static const u64 digest[8] = {
        0x8e959b75dae313da, 0x8cf4f72814fc143f, 0x8f7779c6eb9f7fa1, 0x7299aeadb6889018,
        0x501d289e4900f7e4, 0x331b99dec4b5433a, 0xc7d329eeb6dd2654, 0x5e96e55b874be909,
    };
    for (unsigned i = 0; i < 14; i++)
        blocks[i] = 0x6162636465666768 + i * UINT64_C(0x0101010101010101);
    expect_sha512(blocks, 2, digest);
}

Test(op_crypto_later, sm4_example)
{
    const union vreg key = {.s = {0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210}};
    const union vreg fk = {.s = {0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc}};
    struct harness *h = harness_create("max");
    union vreg k = {.d = {key.d[0] ^ fk.d[0], key.d[1] ^ fk.d[1]}}, text = key;
    for (unsigned i = 0; i < 8; i++) {
        union vreg ck;
        for (unsigned n = 0; n < 16; n++) /* big endian words: bytes (4i + j) * 7 */
            ck.b[n ^ 3] = (u8)((16 * i + n) * 7);
        k = run(h, SM4EKEY, zero, k, ck);
        text = run(h, SM4E, text, k, zero);
    }
    const u32 cipher[4] = {0x681edf34, 0xd206965e, 0x86b3e94f, 0x536e4246};
    for (unsigned i = 0; i < 4; i++)
        cr_expect_eq(text.s[3 - i], cipher[i], "word %u", i);
    harness_destroy(h);
}

Test(op_crypto_later, sha3_operations)
{
    struct harness *h = harness_create("max");
    const union vreg n = {.d = {0x8000000000000001, 0xff}}, m = {.d = {0x8000000000000000, 0x0f}};
    union vreg r = run(h, RAX1, zero, n, m);
    cr_expect(r.d[0] == 0x8000000000000000 && r.d[1] == 0xe1);
    r = run(h, XAR_5, zero, n, m);
    cr_expect(r.d[0] == 0x0800000000000000 && r.d[1] == 0x8000000000000007);
    h->cpu->v[3] = (union vreg){.d = {1, 3}};
    r = run(h, EOR3, zero, n, m);
    cr_expect(r.d[0] == 0 && r.d[1] == 0xf3);
    r = run(h, BCAX, zero, n, m);
    cr_expect(r.d[0] == 1 && r.d[1] == 0xf3);
    harness_destroy(h);
}

/* GB/T 32907, A.2: the same text a million times, in a loop. */
Test(op_crypto_later, sm4_a_million_times, .timeout = 300)
{
    enum { ROUNDS = 1000000, LOOP = 12 };
    static const u32 keys[32] = {
        0xf12186f9, 0x41662b61, 0x5a6ab19a, 0x7ba92077, 0x367360f4, 0x776a0c61, 0xb6bb89b3,
        0x24763151, 0xa520307c, 0xb7584dbd, 0xc30753ed, 0x7ee55b57, 0x6988608c, 0x30d895b7,
        0x44ba14af, 0x104495a1, 0xd120b428, 0x73b55fa3, 0xcc874966, 0x92244439, 0xe89e641f,
        0x98ca015a, 0xc7159060, 0x99e1fd2e, 0xb79bd80c, 0x1d2115b0, 0x0e228aeb, 0xf1780c81,
        0x428d3654, 0x62293496, 0x01cf72e5, 0x9124a012,
    };
    /* sm4e v0.4s, v1.4s to v8.4s; the four words in reverse; once more */
    static const u32 code[LOOP + 1] = {
        0xcec08420, 0xcec08440, 0xcec08460, 0xcec08480, 0xcec084a0, 0xcec084c0, 0xcec084e0,
        0xcec08500, 0x4ea00800, 0x6e004000, 0xf1000400, 0x54fffea1, B_SELF,
    };
    struct harness *h = harness_create("max");
    harness_code(h, code, ARRAY_LEN(code));
    h->cpu->v[0] = (union vreg){.s = {0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210}};
    memcpy(&h->cpu->v[1], keys, sizeof(keys));
    h->cpu->x[0] = ROUNDS;
    harness_run(h, (u64)ROUNDS * LOOP);
    const u32 cipher[4] = {0x595298c7, 0xc6fd271f, 0x0402f804, 0xc33d3f66};
    for (unsigned i = 0; i < 4; i++)
        cr_expect_eq(h->cpu->v[0].s[i], cipher[i], "word %u: %08x", i, h->cpu->v[0].s[i]);
    cr_expect_eq(h->cpu->pc, HARNESS_CODE + 4 * LOOP);
    harness_destroy(h);
}

/* Words N to N + 3 of two vectors in a row, as EXT has them. */
static union vreg words(union vreg low, union vreg high, unsigned n)
{
    union vreg r;
    for (unsigned i = 0; i < 4; i++)
        r.s[i] = n + i < 4 ? low.s[n + i] : high.s[n + i - 4];
    return r;
}

/* GB/T 32905, 5.3: S is {D, C, B, A} and {H, G, F, E}. */
static void sm3_block(struct harness *h, union vreg s[2], const u32 block[16])
{
    enum { INDEX = 12 }; /* of M's word, in SM3TT1A and its kin */
    union vreg w[17], start[2] = {s[0], s[1]};
    memcpy(w, block, 16 * sizeof(*block));
    for (unsigned i = 4; i < 17; i++) {
        union vreg x = run(h, SM3PARTW1, words(w[i - 3], w[i - 2], 3), w[i - 4], w[i - 1]);
        w[i] = run(h, SM3PARTW2, x, words(w[i - 2], w[i - 1], 2), words(w[i - 4], w[i - 3], 3));
    }
    for (unsigned j = 0; j < 64; j++) {
        union vreg now = w[j / 4], t = {.s = {[3] = j < 16 ? 0x79cc4519 : 0x7a879d8a}}, other;
        for (unsigned i = 0; i < j % 32; i++)
            t.s[3] = t.s[3] << 1 | t.s[3] >> 31;
        for (unsigned i = 0; i < 4; i++)
            other.s[i] = now.s[i] ^ w[j / 4 + 1].s[i];
        h->cpu->v[3] = s[1];
        union vreg ss1 = run(h, SM3SS1, zero, s[0], t);
        int index = (int)(j % 4) << INDEX;
        s[0] = run(h, (j < 16 ? SM3TT1A : SM3TT1B) | index, s[0], ss1, other);
        s[1] = run(h, (j < 16 ? SM3TT2A : SM3TT2B) | index, s[1], ss1, now);
    }
    for (unsigned i = 0; i < 2; i++)
        s[i] = (union vreg){.d = {s[i].d[0] ^ start[i].d[0], s[i].d[1] ^ start[i].d[1]}};
}

static void expect_sm3(const u32 *blocks, unsigned count, const u32 digest[8])
{
    struct harness *h = harness_create("max");
    union vreg s[2] = {{.s = {0xda8a0600, 0x172442d7, 0x4914b2b9, 0x7380166f}},
                       {.s = {0xb0fb0e4e, 0xe38dee4d, 0x163138aa, 0xa96f30bc}}};
    for (unsigned i = 0; i < count; i++)
        sm3_block(h, s, blocks + (size_t)16 * i);
    for (unsigned i = 0; i < 8; i++)
        cr_expect_eq(s[i / 4].s[3 - i % 4], digest[i], "word %u: %08x", i, s[i / 4].s[3 - i % 4]);
    harness_destroy(h);
}

Test(op_crypto_later, sm3_of_abc)
{
    static const u32 block[16] = {0x61626380, [15] = 24 /* bits */};
    static const u32 digest[8] = {0x66c7f0f4, 0x62eeedd9, 0xd1f2d46b, 0xdc10e4e2,
                                  0x4167c487, 0x5cf2f7a2, 0x297da02b, 0x8f4ba8e0};
    expect_sm3(block, 1, digest);
}

/* "abcd" sixteen times: 64 bytes. */
Test(op_crypto_later, sm3_of_64_bytes)
{
    u32 blocks[32] = {[16] = 0x80000000, [31] = 512};
    static const u32 digest[8] = {0xdebe9ff9, 0x2275b8a1, 0x38604889, 0xc18e5a4d,
                                  0x6fdb70e5, 0x387e5765, 0x293dcba3, 0x9c0c5732};
    for (unsigned i = 0; i < 16; i++)
        blocks[i] = 0x61626364;
    expect_sm3(blocks, 2, digest);
}

static union vreg both(u64 x)
{
    return (union vreg){.d = {x, x}};
}

/* FIPS 202, 3.2: theta by EOR3 and RAX1, rho and pi by XAR, chi by BCAX; the state A[x + 5y]. */
static void keccak_round(struct harness *h, union vreg a[25], u64 constant)
{
    enum { XAR_SHIFT = 10, XAR_0 = (int)0xce820020 };
    static const u8 rotation[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                    25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};
    union vreg c[5], d[5], b[25];
    for (unsigned x = 0; x < 5; x++) {
        h->cpu->v[3] = a[x + 10];
        c[x] = run(h, EOR3, zero, a[x], a[x + 5]);
        h->cpu->v[3] = a[x + 20];
        c[x] = run(h, EOR3, zero, c[x], a[x + 15]);
    }
    for (unsigned x = 0; x < 5; x++)
        d[x] = run(h, RAX1, zero, c[(x + 4) % 5], c[(x + 1) % 5]);
    for (unsigned i = 0; i < 25; i++) {
        unsigned x = i % 5, y = i / 5, right = (64u - rotation[i]) % 64;
        b[y + 5 * ((2 * x + 3 * y) % 5)] =
            run(h, XAR_0 | (int)(right << XAR_SHIFT), zero, a[i], d[x]);
    }
    for (unsigned i = 0; i < 25; i++) {
        unsigned x = i % 5, row = i - x;
        h->cpu->v[3] = b[row + (x + 1) % 5];
        a[i] = run(h, BCAX, zero, b[i], b[row + (x + 2) % 5]);
    }
    a[0] = (union vreg){.d = {a[0].d[0] ^ constant, a[0].d[1] ^ constant}};
}

/* SHA3-256 of LENGTH bytes, at most 1000 of them. */
static void expect_sha3_256(const void *message, size_t length, const u8 digest[32])
{
    enum { RATE = 136, ROUNDS = 24 };
    static const u64 constants[ROUNDS] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
        0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
        0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    };
    struct harness *h = harness_create("max");
    u8 padded[8 * RATE] = {0};
    union vreg a[25] = {0};
    size_t blocks = length / RATE + 1;
    memcpy(padded, message, length);
    padded[length] = 6;
    padded[blocks * RATE - 1] |= 0x80;
    for (size_t k = 0; k < blocks; k++) {
        for (unsigned i = 0; i < RATE / 8; i++) {
            u64 word;
            memcpy(&word, padded + k * RATE + (size_t)8 * i, sizeof(word));
            a[i] = both(a[i].d[0] ^ word);
        }
        for (unsigned i = 0; i < ROUNDS; i++)
            keccak_round(h, a, constants[i]);
    }
    for (unsigned i = 0; i < 32; i++) {
        cr_expect_eq(a[i / 8].b[i % 8], digest[i], "byte %u", i);
        cr_expect_eq(a[i / 8].b[8 + i % 8], digest[i], "byte %u of the upper half", i);
    }
    harness_destroy(h);
}

Test(op_crypto_later, sha3_256)
{
    static const u8 of_nothing[32] = {
        0xa7, 0xff, 0xc6, 0xf8, 0xbf, 0x1e, 0xd7, 0x66, 0x51, 0xc1, 0x47,
        0x56, 0xa0, 0x61, 0xd6, 0x62, 0xf5, 0x80, 0xff, 0x4d, 0xe4, 0x3b,
        0x49, 0xfa, 0x82, 0xd8, 0x0a, 0x4b, 0x80, 0xf8, 0x43, 0x4a,
    };
    static const u8 of_abc[32] = {
        0x3a, 0x98, 0x5d, 0xa7, 0x4f, 0xe2, 0x25, 0xb2, 0x04, 0x5c, 0x17,
        0x2d, 0x6b, 0xd3, 0x90, 0xbd, 0x85, 0x5f, 0x08, 0x6e, 0x3e, 0x9d,
        0x52, 0x5b, 0x46, 0xbf, 0xe2, 0x45, 0x11, 0x43, 0x15, 0x32,
    };
    static const u8 of_1600_bits[32] = {
        0x79, 0xf3, 0x8a, 0xde, 0xc5, 0xc2, 0x03, 0x07, 0xa9, 0x8e, 0xf7,
        0x6e, 0x83, 0x24, 0xaf, 0xbf, 0xd4, 0x6c, 0xfd, 0x81, 0xb2, 0x2e,
        0x39, 0x73, 0xc6, 0x5f, 0xa1, 0xbd, 0x9d, 0xe3, 0x17, 0x87,
    };
    u8 message[200];
    memset(message, 0xa3, sizeof(message));
    expect_sha3_256("", 0, of_nothing);
    expect_sha3_256("abc", 3, of_abc);
    expect_sha3_256(message, sizeof(message), of_1600_bits);
}
