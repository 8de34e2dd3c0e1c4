/*
 * Networks: -netdev, -nic and -net. A -nic is a network and the card on it.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tools/options_parse.h"

enum net_use { FOR_NETDEV, FOR_NIC, FOR_NET };

static bool take_kind(struct parse *p, const char *value)
{
    return true; /* it is known already: see take_network */
}

static bool take_net_id(struct parse *p, const char *value)
{
    return take_id(p, value, &p->net->id);
}

static bool read_address(const char *text, u32 *to)
{
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1)
        return false;
    *to = ntohl(address.s_addr);
    return true;
}

static bool take_address(struct parse *p, const char *key, const char *value, u32 *to)
{
    return read_address(value, to) ||
           refuse(p, " %s=%s: not an IPv4 address such as 10.0.2.2", key, value);
}

static u32 replace_host(u32 network, u32 mask, u32 host)
{
    return (network & mask) | (host & ~mask);
}

/* net=ADDRESS[/LENGTH or /MASK]; the others move into it unless they are given, too. */
static bool take_net(struct parse *p, const char *value)
{
    enum { MOST = 30 }; /* leaves room for router, name server and guest */
    struct host_slirp_options *o = &p->net->user;
    char *text = own_text(p, value, strlen(value)), *slash = strchr(text, '/');
    u64 len = 24;
    if (slash)
        *slash++ = '\0';
    bool has_mask = slash && read_address(slash, &o->mask);
    if (slash && !has_mask && (!read_number(slash, MOST, &len) || len < 1))
        return refuse(p, " net=%s: write it as net=10.0.2.0/24", value);
    if (!has_mask)
        o->mask = (u32)ones((unsigned)len) << (32 - len);
    if (!read_address(text, &o->network))
        return refuse(p, " net=%s: write it as net=10.0.2.0/24", value);
    o->host = replace_host(o->network, o->mask, o->host);
    o->dns = replace_host(o->network, o->mask, o->dns);
    o->dhcp_start = replace_host(o->network, o->mask, o->dhcp_start);
    return true;
}

static bool take_host(struct parse *p, const char *value)
{
    return take_address(p, "host", value, &p->net->user.host);
}

static bool take_dns(struct parse *p, const char *value)
{
    return take_address(p, "dns", value, &p->net->user.dns);
}

static bool take_dhcpstart(struct parse *p, const char *value)
{
    return take_address(p, "dhcpstart", value, &p->net->user.dhcp_start);
}

static bool take_hostname(struct parse *p, const char *value)
{
    p->net->user.hostname = value;
    return true;
}

static bool take_domainname(struct parse *p, const char *value)
{
    p->net->user.domain = value;
    return true;
}

static bool take_tftp(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->net->user.tftp);
}

static bool take_bootfile(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->net->user.bootfile);
}

static bool take_restrict(struct parse *p, const char *value)
{
    return take_switch(p, "restrict", value, &p->net->user.restricted);
}

static bool take_ipv4(struct parse *p, const char *value)
{
    bool on = true;
    bool ok = take_switch(p, "ipv4", value, &on);
    p->net->user.no_ipv4 = !on;
    return ok;
}

static bool take_ipv6(struct parse *p, const char *value)
{
    bool on = true;
    bool ok = take_switch(p, "ipv6", value, &on);
    p->net->user.no_ipv6 = !on;
    return ok;
}

/* "[ADDRESS]:PORT"; no address leaves *ADDRESS alone. */
static bool read_end(char *text, u32 *address, u16 *port)
{
    char *colon = strrchr(text, ':');
    u64 n;
    if (!colon || !read_number(colon + 1, UINT16_MAX, &n) || n == 0)
        return false;
    *colon = '\0';
    *port = (u16)n;
    return !*text || read_address(text, address);
}

/* hostfwd=[tcp|udp]:[ADDRESS]:PORT-[ADDRESS]:PORT */
static bool take_hostfwd(struct parse *p, const char *value)
{
    struct net_option *net = p->net;
    if (net->user.forwards == OPTIONS_MAX_FORWARDS)
        return refuse(p, " hostfwd=%s: there can be %d of them", value, OPTIONS_MAX_FORWARDS);
    struct host_slirp_forward *f = &net->forward[net->user.forwards++];
    char *text = own_text(p, value, strlen(value)), *from = text, *to = strchr(text, '-');
    *f = (struct host_slirp_forward){.host = INADDR_LOOPBACK, .text = value};
    f->udp = !strncmp(text, "udp:", 4);
    if (f->udp || !strncmp(text, "tcp:", 4))
        from += 4;
    else if (*from == ':')
        from++;
    if (to)
        *to++ = '\0';
    if (!to || !read_end(from, &f->host, &f->host_port) || !read_end(to, &f->guest, &f->guest_port))
        return refuse(p, " hostfwd=%s: write it as hostfwd=tcp::2222-:22", value);
    return true;
}

static bool take_ifname(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->net->interface);
}

/* Of a -nic: the card. */
static bool take_nic_mac(struct parse *p, const char *value)
{
    return take_mac(p, value, p->device->mac);
}

static bool take_nic_model(struct parse *p, const char *value)
{
    return word_in("virtio virtio-net virtio-net-device virtio-net-pci", value) ||
           refuse(p, " model=%s: there is virtio-net-device", value);
}

#define FOR_ALL                                                                                    \
    {"type", take_kind, NULL, NULL},                                                               \
    {                                                                                              \
        "id", take_net_id, NULL, NULL                                                              \
    }
#define FOR_CARD                                                                                   \
    {"mac", take_nic_mac, NULL, NULL}, {"macaddr", take_nic_mac, NULL, NULL},                      \
    {                                                                                              \
        "model", take_nic_model, NULL, NULL                                                        \
    }

static const struct property user_rows[] = {
    FOR_ALL,
    {"hostfwd", take_hostfwd, NULL, NULL},
    {"net", take_net, NULL, NULL},
    {"host", take_host, NULL, NULL},
    {"dns", take_dns, NULL, NULL},
    {"dhcpstart", take_dhcpstart, NULL, NULL},
    {"hostname", take_hostname, NULL, NULL},
    {"domainname", take_domainname, NULL, NULL},
    {"tftp", take_tftp, NULL, NULL},
    {"bootfile", take_bootfile, NULL, NULL},
    {"restrict", take_restrict, NULL, NULL},
    {"ipv4", take_ipv4, NULL, NULL},
    {"ipv6", take_ipv6, NULL, NULL},
    {"guestfwd", NULL, NULL, "there are no servers inside the network"},
    {"smb", NULL, NULL, "there is no SMB server"},
    FOR_CARD, /* behind what -netdev has */
};

static const struct property tap_rows[] = {
    FOR_ALL,
    {"ifname", take_ifname, NULL, NULL},
    {"script", NULL, "no", "no script is run: set the interface up before"},
    {"downscript", NULL, "no", "no script is run"},
    {"vhost", NULL, "off", "frames go through mini-a64"},
    FOR_CARD,
};

static const struct kind_row {
    const char *name;
    enum net_kind kind;
    const struct property *rows;
    size_t count;
} kinds[] = {
    {"user", NET_USER, user_rows, ARRAY_LEN(user_rows)},
    {"tap", NET_TAP, tap_rows, ARRAY_LEN(tap_rows)},
};

enum { CARD_ROWS = 3 }; /* of FOR_CARD */

static struct device_option *add_card(struct parse *p)
{
    struct device_options *d = &p->o->devices;
    if (d->devices == OPTIONS_MAX_DEVICES) {
        refuse(p, ": there is room for %d devices", OPTIONS_MAX_DEVICES);
        return NULL;
    }
    p->device = &d->device[d->devices++];
    *p->device = (struct device_option){.model = DEVICE_NET, .slot = -1, .net_at = -1};
    return p->device;
}

static bool take_network(struct parse *p, const char *value, enum net_use use)
{
    struct device_options *d = &p->o->devices;
    const char *from = value + (strncmp(value, "type=", 5) ? 0 : 5);
    const char *name = own_text(p, from, strcspn(from, ","));
    const struct kind_row *k = NULL;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (!strcmp(kinds[i].name, name))
            k = &kinds[i];
    if (!k)
        return refuse(p, " %s: there are user and tap", value);
    if (d->nets == OPTIONS_MAX_DEVICES)
        return refuse(p, " %s: there can be %d networks", value, OPTIONS_MAX_DEVICES);
    if (use == FOR_NIC && !add_card(p))
        return false;
    p->net = &d->net[d->nets];
    *p->net = (struct net_option){.option = p->option,
                                  .kind = k->kind,
                                  .user = host_slirp_defaults(),
                                  .used = use == FOR_NIC};
    if (use == FOR_NIC)
        p->device->net_at = (int)d->nets;
    d->nets++;
    struct property_list list = {"type", false, SHOW_NOTHING, k->rows,
                                 k->count - (use == FOR_NIC ? 0 : CARD_ROWS)};
    if (!take_properties(p, value, &list))
        return false;
    p->net->user.forward = p->net->forward;
    if (k->kind == NET_TAP && !p->net->interface)
        return refuse(p, " %s: needs ifname=NAME, an interface of the host", value);
    if (use == FOR_NETDEV && !p->net->id)
        return refuse(p, " %s: needs id=ID, for -device virtio-net-device,netdev=ID", value);
    return true;
}

bool take_netdev(struct parse *p, const char *value)
{
    return take_network(p, value, FOR_NETDEV);
}

bool take_nic(struct parse *p, const char *value)
{
    return !strcmp(value, "none") || take_network(p, value, FOR_NIC);
}

/* -net nic is a card on the network of the -net that names one. */
bool take_old_net(struct parse *p, const char *value)
{
    static const struct property rows[] = {{"type", take_kind, NULL, NULL}, FOR_CARD};
    static const struct property_list list = {"type", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    if (!strcmp(value, "none"))
        return true;
    if (!strcmp(value, "nic") || !strncmp(value, "nic,", 4)) {
        struct device_option *card = add_card(p);
        if (card)
            card->on_hub = true;
        return card && take_properties(p, value, &list);
    }
    bool ok = take_network(p, value, FOR_NET);
    if (ok)
        p->net->on_hub = true;
    return ok;
}

bool take_mac(struct parse *p, const char *value, u8 mac[6])
{
    unsigned b[6];
    char rest;
    if (strlen(value) != 17 || sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2],
                                      &b[3], &b[4], &b[5], &rest) != 6)
        return refuse(p, " mac=%s: write it as mac=52:54:00:12:34:56", value);
    if (b[0] & 1)
        return refuse(p, " mac=%s: a card's own address has an even first byte", value);
    for (unsigned i = 0; i < 6; i++)
        mac[i] = (u8)b[i];
    return true;
}

/* The network of a card: by name, by -net, or none. */
static bool find_net(struct parse *p, struct device_option *d)
{
    struct device_options *all = &p->o->devices;
    for (unsigned i = 0; i < all->nets; i++) {
        struct net_option *o = &all->net[i];
        bool named = d->netdev && o->id && !strcmp(o->id, d->netdev);
        if (!named && !(d->on_hub && o->on_hub))
            continue;
        if (o->used)
            return refuse(p, " netdev=%s: another card has it", named ? d->netdev : o->option);
        o->used = true;
        d->net_at = (int)i;
        return true;
    }
    return !d->netdev ||
           refuse(p, " netdev=%s: there is no -netdev with id=%s", d->netdev, d->netdev);
}

/* What QEMU gives the first card, the second, ... */
static void settle_mac(struct device_option *d, unsigned *cards)
{
    static const u8 first[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56}, none[6] = {0};
    if (!memcmp(d->mac, none, sizeof(none))) {
        memcpy(d->mac, first, sizeof(first));
        d->mac[5] = (u8)(d->mac[5] + *cards);
    }
    ++*cards;
}

bool settle_nets(struct parse *p)
{
    struct device_options *all = &p->o->devices;
    unsigned cards = 0;
    for (unsigned i = 0; i < all->nets; i++) {
        for (unsigned n = 0; n < i; n++) {
            if (!all->net[i].id || !all->net[n].id || strcmp(all->net[i].id, all->net[n].id))
                continue;
            p->option = all->net[i].option;
            return refuse(p, " id=%s: another network has this id; use another one",
                          all->net[i].id);
        }
    }
    for (unsigned i = 0; i < all->devices; i++) {
        struct device_option *d = &all->device[i];
        if (d->model != DEVICE_NET)
            continue;
        p->option = d->on_hub ? "-net" : "-device";
        if (d->net_at < 0 && !find_net(p, d))
            return false;
        settle_mac(d, &cards);
    }
    return true;
}
