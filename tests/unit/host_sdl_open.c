/*
 * How a window is opened while the machine goes on: when its thread begins, what becomes
 * of one that can't be had, and what it makes of the environment. With SDL's dummy driver.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "devices/host_clock.h"
#include "devices/host_sdl_internal.h"

enum { WIDTH = 64, HEIGHT = 48, PATIENCE_S = 60 };

struct rig {
    struct host_loop *loop;
    struct display display;
    struct input input;
    struct host_sdl *window;
    char failed[HOST_SDL_ERROR];
};

static void no_wake(void *owner)
{
}

static void ignore(void *owner)
{
}

static void note_failed(void *owner, const char *reason)
{
    struct rig *r = owner;
    snprintf(r->failed, sizeof(r->failed), "%s", reason);
}

static struct rig *rig_create(const char *driver)
{
    struct rig *r = calloc(1, sizeof(*r));
    char error[HOST_SDL_ERROR];
    setenv("SDL_VIDEODRIVER", driver, 1);
    r->loop = host_loop_create(no_wake, NULL);
    const struct host_sdl_config config = {
        .title = "test", .width = WIDTH, .height = HEIGHT, .loop = r->loop};
    r->window = host_sdl_open(&config, error);
    cr_assert_not_null(r->window, "%s", error);
    return r;
}

static void connect(struct rig *r)
{
    static const struct host_sdl_client client = {.closed = ignore, .failed = note_failed};
    host_sdl_connect(r->window, &r->display, &r->input, &client, r);
}

static void rig_destroy(struct rig *r)
{
    host_sdl_close(r->window);
    display_destroy(&r->display);
    host_loop_destroy(r->loop);
    free(r);
}

static int state_of(struct rig *r)
{
    pthread_mutex_lock(&r->window->lock);
    int state = r->window->state;
    pthread_mutex_unlock(&r->window->lock);
    return state;
}

static void turn_until_settled(struct rig *r)
{
    u64 end = host_monotonic_ns() + PATIENCE_S * NS_PER_SEC;
    while (state_of(r) == SDL_OPENING || (state_of(r) == SDL_FAILED && !r->failed[0])) {
        cr_assert(host_monotonic_ns() < end, "it never ends");
        host_loop_wait(r->loop, NS_PER_SEC / 200);
        host_loop_dispatch(r->loop);
    }
}

Test(host_sdl_open, begins_when_there_is_something_to_show)
{
    struct rig *r = rig_create("dummy");
    cr_assert(!r->window->started);
    connect(r);
    cr_assert(r->window->started);
    turn_until_settled(r);
    cr_assert_eq(state_of(r), SDL_OPEN);
    rig_destroy(r);
}

Test(host_sdl_open, may_be_closed_before)
{
    rig_destroy(rig_create("dummy"));
}

Test(host_sdl_open, tells_why_there_is_no_window)
{
    struct rig *r = rig_create("nonsense");
    connect(r);
    turn_until_settled(r);
    cr_assert_eq(state_of(r), SDL_FAILED);
    cr_assert(r->failed[0] && !strchr(r->failed, '\n'), "'%s'", r->failed);
    rig_destroy(r);
}

/* dbus-daemon(1) on addresses, "disabled:" being one that no transport has; XOpenIM(3). */
Test(host_sdl_open, starts_no_session_bus)
{
    char folder[] = "/tmp/mini-a64-XXXXXX", bus[64];
    unsetenv("XCOMPOSEFILE");
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    cr_assert_not_null(mkdtemp(folder));
    setenv("XDG_RUNTIME_DIR", folder, 1);
    snprintf(bus, sizeof(bus), "%s/bus", folder);
    FILE *f = fopen(bus, "w");
    cr_assert_not_null(f);
    fclose(f);
    rig_destroy(rig_create("dummy"));
    cr_assert_null(getenv("DBUS_SESSION_BUS_ADDRESS"), "there is one, and it will be found");
    cr_assert_str_eq(getenv("XCOMPOSEFILE"), "/dev/null");

    remove(bus);
    setenv("XCOMPOSEFILE", "/mine", 1);
    rig_destroy(rig_create("dummy"));
    cr_assert_str_eq(getenv("DBUS_SESSION_BUS_ADDRESS"), "disabled:");
    cr_assert_str_eq(getenv("XCOMPOSEFILE"), "/mine", "what the user has chosen");

    setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/mine", 1);
    rig_destroy(rig_create("dummy"));
    cr_assert_str_eq(getenv("DBUS_SESSION_BUS_ADDRESS"), "unix:path=/mine");
    remove(folder);
}
