/*
 * Arm PrimeCell PL061 (DDI 0190, chapter 3). GPIODATA takes 256 word addresses:
 * bits 9:2 of the offset say which pins an access reads or writes.
 */
#include "devices/pl061.h"

#include <libfdt.h>
#include <string.h>

#include "devices/amba.h"

enum {
    GPIODATA_END = 0x400,
    GPIODIR = 0x400,
    GPIOIS = 0x404,
    GPIOIBE = 0x408,
    GPIOIEV = 0x40c,
    GPIOIE = 0x410,
    GPIORIS = 0x414,
    GPIOMIS = 0x418,
    GPIOIC = 0x41c,
    GPIOAFSEL = 0x420,
    PL061_PART = 0x061,
    PL061_REVISION = 0,
};

/* The levels on the pins: outputs show what they drive. */
static u8 levels(const struct pl061 *g)
{
    return (u8)((g->data & g->direction) | (g->input & ~g->direction));
}

/* Level interrupts follow the pins; edge interrupts stay until they are cleared. */
static u8 raw_status(const struct pl061 *g)
{
    u8 active = (u8) ~(levels(g) ^ g->event);
    return (u8)((g->sense & active) | (~g->sense & g->edges));
}

static void update_irq(const struct pl061 *g)
{
    irq_set(&g->irq, raw_status(g) & g->enable);
}

/* Note the edges between the levels BEFORE and those of now. */
static void detect_edges(struct pl061 *g, u8 before)
{
    u8 now = levels(g), changed = before ^ now;
    u8 wanted = (u8) ~(now ^ g->event);
    g->edges |= (u8)(changed & ~g->sense & (g->both_edges | wanted));
}

static u64 pl061_read(void *dev, u64 offset, unsigned size)
{
    const struct pl061 *g = dev;
    u32 id;
    if (offset < GPIODATA_END)
        return levels(g) & (offset >> 2);
    switch (offset) {
    case GPIODIR:
        return g->direction;
    case GPIOIS:
        return g->sense;
    case GPIOIBE:
        return g->both_edges;
    case GPIOIEV:
        return g->event;
    case GPIOIE:
        return g->enable;
    case GPIORIS:
        return raw_status(g);
    case GPIOMIS:
        return raw_status(g) & g->enable;
    case GPIOAFSEL:
        return g->alternate;
    default:
        return amba_id_read(offset, PL061_PART, PL061_REVISION, &id) ? id : 0;
    }
}

static void write_register(struct pl061 *g, u64 offset, u8 value)
{
    u8 pins = (u8)(offset >> 2);
    if (offset < GPIODATA_END) {
        g->data = (u8)((g->data & ~pins) | (value & pins));
        return;
    }
    switch (offset) {
    case GPIODIR:
        g->direction = value;
        break;
    case GPIOIS:
        g->sense = value;
        break;
    case GPIOIBE:
        g->both_edges = value;
        break;
    case GPIOIEV:
        g->event = value;
        break;
    case GPIOIE:
        g->enable = value;
        break;
    case GPIOIC:
        g->edges &= (u8)~value;
        break;
    case GPIOAFSEL:
        g->alternate = value;
        break;
    default: /* read-only, or no register */
        break;
    }
}

static void pl061_write(void *dev, u64 offset, unsigned size, u64 value)
{
    struct pl061 *g = dev;
    u8 before = levels(g);
    write_register(g, offset, (u8)value);
    detect_edges(g, before);
    update_irq(g);
}

/* The pins keep the levels the board drives. */
static void pl061_reset(void *dev)
{
    struct pl061 *g = dev;
    *g = (struct pl061){.irq = g->irq, .input = g->input};
    update_irq(g);
}

static int controller(void *fdt)
{
    int error = fdt_property(fdt, "gpio-controller", NULL, 0);
    return error ? error : fdt_property_u32(fdt, "#gpio-cells", 2);
}

static int pl061_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    static const char clocks[] = "apb_pclk";
    static const char compatible[] = "arm,pl061\0arm,primecell";
    const struct amba_node node = {
        "pl061", clocks, sizeof(clocks), 1, compatible, sizeof(compatible), controller,
    };
    return amba_fdt(&node, fdt, at);
}

const struct mmio_ops pl061_ops = {
    .name = "pl061",
    .size = AMBA_WINDOW,
    .min_access = 1,
    .max_access = 4,
    .read = pl061_read,
    .write = pl061_write,
    .reset = pl061_reset,
    .fdt = pl061_fdt,
};

void pl061_init(struct pl061 *g, struct irq_line irq)
{
    memset(g, 0, sizeof(*g));
    g->irq = irq;
}

static void drive(void *owner, unsigned pin, bool level)
{
    struct pl061 *g = owner;
    u8 before = levels(g);
    g->input = (u8)(level ? g->input | 1u << pin : g->input & ~(1u << pin));
    detect_edges(g, before);
    update_irq(g);
}

struct irq_line pl061_pin(struct pl061 *g, unsigned pin)
{
    return (struct irq_line){drive, g, pin};
}
