/*
 * A share (share.h) that is a folder of the host, with a thread that does the
 * work. The guest gets at nothing outside it: names are looked up one at a time,
 * by openat2 with RESOLVE_BENEATH and without following symbolic links, which are
 * the guest's to resolve; and what is opened is the very file that was found, if
 * it is a regular file or a folder. Devices, sockets and FIFOs are never opened.
 */
#ifndef DEVICES_HOST_SHARE_H
#define DEVICES_HOST_SHARE_H

#include "devices/host_loop.h"
#include "devices/share.h"

/* Whose files they are that the guest makes: QEMU's security_model. */
enum host_share_model {
    HOST_SHARE_NONE,        /* ours; that they can't be the guest's doesn't matter */
    HOST_SHARE_PASSTHROUGH, /* the guest's user's, or it fails */
    HOST_SHARE_MAPPED,      /* ours; owner, mode and type are in extended attributes */
};

struct host_share_options {
    const char *path;
    enum host_share_model model;
    bool readonly;
    bool one_device;         /* multidevs=forbid */
    u32 file_mode, dir_mode; /* of new ones with HOST_SHARE_MAPPED */
};

enum { HOST_SHARE_FILE_MODE = 0600, HOST_SHARE_DIR_MODE = 0700, HOST_SHARE_ERROR = 512 };

/*
 * NULL with one line in ERROR, which names the folder. The loop outlives the share.
 * The limit on open files is raised as far as it goes, in the whole process.
 */
struct share *host_share_open(struct host_loop *loop, const struct host_share_options *o,
                              char error[HOST_SHARE_ERROR]);

#endif
