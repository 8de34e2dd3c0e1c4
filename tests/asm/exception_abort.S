/* Accesses that fault, by x0: tests/unit/exception_abort.c. */
        .include "program.inc"
        .arch_extension lse

        .macro  one name, instruction:vararg
program \name
        \instruction
        done
end
        .endm

        one     ldrb,           ldrb w1, [x0]
        one     ldrh,           ldrh w1, [x0]
        one     ldr_w,          ldr w1, [x0]
        one     ldr_x,          ldr x1, [x0]
        one     ldr_q,          ldr q1, [x0]
        one     ldr_post,       ldr x1, [x0], #8
        one     ldr_pre,        ldr x1, [x0, #8]!
        one     ldp,            ldp x1, x2, [x0]
        one     ldp_w,          ldp w1, w2, [x0]
        one     ldp_q,          ldp q1, q2, [x0]
        one     ldp_post,       ldp x1, x2, [x0], #16
        one     ldtr,           ldtr x1, [x0]
        one     ldar,           ldar x1, [x0]
        one     ldarb,          ldarb w1, [x0]
        one     ldxr,           ldxr x1, [x0]
        one     ldxp,           ldxp x1, x2, [x0]
        one     ldnp,           ldnp x1, x2, [x0]
        one     ld1,            ld1 {v1.4s}, [x0]
        one     ld1_d,          ld1 {v1.2d}, [x0]
        one     strb,           strb w1, [x0]
        one     strh,           strh w1, [x0]
        one     str_w,          str w1, [x0]
        one     str_x,          str x1, [x0]
        one     str_q,          str q1, [x0]
        one     str_pre,        str x1, [x0, #-8]!
        one     stp,            stp x1, x2, [x0]
        one     stp_pre,        stp x1, x2, [x0, #-16]!
        one     sttr,           sttr x1, [x0]
        one     stlr,           stlr x1, [x0]
        one     stxr,           stxr w3, x1, [x0]
        one     stxp,           stxp w3, x1, x2, [x0]
        one     st1,            st1 {v1.4s}, [x0]
        one     ldadd,          ldadd x1, x2, [x0]
        one     swp,            swp x1, x2, [x0]
        one     cas,            cas x1, x2, [x0]
        one     casp,           casp x4, x5, x6, x7, [x0]
        one     prfm,           prfm pldl1keep, [x0]
        one     dc_cvac,        dc cvac, x0
        one     dc_cvau,        dc cvau, x0
        one     dc_civac,       dc civac, x0
        one     dc_ivac,        dc ivac, x0
        one     ic_ivau,        ic ivau, x0
        one     dc_zva,         dc zva, x0

/* Code that is somewhere else. */
        one     br,             br x0
        one     blr,            blr x0
        one     ret,            ret x0

program nops
        .rept   8
        nop
        .endr
        done
end
