/* Kernels that are flat binaries: tests/unit/machine.c. */
        .include "program.inc"

        .equ    UART, 0x09000000
        .equ    COUNTER, 0x42000000     // RAM that no file is loaded to
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    PSCI_SYSTEM_RESET, 0x84000009

        .macro  say     char
        put     x9, UART
        mov     w10, #0x301
        str     w10, [x9, #0x30]        // UARTCR
        mov     w10, #\char
        str     w10, [x9]               // UARTDR
        .endm

program off
        say     'o'
        put     w0, PSCI_SYSTEM_OFF
        hvc     #0
        b       .
end

program reset
        say     'r'
        put     w0, PSCI_SYSTEM_RESET
        hvc     #0
        b       .
end

/* Say how often it was here; reset twice, then switch off. */
program reset_twice
        put     x20, COUNTER
        ldr     w21, [x20]
        add     w21, w21, #1
        str     w21, [x20]
        add     w22, w21, #'0'
        put     x9, UART
        mov     w10, #0x301
        str     w10, [x9, #0x30]
        str     w22, [x9]
        put     w0, PSCI_SYSTEM_RESET
        cmp     w21, #3
        b.lo    1f
        put     w0, PSCI_SYSTEM_OFF
1:      hvc     #0
        b       .
end

/* It changes its own first instruction, and all of it is as in the file after a reset. */
program reset_loads_again
        b       1f
        .word   0
1:      adr     x0, reset_loads_again_first
        ldr     w1, [x0]
        put     x20, COUNTER
        ldr     w21, [x20]
        cbnz    w21, 2f
        mov     w21, #1
        str     w21, [x20]
        str     wzr, [x0]
        put     w0, PSCI_SYSTEM_RESET
        hvc     #0
2:      mov     w22, #'n'
        cbz     w1, 3f
        mov     w22, #'y'
3:      put     x9, UART
        mov     w10, #0x301
        str     w10, [x9, #0x30]
        str     w22, [x9]
        put     w0, PSCI_SYSTEM_OFF
        hvc     #0
        b       .
reset_loads_again_first:
        .word   0x12345678
end

/* Registers at entry, and the magic of the device tree at x0 (booting.rst). */
program entry_state
        mov     x20, #'n'
        cbnz    x1, 1f
        cbnz    x2, 1f
        cbnz    x3, 1f
        tst     x0, #7
        b.ne    1f
        ldr     w1, [x0]
        rev     w1, w1
        put     w2, 0xd00dfeed
        cmp     w1, w2
        b.ne    1f
        mrs     x1, currentel
        cmp     x1, #4
        b.ne    1f
        mrs     x1, daif
        cmp     x1, #0x3c0
        b.ne    1f
        mrs     x1, sctlr_el1
        tbnz    x1, #0, 1f              // M
        tbnz    x1, #2, 1f              // C
        mov     x20, #'y'
1:      put     x9, UART
        mov     w10, #0x301
        str     w10, [x9, #0x30]
        str     w20, [x9]
        put     w0, PSCI_SYSTEM_OFF
        hvc     #0
        b       .
end

/* Wait for the virtual timer, a hundredth of a second on, ten times; say so. */
program ticks
        mov     x20, #10
1:      mrs     x0, cntfrq_el0
        mov     x1, #100
        udiv    x0, x0, x1
        msr     cntv_tval_el0, x0
        mov     x0, #1
        msr     cntv_ctl_el0, x0
        put     x2, 0x08000000
        put     x3, 0x08010000
        str     w0, [x2]                // GICD_CTLR
        str     w0, [x3]                // GICC_CTLR
        mov     w4, #0xff
        str     w4, [x3, #4]            // GICC_PMR
        mov     w4, #1 << 27
        str     w4, [x2, #0x100]        // GICD_ISENABLER0
        wfi
        msr     cntv_ctl_el0, xzr
        ldr     w4, [x3, #0xc]          // GICC_IAR
        str     w4, [x3, #0x10]         // GICC_EOIR
        sub     x20, x20, #1
        cbnz    x20, 1b
        say     't'
        put     w0, PSCI_SYSTEM_OFF
        hvc     #0
        b       .
end

program spin
        b       .
end
