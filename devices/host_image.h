/*
 * A raw disk image, a file or a block device of the host, and what is done to it:
 * each call does its work before it returns. An open image is locked in QEMU's
 * way, so that neither it nor another one of ours writes to it meanwhile.
 *
 * With `snapshot` the image itself is only read; what is written goes to a
 * nameless temporary file, and with it in the end.
 */
#ifndef DEVICES_HOST_IMAGE_H
#define DEVICES_HOST_IMAGE_H

#include "devices/disk.h"

struct host_image_options {
    const char *file;
    bool raw; /* whatever it looks like; otherwise an image of another format is refused */
    bool readonly, snapshot;
    bool discards; /* what is discarded takes no more space */
    bool unsafe;   /* a flush does nothing */
    bool unlocked;
};

struct host_image {
    int file, overlay; /* overlay -1: there is none */
    u64 size;          /* bytes, a multiple of DISK_SECTOR, not zero */
    u32 block;         /* bytes that its host writes it in */
    bool discards, unsafe;
    u64 *written;    /* with an overlay: a bit for each cluster that is in it */
    int flush_error; /* of a flush that failed: none can succeed any more */
};

enum { HOST_IMAGE_ERROR = 512 };

/* Open and lock. False with one line in ERROR, which names the file. */
bool host_image_open(struct host_image *i, const struct host_image_options *o,
                     char error[HOST_IMAGE_ERROR]);

/*
 * The bytes that an image has by its own tables, and in *BY which of them says so;
 * 0 when there is none that is known.
 */
u64 host_image_length(int file, const char **by);

/* Unlocks it; flush first. */
void host_image_close(struct host_image *i);

/*
 * LEN bytes from OFFSET, within the image, to or from host memory. STOP (may be
 * NULL) becoming true ends it between two pieces of some megabytes, with
 * ECANCELED. Returns 0 or an errno; an image that has been cut short is EIO.
 */
int host_image_read(struct host_image *i, u64 offset, const struct disk_span *span, unsigned spans,
                    const _Atomic bool *stop);
int host_image_write(struct host_image *i, u64 offset, const struct disk_span *span,
                     unsigned spans);

int host_image_flush(struct host_image *i);
int host_image_discard(struct host_image *i, u64 offset, u64 len);
int host_image_write_zeroes(struct host_image *i, u64 offset, u64 len, bool unmap);

#endif
