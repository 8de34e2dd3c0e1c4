/*
 * Reading test files, inside: the values that settings are written with.
 */
#ifndef TOOLS_A64TEST_PARSE_H
#define TOOLS_A64TEST_PARSE_H

#include "tools/a64test/case.h"

/* A piece of a line. */
struct text {
    const char *at;
    size_t length;
};

static inline bool text_is(struct text t, const char *word)
{
    size_t i = 0;
    while (i < t.length && word[i] && t.at[i] == word[i])
        i++;
    return i == t.length && !word[i];
}

/* The next word of T, which loses it; empty at the end. */
struct text text_word(struct text *t);

/* Split T at the first C: the part before it is returned. False if there is none. */
bool text_split(struct text *t, char c, struct text *before);

/*
 * T as a number of BITS bits: decimal, negative or not, hexadecimal with 0x, or one of
 * pc, data, rodata with an offset or none.
 */
bool parse_number(struct text t, unsigned bits, u64 *value);

/* T as the bits of a floating-point number of BITS bits (32, 64), or as a number. */
bool parse_float(struct text t, unsigned bits, u64 *value);

/* T as DIGITS binary digits. */
bool parse_binary(struct text t, unsigned digits, u64 *value);

/* One setting NAME=VALUE. Returns NULL, or what was expected. */
const char *parse_setting(struct text name, struct text value, struct setting *s);

#endif
