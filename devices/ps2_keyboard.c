/*
 * The keyboard (ps2_keyboard.h): scan codes, repeat, commands.
 */
#include "devices/ps2_keyboard.h"

#include <string.h>

enum command {
    SET_LEDS = 0xed,
    ECHO = 0xee,
    SCAN_CODE_SET = 0xf0,
    READ_ID = 0xf2,
    SET_TYPEMATIC = 0xf3,
    ENABLE = 0xf4,
    DEFAULT_DISABLE = 0xf5,
    SET_DEFAULT = 0xf6,
    SET_ALL_FIRST = 0xf7, /* to 0xfd: what keys send in set 3, without effect in set 2 */
    SET_ALL_LAST = 0xfa,
    SET_KEY_FIRST = 0xfb,
    SET_KEY_LAST = 0xfd,
    RESET = 0xff,
};

enum {
    BREAK = 0xf0, /* precedes a scan code: the key went up */
    EXTENDED = 0xe0,
    OVERRUN = 0x00,
    SET_2 = 2,
    TYPEMATIC_DEFAULT = 0x2b, /* 500 ms, 10.9 a second */
    NO_BREAK_FROM = 0xf1,     /* Hangul and Hanja are only said when pressed */
};

static const u8 id[] = {0xab, 0x83};
static const u8 print_down[] = {0xe0, 0x12, 0xe0, 0x7c},
                print_up[] = {0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12};
static const u8 pause_down[] = {0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77};

/* What KEY sends, into TO (8 bytes); returns how much. */
static unsigned sequence(const struct key *key, bool down, u8 to[8])
{
    unsigned n = 0;
    if (key->set2 == KEY_SET2_PRINT) {
        n = down ? sizeof(print_down) : sizeof(print_up);
        memcpy(to, down ? print_down : print_up, n);
    } else if (key->set2 == KEY_SET2_PAUSE) {
        n = down ? sizeof(pause_down) : 0;
        memcpy(to, pause_down, n);
    } else if (down || key->set2 < NO_BREAK_FROM || key->set2 > 0xff) {
        if (key->set2 >> 8)
            to[n++] = EXTENDED;
        if (!down)
            to[n++] = BREAK;
        to[n++] = (u8)key->set2;
    }
    return n;
}

static void say(struct ps2_keyboard *k, const struct key *key, bool down)
{
    u8 bytes[8];
    unsigned n = sequence(key, down, bytes), room = ps2_room(&k->ps2);
    /* The last place is for the overrun. */
    if (n < room) {
        ps2_event(&k->ps2, bytes, n);
    } else if (room && !k->overrun) {
        ps2_event(&k->ps2, &(u8){OVERRUN}, 1);
        k->overrun = true;
    }
}

static u64 delay_ns(const struct ps2_keyboard *k)
{
    return (bits(k->typematic, 6, 5) + 1) * NS_PER_SEC / 4;
}

/* (8 + A) x 2^B x 4.17 ms, where A is bits 2:0 and B bits 4:3. */
static u64 period_ns(const struct ps2_keyboard *k)
{
    return ((8 + bits(k->typematic, 2, 0)) << bits(k->typematic, 4, 3)) * 4170000;
}

static void stop_repeat(struct ps2_keyboard *k)
{
    k->held = NULL;
    clock_cancel_alarm(k->clock, &k->repeat);
}

static void repeat(void *owner)
{
    struct ps2_keyboard *k = owner;
    if (!k->held)
        return;
    if (!k->ps2.events.count) /* a host that does not listen misses repeats, not keys */
        say(k, k->held, true);
    clock_set_alarm(k->clock, &k->repeat, clock_now(k->clock) + period_ns(k));
}

static void key(void *owner, const struct key *key, bool down)
{
    struct ps2_keyboard *k = owner;
    if (!k->enabled)
        return;
    say(k, key, down);
    if (down && key->set2 != KEY_SET2_PAUSE) {
        k->held = key;
        clock_set_alarm(k->clock, &k->repeat, clock_now(k->clock) + delay_ns(k));
    } else if (k->held == key) {
        stop_repeat(k);
    }
}

static void set_default(struct ps2_keyboard *k, bool enabled)
{
    stop_repeat(k);
    ps2_clear(&k->ps2);
    k->overrun = false;
    k->typematic = TYPEMATIC_DEFAULT;
    k->enabled = enabled;
}

static void take_argument(struct ps2_keyboard *k, u8 command, u8 byte)
{
    if (command == SCAN_CODE_SET && byte > SET_2) {
        ps2_answer(&k->ps2, PS2_RESEND);
        return;
    }
    ps2_answer(&k->ps2, PS2_ACK);
    if (command == SET_LEDS)
        input_light(k->input, byte & (INPUT_LED_SCROLL | INPUT_LED_NUM | INPUT_LED_CAPS));
    else if (command == SET_TYPEMATIC)
        k->typematic = byte;
    else if (command == SCAN_CODE_SET && byte == 0)
        ps2_answer(&k->ps2, SET_2);
}

static void obey(struct ps2_keyboard *k, u8 byte)
{
    switch (byte) {
    case ECHO:
        ps2_answer(&k->ps2, ECHO);
        return;
    case PS2_RESEND:
        ps2_answer(&k->ps2, k->ps2.last);
        return;
    case SET_LEDS:
    case SCAN_CODE_SET:
    case SET_TYPEMATIC:
    case SET_KEY_FIRST ... SET_KEY_LAST:
        k->argument_of = byte;
        break;
    case DEFAULT_DISABLE:
    case SET_DEFAULT:
    case RESET:
        set_default(k, byte != DEFAULT_DISABLE);
        break;
    case ENABLE:
        ps2_clear(&k->ps2);
        k->enabled = true;
        break;
    case READ_ID:
    case SET_ALL_FIRST ... SET_ALL_LAST:
        break;
    default:
        ps2_answer(&k->ps2, PS2_RESEND);
        return;
    }
    ps2_answer(&k->ps2, PS2_ACK);
    if (byte == READ_ID)
        ps2_answer_all(&k->ps2, id, sizeof(id));
    if (byte == RESET) {
        input_light(k->input, 0);
        ps2_answer(&k->ps2, PS2_BAT_PASSED);
    }
}

static void receive(struct ps2 *p, u8 byte)
{
    struct ps2_keyboard *k = container_of(p, struct ps2_keyboard, ps2);
    u8 command = k->argument_of;
    k->argument_of = 0;
    /* A command where an argument was due is a command. */
    if (command && byte < SET_LEDS)
        take_argument(k, command, byte);
    else
        obey(k, byte);
}

static void taken(struct ps2 *p)
{
    struct ps2_keyboard *k = container_of(p, struct ps2_keyboard, ps2);
    k->overrun = k->overrun && k->ps2.events.count;
}

static void reset(struct ps2 *p)
{
    struct ps2_keyboard *k = container_of(p, struct ps2_keyboard, ps2);
    k->argument_of = 0;
    set_default(k, true);
    input_light(k->input, 0);
}

void ps2_keyboard_init(struct ps2_keyboard *k, struct clock *clock, struct input *input)
{
    static const struct input_ops keys = {.key = key};
    *k = (struct ps2_keyboard){
        .ps2 = {.receive = receive, .taken = taken, .reset = reset},
        .clock = clock,
        .input = input,
        .device = {.ops = &keys, .owner = k},
        .repeat = {.fire = repeat, .owner = k},
        .enabled = true,
        .typematic = TYPEMATIC_DEFAULT,
    };
    input_connect(input, &k->device);
}

void ps2_keyboard_destroy(struct ps2_keyboard *k)
{
    clock_cancel_alarm(k->clock, &k->repeat);
}
