/*
 * A process with the back end `stdio`, watched from outside: on a terminal of its
 * own (a pty, of which the test holds the other end), or on whatever the test
 * puts in the place of stdin and stdout.
 *
 * The process answers each byte it receives with two hexadecimal digits, except
 * for the commands in `enum command`.
 */
#ifndef TESTS_TTY_RIG_H
#define TESTS_TTY_RIG_H

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "devices/host_tty.h"

enum command {
    QUIT = 'q', /* destroy everything and end with status 0 */
    EXIT = 'e', /* call exit() without destroying anything */
    TRAP = 't', /* a real fault */
    HANG = 'h', /* stop dispatching */
    GIVE = 'g', /* give the terminal to the shell */
};

struct session {
    int master, slave;
    struct termios before;
    pid_t pid;  /* of the service */
    int report; /* tells how it ends */
    bool keep_signals;
    bool to_background; /* the shell takes the terminal back when the service stops */
};

struct service {
    struct host_loop *loop;
    struct host_signal *signals;
    struct chardev *tty;
    bool done, give;
};

static inline size_t service_room(void *owner)
{
    return 64;
}

static inline void service_command(struct service *s, u8 byte)
{
    char hex[3];
    switch (byte) {
    case QUIT:
        s->done = true;
        break;
    case EXIT:
        exit(0);
    case TRAP:
        __builtin_trap();
    case HANG:
        chardev_write_all(s->tty, "HANGING\n", 8);
        for (;;)
            pause();
    case GIVE:
        s->give = true; /* not yet: reading in the background would stop us */
        break;
    default:
        snprintf(hex, sizeof(hex), "%02x", byte);
        chardev_write_all(s->tty, hex, 2);
    }
}

static inline void service_receive(void *owner, const u8 *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        service_command(owner, data[i]);
}

static inline void service_event(void *owner, enum chardev_event event)
{
    struct service *s = owner;
    if (event == CHARDEV_CLOSED)
        chardev_write_all(s->tty, "EOF\n", 4);
}

static inline void service_terminate(void *owner, int signal, int sender)
{
    struct service *s = owner;
    char text[32];
    int len = snprintf(text, sizeof(text), "SIGNAL %d\n", signal);
    chardev_write_all(s->tty, text, (size_t)len);
    s->done = true;
}

/* Nothing of the test's own handlers: what a shell gives its children. */
static inline void default_signals(bool nohup)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP,  SIGQUIT, SIGSEGV, SIGBUS,  SIGABRT,
                                  SIGFPE,  SIGILL, SIGTSTP, SIGCONT, SIGTTOU, SIGTTIN, SIGPIPE};
    static const struct rlimit no_core = {0, 0};
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++)
        signal(numbers[i], numbers[i] == SIGHUP && nohup ? SIG_IGN : SIG_DFL);
    setrlimit(RLIMIT_CORE, &no_core);
}

static inline void serve(bool keep_signals, bool nohup)
{
    static const struct chardev_client client = {
        .room = service_room, .receive = service_receive, .event = service_event};
    struct service s = {0};
    /* Without the test's ends of pipes and terminals, and not without the test. */
    close_range(STDERR_FILENO + 1, ~0u, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    default_signals(nohup);
    s.loop = host_loop_create(NULL, NULL);
    s.signals = host_signal_create(s.loop, service_terminate, &s);
    s.tty = host_tty_open(s.loop, s.signals, keep_signals);
    if (!s.tty)
        _exit(99);
    chardev_connect(s.tty, &client, &s);
    chardev_accept(s.tty);
    chardev_write_all(s.tty, "READY\n", 6);
    while (!s.done) {
        host_loop_wait(s.loop, CLOCK_NEVER);
        if (s.give)
            tcsetpgrp(STDIN_FILENO, getpgid(getppid()));
        s.give = false;
    }
    chardev_destroy(s.tty);
    host_signal_destroy(s.signals);
    host_loop_destroy(s.loop);
    _exit(0);
}

/* Read from FD until TEXT has come; the test's time-out ends a wait in vain. */
static inline void expect(int fd, const char *text)
{
    char got[4096] = "";
    size_t len = 0;
    while (!strstr(got, text)) {
        cr_assert_lt(len, sizeof(got) - 1);
        ssize_t n = read(fd, got + len, 1);
        cr_assert_eq(n, 1, "waiting for '%s' after '%s'", text, got);
        got[++len] = '\0';
    }
}

/*
 * What a shell is to its job: leads a session on the terminal, runs the service in
 * the foreground, and reports its pid and then how it stops and ends.
 */
static inline void lead_session(const struct session *s, int report)
{
    int status;
    setsid();
    ioctl(s->slave, TIOCSCTTY, 0);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        tcsetpgrp(s->slave, getpgrp());
        dup2(s->slave, STDIN_FILENO);
        dup2(s->slave, STDOUT_FILENO);
        serve(s->keep_signals, false);
    }
    ssize_t written = write(report, &pid, sizeof(pid));
    while (written > 0 && waitpid(pid, &status, WUNTRACED) == pid) {
        if (WIFSTOPPED(status) && s->to_background)
            tcsetpgrp(s->slave, getpgrp());
        written = write(report, &status, sizeof(status));
        if (!WIFSTOPPED(status))
            break;
    }
    _exit(0);
}

static inline void start_session(struct session *s, bool keep_signals)
{
    int report[2];
    s->keep_signals = keep_signals;
    cr_assert_eq(openpty(&s->master, &s->slave, NULL, NULL, NULL), 0);
    cr_assert_eq(tcgetattr(s->slave, &s->before), 0);
    cr_assert_eq(s->before.c_lflag & (ICANON | ECHO | ISIG), (ICANON | ECHO | ISIG));
    cr_assert_eq(pipe2(report, O_CLOEXEC), 0);
    fflush(NULL);
    if (fork() == 0)
        lead_session(s, report[1]);
    close(report[1]);
    s->report = report[0];
    cr_assert_eq(read(s->report, &s->pid, sizeof(s->pid)), (ssize_t)sizeof(s->pid));
    expect(s->master, "READY\r\n");
}

static inline struct termios terminal_now(const struct session *s)
{
    struct termios t;
    cr_assert_eq(tcgetattr(s->master, &t), 0);
    return t;
}

static inline void expect_raw(const struct session *s)
{
    struct termios t = terminal_now(s);
    cr_assert_eq(t.c_lflag & (ICANON | ECHO | IEXTEN), 0);
    cr_assert_eq(!!(t.c_lflag & ISIG), s->keep_signals);
    cr_assert_eq(t.c_iflag & (ICRNL | IXON | ISTRIP), 0);
    cr_assert_eq(t.c_oflag & OPOST, OPOST);
}

static inline void expect_restored(const struct session *s)
{
    struct termios t = terminal_now(s);
    cr_assert_eq(t.c_iflag, s->before.c_iflag);
    cr_assert_eq(t.c_oflag, s->before.c_oflag);
    cr_assert_eq(t.c_cflag, s->before.c_cflag);
    cr_assert_eq(t.c_lflag, s->before.c_lflag);
    cr_assert_arr_eq(t.c_cc, s->before.c_cc, sizeof(t.c_cc));
}

static inline void type(const struct session *s, const char *keys, size_t len)
{
    cr_assert_eq(write(s->master, keys, len), (ssize_t)len);
}

/* How the service has stopped or ended, as waitpid() tells it. */
static inline int wait_for(const struct session *s)
{
    int status;
    cr_assert_eq(read(s->report, &status, sizeof(status)), (ssize_t)sizeof(status));
    return status;
}

#endif
