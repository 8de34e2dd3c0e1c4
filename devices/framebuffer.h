/*
 * A frame buffer that is nothing but RAM: the guest draws by storing pixels, and
 * knows the layout from its firmware (EFI's GOP, or the device tree's
 * simple-framebuffer). What it has drawn is known by the pages that became dirty.
 */
#ifndef DEVICES_FRAMEBUFFER_H
#define DEVICES_FRAMEBUFFER_H

#include "core/engine/engine.h"
#include "devices/display.h"
#include "mmu/bus.h"

enum { FRAMEBUFFER_PIXEL_SIZE = 4 };

struct framebuffer {
    struct ram *ram;
    struct engine *engine;
    struct display *display;
    u32 width, height; /* pixels */
    bool in_tree;      /* the device tree has a simple-framebuffer node */
};

/* No register window: only the node in the tree, where it is wanted. */
extern const struct mmio_ops framebuffer_ops;

/* Bytes of RAM that a screen of WIDTH by HEIGHT pixels takes: whole pages. */
u64 framebuffer_size(u32 width, u32 height);

/*
 * Show what is in RAM, which has framebuffer_size() bytes, on DISPLAY. ENGINE is
 * asked to notice stores. False when the host has no memory.
 */
bool framebuffer_init(struct framebuffer *f, struct ram *ram, struct engine *engine,
                      struct display *display, u32 width, u32 height);

#endif
