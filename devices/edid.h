/*
 * What a monitor says of itself: VESA Enhanced EDID Standard, release A2, base
 * block of structure 1.4.
 */
#ifndef DEVICES_EDID_H
#define DEVICES_EDID_H

#include "core/types.h"

/* A side of at most EDID_SIDE_MAX pixels can be said in a detailed timing. */
enum { EDID_SIZE = 128, EDID_SIDE_MAX = 4095 };

/* The EDID of a monitor of WIDTH by HEIGHT pixels, each 1 to EDID_SIDE_MAX. */
void edid_make(u8 edid[EDID_SIZE], u32 width, u32 height);

#endif
