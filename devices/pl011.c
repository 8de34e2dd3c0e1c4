/*
 * PL011 (DDI 0183G): the registers, the transmitter, the modem lines. A row of
 * `rows` says everything about a register; what has no row reads as zero and
 * ignores writes. The receiver is in pl011_rx.c.
 */
#include "devices/pl011.h"

#include <string.h>

#include "devices/amba.h"
#include "devices/pl011_internal.h"

enum {
    PL011_PART = 0x011,
    PL011_REVISION = 1, /* Linux derives a FIFO depth of 16 from it */
};

void pl011_update_irq(const struct pl011 *p)
{
    irq_set(&p->irq, p->reg[UARTRIS] & p->reg[UARTIMSC]);
}

/* The level at or below which the transmit FIFO raises UARTTXINTR. */
static unsigned tx_trigger(const struct pl011 *p)
{
    static const u8 eighths[8] = {1, 2, 4, 6, 7, 7, 7, 7}; /* TXIFLSEL; the last three reserved */
    if (pl011_depth(p) == 1)
        return 0;
    return PL011_FIFO_DEPTH * eighths[p->reg[UARTIFLS] & 7] / 8;
}

/* The guest runs the UART without its transmitter. UARTEN clear does not hold it: see pl011.h. */
static bool tx_held(const struct pl011 *p)
{
    return (p->reg[UARTCR] & (CR_UARTEN | CR_TXE)) == CR_UARTEN;
}

static size_t send(struct pl011 *p, bool must)
{
    if (pl011_loops_back(p)) {
        for (unsigned i = 0; i < p->tx_count; i++)
            if (pl011_rx_enabled(p))
                pl011_rx_put(p, p->tx_fifo[i]);
        return p->tx_count;
    }
    if (!must)
        return chardev_write(p->backend, p->tx_fifo, p->tx_count);
    chardev_write_all(p->backend, p->tx_fifo, p->tx_count);
    return p->tx_count;
}

/*
 * Transmit what the FIFO holds. The interrupt comes with the FIFO's level going
 * down to the trigger level, and it does with every byte that leaves at once.
 */
static void transmit(struct pl011 *p, bool must)
{
    if (tx_held(p) || !p->tx_count)
        return;
    size_t sent = send(p, must);
    p->tx_count -= (u8)sent;
    memmove(p->tx_fifo, p->tx_fifo + sent, p->tx_count);
    if (sent && p->tx_count <= tx_trigger(p))
        p->reg[UARTRIS] |= INT_TX;
}

static void dr_write(struct pl011 *p, u16 value, u16 old)
{
    if (p->tx_count >= pl011_depth(p))
        transmit(p, true);
    if (p->tx_count < pl011_depth(p))
        p->tx_fifo[p->tx_count++] = (u8)value;
    else
        log_line(p->log, LOG_GUEST_ERRORS, "pl011: data written to a full FIFO that TXE holds");
    if (p->tx_count > tx_trigger(p))
        p->reg[UARTRIS] &= ~INT_TX;
    transmit(p, false);
}

static u16 dr_read(struct pl011 *p)
{
    return pl011_rx_get(p);
}

static void ecr_write(struct pl011 *p, u16 value, u16 old)
{
    p->reg[UARTRSR] = 0;
}

static u16 flags(const struct pl011 *p)
{
    u16 fr = p->modem;
    fr |= p->tx_count ? FR_BUSY : FR_TXFE;
    fr |= p->tx_count >= pl011_depth(p) ? FR_TXFF : 0;
    fr |= p->rx_count >= pl011_depth(p) ? FR_RXFF : 0;
    fr |= p->rx_count ? 0 : FR_RXFE;
    return fr;
}

static u16 fr_read(struct pl011 *p)
{
    pl011_rx_polled(p);
    return flags(p);
}

static u16 ris_read(struct pl011 *p)
{
    pl011_rx_polled(p);
    return p->reg[UARTRIS];
}

static u16 mis_read(struct pl011 *p)
{
    pl011_rx_polled(p);
    return p->reg[UARTRIS] & p->reg[UARTIMSC];
}

/* UARTIBRD and UARTFBRD take effect with this write only (3.3.7). */
static void lcr_h_write(struct pl011 *p, u16 value, u16 old)
{
    p->divisor = (u32)p->reg[UARTIBRD] << 6 | p->reg[UARTFBRD];
    if (old & ~value & LCR_H_FEN) {
        /* Clearing FEN flushes. A real line would have transmitted the bytes by now. */
        transmit(p, true);
        p->tx_count = 0;
        pl011_rx_flush(p);
    }
    /* A break that is sent has nowhere to go but back: no back end can pass one on. */
    if (value & ~old & LCR_H_BRK && pl011_loops_back(p) && pl011_rx_enabled(p))
        pl011_rx_put(p, DR_BE | DR_FE);
}

/* In loopback the modem outputs are the modem inputs (3.3.8); otherwise these are not connected. */
static void update_modem(struct pl011 *p)
{
    static const struct {
        u16 output, input, interrupt;
    } lines[] = {
        {CR_RTS, FR_CTS, INT_CTS},
        {CR_DTR, FR_DSR, INT_DSR},
        {CR_OUT1, FR_DCD, INT_DCD},
        {CR_OUT2, FR_RI, INT_RI},
    };
    u16 old = p->modem;
    p->modem = 0;
    for (unsigned i = 0; i < ARRAY_LEN(lines); i++) {
        if (pl011_loops_back(p) && p->reg[UARTCR] & lines[i].output)
            p->modem |= lines[i].input;
        if ((p->modem ^ old) & lines[i].input)
            p->reg[UARTRIS] |= lines[i].interrupt;
    }
}

static void cr_write(struct pl011 *p, u16 value, u16 old)
{
    p->reg[UARTCR] = old;
    bool was_enabled = pl011_rx_enabled(p);
    p->reg[UARTCR] = value;
    update_modem(p);
    transmit(p, false);
    pl011_rx_cr_written(p, was_enabled);
}

static void imsc_write(struct pl011 *p, u16 value, u16 old)
{
    pl011_rx_imsc_written(p);
}

static void icr_write(struct pl011 *p, u16 value, u16 old)
{
    p->reg[UARTICR] = 0;
    p->reg[UARTRIS] &= ~value;
    pl011_rx_icr_written(p);
}

/*
 * A register that has a write hook is stored, as far as it is writable, before
 * the hook is called with the stored value and the one before.
 */
static const struct row {
    const char *name;
    u16 writable;
    u16 reset;
    u16 (*read)(struct pl011 *p);
    void (*write)(struct pl011 *p, u16 value, u16 old);
} rows[PL011_REGISTERS] = {
    [UARTDR] = {"UARTDR", 0x00ff, 0, dr_read, dr_write},
    [UARTRSR] = {"UARTRSR", 0x00ff, 0, NULL, ecr_write},
    [UARTFR] = {"UARTFR", 0, 0, fr_read, NULL},
    [UARTILPR] = {"UARTILPR", 0x00ff, 0, NULL, NULL},
    [UARTIBRD] = {"UARTIBRD", 0xffff, 0, NULL, NULL},
    [UARTFBRD] = {"UARTFBRD", 0x003f, 0, NULL, NULL},
    [UARTLCR_H] = {"UARTLCR_H", 0x00ff, 0, NULL, lcr_h_write},
    [UARTCR] = {"UARTCR", 0xff87, CR_TXE | CR_RXE, NULL, cr_write},
    [UARTIFLS] = {"UARTIFLS", 0x003f, 0x12, NULL, NULL},
    [UARTIMSC] = {"UARTIMSC", 0x07ff, 0, NULL, imsc_write},
    [UARTRIS] = {"UARTRIS", 0, 0, ris_read, NULL},
    [UARTMIS] = {"UARTMIS", 0, 0, mis_read, NULL},
    [UARTICR] = {"UARTICR", 0x07ff, 0, NULL, icr_write},
    [UARTDMACR] = {"UARTDMACR", 0x0007, 0, NULL, NULL},
};

static const struct row *find_row(u64 offset)
{
    u64 i = offset / 4;
    return i < PL011_REGISTERS && rows[i].name ? &rows[i] : NULL;
}

static u64 pl011_read(void *dev, u64 offset, unsigned size)
{
    struct pl011 *p = dev;
    const struct row *row = find_row(offset);
    u32 value = 0;
    if (row) {
        value = row->read ? row->read(p) : p->reg[row - rows];
        pl011_update_irq(p);
    } else if (!amba_id_read(offset & ~UINT64_C(3), PL011_PART, PL011_REVISION, &value)) {
        log_line(p->log, LOG_GUEST_ERRORS, "pl011: read of 0x%03x, which is no register",
                 (unsigned)offset);
    }
    return value >> 8 * (offset & 3);
}

static void pl011_write(void *dev, u64 offset, unsigned size, u64 value)
{
    struct pl011 *p = dev;
    const struct row *row = offset % 4 ? NULL : find_row(offset);
    if (!row || !row->writable) {
        log_line(p->log, LOG_GUEST_ERRORS, "pl011: write to 0x%03x, which can't be written",
                 (unsigned)offset);
        return;
    }
    u16 *reg = &p->reg[row - rows];
    u16 old = *reg;
    *reg = (u16)value & row->writable;
    p->idle_polls = 0;
    if (row->write)
        row->write(p, *reg, old);
    pl011_update_irq(p);
}

void pl011_transmit(struct pl011 *p)
{
    transmit(p, false);
    pl011_update_irq(p);
}

static void pl011_reset(void *dev)
{
    struct pl011 *p = dev;
    transmit(p, true); /* a slow back end is no reason to lose a last message */
    for (unsigned i = 0; i < PL011_REGISTERS; i++)
        p->reg[i] = rows[i].reset;
    p->divisor = 0;
    p->modem = 0;
    p->tx_count = 0;
    pl011_rx_reset(p);
    pl011_update_irq(p);
}

static int pl011_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    static const char clocks[] = "uartclk\0apb_pclk";
    static const char compatible[] = "arm,pl011\0arm,primecell";
    static const struct amba_node node = {
        .name = "pl011",
        .clocks = clocks,
        .clocks_size = sizeof(clocks),
        .clock_count = 2,
        .compatible = compatible,
        .compatible_size = sizeof(compatible),
    };
    return amba_fdt(&node, fdt, at);
}

const struct mmio_ops pl011_ops = {
    .name = "pl011",
    .size = AMBA_WINDOW,
    .min_access = 1,
    .max_access = 4,
    .read = pl011_read,
    .write = pl011_write,
    .reset = pl011_reset,
    .fdt = pl011_fdt,
};
