/*
 * For tests of a shared folder: the first argument is one on 9P, in which system
 * calls are made that a shell can't make, and what they do is looked at. Prints
 * "NAME ok" or "NAME failed" for each. Needs no libc; numbers and structures are
 * asm-generic's.
 */

typedef unsigned long ulong;

enum {
    NR_SETXATTR = 5,
    NR_GETXATTR = 8,
    NR_LISTXATTR = 11,
    NR_REMOVEXATTR = 14,
    NR_FCNTL = 25,
    NR_UNLINKAT = 35,
    NR_FTRUNCATE = 46,
    NR_CHDIR = 49,
    NR_OPENAT = 56,
    NR_CLOSE = 57,
    NR_READ = 63,
    NR_WRITE = 64,
    NR_PREAD = 67,
    NR_FSTAT = 80,
    NR_FSYNC = 82,
    NR_EXIT_GROUP = 94,
    NR_MUNMAP = 215,
    NR_MMAP = 222,
    NR_MSYNC = 227,
    AT_FDCWD = -100,
    O_RDWR = 2,
    O_CREAT = 0100,
    O_TRUNC = 01000,
    O_APPEND = 02000,
    PAGE = 4096,
    ENODATA = 61,
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

static ulong length(const char *s)
{
    ulong n = 0;
    while (s[n])
        n++;
    return n;
}

static int same(const char *a, const char *b, ulong n)
{
    while (n && *a == *b)
        n--, a++, b++;
    return n == 0;
}

static void report(const char *name, int ok)
{
    call(NR_WRITE, 1, (long)name, (long)length(name), 0, 0, 0);
    call(NR_WRITE, 1, (long)(ok ? " ok\n" : " failed\n"), ok ? 4 : 8, 0, 0, 0);
}

static long open_file(const char *name, int flags)
{
    return call(NR_OPENAT, AT_FDCWD, (long)name, O_RDWR | flags, 0644, 0, 0);
}

static long set(const char *name, const char *value, long size)
{
    return call(NR_SETXATTR, (long)"file", (long)name, (long)value, size, 0, 0);
}

static void attributes(void)
{
    char got[64];
    call(NR_CLOSE, open_file("file", O_CREAT), 0, 0, 0, 0, 0);
    report("setxattr", set("user.one", "value", 5) == 0);
    long n = call(NR_GETXATTR, (long)"file", (long)"user.one", (long)got, sizeof(got), 0, 0);
    report("getxattr", n == 5 && same(got, "value", 5));
    n = call(NR_LISTXATTR, (long)"file", (long)got, sizeof(got), 0, 0, 0);
    report("listxattr", n == 9 && same(got, "user.one", 9));
    report("removexattr", call(NR_REMOVEXATTR, (long)"file", (long)"user.one", 0, 0, 0, 0) == 0);
    n = call(NR_GETXATTR, (long)"file", (long)"user.one", (long)got, sizeof(got), 0, 0);
    report("removed", n == -ENODATA);
}

/* What is written through a mapping is there for read, and the other way round. */
static void mapping(void)
{
    char got[8];
    long fd = open_file("mapped", O_CREAT);
    long grown = call(NR_FTRUNCATE, fd, 3 * PAGE, 0, 0, 0, 0);
    char *at = (char *)call(NR_MMAP, 0, 3 * PAGE, 3, 1, fd, 0);
    int ok = grown == 0 && (ulong)at < -4096UL;
    if (ok) {
        for (int i = 0; i < 3 * PAGE; i++)
            at[i] = (char)('0' + i % 10);
        ok = call(NR_MSYNC, (long)at, 3 * PAGE, 4, 0, 0, 0) == 0 &&
             call(NR_PREAD, fd, (long)got, 5, 5000, 0, 0) == 5 && same(got, "01234", 5) &&
             call(NR_MUNMAP, (long)at, 3 * PAGE, 0, 0, 0, 0) == 0;
    }
    call(NR_CLOSE, fd, 0, 0, 0, 0, 0);
    report("mmap", ok);
}

static void appending(void)
{
    char got[16];
    long one = open_file("appended", O_CREAT | O_TRUNC | O_APPEND);
    long n = call(NR_WRITE, one, (long)"first ", 6, 0, 0, 0);
    call(NR_CLOSE, one, 0, 0, 0, 0, 0);
    one = open_file("appended", O_APPEND);
    n += call(NR_WRITE, one, (long)"second", 6, 0, 0, 0);
    n += call(NR_FSYNC, one, 0, 0, 0, 0, 0);
    report("append", n == 12 && call(NR_PREAD, one, (long)got, 16, 0, 0, 0) == 12 &&
                         same(got, "first second", 12));
    call(NR_CLOSE, one, 0, 0, 0, 0, 0);
}

/* A file that was removed lives on while it is open. */
static void removed(void)
{
    long st[16];
    char got[8];
    long fd = open_file("gone", O_CREAT);
    long n = call(NR_WRITE, fd, (long)"still", 5, 0, 0, 0);
    n += call(NR_UNLINKAT, AT_FDCWD, (long)"gone", 0, 0, 0, 0);
    int ok = n == 5 && call(NR_FSTAT, fd, (long)st, 0, 0, 0, 0) == 0 && st[6] == 5;
    report("unlinked",
           ok && call(NR_PREAD, fd, (long)got, 8, 0, 0, 0) == 5 && same(got, "still", 5));
    report("unlinked-truncate", call(NR_FTRUNCATE, fd, 2, 0, 0, 0, 0) == 0);
    call(NR_CLOSE, fd, 0, 0, 0, 0, 0);
}

static void locks(void)
{
    enum { F_GETLK = 5, F_SETLK = 6, F_WRLCK = 1, F_UNLCK = 2 };
    struct {
        short type, whence;
        long start, len;
        int pid;
    } lock = {F_WRLCK, 0, 0, 10, 0};
    long fd = open_file("file", O_CREAT);
    int ok = call(NR_FCNTL, fd, F_SETLK, (long)&lock, 0, 0, 0) == 0;
    lock.start = 5;
    ok = ok && call(NR_FCNTL, fd, F_GETLK, (long)&lock, 0, 0, 0) == 0 && lock.type == F_UNLCK;
    ok = ok && call(NR_FCNTL, fd, F_SETLK, (long)&lock, 0, 0, 0) == 0;
    report("lock", ok);
    call(NR_CLOSE, fd, 0, 0, 0, 0, 0);
}

__attribute__((used)) static void run(const long *stack)
{
    if (stack[0] < 2 || call(NR_CHDIR, stack[2], 0, 0, 0, 0, 0) != 0)
        report("chdir", 0);
    attributes();
    mapping();
    appending();
    removed();
    locks();
    call(NR_EXIT_GROUP, 0, 0, 0, 0, 0, 0);
}

__attribute__((naked)) void _start(void);
void _start(void)
{
    __asm__("mov x0, sp\n\tb run");
}
