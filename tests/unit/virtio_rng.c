/*
 * virtio-rng through its queue (VIRTIO 1.2, 5.4).
 */
#include "devices/virtio_rng.h"
#include "tests/unit/virtio_rig.h"

enum { SIZE = 8, LEN = 64 };

/* LEN bytes from a new device into BYTES. */
static void draw(bool repeats, u64 seed, u8 bytes[LEN])
{
    struct virtio *v = virtio_rng_create(repeats, seed);
    struct rig *r = rig_create(v, false);
    u32 len;
    cr_assert_eq(rig_get(r, R_DEVICE), 4);
    rig_start(r, 0, 1, SIZE);
    rig_desc(r, 0, 0, RIG_DATA, LEN - 3, D_WRITE | D_NEXT, 1);
    rig_desc(r, 0, 1, RIG_DATA + 0x100, 3, D_WRITE, 0);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert_eq(rig_used(r, 0, &len), 0);
    cr_assert_eq(len, LEN);
    cr_assert(r->irq);
    memcpy(bytes, rig_at(r, RIG_DATA), LEN - 3);
    memcpy(bytes + LEN - 3, rig_at(r, RIG_DATA + 0x100), 3);
    cr_assert_eq(rig_load(r, RIG_DATA + 0x103, 1), 0);
    virtio_rng_destroy(v);
    rig_destroy(r);
}

Test(virtio_rng, the_hosts_numbers_differ)
{
    u8 one[LEN], other[LEN];
    draw(false, 0, one);
    draw(false, 0, other);
    cr_assert_neq(memcmp(one, other, LEN), 0);
}

Test(virtio_rng, a_seeds_numbers_repeat)
{
    u8 one[LEN], again[LEN], other[LEN];
    draw(true, 5, one);
    draw(true, 5, again);
    draw(true, 6, other);
    cr_assert_eq(memcmp(one, again, LEN), 0);
    cr_assert_neq(memcmp(one, other, LEN), 0);
}

Test(virtio_rng, gigabytes_are_not_filled_at_once)
{
    struct virtio *v = virtio_rng_create(true, 0);
    struct rig *r = rig_create(v, false);
    u32 len;
    rig_start(r, 0, 1, SIZE);
    for (u16 i = 0; i < SIZE; i++)
        rig_desc(r, 0, i, RIG_DATA, 0x40000, D_WRITE | (i < SIZE - 1 ? D_NEXT : 0), i + 1);
    cr_assert_leq(RIG_DATA + 0x40000, RIG_RAM + RIG_SIZE);
    rig_offer(r, 0, 0);
    rig_notify(r, 0);
    cr_assert_eq(rig_used(r, 0, &len), 0);
    cr_assert_gt(len, 0);
    cr_assert_leq(len, 0x40000);
    virtio_rng_destroy(v);
    rig_destroy(r);
}
