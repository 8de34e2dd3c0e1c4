/* Interrupts, and waiting for them: tests/unit/exception_interrupt.c. */
        .include "program.inc"

program spin
1:      add     x0, x0, #1
        add     x0, x0, #1
        add     x0, x0, #1
        b       1b
end

program unmask_by_daifclr
        nop
        msr     daifclr, #3
        mov     x1, #1
        done
end

program unmask_by_daif
        mov     x0, #0x300              // D and A stay
        msr     daif, x0
        mov     x1, #1
        done
end

program unmask_by_eret
        adr     x0, 1f
        msr     elr_el1, x0
        msr     spsr_el1, xzr
        eret
        nop
1:      mov     x1, #1
        done
end

/* Unmasked for no instruction at all: what is pending may come in between or not. */
program unmask_and_mask
        msr     daifclr, #3
        msr     daifset, #3
        mov     x1, #1
        done
end

program isr
        mrs     x1, isr_el1
        done
end

program wfi
        nop
        wfi
        mov     x1, #1
        done
end

program sevl_wfe
        sevl
        wfe
        mov     x1, #1
        done
end

program sev_wfe
        sev
        wfe
        mov     x1, #1
        done
end
