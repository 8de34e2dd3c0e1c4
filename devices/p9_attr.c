/*
 * What the 9P server says of files and changes in it: qids, Tgetattr, Tsetattr,
 * Tstatfs, extended attributes (p9_internal.h).
 */
#include <stdlib.h>
#include <string.h>

#include "devices/p9_internal.h"

enum {
    QID_FOLDER = 0x80,
    QID_SYMLINK = 0x02,
    GETATTR_BASIC = 0x7ff, /* mode to blocks: what stat(2) knows */
    PATH_BITS = 48,        /* of a host's inode number that are always in qid.path */
    DEVICES_MAX = 65535,
    PAGE = 4096,
};

/* Tsetattr's `valid`. */
enum {
    SET_MODE = 1,
    SET_UID = 2,
    SET_GID = 4,
    SET_SIZE = 8,
    SET_ATIME = 0x10,
    SET_MTIME = 0x20,
    SET_CTIME = 0x40,
    SET_ATIME_GIVEN = 0x80,
    SET_MTIME_GIVEN = 0x100,
};

/*
 * A client knows files by qid.path alone, the host by device and inode: what a
 * path has no room for is replaced by a number, which is 0 for what comes first,
 * so that inodes keep their numbers where there is one file system.
 */
int p9_path_of(struct p9 *p, u64 device, u64 inode, u64 *path)
{
    struct p9_devices *d = &p->devices;
    u64 high = inode >> PATH_BITS;
    u32 i = 0;
    while (i < d->count && (d->key[2 * i] != device || d->key[2 * i + 1] != high))
        i++;
    if (i == d->room) {
        u32 room = d->room ? 2 * d->room : 4;
        u64 *key = i < DEVICES_MAX ? realloc(d->key, 2 * room * sizeof(*key)) : NULL;
        if (!key)
            return ENOMEM;
        d->key = key;
        d->room = room;
    }
    if (i == d->count) {
        d->key[2 * i] = device;
        d->key[2 * i + 1] = high;
        d->count++;
    }
    *path = (inode & ones(PATH_BITS)) | (u64)i << PATH_BITS;
    return 0;
}

int p9_put_qid(struct p9 *p, struct p9_request *r, const struct share_stat *st)
{
    u64 path;
    u32 type = st->mode & P9_S_IFMT;
    int error = p9_path_of(p, st->device, st->inode, &path);
    if (error)
        return error;
    p9_put(r, 1, type == P9_S_IFDIR ? QID_FOLDER : type == P9_S_IFLNK ? QID_SYMLINK : 0);
    p9_put(r, 4, (u64)st->modified.seconds ^ st->size << 8);
    p9_put(r, 8, path);
    return 0;
}

int p9_put_node(struct p9 *p, struct p9_request *r, struct share_node *n)
{
    struct share_stat st;
    int error = p->share->ops->stat(p->share, n, &st);
    return error ? error : p9_put_qid(p, r, &st);
}

/* Whole pages, so that reading ahead never has to split one. */
u32 p9_iounit(const struct p9 *p)
{
    u32 most = p->msize - P9_IO_HEADER;
    return most < PAGE ? most : most / PAGE * PAGE;
}

static void put_time(struct p9_request *r, struct share_time t)
{
    p9_put(r, 8, (u64)t.seconds);
    p9_put(r, 8, t.nanoseconds);
}

/* fid request_mask: whatever it asks for, the reply says what it has. */
int p9_getattr(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    struct share_stat st;
    int error = f ? p->share->ops->stat(p->share, f->node, &st) : EBADF;
    if (error)
        return error;
    p9_put(r, 8, GETATTR_BASIC);
    error = p9_put_qid(p, r, &st);
    p9_put(r, 4, st.mode);
    p9_put(r, 4, st.uid);
    p9_put(r, 4, st.gid);
    p9_put(r, 8, st.links);
    p9_put(r, 8, st.rdev);
    p9_put(r, 8, st.size);
    p9_put(r, 8, p9_iounit(p)); /* st_blksize: programs copy in pieces of it */
    p9_put(r, 8, st.blocks);
    put_time(r, st.accessed);
    put_time(r, st.modified);
    put_time(r, st.changed);
    put_time(r, (struct share_time){0}); /* of birth, generation, data version: not known */
    p9_put(r, 8, 0);
    p9_put(r, 8, 0);
    return error;
}

/* fid valid mode uid gid size atime_sec atime_nsec mtime_sec mtime_nsec */
int p9_setattr(struct p9 *p, struct p9_request *r)
{
    static const struct {
        u32 valid;
        unsigned what;
    } changes[] = {
        {SET_MODE, SHARE_MODE},
        {SET_UID | SET_GID, SHARE_OWNER},
        {SET_SIZE, SHARE_SIZE},
        {SET_ATIME, SHARE_ACCESSED},
        {SET_MTIME, SHARE_MODIFIED},
        {SET_ATIME_GIVEN, SHARE_ACCESSED_SET},
        {SET_MTIME_GIVEN, SHARE_MODIFIED_SET},
    };
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    u32 valid = (u32)r->a[1].number;
    if (!f)
        return EBADF;
    struct share_change c = {
        .mode = (u32)r->a[2].number,
        .uid = valid & SET_UID ? (u32)r->a[3].number : UINT32_MAX,
        .gid = valid & SET_GID ? (u32)r->a[4].number : UINT32_MAX,
        .size = r->a[5].number,
        .accessed = {(s64)r->a[6].number, r->a[7].number},
        .modified = {(s64)r->a[8].number, r->a[9].number},
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        c.what |= valid & changes[i].valid ? changes[i].what : 0;
    if (!c.what && (valid & SET_CTIME))
        c.what = SHARE_OWNER; /* to what it is */
    struct share_file *file = f->how & SHARE_WRITE ? f->file : NULL;
    return p->share->ops->change(p->share, f->node, file, &c);
}

int p9_statfs(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    struct share_volume v;
    int error = f ? p->share->ops->volume(p->share, f->node, &v) : EBADF;
    if (error)
        return error;
    p9_put(r, 4, v.type);
    p9_put(r, 4, v.block_size);
    p9_put(r, 8, v.blocks);
    p9_put(r, 8, v.free);
    p9_put(r, 8, v.available);
    p9_put(r, 8, v.files);
    p9_put(r, 8, v.files_free);
    p9_put(r, 8, v.id);
    p9_put(r, 4, v.name_max);
    return 0;
}

static bool has_zero(const struct p9_text *t)
{
    return memchr(t->text, 0, t->len);
}

/* What NAME stands for, into F; *SIZE bytes. */
static int load_xattr(struct p9 *p, struct p9_fid *f, const char *name, size_t *size)
{
    u8 *all = malloc(P9_XATTR_MAX);
    if (!all)
        return ENOMEM;
    int error = p->share->ops->getxattr(p->share, f->node, name, all, P9_XATTR_MAX, size);
    if (!error)
        error = p9_fid_reserve_xattr(p, f, *size);
    if (!error)
        memcpy(f->xattr.data, all, *size);
    free(all);
    return error;
}

/* fid newfid name: NEWFID to read an attribute from, or with no name the names. */
int p9_xattrwalk(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *from = p9_fid_find(p, r->a[0].number), *f;
    const struct p9_text *name = &r->a[2].text;
    size_t size = 0;
    if (!from || has_zero(name))
        return from ? EINVAL : EBADF;
    int error = p9_fid_add(p, r->a[1].number, from->uid, from->node, &f);
    if (error)
        return error;
    p->share->ops->hold(f->node);
    f->kind = P9_FID_XATTR_READ;
    error = load_xattr(p, f, name->text, &size);
    if (error)
        p9_fid_remove(p, f);
    p9_put(r, 8, size);
    return error;
}

/* fid name attr_size flags: FID becomes what the attribute is written to. */
int p9_xattrcreate(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    const struct p9_text *name = &r->a[1].text;
    if (!f)
        return EBADF;
    if (f->kind != P9_FID_NODE || name->len == 0 || has_zero(name) ||
        (r->a[3].number & ~(u64)(SHARE_XATTR_CREATE | SHARE_XATTR_REPLACE)))
        return EINVAL;
    char *copy = strdup(name->text);
    int error = copy ? p9_fid_reserve_xattr(p, f, r->a[2].number) : ENOMEM;
    if (error) {
        free(copy);
        return error;
    }
    f->kind = P9_FID_XATTR_WRITE;
    f->xattr.name = copy;
    f->xattr.how = (unsigned)r->a[3].number;
    return 0;
}

/* Linux removes an attribute by replacing it by nothing. */
int p9_xattr_finish(struct p9 *p, struct p9_fid *f)
{
    const struct share_ops *ops = p->share->ops;
    if (f->kind != P9_FID_XATTR_WRITE)
        return 0;
    if (f->xattr.have != f->xattr.size)
        return EINVAL;
    if (f->xattr.size == 0 && (f->xattr.how & SHARE_XATTR_REPLACE))
        return ops->removexattr(p->share, f->node, f->xattr.name);
    return ops->setxattr(p->share, f->node, f->xattr.name, f->xattr.data, f->xattr.size,
                         f->xattr.how);
}
