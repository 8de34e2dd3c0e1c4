/*
 * virtio-gpu under a driver that is wrong or hostile: every mistake gets its error,
 * none harms the host.
 */
#include "tests/unit/virtio_gpu_rig.h"

TestSuite(virtio_gpu_hostile, .init = gpu_set_up, .fini = gpu_tear_down);

Test(virtio_gpu_hostile, unknown_and_short_commands)
{
    struct virtio_gpu_set_scanout q = {HEADER(VIRTIO_GPU_CMD_SET_SCANOUT)};
    cr_assert_eq(only(VIRTIO_GPU_CMD_GET_CAPSET_INFO, 0), VIRTIO_GPU_RESP_ERR_UNSPEC);
    cr_assert_eq(only(VIRTIO_GPU_CMD_CTX_CREATE, 0), VIRTIO_GPU_RESP_ERR_UNSPEC);
    cr_assert_eq(only(0, 0), VIRTIO_GPU_RESP_ERR_UNSPEC);
    cr_assert_eq(command(CONTROLQ, &q, sizeof(q) - 1), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    cr_assert_eq(command(CONTROLQ, &q, 20), VIRTIO_GPU_RESP_ERR_UNSPEC);
    cr_assert(rig_logged(r, "command 0x103: error 0x1205"));
    cr_assert_not(rig_is_broken(r));
}

Test(virtio_gpu_hostile, unknown_resources)
{
    enum { WRONG = VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID };
    OK(create(7, 1, 4, 4));
    cr_assert_eq(create(7, 1, 4, 4), WRONG);
    cr_assert_eq(create(0, 1, 4, 4), WRONG);
    cr_assert_eq(unref(8), WRONG);
    cr_assert_eq(attach(8, PICTURE, 64), WRONG);
    cr_assert_eq(detach(8), WRONG);
    cr_assert_eq(transfer(8, 0, 0, 1, 1, 0), WRONG);
    cr_assert_eq(flush(8, 0, 0, 1, 1), WRONG);
    cr_assert_eq(scanout(0, 8, 0, 0, 1, 1), WRONG);
    cr_assert_eq(scanout(1, 7, 0, 0, 1, 1), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
    OK(unref(7));
    cr_assert_eq(unref(7), WRONG);
}

Test(virtio_gpu_hostile, rectangles_that_are_not_within)
{
    static const struct {
        u32 x, y, width, height;
    } bad[] = {
        {0, 0, 17, 1},         {0, 0, 1, 9},          {16, 0, 1, 1},         {0, 8, 1, 1},
        {15, 0, 2, 1},         {0, 7, 1, 2},          {0, 0, 0, 1},          {0, 0, 1, 0},
        {1, 0, UINT32_MAX, 1}, {UINT32_MAX, 0, 2, 1}, {0, UINT32_MAX, 1, 2},
    };
    make_picture(1, 16, 8);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        u32 x = bad[i].x, y = bad[i].y, w = bad[i].width, h = bad[i].height;
        cr_assert_eq(transfer(1, x, y, w, h, 0), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER, "%u", i);
        cr_assert_eq(flush(1, x, y, w, h), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER, "%u", i);
        cr_assert_eq(scanout(0, 1, x, y, w, h), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER, "%u", i);
    }
    cr_assert_eq(display.width, 8);
}

Test(virtio_gpu_hostile, backing_outside_of_ram)
{
    const struct virtio_gpu_mem_entry second[] = {{PICTURE, 64, 0}, {RIG_RAM + RIG_SIZE - 4, 8, 0}};
    enum { WRONG = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER };
    OK(create(1, 1, 16, 8));
    cr_assert_eq(attach(1, RIG_RAM - 4, 8), WRONG);
    cr_assert_eq(attach(1, UINT64_MAX - 3, 64), WRONG);
    cr_assert_eq(attach(1, RIG_SLOT, 64), WRONG);
    cr_assert_eq(attach(1, PICTURE, UINT32_MAX), WRONG);
    cr_assert_eq(attach(1, PICTURE, 0), WRONG);
    cr_assert_eq(attach_entries(1, 2, second, 2), WRONG);
    cr_assert_eq(attach_entries(1, 2, second, 1), WRONG); /* fewer than it says */
    cr_assert_eq(attach_entries(1, 0, second, 0), WRONG);
    cr_assert_eq(attach_entries(1, UINT32_MAX, second, 2), WRONG);
    cr_assert_eq(transfer(1, 0, 0, 1, 1, 0), VIRTIO_GPU_RESP_ERR_UNSPEC); /* it has none */
    cr_assert_eq(detach(1), VIRTIO_GPU_RESP_ERR_UNSPEC);
    OK(attach(1, PICTURE, 64));
    cr_assert_eq(attach(1, PICTURE, 64), VIRTIO_GPU_RESP_ERR_UNSPEC); /* it has one */
    OK(detach(1));
}

Test(virtio_gpu_hostile, transfers_beyond_the_backing)
{
    enum { WRONG = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER };
    OK(create(1, 1, 16, 8));
    OK(attach(1, PICTURE, 16 * 8 * 4 - 4));
    cr_assert_eq(transfer(1, 0, 0, 16, 8, 0), WRONG);
    OK(transfer(1, 0, 0, 15, 8, 0));
    cr_assert_eq(transfer(1, 0, 0, 15, 8, 4), WRONG);
    OK(transfer(1, 0, 0, 1, 1, 16 * 8 * 4 - 8));
    cr_assert_eq(transfer(1, 0, 0, 1, 1, 16 * 8 * 4 - 4), WRONG);
    cr_assert_eq(transfer(1, 0, 0, 1, 1, UINT64_MAX), WRONG);
    cr_assert_eq(transfer(1, 0, 0, 1, 1, UINT64_MAX - 3), WRONG);
}

Test(virtio_gpu_hostile, memory_is_bounded)
{
    enum { FULL = VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY };
    cr_assert_eq(create(1, 1, UINT32_MAX, UINT32_MAX), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    cr_assert_eq(create(1, 1, 0x40000000, 4), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    cr_assert_eq(create(1, 1, 0, 4), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    cr_assert_eq(create(1, 1, 16384, 16384), FULL);
    u32 made = 0; /* of 64 MiB */
    while (create(made + 1, 1, 4096, 4096) == VIRTIO_GPU_RESP_OK_NODATA)
        cr_assert_lt(++made, 100);
    cr_assert_geq(made, 2);
    cr_assert_leq(made, 4);
    cr_assert_eq(create(made + 1, 1, 4096, 4096), FULL);
    OK(unref(1));
    OK(create(1, 1, 4096, 4096)); /* and what is freed is there again */
    for (u32 i = 1; i <= made; i++)
        OK(unref(i));
    u32 small = 0;
    while (create(small + 1, 1, 1, 1) == VIRTIO_GPU_RESP_OK_NODATA)
        cr_assert_lt(++small, 1 << 17);
    cr_assert_gt(small, 1000);
    cr_assert_eq(create(small + 1, 1, 1, 1), FULL);
    rig_start(r, F_EDID, 2, SIZE);
    OK(create(1, 1, 4096, 4096));
}

Test(virtio_gpu_hostile, much_copying_is_done_in_portions)
{
    enum { SIDE = 2048, COUNT = 8, ENTRIES = 64, PIECE = SIDE * SIDE * 4 / ENTRIES };
    struct virtio_gpu_resource_attach_backing a = {HEADER(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING),
                                                   1, ENTRIES};
    struct virtio_gpu_transfer_to_host_2d q = {
        HEADER(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D), {0, 0, SIDE, SIDE}, 0, 1, 0};
    u8 request[sizeof(a) + ENTRIES * sizeof(struct virtio_gpu_mem_entry)];
    const struct virtio_gpu_mem_entry same = {PICTURE, PIECE, 0};
    u32 len, done = 0, rounds = 0;
    memcpy(request, &a, sizeof(a));
    for (unsigned i = 0; i < ENTRIES; i++)
        memcpy(request + sizeof(a) + i * sizeof(same), &same, sizeof(same));
    OK(create(1, 1, SIDE, SIDE));
    OK(command(CONTROLQ, request, sizeof(request)));
    memcpy(rig_at(r, REQUEST), &q, sizeof(q));
    for (u16 i = 0; i < COUNT; i++) {
        rig_desc(r, CONTROLQ, i, REQUEST, sizeof(q), 0, 0);
        rig_offer(r, CONTROLQ, i);
    }
    rig_notify(r, CONTROLQ);
    for (; done < COUNT; rounds++) {
        u32 before = done;
        while (rig_used(r, CONTROLQ, &len) >= 0)
            done++;
        cr_assert_gt(done, before);
        clock_run(&clock_of_rig);
    }
    cr_assert_gt(rounds, 1);
    clock_run(&clock_of_rig);
    cr_assert_eq(clock_deadline(&clock_of_rig), CLOCK_NEVER);
    for (u16 i = 0; i < COUNT; i++)
        rig_offer(r, CONTROLQ, i);
    rig_notify(r, CONTROLQ);
    rig_put(r, R_STATUS, 0); /* and a reset ends it */
    cr_assert_eq(clock_deadline(&clock_of_rig), CLOCK_NEVER);
}

Test(virtio_gpu_hostile, no_room_for_an_answer)
{
    struct virtio_gpu_ctrl_hdr q = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
    u32 len;
    memcpy(rig_at(r, REQUEST), &q, sizeof(q));
    memset(rig_at(r, REPLY), UNTOUCHED, 64);
    rig_desc(r, CONTROLQ, 0, REQUEST, sizeof(q), D_NEXT, 1);
    rig_desc(r, CONTROLQ, 1, REPLY, 30, D_WRITE, 0);
    rig_offer(r, CONTROLQ, 0);
    rig_desc(r, CONTROLQ, 2, REPLY + 40, 1, D_WRITE, 0); /* not even a question */
    rig_offer(r, CONTROLQ, 2);
    rig_notify(r, CONTROLQ);
    cr_assert_eq(rig_used(r, CONTROLQ, &len), 0);
    cr_assert_eq(len, 30);
    cr_assert_eq(rig_load(r, REPLY + 30, 1), UNTOUCHED);
    cr_assert_eq(rig_used(r, CONTROLQ, &len), 2);
    cr_assert_eq(len, 1);
}
