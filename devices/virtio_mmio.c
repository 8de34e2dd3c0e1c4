/*
 * virtio over MMIO (virtio_mmio.h; VIRTIO 1.2, 4.2.2 and, for version 1, 4.2.4).
 * Registers are words; the configuration space takes bytes as well. A selector
 * that selects nothing reads as zero and is not written to.
 */
#include "devices/virtio_mmio.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "devices/dt.h"

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    VENDOR_ID = 0x00c,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SEL = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    GUEST_PAGE_SIZE = 0x028, /* legacy */
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_ALIGN = 0x03c, /* legacy */
    QUEUE_PFN = 0x040,   /* legacy */
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC_LOW = 0x080,
    QUEUE_DESC_HIGH = 0x084,
    QUEUE_DRIVER_LOW = 0x090,
    QUEUE_DRIVER_HIGH = 0x094,
    QUEUE_DEVICE_LOW = 0x0a0,
    QUEUE_DEVICE_HIGH = 0x0a4,
    SHM_SEL = 0x0ac,
    SHM_LEN_LOW = 0x0b0, /* and what follows, to SHM_BASE_HIGH: no such region */
    SHM_BASE_HIGH = 0x0bc,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100,
    WINDOW = 0x200,
};

enum {
    MAGIC_VALUE = 0x74726976,  /* "virt" */
    VENDOR_VALUE = 0x554d4551, /* as QEMU's devices say */
    VERSION_LEGACY = 1,
    VERSION_MODERN = 2,
};

static void wrong(const struct virtio_mmio *m, const char *what, u64 offset)
{
    log_line(m->log, LOG_GUEST_ERRORS, "%s: %s of register %#llx",
             m->device ? m->device->ops->name : "virtio-mmio", what, (unsigned long long)offset);
}

static struct virtqueue *selected(const struct virtio_mmio *m)
{
    return m->queue_sel < m->device->ops->queues ? &m->device->queue[m->queue_sel] : NULL;
}

/* The word of 64 bits VALUE that SEL selects. */
static u32 feature_word(u64 value, u32 sel)
{
    return sel < 2 ? (u32)(value >> 32 * sel) : 0;
}

static u64 read_config(const struct virtio_mmio *m, u64 offset, unsigned size)
{
    const struct virtio *v = m->device;
    u64 value = 0;
    if (offset < v->config_size)
        memcpy(&value, v->config + offset,
               size < v->config_size - offset ? size : v->config_size - offset);
    return value;
}

static void write_config(struct virtio_mmio *m, u64 offset, unsigned size, u64 value)
{
    struct virtio *v = m->device;
    if (offset < v->writable_first || offset + size > v->writable_end) {
        wrong(m, "write", CONFIG + offset);
        return;
    }
    memcpy(v->config + offset, &value, size);
    if (v->ops->configured)
        v->ops->configured(v->dev);
}

/* Registers that only one version has. */
static u32 read_versioned(const struct virtio_mmio *m, u64 offset)
{
    const struct virtqueue *q = selected(m);
    if (m->legacy && offset == QUEUE_PFN)
        return q && q->ready && m->guest_page_size ? (u32)(q->desc_pa / m->guest_page_size) : 0;
    if (!m->legacy && offset == QUEUE_READY)
        return q && q->ready;
    if (!m->legacy && offset == CONFIG_GENERATION)
        return m->device->generation;
    if (!m->legacy && offset >= SHM_LEN_LOW && offset <= SHM_BASE_HIGH)
        return UINT32_MAX; /* 4.2.2: of a region that does not exist */
    wrong(m, "read", offset);
    return 0;
}

static u32 read_register(const struct virtio_mmio *m, u64 offset)
{
    const struct virtio *v = m->device;
    switch (offset) {
    case MAGIC:
        return MAGIC_VALUE;
    case VERSION:
        return m->legacy ? VERSION_LEGACY : VERSION_MODERN;
    case DEVICE_ID:
        return v ? v->ops->id : 0;
    case VENDOR_ID:
        return VENDOR_VALUE;
    }
    if (!v)
        return 0;
    switch (offset) {
    case DEVICE_FEATURES:
        return feature_word(virtio_offered(v, m->legacy), m->device_features_sel);
    case QUEUE_NUM_MAX:
        return selected(m) ? v->ops->queue_size : 0;
    case INTERRUPT_STATUS:
        return v->interrupt;
    case STATUS:
        return v->status;
    default:
        return read_versioned(m, offset);
    }
}

static u64 virtio_mmio_read(void *dev, u64 offset, unsigned size)
{
    struct virtio_mmio *m = dev;
    if (offset >= CONFIG)
        return m->device ? read_config(m, offset - CONFIG, size) : 0;
    if (size == 4)
        return read_register(m, offset);
    wrong(m, "narrow read", offset);
    return 0;
}

/* 2.1 and 3.1.1: features are negotiated before FEATURES_OK. */
static void write_driver_features(struct virtio_mmio *m, u32 value)
{
    struct virtio *v = m->device;
    if (v->status & (VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK)) {
        wrong(m, "late write", DRIVER_FEATURES);
        return;
    }
    if (m->driver_features_sel >= (m->legacy ? 1 : 2))
        return;
    unsigned shift = 32 * m->driver_features_sel;
    v->features = (v->features & ~(ones(32) << shift)) | (u64)value << shift;
    if (m->legacy) /* there is no FEATURES_OK that could be refused */
        v->features &= virtio_offered(v, true);
}

/* The page size stays: drivers write it before they reset the device. */
static void reset_device(struct virtio_mmio *m)
{
    m->device_features_sel = m->driver_features_sel = 0;
    m->queue_sel = 0;
    if (m->device)
        virtio_reset(m->device);
}

/* 2.7.2: the three areas of a legacy queue are one, aligned once in its middle. */
static void write_pfn(struct virtio_mmio *m, struct virtqueue *q, u32 pfn)
{
    enum { DESCRIPTOR = 16, AVAIL_FIXED = 6, AVAIL_ENTRY = 2 };
    u64 align = q->legacy_align;
    if (pfn == 0) { /* how old drivers reset */
        virtio_reset(m->device);
        return;
    }
    if (q->ready || !m->guest_page_size || !align || (align & (align - 1))) {
        virtio_broken(m->device, "queue %u: QueuePFN without page size or alignment, or again",
                      q->index);
        return;
    }
    q->desc_pa = (u64)pfn * m->guest_page_size;
    q->driver_pa = q->desc_pa + (u64)DESCRIPTOR * q->size;
    q->device_pa = align_up(q->driver_pa + AVAIL_FIXED + (u64)AVAIL_ENTRY * q->size, align);
    virtqueue_enable(q);
}

static void write_ready(struct virtio_mmio *m, struct virtqueue *q, u32 value)
{
    if (!(value & 1))
        q->ready = false;
    else if (!q->ready)
        virtqueue_enable(q);
}

/* Set the half of a queue's address that OFFSET names. */
static void write_address(struct virtqueue *q, u64 offset, u32 value)
{
    u64 *address = offset < QUEUE_DRIVER_LOW   ? &q->desc_pa
                   : offset < QUEUE_DEVICE_LOW ? &q->driver_pa
                                               : &q->device_pa;
    unsigned shift = offset & 4 ? 32 : 0;
    *address = (*address & ~(ones(32) << shift)) | (u64)value << shift;
}

/* Registers of the selected queue; false when OFFSET is none of this version. */
static bool write_queue(struct virtio_mmio *m, u64 offset, u32 value)
{
    struct virtqueue none = {0}, *q = selected(m);
    q = q ? q : &none;
    switch (offset) {
    case QUEUE_READY:
        if (!m->legacy && q != &none)
            write_ready(m, q, value);
        return !m->legacy;
    case QUEUE_PFN:
        if (m->legacy && q != &none)
            write_pfn(m, q, value);
        return m->legacy;
    }
    if (q->ready) {
        wrong(m, "write while the queue is in use", offset);
        return true;
    }
    switch (offset) {
    case QUEUE_NUM:
        q->size = value <= UINT16_MAX ? (u16)value : 0; /* judged when it is used */
        return true;
    case QUEUE_ALIGN:
        q->legacy_align = value;
        return m->legacy;
    case QUEUE_DESC_LOW:
    case QUEUE_DESC_HIGH:
    case QUEUE_DRIVER_LOW:
    case QUEUE_DRIVER_HIGH:
    case QUEUE_DEVICE_LOW:
    case QUEUE_DEVICE_HIGH:
        write_address(q, offset, value);
        return !m->legacy;
    default:
        return false;
    }
}

static void notify(struct virtio_mmio *m, u32 queue)
{
    struct virtio *v = m->device;
    if (queue >= v->ops->queues)
        wrong(m, "bad queue", QUEUE_NOTIFY);
    else if (virtio_live(v) && v->queue[queue].ready)
        v->ops->notify(v->dev, queue);
}

static void write_register(struct virtio_mmio *m, u64 offset, u32 value)
{
    struct virtio *v = m->device;
    switch (offset) {
    case DEVICE_FEATURES_SEL:
        m->device_features_sel = value;
        break;
    case DRIVER_FEATURES_SEL:
        m->driver_features_sel = value;
        break;
    case DRIVER_FEATURES:
        write_driver_features(m, value);
        break;
    case GUEST_PAGE_SIZE:
        m->guest_page_size = m->legacy ? value : 0;
        break;
    case QUEUE_SEL:
        m->queue_sel = value;
        break;
    case QUEUE_NOTIFY:
        notify(m, value);
        break;
    case INTERRUPT_ACK:
        virtio_acknowledge(v, (u8)value);
        break;
    case STATUS:
        if (value & 0xff)
            virtio_set_status(v, (u8)value, m->legacy);
        else
            reset_device(m);
        break;
    case SHM_SEL: /* there is none to select */
        if (!m->legacy)
            break;
        wrong(m, "write", offset);
        break;
    default:
        if (!write_queue(m, offset, value))
            wrong(m, "write", offset);
    }
}

static void virtio_mmio_write(void *dev, u64 offset, unsigned size, u64 value)
{
    struct virtio_mmio *m = dev;
    if (!m->device)
        return;
    if (offset >= CONFIG)
        write_config(m, offset - CONFIG, size, value);
    else if (size == 4)
        write_register(m, offset, (u32)value);
    else
        wrong(m, "narrow write", offset);
}

static void virtio_mmio_reset(void *dev)
{
    struct virtio_mmio *m = dev;
    m->guest_page_size = 0;
    reset_device(m);
}

static int virtio_mmio_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    enum { SPI = 0, EDGE_RISING = 1 };
    const fdt32_t interrupts[] = {cpu_to_fdt32(SPI), cpu_to_fdt32(at->spi),
                                  cpu_to_fdt32(EDGE_RISING)};
    const fdt64_t reg[] = {cpu_to_fdt64(at->base), cpu_to_fdt64(at->size)};
    char name[48];
    snprintf(name, sizeof(name), "virtio_mmio@%llx", (unsigned long long)at->base);
    TRY(fdt_begin_node(fdt, name));
    TRY(fdt_property(fdt, "dma-coherent", NULL, 0));
    TRY(fdt_property(fdt, "interrupts", interrupts, sizeof(interrupts)));
    TRY(fdt_property(fdt, "reg", reg, sizeof(reg)));
    TRY(fdt_property_string(fdt, "compatible", "virtio,mmio"));
    return fdt_end_node(fdt);
}

const struct mmio_ops virtio_mmio_ops = {
    .name = "virtio-mmio",
    .size = WINDOW,
    .min_access = 1,
    .max_access = 4,
    .read = virtio_mmio_read,
    .write = virtio_mmio_write,
    .reset = virtio_mmio_reset,
    .fdt = virtio_mmio_fdt,
};

void virtio_mmio_init(struct virtio_mmio *m, bool legacy, struct bus *bus, struct irq_line irq,
                      const struct log *log)
{
    *m = (struct virtio_mmio){.legacy = legacy, .bus = bus, .irq = irq, .log = log};
}

void virtio_mmio_plug(struct virtio_mmio *m, struct virtio *v)
{
    m->device = v;
    m->legacy = m->legacy && !v->ops->modern;
    virtio_plug(v, m->bus, m->irq, m->log);
}
