/*
 * The machine's screen and what it takes part in: whether there is one, the window
 * on it, how the kernel is told of it.
 */
#ifndef TOOLS_WINDOW_H
#define TOOLS_WINDOW_H

#include "devices/host_sdl.h"
#include "firmware/efi.h"

struct load_error;
struct machine;
struct virt_config;

/* Of a machine. Zeroed: no screen. */
struct window {
    struct host_sdl *sdl;         /* NULL: there is a screen, and nobody looks */
    struct efi_screen screen;     /* where the frame buffer is; of width 0 without one */
    char missing[HOST_SDL_ERROR]; /* why there is none, if there would be one otherwise */
};

/*
 * Open the window that M's options ask for and give CONFIG a screen to show in it.
 * False with a line in E when there has to be one and can't.
 */
bool window_open(struct machine *m, struct virt_config *config, struct load_error *e);

/* With everything else there: show it, or say that there is none. */
void window_connect(struct machine *m);

/* Before each boot: choose how this kernel finds the screen. */
void window_choose(struct machine *m);

void window_close(struct machine *m);

#endif
