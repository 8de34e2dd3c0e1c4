/*
 * Files below a folder; see host_folder.h. A file to be removed or renamed is
 * named by its parent, which is opened first, and one last component.
 */
#include "devices/host_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, NEW_FILE_MODE = 0666 };

static int open_beneath(int folder, const char *name, int flags)
{
    struct open_how how = {
        .flags = (u64)(unsigned)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT ? NEW_FILE_MODE : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    while (*name == '/')
        name++;
    return (int)syscall(SYS_openat2, folder, *name ? name : ".", &how, sizeof(how));
}

int host_folder_open(const char *path)
{
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int host_folder_open_file(int folder, const char *name, unsigned flags)
{
    static const int access[] = {0, O_RDONLY, O_WRONLY, O_RDWR};
    int how = access[flags & (HOST_FOLDER_READ | HOST_FOLDER_WRITE)] | O_NOCTTY | O_NONBLOCK;
    /* Cutting it short waits until it is known to be a file. */
    int fd = open_beneath(folder, name, how | (flags & HOST_FOLDER_CREATE ? O_CREAT : 0));
    struct stat st;
    int error = 0;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        error = errno;
    else if (!S_ISREG(st.st_mode))
        error = S_ISDIR(st.st_mode) ? EISDIR : EACCES;
    else if ((flags & HOST_FOLDER_EMPTY) && ftruncate(fd, 0) < 0)
        error = errno;
    if (!error)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

/* Open the parent of NAME; LAST is its last component. */
static int open_parent(int folder, const char *name, const char **last)
{
    char path[PATH_SIZE];
    const char *slash = strrchr(name, '/');
    size_t len = slash ? (size_t)(slash - name) : 0;
    *last = slash ? slash + 1 : name;
    if (len >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, name, len);
    path[len] = '\0';
    return open_beneath(folder, path, O_PATH | O_DIRECTORY);
}

/* Close without losing the error. */
static int closed(int fd, int result)
{
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return result;
}

int host_folder_remove(int folder, const char *name)
{
    const char *last;
    int parent = open_parent(folder, name, &last);
    return parent < 0 ? -1 : closed(parent, unlinkat(parent, last, 0));
}

int host_folder_rename(int folder, const char *from, const char *to)
{
    const char *old, *new;
    int old_parent = open_parent(folder, from, &old);
    if (old_parent < 0)
        return -1;
    int new_parent = open_parent(folder, to, &new);
    int result = new_parent < 0 ? -1 : renameat(old_parent, old, new_parent, new);
    return closed(old_parent, closed(new_parent, result));
}

ssize_t host_folder_read(int fd, void *to, size_t len, u64 offset)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd, (char *)to + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return done || n == 0 ? (ssize_t)done : -1;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

ssize_t host_folder_write(int fd, const void *from, size_t len, u64 offset)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pwrite(fd, (const char *)from + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return done ? (ssize_t)done : -1;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

s64 host_folder_length(int fd)
{
    struct stat st;
    return fstat(fd, &st) < 0 ? -1 : (s64)st.st_size;
}

void host_folder_close(int fd)
{
    if (fd >= 0)
        close(fd);
}
