/*
 * What the benchmark's guest programs share: start-up without a C library, system
 * calls, memory, output. A program defines `measure`, whose work is the same each
 * time for the same argument, and guest.c does the rest: it prints
 *
 *     bench: begin
 *     bench: end CHECKSUM NANOSECONDS
 *
 * where the checksum is what `measure` returns and tells a wrong result from a
 * right one. Syscall numbers are those of Linux's asm-generic/unistd.h.
 */
#ifndef TOOLS_BENCHMARK_GUEST_H
#define TOOLS_BENCHMARK_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

enum syscall_number {
    SYS_DUP3 = 24,
    SYS_UNLINKAT = 35,
    SYS_OPENAT = 56,
    SYS_CLOSE = 57,
    SYS_PIPE2 = 59,
    SYS_READ = 63,
    SYS_WRITE = 64,
    SYS_PREAD64 = 67,
    SYS_PWRITE64 = 68,
    SYS_FSYNC = 82,
    SYS_EXIT = 93,
    SYS_NANOSLEEP = 101,
    SYS_CLOCK_GETTIME = 113,
    SYS_KILL = 129,
    SYS_PRCTL = 167,
    SYS_GETPPID = 173,
    SYS_SOCKET = 198,
    SYS_CONNECT = 203,
    SYS_SETSOCKOPT = 208,
    SYS_SHUTDOWN = 210,
    SYS_MUNMAP = 215,
    SYS_CLONE = 220,
    SYS_EXECVE = 221,
    SYS_MMAP = 222,
    SYS_WAIT4 = 260,
};

enum { PAGE_SIZE = 4096, SIGKILL = 9 };

static inline s64 syscall6(enum syscall_number number, s64 a, s64 b, s64 c, s64 d, s64 e, s64 f)
{
    register s64 x8 __asm__("x8") = number;
    register s64 x0 __asm__("x0") = a;
    register s64 x1 __asm__("x1") = b;
    register s64 x2 __asm__("x2") = c;
    register s64 x3 __asm__("x3") = d;
    register s64 x4 __asm__("x4") = e;
    register s64 x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}

static inline s64 syscall3(enum syscall_number number, s64 a, s64 b, s64 c)
{
    return syscall6(number, a, b, c, 0, 0, 0);
}

/* The program: ARGUMENT is the case's name behind the first '-', or "". */
u64 measure(const char *argument);

/* Print TEXT and end the program when OK is false: what the guest can't do is no result. */
void require(bool ok, const char *text);

bool same_text(const char *a, const char *b);
u64 number_of(const char *text); /* decimal */

/* Zeroed memory, of whole pages; never NULL. Protection is read, write and EXEC. */
void *map_pages(size_t size, bool exec);

/* As fork: 0 in the child. */
s64 fork_process(void);
/* Wait for a child to end well. */
void wait_for_child(void);
void exit_process(int status) __attribute__((noreturn));

/* A checksum that depends on the order: FNV-1a over 64-bit words. */
#define MIX_START 0xcbf29ce484222325u
static inline u64 mix(u64 sum, u64 value)
{
    return (sum ^ value) * 0x100000001b3;
}

/* The same numbers each time: Marsaglia's xorshift64. STATE starts as anything but 0. */
static inline u64 next_random(u64 *state)
{
    u64 x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

#endif
