/*
 * EDID (edid.h). The preferred timing is that of the Coordinated Video Timings
 * standard (VESA CVT 1.2) with reduced blanking at 60 Hz, or another rate where
 * the clock's field ends.
 */
#include "devices/edid.h"

#include <string.h>

/* Offsets in the block, section 3. */
enum {
    MANUFACTURER = 8,
    PRODUCT = 10,
    YEAR = 17,
    VERSION = 18,
    INPUT = 20,
    SIZE_CM = 21,
    GAMMA = 23,
    FEATURES = 24,
    CHROMATICITY = 25,
    ESTABLISHED = 35,
    STANDARD = 38,
    DESCRIPTOR = 54,
    DESCRIPTOR_SIZE = 18,
    CHECKSUM = 127,
};

enum {
    INPUT_DIGITAL_8_BITS = 0xa0,
    GAMMA_2_2 = 120,
    FEATURES_SRGB_NATIVE = 0x06, /* the preferred timing has the panel's own size */
    FIRST_YEAR = 1990,
    TAG_NAME = 0xfc,
    TAG_DUMMY = 0x10,
    DPI = 96,
    MM_PER_10_INCH = 254,
};

/* CVT, reduced blanking: pixels and lines. */
enum {
    H_BLANK = 160,
    H_FRONT = 48,
    H_SYNC = 32,
    V_FRONT = 3,
    V_BACK_MIN = 6,
    V_BLANK_US = 460,
    REFRESH = 60,
    CLOCK_STEP = 25,  /* of 10 kHz */
    CLOCK_MIN = 1000, /* readers take less for a mistake */
    CLOCK_MAX = 65525,
    SYNC_SEPARATE_H_POSITIVE = 0x1a,
};

struct timing {
    u32 width, height, v_sync, v_blank;
    u32 clock; /* 10 kHz */
};

/* The length of the vertical sync says which aspect ratio it is. */
static u32 v_sync(u32 width, u32 height)
{
    static const struct {
        u32 x, y, lines;
    } aspects[] = {{4, 3, 4}, {16, 9, 5}, {16, 10, 6}, {5, 4, 7}, {15, 9, 7}};
    for (unsigned i = 0; i < ARRAY_LEN(aspects); i++)
        if (width * aspects[i].y == height * aspects[i].x)
            return aspects[i].lines;
    return 10;
}

static struct timing reduced_blanking(u32 width, u32 height)
{
    const u64 us_per_sec = 1000000, units_per_sec = 100; /* of 10 kHz, in MHz */
    struct timing t = {.width = width, .height = height, .v_sync = v_sync(width, height)};
    /* The blanking lasts at least V_BLANK_US of a frame's time. */
    u64 left = us_per_sec - (u64)V_BLANK_US * REFRESH;
    t.v_blank = (u32)((u64)V_BLANK_US * REFRESH * height / left) + 1;
    u32 least = V_FRONT + t.v_sync + V_BACK_MIN;
    t.v_blank = t.v_blank > least ? t.v_blank : least;
    u64 rate = (u64)(width + H_BLANK) * (height + t.v_blank) * REFRESH;
    rate = rate * units_per_sec / us_per_sec / CLOCK_STEP * CLOCK_STEP;
    rate = rate > CLOCK_MIN ? rate : CLOCK_MIN;
    t.clock = rate < CLOCK_MAX ? (u32)rate : CLOCK_MAX;
    return t;
}

static u32 millimetres(u32 pixels)
{
    return pixels * MM_PER_10_INCH / (10 * DPI);
}

static void put_timing(u8 *to, const struct timing *t)
{
    u32 w = t->width, h = t->height, mm_w = millimetres(w), mm_h = millimetres(h);
    const u8 bytes[DESCRIPTOR_SIZE] = {
        (u8)t->clock,
        (u8)(t->clock >> 8),
        (u8)w,
        H_BLANK,
        (u8)(w >> 8 << 4),
        (u8)h,
        (u8)t->v_blank,
        (u8)(h >> 8 << 4 | t->v_blank >> 8),
        H_FRONT,
        H_SYNC,
        (u8)(V_FRONT << 4 | t->v_sync),
        0, /* the upper bits of those four */
        (u8)mm_w,
        (u8)mm_h,
        (u8)(mm_w >> 8 << 4 | mm_h >> 8),
        0,
        0,
        SYNC_SEPARATE_H_POSITIVE,
    };
    memcpy(to, bytes, sizeof(bytes));
}

static void put_text(u8 *to, u8 tag, const char *text)
{
    enum { TEXT = 5, MOST = 13 };
    size_t len = strnlen(text, MOST);
    to[3] = tag;
    memset(to + TEXT, ' ', MOST);
    memcpy(to + TEXT, text, len);
    if (len < MOST)
        to[TEXT + len] = '\n';
}

/* Other sizes that a monitor of this one can show, by the established bits and in eight words. */
static void put_sizes(u8 *edid, u32 width, u32 height)
{
    static const struct {
        u32 width, height;
        u8 byte, mask;
    } established[] = {{640, 480, 0, 1 << 5}, {800, 600, 0, 1 << 0}, {1024, 768, 1, 1 << 3}};
    static const struct {
        u32 width, height;
        u8 aspect;
    } standard[] = {{1920, 1080, 3}, {1680, 1050, 0}, {1600, 1200, 1}, {1440, 900, 0},
                    {1280, 1024, 2}, {1280, 800, 0},  {1280, 720, 3}};
    enum { SLOTS = 8, UNUSED = 1, COLUMNS = 8, FIRST = 31, ASPECT_SHIFT = 6 };
    u8 *to = edid + STANDARD;
    memset(to, UNUSED, 2 * SLOTS);
    for (unsigned i = 0; i < ARRAY_LEN(established); i++)
        if (established[i].width <= width && established[i].height <= height)
            edid[ESTABLISHED + established[i].byte] |= established[i].mask;
    for (unsigned i = 0; i < ARRAY_LEN(standard); i++) {
        if (standard[i].width > width || standard[i].height > height)
            continue;
        *to++ = (u8)(standard[i].width / COLUMNS - FIRST);
        *to++ = (u8)(standard[i].aspect << ASPECT_SHIFT); /* at 60 Hz */
    }
}

void edid_make(u8 edid[EDID_SIZE], u32 width, u32 height)
{
    static const u8 header[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    /* Red, green, blue and white of sRGB: two low bits of each number, then the high ones. */
    static const u8 srgb[] = {0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54};
    static const char maker[] = "MAE";
    enum { PRODUCT_CODE = 0x0a64, MADE_IN = 2026 };
    struct timing t = reduced_blanking(width, height);
    u32 letters = 0, cm_w = (millimetres(width) + 5) / 10, cm_h = (millimetres(height) + 5) / 10;
    memset(edid, 0, EDID_SIZE);
    memcpy(edid, header, sizeof(header));
    for (unsigned i = 0; i < strlen(maker); i++)
        letters = letters << 5 | (u32)(maker[i] - 'A' + 1);
    edid[MANUFACTURER] = (u8)(letters >> 8);
    edid[MANUFACTURER + 1] = (u8)letters;
    edid[PRODUCT] = (u8)PRODUCT_CODE;
    edid[PRODUCT + 1] = PRODUCT_CODE >> 8;
    edid[YEAR] = MADE_IN - FIRST_YEAR;
    edid[VERSION] = 1;
    edid[VERSION + 1] = 4;
    edid[INPUT] = INPUT_DIGITAL_8_BITS;
    if (cm_w && cm_h) { /* else unknown: one alone would be an aspect ratio */
        edid[SIZE_CM] = (u8)cm_w;
        edid[SIZE_CM + 1] = (u8)cm_h;
    }
    edid[GAMMA] = GAMMA_2_2;
    edid[FEATURES] = FEATURES_SRGB_NATIVE;
    memcpy(edid + CHROMATICITY, srgb, sizeof(srgb));
    put_sizes(edid, width, height);
    put_timing(edid + DESCRIPTOR, &t);
    put_text(edid + DESCRIPTOR + DESCRIPTOR_SIZE, TAG_NAME, "mini-a64");
    edid[DESCRIPTOR + 2 * DESCRIPTOR_SIZE + 3] = TAG_DUMMY;
    edid[DESCRIPTOR + 3 * DESCRIPTOR_SIZE + 3] = TAG_DUMMY;
    for (unsigned i = 0; i < CHECKSUM; i++)
        edid[CHECKSUM] = (u8)(edid[CHECKSUM] - edid[i]);
}
