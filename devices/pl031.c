/*
 * Arm PrimeCell PL031 real-time clock (DDI 0224, chapter 3). The counter is not
 * stored: it is the machine's time in whole seconds plus an offset, and so needs
 * no tick. An alarm on the clock stands for the comparator.
 */
#include "devices/pl031.h"

#include "devices/amba.h"

enum {
    RTCDR = 0x00,
    RTCMR = 0x04,
    RTCLR = 0x08,
    RTCCR = 0x0c,
    RTCIMSC = 0x10,
    RTCRIS = 0x14,
    RTCMIS = 0x18,
    RTCICR = 0x1c,
};

enum {
    PL031_PART = 0x031,
    PL031_REVISION = 1, /* as QEMU's virt board has it */
    RTCCR_ENABLED = 1,  /* started by the firmware there is none of; it can't be stopped */
    RTC_INTERRUPT = 1,  /* the one bit of IMSC, RIS, MIS and ICR */
};

/* The counted clock in ns, a whole number of seconds where the counter changes. */
static u64 counted(const struct pl031 *r)
{
    return clock_now(r->time) + r->phase;
}

static u64 ticks(const struct pl031 *r)
{
    return counted(r) / NS_PER_SEC;
}

static u32 count(const struct pl031 *r)
{
    return (u32)ticks(r) + r->offset;
}

static void update_irq(const struct pl031 *r)
{
    irq_set(&r->irq, r->raw && r->unmasked);
}

/*
 * Wait for the second in which the counter equals the match register. When it
 * already does, that is now; a match just missed is 2^32 seconds away. A clock
 * that may jump is looked at each second.
 */
static void set_alarm(struct pl031 *r)
{
    u64 now = counted(r);
    u32 seconds_left = r->match - ((u32)(now / NS_PER_SEC) + r->offset);
    if (seconds_left == 0) {
        clock_cancel_alarm(r->clock, &r->alarm);
        r->raw = true;
        return;
    }
    u64 left = (now / NS_PER_SEC + seconds_left) * NS_PER_SEC - now;
    r->match_at = now + left;
    if (r->time != r->clock && left > NS_PER_SEC)
        left = NS_PER_SEC;
    clock_set_alarm(r->clock, &r->alarm, clock_now(r->clock) + left);
}

static void fire(void *owner)
{
    struct pl031 *r = owner;
    if (counted(r) < r->match_at) {
        set_alarm(r);
        return;
    }
    r->raw = true;
    update_irq(r);
}

static u32 read_register(const struct pl031 *r, u64 offset)
{
    u32 id;
    switch (offset) {
    case RTCDR:
        return count(r);
    case RTCMR:
        return r->match;
    case RTCLR:
        return r->load;
    case RTCCR:
        return RTCCR_ENABLED;
    case RTCIMSC:
        return r->unmasked;
    case RTCRIS:
        return r->raw;
    case RTCMIS:
        return r->raw && r->unmasked;
    default:
        return amba_id_read(offset, PL031_PART, PL031_REVISION, &id) ? id : 0;
    }
}

static u64 pl031_read(void *dev, u64 offset, unsigned size)
{
    return read_register(dev, offset & ~UINT64_C(3)) >> 8 * (offset & 3);
}

static void pl031_write(void *dev, u64 offset, unsigned size, u64 value)
{
    struct pl031 *r = dev;
    switch (offset) {
    case RTCMR:
        r->match = (u32)value;
        set_alarm(r);
        break;
    case RTCLR:
        r->load = (u32)value;
        r->offset += r->load - count(r);
        set_alarm(r);
        break;
    case RTCIMSC:
        r->unmasked = value & RTC_INTERRUPT;
        break;
    case RTCICR:
        if (value & RTC_INTERRUPT)
            r->raw = false;
        break;
    default: /* RTCCR can only start what runs; the others are read-only or no register */
        break;
    }
    update_irq(r);
}

/* The counter is in the power domain of the battery: the time of day goes on. */
static void pl031_reset(void *dev)
{
    struct pl031 *r = dev;
    clock_cancel_alarm(r->clock, &r->alarm);
    r->match = 0;
    r->load = 0;
    r->unmasked = false;
    r->raw = false;
    update_irq(r);
}

static int pl031_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    static const char clocks[] = "apb_pclk";
    static const char compatible[] = "arm,pl031\0arm,primecell";
    static const struct amba_node node = {
        .name = "pl031",
        .clocks = clocks,
        .clocks_size = sizeof(clocks),
        .clock_count = 1,
        .compatible = compatible,
        .compatible_size = sizeof(compatible),
    };
    return amba_fdt(&node, fdt, at);
}

const struct mmio_ops pl031_ops = {
    .name = "pl031",
    .size = AMBA_WINDOW,
    .min_access = 1,
    .max_access = 4,
    .read = pl031_read,
    .write = pl031_write,
    .reset = pl031_reset,
    .fdt = pl031_fdt,
};

void pl031_init(struct pl031 *r, struct clock *clock, struct irq_line irq, u64 epoch)
{
    *r = (struct pl031){
        .irq = irq,
        .clock = clock,
        .time = clock,
        .offset = (u32)(epoch / NS_PER_SEC),
        .phase = (u32)(epoch % NS_PER_SEC),
        .alarm = {.fire = fire, .owner = r},
    };
}

void pl031_follow(struct pl031 *r, const struct clock *time)
{
    r->time = time;
    r->offset = 0;
    r->phase = 0;
}

void pl031_destroy(struct pl031 *r)
{
    clock_cancel_alarm(r->clock, &r->alarm);
}
