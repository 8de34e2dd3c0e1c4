/*
 * CRC32 and CRC32C, a nibble at a time: 16-entry tables that fit in two cache
 * lines and are written down rather than computed, so they need no start-up.
 */
#include "core/isa/crc32.h"

static const u32 crc32_nibble[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static const u32 crc32c_nibble[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static u32 crc_bytes(const u32 table[16], u32 acc, u64 v, unsigned bytes)
{
    for (unsigned i = 0; i < 2 * bytes; i++, v >>= 4)
        acc = acc >> 4 ^ table[(acc ^ v) & 15];
    return acc;
}

u32 crc32_bytes(u32 acc, u64 v, unsigned bytes)
{
    return crc_bytes(crc32_nibble, acc, v, bytes);
}

u32 crc32c_bytes(u32 acc, u64 v, unsigned bytes)
{
    return crc_bytes(crc32c_nibble, acc, v, bytes);
}
