/*
 * A disk's contents, as a block device sees them: requests that take their time.
 * The front end fills in a request and submits it; the back end moves the bytes,
 * elsewhere and later, and calls `done` on the machine's thread. Requests are
 * carried out in the order they were submitted.
 */
#ifndef DEVICES_DISK_H
#define DEVICES_DISK_H

#include "core/types.h"
#include "devices/job.h"

enum { DISK_SECTOR = 512 };

enum disk_action {
    DISK_READ,
    DISK_WRITE,
    DISK_FLUSH,        /* what was written before is on stable storage when it is done */
    DISK_DISCARD,      /* the contents are not needed; may do nothing */
    DISK_WRITE_ZEROES, /* UNMAP says that they need take no space */
};

/* Host memory that a request reads or fills. */
struct disk_span {
    u8 *host;
    u64 len;
};

struct disk;

/* Owned by the front end, which leaves it alone until it is done. */
struct disk_request {
    enum disk_action action;
    bool sync; /* a write is on stable storage when it is done */
    bool unmap;
    u64 offset; /* bytes, within the disk, as is the end */
    u64 len;    /* bytes: of the spans together, or to be discarded */
    const struct disk_span *span;
    unsigned spans;
    void (*done)(struct disk_request *r);
    void *owner;
    int error;      /* when done: 0 or an errno */
    struct job job; /* the back end's, */
    struct disk *disk;
};

struct disk_ops {
    void (*submit)(struct disk *d, struct disk_request *r);
    /* Wait until every request is done; ABANDON: reads need not be carried out. */
    void (*drain)(struct disk *d, bool abandon);
    /* Drain, bring what was written to stable storage, and free. */
    void (*destroy)(struct disk *d);
};

/* Embedded in a back end. */
struct disk {
    const struct disk_ops *ops;
    u64 size; /* bytes, a multiple of DISK_SECTOR */
    bool readonly;
    bool writethrough;  /* the guest is told that writes are stable when done */
    bool discards;      /* discards free space */
    u32 physical_block; /* bytes that it is best written in; a power of two */
};

#endif
