/*
 * A folder that a guest shares with its host, as a file server sees it. Nodes are
 * files of any kind below it, found by single names and held by reference; files
 * are what was opened of them. Names are checked by the server: not empty, without
 * a slash, neither "." nor "..".
 *
 * All but submit, drain and destroy is called within jobs, one at a time, may
 * take its time, and returns 0 or Linux' errno, unless it says otherwise.
 */
#ifndef DEVICES_SHARE_H
#define DEVICES_SHARE_H

#include "core/types.h"
#include "devices/job.h"

struct share;
struct share_node;
struct share_file;

struct share_time {
    s64 seconds; /* since 1970 */
    u64 nanoseconds;
};

/* Numbers as Linux' struct stat has them. */
struct share_stat {
    u64 device, inode; /* of the host */
    u32 mode, uid, gid;
    u64 links, rdev, size;
    u64 blocks; /* of 512 bytes */
    struct share_time accessed, modified, changed;
};

/* What share_change is to change. */
enum share_changes {
    SHARE_MODE = 1,
    SHARE_OWNER = 2, /* uid, gid; UINT32_MAX: as it is */
    SHARE_SIZE = 4,
    SHARE_ACCESSED = 8, /* to now, or */
    SHARE_MODIFIED = 16,
    SHARE_ACCESSED_SET = 32, /* with the former: to what is given */
    SHARE_MODIFIED_SET = 64,
};

struct share_change {
    unsigned what;
    u32 mode, uid, gid;
    u64 size;
    struct share_time accessed, modified;
};

/* How a file is opened, a set. */
enum share_open {
    SHARE_READ = 1,
    SHARE_WRITE = 2,
    SHARE_TRUNCATE = 4,
    SHARE_APPEND = 8,
    SHARE_DATA_SYNC = 16, /* writes are stable when done, */
    SHARE_SYNC = 32,      /* and what is said of the file, too */
    SHARE_EXCLUSIVE = 64, /* create: it must not be there */
    SHARE_FOLDER = 128,   /* it must be one */
};

/* A node that is made: to be owned and accessed so. */
struct share_new {
    u32 mode; /* with its type for mknod, else permissions */
    u32 uid, gid;
};

struct share_volume {
    u32 type, block_size, name_max;
    u64 blocks, free, available; /* blocks of block_size bytes */
    u64 files, files_free, id;
};

/* An entry of a folder. Its name lasts until the next call for that folder. */
struct share_entry {
    const char *name; /* NULL behind the last */
    u64 inode, next;  /* next: the offset of the entry behind it */
    u8 type;          /* as readdir's d_type; 0: not known */
};

/* Host memory to be read from or filled. */
struct share_span {
    u8 *host;
    u64 len;
};

enum share_setxattr { SHARE_XATTR_CREATE = 1, SHARE_XATTR_REPLACE = 2 };

struct share_ops {
    void (*submit)(struct share *s, struct job *j);
    void (*drain)(struct share *s);
    void (*destroy)(struct share *s); /* all nodes and files have been given back */

    /* Nodes that are returned are the caller's to drop. */
    struct share_node *(*root)(struct share *s);
    void (*hold)(struct share_node *n);
    void (*drop)(struct share_node *n);
    int (*walk)(struct share *s, struct share_node *folder, const char *name,
                struct share_node **node);
    /* The folder it is in, the root's is itself; not found where N was removed. */
    int (*parent)(struct share *s, struct share_node *n, struct share_node **parent);
    /* Its name in there, as long as N is held and nothing is renamed; or NULL. */
    const char *(*name)(struct share_node *n);

    int (*stat)(struct share *s, struct share_node *n, struct share_stat *st);
    /* FILE is N opened, or NULL. */
    int (*change)(struct share *s, struct share_node *n, struct share_file *file,
                  const struct share_change *c);
    int (*volume)(struct share *s, struct share_node *n, struct share_volume *v);
    /* At most SIZE bytes, without a zero at the end. */
    int (*readlink)(struct share *s, struct share_node *n, char *to, size_t size, size_t *len);

    /* Regular files and folders only: ENXIO for others. */
    int (*open)(struct share *s, struct share_node *n, unsigned how, struct share_file **file);
    int (*create)(struct share *s, struct share_node *folder, const char *name, unsigned how,
                  const struct share_new *as, struct share_node **node, struct share_file **file);
    int (*mkdir)(struct share *s, struct share_node *folder, const char *name,
                 const struct share_new *as, struct share_node **node);
    int (*mknod)(struct share *s, struct share_node *folder, const char *name,
                 const struct share_new *as, u32 major, u32 minor, struct share_node **node);
    int (*symlink)(struct share *s, struct share_node *folder, const char *name, const char *target,
                   const struct share_new *as, struct share_node **node);
    int (*link)(struct share *s, struct share_node *n, struct share_node *folder, const char *name);
    int (*rename)(struct share *s, struct share_node *from, const char *old, struct share_node *to,
                  const char *name);
    int (*unlink)(struct share *s, struct share_node *folder, const char *name, bool is_folder);

    /* What a name stands for, or with NAME "" the names, each with a zero behind it. */
    int (*getxattr)(struct share *s, struct share_node *n, const char *name, void *to, size_t size,
                    size_t *len);
    int (*setxattr)(struct share *s, struct share_node *n, const char *name, const void *from,
                    size_t len, unsigned how);
    int (*removexattr)(struct share *s, struct share_node *n, const char *name);

    /* DONE: bytes; fewer than asked for at the end of the file. */
    int (*read)(struct share_file *f, const struct share_span *span, unsigned spans, u64 offset,
                u64 *done);
    int (*write)(struct share_file *f, const struct share_span *span, unsigned spans, u64 offset,
                 u64 *done);
    /* The entry at OFFSET, which is 0 or some entry's next. */
    int (*readdir)(struct share_file *f, u64 offset, struct share_entry *e);
    int (*sync)(struct share_file *f, bool data_only);
    void (*close)(struct share *s, struct share_file *f);
};

/* Embedded in a back end. */
struct share {
    const struct share_ops *ops;
    bool readonly; /* the server refuses whatever would change it */
};

#endif
