/*
 * Interrupts: the process asks to be woken at once, again and again. Each time the
 * kernel sets the timer, idles, takes the interrupt and switches back.
 */
#include "tools/benchmark/guest.h"

enum { WAKE_UPS = 20000, PR_SET_TIMERSLACK = 29 };

u64 measure(const char *argument)
{
    const s64 one_ns[2] = {0, 1};
    u64 sum = MIX_START;
    syscall3(SYS_PRCTL, PR_SET_TIMERSLACK, 1, 0); /* or it would wait for 50 us each time */
    for (unsigned i = 0; i < WAKE_UPS; i++)
        sum = mix(sum, (u64)syscall3(SYS_NANOSLEEP, (s64)one_ns, 0, 0));
    return sum;
}
