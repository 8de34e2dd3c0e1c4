/*
 * The 9P server's session (p9.h): what each message looks like and who serves it,
 * and those messages that are about the session and its fids. One message is served
 * after the other, so that what a Tflush is to cancel has been answered already.
 */
#include "devices/p9.h"

#include <stdlib.h>
#include <string.h>

#include "devices/p9_internal.h"

#define VERSION "9P2000.L"

/* A reply's type is the next number. */
enum {
    RLERROR = 7,
    TSTATFS = 8,
    TLOPEN = 12,
    TLCREATE = 14,
    TSYMLINK = 16,
    TMKNOD = 18,
    TRENAME = 20,
    TREADLINK = 22,
    TGETATTR = 24,
    TSETATTR = 26,
    TXATTRWALK = 30,
    TXATTRCREATE = 32,
    TREADDIR = 40,
    TFSYNC = 50,
    TLOCK = 52,
    TGETLOCK = 54,
    TLINK = 70,
    TMKDIR = 72,
    TRENAMEAT = 74,
    TUNLINKAT = 76,
    TVERSION = 100,
    TAUTH = 102,
    TATTACH = 104,
    TFLUSH = 108,
    TWALK = 110,
    TREAD = 116,
    TWRITE = 118,
    TCLUNK = 120,
    TREMOVE = 122,
};

#define NOFID UINT32_MAX

static int version(struct p9 *p, struct p9_request *r)
{
    u64 msize = r->a[0].number;
    const struct p9_text *name = &r->a[1].text;
    bool known = name->len == strlen(VERSION) && !memcmp(name->text, VERSION, name->len);
    const char *answer = known ? VERSION : "unknown";
    p9_reset(p); /* a new session */
    if (msize < P9_MSIZE_LEAST)
        return EMSGSIZE;
    msize = msize < P9_MSIZE_MOST ? msize : P9_MSIZE_MOST;
    p->msize = known ? (u32)msize : 0;
    p9_put(r, 4, msize);
    p9_put_text(r, answer, strlen(answer));
    return 0;
}

/* Nobody has to say who he is. */
static int auth(struct p9 *p, struct p9_request *r)
{
    return EOPNOTSUPP;
}

/* fid afid uname aname n_uname: the whole share, whatever is named. */
static int attach(struct p9 *p, struct p9_request *r)
{
    if (r->a[1].number != NOFID)
        return EINVAL;
    struct share_node *root = p->share->ops->root(p->share);
    struct p9_fid *f;
    int error = p9_fid_add(p, r->a[0].number, (u32)r->a[4].number, root, &f);
    if (error) {
        p->share->ops->drop(root);
        return error;
    }
    error = p9_put_node(p, r, root);
    if (error)
        p9_fid_remove(p, f);
    return error;
}

static int flush(struct p9 *p, struct p9_request *r)
{
    return 0;
}

/* One step from *NODE, which is held, as its successor is. */
static int step(struct p9 *p, const struct p9_text *name, struct share_node **node)
{
    const struct share_ops *ops = p->share->ops;
    struct share_node *next;
    int error;
    if (!strcmp(name->text, ".") && name->len == 1)
        return 0;
    if (!strcmp(name->text, "..") && name->len == 2) {
        error = ops->parent(p->share, *node, &next);
    } else {
        error = p9_check_name(name);
        if (!error)
            error = ops->walk(p->share, *node, name->text, &next);
    }
    if (error)
        return error;
    ops->drop(*node);
    *node = next;
    return 0;
}

/* Follow the COUNT names behind the arguments as far as they go. *AT stays held. */
static int follow(struct p9 *p, struct p9_request *r, u64 count, struct share_node **at, u16 *gone)
{
    static const char format[P9_WALK_MAX + 1] = "ssssssssssssssss";
    struct p9_request names = {0};
    if (!p9_parse(&names, p->request + r->rest, r->rest_len, format + P9_WALK_MAX - count) ||
        names.rest_len)
        return EINVAL;
    for (*gone = 0; *gone < count; ++*gone) {
        int error = step(p, &names.a[*gone].text, at);
        if (!error)
            error = p9_put_node(p, r, *at);
        if (error)
            return error;
    }
    return 0;
}

/* fid newfid nwname, and the names */
static int walk(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    u64 to = r->a[1].number, count = r->a[2].number;
    bool same = to == r->a[0].number;
    u16 gone = 0;
    if (!f || count > P9_WALK_MAX || (same ? f->kind != P9_FID_NODE : p9_fid_find(p, to) != NULL))
        return !f ? EBADF : EINVAL;
    struct share_node *at = f->node;
    p->share->ops->hold(at);
    p9_put(r, 2, 0);
    int error = follow(p, r, count, &at, &gone);
    if (!error && same)
        p9_fid_move(p, f, at);
    else if (!error)
        error = p9_fid_add(p, to, f->uid, at, NULL);
    if (error)
        p->share->ops->drop(at);
    if (error && (gone == 0 || gone == count))
        return error;
    memcpy(r->out, &gone, sizeof(gone)); /* fewer than asked for: NEWFID is not there */
    return 0;
}

static int clunk(struct p9 *p, struct p9_request *r)
{
    struct p9_fid *f = p9_fid_find(p, r->a[0].number);
    if (!f)
        return EBADF;
    int error = p9_xattr_finish(p, f);
    p9_fid_remove(p, f);
    return error;
}

static const struct message {
    u8 type;
    const char *format; /* see p9_parse */
    p9_handler *serve;
    bool changes; /* refused where the share is read-only */
    bool more;    /* something follows the arguments */
} messages[] = {
    {TSTATFS, "4", p9_statfs, false, false},
    {TLOPEN, "44", p9_lopen, false, false},
    {TLCREATE, "4s444", p9_lcreate, true, false},
    {TSYMLINK, "4ss4", p9_symlink, true, false},
    {TMKNOD, "4s4444", p9_mknod, true, false},
    {TRENAME, "44s", p9_rename, true, false},
    {TREADLINK, "4", p9_readlink, false, false},
    {TGETATTR, "48", p9_getattr, false, false},
    {TSETATTR, "4444488888", p9_setattr, true, false},
    {TXATTRWALK, "44s", p9_xattrwalk, false, false},
    {TXATTRCREATE, "4s84", p9_xattrcreate, true, false},
    {TREADDIR, "484", p9_readdir, false, false},
    {TFSYNC, "4", p9_fsync, false, true},
    {TLOCK, "414884s", p9_lock, false, false},
    {TGETLOCK, "41884s", p9_getlock, false, false},
    {TLINK, "44s", p9_link, true, false},
    {TMKDIR, "4s44", p9_mkdir, true, false},
    {TRENAMEAT, "4s4s", p9_renameat, true, false},
    {TUNLINKAT, "4s4", p9_unlinkat, true, false},
    {TVERSION, "4s", version, false, false},
    {TAUTH, "4ss4", auth, false, false},
    {TATTACH, "44ss4", attach, false, false},
    {TFLUSH, "2", flush, false, false},
    {TWALK, "442", walk, false, true},
    {TREAD, "484", p9_read, false, false},
    {TWRITE, "484", p9_write, false, true},
    {TCLUNK, "4", clunk, false, false},
    {TREMOVE, "4", p9_remove, false, false}, /* clunks in any case */
};

static const struct message *find_message(u8 type)
{
    for (size_t i = 0; i < ARRAY_LEN(messages); i++)
        if (messages[i].type == type)
            return &messages[i];
    return NULL;
}

/* Look at a message whose header said LEN and TYPE, and serve it. */
static int serve(struct p9 *p, struct p9_request *r, u64 len, u8 type)
{
    const struct message *m = find_message(type);
    if (!m)
        return EOPNOTSUPP;
    if (len < P9_HEADER || len > r->x->out_len)
        return EMSGSIZE;
    u64 body = len - P9_HEADER;
    if (type == TWRITE) /* what is to be written stays where it is */
        body = body < P9_WRITE_ARGUMENTS ? body : P9_WRITE_ARGUMENTS;
    if (body >= sizeof(p->request))
        return EMSGSIZE;
    p9_gather(r->x, P9_HEADER, p->request, body);
    if (!p9_parse(r, p->request, (u32)body, m->format))
        return EINVAL;
    r->rest_len = (u32)(len - P9_HEADER - r->rest);
    if (r->rest_len && !m->more)
        return EINVAL;
    if (!p->msize && type != TVERSION)
        return EPROTO;
    return m->changes && p->share->readonly ? EROFS : m->serve(p, r);
}

u64 p9_serve(struct p9 *p, const struct p9_exchange *x)
{
    u8 header[P9_HEADER];
    u32 size;
    struct p9_request r = {.x = x, .out = p->reply + P9_HEADER};
    u64 room = x->in_len < P9_MSIZE_MOST ? x->in_len : P9_MSIZE_MOST;
    r.room = (u32)((p->msize && p->msize < room ? p->msize : room) - P9_HEADER);
    p9_gather(x, 0, header, sizeof(header));
    memcpy(&size, header, sizeof(size));
    int error = serve(p, &r, size, header[4]);
    if (!error && r.len > r.room)
        error = EMSGSIZE;
    if (error) {
        r.len = 0;
        r.direct = 0;
        p9_put(&r, 4, (u64)error);
    }
    size = (u32)(P9_HEADER + r.len + r.direct);
    memcpy(p->reply, &size, sizeof(size));
    p->reply[4] = error ? RLERROR : header[4] + 1;
    memcpy(p->reply + 5, header + 5, 2);
    p9_scatter(x, 0, p->reply, P9_HEADER + r.len);
    return size;
}

void p9_reset(struct p9 *p)
{
    p9_fid_remove_all(p);
    p->msize = 0;
}

struct p9 *p9_create(struct share *s)
{
    struct p9 *p = calloc(1, sizeof(*p));
    u8 *reply = malloc(P9_MSIZE_MOST);
    if (!p || !reply) {
        free(p);
        free(reply);
        return NULL;
    }
    p->share = s;
    p->reply = reply;
    return p;
}

void p9_destroy(struct p9 *p)
{
    p9_reset(p);
    free(p->devices.key);
    free(p->reply);
    free(p);
}
