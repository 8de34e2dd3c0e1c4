/*
 * Opening and filling what rom.h is about.
 */
#include "tools/rom.h"

#include <string.h>

static bool open_flash(struct rom *r, const struct options *o, struct load_error *e)
{
    char message[HOST_FLASH_ERROR];
    for (unsigned i = 0; i < FLASH_BANKS; i++) {
        const struct flash_option *f = &o->flash[i];
        if (f->path && !host_flash_open(&r->flash[i], f->path, f->readonly, message)) {
            memcpy(e->line, message, sizeof(message));
            return false;
        }
    }
    return true;
}

static bool open_files(struct rom *r, const struct options *o, struct load_error *e)
{
    for (unsigned i = 0; i < o->fw_cfg_count; i++)
        if (o->fw_cfg[i].file && !blob_read(&r->file[i], o->fw_cfg[i].file, false, e))
            return false;
    return true;
}

static bool open_bios(struct rom *r, const struct options *o, struct load_error *e)
{
    const struct boot_options files = {
        .kernel = o->kernel, .initrd = o->initrd, .append = o->append, .dtb = o->dtb};
    if (!o->bios && !o->flash[0].path)
        return true;
    r->starts = bios_open(&r->bios, o->bios, &files, e);
    return r->starts;
}

bool rom_open(struct rom *r, const struct options *o, struct load_error *e)
{
    *r = (struct rom){0};
    if (open_flash(r, o, e) && open_files(r, o, e) && open_bios(r, o, e))
        return true;
    rom_close(r);
    return false;
}

void rom_configure(struct rom *r, struct virt_config *config)
{
    for (unsigned i = 0; i < FLASH_BANKS; i++)
        config->flash[i] = host_flash_store(&r->flash[i]);
}

static bool fill_fw_cfg(struct rom *r, const struct options *o, struct fw_cfg *f,
                        struct load_error *e)
{
    for (unsigned i = 0; i < o->fw_cfg_count; i++) {
        const struct fw_cfg_option *item = &o->fw_cfg[i];
        bool text = item->string;
        if (!fw_cfg_add_file(f, item->name, text ? (const void *)item->string : r->file[i].data,
                             text ? (u32)strlen(item->string) : (u32)r->file[i].size))
            return load_fail(e, "-fw_cfg", "%s: there is no room for it, or a second of that name",
                             item->name);
    }
    return true;
}

bool rom_fill(struct rom *r, const struct options *o, struct virt *v, struct load_error *e)
{
    char message[HOST_FLASH_ERROR];
    for (unsigned i = 0; i < FLASH_BANKS; i++) {
        if (r->flash[i].path && !host_flash_load(&r->flash[i], &v->flash[i], message)) {
            memcpy(e->line, message, sizeof(message));
            return false;
        }
    }
    if (r->starts)
        bios_offer(&r->bios, &v->fw_cfg);
    return fill_fw_cfg(r, o, &v->fw_cfg, e);
}

void rom_close(struct rom *r)
{
    for (unsigned i = 0; i < FLASH_BANKS; i++)
        host_flash_close(&r->flash[i]);
    for (unsigned i = 0; i < ARRAY_LEN(r->file); i++)
        blob_free(&r->file[i]);
    if (r->starts)
        bios_close(&r->bios);
    *r = (struct rom){0};
}
