/*
 * The power key (power_key.h; kernel binding input/gpio-keys.txt).
 */
#include "devices/power_key.h"

#include <libfdt.h>
#include <string.h>

#include "devices/dt.h"

enum { KEY_POWER = 116, POWER_KEY_PIN = 3, ACTIVE_HIGH = 0 };

static const u64 held = NS_PER_SEC / 10;

static int power_key_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    const fdt32_t gpio[] = {
        cpu_to_fdt32(at->extra),
        cpu_to_fdt32(POWER_KEY_PIN),
        cpu_to_fdt32(ACTIVE_HIGH),
    };
    TRY(fdt_begin_node(fdt, "gpio-keys"));
    TRY(fdt_property_string(fdt, "compatible", "gpio-keys"));
    TRY(fdt_begin_node(fdt, "poweroff"));
    TRY(fdt_property(fdt, "gpios", gpio, sizeof(gpio)));
    TRY(fdt_property_u32(fdt, "linux,code", KEY_POWER));
    TRY(fdt_property_string(fdt, "label", "GPIO Key Poweroff"));
    TRY(fdt_end_node(fdt));
    return fdt_end_node(fdt);
}

const struct mmio_ops power_key_ops = {.name = "power-key", .fdt = power_key_fdt};

static void release(void *owner)
{
    const struct power_key *k = owner;
    irq_set(&k->pin, false);
}

void power_key_init(struct power_key *k, struct clock *clock, struct irq_line pin)
{
    memset(k, 0, sizeof(*k));
    k->clock = clock;
    k->pin = pin;
    k->release.fire = release;
    k->release.owner = k;
}

void power_key_press(struct power_key *k)
{
    irq_set(&k->pin, true);
    clock_set_alarm(k->clock, &k->release, clock_now(k->clock) + held);
}

void power_key_destroy(struct power_key *k)
{
    clock_cancel_alarm(k->clock, &k->release);
}
