/*
 * Prints what becomes of each MRS, MSR and SYS encoding at EL1, and at EL0 with the
 * controls that trap EL0 clear and then set (tests/unit/sysreg_recorded.inc). A line
 * is a phase letter, the encoding's low 15 bits, and '=' with the value or '!' with
 * ESR_EL1; UNDEFINED ones are left out. Phases: a MRS, b MSR (of the value read) and
 * c SYS at EL1; d, e, f the same at EL0 denied; g, h, i at EL0 allowed.
 *
 *   clang-19 --target=aarch64-none-elf -c sysreg_record.S -o r.o
 *   ld.lld-19 -Ttext=0x40080000 r.o -o r.elf
 *   qemu-system-aarch64 -M virt -cpu cortex-a57 -display none -serial stdio -kernel r.elf
 */
    .globl _start
_start:
    adr x9, vectors
    msr vbar_el1, x9
    mov x9, #(3<<20)
    msr cpacr_el1, x9
    isb
    mov x20, #0x09000000
    mov w21, #'a'
    bl all
    // EL0 denied
    mrs x9, sctlr_el1
    ldr x10, =(1<<26|1<<15|1<<14|1<<9|1<<16|1<<18)
    bic x9, x9, x10
    msr sctlr_el1, x9
    msr cntkctl_el1, xzr
    msr pmuserenr_el0, xzr
    msr mdscr_el1, xzr
    mov x9, #(3<<20)
    msr cpacr_el1, x9
    isb
    adr x9, el0a
    msr elr_el1, x9
    mov x9, #0x3c0
    msr spsr_el1, x9
    eret
el0a:
    mov w21, #'d'
    bl all
    mov x8, #77
    svc #0
    // allowed
    mov w21, #'g'
    bl all
    mov x8, #78
    svc #0
all:
    mov x29, x30
    mov w22, #0          // kind 0 read 1 write 2 sys
1:  bl table
    add w21, w21, #1
    add w22, w22, #1
    cmp w22, #3
    b.ne 1b
    br x29
table:
    mov x28, x30
    mov w23, #0
    mov w24, #0x8000
    cmp w22, #2
    b.ne 2f
    mov w24, #0x4000
2:
    cmp w22, #1
    b.hi 3f
    ldr w9, =0xd5300000
    b.ne 4f
    ldr w9, =0xd5100000
    b 4f
3:  ldr w9, =0xd5080000
4:  orr w9, w9, w23, lsl #5
    cmp w22, #1
    b.ne 41f
    // a write puts back what a read gives
    ldr w10, =0xd5300000
    orr w10, w10, w23, lsl #5
    adr x11, slot
    str w10, [x11]
    dc cvau, x11
    ic ivau, x11
    dsb ish
    isb
    mov x0, #0
    mov x12, #0
    bl slot
    cbz x12, 41f
    mov x0, #0
41:
    cmp w22, #2
    b.ne 42f
    ldr x0, =scratch
42: cmp w22, #0
    b.ne 43f
    mov x0, #0
43:
    adr x11, slot
    str w9, [x11]
    dc cvau, x11
    ic ivau, x11
    dsb ish
    isb
    mov x12, #0
    bl slot
    cbz x12, 5f
    lsr x13, x12, #26
    cbz x13, 7f      // UNDEFINED
5:
    mov w15, w21
    bl putc
    mov w15, #' '
    bl putc
    mov x14, x23
    mov w16, #16
    bl hex
    mov w15, #' '
    bl putc
    mov w15, #'='
    mov x14, x0
    cbz x12, 6f
    mov w15, #'!'
    mov x14, x12
6:  bl putc
    mov w16, #64
    bl hex
    mov w15, #10
    bl putc
7:  add w23, w23, #1
    cmp w23, w24
    b.ne 2b
    br x28
slot:
    nop
    ret
hex: // x14 value, w16 bits
    mov x17, x30
8:  sub w16, w16, #4
    lsr x15, x14, x16
    and w15, w15, #15
    add w15, w15, #'0'
    cmp w15, #'9'
    b.ls 9f
    add w15, w15, #39
9:  bl putc
    cbnz w16, 8b
    br x17
putc:
    str w15, [x20]
    ret
off:
    ldr w0, =0x84000008
    hvc #0
    b .
.align 11
vectors:
    .rept 4
    .align 7
    mrs x12, esr_el1
    mrs x13, elr_el1
    add x13, x13, #4
    msr elr_el1, x13
    eret
    .endr
    .rept 4
    .align 7
    mrs x12, esr_el1
    mrs x13, elr_el1
    add x13, x13, #4
    msr elr_el1, x13
    eret
    .endr
    .rept 1
    .align 7
    b lower
    .endr
    .align 7
    b .
    .align 7
    b .
    .align 7
    b .
lower:
    mrs x12, esr_el1
    lsr x13, x12, #26
    cmp x13, #0x15
    b.eq svc
    mrs x13, elr_el1
    add x13, x13, #4
    msr elr_el1, x13
    eret
svc:
    cmp x8, #78
    b.eq off
    mrs x9, sctlr_el1
    ldr x10, =(1<<26|1<<15|1<<14|1<<9|1<<16|1<<18)
    orr x9, x9, x10
    msr sctlr_el1, x9
    ldr x9, =0x303
    msr cntkctl_el1, x9
    mov x9, #15
    msr pmuserenr_el0, x9
    mov x12, #0
    mov x9, #0x3c0
    msr spsr_el1, x9
    eret
.ltorg
.align 12
scratch: .skip 4096
