/*
 * The tokens of loads and stores, beside registers. Above each writer: its tokens, and
 * what it makes of which fields. K is the number behind the token's name.
 */
#include "core/isa/disasm_token.h"

/* The signed field i: that of imm9, of imm7 in the pairs, of S:imm9 where the base is signed. */
static s64 signed_imm(const struct assembly *a)
{
    enum { PAIR = 29 }; /* 1 in pairs, bit 28 is 0 in both */
    bool pair = bit(a->word, PAIR) && !bit(a->word, 28);
    bool authenticated = (a->word & 0xff200400) == 0xf8200400;
    return sext(field(a, 'i'), pair ? 7 : authenticated ? 10 : 9);
}

/* {simm*K}: K times the signed field i. */
static void write_simm(struct assembly *a, const char *name, unsigned k)
{
    put(a, "#%lld", (long long)(signed_imm(a) * k));
}

/* {,simm*K}: the same behind a comma, if it is not zero. */
static void write_offset(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 'i'))
        put(a, ", #%lld", (long long)(signed_imm(a) * k));
}

/* {,uimm*K}: K times the unsigned field i, behind a comma, if it is not zero. */
static void write_unsigned_offset(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 'i'))
        put(a, ", #%u", field(a, 'i') * k);
}

/* {index*K}: register m, X if e, extended as o:e says, times K if k is 1. */
static void write_index(struct assembly *a, const char *name, unsigned k)
{
    static const char *const kinds[] = {"uxtw", "lsl", "sxtw", "sxtx"};
    u32 kind = field(a, 'o') << 1 | field(a, 'e');
    enum { LSL = 1 };
    put_register(a, field(a, 'e'), field(a, 'm'), false);
    if (kind == LSL && !field(a, 'k'))
        return;
    put(a, ", %s", kinds[kind]);
    if (field(a, 'k'))
        put(a, " #%d", __builtin_ctz(k));
}

/* {prfop}: field d as what to prefetch, to which cache, with which policy. */
static void write_prefetch(struct assembly *a, const char *name, unsigned k)
{
    static const char *const targets[] = {"pld", "pli", "pst"};
    u32 d = field(a, 'd'), target = d >> 3, level = d >> 1 & 3;
    if (target == 3 || level == 3)
        put(a, "#0x%02x", d);
    else
        put(a, "%sl%u%s", targets[target], level + 1, d & 1 ? "strm" : "keep");
}

/* {bh}: the size z of a byte or halfword. */
static void write_size(struct assembly *a, const char *name, unsigned k)
{
    static const char *const sizes[] = {"b", "h", "", ""};
    put(a, "%s", sizes[field(a, 'z')]);
}

/* {al}: acquire (l), release (r). */
static void write_order(struct assembly *a, const char *name, unsigned k)
{
    put(a, "%s%s", field(a, 'l') ? "a" : "", field(a, 'r') ? "l" : "");
}

/*
 * {list*K}: K SIMD registers from d, arrangement z:q. {listr*K}: the same where one
 * element is replicated in each.
 */
static void write_list(struct assembly *a, const char *name, unsigned k)
{
    unsigned size = field(a, 'z'), bytes = 8u << field(a, 'q');
    char suffix[] = ".16b";
    struct assembly s = {.out = suffix + 1, .room = sizeof(suffix) - 1};
    put_arrangement(&s, size, bytes);
    put_list(a, field(a, 'd'), k, suffix);
    a->moved = k * (name[4] == 'r' ? 1u << size : bytes);
}

/* {lane*K}: a lane of K SIMD registers from d, of the size c; its number in q:s:z. */
static void write_lane(struct assembly *a, const char *name, unsigned k)
{
    enum { WORDS = 2, DOUBLEWORDS = 3 };
    u32 size = field(a, 'c'), z = field(a, 'z');
    u32 lane = field(a, 'q') << 3 | field(a, 's') << 2 | z;
    if (size == WORDS && (z & 1))
        size = DOUBLEWORDS;
    char suffix[] = {'.', "bhsd"[size], '\0'};
    put_list(a, field(a, 'd'), k, suffix);
    put(a, "[%u]", lane >> size);
    a->moved = k << size;
}

/* {,postm}: register m, or for 31 how much the list or lane before takes. */
static void write_post(struct assembly *a, const char *name, unsigned k)
{
    if (field(a, 'm') == 31)
        put(a, ", #%u", a->moved);
    else
        put(a, ", x%u", field(a, 'm'));
}

const struct token disasm_ldst_tokens[] = {
    {"simm", write_simm},
    {",simm", write_offset},
    {",uimm", write_unsigned_offset},
    {"index", write_index},
    {"prfop", write_prefetch},
    {"bh", write_size},
    {"al", write_order},
    {"list listr", write_list},
    {"lane", write_lane},
    {",postm", write_post},
    {NULL, NULL},
};
