/*
 * What all AMBA PrimeCell peripherals (PL011, PL031, ...) have in common: the
 * eight identification registers at the end of their 4 KiB window, and the shape
 * of their device-tree node.
 */
#ifndef DEVICES_AMBA_H
#define DEVICES_AMBA_H

#include "core/types.h"
#include "mmu/bus.h"

enum {
    AMBA_WINDOW = 0x1000,
    AMBA_PERIPH_ID0 = 0xfe0, /* PeriphID0..3, then PCellID0..3, a byte in each word */
};

/*
 * The identification register at word-aligned OFFSET of PrimeCell PART (0x011,
 * 0x031, ...) of Arm's, at REVISION. False when there is none at OFFSET.
 */
bool amba_id_read(u64 offset, unsigned part, unsigned revision, u32 *value);

struct amba_node {
    const char *name;       /* of the node, less its unit address */
    const char *clocks;     /* clock-names, each ended by a NUL */
    size_t clocks_size;     /* of them together, NULs included */
    unsigned clock_count;   /* all of them are the board's APB clock */
    const char *compatible; /* likewise a list */
    size_t compatible_size;
    int (*more)(void *fdt); /* properties of its own kind; may be NULL */
};

/* Write the node of the device at AT; returns 0 or libfdt's negative error. */
int amba_fdt(const struct amba_node *node, void *fdt, const struct dt_place *at);

#endif
