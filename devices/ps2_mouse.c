/*
 * The mouse (ps2_mouse.h): reports and commands.
 */
#include "devices/ps2_mouse.h"

#include <string.h>

enum command {
    SCALING_1_1 = 0xe6,
    SCALING_2_1 = 0xe7,
    SET_RESOLUTION = 0xe8,
    STATUS = 0xe9,
    STREAM_MODE = 0xea,
    READ_DATA = 0xeb,
    RESET_WRAP = 0xec,
    SET_WRAP = 0xee,
    REMOTE_MODE = 0xf0,
    READ_ID = 0xf2,
    SET_RATE = 0xf3,
    ENABLE = 0xf4,
    DISABLE = 0xf5,
    SET_DEFAULT = 0xf6,
    RESET = 0xff,
};

enum { ID_PLAIN = 0, ID_WHEEL = 3, ID_EXPLORER = 4, RATE_DEFAULT = 100, RESOLUTION_DEFAULT = 2 };

/* A report's first byte. */
enum { REPORT_ALWAYS = 1 << 3, REPORT_X_SIGN = 1 << 4, REPORT_Y_SIGN = 1 << 5 };

static s32 clamp(s32 v, s32 low, s32 high)
{
    return v < low ? low : v > high ? high : v;
}

/* In stream mode 2:1 makes slow movements slower and fast ones faster. */
static s32 scale(const struct ps2_mouse *m, s32 v)
{
    static const s8 slow[] = {0, 1, 1, 3, 6, 9};
    s32 size = v < 0 ? -v : v;
    if (!m->scaled || m->remote)
        return v;
    size = size < (s32)ARRAY_LEN(slow) ? slow[size] : 2 * size;
    return clamp(v < 0 ? -size : size, -256, 255);
}

/* Make a report of what has gathered, as much of it as one can hold. */
static unsigned make_report(struct ps2_mouse *m, u8 to[4])
{
    s32 dx = clamp(m->dx, -256, 255), dy = clamp(m->dy, -256, 255), wheel = clamp(m->wheel, -8, 7);
    m->dx -= dx;
    m->dy -= dy;
    m->wheel = m->id == ID_PLAIN ? 0 : m->wheel - wheel;
    m->reported = m->buttons;
    dx = scale(m, dx);
    dy = scale(m, dy);
    to[0] = (u8)((m->buttons & 7) | REPORT_ALWAYS | (dx < 0 ? REPORT_X_SIGN : 0) |
                 (dy < 0 ? REPORT_Y_SIGN : 0));
    to[1] = (u8)dx;
    to[2] = (u8)dy;
    /* The wheel counts towards the user. */
    to[3] = m->id == ID_EXPLORER ? (u8)((-wheel & 0xf) | (m->buttons & 0x18) << 1) : (u8)-wheel;
    return m->id == ID_PLAIN ? 3 : 4;
}

static bool has_news(const struct ps2_mouse *m)
{
    return m->dx || m->dy || m->wheel || m->buttons != m->reported;
}

/* Report now if that is allowed; else the alarm or the host's taking brings us back here. */
static void stream(struct ps2_mouse *m)
{
    u8 report[4];
    if (!m->enabled || m->remote || m->wrap || m->ps2.events.count || m->report.set || !has_news(m))
        return;
    ps2_event(&m->ps2, report, make_report(m, report));
    clock_set_alarm(m->clock, &m->report, clock_now(m->clock) + NS_PER_SEC / m->rate);
}

static void report_due(void *owner)
{
    stream(owner);
}

static void taken(struct ps2 *p)
{
    stream(container_of(p, struct ps2_mouse, ps2));
}

static void add(s32 *to, s32 delta)
{
    enum { FAR = 1 << 20 }; /* what a host that never looks misses */
    *to = clamp(*to + clamp(delta, -FAR, FAR), -FAR, FAR);
}

static void move(void *owner, s32 dx, s32 dy, s32 wheel)
{
    struct ps2_mouse *m = owner;
    add(&m->dx, dx);
    add(&m->dy, -dy);
    add(&m->wheel, wheel);
    stream(m);
}

static void button(void *owner, enum input_button button, bool down)
{
    struct ps2_mouse *m = owner;
    m->buttons = (u8)(down ? m->buttons | 1u << button : m->buttons & ~(1u << button));
    stream(m);
}

static void forget(struct ps2_mouse *m)
{
    m->dx = m->dy = m->wheel = 0;
    m->reported = m->buttons;
    clock_cancel_alarm(m->clock, &m->report);
    ps2_clear(&m->ps2);
}

static void set_default(struct ps2_mouse *m)
{
    forget(m);
    m->rate = RATE_DEFAULT;
    m->resolution = RESOLUTION_DEFAULT;
    m->scaled = m->remote = m->wrap = m->enabled = false;
}

/* 200, 100, 80 in a row asks for the wheel; then 200, 200, 80 for two more buttons. */
static void set_rate(struct ps2_mouse *m, u8 rate)
{
    static const u8 wheel[] = {200, 100, 80}, explorer[] = {200, 200, 80};
    m->rate = rate;
    m->rates[0] = m->rates[1];
    m->rates[1] = m->rates[2];
    m->rates[2] = rate;
    if (memcmp(m->rates, wheel, sizeof(wheel)) == 0)
        m->id = ID_WHEEL;
    else if (m->id == ID_WHEEL && memcmp(m->rates, explorer, sizeof(explorer)) == 0)
        m->id = ID_EXPLORER;
}

static bool is_rate(u8 rate)
{
    static const u8 rates[] = {10, 20, 40, 60, 80, 100, 200};
    return memchr(rates, rate, sizeof(rates)) != NULL;
}

static void take_argument(struct ps2_mouse *m, u8 command, u8 byte)
{
    if (command == SET_RATE ? !is_rate(byte) : byte > 3) {
        ps2_answer(&m->ps2, PS2_RESEND);
        return;
    }
    if (command == SET_RATE)
        set_rate(m, byte);
    else
        m->resolution = byte;
    ps2_answer(&m->ps2, PS2_ACK);
}

static void answer_status(struct ps2_mouse *m)
{
    /* Right, middle, left; 2:1; enabled; remote. */
    u8 status =
        (u8)(bit(m->buttons, INPUT_RIGHT) | bit(m->buttons, INPUT_MIDDLE) << 1 |
             bit(m->buttons, INPUT_LEFT) << 2 | m->scaled << 4 | m->enabled << 5 | m->remote << 6);
    const u8 bytes[] = {PS2_ACK, status, m->resolution, m->rate};
    ps2_answer_all(&m->ps2, bytes, sizeof(bytes));
}

static void answer_report(struct ps2_mouse *m)
{
    u8 report[4];
    unsigned n = make_report(m, report);
    ps2_answer(&m->ps2, PS2_ACK);
    ps2_answer_all(&m->ps2, report, n);
}

/* The modes a command sets, and its effect on what has gathered. */
static bool set_mode(struct ps2_mouse *m, u8 command)
{
    switch (command) {
    case SCALING_1_1:
    case SCALING_2_1:
        m->scaled = command == SCALING_2_1;
        return true;
    case STREAM_MODE:
    case REMOTE_MODE:
        m->remote = command == REMOTE_MODE;
        break;
    case RESET_WRAP:
    case SET_WRAP:
        m->wrap = command == SET_WRAP;
        break;
    case ENABLE:
    case DISABLE:
        m->enabled = command == ENABLE;
        break;
    case SET_DEFAULT:
        set_default(m);
        break;
    case RESET:
        set_default(m);
        m->id = ID_PLAIN;
        break;
    default:
        return false;
    }
    forget(m);
    return true;
}

static void obey(struct ps2_mouse *m, u8 byte)
{
    const u8 after_reset[] = {PS2_BAT_PASSED, ID_PLAIN};
    if (set_mode(m, byte)) {
        ps2_answer(&m->ps2, PS2_ACK);
        if (byte == RESET)
            ps2_answer_all(&m->ps2, after_reset, sizeof(after_reset));
    } else if (byte == STATUS) {
        answer_status(m);
    } else if (byte == READ_DATA) {
        answer_report(m);
    } else if (byte == READ_ID) {
        ps2_answer(&m->ps2, PS2_ACK);
        ps2_answer(&m->ps2, m->id);
    } else if (byte == SET_RATE || byte == SET_RESOLUTION) {
        m->argument_of = byte;
        ps2_answer(&m->ps2, PS2_ACK);
    } else {
        ps2_answer(&m->ps2, byte == PS2_RESEND ? m->ps2.last : PS2_RESEND);
    }
}

static void receive(struct ps2 *p, u8 byte)
{
    struct ps2_mouse *m = container_of(p, struct ps2_mouse, ps2);
    u8 command = m->argument_of;
    m->argument_of = 0;
    if (command && byte < SCALING_1_1)
        take_argument(m, command, byte);
    else if (m->wrap && byte != RESET && byte != RESET_WRAP)
        ps2_answer(p, byte);
    else
        obey(m, byte);
}

static void reset(struct ps2 *p)
{
    struct ps2_mouse *m = container_of(p, struct ps2_mouse, ps2);
    set_default(m);
    m->id = ID_PLAIN;
    m->argument_of = 0;
    memset(m->rates, 0, sizeof(m->rates));
}

void ps2_mouse_init(struct ps2_mouse *m, struct clock *clock, struct input *input)
{
    static const struct input_ops movements = {.move = move, .button = button};
    *m = (struct ps2_mouse){
        .ps2 = {.receive = receive, .taken = taken, .reset = reset},
        .clock = clock,
        .device = {.ops = &movements, .owner = m},
        .report = {.fire = report_due, .owner = m},
    };
    reset(&m->ps2);
    input_connect(input, &m->device);
}

void ps2_mouse_destroy(struct ps2_mouse *m)
{
    clock_cancel_alarm(m->clock, &m->report);
}
