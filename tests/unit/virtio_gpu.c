/*
 * virtio-gpu (VIRTIO 1.2, 5.7) as a good driver uses it.
 */
#include "tests/unit/virtio_gpu_rig.h"

TestSuite(virtio_gpu, .init = gpu_set_up, .fini = gpu_tear_down);

Test(virtio_gpu, display_info)
{
    struct virtio_gpu_ctrl_hdr q = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
    struct virtio_gpu_resp_display_info info;
    cr_assert_eq(rig_get(r, R_DEVICE), 16);
    cr_assert_eq(rig_get(r, R_CONFIG + offsetof(struct virtio_gpu_config, num_scanouts)), 1);
    cr_assert_eq(rig_get(r, R_CONFIG + offsetof(struct virtio_gpu_config, num_capsets)), 0);
    cr_assert_eq(rig_offered(r) & ones(24), F_EDID);
    cr_assert_eq(COMMAND(q), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    cr_assert_eq(used_len, sizeof(info));
    memcpy(&info, rig_at(r, REPLY), sizeof(info));
    cr_assert_eq(info.pmodes[0].enabled, 1);
    cr_assert_eq(info.pmodes[0].r.width, 1280);
    cr_assert_eq(info.pmodes[0].r.height, 800);
    for (unsigned i = 1; i < VIRTIO_GPU_MAX_SCANOUTS; i++)
        cr_assert_eq(info.pmodes[i].enabled, 0);
}

Test(virtio_gpu, edid)
{
    struct virtio_gpu_cmd_get_edid q = {HEADER(VIRTIO_GPU_CMD_GET_EDID), 0, 0};
    struct virtio_gpu_resp_edid reply;
    u8 expected[EDID_SIZE];
    cr_assert_eq(COMMAND(q), VIRTIO_GPU_RESP_OK_EDID);
    cr_assert_eq(used_len, sizeof(reply));
    memcpy(&reply, rig_at(r, REPLY), sizeof(reply));
    cr_assert_eq(reply.size, EDID_SIZE);
    edid_make(expected, 1280, 800);
    cr_assert_eq(memcmp(reply.edid, expected, EDID_SIZE), 0);
    q.scanout = 1;
    cr_assert_eq(COMMAND(q), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
    rig_start(r, 0, 2, SIZE);
    q.scanout = 0;
    cr_assert_eq(COMMAND(q), VIRTIO_GPU_RESP_ERR_UNSPEC);
}

Test(virtio_gpu, fences)
{
    struct virtio_gpu_ctrl_hdr q = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO,
                                    .flags = VIRTIO_GPU_FLAG_FENCE,
                                    .fence_id = UINT64_C(0x1122334455667788),
                                    .ctx_id = 5};
    struct virtio_gpu_ctrl_hdr reply;
    COMMAND(q);
    memcpy(&reply, rig_at(r, REPLY), sizeof(reply));
    cr_assert_eq(reply.flags, VIRTIO_GPU_FLAG_FENCE);
    cr_assert_eq(reply.fence_id, q.fence_id);
    cr_assert_eq(reply.ctx_id, 5);
    q.flags = 0;
    COMMAND(q);
    memcpy(&reply, rig_at(r, REPLY), sizeof(reply));
    cr_assert_eq(reply.flags, 0);
    cr_assert_eq(reply.fence_id, 0);
}

Test(virtio_gpu, a_picture_is_shown)
{
    make_picture(1, 16, 8);
    OK(scanout(0, 1, 0, 0, 16, 8));
    cr_assert_eq(display.width, 16);
    cr_assert_eq(display.height, 8);
    changes();
    OK(transfer(1, 0, 0, 16, 8, 0));
    cr_assert_eq(changes().count, 0); /* not before it is flushed */
    OK(flush(1, 3, 2, 5, 4));
    struct looker l = changes();
    cr_assert_eq(l.count, 1);
    cr_assert(l.rect.x == 3 && l.rect.y == 2 && l.rect.width == 5 && l.rect.height == 4);
    for (u32 i = 0; i < 16 * 8; i++)
        cr_assert_eq(pixel(i % 16, i / 16), i);
}

Test(virtio_gpu, a_part_is_transferred)
{
    make_picture(1, 16, 8);
    OK(scanout(0, 1, 0, 0, 16, 8));
    OK(transfer(1, 4, 2, 3, 2, (2 * 16 + 4) * 4)); /* the offset is where the part begins */
    for (u32 i = 0; i < 16 * 8; i++) {
        u32 x = i % 16, y = i / 16;
        cr_assert_eq(pixel(x, y), x >= 4 && x < 7 && y >= 2 && y < 4 ? i : 0);
    }
}

Test(virtio_gpu, a_part_is_shown)
{
    make_picture(1, 16, 8);
    OK(transfer(1, 0, 0, 16, 8, 0));
    OK(scanout(0, 1, 4, 2, 8, 4));
    cr_assert_eq(display.width, 8);
    cr_assert_eq(display.height, 4);
    cr_assert_eq(pixel(0, 0), 2 * 16 + 4);
    cr_assert_eq(pixel(7, 3), 5 * 16 + 11);
    changes();
    OK(flush(1, 0, 0, 16, 8));
    struct looker l = changes();
    cr_assert(l.rect.x == 0 && l.rect.y == 0 && l.rect.width == 8 && l.rect.height == 4);
    OK(flush(1, 6, 0, 2, 3));
    l = changes();
    cr_assert(l.rect.x == 2 && l.rect.y == 0 && l.rect.width == 2 && l.rect.height == 1);
    OK(flush(1, 0, 0, 16, 2)); /* above it, */
    OK(flush(1, 12, 0, 4, 8)); /* and beside */
    cr_assert_eq(changes().count, 0);
}

Test(virtio_gpu, scattered_backing)
{
    const struct virtio_gpu_mem_entry entries[] = {
        {PICTURE, 4, 0}, {PICTURE + 0x1000, 6, 0}, {PICTURE + 0x2000, 64, 0}};
    u8 bytes[40];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (u8)(i * 7 + 1);
    memcpy(rig_at(r, PICTURE), bytes, 4);
    memcpy(rig_at(r, PICTURE + 0x1000), bytes + 4, 6);
    memcpy(rig_at(r, PICTURE + 0x2000), bytes + 10, 30);
    OK(create(1, VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, 5, 2));
    OK(attach_entries(1, 3, entries, 3));
    OK(transfer(1, 0, 0, 5, 2, 0));
    OK(scanout(0, 1, 0, 0, 5, 2));
    for (u32 i = 0; i < 10; i++) {
        u32 expected;
        memcpy(&expected, bytes + 4 * i, 4);
        cr_assert_eq(pixel(i % 5, i / 5), expected, "%u", i);
    }
}

Test(virtio_gpu, formats)
{
    /* Bytes of a pixel, by address, that are alpha 0x44 (or X), red 0x11, green 0x22, blue 0x33. */
    static const struct {
        u32 number;
        u8 bytes[4];
    } formats[] = {
        {VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, {0x33, 0x22, 0x11, 0x44}},
        {VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, {0x33, 0x22, 0x11, 0x44}},
        {VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM, {0x44, 0x11, 0x22, 0x33}},
        {VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM, {0x44, 0x11, 0x22, 0x33}},
        {VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM, {0x11, 0x22, 0x33, 0x44}},
        {VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM, {0x44, 0x33, 0x22, 0x11}},
        {VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM, {0x44, 0x33, 0x22, 0x11}},
        {VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM, {0x11, 0x22, 0x33, 0x44}},
    };
    for (u32 i = 0; i < ARRAY_LEN(formats); i++) {
        memcpy(rig_at(r, PICTURE + 4), formats[i].bytes, 4);
        OK(create(1 + i, formats[i].number, 2, 1));
        OK(attach(1 + i, PICTURE, 8));
        OK(transfer(1 + i, 0, 0, 2, 1, 0));
        OK(scanout(0, 1 + i, 0, 0, 2, 1));
        cr_assert_eq(pixel(1, 0), 0x44112233, "%u", i);
    }
    cr_assert_eq(create(99, 5, 2, 1), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
}

/* --- what is shown when ---------------------------------------------------------- */

Test(virtio_gpu, without_a_resource_the_scanout_is_black)
{
    make_picture(1, 16, 8);
    OK(scanout(0, 0, 0, 0, 0, 0)); /* there was none: the frame buffer stays */
    cr_assert_eq(display.width, 8);
    OK(transfer(1, 0, 0, 16, 8, 0));
    OK(scanout(0, 1, 0, 0, 16, 8));
    OK(scanout(0, 0, 0, 0, 0, 0));
    cr_assert_eq(display.width, 16);
    cr_assert_eq(display.height, 8);
    cr_assert_eq(pixel(15, 7), 0);
    OK(scanout(0, 1, 0, 0, 16, 8));
    cr_assert_eq(pixel(15, 7), 127);
    OK(unref(1)); /* likewise */
    cr_assert_eq(pixel(15, 7), 0);
    cr_assert_eq(flush(1, 0, 0, 1, 1), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
}

Test(virtio_gpu, a_reset_brings_the_frame_buffer_back)
{
    beneath[9] = 0x5555;
    make_picture(1, 16, 8);
    OK(scanout(0, 1, 0, 0, 16, 8));
    OK(create(2, 1, 64, 64));
    OK(cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 0, 0, 0, 0));
    cr_assert(display.cursor.shown);
    rig_put(r, R_STATUS, 0);
    cr_assert_eq(display.width, 8);
    cr_assert_eq(pixel(1, 1), 0x5555);
    cr_assert_not(display.cursor.shown);
    rig_start(r, F_EDID, 2, SIZE);
    cr_assert_eq(unref(1), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    OK(create(1, 1, 4, 4));
    OK(scanout(0, 1, 0, 0, 4, 4));
    cr_assert_eq(display.width, 4);
}

Test(virtio_gpu, other_sizes)
{
    const u64 events_read = R_CONFIG, events_clear = R_CONFIG + 4;
    struct virtio_gpu_ctrl_hdr q = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
    struct virtio_gpu_resp_display_info info;
    u32 generation = rig_get(r, R_GENERATION);
    display_want_size(&display, 1280, 800); /* it is so already */
    cr_assert_eq(rig_get(r, R_INTERRUPT), 0);
    display_want_size(&display, 1000, 9);
    cr_assert_eq(rig_get(r, R_INTERRUPT), 2); /* the configuration changed */
    cr_assert_neq(rig_get(r, R_GENERATION), generation);
    cr_assert_eq(rig_get(r, events_read), VIRTIO_GPU_EVENT_DISPLAY);
    rig_put(r, events_clear, VIRTIO_GPU_EVENT_DISPLAY);
    cr_assert_eq(rig_get(r, events_read), 0);
    COMMAND(q);
    memcpy(&info, rig_at(r, REPLY), sizeof(info));
    cr_assert_eq(info.pmodes[0].r.width, 1000);
    cr_assert_eq(info.pmodes[0].r.height, VIRTIO_GPU_SIDE_MIN);
    rig_put(r, events_read, 7); /* read-only */
    cr_assert_eq(rig_get(r, events_read), 0);
}

/* --- the cursor ------------------------------------------------------------------ */

Test(virtio_gpu, cursor)
{
    OK(create(1, VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, 100, 100));
    OK(scanout(0, 1, 0, 0, 100, 100));
    OK(create(2, VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, 64, 64));
    OK(attach(2, PICTURE, 64 * 64 * 4));
    rig_store(r, PICTURE, 4, 0xff123456);                      /* opaque at 0, 0, */
    rig_store(r, PICTURE + 4 * (64 * 63 + 63), 4, 0x80800000); /* half red at 63, 63 */
    OK(transfer(2, 0, 0, 64, 64, 0));
    changes();
    OK(cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 20, 30, 5, 7));
    struct looker l = changes();
    cr_assert(l.rect.x == 0 && l.rect.y == 0); /* where it was before, too */
    cr_assert(l.rect.width == 15 + 64 && l.rect.height == 23 + 64);
    cr_assert_eq(pixel(15, 23), 0x123456);
    cr_assert_eq(pixel(15 + 63, 23 + 63), 0x800000);
    cr_assert_eq(pixel(16, 23), 0);
    OK(cursor(VIRTIO_GPU_CMD_MOVE_CURSOR, 2, (u32)-3, 50, 0, 0)); /* the hot spot stays */
    changes();
    cr_assert_eq(pixel(15, 23), 0);
    cr_assert_eq(pixel(0, 43), 0); /* the corner is to the left of the screen */
    OK(cursor(VIRTIO_GPU_CMD_MOVE_CURSOR, 2, 90, 90, 0, 0)); /* partly outside */
    l = changes();
    cr_assert_eq(pixel(85, 83), 0x123456);
    OK(cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 90, 90, 0, 0));
    l = changes();
    cr_assert(l.rect.x == 85 && l.rect.y == 83 && l.rect.width == 15 && l.rect.height == 17);
    cr_assert_eq(pixel(85, 83), 0);
}

Test(virtio_gpu, bad_cursors)
{
    struct virtio_gpu_update_cursor q = {
        HEADER(VIRTIO_GPU_CMD_MOVE_CURSOR), {1, 0, 0, 0}, 0, 0, 0, 0};
    OK(create(1, 1, 32, 64));
    OK(create(2, 1, 64, 64));
    cr_assert_eq(command(CURSORQ, &q, sizeof(q)), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
    cr_assert_eq(cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 0, 0, 0, 0),
                 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    cr_assert_eq(cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 0, 0, 64, 0),
                 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    cr_assert_eq(cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 3, 0, 0, 0, 0),
                 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    cr_assert_eq(cursor(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0, 0, 0, 0, 0),
                 VIRTIO_GPU_RESP_ERR_UNSPEC); /* the other queue's */
    OK(cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 0x80000000, 0x7fffffff, 63, 63));
    OK(scanout(0, 1, 0, 0, 32, 64));
    cr_assert_eq(pixel(31, 63), 0);
}

Test(virtio_gpu, a_cursor_command_needs_no_room_for_an_answer)
{
    struct virtio_gpu_update_cursor q = {HEADER(VIRTIO_GPU_CMD_MOVE_CURSOR)};
    u32 len;
    memcpy(rig_at(r, REQUEST), &q, sizeof(q));
    rig_desc(r, CURSORQ, 0, REQUEST, sizeof(q), 0, 0);
    rig_offer(r, CURSORQ, 0);
    rig_notify(r, CURSORQ);
    cr_assert_eq(rig_used(r, CURSORQ, &len), 0);
    cr_assert_eq(len, 0);
    cr_assert_not(rig_is_broken(r));
}
