/*
 * The 9P server, message by message (see p9_rig.h for the sources).
 */
#include "tests/unit/p9_rig.h"

#include <sys/statfs.h>
#include <sys/xattr.h>

enum { QID_DIR = 0x80, QID_LINK = 2, F = 5, G = 6 };

static struct client *c;

static void set_up(void)
{
    c = client_create(&(struct host_share_options){.model = HOST_SHARE_NONE});
    client_attach(c);
}

static void tear_down(void)
{
    client_destroy(c);
}

TestSuite(p9, .init = set_up, .fini = tear_down);

Test(p9, version)
{
    cr_assert_eq(client_call(c, T_VERSION, "4s", U(8192), "9P2000.L"), 0);
    cr_assert_eq(client_get(c, 0, 4), 8192);
    cr_assert_eq(client_get(c, 4, 2), 8);
    cr_assert_eq(memcmp(c->in + 7 + 6, "9P2000.L", 8), 0);
    cr_assert_eq(client_clone(c, ROOT, F), EBADF, "fids are gone with the session");
    cr_assert_eq(client_call(c, T_VERSION, "4s", U(8192), "9P2000.u"), 0);
    cr_assert_eq(memcmp(c->in + 7 + 6, "unknown", 7), 0);
    cr_assert_eq(client_call(c, T_ATTACH, "44ss4", U(ROOT), U(NO_FID), "", "", U(0)), EPROTO);
    cr_assert_eq(client_call(c, T_VERSION, "4s", U(100), "9P2000.L"), EMSGSIZE);
    cr_assert_eq(client_call(c, T_VERSION, "4s", U(512000), "9P2000.L"), 0);
    cr_assert_eq(client_get(c, 0, 4), 512000, "what Linux' virtio transport can at most");
}

Test(p9, attach)
{
    struct stat st;
    cr_assert_eq(stat(client_path(c, "in").text, &st), 0);
    cr_assert_eq(client_call(c, T_ATTACH, "44ss4", U(F), U(NO_FID), "x", "any", U(0)), 0);
    cr_assert_eq(c->reply, 13);
    cr_assert_eq(client_get(c, 0, 1), QID_DIR);
    cr_assert_eq(client_get(c, 5, 8), st.st_ino, "as QEMU's");
    cr_assert_eq(client_call(c, T_ATTACH, "44ss4", U(F), U(NO_FID), "x", "", U(0)), EINVAL,
                 "in use");
    cr_assert_eq(client_call(c, T_ATTACH, "44ss4", U(G), U(F), "x", "", U(0)), EINVAL, "afid");
    cr_assert_neq(client_call(c, T_AUTH, "4ss4", U(G), "x", "", U(0)), 0);
}

Test(p9, walk)
{
    mkdir(client_path(c, "in/a").text, 0755);
    mkdir(client_path(c, "in/a/b").text, 0755);
    cr_assert_eq(client_call(c, T_WALK, "442ss", U(ROOT), U(F), U(2), "a", "b"), 0);
    cr_assert_eq(client_get(c, 0, 2), 2);
    cr_assert_eq(c->reply, 2 + 2 * 13);
    cr_assert_eq(client_clone(c, ROOT, F), EINVAL, "in use");
    cr_assert_eq(client_call(c, T_WALK, "442sss", U(ROOT), U(G), U(3), "a", "no", "b"), 0);
    cr_assert_eq(client_get(c, 0, 2), 1, "only so far");
    cr_assert_eq(client_clunk(c, G), EBADF, "and no fid");
    cr_assert_eq(client_walk(c, ROOT, G, "no"), ENOENT);
    cr_assert_eq(client_walk(c, 99, G, "a"), EBADF);
    cr_assert_eq(client_walk(c, F, F, ".."), 0, "in place");
    cr_assert_eq(client_walk(c, F, G, "b"), 0);
    cr_assert_eq(client_call(c, T_WALK, "442ssssssssssssssss", U(ROOT), U(8), U(16), "a", "..", "a",
                             "..", "a", "..", "a", "..", "a", "..", "a", "..", "a", "..", "a", "b"),
                 0, "as many as there can be");
    cr_assert_eq(client_get(c, 0, 2), 16);
    cr_assert_eq(client_call(c, T_WALK, "442sssssssssssssssss", U(ROOT), U(9), U(17), "a", "b", "a",
                             "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a"),
                 EINVAL);
}

Test(p9, create_write_read)
{
    cr_assert_eq(client_new(c, F, "file", 0640), 0);
    cr_assert_eq(c->reply, 13 + 4);
    cr_assert_eq(client_get(c, 13, 4) % 4096, 0, "iounit");
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(F), U(3), U(5), "hello", (size_t)5), 0);
    cr_assert_eq(client_get(c, 0, 4), 5);
    struct stat st;
    cr_assert_eq(stat(client_path(c, "in/file").text, &st), 0);
    cr_assert_eq(st.st_mode, S_IFREG | 0640);
    cr_assert_eq(st.st_size, 8);
    cr_assert_eq(client_call(c, T_READ, "484", U(F), U(4), U(100)), 0);
    cr_assert_eq(client_get(c, 0, 4), 4);
    cr_assert_eq(memcmp(c->in + 11, "ello", 4), 0);
    cr_assert_eq(client_call(c, T_READ, "484", U(F), U(8), U(100)), 0);
    cr_assert_eq(client_get(c, 0, 4), 0, "the end");
    cr_assert_eq(client_call(c, T_READ, "484", U(F), UINT64_MAX, U(1)), EINVAL);
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(F), U(0), U(6), "hello", (size_t)5), EINVAL);
    cr_assert_eq(client_call(c, T_FSYNC, "44", U(F), U(0)), 0);
    cr_assert_eq(client_call(c, T_FSYNC, "4", U(F)), 0, "without datasync");
    cr_assert_eq(client_clunk(c, F), 0);
    cr_assert_eq(client_clunk(c, F), EBADF);
}

Test(p9, reads_are_cut_to_what_has_room)
{
    static char data[30000];
    memset(data, 'x', sizeof(data));
    cr_assert_eq(client_new(c, F, "file", 0600), 0);
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(F), U(0), U(30000), data, sizeof(data)), 0);
    c->room = 20000;
    cr_assert_eq(client_call(c, T_READ, "484", U(F), U(0), U(UINT32_MAX)), 0);
    cr_assert_eq(client_get(c, 0, 4), 20000 - 11);
    c->room = 11;
    cr_assert_eq(client_call(c, T_READ, "484", U(F), U(0), U(100)), 0);
    cr_assert_eq(client_get(c, 0, 4), 0);
    cr_assert_eq(client_call(c, T_GETATTR, "48", U(F), U(0x7ff)), EMSGSIZE);
}

Test(p9, open_modes)
{
    client_file(c, "in/file", "text");
    cr_assert_eq(client_walk(c, ROOT, F, "file"), 0);
    cr_assert_eq(client_call(c, T_READ, "484", U(F), U(0), U(10)), EBADF, "not open");
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(3)), EINVAL);
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(0200000)), ENOTDIR, "O_DIRECTORY");
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(0)), 0);
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(0)), EINVAL, "open already");
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(F), U(0), U(1), "x", (size_t)1), EBADF);
    cr_assert_eq(client_walk(c, ROOT, G, "file"), 0);
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(G), U(01 | 02000)), 0, "to append");
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(G), U(0), U(1), "x", (size_t)1), 0);
    cr_assert(client_holds(c, "in/file", "textx"));
    cr_assert_eq(client_call(c, T_READ, "484", U(G), U(0), U(10)), EBADF);
    cr_assert_eq(client_walk(c, ROOT, 7, "file"), 0);
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(7), U(01 | 01000)), 0, "O_TRUNC");
    cr_assert(client_holds(c, "in/file", ""));
    cr_assert_eq(client_clone(c, ROOT, 8), 0);
    cr_assert_eq(
        client_call(c, T_LCREATE, "4s444", U(8), "file", U(02 | 0100 | 0200), U(0600), U(0)),
        EEXIST);
    cr_assert_eq(client_call(c, T_LCREATE, "4s444", U(8), "file", U(02 | 0100), U(0600), U(0)), 0);
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(ROOT), U(1)), EISDIR);
}

Test(p9, getattr)
{
    struct stat st;
    client_file(c, "in/file", "text");
    struct timespec times[2] = {{1000000001, 5}, {1000000002, 6}};
    cr_assert_eq(utimensat(AT_FDCWD, client_path(c, "in/file").text, times, 0), 0);
    cr_assert_eq(stat(client_path(c, "in/file").text, &st), 0);
    cr_assert_eq(client_walk(c, ROOT, F, "file"), 0);
    cr_assert_eq(client_call(c, T_GETATTR, "48", U(F), U(0x3fff)), 0);
    cr_assert_eq(c->reply, 153);
    cr_assert_eq(client_get(c, 0, 8), 0x7ff);
    cr_assert_eq(client_get(c, 8, 1), 0);
    cr_assert_eq(client_get(c, 13, 8), st.st_ino);
    cr_assert_eq(client_get(c, 21, 4), st.st_mode);
    cr_assert_eq(client_get(c, 25, 4), st.st_uid);
    cr_assert_eq(client_get(c, 29, 4), st.st_gid);
    cr_assert_eq(client_get(c, 33, 8), 1);
    cr_assert_eq(client_get(c, 49, 8), 4, "size");
    cr_assert_eq(client_get(c, 65, 8), (u64)st.st_blocks);
    cr_assert_eq(client_get(c, 73, 8), 1000000001);
    cr_assert_eq(client_get(c, 81, 8), 5);
    cr_assert_eq(client_get(c, 89, 8), 1000000002);
    cr_assert_eq(client_get(c, 97, 8), 6);
}

static void set(u64 valid, u64 mode, u64 uid, u64 gid, u64 size, u64 sec, int expected)
{
    cr_assert_eq(client_call(c, T_SETATTR, "4444488888", U(F), valid, mode, uid, gid, size, sec,
                             U(7), sec + 1, U(8)),
                 expected);
}

Test(p9, setattr)
{
    struct stat st;
    struct client_path path = client_path(c, "in/file");
    client_file(c, "in/file", "text");
    cr_assert_eq(client_walk(c, ROOT, F, "file"), 0);
    set(1, 0100604, 0, 0, 0, 0, 0);
    set(8, 0, 0, 0, 2, 0, 0);
    set(0x10 | 0x20 | 0x80 | 0x100, 0, 0, 0, 0, 1234567890, 0);
    cr_assert_eq(stat(path.text, &st), 0);
    cr_assert_eq(st.st_mode, S_IFREG | 0604);
    cr_assert_eq(st.st_size, 2);
    cr_assert_eq(st.st_atim.tv_sec, 1234567890);
    cr_assert_eq(st.st_atim.tv_nsec, 7);
    cr_assert_eq(st.st_mtim.tv_sec, 1234567891);
    cr_assert_eq(st.st_mtim.tv_nsec, 8);
    set(0x20, 0, 0, 0, 0, 0, 0);
    cr_assert_eq(stat(path.text, &st), 0);
    cr_assert_eq(st.st_atim.tv_sec, 1234567890, "left alone");
    cr_assert_gt(st.st_mtim.tv_sec, 1234567891, "now");
    set(2 | 4, 0, getuid(), getgid(), 0, 0, 0);
    set(0x40, 0, 0, 0, 0, 0, 0);
    set(8, 0, 0, 0, UINT64_MAX, 0, EFBIG);
}

Test(p9, readdir)
{
    char name[16];
    bool seen[300] = {0};
    unsigned dots = 0;
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "in/f%d", i);
        client_file(c, name, "");
    }
    cr_assert_eq(client_clone(c, ROOT, F), 0);
    cr_assert_eq(client_call(c, T_READDIR, "484", U(F), U(0), U(1000)), ENOTDIR, "not open");
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(0)), 0);
    for (u64 offset = 0;;) {
        cr_assert_eq(client_call(c, T_READDIR, "484", U(F), offset, U(1000)), 0);
        u32 len = (u32)client_get(c, 0, 4), at = 4;
        cr_assert_leq(len, 1000);
        cr_assert_eq(c->reply, 4 + len);
        if (!len)
            break;
        while (at < 4 + len) {
            u64 n = client_get(c, at + 22, 2);
            offset = client_get(c, at + 13, 8);
            snprintf(name, sizeof(name), "%.*s", (int)n, (char *)c->in + 7 + at + 24);
            dots += name[0] == '.';
            if (name[0] == 'f') {
                cr_assert(!seen[atoi(name + 1)], "%s comes twice", name);
                seen[atoi(name + 1)] = true;
                cr_assert_eq(client_get(c, at, 1), 0);
            }
            at += 24 + (u32)n;
        }
    }
    for (int i = 0; i < 300; i++)
        cr_assert(seen[i], "f%d is missing", i);
    cr_assert_eq(dots, 2);
    cr_assert_eq(client_call(c, T_READDIR, "484", U(F), U(0), U(20)), EINVAL, "no room for one");
    cr_assert_eq(client_call(c, T_READ, "484", U(F), U(0), U(20)), EISDIR);
}

Test(p9, names)
{
    struct stat st;
    char target[64];
    cr_assert_eq(client_call(c, T_MKDIR, "4s44", U(ROOT), "d", U(0750), U(0)), 0);
    cr_assert_eq(client_get(c, 0, 1), QID_DIR);
    cr_assert_eq(stat(client_path(c, "in/d").text, &st), 0);
    cr_assert_eq(st.st_mode, S_IFDIR | 0750);
    cr_assert_eq(client_call(c, T_SYMLINK, "4ss4", U(ROOT), "s", "../../etc", U(0)), 0);
    cr_assert_eq(client_get(c, 0, 1), QID_LINK);
    ssize_t n = readlink(client_path(c, "in/s").text, target, sizeof(target));
    cr_assert(n == 9 && !memcmp(target, "../../etc", 9));
    cr_assert_eq(client_walk(c, ROOT, F, "s"), 0);
    cr_assert_eq(client_call(c, T_READLINK, "4", U(F)), 0);
    cr_assert_eq(client_get(c, 0, 2), 9);
    cr_assert_eq(memcmp(c->in + 9, "../../etc", 9), 0);
    cr_assert_eq(client_call(c, T_LINK, "44s", U(ROOT), U(F), "s2"), 0, "of the link itself");
    cr_assert(!lstat(client_path(c, "in/s2").text, &st) && S_ISLNK(st.st_mode));
    cr_assert_eq(
        client_call(c, T_MKNOD, "4s4444", U(ROOT), "p", U(S_IFIFO | 0600), U(0), U(0), U(0)), 0);
    cr_assert(!lstat(client_path(c, "in/p").text, &st) && S_ISFIFO(st.st_mode));
    cr_assert_eq(
        client_call(c, T_MKNOD, "4s4444", U(ROOT), "z", U(S_IFCHR | 0600), U(1), U(5), U(0)), EPERM,
        "a device of the host");
    client_file(c, "in/file", "text");
    cr_assert_eq(client_walk(c, ROOT, G, "d"), 0);
    cr_assert_eq(client_call(c, T_RENAMEAT, "4s4s", U(ROOT), "file", U(G), "moved"), 0);
    cr_assert(client_holds(c, "in/d/moved", "text"));
    cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(ROOT), "d", U(0)), EISDIR);
    cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(ROOT), "d", U(0x200)), ENOTEMPTY);
    cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(G), "moved", U(1)), EINVAL);
    cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(G), "moved", U(0)), 0);
    cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(ROOT), "d", U(0x200)), 0);
    cr_assert_neq(access(client_path(c, "in/d").text, F_OK), 0);
    cr_assert_eq(client_call(c, T_READLINK, "4", U(ROOT)), EINVAL);
}

Test(p9, rename_and_remove_by_fid)
{
    mkdir(client_path(c, "in/d").text, 0755);
    mkdir(client_path(c, "in/e").text, 0755);
    client_file(c, "in/d/file", "text");
    cr_assert_eq(client_call(c, T_WALK, "442ss", U(ROOT), U(F), U(2), "d", "file"), 0);
    cr_assert_eq(client_walk(c, ROOT, G, "d"), 0);
    cr_assert_eq(client_walk(c, ROOT, 7, "e"), 0);
    cr_assert_eq(client_call(c, T_RENAME, "44s", U(G), U(7), "d2"), 0);
    cr_assert(client_holds(c, "in/e/d2/file", "text"));
    cr_assert_eq(client_call(c, T_WALK, "442ss", U(F), U(8), U(2), "..", ".."), 0, "e");
    cr_assert_eq(client_walk(c, 8, 9, "d2"), 0);
    cr_assert_eq(client_call(c, T_RENAME, "44s", U(F), U(ROOT), "f"), 0);
    cr_assert(client_holds(c, "in/f", "text"));
    cr_assert_eq(client_call(c, T_REMOVE, "4", U(F)), 0);
    cr_assert_neq(access(client_path(c, "in/f").text, F_OK), 0);
    cr_assert_eq(client_clunk(c, F), EBADF, "gone by that");
    cr_assert_eq(client_call(c, T_REMOVE, "4", U(7)), ENOTEMPTY);
    cr_assert_eq(client_clunk(c, 7), EBADF, "in any case");
    cr_assert_eq(client_call(c, T_REMOVE, "4", U(9)), 0, "a folder");
    cr_assert_eq(client_clone(c, ROOT, F), 0);
    cr_assert_eq(client_call(c, T_REMOVE, "4", U(F)), EBUSY, "the root");
}

Test(p9, what_was_removed_stays_while_it_is_open)
{
    cr_assert_eq(client_new(c, F, "file", 0600), 0);
    cr_assert_eq(client_walk(c, ROOT, G, "file"), 0);
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(F), U(0), U(4), "text", (size_t)4), 0);
    cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(ROOT), "file", U(0)), 0);
    client_file(c, "in/file", "another");
    cr_assert_eq(client_call(c, T_GETATTR, "48", U(G), U(0x7ff)), 0,
                 "by a fid that isn't open, too");
    cr_assert_eq(client_get(c, 49, 8), 4);
    cr_assert_eq(client_get(c, 33, 8), 0, "links");
    cr_assert_eq(client_call(c, T_SETATTR, "4444488888", U(G), U(8), U(0), U(0), U(0), U(2), U(0),
                             U(0), U(0), U(0)),
                 0);
    cr_assert_eq(client_call(c, T_READ, "484", U(F), U(0), U(10)), 0);
    cr_assert_eq(client_get(c, 0, 4), 2);
    cr_assert_eq(client_call(c, T_RENAME, "44s", U(G), U(ROOT), "back"), ENOENT);
    cr_assert(client_holds(c, "in/file", "another"));
}

Test(p9, statfs)
{
    struct statfs st;
    cr_assert_eq(statfs(client_path(c, "in").text, &st), 0);
    cr_assert_eq(client_call(c, T_STATFS, "4", U(ROOT)), 0);
    cr_assert_eq(c->reply, 60);
    cr_assert_eq(client_get(c, 0, 4), (u32)st.f_type);
    cr_assert_eq(client_get(c, 4, 4), (u32)st.f_bsize);
    cr_assert_eq(client_get(c, 8, 8), st.f_blocks);
    cr_assert_eq(client_get(c, 32, 8), st.f_files);
    cr_assert_eq(client_get(c, 56, 4), (u32)st.f_namelen);
}

Test(p9, locks)
{
    cr_assert_eq(client_call(c, T_LOCK, "414884s", U(ROOT), U(1), U(0), U(0), U(0), U(1), "c"),
                 EBADF);
    cr_assert_eq(client_new(c, F, "file", 0600), 0);
    cr_assert_eq(client_call(c, T_LOCK, "414884s", U(F), U(1), U(1), U(0), U(0), U(1), "c"), 0);
    cr_assert_eq(c->reply, 1);
    cr_assert_eq(client_get(c, 0, 1), 0, "P9_LOCK_SUCCESS");
    cr_assert_eq(client_call(c, T_LOCK, "414884s", U(F), U(3), U(0), U(0), U(0), U(1), "c"),
                 EINVAL);
    cr_assert_eq(client_call(c, T_LOCK, "414884s", U(F), U(1), U(8), U(0), U(0), U(1), "c"),
                 EINVAL);
    cr_assert_eq(client_call(c, T_GETLOCK, "41884s", U(F), U(1), U(5), U(6), U(7), "me"), 0);
    cr_assert_eq(client_get(c, 0, 1), 2, "P9_LOCK_TYPE_UNLCK");
    cr_assert_eq(client_get(c, 1, 8), 5);
    cr_assert_eq(client_get(c, 9, 8), 6);
    cr_assert_eq(client_get(c, 17, 4), 7);
    cr_assert_eq(memcmp(c->in + 7 + 23, "me", 2), 0);
    cr_assert_eq(client_call(c, T_FLUSH, "2", U(TAG)), 0);
    cr_assert_eq(c->reply, 0);
}

Test(p9, extended_attributes)
{
    char value[64];
    struct client_path path = client_path(c, "in/file");
    client_file(c, "in/file", "");
    cr_assert_eq(client_walk(c, ROOT, F, "file"), 0);
    cr_assert_eq(client_call(c, T_XATTRWALK, "44s", U(F), U(G), "user.a"), ENODATA);
    cr_assert_eq(client_clone(c, F, G), 0);
    cr_assert_eq(client_call(c, T_XATTRCREATE, "4s84", U(G), "user.a", U(5), U(0)), 0);
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(G), U(0), U(3), "val", (size_t)3), 0);
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(G), U(3), U(3), "ue!", (size_t)3), ENOSPC);
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(G), U(3), U(2), "ue", (size_t)2), 0);
    cr_assert_lt(getxattr(path.text, "user.a", value, sizeof(value)), 0, "not before the clunk");
    cr_assert_eq(client_clunk(c, G), 0);
    cr_assert_eq(getxattr(path.text, "user.a", value, sizeof(value)), 5);
    cr_assert_eq(memcmp(value, "value", 5), 0);
    cr_assert_eq(client_call(c, T_XATTRWALK, "44s", U(F), U(G), "user.a"), 0);
    cr_assert_eq(client_get(c, 0, 8), 5);
    cr_assert_eq(client_call(c, T_READ, "484", U(G), U(2), U(100)), 0);
    cr_assert_eq(client_get(c, 0, 4), 3);
    cr_assert_eq(memcmp(c->in + 11, "lue", 3), 0);
    cr_assert_eq(client_clunk(c, G), 0);
    cr_assert_eq(client_call(c, T_XATTRWALK, "44s", U(F), U(G), ""), 0, "the names");
    cr_assert_eq(client_get(c, 0, 8), 7);
    cr_assert_eq(client_call(c, T_READ, "484", U(G), U(0), U(100)), 0);
    cr_assert_eq(memcmp(c->in + 11, "user.a", 7), 0);
    cr_assert_eq(client_clunk(c, G), 0);
    cr_assert_eq(client_clone(c, F, G), 0);
    cr_assert_eq(client_call(c, T_XATTRCREATE, "4s84", U(G), "user.a", U(0), U(2)), 0);
    cr_assert_eq(client_clunk(c, G), 0, "replaced by nothing: removed");
    cr_assert_lt(getxattr(path.text, "user.a", value, sizeof(value)), 0);
    cr_assert_eq(client_clone(c, F, G), 0);
    cr_assert_eq(client_call(c, T_XATTRCREATE, "4s84", U(G), "user.a", U(65537), U(0)), E2BIG);
    cr_assert_eq(client_call(c, T_XATTRCREATE, "4s84", U(G), "user.a", U(4), U(0)), 0);
    cr_assert_eq(client_clunk(c, G), EINVAL, "not all of it came");
    cr_assert_eq(client_call(c, T_XATTRWALK, "44s", U(F), U(G), "security.x"), EOPNOTSUPP);
}

Test(p9, nonsense_is_answered)
{
    u8 zero = 0;
    for (unsigned type = 0; type < 256; type++) {
        if (type == T_VERSION)
            continue;
        c->out_len = 7;
        cr_assert_neq(client_send(c, (u8)type), 0, "type %u without fields", type);
    }
    cr_assert_eq(client_call(c, T_STATFS, "4s", U(ROOT), "more"), EINVAL);
    cr_assert_eq(client_call(c, T_MKDIR, "42d44", U(ROOT), U(3), "a\0b", (size_t)3, U(0755), U(0)),
                 ENOENT);
    cr_assert_eq(client_call(c, T_MKDIR, "42", U(ROOT), U(60000)), EINVAL,
                 "a string beyond the end");
    for (u32 size = 0; size < 64; size += size == 6 ? 10 : 1) {
        const struct share_span out[] = {{c->out, 11}}, in[] = {{c->in, 100}};
        struct p9_exchange x = {out, in, 1, 1, 11, 100};
        memcpy(c->out, &size, 4);
        c->out[4] = T_STATFS;
        if (size != 11) {
            cr_assert_eq(p9_serve(c->server, &x), 11, "a size of %u", size);
            cr_assert_eq(c->in[4], R_LERROR);
        }
    }
    cr_assert_eq(client_call(c, T_STATFS, "4", U(ROOT)), 0, "it goes on");
    cr_assert_eq(zero, 0);
}

Test(p9, read_only)
{
    client_destroy(c);
    c = client_create(&(struct host_share_options){.readonly = true});
    client_file(c, "in/file", "text");
    client_attach(c);
    cr_assert_eq(client_walk(c, ROOT, F, "file"), 0);
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(1)), EROFS);
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(01000)), EROFS, "O_TRUNC");
    cr_assert_eq(client_clone(c, ROOT, G), 0);
    cr_assert_eq(client_call(c, T_LCREATE, "4s444", U(G), "n", U(0102), U(0600), U(0)), EROFS);
    cr_assert_eq(client_call(c, T_MKDIR, "4s44", U(ROOT), "n", U(0755), U(0)), EROFS);
    cr_assert_eq(client_call(c, T_SYMLINK, "4ss4", U(ROOT), "n", "x", U(0)), EROFS);
    cr_assert_eq(client_call(c, T_MKNOD, "4s4444", U(ROOT), "n", U(S_IFIFO), U(0), U(0), U(0)),
                 EROFS);
    cr_assert_eq(client_call(c, T_LINK, "44s", U(ROOT), U(F), "n"), EROFS);
    cr_assert_eq(client_call(c, T_RENAME, "44s", U(F), U(ROOT), "n"), EROFS);
    cr_assert_eq(client_call(c, T_RENAMEAT, "4s4s", U(ROOT), "file", U(ROOT), "n"), EROFS);
    cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(ROOT), "file", U(0)), EROFS);
    cr_assert_eq(client_call(c, T_XATTRCREATE, "4s84", U(G), "user.a", U(1), U(0)), EROFS);
    set(1, 0777, 0, 0, 0, 0, EROFS);
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(0)), 0);
    cr_assert_eq(client_call(c, T_READ, "484", U(F), U(0), U(10)), 0);
    cr_assert_eq(client_get(c, 0, 4), 4);
    cr_assert_eq(client_call(c, T_REMOVE, "4", U(F)), EROFS);
    cr_assert(client_holds(c, "in/file", "text"));
}
