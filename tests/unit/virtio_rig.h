/*
 * A driver for one virtio device in a slot of its own, without a machine: it does
 * what VIRTIO 1.2 says in 3.1.1, 4.2.3 and 2.7.13, register by register, in a
 * megabyte of guest RAM. Offsets and bits are the specification's, written anew.
 */
#ifndef TESTS_UNIT_VIRTIO_RIG_H
#define TESTS_UNIT_VIRTIO_RIG_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/virtio_mmio.h"

#define RIG_RAM  UINT64_C(0x40000000)
#define RIG_SIZE UINT64_C(0x100000)
#define RIG_DATA (RIG_RAM + 0x80000) /* for the test's buffers */
#define RIG_SLOT UINT64_C(0x0a000000)

enum {
    R_MAGIC = 0x00,
    R_VERSION = 0x04,
    R_DEVICE = 0x08,
    R_VENDOR = 0x0c,
    R_FEATURES = 0x10,
    R_FEATURES_SEL = 0x14,
    R_DRIVER_FEATURES = 0x20,
    R_DRIVER_FEATURES_SEL = 0x24,
    R_PAGE_SIZE = 0x28,
    R_QUEUE_SEL = 0x30,
    R_NUM_MAX = 0x34,
    R_NUM = 0x38,
    R_ALIGN = 0x3c,
    R_PFN = 0x40,
    R_READY = 0x44,
    R_NOTIFY = 0x50,
    R_INTERRUPT = 0x60,
    R_ACK = 0x64,
    R_STATUS = 0x70,
    R_DESC = 0x80,
    R_DRIVER = 0x90,
    R_DEVICE_AREA = 0xa0,
    R_SHM_LEN = 0xb0,
    R_GENERATION = 0xfc,
    R_CONFIG = 0x100,
};

enum { D_NEXT = 1, D_WRITE = 2, D_INDIRECT = 4 };
enum { S_ACKNOWLEDGE = 1, S_DRIVER = 2, S_DRIVER_OK = 4, S_FEATURES_OK = 8, S_NEEDS_RESET = 64 };

#define F_INDIRECT BIT(28)
#define F_EVENT    BIT(29)
#define F_VERSION  BIT(32)

struct rig_queue {
    u64 desc, driver, device; /* guest addresses */
    u16 size, available, used;
};

struct rig {
    struct bus bus;
    struct virtio_mmio slot;
    struct log log;
    char *text; /* what was logged */
    size_t text_size;
    bool irq;
    unsigned edges; /* how often the line rose */
    bool legacy;
    struct rig_queue queue[8];
};

static inline void rig_irq(void *owner, unsigned input, bool level)
{
    struct rig *r = owner;
    r->edges += level && !r->irq;
    r->irq = level;
}

/* A slot with DEVICE in it, or empty. */
static inline struct rig *rig_create(struct virtio *device, bool legacy)
{
    struct rig *r = calloc(1, sizeof(*r));
    r->legacy = legacy;
    r->log = (struct log){LOG_GUEST_ERRORS, open_memstream(&r->text, &r->text_size)};
    cr_assert(bus_add_ram(&r->bus, "ram", RIG_RAM, RIG_SIZE));
    virtio_mmio_init(&r->slot, legacy, &r->bus, (struct irq_line){rig_irq, r, 0}, &r->log);
    bus_add_mmio(&r->bus, RIG_SLOT, &virtio_mmio_ops, &r->slot);
    if (device)
        virtio_mmio_plug(&r->slot, device);
    bus_reset(&r->bus);
    return r;
}

static inline void rig_destroy(struct rig *r)
{
    bus_destroy(&r->bus);
    fclose(r->log.out);
    free(r->text);
    free(r);
}

static inline u32 rig_get(struct rig *r, u64 offset)
{
    u64 value;
    cr_assert_eq(bus_read(&r->bus, RIG_SLOT + offset, 4, &value), BUS_OK);
    return (u32)value;
}

static inline void rig_put(struct rig *r, u64 offset, u32 value)
{
    cr_assert_eq(bus_write(&r->bus, RIG_SLOT + offset, 4, value), BUS_OK);
}

static inline void *rig_at(struct rig *r, u64 pa)
{
    void *host = bus_host(&r->bus, pa, 1);
    cr_assert(host);
    return host;
}

static inline u64 rig_load(struct rig *r, u64 pa, unsigned size)
{
    u64 value = 0;
    memcpy(&value, rig_at(r, pa), size);
    return value;
}

static inline void rig_store(struct rig *r, u64 pa, unsigned size, u64 value)
{
    memcpy(rig_at(r, pa), &value, size);
}

static inline u64 rig_offered(struct rig *r)
{
    u64 features = 0;
    for (u32 i = 0; i < 2; i++) {
        rig_put(r, R_FEATURES_SEL, i);
        features |= (u64)rig_get(r, R_FEATURES) << 32 * i;
    }
    return features;
}

/* Reset, and everything up to the queues. Returns whether FEATURES_OK stays. */
static inline bool rig_negotiate(struct rig *r, u64 features)
{
    rig_put(r, R_PAGE_SIZE, 4096);
    rig_put(r, R_STATUS, 0);
    rig_put(r, R_STATUS, S_ACKNOWLEDGE);
    rig_put(r, R_STATUS, S_ACKNOWLEDGE | S_DRIVER);
    for (u32 i = 0; i < 2; i++) {
        rig_put(r, R_DRIVER_FEATURES_SEL, i);
        rig_put(r, R_DRIVER_FEATURES, (u32)(features >> 32 * i));
    }
    if (r->legacy)
        return true;
    rig_put(r, R_STATUS, S_ACKNOWLEDGE | S_DRIVER | S_FEATURES_OK);
    return rig_get(r, R_STATUS) & S_FEATURES_OK;
}

/* Set up queue N with SIZE entries, zeroed. */
static inline void rig_queue(struct rig *r, unsigned n, u16 size)
{
    struct rig_queue *q = &r->queue[n];
    u64 base = RIG_RAM + 0x10000 * n;
    *q = (struct rig_queue){.desc = base, .driver = base + 0x4000, .device = base + 0x8000};
    q->size = size;
    if (r->legacy) { /* 2.7.2 */
        q->driver = q->desc + 16 * (u64)size;
        q->device = (q->driver + 6 + 2 * (u64)size + 4095) & ~UINT64_C(4095);
    }
    memset(rig_at(r, base), 0, 0x10000);
    rig_put(r, R_QUEUE_SEL, n);
    rig_put(r, R_NUM, size);
    if (r->legacy) {
        rig_put(r, R_ALIGN, 4096);
        rig_put(r, R_PFN, (u32)(q->desc / 4096));
        return;
    }
    const u64 areas[] = {q->desc, q->driver, q->device};
    for (unsigned i = 0; i < 3; i++) {
        rig_put(r, R_DESC + 0x10 * i, (u32)areas[i]);
        rig_put(r, R_DESC + 0x10 * i + 4, (u32)(areas[i] >> 32));
    }
    rig_put(r, R_READY, 1);
}

static inline void rig_go(struct rig *r)
{
    rig_put(r, R_STATUS, rig_get(r, R_STATUS) | S_DRIVER_OK);
}

/* From reset to DRIVER_OK with QUEUES queues of SIZE. */
static inline void rig_start(struct rig *r, u64 features, unsigned queues, u16 size)
{
    cr_assert(rig_negotiate(r, features | (r->legacy ? 0 : F_VERSION)));
    for (unsigned i = 0; i < queues; i++)
        rig_queue(r, i, size);
    rig_go(r);
}

/* Write descriptor I of the table at TABLE. */
static inline void rig_desc_at(struct rig *r, u64 table, unsigned i, u64 pa, u32 len, u16 flags,
                               u16 next)
{
    u64 at = table + 16 * i;
    rig_store(r, at, 8, pa);
    rig_store(r, at + 8, 4, len);
    rig_store(r, at + 12, 2, flags);
    rig_store(r, at + 14, 2, next);
}

static inline void rig_desc(struct rig *r, unsigned queue, unsigned i, u64 pa, u32 len, u16 flags,
                            u16 next)
{
    rig_desc_at(r, r->queue[queue].desc, i, pa, len, flags, next);
}

/* Make the chain at HEAD available, and say so. */
static inline void rig_offer(struct rig *r, unsigned queue, u16 head)
{
    struct rig_queue *q = &r->queue[queue];
    rig_store(r, q->driver + 4 + 2 * (q->available++ % q->size), 2, head);
    rig_store(r, q->driver + 2, 2, q->available);
}

static inline void rig_notify(struct rig *r, unsigned queue)
{
    rig_put(r, R_NOTIFY, queue);
}

/* The next used chain: its head, with *LEN bytes written; -1 when there is none. */
static inline int rig_used(struct rig *r, unsigned queue, u32 *len)
{
    struct rig_queue *q = &r->queue[queue];
    if (q->used == (u16)rig_load(r, q->device + 2, 2))
        return -1;
    u64 at = q->device + 4 + 8 * (q->used++ % q->size);
    *len = (u32)rig_load(r, at + 4, 4);
    return (int)rig_load(r, at, 4);
}

/* The driver's event index of QUEUE, and the device's. */
static inline u64 rig_used_event(const struct rig *r, unsigned queue)
{
    return r->queue[queue].driver + 4 + 2 * r->queue[queue].size;
}

static inline u64 rig_available_event(const struct rig *r, unsigned queue)
{
    return r->queue[queue].device + 4 + 8 * r->queue[queue].size;
}

/* Was WORDS logged since the last time? */
static inline bool rig_logged(struct rig *r, const char *words)
{
    fflush(r->log.out);
    bool found = r->text && strstr(r->text, words);
    rewind(r->log.out);
    fflush(r->log.out);
    return found;
}

static inline bool rig_is_broken(struct rig *r)
{
    return rig_get(r, R_STATUS) & S_NEEDS_RESET;
}

#endif
