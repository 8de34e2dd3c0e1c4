/*
 * Screen and window of a machine (window.h).
 */
#include "tools/window.h"

#include <stdio.h>

#include "tools/machine.h"

static void closed(void *owner)
{
    struct machine *m = owner;
    if (m->options->display.close_quits)
        machine_request(m, REQUEST_QUIT);
    else
        virt_power_key(&m->virt);
}

static void failed(void *owner, const char *reason)
{
    struct machine *m = owner;
    fprintf(stderr, "mini-a64: -display sdl: %s; -display none would work\n", reason);
    m->exit_status = 1;
    machine_request(m, REQUEST_QUIT);
}

/* With no word about it on the command line, there is no window where there is no screen. */
static bool go_without(struct machine *m, const char *why)
{
    snprintf(m->window.missing, sizeof(m->window.missing), "%s", why);
    return true;
}

static bool open_sdl(struct machine *m, struct load_error *e)
{
    const struct options *o = m->options;
    char error[HOST_SDL_ERROR];
    struct host_sdl_config config = {
        .title = o->name ? o->name : "mini-a64",
        .width = o->display.width,
        .height = o->display.height,
        .full_screen = o->display.full_screen,
        .wait = o->display.kind == DISPLAY_ANY,
        .loop = m->loop,
    };
    if (o->display.kind == DISPLAY_ANY && !host_sdl_likely())
        return go_without(m, "neither DISPLAY nor WAYLAND_DISPLAY is set");
    m->window.sdl = host_sdl_open(&config, error);
    if (m->window.sdl)
        return true;
    return o->display.kind == DISPLAY_ANY
               ? go_without(m, error)
               : load_fail(e, "-display sdl", "%s; -display none would work", error);
}

bool window_open(struct machine *m, struct virt_config *config, struct load_error *e)
{
    const struct display_option *d = &m->options->display;
    if (d->kind == DISPLAY_NONE || (m->options->dumpdtb && d->kind == DISPLAY_ANY))
        return true;
    if (!m->options->dumpdtb) {
        if (!open_sdl(m, e))
            return false;
        if (!m->window.sdl)
            return true;
    }
    config->screen_width = d->width;
    config->screen_height = d->height;
    m->window.screen = (struct efi_screen){
        .base = VIRT_FRAMEBUFFER_BASE,
        .size = framebuffer_size(d->width, d->height),
        .width = d->width,
        .height = d->height,
        .stride = d->width * FRAMEBUFFER_PIXEL_SIZE,
    };
    return true;
}

void window_connect(struct machine *m)
{
    static const struct host_sdl_client client = {.closed = closed, .failed = failed};
    if (m->window.missing[0])
        fprintf(stderr, "mini-a64: no window (%s); -nographic asks for none\n", m->window.missing);
    if (m->window.sdl)
        host_sdl_connect(m->window.sdl, &m->virt.display, &m->virt.input, &client, m);
}

/* A kernel with a GPU would have its console on the other screen, for ever. */
static enum framebuffer_kind usual_framebuffer(const struct machine *m)
{
    if (options_find_device(&m->options->devices, DEVICE_GPU) >= 0)
        return FRAMEBUFFER_OFF;
    return m->booted && boot_knows_efi(&m->boot) ? FRAMEBUFFER_EFI : FRAMEBUFFER_SIMPLE;
}

void window_choose(struct machine *m)
{
    enum framebuffer_kind kind = m->options->display.framebuffer;
    if (kind == FRAMEBUFFER_AUTO)
        kind = usual_framebuffer(m);
    if (!m->window.screen.width)
        kind = FRAMEBUFFER_OFF;
    if (kind != FRAMEBUFFER_OFF)
        bus_populate(m->virt.framebuffer.ram); /* which a console clears */
    m->virt.framebuffer.in_tree = kind == FRAMEBUFFER_SIMPLE;
    m->boot.options.screen = kind == FRAMEBUFFER_EFI ? &m->window.screen : NULL;
}

void window_close(struct machine *m)
{
    host_sdl_close(m->window.sdl);
    m->window.sdl = NULL;
}
