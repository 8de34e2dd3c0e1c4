/*
 * Counting instructions as they are executed (profile.h).
 */
#include "core/engine/profile.h"

#include <stdlib.h>

#include "core/engine/dispatch.h"
#include "core/engine/engine.h"

struct profile *profile_create(void)
{
    struct profile *p = calloc(1, sizeof(*p));
    if (p)
        p->pair = calloc((size_t)PROFILE_ROWS * PROFILE_ROWS, sizeof(*p->pair));
    if (p && p->pair)
        return p;
    free(p);
    return NULL;
}

void profile_destroy(struct profile *p)
{
    if (!p)
        return;
    while (p->pages) {
        struct profile_page *page = p->pages;
        p->pages = page->next;
        free(page->slots);
        free(page);
    }
    free(p->pair);
    free(p);
}

struct profile_page *profile_add_page(struct profile *p, u64 va, u64 pa)
{
    struct profile_page *page = calloc(1, sizeof(*page));
    if (!page)
        return NULL;
    page->slots = calloc(PAGE_WORDS, sizeof(*page->slots));
    if (!page->slots) {
        free(page);
        return NULL;
    }
    page->va = va;
    page->pa = pa;
    page->next = p->pages;
    return p->pages = page;
}

void profile_drop_page(struct profile_page *page)
{
    if (!page)
        return;
    free(page->slots);
    page->slots = NULL;
}

void profile_wrap(struct profile_page *page, unsigned index, struct uop *u, int row)
{
    if (!page)
        return;
    page->slots[index] = (struct profile_slot){u->fn, row < 0 ? ROW_UNDEFINED : (u16)row};
    u->fn = op_profile;
}

HANDLER(op_profile)
{
    struct code_page *page = container_of(c->ops, struct code_page, ops);
    struct profile *p = page->engine->profile;
    const struct profile_slot *slot = &page->profile->slots[u - c->ops];
    p->row[slot->row]++;
    p->pair[PROFILE_ROWS * p->previous + slot->row]++;
    p->previous = slot->row;
    page->profile->count++;
    CONTINUE_AT(slot->fn);
}
