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

static struct line line;
static struct virtio *v;
static struct rig *r;

static size_t write_line(struct chardev *c, const u8 *data, size_t len, bool must)
{
    size_t some = line.capacity < len ? line.capacity : len;
    memcpy(line.text + line.len, data, some);
    line.len += some;
    line.capacity -= some;
    return some;
}

static void accept_line(struct chardev *c)
{
    line.accepts++;
}

static const struct chardev_ops line_ops = {.write = write_line, .accept = accept_line};

static void set_up(void)
{
    line = (struct line){.dev = {.ops = &line_ops}, .capacity = sizeof(line.text)};
    v = virtio_console_create(&line.dev);
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
