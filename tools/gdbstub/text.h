/*
 * A string that grows, and numbers in hex as the remote protocol has them: a
 * register's or memory's bytes in order of address, everything else as a number.
 */
#ifndef TOOLS_GDBSTUB_TEXT_H
#define TOOLS_GDBSTUB_TEXT_H

#include "core/types.h"

/* Zeroed is empty. data is always terminated once something was added. */
struct text {
    char *data;
    size_t len, capacity;
};

/* Append. Without memory for it the text stays as it is. */
void text_add(struct text *t, const void *data, size_t len);
void text_puts(struct text *t, const char *s);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *t, const char *format, ...);

/* Append LEN bytes as pairs of hex digits; then the lowest bytes of VALUE first. */
void text_hex(struct text *t, const void *data, size_t len);
void text_hex_value(struct text *t, u64 value, unsigned size);

/* Leave the first LEN bytes, or none. */
void text_cut(struct text *t, size_t len);
void text_clear(struct text *t);
void text_free(struct text *t);

/* The value of a hex digit, or -1. */
int hex_digit(char c);

/* A hex number of at most 16 digits at *AT, which moves behind it. False: there is none. */
bool hex_number(const char **at, u64 *value);

/* Pairs of hex digits at *AT, at most MAX bytes; returns how many bytes there were. */
size_t hex_bytes(const char **at, void *to, size_t max);

/* Move *AT behind WORD if it begins so. */
bool skip_word(const char **at, const char *word);

#endif
