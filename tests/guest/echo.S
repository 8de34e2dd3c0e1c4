/*
 * A bare-metal program for the tests of keys, terminals and back ends: it says
 * "ready" and sends back every byte it gets, but for two:
 *
 *     Ctrl-d   switch the machine off
 *     Ctrl-r   reset it
 *
 * It sleeps in WFI until the UART (SPI 1 of the virt board) interrupts.
 */
        .equ    GICD, 0x08000000
        .equ    GICC, 0x08010000
        .equ    UART, 0x09000000
        .equ    UARTDR, 0x00
        .equ    UARTFR, 0x18
        .equ    UARTLCR_H, 0x2c
        .equ    UARTCR, 0x30
        .equ    UARTIMSC, 0x38
        .equ    UARTICR, 0x44
        .equ    CTRL_D, 0x04
        .equ    CTRL_R, 0x12
        .equ    SYSTEM_OFF, 0x0008      // and 0x8400 above
        .equ    SYSTEM_RESET, 0x0009

        .text
        .global _start
_start:
        mov     x20, #UART
        mov     w0, #0x70               // 8 bits, FIFOs on
        str     w0, [x20, #UARTLCR_H]
        mov     w0, #0x301              // UARTEN, TXE, RXE
        str     w0, [x20, #UARTCR]
        mov     w0, #0x50               // receive and receive timeout
        str     w0, [x20, #UARTIMSC]

        mov     x0, #GICD
        mov     x1, #GICC
        mov     w2, #1
        str     w2, [x0]                // GICD_CTLR
        str     w2, [x1]                // GICC_CTLR
        mov     w3, #0xff
        str     w3, [x1, #4]            // GICC_PMR
        mov     w3, #1 << 1             // INTID 33
        str     w3, [x0, #0x104]        // GICD_ISENABLER1
        mov     w3, #1 << 8
        str     w3, [x0, #0x820]        // GICD_ITARGETSR8: to this CPU

        adr     x21, ready
1:      ldrb    w0, [x21], #1
        cbz     w0, next
        bl      put
        b       1b

next:   ldr     w0, [x20, #UARTFR]
        tbz     w0, #4, take            // RXFE
        mov     w0, #0x50
        str     w0, [x20, #UARTICR]
        wfi                             // interrupts are masked: it only wakes
        b       next
take:   ldr     w0, [x20, #UARTDR]
        and     w0, w0, #0xff
        cmp     w0, #CTRL_D
        mov     w1, #SYSTEM_OFF
        b.eq    firmware
        cmp     w0, #CTRL_R
        mov     w1, #SYSTEM_RESET
        b.eq    firmware
        bl      put
        b       next

firmware:
        movz    w0, #0x8400, lsl #16
        orr     w0, w0, w1
        hvc     #0
        b       .

put:    ldr     w9, [x20, #UARTFR]
        tbnz    w9, #5, put             // TXFF
        str     w0, [x20, #UARTDR]
        ret

ready:  .asciz  "ready\r\n"
