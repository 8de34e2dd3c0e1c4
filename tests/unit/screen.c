/*
 * The monitor's screendump, sendkey and mouse commands on a machine with a window of
 * SDL's dummy driver. What the guest would read from its keyboard and mouse is read
 * from the devices behind its PL050 ports; keys are Microsoft's scan code set 2.
 */
#include "tools/machine.h"

#include "tests/unit/load_rig.h"
#include "tests/unit/options_rig.h"
#include "tools/gdbstub/text.h"

enum { SIDE = 64 };

struct rig {
    struct line *line;
    struct machine machine;
    struct text said;
    struct ps2 *keyboard, *mouse;
};

static struct rig *rig_create(const char *display)
{
    struct rig *r = calloc(1, sizeof(*r));
    struct load_error e;
    char words[256];
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    const u32 code = 0x14000000; /* b . */
    struct rig_file kernel = rig_file(&code, sizeof(code));
    snprintf(words, sizeof(words), "-kernel %s -display %s -serial none -monitor none", kernel.path,
             display);
    r->line = parse(words);
    cr_assert(r->line->ok, "%s", r->line->message);
    cr_assert(machine_create(&r->machine, &r->line->o, &e), "%s", e.line);
    r->keyboard = &r->machine.virt.keyboard.ps2;
    r->mouse = &r->machine.virt.mouse.ps2;
    return r;
}

static void rig_destroy(struct rig *r)
{
    machine_destroy(&r->machine);
    options_free(&r->line->o);
    text_free(&r->said);
    free(r->line);
    free(r);
}

typedef void command_fn(struct machine *m, const char *args, struct text *out);

/* What COMMAND says; "" for nothing. */
static const char *run(struct rig *r, command_fn *command, const char *args)
{
    text_clear(&r->said);
    command(&r->machine, args, &r->said);
    return r->said.len ? r->said.data : "";
}

#define EXPECT_SAID(r, command, args, what)                                                        \
    do {                                                                                           \
        const char *said = run(r, command, args);                                                  \
        cr_assert(strstr(said, what), "'%s' should say '%s'", said, what);                         \
        cr_assert_eq(strchr(said, '\n'), said + strlen(said) - 1, "one line: '%s'", said);         \
    } while (0)
#define EXPECT_SILENT(r, command, args) cr_assert_str_eq(run(r, command, args), "")

/* The next bytes, whenever the machine's clock makes them come. */
static void expect_bytes(struct rig *r, struct ps2 *from, const u8 *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        while (!ps2_ready(from))
            clock_run(&r->machine.virt.clock);
        u8 got = ps2_take(from);
        cr_assert_eq(got, bytes[i], "byte %u is %#x, not %#x", i, got, bytes[i]);
    }
    cr_assert(!ps2_ready(from));
}

#define EXPECT_BYTES(r, from, ...)                                                                 \
    do {                                                                                           \
        const u8 expected[] = {__VA_ARGS__};                                                       \
        expect_bytes(r, from, expected, sizeof(expected));                                         \
    } while (0)

/* In the end a report says that these are held, bit 3 being always set. */
static void expect_buttons(struct rig *r, u8 buttons)
{
    u8 report[3] = {0};
    while (report[0] != (8 | buttons))
        for (unsigned i = 0; i < sizeof(report); i++) {
            while (!ps2_ready(r->mouse))
                clock_run(&r->machine.virt.clock);
            report[i] = ps2_take(r->mouse);
        }
    cr_assert(!ps2_ready(r->mouse));
}

TestSuite(screen, .timeout = 60);

Test(screen, dump_is_what_is_in_the_frame_buffer)
{
    struct rig *r = rig_create("sdl,xres=64,yres=64");
    u32 pixels[SIDE * SIDE];
    u64 state = 1;
    for (unsigned i = 0; i < SIDE * SIDE; i++)
        pixels[i] = (u32)rig_random(&state);
    cr_assert(bus_dma_write(&r->machine.virt.bus, VIRT_FRAMEBUFFER_BASE, pixels, sizeof(pixels)));
    struct rig_file f = rig_file("old", 3);
    EXPECT_SILENT(r, screen_dump, f.path);

    static u8 file[65536], raw[SIDE * (1 + 3 * SIDE)];
    uLongf size = sizeof(raw);
    ssize_t n = pread(f.fd, file, sizeof(file), 0);
    cr_assert(n > 57);
    const u8 *data = file + 8 + 25; /* behind the signature and IHDR */
    cr_assert_eq(memcmp(data + 4, "IDAT", 4), 0);
    cr_assert_eq(uncompress(raw, &size, data + 8, (uLong)n - 57), Z_OK);
    cr_assert_eq(size, sizeof(raw));
    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        const u8 *p = raw + i / SIDE * (1 + 3 * SIDE) + 1 + i % SIDE * 3;
        u32 pixel = (u32)p[0] << 16 | (u32)p[1] << 8 | p[2];
        cr_assert_eq(pixel, pixels[i] & 0xffffff, "pixel %u", i);
    }
    EXPECT_SAID(r, screen_dump, "", "FILE");
    EXPECT_SAID(r, screen_dump, "/nonexistent/x.png", "/nonexistent/x.png: No such file");
    rig_destroy(r);
}

Test(screen, keys_are_pressed_together_and_in_order)
{
    struct rig *r = rig_create("sdl");
    EXPECT_SILENT(r, screen_sendkey, "ctrl-alt-f2 1");
    EXPECT_SILENT(r, screen_sendkey, "shift-a 1"); /* waits for the one before */
    EXPECT_BYTES(r, r->keyboard, 0x14, 0x11, 0x06);
    EXPECT_BYTES(r, r->keyboard, 0xf0, 0x06, 0xf0, 0x11, 0xf0, 0x14, 0x12, 0x1c);
    EXPECT_BYTES(r, r->keyboard, 0xf0, 0x1c, 0xf0, 0x12);
    EXPECT_SILENT(r, screen_sendkey, "kp_enter 1");
    EXPECT_BYTES(r, r->keyboard, 0xe0, 0x5a);
    EXPECT_BYTES(r, r->keyboard, 0xe0, 0xf0, 0x5a);
    rig_destroy(r);
}

Test(screen, keys_that_wait_may_be_forgotten)
{
    struct rig *r = rig_create("sdl");
    unsigned n = 0;
    while (!*run(r, screen_sendkey, "a 60000"))
        cr_assert(++n <= SENDKEY_QUEUE);
    cr_assert_eq(n, SENDKEY_QUEUE);
    cr_assert(strstr(r->said.data, "waiting"));
    EXPECT_BYTES(r, r->keyboard, 0x1c);
    screen_forget(&r->machine);
    EXPECT_SILENT(r, screen_sendkey, "b 1");
    EXPECT_BYTES(r, r->keyboard, 0x32);
    EXPECT_BYTES(r, r->keyboard, 0xf0, 0x32);
    rig_destroy(r);
}

Test(screen, sendkey_says_what_it_does_not_take)
{
    struct rig *r = rig_create("sdl");
    EXPECT_SAID(r, screen_sendkey, "", "sendkey KEY");
    EXPECT_SAID(r, screen_sendkey, "foo", "no such key: 'foo'");
    EXPECT_SAID(r, screen_sendkey, "ctrl-", "no such key: ''");
    EXPECT_SAID(r, screen_sendkey, "a 0", "from 1 to");
    EXPECT_SAID(r, screen_sendkey, "a 99999", "from 1 to");
    EXPECT_SAID(r, screen_sendkey, "a 5x", "from 1 to");
    EXPECT_SAID(r, screen_sendkey, "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q", "at most 16");
    cr_assert(!ps2_ready(r->keyboard));
    rig_destroy(r);
}

/* The mouse reports what it is moved by: right and up are positive, three buttons. */
Test(screen, the_mouse_is_moved_and_pressed)
{
    struct rig *r = rig_create("sdl");
    ps2_send(r->mouse, 0xf4);
    EXPECT_BYTES(r, r->mouse, 0xfa);
    EXPECT_SILENT(r, screen_mouse_move, "5 -3");
    EXPECT_BYTES(r, r->mouse, 0x08, 5, 3);
    EXPECT_SILENT(r, screen_mouse_move, "-1 2 0");
    EXPECT_BYTES(r, r->mouse, 0x38, 0xff, 0xfe);
    EXPECT_SILENT(r, screen_mouse_button, "5"); /* left and right */
    expect_buttons(r, 1 << 0 | 1 << 1);
    EXPECT_SILENT(r, screen_mouse_button, "2"); /* the middle one instead */
    expect_buttons(r, 1 << 2);
    EXPECT_SAID(r, screen_mouse_move, "1", "DX DY");
    EXPECT_SAID(r, screen_mouse_move, "1 2 3 4", "DX DY");
    EXPECT_SAID(r, screen_mouse_move, "1 9999999", "DX DY");
    EXPECT_SAID(r, screen_mouse_button, "8", "STATE");
    EXPECT_SAID(r, screen_mouse_button, "left", "STATE");
    rig_destroy(r);
}

Test(screen, without_one_everything_says_so)
{
    struct rig *r = rig_create("none");
    EXPECT_SAID(r, screen_dump, "/dev/null", "-display sdl");
    EXPECT_SAID(r, screen_sendkey, "a", "-display sdl");
    EXPECT_SAID(r, screen_mouse_move, "1 1", "-display sdl");
    EXPECT_SAID(r, screen_mouse_button, "1", "-display sdl");
    rig_destroy(r);
}
