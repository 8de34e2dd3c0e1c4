/*
 * The window's side of the window (host_sdl.h): SDL's events, and putting on the
 * window what has changed.
 *
 * Ctrl-Alt-G takes and gives back mouse and keyboard, Ctrl-Alt-F fills the host's
 * screen; the guest sees neither G nor F.
 */
#include "devices/host_sdl_internal.h"

#include <stdlib.h>
#include <string.h>

static const char grab_hint[] = " - Ctrl-Alt-G gives the mouse back";

/* How opening has ended, for whoever waits for it. */
static void settle(struct host_sdl *s, bool open)
{
    pthread_mutex_lock(&s->lock);
    s->state = open ? SDL_OPEN : SDL_FAILED;
    pthread_cond_signal(&s->settled);
    pthread_mutex_unlock(&s->lock);
    if (!open && !s->config.wait)
        host_sdl_tell(s, (struct window_event){.kind = WINDOW_FAILED});
}

static bool init_sdl(struct host_sdl *s)
{
    const struct sdl_library *lib = &s->lib;
    if (!host_sdl_load(&s->lib, s->error))
        return false;
    lib->SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    /* Pixels go straight to the window, without loading a GPU driver for them. */
    lib->SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    lib->SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    lib->SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    const char *asked = getenv("SDL_VIDEODRIVER"), *runtime = getenv("XDG_RUNTIME_DIR");
    bool choose = !asked || !*asked;
    /* Wayland's library complains aloud where it can't work. */
    if (choose && (!runtime || !*runtime))
        lib->SetHint(SDL_HINT_VIDEODRIVER, "x11,KMSDRM");
    if (lib->InitSubSystem(SDL_INIT_VIDEO)) {
        snprintf(s->error, sizeof(s->error), choose ? "no display can be opened" : "SDL: %s",
                 lib->GetError());
        return false;
    }
    /* What nobody can see is for those who asked for it. */
    if (choose && !strcmp(lib->GetCurrentVideoDriver(), "offscreen")) {
        snprintf(s->error, sizeof(s->error), "no display can be opened");
        lib->QuitSubSystem(SDL_INIT_VIDEO);
        return false;
    }
    return true;
}

static bool open_window(struct host_sdl *s)
{
    const struct sdl_library *lib = &s->lib;
    if (!init_sdl(s))
        return false;
    s->full_screen = s->config.full_screen;
    u32 flags = SDL_WINDOW_RESIZABLE | (s->full_screen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0u);
    s->window = lib->CreateWindow(s->title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                  (int)s->config.width, (int)s->config.height, flags);
    if (!s->window) {
        snprintf(s->error, sizeof(s->error), "SDL: %s", lib->GetError());
        lib->QuitSubSystem(SDL_INIT_VIDEO);
        return false;
    }
    lib->StopTextInput(); /* keys are wanted, not what an input method makes of them */
    return true;
}

/* What SDL keeps for this thread, which it did not make, it can't know the end of. */
static void forget_thread(const struct host_sdl *s)
{
    if (s->lib.TLSCleanup)
        s->lib.TLSCleanup();
}

static void close_window(struct host_sdl *s)
{
    s->lib.FreeSurface(s->surface);
    s->lib.DestroyWindow(s->window);
    s->lib.QuitSubSystem(SDL_INIT_VIDEO);
}

static void set_title(struct host_sdl *s, u8 leds)
{
    char title[160];
    if (leds == s->titled_leds && s->grabbed == s->titled_grabbed)
        return;
    s->titled_leds = leds;
    s->titled_grabbed = s->grabbed;
    snprintf(title, sizeof(title), "%s%s%s%s%s", s->title, leds & INPUT_LED_CAPS ? " [Caps]" : "",
             leds & INPUT_LED_NUM ? " [Num]" : "", leds & INPUT_LED_SCROLL ? " [Scroll]" : "",
             s->grabbed ? grab_hint : "");
    s->lib.SetWindowTitle(s->window, title);
}

/* Under the lock: a surface over the frame as it is now. */
static void fit_surface(struct host_sdl *s)
{
    s->lib.FreeSurface(s->surface);
    void *pixels = (void *)(uintptr_t)s->frame; /* which are only read */
    s->surface = s->lib.CreateRGBSurfaceWithFormatFrom(pixels, (int)s->width, (int)s->height, 32,
                                                       (int)s->stride, SDL_PIXELFORMAT_RGB888);
    s->resized = false;
}

/* Where the frame goes on the window's surface: as large as it can be, in the middle. */
static SDL_Rect place(const SDL_Surface *frame, const SDL_Surface *on)
{
    SDL_Rect r = {0, 0, on->w, on->h};
    if ((s64)frame->w * on->h > (s64)frame->h * on->w)
        r.h = (int)((s64)frame->h * on->w / frame->w);
    else
        r.w = (int)((s64)frame->w * on->h / frame->h);
    r.x = (on->w - r.w) / 2;
    r.y = (on->h - r.h) / 2;
    return r;
}

/* Under the lock: what has changed, onto a surface of the frame's own size. */
static int blit_changes(struct host_sdl *s, SDL_Surface *on, SDL_Rect done[WINDOW_RECTS])
{
    for (unsigned i = 0; i < s->changes; i++) {
        struct display_rect r = s->changed[i];
        SDL_Rect from = {(int)r.x, (int)r.y, (int)r.width, (int)r.height}, to = from;
        s->lib.BlitSurface(s->surface, &from, on, &to);
        done[i] = from;
    }
    return (int)s->changes;
}

/* Under the lock: everything, in the size that the window has. */
static int blit_all(struct host_sdl *s, SDL_Surface *on, SDL_Rect done[WINDOW_RECTS])
{
    SDL_Rect to = place(s->surface, on);
    s->lib.FillRect(on, NULL, 0);
    s->lib.BlitScaled(s->surface, NULL, on, &to);
    done[0] = (SDL_Rect){0, 0, on->w, on->h};
    return 1;
}

static void grab(struct host_sdl *s, bool on)
{
    s->grabbed = on;
    s->lib.SetRelativeMouseMode(on && !s->pointing);
    s->lib.SetWindowKeyboardGrab(s->window, on);
}

/* A guest that is told places draws a pointer where the host's would be, or wants none. */
static void set_pointing(struct host_sdl *s, bool on)
{
    if (on == s->pointing)
        return;
    s->pointing = on;
    grab(s, s->grabbed);
    s->lib.ShowCursor(on ? SDL_DISABLE : SDL_ENABLE);
}

/* Look at what the machine has left here. ALL: the window shows nothing of it. False: leave. */
static bool look(struct host_sdl *s, bool all)
{
    SDL_Rect done[WINDOW_RECTS];
    int count = 0;
    bool resized = false, absolute;
    pthread_mutex_lock(&s->lock);
    bool stop = s->stop;
    s->woken = false;
    u8 leds = s->leds;
    absolute = s->absolute;
    if (s->resized) {
        fit_surface(s);
        resized = !s->full_screen && (s->width != s->config.width || s->height != s->config.height);
        s->config.width = s->width;
        s->config.height = s->height;
        all = true;
    }
    pthread_mutex_unlock(&s->lock);
    if (stop)
        return false;
    set_pointing(s, absolute);
    set_title(s, leds);
    if (resized)
        s->lib.SetWindowSize(s->window, (int)s->config.width, (int)s->config.height);
    SDL_Surface *on = s->lib.GetWindowSurface(s->window);
    if (!on || !s->surface)
        return true;
    pthread_mutex_lock(&s->lock);
    if (s->resized) { /* again, in between: there is another look to come */
        pthread_mutex_unlock(&s->lock);
        return true;
    }
    bool same = on->w == s->surface->w && on->h == s->surface->h;
    if (all || (s->changes && !same))
        count = blit_all(s, on, done);
    else
        count = blit_changes(s, on, done);
    s->changes = 0;
    pthread_mutex_unlock(&s->lock);
    if (count)
        s->lib.UpdateWindowSurfaceRects(s->window, done, count);
    return true;
}

static void key(struct host_sdl *s, const SDL_KeyboardEvent *e)
{
    const struct key *key = key_by_usage(e->keysym.scancode);
    bool down = e->state == SDL_PRESSED;
    if (!key || e->repeat)
        return;
    if (key->code == KEY_CODE_LEFT_CTRL || key->code == KEY_CODE_RIGHT_CTRL)
        s->ctrl = down;
    if (key->code == KEY_CODE_LEFT_ALT)
        s->alt = down;
    if (s->ctrl && s->alt && key->code == KEY_CODE_G) {
        if (down)
            grab(s, !s->grabbed);
        return;
    }
    if (s->ctrl && s->alt && key->code == KEY_CODE_F) {
        if (down) {
            s->full_screen = !s->full_screen;
            s->lib.SetWindowFullscreen(s->window,
                                       s->full_screen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
        }
        return;
    }
    host_sdl_tell(s, (struct window_event){.kind = WINDOW_KEY, .key = key, .down = down});
}

static void button(struct host_sdl *s, const SDL_MouseButtonEvent *e)
{
    static const enum input_button buttons[] = {
        [SDL_BUTTON_LEFT] = INPUT_LEFT,   [SDL_BUTTON_MIDDLE] = INPUT_MIDDLE,
        [SDL_BUTTON_RIGHT] = INPUT_RIGHT, [SDL_BUTTON_X1] = INPUT_SIDE,
        [SDL_BUTTON_X2] = INPUT_EXTRA,
    };
    bool down = e->state == SDL_PRESSED;
    if (!e->button || e->button >= ARRAY_LEN(buttons))
        return;
    if (s->grabbed || s->pointing)
        host_sdl_tell(s, (struct window_event){
                             .kind = WINDOW_BUTTON, .button = buttons[e->button], .down = down});
    else if (down)
        grab(s, true);
}

/* The middle of pixel AT of SIZE as a tablet says it. */
static u32 share(s32 at, s32 size)
{
    at = at < 0 ? 0 : at < size ? at : size - 1;
    return (u32)((2 * (s64)at + 1) * (INPUT_POINT_MAX + 1) / (2 * (s64)size));
}

/* The mouse is at X, Y of the window. */
static void point(struct host_sdl *s, s32 x, s32 y)
{
    const SDL_Surface *on = s->lib.GetWindowSurface(s->window);
    if (!on || !s->surface)
        return;
    SDL_Rect r = place(s->surface, on);
    if (r.w > 0 && r.h > 0)
        host_sdl_tell(s, (struct window_event){.kind = WINDOW_POINT,
                                               .x = share(x - r.x, r.w),
                                               .y = share(y - r.y, r.h)});
}

static void move(struct host_sdl *s, s32 dx, s32 dy, s32 wheel)
{
    if (s->grabbed || s->pointing)
        host_sdl_tell(
            s, (struct window_event){.kind = WINDOW_MOVE, .dx = dx, .dy = dy, .wheel = wheel});
}

/* True when the window has lost what was on it. */
static bool window_changed(struct host_sdl *s, const SDL_WindowEvent *e)
{
    switch (e->event) {
    case SDL_WINDOWEVENT_FOCUS_LOST:
        s->ctrl = s->alt = false;
        if (s->grabbed)
            grab(s, false);
        host_sdl_tell(s, (struct window_event){.kind = WINDOW_RELEASE});
        return false;
    case SDL_WINDOWEVENT_RESIZED: /* by the user; SIZE_CHANGED comes as well */
        host_sdl_tell(
            s, (struct window_event){.kind = WINDOW_SIZE, .x = (u32)e->data1, .y = (u32)e->data2});
        return false;
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        return true;
    default:
        return false;
    }
}

static bool take(struct host_sdl *s, const SDL_Event *e)
{
    switch (e->type) {
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        key(s, &e->key);
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        button(s, &e->button);
        break;
    case SDL_MOUSEMOTION:
        if (s->pointing)
            point(s, e->motion.x, e->motion.y);
        else
            move(s, e->motion.xrel, e->motion.yrel, 0);
        break;
    case SDL_MOUSEWHEEL:
        move(s, 0, 0, e->wheel.y);
        break;
    case SDL_WINDOWEVENT:
        return window_changed(s, &e->window);
    case SDL_QUIT:
        host_sdl_tell(s, (struct window_event){.kind = WINDOW_CLOSE});
        break;
    default:
        break;
    }
    return false;
}

void *host_sdl_run(void *owner)
{
    struct host_sdl *s = owner;
    SDL_Event e;
    bool open = open_window(s);
    if (!open)
        forget_thread(s);
    settle(s, open);
    if (!open)
        return NULL;
    while (look(s, false)) {
        bool all = false;
        if (!s->lib.WaitEvent(&e))
            continue;
        do
            all |= take(s, &e);
        while (s->lib.PollEvent(&e));
        if (all && !look(s, true))
            break;
    }
    close_window(s);
    forget_thread(s);
    return NULL;
}
