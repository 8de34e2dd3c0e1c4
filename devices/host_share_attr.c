/*
 * What is said of the files of a share (host_share_internal.h): by the host, or
 * with HOST_SHARE_MAPPED by extended attributes, named and encoded as QEMU does
 * it: user.virtfs.uid, .gid, .mode, .rdev, little-endian.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "devices/host_share_internal.h"

#define OURS       "user.virtfs."
#define ACL_PREFIX "system.posix_acl_"

enum { LIST_MAX = 65536 }; /* XATTR_LIST_MAX, what Linux has room for */

/* The attribute NAME as a number of SIZE bytes, if there is one. */
static bool mapped(const char *path, const char *name, void *to, size_t size)
{
    return getxattr(path, name, to, size) == (ssize_t)size;
}

static void map_stat(int fd, struct stat *st)
{
    struct host_share_path path = host_share_path(fd);
    u32 mode, uid, gid;
    u64 rdev;
    if (mapped(path.text, OURS "uid", &uid, sizeof(uid)))
        st->st_uid = uid;
    if (mapped(path.text, OURS "gid", &gid, sizeof(gid)))
        st->st_gid = gid;
    if (mapped(path.text, OURS "rdev", &rdev, sizeof(rdev)))
        st->st_rdev = rdev;
    if (!mapped(path.text, OURS "mode", &mode, sizeof(mode)))
        return;
    /* A file may stand for anything but a folder, and nothing else may stand for something. */
    bool another = S_ISREG(st->st_mode) && (mode & S_IFMT) && !S_ISDIR(mode);
    st->st_mode = (mode & ALLPERMS) | ((another ? mode : st->st_mode) & S_IFMT);
}

static int stat_handle(const struct host_share *h, int fd, struct stat *st)
{
    if (fstat(fd, st))
        return errno;
    if (h->model == HOST_SHARE_MAPPED)
        map_stat(fd, st);
    return 0;
}

static int stat_node(struct host_share *h, struct share_node *n, struct stat *st)
{
    int fd = host_share_handle(h, n);
    return fd < 0 ? errno : stat_handle(h, fd, st);
}

static struct share_time time_of(struct timespec t)
{
    return (struct share_time){t.tv_sec, (u64)t.tv_nsec};
}

int host_share_stat(struct share *s, struct share_node *n, struct share_stat *to)
{
    struct stat st;
    int error = stat_node(host_share_of(s), n, &st);
    if (error)
        return error;
    *to = (struct share_stat){
        .device = st.st_dev,
        .inode = st.st_ino,
        .mode = st.st_mode,
        .uid = st.st_uid,
        .gid = st.st_gid,
        .links = st.st_nlink,
        .rdev = st.st_rdev,
        .size = (u64)st.st_size,
        .blocks = (u64)st.st_blocks,
        .accessed = time_of(st.st_atim),
        .modified = time_of(st.st_mtim),
        .changed = time_of(st.st_ctim),
    };
    return 0;
}

static int set_number(const char *path, const char *name, const void *value, size_t size)
{
    return setxattr(path, name, value, size, 0) ? errno : 0;
}

static int map_owner(int fd, u32 uid, u32 gid)
{
    struct host_share_path path = host_share_path(fd);
    int error = uid == UINT32_MAX ? 0 : set_number(path.text, OURS "uid", &uid, sizeof(uid));
    if (error || gid == UINT32_MAX)
        return error;
    return set_number(path.text, OURS "gid", &gid, sizeof(gid));
}

static int map_mode(int fd, u32 mode)
{
    return set_number(host_share_path(fd).text, OURS "mode", &mode, sizeof(mode));
}

int host_share_own(const struct host_share *h, int fd, const struct share_new *as, u64 rdev)
{
    struct host_share_path path = host_share_path(fd);
    int error;
    if (h->model == HOST_SHARE_MAPPED) {
        error = map_owner(fd, as->uid, as->gid);
        if (!error)
            error = map_mode(fd, as->mode);
        if (!error && rdev)
            error = set_number(path.text, OURS "rdev", &rdev, sizeof(rdev));
        return error;
    }
    error = fchownat(fd, "", as->uid, as->gid, AT_EMPTY_PATH) ? errno : 0;
    if (error && h->model == HOST_SHARE_PASSTHROUGH)
        return error;
    if (S_ISLNK(as->mode))
        return 0; /* they have none */
    return fchmodat(AT_FDCWD, path.text, as->mode & ALLPERMS, 0) ? errno : 0;
}

bool host_share_can_map(int fd)
{
    u32 uid;
    return getxattr(host_share_path(fd).text, OURS "uid", &uid, sizeof(uid)) >= 0 ||
           (errno != EOPNOTSUPP && errno != ENOSYS);
}

static int change_mode(const struct host_share *h, const struct share_node *n, u32 mode)
{
    struct stat st;
    if (h->model != HOST_SHARE_MAPPED) {
        if (n->is.type == S_IFLNK)
            return EOPNOTSUPP;
        return fchmodat(AT_FDCWD, host_share_path(n->fd).text, mode & ALLPERMS, 0) ? errno : 0;
    }
    int error = stat_handle(h, n->fd, &st);
    return error ? error : map_mode(n->fd, (mode & ALLPERMS) | (st.st_mode & S_IFMT));
}

static int change_owner(const struct host_share *h, const struct share_node *n, u32 uid, u32 gid)
{
    bool nothing = uid == UINT32_MAX && gid == UINT32_MAX; /* the time of change, that is */
    if (h->model == HOST_SHARE_MAPPED && !nothing)
        return map_owner(n->fd, uid, gid);
    return fchownat(n->fd, "", uid, gid, AT_EMPTY_PATH) ? errno : 0;
}

static struct timespec time_for(const struct share_change *c, unsigned now, unsigned set,
                                struct share_time t)
{
    if (!(c->what & now))
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    if (!(c->what & set))
        return (struct timespec){.tv_nsec = UTIME_NOW};
    return (struct timespec){.tv_sec = t.seconds, .tv_nsec = (long)t.nanoseconds};
}

static int change_times(const struct share_node *n, const struct share_change *c)
{
    enum { SECOND = 1000000000 };
    if (c->accessed.nanoseconds >= SECOND || c->modified.nanoseconds >= SECOND)
        return EINVAL;
    const struct timespec times[2] = {
        time_for(c, SHARE_ACCESSED, SHARE_ACCESSED_SET, c->accessed),
        time_for(c, SHARE_MODIFIED, SHARE_MODIFIED_SET, c->modified),
    };
    return utimensat(AT_FDCWD, host_share_path(n->fd).text, times, 0) ? errno : 0;
}

static int change_size(const struct share_node *n, const struct share_file *file, u64 size)
{
    if (n->is.type != S_IFREG)
        return n->is.type == S_IFDIR ? EISDIR : EINVAL;
    if (size > INT64_MAX)
        return EFBIG;
    if (file && ftruncate(file->fd, (off_t)size) == 0)
        return 0; /* it may, though the mode has been changed */
    int fd = open(host_share_path(n->fd).text, host_share_flags(SHARE_WRITE));
    if (fd < 0)
        return errno;
    int error = ftruncate(fd, (off_t)size) ? errno : 0;
    close(fd);
    return error;
}

int host_share_change(struct share *s, struct share_node *n, struct share_file *file,
                      const struct share_change *c)
{
    struct host_share *h = host_share_of(s);
    int error = 0;
    if (host_share_handle(h, n) < 0)
        return errno;
    if (c->what & SHARE_MODE)
        error = change_mode(h, n, c->mode);
    if (!error && (c->what & (SHARE_ACCESSED | SHARE_MODIFIED)))
        error = change_times(n, c);
    if (!error && (c->what & SHARE_OWNER))
        error = change_owner(h, n, c->uid, c->gid);
    if (!error && (c->what & SHARE_SIZE))
        error = change_size(n, file, c->size);
    return error;
}

int host_share_volume(struct share *s, struct share_node *n, struct share_volume *v)
{
    struct statfs st;
    u32 id[2];
    int fd = host_share_handle(host_share_of(s), n);
    if (fd < 0 || fstatfs(fd, &st))
        return errno;
    _Static_assert(sizeof(st.f_fsid) == sizeof(id), "two words");
    memcpy(id, &st.f_fsid, sizeof(id));
    *v = (struct share_volume){
        .type = (u32)st.f_type,
        .block_size = (u32)st.f_bsize,
        .name_max = (u32)st.f_namelen,
        .blocks = st.f_blocks,
        .free = st.f_bfree,
        .available = st.f_bavail,
        .files = st.f_files,
        .files_free = st.f_ffree,
        .id = id[0] | (u64)id[1] << 32,
    };
    return 0;
}

/* A link of the guest's that is a file of ours. */
static int read_stand_in(int handle, char *to, size_t size, size_t *len)
{
    int fd = open(host_share_path(handle).text, host_share_flags(SHARE_READ));
    if (fd < 0)
        return errno;
    ssize_t n = pread(fd, to, size, 0);
    int error = n < 0 ? errno : 0;
    close(fd);
    *len = n < 0 ? 0 : (size_t)n;
    return error;
}

int host_share_readlink(struct share *s, struct share_node *n, char *to, size_t size, size_t *len)
{
    struct stat st;
    int error = stat_node(host_share_of(s), n, &st);
    if (error)
        return error;
    if (!S_ISLNK(st.st_mode))
        return EINVAL;
    if (n->is.type == S_IFREG)
        return read_stand_in(n->fd, to, size, len);
    ssize_t got = readlinkat(n->fd, "", to, size);
    *len = got < 0 ? 0 : (size_t)got;
    return got < 0 ? errno : 0;
}

/* --- extended attributes ------------------------------------------------------------ */

static bool begins(const char *name, const char *with)
{
    return !strncmp(name, with, strlen(with));
}

/* What the guest's attribute NAME is called here; an errno where it can't be had. */
static int host_name(const struct host_share *h, const char *name, char to[XATTR_NAME_MAX + 1],
                     int hidden)
{
    bool is_mapped = h->model == HOST_SHARE_MAPPED;
    bool acl = begins(name, ACL_PREFIX) && h->model != HOST_SHARE_NONE;
    if (is_mapped && begins(name, OURS))
        return hidden;
    if (!acl && !begins(name, "user."))
        return EOPNOTSUPP;
    int n = snprintf(to, XATTR_NAME_MAX + 1, "%s%s", acl && is_mapped ? OURS : "", name);
    return n > XATTR_NAME_MAX ? ERANGE : 0;
}

/* What the guest is to see of the host's attribute NAME: its name there, or NULL. */
static const char *guest_name(const struct host_share *h, const char *name)
{
    bool is_mapped = h->model == HOST_SHARE_MAPPED;
    if (is_mapped && begins(name, OURS))
        return begins(name + strlen(OURS), ACL_PREFIX) ? name + strlen(OURS) : NULL;
    if (begins(name, ACL_PREFIX))
        return h->model == HOST_SHARE_PASSTHROUGH ? name : NULL;
    return begins(name, "user.") ? name : NULL;
}

static int list(const struct host_share *h, int fd, char *to, size_t size, size_t *len)
{
    char *names = malloc(LIST_MAX);
    ssize_t n = names ? listxattr(host_share_path(fd).text, names, LIST_MAX) : -1;
    int error = !names ? ENOMEM : n < 0 ? errno : 0;
    *len = 0;
    for (const char *p = names; !error && p < names + n; p += strlen(p) + 1) {
        const char *name = guest_name(h, p);
        size_t room = name ? strlen(name) + 1 : 0;
        if (room > size - *len) {
            error = ERANGE;
        } else if (name) {
            memcpy(to + *len, name, room);
            *len += room;
        }
    }
    free(names);
    return error;
}

int host_share_getxattr(struct share *s, struct share_node *n, const char *name, void *to,
                        size_t size, size_t *len)
{
    struct host_share *h = host_share_of(s);
    char here[XATTR_NAME_MAX + 1];
    int fd = host_share_handle(h, n);
    if (fd < 0)
        return errno;
    if (!*name)
        return list(h, fd, to, size, len);
    int error = host_name(h, name, here, ENODATA);
    if (error)
        return error;
    ssize_t got = getxattr(host_share_path(fd).text, here, to, size);
    *len = got < 0 ? 0 : (size_t)got;
    return got < 0 ? errno : 0;
}

int host_share_setxattr(struct share *s, struct share_node *n, const char *name, const void *from,
                        size_t len, unsigned how)
{
    struct host_share *h = host_share_of(s);
    char here[XATTR_NAME_MAX + 1];
    int flags = (how & SHARE_XATTR_CREATE ? XATTR_CREATE : 0) |
                (how & SHARE_XATTR_REPLACE ? XATTR_REPLACE : 0);
    int fd = host_share_handle(h, n);
    int error = fd < 0 ? errno : host_name(h, name, here, EACCES);
    if (error)
        return error;
    return setxattr(host_share_path(fd).text, here, from, len, flags) ? errno : 0;
}

int host_share_removexattr(struct share *s, struct share_node *n, const char *name)
{
    struct host_share *h = host_share_of(s);
    char here[XATTR_NAME_MAX + 1];
    int fd = host_share_handle(h, n);
    int error = fd < 0 ? errno : host_name(h, name, here, EACCES);
    if (error)
        return error;
    return removexattr(host_share_path(fd).text, here) ? errno : 0;
}
