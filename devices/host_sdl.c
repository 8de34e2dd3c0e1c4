/*
 * The machine's side of the window (host_sdl.h).
 */
#include "devices/host_sdl.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/host_sdl_internal.h"

static const char library_name[] = "libSDL2-2.0.so.0";
static const u64 REFRESH_NS = NS_PER_SEC / 60, RETRY_NS = NS_PER_SEC / 500;

bool host_sdl_likely(void)
{
    static const char *const names[] = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"};
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return true;
    }
    return false;
}

bool host_sdl_load(struct sdl_library *lib, char error[HOST_SDL_ERROR])
{
    void *handle = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(error, HOST_SDL_ERROR, "%s", dlerror());
        return false;
    }
#define SDL_LOAD(member, name)                                                                     \
    *(void **)&lib->member = dlsym(handle, #name);                                                 \
    if (!lib->member) {                                                                            \
        snprintf(error, HOST_SDL_ERROR, "%s has no %s", library_name, #name);                      \
        return false;                                                                              \
    }
    SDL_FUNCTIONS(SDL_LOAD)
#undef SDL_LOAD
    return true; /* and it stays: SDL leaves threads and handlers behind */
}

static void free_all(struct host_sdl *s)
{
    if (s->event_fd >= 0) {
        host_loop_unwatch(s->config.loop, s->event_fd);
        close(s->event_fd);
    }
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->event_lock);
    pthread_cond_destroy(&s->settled);
    free(s->copy);
    free(s);
}

/* Under the lock: have the window's thread look at what there is for it. */
static void wake_window(struct host_sdl *s)
{
    SDL_Event e = {.type = SDL_USEREVENT};
    if (s->woken || s->state != SDL_OPEN)
        return;
    s->woken = true;
    s->lib.PushEvent(&e);
}

void host_sdl_tell(struct host_sdl *s, struct window_event e)
{
    u64 one = 1;
    pthread_mutex_lock(&s->event_lock);
    struct window_event *last = s->event_count ? &s->events[s->event_count - 1] : NULL;
    if (last && e.kind == last->kind && (e.kind == WINDOW_POINT || e.kind == WINDOW_SIZE)) {
        *last = e;
    } else if (e.kind == WINDOW_MOVE && last && last->kind == WINDOW_MOVE) {
        last->dx += e.dx;
        last->dy += e.dy;
        last->wheel += e.wheel;
    } else if (s->event_count < WINDOW_EVENTS) {
        s->events[s->event_count++] = e;
    }
    pthread_mutex_unlock(&s->event_lock);
    /* It can only fail when it is readable anyway. */
    ssize_t written = write(s->event_fd, &one, sizeof(one));
    (void)written;
}

static void obey(struct host_sdl *s, const struct window_event *e)
{
    switch (e->kind) {
    case WINDOW_KEY:
        input_key(s->input, e->key, e->down);
        break;
    case WINDOW_MOVE:
        input_move(s->input, e->dx, e->dy, e->wheel);
        break;
    case WINDOW_POINT:
        input_point(s->input, e->x, e->y);
        break;
    case WINDOW_BUTTON:
        input_button(s->input, e->button, e->down);
        break;
    case WINDOW_RELEASE:
        input_release(s->input);
        break;
    case WINDOW_SIZE:
        display_want_size(s->display, e->x, e->y);
        break;
    case WINDOW_CLOSE:
        s->client->closed(s->owner);
        break;
    case WINDOW_FAILED:
        s->client->failed(s->owner, s->error);
        break;
    }
}

/* The loop: the user has done something. */
static void take_events(void *owner, unsigned ready)
{
    struct host_sdl *s = owner;
    struct window_event events[WINDOW_EVENTS];
    u64 count;
    if (read(s->event_fd, &count, sizeof(count)) < 0)
        return;
    pthread_mutex_lock(&s->event_lock);
    unsigned n = s->event_count;
    memcpy(events, s->events, n * sizeof(events[0]));
    s->event_count = 0;
    pthread_mutex_unlock(&s->event_lock);
    for (unsigned i = 0; i < n && s->input; i++)
        obey(s, &events[i]);
}

/* The smallest rectangle around both. */
static struct display_rect around(struct display_rect a, struct display_rect b)
{
    u32 x = a.x < b.x ? a.x : b.x, y = a.y < b.y ? a.y : b.y;
    u32 a_right = a.x + a.width, b_right = b.x + b.width;
    u32 a_bottom = a.y + a.height, b_bottom = b.y + b.height;
    return (struct display_rect){x, y, (a_right > b_right ? a_right : b_right) - x,
                                 (a_bottom > b_bottom ? a_bottom : b_bottom) - y};
}

/* What the window reads by itself: guest RAM without anything drawn over it. */
static const u8 *shared_pixels(const struct display *d)
{
    return d->surface.lasting && !d->cursor.shown ? d->surface.pixels : NULL;
}

static bool frame_fits(const struct host_sdl *s)
{
    const struct display *d = s->display;
    const u8 *shared = shared_pixels(d);
    return s->frame && s->width == d->width && s->height == d->height &&
           s->frame == (shared ? shared : (const u8 *)s->copy);
}

static void copy_pixels(struct host_sdl *s, struct display_rect r)
{
    for (u32 y = r.y; y < r.y + r.height; y++)
        display_read(s->display, r.x, y, r.width, s->copy + (size_t)y * s->width + r.x);
}

/* A frame of the display's size; the window's thread gives its surface up when it sees it. */
static bool fit_frame(struct host_sdl *s)
{
    const struct display *d = s->display;
    const u8 *shared = shared_pixels(d);
    if (frame_fits(s))
        return true;
    u32 *copy = shared ? NULL : calloc((size_t)d->width * d->height, sizeof(*copy));
    if (!shared && !copy)
        return false;
    free(s->copy);
    s->copy = copy;
    s->frame = shared ? shared : (const u8 *)copy;
    s->stride = shared ? d->surface.stride : d->width * (u32)sizeof(*copy);
    s->width = d->width;
    s->height = d->height;
    s->resized = true;
    s->changes = 0;
    if (copy)
        copy_pixels(s, (struct display_rect){0, 0, d->width, d->height});
    return true;
}

/* The display: R has changed. The window's thread gets to know, and what it can't read itself. */
static bool hand_over(void *owner, struct display_rect r)
{
    struct host_sdl *s = owner;
    if (!fit_frame(s))
        return false;
    if (s->copy)
        copy_pixels(s, r);
    if (s->changes < WINDOW_RECTS)
        s->changed[s->changes++] = r;
    else
        s->changed[WINDOW_RECTS - 1] = around(s->changed[WINDOW_RECTS - 1], r);
    return true;
}

static void refresh_at(struct host_sdl *s, u64 when)
{
    clock_set_alarm(host_loop_clock(s->config.loop), &s->refresh, when);
}

static void refresh(void *owner)
{
    struct host_sdl *s = owner;
    u64 now = clock_now(host_loop_clock(s->config.loop));
    if (pthread_mutex_trylock(&s->lock)) {
        refresh_at(s, now + RETRY_NS);
        return;
    }
    display_take(s->display, hand_over, s);
    wake_window(s);
    pthread_mutex_unlock(&s->lock);
    s->refreshed = now;
}

static void changed(void *owner)
{
    struct host_sdl *s = owner;
    refresh_at(s, s->refreshed + REFRESH_NS); /* at once, if that has passed */
}

static void input_changed(void *owner)
{
    struct host_sdl *s = owner;
    pthread_mutex_lock(&s->lock);
    s->leds = s->input->leds;
    s->absolute = input_is_absolute(s->input);
    wake_window(s);
    pthread_mutex_unlock(&s->lock);
}

/* Whether libdbus finds a session bus without starting one. */
static bool has_session_bus(void)
{
    const char *address = getenv("DBUS_SESSION_BUS_ADDRESS"), *runtime = getenv("XDG_RUNTIME_DIR");
    char path[PATH_MAX];
    if (address && *address)
        return true;
    int n = runtime ? snprintf(path, sizeof(path), "%s/bus", runtime) : -1;
    return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

/*
 * What takes long and is of no use here. Keys are told by their places: nobody needs X's
 * table of what they compose. And where there is no session bus, SDL's wish for one would
 * make libdbus fork this process, guest RAM and all, to start it.
 *
 * The environment may only be changed while there is no other thread that looks at it.
 */
static void trim_environment(void)
{
    setenv("XCOMPOSEFILE", "/dev/null", 0);
    if (!has_session_bus())
        setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:", 1);
}

/* Start the window's thread. False with a line in s->error. */
static bool start(struct host_sdl *s)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for the machine's thread */
    int failed = pthread_create(&s->thread, NULL, host_sdl_run, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    s->started = !failed;
    if (failed)
        snprintf(s->error, sizeof(s->error), "%s", strerror(failed));
    return s->started;
}

/* The same, and wait until there is a window or none. */
static bool start_and_wait(struct host_sdl *s)
{
    if (!start(s))
        return false;
    pthread_mutex_lock(&s->lock);
    while (s->state == SDL_OPENING)
        pthread_cond_wait(&s->settled, &s->lock);
    pthread_mutex_unlock(&s->lock);
    if (s->state == SDL_FAILED)
        pthread_join(s->thread, NULL);
    return s->state == SDL_OPEN;
}

struct host_sdl *host_sdl_open(const struct host_sdl_config *config, char error[HOST_SDL_ERROR])
{
    struct host_sdl *s = calloc(1, sizeof(*s));
    if (!s) {
        snprintf(error, HOST_SDL_ERROR, "%s", strerror(ENOMEM));
        return NULL;
    }
    s->config = *config;
    snprintf(s->title, sizeof(s->title), "%s", config->title);
    s->refresh = (struct alarm){.fire = refresh, .owner = s};
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->event_lock, NULL);
    pthread_cond_init(&s->settled, NULL);
    s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->event_fd < 0 || !host_loop_watch(config->loop, s->event_fd, HOST_IN, take_events, s)) {
        snprintf(error, HOST_SDL_ERROR, "%s", strerror(errno));
    } else {
        trim_environment();
        if (!config->wait || start_and_wait(s))
            return s;
        snprintf(error, HOST_SDL_ERROR, "%s", s->error);
    }
    free_all(s);
    return NULL;
}

void host_sdl_connect(struct host_sdl *s, struct display *display, struct input *input,
                      const struct host_sdl_client *client, void *owner)
{
    static const struct display_client looking = {.changed = changed};
    s->display = display;
    s->input = input;
    s->client = client;
    s->owner = owner;
    input->changed = input_changed;
    input->changed_owner = s;
    display_connect(display, &looking, s);
    if (!s->started && !start(s))
        host_sdl_tell(s, (struct window_event){.kind = WINDOW_FAILED});
}

void host_sdl_close(struct host_sdl *s)
{
    if (!s)
        return;
    if (s->display)
        display_connect(s->display, NULL, NULL);
    if (s->input)
        s->input->changed = NULL;
    clock_cancel_alarm(host_loop_clock(s->config.loop), &s->refresh);
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    s->woken = false;
    wake_window(s);
    pthread_mutex_unlock(&s->lock);
    if (s->started)
        pthread_join(s->thread, NULL);
    free_all(s);
}
