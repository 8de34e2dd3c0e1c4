/*
 * Arm PrimeCell PL061 general-purpose I/O (DDI 0190): eight lines, each an input
 * or an output, with an interrupt on edges or levels of the inputs.
 */
#ifndef DEVICES_PL061_H
#define DEVICES_PL061_H

#include "core/irq.h"
#include "mmu/bus.h"

struct pl061 {
    struct irq_line irq; /* GPIOINTR */
    u8 input;            /* levels at the pins, as the board drives them */
    u8 data;             /* what the outputs were last told */
    u8 direction;        /* GPIODIR: 1 for an output */
    u8 sense;            /* GPIOIS: 1 for level */
    u8 both_edges;       /* GPIOIBE */
    u8 event;            /* GPIOIEV: 1 for rising edge or high level */
    u8 enable;           /* GPIOIE */
    u8 edges;            /* edges seen since they were cleared */
    u8 alternate;        /* GPIOAFSEL: kept, without effect */
};

extern const struct mmio_ops pl061_ops;

void pl061_init(struct pl061 *g, struct irq_line irq);

/* The line that drives pin PIN, 0 to 7, from outside. */
struct irq_line pl061_pin(struct pl061 *g, unsigned pin);

#endif
