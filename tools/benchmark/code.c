/*
 * Much code: as many pages of it as the case's name says ("code-1000"), each of which
 * jumps to the next, gone through again and again. The instructions executed
 * are as many whatever the pages, so that the time tells what their number costs.
 */
#include "tools/benchmark/guest.h"

enum { WORDS = PAGE_SIZE / 4, VISITS = 2000000, ADDS = 20, PLACES = WORDS / 64 };

enum {
    ADD_X0_1 = 0x91000400, /* add x0, x0, #1 */
    B = 0x14000000,        /* b .; its target's distance in words is added */
    RET = 0xd65f03c0,
};

typedef u64 run_fn(u64 sum);

/* Somewhere else in each page, or all pages would want the same lines of the caches. */
static u64 entry_of(u64 page)
{
    return page * WORDS + page % PLACES * 32;
}

static void write_page(u32 *code, u64 page, bool last)
{
    u64 at = entry_of(page);
    for (unsigned i = 0; i < ADDS; i++)
        code[at++] = ADD_X0_1;
    code[at] = last ? RET : B + (u32)(entry_of(page + 1) - at);
}

static void publish(const u32 *code, u64 pages)
{
    enum { LINE = 64 };
    for (const char *p = (const char *)code; p < (const char *)code + pages * PAGE_SIZE; p += LINE)
        __asm__ volatile("dc cvau, %0" ::"r"(p) : "memory");
    __asm__ volatile("dsb ish" ::: "memory");
    for (const char *p = (const char *)code; p < (const char *)code + pages * PAGE_SIZE; p += LINE)
        __asm__ volatile("ic ivau, %0" ::"r"(p) : "memory");
    __asm__ volatile("dsb ish\n isb" ::: "memory");
}

u64 measure(const char *argument)
{
    u64 pages = number_of(argument), sum = 0;
    require(pages > 0, "say how many pages");
    u32 *code = map_pages(pages * PAGE_SIZE, true);
    for (u64 page = 0; page < pages; page++)
        write_page(code, page, page + 1 == pages);
    publish(code, pages);
    run_fn *run = (run_fn *)(void *)code;
    for (u64 left = VISITS; left >= pages; left -= pages)
        sum = run(sum);
    return sum;
}
