/*
 * What a machine has before it runs anything, as the command line says: the
 * content of its flash and the items of fw_cfg.
 */
#ifndef TOOLS_ROM_H
#define TOOLS_ROM_H

#include "devices/host_flash.h"
#include "devices/virt.h"
#include "firmware/bios.h"
#include "tools/options.h"

struct rom {
    struct host_flash flash[FLASH_BANKS];
    struct bios bios;
    bool starts; /* the machine starts from flash, with bios open */
    struct blob file[OPTIONS_FW_CFG];
};

/* Open what OPTIONS name. On failure, with a line in E, nothing is open. */
bool rom_open(struct rom *r, const struct options *o, struct load_error *e);

/* Say who keeps the flash's content. */
void rom_configure(struct rom *r, struct virt_config *config);

/* Fill flash and fw_cfg of the machine, once. */
bool rom_fill(struct rom *r, const struct options *o, struct virt *v, struct load_error *e);

void rom_close(struct rom *r);

#endif
