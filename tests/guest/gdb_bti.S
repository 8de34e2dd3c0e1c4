/*
 * For the test of branch target exceptions being caught: code in a guarded page, which
 * is one only while the MMU is on, and indirect branches to what is no landing pad.
 * One block maps all of it to where it is, read-only at both levels (DDI 0487, D8.3).
 */
        .equ    MAIR_WRITE_BACK, 0xff
        .equ    TCR_T0SZ_39_BITS, 25
        .equ    TCR_WALKS_WRITE_BACK, 3 << 12 | 1 << 10 | 1 << 8
        .equ    TCR_EPD1, 1 << 23
        .equ    TCR_IPS_36_BITS, 1 << 32
        .equ    SCTLR_M, 1 << 0
        .equ    SPSR_BTYPE, 3 << 10
        .equ    BLOCK_READ_ONLY, 1 << 10 | 3 << 8 | 3 << 6 | 1  // AF, SH, AP
        .equ    BLOCK_GP, 1 << 50
        .equ    RAM, 0x40000000                 // the second GiB

        .section .text, "ax"
        .global _start, after_br, after_blr
_start:
        adr     x0, table
        msr     TTBR0_EL1, x0
        mov     x0, #MAIR_WRITE_BACK
        msr     MAIR_EL1, x0
        ldr     x0, =TCR_T0SZ_39_BITS | TCR_WALKS_WRITE_BACK | TCR_EPD1 | TCR_IPS_36_BITS
        msr     TCR_EL1, x0
        adr     x0, vectors
        msr     VBAR_EL1, x0
        isb
        mrs     x0, SCTLR_EL1
        orr     x0, x0, #SCTLR_M
        msr     SCTLR_EL1, x0
        isb
        adr     x0, user
        msr     ELR_EL1, x0
        msr     SPSR_EL1, xzr                   // EL0t
        eret

user:
        adr     x1, after_br
        br      x1
after_br:
        nop
        adr     x1, after_blr
        blr     x1
after_blr:
        nop
        b       user

        .ltorg
        .balign 2048
vectors:
        .org    vectors + 0x400
        mrs     x20, SPSR_EL1                   // go on as if it were a landing pad
        bic     x20, x20, #SPSR_BTYPE
        msr     SPSR_EL1, x20
        eret
        .org    vectors + 0x800

        .balign 4096
table:
        .quad   0
        .quad   RAM | BLOCK_READ_ONLY | BLOCK_GP
        .skip   4096 - 16
