/*
 * For tests of `catch syscall`: a first process that makes calls in every way
 * that makes pairing a call with its return hard, and writes the order of events
 * to the console. It calls the kernel itself: libc's gettimeofday asks the vDSO.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long ask_time(void)
{
    struct timeval tv;
    return syscall(SYS_gettimeofday, &tv, NULL);
}

static void handler(int signal)
{
    ask_time();
}

static void arm_timer(long us)
{
    struct itimerval t = {.it_value = {0, us}};
    setitimer(ITIMER_REAL, &t, NULL);
}

/* nanosleep is interrupted by a signal whose handler makes a call of its own: EINTR. */
static long interrupted(void)
{
    struct timespec ts = {5, 0};
    struct sigaction sa = {.sa_handler = handler};
    sigaction(SIGALRM, &sa, NULL);
    arm_timer(20000);
    return syscall(SYS_nanosleep, &ts, NULL);
}

/* read from a pipe is interrupted, and made again by the kernel. */
static long restarted(void)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
    int fds[2];
    char c;
    sigaction(SIGALRM, &sa, NULL);
    pipe(fds);
    if (fork() == 0) {
        usleep(60000);
        write(fds[1], "x", 1);
        _exit(0);
    }
    arm_timer(20000);
    long n = read(fds[0], &c, 1);
    wait(NULL);
    return n;
}

int main(int argc, char *argv[])
{
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        ask_time();
        _exit(3);
    }
    printf("first\n");
    for (int i = 0; i < 3; i++)
        ask_time();
    pid_t pid = fork();
    if (pid == 0) {
        ask_time();
        execl("/init", "init", "child", NULL);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("status %d\n", WEXITSTATUS(status));
    printf("interrupted %ld\n", interrupted());
    printf("restarted %ld\n", restarted());
    ask_time();
    fflush(stdout);
    reboot(RB_POWER_OFF);
    return 0;
}
