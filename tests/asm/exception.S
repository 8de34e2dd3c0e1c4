/* Exceptions that an instruction asks for, and undefined words: tests/unit/exception.c. */
        .include "program.inc"

program svc
        nop
        svc     #0x1234
end

program svc_largest
        nop
        svc     #0xffff
end

program hvc
        nop
        hvc     #0x1234
end

program smc
        nop
        smc     #0x1234
end

program brk
        nop
        brk     #0xabcd
end

program udf
        nop
        udf     #0x5678
end

/* Halting debug is not enabled: C6.2.113 and others. */
program hlt
        nop
        hlt     #1
end

program dcps1
        nop
        dcps1
end

program dcps2
        nop
        dcps2
end

program dcps3
        nop
        dcps3
end

program drps
        nop
        drps
end

program eret
        nop
        eret
end

/* C4.1: op0 = 0b0001 is unallocated, so is 0x00010000 next to UDF. */
program unallocated
        nop
        .inst   0x02000000
end

program unallocated_next_to_udf
        nop
        .inst   0x00010000
end

/* Exception generation, opc 0b111 (C4.1.93): unallocated. */
program unallocated_exception
        nop
        .inst   0xd4e00000
end

/* ADD (extended register) with a shift of 5 (C6.2.4): unallocated. */
program unallocated_shift
        nop
        .inst   0x8b221420
end

/* S2_0_C5_C15_7: not a register of any CPU here. */
program mrs_missing
        nop
        mrs     x0, s3_0_c5_c15_7
end

program msr_missing
        nop
        msr     s3_0_c5_c15_7, x0
end

/* MIDR_EL1 can't be written, OSLAR_EL1 not read (D19.2.88, D19.3.26). */
program msr_read_only
        nop
        msr     s3_0_c0_c0_0, x0
end

program mrs_write_only
        nop
        mrs     x0, s2_0_c1_c0_4
end

/* Registers of EL2 and EL3, which are not there. */
program mrs_el2
        nop
        mrs     x0, hcr_el2
end

program mrs_el3
        nop
        mrs     x0, scr_el3
end

program tlbi_el2
        nop
        tlbi    alle2
end

program nzcv
        adds    xzr, xzr, xzr
        svc     #0
        subs    xzr, xzr, xzr
        svc     #1
        mov     x0, #1
        subs    xzr, xzr, x0
        svc     #2
        mov     x0, #1 << 63
        adds    xzr, x0, x0
        svc     #3
        mov     x0, #0x7fffffffffffffff
        adds    xzr, x0, #1
        svc     #4
        mov     w0, #0xf0000000
        msr     nzcv, x0
        svc     #5
        msr     nzcv, xzr
        svc     #6
end
