/*
 * The window: -display, -full-screen, and how the kernel is told of the screen.
 *
 * As with QEMU there is a window unless somebody says otherwise; but it has no
 * tabs, so that the serial port and the monitor stay on the terminal beside it.
 */
#include <string.h>

#include "devices/virtio_gpu.h"
#include "tools/options_parse.h"

/* The board has this much room for pixels of 4 bytes. */
enum { SIDE_MAX = 8192, WIDTH = 1024, HEIGHT = 768, GPU_WIDTH = 1280, GPU_HEIGHT = 800 };
static const u64 PIXELS_MAX = 8 << 20;

bool take_side(struct parse *p, const char *key, const char *value, u32 most, u32 *to)
{
    u64 n;
    if (!read_number(value, most, &n) || n < VIRTIO_GPU_SIDE_MIN)
        return refuse(p, " %s=%s: use a number of pixels from %d to %u", key, value,
                      VIRTIO_GPU_SIDE_MIN, most);
    *to = (u32)n;
    return true;
}

static bool take_xres(struct parse *p, const char *value)
{
    return take_side(p, "xres", value, SIDE_MAX, &p->o->display.width);
}

static bool take_yres(struct parse *p, const char *value)
{
    return take_side(p, "yres", value, SIDE_MAX, &p->o->display.height);
}

static bool take_window_close(struct parse *p, const char *value)
{
    return take_switch(p, "window-close", value, &p->o->display.close_quits);
}

static bool take_full_screen_property(struct parse *p, const char *value)
{
    return take_switch(p, "full-screen", value, &p->o->display.full_screen);
}

bool take_full_screen(struct parse *p, const char *value)
{
    return p->o->display.full_screen = true;
}

static bool take_kind(struct parse *p, const char *value)
{
    if (!word_in("sdl none", value))
        return refuse(p, " %s: there are sdl and none", value);
    p->display_given = true;
    p->display_none = !strcmp(value, "none");
    p->o->display.kind = p->display_none ? DISPLAY_NONE : DISPLAY_SDL;
    return true;
}

static const struct property sdl_rows[] = {
    {"type", take_kind, NULL, "sdl, a window, or none"},
    {"xres", take_xres, NULL, "its width in pixels; default 1024, or a GPU's"},
    {"yres", take_yres, NULL, "its height in pixels; default 768, or a GPU's"},
    {"window-close", take_window_close, NULL,
     "on: closing it ends mini-a64 (default); off: presses the power key"},
    {"full-screen", take_full_screen_property, NULL, "on: as -full-screen; default off"},
    {"gl", NULL, "off", "the guest has no 3D"},
    {"show-cursor", NULL, "*", NULL}, /* the guest draws its own */
    {"grab-mod", NULL, "lctrl-lalt", "the keys are Ctrl-Alt-G and Ctrl-Alt-F"},
};

bool take_display(struct parse *p, const char *value)
{
    static const struct property_list list = {"type", false, SHOW_DISPLAYS, sdl_rows,
                                              ARRAY_LEN(sdl_rows)};
    return take_properties(p, value, &list);
}

bool take_framebuffer(struct parse *p, const char *value)
{
    static const char *const words[] = {
        [FRAMEBUFFER_AUTO] = "auto",
        [FRAMEBUFFER_EFI] = "efi",
        [FRAMEBUFFER_SIMPLE] = "simple",
        [FRAMEBUFFER_OFF] = "off",
    };
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(value, words[i]))
            continue;
        p->o->display.framebuffer = i;
        return true;
    }
    return refuse(p, " fb=%s: use fb=auto, fb=efi, fb=simple or fb=off", value);
}

void print_displays(FILE *to)
{
    fprintf(to, "Displays:\n"
                "  none   no window\n"
                "  sdl    a window; Ctrl-Alt-G takes and gives back the mouse, Ctrl-Alt-F fills\n"
                "         the screen. Properties:\n");
    for (size_t i = 1; i < ARRAY_LEN(sdl_rows); i++)
        if (sdl_rows[i].take)
            fprintf(to, "  %-16s %s\n", sdl_rows[i].name, sdl_rows[i].why);
}

/* A window and the GPU in it have one size at first, if only one of them was given one. */
static void settle_side(u32 *window, u32 *gpu, u32 usual)
{
    if (!*window)
        *window = *gpu ? *gpu : usual;
    if (!*gpu)
        *gpu = *window < VIRTIO_GPU_SIDE_MAX ? *window : VIRTIO_GPU_SIDE_MAX;
}

static bool settle_size(struct parse *p)
{
    struct display_option *d = &p->o->display;
    struct device_option none = {0}, *gpu = &none;
    int at = options_find_device(&p->o->devices, DEVICE_GPU);
    if (at >= 0)
        gpu = &p->o->devices.device[at];
    settle_side(&d->width, &gpu->width, at < 0 ? WIDTH : GPU_WIDTH);
    settle_side(&d->height, &gpu->height, at < 0 ? HEIGHT : GPU_HEIGHT);
    p->option = "-display";
    if ((u64)d->width * d->height > PIXELS_MAX)
        return refuse(p, " xres=%u,yres=%u: at most %llu pixels, such as 3840 by 2160", d->width,
                      d->height, (unsigned long long)PIXELS_MAX);
    return true;
}

bool settle_display(struct parse *p)
{
    if (!p->display_given)
        p->o->display.kind = p->nographic ? DISPLAY_NONE : DISPLAY_ANY;
    return settle_size(p);
}
