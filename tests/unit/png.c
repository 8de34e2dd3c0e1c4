/*
 * PNG pictures, read back by the standard's rules (ISO/IEC 15948: 5 datastream and
 * chunks, 9 filtering, 10 compression, 11.2 the chunks) with zlib's own inflate.
 */
#include "tools/png.h"

#include "tests/unit/load_rig.h"

static u32 be32(const u8 *p)
{
    return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* The data of the chunk at *AT, which must be of TYPE; *AT moves behind it. */
static const u8 *take_chunk(const u8 **at, const char *type, u32 *size)
{
    const u8 *p = *at;
    *size = be32(p);
    cr_assert_eq(memcmp(p + 4, type, 4), 0, "%.4s, not %s", (const char *)p + 4, type);
    cr_assert_eq(be32(p + 8 + *size), crc32(0, p + 4, 4 + *size), "%s: wrong CRC", type);
    *at = p + 12 + *size;
    return p + 8;
}

static void round_trip(u32 width, u32 height)
{
    u64 state = width * 1000003 + height;
    size_t row = (size_t)width * 3;
    u8 *rgb = malloc(row * height), *raw = malloc((row + 1) * height + 1);
    char *bytes = NULL;
    size_t size = 0;
    for (size_t i = 0; i < row * height; i++)
        rgb[i] = (u8)(i % 7 ? rig_random(&state) : 0);
    FILE *f = open_memstream(&bytes, &size);
    cr_assert(png_write(f, rgb, width, height));
    cr_assert_eq(fclose(f), 0);

    const u8 *at = (const u8 *)bytes;
    u32 n;
    cr_assert_eq(memcmp(at, "\x89PNG\r\n\x1a\n", 8), 0);
    at += 8;
    const u8 *header = take_chunk(&at, "IHDR", &n);
    cr_assert_eq(n, 13);
    cr_assert(be32(header) == width && be32(header + 4) == height);
    cr_assert_eq(memcmp(header + 8, "\x08\x02\x00\x00\x00", 5), 0); /* 8-bit RGB, all standard */
    const u8 *data = take_chunk(&at, "IDAT", &n);
    uLongf unpacked = (row + 1) * height + 1;
    cr_assert_eq(uncompress(raw, &unpacked, data, n), Z_OK);
    cr_assert_eq(unpacked, (row + 1) * height);
    take_chunk(&at, "IEND", &n);
    cr_assert_eq(n, 0);
    cr_assert_eq(at, (const u8 *)bytes + size);
    for (u32 y = 0; y < height; y++) {
        cr_assert_eq(raw[y * (row + 1)], 0); /* no filter */
        cr_assert_eq(memcmp(raw + y * (row + 1) + 1, rgb + y * row, row), 0, "row %u", y);
    }
    free(rgb);
    free(raw);
    free(bytes);
}

Test(png, pictures_of_any_size)
{
    round_trip(1, 1);
    round_trip(3, 2);
    round_trip(257, 5);
    round_trip(64, 2048);
    round_trip(1024, 768);
}

Test(png, a_full_disk_is_noticed)
{
    static u8 rgb[3 * 100 * 100];
    FILE *f = fopen("/dev/full", "w");
    cr_assert_not_null(f);
    bool ok = png_write(f, rgb, 100, 100);
    cr_assert(fclose(f) != 0 || !ok);
}
