/*
 * virtio-console through its queues (VIRTIO 1.2, 5.3), on a back end that takes as
 * much as the test says.
 */
#include "devices/virtio_console.h"
#include "tests/unit/virtio_rig.h"

enum { SIZE = 8, RX = 0, TX = 1 };

struct line {
    struct chardev dev;
    char text[64]; /* what was written */
    size_t len, capacity;
    unsigned accepts;
};

static struct line line, other;
static struct virtio *v;
static struct rig *r;

static size_t write_line(struct chardev *c, const u8 *data, size_t len, bool must)
{
    struct line *l = container_of(c, struct line, dev);
    size_t some = l->capacity < len ? l->capacity : len;
    memcpy(l->text + l->len, data, some);
    l->len += some;
    l->capacity -= some;
    return some;
}

static void accept_line(struct chardev *c)
{
    container_of(c, struct line, dev)->accepts++;
}

static const struct chardev_ops line_ops = {.write = write_line, .accept = accept_line};

static void set_up(void)
{
    line = (struct line){.dev = {.ops = &line_ops}, .capacity = sizeof(line.text)};
    other = (struct line){.dev = {.ops = &line_ops, .absent = true}, .capacity = 64};
    const struct virtio_console_port port[] = {
        {.present = true, .console = true, .backend = &line.dev},
        {.present = false},
        {.present = true, .name = "org.example.port", .backend = &other.dev},
    };
    v = virtio_console_create(port, ARRAY_LEN(port));
    r = rig_create(v, false);
    rig_start(r, 0, 2, SIZE);
}

static void tear_down(void)
{
    virtio_console_destroy(v);
    rig_destroy(r);
}

TestSuite(virtio_console, .init = set_up, .fini = tear_down);

static void transmit(u16 head, const char *text)
{
    u64 at = RIG_DATA + 0x100 * head;
    memcpy(rig_at(r, at), text, strlen(text));
    rig_desc(r, TX, head, at, (u32)strlen(text), 0, 0);
    rig_offer(r, TX, head);
    rig_notify(r, TX);
}

Test(virtio_console, output)
{
    u32 len;
    cr_assert_eq(rig_get(r, R_DEVICE), 3);
    transmit(0, "hello");
    cr_assert_eq(memcmp(line.text, "hello", 6), 0);
    cr_assert_eq(rig_used(r, TX, &len), 0);
    cr_assert_eq(len, 0);
}

Test(virtio_console, output_waits_for_room)
{
    u32 len;
    line.capacity = 3;
    transmit(0, "hello");
    transmit(1, "world");
    cr_assert_eq(rig_used(r, TX, &len), -1);
    line.capacity = 4;
    chardev_writable(&line.dev);
    cr_assert_eq(rig_used(r, TX, &len), 0);
    cr_assert_eq(rig_used(r, TX, &len), -1);
    line.capacity = 40;
    chardev_writable(&line.dev);
    cr_assert_eq(rig_used(r, TX, &len), 1);
    cr_assert_eq(memcmp(line.text, "helloworld", 11), 0);
}

Test(virtio_console, reset_forgets_what_waits)
{
    u32 len;
    line.capacity = 3;
    transmit(0, "hello");
    rig_start(r, 0, 2, SIZE);
    line.capacity = 40;
    chardev_writable(&line.dev);
    cr_assert_eq(line.len, 3);
    transmit(0, "HELLO");
    cr_assert_eq(rig_used(r, TX, &len), 0);
    cr_assert_eq(memcmp(line.text, "helHELLO", 9), 0);
}

Test(virtio_console, input)
{
    u32 len;
    cr_assert_eq(chardev_room(&line.dev), 0);
    rig_desc(r, RX, 0, RIG_DATA, 4, D_WRITE, 0);
    rig_offer(r, RX, 0);
    rig_notify(r, RX);
    cr_assert_eq(line.accepts, 1);
    cr_assert_eq(chardev_room(&line.dev), 4);
    cr_assert_eq(chardev_room(&line.dev), 4);
    chardev_receive(&line.dev, (const u8 *)"abc", 3);
    cr_assert_eq(rig_used(r, RX, &len), 0);
    cr_assert_eq(len, 3);
    cr_assert_eq(memcmp(rig_at(r, RIG_DATA), "abc", 4), 0);
    cr_assert_eq(chardev_room(&line.dev), 0);
    rig_put(r, R_STATUS, 0);
    cr_assert_eq(chardev_room(&line.dev), 0);
}

/* --- several ports: VIRTIO 1.2, 5.3.6.2 ------------------------------------------- */

enum {
    F_MULTIPORT = 1,
    CONTROL_RX = 2,
    CONTROL_TX = 3,
    RX2 = 6, /* of port 2 */
    TX2 = 7,
    DEVICE_READY = 0,
    PORT_ADD = 1,
    PORT_READY = 3,
    CONSOLE_PORT = 4,
    OPEN = 6,
    NAME = 7,
};

/* Tell the device; the message is at a place of its own. */
static void tell(u32 id, u16 event, u16 value)
{
    u32 len;
    u64 at = RIG_DATA + 0x1000;
    memcpy(rig_at(r, at), &id, 4);
    memcpy(rig_at(r, at + 4), &event, 2);
    memcpy(rig_at(r, at + 6), &value, 2);
    rig_desc(r, CONTROL_TX, 0, at, 8, 0, 0);
    rig_offer(r, CONTROL_TX, 0);
    rig_notify(r, CONTROL_TX);
    cr_assert_eq(rig_used(r, CONTROL_TX, &len), 0);
}

static u64 buffer(u16 i)
{
    return RIG_DATA + 0x2000 + 0x40 * i;
}

static void offer_buffers(u32 len)
{
    for (u16 i = 0; i < SIZE; i++) {
        rig_desc(r, CONTROL_RX, i, buffer(i), len, D_WRITE, 0);
        rig_offer(r, CONTROL_RX, i);
    }
    rig_notify(r, CONTROL_RX);
}

/* The next message from the device is this, with TEXT behind it. */
static void expect_message(u32 id, u16 event, u16 value, const char *text)
{
    u32 len, got_id;
    u16 got[2];
    int i = rig_used(r, CONTROL_RX, &len);
    cr_assert_geq(i, 0, "event %u: no message", event);
    cr_assert_eq(len, 8 + strlen(text));
    memcpy(&got_id, rig_at(r, buffer((u16)i)), 4);
    memcpy(got, rig_at(r, buffer((u16)i) + 4), 4);
    cr_assert(got_id == id && got[0] == event && got[1] == value,
              "port %u, event %u, value %u in place of %u, %u, %u", got_id, got[0], got[1], id,
              event, value);
    cr_assert_eq(memcmp(rig_at(r, buffer((u16)i) + 8), text, strlen(text)), 0);
}

static void expect_no_message(void)
{
    u32 len;
    cr_assert_eq(rig_used(r, CONTROL_RX, &len), -1);
}

static void start_ports(void)
{
    rig_start(r, BIT(F_MULTIPORT), 8, SIZE);
    offer_buffers(0x40);
    tell(UINT32_MAX, DEVICE_READY, 1);
    expect_message(0, PORT_ADD, 1, "");
    expect_message(2, PORT_ADD, 1, "");
    expect_no_message();
}

Test(virtio_console, ports_are_told)
{
    cr_assert_eq(rig_get(r, R_CONFIG + 4), 3, "max_nr_ports");
    start_ports();
    tell(0, PORT_READY, 1);
    expect_message(0, CONSOLE_PORT, 1, "");
    expect_message(0, OPEN, 1, "");
    tell(2, PORT_READY, 1);
    expect_message(2, NAME, 1, "org.example.port");
    expect_no_message();
    chardev_send_event(&other.dev, CHARDEV_OPENED);
    expect_message(2, OPEN, 1, "");
    chardev_send_event(&other.dev, CHARDEV_CLOSED);
    expect_message(2, OPEN, 0, "");
    tell(1, PORT_READY, 1);
    tell(7, OPEN, 1);
    tell(UINT32_MAX, PORT_READY, 1);
    expect_no_message();
    chardev_send_event(&line.dev, CHARDEV_CLOSED);
    expect_no_message();
}

Test(virtio_console, messages_wait_for_buffers)
{
    rig_start(r, BIT(F_MULTIPORT), 8, SIZE);
    for (unsigned i = 0; i < 100; i++)
        tell(0, DEVICE_READY, 1);
    tell(0, PORT_READY, 1);
    offer_buffers(0x40);
    expect_message(0, PORT_ADD, 1, "");
    expect_message(0, CONSOLE_PORT, 1, "");
    expect_message(0, OPEN, 1, "");
    expect_message(2, PORT_ADD, 1, "");
    expect_no_message();
    tell(0, DEVICE_READY, 1);
    rig_start(r, BIT(F_MULTIPORT), 8, SIZE);
    offer_buffers(0x40);
    expect_no_message();
    offer_buffers(7);
    rig_start(r, BIT(F_MULTIPORT), 8, SIZE);
    offer_buffers(7);
    tell(0, DEVICE_READY, 1);
    cr_assert(rig_get(r, R_STATUS) & S_NEEDS_RESET);
}

Test(virtio_console, ports_carry_what_is_theirs)
{
    u32 len;
    start_ports();
    rig_desc(r, RX2, 0, RIG_DATA, 4, D_WRITE, 0);
    rig_offer(r, RX2, 0);
    rig_notify(r, RX2);
    cr_assert_eq(chardev_room(&other.dev), 0, "the guest has not opened it");
    tell(2, OPEN, 1);
    cr_assert_eq(other.accepts, 2);
    cr_assert_eq(chardev_room(&other.dev), 4);
    cr_assert_eq(chardev_room(&line.dev), 0);
    chardev_receive(&other.dev, (const u8 *)"abc", 3);
    cr_assert_eq(rig_used(r, RX2, &len), 0);
    cr_assert_eq(memcmp(rig_at(r, RIG_DATA), "abc", 3), 0);
    memcpy(rig_at(r, RIG_DATA + 0x100), "hello", 5);
    rig_desc(r, TX2, 0, RIG_DATA + 0x100, 5, 0, 0);
    rig_offer(r, TX2, 0);
    rig_notify(r, TX2);
    cr_assert_eq(memcmp(other.text, "hello", 5), 0);
    cr_assert_eq(line.len, 0);
    tell(2, OPEN, 0);
    rig_desc(r, RX2, 1, RIG_DATA, 4, D_WRITE, 0);
    rig_offer(r, RX2, 1);
    cr_assert_eq(chardev_room(&other.dev), 0);
}
