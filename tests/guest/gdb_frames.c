/*
 * For tests of tools/gdb/mini-a64.py without Linux: user code that goes into a kernel
 * which saves its registers, and names things, as Linux 5.4 does. Exceptions of user
 * code come to el0_svc with the stack pointer at struct pt_regs. MMU off.
 */

struct pt_regs {
    unsigned long regs[31], sp, pc, pstate;
};

struct task_struct {
    long state;
    int pid;
    char comm[16];
};

struct task_struct init_task = {0, 57, "frames"};
struct task_struct *__entry_task = &init_task; /* at TPIDR_EL1, which is 0 */
/* The kernel's is higher, as in Linux. */
__attribute__((aligned(16))) struct {
    char user[4096], kernel[4096];
} stacks;

__attribute__((noinline)) void handler(struct pt_regs *regs)
{
    regs->regs[0]++;
    __asm__ volatile("" ::: "memory");
}

/* A leaf without a frame record, as the libc's syscall() is. */
long call(long x);
__asm__(".type call, %function\n"
        "call: svc #0\n"
        "      ret\n"
        ".size call, . - call\n");

__attribute__((noinline)) static long inner(long x)
{
    return call(x) + 1;
}

__attribute__((noinline)) static long outer(long x)
{
    return inner(x) + 1;
}

void user_main(void)
{
    for (long x = 0;; x++)
        x = outer(x);
}

__asm__(".global _start, el0_svc\n"
        "_start: adr x0, vectors\n"
        "        msr VBAR_EL1, x0\n"
        "        adr x0, stacks + 8192\n"
        "        mov sp, x0\n"
        "        adr x0, stacks + 4096\n"
        "        msr SP_EL0, x0\n"
        "        adr x0, user_main\n"
        "        msr ELR_EL1, x0\n"
        "        mov x0, #0x3c0\n"
        "        msr SPSR_EL1, x0\n"
        "        msr TPIDR_EL1, xzr\n"
        "        mov x29, xzr\n"
        "        mov x30, xzr\n"
        "        eret\n"
        "        .balign 2048\n"
        "vectors:\n"
        "        .org vectors + 0x400\n"
        "        sub sp, sp, #272\n"
        "        b el0_svc\n"
        "        .org vectors + 0x800\n"
        "        .type el0_svc, %function\n"
        "el0_svc:\n"
        "        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "        str x\\n, [sp, #8 * \\n]\n"
        "        .endr\n"
        "        .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29\n"
        "        str x\\n, [sp, #8 * \\n]\n"
        "        .endr\n"
        "        mrs x20, SP_EL0\n"
        "        mrs x21, ELR_EL1\n"
        "        mrs x22, SPSR_EL1\n"
        "        stp x30, x20, [sp, #240]\n"
        "        stp x21, x22, [sp, #256]\n"
        "        mov x0, sp\n"
        "        mov x29, xzr\n"
        "        bl handler\n"
        "        ldp x0, x1, [sp]\n"
        "        ldp x19, x20, [sp, #152]\n"
        "        ldp x21, x22, [sp, #168]\n"
        "        ldp x29, x30, [sp, #232]\n"
        "        add sp, sp, #272\n"
        "        eret\n"
        "        .size el0_svc, . - el0_svc\n");
