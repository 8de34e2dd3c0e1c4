/*
 * The reactor with real pipes and threads. Nothing here depends on how long
 * things take, only on their happening; a hang is ended by the test's time-out.
 */
#include "tests/unit/host_loop_rig.h"

TestSuite(host_loop, .timeout = 60);

Test(host_loop, dispatch_calls_what_is_ready_and_never_waits)
{
    struct board b;
    struct reader r;
    start(&b);
    open_reader(&r, &b, HOST_IN);
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.calls, 0);
    put(&r, "abc");
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.calls, 1);
    cr_assert_eq(r.ready, HOST_IN);
    cr_assert_eq(r.bytes, 3);
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.calls, 1);
    close_reader(&r);
    host_loop_destroy(b.loop);
}

Test(host_loop, the_helper_wakes_an_executing_guest_once_per_dispatch)
{
    struct board b;
    struct reader r;
    start(&b);
    open_reader(&r, &b, HOST_IN);
    put(&r, "a");
    execute(&b);
    put(&r, "b");
    sleep_ms(20);
    cr_assert_eq(atomic_load(&b.wakes), 1, "it waits until the machine's thread has dispatched");
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.bytes, 2);
    put(&r, "c");
    execute(&b);
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.bytes, 3);
    close_reader(&r);
    host_loop_destroy(b.loop);
}

Test(host_loop, what_is_not_consumed_is_reported_again)
{
    struct board b;
    struct reader r;
    start(&b);
    open_reader(&r, &b, HOST_IN);
    r.chunk = 1;
    put(&r, "abc");
    for (unsigned i = 1; i <= 3; i++) {
        execute(&b);
        host_loop_dispatch(b.loop);
        cr_assert_eq(r.bytes, i);
    }
    close_reader(&r);
    host_loop_destroy(b.loop);
}

Test(host_loop, an_edge_is_reported_once)
{
    struct board b;
    struct reader r;
    start(&b);
    open_reader(&r, &b, HOST_IN | HOST_EDGE);
    r.chunk = 0;
    put(&r, "a");
    execute(&b); /* the helper's look must not use the edge up */
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.calls, 1);
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.calls, 1);
    host_loop_modify(b.loop, r.fd[0], HOST_IN | HOST_EDGE);
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.calls, 2, "a modified watch starts anew");
    put(&r, "b");
    host_loop_wait(b.loop, CLOCK_NEVER);
    cr_assert_eq(r.calls, 3);
    close_reader(&r);
    host_loop_destroy(b.loop);
}

Test(host_loop, events_can_be_changed)
{
    struct board b;
    struct reader r;
    start(&b);
    open_reader(&r, &b, 0);
    put(&r, "a");
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.calls, 0);
    host_loop_modify(b.loop, r.fd[0], HOST_IN);
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.calls, 1);
    close(r.fd[1]);
    host_loop_dispatch(b.loop);
    cr_assert_eq(r.ready & HOST_HANGUP, HOST_HANGUP);
    cr_assert(r.ended);
    close(r.fd[0]);
    host_loop_destroy(b.loop);
}

static void count(void *owner, unsigned ready)
{
    ++*(unsigned *)owner;
    cr_assert_eq(ready, HOST_OUT);
}

Test(host_loop, room_to_write)
{
    struct board b;
    char page[4096] = {0};
    int fd[2];
    unsigned calls = 0;
    start(&b);
    cr_assert_eq(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(fd[1], page, sizeof(page)) > 0)
        continue;
    cr_assert(host_loop_watch(b.loop, fd[1], HOST_OUT, count, &calls));
    host_loop_dispatch(b.loop);
    cr_assert_eq(calls, 0);
    cr_assert_eq(read(fd[0], page, sizeof(page)), (ssize_t)sizeof(page));
    execute(&b);
    host_loop_dispatch(b.loop);
    cr_assert_eq(calls, 1);
    host_loop_unwatch(b.loop, fd[1]);
    close(fd[0]);
    close(fd[1]);
    host_loop_destroy(b.loop);
}

struct pair {
    struct reader *me, *other;
};

static void never(void *owner, unsigned ready)
{
    cr_assert(false, "there is nothing to read");
}

static void drop_other(void *owner, unsigned ready)
{
    struct pair *p = owner;
    p->me->calls++;
    host_loop_unwatch(p->me->board->loop, p->other->fd[0]);
}

Test(host_loop, a_dropped_watch_is_silent_even_when_it_was_ready)
{
    struct board b;
    struct reader r[2];
    struct pair pair[2] = {{&r[0], &r[1]}, {&r[1], &r[0]}};
    start(&b);
    for (unsigned i = 0; i < 2; i++) {
        open_reader(&r[i], &b, HOST_IN);
        host_loop_unwatch(b.loop, r[i].fd[0]);
    }
    for (unsigned i = 0; i < 2; i++)
        cr_assert(host_loop_watch(b.loop, r[i].fd[0], HOST_IN, drop_other, &pair[i]));
    put(&r[0], "a");
    put(&r[1], "b");
    host_loop_dispatch(b.loop);
    cr_assert_eq(r[0].calls + r[1].calls, 1);
    close_reader(&r[0]);
    close_reader(&r[1]);
    host_loop_destroy(b.loop);
}

static void replace_other(void *owner, unsigned ready)
{
    struct pair *p = owner;
    struct host_loop *l = p->me->board->loop;
    p->me->calls++;
    host_loop_unwatch(l, p->me->fd[0]);
    host_loop_unwatch(l, p->other->fd[0]);
    /* In the slots of these two, and with nothing to read. */
    cr_assert(host_loop_watch(l, p->me->board->spare[0], HOST_IN, never, NULL));
    cr_assert(host_loop_watch(l, p->me->board->spare[1], HOST_IN, never, NULL));
}

Test(host_loop, a_new_watch_does_not_inherit_an_event)
{
    struct board b;
    struct reader r[2];
    struct pair pair[2] = {{&r[0], &r[1]}, {&r[1], &r[0]}};
    int spare[2][2];
    start(&b);
    for (unsigned i = 0; i < 2; i++) {
        open_reader(&r[i], &b, HOST_IN);
        host_loop_unwatch(b.loop, r[i].fd[0]);
        cr_assert_eq(pipe2(spare[i], O_CLOEXEC), 0);
        b.spare[i] = spare[i][0];
    }
    for (unsigned i = 0; i < 2; i++)
        cr_assert(host_loop_watch(b.loop, r[i].fd[0], HOST_IN, replace_other, &pair[i]));
    put(&r[0], "a");
    put(&r[1], "b");
    host_loop_dispatch(b.loop);
    cr_assert_eq(r[0].calls + r[1].calls, 1);
    host_loop_destroy(b.loop);
    for (unsigned i = 0; i < 2; i++) {
        close(r[i].fd[0]);
        close(r[i].fd[1]);
        close(spare[i][0]);
        close(spare[i][1]);
    }
}

Test(host_loop, what_is_always_ready_is_refused)
{
    struct board b;
    char name[] = "/tmp/mini-a64-test-XXXXXX";
    start(&b);
    int file = mkstemp(name), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    unlink(name);
    errno = 0;
    cr_assert_not(host_loop_watch(b.loop, file, HOST_IN, on_ready, NULL));
    cr_assert_eq(errno, EPERM);
    errno = 0;
    cr_assert_not(host_loop_watch(b.loop, null, HOST_IN, on_ready, NULL));
    cr_assert_eq(errno, EPERM);
    close(file);
    close(null);
    host_loop_destroy(b.loop);
}

Test(host_loop, wait_lasts_as_long_as_it_is_told)
{
    struct board b;
    start(&b);
    static const u64 timeouts[] = {0, 1, 1000, 123456, 3 * MS, 20 * MS};
    for (unsigned i = 0; i < ARRAY_LEN(timeouts); i++) {
        u64 began = now(CLOCK_MONOTONIC);
        host_loop_wait(b.loop, timeouts[i]);
        cr_assert_geq(now(CLOCK_MONOTONIC) - began, timeouts[i]);
    }
    host_loop_destroy(b.loop);
}

Test(host_loop, waiting_costs_no_cpu_time)
{
    struct board b;
    struct reader r;
    start(&b);
    open_reader(&r, &b, HOST_IN | HOST_EDGE);
    r.chunk = 0;
    put(&r, "an edge that nobody consumes");
    host_loop_dispatch(b.loop);
    u64 began = now(CLOCK_PROCESS_CPUTIME_ID);
    host_loop_wait(b.loop, 500 * MS);
    sleep_ms(500); /* and the helper does not spin while the guest executes */
    cr_assert_lt(now(CLOCK_PROCESS_CPUTIME_ID) - began, 500 * MS);
    close_reader(&r);
    host_loop_destroy(b.loop);
}

static void *kick_after_silence(void *owner)
{
    struct board *b = owner;
    sleep_ms(500);
    host_loop_kick(b->loop);
    return NULL;
}

Test(host_loop, listening_hears_a_conversation_and_sleeps_in_silence)
{
    struct board b;
    struct reader r;
    pthread_t kicker;
    start(&b);
    open_reader(&r, &b, HOST_IN);
    r.chunk = 1;
    put(&r, "as much as can be said without a pause"); /* each byte is soon */
    for (unsigned i = 1; i <= 38; i++) {
        host_loop_listen(b.loop);
        cr_assert_eq(r.bytes, i);
    }
    u64 began = now(CLOCK_PROCESS_CPUTIME_ID), since = now(CLOCK_MONOTONIC);
    pthread_create(&kicker, NULL, kick_after_silence, &b);
    host_loop_listen(b.loop);
    cr_assert_geq(now(CLOCK_MONOTONIC) - since, 500 * MS);
    cr_assert_lt(now(CLOCK_PROCESS_CPUTIME_ID) - began, 250 * MS);
    pthread_join(kicker, NULL);
    put(&r, "and more");
    host_loop_listen(b.loop);
    cr_assert_eq(r.bytes, 39);
    close_reader(&r);
    host_loop_destroy(b.loop);
}

Test(host_loop, who_attends_is_not_woken)
{
    struct board b;
    struct reader r;
    start(&b);
    open_reader(&r, &b, HOST_IN);
    host_loop_attend(b.loop, true);
    for (unsigned i = 1; i <= 100; i++) {
        put(&r, "x");
        while (r.bytes < i)
            host_loop_dispatch(b.loop);
        sched_yield();
    }
    cr_assert_leq(atomic_load(&b.wakes), 1);
    put(&r, "what nobody has heard when the guest executes again");
    atomic_store(&b.stop_guest, false);
    host_loop_attend(b.loop, false);
    execute(&b);
    close_reader(&r);
    host_loop_destroy(b.loop);
}

Test(host_loop, a_kick_before_the_wait_ends_it)
{
    struct board b;
    start(&b);
    host_loop_kick(b.loop);
    host_loop_kick(b.loop);
    host_loop_wait(b.loop, CLOCK_NEVER);
    /* And is used up. */
    u64 began = now(CLOCK_MONOTONIC);
    host_loop_wait(b.loop, 5 * MS);
    cr_assert_geq(now(CLOCK_MONOTONIC) - began, 5 * MS);
    host_loop_destroy(b.loop);
}

static void *kick_later(void *owner)
{
    struct board *b = owner;
    sleep_ms(10);
    atomic_store(&b->kicked, true);
    host_loop_kick(b->loop);
    return NULL;
}

Test(host_loop, a_kick_from_another_thread)
{
    struct board b;
    pthread_t kicker;
    start(&b);
    pthread_create(&kicker, NULL, kick_later, &b);
    host_loop_wait(b.loop, CLOCK_NEVER);
    pthread_join(kicker, NULL);
    /* It also reaches an executing guest; one may have been woken for the first kick. */
    atomic_store(&b.kicked, false);
    pthread_create(&kicker, NULL, kick_later, &b);
    do {
        execute(&b);
        host_loop_dispatch(b.loop);
    } while (!atomic_load(&b.kicked));
    pthread_join(kicker, NULL);
    host_loop_destroy(b.loop);
}

static struct host_loop *to_kick;

static void on_signal(int number)
{
    host_loop_kick(to_kick);
}

Test(host_loop, a_kick_from_a_signal_handler)
{
    struct board b;
    start(&b);
    to_kick = b.loop;
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    host_loop_wait(b.loop, CLOCK_NEVER);
    host_loop_destroy(b.loop);
}

static void ring(void *owner)
{
    ++*(unsigned *)owner;
}

Test(host_loop, alarms_of_its_clock)
{
    struct board b;
    unsigned rings = 0;
    struct alarm soon = {.fire = ring, .owner = &rings}, late = soon;
    start(&b);
    struct clock *k = host_loop_clock(b.loop);
    clock_set_alarm(k, &late, clock_now(k) + 20 * MS);
    clock_set_alarm(k, &soon, clock_now(k) + 2 * MS);
    u64 began = now(CLOCK_MONOTONIC);
    while (rings < 2)
        host_loop_wait(b.loop, CLOCK_NEVER);
    cr_assert_geq(now(CLOCK_MONOTONIC) - began, 19 * MS);
    clock_set_alarm(k, &soon, clock_now(k) + 2 * MS);
    while (rings < 3) { /* an alarm makes the guest stop */
        execute(&b);
        host_loop_dispatch(b.loop);
    }
    /* One that is set anew for later is not forgotten when the timer comes early. */
    clock_set_alarm(k, &soon, clock_now(k) + 2 * MS);
    clock_set_alarm(k, &soon, clock_now(k) + 10 * MS);
    while (rings < 4)
        host_loop_wait(b.loop, CLOCK_NEVER);
    clock_set_alarm(k, &soon, 0);
    while (rings < 5)
        host_loop_wait(b.loop, CLOCK_NEVER);
    host_loop_destroy(b.loop);
}

enum { WRITERS = 3, MESSAGES = 20000 };

static void *write_messages(void *owner)
{
    const struct reader *r = owner;
    unsigned x = (unsigned)r->fd[1];
    for (unsigned i = 0; i < MESSAGES;) {
        if (write(r->fd[1], "m", 1) == 1)
            i++;
        else
            sched_yield();
        x = x * 1103515245 + 12345;
        if (x >> 24 == 0)
            sleep_ms(1);
    }
    close(r->fd[1]);
    return NULL;
}

/* Writers, a machine that executes, waits and listens by turns, and no wake-up may be lost. */
Test(host_loop, no_wake_up_is_lost)
{
    struct board b;
    struct reader r[WRITERS];
    pthread_t writer[WRITERS];
    start(&b);
    for (unsigned i = 0; i < WRITERS; i++)
        open_reader(&r[i], &b, i ? HOST_IN : HOST_IN | HOST_EDGE);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_create(&writer[i], NULL, write_messages, &r[i]);
    unsigned turn = 0;
    while (!(r[0].ended && r[1].ended && r[2].ended)) {
        if (turn++ & 1) {
            execute(&b);
            host_loop_dispatch(b.loop);
        } else {
            host_loop_attend(b.loop, turn & 2);
            if (turn & 2)
                host_loop_listen(b.loop);
            else
                host_loop_wait(b.loop, CLOCK_NEVER);
            host_loop_attend(b.loop, false);
            /* A wake that crossed with this wait would be one for nothing: allowed. */
            host_loop_kick(b.loop);
        }
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(writer[i], NULL);
        cr_assert_eq(r[i].bytes, MESSAGES);
        close(r[i].fd[0]);
    }
    host_loop_destroy(b.loop);
}

Test(host_loop, many_loops_come_and_go)
{
    for (unsigned i = 0; i < 200; i++) {
        struct board b;
        struct reader r;
        start(&b);
        open_reader(&r, &b, HOST_IN);
        put(&r, "x");
        if (i & 1)
            host_loop_wait(b.loop, CLOCK_NEVER);
        host_loop_destroy(b.loop);
        close(r.fd[0]);
        close(r.fd[1]);
    }
}
