/*
 * Work while other processes sleep, as many as the case's name says ("idle-100").
 */
#include "tools/benchmark/guest.h"

enum { MAX_PROCESSES = 2000, PIPES = 20000, WORDS = 1 << 16, ROUNDS = 400 };

static void sleep_for_ever(void)
{
    const s64 day[2] = {86400, 0};
    for (;;)
        syscall3(SYS_NANOSLEEP, (s64)day, 0, 0);
}

u64 measure(const char *argument)
{
    static s64 child[MAX_PROCESSES];
    static u32 table[WORDS];
    u64 processes = number_of(argument), sum = MIX_START, seed = 1;
    require(processes <= MAX_PROCESSES, "say how many processes, at most 2000");
    for (u64 i = 0; i < processes; i++) {
        child[i] = fork_process();
        if (child[i] == 0)
            sleep_for_ever();
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < WORDS; i++)
            table[i] += (u32)(next_random(&seed) >> 32);
        sum = mix(sum, table[round]);
    }
    for (unsigned i = 0; i < PIPES; i++) {
        s32 ends[2];
        require(syscall3(SYS_PIPE2, (s64)ends, 0, 0) == 0, "pipe");
        syscall3(SYS_CLOSE, ends[0], 0, 0);
        syscall3(SYS_CLOSE, ends[1], 0, 0);
    }
    for (u64 i = 0; i < processes; i++) {
        syscall3(SYS_KILL, child[i], SIGKILL, 0);
        syscall6(SYS_WAIT4, child[i], 0, 0, 0, 0, 0);
    }
    return sum;
}
