/*
 * Arm PrimeCell PL050 keyboard/mouse interface (DDI 0143): a PS/2 port with one
 * data register and two interrupts, of which this port's transmitter is always
 * ready because what is sent arrives at once.
 */
#ifndef DEVICES_PL050_H
#define DEVICES_PL050_H

#include "core/irq.h"
#include "devices/ps2.h"
#include "mmu/bus.h"

struct pl050 {
    struct irq_line irq; /* KMIINTR */
    struct ps2 *device;
    u8 control; /* KMICR */
    u8 divisor; /* KMICLKDIV: kept, without effect */
    u8 last;    /* the device's byte that was read last */
};

extern const struct mmio_ops pl050_ops;

/* A port with DEVICE at it, which must outlive it. */
void pl050_init(struct pl050 *k, struct irq_line irq, struct ps2 *device);

#endif
