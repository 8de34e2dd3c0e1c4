/*
 * Back ends by name: each kind opened, used in both directions, closed; and every
 * way to name one wrongly answered with one line that says what is wrong.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "devices/host_chardev.h"

TestSuite(host_chardev, .timeout = 60);

struct rig {
    struct host_loop *loop;
    struct chardev *dev;
    char error[HOST_CHARDEV_ERROR];
    char in[1 << 16];
    size_t in_len, room;
    unsigned opened, closed, writables;
    char dir[32], path[64], spec[96];
};

static size_t room(void *owner)
{
    return ((struct rig *)owner)->room;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    struct rig *r = owner;
    memcpy(r->in + r->in_len, data, len);
    r->in_len += len;
    r->room -= len;
}

static void writable(void *owner)
{
    ((struct rig *)owner)->writables++;
}

static void event(void *owner, enum chardev_event what)
{
    struct rig *r = owner;
    r->opened += what == CHARDEV_OPENED;
    r->closed += what == CHARDEV_CLOSED;
}

static void start(struct rig *r)
{
    memset(r, 0, sizeof(*r));
    r->room = sizeof(r->in);
    r->loop = host_loop_create(NULL, NULL);
    cr_assert_not_null(r->loop);
    strcpy(r->dir, "/tmp/mini-a64-test-XXXXXX");
    cr_assert_not_null(mkdtemp(r->dir));
    snprintf(r->path, sizeof(r->path), "%s/it", r->dir);
}

static bool open_spec(struct rig *r, const char *spec)
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
static const char *spec_of(struct rig *r, const char *kind, const char *rest)
{
    snprintf(r->spec, sizeof(r->spec), "%s%s%s", kind, r->path, rest);
    return r->spec;
}

static void must_open(struct rig *r, const char *spec)
{
    cr_assert(open_spec(r, spec), "%s", r->error);
}

static void stop(struct rig *r)
{
    chardev_destroy(r->dev);
    cr_assert_null(host_loop_clock(r->loop)->first, "no alarm is left");
    host_loop_destroy(r->loop);
    unlink(r->path);
    rmdir(r->dir);
}

static void put(struct rig *r, const char *text)
{
    cr_assert_eq(chardev_write(r->dev, text, strlen(text)), strlen(text));
}

/* Run the loop until the front end has received TEXT in all. */
static void expect_in(struct rig *r, const char *text)
{
    while (r->in_len < strlen(text))
        host_loop_wait(r->loop, CLOCK_NEVER);
    cr_assert_eq(r->in_len, strlen(text), "got '%.*s'", (int)r->in_len, r->in);
    cr_assert_arr_eq(r->in, text, r->in_len);
}

/* Run the loop until FD has given TEXT. */
static void expect_out(struct rig *r, int fd, const char *text)
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

static void expect_file(const char *path, const char *text)
{
    char got[256] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_geq(read(fd, got, sizeof(got) - 1), 0);
    close(fd);
    cr_assert_str_eq(got, text);
}

Test(host_chardev, null_and_none)
{
    struct rig r;
    start(&r);
    must_open(&r, "null");
    put(&r, "anything");
    chardev_write_all(r.dev, "at all\n", 7);
    chardev_destroy(r.dev);
    must_open(&r, "none");
    put(&r, "anything");
    stop(&r);
}

Test(host_chardev, file)
{
    struct rig r;
    start(&r);
    must_open(&r, spec_of(&r, "file:", ""));
    put(&r, "first line\n");
    expect_file(r.path, "first line\n");
    put(&r, "prompt> ");
    chardev_destroy(r.dev);
    expect_file(r.path, "first line\nprompt> ");
    must_open(&r, r.spec);
    put(&r, "anew");
    chardev_destroy(r.dev);
    expect_file(r.path, "anew");
    must_open(&r, "null");
    stop(&r);
}

Test(host_chardev, a_file_name_may_hold_anything)
{
    struct rig r;
    start(&r);
    strcat(r.path, ",server:x y");
    must_open(&r, spec_of(&r, "file:", ""));
    put(&r, "x\n");
    expect_file(r.path, "x\n");
    stop(&r);
}

Test(host_chardev, a_full_disk_is_said_once_and_hangs_nothing)
{
    struct rig r;
    start(&r);
    must_open(&r, "file:/dev/full");
    for (unsigned i = 0; i < 100; i++)
        put(&r, "line\n");
    stop(&r);
}

/* Open the pty named by the line on stdout, which goes to the rig's file. */
static char *open_pty(struct rig *r)
{
    static char name[64];
    char line[128] = "";
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    int file = open(r->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    dup2(file, STDOUT_FILENO);
    must_open(r, "pty");
    dup2(saved, STDOUT_FILENO);
    close(saved);
    cr_assert_gt(pread(file, line, sizeof(line) - 1, 0), 0);
    close(file);
    char expected[128];
    cr_assert_eq(sscanf(line, "char device redirected to %63s (label", name), 1, "%s", line);
    snprintf(expected, sizeof(expected), "char device redirected to %s (label serial0)\n", name);
    cr_assert_str_eq(line, expected, "QEMU's line");
    return name;
}

Test(host_chardev, pty)
{
    struct rig r;
    struct termios t;
    start(&r);
    const char *name = open_pty(&r);
    put(&r, "dropped: nobody is there\n");
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(tcgetattr(fd, &t), 0);
    cr_assert_eq(t.c_lflag & (ICANON | ECHO | ISIG), 0);
    cr_assert_eq(t.c_oflag & OPOST, 0);
    put(&r, "hello\n");
    expect_out(&r, fd, "hello\n");
    cr_assert_eq(r.opened, 1);
    cr_assert_eq(write(fd, "keys\r\003", 6), 6);
    expect_in(&r, "keys\r\003");
    /* Come and go; what is typed first arrives although nothing was written before. */
    for (unsigned i = 0; i < 3; i++) {
        close(fd);
        put(&r, "dropped\n");
        fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        cr_assert_geq(fd, 0);
        r.in_len = 0;
        cr_assert_eq(write(fd, "again", 5), 5);
        expect_in(&r, "again");
        put(&r, "here\n");
        expect_out(&r, fd, "here\n");
    }
    close(fd);
    put(&r, "dropped\n");
    cr_assert_eq(r.closed, r.opened);
    stop(&r);
}

static u64 cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (u64)t.tv_sec * NS_PER_SEC + (u64)t.tv_nsec;
}

Test(host_chardev, a_pty_that_nobody_has_opened_costs_nothing)
{
    struct rig r;
    start(&r);
    open_pty(&r);
    u64 before = cpu_time();
    host_loop_wait(r.loop, NS_PER_SEC / 2);
    struct timespec half = {0, 500000000};
    nanosleep(&half, NULL);
    cr_assert_lt(cpu_time() - before, NS_PER_SEC / 4);
    stop(&r);
}

Test(host_chardev, a_pty_that_is_open_but_not_read_hangs_nothing)
{
    struct rig r;
    start(&r);
    int fd = open(open_pty(&r), O_RDWR | O_NOCTTY | O_CLOEXEC);
    while (chardev_write(r.dev, "0123456789abcde\n", 16) == 16)
        continue;
    while (!r.writables)
        host_loop_wait(r.loop, CLOCK_NEVER);
    for (unsigned i = 0; i < 100000; i++)
        put(&r, "0123456789abcde\n");
    /* What was kept for it is in order, and it is served again. */
    expect_out(&r, fd, "0123456789abcde\n0123456789abcde\n");
    char data[4096];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    for (unsigned idle = 0; idle < 20; idle++) {
        host_loop_wait(r.loop, NS_PER_SEC / 1000);
        while (poll(&p, 1, 0) > 0 && read(fd, data, sizeof(data)) > 0)
            idle = 0;
    }
    put(&r, "END\n");
    expect_out(&r, fd, "END\n");
    close(fd);
    stop(&r);
}

/* Connect to the Unix socket at PATH; -1 when nobody listens there. */
static int try_unix(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
        return fd;
    close(fd);
    return -1;
}

static int connect_unix(const char *path)
{
    int fd = try_unix(path);
    cr_assert_geq(fd, 0);
    return fd;
}

Test(host_chardev, unix_server)
{
    struct rig r;
    start(&r);
    must_open(&r, spec_of(&r, "unix:", ",server,nowait"));
    put(&r, "dropped: nobody is connected\n");
    for (unsigned i = 1; i <= 3; i++) {
        int fd = connect_unix(r.path);
        while (r.opened < i)
            host_loop_wait(r.loop, CLOCK_NEVER);
        put(&r, "hello\n");
        expect_out(&r, fd, "hello\n");
        r.in_len = 0;
        cr_assert_eq(write(fd, "typed", 5), 5);
        expect_in(&r, "typed");
        close(fd);
        while (r.closed < i)
            host_loop_wait(r.loop, CLOCK_NEVER);
        put(&r, "dropped\n");
    }
    /* The next client waits until this one leaves. */
    int first = connect_unix(r.path), second = connect_unix(r.path);
    while (r.opened < 4)
        host_loop_wait(r.loop, CLOCK_NEVER);
    put(&r, "one\n");
    expect_out(&r, first, "one\n");
    close(first);
    while (r.opened < 5)
        host_loop_wait(r.loop, CLOCK_NEVER);
    put(&r, "two\n");
    expect_out(&r, second, "two\n");
    chardev_destroy(r.dev);
    cr_assert_eq(access(r.path, F_OK), -1, "the socket is removed");
    close(second);
    must_open(&r, "null");
    stop(&r);
}

/* What a client that connects, sends and leaves has sent arrives, room or not. */
Test(host_chardev, the_last_words_of_a_client)
{
    struct rig r;
    start(&r);
    must_open(&r, spec_of(&r, "unix:", ",server=on,wait=off"));
    r.room = 0;
    int fd = connect_unix(r.path);
    cr_assert_eq(write(fd, "poweroff\n", 9), 9);
    close(fd);
    for (unsigned i = 0; i < 5; i++)
        host_loop_wait(r.loop, NS_PER_SEC / 1000);
    r.room = 4;
    chardev_accept(r.dev);
    expect_in(&r, "powe");
    cr_assert_eq(r.closed, 0);
    r.room = 100;
    chardev_accept(r.dev);
    expect_in(&r, "poweroff\n");
    cr_assert_eq(r.closed, 1);
    stop(&r);
}

Test(host_chardev, a_stale_socket_is_replaced_and_nothing_else)
{
    struct rig r;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    start(&r);
    strcpy(a.sun_path, r.path);
    int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(stale, (struct sockaddr *)&a, sizeof(a)), 0);
    close(stale);
    must_open(&r, spec_of(&r, "unix:", ",server,nowait"));
    chardev_destroy(r.dev);
    int file = open(r.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    cr_assert_not(open_spec(&r, r.spec));
    cr_assert_eq(access(r.path, F_OK), 0, "a file is not removed");
    close(file);
    must_open(&r, "null");
    stop(&r);
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

/* Somebody else may take the port meanwhile; then another one will do. */
static unsigned open_server(struct rig *r, const char *format)
{
    for (;;) {
        unsigned port = free_port();
        char spec[64];
        snprintf(spec, sizeof(spec), format, port);
        if (open_spec(r, spec))
            return port;
        cr_assert_not_null(strstr(r->error, strerror(EADDRINUSE)), "%s", r->error);
    }
}

static int connect_tcp(const char *address, unsigned port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((u16)port)};
    inet_pton(AF_INET, address, &a.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
        return fd;
    close(fd);
    return -1;
}

Test(host_chardev, tcp_server)
{
    struct rig r;
    start(&r);
    unsigned port = open_server(&r, "tcp::%u,server,nowait");
    cr_assert_eq(connect_tcp("127.0.0.2", port), -1, "only 127.0.0.1 is listened on");
    int fd = connect_tcp("127.0.0.1", port);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "typed", 5), 5);
    expect_in(&r, "typed");
    put(&r, "hello\n");
    expect_out(&r, fd, "hello\n");
    close(fd);
    stop(&r);
}

Test(host_chardev, tcp_server_on_a_given_address)
{
    struct rig r;
    start(&r);
    unsigned port = open_server(&r, "tcp:127.0.0.2:%u,server=on,wait=off,nodelay=on");
    int fd = connect_tcp("127.0.0.2", port);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "typed", 5), 5);
    expect_in(&r, "typed");
    close(fd);
    stop(&r);
}

Test(host_chardev, tcp_client_of_a_tcp_server)
{
    struct rig server, client;
    char spec[64];
    start(&server);
    start(&client);
    unsigned port = open_server(&server, "tcp:localhost:%u,server,nowait");
    snprintf(spec, sizeof(spec), "tcp:localhost:%u,nodelay", port);
    must_open(&client, spec);
    put(&client, "from the client\n");
    expect_in(&server, "from the client\n");
    put(&server, "from the server\n");
    expect_in(&client, "from the server\n");
    chardev_destroy(server.dev);
    while (!client.closed)
        host_loop_wait(client.loop, CLOCK_NEVER);
    put(&client, "dropped\n");
    must_open(&server, "null");
    stop(&client);
    stop(&server);
}

static void *connect_late(void *owner)
{
    const struct rig *r = owner;
    struct timespec ms = {0, 1000000};
    int fd;
    while ((fd = try_unix(r->path)) < 0)
        nanosleep(&ms, NULL);
    cr_assert_eq(write(fd, "x", 1), 1);
    return (void *)(intptr_t)fd;
}

Test(host_chardev, a_server_waits_for_its_first_client)
{
    struct rig r;
    pthread_t client;
    void *fd;
    start(&r);
    pthread_create(&client, NULL, connect_late, &r);
    must_open(&r, spec_of(&r, "unix:", ",server"));
    pthread_join(client, &fd);
    expect_in(&r, "x");
    close((int)(intptr_t)fd);
    stop(&r);
}

static void ignore(void *owner, int number, int sender)
{
}

Test(host_chardev, the_wait_for_a_client_can_be_ended)
{
    struct rig r;
    start(&r);
    struct host_signal *signals = host_signal_create(r.loop, ignore, NULL);
    cr_assert_not_null(signals);
    raise(SIGTERM);
    struct host_chardev_config c = {.loop = r.loop, .signals = signals, .label = "serial0"};
    r.dev = host_chardev_open(&c, spec_of(&r, "unix:", ",server"), r.error);
    cr_assert_null(r.dev);
    cr_assert(host_signal_requested(signals));
    host_signal_destroy(signals);
    stop(&r);
}

Test(host_chardev, what_cannot_be_opened_is_named)
{
    static const struct {
        const char *spec, *named, *why;
    } bad[] = {
        {"file:/nonexistent/x", "/nonexistent/x", "No such file"},
        {"file:/tmp", "/tmp", "directory"},
        {"file:", "file:", "not supported"},
        {"telnet:localhost:1", "telnet:localhost:1", "tcp:HOST:PORT"},
        {"bogus", "bogus", "stdio"},
        {"stdio,x", "stdio,x", "stdio"},
        {"", "", "stdio"},
        {"tcp:localhost", "localhost", "tcp:HOST:PORT"},
        {"tcp:localhost:", "localhost", "port"},
        {"tcp::http", "http", "port"},
        {"tcp::65536,server,nowait", "65536", "port"},
        {"tcp::4444,bogus", "bogus", "server"},
        {"tcp::4444,server=maybe", "server", "on or off"},
        {"tcp:no-such-host.invalid:1", "no-such-host.invalid:1", ""},
        {"tcp:256.256.256.256:1,server,nowait", "256.256.256.256", ""},
        {"unix:/nonexistent/s,server,nowait", "/nonexistent/s", "No such file"},
        {"unix:/nonexistent/s", "/nonexistent/s", "No such file"},
        {"unix:", "", "1 to 107"},
        {"unix:/tmp/0123456789012345678901234567890123456789012345678901234567890123456789"
         "0123456789012345678901234567890123456789",
         "/tmp/0123456789", "1 to 107"},
    };
    struct rig r;
    start(&r);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        memset(r.error, 0, sizeof(r.error));
        cr_assert_not(open_spec(&r, bad[i].spec), "%s", bad[i].spec);
        cr_assert_not_null(strstr(r.error, bad[i].named), "%s: %s", bad[i].spec, r.error);
        cr_assert_not_null(strstr(r.error, bad[i].why), "%s: %s", bad[i].spec, r.error);
        cr_assert_null(strchr(r.error, '\n'));
    }
    char spec[64];
    snprintf(spec, sizeof(spec), "tcp:127.0.0.1:%u", free_port());
    cr_assert_not(open_spec(&r, spec));
    cr_assert_not_null(strstr(r.error, spec + 4), "%s", r.error);
    cr_assert_not_null(strstr(r.error, "refused"), "%s", r.error);
    must_open(&r, "null");
    stop(&r);
}
