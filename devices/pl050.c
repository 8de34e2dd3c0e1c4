/*
 * The keyboard/mouse port (pl050.h; DDI 0143, chapter 3).
 */
#include "devices/pl050.h"

#include "devices/amba.h"

enum { KMICR = 0x00, KMISTAT = 0x04, KMIDATA = 0x08, KMICLKDIV = 0x0c, KMIIR = 0x10 };

enum {
    CR_FORCE_CLOCK = 1 << 0, /* holds the clock low: nothing can be sent either way */
    CR_ENABLE = 1 << 2,
    CR_TX_INTERRUPT = 1 << 3,
    CR_RX_INTERRUPT = 1 << 4,
    CR_BITS = 0x3f,
};
enum {
    STAT_DATA_IN = 1 << 0, /* the lines, which are high when nobody pulls them */
    STAT_CLOCK_IN = 1 << 1,
    STAT_PARITY = 1 << 2,
    STAT_RX_FULL = 1 << 4,
    STAT_TX_EMPTY = 1 << 6,
};
enum { IR_RX = 1 << 0, IR_TX = 1 << 1, CLKDIV_BITS = 0xf, PL050_PART = 0x050, PL050_REVISION = 0 };

static bool running(const struct pl050 *k)
{
    return (k->control & CR_ENABLE) && !(k->control & CR_FORCE_CLOCK);
}

static bool rx_full(const struct pl050 *k)
{
    return running(k) && ps2_ready(k->device);
}

static u8 interrupts(const struct pl050 *k)
{
    return (u8)((rx_full(k) && k->control & CR_RX_INTERRUPT ? IR_RX : 0) |
                (running(k) && k->control & CR_TX_INTERRUPT ? IR_TX : 0));
}

static void update_irq(void *owner)
{
    const struct pl050 *k = owner;
    irq_set(&k->irq, interrupts(k));
}

/* Odd parity: the bit is 1 when the byte has an even number of them. */
static u8 status(const struct pl050 *k)
{
    bool parity = !__builtin_parity(k->last);
    return (u8)(STAT_DATA_IN | (k->control & CR_FORCE_CLOCK ? 0 : STAT_CLOCK_IN) | STAT_TX_EMPTY |
                (parity ? STAT_PARITY : 0) | (rx_full(k) ? STAT_RX_FULL : 0));
}

static u8 read_data(struct pl050 *k)
{
    if (rx_full(k))
        k->last = ps2_take(k->device);
    return k->last;
}

static u64 pl050_read(void *dev, u64 offset, unsigned size)
{
    struct pl050 *k = dev;
    u32 id;
    switch (offset) {
    case KMICR:
        return k->control;
    case KMISTAT:
        return status(k);
    case KMIDATA:
        return read_data(k);
    case KMICLKDIV:
        return k->divisor;
    case KMIIR:
        return interrupts(k);
    default:
        return amba_id_read(offset, PL050_PART, PL050_REVISION, &id) ? id : 0;
    }
}

static void pl050_write(void *dev, u64 offset, unsigned size, u64 value)
{
    struct pl050 *k = dev;
    switch (offset) {
    case KMICR:
        k->control = value & CR_BITS;
        break;
    case KMIDATA:
        if (running(k))
            ps2_send(k->device, (u8)value);
        break;
    case KMICLKDIV:
        k->divisor = value & CLKDIV_BITS;
        break;
    default: /* read-only, or no register */
        break;
    }
    update_irq(k);
}

static void pl050_reset(void *dev)
{
    struct pl050 *k = dev;
    k->control = 0;
    k->divisor = 0;
    k->last = 0;
    k->device->reset(k->device);
    update_irq(k);
}

static int pl050_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    static const char clocks[] = "KMIREFCLK\0apb_pclk";
    static const char compatible[] = "arm,pl050\0arm,primecell";
    const struct amba_node node = {
        "kmi", clocks, sizeof(clocks), 2, compatible, sizeof(compatible), NULL,
    };
    return amba_fdt(&node, fdt, at);
}

const struct mmio_ops pl050_ops = {
    .name = "pl050",
    .size = AMBA_WINDOW,
    .min_access = 1,
    .max_access = 4,
    .read = pl050_read,
    .write = pl050_write,
    .reset = pl050_reset,
    .fdt = pl050_fdt,
};

void pl050_init(struct pl050 *k, struct irq_line irq, struct ps2 *device)
{
    *k = (struct pl050){.irq = irq, .device = device};
    ps2_connect(device, update_irq, k);
}
