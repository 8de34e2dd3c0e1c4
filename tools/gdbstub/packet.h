/*
 * Frames of GDB's remote serial protocol (GDB manual, appendix E.1): $data#sum,
 * acknowledged by + or -, and the interrupt, which is a byte of its own. What
 * comes in is hostile: anything is taken, nothing is trusted.
 */
#ifndef TOOLS_GDBSTUB_PACKET_H
#define TOOLS_GDBSTUB_PACKET_H

#include "tools/gdbstub/text.h"

enum { PACKET_SIZE = 0x8000 }; /* the longest that is taken, in bytes between $ and # */

enum packet_event {
    PACKET_MORE,      /* nothing is complete yet */
    PACKET_READY,     /* data[0] to data[len - 1], terminated by a zero */
    PACKET_BAD,       /* a frame with a wrong checksum, or too long */
    PACKET_INTERRUPT, /* Ctrl-C */
    PACKET_ACK,
    PACKET_NAK,
};

/* Zeroed is ready for use. */
struct packet_reader {
    enum { OUTSIDE, INSIDE, ESCAPED, SUM_HIGH, SUM_LOW } state;
    size_t len;
    bool too_long;
    u8 sum;   /* of what came */
    int high; /* of what it should be */
    char data[PACKET_SIZE + 1];
};

/* Take one byte. Escaped characters are as they were before. */
enum packet_event packet_feed(struct packet_reader *r, u8 byte);

/* Append LEN bytes as one frame. */
void packet_frame(struct text *to, const void *data, size_t len);

#endif
