/*
 * The PL061 through its registers (DDI 0190B, chapters 2 and 3). Offsets and
 * identification are the manual's, written anew.
 */
#include <criterion/criterion.h>

#include "devices/pl061.h"

enum {
    DIR = 0x400,
    IS = 0x404,
    IBE = 0x408,
    IEV = 0x40c,
    IE = 0x410,
    RIS = 0x414,
    MIS = 0x418,
    IC = 0x41c,
    AFSEL = 0x420,
    ALL_PINS = 0x3fc,
};

struct rig {
    struct pl061 g;
    bool irq;
};

static void set_irq(void *owner, unsigned input, bool level)
{
    ((struct rig *)owner)->irq = level;
}

static struct rig rig;

static void set_up(void)
{
    rig = (struct rig){0};
    pl061_init(&rig.g, (struct irq_line){set_irq, &rig, 0});
    pl061_ops.reset(&rig.g);
}

static u32 get(u64 offset)
{
    return (u32)pl061_ops.read(&rig.g, offset, 4);
}

static void put(u64 offset, u32 value)
{
    pl061_ops.write(&rig.g, offset, 4, value);
}

static void drive(unsigned pin, bool level)
{
    struct irq_line line = pl061_pin(&rig.g, pin);
    irq_set(&line, level);
}

TestSuite(pl061, .init = set_up);

Test(pl061, identification)
{
    static const u8 want[] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 8; i++)
        cr_expect_eq(get(0xfe0 + 4 * i), want[i], "%#x reads %#x", 0xfe0 + 4 * i,
                     get(0xfe0 + 4 * i));
}

Test(pl061, reset)
{
    static const u32 registers[] = {ALL_PINS, DIR, IS, IBE, IEV, IE, MIS, AFSEL};
    for (unsigned i = 0; i < ARRAY_LEN(registers); i++)
        put(registers[i], 0xff);
    pl061_ops.reset(&rig.g);
    for (unsigned i = 0; i < ARRAY_LEN(registers); i++)
        cr_expect_eq(get(registers[i]), 0);
    cr_expect(!rig.irq);
}

/* Address bits 9:2 say which pins an access reads or writes (3.3.1). */
Test(pl061, data_is_masked_by_the_address)
{
    put(DIR, 0xff);
    put(0x098, 0xfb); /* the manual's example: mask 0x26 */
    cr_expect_eq(get(ALL_PINS), 0x22);
    put(0x000, 0xff);
    cr_expect_eq(get(ALL_PINS), 0x22);
    put(ALL_PINS, 0xb6);
    cr_expect_eq(get(0x0c4), 0x30, "the manual's example: mask 0x31");
    cr_expect_eq(get(0x000), 0);
}

Test(pl061, inputs_and_outputs)
{
    put(DIR, 0x0f);
    drive(0, true); /* an output does not look */
    drive(4, true);
    cr_expect_eq(get(ALL_PINS), 0x10);
    put(ALL_PINS, 0xff);
    cr_expect_eq(get(ALL_PINS), 0x1f, "writes to inputs don't show");
    put(DIR, 0x00);
    cr_expect_eq(get(ALL_PINS), 0x11);
}

Test(pl061, rising_edge)
{
    put(IEV, 0x08);
    put(IE, 0x08);
    drive(3, true);
    cr_expect(rig.irq);
    cr_expect_eq(get(RIS), 0x08);
    cr_expect_eq(get(MIS), 0x08);
    drive(3, false);
    cr_expect(rig.irq, "an edge is kept");
    put(IC, 0x08);
    cr_expect(!rig.irq);
    cr_expect_eq(get(RIS) & 0x08, 0);
}

Test(pl061, falling_edge)
{
    put(IEV, 0x00);
    put(IE, 0x08);
    drive(3, true);
    cr_expect(!rig.irq);
    drive(3, false);
    cr_expect(rig.irq);
    put(IC, 0xff);
    cr_expect(!rig.irq);
}

Test(pl061, both_edges)
{
    put(IBE, 0x08);
    put(IE, 0x08);
    for (unsigned i = 0; i < 4; i++) {
        drive(3, i % 2 == 0);
        cr_expect(rig.irq);
        put(IC, 0x08);
        cr_expect(!rig.irq);
    }
}

/* A level interrupts as long as it is there; clearing does nothing to it (3.3.8). */
Test(pl061, levels)
{
    put(IS, 0x03);
    put(IEV, 0x01); /* pin 0 high, pin 1 low */
    put(IE, 0x03);
    cr_expect_eq(get(MIS), 0x02);
    drive(1, true);
    cr_expect(!rig.irq);
    drive(0, true);
    cr_expect(rig.irq);
    put(IC, 0xff);
    cr_expect(rig.irq);
    drive(0, false);
    cr_expect(!rig.irq);
}

Test(pl061, mask)
{
    put(IEV, 0x18);
    drive(3, true);
    drive(4, true);
    cr_expect(!rig.irq);
    cr_expect_eq(get(RIS) & 0x18, 0x18);
    cr_expect_eq(get(MIS), 0);
    put(IE, 0x10);
    cr_expect(rig.irq);
    cr_expect_eq(get(MIS), 0x10);
    put(IE, 0x00);
    cr_expect(!rig.irq);
}

/* Repeating a level is no edge. */
Test(pl061, a_repeated_level_is_no_edge)
{
    put(IEV, 0x08);
    put(IE, 0x08);
    drive(3, true);
    put(IC, 0x08);
    drive(3, true);
    cr_expect(!rig.irq);
}

Test(pl061, read_only_registers)
{
    put(RIS, 0xff);
    put(MIS, 0xff);
    put(0xfe0, 0xff);
    cr_expect_eq(get(RIS), 0);
    cr_expect_eq(get(0xfe0), 0x61);
    cr_expect_eq(get(IC), 0, "write-only");
    cr_expect_eq(get(0x424), 0, "reserved");
}
