/* Translation as programs see it: tests/unit/memory.c. */
        .include "program.inc"

        .macro  one name, instruction:vararg
program \name
        \instruction
        done
end
        .endm

        one     ldr_x,          ldr x1, [x0]
        one     br,             br x0

/*
 * Read x0 as EL1 and as EL0, put descriptor x9 at x10, do the maintenance with x1,
 * read again.
 */
        .macro  maintenance name, operation:vararg
program \name
        ldr     x2, [x0]
        ldtr    x3, [x0]
        str     x9, [x10]
        dsb     ishst
        tlbi    \operation
        dsb     ish
        isb
        ldr     x4, [x0]
        ldtr    x5, [x0]
        done
end
        .endm

        maintenance vmalle1,    vmalle1
        maintenance vmalle1is,  vmalle1is
        maintenance vae1,       vae1, x1
        maintenance vae1is,     vae1is, x1
        maintenance vaae1,      vaae1, x1
        maintenance vaae1is,    vaae1is, x1
        maintenance vale1,      vale1, x1
        maintenance vale1is,    vale1is, x1
        maintenance vaale1,     vaale1, x1
        maintenance vaale1is,   vaale1is, x1
        maintenance aside1,     aside1, x1
        maintenance aside1is,   aside1is, x1

/* The same for a store that becomes forbidden, and for code. */
program protect
        str     x0, [x0]
        str     x9, [x10]
        dsb     ishst
        tlbi    vae1, x1
        dsb     ish
        isb
        str     x1, [x0]
        done
end

program remap_code
        blr     x0
        mov     x3, x2
        str     x9, [x10]
        dsb     ishst
        tlbi    vaae1, x1
        dsb     ish
        isb
        blr     x0
        done
end

program return_1
        mov     x2, #1
        ret
end

program return_2
        mov     x2, #2
        ret
end

/* x1 spaces, TTBR0_EL1 of each at x2: in turn the sum of what EL0 and EL1 see at x0. */
program spaces
        mov     x6, #0
1:      mov     x3, x1
        mov     x7, x2
2:      ldr     x4, [x7], #8
        msr     ttbr0_el1, x4
        isb
        ldtr    x5, [x0]
        add     x6, x6, x5
        ldr     x5, [x0]
        add     x6, x6, x5
        ldr     x5, [x11]
        add     x6, x6, x5
        sub     x3, x3, #1
        cbnz    x3, 2b
        sub     x8, x8, #1
        cbnz    x8, 1b
        done
end
