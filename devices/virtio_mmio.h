/*
 * A virtio device in a window of 512 bytes (VIRTIO 1.2, section 4.2): registers
 * of version 2, or of version 1, as before the standard, which old kernels and
 * QEMU's machines until today have. Empty, it says so by a device ID of zero.
 */
#ifndef DEVICES_VIRTIO_MMIO_H
#define DEVICES_VIRTIO_MMIO_H

#include "devices/virtio.h"

struct virtio_mmio {
    struct virtio *device; /* NULL: nothing is plugged in */
    bool legacy;           /* version 1 */
    u32 device_features_sel, driver_features_sel;
    u32 queue_sel;
    u32 guest_page_size; /* legacy: bytes, the unit of QueuePFN */
    struct bus *bus;
    struct irq_line irq;
    const struct log *log;
};

extern const struct mmio_ops virtio_mmio_ops;

/* An empty slot. */
void virtio_mmio_init(struct virtio_mmio *m, bool legacy, struct bus *bus, struct irq_line irq,
                      const struct log *log);

/* Plug V into an empty slot, before the machine runs; of version 2 for a modern device. */
void virtio_mmio_plug(struct virtio_mmio *m, struct virtio *v);

#endif
