/*
 * A PL011 on a bench: time, interrupt line and back end are the test's.
 */
#ifndef TESTS_PL011_RIG_H
#define TESTS_PL011_RIG_H

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "devices/pl011.h"

enum { /* DDI 0183G, table 3-1 */
       DR = 0x000,
       RSR = 0x004,
       ECR = 0x004,
       FR = 0x018,
       ILPR = 0x020,
       IBRD = 0x024,
       FBRD = 0x028,
       LCR_H = 0x02c,
       CR = 0x030,
       IFLS = 0x034,
       IMSC = 0x038,
       RIS = 0x03c,
       MIS = 0x040,
       ICR = 0x044,
       DMACR = 0x048,
};

enum { CTS = 0x001, DSR = 0x002, DCD = 0x004, BUSY = 0x008, RXFE = 0x010, TXFF = 0x020 };
enum { RXFF = 0x040, TXFE = 0x080, RI = 0x100, MODEM = RI | DCD | DSR | CTS };
enum { FEN = 0x10, WLEN_8 = 0x60, BRK = 0x01 };
enum { UARTEN = 0x001, LBE = 0x080, TXE = 0x100, RXE = 0x200, ON = UARTEN | TXE | RXE };
enum { DTR = 0x400, RTS = 0x800, OUT1 = 0x1000, OUT2 = 0x2000 };
enum { RIM = 0x001, CTSM = 0x002, DCDM = 0x004, DSRM = 0x008, RX = 0x010, TX = 0x020, RT = 0x040 };
enum { FE = 0x080, PE = 0x100, BE = 0x200, OE = 0x400 };
enum { DR_FE = 0x100, DR_BE = 0x400, DR_OE = 0x800 };

/* 24 MHz / (16 * (13 + 1/64)): 115246 baud. */
enum { IBRD_115200 = 13, FBRD_115200 = 1, BIT_NS_115200 = 8677 };

enum { LINE_SIZE = 1 << 17 };

/* A back end that takes as much as it is told to and gives what it has. */
struct line {
    struct chardev dev;
    u8 *out, *in;
    size_t out_len, out_limit, in_len, in_pos;
};

struct rig {
    struct pl011 uart;
    struct clock clock;
    struct line line;
    u64 now;
    bool irq;
};

static inline size_t line_write(struct chardev *c, const u8 *data, size_t len, bool must)
{
    struct line *l = container_of(c, struct line, dev);
    size_t room = must ? LINE_SIZE : l->out_limit;
    size_t n = l->out_len >= room ? 0 : room - l->out_len;
    n = n < len ? n : len;
    memcpy(l->out + l->out_len, data, n);
    l->out_len += n;
    return n;
}

static inline void line_accept(struct chardev *c)
{
    struct line *l = container_of(c, struct line, dev);
    size_t room;
    while (l->in_pos < l->in_len && (room = chardev_room(c)) != 0) {
        size_t n = l->in_len - l->in_pos < room ? l->in_len - l->in_pos : room;
        l->in_pos += n;
        chardev_receive(c, l->in + l->in_pos - n, n);
    }
}

static inline void set_irq(void *owner, unsigned input, bool level)
{
    ((struct rig *)owner)->irq = level;
}

static inline u64 rig_now(void *owner)
{
    return ((struct rig *)owner)->now;
}

static inline struct rig *new_rig(void)
{
    static const struct chardev_ops ops = {.write = line_write, .accept = line_accept};
    struct rig *r = calloc(1, sizeof(*r));
    r->clock = (struct clock){.source = rig_now, .owner = r};
    r->line = (struct line){
        .dev.ops = &ops,
        .out = calloc(1, LINE_SIZE),
        .in = calloc(1, LINE_SIZE),
        .out_limit = LINE_SIZE,
    };
    pl011_init(&r->uart, &r->clock, (struct irq_line){set_irq, r, 0}, &r->line.dev);
    return r;
}

static inline void free_rig(struct rig *r)
{
    pl011_destroy(&r->uart);
    cr_assert_null(r->clock.first, "an alarm survives its device");
    free(r->line.out);
    free(r->line.in);
    free(r);
}

static inline u32 rd(struct rig *r, u64 offset)
{
    return (u32)pl011_ops.read(&r->uart, offset, 4);
}

static inline void wr(struct rig *r, u64 offset, u32 value)
{
    pl011_ops.write(&r->uart, offset, 4, value);
}

static inline void pass_time(struct rig *r, u64 ns)
{
    u64 end = r->now + ns;
    while (clock_deadline(&r->clock) <= end) {
        u64 next = clock_deadline(&r->clock);
        r->now = next > r->now ? next : r->now;
        clock_run(&r->clock);
    }
    r->now = end;
}

/* Bytes come in at the back end. */
static inline void type(struct rig *r, const void *data, size_t len)
{
    memcpy(r->line.in + r->line.in_len, data, len);
    r->line.in_len += len;
    line_accept(&r->line.dev);
}

/* 115200 8n1 with or without FIFOs, everything on, RX interrupts unmasked. */
static inline struct rig *new_running_rig(u32 lcr_h)
{
    struct rig *r = new_rig();
    wr(r, CR, 0);
    wr(r, IBRD, IBRD_115200);
    wr(r, FBRD, FBRD_115200);
    wr(r, LCR_H, lcr_h);
    wr(r, CR, ON);
    wr(r, IMSC, RX | RT);
    return r;
}

#endif
