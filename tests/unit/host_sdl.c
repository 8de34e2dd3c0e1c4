/*
 * The window, with SDL's dummy driver: events go in as SDL would send them, and what
 * SDL is asked to do is noted on its way. The screen is a frame buffer in RAM, the
 * keyboard and mouse are the PS/2 ones.
 */
#include "devices/host_sdl_internal.h"

#include <criterion/criterion.h>

#include "devices/framebuffer.h"
#include "devices/host_clock.h"
#include "devices/ps2_keyboard.h"
#include "devices/ps2_mouse.h"
#include "tests/unit/harness.h"

#define FRAMEBUFFER UINT64_C(0x0c000000)

enum { WIDTH = 128, HEIGHT = 96, PATIENCE_S = 60, TURN_NS = 2000000 };

/* What SDL is to do: noted by the window's thread. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool block_upload, block_blit; /* the window's thread stays there */
    bool blocked;
    unsigned looks, uploads, rows; /* rows of all rectangles uploaded since */
    SDL_Rect last;
    u32 corner, pixel; /* of the window, when it was uploaded last: at 0, 0 and 20, 50 */
    bool relative, keyboard_grabbed;
    u32 full_screen;
    char title[160];
    struct sdl_library real;
} sdl = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void stay(const bool *block)
{
    pthread_mutex_lock(&sdl.lock);
    while (*block) {
        sdl.blocked = true;
        pthread_cond_broadcast(&sdl.changed);
        pthread_cond_wait(&sdl.changed, &sdl.lock);
    }
    sdl.blocked = false;
    pthread_mutex_unlock(&sdl.lock);
}

static void let_go(bool *block)
{
    pthread_mutex_lock(&sdl.lock);
    *block = false;
    pthread_cond_broadcast(&sdl.changed);
    pthread_mutex_unlock(&sdl.lock);
}

static void wait_until_blocked(void)
{
    pthread_mutex_lock(&sdl.lock);
    while (!sdl.blocked)
        pthread_cond_wait(&sdl.changed, &sdl.lock);
    pthread_mutex_unlock(&sdl.lock);
}

static SDL_Surface *note_look(SDL_Window *window)
{
    sdl.looks++;
    return sdl.real.GetWindowSurface(window);
}

static int note_blit(SDL_Surface *from, const SDL_Rect *r, SDL_Surface *to, SDL_Rect *at)
{
    stay(&sdl.block_blit);
    return sdl.real.BlitSurface(from, r, to, at);
}

static u32 pixel_of(const SDL_Surface *s, int x, int y)
{
    u32 pixel;
    memcpy(&pixel, (const u8 *)s->pixels + (size_t)y * (size_t)s->pitch + (size_t)x * 4, 4);
    return pixel & 0xffffff;
}

static int note_upload(SDL_Window *window, const SDL_Rect *rects, int count)
{
    stay(&sdl.block_upload);
    pthread_mutex_lock(&sdl.lock);
    const SDL_Surface *s = sdl.real.GetWindowSurface(window);
    sdl.corner = pixel_of(s, 0, 0);
    sdl.pixel = pixel_of(s, 20, 50);
    sdl.uploads++;
    for (int i = 0; i < count; i++)
        sdl.rows += (unsigned)rects[i].h;
    sdl.last = rects[count - 1];
    pthread_mutex_unlock(&sdl.lock);
    return sdl.real.UpdateWindowSurfaceRects(window, rects, count);
}

static int note_relative(SDL_bool on)
{
    sdl.relative = on;
    return 0;
}

static void note_keyboard_grab(SDL_Window *window, SDL_bool on)
{
    sdl.keyboard_grabbed = on;
}

static int note_full_screen(SDL_Window *window, u32 flags)
{
    sdl.full_screen = flags;
    return 0;
}

static void note_title(SDL_Window *window, const char *title)
{
    snprintf(sdl.title, sizeof(sdl.title), "%s", title);
}

struct rig {
    struct host_loop *loop;
    struct harness *h;
    struct ram *ram;
    struct framebuffer framebuffer;
    struct display display;
    struct input input;
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
    struct host_sdl *window;
    unsigned closed;
};

static void note_closed(void *owner)
{
    ((struct rig *)owner)->closed++;
}

static void note_failed(void *owner, const char *reason)
{
    cr_assert_fail("%s", reason);
}

/* The machine's thread takes a turn of a few ms. */
static void turn(struct rig *r)
{
    host_loop_wait(r->loop, TURN_NS);
    host_loop_dispatch(r->loop);
    clock_run(host_loop_clock(r->loop));
}

/* Turns until CONDITION; one that never comes fails. */
#define TURN_UNTIL(r, condition)                                                                   \
    for (u64 turn_end = host_monotonic_ns() + PATIENCE_S * NS_PER_SEC; !(condition); turn(r))      \
        cr_assert(host_monotonic_ns() < turn_end, "never: " #condition);

static void replace_functions(struct host_sdl *s)
{
    sdl.real = s->lib;
    s->lib.GetWindowSurface = note_look;
    s->lib.BlitSurface = note_blit;
    s->lib.UpdateWindowSurfaceRects = note_upload;
    s->lib.SetRelativeMouseMode = note_relative;
    s->lib.SetWindowKeyboardGrab = note_keyboard_grab;
    s->lib.SetWindowFullscreen = note_full_screen;
    s->lib.SetWindowTitle = note_title;
}

static void no_wake(void *owner)
{
}

static struct rig *rig_create(void)
{
    static const struct host_sdl_client client = {.closed = note_closed, .failed = note_failed};
    struct rig *r = calloc(1, sizeof(*r));
    char error[HOST_SDL_ERROR];
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    r->loop = host_loop_create(no_wake, NULL);
    struct host_sdl_config config = {
        .title = "test", .width = WIDTH, .height = HEIGHT, .wait = true, .loop = r->loop};
    r->window = host_sdl_open(&config, error);
    cr_assert_not_null(r->window, "%s", error);
    replace_functions(r->window);
    r->h = harness_create("cortex-a57");
    r->ram = bus_add_ram(&r->h->bus, "framebuffer", FRAMEBUFFER, framebuffer_size(WIDTH, HEIGHT));
    cr_assert(framebuffer_init(&r->framebuffer, r->ram, &r->h->engine, &r->display, WIDTH, HEIGHT));
    ps2_keyboard_init(&r->keyboard, host_loop_clock(r->loop), &r->input);
    ps2_mouse_init(&r->mouse, host_loop_clock(r->loop), &r->input);
    host_sdl_connect(r->window, &r->display, &r->input, &client, r);
    TURN_UNTIL(r, sdl.uploads > 0);
    return r;
}

static void rig_destroy(struct rig *r)
{
    host_sdl_close(r->window);
    ps2_keyboard_destroy(&r->keyboard);
    ps2_mouse_destroy(&r->mouse);
    display_destroy(&r->display);
    harness_destroy(r->h);
    host_loop_destroy(r->loop);
    free(r);
}

static void push(struct rig *r, SDL_Event e)
{
    cr_assert_eq(sdl.real.PushEvent(&e), 1);
}

static void push_key(struct rig *r, SDL_Scancode scancode, bool down, bool repeat)
{
    push(r, (SDL_Event){.key = {.type = down ? SDL_KEYDOWN : SDL_KEYUP,
                                .state = down ? SDL_PRESSED : SDL_RELEASED,
                                .repeat = repeat,
                                .keysym = {.scancode = scancode}}});
}

static void push_window(struct rig *r, SDL_WindowEventID what)
{
    push(r, (SDL_Event){.window = {.type = SDL_WINDOWEVENT, .event = (u8)what}});
}

/* What the keyboard says next: exactly these bytes. */
static void expect(struct rig *r, struct ps2 *from, const u8 *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        TURN_UNTIL(r, ps2_ready(from));
        u8 got = ps2_take(from);
        cr_assert_eq(got, bytes[i], "byte %u is %#x, not %#x", i, got, bytes[i]);
    }
    cr_assert(!ps2_ready(from), "and there is %#x", ps2_take(from));
}

#define EXPECT(r, from, ...)                                                                       \
    do {                                                                                           \
        const u8 expected[] = {__VA_ARGS__};                                                       \
        expect(r, from, expected, sizeof(expected));                                               \
    } while (0)

static const struct {
    SDL_Scancode scancode;
    u16 set2;
} keys[] = {
#include "tests/unit/host_sdl_keys.inc"
};

Test(host_sdl, every_key_by_its_place)
{
    struct rig *r = rig_create();
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        u8 bytes[3] = {0xe0}, *end = keys[i].set2 >> 8 ? bytes + 1 : bytes;
        u8 code = (u8)keys[i].set2;
        *end = code;
        push_key(r, keys[i].scancode, true, false);
        push_key(r, SDL_SCANCODE_F24, true, false); /* which there is none of */
        expect(r, &r->keyboard.ps2, bytes, (unsigned)(end - bytes) + 1);
        push_key(r, keys[i].scancode, true, true); /* repeating is the PS/2 keyboard's */
        *end++ = 0xf0;
        *end++ = code;
        push_key(r, keys[i].scancode, false, false);
        expect(r, &r->keyboard.ps2, bytes, (unsigned)(end - bytes));
    }
    rig_destroy(r);
}

/* Microsoft's Keyboard Scan Code Specification, and its notes on these four. */
Test(host_sdl, keys_that_send_sequences_of_their_own)
{
    struct rig *r = rig_create();
    struct ps2 *k = &r->keyboard.ps2;
    push_key(r, SDL_SCANCODE_PRINTSCREEN, true, false);
    EXPECT(r, k, 0xe0, 0x12, 0xe0, 0x7c);
    push_key(r, SDL_SCANCODE_PRINTSCREEN, false, false);
    EXPECT(r, k, 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12);
    push_key(r, SDL_SCANCODE_PAUSE, true, false);
    EXPECT(r, k, 0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77);
    push_key(r, SDL_SCANCODE_PAUSE, false, false);
    push_key(r, SDL_SCANCODE_LANG1, true, false);
    EXPECT(r, k, 0xf2);
    push_key(r, SDL_SCANCODE_LANG1, false, false);
    push_key(r, SDL_SCANCODE_LANG2, true, false);
    EXPECT(r, k, 0xf1);
    rig_destroy(r);
}

static void press(struct rig *r, SDL_Scancode scancode)
{
    push_key(r, scancode, true, false);
    push_key(r, scancode, false, false);
}

static void push_motion(struct rig *r, s32 dx, s32 dy)
{
    push(r, (SDL_Event){.motion = {.type = SDL_MOUSEMOTION, .xrel = dx, .yrel = dy}});
}

static void push_button(struct rig *r, u8 button, bool down)
{
    push(r, (SDL_Event){.button = {.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP,
                                   .button = button,
                                   .state = down ? SDL_PRESSED : SDL_RELEASED}});
}

Test(host_sdl, ctrl_alt_g_takes_and_gives_back_the_mouse)
{
    struct rig *r = rig_create();
    struct ps2 *m = &r->mouse.ps2;
    ps2_send(m, 0xf4); /* enable reporting */
    EXPECT(r, m, 0xfa);
    push_motion(r, 7, 7); /* before it is grabbed */
    push_button(r, SDL_BUTTON_LEFT, true);
    TURN_UNTIL(r, sdl.relative && sdl.keyboard_grabbed);
    push_button(r, SDL_BUTTON_LEFT, false); /* the click was for the window */
    push_motion(r, 3, -2);
    EXPECT(r, m, 0x08, 3, 2);
    TURN_UNTIL(r, strstr(sdl.title, "Ctrl-Alt-G"));
    push_button(r, SDL_BUTTON_RIGHT, true);
    EXPECT(r, m, 0x0a, 0, 0);
    push_button(r, SDL_BUTTON_RIGHT, false);
    EXPECT(r, m, 0x08, 0, 0);
    push_key(r, SDL_SCANCODE_LCTRL, true, false);
    push_key(r, SDL_SCANCODE_LALT, true, false);
    press(r, SDL_SCANCODE_G);
    push_key(r, SDL_SCANCODE_LALT, false, false);
    EXPECT(r, &r->keyboard.ps2, 0x14, 0x11, 0xf0, 0x11);
    TURN_UNTIL(r, !sdl.relative && !sdl.keyboard_grabbed);
    push_motion(r, 5, 5);
    push_key(r, SDL_SCANCODE_LALT, true, false);
    press(r, SDL_SCANCODE_G);
    TURN_UNTIL(r, sdl.relative);
    push_motion(r, 1, 0);
    EXPECT(r, m, 0x08, 1, 0);
    rig_destroy(r);
}

Test(host_sdl, ctrl_alt_f_fills_the_screen)
{
    struct rig *r = rig_create();
    push_key(r, SDL_SCANCODE_RCTRL, true, false);
    push_key(r, SDL_SCANCODE_LALT, true, false);
    press(r, SDL_SCANCODE_F);
    TURN_UNTIL(r, sdl.full_screen == SDL_WINDOW_FULLSCREEN_DESKTOP);
    press(r, SDL_SCANCODE_F);
    TURN_UNTIL(r, sdl.full_screen == 0);
    push_key(r, SDL_SCANCODE_LALT, false, false);
    press(r, SDL_SCANCODE_F);
    EXPECT(r, &r->keyboard.ps2, 0xe0, 0x14, 0x11, 0xf0, 0x11, 0x2b, 0xf0, 0x2b);
    rig_destroy(r);
}

Test(host_sdl, the_title_shows_the_lamps)
{
    struct rig *r = rig_create();
    struct ps2 *k = &r->keyboard.ps2;
    ps2_send(k, 0xed);
    EXPECT(r, k, 0xfa);
    ps2_send(k, 4 | 2);
    EXPECT(r, k, 0xfa);
    TURN_UNTIL(r, strstr(sdl.title, "Caps") && strstr(sdl.title, "Num"));
    cr_assert_null(strstr(sdl.title, "Scroll"));
    ps2_send(k, 0xed);
    ps2_send(k, 0);
    TURN_UNTIL(r, !strcmp(sdl.title, "test"));
    rig_destroy(r);
}

Test(host_sdl, keys_are_let_go_when_the_user_turns_away)
{
    struct rig *r = rig_create();
    push_key(r, SDL_SCANCODE_A, true, false);
    push_key(r, SDL_SCANCODE_LSHIFT, true, false);
    EXPECT(r, &r->keyboard.ps2, 0x1c, 0x12);
    push_window(r, SDL_WINDOWEVENT_FOCUS_LOST);
    EXPECT(r, &r->keyboard.ps2, 0xf0, 0x1c, 0xf0, 0x12);
    rig_destroy(r);
}

Test(host_sdl, closing_is_told)
{
    struct rig *r = rig_create();
    push(r, (SDL_Event){.type = SDL_QUIT});
    TURN_UNTIL(r, r->closed == 1);
    rig_destroy(r);
}

Test(host_sdl, only_what_has_changed_is_uploaded)
{
    enum { ROWS_OF_A_PAGE = 4096 / (WIDTH * 4) };
    struct rig *r = rig_create();
    TURN_UNTIL(r, sdl.rows >= HEIGHT);
    for (unsigned i = 1; i <= 10; i++) {
        sdl.rows = sdl.uploads = 0;
        bus_write(&r->h->bus, FRAMEBUFFER + (50 * WIDTH + 20) * 4, 4, 0x123400 + i);
        TURN_UNTIL(r, sdl.uploads > 0);
        cr_assert_eq(sdl.rows, ROWS_OF_A_PAGE);
        cr_assert(sdl.last.y <= 50 && 50 < sdl.last.y + sdl.last.h);
        cr_assert_eq(sdl.pixel, 0x123400 + i);
    }
    for (u64 y = 0; y < HEIGHT; y++) /* a column: every row, each once */
        bus_write(&r->h->bus, FRAMEBUFFER + y * WIDTH * 4, 4, 0xabcdef);
    sdl.rows = 0;
    TURN_UNTIL(r, sdl.corner == 0xabcdef && sdl.rows == HEIGHT);
    push_window(r, SDL_WINDOWEVENT_EXPOSED); /* and all of it, when the window has lost it */
    TURN_UNTIL(r, sdl.rows == 2 * HEIGHT);
    rig_destroy(r);
}

static bool shares(struct rig *r)
{
    pthread_mutex_lock(&r->window->lock);
    bool own = r->window->frame == r->ram->host;
    cr_assert(own || r->window->frame == (const u8 *)r->window->copy);
    pthread_mutex_unlock(&r->window->lock);
    return own;
}

/* Guest RAM is not copied; a picture that has something drawn over it is, all of it. */
Test(host_sdl, what_the_window_can_read_itself_is_not_copied)
{
    enum { SIDE = DISPLAY_CURSOR_SIDE, OPAQUE_RED = 0xffff0000 };
    static u32 cursor[SIDE * SIDE];
    struct rig *r = rig_create();
    cr_assert(shares(r));
    cr_assert_null(r->window->copy);
    bus_write(&r->h->bus, FRAMEBUFFER, 4, 0x111111);
    bus_write(&r->h->bus, FRAMEBUFFER + (50 * WIDTH + 20) * 4, 4, 0x222222);
    TURN_UNTIL(r, sdl.corner == 0x111111 && sdl.pixel == 0x222222);
    cursor[0] = OPAQUE_RED;
    display_set_cursor(&r->display, cursor);
    TURN_UNTIL(r, sdl.corner == 0xff0000 && !shares(r));
    cr_assert_eq(sdl.pixel, 0x222222);
    bus_write(&r->h->bus, FRAMEBUFFER + (50 * WIDTH + 20) * 4, 4, 0x333333);
    TURN_UNTIL(r, sdl.pixel == 0x333333 && sdl.corner == 0xff0000);
    display_set_cursor(&r->display, NULL);
    TURN_UNTIL(r, sdl.corner == 0x111111 && shares(r));
    cr_assert_eq(sdl.pixel, 0x333333);
    rig_destroy(r);
}

Test(host_sdl, an_idle_screen_costs_nothing)
{
    struct rig *r = rig_create();
    for (unsigned i = 0; i < 50; i++)
        turn(r); /* what the beginning has left */
    unsigned looks = sdl.looks, uploads = sdl.uploads;
    for (unsigned i = 0; i < 100; i++)
        turn(r);
    cr_assert_eq(sdl.looks, looks);
    cr_assert_eq(sdl.uploads, uploads);
    cr_assert_eq(clock_deadline(host_loop_clock(r->loop)), CLOCK_NEVER);
    rig_destroy(r);
}

/* The machine's thread draws and goes on while the window's is held in the middle of it. */
static void expect_no_wait(struct rig *r, bool *block)
{
    *block = true;
    bus_write(&r->h->bus, FRAMEBUFFER, 4, 0x111111);
    TURN_UNTIL(r, sdl.blocked);
    wait_until_blocked();
    for (u64 i = 0; i < 100; i++) {
        bus_write(&r->h->bus, FRAMEBUFFER + i * WIDTH * 4, 4, 0x222222);
        turn(r);
    }
    let_go(block);
    TURN_UNTIL(r, sdl.corner == 0x222222);
}

Test(host_sdl, the_machine_never_waits_for_the_window, .timeout = PATIENCE_S)
{
    struct rig *r = rig_create();
    expect_no_wait(r, &sdl.block_upload); /* SDL talks to the host's display */
    bus_write(&r->h->bus, FRAMEBUFFER, 4, 0);
    TURN_UNTIL(r, sdl.corner == 0);
    expect_no_wait(r, &sdl.block_blit); /* with the lock held */
    rig_destroy(r);
}

Test(host_sdl, what_cannot_be_opened_is_said_in_a_line)
{
    struct host_loop *loop = host_loop_create(no_wake, NULL);
    char error[HOST_SDL_ERROR] = "";
    struct host_sdl_config config = {
        .title = "test", .width = WIDTH, .height = HEIGHT, .wait = true, .loop = loop};
    setenv("SDL_VIDEODRIVER", "nonsense", 1);
    cr_assert_null(host_sdl_open(&config, error));
    cr_assert(strlen(error) > 0 && !strchr(error, '\n'), "'%s'", error);
    host_loop_destroy(loop);
}

Test(host_sdl, looks_for_a_screen_in_the_environment)
{
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("SDL_VIDEODRIVER");
    cr_assert_not(host_sdl_likely());
    setenv("DISPLAY", "", 1);
    cr_assert_not(host_sdl_likely());
    setenv("WAYLAND_DISPLAY", "wayland-0", 1);
    cr_assert(host_sdl_likely());
}
