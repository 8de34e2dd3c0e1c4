/*
 * Nodes of a share and their handles (host_share_internal.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "devices/host_share_internal.h"

#define NS_PER_SECOND UINT64_C(1000000000)

enum { FIRST_BUCKETS = 256, DEPTH_MAX = 2048 /* what a path of the host's has room for */ };

int host_share_openat(int folder, const char *name, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (u64)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd;
    do
        fd = syscall(SYS_openat2, folder, name, &how, sizeof(how));
    while (fd < 0 && errno == EINTR);
    return (int)fd;
}

struct host_share_path host_share_path(int fd)
{
    struct host_share_path p;
    snprintf(p.text, sizeof(p.text), "/proc/self/fd/%d", fd);
    return p;
}

/* --- which handles were used last ------------------------------------------------- */

static void leave_line(struct share_node *n)
{
    struct host_share *h = n->share;
    *(n->newer ? &n->newer->older : &h->newest) = n->older;
    *(n->older ? &n->older->newer : &h->oldest) = n->newer;
    n->newer = n->older = NULL;
}

static bool in_line(const struct share_node *n)
{
    return n->parent && n->fd >= 0;
}

static void join_line(struct share_node *n)
{
    struct host_share *h = n->share;
    n->older = h->newest;
    n->newer = NULL;
    *(n->older ? &n->older->newer : &h->oldest) = n;
    h->newest = n;
}

static void close_handle(struct share_node *n)
{
    if (n->fd < 0)
        return;
    if (in_line(n))
        leave_line(n);
    close(n->fd);
    n->fd = -1;
    n->share->descriptors--;
}

int host_share_reserve(struct host_share *h)
{
    /* The newest may be in use by whoever asks. */
    if (h->descriptors >= h->descriptors_max && h->oldest && h->oldest != h->newest)
        close_handle(h->oldest);
    if (h->descriptors >= h->descriptors_max)
        return EMFILE;
    h->descriptors++;
    return 0;
}

void host_share_release(struct host_share *h)
{
    h->descriptors--;
}

/* --- nodes by name ------------------------------------------------------------------ */

static size_t hash(const struct host_share *h, const struct share_node *folder, const char *name)
{
    u64 v = (u64)(uintptr_t)folder;
    for (; *name; name++)
        v = (v ^ (u8)*name) * UINT64_C(0x100000001b3); /* FNV-1a */
    return (v ^ v >> 29) & (h->buckets - 1);
}

static struct share_node **find(struct host_share *h, const struct share_node *folder,
                                const char *name)
{
    struct share_node **at = &h->bucket[hash(h, folder, name)];
    while (*at && ((*at)->parent != folder || strcmp((*at)->name, name)))
        at = &(*at)->next;
    return at;
}

/* Twice as many buckets; without memory they just get longer. */
static void grow(struct host_share *h)
{
    size_t before = h->buckets;
    struct share_node **old = h->bucket, **more = calloc(2 * before, sizeof(*more));
    if (!more)
        return;
    h->bucket = more;
    h->buckets = 2 * before;
    for (size_t i = 0; i < before; i++) {
        for (struct share_node *n = old[i], *next; n; n = next) {
            struct share_node **at = &h->bucket[hash(h, n->parent, n->name)];
            next = n->next;
            n->next = *at;
            *at = n;
        }
    }
    free(old);
}

static void insert(struct share_node *n)
{
    struct host_share *h = n->share;
    if (h->nodes >= h->buckets)
        grow(h);
    struct share_node **at = &h->bucket[hash(h, n->parent, n->name)];
    n->next = *at;
    *at = n;
    h->nodes++;
}

static void take_out(struct share_node *n)
{
    *find(n->share, n->parent, n->name) = n->next;
    n->share->nodes--;
}

/* N has no name any more: what is left is its handle. Returns the parent, to be dropped. */
static struct share_node *detach(struct share_node *n)
{
    struct share_node *parent = n->parent;
    if (!parent)
        return NULL;
    take_out(n);
    if (in_line(n))
        leave_line(n);
    free(n->name);
    n->name = NULL;
    n->parent = NULL;
    return parent;
}

void host_share_hold(struct share_node *n)
{
    n->refs++;
}

void host_share_drop(struct share_node *n)
{
    while (n && --n->refs == 0) {
        struct share_node *parent = detach(n);
        close_handle(n);
        free(n);
        n = parent;
    }
}

void host_share_forget(struct host_share *h, struct share_node *folder, const char *name)
{
    struct share_node *n = *find(h, folder, name);
    if (n)
        host_share_drop(detach(n));
}

/* Is N what INNER is in, as far as we know, or INNER itself? */
static bool contains(const struct share_node *n, const struct share_node *inner)
{
    while (inner && inner != n)
        inner = inner->parent;
    return inner;
}

void host_share_moved(struct host_share *h, struct share_node *from, const char *old,
                      struct share_node *to, const char *name)
{
    struct share_node *n = *find(h, from, old);
    if (n && n == *find(h, to, name))
        return;
    host_share_forget(h, to, name);
    /* The host may have moved folders meanwhile; ours must not get into each other. */
    char *copy = n && !contains(n, to) ? strdup(name) : NULL;
    if (n && !copy)
        host_share_forget(h, from, old);
    if (!copy)
        return;
    take_out(n);
    free(n->name);
    n->name = copy;
    n->parent = to;
    host_share_hold(to);
    insert(n);
    host_share_drop(from);
}

static bool identify(int fd, struct host_share_identity *is)
{
    struct statx st;
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO | STATX_BTIME,
              &st))
        return false;
    bool born = st.stx_mask & STATX_BTIME;
    *is = (struct host_share_identity){
        .device = makedev(st.stx_dev_major, st.stx_dev_minor),
        .inode = st.stx_ino,
        .birth = born ? (u64)st.stx_btime.tv_sec * NS_PER_SECOND + st.stx_btime.tv_nsec : 0,
        .type = st.stx_mode & S_IFMT,
    };
    return true;
}

static bool same(const struct host_share_identity *a, const struct host_share_identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->birth == b->birth &&
           a->type == b->type;
}

static struct share_node *new_node(struct host_share *h, int fd,
                                   const struct host_share_identity *is)
{
    struct share_node *n = calloc(1, sizeof(*n));
    if (n)
        *n = (struct share_node){
            .fd = fd,
            .is = *is,
            .refs = 1,
            .share = h,
        };
    return n;
}

bool host_share_plant(struct host_share *h, int fd)
{
    struct host_share_identity is;
    h->bucket = calloc(FIRST_BUCKETS, sizeof(struct share_node *));
    h->buckets = FIRST_BUCKETS;
    if (h->bucket && identify(fd, &is) && !host_share_reserve(h)) {
        h->root = new_node(h, fd, &is);
        if (h->root)
            return true;
        host_share_release(h);
    }
    close(fd);
    return false;
}

struct share_node *host_share_root(struct share *s)
{
    struct share_node *root = host_share_of(s)->root;
    host_share_hold(root);
    return root;
}

int host_share_parent(struct share *s, struct share_node *n, struct share_node **parent)
{
    bool root = n == host_share_of(s)->root;
    if (!root && !n->parent)
        return ENOENT;
    *parent = root ? n : n->parent;
    host_share_hold(*parent);
    return 0;
}

const char *host_share_name(struct share_node *n)
{
    return n->name;
}

/* --- handles ------------------------------------------------------------------------ */

/* A new handle for NAME in the folder of handle FOLDER; -1 with errno. */
static int look_up(struct host_share *h, int folder, const char *name,
                   struct host_share_identity *is)
{
    int error = host_share_reserve(h), fd = -1;
    if (!error) {
        fd = host_share_openat(folder, name, O_PATH, 0);
        if (fd >= 0 && identify(fd, is))
            return fd;
        error = errno;
        host_share_release(h);
    }
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

/* Open the handle of N again, whose parent has one. */
static bool reopen(struct host_share *h, struct share_node *n)
{
    struct host_share_identity is;
    int fd = look_up(h, n->parent->fd, n->name, &is);
    if (fd < 0)
        return false;
    if (!same(&is, &n->is)) {
        close(fd);
        host_share_release(h);
        errno = ESTALE;
        return false;
    }
    n->fd = fd;
    join_line(n);
    return true;
}

int host_share_handle(struct host_share *h, struct share_node *n)
{
    while (n->fd < 0) {
        struct share_node *highest = n;
        while (highest->parent && highest->parent->fd < 0)
            highest = highest->parent;
        if (!highest->parent) {
            errno = ESTALE;
            return -1;
        }
        if (in_line(highest->parent)) {
            leave_line(highest->parent);
            join_line(highest->parent); /* not to be closed for its child */
        }
        if (!reopen(h, highest))
            return -1;
    }
    if (in_line(n)) {
        leave_line(n);
        join_line(n);
    }
    return n->fd;
}

static unsigned depth(const struct share_node *n)
{
    unsigned d = 0;
    for (; n->parent; n = n->parent)
        d++;
    return d;
}

/* The node of NAME in FOLDER, which is what IS says; FD becomes its handle, or is closed. */
static struct share_node *node_for(struct host_share *h, struct share_node *folder,
                                   const char *name, int fd, const struct host_share_identity *is)
{
    struct share_node *n = *find(h, folder, name);
    if (n && same(&n->is, is)) {
        host_share_hold(n);
        close_handle(n);
        n->fd = fd;
        join_line(n);
        return n;
    }
    host_share_forget(h, folder, name);
    char *copy = strdup(name);
    n = copy ? new_node(h, fd, is) : NULL;
    if (!n) {
        free(copy);
        close(fd);
        host_share_release(h);
        return NULL;
    }
    n->name = copy;
    n->parent = folder;
    host_share_hold(folder);
    insert(n);
    join_line(n);
    return n;
}

int host_share_walk(struct share *s, struct share_node *folder, const char *name,
                    struct share_node **node)
{
    struct host_share *h = host_share_of(s);
    struct host_share_identity is;
    int from = host_share_handle(h, folder);
    if (from < 0)
        return errno;
    if (folder->is.type != S_IFDIR)
        return ENOTDIR;
    if (depth(folder) >= DEPTH_MAX)
        return ENAMETOOLONG;
    int fd = look_up(h, from, name, &is);
    if (fd < 0)
        return errno;
    if (h->one_device && is.device != h->root->is.device) {
        close(fd);
        host_share_release(h);
        return ENODEV;
    }
    *node = node_for(h, folder, name, fd, &is);
    return *node ? 0 : ENOMEM;
}

int host_share_handles(struct host_share *h, struct share_node *a, struct share_node *b)
{
    if (host_share_handle(h, a) < 0 || host_share_handle(h, b) < 0)
        return errno;
    return a->fd < 0 ? EMFILE : 0;
}
