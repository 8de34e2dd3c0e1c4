/*
 * AES, SHA-1 and SHA-256 (DDI 0487, C7.2; FIPS 197 and FIPS 180-4). An instruction is
 * a round, or part of one, on the standard's state held in vector registers: a state of
 * AES has its byte 0 in lane 0, SHA's a, b, c, d (and e, f, g, h) ascend from lane 0.
 *
 * The substitutions are tables, all else is arithmetic on whole registers.
 */
#include "core/isa/ops.h"
#include "core/isa/simd.h"

/* FIPS 197, 5.1.1: the S-box, and 5.3.2: its inverse. */
static const u8 sbox[256] = {
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76,
    0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0,
    0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15,
    0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75,
    0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84,
    0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf,
    0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8,
    0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2,
    0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73,
    0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb,
    0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79,
    0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08,
    0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a,
    0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e,
    0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf,
    0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
};

static const u8 sbox_inverse[256] = {
    0x52, 0x09, 0x6a, 0xd5, 0x30, 0x36, 0xa5, 0x38, 0xbf, 0x40, 0xa3, 0x9e, 0x81, 0xf3, 0xd7, 0xfb,
    0x7c, 0xe3, 0x39, 0x82, 0x9b, 0x2f, 0xff, 0x87, 0x34, 0x8e, 0x43, 0x44, 0xc4, 0xde, 0xe9, 0xcb,
    0x54, 0x7b, 0x94, 0x32, 0xa6, 0xc2, 0x23, 0x3d, 0xee, 0x4c, 0x95, 0x0b, 0x42, 0xfa, 0xc3, 0x4e,
    0x08, 0x2e, 0xa1, 0x66, 0x28, 0xd9, 0x24, 0xb2, 0x76, 0x5b, 0xa2, 0x49, 0x6d, 0x8b, 0xd1, 0x25,
    0x72, 0xf8, 0xf6, 0x64, 0x86, 0x68, 0x98, 0x16, 0xd4, 0xa4, 0x5c, 0xcc, 0x5d, 0x65, 0xb6, 0x92,
    0x6c, 0x70, 0x48, 0x50, 0xfd, 0xed, 0xb9, 0xda, 0x5e, 0x15, 0x46, 0x57, 0xa7, 0x8d, 0x9d, 0x84,
    0x90, 0xd8, 0xab, 0x00, 0x8c, 0xbc, 0xd3, 0x0a, 0xf7, 0xe4, 0x58, 0x05, 0xb8, 0xb3, 0x45, 0x06,
    0xd0, 0x2c, 0x1e, 0x8f, 0xca, 0x3f, 0x0f, 0x02, 0xc1, 0xaf, 0xbd, 0x03, 0x01, 0x13, 0x8a, 0x6b,
    0x3a, 0x91, 0x11, 0x41, 0x4f, 0x67, 0xdc, 0xea, 0x97, 0xf2, 0xcf, 0xce, 0xf0, 0xb4, 0xe6, 0x73,
    0x96, 0xac, 0x74, 0x22, 0xe7, 0xad, 0x35, 0x85, 0xe2, 0xf9, 0x37, 0xe8, 0x1c, 0x75, 0xdf, 0x6e,
    0x47, 0xf1, 0x1a, 0x71, 0x1d, 0x29, 0xc5, 0x89, 0x6f, 0xb7, 0x62, 0x0e, 0xaa, 0x18, 0xbe, 0x1b,
    0xfc, 0x56, 0x3e, 0x4b, 0xc6, 0xd2, 0x79, 0x20, 0x9a, 0xdb, 0xc0, 0xfe, 0x78, 0xcd, 0x5a, 0xf4,
    0x1f, 0xdd, 0xa8, 0x33, 0x88, 0x07, 0xc7, 0x31, 0xb1, 0x12, 0x10, 0x59, 0x27, 0x80, 0xec, 0x5f,
    0x60, 0x51, 0x7f, 0xa9, 0x19, 0xb5, 0x4a, 0x0d, 0x2d, 0xe5, 0x7a, 0x9f, 0x93, 0xc9, 0x9c, 0xef,
    0xa0, 0xe0, 0x3b, 0x4d, 0xae, 0x2a, 0xf5, 0xb0, 0xc8, 0xeb, 0xbb, 0x3c, 0x83, 0x53, 0x99, 0x61,
    0x17, 0x2b, 0x04, 0x7e, 0xba, 0x77, 0xd6, 0x26, 0xe1, 0x69, 0x14, 0x63, 0x55, 0x21, 0x0c, 0x7d,
};

typedef u8 vec_u8 __attribute__((vector_size(16)));
typedef s8 vec_s8 __attribute__((vector_size(16)));
typedef u32 vec_u32 __attribute__((vector_size(16)));

static ALWAYS_INLINE vec_u32 vec_words(const union vreg *v)
{
    return (vec_u32)vec_of(v);
}

static ALWAYS_INLINE void write_words(struct cpu *c, unsigned d, vec_u32 r)
{
    simd_write(c, d, (vec)r, 128);
}

/*
 * SubBytes after ShiftRows, eight bytes of the result from byte FIRST on: row r of
 * the state, bytes r, r + 4, ..., moves by r columns, so that byte i comes from
 * byte i + STRIDE * r, STRIDE being 4 or, for the inverse, -4.
 */
static ALWAYS_INLINE u64 substitute(const union vreg *state, const u8 *table, unsigned first,
                                    int stride)
{
    u64 r = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned from = (first + i + (unsigned)stride * (i % 4)) % 16;
        r |= (u64)table[state->d[from / 8] >> from % 8 * 8 & 0xff] << 8 * i;
    }
    return r;
}

/* Multiply each byte by x in GF(2^8), FIPS 197, 4.2.1. */
static ALWAYS_INLINE vec_u32 times_x(vec_u32 v)
{
    enum { POLYNOMIAL = 0x1b };
    vec_u8 b = (vec_u8)v;
    return (vec_u32)((b + b) ^ ((vec_u8)((vec_s8)b < 0) & POLYNOMIAL));
}

static ALWAYS_INLINE vec_u32 rotate_right(vec_u32 v, unsigned by)
{
    return v >> by | v << (32 - by);
}

static ALWAYS_INLINE u32 rotate_left32(u32 v, unsigned by)
{
    return v << by | v >> (32 - by);
}

/* A column (a0, a1, a2, a3) by {02} {03} {01} {01}: what is a1 to a0 stands 8 bits up. */
static ALWAYS_INLINE vec_u32 mix_columns(vec_u32 a)
{
    vec_u32 next = rotate_right(a, 8);
    return times_x(a ^ next) ^ next ^ rotate_right(a, 16) ^ rotate_right(a, 24);
}

/* The inverse matrix is that of MixColumns times the one of {05} {00} {04} {00}. */
static ALWAYS_INLINE vec_u32 inverse_mix_columns(vec_u32 a)
{
    vec_u32 pairs = a ^ rotate_right(a, 16);
    return mix_columns(a ^ times_x(times_x(pairs)));
}

static ALWAYS_INLINE void aes_round(struct cpu *c, const struct uop *u, const u8 *table, int stride)
{
    const union vreg *d = &c->v[u->d], *n = &c->v[u->n];
    union vreg x = {.d = {d->d[0] ^ n->d[0], d->d[1] ^ n->d[1]}};
    vec r = {substitute(&x, table, 0, stride), substitute(&x, table, 8, stride)};
    simd_write(c, u->d, r, 128);
}

OP_FP(aese, 1)
{
    aes_round(c, u, sbox, 4);
    return NEXT;
}

OP_FP(aesd, 1)
{
    aes_round(c, u, sbox_inverse, -4);
    return NEXT;
}

OP_FP(aesmc, 1)
{
    write_words(c, u->d, mix_columns(vec_words(&c->v[u->n])));
    return NEXT;
}

OP_FP(aesimc, 1)
{
    write_words(c, u->d, inverse_mix_columns(vec_words(&c->v[u->n])));
    return NEXT;
}

/* FIPS 180-4, 4.1.1: Ch, Parity and Maj; 4.1.2 has the first and the last, too. */
static ALWAYS_INLINE u32 choose(u32 x, u32 y, u32 z)
{
    return ((y ^ z) & x) ^ z;
}

static ALWAYS_INLINE u32 parity(u32 x, u32 y, u32 z)
{
    return x ^ y ^ z;
}

static ALWAYS_INLINE u32 majority(u32 x, u32 y, u32 z)
{
    return (x & y) | ((x | y) & z);
}

typedef u32 mix_fn(u32 x, u32 y, u32 z);

/* Four rounds; a to d in Vd, e in Vn, and the constant is in Vm's words already. */
static ALWAYS_INLINE void sha1_rounds(struct cpu *c, const struct uop *u, mix_fn *mix)
{
    union vreg w = c->v[u->m];
    const union vreg *d = &c->v[u->d];
    u32 s[5] = {d->s[0], d->s[1], d->s[2], d->s[3], c->v[u->n].s[0]};
    for (unsigned i = 0; i < 4; i++) {
        u32 t = rotate_left32(s[0], 5) + mix(s[1], s[2], s[3]) + s[4] + w.s[i];
        s[4] = s[3];
        s[3] = s[2];
        s[2] = rotate_left32(s[1], 30);
        s[1] = s[0];
        s[0] = t;
    }
    write_words(c, u->d, (vec_u32){s[0], s[1], s[2], s[3]});
}

OP_FP(sha1c, 1)
{
    sha1_rounds(c, u, choose);
    return NEXT;
}

OP_FP(sha1p, 1)
{
    sha1_rounds(c, u, parity);
    return NEXT;
}

OP_FP(sha1m, 1)
{
    sha1_rounds(c, u, majority);
    return NEXT;
}

OP_FP(sha1h, 1)
{
    simd_write_scalar(c, u->d, rotate_left32(c->v[u->n].s[0], 30));
    return NEXT;
}

/* The message schedule, W(t-16) ^ W(t-14) ^ W(t-8) of four words. */
OP_FP(sha1su0, 1)
{
    vec d = vec_of(&c->v[u->d]), n = vec_of(&c->v[u->n]);
    simd_write(c, u->d, d ^ vec_of(&c->v[u->m]) ^ (vec){d[1], n[0]}, 128);
    return NEXT;
}

/* ... ^ W(t-3), rotated; the last word needs the first of the same four. */
OP_FP(sha1su1, 1)
{
    const union vreg *n = &c->v[u->n];
    vec_u32 t = vec_words(&c->v[u->d]) ^ (vec_u32) { n->s[1], n->s[2], n->s[3], 0 };
    vec_u32 r = rotate_right(t, 31);
    r[3] ^= rotate_left32(t[0], 2);
    write_words(c, u->d, r);
    return NEXT;
}

/* FIPS 180-4, 4.1.2: the upper and lower case sigmas. */
static ALWAYS_INLINE u32 sum0(u32 x)
{
    return rotate_left32(x, 30) ^ rotate_left32(x, 19) ^ rotate_left32(x, 10);
}

static ALWAYS_INLINE u32 sum1(u32 x)
{
    return rotate_left32(x, 26) ^ rotate_left32(x, 21) ^ rotate_left32(x, 7);
}

static ALWAYS_INLINE vec_u32 sigma0(vec_u32 v)
{
    return rotate_right(v, 7) ^ rotate_right(v, 18) ^ v >> 3;
}

static ALWAYS_INLINE u32 sigma1(u32 x)
{
    return rotate_left32(x, 15) ^ rotate_left32(x, 13) ^ x >> 10;
}

/*
 * Four rounds from a to d in ABCD and e to h in EFGH with words and constants in W;
 * the new a to d, or the new e to h, go to Vd.
 */
static ALWAYS_INLINE void sha256_rounds(struct cpu *c, const struct uop *u, const union vreg *abcd,
                                        const union vreg *efgh, bool second_half)
{
    union vreg w = c->v[u->m];
    u32 s[8];
    memcpy(s, abcd, 16);
    memcpy(s + 4, efgh, 16);
    for (unsigned i = 0; i < 4; i++) {
        u32 t = s[7] + sum1(s[4]) + choose(s[4], s[5], s[6]) + w.s[i];
        u32 t2 = sum0(s[0]) + majority(s[0], s[1], s[2]);
        s[7] = s[6];
        s[6] = s[5];
        s[5] = s[4];
        s[4] = s[3] + t;
        s[3] = s[2];
        s[2] = s[1];
        s[1] = s[0];
        s[0] = t + t2;
    }
    const u32 *r = second_half ? s + 4 : s;
    write_words(c, u->d, (vec_u32){r[0], r[1], r[2], r[3]});
}

OP_FP(sha256h, 1)
{
    sha256_rounds(c, u, &c->v[u->d], &c->v[u->n], false);
    return NEXT;
}

OP_FP(sha256h2, 1)
{
    sha256_rounds(c, u, &c->v[u->n], &c->v[u->d], true);
    return NEXT;
}

/* The message schedule: W(t-16) + sigma0(W(t-15)) of four words. */
OP_FP(sha256su0, 1)
{
    vec_u32 d = vec_words(&c->v[u->d]);
    vec_u32 next = {d[1], d[2], d[3], c->v[u->n].s[0]};
    write_words(c, u->d, d + sigma0(next));
    return NEXT;
}

/* ... + W(t-7) + sigma1(W(t-2)); the last two words need the first two of the same four. */
OP_FP(sha256su1, 1)
{
    const union vreg *n = &c->v[u->n], *m = &c->v[u->m];
    vec_u32 r = vec_words(&c->v[u->d]) + (vec_u32){n->s[1], n->s[2], n->s[3], m->s[0]};
    r[0] += sigma1(m->s[2]);
    r[1] += sigma1(m->s[3]);
    r[2] += sigma1(r[0]);
    r[3] += sigma1(r[1]);
    write_words(c, u->d, r);
    return NEXT;
}
