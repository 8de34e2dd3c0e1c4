/*
 * Signal handlers (host_signal.h). They call only what signal-safety(7) allows.
 */
#include "devices/host_signal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum signal_kind { TERMINATE, CRASH, STOP, CONTINUE };

/* SIGQUIT asks for a core dump, and so is a crash. All but TERMINATE only guard the terminal. */
static const struct {
    int number;
    enum signal_kind kind;
} signals[] = {
    {SIGTERM, TERMINATE}, {SIGINT, TERMINATE}, {SIGHUP, TERMINATE}, {SIGQUIT, CRASH},
    {SIGSEGV, CRASH},     {SIGBUS, CRASH},     {SIGABRT, CRASH},    {SIGFPE, CRASH},
    {SIGILL, CRASH},      {SIGTSTP, STOP},     {SIGCONT, CONTINUE},
};

struct host_signal {
    struct host_loop *loop;
    void (*terminate)(void *owner, int signal, int sender);
    void *owner;
    int event; /* an eventfd: handlers write, the loop reads */
    atomic_int requests;
    atomic_int request, sender; /* the first */
    struct sigaction before[ARRAY_LEN(signals)];

    int terminal;         /* -1: none is guarded */
    volatile bool is_raw; /* and not restored, as it is while we are stopped */
    struct termios saved, raw;
};

/*
 * The one thing that is not the machine's: a handler is given a number and
 * nothing else, and so must find what it is to restore in a variable.
 */
static struct host_signal *volatile current;

/*
 * Set it even if we have become a background job meanwhile, which SIGTTOU would
 * punish; but not when it has been restored: then it is a shell's by now.
 */
static void restore_terminal(struct host_signal *h)
{
    sigset_t ttou, before;
    if (!h || !h->is_raw)
        return;
    sigemptyset(&ttou);
    sigaddset(&ttou, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &ttou, &before);
    tcsetattr(h->terminal, TCSANOW, &h->saved);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    h->is_raw = false;
}

/* In the background it is another process's terminal. */
static void take_terminal(struct host_signal *h)
{
    if (h && h->terminal >= 0 && tcgetpgrp(h->terminal) == getpgrp())
        h->is_raw = tcsetattr(h->terminal, TCSANOW, &h->raw) == 0;
}

static void default_action(int number)
{
    signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void on_terminate(int number, siginfo_t *info, void *context)
{
    int error = errno;
    struct host_signal *h = current;
    if (h && atomic_fetch_add(&h->requests, 1) == 0) {
        u64 one = 1;
        h->request = number;
        h->sender = info->si_code <= 0 ? info->si_pid : 0;
        ssize_t written = write(h->event, &one, sizeof(one));
        (void)written; /* it has room for 2^64 - 2 */
    } else {
        restore_terminal(h);
        default_action(number);
    }
    errno = error;
}

/*
 * Restore, then let happen what would have without us: a sanitizer's report, a
 * core dump. A fault happens again on return; what was sent must be sent again.
 */
static void on_crash(int number, siginfo_t *info, void *context)
{
    struct host_signal *h = current;
    restore_terminal(h);
    signal(number, SIG_DFL);
    for (unsigned i = 0; h && i < ARRAY_LEN(signals); i++)
        if (signals[i].number == number)
            sigaction(number, &h->before[i], NULL);
    if (info->si_code <= 0)
        raise(number);
}

static void install(int number, enum signal_kind kind);

static void on_stop(int number, siginfo_t *info, void *context)
{
    int error = errno;
    restore_terminal(current);
    default_action(number); /* here we are stopped, and go on after SIGCONT */
    install(number, STOP);
    take_terminal(current);
    errno = error;
}

static void on_continue(int number, siginfo_t *info, void *context)
{
    int error = errno;
    take_terminal(current);
    errno = error;
}

static void install(int number, enum signal_kind kind)
{
    static void (*const handlers[])(int, siginfo_t *, void *) = {
        [TERMINATE] = on_terminate,
        [CRASH] = on_crash,
        [STOP] = on_stop,
        [CONTINUE] = on_continue,
    };
    struct sigaction a = {.sa_sigaction = handlers[kind]};
    /* On a stack of its own if the thread has one: a crash may have used up the other. */
    a.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigaction(number, &a, NULL);
}

/* Take over, or give back, the signals that end us (or the others). */
static void take_signals(struct host_signal *h, bool terminate)
{
    for (unsigned i = 0; i < ARRAY_LEN(signals); i++) {
        if ((signals[i].kind == TERMINATE) != terminate)
            continue;
        sigaction(signals[i].number, NULL, &h->before[i]);
        bool ignored = h->before[i].sa_handler == SIG_IGN;
        if (!ignored || signals[i].kind == CONTINUE)
            install(signals[i].number, signals[i].kind);
    }
}

static void give_signals(const struct host_signal *h, bool terminate)
{
    for (unsigned i = 0; i < ARRAY_LEN(signals); i++)
        if ((signals[i].kind == TERMINATE) == terminate)
            sigaction(signals[i].number, &h->before[i], NULL);
}

static void requested(void *owner, unsigned ready)
{
    struct host_signal *h = owner;
    /* The descriptor stays readable, for host_signal_fd(); it is the watch that ends. */
    host_loop_unwatch(h->loop, h->event);
    if (h->terminate)
        h->terminate(h->owner, h->request, h->sender);
}

static void at_exit(void)
{
    restore_terminal(current);
}

struct host_signal *host_signal_create(struct host_loop *loop,
                                       void (*terminate)(void *owner, int signal, int sender),
                                       void *owner)
{
    if (current) {
        errno = EBUSY;
        return NULL;
    }
    struct host_signal *h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    h->loop = loop;
    h->terminate = terminate;
    h->owner = owner;
    h->terminal = -1;
    h->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->event < 0 || !host_loop_watch(loop, h->event, HOST_IN, requested, h) ||
        atexit(at_exit)) {
        int error = errno;
        if (h->event >= 0) {
            host_loop_unwatch(loop, h->event);
            close(h->event);
        }
        free(h);
        errno = error;
        return NULL;
    }
    current = h;
    take_signals(h, true);
    return h;
}

void host_signal_destroy(struct host_signal *h)
{
    if (!h)
        return;
    host_signal_release_terminal(h);
    give_signals(h, true);
    current = NULL;
    host_loop_unwatch(h->loop, h->event);
    close(h->event);
    free(h);
}

bool host_signal_requested(const struct host_signal *h)
{
    return atomic_load(&h->requests) > 0;
}

int host_signal_fd(const struct host_signal *h)
{
    return h->event;
}

bool host_signal_guard_terminal(struct host_signal *h, int fd, const struct termios *raw)
{
    if (h->terminal >= 0) {
        errno = EBUSY;
        return false;
    }
    if (tcgetattr(fd, &h->saved))
        return false;
    h->raw = *raw;
    take_signals(h, false);
    h->terminal = fd;
    h->is_raw = tcsetattr(fd, TCSANOW, raw) == 0;
    if (h->is_raw)
        return true;
    int error = errno;
    host_signal_release_terminal(h);
    errno = error;
    return false;
}

void host_signal_release_terminal(struct host_signal *h)
{
    if (h->terminal < 0)
        return;
    restore_terminal(h);
    h->terminal = -1;
    give_signals(h, false);
}
