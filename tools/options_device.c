/*
 * -device, -object and -global. A row of `models` is a device; what belongs to
 * it by name (a drive) is looked up when the last word has been read, because it
 * may come later.
 */
#include <stdlib.h>
#include <string.h>

#include "devices/virtio_gpu.h"
#include "tools/options_parse.h"

bool take_id(struct parse *p, const char *value, const char **to)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (!*value || !strchr(letters, *value) || value[strspn(value, others)])
        return refuse(p, " id=%s: an id is a letter and then letters, digits, '-', '.' and '_'",
                      value);
    *to = value;
    return true;
}

bool take_disk_serial(struct parse *p, const char *value, const char **to)
{
    enum { MOST = 20 };
    if (strlen(value) > MOST)
        return refuse(p, " serial=%s: a serial number has at most %d characters", value, MOST);
    *to = value;
    return true;
}

static bool take_model(struct parse *p, const char *value)
{
    return true; /* it is known already: see take_device */
}

static bool take_device_id(struct parse *p, const char *value)
{
    return take_id(p, value, &p->device->id);
}

/* QEMU's name for a slot. */
static bool take_bus(struct parse *p, const char *value)
{
    static const char prefix[] = "virtio-mmio-bus.";
    u64 n;
    if (strncmp(value, prefix, strlen(prefix)) ||
        !read_number(value + strlen(prefix), OPTIONS_MAX_DEVICES - 1, &n))
        return refuse(p, " bus=%s: there are virtio-mmio-bus.0 to virtio-mmio-bus.%d", value,
                      OPTIONS_MAX_DEVICES - 1);
    p->device->slot = (int)n;
    return true;
}

static bool take_device_drive(struct parse *p, const char *value)
{
    p->device->drive = value;
    return true;
}

static bool take_device_serial(struct parse *p, const char *value)
{
    return take_disk_serial(p, value, &p->device->serial);
}

static bool take_block_size(struct parse *p, const char *key, const char *value, u32 *to)
{
    enum { LEAST = 512, MOST = 32768 };
    u64 n;
    if (!read_size(value, 0, &n) || n < LEAST || n > MOST || (n & (n - 1)))
        return refuse(p, " %s=%s: use a power of two from %d to %d", key, value, LEAST, MOST);
    *to = (u32)n;
    return true;
}

static bool take_logical_block(struct parse *p, const char *value)
{
    return take_block_size(p, "logical_block_size", value, &p->device->logical_block);
}

static bool take_physical_block(struct parse *p, const char *value)
{
    return take_block_size(p, "physical_block_size", value, &p->device->physical_block);
}

static bool take_device_netdev(struct parse *p, const char *value)
{
    p->device->netdev = value;
    return true;
}

static bool take_device_mac(struct parse *p, const char *value)
{
    return take_mac(p, value, p->device->mac);
}

static bool take_device_rng(struct parse *p, const char *value)
{
    p->device->rng = value;
    return true;
}

static bool take_device_fsdev(struct parse *p, const char *value)
{
    p->device->fsdev = value;
    return true;
}

static bool take_device_tag(struct parse *p, const char *value)
{
    return take_tag(p, value, &p->device->tag);
}

static bool take_deflate_on_oom(struct parse *p, const char *value)
{
    return take_switch(p, "deflate-on-oom", value, &p->device->deflate_on_oom);
}

static bool take_page_reporting(struct parse *p, const char *value)
{
    return take_switch(p, "free-page-reporting", value, &p->device->page_reporting);
}

static bool take_device_width(struct parse *p, const char *value)
{
    return take_side(p, "xres", value, VIRTIO_GPU_SIDE_MAX, &p->device->width);
}

static bool take_device_height(struct parse *p, const char *value)
{
    return take_side(p, "yres", value, VIRTIO_GPU_SIDE_MAX, &p->device->height);
}

/* What every device has. */
#define COMMON                                                                                     \
    {"driver", take_model, NULL, NULL}, {"id", take_device_id, NULL, NULL},                        \
        {"bus", take_bus, NULL, NULL}, {"indirect_desc", NULL, "on", "every queue has them"},      \
        {"event_idx", NULL, "on", "every queue has them"},                                         \
    {                                                                                              \
        "packed", NULL, "off", "queues are split"                                                  \
    }

static const struct property blk_rows[] = {
    COMMON,
    {"drive", take_device_drive, NULL, NULL},
    {"serial", take_device_serial, NULL, NULL},
    {"logical_block_size", take_logical_block, NULL, NULL},
    {"physical_block_size", take_physical_block, NULL, NULL},
    {"bootindex", NULL, "*", NULL},
    {"num-queues", NULL, "1", "a disk has one queue"},
    {"scsi", NULL, "off", "SCSI commands are not passed on"},
    {"share-rw", NULL, "off", "two writers would destroy the file system"},
};

static const struct property net_rows[] = {
    COMMON,
    {"netdev", take_device_netdev, NULL, NULL},
    {"mac", take_device_mac, NULL, NULL},
    {"bootindex", NULL, "*", NULL},
    {"romfile", NULL, "*", NULL}, /* there is no ROM on it */
    {"mq", NULL, "off", "a card has one pair of queues"},
};

static const struct property rng_rows[] = {
    COMMON,
    {"rng", take_device_rng, NULL, NULL},
    {"max-bytes", NULL, "*", NULL}, /* the host has enough for everybody */
    {"period", NULL, "*", NULL},
};

static const struct property serial_rows[] = {
    COMMON, {"max_ports", NULL, "*", NULL}, /* as many as are given */
};

static const struct property share_rows[] = {
    COMMON,
    {"fsdev", take_device_fsdev, NULL, NULL},
    {"mount_tag", take_device_tag, NULL, NULL},
};

static const struct property balloon_rows[] = {
    COMMON,
    {"deflate-on-oom", take_deflate_on_oom, NULL, NULL},
    {"free-page-reporting", take_page_reporting, NULL, NULL},
    {"free-page-hint", NULL, "off", "there is no migration that it would be for"},
    {"page-poison", NULL, "off", "pages that come back are zero"},
};

static const struct property input_rows[] = {
    COMMON,
    {"serial", take_device_serial, NULL, NULL},
};

static const struct property gpu_rows[] = {
    COMMON,
    {"xres", take_device_width, NULL, NULL},
    {"yres", take_device_height, NULL, NULL},
    {"max_outputs", NULL, "1", "there is one screen"},
    {"edid", NULL, "on", "the monitor says what it is"},
};

static const struct model_row {
    const char *name;
    enum device_model model;
    const char *help;
    const struct property *rows;
    size_t count;
} models[] = {
    {"virtio-blk-device", DEVICE_BLK, "drive=ID[,serial=TEXT]: a disk", blk_rows,
     ARRAY_LEN(blk_rows)},
    {"virtio-net-device", DEVICE_NET, "netdev=ID[,mac=ADDRESS]: a network card", net_rows,
     ARRAY_LEN(net_rows)},
    {"virtio-rng-device", DEVICE_RNG, "a source of random numbers", rng_rows, ARRAY_LEN(rng_rows)},
    {"virtio-9p-device", DEVICE_9P, "fsdev=ID,mount_tag=TAG: a folder of the host", share_rows,
     ARRAY_LEN(share_rows)},
    {"virtio-balloon-device", DEVICE_BALLOON, "takes memory from the guest, and gives it back",
     balloon_rows, ARRAY_LEN(balloon_rows)},
    {"virtio-serial-device", DEVICE_SERIAL, "what virtconsole and virtserialport are ports of",
     serial_rows, ARRAY_LEN(serial_rows)},
    {"virtio-serial-device", DEVICE_SERIAL, "what a virtconsole is the port of", serial_rows,
     ARRAY_LEN(serial_rows)},
    {"virtio-keyboard-device", DEVICE_KEYBOARD, "a keyboard", input_rows, ARRAY_LEN(input_rows)},
    {"virtio-mouse-device", DEVICE_MOUSE, "a mouse", input_rows, ARRAY_LEN(input_rows)},
    {"virtio-tablet-device", DEVICE_TABLET, "a pointer that needs no grab", input_rows,
     ARRAY_LEN(input_rows)},
    {"virtio-gpu-device", DEVICE_GPU, "[xres=N][,yres=N]: a screen, 1280 by 800", gpu_rows,
     ARRAY_LEN(gpu_rows)},
};

void print_devices(FILE *to)
{
    for (size_t i = 0; i < ARRAY_LEN(models); i++)
        fprintf(to, "  %-24s %s\n", models[i].name, models[i].help);
    fprintf(to, "  %-24s %s\n", "virtconsole", "chardev=ID: a console, /dev/hvc0 in Linux");
    fprintf(to, "  %-24s %s\n", "virtserialport",
            "chardev=ID[,name=NAME]: a port, /dev/vport0p1 in Linux");
}

/* "virtio-blk-pci" and "virtio-blk" mean what is called "virtio-blk-device" here. */
static const struct model_row *near_model(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(models); i++) {
        size_t len = strlen(models[i].name) - strlen("-device");
        const char *rest = name + len;
        if (!strncmp(models[i].name, name, len) && (!*rest || word_in("-pci -ccw -pci-transitional "
                                                                      "-pci-non-transitional",
                                                                      rest)))
            return &models[i];
    }
    return NULL;
}

static bool refuse_model(struct parse *p, const char *name)
{
    const struct model_row *near = near_model(name);
    if (near)
        return refuse(p, " %s: there is no PCI; use -device %s", name, near->name);
    return refuse(p, " %s: there is no such device; see -device help", name);
}

bool take_device(struct parse *p, const char *value)
{
    struct device_options *d = &p->o->devices;
    if (!strcmp(value, "help") || !strcmp(value, "?")) {
        p->o->show = SHOW_DEVICES;
        return true;
    }
    const char *from = value + (strncmp(value, "driver=", 7) ? 0 : 7);
    const char *name = own_text(p, from, strcspn(from, ","));
    const struct model_row *m = NULL;
    if (!strcmp(name, "virtconsole") || !strcmp(name, "virtserialport"))
        return take_serial_port(p, name, value);
    for (size_t i = 0; i < ARRAY_LEN(models); i++)
        if (!strcmp(models[i].name, name))
            m = &models[i];
    if (!m)
        return refuse_model(p, name);
    if (d->devices == OPTIONS_MAX_DEVICES)
        return refuse(p, " %s: there is room for %d devices", value, OPTIONS_MAX_DEVICES);
    p->device = &d->device[d->devices++];
    *p->device = (struct device_option){.model = m->model, .slot = -1, .net_at = -1};
    struct property_list list = {"driver", false, SHOW_DEVICES, m->rows, m->count};
    return take_properties(p, value, &list);
}

static bool take_object_type(struct parse *p, const char *value)
{
    return word_in("rng-random rng-builtin", value) ||
           refuse(p, " %s: there are rng-random and rng-builtin", value);
}

static bool take_object_id(struct parse *p, const char *value)
{
    struct device_options *d = &p->o->devices;
    for (unsigned i = 0; i < d->objects; i++)
        if (!strcmp(d->object[i], value))
            return refuse(p, " id=%s: another object has this id; use another one", value);
    return take_id(p, value, &d->object[d->objects]);
}

bool take_object(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"qom-type", take_object_type, NULL, NULL},
        {"id", take_object_id, NULL, NULL},
        {"filename", NULL, "/dev/urandom /dev/random", "the host's random numbers are these"},
    };
    static const struct property_list list = {"qom-type", false, SHOW_NOTHING, rows,
                                              ARRAY_LEN(rows)};
    struct device_options *d = &p->o->devices;
    if (d->objects == OPTIONS_MAX_DEVICES)
        return refuse(p, " %s: there are too many objects", value);
    if (!take_properties(p, value, &list))
        return false;
    if (!d->object[d->objects])
        return refuse(p, " %s: needs id=ID", value);
    d->objects++;
    return true;
}

static bool take_force_legacy(struct parse *p, const char *value)
{
    bool on = true;
    if (!take_switch(p, "virtio-mmio.force-legacy", value, &on))
        return false;
    p->o->devices.virtio_modern = !on;
    return true;
}

bool take_global(struct parse *p, const char *value)
{
    static const char long_form[] = "driver=virtio-mmio,property=force-legacy,value=";
    static const struct property rows[] = {
        {"virtio-mmio.force-legacy", take_force_legacy, NULL, NULL},
    };
    static const struct property_list list = {NULL, false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    if (!strncmp(value, long_form, strlen(long_form)))
        return take_force_legacy(p, value + strlen(long_form));
    return take_properties(p, value, &list);
}

static bool find_drive(struct parse *p, struct device_option *d)
{
    struct device_options *all = &p->o->devices;
    if (!d->drive)
        return refuse(p, " virtio-blk-device: needs drive=ID, and -drive file=FILE,if=none,id=ID");
    for (unsigned i = 0; i < all->drives; i++) {
        struct drive_option *o = &all->drive[i];
        if (!o->id || strcmp(o->id, d->drive))
            continue;
        if (o->interface != DRIVE_NONE)
            return refuse(p, " drive=%s: it is a disk already; add if=none to that -drive",
                          d->drive);
        if (o->used)
            return refuse(p, " drive=%s: another device has it", d->drive);
        o->used = true;
        d->drive_at = i;
        return true;
    }
    return refuse(p,
                  " drive=%s: there is no -drive with id=%s and no -blockdev with this node-name",
                  d->drive, d->drive);
}

static bool find_rng(struct parse *p, const struct device_option *d)
{
    const struct device_options *all = &p->o->devices;
    for (unsigned i = 0; d->rng && i < all->objects; i++)
        if (!strcmp(all->object[i], d->rng))
            return true;
    return !d->rng || refuse(p, " rng=%s: there is no -object rng-random,id=%s", d->rng, d->rng);
}

int options_find_device(const struct device_options *d, enum device_model model)
{
    for (unsigned i = 0; i < d->devices; i++)
        if (d->device[i].model == model)
            return (int)i;
    return -1;
}

/* No two have one name or one slot, or are GPUs. */
static bool is_unique(struct parse *p, const struct device_option *d)
{
    const struct device_options *all = &p->o->devices;
    if (d->model == DEVICE_GPU && d - all->device != options_find_device(all, DEVICE_GPU))
        return refuse(p, " virtio-gpu-device: there is one screen; leave the second one out");
    for (const struct device_option *o = all->device; o < d; o++) {
        if (o->id && d->id && !strcmp(o->id, d->id))
            return refuse(p, " id=%s: another device has this id; use another one", d->id);
        if (o->model == DEVICE_BALLOON && d->model == DEVICE_BALLOON)
            return refuse(p, " virtio-balloon-device: there is one already, and one is enough");
        if (o->slot >= 0 && o->slot == d->slot)
            return refuse(p, " bus=virtio-mmio-bus.%d: another device is there; leave bus out",
                          d->slot);
    }
    return true;
}

/* The disks that no device was asked for. */
static bool add_disks(struct parse *p)
{
    struct device_options *all = &p->o->devices;
    for (unsigned i = 0; i < all->drives; i++) {
        struct drive_option *o = &all->drive[i];
        if (o->interface != DRIVE_VIRTIO)
            continue;
        p->option = o->option;
        if (all->devices == OPTIONS_MAX_DEVICES)
            return refuse(p, " %s: there is room for %d devices", o->file, OPTIONS_MAX_DEVICES);
        all->device[all->devices++] = (struct device_option){
            .model = DEVICE_BLK, .slot = -1, .drive_at = i, .serial = o->serial};
    }
    return true;
}

bool settle_devices(struct parse *p)
{
    struct device_options *all = &p->o->devices;
    if (!settle_drives(p) || !settle_nets(p) || !settle_shares(p) || !settle_ports(p))
        return false;
    for (unsigned i = 0; i < all->devices; i++) {
        struct device_option *d = &all->device[i];
        p->option = "-device";
        if (!is_unique(p, d) || (d->model == DEVICE_BLK && !find_drive(p, d)) ||
            (d->model == DEVICE_RNG && !find_rng(p, d)) ||
            (d->model == DEVICE_9P && !settle_9p(p, d)))
            return false;
        if (d->model == DEVICE_BLK && !d->serial)
            d->serial = all->drive[d->drive_at].serial;
    }
    return add_disks(p);
}
