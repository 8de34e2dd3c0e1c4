/*
 * A window of SDL's with the guest's screen in it, whose keyboard and mouse are
 * the guest's. SDL is loaded when a window is asked for, so that the emulator runs
 * where there is none.
 *
 * The window has a thread to itself. The machine's thread tells it what has changed,
 * sixty times a second at most and only if something has, and never waits for it:
 * when the window is busy the changes stay where they are until the next time. The
 * pixels the window's thread reads by itself from guest RAM, or else gets copies of.
 */
#ifndef DEVICES_HOST_SDL_H
#define DEVICES_HOST_SDL_H

#include "devices/display.h"
#include "devices/host_loop.h"
#include "devices/input.h"

struct host_sdl;

enum { HOST_SDL_ERROR = 256 };

struct host_sdl_config {
    const char *title; /* copied */
    u32 width, height; /* pixels, until a display says otherwise */
    bool full_screen;  /* at first */
    bool wait;         /* return when the window is there, or can't be */
    struct host_loop *loop;
};

/* Whom the window's events concern besides the input; all on the machine's thread. */
struct host_sdl_client {
    void (*closed)(void *owner);                     /* by the user; the window stays */
    void (*failed)(void *owner, const char *reason); /* without `wait`: there is none */
};

/* True when the host looks as if it had a screen: nothing is loaded or opened. */
bool host_sdl_likely(void);

/*
 * Open a window, which takes some tens of ms. With `wait` it is there then, or NULL
 * is returned with one line in ERROR when there is none to be had. Else only
 * host_sdl_connect begins with it, and the machine goes on meanwhile: a program that
 * loads libraries and one that fills memory would hold each other up.
 */
struct host_sdl *host_sdl_open(const struct host_sdl_config *config, char error[HOST_SDL_ERROR]);

/* Show DISPLAY and feed INPUT, both of which must outlive it, and tell CLIENT. */
void host_sdl_connect(struct host_sdl *s, struct display *display, struct input *input,
                      const struct host_sdl_client *client, void *owner);

/* Leave the display and the input and close the window. S may be NULL. */
void host_sdl_close(struct host_sdl *s);

#endif
