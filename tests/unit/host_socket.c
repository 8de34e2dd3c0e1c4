/*
 * TCP and Unix sockets as back ends: servers, clients, and how they come and go.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/un.h>
#include <time.h>

#include "chardev_rig.h"

TestSuite(host_socket, .timeout = 60);

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

Test(host_socket, unix_server)
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
Test(host_socket, the_last_words_of_a_client)
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

Test(host_socket, a_stale_socket_is_replaced_and_nothing_else)
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

Test(host_socket, tcp_server)
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

Test(host_socket, tcp_server_on_a_given_address)
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

Test(host_socket, tcp_client_of_a_tcp_server)
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

Test(host_socket, a_server_waits_for_its_first_client)
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

Test(host_socket, the_wait_for_a_client_can_be_ended)
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
