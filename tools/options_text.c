/*
 * Readers for the small languages inside option values: comma lists as QEMU has
 * them, sizes, numbers, switches. They know no option.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/options_parse.h"

#define SWITCH_ON  "on yes true y"
#define SWITCH_OFF "off no false n"

struct owned_text {
    struct owned_text *next;
    char text[];
};

bool refuse(struct parse *p, const char *format, ...)
{
    int used = snprintf(p->message, OPTIONS_MESSAGE, "%s", p->option);
    if (used < OPTIONS_MESSAGE) {
        va_list args;
        va_start(args, format);
        vsnprintf(p->message + used, OPTIONS_MESSAGE - (size_t)used, format, args);
        va_end(args);
    }
    /* It is one line, and harmless to a terminal, whatever was typed. */
    for (char *c = p->message; *c; c++) {
        if (iscntrl((unsigned char)*c))
            *c = '?';
    }
    return false;
}

char *own_text(struct parse *p, const char *text, size_t len)
{
    struct owned_text *t = malloc(sizeof *t + len + 1);
    if (!t)
        abort();
    memcpy(t->text, text, len);
    t->text[len] = '\0';
    t->next = p->o->owned;
    p->o->owned = t;
    return t->text;
}

void options_free(struct options *o)
{
    while (o->owned) {
        struct owned_text *next = o->owned->next;
        free(o->owned);
        o->owned = next;
    }
}

/* Take the first item off *LIST, undoing ",,"; NULL when there is none left. */
static char *next_item(char **list)
{
    char *item = *list, *from = item, *to = item;
    if (!item)
        return NULL;
    for (; *from && (from[0] != ',' || from[1] == ','); from++) {
        if (*from == ',')
            from++;
        *to++ = *from;
    }
    *list = from[0] && from[1] ? from + 1 : NULL; /* a comma at the end means nothing */
    *to = '\0';
    return item;
}

/* The machine's properties have many spellings of a switch; rows name just these. */
static const char *plain_switch(const char *value)
{
    if (word_in(SWITCH_ON, value))
        return "on";
    return word_in(SWITCH_OFF, value) ? "off" : value;
}

static bool take_property(struct parse *p, const struct property_list *list, const char *key,
                          const char *value)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct property *row = &list->rows[i];
        if (strcmp(row->name, key))
            continue;
        if (row->take)
            return row->take(p, value);
        if (!row->only)
            return refuse(p, " %s=%s: %s; leave it out", key, value, row->why);
        if (!strcmp(row->only, "*") || word_in(row->only, plain_switch(value)))
            return true;
        return refuse(p, " %s=%s: %s; use %s=%.*s or leave it out", key, value, row->why, key,
                      (int)strcspn(row->only, " "), row->only);
    }
    return refuse(p, " %s=%s: there is no '%s' here; see mini-a64 %s%s", key, value, key,
                  list->help ? p->option : "-help", list->help ? " help" : "");
}

bool take_properties(struct parse *p, const char *text, const struct property_list *list)
{
    char *rest = own_text(p, text, strlen(text)), *item;
    for (bool first = true; (item = next_item(&rest)); first = false) {
        char *equals = strchr(item, '=');
        if (list->help && (!strcmp(item, "help") || !strcmp(item, "?"))) {
            p->o->show = list->help;
            return true;
        }
        if (first && !*item && !list->implied)
            break; /* nothing at all */
        const char *key = item, *value = equals ? equals + 1 : "on";
        if (equals) {
            *equals = '\0';
        } else if (first && list->implied) {
            key = list->implied;
            value = item;
        } else if (!list->bare) {
            return refuse(p, " %s: '%s' stands alone; write %s=VALUE", text, item,
                          *item ? item : "NAME");
        }
        if (!take_property(p, list, key, value))
            return false;
    }
    return true;
}

bool word_in(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; len && (at = strstr(at, word)); at++) {
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

bool take_switch(struct parse *p, const char *key, const char *value, bool *to)
{
    bool on = word_in(SWITCH_ON, value);
    if (!on && !word_in(SWITCH_OFF, value))
        return refuse(p, " %s=%s: use %s=on or %s=off", key, value, key, key);
    *to = on;
    return true;
}

bool take_file_name(struct parse *p, const char *value, const char **to)
{
    if (!*value)
        return refuse(p, ": the file's name is empty");
    *to = value;
    return true;
}

bool read_number(const char *text, u64 max, u64 *to)
{
    if (!isdigit((unsigned char)*text)) /* strtoull would take a sign and spaces */
        return false;
    char *end;
    errno = 0;
    u64 value = strtoull(text, &end, 0);
    if (errno || *end || value > max)
        return false;
    *to = value;
    return true;
}

bool read_size(const char *text, unsigned default_shift, u64 *to)
{
    static const char letters[] = "bkmgt";
    u128 whole = 0, part = 0, scale = 1;
    const char *at = text;
    if (!isdigit((unsigned char)*at))
        return false;
    for (; isdigit((unsigned char)*at); at++) {
        whole = whole * 10 + (unsigned)(*at - '0');
        if (whole > UINT64_MAX)
            return false;
    }
    if (*at == '.') {
        for (at++; isdigit((unsigned char)*at); at++) {
            if (scale < UINT64_C(1000000000000)) { /* finer than a byte of 1 TiB */
                part = part * 10 + (unsigned)(*at - '0');
                scale *= 10;
            }
        }
    }
    unsigned shift = default_shift;
    if (*at) {
        const char *letter = strchr(letters, tolower((unsigned char)*at));
        if (!letter || at[1])
            return false;
        shift = 10 * (unsigned)(letter - letters);
    }
    u128 bytes = (whole << shift) + (part << shift) / scale;
    *to = bytes > UINT64_MAX ? UINT64_MAX : (u64)bytes;
    return true;
}
