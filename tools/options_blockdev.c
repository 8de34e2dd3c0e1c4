/*
 * -blockdev: images by node, for -device virtio-blk-device,drive=NODE. QEMU builds
 * a disk of two nodes, the file and the format on it; here a node is an image, and
 * the format `raw` on a node is that node under another name.
 */
#include <string.h>

#include "tools/options_parse.h"

static bool take_driver(struct parse *p, const char *value)
{
    return word_in("file host_device raw", value) ||
           refuse(p,
                  " driver=%s: images are raw; make one by qemu-img convert -f %s -O raw, and use "
                  "driver=raw",
                  value, value);
}

static bool take_node_name(struct parse *p, const char *value)
{
    return take_id(p, value, &p->drive->id);
}

static bool take_filename(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->drive->file);
}

static bool take_child(struct parse *p, const char *value)
{
    p->blockdev_child = value;
    return true;
}

static bool take_read_only(struct parse *p, const char *value)
{
    return take_switch(p, "read-only", value, &p->drive->readonly);
}

static bool take_no_flush(struct parse *p, const char *value)
{
    return take_switch(p, "cache.no-flush", value, &p->drive->unsafe);
}

static const struct property rows[] = {
    {"driver", take_driver, NULL, NULL},
    {"node-name", take_node_name, NULL, NULL},
    {"filename", take_filename, NULL, NULL},
    {"file", take_child, NULL, NULL},
    {"file.driver", NULL, "file host_device", "an image is a file"},
    {"file.filename", take_filename, NULL, NULL},
    {"read-only", take_read_only, NULL, NULL},
    {"auto-read-only", NULL, "off", "say read-only=on where it is meant"},
    {"discard", take_discard, NULL, NULL},
    {"file.discard", take_discard, NULL, NULL},
    {"locking", take_locking, NULL, NULL},
    {"file.locking", take_locking, NULL, NULL},
    {"cache.no-flush", take_no_flush, NULL, NULL},
    {"cache.direct", NULL, "*", NULL}, /* how the host is asked */
    {"file.cache.direct", NULL, "*", NULL},
    {"aio", NULL, "*", NULL},
    {"file.aio", NULL, "*", NULL},
    {"force-share", NULL, "off", "two writers would destroy the file system"},
    {"detect-zeroes", NULL, "off", "zeroes are written as they come"},
    {"offset", NULL, "0", "a disk is a whole image"},
    {"size", NULL, NULL, "a disk is a whole image"},
};

/* NODE, which is the last one, is CHILD with a format on it: one image, and one in the list. */
static bool merge(struct parse *p, const struct drive_option *node, const char *child)
{
    struct device_options *d = &p->o->devices;
    for (struct drive_option *o = d->drive; o < node; o++) {
        if (!o->node || strcmp(o->id, child))
            continue;
        o->id = node->id;
        o->readonly |= node->readonly;
        o->discards |= node->discards;
        o->unsafe |= node->unsafe;
        d->drives--;
        return true;
    }
    return refuse(p, " file=%s: there is no -blockdev with node-name=%s before it", child, child);
}

bool take_blockdev(struct parse *p, const char *value)
{
    static const struct property_list list = {"driver", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    if (*value == '{')
        return refuse(p, ": JSON is not read; write driver=raw,node-name=NAME,file.filename=FILE");
    p->blockdev_child = NULL;
    if (!add_drive(p))
        return false;
    p->drive->node = p->drive->raw = true;
    p->drive->interface = DRIVE_NONE;
    if (!take_properties(p, value, &list))
        return false;
    if (!p->drive->id)
        return refuse(p, " %s: needs node-name=NAME, for -device virtio-blk-device,drive=NAME",
                      value);
    if (!p->drive->file == !p->blockdev_child)
        return refuse(p, " %s: needs an image: filename=FILE, or file=NODE for a node's", value);
    return !p->blockdev_child || merge(p, p->drive, p->blockdev_child);
}
