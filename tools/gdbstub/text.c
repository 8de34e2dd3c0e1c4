/*
 * Text that grows, and hex (text.h).
 */
#include "tools/gdbstub/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct text *t, size_t len)
{
    size_t need = t->len + len + 1;
    if (need <= t->capacity)
        return true;
    size_t capacity = t->capacity ? t->capacity : 256;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(t->data, capacity);
    if (!data)
        return false;
    t->data = data;
    t->capacity = capacity;
    return true;
}

void text_add(struct text *t, const void *data, size_t len)
{
    if (!make_room(t, len))
        return;
    if (len)
        memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = '\0';
}

void text_puts(struct text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n > 0)
        text_add(t, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void text_hex(struct text *t, const void *data, size_t len)
{
    static const char digits[16] = "0123456789abcdef";
    const u8 *p = data;
    if (!make_room(t, 2 * len))
        return;
    for (size_t i = 0; i < len; i++) {
        t->data[t->len++] = digits[p[i] >> 4];
        t->data[t->len++] = digits[p[i] & 15];
    }
    t->data[t->len] = '\0';
}

void text_hex_value(struct text *t, u64 value, unsigned size)
{
    text_hex(t, &value, size); /* the guest's order is the host's */
}

void text_cut(struct text *t, size_t len)
{
    t->len = len;
    if (t->data)
        t->data[len] = '\0';
}

void text_clear(struct text *t)
{
    text_cut(t, 0);
}

void text_free(struct text *t)
{
    free(t->data);
    *t = (struct text){0};
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_number(const char **at, u64 *value)
{
    const char *p = *at;
    u64 v = 0;
    unsigned digits = 0;
    for (int d; (d = hex_digit(*p)) >= 0; p++) {
        if (v >> 60)
            return false;
        v = v << 4 | (u64)d;
        digits++;
    }
    *at = p;
    *value = v;
    return digits > 0;
}

size_t hex_bytes(const char **at, void *to, size_t max)
{
    const char *p = *at;
    u8 *out = to;
    size_t n = 0;
    while (n < max && hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0) {
        out[n++] = (u8)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
        p += 2;
    }
    *at = p;
    return n;
}

bool skip_word(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0)
        return false;
    *at += len;
    return true;
}
