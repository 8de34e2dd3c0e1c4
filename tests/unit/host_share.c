/*
 * A host's folder as a share: what the guest can't get at, whatever it tries, and
 * how its files look on the host by each security model (QEMU's attributes:
 * hw/9pfs/9p-local.c names them).
 */
#include "tests/unit/p9_rig.h"

#include <sys/resource.h>
#include <sys/xattr.h>

enum { F = 5, G = 6, H = 7 };

static struct client *c;

static void open_share(enum host_share_model model)
{
    c = client_create(&(struct host_share_options){.model = model, .file_mode = 0640});
    client_file(c, "secret", "secret");
    client_attach(c);
}

static void tear_down(void)
{
    if (c)
        cr_assert(client_holds(c, "secret", "secret"), "untouched");
    if (c)
        client_destroy(c);
    c = NULL;
}

TestSuite(host_share, .fini = tear_down);

Test(host_share, no_way_up)
{
    struct stat root, up;
    open_share(HOST_SHARE_NONE);
    mkdir(client_path(c, "in/d").text, 0755);
    cr_assert_eq(stat(client_path(c, "in").text, &root), 0);
    cr_assert_eq(stat(client_path(c, "").text, &up), 0);
    cr_assert_eq(client_call(c, T_WALK, "442sss", U(ROOT), U(F), U(3), "..", "..", ".."), 0);
    cr_assert_eq(client_get(c, 2 + 2 * 13 + 5, 8), root.st_ino, "the root is above itself");
    cr_assert_eq(client_walk(c, F, G, "secret"), ENOENT);
    static const char *const names[] = {"../secret", "d/../../secret", "/etc/passwd", "", "d/",
                                        "/"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        cr_assert_eq(client_walk(c, ROOT, G, names[i]), ENOENT, "walk to %s", names[i]);
        cr_assert_eq(client_call(c, T_MKDIR, "4s44", U(ROOT), names[i], U(0755), U(0)), ENOENT);
        cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(ROOT), names[i], U(0)), ENOENT);
        cr_assert_eq(client_call(c, T_RENAMEAT, "4s4s", U(ROOT), "d", U(ROOT), names[i]), ENOENT);
        cr_assert_eq(client_call(c, T_LCREATE, "4s444", U(F), names[i], U(0101), U(0600), U(0)),
                     ENOENT);
        cr_assert_eq(client_call(c, T_SYMLINK, "4ss4", U(ROOT), names[i], "x", U(0)), ENOENT);
        cr_assert_eq(client_call(c, T_LINK, "44s", U(ROOT), U(F), names[i]), ENOENT);
    }
    cr_assert_eq(client_call(c, T_UNLINKAT, "4s4", U(ROOT), "..", U(0x200)), EINVAL);
    cr_assert_eq(client_call(c, T_MKDIR, "4s44", U(ROOT), "..", U(0755), U(0)), EINVAL);
    /* What a folder says of its parent is no way up either. */
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(0)), 0);
    cr_assert_eq(client_call(c, T_READDIR, "484", U(F), U(0), U(4000)), 0);
    for (u32 at = 4; at < c->reply; at += 24 + (u32)client_get(c, at + 22, 2))
        cr_assert_neq(client_get(c, at + 5, 8), up.st_ino);
}

Test(host_share, links_are_not_followed)
{
    open_share(HOST_SHARE_NONE);
    cr_assert_eq(symlink("../secret", client_path(c, "in/file").text), 0);
    cr_assert_eq(symlink("..", client_path(c, "in/folder").text), 0);
    cr_assert_eq(symlink("/proc/self/root", client_path(c, "in/magic").text), 0);
    cr_assert_eq(client_walk(c, ROOT, F, "file"), 0, "the link itself");
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(0)), ENXIO);
    cr_assert_eq(client_call(c, T_SETATTR, "4444488888", U(F), U(8), U(0), U(0), U(0), U(0), U(0),
                             U(0), U(0), U(0)),
                 EINVAL, "not cut short");
    cr_assert_neq(client_call(c, T_SETATTR, "4444488888", U(F), U(1), U(0777), U(0), U(0), U(0),
                              U(0), U(0), U(0), U(0)),
                  0);
    cr_assert_eq(client_clone(c, ROOT, G), 0);
    cr_assert_eq(client_call(c, T_LCREATE, "4s444", U(G), "file", U(0102), U(0600), U(0)), ELOOP);
    cr_assert_eq(client_call(c, T_LCREATE, "4s444", U(G), "file", U(0102 | 01000), U(0600), U(0)),
                 ELOOP);
    static const char *const folders[] = {"folder", "magic"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        cr_assert_eq(client_walk(c, ROOT, H, folders[i]), 0);
        cr_assert_neq(client_walk(c, H, G, "secret"), 0);
        cr_assert_neq(client_call(c, T_MKDIR, "4s44", U(H), "new", U(0755), U(0)), 0);
        cr_assert_neq(client_call(c, T_UNLINKAT, "4s4", U(H), "secret", U(0)), 0);
        cr_assert_neq(client_call(c, T_RENAMEAT, "4s4s", U(H), "secret", U(ROOT), "got"), 0);
        cr_assert_neq(client_call(c, T_LOPEN, "44", U(H), U(0)), 0);
        cr_assert_eq(client_clunk(c, H), 0);
    }
}

/* A folder is replaced by a link behind the guest's back. */
Test(host_share, races_lead_nowhere)
{
    open_share(HOST_SHARE_NONE);
    mkdir(client_path(c, "in/d").text, 0755);
    client_file(c, "in/d/secret", "ours");
    cr_assert_eq(client_walk(c, ROOT, F, "d"), 0);
    cr_assert_eq(rename(client_path(c, "in/d").text, client_path(c, "in/e").text), 0);
    cr_assert_eq(symlink("..", client_path(c, "in/d").text), 0);
    cr_assert_eq(client_walk(c, F, G, "secret"), 0, "in the folder that it was");
    cr_assert_eq(client_call(c, T_LOPEN, "44", U(G), U(0)), 0);
    cr_assert_eq(client_call(c, T_READ, "484", U(G), U(0), U(100)), 0);
    cr_assert_eq(memcmp(c->in + 11, "ours", 4), 0);
    cr_assert_eq(client_walk(c, ROOT, H, "d"), 0);
    cr_assert_neq(client_walk(c, H, 9, "secret"), 0);
}

/* Opening one would wait for its other end, or act on a device. */
Test(host_share, no_fifo_is_opened, .timeout = 60)
{
    open_share(HOST_SHARE_NONE);
    cr_assert_eq(mkfifo(client_path(c, "in/fifo").text, 0600), 0);
    cr_assert_eq(client_walk(c, ROOT, F, "fifo"), 0);
    for (u64 access = 0; access < 3; access++)
        cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), access), ENXIO);
    cr_assert_eq(client_clone(c, ROOT, G), 0);
    cr_assert_eq(client_call(c, T_LCREATE, "4s444", U(G), "fifo", U(0101), U(0600), U(0)), ENXIO);
    cr_assert_eq(client_call(c, T_SETATTR, "4444488888", U(F), U(8), U(0), U(0), U(0), U(0), U(0),
                             U(0), U(0), U(0)),
                 EINVAL);
}

static u64 attribute(const char *name, const char *attribute, size_t size)
{
    u64 value = 0;
    cr_assert_eq(getxattr(client_path(c, name).text, attribute, &value, size), (ssize_t)size, "%s",
                 attribute);
    return value;
}

Test(host_share, mapped)
{
    struct stat st;
    open_share(HOST_SHARE_MAPPED);
    cr_assert_eq(client_new(c, F, "file", 04755), 0);
    cr_assert_eq(stat(client_path(c, "in/file").text, &st), 0);
    cr_assert_eq(st.st_mode, S_IFREG | 0640, "fmode");
    cr_assert_eq(st.st_uid, getuid());
    cr_assert_eq(attribute("in/file", "user.virtfs.uid", 4), 1000);
    cr_assert_eq(attribute("in/file", "user.virtfs.gid", 4), 77);
    cr_assert_eq(attribute("in/file", "user.virtfs.mode", 4), S_IFREG | 04755);
    cr_assert_eq(client_call(c, T_GETATTR, "48", U(F), U(0x7ff)), 0);
    cr_assert_eq(client_get(c, 21, 4), S_IFREG | 04755);
    cr_assert_eq(client_get(c, 25, 4), 1000);
    cr_assert_eq(client_get(c, 29, 4), 77);
    cr_assert_eq(client_call(c, T_SETATTR, "4444488888", U(F), U(3), U(0600), U(5), U(6), U(0),
                             U(0), U(0), U(0), U(0)),
                 0);
    cr_assert_eq(attribute("in/file", "user.virtfs.uid", 4), 5);
    cr_assert_eq(attribute("in/file", "user.virtfs.gid", 4), 77, "not asked for");
    cr_assert_eq(attribute("in/file", "user.virtfs.mode", 4), S_IFREG | 0600);

    cr_assert_eq(
        client_call(c, T_MKNOD, "4s4444", U(ROOT), "null", U(S_IFCHR | 0666), U(1), U(3), U(0)), 0);
    cr_assert(!lstat(client_path(c, "in/null").text, &st) && S_ISREG(st.st_mode), "no device");
    cr_assert_eq(attribute("in/null", "user.virtfs.rdev", 8), 0x103);
    cr_assert_eq(client_walk(c, ROOT, G, "null"), 0);
    cr_assert_eq(client_call(c, T_GETATTR, "48", U(G), U(0x7ff)), 0);
    cr_assert_eq(client_get(c, 21, 4), S_IFCHR | 0666);
    cr_assert_eq(client_get(c, 41, 8), 0x103);

    cr_assert_eq(client_call(c, T_SYMLINK, "4ss4", U(ROOT), "link", "/etc/passwd", U(0)), 0);
    cr_assert_eq(client_get(c, 0, 1), 2);
    cr_assert(client_holds(c, "in/link", "/etc/passwd"), "a file with the target in it");
    cr_assert_eq(client_walk(c, ROOT, H, "link"), 0);
    cr_assert_eq(client_call(c, T_READLINK, "4", U(H)), 0);
    cr_assert_eq(memcmp(c->in + 9, "/etc/passwd", 11), 0);

    cr_assert_eq(client_call(c, T_MKDIR, "4s44", U(ROOT), "d", U(01777), U(0)), 0);
    cr_assert(!lstat(client_path(c, "in/d").text, &st));
    cr_assert_eq(st.st_mode, S_IFDIR | 0700);
    cr_assert_eq(attribute("in/d", "user.virtfs.mode", 4), S_IFDIR | 01777);
}

Test(host_share, mapped_attributes_are_hidden)
{
    open_share(HOST_SHARE_MAPPED);
    cr_assert_eq(client_new(c, F, "file", 0600), 0);
    cr_assert_eq(client_call(c, T_XATTRWALK, "44s", U(F), U(G), ""), 0);
    cr_assert_eq(client_get(c, 0, 8), 0);
    cr_assert_eq(client_call(c, T_XATTRWALK, "44s", U(F), U(H), "user.virtfs.uid"), ENODATA);
    cr_assert_eq(client_walk(c, ROOT, H, "file"), 0);
    cr_assert_eq(client_call(c, T_XATTRCREATE, "4s84", U(H), "user.virtfs.uid", U(0), U(0)), 0);
    cr_assert_eq(client_clunk(c, H), EACCES);
    cr_assert_eq(attribute("in/file", "user.virtfs.uid", 4), 1000);
    cr_assert_eq(client_walk(c, ROOT, H, "file"), 0);
    cr_assert_eq(client_call(c, T_XATTRCREATE, "4s84", U(H), "system.posix_acl_access", U(2), U(0)),
                 0);
    cr_assert_eq(client_call(c, T_WRITE, "484d", U(H), U(0), U(2), "xy", (size_t)2), 0);
    cr_assert_eq(client_clunk(c, H), 0);
    cr_assert_eq(attribute("in/file", "user.virtfs.system.posix_acl_access", 2), 'x' | 'y' << 8);
    cr_assert_eq(client_call(c, T_XATTRWALK, "44s", U(F), U(H), ""), 0);
    cr_assert_eq(client_call(c, T_READ, "484", U(H), U(0), U(100)), 0);
    cr_assert_eq(client_get(c, 0, 4), 24);
    cr_assert_eq(memcmp(c->in + 11, "system.posix_acl_access", 24), 0);
}

/* What a folder is on the host it is for the guest, whatever an attribute says. */
Test(host_share, mapped_types)
{
    u32 mode = S_IFREG | 0600;
    open_share(HOST_SHARE_MAPPED);
    mkdir(client_path(c, "in/d").text, 0755);
    client_file(c, "in/f", "");
    cr_assert_eq(setxattr(client_path(c, "in/d").text, "user.virtfs.mode", &mode, 4, 0), 0);
    mode = S_IFDIR | 0700;
    cr_assert_eq(setxattr(client_path(c, "in/f").text, "user.virtfs.mode", &mode, 4, 0), 0);
    cr_assert_eq(client_walk(c, ROOT, F, "d"), 0);
    cr_assert_eq(client_call(c, T_GETATTR, "48", U(F), U(0x7ff)), 0);
    cr_assert_eq(client_get(c, 21, 4), S_IFDIR | 0600);
    cr_assert_eq(client_walk(c, ROOT, G, "f"), 0);
    cr_assert_eq(client_call(c, T_GETATTR, "48", U(G), U(0x7ff)), 0);
    cr_assert_eq(client_get(c, 21, 4), S_IFREG | 0700);
}

Test(host_share, passthrough)
{
    struct stat st;
    open_share(HOST_SHARE_PASSTHROUGH);
    bool root = getuid() == 0;
    cr_assert_eq(client_new(c, F, "file", 0640), root ? 0 : EPERM);
    cr_assert_eq(stat(client_path(c, "in/file").text, &st), root ? 0 : -1, "or nothing is left");
    if (!root)
        return;
    cr_assert_eq(st.st_uid, 1000);
    cr_assert_eq(st.st_gid, 77);
    cr_assert_eq(st.st_mode, S_IFREG | 0640);
}

/* More files than descriptors: the handles come and go, what they lead to stays. */
Test(host_share, few_descriptors)
{
    enum { FILES = 400, LIMIT = 330 };
    char name[32];
    struct rlimit limit = {LIMIT, LIMIT};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    open_share(HOST_SHARE_NONE);
    mkdir(client_path(c, "in/d").text, 0755);
    cr_assert_eq(client_walk(c, ROOT, 9, "d"), 0);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "in/d/f%d", i);
        client_file(c, name, name);
        cr_assert_eq(client_walk(c, 9, U(100 + i), name + 5), 0, "%s", name);
    }
    cr_assert_eq(client_call(c, T_RENAMEAT, "4s4s", U(ROOT), "d", U(ROOT), "e"), 0);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "in/d/f%d", i);
        cr_assert_eq(client_clone(c, U(100 + i), F), 0);
        cr_assert_eq(client_call(c, T_LOPEN, "44", U(F), U(0)), 0, "%s", name);
        cr_assert_eq(client_call(c, T_READ, "484", U(F), U(0), U(100)), 0);
        cr_assert_eq(client_get(c, 0, 4), strlen(name));
        cr_assert_eq(memcmp(c->in + 11, name, strlen(name)), 0);
        cr_assert_eq(client_clunk(c, F), 0);
    }
    /* Another file of that name is not the same file. */
    unlink(client_path(c, "in/e/f0").text);
    client_file(c, "in/other", "other");
    cr_assert_eq(rename(client_path(c, "in/other").text, client_path(c, "in/e/f0").text), 0);
    cr_assert_eq(client_call(c, T_GETATTR, "48", U(100), U(0x7ff)), ESTALE);
    /* Open files can't come back: they run out, and it is said. */
    int error = 0;
    for (int i = 1; i < FILES && !error; i++)
        error = client_call(c, T_LOPEN, "44", U(100 + i), U(0));
    cr_assert_eq(error, EMFILE);
    cr_assert_eq(client_call(c, T_STATFS, "4", U(ROOT)), 0, "it goes on");
}

Test(host_share, refused)
{
    char error[HOST_SHARE_ERROR];
    struct host_loop *loop = host_loop_create(NULL, NULL);
    struct host_share_options o = {.path = "/nonexistent/folder"};
    cr_assert_null(host_share_open(loop, &o, error));
    cr_assert(strstr(error, o.path) && strstr(error, "make the folder"), "%s", error);
    o.path = "/etc/passwd";
    cr_assert_null(host_share_open(loop, &o, error));
    cr_assert(strstr(error, o.path) && strstr(error, "only folders"), "%s", error);
    host_loop_destroy(loop);
}
