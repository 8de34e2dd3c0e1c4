/*
 * A front end on a back end that was opened by name, and a place for its files.
 */
#ifndef TESTS_CHARDEV_RIG_H
#define TESTS_CHARDEV_RIG_H

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/host_chardev.h"

struct rig {
    struct host_loop *loop;
    struct chardev *dev;
    char error[HOST_CHARDEV_ERROR];
    char in[1 << 16];
    size_t in_len, room;
    unsigned opened, closed, writables;
    char dir[32], path[64], spec[96];
};

static inline size_t room(void *owner)
{
    return ((struct rig *)owner)->room;
}

static inline void receive(void *owner, const u8 *data, size_t len)
{
    struct rig *r = owner;
    memcpy(r->in + r->in_len, data, len);
    r->in_len += len;
    r->room -= len;
}

static inline void writable(void *owner)
{
    ((struct rig *)owner)->writables++;
}

static inline void event(void *owner, enum chardev_event what)
{
    struct rig *r = owner;
    r->opened += what == CHARDEV_OPENED;
    r->closed += what == CHARDEV_CLOSED;
}

static inline void start(struct rig *r)
{
    memset(r, 0, sizeof(*r));
    r->room = sizeof(r->in);
    r->loop = host_loop_create(NULL, NULL);
    cr_assert_not_null(r->loop);
    strcpy(r->dir, "/tmp/mini-a64-test-XXXXXX");
    cr_assert_not_null(mkdtemp(r->dir));
    snprintf(r->path, sizeof(r->path), "%s/it", r->dir);
}

static inline bool open_spec(struct rig *r, const char *spec)
{
    static const struct chardev_client client = {room, receive, writable, event};
    struct host_chardev_config c = {.loop = r->loop, .label = "serial0"};
    r->dev = host_chardev_open(&c, spec, r->error);
    if (!r->dev)
        return false;
    chardev_connect(r->dev, &client, r);
    chardev_accept(r->dev);
    return true;
}

/* "KIND:PATH REST" with the rig's path. */
static inline const char *spec_of(struct rig *r, const char *kind, const char *rest)
{
    snprintf(r->spec, sizeof(r->spec), "%s%s%s", kind, r->path, rest);
    return r->spec;
}

static inline void must_open(struct rig *r, const char *spec)
{
    cr_assert(open_spec(r, spec), "%s", r->error);
}

static inline void stop(struct rig *r)
{
    chardev_destroy(r->dev);
    cr_assert_null(host_loop_clock(r->loop)->first, "no alarm is left");
    host_loop_destroy(r->loop);
    unlink(r->path);
    rmdir(r->dir);
}

static inline void put(struct rig *r, const char *text)
{
    cr_assert_eq(chardev_write(r->dev, text, strlen(text)), strlen(text));
}

/* Run the loop until the front end has received TEXT in all. */
static inline void expect_in(struct rig *r, const char *text)
{
    while (r->in_len < strlen(text))
        host_loop_wait(r->loop, CLOCK_NEVER);
    cr_assert_eq(r->in_len, strlen(text), "got '%.*s'", (int)r->in_len, r->in);
    cr_assert_arr_eq(r->in, text, r->in_len);
}

/* Run the loop until FD has given TEXT. */
static inline void expect_out(struct rig *r, int fd, const char *text)
{
    for (size_t i = 0; text[i];) {
        char byte;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 0) == 0) {
            host_loop_wait(r->loop, NS_PER_SEC / 1000);
            continue;
        }
        cr_assert_eq(read(fd, &byte, 1), 1);
        cr_assert_eq(byte, text[i], "'%c' instead of '%c' in '%s'", byte, text[i], text);
        i++;
    }
}

/* A port that was free a moment ago. */
static unsigned free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    close(fd);
    return ntohs(a.sin_port);
}

#endif
