/*
 * virtio-keyboard, -mouse and -tablet (virtio_input.h; VIRTIO 1.2, 5.8). What the
 * user did waits here until the driver has given buffers for it; event types and
 * codes are those of Linux's input-event-codes.h. Every call by the input becomes
 * a group of events that ends with a SYN_REPORT, and is kept or lost as a whole.
 */
#include "devices/virtio_input.h"

#include <stdlib.h>
#include <string.h>

enum { EVENTQ, STATUSQ, QUEUES, QUEUE_SIZE = 64 };

/* 5.8.4: what `select` asks for. */
enum {
    CFG_UNSET = 0x00,
    CFG_ID_NAME = 0x01,
    CFG_ID_SERIAL = 0x02,
    CFG_ID_DEVIDS = 0x03,
    CFG_PROP_BITS = 0x10,
    CFG_EV_BITS = 0x11,
    CFG_ABS_INFO = 0x12,
};

/* Types of events, and codes of each. */
enum {
    EV_SYN = 0x00,
    EV_KEY = 0x01,
    EV_REL = 0x02,
    EV_ABS = 0x03,
    EV_LED = 0x11,
    EV_REP = 0x14,
    SYN_REPORT = 0,
    BTN_LEFT = 0x110,
    BTN_RIGHT = 0x111,
    BTN_MIDDLE = 0x112,
    BTN_SIDE = 0x113,
    BTN_EXTRA = 0x114,
    REL_X = 0,
    REL_Y = 1,
    REL_WHEEL = 8,
    ABS_X = 0,
    ABS_Y = 1,
    LED_NUML = 0,
    LED_CAPSL = 1,
    LED_SCROLLL = 2,
    REP_DELAY = 0,
    REP_PERIOD = 1,
    PROP_POINTER = 0,
};

/* As those of QEMU, which hardware databases know. */
enum { BUS_VIRTUAL = 0x06, VENDOR = 0x0627, VERSION = 1 };

struct config {
    u8 select, subsel, size, reserved[5];
    union {
        u8 bytes[128];
        u16 ids[4];
        struct {
            u32 min, max, fuzz, flat, res;
        } abs;
    };
};
_Static_assert(sizeof(struct config) == 136, "as in guest memory");
_Static_assert(VIRTIO_INPUT_SERIAL <= sizeof((struct config){0}.bytes), "it fits");

struct event {
    u16 type, code;
    u32 value;
};
_Static_assert(sizeof(struct event) == 8, "as in guest memory");

/* Movements leave the second half of what waits to keys, none of which may get stuck. */
enum { WAITING = 512, GROUP = 4 };

struct virtio_input {
    struct virtio virtio;
    struct config config;
    const struct kind *kind;
    char serial[VIRTIO_INPUT_SERIAL];
    struct input *input;
    struct input_device device;
    u8 leds;
    struct event waiting[WAITING];
    unsigned first, count;
    struct virtq_chain chain;
};

/* Codes of one type of event that a device can say, or be told. */
struct codes {
    u8 type, count;
    u16 code[INPUT_BUTTONS];
};

struct kind {
    const char *name;
    u16 product;
    bool pointer, keys;
    struct codes codes[3];
    struct input_ops input;
};

static const u16 button_codes[INPUT_BUTTONS] = {
    [INPUT_LEFT] = BTN_LEFT, [INPUT_RIGHT] = BTN_RIGHT, [INPUT_MIDDLE] = BTN_MIDDLE,
    [INPUT_SIDE] = BTN_SIDE, [INPUT_EXTRA] = BTN_EXTRA,
};

/* --- events ------------------------------------------------------------------ */

static void flush(struct virtio_input *v)
{
    struct virtqueue *q = &v->virtio.queue[EVENTQ];
    bool pushed = false;
    while (v->count && virtqueue_pop(q, &v->chain)) {
        const struct event *e = &v->waiting[v->first];
        if (virtq_write(v->virtio.bus, &v->chain, 0, e, sizeof(*e)) < sizeof(*e)) {
            virtio_broken(&v->virtio, "a buffer too small for an event");
            return;
        }
        virtqueue_push(q, v->chain.head, sizeof(*e));
        v->first = (v->first + 1) % WAITING;
        v->count--;
        pushed = true;
    }
    if (pushed)
        virtio_notify(&v->virtio, EVENTQ);
}

/* The COUNT events at E, fewer than GROUP, and the end of a group. */
static void say(struct virtio_input *v, const struct event *e, unsigned count)
{
    static const struct event end = {EV_SYN, SYN_REPORT, 0};
    unsigned limit = e->type == EV_KEY ? WAITING : WAITING / 2;
    if (v->count + GROUP > limit)
        return;
    for (unsigned i = 0; i <= count; i++)
        v->waiting[(v->first + v->count++) % WAITING] = i < count ? e[i] : end;
    flush(v);
}

static void say_key(void *owner, const struct key *key, bool down)
{
    say(owner, &(struct event){EV_KEY, key->code, down}, 1);
}

static void say_button(void *owner, enum input_button button, bool down)
{
    say(owner, &(struct event){EV_KEY, button_codes[button], down}, 1);
}

static void say_move(void *owner, s32 dx, s32 dy, s32 wheel)
{
    struct event e[3];
    unsigned n = 0;
    if (dx)
        e[n++] = (struct event){EV_REL, REL_X, (u32)dx};
    if (dy)
        e[n++] = (struct event){EV_REL, REL_Y, (u32)dy};
    if (wheel)
        e[n++] = (struct event){EV_REL, REL_WHEEL, (u32)wheel};
    say(owner, e, n);
}

/* Only its wheel moves. */
static void say_wheel(void *owner, s32 dx, s32 dy, s32 wheel)
{
    if (wheel)
        say_move(owner, 0, 0, wheel);
}

static void say_point(void *owner, u32 x, u32 y)
{
    const struct event e[] = {{EV_ABS, ABS_X, x}, {EV_ABS, ABS_Y, y}};
    say(owner, e, ARRAY_LEN(e));
}

#define BUTTONS                                                                                    \
    {                                                                                              \
        BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_SIDE, BTN_EXTRA                                       \
    }

static const struct kind kinds[] = {
    [VIRTIO_KEYBOARD] =
        {
            .name = "mini-a64 virtio keyboard",
            .product = 1,
            .keys = true,
            .codes = {{EV_LED, 3, {LED_NUML, LED_CAPSL, LED_SCROLLL}},
                      {EV_REP, 2, {REP_DELAY, REP_PERIOD}}},
            .input = {.key = say_key},
        },
    [VIRTIO_MOUSE] =
        {
            .name = "mini-a64 virtio mouse",
            .product = 2,
            .pointer = true,
            .codes = {{EV_KEY, INPUT_BUTTONS, BUTTONS}, {EV_REL, 3, {REL_X, REL_Y, REL_WHEEL}}},
            .input = {.move = say_move, .button = say_button},
        },
    [VIRTIO_TABLET] =
        {
            .name = "mini-a64 virtio tablet",
            .product = 3,
            .pointer = true,
            .codes = {{EV_KEY, INPUT_BUTTONS, BUTTONS},
                      {EV_REL, 1, {REL_WHEEL}},
                      {EV_ABS, 2, {ABS_X, ABS_Y}}},
            .input = {.move = say_wheel, .button = say_button, .point = say_point},
        },
};

/* --- configuration ----------------------------------------------------------- */

static void set_text(struct config *c, const char *text, size_t most)
{
    size_t len = strnlen(text, most);
    memcpy(c->bytes, text, len);
    c->size = (u8)len;
}

/* A bitmap is as long as its last byte that is not zero. */
static void set_bit(struct config *c, unsigned n)
{
    c->bytes[n / 8] |= (u8)(1u << n % 8);
    if (c->size < n / 8 + 1)
        c->size = (u8)(n / 8 + 1);
}

static void set_event_bits(struct config *c, const struct kind *kind)
{
    for (unsigned code = 0; code < KEY_CODE_COUNT && kind->keys && c->subsel == EV_KEY; code++)
        if (key_by_code(code))
            set_bit(c, code);
    for (unsigned i = 0; i < ARRAY_LEN(kind->codes); i++)
        for (unsigned n = 0; kind->codes[i].type == c->subsel && n < kind->codes[i].count; n++)
            set_bit(c, kind->codes[i].code[n]);
}

/* 5.8.5.2: what there is no answer to has size zero. */
static void configured(void *dev)
{
    struct virtio_input *v = dev;
    struct config *c = &v->config;
    c->size = 0;
    memset(c->bytes, 0, sizeof(c->bytes));
    if (c->select == CFG_EV_BITS) {
        set_event_bits(c, v->kind);
    } else if (c->select == CFG_ABS_INFO && v->kind->input.point && c->subsel <= ABS_Y) {
        c->abs.max = INPUT_POINT_MAX;
        c->size = sizeof(c->abs);
    } else if (c->subsel) {
        return;
    } else if (c->select == CFG_ID_NAME) {
        set_text(c, v->kind->name, sizeof(c->bytes));
    } else if (c->select == CFG_ID_SERIAL) {
        set_text(c, v->serial, sizeof(v->serial));
    } else if (c->select == CFG_ID_DEVIDS) {
        const u16 ids[] = {BUS_VIRTUAL, VENDOR, v->kind->product, VERSION};
        memcpy(c->ids, ids, sizeof(ids));
        c->size = sizeof(ids);
    } else if (c->select == CFG_PROP_BITS && v->kind->pointer) {
        set_bit(c, PROP_POINTER);
    }
}

/* --- the driver -------------------------------------------------------------- */

/* It says what is to be lit; all else (how keys repeat) is its own affair. */
static void take_status(struct virtio_input *v, const struct event *e)
{
    static const u8 leds[] = {
        [LED_NUML] = INPUT_LED_NUM,
        [LED_CAPSL] = INPUT_LED_CAPS,
        [LED_SCROLLL] = INPUT_LED_SCROLL,
    };
    if (!v->kind->keys || e->type != EV_LED || e->code >= ARRAY_LEN(leds))
        return;
    v->leds = (u8)(e->value ? v->leds | leds[e->code] : v->leds & ~leds[e->code]);
    input_light(v->input, v->leds);
}

static void notify(void *dev, unsigned queue)
{
    struct virtio_input *v = dev;
    struct event e;
    if (queue == EVENTQ) {
        flush(v);
        return;
    }
    while (virtqueue_pop(&v->virtio.queue[queue], &v->chain)) {
        if (virtq_read(&v->chain, 0, &e, sizeof(e)) == sizeof(e))
            take_status(v, &e);
        virtqueue_push(&v->virtio.queue[queue], v->chain.head, 0);
    }
    virtio_notify(&v->virtio, queue);
}

static void ready(void *dev)
{
    struct virtio_input *v = dev;
    input_disconnect(v->input, &v->device); /* a driver may say DRIVER_OK again */
    input_connect(v->input, &v->device);
}

static void reset(void *dev)
{
    struct virtio_input *v = dev;
    input_disconnect(v->input, &v->device);
    v->count = 0;
    v->config.select = v->config.subsel = CFG_UNSET;
    configured(v);
    if (v->leds)
        input_light(v->input, 0);
    v->leds = 0;
}

static const struct virtio_ops ops = {
    .name = "virtio-input",
    .id = VIRTIO_ID_INPUT,
    .modern = true,
    .queues = QUEUES,
    .queue_size = QUEUE_SIZE,
    .notify = notify,
    .ready = ready,
    .configured = configured,
    .reset = reset,
};

struct virtio *virtio_input_create(enum virtio_input_kind kind, struct input *input,
                                   const char *serial)
{
    struct virtio_input *v = calloc(1, sizeof(*v));
    if (!v || !virtio_init(&v->virtio, &ops, v, (u8 *)&v->config, sizeof(v->config))) {
        free(v);
        return NULL;
    }
    v->kind = &kinds[kind];
    v->input = input;
    v->device = (struct input_device){.ops = &v->kind->input, .owner = v, .rank = ++input->ranks};
    v->virtio.writable_end = offsetof(struct config, size);
    if (serial)
        memcpy(v->serial, serial, strnlen(serial, sizeof(v->serial)));
    return &v->virtio;
}

void virtio_input_destroy(struct virtio *virtio)
{
    struct virtio_input *v = container_of(virtio, struct virtio_input, virtio);
    input_disconnect(v->input, &v->device);
    virtio_destroy(virtio);
    free(v);
}
