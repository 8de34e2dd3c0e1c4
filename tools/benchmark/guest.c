/*
 * Start-up, output and memory for the benchmark's guest programs (guest.h).
 */
#include "tools/benchmark/guest.h"

/* The stack as the kernel leaves it: argc, argv..., NULL. */
__asm__(".globl _start\n"
        "_start:\n"
        "    mov x29, #0\n"
        "    mov x30, #0\n"
        "    mov x0, sp\n"
        "    b start\n");

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
void start(const u64 *stack) __attribute__((noreturn));

/* The compiler calls these for structures; it is told not to see loops as such calls. */
void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    u8 *t = to;
    const u8 *f = from;
    for (; size >= 8; size -= 8, t += 8, f += 8)
        *(u64 *)(void *)t = *(const u64 *)(const void *)f;
    while (size--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    u8 *t = to;
    while (size--)
        *t++ = (u8)byte;
    return to;
}

static size_t length_of(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static char *append(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

static char *append_hex(char *at, u64 value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[value >> shift & 15];
    return at;
}

static char *append_number(char *at, u64 value)
{
    if (value >= 10)
        at = append_number(at, value / 10);
    *at++ = (char)('0' + value % 10);
    return at;
}

static void print(const char *text, size_t size)
{
    syscall3(SYS_WRITE, 1, (s64)text, (s64)size);
}

void exit_process(int status)
{
    for (;;)
        syscall3(SYS_EXIT, status, 0, 0);
}

void require(bool ok, const char *text)
{
    if (ok)
        return;
    char line[128], *at = append(line, "bench: failed: ");
    at = append(at, text);
    *at++ = '\n';
    print(line, (size_t)(at - line));
    exit_process(1);
}

bool same_text(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

u64 number_of(const char *text)
{
    u64 n = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        n = 10 * n + (u64)(*text - '0');
    return n;
}

void *map_pages(size_t size, bool exec)
{
    enum { READ = 1, WRITE = 2, EXEC = 4, PRIVATE_ANONYMOUS = 0x22 };
    s64 at = syscall6(SYS_MMAP, 0, (s64)size, READ | WRITE | (exec ? EXEC : 0), PRIVATE_ANONYMOUS,
                      -1, 0);
    require(at > 0, "mmap");
    return (void *)at;
}

s64 fork_process(void)
{
    enum { SIGCHLD = 17 };
    s64 child = syscall3(SYS_CLONE, SIGCHLD, 0, 0);
    require(child >= 0, "fork");
    return child;
}

void wait_for_child(void)
{
    s32 status = -1;
    s64 child = syscall6(SYS_WAIT4, -1, (s64)&status, 0, 0, 0, 0);
    require(child > 0 && status == 0, "a child ended badly");
}

static u64 now(void)
{
    enum { CLOCK_MONOTONIC = 1 };
    s64 time[2];
    syscall3(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, (s64)time, 0);
    return (u64)time[0] * 1000000000 + (u64)time[1];
}

void start(const u64 *stack)
{
    static const char begin[] = "bench: begin\n";
    const char *const *argv = (const char *const *)(stack + 1);
    const char *argument = stack[0] > 1 ? argv[1] : "";
    char line[64], *at = line;

    print(begin, length_of(begin));
    u64 started = now();
    u64 sum = measure(argument);
    u64 ended = now();
    at = append_hex(append(at, "bench: end "), sum);
    *at++ = ' ';
    at = append_number(at, ended - started);
    *at++ = '\n';
    print(line, (size_t)(at - line));
    exit_process(0);
}
