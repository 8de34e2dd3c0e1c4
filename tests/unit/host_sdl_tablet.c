/*
 * The window when the guest wants places rather than movements, and when the user
 * gives it another size; with SDL's dummy driver, which shows nothing and gets its
 * events from the test.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "devices/host_clock.h"
#include "devices/host_sdl_internal.h"

enum { WIDTH = 640, HEIGHT = 400, PATIENCE_S = 60 };

struct rig {
    struct host_loop *loop;
    struct host_sdl *window;
    struct display display;
    struct input input;
    struct input_device tablet, mouse;
    u32 *pixels;
    u32 x, y;                   /* of the last point */
    s32 dx, wheel;              /* of the last movement */
    unsigned points, moves;     /* how many */
    enum input_button button;   /* the last one */
    unsigned presses, releases; /* of any */
    u32 wanted_width, wanted_height;
};

/* What was asked of SDL, on its thread. */
static SDL_bool relative = SDL_FALSE;
static int cursor_shown = SDL_ENABLE;

static int note_relative(SDL_bool on)
{
    __atomic_store_n(&relative, on, __ATOMIC_SEQ_CST);
    return 0;
}

static int note_cursor(int shown)
{
    __atomic_store_n(&cursor_shown, shown, __ATOMIC_SEQ_CST);
    return shown;
}

static void note_keyboard_grab(SDL_Window *window, SDL_bool on)
{
}

static void note_point(void *owner, u32 x, u32 y)
{
    struct rig *r = owner;
    r->x = x;
    r->y = y;
    r->points++;
}

static void note_move(void *owner, s32 dx, s32 dy, s32 wheel)
{
    struct rig *r = owner;
    r->dx = dx;
    r->wheel = wheel;
    r->moves++;
}

static void note_button(void *owner, enum input_button button, bool down)
{
    struct rig *r = owner;
    r->button = button;
    *(down ? &r->presses : &r->releases) += 1;
}

static void note_wanted(void *owner, u32 width, u32 height)
{
    struct rig *r = owner;
    r->wanted_width = width;
    r->wanted_height = height;
}

static void ignore(void *owner)
{
}

static void ignore_failure(void *owner, const char *reason)
{
    cr_assert_fail("%s", reason);
}

static void turn(struct rig *r)
{
    host_loop_wait(r->loop, NS_PER_SEC / 200);
    host_loop_dispatch(r->loop);
    clock_run(host_loop_clock(r->loop));
}

#define TURN_UNTIL(r, condition)                                                                   \
    for (u64 turn_end = host_monotonic_ns() + PATIENCE_S * NS_PER_SEC; !(condition); turn(r))      \
        cr_assert(host_monotonic_ns() < turn_end, "never: " #condition);

#define SHOWN(what) __atomic_load_n(&(what), __ATOMIC_SEQ_CST)

static bool has_frame(struct rig *r, u32 width)
{
    pthread_mutex_lock(&r->window->lock);
    bool there = r->window->surface && !r->window->resized && r->window->width == width;
    pthread_mutex_unlock(&r->window->lock);
    return there;
}

static void show(struct rig *r, u32 width, u32 height)
{
    cr_assert(
        display_show(&r->display, &(struct display_surface){(const u8 *)r->pixels, width, height,
                                                            WIDTH * 4, NULL, NULL, false}));
    TURN_UNTIL(r, has_frame(r, width));
}

static struct rig *rig_create(bool full_screen)
{
    static const struct host_sdl_client client = {.closed = ignore, .failed = ignore_failure};
    static const struct display_sizer sizer = {.wanted = note_wanted};
    static const struct input_ops tablet = {
        .point = note_point, .move = note_move, .button = note_button};
    static const struct input_ops mouse = {.move = note_move, .button = note_button};
    struct rig *r = calloc(1, sizeof(*r));
    char error[HOST_SDL_ERROR];
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    r->pixels = calloc(WIDTH * HEIGHT, sizeof(*r->pixels));
    r->loop = host_loop_create(ignore, NULL);
    struct host_sdl_config config = {.title = "test",
                                     .width = WIDTH,
                                     .height = HEIGHT,
                                     .full_screen = full_screen,
                                     .wait = true,
                                     .loop = r->loop};
    r->window = host_sdl_open(&config, error);
    cr_assert_not_null(r->window, "%s", error);
    r->window->lib.SetRelativeMouseMode = note_relative;
    r->window->lib.ShowCursor = note_cursor;
    r->window->lib.SetWindowKeyboardGrab = note_keyboard_grab;
    r->mouse = (struct input_device){.ops = &mouse, .owner = r};
    r->tablet = (struct input_device){.ops = &tablet, .owner = r, .rank = 1};
    display_offer_sizes(&r->display, &sizer, r);
    input_connect(&r->input, &r->mouse);
    host_sdl_connect(r->window, &r->display, &r->input, &client, r);
    show(r, WIDTH, HEIGHT);
    return r;
}

static void rig_destroy(struct rig *r)
{
    host_sdl_close(r->window);
    display_destroy(&r->display);
    host_loop_destroy(r->loop);
    free(r->pixels);
    free(r);
}

static void push(struct rig *r, SDL_Event e)
{
    cr_assert_eq(r->window->lib.PushEvent(&e), 1);
}

static void push_motion(struct rig *r, s32 x, s32 y)
{
    push(r, (SDL_Event){.motion = {.type = SDL_MOUSEMOTION, .x = x, .y = y, .xrel = 3}});
}

static void push_button(struct rig *r, bool down)
{
    push(r, (SDL_Event){.button = {.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP,
                                   .button = SDL_BUTTON_RIGHT,
                                   .state = down ? SDL_PRESSED : SDL_RELEASED}});
}

/* As a guest finds the pixel: column = value * width / 0x8000, rounded down. */
static void expect_pixel(struct rig *r, s32 x, s32 y, u32 width, u32 height, u32 column, u32 row)
{
    unsigned before = r->points;
    push_motion(r, x, y);
    TURN_UNTIL(r, r->points > before);
    cr_assert_eq(r->x * width / 0x8000, column, "%d, %d: column %u", x, y, r->x * width / 0x8000);
    cr_assert_eq(r->y * height / 0x8000, row, "%d, %d: row %u", x, y, r->y * height / 0x8000);
}

static void use_tablet(struct rig *r)
{
    input_connect(&r->input, &r->tablet);
    TURN_UNTIL(r, SHOWN(cursor_shown) == SDL_DISABLE);
}

Test(host_sdl_tablet, every_pixel_is_a_place)
{
    struct rig *r = rig_create(false);
    use_tablet(r);
    for (u32 i = 0; i < WIDTH; i += 7)
        expect_pixel(r, (s32)i, (s32)i % HEIGHT, WIDTH, HEIGHT, i, i % HEIGHT);
    expect_pixel(r, WIDTH - 1, HEIGHT - 1, WIDTH, HEIGHT, WIDTH - 1, HEIGHT - 1);
    cr_assert_eq(r->moves, 0);
    rig_destroy(r);
}

Test(host_sdl_tablet, no_grab_is_needed)
{
    struct rig *r = rig_create(false);
    push_motion(r, 5, 5);
    push_button(r, true); /* a mouse has to be taken first */
    push_button(r, false);
    TURN_UNTIL(r, SHOWN(relative));
    use_tablet(r);
    TURN_UNTIL(r, !SHOWN(relative)); /* and is given back */
    unsigned presses = r->presses, releases = r->releases;
    push_button(r, true);
    push_button(r, false);
    TURN_UNTIL(r, r->releases > releases);
    cr_assert_eq(r->presses, presses + 1);
    cr_assert_eq(r->button, INPUT_RIGHT);
    cr_assert_not(SHOWN(relative));
    push(r, (SDL_Event){.wheel = {.type = SDL_MOUSEWHEEL, .y = -2}});
    TURN_UNTIL(r, r->wheel == -2);
    input_disconnect(&r->input, &r->tablet);
    TURN_UNTIL(r, SHOWN(cursor_shown) == SDL_ENABLE);
    rig_destroy(r);
}

Test(host_sdl_tablet, a_picture_that_does_not_fill_the_window)
{
    /* The driver's screen has 1024 by 768 pixels: 12 for each, and bars of 128 at the sides. */
    enum { SIDE = 64, BAR = 128, ZOOM = 12 };
    struct rig *r = rig_create(true);
    use_tablet(r);
    show(r, SIDE, SIDE);
    expect_pixel(r, BAR, 0, SIDE, SIDE, 0, 0);
    expect_pixel(r, BAR + ZOOM, ZOOM - 1, SIDE, SIDE, 1, 0);
    expect_pixel(r, BAR + SIDE * ZOOM - 1, SIDE * ZOOM - 1, SIDE, SIDE, SIDE - 1, SIDE - 1);
    expect_pixel(r, 0, 32 * ZOOM, SIDE, SIDE, 0, 32); /* on a bar: the nearest place */
    expect_pixel(r, 1023, 32 * ZOOM, SIDE, SIDE, SIDE - 1, 32);
    rig_destroy(r);
}

Test(host_sdl_tablet, the_users_size_is_told)
{
    struct rig *r = rig_create(false);
    push(r, (SDL_Event){.window = {.type = SDL_WINDOWEVENT,
                                   .event = SDL_WINDOWEVENT_RESIZED,
                                   .data1 = 800,
                                   .data2 = 555}});
    TURN_UNTIL(r, r->wanted_width);
    cr_assert_eq(r->wanted_width, 800);
    cr_assert_eq(r->wanted_height, 555);
    rig_destroy(r);
}
