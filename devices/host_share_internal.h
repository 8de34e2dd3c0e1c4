/*
 * What the files of a share (host_share.h) have in common. A node is a name in a
 * folder, one node for each, however many hold it. It keeps a handle (an O_PATH
 * descriptor) to the file it was when it was found; handles that were not used for
 * long are closed when there are too many, and come back by name, if what has the
 * name is still the same file.
 */
#ifndef DEVICES_HOST_SHARE_INTERNAL_H
#define DEVICES_HOST_SHARE_INTERNAL_H

#include <sys/stat.h>

#include "devices/host_share.h"
#include "devices/host_worker.h"

/* Which file it is: an inode's number alone may be another file's by now. */
struct host_share_identity {
    u64 device, inode;
    u64 birth;   /* ns since 1970; 0 where the file system does not know */
    mode_t type; /* S_IFMT of the host's file */
};

struct share_node {
    struct share_node *parent; /* NULL: the root, or removed */
    char *name;                /* NULL likewise */
    int fd;                    /* the handle, -1: closed */
    struct host_share_identity is;
    u32 refs;                         /* of the server, and of nodes in it */
    struct share_node *next;          /* in its bucket */
    struct share_node *newer, *older; /* while it has both name and handle */
    struct host_share *share;
};

struct share_file {
    int fd;
    bool append;
    /* Of a folder: entries that were read, the next one, and the offset that is its. */
    u8 *entries;
    size_t len, at;
    u64 offset;
};

struct host_share {
    struct share share;
    struct host_worker *worker;
    enum host_share_model model;
    u32 file_mode, dir_mode;
    bool one_device;
    struct share_node *root;
    struct share_node **bucket;
    size_t buckets, nodes;                 /* nodes that have a name */
    struct share_node *newest, *oldest;    /* whose handles may be closed */
    unsigned descriptors, descriptors_max; /* of nodes and files together */
};

static inline struct host_share *host_share_of(struct share *s)
{
    return container_of(s, struct host_share, share);
}

/* --- host_share_node.c ------------------------------------------------------------ */

struct share_node *host_share_root(struct share *s);
void host_share_hold(struct share_node *n);
void host_share_drop(struct share_node *n);
int host_share_walk(struct share *s, struct share_node *folder, const char *name,
                    struct share_node **node);
int host_share_parent(struct share *s, struct share_node *n, struct share_node **parent);
const char *host_share_name(struct share_node *n);

/* Make the root of what FD leads to. False without memory; FD is closed then. */
bool host_share_plant(struct host_share *h, int fd);

/* N's handle, which lasts until other handles are made; -1 with errno. */
int host_share_handle(struct host_share *h, struct share_node *n);

/* The handles of both at once; 0 or an errno. */
int host_share_handles(struct host_share *h, struct share_node *a, struct share_node *b);

/* There is to be one more descriptor: 0, or EMFILE. And there is one less. */
int host_share_reserve(struct host_share *h);
void host_share_release(struct host_share *h);

/* FOLDER has no NAME any more, or what had the old name has the new one. */
void host_share_forget(struct host_share *h, struct share_node *folder, const char *name);
void host_share_moved(struct host_share *h, struct share_node *from, const char *old,
                      struct share_node *to, const char *name);

/* Open NAME in FOLDER, a handle, by openat2: never outside, never through a link. */
int host_share_openat(int folder, const char *name, int flags, mode_t mode);

/* How /proc names a handle, so that what it leads to can be opened, and the like. */
struct host_share_path {
    char text[32];
};
struct host_share_path host_share_path(int fd);

/* --- host_share_make.c ------------------------------------------------------------ */

int host_share_create(struct share *s, struct share_node *folder, const char *name, unsigned how,
                      const struct share_new *as, struct share_node **node,
                      struct share_file **file);
int host_share_mkdir(struct share *s, struct share_node *folder, const char *name,
                     const struct share_new *as, struct share_node **node);
int host_share_mknod(struct share *s, struct share_node *folder, const char *name,
                     const struct share_new *as, u32 major, u32 minor, struct share_node **node);
int host_share_symlink(struct share *s, struct share_node *folder, const char *name,
                       const char *target, const struct share_new *as, struct share_node **node);
int host_share_link(struct share *s, struct share_node *n, struct share_node *folder,
                    const char *name);
int host_share_rename(struct share *s, struct share_node *from, const char *old,
                      struct share_node *to, const char *name);
int host_share_unlink(struct share *s, struct share_node *folder, const char *name, bool is_folder);

/* --- host_share_file.c ------------------------------------------------------------ */

int host_share_open_node(struct share *s, struct share_node *n, unsigned how,
                         struct share_file **file);
int host_share_read(struct share_file *f, const struct share_span *span, unsigned spans, u64 offset,
                    u64 *done);
int host_share_write(struct share_file *f, const struct share_span *span, unsigned spans,
                     u64 offset, u64 *done);
int host_share_readdir(struct share_file *f, u64 offset, struct share_entry *e);
int host_share_sync(struct share_file *f, bool data_only);
void host_share_close(struct share *s, struct share_file *f);

/* The open(2) flags that HOW stands for. */
int host_share_flags(unsigned how);

/* A file of the descriptor FD, which was reserved; NULL without memory, FD is closed then. */
struct share_file *host_share_adopt(struct host_share *h, int fd, unsigned how);

/* --- host_share_attr.c ------------------------------------------------------------ */

int host_share_stat(struct share *s, struct share_node *n, struct share_stat *st);
int host_share_change(struct share *s, struct share_node *n, struct share_file *file,
                      const struct share_change *c);
int host_share_volume(struct share *s, struct share_node *n, struct share_volume *v);
int host_share_readlink(struct share *s, struct share_node *n, char *to, size_t size, size_t *len);
int host_share_getxattr(struct share *s, struct share_node *n, const char *name, void *to,
                        size_t size, size_t *len);
int host_share_setxattr(struct share *s, struct share_node *n, const char *name, const void *from,
                        size_t len, unsigned how);
int host_share_removexattr(struct share *s, struct share_node *n, const char *name);

/* The new file behind FD is to be AS says, type included; RDEV is a device's. */
int host_share_own(const struct host_share *h, int fd, const struct share_new *as, u64 rdev);

/* Whether the file system of FD has what HOST_SHARE_MAPPED needs. */
bool host_share_can_map(int fd);

#endif
