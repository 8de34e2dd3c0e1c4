/*
 * virtio-9p through its queue: what is in its configuration space (Linux:
 * include/uapi/linux/virtio_9p.h), messages on their way to the server and back,
 * and drivers that break the rules.
 */
#include "devices/virtio_9p.h"
#include "devices/host_loop.h"
#include "devices/host_share.h"
#include "tests/unit/virtio_rig.h"

#include <unistd.h>

enum { SIZE = 16, T_VERSION = 100, T_ATTACH = 104, MANY = 8 };

/* In guest RAM: messages go out here, replies come there. */
#define OUT(i)   (RIG_DATA + 0x1000 * (u64)(i))
#define REPLY(i) (RIG_DATA + 0x40000 + 0x1000 * (u64)(i))

static char folder[] = "/tmp/virtio_9p.XXXXXX";
static struct host_loop *loop;
static struct share *share;
static struct virtio *v;
static struct rig *r;

static void plug(bool synchronous, bool legacy)
{
    char error[HOST_SHARE_ERROR];
    struct host_share_options o = {.path = folder};
    cr_assert(mkdtemp(folder));
    loop = host_loop_create(NULL, NULL);
    share = host_share_open(loop, &o, error);
    cr_assert(share, "%s", error);
    v = virtio_9p_create(share, "the tag", synchronous);
    r = rig_create(v, legacy);
}

static void unplug(void)
{
    if (!r)
        return;
    virtio_9p_destroy(v);
    rig_destroy(r);
    share->ops->destroy(share);
    host_loop_destroy(loop);
    rmdir(folder);
}

TestSuite(virtio_9p, .fini = unplug);

/* Offer the message I of LEN bytes of BODY, in two pieces, with ROOM for the reply. */
static void offer(unsigned i, u8 type, const void *body, u32 len, u32 room)
{
    u64 at = OUT(i);
    rig_store(r, at, 4, 7 + len);
    rig_store(r, at + 4, 1, type);
    rig_store(r, at + 5, 2, i);
    memcpy(rig_at(r, at + 7), body, len);
    rig_desc(r, 0, 2 * i, at, 7 + len, room ? D_NEXT : 0, (u16)(2 * i + 1));
    rig_desc(r, 0, 2 * i + 1, REPLY(i), room, D_WRITE, 0);
    rig_offer(r, 0, (u16)(2 * i));
}

static const char version[] = "\x00\x20\x00\x00\x08\x00"
                              "9P2000.L";
static const char attach[] = "\x01\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00";

static void wait_used(unsigned head, u32 expected)
{
    u32 len = 0;
    int used;
    while ((used = rig_used(r, 0, &len)) < 0)
        host_loop_wait(loop, CLOCK_NEVER);
    cr_assert_eq(used, (int)head);
    cr_assert_eq(len, expected);
}

Test(virtio_9p, configuration)
{
    plug(false, false);
    cr_assert_eq(rig_get(r, R_DEVICE), 9);
    cr_assert(rig_offered(r) & 1, "VIRTIO_9P_MOUNT_TAG");
    cr_assert_eq(rig_get(r, R_CONFIG) & 0xffff, 7);
    cr_assert_eq(rig_get(r, R_CONFIG) >> 16, 't' | 'h' << 8);
    cr_assert_eq(rig_get(r, R_CONFIG + 4), 'e' | ' ' << 8 | 't' << 16 | 'a' << 24);
}

static void converse(bool legacy)
{
    plug(false, legacy);
    rig_start(r, 1, 1, SIZE);
    offer(0, T_VERSION, version, sizeof(version) - 1, 100);
    rig_notify(r, 0);
    wait_used(0, 21);
    cr_assert_eq(rig_load(r, REPLY(0), 4), 21);
    cr_assert_eq(rig_load(r, REPLY(0) + 4, 1), T_VERSION + 1);
    cr_assert_eq(rig_load(r, REPLY(0) + 7, 4), 8192);
    cr_assert(r->irq);
    for (unsigned i = 1; i < MANY; i++)
        offer(i, T_ATTACH, attach, sizeof(attach) - 1, 100);
    rig_notify(r, 0);
    wait_used(2, 20); /* in order; the fid is in use for the others */
    for (unsigned i = 2; i < MANY; i++) {
        wait_used(2 * i, 11);
        cr_assert_eq(rig_load(r, REPLY(i) + 4, 1), 7);
        cr_assert_eq(rig_load(r, REPLY(i) + 5, 2), i);
    }
    cr_assert(!rig_is_broken(r));
}

Test(virtio_9p, messages_of_version_1)
{
    converse(true);
}

Test(virtio_9p, messages_of_version_2)
{
    converse(false);
}

Test(virtio_9p, synchronous)
{
    u32 len;
    plug(true, false);
    rig_start(r, 1, 1, SIZE);
    offer(0, T_VERSION, version, sizeof(version) - 1, 100);
    rig_notify(r, 0);
    cr_assert_eq(rig_used(r, 0, &len), 0, "before the CPU goes on");
}

Test(virtio_9p, no_header_or_no_room_break_it)
{
    static const u32 sizes[][2] = {{6, 100}, {100, 10}, {100, 0}};
    plug(false, false);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        rig_start(r, 1, 1, SIZE);
        memset(rig_at(r, OUT(0)), 0, 100);
        rig_desc(r, 0, 0, OUT(0), sizes[i][0], sizes[i][1] ? D_NEXT : 0, 1);
        rig_desc(r, 0, 1, REPLY(0), sizes[i][1], D_WRITE, 0);
        rig_offer(r, 0, 0);
        rig_notify(r, 0);
        cr_assert(rig_is_broken(r));
        cr_assert(rig_logged(r, "virtio-9p: a request of"));
    }
    rig_start(r, 1, 1, SIZE);
    offer(0, T_VERSION, version, sizeof(version) - 1, 100);
    rig_notify(r, 0);
    wait_used(0, 21);
}

/* After a reset no reply comes any more, and the fids are forgotten. */
Test(virtio_9p, reset_in_the_midst)
{
    u32 len;
    plug(false, false);
    for (unsigned n = 0; n < 20; n++) {
        rig_start(r, 1, 1, SIZE);
        offer(0, T_VERSION, version, sizeof(version) - 1, 100);
        for (unsigned i = 1; i < MANY; i++)
            offer(i, T_ATTACH, attach, sizeof(attach) - 1, 100);
        rig_notify(r, 0);
        rig_put(r, R_STATUS, 0);
        memset(rig_at(r, REPLY(0)), 0xee, 0x1000 * MANY);
        host_loop_dispatch(loop);
        for (unsigned i = 0; i < MANY; i++)
            cr_assert_eq(rig_load(r, REPLY(i), 8), UINT64_C(0xeeeeeeeeeeeeeeee));
    }
    rig_start(r, 1, 1, SIZE);
    offer(0, T_ATTACH, attach, sizeof(attach) - 1, 100);
    rig_notify(r, 0);
    wait_used(0, 11);
    cr_assert_eq(rig_used(r, 0, &len), -1);
}
