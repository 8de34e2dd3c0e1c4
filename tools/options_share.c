/*
 * Folders that are shared: -fsdev, for -device virtio-9p-device, and -virtfs, which
 * is both.
 */
#include <string.h>

#include "devices/virtio_9p.h"
#include "tools/options_parse.h"

bool take_tag(struct parse *p, const char *value, const char **to)
{
    size_t len = strlen(value);
    if (len == 0 || len > VIRTIO_9P_TAG)
        return refuse(p, " mount_tag=%s: a tag has 1 to %d characters", value, VIRTIO_9P_TAG);
    *to = value;
    return true;
}

static bool take_driver(struct parse *p, const char *value)
{
    return !strcmp(value, "local") ||
           refuse(p, " %s: there is local, a folder of the host: use %s local,path=FOLDER", value,
                  p->share->option);
}

static bool take_share_id(struct parse *p, const char *value)
{
    return take_id(p, value, &p->share->id);
}

static bool take_path(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->share->path);
}

static bool take_share_tag(struct parse *p, const char *value)
{
    return take_tag(p, value, &p->share->tag);
}

static bool take_share_readonly(struct parse *p, const char *value)
{
    return take_switch(p, "readonly", value, &p->share->readonly);
}

static bool take_security_model(struct parse *p, const char *value)
{
    static const struct {
        const char *words;
        enum host_share_model model;
    } rows[] = {
        {"none", HOST_SHARE_NONE},
        {"passthrough", HOST_SHARE_PASSTHROUGH},
        {"mapped mapped-xattr", HOST_SHARE_MAPPED},
    };
    p->share->modelled = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!word_in(rows[i].words, value))
            continue;
        p->share->model = rows[i].model;
        return true;
    }
    return refuse(p, " security_model=%s: there are none, mapped-xattr and passthrough", value);
}

static bool take_multidevs(struct parse *p, const char *value)
{
    p->share->one_device = !strcmp(value, "forbid");
    return word_in("remap warn forbid", value) ||
           refuse(p, " multidevs=%s: use remap, warn or forbid", value);
}

static bool take_mode(struct parse *p, const char *key, const char *value, u32 *to)
{
    enum { MOST = 0777 };
    u64 mode = 0;
    const char *digit = value;
    for (; *digit >= '0' && *digit <= '7' && mode <= MOST; digit++)
        mode = 8 * mode + (u64)(*digit - '0');
    if (*digit || digit == value || mode > MOST)
        return refuse(p, " %s=%s: use permissions in octal, such as %s=0640", key, value, key);
    p->share->modes_given = true;
    *to = (u32)mode;
    return true;
}

static bool take_fmode(struct parse *p, const char *value)
{
    return take_mode(p, "fmode", value, &p->share->file_mode);
}

static bool take_dmode(struct parse *p, const char *value)
{
    return take_mode(p, "dmode", value, &p->share->dir_mode);
}

/* What -fsdev and -virtfs have in common. */
#define COMMON                                                                                     \
    {"fsdriver", take_driver, NULL, NULL}, {"id", take_share_id, NULL, NULL},                      \
        {"path", take_path, NULL, NULL}, {"security_model", take_security_model, NULL, NULL},      \
        {"readonly", take_share_readonly, NULL, NULL}, {"fmode", take_fmode, NULL, NULL},          \
        {"dmode", take_dmode, NULL, NULL}, {"multidevs", take_multidevs, NULL, NULL},              \
    {                                                                                              \
        "writeout", NULL, NULL, "the guest says when files are to be on the disk, by fsync"        \
    }

static bool take_share(struct parse *p, const char *value, const struct property_list *list)
{
    struct device_options *d = &p->o->devices;
    if (d->shares == OPTIONS_MAX_DEVICES)
        return refuse(p, " %s: there can be %d shares at most", value, OPTIONS_MAX_DEVICES);
    p->share = &d->share[d->shares++];
    *p->share = (struct share_option){
        .option = p->option,
        .file_mode = HOST_SHARE_FILE_MODE,
        .dir_mode = HOST_SHARE_DIR_MODE,
    };
    if (!take_properties(p, value, list))
        return false;
    if (!p->share->path)
        return refuse(p, " %s: needs a folder: path=FOLDER", value);
    if (!p->share->modelled)
        return refuse(p,
                      " %s: needs security_model=none, security_model=mapped-xattr or "
                      "security_model=passthrough",
                      value);
    if (p->share->modes_given && p->share->model != HOST_SHARE_MAPPED)
        return refuse(p, " %s: fmode and dmode are for security_model=mapped-xattr; leave them out",
                      value);
    return true;
}

bool take_fsdev(struct parse *p, const char *value)
{
    static const struct property rows[] = {COMMON};
    static const struct property_list list = {"fsdriver", false, SHOW_NOTHING, rows,
                                              ARRAY_LEN(rows)};
    if (!take_share(p, value, &list))
        return false;
    return p->share->id ||
           refuse(p, " %s: needs id=ID, for -device virtio-9p-device,fsdev=ID,mount_tag=TAG",
                  value);
}

bool take_virtfs(struct parse *p, const char *value)
{
    static const struct property rows[] = {COMMON, {"mount_tag", take_share_tag, NULL, NULL}};
    static const struct property_list list = {"fsdriver", false, SHOW_NOTHING, rows,
                                              ARRAY_LEN(rows)};
    struct device_options *d = &p->o->devices;
    if (!take_share(p, value, &list))
        return false;
    if (!p->share->tag)
        return refuse(p, " %s: needs mount_tag=TAG, by which the guest mounts it", value);
    if (d->devices == OPTIONS_MAX_DEVICES)
        return refuse(p, " %s: there is room for %d devices", value, OPTIONS_MAX_DEVICES);
    d->device[d->devices++] = (struct device_option){
        .model = DEVICE_9P,
        .slot = -1,
        .net_at = -1,
        .share_at = d->shares - 1,
        .tag = p->share->tag,
    };
    p->share->used = true;
    return true;
}

bool settle_shares(struct parse *p)
{
    const struct device_options *all = &p->o->devices;
    for (unsigned i = 0; i < all->shares; i++) {
        for (unsigned j = 0; j < i; j++) {
            const char *id = all->share[i].id;
            if (!id || !all->share[j].id || strcmp(id, all->share[j].id))
                continue;
            p->option = all->share[i].option;
            return refuse(p, " id=%s: another share has this id; use another one", id);
        }
    }
    return true;
}

static bool find_share(struct parse *p, struct device_option *d)
{
    struct device_options *all = &p->o->devices;
    if (!d->fsdev || !d->tag)
        return refuse(p, " virtio-9p-device: needs fsdev=ID,mount_tag=TAG, and -fsdev "
                         "local,id=ID,path=FOLDER,security_model=none");
    for (unsigned i = 0; i < all->shares; i++) {
        struct share_option *s = &all->share[i];
        if (!s->id || strcmp(s->id, d->fsdev))
            continue;
        if (s->used)
            return refuse(p, " fsdev=%s: another device has it; share the folder twice", d->fsdev);
        s->used = true;
        d->share_at = i;
        return true;
    }
    return refuse(p, " fsdev=%s: there is no -fsdev with id=%s", d->fsdev, d->fsdev);
}

bool settle_9p(struct parse *p, struct device_option *d)
{
    const struct device_options *all = &p->o->devices;
    bool own = !d->fsdev && d->tag && all->share[d->share_at].tag == d->tag; /* -virtfs */
    if (!own && !find_share(p, d))
        return false;
    for (const struct device_option *o = all->device; o < d; o++)
        if (o->model == DEVICE_9P && !strcmp(o->tag, d->tag))
            return refuse(p, " mount_tag=%s: another share has this tag; use another one", d->tag);
    return true;
}
