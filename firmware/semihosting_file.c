/*
 * Semihosting's calls about handles and files. A handle is a number from 1 on; a
 * position belongs to the handle, so that the host's descriptor has none.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "devices/host_folder.h"
#include "firmware/semihosting_call.h"

enum { NAME_SIZE = 4096, TMPNAM_IDS = 256 };

/* fopen's modes in the order of their numbers: r, r+, w, w+, a, a+, each with b or without. */
enum { MODES = 12, MODE_R = 0, MODE_A = 4 };

/* What ":semihosting-features" holds: a magic and SH_EXT_EXIT_EXTENDED, SH_EXT_STDOUT_STDERR. */
static const u8 features[] = {'S', 'H', 'F', 'B', 1 << 0 | 1 << 1};

static struct semihosting_handle *find(struct call *k, u64 number)
{
    struct semihosting_handle *h = k->s->handle;
    if (number == 0 || number > SEMIHOSTING_HANDLES || !h[number - 1].kind) {
        call_fail(k, EBADF);
        return NULL;
    }
    return &h[number - 1];
}

static s64 open_file(struct call *k, const char *name, u64 mode, struct semihosting_handle *h)
{
    static const u8 flags[MODES / 2] = {
        HOST_FOLDER_READ,
        HOST_FOLDER_READ | HOST_FOLDER_WRITE,
        HOST_FOLDER_WRITE | HOST_FOLDER_CREATE | HOST_FOLDER_EMPTY,
        HOST_FOLDER_READ | HOST_FOLDER_WRITE | HOST_FOLDER_CREATE | HOST_FOLDER_EMPTY,
        HOST_FOLDER_WRITE | HOST_FOLDER_CREATE,
        HOST_FOLDER_READ | HOST_FOLDER_WRITE | HOST_FOLDER_CREATE,
    };
    if (k->s->folder < 0)
        return call_fail(k, EACCES);
    h->fd = host_folder_open_file(k->s->folder, name, flags[mode / 2]);
    if (h->fd < 0)
        return call_fail(k, errno);
    h->kind = SEMIHOSTING_FILE;
    h->append = mode / 2 >= MODE_A;
    return 0;
}

s64 call_open(struct call *k)
{
    char text[NAME_SIZE];
    const char *name = call_string(k, k->word[0], k->word[2], text, sizeof(text));
    u64 mode = k->word[1];
    unsigned number = 0;
    struct semihosting_handle h = {.fd = -1};
    if (!name)
        return -1;
    while (number < SEMIHOSTING_HANDLES && k->s->handle[number].kind)
        number++;
    if (mode >= MODES || number == SEMIHOSTING_HANDLES)
        return call_fail(k, mode >= MODES ? EINVAL : EMFILE);
    if (!strcmp(name, ":tt"))
        h.kind = SEMIHOSTING_CONSOLE;
    else if (!strcmp(name, ":semihosting-features") && mode / 2 == MODE_R)
        h.kind = SEMIHOSTING_FEATURES;
    else if (open_file(k, name, mode, &h) < 0)
        return -1;
    k->s->handle[number] = h;
    return number + 1;
}

static void close_handle(struct semihosting_handle *h)
{
    if (h->kind == SEMIHOSTING_FILE)
        host_folder_close(h->fd);
    *h = (struct semihosting_handle){0};
}

s64 call_close(struct call *k)
{
    struct semihosting_handle *h = find(k, k->word[0]);
    if (!h)
        return -1;
    close_handle(h);
    return 0;
}

void semihosting_close(struct semihosting *s)
{
    for (unsigned i = 0; i < SEMIHOSTING_HANDLES; i++)
        close_handle(&s->handle[i]);
    s->waiting = NULL;
}

/* Write a piece to H; how much was written, -1 with the error noted. */
static s64 write_piece(struct call *k, struct semihosting_handle *h, const void *data, size_t len)
{
    if (h->kind == SEMIHOSTING_CONSOLE) {
        call_print(k, data, len);
        return (s64)len;
    }
    if (h->kind != SEMIHOSTING_FILE)
        return call_fail(k, EBADF);
    if (h->append) {
        s64 end = host_folder_length(h->fd);
        h->offset = end < 0 ? h->offset : (u64)end;
    }
    ssize_t n = host_folder_write(h->fd, data, len, h->offset);
    if (n < 0)
        return call_fail(k, errno);
    h->offset += (u64)n;
    return n;
}

/* The rest that was not transferred is the result of reading and writing. */
s64 call_write(struct call *k)
{
    struct semihosting_handle *h = find(k, k->word[0]);
    u64 va = k->word[1], len = k->word[2], most = len < CALL_MAX_TRANSFER ? len : CALL_MAX_TRANSFER;
    u8 piece[CALL_PIECE];
    u64 done = 0;
    while (h && done < most) {
        size_t n = most - done < sizeof(piece) ? most - done : sizeof(piece);
        if (!call_get(k, va + done, piece, n)) {
            call_fail(k, EFAULT);
            break;
        }
        s64 written = write_piece(k, h, piece, n);
        done += written > 0 ? (u64)written : 0;
        if (written != (s64)n)
            break;
    }
    return (s64)(len - done);
}

/* Read a piece of H; how much there was, 0 at the end, -1 with the error noted. */
static s64 read_piece(struct call *k, struct semihosting_handle *h, u8 *to, size_t len)
{
    ssize_t n;
    switch (h->kind) {
    case SEMIHOSTING_CONSOLE:
        return (s64)call_input(k, to, len);
    case SEMIHOSTING_FEATURES:
        n = h->offset < sizeof(features) ? (ssize_t)(sizeof(features) - h->offset) : 0;
        n = n < (ssize_t)len ? n : (ssize_t)len;
        if (n > 0)
            memcpy(to, features + h->offset, (size_t)n);
        break;
    default:
        n = host_folder_read(h->fd, to, len, h->offset);
    }
    if (n < 0)
        return call_fail(k, errno);
    h->offset += (u64)n;
    return n;
}

s64 call_read(struct call *k)
{
    struct semihosting_handle *h = find(k, k->word[0]);
    u64 va = k->word[1], len = k->word[2], most = len < CALL_MAX_TRANSFER ? len : CALL_MAX_TRANSFER;
    u8 piece[CALL_PIECE];
    u64 done = 0;
    while (h && done < most) {
        size_t n = most - done < sizeof(piece) ? most - done : sizeof(piece);
        s64 got = read_piece(k, h, piece, n);
        if (got <= 0)
            break;
        if (!call_put(k, va + done, piece, (u64)got)) {
            call_fail(k, EFAULT);
            break;
        }
        done += (u64)got;
        if (h->kind == SEMIHOSTING_CONSOLE)
            break; /* what was typed is enough */
    }
    return (s64)(len - done);
}

s64 call_istty(struct call *k)
{
    const struct semihosting_handle *h = find(k, k->word[0]);
    return h ? h->kind == SEMIHOSTING_CONSOLE : -1;
}

s64 call_seek(struct call *k)
{
    struct semihosting_handle *h = find(k, k->word[0]);
    if (!h)
        return -1;
    if (h->kind == SEMIHOSTING_CONSOLE || (s64)k->word[1] < 0)
        return call_fail(k, EINVAL);
    h->offset = k->word[1];
    return 0;
}

s64 call_flen(struct call *k)
{
    const struct semihosting_handle *h = find(k, k->word[0]);
    if (!h)
        return -1;
    if (h->kind == SEMIHOSTING_CONSOLE)
        return call_fail(k, EINVAL);
    if (h->kind == SEMIHOSTING_FEATURES)
        return sizeof(features);
    s64 length = host_folder_length(h->fd);
    return length < 0 ? call_fail(k, errno) : length;
}

s64 call_tmpnam(struct call *k)
{
    char name[16];
    if (k->word[1] >= TMPNAM_IDS)
        return call_fail(k, EINVAL);
    size_t size = (size_t)snprintf(name, sizeof(name), "tmp%03u", (unsigned)k->word[1]) + 1;
    if (size > k->word[2])
        return call_fail(k, ERANGE);
    return call_put(k, k->word[0], name, size) ? 0 : call_fail(k, EFAULT);
}

s64 call_remove(struct call *k)
{
    char name[NAME_SIZE];
    if (!call_string(k, k->word[0], k->word[1], name, sizeof(name)))
        return -1;
    if (k->s->folder < 0)
        return call_fail(k, EACCES);
    return host_folder_remove(k->s->folder, name) < 0 ? call_fail(k, errno) : 0;
}

s64 call_rename(struct call *k)
{
    char from[NAME_SIZE], to[NAME_SIZE];
    if (!call_string(k, k->word[0], k->word[1], from, sizeof(from)) ||
        !call_string(k, k->word[2], k->word[3], to, sizeof(to)))
        return -1;
    if (k->s->folder < 0)
        return call_fail(k, EACCES);
    return host_folder_rename(k->s->folder, from, to) < 0 ? call_fail(k, errno) : 0;
}
