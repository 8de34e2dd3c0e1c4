/*
 * The CRC32 instructions' arithmetic (Arm's Poly32Mod2 on bit-reversed values):
 * the usual reflected CRC, without inversion before or after.
 */
#ifndef CORE_ISA_CRC32_H
#define CORE_ISA_CRC32_H

#include "core/types.h"

/* CRC of the low BYTES (1, 2, 4, 8) of V, least significant first, from ACC. */
u32 crc32_bytes(u32 acc, u64 v, unsigned bytes);  /* polynomial 0x04C11DB7 */
u32 crc32c_bytes(u32 acc, u64 v, unsigned bytes); /* polynomial 0x1EDC6F41 */

#endif
