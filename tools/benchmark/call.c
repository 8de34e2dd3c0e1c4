/*
 * System calls: "call-getppid" makes the cheapest there is, "call-pipe" has two
 * processes pass a byte to and fro.
 */
#include "tools/benchmark/guest.h"

enum { CALLS = 600000, ROUND_TRIPS = 40000 };

static u64 getppids(void)
{
    u64 sum = MIX_START;
    for (unsigned i = 0; i < CALLS; i++)
        sum = mix(sum, (u64)syscall3(SYS_GETPPID, 0, 0, 0));
    return sum;
}

static void pass(s32 from, s32 to, u8 add)
{
    u8 byte;
    require(syscall3(SYS_READ, from, (s64)&byte, 1) == 1, "read");
    byte = (u8)(byte + add);
    require(syscall3(SYS_WRITE, to, (s64)&byte, 1) == 1, "write");
}

static u64 ping_pong(void)
{
    s32 there[2], back[2];
    u8 byte = 1;
    require(syscall3(SYS_PIPE2, (s64)there, 0, 0) == 0, "pipe");
    require(syscall3(SYS_PIPE2, (s64)back, 0, 0) == 0, "pipe");
    if (fork_process() == 0) {
        for (unsigned i = 0; i < ROUND_TRIPS; i++)
            pass(there[0], back[1], 3);
        exit_process(0);
    }
    require(syscall3(SYS_WRITE, there[1], (s64)&byte, 1) == 1, "write");
    for (unsigned i = 1; i < ROUND_TRIPS; i++)
        pass(back[0], there[1], 5);
    require(syscall3(SYS_READ, back[0], (s64)&byte, 1) == 1, "read");
    wait_for_child();
    return mix(MIX_START, byte);
}

u64 measure(const char *argument)
{
    return same_text(argument, "pipe") ? ping_pong() : getppids();
}
