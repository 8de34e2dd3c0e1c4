/*
 * The reference for tests and the fuzzer: a freestanding AArch64 Linux program for
 * qemu-aarch64 that executes the records of record.h and notes what came of them.
 *
 * A record's registers are loaded by `enter`, which jumps to the slot; the stub that
 * the slot's last word branches to jumps to `tail`, which stores them. X0 travels
 * through TPIDR_EL0 on both ways, since every register belongs to the program. What
 * goes wrong arrives as a signal on a stack of its own, whose frame holds the same
 * registers (arch/arm64: struct sigcontext and fpsimd_context). The program is linked at
 * an address that random pointers are not likely to name.
 */
#include "tools/a64test/record.h"

_Static_assert(__builtin_offsetof(struct record_state, sp) == 248, "known to the assembly");
_Static_assert(__builtin_offsetof(struct record_state, pc) == 256, "known to the assembly");
_Static_assert(__builtin_offsetof(struct record_state, nzcv) == 272, "known to the assembly");
_Static_assert(__builtin_offsetof(struct record_state, fpcr) == 276, "known to the assembly");
_Static_assert(__builtin_offsetof(struct record_state, fpsr) == 280, "known to the assembly");
_Static_assert(__builtin_offsetof(struct record_state, v) == 288, "known to the assembly");

void enter(const struct record_state *in);
void tail(void);
void resume(void);

struct record_state *current_out;
uint64_t saved_sp;

/* clang-format off */
__asm__(
    ".arch armv8-a+simd\n"
    ".globl _start\n"
    "_start:\n"
    "    mov  x0, sp\n"
    "    adrp x1, stack_end\n"
    "    add  x1, x1, :lo12:stack_end\n"
    "    mov  sp, x1\n"
    "    bl   reference_main\n"
    ".bss\n"
    ".balign 16\n"
    ".skip 65536\n"
    "stack_end:\n"
    ".text\n"
    "enter:\n"
    "    stp  x29, x30, [sp, #-96]!\n"
    "    stp  x19, x20, [sp, #16]\n"
    "    stp  x21, x22, [sp, #32]\n"
    "    stp  x23, x24, [sp, #48]\n"
    "    stp  x25, x26, [sp, #64]\n"
    "    stp  x27, x28, [sp, #80]\n"
    "    adrp x2, saved_sp\n"
    "    mov  x3, sp\n"
    "    str  x3, [x2, :lo12:saved_sp]\n"
    "    clrex\n"
    "    ldp  q0, q1, [x0, #288]\n"
    "    ldp  q2, q3, [x0, #320]\n"
    "    ldp  q4, q5, [x0, #352]\n"
    "    ldp  q6, q7, [x0, #384]\n"
    "    ldp  q8, q9, [x0, #416]\n"
    "    ldp  q10, q11, [x0, #448]\n"
    "    ldp  q12, q13, [x0, #480]\n"
    "    ldp  q14, q15, [x0, #512]\n"
    "    ldp  q16, q17, [x0, #544]\n"
    "    ldp  q18, q19, [x0, #576]\n"
    "    ldp  q20, q21, [x0, #608]\n"
    "    ldp  q22, q23, [x0, #640]\n"
    "    ldp  q24, q25, [x0, #672]\n"
    "    ldp  q26, q27, [x0, #704]\n"
    "    ldp  q28, q29, [x0, #736]\n"
    "    ldp  q30, q31, [x0, #768]\n"
    "    ldr  w1, [x0, #272]\n"
    "    ldr  w2, [x0, #276]\n"
    "    ldr  w3, [x0, #280]\n"
    "    msr  nzcv, x1\n"
    "    msr  fpcr, x2\n"
    "    msr  fpsr, x3\n"
    "    ldr  x1, [x0]\n"
    "    ldr  x2, [x0, #248]\n"
    "    msr  tpidr_el0, x1\n"
    "    mov  sp, x2\n"
    "    ldr  x1, [x0, #8]\n"
    "    ldp  x2, x3, [x0, #16]\n"
    "    ldp  x4, x5, [x0, #32]\n"
    "    ldp  x6, x7, [x0, #48]\n"
    "    ldp  x8, x9, [x0, #64]\n"
    "    ldp  x10, x11, [x0, #80]\n"
    "    ldp  x12, x13, [x0, #96]\n"
    "    ldp  x14, x15, [x0, #112]\n"
    "    ldp  x16, x17, [x0, #128]\n"
    "    ldp  x18, x19, [x0, #144]\n"
    "    ldp  x20, x21, [x0, #160]\n"
    "    ldp  x22, x23, [x0, #176]\n"
    "    ldp  x24, x25, [x0, #192]\n"
    "    ldp  x26, x27, [x0, #208]\n"
    "    ldp  x28, x29, [x0, #224]\n"
    "    ldr  x30, [x0, #240]\n"
    "    ldr  x0, [x0, #256]\n"
    "    br   x0\n"
    ".globl tail\n"
    "tail:\n"
    "    adrp x0, current_out\n"
    "    ldr  x0, [x0, :lo12:current_out]\n"
    "    str  x1, [x0, #8]\n"
    "    stp  x2, x3, [x0, #16]\n"
    "    stp  x4, x5, [x0, #32]\n"
    "    stp  x6, x7, [x0, #48]\n"
    "    stp  x8, x9, [x0, #64]\n"
    "    stp  x10, x11, [x0, #80]\n"
    "    stp  x12, x13, [x0, #96]\n"
    "    stp  x14, x15, [x0, #112]\n"
    "    stp  x16, x17, [x0, #128]\n"
    "    stp  x18, x19, [x0, #144]\n"
    "    stp  x20, x21, [x0, #160]\n"
    "    stp  x22, x23, [x0, #176]\n"
    "    stp  x24, x25, [x0, #192]\n"
    "    stp  x26, x27, [x0, #208]\n"
    "    stp  x28, x29, [x0, #224]\n"
    "    mov  x2, sp\n"
    "    mrs  x1, tpidr_el0\n"
    "    stp  x30, x2, [x0, #240]\n"
    "    str  x1, [x0]\n"
    "    mrs  x1, nzcv\n"
    "    mrs  x2, fpcr\n"
    "    mrs  x3, fpsr\n"
    "    str  w1, [x0, #272]\n"
    "    str  w2, [x0, #276]\n"
    "    str  w3, [x0, #280]\n"
    "    stp  q0, q1, [x0, #288]\n"
    "    stp  q2, q3, [x0, #320]\n"
    "    stp  q4, q5, [x0, #352]\n"
    "    stp  q6, q7, [x0, #384]\n"
    "    stp  q8, q9, [x0, #416]\n"
    "    stp  q10, q11, [x0, #448]\n"
    "    stp  q12, q13, [x0, #480]\n"
    "    stp  q14, q15, [x0, #512]\n"
    "    stp  q16, q17, [x0, #544]\n"
    "    stp  q18, q19, [x0, #576]\n"
    "    stp  q20, q21, [x0, #608]\n"
    "    stp  q22, q23, [x0, #640]\n"
    "    stp  q24, q25, [x0, #672]\n"
    "    stp  q26, q27, [x0, #704]\n"
    "    stp  q28, q29, [x0, #736]\n"
    "    stp  q30, q31, [x0, #768]\n"
    ".globl resume\n"
    "resume:\n"
    "    adrp x0, saved_sp\n"
    "    ldr  x0, [x0, :lo12:saved_sp]\n"
    "    mov  sp, x0\n"
    "    msr  fpcr, xzr\n"
    "    ldp  x19, x20, [sp, #16]\n"
    "    ldp  x21, x22, [sp, #32]\n"
    "    ldp  x23, x24, [sp, #48]\n"
    "    ldp  x25, x26, [sp, #64]\n"
    "    ldp  x27, x28, [sp, #80]\n"
    "    ldp  x29, x30, [sp], #96\n"
    "    ret\n"
    "restorer:\n"
    "    mov  x8, #139\n" /* rt_sigreturn */
    "    svc  #0\n"
);
/* clang-format on */

void restorer(void);

enum {
    SYS_read = 63,
    SYS_write = 64,
    SYS_exit_group = 94,
    SYS_setitimer = 103,
    SYS_sigaltstack = 132,
    SYS_rt_sigaction = 134,
    SYS_munmap = 215,
    SYS_mmap = 222,
    SYS_mprotect = 226,
};

static long syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}

static long syscall3(long number, long a, long b, long c)
{
    return syscall6(number, a, b, c, 0, 0, 0);
}

static void check(long result, int status)
{
    if (result < 0)
        syscall3(SYS_exit_group, status, 0, 0);
}

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 16, MAP_ANONYMOUS = 32 };

#define SHARED_BASE UINT64_C(0x3a5c6e300000) /* where no random pointer leads */

static void *map(uint64_t at, uint64_t size, long protection, long flags, long fd, uint64_t offset)
{
    long r = syscall6(SYS_mmap, (long)at, (long)size, protection, flags, fd, (long)offset);
    check(r < 0 && r > -4096 ? r : 0, 2);
    return (void *)r;
}

enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SIGVTALRM = 26 };
enum { SEGV_MAPERR = 1 };

struct siginfo {
    int32_t signo, err, code, pad;
    uint64_t address;
};

/* As the kernel lays them out on the signal stack. */
struct fpsimd_context {
    uint32_t magic, size;
    uint32_t fpsr, fpcr;
    uint64_t v[32][2] __attribute__((aligned(16)));
};

struct ucontext {
    uint64_t flags, link, stack[3];
    uint8_t mask[128];
    uint64_t fault_address __attribute__((aligned(16)));
    uint64_t x[31], sp, pc, pstate;
    struct fpsimd_context fp __attribute__((aligned(16)));
};

enum { FPSIMD_MAGIC = 0x46508001 };

static uint32_t kind_of(int signal, const struct siginfo *info)
{
    switch (signal) {
    case SIGILL:
        return RECORD_UNDEFINED;
    case SIGSEGV:
        return info->code == SEGV_MAPERR ? RECORD_TRANSLATION : RECORD_PERMISSION;
    case SIGBUS:
        return RECORD_ALIGNMENT;
    case SIGTRAP:
        return RECORD_BREAKPOINT;
    case SIGVTALRM:
        return RECORD_TIMEOUT;
    default:
        return RECORD_OTHER;
    }
}

/* Plain loops, which the compiler may not make calls of. */
static void copy(volatile uint64_t *to, const volatile uint64_t *from, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes / 8; i++)
        to[i] = from[i];
}

static void on_signal(int signal, struct siginfo *info, struct ucontext *uc)
{
    struct record_state *out = current_out;
    if (!out) {
        if (signal == SIGVTALRM)
            return;
        syscall3(SYS_exit_group, 3, 0, 0);
    }
    copy(out->x, uc->x, sizeof(out->x));
    out->sp = uc->sp;
    out->pc = uc->pc;
    out->nzcv = (uint32_t)uc->pstate & 0xf0000000;
    out->kind = kind_of(signal, info);
    out->far = signal == SIGSEGV || signal == SIGBUS ? info->address : 0;
    if (uc->fp.magic != FPSIMD_MAGIC)
        syscall3(SYS_exit_group, 4, 0, 0);
    out->fpcr = uc->fp.fpcr;
    out->fpsr = uc->fp.fpsr;
    copy(&out->v[0][0], &uc->fp.v[0][0], sizeof(out->v));
    uc->pc = (uint64_t)resume;
    uc->fp.fpcr = 0;
}

static uint8_t signal_stack[65536] __attribute__((aligned(16)));

static void catch_signals(void)
{
    static const int caught[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGVTALRM};
    enum { SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000 };
    struct {
        uint64_t base;
        int32_t flags;
        uint64_t size;
    } stack = {(uint64_t)signal_stack, 0, sizeof(signal_stack)};
    struct {
        uint64_t handler, flags, restorer, mask;
    } action = {(uint64_t)on_signal, SA_SIGINFO | SA_RESTORER | SA_ONSTACK, (uint64_t)restorer,
                ~UINT64_C(0)};
    check(syscall3(SYS_sigaltstack, (long)&stack, 0, 0), 5);
    for (unsigned i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
        check(syscall6(SYS_rt_sigaction, caught[i], (long)&action, 0, 8, 0, 0), 6);
}

/* A program that loops for ever is left after this long, of its own time: hosts are busy. */
static void set_timer(long seconds)
{
    enum { ITIMER_VIRTUAL = 1 };
    const int64_t timer[4] = {seconds, 0, seconds, 0};
    syscall3(SYS_setitimer, ITIMER_VIRTUAL, (long)timer, 0);
}

/* Executable only while programs run, so that a store of theirs faults on both sides. */
static void install_code(const struct record_shared *s)
{
    check(syscall3(SYS_mprotect, (long)RECORD_CODE, RECORD_CODE_BYTES, PROT_READ | PROT_WRITE), 7);
    copy((uint64_t *)RECORD_CODE, (const uint64_t *)s->code, RECORD_CODE_BYTES);
    check(syscall3(SYS_mprotect, (long)RECORD_CODE, RECORD_CODE_BYTES, PROT_READ | PROT_EXEC), 8);
}

static void run(struct record_shared *s, uint32_t first, uint32_t count)
{
    install_code(s);
    set_timer(2);
    for (uint32_t i = first; i < first + count; i++) {
        struct record_state *out = &s->out[i];
        out->pc = RECORD_CODE;
        out->far = 0;
        out->kind = RECORD_DONE;
        current_out = out;
        enter(&s->in[i]);
        current_out = 0;
    }
    set_timer(0);
}

/* The stack that the kernel gave is where a random pointer may lead. */
static void drop_stack(uint64_t sp)
{
    const uint64_t span = 0x1000000; /* that it and its guard page lie in */
    check(syscall3(SYS_munmap, (long)(sp & ~(span - 1)), (long)span, 0), 10);
}

__attribute__((noreturn, used)) void reference_main(uint64_t sp)
{
    uint32_t request[2]; /* first record, count */
    struct record_shared *s = map(SHARED_BASE, sizeof(*s), PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_FIXED, RECORD_FD_FILE, 0);
    map(RECORD_DATA, RECORD_WRITABLE_PAGES * RECORD_PAGE, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_FIXED, RECORD_FD_FILE, __builtin_offsetof(struct record_shared, data));
    map(RECORD_DATA + RECORD_WRITABLE_PAGES * RECORD_PAGE, RECORD_PAGE, PROT_READ,
        MAP_SHARED | MAP_FIXED, RECORD_FD_FILE,
        __builtin_offsetof(struct record_shared, data) + RECORD_WRITABLE_PAGES * RECORD_PAGE);
    map(RECORD_CODE, RECORD_CODE_BYTES, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
    drop_stack(sp);
    catch_signals();
    s->tail = (uint64_t)tail;
    do {
        check(syscall3(SYS_write, RECORD_FD_REPLY, (long)"k", 1), 9);
        long got = syscall3(SYS_read, RECORD_FD_REQUEST, (long)request, sizeof(request));
        if (got != sizeof(request) || request[1] == 0)
            break;
        run(s, request[0], request[1]);
    } while (1);
    syscall3(SYS_exit_group, 0, 0, 0);
    __builtin_unreachable();
}
