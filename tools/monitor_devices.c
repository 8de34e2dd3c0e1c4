/*
 * What the monitor says of disks and networks (monitor_devices.h). A disk has its
 * drive's name, a card its own or else its network's, as on the command line; those
 * that were given none are numbered.
 */
#include "tools/monitor_devices.h"

#include <stdio.h>
#include <string.h>

#include "devices/virtio_net.h"
#include "tools/gdbstub/text.h"
#include "tools/machine.h"

enum { NAME_MAX_LENGTH = 64 };

static const struct device_options *devices(const struct machine *m)
{
    return &m->options->devices;
}

static const struct net_option *net_of(const struct machine *m, const struct device_option *d)
{
    return d->net_at < 0 ? NULL : &devices(m)->net[d->net_at];
}

/* The name of device I, a card. */
static const char *card_name(const struct machine *m, unsigned i, char name[NAME_MAX_LENGTH])
{
    const struct device_option *d = &devices(m)->device[i];
    const struct net_option *net = net_of(m, d);
    if (d->id || (net && net->id))
        return d->id ? d->id : net->id;
    unsigned number = 0;
    for (unsigned n = 0; n < i; n++)
        number += devices(m)->device[n].model == DEVICE_NET;
    snprintf(name, NAME_MAX_LENGTH, "net%u", number);
    return name;
}

void monitor_block(struct machine *m, const char *args, struct text *out)
{
    for (unsigned i = 0; i < devices(m)->drives; i++) {
        const struct drive_option *o = &devices(m)->drive[i];
        const struct disk *disk = m->devices.disk[i];
        if (o->id)
            text_printf(out, "%s: ", o->id);
        else
            text_printf(out, "drive%u: ", i);
        text_printf(out, "%s, raw, %llu bytes%s%s%s\n", o->file, (unsigned long long)disk->size,
                    o->readonly ? ", read-only" : "", o->snapshot ? ", snapshot" : "",
                    o->unsafe         ? ", flushes do nothing"
                    : o->writethrough ? ", written through"
                                      : "");
    }
    if (!devices(m)->drives)
        text_puts(out, "there are no disks\n");
}

static void add_user_net(struct text *out, const struct host_slirp_options *o)
{
    u32 n = o->network, d = o->dhcp_start;
    text_printf(out, "  user: network %u.%u.%u.%u, the guest by DHCP %u.%u.%u.%u%s\n", n >> 24,
                n >> 16 & 255, n >> 8 & 255, n & 255, d >> 24, d >> 16 & 255, d >> 8 & 255, d & 255,
                o->restricted ? ", restricted" : "");
    for (unsigned i = 0; i < o->forwards; i++)
        text_printf(out, "  hostfwd %s\n", o->forward[i].text);
}

void monitor_network(struct machine *m, const char *args, struct text *out)
{
    char name[NAME_MAX_LENGTH];
    unsigned cards = 0;
    for (unsigned i = 0; i < devices(m)->devices; i++) {
        const struct device_option *d = &devices(m)->device[i];
        const struct net_option *net = net_of(m, d);
        if (d->model != DEVICE_NET)
            continue;
        cards++;
        text_printf(out, "%s: virtio-net-device, %02x:%02x:%02x:%02x:%02x:%02x, link %s\n",
                    card_name(m, i, name), d->mac[0], d->mac[1], d->mac[2], d->mac[3], d->mac[4],
                    d->mac[5], virtio_net_link(m->devices.virtio[i]) ? "up" : "down");
        if (!net)
            text_puts(out, "  no network\n");
        else if (net->kind == NET_TAP)
            text_printf(out, "  tap: %s\n", net->interface);
        else
            add_user_net(out, &net->user);
    }
    if (!cards)
        text_puts(out, "there are no network cards\n");
}

/* The card called NAME, or whose network is. */
static struct virtio *find_card(struct machine *m, const char *wanted)
{
    char name[NAME_MAX_LENGTH];
    for (unsigned i = 0; i < devices(m)->devices; i++) {
        const struct device_option *d = &devices(m)->device[i];
        const struct net_option *net = d->model == DEVICE_NET ? net_of(m, d) : NULL;
        if (d->model == DEVICE_NET && (!strcmp(card_name(m, i, name), wanted) ||
                                       (net && net->id && !strcmp(net->id, wanted))))
            return m->devices.virtio[i];
    }
    return NULL;
}

void monitor_set_link(struct machine *m, const char *args, struct text *out)
{
    char name[NAME_MAX_LENGTH] = "", state[4] = "", rest;
    int words = sscanf(args, "%63s %3s %c", name, state, &rest);
    bool on = !strcmp(state, "on");
    struct virtio *card = find_card(m, name);
    if (words != 2 || (!on && strcmp(state, "off")))
        text_puts(out, "write set_link NAME on, or off; info network has the names\n");
    else if (!card)
        text_printf(out, "there is no network card '%s'; info network has the names\n", name);
    else
        virtio_net_set_link(card, on);
}
