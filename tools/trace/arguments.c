/*
 * Arguments as numbers, names and strings (arguments.h). What is not decoded, or
 * cannot be read, is shown as the number that it is.
 */
#include "tools/trace/arguments.h"

#include <signal.h>
#include <string.h>

#include "core/cpu.h"
#include "tools/gdbstub/walk.h"

enum { SHOWN_BYTES = 64, MAX_PATH = 4096, SHOWN_STRINGS = 32, AT_FDCWD = -100 };

struct flag {
    const char *name;
    u64 value;
};

static const struct flag_set {
    const char *word;
    u64 mask; /* the bits that are one number */
    const struct flag *flags;
} flag_sets[] = {
#define F(name, value) {#name, value},
/* clang-format off */
#define FLAGS(word, mask, rows) {#word, mask, (const struct flag[]){rows {NULL, 0}}},
/* clang-format on */
#include "tools/trace/flags.def"
#undef FLAGS
#undef F
};

static const struct flag_set *find_set(const char *word, size_t len)
{
    for (unsigned i = 0; i < ARRAY_LEN(flag_sets); i++)
        if (strlen(flag_sets[i].word) == len && memcmp(flag_sets[i].word, word, len) == 0)
            return &flag_sets[i];
    return NULL;
}

/* Joined by "|"; bits without a name at the end, in hex. */
static void show_set(struct shown *s, const struct flag_set *set, u64 value)
{
    u64 left = (u32)value, number = left & set->mask;
    const char *joint = "";
    bool named = !set->mask;
    for (const struct flag *f = set->flags; f->name; f++) {
        bool whole = set->mask && (f->value & ~set->mask) == 0 && !named && f->value == number;
        bool some = f->value && (f->value & ~set->mask) && (left & f->value) == f->value;
        if (!whole && !some)
            continue;
        named |= whole;
        left &= ~(whole ? set->mask : f->value);
        text_printf(s->out, "%s%s", joint, f->name);
        joint = "|";
    }
    if (left || !*joint)
        text_printf(s->out, left ? "%s%#llx" : "%s%llx", joint, (unsigned long long)left);
}

void show_flags(struct shown *s, const char *word, u64 value)
{
    const struct flag_set *set = find_set(word, strlen(word));
    if (set)
        show_set(s, set, value);
}

void show_pointer(struct shown *s, u64 value)
{
    if (value)
        text_printf(s->out, "%#llx", (unsigned long long)value);
    else
        text_puts(s->out, "NULL");
}

static void show_hex(struct shown *s, u64 value)
{
    text_printf(s->out, value ? "%#llx" : "%llx", (unsigned long long)value);
}

static void show_int(struct shown *s, u64 value)
{
    text_printf(s->out, "%d", (s32)value);
}

static void show_uint(struct shown *s, u64 value)
{
    text_printf(s->out, "%u", (u32)value);
}

static void show_long(struct shown *s, u64 value)
{
    text_printf(s->out, "%lld", (long long)value);
}

static void show_size(struct shown *s, u64 value)
{
    text_printf(s->out, "%llu", (unsigned long long)value);
}

static void show_dirfd(struct shown *s, u64 value)
{
    if ((s32)value == AT_FDCWD)
        text_puts(s->out, "AT_FDCWD");
    else
        show_int(s, value);
}

static void show_mode(struct shown *s, u64 value)
{
    text_printf(s->out, "%#o", (u32)value);
}

void show_signal(struct shown *s, u64 value)
{
    const char *name = value < 32 ? sigabbrev_np((int)value) : NULL; /* arm64 has x86's numbers */
    if (name)
        text_printf(s->out, "SIG%s", name);
    else
        show_int(s, value);
}

/* A byte as C writes it in a string, before byte NEXT. */
static void add_escaped(struct text *out, u8 byte, u8 next)
{
    static const char escapes[] = "\a\b\t\n\v\f\r", letters[] = "abtnvfr";
    const char *at = byte ? strchr(escapes, byte) : NULL;
    if (at)
        text_printf(out, "\\%c", letters[at - escapes]);
    else if (byte == '"' || byte == '\\')
        text_printf(out, "\\%c", byte);
    else if (byte >= ' ' && byte <= '~')
        text_add(out, &byte, 1);
    else /* three digits before a digit, or that would belong to it */
        text_printf(out, next >= '0' && next <= '7' ? "\\%03o" : "\\%o", byte);
}

/* As much of LEN bytes at VA as can be read. */
static size_t read_some(struct cpu *c, u64 va, u8 *to, size_t len)
{
    if (walk_read(c, va, to, len))
        return len;
    size_t n = (1u << TLB_PAGE_SHIFT) - (va & ~TLB_PAGE_MASK);
    return n < len && walk_read(c, va, to, n) ? n : 0;
}

void show_quoted(struct shown *s, u64 va, u64 len, bool terminated)
{
    u8 data[MAX_PATH];
    size_t most = terminated ? MAX_PATH : SHOWN_BYTES, want = len < most ? len : most;
    size_t n = read_some(s->c, va, data, want);
    const u8 *end = terminated ? memchr(data, 0, n) : NULL;
    if (!va || (!n && len)) {
        s->missing |= va != 0;
        show_pointer(s, va);
        return;
    }
    if (end)
        n = (size_t)(end - data);
    text_puts(s->out, "\"");
    for (size_t i = 0; i < n; i++)
        add_escaped(s->out, data[i], i + 1 < n ? data[i + 1] : 0);
    text_puts(s->out, !end && n < len ? "\"..." : "\"");
}

static void show_string(struct shown *s, u64 value)
{
    show_quoted(s, value, MAX_PATH, true);
}

/* The next argument is its length; a call that has returned says itself how much. */
static void show_buffer(struct shown *s, u64 value)
{
    if (s->result < 0)
        show_pointer(s, value);
    else
        show_quoted(s, value, s->result ? (u64)s->result : s->args[s->at + 1], false);
}

/* What was read: nothing is something here. */
static void show_filled(struct shown *s, u64 value)
{
    if (s->result < 0)
        show_pointer(s, value);
    else
        show_quoted(s, value, (u64)s->result, false);
}

/* The strings of a vector that ends with NULL. */
static void show_strings(struct shown *s, u64 value)
{
    u64 string;
    if (!walk_read(s->c, value, &string, sizeof(string))) {
        show_pointer(s, value);
        return;
    }
    text_puts(s->out, "[");
    for (unsigned i = 0; string; i++) {
        text_puts(s->out, i ? ", " : "");
        if (i == SHOWN_STRINGS) {
            text_puts(s->out, "...");
            break;
        }
        show_string(s, string);
        value += sizeof(string);
        if (!walk_read(s->c, value, &string, sizeof(string)))
            break;
    }
    text_puts(s->out, "]");
}

/* An environment is long, and seldom what one looks for. */
static void show_environment(struct shown *s, u64 value)
{
    u64 string;
    unsigned n = 0;
    while (n < MAX_PATH && walk_read(s->c, value + 8 * n, &string, 8) && string)
        n++;
    show_pointer(s, value);
    if (value)
        text_printf(s->out, " /* %u variables */", n);
}

/* What F_SETFL, F_SETFD and the others take. */
static void show_fcntl(struct shown *s, u64 value)
{
    enum { SET_FD = 2, SET_FL = 4 };
    u64 command = s->args[s->at - 1];
    if (command == SET_FL)
        show_flags(s, "open_flags", value);
    else if (command == SET_FD)
        text_puts(s->out, value == 1 ? "FD_CLOEXEC" : "0");
    else
        show_hex(s, value);
}

bool argument_show(struct shown *s, const char *word, size_t len, u64 value)
{
    static const struct {
        const char *word;
        show_fn *show;
    } decoders[] = {
        {"int", show_int},      {"uint", show_uint},        {"long", show_long},
        {"size", show_size},    {"offset", show_long},      {"hex", show_hex},
        {"ptr", show_pointer},  {"fd", show_int},           {"dirfd", show_dirfd},
        {"mode", show_mode},    {"signal", show_signal},    {"path", show_string},
        {"str", show_string},   {"buf", show_buffer},       {">buf", show_filled},
        {"argv", show_strings}, {"envp", show_environment}, {"fcntl_arg", show_fcntl},
    };
    bool written = *word == '>';
    for (unsigned i = 0; i < ARRAY_LEN(decoders); i++) {
        const char *name = decoders[i].word;
        const char *plain = word + written;
        size_t plain_len = len - written;
        bool same = strlen(name) == len && memcmp(name, word, len) == 0;
        if (same || (strlen(name) == plain_len && memcmp(name, plain, plain_len) == 0 &&
                     strcmp(name, "buf") != 0)) {
            if (written && s->result < 0)
                show_pointer(s, value);
            else
                decoders[i].show(s, value);
            return true;
        }
    }
    const struct flag_set *set = find_set(word, len);
    show_fn *structure = structure_find(word + written, len - written);
    if (set)
        show_set(s, set, value);
    else if (structure && !(written && s->result < 0) && value)
        structure(s, value);
    else if (structure)
        show_pointer(s, value);
    return set || structure;
}
