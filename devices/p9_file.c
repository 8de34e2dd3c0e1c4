/*
 * Open files and folders of the 9P server (p9_internal.h): opening, data, entries,
 * locks.
 */
#include <string.h>

#include "devices/p9_internal.h"

/* Tlopen's and Tlcreate's flags: Linux' open(2), as most architectures have it. */
enum {
    O_ACCESS = 3,
    O_WRITE_ONLY = 1,
    O_READ_WRITE = 2,
    O_EXCLUSIVE = 0200,
    O_TRUNCATE = 01000,
    O_APPENDING = 02000,
    O_DATA_SYNC = 010000,
    O_FOLDER = 0200000,
    O_WHOLE_SYNC = 04000000,
};

/* Tlock and Tgetlock. */
enum { LOCK_UNLOCK = 2, LOCK_BLOCK = 1, LOCK_RECLAIM = 2, LOCK_SUCCESS = 0 };

/* enum share_open for FLAGS; 0 where they ask for no access. The rest is the client's concern. */
static unsigned how_to_open(u64 flags)
{
    static const struct {
        u32 flag;
        unsigned how;
    } rows[] = {
        {O_TRUNCATE, SHARE_TRUNCATE},   {O_APPENDING, SHARE_APPEND},
        {O_DATA_SYNC, SHARE_DATA_SYNC}, {O_WHOLE_SYNC, SHARE_SYNC},
        {O_EXCLUSIVE, SHARE_EXCLUSIVE}, {O_FOLDER, SHARE_FOLDER},
    };
    static const unsigned access[] = {SHARE_READ, SHARE_WRITE, SHARE_READ | SHARE_WRITE, 0};
    unsigned how = access[flags & O_ACCESS];
    for (size_t i = 0; how && i < ARRAY_LEN(rows); i++)
        how |= flags & rows[i].flag ? rows[i].how : 0;
    return how;
}

/* FID is FILE from now on, a node of ST. */
static int opened(struct p9 *p, struct p9_request *r, struct p9_fid *f, struct share_file *file,
                  unsigned how)
{
    struct share_stat st;
    int error = p->share->ops->stat(p->share, f->node, &st);
    if (!error)
        error = p9_put_qid(p, r, &st);
    if (error) {
        p->share->ops->close(p->share, file);
        return error;
    }
    p9_put(r, 4, p9_iounit(p));
    f->kind = (st.mode & P9_S_IFMT) == P9_S_IFDIR ? P9_FID_FOLDER : P9_FID_FILE;
    f->file = file;
    f->how = how;
    return 0;
}

/* fid flags */
int p9_lopen(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    unsigned how = how_to_open(r->a[1].number);
    struct share_file *file;
    if (!f)
        return EBADF;
    if (f->kind != P9_FID_NODE || !how)
        return EINVAL;
    if (p->share->readonly && (how & (SHARE_WRITE | SHARE_TRUNCATE)))
        return EROFS;
    int error = p->share->ops->open(p->share, f->node, how, &file);
    return error ? error : opened(p, r, f, file, how);
}

/* fid name flags mode gid: FID, a folder, becomes the open file. */
int p9_lcreate(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    unsigned how = how_to_open(r->a[2].number);
    struct share_file *file;
    struct share_node *node;
    if (!f)
        return EBADF;
    if (f->kind != P9_FID_NODE || !how)
        return EINVAL;
    const struct share_new as = {(u32)r->a[3].number, f->uid, (u32)r->a[4].number};
    int error = p9_check_name(&r->a[1].text);
    if (!error)
        error = p->share->ops->create(p->share, f->node, r->a[1].text.text, how, &as, &node, &file);
    if (error)
        return error;
    p9_fid_move(p, f, node);
    return opened(p, r, f, file, how);
}

/* What of COUNT bytes an attribute has from OFFSET on. */
static u64 read_xattr(struct p9_request *r, const struct p9_fid *f, u64 offset, u64 count)
{
    u64 at = offset < f->xattr.size ? offset : f->xattr.size;
    u64 left = f->xattr.size - at;
    u64 done = left < count ? left : count;
    p9_scatter(r->x, P9_READ_HEADER, f->xattr.data + at, done);
    return done;
}

/* fid offset count: the data goes from the file into the client's memory. */
int p9_read(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    struct share_span piece[P9_SPANS_MAX];
    u64 offset = r->a[1].number, count = r->a[2].number;
    int error = 0;
    if (!f)
        return EBADF;
    count = count < r->room - 4 ? count : r->room - 4;
    if (f->kind == P9_FID_XATTR_READ) {
        r->direct = read_xattr(r, f, offset, count);
    } else if (f->kind == P9_FID_FILE && (f->how & SHARE_READ)) {
        unsigned n = p9_slice(r->x->in, r->x->ins, P9_READ_HEADER, count, piece);
        error = p->share->ops->read(f->file, piece, n, offset, &r->direct);
    } else {
        error = f->kind == P9_FID_FOLDER ? EISDIR : EBADF;
    }
    p9_put(r, 4, r->direct);
    return error;
}

static int write_xattr(struct p9_request *r, struct p9_fid *f, u64 offset, u64 count)
{
    if (offset > f->xattr.size || count > f->xattr.size - offset)
        return ENOSPC;
    p9_gather(r->x, P9_HEADER + r->rest, f->xattr.data + offset, count);
    f->xattr.have = offset + count > f->xattr.have ? offset + count : f->xattr.have;
    return 0;
}

/* fid offset count, and the data */
int p9_write(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    struct share_span piece[P9_SPANS_MAX];
    u64 offset = r->a[1].number, count = r->a[2].number, done = count;
    int error = 0;
    if (!f)
        return EBADF;
    if (count > r->rest_len)
        return EINVAL;
    if (f->kind == P9_FID_XATTR_WRITE) {
        error = write_xattr(r, f, offset, count);
    } else if (f->kind == P9_FID_FILE && (f->how & SHARE_WRITE)) {
        unsigned n = p9_slice(r->x->out, r->x->outs, P9_HEADER + r->rest, count, piece);
        error = p->share->ops->write(f->file, piece, n, offset, &done);
    } else {
        error = EBADF;
    }
    p9_put(r, 4, done);
    return error;
}

/* Put entry E of the folder F on DEVICE, unless it makes the data more than COUNT bytes. */
static int put_entry(struct p9 *p, struct p9_request *r, const struct p9_fid *f, u64 device,
                     const struct share_entry *e, u64 count, bool *full)
{
    enum { ENTRY_FIXED = 13 + 8 + 1 + 2, TYPE_FOLDER = 4 };
    const struct share_ops *ops = p->share->ops;
    size_t len = strlen(e->name);
    struct share_stat st = {
        .device = device,
        .inode = e->inode,
        .mode = e->type == TYPE_FOLDER ? P9_S_IFDIR : P9_S_IFREG,
    };
    *full = r->len + ENTRY_FIXED + len > 4 + count;
    if (*full)
        return 0;
    struct share_node *parent;
    if (!strcmp(e->name, "..") && ops->parent(p->share, f->node, &parent) == 0) {
        if (parent == f->node) /* nothing is said of what is above the root */
            ops->stat(p->share, parent, &st);
        ops->drop(parent);
    }
    int error = p9_put_qid(p, r, &st);
    p9_put(r, 8, e->next);
    p9_put(r, 1, e->type);
    p9_put_text(r, e->name, len);
    return error;
}

/* fid offset count: as many entries as fit; none at the end. */
int p9_readdir(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    u64 offset = r->a[1].number, count = r->a[2].number;
    struct share_entry e = {0};
    struct share_stat st;
    bool full = false;
    if (!f || f->kind != P9_FID_FOLDER)
        return f ? ENOTDIR : EBADF;
    count = count < r->room - 4 ? count : r->room - 4;
    int error = p->share->ops->stat(p->share, f->node, &st);
    p9_put(r, 4, 0);
    while (!error && !full) {
        error = p->share->ops->readdir(f->file, offset, &e);
        if (error || !e.name)
            break;
        error = put_entry(p, r, f, st.device, &e, count, &full);
        offset = e.next;
    }
    u32 len = r->len - 4;
    if (!error && full && len == 0)
        return EINVAL; /* not even room for one */
    memcpy(r->out, &len, sizeof(len));
    return error && len == 0 ? error : 0;
}

/* fid, and datasync[4], which clients of old leave out */
int p9_fsync(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    u32 data_only = 0;
    if (r->rest_len >= sizeof(data_only))
        memcpy(&data_only, p->request + r->rest, sizeof(data_only));
    if (!f || !f->file)
        return f ? EINVAL : EBADF;
    return p->share->ops->sync(f->file, data_only);
}

/*
 * fid type flags start length proc_id client_id. A share has one client, whose
 * kernel keeps the locks of its processes and asks for none that they can't have:
 * so there is nothing to be refused. Locks of the host's processes are not theirs.
 */
int p9_lock(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    if (!f || !f->file)
        return EBADF;
    if (r->a[1].number > LOCK_UNLOCK || (r->a[2].number & ~(u64)(LOCK_BLOCK | LOCK_RECLAIM)))
        return EINVAL;
    p9_put(r, 1, LOCK_SUCCESS);
    return 0;
}

/* fid type start length proc_id client_id: the lock in the way of this one, which is none. */
int p9_getlock(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    if (!f || !f->file)
        return EBADF;
    if (r->a[1].number > LOCK_UNLOCK)
        return EINVAL;
    p9_put(r, 1, LOCK_UNLOCK);
    p9_put(r, 8, r->a[2].number);
    p9_put(r, 8, r->a[3].number);
    p9_put(r, 4, r->a[4].number);
    p9_put_text(r, r->a[5].text.text, r->a[5].text.len);
    return 0;
}
