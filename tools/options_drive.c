/*
 * Disks: -drive, -hda and its like, -snapshot. A drive that is for no device by
 * name (if=none) is a virtio disk of its own.
 */
#include <string.h>

#include "tools/options_parse.h"

static bool take_file(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->drive->file);
}

static bool take_drive_id(struct parse *p, const char *value)
{
    return take_id(p, value, &p->drive->id);
}

static bool take_interface(struct parse *p, const char *value)
{
    static const char *const names[] = {
        [DRIVE_VIRTIO] = "virtio", [DRIVE_NONE] = "none", [DRIVE_PFLASH] = "pflash"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        p->drive->interface = (enum drive_interface)i;
        if (!strcmp(value, names[i]))
            return true;
    }
    return refuse(p, " if=%s: there are if=virtio, a disk, if=none, for -device, and if=pflash",
                  value);
}

static bool take_format(struct parse *p, const char *value)
{
    p->drive->raw = !strcmp(value, "raw");
    return p->drive->raw || refuse(p,
                                   " format=%s: images are raw; make one by qemu-img convert -f %s "
                                   "-O raw, and use format=raw",
                                   value, value);
}

static bool take_readonly(struct parse *p, const char *value)
{
    return take_switch(p, "readonly", value, &p->drive->readonly);
}

static bool take_drive_snapshot(struct parse *p, const char *value)
{
    return take_switch(p, "snapshot", value, &p->drive->snapshot);
}

static bool take_cache(struct parse *p, const char *value)
{
    p->drive->writethrough = word_in("writethrough directsync", value);
    p->drive->unsafe = !strcmp(value, "unsafe");
    return word_in("none writeback writethrough directsync unsafe", value) ||
           refuse(p,
                  " cache=%s: use writeback (the default), writethrough, none, directsync or "
                  "unsafe",
                  value);
}

bool take_discard(struct parse *p, const char *value)
{
    p->drive->discards = word_in("unmap on", value);
    return word_in("unmap on ignore off", value) ||
           refuse(p, " discard=%s: use discard=unmap or discard=ignore", value);
}

static bool take_media(struct parse *p, const char *value)
{
    p->drive->readonly |= !strcmp(value, "cdrom");
    return word_in("disk cdrom", value) ||
           refuse(p, " media=%s: use media=disk or media=cdrom", value);
}

bool take_locking(struct parse *p, const char *value)
{
    bool on = true;
    if (strcmp(value, "auto") && !take_switch(p, "file.locking", value, &on))
        return false;
    p->drive->unlocked = !on;
    return true;
}

static bool take_place(struct parse *p, const char *key, const char *value)
{
    u64 n;
    if (!read_number(value, INT32_MAX, &n))
        return refuse(p, " %s=%s: not a number; write %s=0", key, value, key);
    p->drive_unit = (int)n;
    return true;
}

static bool take_unit(struct parse *p, const char *value)
{
    return take_place(p, "unit", value);
}

static bool take_index(struct parse *p, const char *value)
{
    return take_place(p, "index", value);
}

static bool take_drive_serial(struct parse *p, const char *value)
{
    return take_disk_serial(p, value, &p->drive->serial);
}

static const struct property drive_rows[] = {
    {"file", take_file, NULL, NULL},
    {"id", take_drive_id, NULL, NULL},
    {"if", take_interface, NULL, NULL},
    {"format", take_format, NULL, NULL},
    {"driver", take_format, NULL, NULL},
    {"readonly", take_readonly, NULL, NULL},
    {"read-only", take_readonly, NULL, NULL},
    {"snapshot", take_drive_snapshot, NULL, NULL},
    {"cache", take_cache, NULL, NULL},
    {"discard", take_discard, NULL, NULL},
    {"media", take_media, NULL, NULL},
    {"serial", take_drive_serial, NULL, NULL},
    {"file.locking", take_locking, NULL, NULL},
    {"file.driver", NULL, "file", "an image is a file"},
    {"index", take_index, NULL, NULL}, /* disks come in the order of the command line */
    {"bus", NULL, "*", NULL},
    {"unit", take_unit, NULL, NULL}, /* it counts for flash */
    {"aio", NULL, "*", NULL},        /* how the host is asked: always by a thread */
    {"detect-zeroes", NULL, "off", "zeroes are written as they come"},
    {"werror", NULL, "report enospc", "the guest hears of every error"},
    {"rerror", NULL, "report", "the guest hears of every error"},
    {"copy-on-read", NULL, "off", "there are no backing files"},
};

bool add_drive(struct parse *p)
{
    struct device_options *d = &p->o->devices;
    if (d->drives == OPTIONS_MAX_DEVICES)
        return refuse(p, ": there can be %d drives at most", OPTIONS_MAX_DEVICES);
    p->drive = &d->drive[d->drives++];
    *p->drive = (struct drive_option){.option = p->option};
    return true;
}

bool take_drive(struct parse *p, const char *value)
{
    static const struct property_list list = {NULL, false, SHOW_NOTHING, drive_rows,
                                              ARRAY_LEN(drive_rows)};
    p->drive_unit = -1;
    if (!add_drive(p) || !take_properties(p, value, &list))
        return false;
    if (!p->drive->file)
        return refuse(p, " %s: needs an image: file=FILE", value);
    if (p->drive->interface == DRIVE_PFLASH) {
        p->o->devices.drives--;
        return take_flash_drive(p, p->drive);
    }
    if (p->drive->interface == DRIVE_NONE && !p->drive->id)
        return refuse(p, " %s: if=none needs id=ID, for -device virtio-blk-device,drive=ID", value);
    return true;
}

bool take_disk(struct parse *p, const char *value)
{
    return add_drive(p) && take_file(p, value);
}

bool take_cdrom(struct parse *p, const char *value)
{
    if (!take_disk(p, value))
        return false;
    return p->drive->readonly = true;
}

bool take_snapshot(struct parse *p, const char *value)
{
    return p->o->devices.snapshot = true;
}

static bool settle_drive(struct parse *p, struct drive_option *d)
{
    struct device_options *all = &p->o->devices;
    d->snapshot |= all->snapshot && !d->readonly;
    if (d->snapshot && d->readonly) {
        p->option = d->option;
        return refuse(p, " %s: a snapshot is there to be written; leave readonly or snapshot out",
                      d->file);
    }
    for (struct drive_option *o = all->drive; o < d; o++) {
        if (!o->id || !d->id || strcmp(o->id, d->id))
            continue;
        p->option = d->option;
        return refuse(p, " id=%s: another drive has this id; use another one", d->id);
    }
    return true;
}

bool settle_drives(struct parse *p)
{
    for (unsigned i = 0; i < p->o->devices.drives; i++)
        if (!settle_drive(p, &p->o->devices.drive[i]))
            return false;
    return true;
}
