/*
 * PNG pictures (png.h): one IDAT chunk, every row unfiltered.
 */
#include "tools/png.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const u8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

enum { DEPTH = 8, RGB = 2, BYTES_PER_PIXEL = 3, IHDR_SIZE = 13 };

static void put_be32(u8 *to, u32 value)
{
    value = __builtin_bswap32(value);
    memcpy(to, &value, sizeof(value));
}

/* A chunk: length, type, data, and a CRC of the latter two. */
static bool write_chunk(FILE *to, const char type[4], const u8 *data, u32 size)
{
    u8 head[8], tail[4];
    put_be32(head, size);
    memcpy(head + 4, type, 4);
    uLong crc = crc32(0, head + 4, 4);
    put_be32(tail, (u32)(size ? crc32(crc, data, size) : crc));
    return fwrite(head, sizeof(head), 1, to) == 1 && (!size || fwrite(data, size, 1, to) == 1) &&
           fwrite(tail, sizeof(tail), 1, to) == 1;
}

/* The rows, each behind its filter type, compressed; malloc'd, NULL without memory. */
static u8 *compress_rows(const u8 *rgb, u32 width, u32 height, uLongf *size)
{
    size_t row = (size_t)width * BYTES_PER_PIXEL;
    uLong raw_size = (uLong)((row + 1) * height);
    u8 *raw = calloc(1, raw_size);
    *size = compressBound(raw_size);
    u8 *packed = malloc(*size);
    for (u32 y = 0; raw && y < height; y++)
        memcpy(raw + y * (row + 1) + 1, rgb + y * row, row);
    if (!raw || !packed || compress(packed, size, raw, raw_size) != Z_OK) {
        free(packed);
        packed = NULL;
    }
    free(raw);
    return packed;
}

bool png_write(FILE *to, const u8 *rgb, u32 width, u32 height)
{
    u8 header[IHDR_SIZE] = {[8] = DEPTH, [9] = RGB};
    uLongf size;
    u8 *packed = compress_rows(rgb, width, height, &size);
    if (!packed)
        return false;
    put_be32(header, width);
    put_be32(header + 4, height);
    bool ok = fwrite(signature, sizeof(signature), 1, to) == 1 &&
              write_chunk(to, "IHDR", header, sizeof(header)) &&
              write_chunk(to, "IDAT", packed, (u32)size) && write_chunk(to, "IEND", NULL, 0);
    free(packed);
    return ok;
}
