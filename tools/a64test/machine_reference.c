/*
 * The reference for what a process can't do: a program without an operating system for
 * qemu-system-aarch64, which executes cases at EL0 and EL1 and notes the exception that
 * ends each (machine_record.h). Behind a case's words there is UDF, so there is one.
 *
 * The image stands at its vectors. It starts at MACHINE_ENTRY with the MMU off and turns it
 * on; its next fetch faults, since nothing is mapped there, and so becomes the first
 * exception. DBGBVR4_EL1 and DBGBVR5_EL1 carry X0 and X1, as every other register belongs
 * to the case. While the routines run that set and read system registers, an exception says
 * that there is no such register, and is stepped over.
 */
#include "tools/a64test/machine_record.h"

#define OFFSET_IS(field, value)                                                                    \
    _Static_assert(__builtin_offsetof(struct machine_shared, field) == (value), "the assembly's")

OFFSET_IS(phase, MACHINE_PHASE);
OFFSET_IS(boot, MACHINE_BOOT);
OFFSET_IS(vector, MACHINE_VECTOR);
OFFSET_IS(x, MACHINE_X);
OFFSET_IS(sp, MACHINE_SP);
OFFSET_IS(pc, MACHINE_PC);
OFFSET_IS(fpcr, MACHINE_FPCR);
OFFSET_IS(v, MACHINE_V);

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

/* clang-format off */
__asm__(
    ".arch armv8-a+simd\n"
    ".macro general op\n"
    "    \\op  x2, x3, [x0, #" TEXT(MACHINE_X) " + 16]\n"
    "    \\op  x4, x5, [x0, #" TEXT(MACHINE_X) " + 32]\n"
    "    \\op  x6, x7, [x0, #" TEXT(MACHINE_X) " + 48]\n"
    "    \\op  x8, x9, [x0, #" TEXT(MACHINE_X) " + 64]\n"
    "    \\op  x10, x11, [x0, #" TEXT(MACHINE_X) " + 80]\n"
    "    \\op  x12, x13, [x0, #" TEXT(MACHINE_X) " + 96]\n"
    "    \\op  x14, x15, [x0, #" TEXT(MACHINE_X) " + 112]\n"
    "    \\op  x16, x17, [x0, #" TEXT(MACHINE_X) " + 128]\n"
    "    \\op  x18, x19, [x0, #" TEXT(MACHINE_X) " + 144]\n"
    "    \\op  x20, x21, [x0, #" TEXT(MACHINE_X) " + 160]\n"
    "    \\op  x22, x23, [x0, #" TEXT(MACHINE_X) " + 176]\n"
    "    \\op  x24, x25, [x0, #" TEXT(MACHINE_X) " + 192]\n"
    "    \\op  x26, x27, [x0, #" TEXT(MACHINE_X) " + 208]\n"
    "    \\op  x28, x29, [x0, #" TEXT(MACHINE_X) " + 224]\n"
    ".endm\n"
    ".macro vectors op\n"
    "    add  x1, x0, #" TEXT(MACHINE_V) "\n"
    "    \\op  q0, q1, [x1, #0]\n"
    "    \\op  q2, q3, [x1, #32]\n"
    "    \\op  q4, q5, [x1, #64]\n"
    "    \\op  q6, q7, [x1, #96]\n"
    "    \\op  q8, q9, [x1, #128]\n"
    "    \\op  q10, q11, [x1, #160]\n"
    "    \\op  q12, q13, [x1, #192]\n"
    "    \\op  q14, q15, [x1, #224]\n"
    "    \\op  q16, q17, [x1, #256]\n"
    "    \\op  q18, q19, [x1, #288]\n"
    "    \\op  q20, q21, [x1, #320]\n"
    "    \\op  q22, q23, [x1, #352]\n"
    "    \\op  q24, q25, [x1, #384]\n"
    "    \\op  q26, q27, [x1, #416]\n"
    "    \\op  q28, q29, [x1, #448]\n"
    "    \\op  q30, q31, [x1, #480]\n"
    ".endm\n"
    ".text\n"
    ".macro vector at\n"
    "    .org \\at\n"
    "    msr  dbgbvr5_el1, x0\n"
    "    mov  x0, #\\at\n"
    "    b    taken\n"
    ".endm\n"
    ".irp at, 0, 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580\n"
    "    vector \\at\n"
    ".endr\n"
    ".org " TEXT(MACHINE_ENTRY) "\n"
    "    ldr  x0, =" TEXT(MACHINE_SHARED) " + " TEXT(MACHINE_OFFSET) "\n"
    "    ldp  x1, x2, [x0, #" TEXT(MACHINE_BOOT) "]\n"
    "    msr  mair_el1, x1\n"
    "    msr  tcr_el1, x2\n"
    "    ldp  x1, x2, [x0, #" TEXT(MACHINE_BOOT) " + 16]\n"
    "    msr  ttbr0_el1, x1\n"
    "    msr  vbar_el1, x2\n"
    "    ldp  x1, x2, [x0, #" TEXT(MACHINE_BOOT) " + 32]\n"
    "    msr  cpacr_el1, x1\n"
    "    tlbi vmalle1\n"
    "    dsb  sy\n"
    "    isb\n"
    "    msr  sctlr_el1, x2\n"
    "    isb\n"
    "    b    .\n"

    "taken:\n"
    "    msr  dbgbvr4_el1, x1\n"
    "    ldr  x1, =" TEXT(MACHINE_SHARED) "\n"
    "    str  x0, [x1, #" TEXT(MACHINE_VECTOR) "]\n"
    "    ldr  x0, [x1, #" TEXT(MACHINE_PHASE) "]\n"
    "    cbnz x0, skip\n"
    "    mov  x0, x1\n"
    "    mrs  x1, dbgbvr4_el1\n"
    "    general stp\n"
    "    mrs  x2, dbgbvr5_el1\n"
    "    stp  x2, x1, [x0, #" TEXT(MACHINE_X) "]\n"
    "    str  x30, [x0, #" TEXT(MACHINE_X) " + 240]\n"
    "    mov  x20, x0\n"
    "    mrs  x1, sp_el0\n"
    "    mov  x2, sp\n"
    "    mrs  x3, elr_el1\n"
    "    mrs  x4, spsr_el1\n"
    "    stp  x1, x2, [x20, #" TEXT(MACHINE_SP) "]\n"
    "    stp  x3, x4, [x20, #" TEXT(MACHINE_PC) "]\n"
    "    mrs  x1, esr_el1\n"
    "    mrs  x2, far_el1\n"
    "    stp  x1, x2, [x20, #" TEXT(MACHINE_PC) " + 16]\n"
    "    mov  x1, #1\n"
    "    str  x1, [x20, #" TEXT(MACHINE_PHASE) "]\n"
    "    ldr  x1, =" TEXT(MACHINE_STACK) "\n"
    "    mov  sp, x1\n"
    "    ldr  x0, =" TEXT(MACHINE_SHARED) "\n"
    "    bl   machine_after\n"
    "    ldr  x1, =" TEXT(MACHINE_ROUTINES) " + " TEXT(MACHINE_GETTER) "\n"
    "    blr  x1\n"
    "    mov  x1, #0x300000\n"
    "    msr  cpacr_el1, x1\n"
    "    isb\n"
    "    mrs  x1, fpcr\n"
    "    mrs  x2, fpsr\n"
    "    stp  x1, x2, [x20, #" TEXT(MACHINE_FPCR) "]\n"
    "    mov  x0, x20\n"
    "    vectors stp\n"
    "    mov  x0, x20\n"
    "    bl   machine_next\n"

    "    ldp  x1, x2, [x20, #" TEXT(MACHINE_FPCR) "]\n"
    "    msr  fpcr, x1\n"
    "    msr  fpsr, x2\n"
    "    mov  x0, x20\n"
    "    vectors ldp\n"
    "    mov  x0, x20\n"
    "    bl   set\n"
    "    mov  x0, x20\n"
    "    bl   machine_before\n"
    "    ldr  x1, =" TEXT(MACHINE_ROUTINES) " + " TEXT(MACHINE_GETTER) "\n"
    "    blr  x1\n"
    "    mov  x0, x20\n"
    "    bl   set\n" /* again: an exception of the reading has changed ELR_EL1 and others */
    "    mov  x0, x20\n"
    "    ldp  x1, x2, [x0, #" TEXT(MACHINE_SP) "]\n"
    "    msr  sp_el0, x1\n"
    "    mov  sp, x2\n"
    "    ldp  x1, x2, [x0, #" TEXT(MACHINE_PC) "]\n"
    "    str  xzr, [x0, #" TEXT(MACHINE_PHASE) "]\n"
    "    tst  x2, #0xc\n"
    "    b.ne at_el1\n"
    "    msr  elr_el1, x1\n"
    "    msr  spsr_el1, x2\n"
    "    bl   load\n"
    "    ldr  x30, [x0, #" TEXT(MACHINE_X) " + 240]\n"
    "    ldr  x0, [x0, #" TEXT(MACHINE_X) "]\n"
    "    eret\n"
    "at_el1:\n"
    "    msr  nzcv, x2\n"
    "    tbnz x2, #0, 1f\n"
    "    msr  spsel, #0\n"
    "1:  msr  daif, x2\n"
    "    bl   load\n"
    "    ldr  x30, [x0, #" TEXT(MACHINE_X) " + 240]\n"
    "    ldr  x0, [x0, #" TEXT(MACHINE_X) "]\n"
    "    b    case_pc\n"
    "set:\n"
    "    mov  x19, x30\n"
    "    bl   machine_values\n"
    "    ldr  x1, =" TEXT(MACHINE_ROUTINES) "\n"
    "    blr  x1\n"
    "    isb\n"
    "    ret  x19\n"
    "load:\n"
    "    ldr  x1, [x0, #" TEXT(MACHINE_X) " + 8]\n"
    "    general ldp\n"
    "    ret\n"
    "skip:\n"
    "    mrs  x0, elr_el1\n"
    "    add  x0, x0, #4\n"
    "    msr  elr_el1, x0\n"
    "    ldr  x1, =" TEXT(MACHINE_MISSING) "\n"
    "    mrs  x0, dbgbvr5_el1\n"
    "    eret\n"
    ".ltorg\n"
);
/* clang-format on */

enum {
    LDR_X1_X0_8 = (int)0xf8408401, /* LDR X1, [X0], #8 */
    STR_X1_X0_8 = (int)0xf8008401,
    RET = (int)0xd65f03c0,
};

/* A word, so that no compiler makes anything cleverer of a loop. */
static void put(volatile uint32_t *at, uint32_t word)
{
    *at = word;
}

static void build(const struct machine_shared *s)
{
    uint32_t *setter = (uint32_t *)MACHINE_BUILDER, *getter = setter + MACHINE_GETTER / 4;
    for (uint32_t i = 0; i < s->sets; i++) {
        put(setter++, (uint32_t)LDR_X1_X0_8);
        put(setter++, s->set_word[i]);
    }
    put(setter, (uint32_t)RET);
    for (uint32_t i = 0; i < s->gets; i++) {
        put(getter++, s->get_word[i]);
        put(getter++, (uint32_t)STR_X1_X0_8);
    }
    put(getter, (uint32_t)RET);
}

/* Tell that the case has ended, wait for the next one, and put its words into place. */
__attribute__((used)) void machine_next(struct machine_shared *s)
{
    uint32_t *code = (uint32_t *)(MACHINE_CODE + MACHINE_CASE % 4096);
    uint64_t request = __atomic_load_n(&s->done, __ATOMIC_RELAXED);
    __atomic_store_n(&s->done, request + 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&s->request, __ATOMIC_ACQUIRE) <= request)
        __asm__ volatile("yield");
    for (unsigned i = 0; i < MACHINE_WORDS; i++)
        put(&code[i], s->word[i]);
    build(s);
    __asm__ volatile("clrex; tlbi vmalle1; dsb sy; ic iallu; dsb sy; isb" ::: "memory");
}

/* Where the routines find and leave their values: in X0, as they expect it. */
__attribute__((used)) uint64_t *machine_values(struct machine_shared *s)
{
    return s->set_value;
}

__attribute__((used)) uint64_t *machine_before(struct machine_shared *s)
{
    return s->before;
}

__attribute__((used)) uint64_t *machine_after(struct machine_shared *s)
{
    return s->after;
}
