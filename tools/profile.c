/*
 * The profile's tables (profile.h).
 */
#include "tools/profile.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/engine/engine.h"

enum { OPS_SHOWN = 40, PAIRS_SHOWN = 40, PAGES_SHOWN = 30 };

/* A count, and what it is of: an index or a page. */
struct entry {
    u64 count;
    size_t of;
    const struct profile_page *page;
};

/* A table's entries that are not zero. */
struct list {
    struct entry *entries;
    size_t count;
};

static int greatest_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->of < y->of ? -1 : x->of > y->of;
}

static const char *row_name(size_t row)
{
    return row == ROW_UNDEFINED ? "(undefined)" : a64_rows[row].name;
}

static double percent(u64 part, u64 whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Sort, cut and print; LINE prints what an entry is of. The entries are freed. */
static void print_list(struct list l, const char *title, size_t shown, u64 whole, FILE *to,
                       void (*line)(const struct entry *e, FILE *to))
{
    u64 sum = 0;
    qsort(l.entries, l.count, sizeof(*l.entries), greatest_first);
    fprintf(to, "\n%s (%zu)\n", title, l.count);
    for (size_t i = 0; i < l.count && i < shown; i++) {
        const struct entry *e = &l.entries[i];
        sum += e->count;
        fprintf(to, "%14" PRIu64 " %5.2f%% %6.2f%%  ", e->count, percent(e->count, whole),
                percent(sum, whole));
        line(e, to);
    }
    free(l.entries);
}

static struct list from_array(const u64 *counts, size_t length)
{
    struct list l = {calloc(length, sizeof(*l.entries)), 0};
    for (size_t i = 0; l.entries && i < length; i++)
        if (counts[i])
            l.entries[l.count++] = (struct entry){counts[i], i, NULL};
    return l;
}

/* The pages, those of the same two addresses together. */
static int by_address(const void *a, const void *b)
{
    const struct profile_page *x = ((const struct entry *)a)->page;
    const struct profile_page *y = ((const struct entry *)b)->page;
    if (x->va != y->va)
        return x->va < y->va ? -1 : 1;
    return x->pa < y->pa ? -1 : x->pa > y->pa;
}

static struct list from_pages(const struct profile_page *pages)
{
    size_t length = 0, kept = 0;
    for (const struct profile_page *p = pages; p; p = p->next)
        length++;
    struct list l = {calloc(length + 1, sizeof(*l.entries)), 0};
    for (const struct profile_page *p = pages; l.entries && p; p = p->next)
        if (p->count)
            l.entries[l.count++] = (struct entry){p->count, 0, p};
    if (!l.count)
        return l;
    qsort(l.entries, l.count, sizeof(*l.entries), by_address);
    for (size_t i = 1; i < l.count; i++) {
        if (by_address(&l.entries[kept], &l.entries[i]) == 0)
            l.entries[kept].count += l.entries[i].count;
        else
            l.entries[++kept] = l.entries[i];
    }
    l.count = kept + 1;
    return l;
}

static void print_row(const struct entry *e, FILE *to)
{
    fprintf(to, "%s\n", row_name(e->of));
}

static void print_pair(const struct entry *e, FILE *to)
{
    fprintf(to, "%-14s %s\n", row_name(e->of / PROFILE_ROWS), row_name(e->of % PROFILE_ROWS));
}

static void print_page(const struct entry *e, FILE *to)
{
    fprintf(to, "%016" PRIx64 "  at %" PRIx64 "\n", e->page->va, e->page->pa);
}

static void print_counts(const struct engine_counts *counts, FILE *to)
{
    static const char *const names[EVENT_COUNT] = {
#define EVENT(name, text) [EVENT_##name] = text,
        ENGINE_EVENTS(EVENT)
#undef EVENT
    };
    fprintf(to, "\nOff the hot path\n");
    for (unsigned i = 0; i < EVENT_COUNT; i++)
        fprintf(to, "%14" PRIu64 "  %s\n", counts->event[i], names[i]);
    for (unsigned ec = 0; ec < EXCEPTION_CLASSES; ec++)
        if (counts->exception[ec])
            fprintf(to, "%14" PRIu64 "  exceptions of class %#04x\n", counts->exception[ec], ec);
}

void profile_print(const struct engine *e, FILE *to)
{
    const struct profile *p = e->profile;
    u64 whole = 0;
    for (size_t i = 0; i < PROFILE_ROWS; i++)
        whole += p->row[i];
    fprintf(to, "Profile of %" PRIu64 " instructions: count, share, sum of shares\n", whole);
    print_list(from_array(p->row, PROFILE_ROWS), "By instruction", OPS_SHOWN, whole, to, print_row);
    print_list(from_array(p->pair, (size_t)PROFILE_ROWS * PROFILE_ROWS), "By pair", PAIRS_SHOWN,
               whole, to, print_pair);
    print_list(from_pages(p->pages), "By page", PAGES_SHOWN, whole, to, print_page);
    print_counts(&e->counts, to);
}
