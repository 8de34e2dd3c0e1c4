/*
 * What the two halves of the PL011 share: registers (pl011.c) and the receiver
 * (pl011_rx.c). Names and bits are those of DDI 0183G, chapter 3.
 */
#ifndef DEVICES_PL011_INTERNAL_H
#define DEVICES_PL011_INTERNAL_H

#include "devices/pl011.h"

/* Registers, by offset / 4. */
enum {
    UARTDR = 0x000 / 4,
    UARTRSR = 0x004 / 4, /* UARTECR when written */
    UARTFR = 0x018 / 4,
    UARTILPR = 0x020 / 4,
    UARTIBRD = 0x024 / 4,
    UARTFBRD = 0x028 / 4,
    UARTLCR_H = 0x02c / 4,
    UARTCR = 0x030 / 4,
    UARTIFLS = 0x034 / 4,
    UARTIMSC = 0x038 / 4,
    UARTRIS = 0x03c / 4,
    UARTMIS = 0x040 / 4,
    UARTICR = 0x044 / 4,
    UARTDMACR = 0x048 / 4,
};

enum { /* UARTDR, and the entries of the receive FIFO */
       DR_FE = 1 << 8,
       DR_PE = 1 << 9,
       DR_BE = 1 << 10,
       DR_OE = 1 << 11,
       DR_ERRORS_SHIFT = 8, /* down to UARTRSR */
};

enum { RSR_OE = 1 << 3 };

enum {
    FR_CTS = 1 << 0,
    FR_DSR = 1 << 1,
    FR_DCD = 1 << 2,
    FR_BUSY = 1 << 3,
    FR_RXFE = 1 << 4,
    FR_TXFF = 1 << 5,
    FR_RXFF = 1 << 6,
    FR_TXFE = 1 << 7,
    FR_RI = 1 << 8,
};

enum {
    LCR_H_BRK = 1 << 0,
    LCR_H_PEN = 1 << 1,
    LCR_H_STP2 = 1 << 3,
    LCR_H_FEN = 1 << 4,
    LCR_H_WLEN_SHIFT = 5,
};

enum {
    CR_UARTEN = 1 << 0,
    CR_LBE = 1 << 7,
    CR_TXE = 1 << 8,
    CR_RXE = 1 << 9,
    CR_DTR = 1 << 10,
    CR_RTS = 1 << 11,
    CR_OUT1 = 1 << 12,
    CR_OUT2 = 1 << 13,
};

enum { /* UARTIMSC, UARTRIS, UARTMIS, UARTICR */
       INT_RI = 1 << 0,
       INT_CTS = 1 << 1,
       INT_DCD = 1 << 2,
       INT_DSR = 1 << 3,
       INT_RX = 1 << 4,
       INT_TX = 1 << 5,
       INT_RT = 1 << 6,
       INT_FE = 1 << 7,
       INT_PE = 1 << 8,
       INT_BE = 1 << 9,
       INT_OE = 1 << 10,
       DR_TO_INT_SHIFT = 1, /* FE, PE, BE and OE lie one bit higher in UARTDR */
};

static inline bool pl011_loops_back(const struct pl011 *p)
{
    return p->reg[UARTCR] & CR_LBE;
}

static inline unsigned pl011_depth(const struct pl011 *p)
{
    return p->reg[UARTLCR_H] & LCR_H_FEN ? PL011_FIFO_DEPTH : 1;
}

/* Drive the interrupt line from UARTRIS and UARTIMSC. */
void pl011_update_irq(const struct pl011 *p);

/* Transmit what the back end refused before. */
void pl011_transmit(struct pl011 *p);

/* The receiver is on; in loopback it then hears the transmitter. */
bool pl011_rx_enabled(const struct pl011 *p);

/* A character with its error bits comes in: into the FIFO, or it is an overrun. */
void pl011_rx_put(struct pl011 *p, u16 entry);

/* A read of UARTDR. */
u16 pl011_rx_get(struct pl011 *p);

/* Empty the receive FIFO. */
void pl011_rx_flush(struct pl011 *p);

/*
 * Something changed that decides whether the guest wants input: a write to
 * UARTCR or UARTIMSC, or a read of a status register that showed nothing to do.
 */
void pl011_rx_cr_written(struct pl011 *p, bool was_enabled);
void pl011_rx_imsc_written(struct pl011 *p);
void pl011_rx_polled(struct pl011 *p);

/* UARTICR was written: what it cleared may come back. */
void pl011_rx_icr_written(struct pl011 *p);

void pl011_rx_reset(struct pl011 *p);

#endif
