/*
 * SHA-512, SHA-3, SM3 and SM4 (DDI 0487, C7.2; FIPS 180-4 and 202, GB/T 32905 and 32907).
 * An instruction is a round or two, or part of one, on the standard's state held in vector
 * registers; what lies in which lane is said where it is used.
 */
#include "core/isa/ops.h"
#include "core/isa/simd.h"

typedef u32 vec_u32 __attribute__((vector_size(16)));

static ALWAYS_INLINE u64 rotate_right64(u64 x, unsigned by)
{
    return x >> by | x << (64 - by);
}

static ALWAYS_INLINE u32 rotate_left32(u32 x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static ALWAYS_INLINE vec_u32 rotate_left(vec_u32 v, unsigned by)
{
    return v << by | v >> (32 - by);
}

static ALWAYS_INLINE u64 choose64(u64 x, u64 y, u64 z)
{
    return ((y ^ z) & x) ^ z;
}

static ALWAYS_INLINE u64 majority64(u64 x, u64 y, u64 z)
{
    return (x & y) | ((x | y) & z);
}

/* FIPS 180-4, 4.1.3 */
static ALWAYS_INLINE u64 sum0(u64 x)
{
    return rotate_right64(x, 28) ^ rotate_right64(x, 34) ^ rotate_right64(x, 39);
}

static ALWAYS_INLINE u64 sum1(u64 x)
{
    return rotate_right64(x, 14) ^ rotate_right64(x, 18) ^ rotate_right64(x, 41);
}

static ALWAYS_INLINE u64 sigma0(u64 x)
{
    return rotate_right64(x, 1) ^ rotate_right64(x, 8) ^ x >> 7;
}

static ALWAYS_INLINE u64 sigma1(u64 x)
{
    return rotate_right64(x, 19) ^ rotate_right64(x, 61) ^ x >> 6;
}

/* Two rounds of the half that e to h take part in: f and g in Vn, d and e in Vm. */
OP_FP(sha512h, 1)
{
    vec x = vec_of(&c->v[u->n]), y = vec_of(&c->v[u->m]), w = vec_of(&c->v[u->d]);
    u64 high = choose64(y[1], x[0], x[1]) + sum1(y[1]) + w[1];
    u64 e1 = high + y[0];
    u64 low = choose64(e1, y[1], x[0]) + sum1(e1) + w[0];
    simd_write(c, u->d, (vec){low, high}, 128);
    return NEXT;
}

/* ... and of a to d: c in Vn, a and b in Vm. */
OP_FP(sha512h2, 1)
{
    vec x = vec_of(&c->v[u->n]), y = vec_of(&c->v[u->m]), w = vec_of(&c->v[u->d]);
    u64 high = majority64(x[0], y[1], y[0]) + sum0(y[0]) + w[1];
    u64 low = majority64(high, y[0], y[1]) + sum0(high) + w[0];
    simd_write(c, u->d, (vec){low, high}, 128);
    return NEXT;
}

OP_FP(sha512su0, 1)
{
    vec w = vec_of(&c->v[u->d]);
    w += (vec){sigma0(w[1]), sigma0(c->v[u->n].d[0])};
    simd_write(c, u->d, w, 128);
    return NEXT;
}

OP_FP(sha512su1, 1)
{
    const union vreg *x = &c->v[u->n];
    vec r = vec_of(&c->v[u->d]) + vec_of(&c->v[u->m]);
    simd_write(c, u->d, r + (vec){sigma1(x->d[0]), sigma1(x->d[1])}, 128);
    return NEXT;
}

OP_FP(rax1, 1)
{
    vec m = vec_of(&c->v[u->m]);
    simd_write(c, u->d, vec_of(&c->v[u->n]) ^ (m << 1 | m >> 63), 128);
    return NEXT;
}

OP_FP(xar, 1)
{
    vec x = vec_of(&c->v[u->n]) ^ vec_of(&c->v[u->m]);
    u64 by = (u64)u->imm, back = -by % 64;
    simd_write(c, u->d, x >> by | x << back, 128);
    return NEXT;
}

OP_FP(eor3, 1)
{
    vec a = vec_of(&c->v[u->a]);
    simd_write(c, u->d, vec_of(&c->v[u->n]) ^ vec_of(&c->v[u->m]) ^ a, 128);
    return NEXT;
}

OP_FP(bcax, 1)
{
    vec a = vec_of(&c->v[u->a]);
    simd_write(c, u->d, vec_of(&c->v[u->n]) ^ (vec_of(&c->v[u->m]) & ~a), 128);
    return NEXT;
}

static ALWAYS_INLINE void write_words(struct cpu *c, unsigned d, vec_u32 r)
{
    simd_write(c, d, (vec)r, 128);
}

/* SM3: the state's A and E stand in lane 3, D and H in lane 0 (GB/T 32905, 5.3). */
OP_FP(sm3ss1, 1)
{
    u32 t = rotate_left32(c->v[u->n].s[3], 12) + c->v[u->m].s[3] + c->v[u->a].s[3];
    write_words(c, u->d, (vec_u32){0, 0, 0, rotate_left32(t, 7)});
    return NEXT;
}

/* TT1 into A; MIXED is FF of A, B, C. */
static ALWAYS_INLINE void sm3_tt1(struct cpu *c, const struct uop *u, u32 mixed)
{
    vec_u32 d = (vec_u32)vec_of(&c->v[u->d]);
    u32 ss2 = c->v[u->n].s[3] ^ rotate_left32(d[3], 12);
    u32 tt1 = mixed + d[0] + ss2 + c->v[u->m].s[u->imm];
    write_words(c, u->d, (vec_u32){d[1], rotate_left32(d[2], 9), d[3], tt1});
}

/* P0 of TT2 into E; MIXED is GG of E, F, G. */
static ALWAYS_INLINE void sm3_tt2(struct cpu *c, const struct uop *u, u32 mixed)
{
    vec_u32 d = (vec_u32)vec_of(&c->v[u->d]);
    u32 tt2 = mixed + d[0] + c->v[u->n].s[3] + c->v[u->m].s[u->imm];
    u32 p0 = tt2 ^ rotate_left32(tt2, 9) ^ rotate_left32(tt2, 17);
    write_words(c, u->d, (vec_u32){d[1], rotate_left32(d[2], 19), d[3], p0});
}

#define SM3_TT(name, step, mixed)                                                                  \
    OP_FP(name, 1)                                                                                 \
    {                                                                                              \
        u32 x = c->v[u->d].s[3], y = c->v[u->d].s[2], z = c->v[u->d].s[1];                         \
        step(c, u, mixed);                                                                         \
        return NEXT;                                                                               \
    }

SM3_TT(sm3tt1a, sm3_tt1, x ^ y ^ z)
SM3_TT(sm3tt1b, sm3_tt1, (x & y) | (x & z) | (y & z))
SM3_TT(sm3tt2a, sm3_tt2, x ^ y ^ z)
SM3_TT(sm3tt2b, sm3_tt2, (x & y) | (~x & z))

/* P1 */
static ALWAYS_INLINE u32 sm3_p1(u32 x)
{
    return x ^ rotate_left32(x, 15) ^ rotate_left32(x, 23);
}

/* The message expansion; the last word needs the first of the same four. */
OP_FP(sm3partw1, 1)
{
    const union vreg *m = &c->v[u->m];
    vec_u32 later = {m->s[1], m->s[2], m->s[3], 0};
    vec_u32 x = (vec_u32)(vec_of(&c->v[u->d]) ^ vec_of(&c->v[u->n]));
    vec_u32 r = x ^ rotate_left(later, 15);
    r ^= rotate_left(r, 15) ^ rotate_left(r, 23);
    r[3] = sm3_p1(x[3] ^ rotate_left32(r[0], 15));
    write_words(c, u->d, r);
    return NEXT;
}

OP_FP(sm3partw2, 1)
{
    vec_u32 m = (vec_u32)vec_of(&c->v[u->m]);
    vec_u32 x = (vec_u32)vec_of(&c->v[u->n]) ^ rotate_left(m, 7);
    vec_u32 r = (vec_u32)vec_of(&c->v[u->d]) ^ x;
    r[3] ^= sm3_p1(rotate_left32(x[0], 15));
    write_words(c, u->d, r);
    return NEXT;
}

/* GB/T 32907, 6.2: the S-box. */
static const u8 sbox[256] = {
    0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2, 0x28, 0xfb, 0x2c, 0x05,
    0x2b, 0x67, 0x9a, 0x76, 0x2a, 0xbe, 0x04, 0xc3, 0xaa, 0x44, 0x13, 0x26, 0x49, 0x86, 0x06, 0x99,
    0x9c, 0x42, 0x50, 0xf4, 0x91, 0xef, 0x98, 0x7a, 0x33, 0x54, 0x0b, 0x43, 0xed, 0xcf, 0xac, 0x62,
    0xe4, 0xb3, 0x1c, 0xa9, 0xc9, 0x08, 0xe8, 0x95, 0x80, 0xdf, 0x94, 0xfa, 0x75, 0x8f, 0x3f, 0xa6,
    0x47, 0x07, 0xa7, 0xfc, 0xf3, 0x73, 0x17, 0xba, 0x83, 0x59, 0x3c, 0x19, 0xe6, 0x85, 0x4f, 0xa8,
    0x68, 0x6b, 0x81, 0xb2, 0x71, 0x64, 0xda, 0x8b, 0xf8, 0xeb, 0x0f, 0x4b, 0x70, 0x56, 0x9d, 0x35,
    0x1e, 0x24, 0x0e, 0x5e, 0x63, 0x58, 0xd1, 0xa2, 0x25, 0x22, 0x7c, 0x3b, 0x01, 0x21, 0x78, 0x87,
    0xd4, 0x00, 0x46, 0x57, 0x9f, 0xd3, 0x27, 0x52, 0x4c, 0x36, 0x02, 0xe7, 0xa0, 0xc4, 0xc8, 0x9e,
    0xea, 0xbf, 0x8a, 0xd2, 0x40, 0xc7, 0x38, 0xb5, 0xa3, 0xf7, 0xf2, 0xce, 0xf9, 0x61, 0x15, 0xa1,
    0xe0, 0xae, 0x5d, 0xa4, 0x9b, 0x34, 0x1a, 0x55, 0xad, 0x93, 0x32, 0x30, 0xf5, 0x8c, 0xb1, 0xe3,
    0x1d, 0xf6, 0xe2, 0x2e, 0x82, 0x66, 0xca, 0x60, 0xc0, 0x29, 0x23, 0xab, 0x0d, 0x53, 0x4e, 0x6f,
    0xd5, 0xdb, 0x37, 0x45, 0xde, 0xfd, 0x8e, 0x2f, 0x03, 0xff, 0x6a, 0x72, 0x6d, 0x6c, 0x5b, 0x51,
    0x8d, 0x1b, 0xaf, 0x92, 0xbb, 0xdd, 0xbc, 0x7f, 0x11, 0xd9, 0x5c, 0x41, 0x1f, 0x10, 0x5a, 0xd8,
    0x0a, 0xc1, 0x31, 0x88, 0xa5, 0xcd, 0x7b, 0xbd, 0x2d, 0x74, 0xd0, 0x12, 0xb8, 0xe5, 0xb4, 0xb0,
    0x89, 0x69, 0x97, 0x4a, 0x0c, 0x96, 0x77, 0x7e, 0x65, 0xb9, 0xf1, 0x09, 0xc5, 0x6e, 0xc6, 0x84,
    0x18, 0xf0, 0x7d, 0xec, 0x3a, 0xdc, 0x4d, 0x20, 0x79, 0xee, 0x5f, 0x3e, 0xd7, 0xcb, 0x39, 0x48,
};

static ALWAYS_INLINE u32 sm4_substitute(u32 x)
{
    return sbox[x & 0xff] | (u32)sbox[x >> 8 & 0xff] << 8 | (u32)sbox[x >> 16 & 0xff] << 16 |
           (u32)sbox[x >> 24] << 24;
}

/* Four rounds on STATE with the words of KEY; FOR_KEY: of the key expansion. */
static ALWAYS_INLINE vec_u32 sm4_rounds(union vreg state, union vreg key, bool for_key)
{
    u32 s[8] = {state.s[0], state.s[1], state.s[2], state.s[3]};
    for (unsigned i = 0; i < 4; i++) {
        u32 t = sm4_substitute(s[i + 3] ^ s[i + 2] ^ s[i + 1] ^ key.s[i]);
        if (for_key)
            t ^= rotate_left32(t, 13) ^ rotate_left32(t, 23);
        else
            t ^= rotate_left32(t, 2) ^ rotate_left32(t, 10) ^ rotate_left32(t, 18) ^
                 rotate_left32(t, 24);
        s[i + 4] = s[i] ^ t;
    }
    return (vec_u32){s[4], s[5], s[6], s[7]};
}

OP_FP(sm4e, 1)
{
    write_words(c, u->d, sm4_rounds(c->v[u->d], c->v[u->n], false));
    return NEXT;
}

OP_FP(sm4ekey, 1)
{
    write_words(c, u->d, sm4_rounds(c->v[u->n], c->v[u->m], true));
    return NEXT;
}
