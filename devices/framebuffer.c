/*
 * The frame buffer in RAM (framebuffer.h); its node follows the kernel's binding
 * display/simple-framebuffer.yaml.
 */
#include "devices/framebuffer.h"

#include <libfdt.h>
#include <stdio.h>

#define TRY(call)                                                                                  \
    do {                                                                                           \
        int try_error = (call);                                                                    \
        if (try_error)                                                                             \
            return try_error;                                                                      \
    } while (0)

static const u64 PAGE = BIT(RAM_PAGE_SHIFT);

u64 framebuffer_size(u32 width, u32 height)
{
    return align_up((u64)width * height * FRAMEBUFFER_PIXEL_SIZE, PAGE);
}

static u32 stride_of(const struct framebuffer *f)
{
    return f->width * FRAMEBUFFER_PIXEL_SIZE;
}

/* A page holds a piece of a row, or the end of one, rows, and the start of another. */
static void touch_page(struct framebuffer *f, u64 offset)
{
    u32 stride = stride_of(f);
    u32 top = (u32)(offset / stride), bottom = (u32)((offset + PAGE - 1) / stride);
    struct display_rect r = {0, top, f->width, bottom - top + 1};
    if (top == bottom) {
        r.x = (u32)(offset % stride) / FRAMEBUFFER_PIXEL_SIZE;
        r.width = (u32)PAGE / FRAMEBUFFER_PIXEL_SIZE;
    }
    display_touch(f->display, r);
}

static void collect(void *owner)
{
    struct framebuffer *f = owner;
    if (!f->ram->dirty)
        return;
    engine_watch_writes(f->engine, f->ram);
    f->ram->dirty = false;
    for (u64 offset = 0; offset < f->ram->size; offset += PAGE) {
        struct ram_page *page = ram_page_at(f->ram, f->ram->base + offset);
        if (!(page->flags & RAM_PAGE_DIRTY))
            continue;
        page->flags &= (u8)~RAM_PAGE_DIRTY;
        touch_page(f, offset);
    }
}

static void dirtied(void *owner)
{
    struct framebuffer *f = owner;
    display_notify(f->display);
}

static int framebuffer_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    const struct framebuffer *f = dev;
    const fdt64_t reg[] = {cpu_to_fdt64(at->base), cpu_to_fdt64(f->ram->size)};
    char name[48];
    if (!f->in_tree)
        return 0;
    snprintf(name, sizeof(name), "framebuffer@%llx", (unsigned long long)at->base);
    TRY(fdt_begin_node(fdt, name));
    TRY(fdt_property_string(fdt, "compatible", "simple-framebuffer"));
    TRY(fdt_property(fdt, "reg", reg, sizeof(reg)));
    TRY(fdt_property_u32(fdt, "width", f->width));
    TRY(fdt_property_u32(fdt, "height", f->height));
    TRY(fdt_property_u32(fdt, "stride", stride_of(f)));
    TRY(fdt_property_string(fdt, "format", "x8r8g8b8"));
    return fdt_end_node(fdt);
}

const struct mmio_ops framebuffer_ops = {.name = "framebuffer", .fdt = framebuffer_fdt};

bool framebuffer_init(struct framebuffer *f, struct ram *ram, struct engine *engine,
                      struct display *display, u32 width, u32 height)
{
    static const struct display_source source = {.collect = collect};
    *f = (struct framebuffer){
        .ram = ram, .engine = engine, .display = display, .width = width, .height = height};
    ram->dirtied = dirtied;
    ram->dirtied_owner = f;
    return display_show(display, &(struct display_surface){ram->host, width, height, stride_of(f),
                                                           &source, f, true});
}
