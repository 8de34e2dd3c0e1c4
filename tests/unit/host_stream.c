/*
 * Streams on real pipes and sockets: nothing lost, nothing out of order, nobody
 * waits for ever, whoever is slow. Times matter only as limits for a hang.
 */
#include "tests/unit/host_stream_rig.h"

TestSuite(host_stream, .timeout = 120);

Test(host_stream, ten_megabytes_through_a_pipe_into_a_uart)
{
    struct rig r;
    struct guest g;
    struct peer p;
    int fd[2];
    new_pipe(fd);
    start(&r, fd[0], -1, true);
    start_guest(&g, &r);
    run_peer(&p, write_pattern, fd[1], TEN_MB, false);
    while (g.got < TEN_MB) {
        if (!g.irq)
            pl011_idle(&g.uart);
        if (!g.irq)
            host_loop_wait(r.loop, NS_PER_SEC);
        if (g.irq)
            interrupt(&g);
    }
    pthread_join(p.thread, NULL);
    while (!r.ended)
        host_loop_wait(r.loop, NS_PER_SEC);
    cr_assert_eq(g.got, TEN_MB);
    pl011_destroy(&g.uart);
    stop(&r);
}

Test(host_stream, a_front_end_without_room_gets_nothing_until_it_asks)
{
    struct rig r;
    struct peer p;
    int fd[2];
    new_pipe(fd);
    start(&r, fd[0], -1, true);
    run_peer(&p, write_pattern, fd[1], MB, true);
    for (unsigned i = 0; i < 20; i++)
        host_loop_wait(r.loop, NS_PER_SEC / 1000);
    cr_assert_eq(r.got, 0);
    for (size_t step = 1; r.got < MB; step = step % 5000 + 1) {
        r.room = step;
        chardev_accept(&r.stream.dev);
        if (r.room)
            host_loop_wait(r.loop, NS_PER_SEC);
    }
    pthread_join(p.thread, NULL);
    stop(&r);
}

Test(host_stream, a_file_is_read_like_a_pipe)
{
    struct rig r;
    char name[] = "/tmp/mini-a64-test-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    u8 data[4096];
    for (size_t n = 0; n < MB; n += sizeof(data)) {
        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = pattern(n + i);
        cr_assert_eq(write(fd, data, sizeof(data)), (ssize_t)sizeof(data));
    }
    lseek(fd, 0, SEEK_SET);
    start(&r, fd, -1, true);
    r.room = 2 * MB;
    while (!r.ended)
        host_loop_wait(r.loop, CLOCK_NEVER);
    cr_assert_eq(r.got, MB);
    stop(&r);
}

static u64 cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (u64)t.tv_sec * NS_PER_SEC + (u64)t.tv_nsec;
}

Test(host_stream, end_of_input_is_heard_of_once_and_costs_nothing)
{
    struct rig r;
    int in[2], out[2];
    new_pipe(in);
    new_pipe(out);
    start(&r, in[0], out[1], true);
    r.room = 100;
    close(in[1]);
    while (!r.ended)
        host_loop_wait(r.loop, CLOCK_NEVER);
    u64 before = cpu_time();
    host_loop_wait(r.loop, NS_PER_SEC / 2);
    cr_assert_lt(cpu_time() - before, NS_PER_SEC / 4);
    cr_assert_eq(r.ended, 1);
    chardev_accept(&r.stream.dev);
    chardev_write_all(&r.stream.dev, "x\n", 2);
    char text[2];
    cr_assert_eq(read(out[0], text, 2), 2, "output goes on");
    stop(&r);
    close(out[0]);
}

static bool has_input(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

Test(host_stream, output_is_prompt)
{
    struct rig r;
    char text[8];
    int fd[2];
    new_pipe(fd);
    start(&r, -1, fd[1], true);
    chardev_write_all(&r.stream.dev, "line\n", 5);
    cr_assert(has_input(fd[0]), "a line at once");
    cr_assert_eq(read(fd[0], text, sizeof(text)), 5);
    chardev_write_all(&r.stream.dev, "$ ", 2);
    while (!has_input(fd[0])) /* and a prompt soon, with nothing after it */
        host_loop_wait(r.loop, NS_PER_SEC);
    cr_assert_eq(read(fd[0], text, sizeof(text)), 2);
    stop(&r);
    close(fd[0]);
}

/* What is in the FIFO when the reader is slow is not lost, and the guest sees it is busy. */
Test(host_stream, a_slow_reader_holds_the_uart_back)
{
    struct rig r;
    struct guest g;
    struct peer p;
    int fd[2];
    unsigned busy = 0;
    new_pipe(fd);
    start(&r, -1, fd[1], true);
    start_guest(&g, &r);
    for (size_t n = 0; n < MB;) {
        if (pl011_ops.read(&g.uart, FR, 4) & FR_TXFF) {
            if (!busy++)
                run_peer(&p, read_pattern, fd[0], 0, true);
            host_loop_wait(r.loop, CLOCK_NEVER);
        } else {
            pl011_ops.write(&g.uart, DR, 1, pattern(n++));
        }
    }
    cr_assert_gt(busy, 0);
    pl011_destroy(&g.uart);
    stop(&r);
    pthread_join(p.thread, NULL);
    cr_assert_geq(p.done, MB - 16, "what the FIFO still held went with the UART");
}

Test(host_stream, a_front_end_that_cannot_wait_is_buffered)
{
    struct rig r;
    struct peer p;
    int fd[2];
    new_pipe(fd);
    start(&r, -1, fd[1], true);
    for (size_t n = 0; n < TEN_MB; n++) {
        u8 byte = pattern(n);
        chardev_write_all(&r.stream.dev, &byte, 1);
    }
    run_peer(&p, read_pattern, fd[0], 0, false);
    stop(&r); /* delivers it */
    pthread_join(p.thread, NULL);
    cr_assert_eq(p.done, TEN_MB);
}

Test(host_stream, a_reader_that_went_away)
{
    struct rig r;
    int fd[2];
    new_pipe(fd);
    start(&r, -1, fd[1], true);
    close(fd[0]);
    for (unsigned i = 0; i < 1000; i++)
        cr_assert_eq(chardev_write(&r.stream.dev, "lost\n", 5), 5);
    cr_assert_eq(r.failures, 1);
    stop(&r);
}

/* Fill the socket and the buffer; returns how many bytes of the pattern were taken. */
static size_t fill(struct rig *r)
{
    size_t n = 0;
    for (;;) {
        u8 byte = pattern(n);
        if (!chardev_write(&r->stream.dev, &byte, 1))
            return n;
        n++;
    }
}

Test(host_stream, a_peer_that_does_not_read_holds_nobody_for_ever)
{
    struct rig r;
    int fd[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    start(&r, fd[0], fd[0], false);
    size_t taken = fill(&r);
    cr_assert_eq(r.writables, 0);
    while (!r.writables)
        host_loop_wait(r.loop, CLOCK_NEVER);
    for (unsigned i = 0; i < 100000; i++)
        cr_assert_eq(chardev_write(&r.stream.dev, "dropped\n", 8), 8);
    /* When it reads again it finds what was kept, and then what is new. */
    u8 byte;
    for (size_t i = 0; i < taken; i++) {
        while (recv(fd[1], &byte, 1, MSG_DONTWAIT) != 1)
            host_loop_wait(r.loop, NS_PER_SEC);
        cr_assert_eq(byte, pattern(i));
    }
    cr_assert_eq(recv(fd[1], &byte, 1, MSG_DONTWAIT), -1);
    chardev_write_all(&r.stream.dev, "N\n", 2);
    cr_assert_eq(recv(fd[1], &byte, 1, 0), 1);
    cr_assert_eq(byte, 'N');
    stop(&r);
    close(fd[1]);
}

Test(host_stream, a_peer_that_never_reads_does_not_hold_up_the_end)
{
    struct rig r;
    int fd[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    start(&r, fd[0], fd[0], false);
    fill(&r);
    stop(&r);
    close(fd[1]);
}

Test(host_stream, a_peer_that_left_is_noticed_by_a_front_end_without_room)
{
    struct rig r;
    int fd[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    start(&r, fd[0], fd[0], false);
    u8 byte = pattern(0);
    cr_assert_eq(write(fd[1], &byte, 1), 1);
    close(fd[1]);
    host_loop_wait(r.loop, NS_PER_SEC / 100);
    cr_assert_eq(r.ended, 0, "its last byte waits");
    r.room = 100;
    chardev_accept(&r.stream.dev);
    cr_assert_eq(r.got, 1);
    cr_assert_eq(r.ended, 1);
    stop(&r);
}

Test(host_stream, a_peer_that_left_without_a_word_is_noticed_too)
{
    struct rig r;
    int fd[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    start(&r, fd[0], fd[0], false);
    close(fd[1]);
    while (!r.ended)
        host_loop_wait(r.loop, CLOCK_NEVER);
    stop(&r);
}

/* Both directions at once over one descriptor, the peer being an echo. */
static void *echo(void *owner)
{
    struct peer *p = owner;
    u8 data[3000];
    ssize_t n;
    while (p->done < p->len && (n = read(p->fd, data, sizeof(data))) > 0) {
        for (ssize_t i = 0; i < n;) {
            ssize_t written = write(p->fd, data + i, (size_t)(n - i));
            if (written <= 0)
                return NULL;
            i += written;
        }
        p->done += (size_t)n;
        pause_now_and_then(p);
    }
    return NULL;
}

Test(host_stream, both_directions_of_one_socket)
{
    struct rig r;
    struct peer p;
    int fd[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    start(&r, fd[0], fd[0], true);
    run_peer(&p, echo, fd[1], MB, true);
    for (size_t sent = 0; r.got < MB;) {
        u8 data[100];
        size_t n = MB - sent < sizeof(data) ? MB - sent : sizeof(data);
        for (size_t i = 0; i < n; i++)
            data[i] = pattern(sent + i);
        size_t taken = n ? chardev_write(&r.stream.dev, data, n) : 0;
        sent += taken;
        r.room = 1000;
        chardev_accept(&r.stream.dev);
        if (!taken)
            host_loop_wait(r.loop, NS_PER_SEC / 1000);
    }
    pthread_join(p.thread, NULL);
    stop(&r);
    close(fd[1]);
}
