/* Accesses in all their ways: tests/unit/memory_access.c. */
        .include "program.inc"

        .macro  one name, instruction:vararg
program \name
        \instruction
        done
end
        .endm

        one     ldr_x,          ldr x1, [x0]
        one     ldr_w,          ldr w1, [x0]
        one     ldr_q,          ldr q1, [x0]
        one     ldp,            ldp x1, x2, [x0]
        one     str_x,          str x1, [x0]
        one     str_w,          str w1, [x0]
        one     strh,           strh w1, [x0]
        one     str_q,          str q1, [x0]
        one     stp,            stp x1, x2, [x0]
        one     ldtr,           ldtr x1, [x0]
        one     sttr,           sttr x1, [x0]
        one     msr_pan_0,      msr s0_0_c4_c0_4, xzr
        one     msr_pan_1,      msr s0_0_c4_c1_4, xzr
        one     mrs_pan,        mrs x1, s3_0_c4_c2_3
        one     msr_pan_reg,    msr s3_0_c4_c2_3, x0
        one     msr_uao_1,      .inst 0xd500417f
        one     mrs_uao,        mrs x1, s3_0_c4_c2_4
        one     ldrh,           ldrh w1, [x0]
        one     stp_w,          stp w1, w2, [x0]
        one     ldp_w,          ldp w1, w2, [x0]

program eret
        eret
end

/* Data in the other byte order, in every size. */
program big_endian_loads
        ldrb    w1, [x0]
        ldrh    w2, [x0]
        ldr     w3, [x0]
        ldr     x4, [x0]
        ldp     w5, w6, [x0]
        ldp     x7, x8, [x0]
        ldrsh   x9, [x0]
        ldr     h1, [x0]
        ldr     s2, [x0]
        ldr     d3, [x0]
        ldr     q4, [x0]
        ld1     {v5.16b}, [x0]
        ld1     {v6.4s}, [x0]
        ld1     {v7.2d}, [x0]
        ldr     x10, [x0, #5]
        done
end

program big_endian_stores
        strh    w1, [x0]
        str     w1, [x0, #8]
        str     x1, [x0, #16]
        stp     w1, w2, [x0, #24]
        stp     x1, x2, [x0, #32]
        str     q1, [x0, #48]
        add     x3, x0, #64
        st1     {v1.8h}, [x3]
        done
end
