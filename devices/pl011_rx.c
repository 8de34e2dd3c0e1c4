/*
 * PL011's receiver (DDI 0183G, 2.4 and 2.8): the FIFO, its interrupts, and the
 * question when to take input from the back end.
 *
 * On a real line what comes while nobody listens is lost, and what comes faster
 * than the driver can empty the FIFO too. Here input waits outside instead:
 * - until the guest wants it. A driver that enables the receiver first and then
 *   throws away what it finds in the FIFO, as Linux's does, gets nothing to throw
 *   away: input comes once the receive interrupts are unmasked, or the guest asks
 *   again and again for a character, or has had the receiver on for a while.
 * - until the guest is ready for more. The characters of a burst take their time
 *   on the line, at the programmed baud rate, so that a driver which empties the
 *   FIFO in its interrupt handler comes to an end and the rest of the guest gets
 *   to work on them; but when the guest idles or polls, the next burst may come.
 */
#include "devices/pl011_internal.h"

enum {
    UARTCLK_HZ = 24000000, /* the board's APB clock */
    TIMEOUT_BITS = 32,
    /* 115200 baud (13 1/64), while nothing is programmed; input comes no faster. */
    DEFAULT_DIVISOR = 13 << 6 | 1,
    HUNGRY_POLLS = 8,             /* more than any driver reads without waiting for a character */
    SETTLE_NS = 20 * 1000 * 1000, /* a receiver on for so long is meant to be */
};

static u64 bit_ns(u32 divisor)
{
    return divisor * NS_PER_SEC / (UARTCLK_HZ * UINT64_C(4)); /* 16 clocks, 6 fraction bits */
}

/* Bits of a character with its start, parity and stop bits (3.3.7). */
static unsigned frame_bits(const struct pl011 *p)
{
    u16 lcr_h = p->reg[UARTLCR_H];
    return 1 + 5 + (lcr_h >> LCR_H_WLEN_SHIFT & 3) + !!(lcr_h & LCR_H_PEN) + 1 +
           !!(lcr_h & LCR_H_STP2);
}

static unsigned rx_trigger(const struct pl011 *p)
{
    static const u8 eighths[8] = {1, 2, 4, 6, 7, 7, 7, 7}; /* RXIFLSEL; the last three reserved */
    if (pl011_depth(p) == 1)
        return 1;
    return PL011_FIFO_DEPTH * eighths[p->reg[UARTIFLS] >> 3 & 7] / 8;
}

bool pl011_rx_enabled(const struct pl011 *p)
{
    return !p->cr_written || !(~p->reg[UARTCR] & (CR_UARTEN | CR_RXE));
}

/* A driver that knows of UARTRXINTR but not of UARTRTINTR. */
static bool ignores_timeout(const struct pl011 *p)
{
    return (p->reg[UARTIMSC] & (INT_RX | INT_RT)) == INT_RX;
}

static void arm_timeout(struct pl011 *p)
{
    u32 divisor = p->divisor ? p->divisor : DEFAULT_DIVISOR;
    clock_set_alarm(p->clock, &p->rx_timeout, clock_now(p->clock) + TIMEOUT_BITS * bit_ns(divisor));
}

/* The FIFO has been read or its interrupts cleared: what is left must be heard of again. */
static void rearm_timeout(struct pl011 *p)
{
    if (!p->rx_count) {
        p->reg[UARTRIS] &= ~INT_RT;
        clock_cancel_alarm(p->clock, &p->rx_timeout);
        return;
    }
    if (ignores_timeout(p) && !(p->reg[UARTRIS] & INT_RX))
        p->reg[UARTRIS] &= ~INT_RT;
    if (!(p->reg[UARTRIS] & INT_RT) && !p->rx_timeout.set)
        arm_timeout(p);
}

static void time_out(void *owner)
{
    struct pl011 *p = owner;
    p->reg[UARTRIS] |= INT_RT;
    if (ignores_timeout(p))
        p->reg[UARTRIS] |= INT_RX;
    pl011_update_irq(p);
}

void pl011_rx_put(struct pl011 *p, u16 entry)
{
    if (p->rx_count >= pl011_depth(p)) {
        p->rx_overrun = true;
        p->reg[UARTRSR] |= RSR_OE;
        p->reg[UARTRIS] |= INT_OE;
        return;
    }
    p->reg[UARTRIS] |= (entry & (DR_FE | DR_PE | DR_BE)) >> DR_TO_INT_SHIFT;
    if (p->rx_overrun) /* the state goes with the first character that finds room again */
        entry |= DR_OE;
    p->rx_overrun = false;
    p->rx_fifo[(p->rx_first + p->rx_count++) % PL011_FIFO_DEPTH] = entry;
    if (p->rx_count == rx_trigger(p))
        p->reg[UARTRIS] |= INT_RX;
    arm_timeout(p);
}

/* When the back end may give more: ns, CLOCK_NEVER as long as the guest does nothing for it. */
static u64 ready_at(const struct pl011 *p)
{
    u64 wanted_at = CLOCK_NEVER;
    if (pl011_loops_back(p) || !pl011_rx_enabled(p) || p->rx_count >= pl011_depth(p))
        return CLOCK_NEVER;
    if (p->reg[UARTIMSC] & (INT_RX | INT_RT) || p->rx_polled)
        wanted_at = 0;
    else if (p->cr_written && !p->rx_by_irq)
        wanted_at = p->rx_enabled_at + SETTLE_NS;
    return wanted_at > p->rx_line_busy ? wanted_at : p->rx_line_busy;
}

static bool wait_until_ready(struct pl011 *p)
{
    u64 at = ready_at(p);
    if (at <= clock_now(p->clock))
        return true;
    if (at == CLOCK_NEVER)
        clock_cancel_alarm(p->clock, &p->rx_resume);
    else if (!p->rx_resume.set || p->rx_resume.deadline != at)
        clock_set_alarm(p->clock, &p->rx_resume, at);
    return false;
}

/* If the back end has been told to wait, see whether it still has to. */
static void resume(void *owner)
{
    struct pl011 *p = owner;
    if (!p->rx_owed || !wait_until_ready(p))
        return;
    p->rx_owed = false;
    chardev_accept(p->backend);
}

u16 pl011_rx_get(struct pl011 *p)
{
    if (!p->rx_count)
        pl011_rx_polled(p);
    if (!p->rx_count)
        return 0;
    p->idle_polls = 0;
    u16 entry = p->rx_fifo[p->rx_first];
    p->rx_first = (p->rx_first + 1) % PL011_FIFO_DEPTH;
    p->rx_count--;
    p->reg[UARTRSR] = (p->reg[UARTRSR] & RSR_OE) | entry >> DR_ERRORS_SHIFT;
    if (p->rx_count < rx_trigger(p))
        p->reg[UARTRIS] &= ~INT_RX;
    rearm_timeout(p);
    resume(p);
    return entry;
}

void pl011_rx_flush(struct pl011 *p)
{
    p->rx_count = 0;
    p->reg[UARTRIS] &= ~INT_RX;
    rearm_timeout(p);
}

void pl011_rx_cr_written(struct pl011 *p, bool was_enabled)
{
    bool first = !p->cr_written;
    p->cr_written = true;
    if (!first && was_enabled && pl011_rx_enabled(p)) {
        resume(p);
        return;
    }
    p->rx_enabled_at = clock_now(p->clock);
    p->rx_by_irq = p->reg[UARTIMSC] & (INT_RX | INT_RT);
    p->rx_polled = false;
    resume(p);
}

void pl011_rx_imsc_written(struct pl011 *p)
{
    if (p->reg[UARTIMSC] & (INT_RX | INT_RT)) {
        p->rx_by_irq = true;
        p->rx_polled = false;
    }
    if (ignores_timeout(p) && p->reg[UARTRIS] & INT_RT)
        p->reg[UARTRIS] |= INT_RX;
    resume(p);
}

void pl011_rx_icr_written(struct pl011 *p)
{
    rearm_timeout(p);
}

/* The guest has nothing to do but to wait for input. True when there was some. */
static bool feed(struct pl011 *p)
{
    if (p->rx_count || !p->rx_owed)
        return false;
    p->rx_line_busy = 0;
    resume(p);
    return p->rx_count;
}

/*
 * A guest that reads nothing but status, and finds the line quiet in both
 * directions, is waiting for a character.
 */
void pl011_rx_polled(struct pl011 *p)
{
    if (p->rx_count || p->tx_count) {
        p->idle_polls = 0;
    } else if (++p->idle_polls >= HUNGRY_POLLS) {
        p->idle_polls = 0;
        if (!(p->reg[UARTIMSC] & (INT_RX | INT_RT))) {
            p->rx_by_irq = false;
            p->rx_polled = true;
        }
        feed(p);
    }
}

bool pl011_idle(struct pl011 *p)
{
    return feed(p);
}

static size_t room(void *owner)
{
    struct pl011 *p = owner;
    if (wait_until_ready(p))
        return pl011_depth(p) - p->rx_count;
    p->rx_owed = true;
    return 0;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    struct pl011 *p = owner;
    u32 divisor = p->divisor > DEFAULT_DIVISOR ? p->divisor : DEFAULT_DIVISOR;
    for (size_t i = 0; i < len; i++)
        pl011_rx_put(p, data[i]);
    p->rx_line_busy = clock_now(p->clock) + len * frame_bits(p) * bit_ns(divisor);
    pl011_update_irq(p);
}

static void event(void *owner, enum chardev_event what)
{
    struct pl011 *p = owner;
    if (what == CHARDEV_BREAK && pl011_rx_enabled(p) && !pl011_loops_back(p)) {
        pl011_rx_put(p, DR_BE | DR_FE); /* a zero without a stop bit */
        pl011_update_irq(p);
    }
}

/* The back end has room again. */
static void writable(void *owner)
{
    pl011_transmit(owner);
}

static const struct chardev_client client = {
    .room = room,
    .receive = receive,
    .writable = writable,
    .event = event,
};

void pl011_rx_reset(struct pl011 *p)
{
    clock_cancel_alarm(p->clock, &p->rx_timeout);
    clock_cancel_alarm(p->clock, &p->rx_resume);
    p->rx_first = 0;
    p->rx_count = 0;
    p->rx_overrun = false;
    p->cr_written = false;
    p->rx_by_irq = false;
    p->rx_polled = false;
    p->idle_polls = 0;
    p->rx_enabled_at = 0;
    p->rx_line_busy = 0;
}

void pl011_init(struct pl011 *p, struct clock *clock, struct irq_line irq, struct chardev *backend)
{
    *p = (struct pl011){
        .irq = irq,
        .backend = backend,
        .clock = clock,
        .rx_owed = true, /* there may be input already */
        .rx_timeout = {.fire = time_out, .owner = p},
        .rx_resume = {.fire = resume, .owner = p},
    };
    chardev_connect(backend, &client, p);
    pl011_ops.reset(p);
}

void pl011_destroy(struct pl011 *p)
{
    clock_cancel_alarm(p->clock, &p->rx_timeout);
    clock_cancel_alarm(p->clock, &p->rx_resume);
    chardev_connect(p->backend, NULL, NULL);
}
