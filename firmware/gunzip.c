/*
 * gzip streams out of files; see gunzip.h. One buffer of compressed input is
 * held at a time, output goes where the caller wants it.
 */
#include "firmware/gunzip.h"

#include <stdlib.h>
#include <string.h>

/* RFC 1952, 2.3: the smallest member is a header, an empty block and a trailer. */
enum { GZIP_MIN_SIZE = 20, GZIP_DEFLATE = 8 };

/* zlib's windowBits: the largest window, plus 16 for a gzip wrapper. */
enum { GZIP_WINDOW_BITS = 15 + 16 };

bool gunzip_recognise(const u8 *head, u64 len)
{
    return len >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == GZIP_DEFLATE;
}

struct gunzip *gunzip_open(const struct file *file, u64 offset, u64 len, struct load_error *e)
{
    struct gunzip *g = malloc(sizeof *g);

    if (!g) {
        load_fail(e, file->path, "no memory left to unpack it");
        return NULL;
    }
    g->file = file;
    g->next = offset;
    g->end = offset + len;
    g->ended = false;
    memset(&g->zlib, 0, sizeof g->zlib);
    if (inflateInit2(&g->zlib, GZIP_WINDOW_BITS) != Z_OK) {
        free(g);
        load_fail(e, file->path, "no memory left to unpack it");
        return NULL;
    }
    return g;
}

/* Read the next piece of compressed input. */
static bool refill(struct gunzip *g, struct load_error *e)
{
    u64 len = g->end - g->next;

    if (len == 0)
        return load_fail(e, g->file->path, "is truncated: its gzip data ends early");
    if (len > sizeof g->buffer)
        len = sizeof g->buffer;
    if (!file_read(g->file, g->next, g->buffer, len, e))
        return false;
    g->next += len;
    g->zlib.next_in = g->buffer;
    g->zlib.avail_in = (uInt)len;
    return true;
}

bool gunzip_read(struct gunzip *g, void *to, u64 len, u64 *done, struct load_error *e)
{
    const u64 piece = UINT64_C(1) << 30; /* zlib counts in unsigned int */
    u8 *at = to;

    *done = 0;
    while (*done < len && !g->ended) {
        u64 room = len - *done < piece ? len - *done : piece;
        int status;

        if (g->zlib.avail_in == 0 && !refill(g, e))
            return false;
        g->zlib.next_out = at + *done;
        g->zlib.avail_out = (uInt)room;
        status = inflate(&g->zlib, Z_NO_FLUSH);
        *done += room - g->zlib.avail_out;
        if (status == Z_STREAM_END)
            g->ended = true;
        else if (status == Z_MEM_ERROR)
            return load_fail(e, g->file->path, "no memory left to unpack it");
        else if (status != Z_OK && status != Z_BUF_ERROR)
            return load_fail(e, g->file->path, "its gzip data is damaged (%s)",
                             g->zlib.msg ? g->zlib.msg : "bad stream");
    }
    return true;
}

void gunzip_close(struct gunzip *g)
{
    if (!g)
        return;
    inflateEnd(&g->zlib);
    free(g);
}

bool gunzip_length(const struct file *file, u64 offset, u64 len, u64 *length, struct load_error *e)
{
    u8 isize[4];

    if (len < GZIP_MIN_SIZE)
        return load_fail(e, file->path, "is truncated: its gzip data ends early");
    if (!file_read(file, offset + len - sizeof isize, isize, sizeof isize, e))
        return false;
    *length = (u64)isize[0] | (u64)isize[1] << 8 | (u64)isize[2] << 16 | (u64)isize[3] << 24;
    return true;
}
