/*
 * QARMA5, the block cipher that the architecture gives pointer authentication to use
 * (DDI 0487, AArch64.ComputePAC in J1.1; R. Avanzi, "The QARMA Block Cipher Family").
 */
#ifndef CORE_ISA_QARMA5_H
#define CORE_ISA_QARMA5_H

#include "core/types.h"

/* Encipher DATA under the tweak MODIFIER; KEY_HI is bits 127:64 of the key. */
u64 qarma5(u64 data, u64 modifier, u64 key_hi, u64 key_lo);

#endif
