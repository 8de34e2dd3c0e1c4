/*
 * a64dis: words as A64 assembly, by the same table that the emulator decodes with.
 * One line a word: its address, the word, the assembly (core/isa/disasm.h).
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/isa/disasm.h"

static const char help[] =
    "Usage: a64dis [--base ADDRESS] [WORD]...\n"
    "       a64dis [--base ADDRESS] --binary FILE\n"
    "Disassemble A64 instructions: the WORDs, in hexadecimal, or those on standard\n"
    "input if there is none. Each becomes a line: its address, the word, the assembly.\n"
    "\n"
    "  --binary FILE    the words of FILE, little-endian\n"
    "  --base ADDRESS   where the first word stands, in hexadecimal; 0 if not given\n"
    "  --help           this text\n";

struct listing {
    struct decoder decoder;
    u64 address; /* of the next word */
};

__attribute__((format(printf, 1, 2))) static bool fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "a64dis: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
}

static void print_word(struct listing *l, u32 word)
{
    char text[DISASM_SIZE];
    disasm(&l->decoder, word, l->address, text, sizeof(text));
    printf("0x%llx: %08x  %s\n", (unsigned long long)l->address, word, text);
    l->address += 4;
}

/* TEXT as a hexadecimal number of at most DIGITS digits, with or without 0x. */
static bool parse_hex(const char *text, size_t digits, u64 *value)
{
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    size_t length = strspn(text, "0123456789abcdefABCDEF");
    if (length == 0 || length > digits || text[length])
        return false;
    *value = strtoull(text, NULL, 16);
    return true;
}

static bool print_text(struct listing *l, const char *text)
{
    u64 word;
    if (!parse_hex(text, 8, &word))
        return fail("'%s' is not a word: up to 8 hexadecimal digits, such as d503201f", text);
    print_word(l, (u32)word);
    return true;
}

static bool print_stdin(struct listing *l)
{
    char text[32];
    while (scanf("%31s", text) == 1) {
        if (!print_text(l, text))
            return false;
    }
    return !ferror(stdin) || fail("standard input: %s", strerror(errno));
}

static bool print_stream(struct listing *l, FILE *f, const char *name)
{
    u8 b[4];
    size_t n;
    while ((n = fread(b, 1, sizeof(b), f)) == sizeof(b))
        print_word(l, (u32)b[0] | (u32)b[1] << 8 | (u32)b[2] << 16 | (u32)b[3] << 24);
    if (ferror(f))
        return fail("%s: %s", name, strerror(errno));
    return n == 0 || fail("%s: its size is not a multiple of 4", name);
}

static bool print_file(struct listing *l, const char *name)
{
    FILE *f = fopen(name, "rb");
    if (!f)
        return fail("%s: %s", name, strerror(errno));
    bool ok = print_stream(l, f, name);
    fclose(f);
    return ok;
}

static bool print_all(struct listing *l, const char *file, char *const *words, int count)
{
    if (file && count)
        return fail("--binary FILE and words: only one of them");
    if (file)
        return print_file(l, file);
    if (!count)
        return print_stdin(l);
    for (int i = 0; i < count; i++) {
        if (!print_text(l, words[i]))
            return false;
    }
    return true;
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {
        {"binary", required_argument, NULL, 'f'},
        {"base", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct listing l = {.address = 0};
    const char *file = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'f') {
            file = optarg;
        } else if (option == 'b') {
            if (!parse_hex(optarg, 16, &l.address)) {
                fail("--base %s: an address has up to 16 hexadecimal digits", optarg);
                return 1;
            }
        } else if (option == 'h') {
            fputs(help, stdout);
            return 0;
        } else {
            return 1; /* getopt has said what is wrong */
        }
    }
    if (!decoder_init(&l.decoder, ~0u)) {
        fail("no memory");
        return 1;
    }
    bool ok = print_all(&l, file, argv + optind, argc - optind);
    decoder_destroy(&l.decoder);
    if (fflush(stdout) || ferror(stdout))
        ok = fail("standard output: %s", strerror(errno));
    return ok ? 0 : 1;
}
