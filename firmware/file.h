/*
 * The files a machine is loaded from. A file is opened once and kept open, so
 * that a machine reset finds the same bytes although the path may lead
 * elsewhere by then; nothing of it stays in host memory. Every failure is one
 * line, "PATH: reason", in a buffer the caller hands in.
 */
#ifndef FIRMWARE_FILE_H
#define FIRMWARE_FILE_H

#include "core/types.h"

struct bus;

/* Room for the longest path and a reason. */
struct load_error {
    char line[4096 + 256];
};

struct file {
    const char *path; /* the caller's string, which must outlive this */
    int fd;           /* -1 when closed */
    u64 size;         /* bytes, as of file_open or file_refresh */
};

/* Write "PATH: reason" into E. Returns false, for `return load_fail(...)`. */
bool load_fail(struct load_error *e, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Open a regular file that is not empty; never blocks. */
bool file_open(struct file *f, const char *path, struct load_error *e);

/* Take note of the size the open file has now; empty is an error. */
bool file_refresh(struct file *f, struct load_error *e);

/* Read exactly LEN bytes at OFFSET. */
bool file_read(const struct file *f, u64 offset, void *to, u64 len, struct load_error *e);

/* Read exactly LEN bytes at OFFSET into guest RAM at PA, which must all be RAM. */
bool file_read_ram(const struct file *f, u64 offset, struct bus *bus, u64 pa, u64 len,
                   struct load_error *e);

/* Close the file; closing twice is allowed. */
void file_close(struct file *f);

/*
 * LEN bytes of guest RAM at PA for a loader to fill, after code decoded from
 * them has been dropped. NULL unless all of it is RAM.
 */
u8 *ram_for_loading(struct bus *bus, u64 pa, u64 len);

/*
 * Zero LEN bytes of guest RAM at PA without touching a page that is zero
 * already. False, and nothing done, unless all of it is RAM.
 */
bool ram_clear(struct bus *bus, u64 pa, u64 len);

#endif
