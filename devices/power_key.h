/*
 * The power key: a button on a GPIO pin, which the kernel's gpio-keys driver
 * reports to user space as KEY_POWER.
 */
#ifndef DEVICES_POWER_KEY_H
#define DEVICES_POWER_KEY_H

#include "core/clock.h"
#include "core/irq.h"
#include "mmu/bus.h"

struct power_key {
    struct irq_line pin;
    struct clock *clock;
    struct alarm release;
};

/* It has no registers, only a node in the device tree; dt_place.extra is its GPIO's phandle. */
extern const struct mmio_ops power_key_ops;

/* PIN is the line that the key drives high while it is held. */
void power_key_init(struct power_key *k, struct clock *clock, struct irq_line pin);

/* Press it for a tenth of a second. */
void power_key_press(struct power_key *k);

void power_key_destroy(struct power_key *k);

#endif
