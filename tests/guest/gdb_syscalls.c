/*
 * For tests of system calls seen from outside: a first process that makes calls in
 * every way that makes pairing a call with its return hard, and writes the order of
 * events to the console. It needs no libc, and would get no call of gettimeofday
 * from one, which asks the vDSO. Numbers and structures are asm-generic's.
 */

typedef unsigned long ulong;

enum {
    NR_DUP3 = 24,
    NR_OPENAT = 56,
    NR_PIPE2 = 59,
    NR_READ = 63,
    NR_WRITE = 64,
    NR_NEWFSTATAT = 79,
    NR_EXIT_GROUP = 94,
    NR_NANOSLEEP = 101,
    NR_SETITIMER = 103,
    NR_RT_SIGACTION = 134,
    NR_REBOOT = 142,
    NR_UNAME = 160,
    NR_GETTIMEOFDAY = 169,
    NR_CLONE = 220,
    NR_EXECVE = 221,
    NR_MMAP = 222,
    NR_WAIT4 = 260,
    NR_UNUSED = 600,
    AT_FDCWD = -100,
    SIGALRM = 14,
    SIGCHLD = 17,
    SA_RESTART = 0x10000000,
};

static long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}

static long call3(long number, const void *a, const void *b, long c)
{
    return call(number, (long)a, (long)b, c, 0, 0, 0);
}

static ulong length(const char *s)
{
    ulong n = 0;
    while (s[n])
        n++;
    return n;
}

/* "WHAT N" in one call. */
static void say(const char *what, long n)
{
    char line[64], digits[20];
    ulong len = 0, count = 0;
    for (; what[len]; len++)
        line[len] = what[len];
    line[len++] = ' ';
    if (n < 0)
        line[len++] = '-';
    ulong left = n < 0 ? -(ulong)n : (ulong)n;
    do
        digits[count++] = (char)('0' + left % 10);
    while (left /= 10);
    while (count)
        line[len++] = digits[--count];
    line[len++] = '\n';
    call(NR_WRITE, 1, (long)line, (long)len, 0, 0, 0);
}

__attribute__((noinline)) static long ask_time(void)
{
    long tv[2];
    return call3(NR_GETTIMEOFDAY, tv, 0, 0);
}

static void handler(int signal)
{
    ask_time();
}

static void handle_alarm(ulong flags)
{
    ulong action[4] = {(ulong)handler, flags, 0, 0};
    call(NR_RT_SIGACTION, SIGALRM, (long)action, 0, 8, 0, 0);
}

static void arm_timer(long us)
{
    long timer[4] = {0, 0, 0, us};
    call3(NR_SETITIMER, 0, timer, 0);
}

static long fork_process(void)
{
    return call(NR_CLONE, SIGCHLD, 0, 0, 0, 0, 0);
}

static void leave(long status)
{
    call(NR_EXIT_GROUP, status, 0, 0, 0, 0, 0);
    __builtin_trap();
}

/* A signal's handler makes a call of its own in the middle of this one: EINTR. */
static long interrupted(void)
{
    long ts[2] = {5, 0};
    handle_alarm(0);
    arm_timer(20000);
    return call3(NR_NANOSLEEP, ts, ts, 0);
}

/* read from a pipe is interrupted, and made again by the kernel. */
static long restarted(void)
{
    int fds[2];
    char c;
    handle_alarm(SA_RESTART);
    call3(NR_PIPE2, fds, 0, 0);
    if (fork_process() == 0) {
        long ts[2] = {0, 60000000};
        call3(NR_NANOSLEEP, ts, 0, 0);
        call(NR_WRITE, fds[1], (long)"x", 1, 0, 0, 0);
        leave(0);
    }
    arm_timer(20000);
    long n = call(NR_READ, fds[0], (long)&c, 1, 0, 0, 0);
    call(NR_WAIT4, -1, 0, 0, 0, 0, 0);
    return n;
}

/* What is shown in words. */
static void various(void)
{
    char buffer[512];
    call(NR_OPENAT, AT_FDCWD, (long)"/no\tsuch \"file\"", 02000000, 0, 0, 0);
    call(NR_OPENAT, AT_FDCWD, (long)"/new", 0101, 0640, 0, 0);
    call(NR_NEWFSTATAT, AT_FDCWD, (long)"/init", (long)buffer, 0, 0, 0);
    call(NR_DUP3, 0, 0, 0, 0, 0, 0);
    call3(NR_UNAME, buffer, 0, 0);
    call(NR_MMAP, 0, 8192, 3, 0x22, -1, 0);
    call(NR_UNUSED, 1, 2, 3, 4, 5, 6);
}

/* Where parent and child have different values at one address. */
volatile int generation = 1;

int main(long argc, char *argv[])
{
    static char *const child[] = {"init", "child", 0};
    static char *const environment[] = {"A=b", 0};
    if (argc > 1 && length(argv[1]) == 5 && argv[1][0] == 'c') {
        ask_time();
        leave(3);
    }
    generation = 1; /* there is a page now */
    say("first", 1);
    for (int i = 0; i < 3; i++)
        ask_time();
    long pid = fork_process();
    if (pid == 0) {
        generation = 2;
        ask_time();
        call3(NR_EXECVE, "/init", child, (long)environment);
    }
    int status;
    call(NR_WAIT4, pid, (long)&status, 0, 0, 0, 0);
    say("status", status >> 8);
    various();
    say("interrupted", interrupted());
    say("restarted", restarted());
    ask_time();
    call(NR_REBOOT, (int)0xfee1dead, 672274793, 0x4321fedc, 0, 0, 0);
    return 0;
}

/* The kernel leaves argc and argv on the stack. */
__asm__(".global _start\n"
        "_start: ldr x0, [sp]\n"
        "        add x1, sp, #8\n"
        "        mov x29, xzr\n"
        "        mov x30, xzr\n"
        "        bl main\n"
        "        udf #0\n");
