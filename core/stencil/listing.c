/*
 * Listings as objdump -d writes them: «0000000000000000 <function>:», and under it a line
 * for each instruction, «  1b:<tab>mov    %rax,%rcx».
 */
#include "core/stencil/listing.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_REGISTERS = 0xffff, EIGHTH = 8 };

/* The first eight, by their letters; the number is the place in the list. */
static const char *const first[EIGHTH] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "extract: %s: %s\n", name, what);
    exit(1);
}

static void add(struct listing *l, const char *function, unsigned offset, const char *text)
{
    if (!(l->count & (l->count + 1)))
        l->lines = realloc(l->lines, 2 * (l->count + 1) * sizeof(*l->lines));
    char *copy = strdup(text);
    if (!l->lines || !copy)
        fail("no memory", function);
    l->lines[l->count++] = (struct listing_line){function, offset, copy};
}

/* LINE opens a function: its name, else NULL. */
static char *function_of(const char *line)
{
    const char *name = strchr(line, '<'), *end = strstr(line, ">:");
    return isxdigit((unsigned char)*line) && name && end
               ? strndup(name + 1, (size_t)(end - name - 1))
               : NULL;
}

static void read_line(struct listing *l, char **function, const char *line)
{
    char *opened = function_of(line), *end;
    if (opened)
        *function = opened;
    unsigned long offset = strtoul(line, &end, 16);
    if (!opened && *function && end != line && *end == ':')
        add(l, *function, (unsigned)offset, end + 1);
}

struct listing listing_read(const char *disassembler, const char *object)
{
    char command[4096], line[1024], *function = NULL;
    int length =
        snprintf(command, sizeof(command), "'%s' -d --no-show-raw-insn '%s'", disassembler, object);
    FILE *f = length < (int)sizeof(command) ? popen(command, "r") : NULL;
    if (!f)
        fail("can't be run", disassembler);
    struct listing l = {NULL, 0};
    while (fgets(line, sizeof(line), f))
        read_line(&l, &function, line);
    if (pclose(f) != 0 || !l.count)
        fail("no listing", object);
    return l;
}

const struct listing_line *listing_find(const struct listing *l, const char *function,
                                        size_t *count)
{
    size_t from = 0;
    while (from < l->count && strcmp(l->lines[from].function, function) != 0)
        from++;
    *count = 0;
    while (from + *count < l->count && l->lines[from + *count].function == l->lines[from].function)
        ++*count;
    return *count ? &l->lines[from] : NULL;
}

/* The register whose name begins at NAME, behind its %; -1: none of these. */
static int register_of(const char *name)
{
    if (name[0] == 'r' && isdigit((unsigned char)name[1]))
        return atoi(name + 1);
    if ((name[0] == 'r' || name[0] == 'e') && isalpha((unsigned char)name[1]))
        name++;
    for (int i = 0; i < EIGHTH; i++)
        if (strncmp(name, first[i], 2) == 0 ||
            (name[0] == first[i][0] && (name[1] == 'l' || name[1] == 'h')))
            return i;
    return -1;
}

static u16 registers_of(const char *text)
{
    /* What a called function keeps is not asked; cmpxchg16b and cpuid use rbx silently. */
    if (strstr(text, "call") || strstr(text, "cmpxchg16b") || strstr(text, "cpuid"))
        return ALL_REGISTERS;
    u16 set = 0;
    for (const char *at = text; (at = strchr(at, '%')) != NULL; at++) {
        int reg = register_of(at + 1);
        if (reg >= 0)
            set |= (u16)(1u << reg);
    }
    return set;
}

u16 listing_registers(const struct listing_line *lines, size_t count)
{
    u16 set = 0;
    for (size_t i = 0; i < count; i++)
        set |= registers_of(lines[i].text);
    return set;
}
