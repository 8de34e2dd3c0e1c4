/*
 * Page faults: "fault-touch" maps memory, writes to each page and unmaps it;
 * "fault-fork" starts processes that write to pages they share with their parent.
 */
#include "tools/benchmark/guest.h"

enum { PAGES = 1024, MAPPINGS = 60, FORKS = 1500, COPIED = 16 };

static u64 touch(void)
{
    u64 sum = MIX_START;
    for (unsigned i = 0; i < MAPPINGS; i++) {
        u8 *at = map_pages((size_t)PAGES * PAGE_SIZE, false);
        for (unsigned page = 0; page < PAGES; page++)
            at[(size_t)page * PAGE_SIZE + i] = (u8)page;
        for (unsigned page = 0; page < PAGES; page += 97)
            sum = mix(sum, at[(size_t)page * PAGE_SIZE + i]);
        syscall3(SYS_MUNMAP, (s64)at, (s64)PAGES * PAGE_SIZE, 0);
    }
    return sum;
}

static u64 forks(void)
{
    u8 *at = map_pages((size_t)COPIED * PAGE_SIZE, false);
    u64 sum = MIX_START;
    for (unsigned page = 0; page < COPIED; page++)
        at[(size_t)page * PAGE_SIZE] = (u8)page;
    for (unsigned i = 0; i < FORKS; i++) {
        if (fork_process() == 0) {
            for (unsigned page = 0; page < COPIED; page++)
                at[(size_t)page * PAGE_SIZE] = 0xff;
            exit_process(0);
        }
        wait_for_child();
        sum = mix(sum, at[(size_t)(i % COPIED) * PAGE_SIZE]);
    }
    return sum;
}

u64 measure(const char *argument)
{
    return same_text(argument, "fork") ? forks() : touch();
}
