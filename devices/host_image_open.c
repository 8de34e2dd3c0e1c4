/*
 * Opening images: what is refused, and locks (host_image.h).
 *
 * QEMU's locks are read locks on single bytes that mean something: 100 + P, "I
 * use right P", and 200 + P, "nobody else may use right P". Who has set his asks
 * whether somebody's contradict them. As locks belong to the open file and not to
 * the process, two drives of one machine exclude each other as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/host_image.h"

enum {
    LOCK_USED = 100,
    LOCK_UNSHARED = 200,
    RIGHT_READ = 1 << 0,
    RIGHT_WRITE = 1 << 1,
    RIGHT_RESIZE = 1 << 3,
    RIGHTS = 4,
};

static bool fail(char error[HOST_IMAGE_ERROR], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(char error[HOST_IMAGE_ERROR], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, HOST_IMAGE_ERROR, format, args);
    va_end(args);
    return false;
}

static struct flock byte_lock(short type, int byte)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
}

static bool set_locks(int fd, int base, unsigned rights)
{
    for (int n = 0; n < RIGHTS; n++) {
        struct flock lock = byte_lock(F_RDLCK, base + n);
        if (rights & 1u << n && fcntl(fd, F_OFD_SETLK, &lock))
            return false;
    }
    return true;
}

/* Has somebody else a lock on one of these? */
static bool others_lock(int fd, int base, unsigned rights)
{
    for (int n = 0; n < RIGHTS; n++) {
        struct flock lock = byte_lock(F_WRLCK, base + n);
        if (rights & 1u << n && (fcntl(fd, F_OFD_GETLK, &lock) || lock.l_type != F_UNLCK))
            return true;
    }
    return false;
}

static bool lock_image(int fd, const struct host_image_options *o, bool write,
                       char error[HOST_IMAGE_ERROR])
{
    unsigned used = RIGHT_READ | (write ? RIGHT_WRITE : 0), unshared = RIGHT_WRITE | RIGHT_RESIZE;
    if (o->unlocked)
        return true;
    if (!set_locks(fd, LOCK_USED, used) || !set_locks(fd, LOCK_UNSHARED, unshared))
        return fail(error, "%s: can't be locked: %s; if nobody else uses it, add file.locking=off",
                    o->file, strerror(errno));
    if (others_lock(fd, LOCK_USED, unshared))
        return fail(error, "%s: another process or drive writes to it; wait for it, or use a copy",
                    o->file);
    if (others_lock(fd, LOCK_UNSHARED, used))
        return fail(error,
                    "%s: another process or drive uses it; wait for it, use a copy, or "
                    "readonly=on (or snapshot=on) for both",
                    o->file);
    return true;
}

/* What a format's file has at its beginning. */
static const char *foreign_format(int fd)
{
    static const struct {
        const char *name;
        unsigned offset, len;
        const char *magic;
    } formats[] = {
        {"qcow2", 0, 4, "QFI\xfb"},
        {"qed", 0, 4, "QED\0"},
        {"vmdk", 0, 4, "KDMV"},
        {"vmdk", 0, 4, "COWD"},
        {"vdi", 64, 4, "\x7f\x10\xda\xbe"},
        {"vhdx", 0, 8, "vhdxfile"},
        {"vpc", 0, 8, "conectix"},
        {"parallels", 0, 16, "WithoutFreeSpace"},
        {"parallels", 0, 16, "WithouFreSpacExt"},
    };
    char head[128] = "";
    ssize_t len = pread(fd, head, sizeof(head), 0);
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (len >= formats[i].offset + formats[i].len &&
            !memcmp(head + formats[i].offset, formats[i].magic, formats[i].len))
            return formats[i].name;
    return NULL;
}

/* O_EXCL: a block device that is mounted, or part of a RAID, is not to be had for writing. */
static int open_file(const struct host_image_options *o, bool write, struct stat *s,
                     char error[HOST_IMAGE_ERROR])
{
    /* A FIFO would wait for its other end: look before it is opened. */
    if (stat(o->file, s)) {
        fail(error, errno == ENOENT ? "%s: %s; truncate -s 1G makes an empty disk" : "%s: %s",
             o->file, strerror(errno));
        return -1;
    }
    if (!S_ISREG(s->st_mode) && !S_ISBLK(s->st_mode)) {
        fail(error, "%s: neither a file nor a block device%s", o->file,
             S_ISDIR(s->st_mode) ? ", but a directory" : "");
        return -1;
    }
    int flags = (write ? O_RDWR : O_RDONLY) | O_CLOEXEC;
    int fd = open(o->file, flags | (write && S_ISBLK(s->st_mode) ? O_EXCL : 0));
    if (fd < 0)
        fail(error, "%s: %s%s", o->file, strerror(errno),
             write && (errno == EACCES || errno == EROFS || errno == EPERM)
                 ? "; add readonly=on, or snapshot=on to forget what is written"
                 : "");
    return fd;
}

static bool check_contents(struct host_image *i, const struct host_image_options *o,
                           char error[HOST_IMAGE_ERROR])
{
    off_t size = lseek(i->file, 0, SEEK_END);
    if (size < 0)
        return fail(error, "%s: %s", o->file, strerror(errno));
    const char *format = o->raw ? NULL : foreign_format(i->file);
    if (format)
        return fail(error,
                    "%s: a %s image; make a raw one by qemu-img convert -O raw, or add format=raw "
                    "if it is one",
                    o->file, format);
    if (size == 0)
        return fail(error, "%s: it is empty; give it a size by truncate -s 1G", o->file);
    if (size % DISK_SECTOR)
        return fail(error,
                    "%s: its size, %lld bytes, is not a multiple of %d; is it a whole disk image? "
                    "truncate -s %%%d would fill it up",
                    o->file, (long long)size, DISK_SECTOR, DISK_SECTOR);
    const char *by;
    u64 length = host_image_length(i->file, &by);
    if (length > (u64)size)
        return fail(error,
                    "%s: it has been cut short: %lld bytes, of %llu by its %s; get a whole one, or "
                    "truncate -s %llu puts zeroes there",
                    o->file, (long long)size, (unsigned long long)length, by,
                    (unsigned long long)length);
    i->size = (u64)size;
    return true;
}

static bool make_overlay(struct host_image *i, char error[HOST_IMAGE_ERROR])
{
    enum { CLUSTERS_IN_WORD = 64, CLUSTER_BYTES = 4096 };
    const char *folder = getenv("TMPDIR");
    folder = folder && *folder ? folder : "/var/tmp";
    i->written = calloc(i->size / CLUSTER_BYTES / CLUSTERS_IN_WORD + 1, sizeof(*i->written));
    if (!i->written)
        return fail(error, "snapshot: %s", strerror(errno));
    i->overlay = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (i->overlay < 0 || ftruncate(i->overlay, (off_t)i->size))
        return fail(error, "%s: %s, for what is written with snapshot=on; set TMPDIR", folder,
                    strerror(errno));
    return true;
}

bool host_image_open(struct host_image *i, const struct host_image_options *o,
                     char error[HOST_IMAGE_ERROR])
{
    struct stat s;
    bool write = !o->readonly && !o->snapshot;
    *i = (struct host_image){.overlay = -1, .discards = o->discards, .unsafe = o->unsafe};
    i->file = open_file(o, write, &s, error);
    if (i->file < 0)
        return false;
    i->block = s.st_blksize > 0 ? (u32)s.st_blksize : DISK_SECTOR;
    if (lock_image(i->file, o, write, error) && check_contents(i, o, error) &&
        (!o->snapshot || make_overlay(i, error)))
        return true;
    host_image_close(i);
    return false;
}
