/*
 * What the 9P server does to the entries of folders (p9_internal.h): making,
 * renaming, removing.
 */
#include <string.h>

#include "devices/p9_internal.h"

enum { UNLINK_FOLDER = 0x200 }; /* Tunlinkat's only flag */

int p9_check_name(const struct p9_text *name)
{
    if (name->len == 0 || memchr(name->text, '/', name->len) || memchr(name->text, 0, name->len))
        return ENOENT;
    if (!strcmp(name->text, ".") || !strcmp(name->text, ".."))
        return EINVAL;
    return name->len > P9_NAME_MAX ? ENAMETOOLONG : 0;
}

/* The fid of argument I, and the name in argument TEXT, if all is well with them. */
static int fid_and_name(struct p9 *p, const struct p9_request *r, unsigned i, unsigned text,
                        struct p9_fid **f)
{
    *f = p9_fid_find(p, r->a[i].number);
    return *f ? p9_check_name(&r->a[text].text) : EBADF;
}

/* Reply with the qid of what was made, NODE, which is dropped. */
static int made(struct p9 *p, struct p9_request *r, int error, struct share_node *node)
{
    if (error)
        return error;
    error = p9_put_node(p, r, node);
    p->share->ops->drop(node);
    return error;
}

/* dfid name mode gid */
int p9_mkdir(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f;
    struct share_node *node = NULL;
    int error = fid_and_name(p, r, 0, 1, &f);
    if (error)
        return error;
    const struct share_new as = {(u32)r->a[2].number, f->uid, (u32)r->a[3].number};
    error = p->share->ops->mkdir(p->share, f->node, r->a[1].text.text, &as, &node);
    return made(p, r, error, node);
}

/* dfid name target gid */
int p9_symlink(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f;
    struct share_node *node = NULL;
    const struct p9_text *target = &r->a[2].text;
    int error = fid_and_name(p, r, 0, 1, &f);
    if (error)
        return error;
    if (target->len == 0 || memchr(target->text, 0, target->len))
        return ENOENT;
    if (target->len > P9_TARGET_MAX)
        return ENAMETOOLONG;
    const struct share_new as = {0777, f->uid, (u32)r->a[3].number};
    error = p->share->ops->symlink(p->share, f->node, r->a[1].text.text, target->text, &as, &node);
    return made(p, r, error, node);
}

/* dfid name mode major minor gid */
int p9_mknod(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f;
    struct share_node *node = NULL;
    int error = fid_and_name(p, r, 0, 1, &f);
    if (error)
        return error;
    const struct share_new as = {(u32)r->a[2].number, f->uid, (u32)r->a[5].number};
    error = p->share->ops->mknod(p->share, f->node, r->a[1].text.text, &as, (u32)r->a[3].number,
                                 (u32)r->a[4].number, &node);
    return made(p, r, error, node);
}

/* dfid fid name */
int p9_link(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *folder, *f = p9_fid_find(p, r->a[1].number);
    int error = fid_and_name(p, r, 0, 2, &folder);
    if (error || !f)
        return error ? error : EBADF;
    return p->share->ops->link(p->share, f->node, folder->node, r->a[2].text.text);
}

/* olddirfid oldname newdirfid newname */
int p9_renameat(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *from, *to;
    int error = fid_and_name(p, r, 0, 1, &from);
    if (!error)
        error = fid_and_name(p, r, 2, 3, &to);
    if (error)
        return error;
    return p->share->ops->rename(p->share, from->node, r->a[1].text.text, to->node,
                                 r->a[3].text.text);
}

/* The folder that F is in, held, and its name there. */
static int place_of(struct p9 *p, const struct p9_fid *f, struct share_node **folder,
                    const char **name)
{
    int error = p->share->ops->parent(p->share, f->node, folder);
    if (error)
        return error;
    *name = p->share->ops->name(f->node);
    if (*name)
        return 0;
    p->share->ops->drop(*folder);
    return EBUSY; /* the root */
}

/* fid dfid name */
int p9_rename(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number), *to;
    struct share_node *folder;
    const char *name;
    int error = fid_and_name(p, r, 1, 2, &to);
    if (!error)
        error = f ? place_of(p, f, &folder, &name) : EBADF;
    if (error)
        return error;
    error = p->share->ops->rename(p->share, folder, name, to->node, r->a[2].text.text);
    p->share->ops->drop(folder);
    return error;
}

/* dirfid name flags */
int p9_unlinkat(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f;
    int error = fid_and_name(p, r, 0, 1, &f);
    if (error)
        return error;
    if (r->a[2].number & ~(u64)UNLINK_FOLDER)
        return EINVAL;
    return p->share->ops->unlink(p->share, f->node, r->a[1].text.text, r->a[2].number);
}

static int remove_node(struct p9 *p, const struct p9_fid *f)
{
    struct share_node *folder;
    struct share_stat st;
    const char *name;
    if (p->share->readonly)
        return EROFS;
    int error = p->share->ops->stat(p->share, f->node, &st);
    if (!error)
        error = place_of(p, f, &folder, &name);
    if (error)
        return error;
    error = p->share->ops->unlink(p->share, folder, name, (st.mode & P9_S_IFMT) == P9_S_IFDIR);
    p->share->ops->drop(folder);
    return error;
}

/* fid, which is gone afterwards, whether what it stood for is or not */
int p9_remove(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    if (!f)
        return EBADF;
    int error = remove_node(p, f);
    p9_fid_remove(p, f);
    return error;
}

int p9_readlink(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    char target[P9_TARGET_MAX + 1];
    size_t len;
    if (!f)
        return EBADF;
    int error = p->share->ops->readlink(p->share, f->node, target, sizeof(target), &len);
    if (!error)
        p9_put_text(r, target, len);
    return error;
}
