/*
 * Standard input and output as a back end: a terminal made raw and restored in
 * every way a process can end or stop, and pipes, files and nothing in its place.
 */
#include <sched.h>

#include "tty_rig.h"

TestSuite(host_tty, .timeout = 60);

static void end_session(struct session *s)
{
    type(s, "q", 1);
    int status = wait_for(s);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    expect_restored(s);
}

Test(host_tty, raw_while_running_and_restored_after)
{
    struct session s = {0};
    start_session(&s, false);
    expect_raw(&s);
    end_session(&s);
}

Test(host_tty, every_key_is_input)
{
    struct session s = {0};
    start_session(&s, false);
    for (unsigned key = 0; key < 256; key++) {
        char byte = (char)key, hex[3];
        if (strchr("qethg", byte) && byte)
            continue;
        type(&s, &byte, 1);
        snprintf(hex, sizeof(hex), "%02x", key);
        expect(s.master, hex);
    }
    end_session(&s);
}

Test(host_tty, with_signals_kept_ctrl_c_asks_to_end)
{
    struct session s = {0};
    start_session(&s, true);
    expect_raw(&s);
    type(&s, "\003", 1);
    expect(s.master, "SIGNAL 2\r\n");
    int status = wait_for(&s);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    expect_restored(&s);
}

Test(host_tty, a_request_to_end_is_a_call_and_the_terminal_is_restored)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        struct session s = {0};
        char text[32];
        start_session(&s, false);
        kill(s.pid, numbers[i]);
        snprintf(text, sizeof(text), "SIGNAL %d\r\n", numbers[i]);
        expect(s.master, text);
        int status = wait_for(&s);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        expect_restored(&s);
    }
}

static void check_deadly(int number)
{
    struct session s = {0};
    start_session(&s, false);
    expect_raw(&s);
    kill(s.pid, number);
    int status = wait_for(&s);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == number, "status 0x%x", status);
    expect_restored(&s);
}

#define DEADLY(number)                                                                             \
    Test(host_tty, restored_before_##number##_kills)                                               \
    {                                                                                              \
        check_deadly(number);                                                                      \
    }

DEADLY(SIGQUIT)
DEADLY(SIGSEGV)
DEADLY(SIGBUS)
DEADLY(SIGABRT)
DEADLY(SIGFPE)
DEADLY(SIGILL)

Test(host_tty, restored_after_a_real_fault)
{
    struct session s = {0};
    start_session(&s, false);
    type(&s, "t", 1);
    int status = wait_for(&s);
    cr_assert(WIFSIGNALED(status), "status 0x%x", status);
    expect_restored(&s);
}

Test(host_tty, restored_by_exit)
{
    struct session s = {0};
    start_session(&s, false);
    type(&s, "e", 1);
    cr_assert(WIFEXITED(wait_for(&s)));
    expect_restored(&s);
}

Test(host_tty, a_second_request_ends_a_process_that_hangs)
{
    struct session s = {0};
    start_session(&s, false);
    type(&s, "h", 1);
    expect(s.master, "HANGING\r\n");
    kill(s.pid, SIGTERM);
    /* Two signals that are pending at once are one: wait until the first has been handled. */
    struct pollfd p = {.fd = s.report, .events = POLLIN};
    while (poll(&p, 1, 1) == 0)
        kill(s.pid, SIGTERM);
    int status = wait_for(&s);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    expect_restored(&s);
}

Test(host_tty, restored_while_stopped)
{
    struct session s = {0};
    start_session(&s, true);
    for (unsigned i = 0; i < 3; i++) {
        type(&s, "\032", 1); /* Ctrl-z */
        int status = wait_for(&s);
        cr_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
        expect_restored(&s);
        kill(s.pid, SIGCONT);
        type(&s, "\xaa", 1);
        expect(s.master, "aa"); /* it runs again */
        expect_raw(&s);
    }
    end_session(&s);
}

Test(host_tty, in_the_background_the_terminal_is_left_alone)
{
    struct session s = {.to_background = true};
    start_session(&s, true);
    type(&s, "\032", 1);
    wait_for(&s);
    expect_restored(&s);
    s.before.c_cc[VINTR] = 'x'; /* what the shell wants while it reads a line */
    cr_assert_eq(tcsetattr(s.master, TCSANOW, &s.before), 0);
    kill(s.pid, SIGCONT);
    kill(s.pid, SIGTERM);
    int status = wait_for(&s);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it is not stopped: 0x%x", status);
    expect_restored(&s);
}

Test(host_tty, restored_even_by_a_process_that_lost_the_foreground)
{
    struct session s = {0};
    start_session(&s, true);
    type(&s, "g", 1);
    while (tcgetpgrp(s.master) == s.pid)
        sched_yield();
    expect_raw(&s);
    kill(s.pid, SIGTERM);
    int status = wait_for(&s);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it is not stopped: 0x%x", status);
    expect_restored(&s);
}

/* Start the service on FDs IN and OUT; -1: closed. */
static pid_t start_on(int in, int out, bool nohup)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (in < 0)
            close(STDIN_FILENO);
        else
            dup2(in, STDIN_FILENO);
        if (out < 0)
            close(STDOUT_FILENO);
        else
            dup2(out, STDOUT_FILENO);
        if (!host_tty_reserve())
            _exit(98);
        serve(true, nohup);
    }
    return pid;
}

static void expect_end(pid_t pid)
{
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status 0x%x", status);
}

Test(host_tty, pipes_in_its_place)
{
    int in[2], out[2];
    cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = start_on(in[0], out[1], false);
    expect(out[0], "READY\n");
    cr_assert_eq(write(in[1], "ab", 2), 2);
    expect(out[0], "6162");
    cr_assert_eq(fcntl(in[0], F_GETFL) & O_NONBLOCK, 0, "the shell's description, too");
    cr_assert_eq(fcntl(out[1], F_GETFL) & O_NONBLOCK, 0);
    close(in[1]);
    expect(out[0], "EOF\n"); /* and does not end */
    kill(pid, SIGTERM);
    expect(out[0], "SIGNAL 15\n");
    expect_end(pid);
    cr_assert_eq(fcntl(in[0], F_GETFL) & O_NONBLOCK, 0);
    cr_assert_eq(fcntl(out[1], F_GETFL) & O_NONBLOCK, 0);
}

Test(host_tty, the_terminals_description_keeps_its_flags)
{
    struct session s = {0};
    start_session(&s, false);
    cr_assert_eq(fcntl(s.slave, F_GETFL) & O_NONBLOCK, 0);
    end_session(&s);
    cr_assert_eq(fcntl(s.slave, F_GETFL) & O_NONBLOCK, 0);
}

Test(host_tty, sockets_in_its_place)
{
    int fd[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    pid_t pid = start_on(fd[0], fd[0], false);
    close(fd[0]);
    expect(fd[1], "READY\n");
    cr_assert_eq(write(fd[1], "aq", 2), 2);
    expect(fd[1], "61");
    expect_end(pid);
}

Test(host_tty, a_file_and_nothing_in_its_place)
{
    static const int none[] = {-1, -2};
    for (unsigned i = 0; i < ARRAY_LEN(none); i++) {
        int out[2], in = none[i] == -2 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
        cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
        pid_t pid = start_on(in, out[1], false);
        expect(out[0], "EOF\nREADY\n");
        kill(pid, SIGTERM);
        expect_end(pid);
    }
    char name[] = "/tmp/mini-a64-test-XXXXXX";
    int file = mkstemp(name), out[2];
    unlink(name);
    cr_assert_eq(write(file, "xyzq", 4), 4);
    lseek(file, 0, SEEK_SET);
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = start_on(file, out[1], false);
    expect(out[0], "78797a");
    expect_end(pid);
}

Test(host_tty, without_stdout_it_still_listens)
{
    int in[2];
    cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
    pid_t pid = start_on(in[0], -1, false);
    cr_assert_eq(write(in[1], "abcq", 4), 4);
    expect_end(pid);
}

Test(host_tty, a_reader_that_left_does_not_stop_the_input)
{
    int in[2], out[2];
    cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = start_on(in[0], out[1], false);
    expect(out[0], "READY\n");
    close(out[0]);
    close(out[1]);
    for (unsigned i = 0; i < 100; i++)
        cr_assert_eq(write(in[1], "0123456789", 10), 10);
    cr_assert_eq(write(in[1], "q", 1), 1);
    expect_end(pid);
}

Test(host_tty, nohup_is_respected)
{
    int in[2], out[2];
    cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = start_on(in[0], out[1], true);
    expect(out[0], "READY\n");
    kill(pid, SIGHUP);
    cr_assert_eq(write(in[1], "aq", 2), 2);
    expect(out[0], "61");
    expect_end(pid);
}
