/*
 * virtio-input through its registers and queues (VIRTIO 1.2, 5.8). Event types and
 * codes are those of Linux's input-event-codes.h, from the host's own copy of it.
 */
#include <linux/input.h>
#include <linux/virtio_input.h>

#include "devices/virtio_input.h"
#include "tests/unit/virtio_rig.h"

enum { SIZE = 64, EVENTQ = 0, STATUSQ = 1, SELECT = 0, SUBSEL = 1, LENGTH = 2, UNION = 8 };

struct other {
    unsigned keys, moves;
};

static struct input in;
static struct other board;
static struct virtio *v;
static struct rig *r;

static void board_key(void *owner, const struct key *key, bool down)
{
    board.keys++;
}

static void board_move(void *owner, s32 dx, s32 dy, s32 wheel)
{
    board.moves++;
}

static void board_button(void *owner, enum input_button button, bool down)
{
}

static const struct input_ops board_ops = {
    .key = board_key, .move = board_move, .button = board_button};
static struct input_device board_device = {.ops = &board_ops};

static void set_up(void)
{
    in = (struct input){0};
    board = (struct other){0};
    input_connect(&in, &board_device);
}

static void plug(enum virtio_input_kind kind)
{
    v = virtio_input_create(kind, &in, "one");
    r = rig_create(v, true); /* its slot is of version 2 all the same */
    r->legacy = false;
}

static void unplug(void)
{
    virtio_input_destroy(v);
    rig_destroy(r);
}

TestSuite(virtio_input, .init = set_up);

/* The event queue with COUNT buffers in it. */
static void give_buffers(u16 count)
{
    for (u16 i = 0; i < count; i++) {
        rig_desc(r, EVENTQ, i, RIG_DATA + 8 * i, 8, D_WRITE, 0);
        rig_offer(r, EVENTQ, i);
    }
    rig_notify(r, EVENTQ);
}

static void start(u16 buffers)
{
    rig_start(r, 0, 2, SIZE);
    give_buffers(buffers);
}

static void expect(u16 type, u16 code, s32 value)
{
    u32 len;
    int head = rig_used(r, EVENTQ, &len);
    cr_assert_geq(head, 0);
    cr_assert_eq(len, 8);
    u64 at = RIG_DATA + 8 * (u64)head;
    cr_assert_eq(rig_load(r, at, 2), type);
    cr_assert_eq(rig_load(r, at + 2, 2), code);
    cr_assert_eq((s32)rig_load(r, at + 4, 4), value);
}

static void expect_none(void)
{
    u32 len;
    cr_assert_eq(rig_used(r, EVENTQ, &len), -1);
}

static void expect_sync(void)
{
    expect(EV_SYN, SYN_REPORT, 0);
}

static u8 config_byte(u64 at)
{
    u64 value;
    cr_assert_eq(bus_read(&r->bus, RIG_SLOT + R_CONFIG + at, 1, &value), BUS_OK);
    return (u8)value;
}

/* Select, and return how long the answer is. */
static unsigned ask(u8 select, u8 subsel)
{
    bus_write(&r->bus, RIG_SLOT + R_CONFIG + SELECT, 1, select);
    bus_write(&r->bus, RIG_SLOT + R_CONFIG + SUBSEL, 1, subsel);
    return config_byte(LENGTH);
}

static u32 answer_word(unsigned i)
{
    return rig_get(r, R_CONFIG + UNION + 4 * i);
}

static bool answer_bit(unsigned i)
{
    return config_byte(UNION + i / 8) >> i % 8 & 1;
}

static unsigned answer_bits(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < 1024; i++)
        n += answer_bit(i);
    return n;
}

Test(virtio_input, identity)
{
    char name[129] = "";
    plug(VIRTIO_KEYBOARD);
    cr_assert_eq(rig_get(r, R_DEVICE), 18);
    cr_assert_eq(rig_get(r, R_VERSION), 2);
    unsigned len = ask(VIRTIO_INPUT_CFG_ID_NAME, 0);
    for (unsigned i = 0; i < len; i++)
        name[i] = (char)config_byte(UNION + i);
    cr_assert_str_eq(name, "mini-a64 virtio keyboard");
    cr_assert_eq(config_byte(UNION + len), 0);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_ID_SERIAL, 0), 3);
    cr_assert_eq(answer_word(0), 'o' | 'n' << 8 | 'e' << 16);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_ID_DEVIDS, 0), sizeof(struct virtio_input_devids));
    cr_assert_eq(answer_word(0) & 0xffff, BUS_VIRTUAL);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_PROP_BITS, 0), 0);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_ID_NAME, 1), 0);
    cr_assert_eq(ask(0x55, 0), 0);
    cr_assert_eq(answer_bits(), 0);
    /* The driver writes the two selectors and nothing else. */
    bus_write(&r->bus, RIG_SLOT + R_CONFIG + LENGTH, 1, 7);
    cr_assert_eq(config_byte(LENGTH), 0);
    cr_assert(rig_logged(r, "write of register"));
    ask(VIRTIO_INPUT_CFG_ID_NAME, 0);
    rig_start(r, 0, 2, SIZE);
    cr_assert_eq(config_byte(LENGTH), 0);
    unplug();
}

Test(virtio_input, what_a_keyboard_can_say)
{
    static const u16 some[] = {KEY_ESC, KEY_A, KEY_KPENTER, KEY_RIGHTMETA, KEY_F12, KEY_102ND};
    plug(VIRTIO_KEYBOARD);
    cr_assert_gt(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_KEY), KEY_RIGHTMETA / 8);
    for (unsigned i = 0; i < ARRAY_LEN(some); i++)
        cr_assert(answer_bit(some[i]), "%u", some[i]);
    cr_assert_not(answer_bit(KEY_RESERVED));
    cr_assert_not(answer_bit(BTN_LEFT));
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_LED), 1);
    cr_assert_eq(answer_word(0), 1 << LED_NUML | 1 << LED_CAPSL | 1 << LED_SCROLLL);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_REP), 1);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_REL), 0);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_ABS), 0);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_ABS_INFO, ABS_X), 0);
    unplug();
}

static void expect_buttons(void)
{
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_KEY), BTN_EXTRA / 8 + 1);
    for (unsigned b = BTN_LEFT; b <= BTN_EXTRA; b++)
        cr_assert(answer_bit(b));
    cr_assert_eq(answer_bits(), 5);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_PROP_BITS, 0), 1);
    cr_assert(answer_bit(INPUT_PROP_POINTER));
}

Test(virtio_input, what_a_mouse_can_say)
{
    plug(VIRTIO_MOUSE);
    expect_buttons();
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_REL), 2);
    cr_assert_eq(answer_word(0), 1 << REL_X | 1 << REL_Y | 1 << REL_WHEEL);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_ABS), 0);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_LED), 0);
    unplug();
}

Test(virtio_input, what_a_tablet_can_say)
{
    plug(VIRTIO_TABLET);
    expect_buttons();
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_REL), 2);
    cr_assert_eq(answer_word(0), 1 << REL_WHEEL);
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_EV_BITS, EV_ABS), 1);
    cr_assert_eq(answer_word(0), 1 << ABS_X | 1 << ABS_Y);
    for (u8 axis = ABS_X; axis <= ABS_Y; axis++) {
        cr_assert_eq(ask(VIRTIO_INPUT_CFG_ABS_INFO, axis), sizeof(struct virtio_input_absinfo));
        cr_assert_eq(answer_word(0), 0);
        cr_assert_eq(answer_word(1), INPUT_POINT_MAX);
    }
    cr_assert_eq(ask(VIRTIO_INPUT_CFG_ABS_INFO, ABS_Z), 0);
    unplug();
}

Test(virtio_input, keys)
{
    plug(VIRTIO_KEYBOARD);
    start(SIZE);
    input_key(&in, key_by_name("a", 1), true);
    input_key(&in, key_by_name("a", 1), true); /* it is down */
    input_key(&in, key_by_name("a", 1), false);
    input_move(&in, 1, 2, 3); /* not a keyboard's affair */
    expect(EV_KEY, KEY_A, 1);
    expect_sync();
    expect(EV_KEY, KEY_A, 0);
    expect_sync();
    expect_none();
    cr_assert(r->irq);
    cr_assert_eq(board.keys, 0);
    cr_assert_eq(board.moves, 1);
    unplug();
}

Test(virtio_input, movements_and_buttons)
{
    plug(VIRTIO_MOUSE);
    start(SIZE);
    cr_assert_not(input_is_absolute(&in));
    input_move(&in, 5, -3, 0);
    input_move(&in, 0, 0, -1);
    input_button(&in, INPUT_RIGHT, true);
    input_release(&in);
    input_point(&in, 1, 1); /* a mouse has no places */
    expect(EV_REL, REL_X, 5);
    expect(EV_REL, REL_Y, -3);
    expect_sync();
    expect(EV_REL, REL_WHEEL, -1);
    expect_sync();
    expect(EV_KEY, BTN_RIGHT, 1);
    expect_sync();
    expect(EV_KEY, BTN_RIGHT, 0);
    expect_sync();
    expect_none();
    unplug();
}

Test(virtio_input, places)
{
    plug(VIRTIO_TABLET);
    start(SIZE);
    cr_assert(input_is_absolute(&in));
    input_point(&in, 100, 99999);
    input_move(&in, 7, 7, 1);
    input_move(&in, 7, 7, 0);
    input_button(&in, INPUT_LEFT, true);
    expect(EV_ABS, ABS_X, 100);
    expect(EV_ABS, ABS_Y, INPUT_POINT_MAX);
    expect_sync();
    expect(EV_REL, REL_WHEEL, 1);
    expect_sync();
    expect(EV_KEY, BTN_LEFT, 1);
    expect_sync();
    expect_none();
    cr_assert_eq(board.moves, 0);
    unplug();
}

Test(virtio_input, events_wait_for_buffers)
{
    plug(VIRTIO_KEYBOARD);
    start(1);
    input_key(&in, key_by_name("b", 1), true);
    expect(EV_KEY, KEY_B, 1);
    expect_none();
    give_buffers(2);
    expect_sync();
    expect_none();
    unplug();
}

Test(virtio_input, a_guest_that_does_not_look_misses_movements_first)
{
    plug(VIRTIO_MOUSE);
    start(0);
    for (unsigned i = 0; i < 10000; i++)
        input_move(&in, 1, 1, 1);
    input_button(&in, INPUT_LEFT, true);
    input_button(&in, INPUT_LEFT, false);
    unsigned events = 0, presses = 0, releases = 0, syncs = 0;
    u32 len;
    int head;
    for (bool more = true; more;) {
        more = false;
        give_buffers(SIZE);
        for (; (head = rig_used(r, EVENTQ, &len)) >= 0; events++, more = true) {
            u64 e = rig_load(r, RIG_DATA + 8 * (u64)head, 8);
            presses += e == (EV_KEY | BTN_LEFT << 16 | UINT64_C(1) << 32);
            releases += e == (EV_KEY | BTN_LEFT << 16);
            syncs += e == 0;
        }
        if (!more)
            break;
        cr_assert_lt(events, 10000);
    }
    cr_assert_eq(presses, 1);
    cr_assert_eq(releases, 1);
    cr_assert_eq(events, 4 * (syncs - 2) + 4); /* no group without its end */
    unplug();
}

Test(virtio_input, lamps)
{
    plug(VIRTIO_KEYBOARD);
    start(SIZE);
    static const struct {
        u16 type, code;
        u32 value;
        u8 leds;
    } steps[] = {
        {EV_LED, LED_CAPSL, 1, INPUT_LED_CAPS},
        {EV_LED, LED_NUML, 1, INPUT_LED_CAPS | INPUT_LED_NUM},
        {EV_LED, LED_CAPSL, 0, INPUT_LED_NUM},
        {EV_LED, LED_MAX, 1, INPUT_LED_NUM},
        {EV_REP, REP_DELAY, 250, INPUT_LED_NUM},
        {EV_LED, LED_SCROLLL, 1, INPUT_LED_SCROLL | INPUT_LED_NUM},
    };
    for (u16 i = 0; i < ARRAY_LEN(steps); i++) {
        u64 at = RIG_DATA + 0x1000 + 8 * i;
        u32 len;
        rig_store(r, at, 2, steps[i].type);
        rig_store(r, at + 2, 2, steps[i].code);
        rig_store(r, at + 4, 4, steps[i].value);
        rig_desc(r, STATUSQ, i, at, 8, 0, 0);
        rig_offer(r, STATUSQ, i);
        rig_notify(r, STATUSQ);
        cr_assert_eq(rig_used(r, STATUSQ, &len), i);
        cr_assert_eq(len, 0);
        cr_assert_eq(in.leds, steps[i].leds);
    }
    rig_put(r, R_STATUS, 0);
    cr_assert_eq(in.leds, 0);
    unplug();
}

Test(virtio_input, events_are_the_boards_without_a_driver)
{
    plug(VIRTIO_KEYBOARD);
    input_key(&in, key_by_name("a", 1), true);
    cr_assert_eq(board.keys, 1);
    start(SIZE);
    cr_assert_eq(board.keys, 2); /* let go there, so that it does not repeat for ever */
    input_key(&in, key_by_name("c", 1), true);
    cr_assert_eq(board.keys, 2);
    rig_put(r, R_STATUS, 0);
    input_key(&in, key_by_name("d", 1), true);
    cr_assert_eq(board.keys, 3);
    start(SIZE);
    expect_none(); /* nothing is left of what was before */
    virtio_input_destroy(v);
    input_key(&in, key_by_name("e", 1), true);
    cr_assert_gt(board.keys, 3);
    rig_destroy(r);
}

Test(virtio_input, the_device_added_last_is_preferred)
{
    struct virtio *tablet, *mouse;
    struct rig *other;
    plug(VIRTIO_MOUSE);
    mouse = v;
    tablet = virtio_input_create(VIRTIO_TABLET, &in, NULL);
    other = rig_create(tablet, false);
    rig_start(other, 0, 2, SIZE);
    start(SIZE);
    cr_assert(input_is_absolute(&in));
    input_move(&in, 1, 1, 0);
    expect_none();
    rig_put(other, R_STATUS, 0);
    cr_assert_not(input_is_absolute(&in));
    input_move(&in, 1, 1, 0);
    expect(EV_REL, REL_X, 1);
    cr_assert_eq(board.moves, 0);
    virtio_input_destroy(tablet);
    virtio_input_destroy(mouse);
    rig_destroy(other);
    rig_destroy(r);
}

Test(virtio_input, bad_buffers)
{
    u32 len;
    plug(VIRTIO_KEYBOARD);
    start(0);
    rig_desc(r, STATUSQ, 0, RIG_DATA, 7, 0, 0);
    rig_offer(r, STATUSQ, 0);
    rig_notify(r, STATUSQ);
    cr_assert_eq(rig_used(r, STATUSQ, &len), 0);
    rig_desc(r, EVENTQ, 0, RIG_DATA, 4, D_WRITE, 0);
    rig_offer(r, EVENTQ, 0);
    rig_notify(r, EVENTQ);
    cr_assert_not(rig_is_broken(r));
    input_key(&in, key_by_name("a", 1), true);
    cr_assert(rig_is_broken(r));
    cr_assert(rig_logged(r, "too small for an event"));
    unplug();
}
