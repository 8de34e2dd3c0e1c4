/*
 * What changes the folders of a share: files, folders, links and others that are
 * made, renamed and removed (host_share_internal.h). All is done relative to a
 * folder's handle and by a single name, which is never followed if it is a link.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "devices/host_share_internal.h"

/* Only we may look at it until it is the guest's. */
enum { RAW_FILE = 0600, RAW_DIR = 0700 };

static mode_t raw_mode(const struct host_share *h)
{
    return h->model == HOST_SHARE_MAPPED ? h->file_mode : RAW_FILE;
}

/* NAME in FOLDER was just made: its node, if it can become what AS says, else it is removed. */
static int finish(struct share *s, struct share_node *folder, const char *name,
                  const struct share_new *as, u64 rdev, struct share_node **node)
{
    struct host_share *h = host_share_of(s);
    int error = host_share_walk(s, folder, name, node);
    if (error)
        return error;
    error = host_share_own(h, (*node)->fd, as, rdev);
    if (!error)
        return 0;
    bool is_folder = (*node)->is.type == S_IFDIR;
    host_share_drop(*node);
    host_share_unlink(s, folder, name, is_folder);
    return error;
}

/* Open what is there already. */
static int open_existing(struct share *s, struct share_node *folder, const char *name, unsigned how,
                         struct share_node **node, struct share_file **file)
{
    int error = host_share_walk(s, folder, name, node);
    if (error)
        return error;
    error = (*node)->is.type == S_IFLNK ? ELOOP : host_share_open_node(s, *node, how, file);
    if (error)
        host_share_drop(*node);
    return error;
}

int host_share_create(struct share *s, struct share_node *folder, const char *name, unsigned how,
                      const struct share_new *as, struct share_node **node,
                      struct share_file **file)
{
    struct host_share *h = host_share_of(s);
    const struct share_new whole = {S_IFREG | (as->mode & ALLPERMS), as->uid, as->gid};
    int error = host_share_reserve(h);
    if (error)
        return error;
    int from = host_share_handle(h, folder);
    int fd = from < 0 ? -1
                      : host_share_openat(from, name, host_share_flags(how) | O_CREAT | O_EXCL,
                                          raw_mode(h));
    if (fd < 0) {
        error = errno;
        host_share_release(h);
        if (error == EEXIST && !(how & SHARE_EXCLUSIVE))
            return open_existing(s, folder, name, how, node, file);
        return error;
    }
    error = finish(s, folder, name, &whole, 0, node);
    if (error) {
        close(fd);
        host_share_release(h);
        return error;
    }
    *file = host_share_adopt(h, fd, how);
    if (*file)
        return 0;
    host_share_drop(*node);
    return ENOMEM;
}

int host_share_mkdir(struct share *s, struct share_node *folder, const char *name,
                     const struct share_new *as, struct share_node **node)
{
    struct host_share *h = host_share_of(s);
    const struct share_new whole = {S_IFDIR | (as->mode & ALLPERMS), as->uid, as->gid};
    int from = host_share_handle(h, folder);
    if (from < 0 || mkdirat(from, name, h->model == HOST_SHARE_MAPPED ? h->dir_mode : RAW_DIR))
        return errno;
    return finish(s, folder, name, &whole, 0, node);
}

/* A file that stands for what the guest will see, with TEXT in it. */
static int make_stand_in(struct host_share *h, int from, const char *name, const char *text)
{
    int fd = host_share_openat(from, name, O_WRONLY | O_CREAT | O_EXCL, h->file_mode);
    if (fd < 0)
        return errno;
    size_t len = strlen(text);
    ssize_t n = write(fd, text, len);
    int error = n < 0 ? errno : (size_t)n < len ? ENOSPC : 0;
    close(fd);
    if (error)
        unlinkat(from, name, 0);
    return error;
}

int host_share_mknod(struct share *s, struct share_node *folder, const char *name,
                     const struct share_new *as, u32 major, u32 minor, struct share_node **node)
{
    struct host_share *h = host_share_of(s);
    mode_t type = as->mode & S_IFMT;
    dev_t rdev = makedev(major, minor);
    bool device = S_ISCHR(as->mode) || S_ISBLK(as->mode);
    if (!device && type != S_IFREG && type != S_IFIFO && type != S_IFSOCK)
        return EINVAL;
    if (device && h->model == HOST_SHARE_NONE)
        return EPERM; /* it would be the host's device */
    int from = host_share_handle(h, folder), error = 0;
    if (from < 0)
        return errno;
    if (h->model == HOST_SHARE_MAPPED)
        error = make_stand_in(h, from, name, "");
    else if (mknodat(from, name, type | RAW_FILE, device ? rdev : 0))
        error = errno;
    return error ? error : finish(s, folder, name, as, device ? rdev : 0, node);
}

int host_share_symlink(struct share *s, struct share_node *folder, const char *name,
                       const char *target, const struct share_new *as, struct share_node **node)
{
    struct host_share *h = host_share_of(s);
    const struct share_new whole = {S_IFLNK | ACCESSPERMS, as->uid, as->gid};
    int from = host_share_handle(h, folder), error = 0;
    if (from < 0)
        return errno;
    if (h->model == HOST_SHARE_MAPPED)
        error = make_stand_in(h, from, name, target);
    else if (symlinkat(target, from, name))
        error = errno;
    return error ? error : finish(s, folder, name, &whole, 0, node);
}

int host_share_link(struct share *s, struct share_node *n, struct share_node *folder,
                    const char *name)
{
    int error = host_share_handles(host_share_of(s), n, folder);
    if (error)
        return error;
    /* /proc's link leads to the very file, whatever that is; to no other. */
    struct host_share_path from = host_share_path(n->fd);
    return linkat(AT_FDCWD, from.text, folder->fd, name, AT_SYMLINK_FOLLOW) ? errno : 0;
}

int host_share_rename(struct share *s, struct share_node *from, const char *old,
                      struct share_node *to, const char *name)
{
    struct host_share *h = host_share_of(s);
    int error = host_share_handles(h, from, to);
    if (error)
        return error;
    if (renameat(from->fd, old, to->fd, name))
        return errno;
    host_share_moved(h, from, old, to, name);
    return 0;
}

int host_share_unlink(struct share *s, struct share_node *folder, const char *name, bool is_folder)
{
    struct host_share *h = host_share_of(s);
    int from = host_share_handle(h, folder);
    if (from < 0 || unlinkat(from, name, is_folder ? AT_REMOVEDIR : 0))
        return errno;
    host_share_forget(h, folder, name);
    return 0;
}
