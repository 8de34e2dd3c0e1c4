/*
 * The PL011's receiver: FIFO, interrupts and errors of DDI 0183G, what Linux's
 * amba-pl011 driver relies on, and that no input is lost whenever it comes.
 */
#include "pl011_rig.h"

Test(pl011_rx, receive_interrupt_comes_at_the_trigger_level)
{
    static const u8 level[5] = {2, 4, 8, 12, 14};
    for (unsigned select = 0; select < 5; select++) {
        struct rig *r = new_running_rig(WLEN_8 | FEN);
        wr(r, IFLS, select << 3);
        wr(r, IMSC, RX | RT);
        /* Loopback brings one character at a time. */
        wr(r, CR, ON | LBE);
        for (unsigned n = 1; n <= 16; n++) {
            wr(r, DR, n);
            cr_assert_eq(!!(rd(r, RIS) & RX), n >= level[select], "level %u, %u characters",
                         level[select], n);
        }
        cr_assert(r->irq);
        for (unsigned n = 1; n <= 16; n++) {
            cr_assert_eq(rd(r, DR), n);
            cr_assert_eq(!!(rd(r, RIS) & RX), 16 - n >= level[select]);
        }
        free_rig(r);
    }
}

/* The interrupt is the transition: once cleared it needs another. */
Test(pl011_rx, a_cleared_receive_interrupt_waits_for_the_level_to_be_reached_again)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, CR, ON | LBE);
    for (unsigned n = 0; n < 9; n++)
        wr(r, DR, n);
    cr_assert_eq(rd(r, RIS) & RX, RX);
    wr(r, ICR, RX);
    cr_assert_eq(rd(r, RIS) & RX, 0);
    wr(r, DR, 9);
    cr_assert_eq(rd(r, RIS) & RX, 0);
    for (unsigned n = 0; n < 3; n++)
        rd(r, DR);
    wr(r, DR, 10);
    cr_assert_eq(rd(r, RIS) & RX, RX, "7 to 8 is a transition");
    free_rig(r);
}

Test(pl011_rx, receive_timeout_comes_32_bit_periods_after_the_last_character)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    type(r, "x", 1);
    pass_time(r, 31 * BIT_NS_115200);
    cr_assert_eq(rd(r, RIS) & (RX | RT), 0);
    cr_assert_not(r->irq);
    pass_time(r, BIT_NS_115200 + 32);
    cr_assert_eq(rd(r, RIS) & (RX | RT), RT);
    cr_assert(r->irq);
    cr_assert_eq(rd(r, DR), 'x');
    cr_assert_not(r->irq, "cleared when the FIFO is empty");
    free_rig(r);
}

Test(pl011_rx, receive_timeout_follows_the_latched_baud_rate)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, IBRD, 156); /* 9615 baud, once UARTLCR_H is written */
    wr(r, FBRD, 0);
    type(r, "x", 1);
    pass_time(r, 32 * BIT_NS_115200 + 32);
    cr_assert_eq(rd(r, RIS) & RT, RT, "UARTIBRD alone changes nothing");
    rd(r, DR);
    wr(r, LCR_H, WLEN_8 | FEN);
    type(r, "y", 1);
    pass_time(r, 32 * 104000 - 1);
    cr_assert_eq(rd(r, RIS) & RT, 0);
    pass_time(r, 1);
    cr_assert_eq(rd(r, RIS) & RT, RT);
    free_rig(r);
}

Test(pl011_rx, a_receive_timeout_cleared_with_characters_left_comes_again)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    type(r, "xy", 2);
    pass_time(r, NS_PER_SEC / 1000);
    cr_assert(r->irq);
    wr(r, ICR, RT);
    cr_assert_not(r->irq);
    pass_time(r, NS_PER_SEC / 1000);
    cr_assert(r->irq);
    rd(r, DR);
    cr_assert(r->irq);
    rd(r, DR);
    cr_assert_not(r->irq);
    free_rig(r);
}

Test(pl011_rx, a_driver_that_knows_only_the_receive_interrupt_hears_of_every_character)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, IMSC, RX);
    type(r, "abc", 3);
    for (const char *c = "abc"; *c; c++) {
        pass_time(r, NS_PER_SEC / 1000);
        cr_assert(r->irq);
        cr_assert_eq(rd(r, DR), (u32)*c);
        wr(r, ICR, RX);
        cr_assert_not(r->irq);
    }
    /* The characters may be there before the mask is opened. */
    wr(r, IMSC, RX | RT);
    pass_time(r, NS_PER_SEC);
    type(r, "d", 1);
    wr(r, IMSC, 0);
    pass_time(r, NS_PER_SEC / 1000);
    wr(r, IMSC, RX);
    cr_assert(r->irq);
    free_rig(r);
}

/* 2.4.3: the overrun goes with the next character that finds room. */
Test(pl011_rx, overrun)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, IMSC, OE);
    wr(r, CR, ON | LBE);
    for (unsigned n = 0; n < 16; n++)
        wr(r, DR, n);
    cr_assert_eq(rd(r, FR) & RXFF, RXFF);
    cr_assert_eq(rd(r, RIS) & OE, 0);
    wr(r, DR, 0xee);
    cr_assert_eq(rd(r, RIS) & OE, OE);
    cr_assert(r->irq);
    cr_assert_eq(rd(r, RSR), 0x8, "at once");
    wr(r, ICR, OE);
    cr_assert_not(r->irq);
    cr_assert_eq(rd(r, DR), 0, "what is in the FIFO stays valid");
    cr_assert_eq(rd(r, RSR), 0x8);
    wr(r, ECR, 0xff);
    cr_assert_eq(rd(r, RSR), 0);
    wr(r, DR, 0x55);
    for (unsigned n = 1; n < 16; n++)
        cr_assert_eq(rd(r, DR), n);
    cr_assert_eq(rd(r, DR), 0x55 | DR_OE);
    wr(r, DR, 0x66);
    cr_assert_eq(rd(r, DR), 0x66);
    free_rig(r);
}

Test(pl011_rx, break_is_a_zero_with_its_flags)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, IMSC, BE);
    chardev_send_event(&r->line.dev, CHARDEV_BREAK);
    cr_assert(r->irq);
    cr_assert_eq(rd(r, RIS) & (BE | FE | PE), BE | FE, "a break has no stop bit");
    cr_assert_eq(rd(r, RSR), 0, "the status is that of the character last read");
    cr_assert_eq(rd(r, DR), DR_BE | DR_FE);
    cr_assert_eq(rd(r, RSR), 0x5);
    wr(r, ICR, BE | FE);
    cr_assert_not(r->irq);
    wr(r, CR, UARTEN | TXE);
    chardev_send_event(&r->line.dev, CHARDEV_BREAK);
    cr_assert_eq(rd(r, FR) & RXFE, RXFE, "the receiver is off");
    free_rig(r);
}

/* Reads what the guest is given, as a driver's interrupt handler does. */
static size_t drain(struct rig *r, u8 *to)
{
    size_t n = 0;
    while (!(rd(r, FR) & RXFE))
        to[n++] = (u8)rd(r, DR);
    return n;
}

/* drivers/tty/serial/amba-pl011.c of Linux 5.4, on a line that has input waiting. */
Test(pl011_rx, input_that_waits_survives_the_start_of_linuxs_driver)
{
    struct rig *r = new_rig();
    u8 got[64];
    type(r, "0123456789abcdefghijklmn", 24);
    pass_time(r, NS_PER_SEC); /* nobody has touched the UART yet, nor waits for it */
    cr_assert_eq(r->line.in_pos, 0);
    /* The console: set_termios, then a message, before anybody opens the port. */
    u32 cr = rd(r, CR);
    wr(r, CR, 0);
    wr(r, FBRD, FBRD_115200);
    wr(r, IBRD, IBRD_115200);
    wr(r, LCR_H, WLEN_8 | FEN);
    wr(r, CR, cr);
    for (unsigned message = 0; message < 100; message++) {
        cr = rd(r, CR);
        wr(r, CR, cr | UARTEN | TXE);
        for (unsigned n = 0; n < 80; n++) {
            cr_assert_eq(rd(r, FR) & TXFF, 0);
            wr(r, DR, 'm');
            pass_time(r, 1000);
        }
        cr_assert_eq(rd(r, FR) & BUSY, 0);
        wr(r, CR, cr);
        pass_time(r, 10 * NS_PER_SEC / 1000);
        pl011_idle(&r->uart);
    }
    /* hwinit, startup, enable_interrupts with its loop that throws input away. */
    wr(r, ICR, OE | BE | PE | FE | RT | RX);
    u32 imsc = rd(r, IMSC);
    wr(r, IMSC, RT | RX);
    wr(r, IMSC, imsc);
    wr(r, IFLS, 0x2 << 3 | 0x2);
    wr(r, CR, ON);
    cr_assert_eq(rd(r, FR) & MODEM, 0);
    wr(r, ICR, RT | RX);
    for (unsigned i = 0; i < 32 && !(rd(r, FR) & RXFE); i++)
        rd(r, DR);
    cr_assert_eq(r->line.in_pos, 0, "it has thrown away %zu bytes", r->line.in_pos);
    wr(r, IMSC, RT | RX);
    size_t n = 0;
    for (unsigned interrupts = 0; n < 24; interrupts++) {
        cr_assert_lt(interrupts, 10);
        pass_time(r, 2 * NS_PER_SEC / 1000);
        cr_assert(r->irq);
        n += drain(r, got + n);
        cr_assert_not(r->irq);
    }
    cr_assert_arr_eq(got, "0123456789abcdefghijklmn", 24);
    free_rig(r);
}

Test(pl011_rx, input_waits_while_the_receiver_is_off)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, CR, UARTEN | TXE);
    type(r, "a", 1);
    pass_time(r, NS_PER_SEC);
    pl011_idle(&r->uart);
    cr_assert_eq(rd(r, FR) & RXFE, RXFE);
    wr(r, CR, ON);
    cr_assert_eq(rd(r, DR), 'a');
    free_rig(r);
}

/* Linux's throttle: the receive interrupts are masked because the tty is full. */
Test(pl011_rx, input_waits_while_an_interrupt_driver_does_not_listen)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    type(r, "a", 1);
    cr_assert_eq(rd(r, DR), 'a');
    wr(r, IMSC, 0);
    type(r, "bcd", 3);
    pass_time(r, NS_PER_SEC);
    pl011_idle(&r->uart);
    cr_assert_eq(r->line.in_pos, 1);
    wr(r, IMSC, RX | RT);
    for (const char *c = "bcd"; *c; c++)
        cr_assert_eq(rd(r, DR), (u32)*c);
    free_rig(r);
}

Test(pl011_rx, a_guest_that_polls_gets_input_with_or_without_setting_the_uart_up)
{
    for (unsigned setup = 0; setup < 2; setup++) {
        struct rig *r = new_rig();
        if (setup)
            wr(r, CR, ON);
        type(r, "ok", 2);
        for (const char *c = "ok"; *c; c++) {
            unsigned polls = 0;
            while (rd(r, FR) & RXFE)
                cr_assert_lt(polls++, 100);
            cr_assert_eq(rd(r, DR), (u32)*c);
        }
        free_rig(r);
    }
}

Test(pl011_rx, a_guest_that_looks_once_in_a_while_gets_input)
{
    struct rig *r = new_rig();
    wr(r, LCR_H, WLEN_8 | FEN);
    wr(r, CR, ON);
    type(r, "ok", 2);
    for (unsigned look = 0; rd(r, FR) & RXFE; look++) {
        cr_assert_lt(look, 100);
        wr(r, DR, '.'); /* never two looks without output between them */
        pass_time(r, NS_PER_SEC / 1000);
    }
    cr_assert_eq(rd(r, DR), 'o');
    cr_assert_eq(rd(r, DR), 'k');
    free_rig(r);
}

Test(pl011_rx, a_burst_takes_its_time_on_the_line_unless_the_guest_idles)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    u8 got[64];
    memset(r->line.in, 'x', 64);
    type(r, r->line.in, 64);
    cr_assert_eq(drain(r, got), 16);
    pass_time(r, 16 * 10 * BIT_NS_115200 - 1);
    cr_assert_eq(drain(r, got), 0);
    pass_time(r, 2);
    cr_assert_eq(drain(r, got), 16);
    cr_assert(pl011_idle(&r->uart));
    cr_assert(r->irq);
    cr_assert_not(pl011_idle(&r->uart), "it has not read what it has");
    cr_assert_eq(drain(r, got), 16);
    cr_assert(pl011_idle(&r->uart));
    cr_assert_eq(drain(r, got), 16);
    cr_assert_not(pl011_idle(&r->uart), "there is no more");
    cr_assert_not(r->irq);
    free_rig(r);
}

Test(pl011_rx, a_megabyte_of_input_arrives_whole)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    u8 chunk[4096], got[64];
    u32 expected = 0, next = 0;
    while (next < 1u << 20) {
        if (r->line.in_pos == r->line.in_len) {
            r->line.in_pos = r->line.in_len = 0;
            for (unsigned i = 0; i < sizeof(chunk); i++, expected++)
                chunk[i] = (u8)(expected * 2654435761u >> 24);
            type(r, chunk, sizeof(chunk));
        }
        pl011_idle(&r->uart);
        if (!r->irq)
            pass_time(r, 40 * BIT_NS_115200);
        size_t n = drain(r, got);
        cr_assert_gt(n, 0);
        for (size_t i = 0; i < n; i++, next++)
            cr_assert_eq(got[i], (u8)(next * 2654435761u >> 24), "byte %u", next);
    }
    cr_assert_eq(rd(r, RIS) & OE, 0);
    free_rig(r);
}
