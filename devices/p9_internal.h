/*
 * What the files of the 9P server (p9.h) have in common: fids, and a request while
 * it is being served.
 */
#ifndef DEVICES_P9_INTERNAL_H
#define DEVICES_P9_INTERNAL_H

#include <errno.h>

#include "devices/p9.h"

enum {
    P9_MSIZE_LEAST = 4096,
    P9_MSIZE_MOST = 1 << 20,        /* Linux asks for 500 KiB at most */
    P9_READ_HEADER = P9_HEADER + 4, /* what comes before the data in Rread and Rreaddir */
    P9_IO_HEADER = 24,              /* what Linux subtracts from msize for data */
    P9_NAME_MAX = 255,
    P9_TARGET_MAX = 4095,   /* of a symbolic link: PATH_MAX less the zero */
    P9_WALK_MAX = 16,       /* names in a Twalk */
    P9_REQUEST_MAX = 16384, /* a message but for Twrite's data */
    P9_WRITE_ARGUMENTS = 16,
    P9_ARGUMENTS_MAX = P9_WALK_MAX, /* no other message has more */
    P9_FIDS_MAX = 1 << 20,
    P9_XATTR_MAX = 65536,     /* Linux' XATTR_SIZE_MAX and XATTR_LIST_MAX */
    P9_XATTRS_MAX = 64 << 20, /* bytes of all fids' attributes together */
};

/* The type in a mode, as Linux encodes it. */
enum {
    P9_S_IFMT = 0170000,
    P9_S_IFDIR = 0040000,
    P9_S_IFREG = 0100000,
    P9_S_IFLNK = 0120000,
};

enum p9_fid_kind {
    P9_FID_NODE,       /* not opened */
    P9_FID_FILE,       /* an open file */
    P9_FID_FOLDER,     /* an open folder */
    P9_FID_XATTR_READ, /* an extended attribute, or the names of all */
    P9_FID_XATTR_WRITE,
};

struct p9_fid {
    u32 number, uid;
    enum p9_fid_kind kind;
    struct share_node *node;
    struct share_file *file; /* of FILE and FOLDER */
    unsigned how;            /* it was opened: enum share_open */
    struct {
        char *name; /* to write */
        u8 *data;
        u64 size, have; /* bytes: of it all, and that were written */
        unsigned how;   /* enum share_setxattr */
    } xattr;
    struct p9_fid *next; /* in its bucket */
};

struct p9 {
    struct share *share;
    u32 msize; /* 0: before Tversion */
    struct p9_fid **bucket;
    u32 buckets, fids;
    u64 xattr_bytes;
    u8 *reply; /* P9_MSIZE_MOST bytes */
    struct p9_devices {
        u64 *
            key; /* host devices, and high bits of inode numbers, that have a number of their own */
        u32 count, room;
    } devices;
    u8 request[P9_REQUEST_MAX];
};

/* A string of the client's, with a zero added behind it. */
struct p9_text {
    const char *text;
    u16 len; /* may hold zeroes: see p9_check_name */
};

/* What a message says, by its row's format. */
union p9_argument {
    u64 number;
    struct p9_text text;
};

struct p9_request {
    const struct p9_exchange *x;
    union p9_argument a[P9_ARGUMENTS_MAX];
    u32 rest; /* where in the message what follows the arguments begins, */
    u32 rest_len;
    u8 *out; /* the reply behind its header; */
    u32 len, room;
    u64 direct; /* bytes behind that, which were put into the client's memory already */
};

typedef int p9_handler(struct p9 *p, struct p9_request *r);

/* --- p9_message.c --------------------------------------------------------------------- */

/*
 * Read the LEN bytes at IN as FORMAT says into R: a digit is a number of so many
 * bytes, s a string; what follows is `rest`. False when it is not that.
 */
bool p9_parse(struct p9_request *r, u8 *in, u32 len, const char *format);

/* Add to the reply. What has no room is dropped, and the reply becomes an error. */
void p9_put(struct p9_request *r, unsigned bytes, u64 value);
void p9_put_bytes(struct p9_request *r, const void *data, size_t len);
void p9_put_text(struct p9_request *r, const char *text, size_t len);

/* Copy out of and into the client's memory; as many bytes as there are. */
u64 p9_gather(const struct p9_exchange *x, u64 at, void *to, u64 len);
void p9_scatter(const struct p9_exchange *x, u64 at, const void *from, u64 len);

/*
 * The stretches of SPAN that are LEN bytes from AT on, into PIECE, which has room
 * for SPANS. Returns how many.
 */
unsigned p9_slice(const struct share_span *span, unsigned spans, u64 at, u64 len,
                  struct share_span *piece);

/* --- p9_fid.c --------------------------------------------------------------------------- */

struct p9_fid *p9_fid_find(struct p9 *p, u64 number);

/* A new fid of NODE, which it takes over if there is no error: EINVAL if NUMBER is in use. */
int p9_fid_add(struct p9 *p, u64 number, u32 uid, struct share_node *node, struct p9_fid **fid);

/* Let it be of NODE, which it takes over. */
void p9_fid_move(struct p9 *p, struct p9_fid *f, struct share_node *node);
void p9_fid_remove(struct p9 *p, struct p9_fid *f);
void p9_fid_remove_all(struct p9 *p);

/* Room for an attribute of SIZE bytes in F; 0 or an errno. */
int p9_fid_reserve_xattr(struct p9 *p, struct p9_fid *f, u64 size);

/* --- p9_attr.c -------------------------------------------------------------------------- */

/* Put the qid of what has DEVICE, INODE and MODE; of a file also its version. */
int p9_put_qid(struct p9 *p, struct p9_request *r, const struct share_stat *st);
int p9_put_node(struct p9 *p, struct p9_request *r, struct share_node *n);

/* The number the client knows the host's inode by. */
int p9_path_of(struct p9 *p, u64 device, u64 inode, u64 *path);

/* How many bytes are best transferred at once. */
u32 p9_iounit(const struct p9 *p);

p9_handler p9_getattr, p9_setattr, p9_statfs, p9_xattrwalk, p9_xattrcreate;

/* What a Txattrcreate promised is done now that the fid goes. */
int p9_xattr_finish(struct p9 *p, struct p9_fid *f);

/* --- p9_file.c -------------------------------------------------------------------------- */

p9_handler p9_lopen, p9_lcreate, p9_read, p9_write, p9_readdir, p9_fsync, p9_lock, p9_getlock;

/* --- p9_name.c -------------------------------------------------------------------------- */

/* Is it one name, for something new or something to go; 0 or an errno. */
int p9_check_name(const struct p9_text *name);

p9_handler p9_mkdir, p9_symlink, p9_mknod, p9_link, p9_rename, p9_renameat, p9_unlinkat, p9_remove,
    p9_readlink;

#endif
