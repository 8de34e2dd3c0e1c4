/*
 * SHA-512 and SM4 built from the instructions, and SHA-3's and SM3's by themselves, through
 * the engine. Expected values are NIST's example for FIPS 180-4, that of GB/T 32907,
 * appendix A.1, and the operations as DDI 0487, C7.2, defines them.
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

Test(op_crypto_later, sha512_of_abc)
{
    static const u64 initial[8] = {
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    };
    static const u64 digest[8] = {
        0xddaf35a193617aba, 0xcc417349ae204131, 0x12e6fa4e89a97ea2, 0x0a9eeee64b55d39a,
        0x2192992a274fc1a8, 0x36ba3c23a3feebbd, 0x454d4423643ce80e, 0x2a9ac94fa54ca49f,
    };
    struct harness *h = harness_create("max");
    union vreg s[4], w[40] = {{.d = {0x6162638000000000, 0}}};
    w[7].d[1] = 24; /* bits */
    memcpy(s, initial, sizeof(s));
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
    for (unsigned i = 0; i < 8; i++)
        cr_expect_eq(s[i / 2].d[i % 2] + initial[i], digest[i], "H%u", i);
    harness_destroy(h);
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
