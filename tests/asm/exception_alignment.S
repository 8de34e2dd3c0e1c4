/* Accesses by x0 and by SP that may have to be aligned: tests/unit/exception_alignment.c. */
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
        one     ldp,            ldp x1, x2, [x0]
        one     ldp_w,          ldp w1, w2, [x0]
        one     ldp_q,          ldp q1, q2, [x0]
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
        one     stp,            stp x1, x2, [x0]
        one     sttr,           sttr x1, [x0]
        one     stlr,           stlr x1, [x0]
        one     stxr,           stxr w3, x1, [x0]
        one     stxp,           stxp w3, x1, x2, [x0]
        one     st1,            st1 {v1.4s}, [x0]
        one     ldadd,          ldadd x1, x2, [x0]
        one     swp,            swp x1, x2, [x0]
        one     cas,            cas x1, x2, [x0]
        one     casp,           casp x4, x5, x6, x7, [x0]
        one     dc_cvac,        dc cvac, x0
        one     ldrh_s,         ldrsh x1, [x0]
        one     ldp_sw,         ldpsw x1, x2, [x0]
        one     ldxr_w,         ldxr w1, [x0]
        one     ldxp_w,         ldxp w1, w2, [x0]
        one     stp_q,          stp q1, q2, [x0]
        one     ld4,            ld4 {v1.8h-v4.8h}, [x0]

/* Accesses by SP. */
        .macro  by_sp name, instruction:vararg
program \name
        mov     sp, x0
        \instruction
        done
end
        .endm

        by_sp   sp_ldr,         ldr x1, [sp]
        by_sp   sp_str_pre,     str x1, [sp, #-16]!
        by_sp   sp_ldp_post,    ldp x1, x2, [sp], #16
        by_sp   sp_ldr_reg,     ldr x1, [sp, xzr]
        by_sp   sp_ldxr,        ldxr x1, [sp]
        by_sp   sp_ldr_q,       ldr q1, [sp]
        by_sp   sp_ld1,         ld1 {v1.4s}, [sp]
        by_sp   sp_prfm,        prfm pldl1keep, [sp]
        by_sp   sp_add,         add x1, sp, #1
