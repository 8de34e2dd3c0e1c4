/*
 * A 9P client without a machine (Plan 9 manual, section 5; diod's protocol.md for
 * 9P2000.L; Linux: include/net/9p/9p.h): it writes messages field by field, on a
 * folder of the host made for the test. Numbers are the protocol's, written anew.
 */
#ifndef TESTS_UNIT_P9_RIG_H
#define TESTS_UNIT_P9_RIG_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/host_share.h"
#include "devices/p9.h"

enum {
    T_STATFS = 8,
    T_LOPEN = 12,
    T_LCREATE = 14,
    T_SYMLINK = 16,
    T_MKNOD = 18,
    T_RENAME = 20,
    T_READLINK = 22,
    T_GETATTR = 24,
    T_SETATTR = 26,
    T_XATTRWALK = 30,
    T_XATTRCREATE = 32,
    T_READDIR = 40,
    T_FSYNC = 50,
    T_LOCK = 52,
    T_GETLOCK = 54,
    T_LINK = 70,
    T_MKDIR = 72,
    T_RENAMEAT = 74,
    T_UNLINKAT = 76,
    T_VERSION = 100,
    T_AUTH = 102,
    T_ATTACH = 104,
    T_FLUSH = 108,
    T_WALK = 110,
    T_READ = 116,
    T_WRITE = 118,
    T_CLUNK = 120,
    T_REMOVE = 122,
    R_LERROR = 7,
    MSIZE = 65536,
    TAG = 0x1234,
    ROOT = 1, /* the fid that client_attach makes */
};
#define NO_FID UINT32_MAX

struct client {
    char folder[64]; /* what is shared is FOLDER/in */
    struct host_loop *loop;
    struct share *share;
    struct p9 *server;
    u8 out[MSIZE], in[MSIZE];
    u32 out_len, room;
    u32 reply; /* bytes of the last one, behind its header */
};

/* A name below the folder that the test has for itself. */
struct client_path {
    char text[128];
};
static inline struct client_path client_path(const struct client *c, const char *name)
{
    struct client_path p;
    snprintf(p.text, sizeof(p.text), "%s/%s", c->folder, name);
    return p;
}

/* A file of the host with TEXT in it. */
static inline void client_file(const struct client *c, const char *name, const char *text)
{
    FILE *f = fopen(client_path(c, name).text, "w");
    cr_assert(f, "%s", name);
    fputs(text, f);
    fclose(f);
}

/* Does the host's file NAME hold TEXT? */
static inline bool client_holds(const struct client *c, const char *name, const char *text)
{
    char got[256] = "";
    FILE *f = fopen(client_path(c, name).text, "r");
    if (!f)
        return false;
    size_t n = fread(got, 1, sizeof(got) - 1, f);
    fclose(f);
    return n == strlen(text) && !memcmp(got, text, n);
}

static inline struct client *client_create(const struct host_share_options *how)
{
    struct client *c = calloc(1, sizeof(*c));
    char error[HOST_SHARE_ERROR];
    const char *tmp = getenv("TMPDIR");
    snprintf(c->folder, sizeof(c->folder), "%s/p9.XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    cr_assert(mkdtemp(c->folder));
    struct client_path in = client_path(c, "in");
    cr_assert_eq(mkdir(in.text, 0755), 0);
    struct host_share_options o = *how;
    o.path = in.text;
    o.file_mode = o.file_mode ? o.file_mode : HOST_SHARE_FILE_MODE;
    o.dir_mode = o.dir_mode ? o.dir_mode : HOST_SHARE_DIR_MODE;
    c->loop = host_loop_create(NULL, NULL);
    c->share = host_share_open(c->loop, &o, error);
    cr_assert(c->share, "%s", error);
    c->server = p9_create(c->share);
    c->room = MSIZE;
    return c;
}

static inline void client_destroy(struct client *c)
{
    char command[128];
    p9_destroy(c->server);
    c->share->ops->destroy(c->share);
    host_loop_destroy(c->loop);
    snprintf(command, sizeof(command), "rm -rf '%s'", c->folder);
    cr_assert_eq(system(command), 0);
    free(c);
}

/*
 * Send a message of TYPE whose fields are as FORMAT says: a digit is a number of so
 * many bytes (an u64), s a string, d bytes and their number (a size_t), in two
 * stretches of memory. The error of the reply, or 0.
 */
static inline int client_send(struct client *c, u8 type)
{
    u16 tag = TAG;
    memcpy(c->out, &c->out_len, 4);
    c->out[4] = type;
    memcpy(c->out + 5, &tag, 2);
    memset(c->in, 0xee, sizeof(c->in));
    u32 half = c->out_len / 2;
    const struct share_span out[] = {{c->out, half}, {c->out + half, c->out_len - half}};
    const struct share_span in[] = {{c->in, 9}, {c->in + 9, c->room - 9}};
    struct p9_exchange x = {out, in, 2, 2, c->out_len, c->room};
    u64 len = p9_serve(c->server, &x);
    u32 size, error;
    memcpy(&size, c->in, 4);
    memcpy(&error, c->in + 7, 4);
    cr_assert_eq(size, len);
    cr_assert_leq(len, c->room);
    cr_assert_eq(memcmp(c->in + 5, &tag, 2), 0);
    cr_assert(c->in[4] == type + 1 || c->in[4] == R_LERROR, "type %u", c->in[4]);
    for (u32 i = size; i < sizeof(c->in); i++)
        if (c->in[i] != 0xee)
            cr_assert_fail("byte %u behind a reply of %u", i, size);
    c->reply = size - 7;
    return c->in[4] == R_LERROR ? (int)error : 0;
}

static inline void client_put(struct client *c, const void *data, size_t len)
{
    memcpy(c->out + c->out_len, data, len);
    c->out_len += (u32)len;
}

static inline int client_call(struct client *c, u8 type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    c->out_len = 7;
    for (; *format; format++) {
        const char *text = *format == 's' || *format == 'd' ? va_arg(args, const char *) : NULL;
        u64 number = *format == 's' ? strlen(text) : *format == 'd' ? 0 : va_arg(args, u64);
        if (*format != 'd')
            client_put(c, &number, *format == 's' ? 2 : (size_t)(*format - '0'));
        if (text)
            client_put(c, text, *format == 's' ? number : va_arg(args, size_t));
    }
    va_end(args);
    return client_send(c, type);
}

#define U(x) ((u64)(x))

/* Field of SIZE bytes at AT of the last reply. */
static inline u64 client_get(const struct client *c, u32 at, unsigned size)
{
    u64 value = 0;
    cr_assert_leq(at + size, c->reply);
    memcpy(&value, c->in + 7 + at, size);
    return value;
}

static inline void client_attach(struct client *c)
{
    cr_assert_eq(client_call(c, T_VERSION, "4s", U(MSIZE), "9P2000.L"), 0);
    cr_assert_eq(client_call(c, T_ATTACH, "44ss4", U(ROOT), U(NO_FID), "user", "", U(1000)), 0);
}

/* Let TO be what has NAME in FROM. */
static inline int client_walk(struct client *c, u64 from, u64 to, const char *name)
{
    return client_call(c, T_WALK, "442s", from, to, U(1), name);
}

static inline int client_clone(struct client *c, u64 from, u64 to)
{
    return client_call(c, T_WALK, "442", from, to, U(0));
}

static inline int client_clunk(struct client *c, u64 fid)
{
    return client_call(c, T_CLUNK, "4", fid);
}

/* A new file NAME in the root, open for reading and writing as FID. */
static inline int client_new(struct client *c, u64 fid, const char *name, u64 mode)
{
    cr_assert_eq(client_clone(c, ROOT, fid), 0);
    return client_call(c, T_LCREATE, "4s444", fid, name, U(02 | 0100), mode, U(77));
}

#endif
