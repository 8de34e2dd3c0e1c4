/*
 * a64test: run instruction tests (tests/suites/README.md), or update, export or count
 * them. Exit status 0 when all is well, 1 when a case failed or something was wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/a64test/machine.h"
#include "tools/a64test/suite.h"
#include "tools/a64test/update.h"

static const char help[] =
    "Usage: a64test [OPTION]... PATH...\n"
    "Run the instruction tests of files, and of all *.a64t in folders.\n"
    "\n"
    "  --cpu MODEL        of cases that name none (cortex-a57)\n"
    "  --engine ENGINE    threaded (op by op), chained (as hot code runs), or step\n"
    "  -j N               threads (as many as there are CPUs)\n"
    "  --filter GLOB      only the cases with such a name\n"
    "  --tap              print each result, in the Test Anything Protocol\n"
    "  --junit FILE       write the results as JUnit's XML, too\n"
    "  --list             print the cases, run nothing\n"
    "  --export jsonl     print the cases as JSON, one a line\n"
    "  --coverage[=json]  count the cases of each instruction; fail if one has none\n"
    "  --update           write the word: lines of what stands at asm:\n"
    "  --oracle PATH      with --update: write the out: lines, too, from this\n"
    "                     qemu-aarch64 or, for cases at EL1, qemu-system-aarch64\n"
    "  --assembler PATH   another llvm-mc, or a GNU assembler\n"
    "  --reference PATH   the program that the oracle runs\n"
    "  --help             this text\n";

enum action { RUN, LIST, EXPORT, COVERAGE, UPDATE };

struct command {
    enum action action;
    struct suite_options run;
    struct update_options update;
    const char *filter, *junit;
    bool tap, json;
};

__attribute__((format(printf, 1, 2))) static bool fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "a64test: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
}

static bool take_cpu(struct command *o, const char *name)
{
    o->run.cpu = o->update.cpu = model_find(name);
    return o->run.cpu || fail("--cpu %s: no such model; mini-a64 -cpu help lists them", name);
}

static bool take_threads(struct command *o, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*end || n < 1 || n > 256)
        return fail("-j %s: takes a number from 1 to 256", text);
    o->run.threads = (unsigned)n;
    return true;
}

static bool take_engine(struct command *o, const char *name)
{
    o->run.stepping = !strcmp(name, "step");
    o->run.chained = !strcmp(name, "chained");
    return o->run.stepping || o->run.chained || !strcmp(name, "threaded") ||
           fail("--engine %s: there are threaded, chained and step", name);
}

enum long_option {
    OPT_CPU = 256,
    OPT_ENGINE,
    OPT_FILTER,
    OPT_TAP,
    OPT_JUNIT,
    OPT_LIST,
    OPT_EXPORT,
    OPT_COVERAGE,
    OPT_UPDATE,
    OPT_ORACLE,
    OPT_ASSEMBLER,
    OPT_REFERENCE,
    OPT_HELP,
};

static const struct option long_options[] = {
    {"cpu", required_argument, NULL, OPT_CPU},
    {"engine", required_argument, NULL, OPT_ENGINE},
    {"filter", required_argument, NULL, OPT_FILTER},
    {"tap", no_argument, NULL, OPT_TAP},
    {"junit", required_argument, NULL, OPT_JUNIT},
    {"list", no_argument, NULL, OPT_LIST},
    {"export", required_argument, NULL, OPT_EXPORT},
    {"coverage", optional_argument, NULL, OPT_COVERAGE},
    {"update", no_argument, NULL, OPT_UPDATE},
    {"oracle", required_argument, NULL, OPT_ORACLE},
    {"assembler", required_argument, NULL, OPT_ASSEMBLER},
    {"reference", required_argument, NULL, OPT_REFERENCE},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static bool take(struct command *o, int option)
{
    switch (option) {
    case 'j':
        return take_threads(o, optarg);
    case OPT_CPU:
        return take_cpu(o, optarg);
    case OPT_ENGINE:
        return take_engine(o, optarg);
    case OPT_FILTER:
        o->filter = optarg;
        return true;
    case OPT_TAP:
        return o->tap = true;
    case OPT_JUNIT:
        o->junit = optarg;
        return true;
    case OPT_LIST:
        o->action = LIST;
        return true;
    case OPT_EXPORT:
        o->action = EXPORT;
        return !strcmp(optarg, "jsonl") || fail("--export %s: there is jsonl", optarg);
    case OPT_COVERAGE:
        o->action = COVERAGE;
        o->json = optarg && !strcmp(optarg, "json");
        return !optarg || o->json || fail("--coverage=%s: there is json", optarg);
    case OPT_UPDATE:
        o->action = UPDATE;
        return true;
    case OPT_ORACLE:
        o->update.oracle = optarg;
        return true;
    case OPT_ASSEMBLER:
        o->update.assembler = optarg;
        return true;
    case OPT_REFERENCE:
        o->update.reference = optarg;
        return true;
    case OPT_HELP:
        fputs(help, stdout);
        exit(EXIT_SUCCESS);
    default:
        return fail("--help lists the options");
    }
}

/* NAME beside the command, as built, or where an installed one has it; to be freed. */
static char *find_reference(const char *name)
{
    static const char *const places[] = {"", "../libexec/mini-a64/"};
    char folder[4096], *path;
    ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
    folder[n > 0 ? n : 0] = 0;
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        if (asprintf(&path, "%s/%s%s", folder, places[i], name) < 0)
            abort();
        if (i + 1 == ARRAY_LEN(places) || !access(path, R_OK))
            return path;
        free(path);
    }
    return NULL;
}

static bool write_junit(const struct suite *s, const char *path)
{
    FILE *f = fopen(path, "w");
    if (f)
        suite_print_junit(s, f);
    bool good = f && !ferror(f);
    if (f && fclose(f))
        good = false;
    return good || fail("--junit %s: %s", path, strerror(errno));
}

static bool run(struct suite *s, const struct command *o)
{
    if (!suite_run(s, &o->run))
        return fail("out of memory");
    for (unsigned i = 0; i < s->count && !o->tap; i++) {
        const struct suite_case *t = &s->item[i];
        if (t->failure)
            printf("%s:%u: [%s]%s\n", t->file->path, t->c->line, t->c->name, t->failure);
    }
    if (o->tap)
        suite_print_tap(s, stdout);
    else
        printf("%u passed, %u failed\n", s->count - s->failed, s->failed);
    return (!o->junit || write_junit(s, o->junit)) && !s->failed;
}

static bool list(const struct suite *s)
{
    for (unsigned i = 0; i < s->count; i++)
        printf("%s:%u: %s\n", s->item[i].file->path, s->item[i].c->line, s->item[i].c->name);
    return true;
}

static bool perform(struct suite *s, struct command *o)
{
    switch (o->action) {
    case LIST:
        return list(s);
    case EXPORT:
        return suite_export(s, stdout) || fail("out of memory");
    case COVERAGE:
        return suite_coverage(s, o->json, stdout);
    case UPDATE:
        return !update_files(s, &o->update, stderr);
    default:
        return run(s, o);
    }
}

int main(int argc, char **argv)
{
    struct command o = {.run = {.progress = isatty(STDERR_FILENO) ? stderr : NULL}};
    struct suite s;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    o.run.threads = cpus > 1 ? (unsigned)cpus : 1;
    o.run.cpu = o.update.cpu = model_find("cortex-a57");
    for (int option; (option = getopt_long(argc, argv, "j:", long_options, NULL)) != -1;)
        if (!take(&o, option))
            return EXIT_FAILURE;
    if (optind == argc)
        return fail("no files: name some, or a folder; --help lists the options"), EXIT_FAILURE;
    if (o.action != UPDATE && o.update.oracle)
        return fail("--oracle goes with --update"), EXIT_FAILURE;
    bool machine = o.update.oracle && machine_is_meant(o.update.oracle);
    char *reference = find_reference(machine ? "a64test-machine" : "a64test-reference");
    if (!o.update.reference)
        o.update.reference = reference;
    unsigned mistakes = suite_read(&s, argv + optind, (unsigned)(argc - optind), o.filter, stderr);
    bool good = !mistakes && (s.count || fail("no cases%s", o.filter ? " with such a name" : ""));
    good = good && perform(&s, &o);
    suite_free(&s);
    free(reference);
    return good && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
