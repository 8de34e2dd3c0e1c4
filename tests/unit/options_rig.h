/*
 * A command line as a text, parsed.
 */
#ifndef TESTS_UNIT_OPTIONS_RIG_H
#define TESTS_UNIT_OPTIONS_RIG_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/options.h"

enum { WORDS = 24 };

struct line {
    struct options o;
    char message[OPTIONS_MESSAGE];
    char text[1024];
    bool ok;
};

/* Parse TEXT, whose words are parted by one space; '~' in a word stands for a space. */
static inline struct line *parse(const char *text)
{
    struct line *l = calloc(1, sizeof *l);
    char *argv[WORDS] = {"mini-a64"};
    int argc = 1;
    snprintf(l->text, sizeof l->text, "%s", text);
    char *rest = l->text, *word;
    while ((word = strsep(&rest, " ")) && argc < WORDS - 1) {
        argv[argc++] = word;
        for (char *c = word; *c; c++)
            *c = *c == '~' ? ' ' : *c;
    }
    l->ok = options_parse(&l->o, argc, argv, l->message);
    return l;
}

/* The same for a command line that must be accepted. */
static inline struct line *accept(const char *text)
{
    struct line *l = parse(text);
    cr_assert(l->ok, "%s: refused: %s", text, l->message);
    return l;
}

static inline void done(struct line *l)
{
    if (l->ok)
        options_free(&l->o);
    free(l);
}

#endif
