/*
 * virtio-net through its queues (VIRTIO 1.2, 5.1), on a network that keeps what is
 * sent and gives what the test wants.
 */
#include "devices/virtio_net.h"
#include "tests/unit/virtio_rig.h"

enum { SIZE = 16, RX = 0, TX = 1, HEADER = 12 };

#define F_CSUM       BIT(0)
#define F_GUEST_CSUM BIT(1)
#define F_MAC        BIT(5)
#define F_MRG        BIT(15)
#define F_STATUS     BIT(16)
#define FRAME        (RIG_DATA + 0x100)

static const u8 mac[6] = {0x52, 0x54, 0, 1, 2, 3};

struct wire {
    struct netdev net;
    u8 frame[2048]; /* the last one sent */
    size_t len;
    unsigned sent, accepts;
    bool full;
};

static struct wire w;
static struct virtio *v;
static struct rig *r;

static bool room(struct netdev *n)
{
    return !w.full;
}

static void send_frame(struct netdev *n, const u8 *frame, size_t len)
{
    w.sent++;
    w.len = len;
    memcpy(w.frame, frame, len < sizeof(w.frame) ? len : sizeof(w.frame));
}

static void accept_frames(struct netdev *n)
{
    w.accepts++;
}

static const struct netdev_ops wire_ops = {
    .room = room, .send = send_frame, .accept = accept_frames};

static void tear_down(void)
{
    virtio_net_destroy(v);
    rig_destroy(r);
    r = NULL;
}

static void make(bool legacy)
{
    if (r)
        tear_down(); /* of another kind, from set_up */
    memset(&w, 0, sizeof(w));
    w.net.ops = &wire_ops;
    w.net.trusted = true;
    v = virtio_net_create(&w.net, mac);
    r = rig_create(v, legacy);
}

static void set_up(void)
{
    make(false);
    rig_start(r, F_CSUM | F_GUEST_CSUM | F_MAC | F_MRG | F_STATUS, 2, SIZE);
}

TestSuite(virtio_net, .init = set_up, .fini = tear_down);

static bool receive(const void *frame, size_t len)
{
    return w.net.client->receive(w.net.owner, frame, len);
}

/* Offer a buffer of LEN bytes at FRAME + 0x1000 * I for what is received. */
static void offer_buffer(u16 i, u32 len)
{
    rig_desc(r, RX, i, FRAME + 0x1000 * i, len, D_WRITE, 0);
    rig_offer(r, RX, i);
}

/* Send LEN bytes behind a header of HEADER bytes, all at FRAME. */
static void transmit(u32 len)
{
    rig_desc(r, TX, 0, FRAME, len, 0, 0);
    rig_offer(r, TX, 0);
    rig_notify(r, TX);
}

Test(virtio_net, configuration)
{
    u64 status;
    cr_assert_eq(rig_get(r, R_DEVICE), 1);
    cr_assert_eq(memcmp(v->config, mac, 6), 0);
    cr_assert_eq(bus_read(&r->bus, RIG_SLOT + R_CONFIG + 6, 2, &status), BUS_OK);
    cr_assert_eq(status, 1);
    virtio_net_set_link(v, false);
    cr_assert_eq(rig_get(r, R_INTERRUPT), 2);
    bus_read(&r->bus, RIG_SLOT + R_CONFIG + 6, 2, &status);
    cr_assert_eq(status, 0);
    cr_assert(receive("01234567890123456789", 20), "lost");
    transmit(HEADER + 60);
    cr_assert_eq(w.sent, 0);
}

Test(virtio_net, transmit)
{
    u32 len;
    memset(rig_at(r, FRAME), 0, HEADER);
    memset(rig_at(r, FRAME + HEADER), 0x42, 60);
    transmit(HEADER + 60);
    cr_assert_eq(w.sent, 1);
    cr_assert_eq(w.len, 60);
    cr_assert_eq(w.frame[59], 0x42);
    cr_assert_eq(rig_used(r, TX, &len), 0);
    cr_assert_eq(len, 0);
}

Test(virtio_net, a_full_network_makes_the_driver_wait)
{
    u32 len;
    w.full = true;
    transmit(HEADER + 60);
    cr_assert_eq(rig_used(r, TX, &len), -1);
    w.full = false;
    w.net.client->writable(w.net.owner);
    cr_assert_eq(w.sent, 1);
    cr_assert_eq(rig_used(r, TX, &len), 0);
}

/* RFC 1071's example, 00 01 f2 03 f4 f5 f6 f7: its sum is ddf2, and so the checksum 220d. */
Test(virtio_net, checksums_are_completed)
{
    static const u8 words[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0, 0};
    u8 *at = rig_at(r, FRAME);
    memset(at, 0, HEADER + 60);
    at[0] = 1;  /* NEEDS_CSUM */
    at[6] = 20; /* csum_start */
    at[8] = 8;  /* csum_offset */
    memcpy(at + HEADER + 20, words, sizeof(words));
    transmit(HEADER + 60);
    cr_assert_eq(w.frame[28], 0x22);
    cr_assert_eq(w.frame[29], 0x0d);
    at[7] = 0xff; /* csum_start beyond the frame */
    transmit(HEADER + 60);
    cr_assert_eq(w.sent, 1, "such a frame is dropped");
    at[7] = 0;
    at[8] = 39; /* half outside */
    transmit(HEADER + 60);
    cr_assert_eq(w.sent, 1);
    cr_assert(!rig_is_broken(r));
}

Test(virtio_net, receive)
{
    u32 len;
    offer_buffer(0, 100);
    cr_assert(receive("abcdefghijklmnopqrst", 20));
    cr_assert_eq(rig_used(r, RX, &len), 0);
    cr_assert_eq(len, HEADER + 20);
    cr_assert(r->irq);
    const u8 *at = rig_at(r, FRAME);
    cr_assert_eq(at[0], 2, "DATA_VALID");
    cr_assert_eq(at[10], 1, "num_buffers");
    cr_assert_eq(memcmp(at + HEADER, "abcdefghijklmnopqrst", 20), 0);
}

Test(virtio_net, a_frame_in_several_buffers)
{
    u32 len;
    char frame[50];
    memset(frame, 'x', sizeof(frame));
    frame[49] = 'y';
    for (u16 i = 0; i < 3; i++)
        offer_buffer(i, 20);
    cr_assert(receive(frame, 48));
    cr_assert_eq(rig_load(r, FRAME + 10, 2), 3);
    cr_assert_eq(rig_used(r, RX, &len), 0);
    cr_assert_eq(len, 20);
    cr_assert_eq(rig_used(r, RX, &len), 1);
    cr_assert_eq(len, 20);
    cr_assert_eq(rig_used(r, RX, &len), 2);
    cr_assert_eq(len, 20);
}

Test(virtio_net, no_buffers_no_frame)
{
    u32 len;
    offer_buffer(0, 20);
    cr_assert(!receive("abcdefghijklmnopqrst", 20), "there is room for 8 bytes");
    cr_assert_eq(rig_used(r, RX, &len), -1);
    offer_buffer(1, 100);
    rig_notify(r, RX);
    cr_assert_eq(w.accepts, 1);
    cr_assert(receive("abcdefghijklmnopqrst", 20));
    cr_assert_eq(rig_used(r, RX, &len), 0);
    cr_assert_eq(rig_used(r, RX, &len), 1);
    cr_assert_eq(len, 12);
}

Test(virtio_net, frames_for_nobody_are_lost)
{
    rig_put(r, R_STATUS, 0);
    cr_assert(receive("abcdefghijklmnopqrst", 20));
}

Test(virtio_net, a_legacy_header_is_shorter)
{
    u32 len;
    make(true);
    rig_start(r, F_MAC, 2, SIZE);
    memset(rig_at(r, FRAME), 0, 0x100);
    transmit(10 + 60);
    cr_assert_eq(w.len, 60);
    offer_buffer(0, 100);
    cr_assert(receive("abcdefghijklmnopqrst", 20));
    cr_assert_eq(rig_used(r, RX, &len), 0);
    cr_assert_eq(len, 30);
    offer_buffer(0, 20);
    cr_assert(receive("abcdefghijklmnopqrst", 20), "too long for its one buffer: lost");
    cr_assert_eq(rig_used(r, RX, &len), -1);
}

Test(virtio_net, hostile_frames)
{
    transmit(HEADER - 1);
    cr_assert(rig_is_broken(r));
    rig_start(r, F_MRG, 2, SIZE);
    offer_buffer(0, HEADER);
    cr_assert(receive("abcdefghijklmnopqrst", 20));
    cr_assert(rig_is_broken(r));
    rig_start(r, F_MRG, 2, SIZE);
    rig_desc(r, TX, 0, RIG_DATA, 0x40000, 0, 0); /* longer than any frame */
    rig_offer(r, TX, 0);
    rig_notify(r, TX);
    cr_assert(!rig_is_broken(r));
    cr_assert_eq(w.sent, 0);
    rig_desc(r, TX, 0, RIG_DATA, HEADER, 0, 0); /* and none at all */
    rig_offer(r, TX, 0);
    rig_notify(r, TX);
    cr_assert_eq(w.sent, 0);
}
