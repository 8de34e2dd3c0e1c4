/*
 * A gzip stream (RFC 1952) inside a file, unpacked piece by piece straight into
 * the caller's memory: the caller says how much it takes, so that a stream that
 * unpacks to more than expected costs nothing. Checksum and length at the
 * stream's end are verified. Inflating is zlib's.
 */
#ifndef FIRMWARE_GUNZIP_H
#define FIRMWARE_GUNZIP_H

#include <zlib.h>

#include "core/types.h"
#include "firmware/file.h"

struct gunzip {
    const struct file *file;
    u64 next, end; /* the bytes of the file not yet read */
    bool ended;    /* the stream's end was reached and verified */
    z_stream zlib;
    u8 buffer[65536];
};

/* True when LEN bytes at HEAD are the start of a gzip stream. */
bool gunzip_recognise(const u8 *head, u64 len);

/*
 * Begin unpacking the LEN bytes of FILE at OFFSET. What follows the stream in
 * them is ignored, as gzip does. Returns NULL with a line in E on failure.
 */
struct gunzip *gunzip_open(const struct file *file, u64 offset, u64 len, struct load_error *e);

/*
 * Unpack at most LEN bytes to TO; *DONE is how many there were, fewer than LEN
 * only at the verified end of the stream. TO must not change in between: none
 * of it is read again by the next call.
 */
bool gunzip_read(struct gunzip *g, void *to, u64 len, u64 *done, struct load_error *e);

void gunzip_close(struct gunzip *g);

/*
 * What the stream's last four bytes, those before OFFSET + LEN, say its
 * unpacked length is (modulo 2^32): a hint, true once gunzip_read reached the end.
 */
bool gunzip_length(const struct file *file, u64 offset, u64 len, u64 *length, struct load_error *e);

#endif
