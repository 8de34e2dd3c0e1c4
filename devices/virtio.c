/*
 * What every virtio device does the same way on any transport (virtio.h; VIRTIO
 * 1.2, chapter 2): status, features, interrupts, and being broken.
 */
#include "devices/virtio.h"

#include <stdarg.h>
#include <stdlib.h>

bool virtio_init(struct virtio *v, const struct virtio_ops *ops, void *dev, u8 *config,
                 u32 config_size)
{
    *v = (struct virtio){.ops = ops, .dev = dev, .config = config, .config_size = config_size};
    v->queue = calloc(ops->queues, sizeof(*v->queue));
    for (u16 i = 0; v->queue && i < ops->queues; i++)
        virtqueue_init(&v->queue[i], v, i);
    return v->queue;
}

void virtio_destroy(struct virtio *v)
{
    free(v->queue);
    v->queue = NULL;
}

void virtio_plug(struct virtio *v, struct bus *bus, struct irq_line irq, const struct log *log)
{
    v->bus = bus;
    v->irq = irq;
    v->log = log;
}

/*
 * The tree calls the input edge-triggered, so what is left after an acknowledgement
 * has to make an edge of its own.
 */
static void update_irq(const struct virtio *v, bool again)
{
    if (again)
        irq_set(&v->irq, false);
    irq_set(&v->irq, v->interrupt != 0);
}

void virtio_reset(struct virtio *v)
{
    if (v->ops->reset)
        v->ops->reset(v->dev);
    for (u16 i = 0; i < v->ops->queues; i++)
        virtqueue_reset(&v->queue[i]);
    v->status = 0;
    v->features = 0;
    v->interrupt = 0;
    update_irq(v, false);
}

void virtio_broken(struct virtio *v, const char *what, ...)
{
    char text[160];
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof(text), what, args);
    va_end(args);
    log_line(v->log, LOG_GUEST_ERRORS, "%s: %s; it needs a reset", v->ops->name, text);
    if (v->status & VIRTIO_NEEDS_RESET)
        return;
    v->status |= VIRTIO_NEEDS_RESET;
    if (v->status & VIRTIO_DRIVER_OK) /* 2.1.2: tell the driver */
        virtio_config_changed(v);
}

void virtio_config_changed(struct virtio *v)
{
    v->generation++;
    if (!(v->status & VIRTIO_DRIVER_OK))
        return;
    v->interrupt |= VIRTIO_INTERRUPT_CONFIG;
    update_irq(v, false);
}

void virtio_notify(struct virtio *v, unsigned queue)
{
    if (!virtio_live(v) || !virtqueue_wants_interrupt(&v->queue[queue]))
        return;
    v->interrupt |= VIRTIO_INTERRUPT_USED;
    update_irq(v, false);
}

void virtio_acknowledge(struct virtio *v, u8 interrupts)
{
    v->interrupt &= (u8)~interrupts;
    update_irq(v, true);
}

u64 virtio_offered(const struct virtio *v, bool legacy)
{
    u64 own = v->offered | BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX);
    return own | (legacy ? BIT(VIRTIO_F_ANY_LAYOUT) : BIT(VIRTIO_F_VERSION_1));
}

/* 2.2.2 and 6.1: nothing that is not offered, and not a legacy driver in disguise. */
static bool features_acceptable(const struct virtio *v, bool legacy)
{
    return !(v->features & ~virtio_offered(v, legacy)) &&
           (legacy || virtio_has(v, VIRTIO_F_VERSION_1));
}

void virtio_set_status(struct virtio *v, u8 value, bool legacy)
{
    u8 added = value & (u8)~v->status;
    if ((added & VIRTIO_FEATURES_OK) && !features_acceptable(v, legacy)) {
        log_line(v->log, LOG_GUEST_ERRORS, "%s: features %#llx are refused", v->ops->name,
                 (unsigned long long)v->features);
        value &= (u8)~VIRTIO_FEATURES_OK;
    }
    if ((added & VIRTIO_DRIVER_OK) && !legacy && !(value & VIRTIO_FEATURES_OK)) {
        log_line(v->log, LOG_GUEST_ERRORS, "%s: DRIVER_OK without FEATURES_OK", v->ops->name);
        value &= (u8) ~(VIRTIO_DRIVER_OK);
    }
    v->status = value | (v->status & VIRTIO_NEEDS_RESET);
    if ((value & added & VIRTIO_DRIVER_OK) && v->ops->ready)
        v->ops->ready(v->dev);
}
