/*
 * Reading and running a suite (suite.h).
 */
#include "tools/a64test/suite.h"

#include <errno.h>
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/a64test/run.h"

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static unsigned read_file(struct suite *s, const char *path, FILE *errors)
{
    s->file = must(realloc(s->file, (s->files + 1) * sizeof(*s->file)));
    return case_read(path, errors, &s->file[s->files++]);
}

/* Every *.a64t below PATH; the shell's glob sorts them. */
static unsigned read_folder(struct suite *s, const char *path, FILE *errors)
{
    unsigned mistakes = 0;
    glob_t found;
    char *pattern;
    if (asprintf(&pattern, "%s/*", path) < 0)
        abort();
    if (!glob(pattern, 0, NULL, &found)) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            const char *entry = found.gl_pathv[i];
            struct stat st;
            if (!stat(entry, &st) && S_ISDIR(st.st_mode))
                mistakes += read_folder(s, entry, errors);
            else if (!fnmatch("*.a64t", entry, 0))
                mistakes += read_file(s, entry, errors);
        }
        globfree(&found);
    }
    free(pattern);
    return mistakes;
}

unsigned suite_read(struct suite *s, char *const *paths, unsigned count, const char *filter,
                    FILE *errors)
{
    unsigned mistakes = 0, all = 0;
    *s = (struct suite){0};
    for (unsigned i = 0; i < count; i++) {
        struct stat st;
        if (!stat(paths[i], &st) && S_ISDIR(st.st_mode))
            mistakes += read_folder(s, paths[i], errors);
        else
            mistakes += read_file(s, paths[i], errors);
    }
    for (unsigned i = 0; i < s->files; i++)
        all += s->file[i].count;
    s->item = must(calloc(all + 1, sizeof(*s->item)));
    for (unsigned i = 0; i < s->files; i++)
        for (unsigned k = 0; k < s->file[i].count; k++)
            if (!filter || !fnmatch(filter, s->file[i].item[k].name, 0))
                s->item[s->count++] = (struct suite_case){&s->file[i], &s->file[i].item[k], NULL};
    return mistakes;
}

void suite_free(struct suite *s)
{
    for (unsigned i = 0; i < s->count; i++)
        free(s->item[i].failure);
    for (unsigned i = 0; i < s->files; i++)
        case_free(&s->file[i]);
    free(s->file);
    free(s->item);
}

enum { MODELS = 8, CHUNK = 64 };

struct run {
    struct suite *s;
    const struct suite_options *o;
    atomic_uint next, done, failed;
    atomic_bool no_memory;
};

/* A thread's boards, one for each CPU model that came up. */
struct worker {
    struct run *run;
    const struct cpu_model *model[MODELS];
    struct testbed *board[MODELS];
    struct case_state start;
    struct result result;
};

static struct testbed *board_of(struct worker *w, const struct cpu_model *model)
{
    unsigned i = 0;
    while (i < MODELS && w->model[i] && w->model[i] != model)
        i++;
    if (i == MODELS)
        return NULL;
    if (!w->board[i])
        w->board[i] = testbed_create(model);
    w->model[i] = model;
    return w->board[i];
}

/* What is wrong with I, to be freed; NULL if nothing is. */
static char *check(struct worker *w, const struct suite_case *i)
{
    char *text = NULL;
    size_t size;
    struct testbed *b = board_of(w, i->c->cpu ? i->c->cpu : w->run->o->cpu);
    FILE *out = open_memstream(&text, &size);
    unsigned wrong = 1;
    if (!b || !out) {
        atomic_store(&w->run->no_memory, true);
    } else if (!i->c->words) {
        fprintf(out, " has no word: (--update makes it of asm:)");
    } else {
        case_start(i->c, &w->start);
        b->engine.chains.use = w->run->o->chained ? CHAIN_ALWAYS : CHAIN_NEVER;
        run_case(b, i->c, &w->start, w->run->o->stepping, &w->result);
        wrong = run_compare(b, i->c, &w->start, &w->result, out);
    }
    if (out)
        fclose(out);
    if (wrong)
        return text ? text : strdup("");
    free(text);
    return NULL;
}

static void show_progress(struct run *r)
{
    if (r->o->progress)
        fprintf(r->o->progress, "\r%u of %u, %u failed", atomic_load(&r->done), r->s->count,
                atomic_load(&r->failed));
}

static void *work(void *owner)
{
    struct worker *w = owner;
    struct run *r = w->run;
    for (;;) {
        unsigned at = atomic_fetch_add(&r->next, CHUNK), end = at + CHUNK;
        if (at >= r->s->count || atomic_load(&r->no_memory))
            return NULL;
        for (; at < end && at < r->s->count; at++) {
            r->s->item[at].failure = check(w, &r->s->item[at]);
            atomic_fetch_add(&r->failed, r->s->item[at].failure != NULL);
            atomic_fetch_add(&r->done, 1);
        }
        show_progress(r);
    }
}

bool suite_run(struct suite *s, const struct suite_options *o)
{
    struct run r = {.s = s, .o = o};
    struct worker *w = must(calloc(o->threads, sizeof(*w)));
    pthread_t *thread = must(calloc(o->threads, sizeof(*thread)));
    unsigned started = 0;
    for (unsigned i = 0; i < o->threads; i++)
        w[i].run = &r;
    while (started + 1 < o->threads && !pthread_create(&thread[started], NULL, work, &w[started]))
        started++;
    work(&w[started]);
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    for (unsigned i = 0; i < o->threads; i++)
        for (unsigned k = 0; k < MODELS; k++)
            if (w[i].board[k])
                testbed_destroy(w[i].board[k]);
    if (o->progress)
        fputs("\r\033[K", o->progress);
    s->failed = atomic_load(&r.failed);
    free(thread);
    free(w);
    return !atomic_load(&r.no_memory);
}
