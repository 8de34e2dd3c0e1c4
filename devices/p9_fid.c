/*
 * The fids of the 9P server's client (p9_internal.h), by number.
 */
#include <stdlib.h>

#include "devices/p9_internal.h"

enum { FIRST_BUCKETS = 64 };

static struct p9_fid **bucket_of(const struct p9 *p, u32 number)
{
    return &p->bucket[(number * UINT32_C(0x9e3779b1)) >> 8 & (p->buckets - 1)];
}

struct p9_fid *p9_fid_find(struct p9 *p, u64 number)
{
    struct p9_fid *f = p->buckets ? *bucket_of(p, (u32)number) : NULL;
    while (f && f->number != number)
        f = f->next;
    return f;
}

/* Have at least as many buckets as fids, if there is memory; false when there are none at all. */
static bool grow(struct p9 *p)
{
    u32 before = p->buckets, wanted = before ? 2 * before : FIRST_BUCKETS;
    struct p9_fid **old = p->bucket;
    if (p->fids < before)
        return true;
    struct p9_fid **more = calloc(wanted, sizeof(struct p9_fid *));
    if (!more)
        return before;
    p->bucket = more;
    p->buckets = wanted;
    for (u32 i = 0; i < before; i++) {
        for (struct p9_fid *f = old[i], *next; f; f = next) {
            struct p9_fid **at = bucket_of(p, f->number);
            next = f->next;
            f->next = *at;
            *at = f;
        }
    }
    free(old);
    return true;
}

int p9_fid_add(struct p9 *p, u64 number, u32 uid, struct share_node *node, struct p9_fid **fid)
{
    if (p9_fid_find(p, number))
        return EINVAL;
    if (p->fids >= P9_FIDS_MAX)
        return ENFILE;
    struct p9_fid *f = calloc(1, sizeof(*f));
    if (!f || !grow(p)) {
        free(f);
        return ENOMEM;
    }
    struct p9_fid **at = bucket_of(p, (u32)number);
    *f = (struct p9_fid){.number = (u32)number, .uid = uid, .node = node, .next = *at};
    *at = f;
    p->fids++;
    if (fid)
        *fid = f;
    return 0;
}

void p9_fid_move(struct p9 *p, struct p9_fid *f, struct share_node *node)
{
    p->share->ops->drop(f->node);
    f->node = node;
}

int p9_fid_reserve_xattr(struct p9 *p, struct p9_fid *f, u64 size)
{
    if (size > P9_XATTR_MAX)
        return E2BIG;
    if (p->xattr_bytes + size > P9_XATTRS_MAX)
        return ENOSPC;
    f->xattr.data = calloc(1, size + 1);
    if (!f->xattr.data)
        return ENOMEM;
    f->xattr.size = size;
    p->xattr_bytes += size;
    return 0;
}

static void release(struct p9 *p, struct p9_fid *f)
{
    if (f->file)
        p->share->ops->close(p->share, f->file);
    p->share->ops->drop(f->node);
    if (f->xattr.data)
        p->xattr_bytes -= f->xattr.size;
    free(f->xattr.data);
    free(f->xattr.name);
    free(f);
}

void p9_fid_remove(struct p9 *p, struct p9_fid *f)
{
    struct p9_fid **at = bucket_of(p, f->number);
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    p->fids--;
    release(p, f);
}

void p9_fid_remove_all(struct p9 *p)
{
    for (u32 i = 0; i < p->buckets; i++) {
        for (struct p9_fid *f = p->bucket[i], *next; f; f = next) {
            next = f->next;
            release(p, f);
        }
    }
    free(p->bucket);
    p->bucket = NULL;
    p->buckets = p->fids = 0;
}
