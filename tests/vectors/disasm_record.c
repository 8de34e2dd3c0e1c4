/*
 * Writes random instances of every row of a64.def, COUNT of each, as a64dis --binary
 * and objdump read them:
 *
 *     disasm_record COUNT SEED > words
 *     aarch64-linux-gnu-objdump -D -z -b binary -m aarch64 -M no-aliases words
 *
 * What the two say about a million words, 950 a row, is the same but for what
 * disasm_compare.py lists. The lines of disasm_vectors.inc are what objdump 2.40
 * prints, without its comments, about those of COUNT 5, SEED 1, by way of
 *
 *     sed -nE 's|^ *[0-9a-f]+:\t([0-9a-f]{8}) \t|\1\t|; T; s|[ \t]+//.*||; s|[ \t]+| |2g
 *              s| *$||; s|(.*)\t(.*)|{0x\1, "\2"},|p'
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/isa/decode.h"

/* xorshift64 */
static u32 next(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (u32)(*state >> 16);
}

/* The bits of each field of PATTERN by its letter. */
static void find_fields(const char *pattern, u32 fields[26])
{
    u32 here = 1u << 31;
    for (const char *p = pattern; *p; p++) {
        if (*p == ' ')
            continue;
        if (*p == '(')
            p += 2;
        else if (isalpha((unsigned char)*p))
            fields[tolower((unsigned char)*p) - 'a'] |= here;
        here >>= 1;
    }
}

/* A random instance of a row, perhaps of one that nests in it. Fields are often 0, 1 or ones. */
static u32 instance(u64 *state, const u32 fields[26], u32 mask, u32 value)
{
    enum { ZERO, ONES, ONE, KINDS = 16 };
    u32 w = next(state);
    for (unsigned i = 0; i < 26; i++) {
        unsigned kind = next(state) % KINDS;
        if (kind <= ONE)
            w &= ~fields[i];
        if (kind == ONES)
            w |= fields[i];
        if (kind == ONE)
            w |= fields[i] & -fields[i];
    }
    return (w & ~mask) | value;
}

int main(int argc, char *argv[])
{
    struct decoder d;
    if (argc != 3 || !decoder_init(&d, ~0u))
        return 1;
    unsigned long count = strtoul(argv[1], NULL, 0);
    u64 state = strtoull(argv[2], NULL, 0) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (int row = 0; row < A64_COUNT; row++) {
        u32 fields[26] = {0};
        find_fields(a64_rows[row].pattern, fields);
        for (unsigned long n = 0; n < count;) {
            u32 w = instance(&state, fields, d.mask[row], d.value[row]);
            if (decode_row(&d, w) != row)
                continue;
            for (unsigned i = 0; i < 4; i++)
                putchar((int)(w >> 8 * i & 0xff));
            n++;
        }
    }
    decoder_destroy(&d);
    return fflush(stdout) != 0;
}
