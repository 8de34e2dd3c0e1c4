/*
 * A virtio device as its transport and its queues see it (Virtual I/O Device
 * (VIRTIO) 1.2, OASIS, chapter 2). A device is a `struct virtio_ops`, four
 * callbacks, and a `struct virtio` embedded in its own state; it knows neither
 * address nor interrupt, and never how its registers are laid out.
 *
 * What the driver does wrong ends in virtio_broken(): the device says
 * DEVICE_NEEDS_RESET and does nothing more until it is reset.
 */
#ifndef DEVICES_VIRTIO_H
#define DEVICES_VIRTIO_H

#include "core/irq.h"
#include "core/log.h"
#include "devices/virtqueue.h"

/* Feature bits that belong to queue and transport, 2.2 and 6. */
enum virtio_feature {
    VIRTIO_F_ANY_LAYOUT = 27, /* legacy: framing of requests is free, 6.3 */
    VIRTIO_F_INDIRECT_DESC = 28,
    VIRTIO_F_EVENT_IDX = 29,
    VIRTIO_F_VERSION_1 = 32,
};

/* Device status, 2.1. */
enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 64,
    VIRTIO_FAILED = 128,
};

/* Device numbers, chapter 5. */
enum virtio_id {
    VIRTIO_ID_NET = 1,
    VIRTIO_ID_BLOCK = 2,
    VIRTIO_ID_CONSOLE = 3,
    VIRTIO_ID_ENTROPY = 4,
    VIRTIO_ID_BALLOON = 5,
    VIRTIO_ID_9P = 9,
    VIRTIO_ID_GPU = 16,
    VIRTIO_ID_INPUT = 18,
};

enum { VIRTIO_MAX_QUEUES = 64 };

struct virtio_ops {
    const char *name; /* in messages: "virtio-blk" */
    u32 id;           /* VIRTIO_ID_* */
    bool modern;      /* it is younger than version 1.0: no legacy driver knows it */
    u16 queues;       /* 1 to VIRTIO_MAX_QUEUES */
    u16 queue_size;   /* the most a driver may choose, a power of two */
    void (*notify)(void *dev, unsigned queue); /* there may be buffers in QUEUE */
    void (*ready)(void *dev);                  /* DRIVER_OK: the features are final; or NULL */
    void (*configured)(void *dev);             /* the driver wrote into config; or NULL */
    void (*reset)(void *dev); /* forget every buffer, touch guest RAM no more; or NULL */
};

struct virtio {
    const struct virtio_ops *ops;
    void *dev;    /* what the callbacks get */
    u64 offered;  /* features of the device itself; the transport adds its own */
    u64 features; /* what the driver accepted */
    u8 *config;   /* the device's configuration space, little-endian */
    u32 config_size;
    u32 writable_first, writable_end; /* bytes of it that a driver may write */

    u8 status;
    u8 interrupt;            /* 1: a buffer was used, 2: the configuration changed */
    u32 generation;          /* of the configuration */
    struct virtqueue *queue; /* ops->queues of them */
    struct irq_line irq;
    struct bus *bus;
    const struct log *log;
};

/*
 * Make V a device of OPS on nothing; DEV is what its callbacks get. False when the
 * host has no memory. CONFIG stays the device's.
 */
bool virtio_init(struct virtio *v, const struct virtio_ops *ops, void *dev, u8 *config,
                 u32 config_size);
void virtio_destroy(struct virtio *v);

/* Connect it to a machine, by its transport. */
void virtio_plug(struct virtio *v, struct bus *bus, struct irq_line irq, const struct log *log);

/* Status zero, as the driver or the power switch does it. */
void virtio_reset(struct virtio *v);

/* The driver did WHAT; nothing more will be done for it until it resets the device. */
__attribute__((format(printf, 2, 3))) void virtio_broken(struct virtio *v, const char *what, ...);

/* The device changed its own configuration. */
void virtio_config_changed(struct virtio *v);

/* Tell the driver, if it wants to know, of what was pushed into QUEUE. */
void virtio_notify(struct virtio *v, unsigned queue);

static inline bool virtio_has(const struct virtio *v, unsigned feature)
{
    return v->features >> feature & 1;
}

/* Is it the driver's turn and not broken? Only then may buffers be taken. */
static inline bool virtio_live(const struct virtio *v)
{
    return (v->status & (VIRTIO_DRIVER_OK | VIRTIO_NEEDS_RESET)) == VIRTIO_DRIVER_OK;
}

/* --- between virtio.c and the transport ------------------------------------ */

enum { VIRTIO_INTERRUPT_USED = 1, VIRTIO_INTERRUPT_CONFIG = 2 };

/* All features a driver may accept; LEGACY as a device before version 1.0. */
u64 virtio_offered(const struct virtio *v, bool legacy);

/* The driver writes VALUE, not zero, as the new status. */
void virtio_set_status(struct virtio *v, u8 value, bool legacy);

/* The driver has seen these interrupts. */
void virtio_acknowledge(struct virtio *v, u8 interrupts);

#endif
