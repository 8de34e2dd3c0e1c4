/* Programs on the whole board: tests/unit/virt.c. */
        .include "program.inc"

        .equ    GICD, 0x08000000
        .equ    GICC, 0x08010000
        .equ    GICD_SGIR, 0xf00
        .equ    SGI_SELF, 2 << 24

/* Interrupt itself by a store, with x0 the distributor. What is next must wait. */
program sgi_to_self
        mov     x0, #GICD
        mov     x1, #GICC
        mov     w2, #1
        mov     w3, #0xff
        str     w2, [x0]                // GICD_CTLR
        str     w3, [x1, #4]            // GICC_PMR
        str     w2, [x1]                // GICC_CTLR
        msr     daifclr, #2
        put     w2, SGI_SELF | 5
        mov     x4, #0
        str     w2, [x0, #GICD_SGIR]
        mov     x4, #1
        b       .
end

program wait
1:      wfi
        add     x5, x5, #1
        b       1b
end

program spin
1:      add     x5, x5, #1
        b       1b
end

program call_firmware
        hvc     #0
        b       .
end

program say_event
        sev
        b       .
end

/* x6 and x7 tell which machine it is. */
program count_in_memory
1:      ldr     x5, [x6]
        add     x5, x5, x7
        str     x5, [x6]
        b       1b
end
