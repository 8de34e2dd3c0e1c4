/*
 * Context switches: a byte goes round a ring of processes, as many as the case's
 * name says ("switch-64"), each in an address space of its own.
 */
#include "tools/benchmark/guest.h"

enum { HANDOVERS = 60000, MAX_PROCESSES = 1000 };

static void run_member(s32 from, s32 to)
{
    u8 byte;
    while (syscall3(SYS_READ, from, (s64)&byte, 1) == 1) {
        byte++;
        if (syscall3(SYS_WRITE, to, (s64)&byte, 1) != 1)
            break;
    }
    exit_process(0);
}

/* One pipe more, and the process that reads from the one before it. */
static s32 add_member(s32 from, s32 first_to)
{
    s32 pipe[2];
    require(syscall3(SYS_PIPE2, (s64)pipe, 0, 0) == 0, "pipe");
    if (fork_process() == 0) {
        syscall3(SYS_CLOSE, first_to, 0, 0);
        syscall3(SYS_CLOSE, pipe[0], 0, 0);
        run_member(from, pipe[1]);
    }
    syscall3(SYS_CLOSE, from, 0, 0);
    syscall3(SYS_CLOSE, pipe[1], 0, 0);
    return pipe[0];
}

u64 measure(const char *argument)
{
    u64 processes = number_of(argument), sum = MIX_START;
    s32 first[2];
    u8 byte = 0;
    require(processes >= 2 && processes <= MAX_PROCESSES, "say how many processes, 2 to 1000");
    require(syscall3(SYS_PIPE2, (s64)first, 0, 0) == 0, "pipe");
    s32 from = first[0];
    for (u64 i = 1; i < processes; i++)
        from = add_member(from, first[1]);
    for (u64 done = 0; done < HANDOVERS; done += processes) {
        require(syscall3(SYS_WRITE, first[1], (s64)&byte, 1) == 1, "write");
        require(syscall3(SYS_READ, from, (s64)&byte, 1) == 1, "read");
        sum = mix(sum, byte);
    }
    syscall3(SYS_CLOSE, first[1], 0, 0);
    for (u64 i = 1; i < processes; i++)
        wait_for_child();
    return sum;
}
