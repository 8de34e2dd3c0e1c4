/*
 * Settings and their values (parse.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/sysreg.h"
#include "tools/a64test/parse.h"

enum { NUMBER_SIZE = 64 };

struct text text_word(struct text *t)
{
    size_t start = 0, end;
    while (start < t->length && (t->at[start] == ' ' || t->at[start] == '\t'))
        start++;
    end = start;
    while (end < t->length && t->at[end] != ' ' && t->at[end] != '\t')
        end++;
    struct text word = {t->at + start, end - start};
    t->at += end;
    t->length -= end;
    return word;
}

bool text_split(struct text *t, char c, struct text *before)
{
    const char *found = memchr(t->at, c, t->length);
    if (!found)
        return false;
    *before = (struct text){t->at, (size_t)(found - t->at)};
    t->length -= before->length + 1;
    t->at = found + 1;
    return true;
}

static bool to_string(struct text t, char s[NUMBER_SIZE])
{
    if (!t.length || t.length >= NUMBER_SIZE)
        return false;
    memcpy(s, t.at, t.length);
    s[t.length] = 0;
    return true;
}

/* Plain digits, decimal or hexadecimal. */
static bool parse_digits(struct text t, u64 *value)
{
    char s[NUMBER_SIZE];
    if (!to_string(t, s))
        return false;
    bool hex = s[0] == '0' && s[1] == 'x';
    const char *digits = hex ? s + 2 : s;
    size_t length = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (!length || digits[length] || length > (hex ? 16u : 20u))
        return false;
    char *end;
    errno = 0;
    *value = strtoull(digits, &end, hex ? 16 : 10);
    return !errno;
}

static bool parse_place(struct text t, u64 *value)
{
    static const struct {
        const char *name;
        u64 address;
    } places[] = {{"pc", CASE_PC}, {"data", CASE_DATA}, {"rodata", CASE_RODATA}};
    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        size_t n = strlen(places[i].name);
        if (t.length < n || memcmp(t.at, places[i].name, n))
            continue;
        *value = places[i].address;
        if (t.length == n)
            return true;
        u64 offset;
        char sign = t.at[n];
        if ((sign != '+' && sign != '-') ||
            !parse_digits((struct text){t.at + n + 1, t.length - n - 1}, &offset))
            return false;
        *value += sign == '+' ? offset : -offset;
        return true;
    }
    return false;
}

bool parse_number(struct text t, unsigned width, u64 *value)
{
    if (parse_place(t, value))
        return width == 64;
    bool negative = t.length && t.at[0] == '-';
    if (negative)
        t = (struct text){t.at + 1, t.length - 1};
    if (!parse_digits(t, value) || *value > ones(width))
        return false;
    if (!negative)
        return true;
    if (*value > BIT(width - 1))
        return false;
    *value = -*value & ones(width);
    return true;
}

bool parse_float(struct text t, unsigned width, u64 *value)
{
    char s[NUMBER_SIZE], *end;
    if (parse_number(t, width, value))
        return true;
    if (width == 16 || !to_string(t, s) || strpbrk(s, "xX ") || !strpbrk(s, ".n"))
        return false;
    if (width == 32) {
        float f = strtof(s, &end);
        u32 as_bits;
        memcpy(&as_bits, &f, sizeof(as_bits));
        *value = as_bits;
    } else {
        double d = strtod(s, &end);
        memcpy(value, &d, sizeof(*value));
    }
    return !*end;
}

bool parse_binary(struct text t, unsigned digits, u64 *value)
{
    *value = 0;
    for (size_t i = 0; i < t.length; i++) {
        if (t.at[i] != '0' && t.at[i] != '1')
            return false;
        *value = *value << 1 | (t.at[i] == '1');
    }
    return t.length == digits;
}

/* LETTER followed by a decimal number up to MAX. */
static bool parse_numbered(struct text t, char letter, unsigned max, unsigned *n)
{
    u64 value;
    if (t.length < 2 || t.length > 3 || t.at[0] != letter || (t.length == 3 && t.at[1] == '0') ||
        t.at[1] == '-' || !parse_number((struct text){t.at + 1, t.length - 1}, 8, &value) ||
        value > max)
        return false;
    *n = (unsigned)value;
    return true;
}

static unsigned lane_bits_of(char letter)
{
    const char *found = letter ? strchr("bhsd", letter) : NULL;
    return found ? 8u << (found - "bhsd") : 0;
}

/* q0 = 128 bits in hexadecimal, or as a number; d0, s0, h0, b0: the rest is zero. */
static const char *scalar(struct text name, struct text value, struct setting *s)
{
    unsigned width = lane_bits_of(name.at[0]);
    s->kind = SET_V;
    s->value[0] = s->value[1] = 0;
    if (name.at[0] != 'q')
        return parse_float(value, width, &s->value[0])
                   ? NULL
                   : "a number that the register can hold, such as 0x3f800000 or 1.0";
    if (value.length > 18 && !memcmp(value.at, "0x", 2)) {
        struct text low = {value.at + value.length - 16, 16};
        char hex[NUMBER_SIZE] = "0x";
        memcpy(hex + 2, low.at, 16);
        if (parse_digits((struct text){value.at, value.length - 16}, &s->value[1]) &&
            parse_digits((struct text){hex, 18}, &s->value[0]))
            return NULL;
    } else if (parse_number(value, 64, &s->value[0])) {
        return NULL;
    }
    return "a number of 128 bits, such as 0x00112233445566778899aabbccddeeff";
}

/* v0.4s=1,2,3,4: lane 0 first; what is above them is zero. */
static const char *lanes(struct text shape, struct text value, struct setting *s)
{
    unsigned count = 0, width = 0;
    while (shape.length && shape.at[0] >= '0' && shape.at[0] <= '9') {
        count = 10 * count + (unsigned)(shape.at[0] - '0');
        shape = (struct text){shape.at + 1, shape.length - 1};
    }
    if (shape.length == 1)
        width = lane_bits_of(shape.at[0]);
    if (!width || (count * width != 64 && count * width != 128))
        return "an arrangement: 8b 16b 4h 8h 2s 4s 1d 2d";
    s->kind = SET_V;
    s->value[0] = s->value[1] = 0;
    for (unsigned i = 0; i < count; i++) {
        struct text item = value;
        u64 lane;
        if (i + 1 < count && !text_split(&value, ',', &item))
            return "as many values as there are lanes, with commas between them";
        if (!parse_float(item, width, &lane))
            return "as many values as there are lanes, each a number that fits";
        s->value[i * width / 64] |= lane << i * width % 64;
    }
    return NULL;
}

/* v0.s[1]=5: one lane; the rest stays. */
static const char *one_lane(struct text shape, struct text value, struct setting *s)
{
    static const char wanted[] = "a lane of the register, such as v0.s[3]";
    struct text letter;
    u64 lane;
    if (!text_split(&shape, '[', &letter) || letter.length != 1 || shape.length < 2 ||
        shape.at[shape.length - 1] != ']')
        return wanted;
    s->lane_bits = lane_bits_of(letter.at[0]);
    shape.length--;
    if (!s->lane_bits || !parse_number(shape, 8, &lane) || lane >= 128 / s->lane_bits)
        return wanted;
    s->kind = SET_LANE;
    s->lane = (unsigned)lane;
    return parse_float(value, s->lane_bits, &s->value[0]) ? NULL
                                                          : "a number that the lane can hold";
}

static const char *vector(struct text name, struct text value, struct setting *s)
{
    struct text reg;
    if (!text_split(&name, '.', &reg) || !parse_numbered(reg, 'v', 31, &s->index))
        return "a register and its lanes, such as v0.4s or v0.s[1]";
    if (name.length && memchr(name.at, '[', name.length))
        return one_lane(name, value, s);
    return lanes(name, value, s);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c | 0x20) : NULL;
    return found && c > ' ' ? (int)(found - digits) : -1;
}

/* mem[data+8]=0011aaff: bytes in the order of their addresses. */
static const char *memory(struct text name, struct text value, struct setting *s)
{
    struct text address = {name.at + 4, name.length - 5};
    u64 at;
    if (name.length < 6 || name.at[name.length - 1] != ']' || !parse_number(address, 64, &at))
        return "mem[ADDRESS]=BYTES, such as mem[data+8]=0011aaff";
    if (!value.length || value.length % 2)
        return "bytes of two hexadecimal digits each";
    s->kind = SET_MEM;
    s->length = (u32)(value.length / 2);
    if (at < CASE_DATA || at - CASE_DATA > RECORD_DATA_BYTES ||
        s->length > RECORD_DATA_BYTES - (at - CASE_DATA))
        return "an address of the data area (data to data+0x4fff)";
    s->offset = (u32)(at - CASE_DATA);
    s->bytes = malloc(s->length);
    for (u32 i = 0; s->bytes && i < s->length; i++) {
        int high = hex_digit(value.at[2 * i]), low = hex_digit(value.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return "bytes of two hexadecimal digits each";
        s->bytes[i] = (u8)(high << 4 | low);
    }
    return s->bytes ? NULL : "less: out of memory";
}

static const char *number_setting(enum setting_kind kind, unsigned width, struct text value,
                                  struct setting *s)
{
    s->kind = kind;
    return parse_number(value, width, &s->value[0]) ? NULL
           : width == 64 ? "a number, or data, rodata or pc and an offset"
                         : "a number of 32 bits";
}

static const char *digits_setting(enum setting_kind kind, unsigned digits, struct text value,
                                  struct setting *s)
{
    s->kind = kind;
    return parse_binary(value, digits, &s->value[0]) ? NULL
           : digits == 4                             ? "four binary digits"
                                                     : "0 or 1";
}

static const char *system_register(struct text name, struct text value, struct setting *s)
{
    char text[NUMBER_SIZE];
    int row = to_string(name, text) ? sysreg_by_name(text) : -1;
    if (row < 0 || sysreg_rows[row].is_op)
        return "a register: x0 w0 sp q0 v0.4s nzcv fpcr fpsr pc el daif mem[...] "
               "or a system register";
    s->index = (unsigned)row;
    return number_setting(SET_SYSREG, 64, value, s);
}

const char *parse_setting(struct text name, struct text value, struct setting *s)
{
    static const struct {
        const char *name;
        enum setting_kind kind;
        unsigned width, index; /* width below 8: binary digits */
    } plain[] = {
        {"sp", SET_SP, 64, SP_IN_USE}, {"sp_el0", SET_SP, 64, 0}, {"sp_el1", SET_SP, 64, 1},
        {"pc", SET_PC, 64, 0},         {"nzcv", SET_NZCV, 4, 0},  {"fpcr", SET_FPCR, 32, 0},
        {"fpsr", SET_FPSR, 32, 0},     {"el", SET_EL, 1, 0},      {"spsel", SET_SPSEL, 1, 0},
        {"daif", SET_DAIF, 4, 0},
    };
    for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
        if (!text_is(name, plain[i].name))
            continue;
        s->index = plain[i].index;
        return plain[i].width < 8 ? digits_setting(plain[i].kind, plain[i].width, value, s)
                                  : number_setting(plain[i].kind, plain[i].width, value, s);
    }
    if (parse_numbered(name, 'x', 30, &s->index))
        return number_setting(SET_X, 64, value, s);
    if (parse_numbered(name, 'w', 30, &s->index))
        return number_setting(SET_X, 32, value, s);
    if (name.length && strchr("qdshb", name.at[0]) &&
        parse_numbered(name, name.at[0], 31, &s->index))
        return scalar(name, value, s);
    if (name.length > 4 && !memcmp(name.at, "mem[", 4))
        return memory(name, value, s);
    if (name.length > 2 && name.at[0] == 'v' && memchr(name.at, '.', name.length))
        return vector(name, value, s);
    return system_register(name, value, s);
}
