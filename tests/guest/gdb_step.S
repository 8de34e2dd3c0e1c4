/*
 * For tests of stepping and of breakpoints: one instruction of each kind that
 * leaves EL0 or EL1, at labels. Vectors only return; the synchronous one from EL0
 * goes on behind what is not an SVC. MMU off throughout.
 */
        .section .text, "ax"
        .global _start
_start:
        adr     x0, vectors
        msr     VBAR_EL1, x0
        adr     x1, stack_top
        mov     sp, x1
        mov     x2, #(3 << 20)
        msr     CPACR_EL1, x2
        isb
        adr     x0, user
        msr     ELR_EL1, x0
        mov     x1, #0x3c0                      // EL0t, everything masked
        msr     SPSR_EL1, x1
        .global to_user
to_user:
        eret

        .global user, call, behind_call, undefined, breakpoint, abort, jump, behind_jump
user:
        mov     x0, #7
call:
        svc     #0
behind_call:
        nop
undefined:
        udf     #1
        nop
breakpoint:
        brk     #3
        nop
        mov     x3, #0xf000000000000            // no such physical address
abort:
        ldr     x4, [x3]
        nop
        adr     x5, behind_jump
        mov     x6, x3
jump:
        blr     x6                              // an instruction abort
behind_jump:
        adr     x7, buffer
        mov     x8, #0
        .global loop, store8, store1, load4, pair, exchange
loop:
store8: str     x8, [x7]
store1: strb    w8, [x7, #11]
load4:  ldr     w9, [x7, #16]
pair:   stp     w8, w9, [x7, #28]
        add     x12, x7, #64
        ldxr    x10, [x12]
        add     x10, x10, #1
exchange:
        stxr    w11, x10, [x12]
        add     x8, x8, #1
        b       loop

        .balign 2048
        .global vectors, from_el0, from_el1, sleep, behind_sleep
vectors:
        .balign 0x80
        b       .
        .org    vectors + 0x200
from_el1:
        b       .
        .org    vectors + 0x280
        b       .
        .org    vectors + 0x400
from_el0:
        mrs     x20, ESR_EL1
        lsr     x20, x20, #26
        cmp     x20, #0x15                      // SVC
        b.eq    1f
        cmp     x20, #0x20                      // instruction abort
        mrs     x21, ELR_EL1
        add     x21, x21, #4
        csel    x21, x5, x21, eq
        msr     ELR_EL1, x21
1:
        .global back
back:
        eret
        .org    vectors + 0x800
        .global waiting
waiting:
        nop
sleep:
        wfi
behind_sleep:
        b       waiting

        .bss
        .balign 16
        .global buffer
buffer: .skip   4096
        .skip   4096
stack_top:
        .skip   16
