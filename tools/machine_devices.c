/*
 * From options to devices (machine_devices.h).
 */
#include "tools/machine_devices.h"

#include "devices/host_chardev.h"
#include "devices/host_disk.h"
#include "devices/host_share.h"
#include "devices/host_slirp.h"
#include "devices/host_tap.h"
#include "devices/virtio_9p.h"
#include "devices/virtio_balloon.h"
#include "devices/virtio_blk.h"
#include "devices/virtio_console.h"
#include "devices/virtio_gpu.h"
#include "devices/virtio_input.h"
#include "devices/virtio_net.h"
#include "devices/virtio_rng.h"

static bool open_drive(struct disk **disk, const struct drive_option *o, struct host_loop *loop,
                       struct load_error *e)
{
    struct host_disk_options options = {
        .image =
            {
                .file = o->file,
                .raw = o->raw,
                .readonly = o->readonly,
                .snapshot = o->snapshot,
                .discards = o->discards,
                .unsafe = o->unsafe,
                .unlocked = o->unlocked,
            },
        .writethrough = o->writethrough,
    };
    char error[HOST_IMAGE_ERROR];
    *disk = host_disk_open(loop, &options, error);
    return *disk || load_fail(e, o->option, "%s", error);
}

static bool open_net(struct netdev **net, const struct net_option *o, struct host_loop *loop,
                     struct load_error *e)
{
    char error[HOST_SLIRP_ERROR];
    _Static_assert((int)HOST_SLIRP_ERROR >= (int)HOST_TAP_ERROR, "room for either");
    *net = o->kind == NET_TAP ? host_tap_open(loop, o->interface, error)
                              : host_slirp_open(loop, &o->user, error);
    return *net || load_fail(e, o->option, "%s", error);
}

static bool open_share(struct share **share, const struct share_option *o, struct host_loop *loop,
                       struct load_error *e)
{
    struct host_share_options options = {
        .path = o->path,
        .model = o->model,
        .readonly = o->readonly,
        .one_device = o->one_device,
        .file_mode = o->file_mode,
        .dir_mode = o->dir_mode,
    };
    char error[HOST_SHARE_ERROR];
    *share = host_share_open(loop, &options, error);
    return *share || load_fail(e, o->option, "%s", error);
}

static bool open_chardev(struct chardev **backend, const struct chardev_option *o,
                         struct host_loop *loop, struct host_signal *signals, struct load_error *e)
{
    struct host_chardev_config config = {loop, signals, o->id, false};
    char message[HOST_CHARDEV_ERROR];
    *backend = host_chardev_open(&config, o->words, message);
    return *backend || load_fail(e, "-chardev", "%s", message);
}

bool machine_devices_open(struct machine_devices *d, const struct options *o,
                          struct host_loop *loop, struct host_signal *signals, struct load_error *e)
{
    for (unsigned i = 0; i < o->devices.chardevs; i++)
        if (!o->devices.chardev[i].elsewhere &&
            !open_chardev(&d->chardev[i], &o->devices.chardev[i], loop, signals, e))
            return false;
    for (unsigned i = 0; i < o->devices.drives; i++)
        if (!open_drive(&d->disk[i], &o->devices.drive[i], loop, e))
            return false;
    for (unsigned i = 0; i < o->devices.nets; i++)
        if (!open_net(&d->net[i], &o->devices.net[i], loop, e))
            return false;
    for (unsigned i = 0; i < o->devices.shares; i++)
        if (!open_share(&d->share[i], &o->devices.share[i], loop, e))
            return false;
    return true;
}

static struct virtio *create_disk(struct machine_devices *d, const struct options *o,
                                  const struct device_option *device)
{
    struct virtio_blk_options options = {
        .serial = device->serial,
        .logical_block = device->logical_block,
        .physical_block = device->physical_block,
        .synchronous = o->icount,
    };
    return virtio_blk_create(d->disk[device->drive_at], &options);
}

static struct virtio *create_balloon(struct machine_devices *d, const struct options *o,
                                     const struct device_option *device)
{
    struct virtio_balloon_options options = {
        .ram_size = o->ram_size,
        .deflate_on_oom = device->deflate_on_oom,
        .page_reporting = device->page_reporting,
    };
    return d->balloon = virtio_balloon_create(&options);
}

/* The ports of a virtio-serial-device; the first is there for drivers that know of no others. */
static struct virtio *create_serial(struct machine_devices *d, const struct device_options *all,
                                    const struct device_option *device)
{
    struct virtio_console_port port[VIRTIO_CONSOLE_PORTS] = {0};
    unsigned count = 1;
    for (unsigned i = 0; i < all->consoles; i++) {
        const struct console_option *c = &all->console[i];
        unsigned number = (unsigned)c->number;
        if (&all->device[c->device_at] != device)
            continue;
        port[number] = (struct virtio_console_port){
            .present = true,
            .console = c->console,
            .name = c->name,
            .backend = d->chardev[c->chardev_at],
        };
        count = number < count ? count : number + 1;
    }
    return virtio_console_create(port, count);
}

static struct virtio *create_gpu(struct virt *board, const struct device_option *device)
{
    struct virtio_gpu_options options = {
        .display = &board->display,
        .clock = &board->clock,
        .width = device->width,
        .height = device->height,
    };
    return virtio_gpu_create(&options);
}

static struct virtio *create(struct machine_devices *d, const struct options *o,
                             const struct device_option *device, struct virt *board,
                             void (**destroy)(struct virtio *v))
{
    static const enum virtio_input_kind kinds[] = {
        [DEVICE_KEYBOARD] = VIRTIO_KEYBOARD,
        [DEVICE_MOUSE] = VIRTIO_MOUSE,
        [DEVICE_TABLET] = VIRTIO_TABLET,
    };
    switch (device->model) {
    case DEVICE_BLK:
        *destroy = virtio_blk_destroy;
        return create_disk(d, o, device);
    case DEVICE_NET:
        *destroy = virtio_net_destroy;
        return virtio_net_create(device->net_at < 0 ? NULL : d->net[device->net_at], device->mac);
    case DEVICE_SERIAL:
        *destroy = virtio_console_destroy;
        return create_serial(d, &o->devices, device);
    case DEVICE_RNG:
        *destroy = virtio_rng_destroy;
        return virtio_rng_create(o->icount || o->seeded, o->seed);
    case DEVICE_9P:
        *destroy = virtio_9p_destroy;
        return virtio_9p_create(d->share[device->share_at], device->tag, o->icount);
    case DEVICE_BALLOON:
        *destroy = virtio_balloon_destroy;
        return create_balloon(d, o, device);
    case DEVICE_KEYBOARD:
    case DEVICE_MOUSE:
    case DEVICE_TABLET:
        *destroy = virtio_input_destroy;
        return virtio_input_create(kinds[device->model], &board->input, device->serial);
    case DEVICE_GPU:
        *destroy = virtio_gpu_destroy;
        return create_gpu(board, device);
    }
    return NULL;
}

bool machine_devices_plug(struct machine_devices *d, const struct options *o, struct virt *board,
                          struct load_error *e)
{
    /* Those that have a slot of their own go first, so that it is free. */
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < o->devices.devices; i++) {
            const struct device_option *device = &o->devices.device[i];
            if ((device->slot < 0) != pass)
                continue;
            d->virtio[i] = create(d, o, device, board, &d->destroy[i]);
            if (!d->virtio[i] || !virt_plug(board, d->virtio[i], device->slot))
                return load_fail(e, "-device", "no memory or no slot for it");
        }
    }
    return true;
}

void machine_devices_destroy(struct machine_devices *d)
{
    for (unsigned i = 0; i < OPTIONS_MAX_DEVICES; i++) {
        if (d->virtio[i])
            d->destroy[i](d->virtio[i]);
        d->virtio[i] = NULL;
    }
    d->balloon = NULL;
    for (unsigned i = 0; i < OPTIONS_MAX_DEVICES; i++) {
        if (d->disk[i])
            d->disk[i]->ops->destroy(d->disk[i]);
        d->disk[i] = NULL;
        chardev_destroy(d->chardev[i]);
        d->chardev[i] = NULL;
        if (d->net[i])
            d->net[i]->ops->destroy(d->net[i]);
        d->net[i] = NULL;
        if (d->share[i])
            d->share[i]->ops->destroy(d->share[i]);
        d->share[i] = NULL;
    }
}
