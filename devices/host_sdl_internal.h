/*
 * What the window's two sides share: host_sdl.c, on the machine's thread, and
 * host_sdl_window.c, on the window's. What lies between the threads is under the
 * lock of its part; neither is held while SDL talks to the host's display.
 */
#ifndef DEVICES_HOST_SDL_INTERNAL_H
#define DEVICES_HOST_SDL_INTERNAL_H

#include <SDL.h>
#include <pthread.h>

#include "devices/host_sdl.h"

/* What is used of SDL. */
#define SDL_FUNCTIONS(X)                                                                           \
    X(BlitScaled, SDL_UpperBlitScaled)                                                             \
    X(BlitSurface, SDL_UpperBlit)                                                                  \
    X(CreateRGBSurfaceWithFormatFrom, SDL_CreateRGBSurfaceWithFormatFrom)                          \
    X(CreateWindow, SDL_CreateWindow)                                                              \
    X(DestroyWindow, SDL_DestroyWindow)                                                            \
    X(FillRect, SDL_FillRect)                                                                      \
    X(FreeSurface, SDL_FreeSurface)                                                                \
    X(GetCurrentVideoDriver, SDL_GetCurrentVideoDriver)                                            \
    X(GetError, SDL_GetError)                                                                      \
    X(GetWindowSurface, SDL_GetWindowSurface)                                                      \
    X(InitSubSystem, SDL_InitSubSystem)                                                            \
    X(PollEvent, SDL_PollEvent)                                                                    \
    X(PushEvent, SDL_PushEvent)                                                                    \
    X(QuitSubSystem, SDL_QuitSubSystem)                                                            \
    X(SetHint, SDL_SetHint)                                                                        \
    X(SetRelativeMouseMode, SDL_SetRelativeMouseMode)                                              \
    X(SetWindowFullscreen, SDL_SetWindowFullscreen)                                                \
    X(SetWindowKeyboardGrab, SDL_SetWindowKeyboardGrab)                                            \
    X(SetWindowSize, SDL_SetWindowSize)                                                            \
    X(SetWindowTitle, SDL_SetWindowTitle)                                                          \
    X(ShowCursor, SDL_ShowCursor)                                                                  \
    X(StopTextInput, SDL_StopTextInput)                                                            \
    X(TLSCleanup, SDL_TLSCleanup)                                                                  \
    X(UpdateWindowSurfaceRects, SDL_UpdateWindowSurfaceRects)                                      \
    X(WaitEvent, SDL_WaitEvent)

struct sdl_library {
#define SDL_MEMBER(member, name) __typeof__(&name) member;
    SDL_FUNCTIONS(SDL_MEMBER)
#undef SDL_MEMBER
};

/* What the user did. */
enum window_event_kind {
    WINDOW_KEY,
    WINDOW_MOVE,
    WINDOW_POINT,
    WINDOW_BUTTON,
    WINDOW_RELEASE,
    WINDOW_SIZE,
    WINDOW_CLOSE,
    WINDOW_FAILED,
};

struct window_event {
    enum window_event_kind kind;
    const struct key *key;
    enum input_button button;
    bool down;
    s32 dx, dy, wheel;
    u32 x, y; /* of WINDOW_POINT: up to INPUT_POINT_MAX; of WINDOW_SIZE: the size in pixels */
};

enum { WINDOW_EVENTS = 256, WINDOW_RECTS = 32 };

struct host_sdl {
    struct sdl_library lib;
    struct host_sdl_config config;
    char title[64];
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t settled;
    enum { SDL_OPENING, SDL_OPEN, SDL_FAILED } state;
    char error[HOST_SDL_ERROR];
    const u8 *frame;   /* what is on the screen: the display's own pixels, or a copy */
    u32 stride;        /* bytes from one of its rows to the next */
    u32 width, height; /* of it, in pixels */
    u32 *copy;         /* where the display's own pixels may go away, else NULL */
    bool resized;      /* the frame is another one than the window has seen */
    struct display_rect changed[WINDOW_RECTS];
    unsigned changes;
    u8 leds;
    bool absolute; /* the guest wants places, not movements */
    bool woken;    /* the window has been sent an event that it has not looked at */
    bool stop;

    pthread_mutex_t event_lock; /* of what follows */
    struct window_event events[WINDOW_EVENTS];
    unsigned event_count;
    int event_fd; /* readable when there are some */

    /* The machine's thread. */
    struct display *display;
    struct input *input;
    const struct host_sdl_client *client;
    void *owner;
    struct alarm refresh;
    u64 refreshed; /* ns on the loop's clock */
    bool started;  /* there is the window's thread */

    /* The window's thread. */
    SDL_Window *window;
    SDL_Surface *surface; /* over frame */
    bool full_screen, grabbed;
    bool pointing;  /* what `absolute` was when last looked at */
    bool ctrl, alt; /* held: half of the emulator's own keys */
    u8 titled_leds; /* as the title has them */
    bool titled_grabbed;
};

/* The window's thread. */
void *host_sdl_run(void *owner);

/* For the window: load SDL. False with a line in ERROR. */
bool host_sdl_load(struct sdl_library *lib, char error[HOST_SDL_ERROR]);

/* For the window: tell the machine. */
void host_sdl_tell(struct host_sdl *s, struct window_event e);

#endif
