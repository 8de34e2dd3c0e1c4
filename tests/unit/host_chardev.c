/*
 * Back ends by name: null, files and ptys used in both directions; and every way
 * to name one wrongly answered with one line that says what is wrong.
 */
#include <fcntl.h>
#include <termios.h>
#include <time.h>

#include "chardev_rig.h"

TestSuite(host_chardev, .timeout = 60);

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
