/*
 * Assembly to words by llvm-mc (update.h), all in one run: it prints an encoding for each
 * instruction, in order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/a64test/update.h"

/* Where each line of the assembler's input comes from. */
struct origin {
    const struct test_file *file;
    struct test_case *c;
    unsigned index; /* of the word */
};

struct assembly {
    struct origin *line;
    unsigned lines;
    FILE *errors;
    unsigned mistakes;
    unsigned encoded; /* words so far */
};

static const char *find_assembler(const char *given)
{
    static const char *const names[] = {"llvm-mc-19", "llvm-mc"};
    char command[256];
    if (given)
        return given;
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(command, sizeof(command), "command -v %s > /dev/null 2>&1", names[i]);
        if (!system(command))
            return names[i];
    }
    return NULL;
}

static void complain(struct assembly *a, unsigned line, const char *text)
{
    const struct origin *at = &a->line[line];
    fprintf(a->errors, "%s:%u: %s: %s\n", at->file->path, at->c->asm_line,
            at->c->assembly[at->index], text);
    a->mistakes++;
}

/* "... // encoding: [0x20,0x00,0x02,0x2b]" */
static void take_encoding(struct assembly *a, const char *text)
{
    unsigned byte[4];
    if (a->encoded >= a->lines)
        return;
    const struct origin *at = &a->line[a->encoded];
    if (sscanf(text, "[0x%x,0x%x,0x%x,0x%x]", &byte[0], &byte[1], &byte[2], &byte[3]) != 4)
        complain(a, a->encoded, "expected a number in the place of the label, such as b #8");
    else
        at->c->word[at->index] = byte[0] | byte[1] << 8 | byte[2] << 16 | byte[3] << 24;
    a->encoded++;
}

static void take_output(struct assembly *a, const char *text, const char *input)
{
    const char *found = strstr(text, "// encoding: ");
    size_t length = strlen(input);
    unsigned line;
    if (found) {
        take_encoding(a, found + strlen("// encoding: "));
    } else if (!strncmp(text, input, length) && text[length] == ':' &&
               (line = (unsigned)strtoul(text + length + 1, NULL, 10)) && line <= a->lines &&
               (found = strstr(text, "error: "))) {
        char message[128];
        snprintf(message, sizeof(message), "%.*s", (int)strcspn(found, "\n"), found);
        complain(a, line - 1, message);
    }
}

static void collect(struct assembly *a, struct suite *s, FILE *input)
{
    for (unsigned i = 0; i < s->count; i++) {
        struct test_case *c = (struct test_case *)s->item[i].c;
        for (unsigned k = 0; k < c->assembly_lines; k++) {
            a->line = realloc(a->line, (a->lines + 1) * sizeof(*a->line));
            if (!a->line)
                abort();
            a->line[a->lines++] = (struct origin){s->item[i].file, c, k};
            fprintf(input, "%s\n", c->assembly[k]);
        }
        if (c->assembly_lines)
            c->words = c->assembly_lines;
    }
}

static void run_assembler(struct assembly *a, const char *assembler, const char *input)
{
    char command[512], text[1024];
    snprintf(command, sizeof(command), "%s --triple=aarch64 --mattr=+all --show-encoding '%s' 2>&1",
             assembler, input);
    FILE *output = popen(command, "r");
    while (output && fgets(text, sizeof(text), output))
        take_output(a, text, input);
    if (!output || pclose(output) == -1 || (a->encoded != a->lines && !a->mistakes)) {
        fprintf(a->errors, "%s: did not assemble everything\n", assembler);
        a->mistakes++;
    }
}

unsigned update_assemble(struct suite *s, const char *assembler, FILE *errors)
{
    struct assembly a = {.errors = errors};
    char path[] = "/tmp/a64test-XXXXXX";
    assembler = find_assembler(assembler);
    if (!assembler) {
        fprintf(errors, "no llvm-mc: install llvm-19, or name one with --assembler\n");
        return 1;
    }
    int fd = mkstemp(path);
    FILE *input = fd < 0 ? NULL : fdopen(fd, "w");
    if (!input) {
        fprintf(errors, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    collect(&a, s, input);
    fclose(input);
    if (a.lines)
        run_assembler(&a, assembler, path);
    unlink(path);
    free(a.line);
    return a.mistakes;
}
