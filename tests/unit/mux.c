/*
 * The multiplexer: the keys after Ctrl-a as QEMU's `mon:stdio` has them, focus,
 * look-ahead, flow control in both directions.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "devices/mux.h"

/* What the multiplexer sits on. */
struct terminal {
    struct chardev dev;
    char out[1 << 14];
    size_t out_len, out_limit;
    const char *in;
    size_t in_len;
};

/* What sits on a port. */
struct front {
    struct chardev *port;
    char in[1 << 16];
    size_t in_len, room;
    unsigned breaks, focus_in, focus_out, writables;
};

struct rig {
    struct terminal terminal;
    struct mux *mux;
    struct front front[2];
    struct clock clock;
    u64 now;
    unsigned quits;
    bool destroyed;
};

static size_t terminal_write(struct chardev *c, const u8 *data, size_t len, bool must)
{
    struct terminal *t = container_of(c, struct terminal, dev);
    size_t limit = must ? sizeof(t->out) : t->out_limit;
    size_t n = t->out_len < limit ? limit - t->out_len : 0;
    n = n < len ? n : len;
    memcpy(t->out + t->out_len, data, n);
    t->out_len += n;
    return n;
}

static void terminal_accept(struct chardev *c)
{
    struct terminal *t = container_of(c, struct terminal, dev);
    size_t room;
    while (t->in_len && (room = chardev_room(c)) != 0) {
        size_t n = room < t->in_len ? room : t->in_len;
        t->in += n;
        t->in_len -= n;
        chardev_receive(c, (const u8 *)t->in - n, n);
    }
}

static void terminal_destroy(struct chardev *c)
{
    struct rig *r = container_of(c, struct rig, terminal.dev);
    r->destroyed = true;
}

static size_t front_room(void *owner)
{
    return ((struct front *)owner)->room;
}

static void front_receive(void *owner, const u8 *data, size_t len)
{
    struct front *f = owner;
    cr_assert_leq(len, f->room);
    memcpy(f->in + f->in_len, data, len);
    f->in_len += len;
    f->room -= len;
}

static void front_writable(void *owner)
{
    ((struct front *)owner)->writables++;
}

static void front_event(void *owner, enum chardev_event event)
{
    struct front *f = owner;
    f->breaks += event == CHARDEV_BREAK;
    f->focus_in += event == CHARDEV_FOCUS_IN;
    f->focus_out += event == CHARDEV_FOCUS_OUT;
}

static u64 rig_now(void *owner)
{
    return ((struct rig *)owner)->now;
}

static void quit(void *owner)
{
    ((struct rig *)owner)->quits++;
}

static struct rig rig;

static void start(void)
{
    static const struct chardev_ops ops = {
        .write = terminal_write,
        .accept = terminal_accept,
        .destroy = terminal_destroy,
    };
    static const struct chardev_client client = {front_room, front_receive, front_writable,
                                                 front_event};
    rig.terminal.dev.ops = &ops;
    rig.terminal.out_limit = sizeof(rig.terminal.out);
    rig.clock = (struct clock){.source = rig_now, .owner = &rig};
    rig.mux = mux_create(&(struct mux_config){&rig.terminal.dev, &rig.clock, quit, &rig});
    for (unsigned i = 0; i < 2; i++) {
        rig.front[i].room = sizeof(rig.front[i].in);
        rig.front[i].port = mux_add_port(rig.mux);
        chardev_connect(rig.front[i].port, &client, &rig.front[i]);
    }
}

static void stop(void)
{
    mux_destroy(rig.mux);
    cr_assert(rig.destroyed);
}

TestSuite(mux, .init = start, .fini = stop);

static void type(const char *text, size_t len)
{
    rig.terminal.in = text;
    rig.terminal.in_len = len;
    terminal_accept(&rig.terminal.dev);
}

#define TYPE(text) type(text, sizeof(text) - 1)

static void expect_in(unsigned front, const char *text)
{
    struct front *f = &rig.front[front];
    cr_assert_eq(f->in_len, strlen(text), "front end %u got '%.*s'", front, (int)f->in_len, f->in);
    cr_assert_arr_eq(f->in, text, f->in_len);
}

static void put(unsigned front, const char *text)
{
    cr_assert_eq(chardev_write(rig.front[front].port, text, strlen(text)), strlen(text));
}

static void expect_out(const char *text)
{
    struct terminal *t = &rig.terminal;
    cr_assert_eq(t->out_len, strlen(text), "the terminal got '%.*s'", (int)t->out_len, t->out);
    cr_assert_arr_eq(t->out, text, t->out_len);
}

Test(mux, input_goes_to_the_first_front_end)
{
    TYPE("hello\x03\x04\xff");
    expect_in(0, "hello\x03\x04\xff");
    expect_in(1, "");
}

Test(mux, all_front_ends_write)
{
    put(0, "console\n");
    put(1, "monitor\n");
    expect_out("console\nmonitor\n");
}

Test(mux, ctrl_a_c_switches_and_back)
{
    TYPE("a\001cb");
    expect_in(0, "a");
    expect_in(1, "b");
    cr_assert_eq(rig.front[0].focus_out, 1);
    cr_assert_eq(rig.front[1].focus_in, 1);
    TYPE("\001cd");
    expect_in(0, "ad");
    expect_in(1, "b");
    mux_set_focus(rig.mux, rig.front[1].port);
    TYPE("e");
    expect_in(1, "be");
}

Test(mux, ctrl_a_x_quits)
{
    TYPE("\001x");
    cr_assert_eq(rig.quits, 1);
    expect_in(0, "");
}

Test(mux, ctrl_a_can_be_sent)
{
    TYPE("1\001a2\001\0013");
    expect_in(0, "1\0012\0013");
}

Test(mux, ctrl_a_b_sends_a_break_to_the_focus)
{
    TYPE("\001b");
    cr_assert_eq(rig.front[0].breaks, 1);
    TYPE("\001c\001b");
    cr_assert_eq(rig.front[0].breaks, 1);
    cr_assert_eq(rig.front[1].breaks, 1);
    chardev_send_event(&rig.terminal.dev, CHARDEV_BREAK);
    cr_assert_eq(rig.front[1].breaks, 2);
}

Test(mux, other_keys_after_ctrl_a_are_swallowed)
{
    TYPE("1\001z\001s\0012\001\r3");
    expect_in(0, "13");
    expect_out("");
    cr_assert_eq(rig.quits, 0);
}

Test(mux, the_escape_may_come_in_two_pieces)
{
    TYPE("1\001");
    TYPE("x");
    cr_assert_eq(rig.quits, 1);
    expect_in(0, "1");
}

Test(mux, help_lists_every_key)
{
    static const char *const keys[] = {"C-a h ", "C-a x ", "C-a c ",
                                       "C-a b ", "C-a t ", "C-a C-a "};
    TYPE("\001h");
    size_t once = rig.terminal.out_len;
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++)
        cr_assert_not_null(strstr(rig.terminal.out, keys[i]), "%s", keys[i]);
    TYPE("\001?");
    cr_assert_eq(rig.terminal.out_len, 2 * once);
    expect_in(0, "");
}

Test(mux, ctrl_a_t_puts_the_time_before_lines)
{
    put(0, "a\nb");
    rig.now = 5 * NS_PER_SEC;
    TYPE("\001t");
    put(0, "c\n");
    rig.now += 3723 * NS_PER_SEC + 45 * (NS_PER_SEC / 1000);
    put(0, "d\n\ne");
    TYPE("\001t");
    put(0, "f\ng");
    expect_out("a\nbc\n[01:02:03.045] d\n[01:02:03.045] \n[01:02:03.045] ef\ng");
}

Test(mux, keys_work_while_the_front_end_takes_nothing)
{
    rig.front[0].room = 0;
    TYPE("typed ahead of a guest that hangs");
    TYPE("\001b\001x");
    cr_assert_eq(rig.quits, 1);
    cr_assert_eq(rig.front[0].breaks, 1);
    TYPE("\001cmonitor");
    expect_in(1, "monitor");
    rig.front[0].room = 100;
    chardev_accept(rig.front[0].port);
    expect_in(0, "typed ahead of a guest that hangs");
}

Test(mux, input_is_bounded_and_none_is_lost)
{
    static char text[50000];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('A' + i * 7 % 53);
    rig.front[0].room = 0;
    type(text, sizeof(text));
    cr_assert_gt(rig.terminal.in_len, sizeof(text) / 2, "the back end must wait");
    for (size_t step = 1; rig.front[0].in_len < sizeof(text); step = step % 97 + 1) {
        rig.front[0].room = step;
        chardev_accept(rig.front[0].port);
        cr_assert(rig.front[0].room == 0 || rig.front[0].in_len == sizeof(text));
    }
    cr_assert_arr_eq(rig.front[0].in, text, sizeof(text));
}

/* The room that was promised for one front end must do for another. */
Test(mux, switching_in_the_middle_of_much_input)
{
    static char text[20000];
    memset(text, 'x', sizeof(text));
    rig.front[0].room = rig.front[1].room = 0;
    for (size_t i = 0; i + 1 < sizeof(text); i += 1000)
        memcpy(text + i, "\001c", 2);
    type(text, sizeof(text));
    for (unsigned i = 0; rig.terminal.in_len; i ^= 1) {
        rig.front[i].room = 100;
        chardev_accept(rig.front[i].port);
    }
    for (unsigned i = 0; i < 2; i++) {
        rig.front[i].room = sizeof(text);
        chardev_accept(rig.front[i].port);
        cr_assert_eq(rig.front[i].in_len, sizeof(text) / 2 - 20);
    }
}

Test(mux, refused_output_is_offered_again)
{
    rig.terminal.out_limit = 4;
    cr_assert_eq(chardev_write(rig.front[0].port, "123456", 6), 4);
    cr_assert_eq(chardev_write(rig.front[0].port, "56", 2), 0);
    chardev_write_all(rig.front[1].port, "!", 1);
    chardev_writable(&rig.terminal.dev);
    cr_assert_eq(rig.front[0].writables, 1);
    cr_assert_eq(rig.front[1].writables, 0, "it was not refused");
    rig.terminal.out_limit = 100;
    put(0, "56");
    expect_out("1234!56");
    chardev_writable(&rig.terminal.dev);
    cr_assert_eq(rig.front[0].writables, 1);
}

Test(mux, refused_output_with_times)
{
    TYPE("\001t");
    put(0, "\n");
    rig.terminal.out_limit = 17;
    cr_assert_eq(chardev_write(rig.front[0].port, "abc\n", 4), 1);
    rig.terminal.out_limit = 100;
    put(0, "bc\n");
    expect_out("\n[00:00:00.000] abc\n");
}
