/* A debugger at EL1 and what it debugs at EL0: tests/unit/exception_debug.c. */
        .include "program.inc"

        .equ    EC_STEP, 0x32
        .equ    SPSR_SS, 1 << 21

/*
 * The vector of exceptions from EL0: note at x19 where each step has led to, and
 * step on; stop at anything else. EL0 leaves x16 to x19 alone.
 */
program stepper
        mrs     x16, esr_el1
        lsr     x17, x16, #26
        cmp     x17, #EC_STEP
        b.ne    .
        mrs     x17, elr_el1
        str     x17, [x19], #8
        str     x16, [x19], #8
        mrs     x17, spsr_el1
        orr     x17, x17, #SPSR_SS
        msr     spsr_el1, x17
        eret
end

program resume
        eret
end

program debugged
        mov     x0, #3
1:      sub     x0, x0, #1
        cbnz    x0, 1b
        ldxr    x1, [x20]
        stxr    w2, x1, [x20]
        bl      2f
        done
2:      ret
end

program store
        str     x1, [x0]
        nop
        done
end

program load
        ldr     x1, [x0]
        nop
        done
end
