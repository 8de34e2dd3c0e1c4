/*
 * Writing PNG pictures (ISO/IEC 15948).
 */
#ifndef TOOLS_PNG_H
#define TOOLS_PNG_H

#include <stdio.h>

#include "core/types.h"

/*
 * Write a picture of WIDTH by HEIGHT pixels, each 3 bytes (red, green, blue) at RGB,
 * rows from top to bottom without gaps. False when the host has no memory or no room.
 */
bool png_write(FILE *to, const u8 *rgb, u32 width, u32 height);

#endif
