/*
 * A folder as a share (host_share.h): opening it, and what its files do together.
 */
#include "devices/host_share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "devices/host_share_internal.h"

enum {
    DESCRIPTORS_OTHERS = 256,  /* for the rest of the process */
    DESCRIPTORS_LEAST = 64,    /* what a share needs */
    DESCRIPTORS_MOST = 100000, /* more than this is no gain */
};

static void submit(struct share *s, struct job *j)
{
    host_worker_submit(host_share_of(s)->worker, j);
}

static void drain(struct share *s)
{
    host_worker_drain(host_share_of(s)->worker);
}

static void destroy(struct share *s)
{
    struct host_share *h = host_share_of(s);
    host_worker_destroy(h->worker);
    host_share_drop(h->root);
    free(h->bucket);
    free(h);
}

static const struct share_ops ops = {
    .submit = submit,
    .drain = drain,
    .destroy = destroy,
    .root = host_share_root,
    .hold = host_share_hold,
    .drop = host_share_drop,
    .walk = host_share_walk,
    .parent = host_share_parent,
    .name = host_share_name,
    .stat = host_share_stat,
    .change = host_share_change,
    .volume = host_share_volume,
    .readlink = host_share_readlink,
    .open = host_share_open_node,
    .create = host_share_create,
    .mkdir = host_share_mkdir,
    .mknod = host_share_mknod,
    .symlink = host_share_symlink,
    .link = host_share_link,
    .rename = host_share_rename,
    .unlink = host_share_unlink,
    .getxattr = host_share_getxattr,
    .setxattr = host_share_setxattr,
    .removexattr = host_share_removexattr,
    .read = host_share_read,
    .write = host_share_write,
    .readdir = host_share_readdir,
    .sync = host_share_sync,
    .close = host_share_close,
};

/* How many descriptors we may have: as many as the user lets us. */
static unsigned descriptors_allowed(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return DESCRIPTORS_LEAST;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < DESCRIPTORS_OTHERS + DESCRIPTORS_LEAST)
        return DESCRIPTORS_LEAST;
    rlim_t most = limit.rlim_cur - DESCRIPTORS_OTHERS;
    return most > DESCRIPTORS_MOST ? DESCRIPTORS_MOST : (unsigned)most;
}

/* Say what is wrong. Always -1. */
__attribute__((format(printf, 2, 3))) static int wrong(char error[HOST_SHARE_ERROR],
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, HOST_SHARE_ERROR, format, args);
    va_end(args);
    return -1;
}

/* A handle to the folder, and all that we need of the host is there. */
static int open_folder(const struct host_share_options *o, char error[HOST_SHARE_ERROR])
{
    int fd = open(o->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return wrong(error, "%s: %s%s", o->path, strerror(errno),
                     errno == ENOENT    ? "; make the folder first"
                     : errno == ENOTDIR ? "; only folders can be shared"
                                        : "");
    int again = host_share_openat(fd, ".", O_PATH, 0), reason = errno;
    if (again >= 0)
        close(again);
    else
        wrong(error, "%s: can't be shared: openat2: %s; Linux has it since 5.6", o->path,
              strerror(reason));
    bool seen = !access(host_share_path(fd).text, F_OK);
    if (again >= 0 && !seen)
        wrong(error, "%s: can't be shared without /proc; mount it", o->path);
    bool can_map = o->model != HOST_SHARE_MAPPED || host_share_can_map(fd);
    if (again >= 0 && seen && !can_map)
        wrong(error,
              "%s: its file system has no extended attributes for security_model=mapped-xattr; "
              "use security_model=none",
              o->path);
    if (again >= 0 && seen && can_map)
        return fd;
    close(fd);
    return -1;
}

struct share *host_share_open(struct host_loop *loop, const struct host_share_options *o,
                              char error[HOST_SHARE_ERROR])
{
    int fd = open_folder(o, error);
    if (fd < 0)
        return NULL;
    struct host_share *h = calloc(1, sizeof(*h));
    if (!h)
        abort();
    *h = (struct host_share){
        .share = {.ops = &ops, .readonly = o->readonly},
        .model = o->model,
        .file_mode = o->file_mode,
        .dir_mode = o->dir_mode,
        .one_device = o->one_device,
        .descriptors_max = descriptors_allowed(),
    };
    if (!host_share_plant(h, fd))
        abort();
    h->worker = host_worker_create(loop);
    if (h->worker)
        return &h->share;
    wrong(error, "%s: %s", o->path, strerror(errno));
    destroy(&h->share);
    return NULL;
}
