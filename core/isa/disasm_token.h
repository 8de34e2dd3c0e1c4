/*
 * What the writers of the {tokens} of the assembly column share. A token is a name,
 * perhaps followed by * and a number K. Its writer appends to the line what the fields
 * of the row's pattern, by their letters, say.
 */
#ifndef CORE_ISA_DISASM_TOKEN_H
#define CORE_ISA_DISASM_TOKEN_H

#include "core/types.h"

struct assembly {
    u32 word;
    u64 pc;
    u32 fields[26]; /* by letter; 0 if the pattern has none */
    unsigned moved; /* bytes in memory of the list or lane written last */
    char *out;      /* where the next text goes */
    size_t room;    /* including that of the final NUL */
};

typedef void token_fn(struct assembly *a, const char *name, unsigned k);

struct token {
    const char *names; /* all that WRITE is for, divided by blanks */
    token_fn *write;
};

/* Each ends with names == NULL. */
extern const struct token disasm_integer_tokens[];
extern const struct token disasm_ldst_tokens[];
extern const struct token disasm_simd_tokens[];

/* Append; what has no room is cut. */
__attribute__((format(printf, 2, 3))) void put(struct assembly *a, const char *format, ...);

/* General register N of 64 bits or 32, where 31 is zero or, if SP, the stack pointer. */
void put_register(struct assembly *a, bool wide, unsigned n, bool sp);

/* An arrangement of lanes of 1 << LOG2 bytes in a vector of BYTES: "4s". */
void put_arrangement(struct assembly *a, unsigned log2, unsigned bytes);

/* "{v1", SUFFIX, ... "}" for COUNT registers from FIRST, modulo 32. */
void put_list(struct assembly *a, unsigned first, unsigned count, const char *suffix);

static inline u32 field(const struct assembly *a, char letter)
{
    return a->fields[letter - 'a'];
}

#endif
