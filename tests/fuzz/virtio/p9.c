/*
 * A hostile client of the 9P server at random: messages of every type, near enough
 * to sense that most of it is carried out on a folder of the host, while that host
 * moves folders and links about. No reply may be longer than it has room, tell
 * what is outside the folder or come late, and nothing out there may change; the
 * sanitizers watch the rest.
 *
 *     fuzz_p9 [ROUNDS [SEED]]
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/host_share.h"
#include "devices/p9.h"
#include "tests/fuzz/random.h"

#define SECRET "what nobody is to read"

enum { MESSAGES = 3000, OUT_SIZE = 20000, IN_SIZE = 20000, FIDS = 8, FRIENDLY = 6, SPANS = 5 };

struct fuzz {
    struct rng random;
    char folder[64]; /* what is shared is FOLDER/in */
    struct host_loop *loop;
    struct share *share;
    struct p9 *server;
    u8 out[OUT_SIZE], in[IN_SIZE];
    u32 len;
    u64 served, errors;
};

static u32 pick(struct fuzz *f, u32 n)
{
    return rng_below(&f->random, n);
}

struct path {
    char text[128];
};

static struct path path_of(const struct fuzz *f, const char *name)
{
    struct path p;
    snprintf(p.text, sizeof(p.text), "%s/%s", f->folder, name);
    return p;
}

static void put(struct fuzz *f, const void *data, u32 len)
{
    if (len > OUT_SIZE - f->len)
        len = OUT_SIZE - f->len;
    memcpy(f->out + f->len, data, len);
    f->len += len;
}

/* Names that are there, are not, must not be, lead out. */
static void put_name(struct fuzz *f)
{
    static const char *const names[] = {"a",
                                        "b",
                                        "c",
                                        "d",
                                        "e",
                                        "up",
                                        "far",
                                        "near",
                                        "fifo",
                                        "..",
                                        ".",
                                        "",
                                        "a/b",
                                        "../secret",
                                        "/",
                                        "..",
                                        "user.x",
                                        "in",
                                        "user.virtfs.mode",
                                        "secret",
                                        "9P2000.L"};
    char name[300];
    u32 which = pick(f, pick(f, 4) ? FRIENDLY : ARRAY_LEN(names) + 2);
    u16 len;
    if (which < ARRAY_LEN(names)) {
        len = (u16)strlen(names[which]);
        memcpy(name, names[which], len);
    } else {
        len = (u16)pick(f, sizeof(name));
        memset(name, (int)pick(f, 256), len);
    }
    u16 said = rng_chance(&f->random, 1) ? (u16)rng_next(&f->random) : len;
    put(f, &said, 2);
    put(f, name, len);
}

static void put_number(struct fuzz *f, u32 size)
{
    static const u64 usual[] = {0,    1,      2,       3,      4,      8,       0100,
                                0102, 01102,  0200,    0x200,  100,    4096,    8192,
                                0755, 040755, 0100644, 010644, 020600, 0120777, 0x3ff};
    u64 value = usual[pick(f, ARRAY_LEN(usual))];
    if (rng_chance(&f->random, 4))
        value = rng_next(&f->random) >> pick(f, 64);
    put(f, &value, size);
}

/* What messages are made of: f a fid, w a count and names, x data, else as p9_parse has it. */
static const struct {
    u8 type;
    const char *fields;
} messages[] = {
    {8, "f"},       {12, "f4"},   {12, "f4"},   {14, "fs444"}, {14, "fs444"},      {16, "fss4"},
    {18, "fs4444"}, {20, "ffs"},  {22, "f"},    {24, "f8"},    {26, "f444488888"}, {30, "ffs"},
    {32, "fs84"},   {40, "f84"},  {40, "f84"},  {50, "f4"},    {52, "f14884s"},    {54, "f1884s"},
    {70, "ffs"},    {72, "fs44"}, {74, "fsfs"}, {76, "fs4"},   {102, "fss4"},      {108, "2"},
    {110, "ffw"},   {110, "ffw"}, {110, "ffw"}, {110, "ffw"},  {116, "f84"},       {116, "f84"},
    {118, "f8x"},   {118, "f8x"}, {120, "f"},   {120, "f"},    {122, "f"},
};

static void put_field(struct fuzz *f, char field)
{
    u32 fid =
        rng_chance(&f->random, 62) ? pick(f, pick(f, 3) ? 2 : FIDS) : (u32)rng_next(&f->random);
    u16 names = (u16)(rng_chance(&f->random, 62) ? pick(f, 3) : pick(f, 20));
    u32 count = pick(f, rng_chance(&f->random, 8) ? 15000 : 64);
    u32 said = rng_chance(&f->random, 2) ? (u32)rng_next(&f->random) : count;
    switch (field) {
    case 'f':
        put(f, &fid, 4);
        break;
    case 's':
        put_name(f);
        break;
    case 'w':
        put(f, &names, 2);
        while (names--)
            put_name(f);
        break;
    case 'x':
        put(f, &said, 4);
        put(f, f->in, count); /* whatever came last */
        break;
    default:
        put_number(f, (u32)(field - '0'));
    }
}

static void make_message(struct fuzz *f)
{
    u32 which = pick(f, ARRAY_LEN(messages));
    u8 head[7] = {0, 0, 0, 0, messages[which].type, (u8)pick(f, 4), 0};
    if (rng_chance(&f->random, 1))
        head[4] = (u8)rng_next(&f->random);
    f->len = 0;
    put(f, head, sizeof(head));
    for (const char *field = messages[which].fields; *field; field++)
        put_field(f, *field);
    if (rng_chance(&f->random, 3)) /* a part of it, at least the header */
        f->len = 7 + pick(f, f->len - 6);
    u32 said = rng_chance(&f->random, 1) ? (u32)rng_next(&f->random) : f->len;
    memcpy(f->out, &said, 4);
    if (rng_chance(&f->random, 4))
        f->out[7 + pick(f, f->len)] = (u8)rng_next(&f->random);
}

/* LEN bytes at AT in pieces. */
static unsigned cut(struct fuzz *f, u8 *at, u32 len, struct share_span span[SPANS])
{
    unsigned n = 0;
    while (n < SPANS - 1 && len > 1 && pick(f, 2)) {
        u32 some = 1 + pick(f, len - 1);
        span[n++] = (struct share_span){at, some};
        at += some;
        len -= some;
    }
    span[n++] = (struct share_span){at, len};
    return n;
}

static void fail(const char *what)
{
    fprintf(stderr, "fuzz_p9: %s\n", what);
    abort();
}

static void serve(struct fuzz *f)
{
    struct share_span out[SPANS], in[SPANS];
    u32 room = rng_chance(&f->random, 2) ? 11 + pick(f, 100) : 11 + pick(f, IN_SIZE - 11);
    u32 size;
    memset(f->in, 0xee, sizeof(f->in));
    struct p9_exchange x = {out,    in,  cut(f, f->out, f->len, out), cut(f, f->in, room, in),
                            f->len, room};
    u64 len = p9_serve(f->server, &x);
    memcpy(&size, f->in, 4);
    if (len < 7 || len > room || size != len)
        fail("a reply of a wrong length");
    for (u32 i = room; i < IN_SIZE; i++)
        if (f->in[i] != 0xee)
            fail("a reply beyond its room");
    if (f->in[4] != (u8)(f->out[4] + 1) && f->in[4] != 7)
        fail("a reply of another type");
    if (memcmp(f->in + 5, f->out + 5, 2))
        fail("a reply to another");
    if (memmem(f->in, len, SECRET, strlen(SECRET)))
        fail("the secret is out");
    f->served++;
    f->errors += f->in[4] == 7;
}

/* A new session, with the root as fid 0. */
static void attach(struct fuzz *f)
{
    static const u8 version[] = "\x15\0\0\0\x64\0\0\0\x40\0\0\x08\0"
                                "9P2000.L";
    static const u8 root[] = "\x17\0\0\0\x68\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0";
    const u8 *const sent[] = {version, root};
    do { /* until there is room for both replies */
        for (unsigned i = 0; i < ARRAY_LEN(sent); i++) {
            f->len = sent[i][0];
            memcpy(f->out, sent[i], f->len);
            serve(f);
        }
    } while (f->in[4] == 7);
}

/* The host does as it likes in its folder, too. */
static void disturb(struct fuzz *f)
{
    static const char *const names[] = {"in/a", "in/b", "in/c", "in/e", "in/up", "in/d"};
    const struct path from = path_of(f, names[pick(f, ARRAY_LEN(names))]);
    const struct path to = path_of(f, names[pick(f, ARRAY_LEN(names))]);
    switch (pick(f, 6)) {
    case 0:
        rename(from.text, to.text);
        break;
    case 1:
        if (symlink("..", from.text))
            rmdir(from.text);
        break;
    case 2:
        unlink(from.text);
        break;
    case 3:
        mkdir(from.text, 0755);
        break;
    case 4:
        if (symlink("../secret", from.text))
            unlink(from.text);
        break;
    default:
        mkfifo(from.text, 0600);
    }
}

static void populate(struct fuzz *f)
{
    const struct path secret = path_of(f, "secret"), fifo = path_of(f, "in/fifo");
    FILE *file = fopen(secret.text, "w");
    if (!file || fputs(SECRET, file) < 0 || fclose(file) || mkdir(path_of(f, "in").text, 0755) ||
        mkdir(path_of(f, "in/a").text, 0755) || mkdir(path_of(f, "in/a/b").text, 0755) ||
        symlink("..", path_of(f, "in/up").text) ||
        symlink("../secret", path_of(f, "in/near").text) ||
        symlink(secret.text, path_of(f, "in/far").text) || mkfifo(fifo.text, 0600))
        fail("the folder can't be made");
}

/* Out there is the secret, as it was, and the folder, and nothing else. */
static void check_outside(struct fuzz *f)
{
    char text[64] = "";
    FILE *file = fopen(path_of(f, "secret").text, "r");
    size_t n = file ? fread(text, 1, sizeof(text), file) : 0;
    DIR *d = opendir(f->folder);
    unsigned entries = 0;
    if (n != strlen(SECRET) || memcmp(text, SECRET, n))
        fail("the secret has changed");
    fclose(file);
    while (d && readdir(d))
        entries++;
    closedir(d);
    struct stat st;
    if (entries != 4 || stat(path_of(f, "secret").text, &st) || st.st_nlink != 1)
        fail("something was put outside");
}

static void round_of(struct fuzz *f, enum host_share_model model)
{
    char error[HOST_SHARE_ERROR], command[2 * sizeof(f->folder) + 40];
    snprintf(f->folder, sizeof(f->folder), "/tmp/fuzz_p9.XXXXXX");
    if (!mkdtemp(f->folder))
        fail("no folder");
    populate(f);
    const struct path in = path_of(f, "in");
    struct host_share_options o = {.path = in.text,
                                   .model = model,
                                   .file_mode = 0600,
                                   .dir_mode = 0700,
                                   .readonly = pick(f, 8) == 0};
    f->share = host_share_open(f->loop, &o, error);
    if (!f->share)
        fail(error);
    f->server = p9_create(f->share);
    attach(f);
    for (unsigned i = 0; i < MESSAGES; i++) {
        make_message(f);
        serve(f);
        if (rng_chance(&f->random, 2))
            disturb(f);
        if (pick(f, 60) == 0)
            attach(f);
    }
    p9_destroy(f->server);
    f->share->ops->destroy(f->share);
    check_outside(f);
    snprintf(command, sizeof(command), "chmod -R u+rwx '%s'; rm -rf '%s'", f->folder, f->folder);
    if (system(command))
        fail("the folder can't be removed");
}

int main(int argc, char *argv[])
{
    u64 rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 20;
    u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    struct fuzz *f = calloc(1, sizeof(*f));
    if (!f)
        return 1;
    f->random = rng_at(seed, 1);
    f->loop = host_loop_create(NULL, NULL);
    for (u64 i = 0; i < rounds; i++)
        round_of(f, i & 1 ? HOST_SHARE_MAPPED : HOST_SHARE_NONE);
    host_loop_destroy(f->loop);
    printf("%llu messages from seed %llu, %llu of them refused\n", (unsigned long long)f->served,
           (unsigned long long)seed, (unsigned long long)f->errors);
    free(f);
    return 0;
}
