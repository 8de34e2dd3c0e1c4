/*
 * -device virtconsole and virtserialport: ports of a virtio-serial-device. Numbers
 * are given as QEMU gives them: 0 to the first console, the others count from 1.
 */
#include <string.h>

#include "devices/virtio_console.h"
#include "tools/options_parse.h"

enum { NAME_MOST = 100 };

static bool take_model(struct parse *p, const char *value)
{
    return true; /* it is known already */
}

static bool take_port_id(struct parse *p, const char *value)
{
    return take_id(p, value, &p->console->id);
}

static bool take_port_chardev(struct parse *p, const char *value)
{
    p->console->chardev = value;
    return true;
}

static bool take_port_name(struct parse *p, const char *value)
{
    p->console->name = value;
    return strlen(value) <= NAME_MOST ||
           refuse(p, " name=%s: a port's name has at most %d characters", value, NAME_MOST);
}

static bool take_port_bus(struct parse *p, const char *value)
{
    p->console->bus = value;
    return true;
}

static bool take_number(struct parse *p, const char *value)
{
    u64 n;
    if (!read_number(value, VIRTIO_CONSOLE_PORTS - 1, &n))
        return refuse(p, " nr=%s: ports are numbered up to %d", value, VIRTIO_CONSOLE_PORTS - 1);
    p->console->number = (int)n;
    return n || p->console->console ||
           refuse(p, " nr=0: this is a virtconsole's number; take one from 1 on");
}

bool take_serial_port(struct parse *p, const char *model, const char *value)
{
    static const struct property rows[] = {
        {"driver", take_model, NULL, NULL},         {"id", take_port_id, NULL, NULL},
        {"chardev", take_port_chardev, NULL, NULL}, {"name", take_port_name, NULL, NULL},
        {"bus", take_port_bus, NULL, NULL},         {"nr", take_number, NULL, NULL},
    };
    static const struct property_list list = {"driver", false, SHOW_DEVICES, rows, ARRAY_LEN(rows)};
    struct device_options *d = &p->o->devices;
    if (d->consoles == OPTIONS_MAX_DEVICES)
        return refuse(p, " %s: there are too many", value);
    p->console = &d->console[d->consoles++];
    *p->console = (struct console_option){
        .model = model, .console = !strcmp(model, "virtconsole"), .number = -1};
    return take_properties(p, value, &list);
}

/* The device that C names as ID.0, or the first one. */
static bool find_bus(struct parse *p, struct console_option *c)
{
    const struct device_options *all = &p->o->devices;
    for (unsigned i = 0; i < all->devices; i++) {
        const char *id = all->device[i].id;
        size_t len = id ? strlen(id) : 0;
        if (all->device[i].model != DEVICE_SERIAL ||
            (c->bus && (!id || strncmp(c->bus, id, len) || strcmp(c->bus + len, ".0"))))
            continue;
        c->device_at = i;
        return true;
    }
    if (c->bus)
        return refuse(p, " bus=%s: there is no -device virtio-serial-device with such an id",
                      c->bus);
    return refuse(p, " %s: needs a -device virtio-serial-device", c->model);
}

/* Is NUMBER given to a port of C's device, C apart? */
static bool is_taken(const struct device_options *all, const struct console_option *c, int number)
{
    for (unsigned i = 0; i < all->consoles; i++) {
        const struct console_option *o = &all->console[i];
        if (o != c && o->device_at == c->device_at && o->number == number)
            return true;
    }
    return false;
}

static bool find_number(struct parse *p, struct console_option *c)
{
    const struct device_options *all = &p->o->devices;
    if (c->number >= 0)
        return !is_taken(all, c, c->number) ||
               refuse(p, " nr=%d: another port has this number; leave nr out", c->number);
    int number = c->console ? 0 : 1;
    while (is_taken(all, c, number))
        number++;
    if (number >= VIRTIO_CONSOLE_PORTS)
        return refuse(p, " %s: the virtio-serial-device has all the ports it can have", c->model);
    c->number = number;
    return true;
}

static bool claim_chardev(struct parse *p, struct console_option *c)
{
    struct device_options *all = &p->o->devices;
    struct chardev_option *o = c->chardev ? find_chardev(all, c->chardev) : NULL;
    if (!o)
        return refuse(p, " %s,chardev=%s: there is no -chardev with this id", c->model,
                      c->chardev ? c->chardev : "ID");
    if (o->used)
        return refuse(p, " chardev=%s: another device has it", c->chardev);
    o->used = true;
    c->chardev_at = (unsigned)(o - all->chardev);
    return true;
}

/* A number that was given is taken before any that was not: is_taken sees them all. */
bool settle_ports(struct parse *p)
{
    struct device_options *all = &p->o->devices;
    p->option = "-device";
    for (unsigned i = 0; i < all->consoles; i++)
        if (!find_bus(p, &all->console[i]) || !claim_chardev(p, &all->console[i]))
            return false;
    for (unsigned i = 0; i < all->consoles; i++)
        if (!find_number(p, &all->console[i]))
            return false;
    return true;
}
