/* Exception returns: tests/unit/exception_return.c. */
        .include "program.inc"

program eret
        nop
        eret
end

/* Where the returns go, at HARNESS_CODE + 0x100. */
program target
        mov     x5, sp
        done
end

/* What a return must not forget to do to the exclusive monitor: D1.3.2, B2.12. */
program exclusive_over_eret
        mov     x0, #DATA & 0xffff0000
        adr     x1, 1f
        msr     elr_el1, x1
        ldxr    x2, [x0]
        eret
1:      stxr    w3, x2, [x0]
        done
end

program sp_banking
        mov     x0, #0x1000
        mov     sp, x0                  // SP_EL1
        mov     x0, #0x2000
        msr     sp_el0, x0
        mrs     x1, spsel
        msr     spsel, #0
        mov     x2, sp                  // SP_EL0
        add     sp, sp, #0x10
        mrs     x3, spsel
        msr     spsel, #1
        mov     x4, sp
        mrs     x5, sp_el0
        msr     spsel, xzr
        mov     x6, sp
        mov     x7, #1
        msr     spsel, x7
        mov     x8, sp
        done
end

/* SP_EL0 can't be named while it is SP (C5.2.19). */
program sp_el0_in_use
        msr     spsel, #0
        mrs     x0, sp_el0
        done
end

program sp_el0_write_in_use
        msr     spsel, #0
        msr     sp_el0, x0
        done
end
