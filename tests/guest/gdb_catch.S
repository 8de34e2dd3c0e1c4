/*
 * For tests of exceptions being caught: user code that raises one of each kind, at
 * labels, over and over. A test reads each ESR_EL1 that it expects from the manual.
 * MMU off throughout; interrupts are software-generated ones of the GICv2, of group
 * 1 (IRQ) and group 0 (FIQ), for which user code writes to GICD_SGIR itself.
 */
        .equ    GICD, 0x08000000
        .equ    GICD_IGROUPR0, 0x080
        .equ    GICD_ISENABLER0, 0x100
        .equ    GICD_SGIR, 0xf00
        .equ    GICC, 0x08010000
        .equ    GICC_PMR, 0x004
        .equ    GICC_IAR, 0x00c
        .equ    GICC_EOIR, 0x010
        .equ    GICC_CTLR_GROUPS_ACKCTL_FIQEN, 0xf
        .equ    SCTLR_SA0, 1 << 4
        .equ    SCTLR_NTWI, 1 << 16
        .equ    MDSCR_SS, 1 << 0
        .equ    MDSCR_MDE, 1 << 15
        .equ    BCR_EL0, 0x1e5                  // all bytes, PMC EL0, enabled
        .equ    WCR_EL0_STORES, 0x1ff5          // all bytes, stores, PAC EL0, enabled
        .equ    SPSR_SS, 1 << 21
        .equ    SPSR_IL, 1 << 20

        .section .text, "ax"
        .global _start
_start:
        mrs     x0, SCTLR_EL1
        orr     x0, x0, #SCTLR_SA0
        bic     x0, x0, #SCTLR_NTWI
        msr     SCTLR_EL1, x0
        msr     CPACR_EL1, xzr                  // no floating point
        msr     OSLAR_EL1, xzr
        adr     x0, stack_top
        mov     sp, x0
        adr     x0, vectors
        msr     VBAR_EL1, x0
        bl      enable_interrupts
        isb
        adr     x0, user
        msr     ELR_EL1, x0
        msr     SPSR_EL1, xzr                   // EL0t, nothing masked
        eret

enable_interrupts:
        ldr     x0, =GICD
        mov     w1, #3
        str     w1, [x0]
        mov     w1, #2                          // 1 is of group 1, 0 of group 0
        str     w1, [x0, #GICD_IGROUPR0]
        mov     w1, #3
        str     w1, [x0, #GICD_ISENABLER0]
        ldr     x0, =GICC
        mov     w1, #0xff
        str     w1, [x0, #GICC_PMR]
        mov     w1, #GICC_CTLR_GROUPS_ACKCTL_FIQEN
        str     w1, [x0]
        ret

        .global user, call, undefined, brk3, abort, jump, crooked, sysreg, floating, sleep
        .global stack, illegal, broken, stepped, stored, irq, fiq
user:
        mov     x8, #0
call:
        svc     #0x123
undefined:
        udf     #1
brk3:
        brk     #3
        mov     x3, #0xf000000000000            // no such physical address
abort:
        ldr     x4, [x3]
        adr     x5, 1f
jump:
        br      x3
1:      adr     x5, 1f
        adr     x6, user + 2
crooked:
        br      x6
1:
sysreg:
        mrs     x7, DAIF                        // SCTLR_EL1.UMA is 0
floating:
        fmov    d0, #1.0
sleep:
        wfi
        mov     sp, #8
stack:
        ldr     x4, [sp]
        mov     x8, #SPSR_IL
        svc     #0
illegal:
        nop
        adr     x9, broken
        mov     x8, #1
        svc     #0
broken:
        nop
        adr     x9, cell
        mov     x8, #2
        svc     #0
stored:
        str     x9, [x9]
        mov     x8, #3
        svc     #0
        nop                                     // steps
stepped:
        nop
        ldr     x9, =GICD
        ldr     w10, =0x02008001                // to this CPU, group 1, number 1
irq:
        str     w10, [x9, #GICD_SGIR]
        nop
        ldr     w10, =0x02000000
fiq:
        str     w10, [x9, #GICD_SGIR]
        nop
        b       user

/* x8 is what user code wants: 0 nothing, 1 a breakpoint, 2 a watchpoint, 3 a step, SPSR_IL. */
serve:
        mrs     x20, SPSR_EL1
        mov     x21, #MDSCR_MDE
        cmp     x8, #1
        b.lo    2f
        b.eq    breakpoint
        cmp     x8, #3
        b.lo    watchpoint
        b.eq    step
        orr     x20, x20, x8
        b       1f
breakpoint:
        msr     DBGBVR0_EL1, x9
        mov     x22, #BCR_EL0
        msr     DBGBCR0_EL1, x22
        msr     MDSCR_EL1, x21
        b       2f
watchpoint:
        msr     DBGWVR0_EL1, x9
        mov     x22, #WCR_EL0_STORES
        msr     DBGWCR0_EL1, x22
        msr     MDSCR_EL1, x21
        b       2f
step:
        mov     x21, #MDSCR_SS
        msr     MDSCR_EL1, x21
        orr     x20, x20, #SPSR_SS
1:      msr     SPSR_EL1, x20
2:      isb
        eret

/* Aborts of a fetch go on at x5; what cannot be done again goes on behind itself. */
synchronous:
        mrs     x20, ESR_EL1
        lsr     x20, x20, #26
        mrs     x21, ELR_EL1
        mrs     x22, SPSR_EL1
        cmp     x20, #0x15
        b.eq    serve
        msr     MDSCR_EL1, xzr                  // debug exceptions come once
        msr     DBGBCR0_EL1, xzr
        msr     DBGWCR0_EL1, xzr
        cmp     x20, #0x20                      // instruction abort
        b.eq    1f
        cmp     x20, #0x22                      // PC alignment
        b.eq    1f
        cmp     x20, #0x30                      // breakpoint
        b.eq    2f
        cmp     x20, #0x32                      // step
        b.eq    2f
        cmp     x20, #0x0e                      // illegal state
        b.eq    2f
        add     x5, x21, #4
1:      msr     ELR_EL1, x5
2:      bic     x22, x22, #SPSR_IL
        bic     x22, x22, #SPSR_SS
        msr     SPSR_EL1, x22
        isb
        eret

interrupt:
        ldr     x20, =GICC
        ldr     w21, [x20, #GICC_IAR]
        str     w21, [x20, #GICC_EOIR]
        dsb     sy
        eret

        .ltorg
        .balign 2048
vectors:
        .org    vectors + 0x400
        b       synchronous
        .org    vectors + 0x480
        b       interrupt
        .org    vectors + 0x500
        b       interrupt
        .org    vectors + 0x800

        .bss
        .balign 16
cell:   .skip   16
        .skip   4096
stack_top:
        .skip   16
