/*
 * Assembly to words by llvm-mc or the GNU assembler (update.h), all in one run. llvm-mc
 * prints an encoding for each instruction, in order; the other one makes an object file,
 * whose .text its objcopy takes out.
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

/* Is there such a command? */
static bool exists(const char *name)
{
    char command[512];
    snprintf(command, sizeof(command), "command -v '%s' > /dev/null 2>&1", name);
    return !system(command);
}

static const char *find_assembler(const char *given)
{
    static const char *const names[] = {"llvm-mc-19", "llvm-mc", "aarch64-linux-gnu-as"};
    if (given)
        return given;
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (exists(names[i]))
            return names[i];
    return NULL;
}

/* aarch64-linux-gnu-as, say. */
static bool is_gnu(const char *assembler)
{
    size_t length = strlen(assembler);
    return length >= 2 && !strcmp(assembler + length - 2, "as");
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

/* "INPUT:LINE:COLUMN: error: ...", or without a column and with a capital letter. */
static void take_error(struct assembly *a, const char *text, const char *input)
{
    size_t length = strlen(input);
    const char *found = strstr(text, "rror: ");
    char message[128];
    if (strncmp(text, input, length) || text[length] != ':' || !found)
        return;
    unsigned line = (unsigned)strtoul(text + length + 1, NULL, 10);
    if (line < 1 || line > a->lines)
        return;
    snprintf(message, sizeof(message), "e%.*s", (int)strcspn(found, "\n"), found);
    complain(a, line - 1, message);
}

/* GNU's numbers in the place of a label are addresses: b #8 is b .+8 there. */
static void print_for_gnu(const char *text, FILE *input)
{
    static const char *const relative[] = {"b ",    "bl ",  "b.",   "cbz ",   "cbnz ", "tbz ",
                                           "tbnz ", "adr ", "ldr ", "ldrsw ", "prfm "};
    const char *last = strrchr(text, '#');
    bool bracket = strchr(text, '[') != NULL;
    for (unsigned i = 0; i < ARRAY_LEN(relative) && last && !bracket; i++)
        if (!strncmp(text, relative[i], strlen(relative[i]))) {
            fprintf(input, "%.*s.+(%s)\n", (int)(last - text), text, last + 1);
            return;
        }
    fprintf(input, "%s\n", text);
}

static void collect(struct assembly *a, struct suite *s, bool gnu, FILE *input)
{
    for (unsigned i = 0; i < s->count; i++) {
        struct test_case *c = (struct test_case *)s->item[i].c;
        for (unsigned k = 0; k < c->assembly_lines; k++) {
            a->line = realloc(a->line, (a->lines + 1) * sizeof(*a->line));
            if (!a->line)
                abort();
            a->line[a->lines++] = (struct origin){s->item[i].file, c, k};
            if (gnu)
                print_for_gnu(c->assembly[k], input);
            else
                fprintf(input, "%s\n", c->assembly[k]);
        }
        if (c->assembly_lines)
            c->words = c->assembly_lines;
    }
}

/* Run COMMAND and take what it says. False if it does not run or fails. */
static bool run(struct assembly *a, const char *command, const char *input)
{
    char text[1024];
    FILE *output = popen(command, "r");
    while (output && fgets(text, sizeof(text), output))
        take_error(a, text, input);
    return output && !pclose(output);
}

static void take_encodings(struct assembly *a, FILE *output)
{
    char text[1024];
    while (fgets(text, sizeof(text), output)) {
        const char *found = strstr(text, "// encoding: ");
        if (found)
            take_encoding(a, found + strlen("// encoding: "));
    }
}

static bool run_llvm(struct assembly *a, const char *assembler, const char *input,
                     const char *output)
{
    char command[1024];
    snprintf(command, sizeof(command),
             "%s --triple=aarch64 --mattr=+all --show-encoding -o '%s' '%s' 2>&1", assembler,
             output, input);
    if (!run(a, command, input))
        return false;
    FILE *f = fopen(output, "r");
    if (f) {
        take_encodings(a, f);
        fclose(f);
    }
    return f;
}

static void take_words(struct assembly *a, FILE *output)
{
    u8 b[4];
    while (a->encoded < a->lines && fread(b, 1, sizeof(b), output) == sizeof(b)) {
        const struct origin *at = &a->line[a->encoded++];
        at->c->word[at->index] = b[0] | (u32)b[1] << 8 | (u32)b[2] << 16 | (u32)b[3] << 24;
    }
}

/* A relocation is what a label leaves. */
static void refuse_labels(struct assembly *a, const char *tools, const char *object)
{
    char text[1024];
    unsigned long at;
    snprintf(text, sizeof(text), "%sreadelf -rW '%s' 2>&1", tools, object);
    FILE *output = popen(text, "r");
    while (output && fgets(text, sizeof(text), output))
        if (strstr(text, "R_AARCH64") && sscanf(text, "%lx", &at) == 1 && at / 4 < a->lines)
            complain(a, (unsigned)(at / 4),
                     "expected a number in the place of the label, such as b #8");
    if (output)
        pclose(output);
}

static bool run_gnu(struct assembly *a, const char *assembler, const char *input,
                    const char *object)
{
    char command[1024], tools[256];
    snprintf(tools, sizeof(tools), "%.*s", (int)strlen(assembler) - 2, assembler);
    snprintf(command, sizeof(command),
             "%s -march=armv8.7-a+crypto+sha3+sm4+fp16+fp16fml+rng+memtag+bf16+i8mm+flagm "
             "-o '%s' '%s' 2>&1",
             assembler, object, input);
    if (!run(a, command, input))
        return false;
    refuse_labels(a, tools, object);
    snprintf(command, sizeof(command), "%sobjcopy -O binary -j .text '%s' 2>&1", tools, object);
    if (!run(a, command, input))
        return false;
    FILE *f = fopen(object, "rb");
    if (f) {
        take_words(a, f);
        fclose(f);
    }
    return f;
}

static void run_assembler(struct assembly *a, const char *assembler, const char *input)
{
    char output[64];
    snprintf(output, sizeof(output), "%s.out", input);
    bool ran = is_gnu(assembler) ? run_gnu(a, assembler, input, output)
                                 : run_llvm(a, assembler, input, output);
    unlink(output);
    if (!a->mistakes && (!ran || a->encoded != a->lines)) {
        fprintf(a->errors, "%s: did not assemble everything\n", assembler);
        a->mistakes++;
    }
}

unsigned update_assemble(struct suite *s, const char *assembler, FILE *errors)
{
    struct assembly a = {.errors = errors};
    char path[] = "/tmp/a64test-XXXXXX";
    assembler = find_assembler(assembler);
    if (assembler && !exists(assembler)) {
        fprintf(errors, "--assembler %s: there is no such command\n", assembler);
        return 1;
    }
    if (!assembler) {
        fprintf(errors, "no assembler: install llvm-19 or gcc-aarch64-linux-gnu, or name one "
                        "with --assembler\n");
        return 1;
    }
    int fd = mkstemp(path);
    FILE *input = fd < 0 ? NULL : fdopen(fd, "w");
    if (!input) {
        fprintf(errors, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    collect(&a, s, is_gnu(assembler), input);
    fclose(input);
    if (a.lines)
        run_assembler(&a, assembler, path);
    unlink(path);
    free(a.line);
    return a.mistakes;
}
