/*
 * Arm PrimeCell PL011 UART (DDI 0183G), revision 1 with 16-deep FIFOs: what
 * QEMU's virt board has, and what its identification registers say.
 *
 * Where it differs from the manual, the reason is that software which runs on
 * QEMU's virt board, where no firmware has set up the UART, must run here:
 * - The transmitter works while UARTEN is clear; so does the receiver until the
 *   first write to UARTCR. Bytes are 8 bits wide whatever WLEN says.
 * - Bytes are transmitted at once. When the back end refuses some they stay in
 *   the transmit FIFO, which then looks as if the line were slow. A write to a
 *   full FIFO loses nothing: the back end must take it.
 * - When the receive timeout comes while its interrupt is masked and that of
 *   reception is not, it counts as reception, for drivers that know only of that.
 * - CTSEn stops nothing: the modem inputs are not connected, and read as inactive.
 *
 * Input is taken only when the guest wants it: see pl011_rx.c.
 */
#ifndef DEVICES_PL011_H
#define DEVICES_PL011_H

#include "core/clock.h"
#include "core/irq.h"
#include "core/log.h"
#include "devices/chardev.h"
#include "mmu/bus.h"

enum {
    PL011_FIFO_DEPTH = 16, /* revisions below r1p5 */
    PL011_REGISTERS = 19,  /* words from UARTDR to UARTDMACR */
};

struct pl011 {
    struct irq_line irq;     /* UARTINTR */
    struct chardev *backend; /* may be NULL */
    struct clock *clock;
    const struct log *log; /* may be NULL */

    u16 reg[PL011_REGISTERS]; /* by offset / 4; UARTFR and UARTMIS are computed */
    u32 divisor; /* UARTIBRD:UARTFBRD as latched by the last write to UARTLCR_H, in 1/64 */
    u16 modem;   /* the modem inputs, as in UARTFR */

    u8 tx_fifo[PL011_FIFO_DEPTH]; /* oldest first */
    u8 tx_count;

    u16 rx_fifo[PL011_FIFO_DEPTH]; /* a ring; entries as UARTDR shows them */
    u8 rx_first, rx_count;
    bool rx_overrun;         /* to be noted in the next entry */
    struct alarm rx_timeout; /* UARTRTINTR */

    /* When the guest wants input: pl011_rx.c. */
    bool cr_written;        /* since reset */
    bool rx_by_irq;         /* the guest waits for input by interrupt */
    bool rx_polled;         /* the guest waits for input in a loop */
    bool rx_owed;           /* the back end was told to wait */
    u8 idle_polls;          /* status reads in a row that had nothing to tell */
    u64 rx_enabled_at;      /* ns */
    u64 rx_line_busy;       /* ns until which the last bytes would be on the line */
    struct alarm rx_resume; /* asks the back end again */
};

extern const struct mmio_ops pl011_ops;

/*
 * Reset it and become BACKEND's front end. CLOCK and BACKEND must outlive it.
 * .log may be set afterwards.
 */
void pl011_init(struct pl011 *p, struct clock *clock, struct irq_line irq, struct chardev *backend);

/*
 * The guest has nothing to do: all its CPUs wait for an interrupt. To be called
 * by the board each time before it sleeps. Input flows faster than the programmed
 * baud rate then. True when there was some: an interrupt may be pending now and
 * the next deadline has moved, so the board must look again before it sleeps.
 */
bool pl011_idle(struct pl011 *p);

/* Take its alarms off the clock and leave the back end, which is not destroyed. */
void pl011_destroy(struct pl011 *p);

#endif
