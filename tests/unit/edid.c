/*
 * EDID: the fields of the VESA E-EDID standard, taken out again, and timings that the
 * CVT standard's reduced blanking gives (as edid-decode --cvt prints them).
 */
#include <criterion/criterion.h>

#include "devices/edid.h"

static const struct {
    u32 width, height;
    double mhz;
    u32 h_sync_start, h_sync_end, h_total, v_sync_start, v_sync_end, v_total;
} modes[] = {
    {1024, 768, 56.00, 1072, 1104, 1184, 771, 775, 790},
    {1280, 800, 71.00, 1328, 1360, 1440, 803, 809, 823},
    {1920, 1080, 138.50, 1968, 2000, 2080, 1083, 1088, 1111},
    {1600, 1200, 130.25, 1648, 1680, 1760, 1203, 1207, 1235},
    {1280, 1024, 91.00, 1328, 1360, 1440, 1027, 1034, 1054},
    {3840, 2160, 533.25, 3888, 3920, 4000, 2163, 2168, 2222},
};

static u32 upper(u8 nibbles, bool first)
{
    return (u32)(first ? nibbles >> 4 : nibbles & 0xf) << 8;
}

static void check(const u8 *edid, unsigned i)
{
    const u8 *d = edid + 54;
    u32 width = d[2] | upper(d[4], true), h_blank = d[3] | upper(d[4], false);
    u32 height = d[5] | upper(d[7], true), v_blank = d[6] | upper(d[7], false);
    u32 h_front = d[8] | (u32)(d[11] >> 6 & 3) << 8, h_sync = d[9] | (u32)(d[11] >> 4 & 3) << 8;
    u32 v_front = d[10] >> 4 | (u32)(d[11] >> 2 & 3) << 4;
    u32 v_sync = (d[10] & 0xf) | (u32)(d[11] & 3) << 4;
    cr_assert_eq(d[0] | d[1] << 8, (int)(modes[i].mhz * 100 + 0.5));
    cr_assert_eq(width, modes[i].width);
    cr_assert_eq(width + h_front, modes[i].h_sync_start);
    cr_assert_eq(width + h_front + h_sync, modes[i].h_sync_end);
    cr_assert_eq(width + h_blank, modes[i].h_total);
    cr_assert_eq(height, modes[i].height);
    cr_assert_eq(height + v_front, modes[i].v_sync_start);
    cr_assert_eq(height + v_front + v_sync, modes[i].v_sync_end);
    cr_assert_eq(height + v_blank, modes[i].v_total);
    cr_assert_eq(d[17], 0x18 | 0x02); /* separate syncs, horizontal positive, vertical negative */
}

static void check_sum(const u8 *edid)
{
    u8 sum = 0;
    for (unsigned i = 0; i < 128; i++)
        sum = (u8)(sum + edid[i]);
    cr_assert_eq(sum, 0);
}

Test(edid, preferred_timing)
{
    u8 edid[EDID_SIZE];
    for (unsigned i = 0; i < ARRAY_LEN(modes); i++) {
        edid_make(edid, modes[i].width, modes[i].height);
        check(edid, i);
        check_sum(edid);
    }
}

Test(edid, block)
{
    static const u8 header[] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
    u8 edid[EDID_SIZE];
    edid_make(edid, 1280, 800);
    cr_assert_eq(memcmp(edid, header, sizeof(header)), 0);
    for (unsigned i = 0; i < 3; i++) /* letters, 1 is A */
        cr_assert(((edid[8] << 8 | edid[9]) >> 5 * i & 31) - 1 < 26);
    cr_assert_eq(edid[18], 1);
    cr_assert_eq(edid[19], 4);
    cr_assert(edid[20] & 0x80); /* digital */
    cr_assert(edid[24] & 2);    /* the preferred timing is the native one */
    cr_assert_eq(edid[21] * 800 / 1280, edid[22]);
    cr_assert_eq(edid[126], 0); /* no more blocks */
    cr_assert_eq(memcmp(edid + 72, "\0\0\0\xfc\0mini-a64\n    ", 18), 0);
    cr_assert_eq(edid[35], 0x21);                                      /* 640x480 and 800x600, */
    cr_assert_eq(edid[36], 0x08);                                      /* 1024x768, at 60 Hz */
    cr_assert_eq(memcmp(edid + 38, "\x81\x00\x81\xc0\x01\x01", 6), 0); /* 1280 by 800, by 720 */
    edid_make(edid, 640, 480);
    cr_assert_eq(edid[35], 0x20); /* nothing that is larger */
    cr_assert_eq(edid[36], 0);
    cr_assert_eq(memcmp(edid + 38, "\x01\x01", 2), 0);
}

Test(edid, any_size)
{
    u8 edid[EDID_SIZE];
    for (u32 width = 1; width <= EDID_SIDE_MAX; width += 89) {
        for (u32 height = 1; height <= EDID_SIDE_MAX; height += 83) {
            edid_make(edid, width, height);
            check_sum(edid);
            const u8 *d = edid + 54;
            u32 clock = d[0] | (u32)d[1] << 8, h = width + d[3];
            u32 v = height + (d[6] | upper(d[7], false));
            cr_assert_eq(d[2] | upper(d[4], true), width);
            cr_assert_eq(d[5] | upper(d[7], true), height);
            cr_assert_geq(clock, 1000); /* 10 MHz */
            cr_assert(clock == 1000 || clock * 10000.0 / (h * v) <= 60.0);
        }
    }
}
