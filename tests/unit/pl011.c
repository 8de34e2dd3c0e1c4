/*
 * The PL011's registers, transmitter and modem lines, through its ops: DDI 0183G,
 * and the identity, reset state and device-tree node of QEMU 7.2's virt board
 * (read there with the monitor's xp and with dumpdtb).
 */
#include <libfdt.h>

#include "pl011_rig.h"

Test(pl011, identity_and_reset_state_are_those_of_qemus_virt_board)
{
    static const u8 id[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct rig *r = new_rig();
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(rd(r, 0xfe0 + 4 * i), id[i], "identification register %u", i);
    for (unsigned offset = 0; offset < 0xfe0; offset += 4) {
        u32 expected = offset == FR ? 0x90 : offset == CR ? 0x300 : offset == IFLS ? 0x12 : 0;
        cr_assert_eq(rd(r, offset), expected, "register 0x%x reads 0x%x", offset, rd(r, offset));
    }
    free_rig(r);
}

Test(pl011, registers_keep_the_bits_they_have)
{
    static const struct {
        u64 offset;
        u32 bits;
    } rows[] = {
        {ILPR, 0xff}, {IBRD, 0xffff}, {FBRD, 0x3f},  {LCR_H, 0xff},
        {CR, 0xff87}, {IFLS, 0x3f},   {IMSC, 0x7ff}, {DMACR, 0x7},
    };
    struct rig *r = new_rig();
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        wr(r, rows[i].offset, 0xffffffff);
        cr_assert_eq(rd(r, rows[i].offset), rows[i].bits, "register 0x%x",
                     (unsigned)rows[i].offset);
        wr(r, rows[i].offset, 0);
        cr_assert_eq(rd(r, rows[i].offset), 0);
    }
    wr(r, FR, 0xffff);
    wr(r, RIS, 0xffff);
    wr(r, MIS, 0xffff);
    cr_assert_eq(rd(r, FR) & ~MODEM, TXFE | RXFE);
    cr_assert_eq(rd(r, MIS), 0);
    free_rig(r);
}

Test(pl011, narrow_accesses_see_the_bytes_of_a_register)
{
    struct rig *r = new_rig();
    cr_assert_eq(pl011_ops.read(&r->uart, CR, 2) & 0xffff, 0x0300);
    cr_assert_eq(pl011_ops.read(&r->uart, CR, 1) & 0xff, 0x00);
    cr_assert_eq(pl011_ops.read(&r->uart, CR + 1, 1) & 0xff, 0x03);
    pl011_ops.write(&r->uart, DR, 1, 'x'); /* as earlycon does */
    cr_assert_eq(r->line.out_len, 1);
    free_rig(r);
}

Test(pl011, what_is_written_is_transmitted_at_once_even_before_uarten)
{
    struct rig *r = new_rig();
    for (const char *c = "hello\n"; *c; c++) {
        cr_assert_eq(rd(r, FR) & (TXFF | BUSY), 0);
        wr(r, DR, (u8)*c);
    }
    cr_assert_eq(r->line.out_len, 6);
    cr_assert_arr_eq(r->line.out, "hello\n", 6);
    cr_assert_eq(rd(r, FR) & (TXFE | TXFF | BUSY), TXFE);
    free_rig(r);
}

Test(pl011, a_transmitter_that_is_off_while_the_uart_is_on_keeps_its_bytes)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, CR, UARTEN | RXE);
    wr(r, DR, 'a');
    wr(r, DR, 'b');
    cr_assert_eq(r->line.out_len, 0);
    cr_assert_eq(rd(r, FR) & (TXFE | BUSY), BUSY);
    wr(r, CR, ON);
    cr_assert_eq(r->line.out_len, 2);
    cr_assert_eq(rd(r, FR) & (TXFE | BUSY), TXFE);
    free_rig(r);
}

/* 2.8.2: only once a byte has been written and has left. */
Test(pl011, transmit_interrupt_follows_a_transition)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, IMSC, TX);
    cr_assert_eq(rd(r, RIS) & TX, 0);
    cr_assert_not(r->irq);
    wr(r, DR, 'x');
    cr_assert_eq(rd(r, MIS), TX);
    cr_assert(r->irq);
    wr(r, ICR, TX);
    cr_assert_not(r->irq);
    wr(r, DR, 'y');
    cr_assert(r->irq);
    wr(r, IMSC, 0);
    cr_assert_not(r->irq);
    cr_assert_eq(rd(r, RIS) & TX, TX, "masking does not clear");
    free_rig(r);
}

Test(pl011, a_slow_back_end_fills_the_transmit_fifo)
{
    static const u8 level[5] = {2, 4, 8, 12, 14}; /* 1/8 1/4 1/2 3/4 7/8 of 16 */
    for (unsigned select = 0; select < 5; select++) {
        struct rig *r = new_running_rig(WLEN_8 | FEN);
        wr(r, IFLS, select);
        r->line.out_limit = 0;
        for (unsigned n = 1; n <= 16; n++) {
            cr_assert_eq(rd(r, FR) & TXFF, 0, "full after %u bytes", n - 1);
            wr(r, DR, n);
            cr_assert_eq(rd(r, FR) & (TXFE | BUSY), BUSY);
            cr_assert_eq(rd(r, RIS) & TX, 0, "nothing has left the FIFO");
        }
        cr_assert_eq(rd(r, FR) & TXFF, TXFF);
        for (unsigned sent = 1; sent <= 16; sent++) {
            r->line.out_limit = sent;
            chardev_writable(&r->line.dev);
            cr_assert_eq(!!(rd(r, RIS) & TX), 16 - sent <= level[select],
                         "trigger %u, %u bytes left", level[select], 16 - sent);
        }
        cr_assert_eq(rd(r, FR) & (TXFE | TXFF | BUSY), TXFE);
        for (unsigned n = 0; n < 16; n++)
            cr_assert_eq(r->line.out[n], n + 1);
        free_rig(r);
    }
}

Test(pl011, filling_the_transmit_fifo_above_its_trigger_clears_the_interrupt)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, IFLS, 0);
    wr(r, DR, 'x');
    cr_assert_eq(rd(r, RIS) & TX, TX);
    r->line.out_limit = 0;
    wr(r, DR, 1);
    wr(r, DR, 2);
    cr_assert_eq(rd(r, RIS) & TX, TX);
    wr(r, DR, 3);
    cr_assert_eq(rd(r, RIS) & TX, 0);
    free_rig(r);
}

Test(pl011, a_guest_that_ignores_the_full_fifo_loses_nothing)
{
    for (u32 fen = 0; fen <= FEN; fen += FEN) {
        struct rig *r = new_running_rig(WLEN_8 | fen);
        r->line.out_limit = 0;
        for (unsigned n = 0; n < 1000; n++)
            wr(r, DR, n & 0xff);
        r->line.out_limit = LINE_SIZE;
        chardev_writable(&r->line.dev);
        cr_assert_eq(r->line.out_len, 1000);
        for (unsigned n = 0; n < 1000; n++)
            cr_assert_eq(r->line.out[n], n & 0xff);
        free_rig(r);
    }
}

Test(pl011, without_fifos_one_byte_is_held)
{
    struct rig *r = new_running_rig(WLEN_8);
    r->line.out_limit = 0;
    wr(r, DR, 'a');
    cr_assert_eq(rd(r, FR) & (TXFF | TXFE | BUSY), TXFF | BUSY);
    r->line.out_limit = 1;
    chardev_writable(&r->line.dev);
    cr_assert_eq(rd(r, FR) & (TXFF | TXFE | BUSY), TXFE);
    cr_assert_eq(rd(r, RIS) & TX, TX);
    type(r, "xy", 2);
    cr_assert_eq(rd(r, FR) & (RXFF | RXFE), RXFF);
    cr_assert_eq(rd(r, RIS) & RX, RX, "one character is the trigger level");
    cr_assert_eq(rd(r, DR), 'x');
    cr_assert_eq(rd(r, RIS) & RX, 0);
    pass_time(r, NS_PER_SEC);
    cr_assert_eq(rd(r, DR), 'y');
    free_rig(r);
}

Test(pl011, turning_the_fifos_off_empties_them_but_what_was_written_is_sent)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    type(r, "abc", 3);
    r->line.out_limit = 0;
    wr(r, DR, 'z');
    wr(r, LCR_H, WLEN_8);
    cr_assert_eq(rd(r, FR) & (RXFE | TXFE), RXFE | TXFE);
    cr_assert_eq(r->line.out_len, 1);
    cr_assert_eq(rd(r, RIS) & (RX | RT), 0);
    free_rig(r);
}

Test(pl011, loopback)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    type(r, "a", 1);
    cr_assert_eq(rd(r, DR), 'a');
    wr(r, CR, ON | LBE);
    type(r, "bcd", 3);
    pass_time(r, NS_PER_SEC);
    pl011_idle(&r->uart);
    cr_assert_eq(rd(r, FR) & RXFE, RXFE, "the line is disconnected");
    wr(r, DR, 'L');
    cr_assert_eq(r->line.out_len, 0);
    cr_assert_eq(rd(r, DR), 'L');
    wr(r, LCR_H, WLEN_8 | FEN | BRK);
    cr_assert_eq(rd(r, DR), DR_BE | DR_FE);
    wr(r, LCR_H, WLEN_8 | FEN | BRK);
    cr_assert_eq(rd(r, FR) & RXFE, RXFE, "one break, one character");
    wr(r, LCR_H, WLEN_8 | FEN);
    wr(r, CR, ON);
    pass_time(r, NS_PER_SEC);
    cr_assert_eq(rd(r, DR), 'b', "what came meanwhile has waited");
    free_rig(r);
}

Test(pl011, modem_outputs_come_back_as_inputs_in_loopback)
{
    static const struct {
        u32 out, in, interrupt;
    } lines[] = {{RTS, CTS, CTSM}, {DTR, DSR, DSRM}, {OUT1, DCD, DCDM}, {OUT2, RI, RIM}};
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    wr(r, CR, ON | RTS | DTR | OUT1 | OUT2);
    cr_assert_eq(rd(r, FR) & MODEM, 0, "as on QEMU nothing is connected");
    wr(r, CR, ON | LBE);
    cr_assert_eq(rd(r, RIS) & 0xf, 0);
    wr(r, IMSC, 0xf);
    for (unsigned i = 0; i < ARRAY_LEN(lines); i++) {
        wr(r, CR, ON | LBE | lines[i].out);
        cr_assert_eq(rd(r, FR) & MODEM, lines[i].in);
        cr_assert_eq(rd(r, MIS), lines[i].interrupt);
        cr_assert(r->irq);
        wr(r, ICR, 0xf);
        wr(r, CR, ON | LBE);
        cr_assert_eq(rd(r, FR) & MODEM, 0);
        cr_assert_eq(rd(r, MIS), lines[i].interrupt, "both edges interrupt");
        wr(r, ICR, 0xf);
        cr_assert_not(r->irq);
    }
    free_rig(r);
}

Test(pl011, reset_delivers_output_and_forgets_the_rest)
{
    struct rig *r = new_running_rig(WLEN_8 | FEN);
    type(r, "abc", 3);
    r->line.out_limit = 0;
    wr(r, DR, '!');
    pl011_ops.reset(&r->uart);
    cr_assert_eq(r->line.out_len, 1);
    cr_assert_not(r->irq);
    cr_assert_eq(rd(r, FR), 0x90);
    cr_assert_eq(rd(r, CR), 0x300);
    cr_assert_eq(rd(r, RIS), 0);
    pass_time(r, NS_PER_SEC);
    cr_assert_eq(rd(r, RIS), 0);
    free_rig(r);
}

Test(pl011, without_a_back_end_it_works)
{
    struct rig r = {0};
    r.clock = (struct clock){.source = rig_now, .owner = &r};
    pl011_init(&r.uart, &r.clock, (struct irq_line){0}, NULL);
    wr(&r, DR, 'x');
    cr_assert_eq(rd(&r, FR), 0x90);
    pl011_idle(&r.uart);
    pl011_destroy(&r.uart);
}

/* The node that QEMU 7.2 writes, as `dtc` shows it. */
Test(pl011, device_tree_node)
{
    static const char *const names[] = {"clock-names", "clocks", "interrupts", "reg", "compatible"};
    static const struct {
        const void *data;
        int len;
    } values[] = {
        {"uartclk\0apb_pclk", 17},
        {"\0\0\x80\0\0\0\x80\0", 8},
        {"\0\0\0\0\0\0\0\x01\0\0\0\x04", 12},
        {"\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\x10\0", 16},
        {"arm,pl011\0arm,primecell", 24},
    };
    char fdt[2048];
    struct dt_place at = {.base = 0x9000000, .size = 0x1000, .spi = 1, .clock = 0x8000};
    cr_assert_eq(fdt_create(fdt, sizeof(fdt)), 0);
    cr_assert_eq(fdt_finish_reservemap(fdt), 0);
    cr_assert_eq(fdt_begin_node(fdt, ""), 0);
    cr_assert_eq(pl011_ops.fdt(NULL, fdt, &at), 0);
    cr_assert_eq(fdt_end_node(fdt), 0);
    cr_assert_eq(fdt_finish(fdt), 0);
    int node = fdt_path_offset(fdt, "/pl011@9000000"), property, i = 0;
    cr_assert_geq(node, 0);
    fdt_for_each_property_offset(property, fdt, node)
    {
        const char *name;
        int len;
        const void *data = fdt_getprop_by_offset(fdt, property, &name, &len);
        cr_assert_lt(i, (int)ARRAY_LEN(names));
        cr_assert_str_eq(name, names[i]);
        cr_assert_eq(len, values[i].len);
        cr_assert_arr_eq((const char *)data, (const char *)values[i].data, (size_t)len);
        i++;
    }
    cr_assert_eq(i, (int)ARRAY_LEN(names));
}

/* Whatever a guest does, its view stays consistent, and nothing else breaks. */
Test(pl011, random_accesses)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct rig *r = new_rig();
        u64 x = seed;
        for (unsigned i = 0; i < 20000; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            u32 random = (u32)(x >> 32);
            u64 offset = random & 1 ? (random >> 1) % 19 * 4 : (random >> 1) % 0x1000;
            unsigned size = 1u << (random >> 14 & 1) << (random >> 15 & 1);
            offset &= ~(u64)(size - 1);
            if (random >> 16 & 1)
                pl011_ops.read(&r->uart, offset, size);
            else
                pl011_ops.write(&r->uart, offset, size, random >> 17);
            if (random >> 28 == 0)
                pass_time(r, random & 0xffffff);
            if (random >> 28 == 1 && r->line.in_len < LINE_SIZE - 16)
                type(r, "0123456789abcdef", random & 15);
            if (random >> 28 == 2)
                chardev_send_event(&r->line.dev, CHARDEV_BREAK);
            if (random >> 28 == 3)
                r->line.out_limit = random & LINE_SIZE ? LINE_SIZE : 0;
            if (random >> 24 == 0x40)
                pl011_idle(&r->uart);
            if (r->line.out_len > LINE_SIZE / 2)
                r->line.out_len = 0;
            wr(r, ILPR, 0); /* so that looking is not taken for waiting */
            u32 fr = rd(r, FR);
            cr_assert_neq(fr & (RXFE | RXFF), RXFE | RXFF);
            cr_assert_neq(fr & (TXFE | TXFF), TXFE | TXFF);
            cr_assert_eq(!(fr & BUSY), !!(fr & TXFE));
            cr_assert_eq(rd(r, MIS), (rd(r, RIS) & rd(r, IMSC)));
            cr_assert_eq(r->irq, rd(r, MIS) != 0);
        }
        free_rig(r);
    }
}
