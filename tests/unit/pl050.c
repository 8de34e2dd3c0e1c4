/*
 * The keyboard and mouse port with its two devices, seen from the bus: registers
 * after DDI 0143, commands and scan codes after IBM's PS/2 Technical Reference and
 * Microsoft's Keyboard Scan Code Specification (table of set 2) and IntelliMouse
 * protocol.
 */
#include <criterion/criterion.h>

#include "devices/pl050.h"
#include "devices/ps2_keyboard.h"
#include "devices/ps2_mouse.h"

enum { CR = 0x00, STAT = 0x04, DATA = 0x08, CLKDIV = 0x0c, IIR = 0x10 };
enum { ENABLE = 0x04, RX_INTERRUPT = 0x10, TX_INTERRUPT = 0x08 };

#define MS (NS_PER_SEC / 1000)

struct rig {
    struct clock clock;
    u64 now;
    bool line;
    struct input input;
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
    struct pl050 port;
};

static u64 now_of(void *owner)
{
    return ((struct rig *)owner)->now;
}

static void set_line(void *owner, unsigned input, bool level)
{
    ((struct rig *)owner)->line = level;
}

static u32 get(struct rig *r, u64 offset)
{
    return (u32)pl050_ops.read(&r->port, offset, 4);
}

static void put(struct rig *r, u64 offset, u32 value)
{
    pl050_ops.write(&r->port, offset, 4, value);
}

static void setup(struct rig *r, bool mouse)
{
    *r = (struct rig){.clock = {.source = now_of, .owner = r}};
    ps2_keyboard_init(&r->keyboard, &r->clock, &r->input);
    ps2_mouse_init(&r->mouse, &r->clock, &r->input);
    pl050_init(&r->port, (struct irq_line){set_line, r, 0},
               mouse ? &r->mouse.ps2 : &r->keyboard.ps2);
    put(r, CR, ENABLE | RX_INTERRUPT);
}

static void pass(struct rig *r, u64 ns)
{
    r->now += ns;
    clock_run(&r->clock);
}

/* What the host reads now: bytes, and nothing behind them. */
static void expect(struct rig *r, const u8 *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        cr_assert(get(r, STAT) & 0x10, "only %u of %u bytes", i, count);
        cr_assert(r->line && get(r, IIR) == 1);
        u32 got = get(r, DATA);
        cr_assert_eq(got, bytes[i], "byte %u is %#x, not %#x", i, got, bytes[i]);
    }
    cr_assert(!(get(r, STAT) & 0x10), "and there is %#x", get(r, DATA));
    cr_assert(!r->line && get(r, IIR) == 0);
}

#define EXPECT(r, ...)                                                                             \
    do {                                                                                           \
        const u8 expected[] = {__VA_ARGS__};                                                       \
        expect(r, expected, sizeof(expected));                                                     \
    } while (0)

/* A command and what is answered. */
#define COMMAND(r, byte, ...)                                                                      \
    do {                                                                                           \
        put(r, DATA, byte);                                                                        \
        EXPECT(r, __VA_ARGS__);                                                                    \
    } while (0)

static void press(struct rig *r, const char *name, bool down)
{
    input_key(&r->input, key_by_name(name, strlen(name)), down);
}

Test(pl050, identifies_itself)
{
    struct rig r;
    const u8 id[] = {0x50, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    setup(&r, false);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(get(&r, 0xfe0 + 4 * i), id[i]);
}

Test(pl050, registers_after_reset_and_their_bits)
{
    struct rig r;
    setup(&r, false);
    put(&r, CR, 0xffffffff);
    put(&r, CLKDIV, 0xffffffff);
    cr_assert_eq(get(&r, CR), 0x3f);
    cr_assert_eq(get(&r, CLKDIV), 0xf);
    pl050_ops.reset(&r.port);
    cr_assert_eq(get(&r, CR), 0);
    cr_assert_eq(get(&r, CLKDIV), 0);
    cr_assert_eq(get(&r, IIR), 0);
    cr_assert_eq(get(&r, STAT) & ~4u, 0x43); /* both lines high, transmitter empty */
    put(&r, CR, ENABLE | TX_INTERRUPT);
    cr_assert(r.line && get(&r, IIR) == 2);
}

Test(pl050, parity_is_odd)
{
    struct rig r;
    setup(&r, false);
    COMMAND(&r, 0xee, 0xee); /* six ones: the parity bit makes seven */
    cr_assert(get(&r, STAT) & 4);
    COMMAND(&r, 0xf2, 0xfa, 0xab, 0x83); /* three */
    cr_assert(!(get(&r, STAT) & 4));
}

Test(pl050, a_disabled_port_neither_takes_nor_gives)
{
    struct rig r;
    setup(&r, false);
    put(&r, CR, 0);
    put(&r, DATA, 0xee);
    press(&r, "a", true);
    cr_assert(!r.line && !(get(&r, STAT) & 0x10));
    put(&r, CR, ENABLE | RX_INTERRUPT);
    EXPECT(&r, 0x1c);
}

Test(ps2_keyboard, commands)
{
    struct rig r;
    setup(&r, false);
    COMMAND(&r, 0xff, 0xfa, 0xaa);
    COMMAND(&r, 0xf2, 0xfa, 0xab, 0x83);
    COMMAND(&r, 0xfe, 0x83);
    COMMAND(&r, 0xf0, 0xfa);
    COMMAND(&r, 0x00, 0xfa, 0x02);
    COMMAND(&r, 0xed, 0xfa);
    COMMAND(&r, 0x05, 0xfa);
    cr_assert_eq(r.input.leds, INPUT_LED_SCROLL | INPUT_LED_CAPS);
    COMMAND(&r, 0xed, 0xfa);
    COMMAND(&r, 0xee, 0xee); /* a command in place of the argument */
    cr_assert_eq(r.input.leds, 5);
    COMMAND(&r, 0x12, 0xfe); /* no command */
    COMMAND(&r, 0xff, 0xfa, 0xaa);
    cr_assert_eq(r.input.leds, 0);
}

Test(ps2_keyboard, scan_codes)
{
    struct rig r;
    setup(&r, false);
    press(&r, "a", true);
    press(&r, "a", true); /* it is down already */
    EXPECT(&r, 0x1c);
    press(&r, "a", false);
    EXPECT(&r, 0xf0, 0x1c);
    press(&r, "f7", true);
    EXPECT(&r, 0x83);
    press(&r, "ctrl_r", true);
    EXPECT(&r, 0xe0, 0x14);
    press(&r, "ctrl_r", false);
    EXPECT(&r, 0xe0, 0xf0, 0x14);
    press(&r, "print", true);
    EXPECT(&r, 0xe0, 0x12, 0xe0, 0x7c);
    press(&r, "print", false);
    EXPECT(&r, 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12);
    press(&r, "pause", true);
    EXPECT(&r, 0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77);
    press(&r, "pause", false);
    EXPECT(&r);
}

Test(ps2_keyboard, is_silent_while_disabled)
{
    struct rig r;
    setup(&r, false);
    COMMAND(&r, 0xf5, 0xfa);
    press(&r, "a", true);
    press(&r, "a", false);
    EXPECT(&r);
    COMMAND(&r, 0xf4, 0xfa);
    press(&r, "b", true);
    EXPECT(&r, 0x32);
}

Test(ps2_keyboard, repeats_as_set)
{
    struct rig r;
    setup(&r, false);
    press(&r, "a", true); /* by default after 500 ms, 10.9 a second */
    EXPECT(&r, 0x1c);
    pass(&r, 499 * MS);
    EXPECT(&r);
    pass(&r, 1 * MS);
    EXPECT(&r, 0x1c);
    pass(&r, 91 * MS);
    EXPECT(&r);
    pass(&r, 1 * MS);
    EXPECT(&r, 0x1c);
    press(&r, "a", false);
    EXPECT(&r, 0xf0, 0x1c);
    pass(&r, 5000 * MS);
    EXPECT(&r);
    COMMAND(&r, 0xf3, 0xfa);
    COMMAND(&r, 0x00, 0xfa); /* the fastest: 250 ms, 30 a second */
    press(&r, "a", true);
    EXPECT(&r, 0x1c);
    pass(&r, 250 * MS);
    EXPECT(&r, 0x1c);
    pass(&r, 34 * MS);
    EXPECT(&r, 0x1c);
}

Test(ps2_keyboard, says_when_keys_were_lost)
{
    struct rig r;
    setup(&r, false);
    for (unsigned i = 0; i < 20; i++)
        press(&r, i % 2 ? "a" : "b", !(i & 2));
    unsigned count = 0;
    u32 last = 1;
    for (; get(&r, STAT) & 0x10; count++)
        last = get(&r, DATA);
    cr_assert(count <= 16);
    cr_assert_eq(last, 0x00);
    input_release(&r.input);
    while (get(&r, STAT) & 0x10)
        get(&r, DATA);
    press(&r, "c", true);
    EXPECT(&r, 0x21);
}

Test(ps2_mouse, commands)
{
    struct rig r;
    setup(&r, true);
    COMMAND(&r, 0xff, 0xfa, 0xaa, 0x00);
    COMMAND(&r, 0xf2, 0xfa, 0x00);
    COMMAND(&r, 0xe9, 0xfa, 0x00, 0x02, 100);
    COMMAND(&r, 0xe8, 0xfa);
    COMMAND(&r, 3, 0xfa);
    COMMAND(&r, 0xf3, 0xfa);
    COMMAND(&r, 40, 0xfa);
    COMMAND(&r, 0xe7, 0xfa);
    COMMAND(&r, 0xf4, 0xfa);
    COMMAND(&r, 0xe9, 0xfa, 0x30, 0x03, 40);
    COMMAND(&r, 0xf3, 0xfa);
    COMMAND(&r, 41, 0xfe); /* no such rate */
    COMMAND(&r, 0xee, 0xfa);
    COMMAND(&r, 0xf2, 0xf2); /* wrapped */
    COMMAND(&r, 0xec, 0xfa);
    COMMAND(&r, 0xf6, 0xfa);
    COMMAND(&r, 0xe9, 0xfa, 0x00, 0x02, 100);
}

Test(ps2_mouse, reports_movement_and_buttons)
{
    struct rig r;
    setup(&r, true);
    input_move(&r.input, 5, 5, 0); /* not enabled yet */
    EXPECT(&r);
    COMMAND(&r, 0xf4, 0xfa);
    input_move(&r.input, 5, 3, 0);
    EXPECT(&r, 0x28, 5, 0xfd); /* down is negative */
    input_button(&r.input, INPUT_RIGHT, true);
    input_move(&r.input, -1, 0, 0);
    EXPECT(&r); /* the next report is due after 10 ms */
    pass(&r, 10 * MS);
    EXPECT(&r, 0x1a, 0xff, 0);
    pass(&r, 10 * MS);
    input_move(&r.input, 600, 0, 0); /* more than a report can hold */
    EXPECT(&r, 0x0a, 255, 0);
    pass(&r, 10 * MS);
    EXPECT(&r, 0x0a, 255, 0);
    pass(&r, 10 * MS);
    EXPECT(&r, 0x0a, 90, 0);
}

static void set_rates(struct rig *r, u8 a, u8 b, u8 c)
{
    const u8 rates[] = {a, b, c};
    for (unsigned i = 0; i < 3; i++) {
        COMMAND(r, 0xf3, 0xfa);
        COMMAND(r, rates[i], 0xfa);
    }
}

Test(ps2_mouse, intellimouse)
{
    struct rig r;
    setup(&r, true);
    set_rates(&r, 200, 100, 80);
    COMMAND(&r, 0xf2, 0xfa, 0x03);
    COMMAND(&r, 0xf4, 0xfa);
    input_move(&r.input, 0, 0, 1);
    EXPECT(&r, 0x08, 0, 0, 0xff); /* away from the user is negative */
    set_rates(&r, 200, 200, 80);
    COMMAND(&r, 0xf2, 0xfa, 0x04);
    pass(&r, 100 * MS);
    input_button(&r.input, INPUT_SIDE, true);
    EXPECT(&r, 0x08, 0, 0, 0x10);
    COMMAND(&r, 0xff, 0xfa, 0xaa, 0x00);
    COMMAND(&r, 0xf2, 0xfa, 0x00);
}

Test(ps2_mouse, remote_mode_reports_when_asked)
{
    struct rig r;
    setup(&r, true);
    COMMAND(&r, 0xf0, 0xfa);
    COMMAND(&r, 0xf4, 0xfa);
    input_move(&r.input, 7, 0, 0);
    EXPECT(&r);
    COMMAND(&r, 0xeb, 0xfa, 0x08, 7, 0);
    COMMAND(&r, 0xeb, 0xfa, 0x08, 0, 0);
}
