/*
 * Compression of real data: busybox's gzip, applied to busybox. The checksum is
 * over what comes out.
 */
#include "tools/benchmark/guest.h"

static void run_gzip(const s32 out[2])
{
    static const char *const argv[] = {"gzip", "-c", "/bin/busybox", NULL};
    static const char *const env[] = {NULL};
    syscall3(SYS_DUP3, out[1], 1, 0);
    syscall3(SYS_CLOSE, out[0], 0, 0);
    syscall3(SYS_CLOSE, out[1], 0, 0);
    syscall3(SYS_EXECVE, (s64) "/bin/busybox", (s64)argv, (s64)env);
    exit_process(1);
}

u64 measure(const char *argument)
{
    static u8 buffer[PAGE_SIZE];
    s32 out[2];
    u64 sum = MIX_START;
    s64 n;
    require(syscall3(SYS_PIPE2, (s64)out, 0, 0) == 0, "pipe");
    if (fork_process() == 0)
        run_gzip(out);
    syscall3(SYS_CLOSE, out[1], 0, 0);
    while ((n = syscall3(SYS_READ, out[0], (s64)buffer, sizeof(buffer))) > 0)
        for (s64 i = 0; i < n; i++)
            sum = mix(sum, buffer[i]);
    wait_for_child();
    return sum;
}
