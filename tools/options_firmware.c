/*
 * What a machine has before its first instruction: -bios, -pflash, -fw_cfg.
 */
#include <string.h>

#include "tools/options_parse.h"

enum { FW_CFG_NAME_MAX = 55 };

bool take_bios(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->bios);
}

bool take_pflash(struct parse *p, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(p->o->flash); i++)
        if (!p->o->flash[i].path)
            return take_file_name(p, value, &p->o->flash[i].path);
    return refuse(p, " %s: the machine has two flash banks, and both have been given", value);
}

static struct fw_cfg_option *current_item(struct parse *p)
{
    return &p->o->fw_cfg[p->o->fw_cfg_count];
}

static bool take_item_name(struct parse *p, const char *value)
{
    size_t len = strlen(value);
    current_item(p)->name = value;
    return (len > 0 && len <= FW_CFG_NAME_MAX) ||
           refuse(p, " name=%s: a name has 1 to %d characters; take one such as opt/my.name", value,
                  FW_CFG_NAME_MAX);
}

static bool take_item_string(struct parse *p, const char *value)
{
    current_item(p)->string = value;
    return true;
}

static bool take_item_file(struct parse *p, const char *value)
{
    return take_file_name(p, value, &current_item(p)->file);
}

bool take_pflash0(struct parse *p, const char *value)
{
    p->flash_node[0] = value;
    return true;
}

bool take_pflash1(struct parse *p, const char *value)
{
    p->flash_node[1] = value;
    return true;
}

bool take_flash_drive(struct parse *p, const struct drive_option *d)
{
    struct flash_option *bank = p->o->flash;
    int unit = p->drive_unit;
    for (int i = 0; unit < 0 && i < OPTIONS_FLASH; i++)
        unit = bank[i].path ? -1 : i;
    if (unit < 0 || unit >= OPTIONS_FLASH)
        return refuse(p, " %s: the machine has two flash banks: unit=0 and unit=1", d->file);
    if (bank[unit].path)
        return refuse(p, " unit=%d: this flash bank holds %s; take the other one", unit,
                      bank[unit].path);
    if (d->snapshot)
        return refuse(p, " %s: flash is kept; leave snapshot out, or add readonly=on", d->file);
    bank[unit] = (struct flash_option){d->file, d->readonly};
    return true;
}

bool take_fw_cfg(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"name", take_item_name, NULL, NULL},
        {"string", take_item_string, NULL, NULL},
        {"file", take_item_file, NULL, NULL},
        {"gen_id", NULL, NULL, "there are no objects that make content"},
    };
    static const struct property_list list = {"name", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    const struct fw_cfg_option *item = current_item(p);
    if (p->o->fw_cfg_count == OPTIONS_FW_CFG)
        return refuse(p, " %s: there are %d items, and no room for more", value, OPTIONS_FW_CFG);
    if (!take_properties(p, value, &list))
        return false;
    if (!item->name || !item->string == !item->file)
        return refuse(p, " %s: write name=opt/NAME and string=TEXT or file=FILE", value);
    for (unsigned i = 0; i < p->o->fw_cfg_count; i++)
        if (!strcmp(p->o->fw_cfg[i].name, item->name))
            return refuse(p, " %s: there is an item of that name already; take another", value);
    p->o->fw_cfg_count++;
    return true;
}

/* The drive called NODE leaves the list and is bank UNIT. */
static bool use_node(struct parse *p, int unit, const char *node)
{
    struct device_options *d = &p->o->devices;
    for (unsigned i = 0; i < d->drives; i++) {
        struct drive_option *o = &d->drive[i];
        if (!o->id || strcmp(o->id, node) || o->interface != DRIVE_NONE)
            continue;
        p->drive_unit = unit;
        if (!take_flash_drive(p, o))
            return false;
        d->drives--;
        memmove(o, o + 1, (d->drives - i) * sizeof(*o));
        return true;
    }
    return refuse(p, " pflash%d=%s: there is no -blockdev with this node-name", unit, node);
}

bool settle_flash(struct parse *p)
{
    p->option = "-machine";
    for (int i = 0; i < OPTIONS_FLASH; i++)
        if (p->flash_node[i] && !use_node(p, i, p->flash_node[i]))
            return false;
    return true;
}

bool settle_firmware(struct parse *p)
{
    const struct options *o = p->o;
    p->option = "-bios";
    return !o->bios || !o->flash[0].path ||
           refuse(p, " %s: the first flash bank holds %s; leave one of them out", o->bios,
                  o->flash[0].path);
}
