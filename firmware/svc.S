/*
 * A system call without a kernel: how `svc` at EL0 becomes an exception at EL1,
 * and how `eret` goes back.
 *
 *   EL1   _start        say where the vectors are (VBAR_EL1), drop to EL0 by eret
 *   EL0   user_main     svc #0 with a number in x8 and arguments in x0..x5
 *   EL1   vectors+0x400 print what the CPU noted, put a result in x0, eret
 *   EL0   user_main     print the result, and ask EL1 to switch the machine off
 *
 * Runs on the virt board, on the bare machine with the MMU off:
 *   mini-a64 -machine virt -nographic -kernel svc.elf
 *
 * Follows DDI 0487, D1 (exceptions), DDI 0183 (PL011) and DEN0022 (PSCI). System
 * calls use x8 and x0..x5 as Linux's do. What it prints, as recorded under
 * qemu-system-aarch64, is in svc.expected (without the carriage returns).
 */

/* The PL011 of the virt board: its address, registers and bits. */
        .equ    UART,           0x09000000
        .equ    UARTDR,         0x00    // data: a byte written here is sent
        .equ    UARTFR,         0x18    // flags
        .equ    UARTFR_TXFF_BIT, 5      // the transmit FIFO is full
        .equ    UARTIBRD,       0x24    // baud rate: 24 MHz / (16 * 115200) = 13 + 1/64
        .equ    UARTFBRD,       0x28
        .equ    UARTLCR_H,      0x2c
        .equ    UARTLCR_H_8N1,  0x70    // 8 bits, no parity, one stop bit, FIFOs on
        .equ    UARTCR,         0x30
        .equ    UARTCR_ON,      0x301   // UARTEN, TXE, RXE

/* ESR_EL1.EC says what kind of exception it was; ISS has the details. */
        .equ    EC_SVC64,       0x15

/* SPSR_EL1.M: the exception level, and the stack pointer, that eret goes to. */
        .equ    SPSR_EL0t,      0
        .equ    SPSR_EL1t,      4
        .equ    SPSR_EL1h,      5

        .equ    OTHERS,         0xff    // the end of a list of names

/* What our firmware answers to `hvc #0`: on this board there is no EL2 below EL1. */
        .equ    PSCI_SYSTEM_OFF, 0x84000008

/* Our system calls. */
        .equ    SYS_ADD,        1       // x0..x5 are added; prints what happens
        .equ    SYS_PRINT,      2       // prints the text at x0 and the number x1
        .equ    SYS_OFF,        3       // switches the machine off
        .equ    ENOSYS,         38      // there is no such call, as in Linux

/* What EL1 keeps of EL0 while it works, as Linux does in its struct pt_regs. */
        .equ    FRAME_X0,       0       // x0..x30, 8 bytes each
        .equ    FRAME_X1,       1 * 8
        .equ    FRAME_X8,       8 * 8
        .equ    FRAME_X30,      30 * 8
        .equ    FRAME_SIZE,     32 * 8  // SP stays a multiple of 16

/* A call of a helper that prints a text. */
        .macro  say     text
        adr     x0, .Ltext\@
        bl      print
        b       .Lbehind\@
.Ltext\@:
        .asciz  "\text"
        .balign 4
.Lbehind\@:
        .endm

/* ------------------------------------------------------------------ EL1 -- */

        .section .text.el1, "ax"
        .global _start
_start:
        msr     SPSel, #1               // at EL1 use SP_EL1, not SP_EL0
        adrp    x0, el1_stack_top
        add     x0, x0, :lo12:el1_stack_top
        mov     sp, x0
        bl      uart_init

        adr     x0, vectors             // where the CPU goes on an exception
        msr     VBAR_EL1, x0
        isb                             // and every instruction from here on knows

        say     "EL1: VBAR_EL1 = "
        mrs     x0, VBAR_EL1
        bl      print_hex
        say     ", going to EL0 by eret\n"

        /*
         * eret loads PSTATE from SPSR_EL1 and the PC from ELR_EL1. It is how one
         * returns from an exception; nobody minds that there was none.
         */
        mov     x0, #SPSR_EL0t          // EL0, interrupts not masked
        msr     SPSR_EL1, x0
        adrp    x0, user_main
        add     x0, x0, :lo12:user_main
        msr     ELR_EL1, x0
        adrp    x0, el0_stack_top       // what `sp` means at EL0
        add     x0, x0, :lo12:el0_stack_top
        msr     SP_EL0, x0
        eret

/*
 * Sixteen vectors of 0x80 bytes each: four kinds of exception, taken from four
 * places. The CPU has put PSTATE into SPSR_EL1, the address to return to into
 * ELR_EL1, the cause into ESR_EL1, and has masked interrupts; the general
 * registers are still those of whoever was interrupted.
 */
        .macro  unexpected offset
        .balign 0x80
        mov     x0, #\offset
        b       unexpected_exception
        .endm

        .balign 0x800                   // VBAR_EL1 ignores the bits below
vectors:
        unexpected 0x000                // from EL1 with SP_EL0: synchronous
        unexpected 0x080                //                       IRQ
        unexpected 0x100                //                       FIQ
        unexpected 0x180                //                       SError
        unexpected 0x200                // from EL1 with SP_EL1: synchronous
        unexpected 0x280
        unexpected 0x300
        unexpected 0x380
        .balign 0x80                    // 0x400, from EL0 in AArch64: synchronous
        b       from_el0
        unexpected 0x480                //                       IRQ
        unexpected 0x500                //                       FIQ
        unexpected 0x580                //                       SError
        unexpected 0x600                // from EL0 in AArch32
        unexpected 0x680
        unexpected 0x700
        unexpected 0x780

/* Keep EL0's registers, see what it wants, give them back with a result in x0. */
from_el0:
        sub     sp, sp, #FRAME_SIZE
        stp     x0, x1, [sp, #8 * 0]
        stp     x2, x3, [sp, #8 * 2]
        stp     x4, x5, [sp, #8 * 4]
        stp     x6, x7, [sp, #8 * 6]
        stp     x8, x9, [sp, #8 * 8]
        stp     x10, x11, [sp, #8 * 10]
        stp     x12, x13, [sp, #8 * 12]
        stp     x14, x15, [sp, #8 * 14]
        stp     x16, x17, [sp, #8 * 16]
        stp     x18, x19, [sp, #8 * 18]
        stp     x20, x21, [sp, #8 * 20]
        stp     x22, x23, [sp, #8 * 22]
        stp     x24, x25, [sp, #8 * 24]
        stp     x26, x27, [sp, #8 * 26]
        stp     x28, x29, [sp, #8 * 28]
        str     x30, [sp, #FRAME_X30]

        /* Faults of EL0 come through this vector, too: only EC tells them apart. */
        mrs     x9, ESR_EL1
        ubfx    x9, x9, #26, #6         // ESR_EL1.EC
        mov     x0, #0x400              // this vector
        cmp     x9, #EC_SVC64
        b.ne    unexpected_exception

        ldr     x8, [sp, #FRAME_X8]
        cmp     x8, #SYS_ADD
        b.eq    sys_add
        cmp     x8, #SYS_PRINT
        b.eq    sys_print
        cmp     x8, #SYS_OFF
        b.eq    sys_off
        mov     x0, #-ENOSYS

/* x0 is the result. */
to_el0:
        str     x0, [sp, #FRAME_X0]     // in the place of EL0's x0
        ldp     x0, x1, [sp, #8 * 0]
        ldp     x2, x3, [sp, #8 * 2]
        ldp     x4, x5, [sp, #8 * 4]
        ldp     x6, x7, [sp, #8 * 6]
        ldp     x8, x9, [sp, #8 * 8]
        ldp     x10, x11, [sp, #8 * 10]
        ldp     x12, x13, [sp, #8 * 12]
        ldp     x14, x15, [sp, #8 * 14]
        ldp     x16, x17, [sp, #8 * 16]
        ldp     x18, x19, [sp, #8 * 18]
        ldp     x20, x21, [sp, #8 * 20]
        ldp     x22, x23, [sp, #8 * 22]
        ldp     x24, x25, [sp, #8 * 24]
        ldp     x26, x27, [sp, #8 * 26]
        ldp     x28, x29, [sp, #8 * 28]
        ldr     x30, [sp, #FRAME_X30]
        add     sp, sp, #FRAME_SIZE
        eret                            // PC = ELR_EL1, PSTATE = SPSR_EL1

sys_add:
        mov     x0, #0x400
        bl      print_exception
        say     "  x8       = "
        ldr     x0, [sp, #FRAME_X8]
        bl      print_hex
        say     "\n  x0..x5   ="
        mov     x19, #0                 // which argument
        mov     x20, #0                 // the sum
1:      say     " "
        ldr     x0, [sp, x19, lsl #3]
        add     x20, x20, x0
        bl      print_short_hex
        add     x19, x19, #1
        cmp     x19, #6
        b.lo    1b
        say     "\nEL1: returning their sum in x0 by eret\n"
        mov     x0, x20
        b       to_el0

sys_print:
        ldr     x0, [sp, #FRAME_X0]
        bl      print
        ldr     x0, [sp, #FRAME_X1]
        bl      print_hex
        say     "\n"
        mov     x0, #0
        b       to_el0

sys_off:
        say     "EL1: PSCI SYSTEM_OFF by hvc #0\n"
power_off:
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .                       // it does not come back

/* An exception that this program does not want. x0 is its vector's offset. */
unexpected_exception:
        bl      print_exception
        say     "  FAR_EL1  = "
        mrs     x0, FAR_EL1
        bl      print_hex
        say     "\nEL1: did not expect that, switching off\n"
        b       power_off

/* Print what the CPU noted about an exception. x0 is its vector's offset. */
print_exception:
        stp     x30, x19, [sp, #-16]!
        mov     x19, x0
        say     "EL1: exception at VBAR_EL1 + "
        mov     x0, x19
        bl      print_short_hex
        say     "\n  ESR_EL1  = "
        mrs     x0, ESR_EL1
        bl      print_hex
        say     "  EC "
        mrs     x19, ESR_EL1
        ubfx    x0, x19, #26, #6
        bl      print_short_hex
        say     " ("
        ubfx    x0, x19, #26, #6
        adr     x1, classes
        bl      print_name
        say     "), IL "
        ubfx    x0, x19, #25, #1        // the instruction had 32 bits
        bl      print_short_hex
        say     ", ISS "
        ubfx    x0, x19, #0, #25        // for svc: its immediate
        bl      print_short_hex
        say     "\n  ELR_EL1  = "
        mrs     x0, ELR_EL1
        bl      print_hex
        say     "  where eret goes: for svc, the instruction behind\n  SPSR_EL1 = "
        mrs     x0, SPSR_EL1
        bl      print_hex
        say     "  NZCV "
        mrs     x0, SPSR_EL1
        ubfx    x0, x0, #28, #4
        bl      print_short_hex
        say     ", DAIF "
        mrs     x0, SPSR_EL1
        ubfx    x0, x0, #6, #4
        bl      print_short_hex
        say     ", M "
        mrs     x0, SPSR_EL1
        and     x0, x0, #0x1f           // where it came from, and eret goes back to
        adr     x1, modes
        bl      print_name
        say     "\n"
        ldp     x30, x19, [sp], #16
        ret

/* Print the name that the list at x1 has for the number x0. */
print_name:
        ldrb    w9, [x1], #1            // a number, then its name
        cmp     w9, #OTHERS
        ccmp    w9, w0, #4, ne          // equal to either: found
        b.eq    2f
1:      ldrb    w9, [x1], #1
        cbnz    w9, 1b
        b       print_name
2:      mov     x0, x1
        b       print

        .macro  name    number, text
        .byte   \number
        .asciz  "\text"
        .endm
classes:
        name    0x00, "undefined instruction"
        name    0x07, "SIMD or floating point, trapped"
        name    0x0e, "illegal state"
        name    EC_SVC64, "svc in AArch64"
        name    0x18, "system register, trapped"
        name    0x20, "instruction abort, from EL0"
        name    0x21, "instruction abort, from EL1"
        name    0x22, "PC alignment"
        name    0x24, "data abort, from EL0"
        name    0x25, "data abort, from EL1"
        name    0x26, "SP alignment"
        name    0x3c, "brk in AArch64"
        name    OTHERS, "see DDI 0487, ESR_EL1"
modes:
        name    SPSR_EL0t, "EL0t"
        name    SPSR_EL1t, "EL1t"
        name    SPSR_EL1h, "EL1h"
        name    OTHERS, "see DDI 0487, SPSR_EL1"
        .balign 4

/* ----------------------------------------------------------------- UART -- */

uart_init:
        ldr     x9, =UART
        mov     w10, #13
        str     w10, [x9, #UARTIBRD]
        mov     w10, #1
        str     w10, [x9, #UARTFBRD]
        mov     w10, #UARTLCR_H_8N1     // also makes the baud rate take effect
        str     w10, [x9, #UARTLCR_H]
        mov     w10, #UARTCR_ON
        str     w10, [x9, #UARTCR]
        ret

/* Send the character in w0. Changes x9 and x10 only. */
print_char:
        ldr     x9, =UART
1:      ldr     w10, [x9, #UARTFR]
        tbnz    w10, #UARTFR_TXFF_BIT, 1b
        str     w0, [x9, #UARTDR]
        ret

/* Send the text at x0; a new line is a carriage return, too. */
print:
        stp     x30, x21, [sp, #-16]!
        mov     x21, x0
1:      ldrb    w0, [x21], #1
        cbz     w0, 2f
        cmp     w0, #'\n'
        b.ne    3f
        mov     w0, #'\r'
        bl      print_char
        mov     w0, #'\n'
3:      bl      print_char
        b       1b
2:      ldp     x30, x21, [sp], #16
        ret

/* Send x0 in hexadecimal: all 16 digits, or as few as will do. */
print_hex:
        mov     x1, #64                 // how many bits are left to print
        b       1f
print_short_hex:
        orr     x1, x0, #1              // so that there is one digit at least
        clz     x1, x1
        mov     x2, #67
        sub     x1, x2, x1              // round the number of bits up
        and     x1, x1, #~3             // to whole digits
1:      stp     x30, x21, [sp, #-32]!
        str     x22, [sp, #16]
        mov     x21, x0
        mov     x22, x1
        mov     w0, #'0'
        bl      print_char
        mov     w0, #'x'
        bl      print_char
2:      sub     x22, x22, #4
        lsr     x0, x21, x22
        and     x0, x0, #0xf
        adr     x1, digits
        ldrb    w0, [x1, x0]
        bl      print_char
        cbnz    x22, 2b
        ldr     x22, [sp, #16]
        ldp     x30, x21, [sp], #32
        ret

digits: .ascii  "0123456789abcdef"
        .ltorg

/* ------------------------------------------------------------------ EL0 -- */

/* A program: it knows nothing of the UART, only system calls. */
        .section .text.el0, "ax"
        .global user_main, user_svc
user_main:
        mov     x0, #1
        mov     x1, #2
        mov     x2, #3
        mov     x3, #4
        mov     x4, #5
        mov     x5, #6
        mov     x8, #SYS_ADD
        cmp     x0, x0                  // Z and C, to be seen in SPSR_EL1
user_svc:
        svc     #0
        b.ne    lost_flags              // eret has brought them back

        mov     x1, x0
        adr     x0, text_returned
        mov     x8, #SYS_PRINT
        svc     #0
        mov     x8, #SYS_OFF
        svc     #0
        b       .

lost_flags:
        brk     #1                      // an exception that EL1 does not expect

text_returned:
        .asciz  "EL0: svc came back, x0 = "

/* --------------------------------------------------------------- stacks -- */

        .section .bss, "aw", @nobits
        .balign 16
        .skip   4096
el1_stack_top:
        .skip   4096
el0_stack_top:
