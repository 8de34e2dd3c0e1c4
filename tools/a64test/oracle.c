/*
 * Starting the reference process and talking to it (oracle.h): a memory file for the
 * records, two pipes for a request and its answer, one byte per batch.
 */
#include "tools/a64test/oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/a64test/keys.h"

enum { ANSWER_MS = 600000 }; /* a batch takes milliseconds, a loop in it two seconds, of its own */

/* In the child: put the descriptors where the reference expects them. */
static void become_reference(struct oracle *o, int request, int reply, const char *qemu,
                             const char *cpu, const char *reference)
{
    enum { CLEAR = 10 }; /* above all that are to be replaced */
    int from[] = {fcntl(o->file, F_DUPFD, CLEAR), fcntl(request, F_DUPFD, CLEAR),
                  fcntl(reply, F_DUPFD, CLEAR)};
    const int to[] = {RECORD_FD_FILE, RECORD_FD_REQUEST, RECORD_FD_REPLY};
    for (unsigned i = 0; i < ARRAY_LEN(to); i++) {
        dup2(from[i], to[i]);
        close(from[i]);
    }
    setpgid(0, 0); /* a terminal's interrupt is for us; the pipe tells it when we are gone */
    keys_announce();
    execlp(qemu, qemu, "-cpu", cpu, reference, (char *)NULL);
    fprintf(stderr, "cannot run %s: %s; install qemu-user, or name it (--oracle, --qemu)\n", qemu,
            strerror(errno));
    _exit(127);
}

/* Wait for the byte that says that the reference is ready. */
static bool wait_ready(struct oracle *o)
{
    struct pollfd p = {.fd = o->reply, .events = POLLIN};
    char byte;
    int n;
    do
        n = poll(&p, 1, ANSWER_MS);
    while (n < 0 && errno == EINTR);
    if (n > 0 && read(o->reply, &byte, 1) == 1)
        return true;
    fprintf(stderr, "the reference process %s\n", n ? "has ended" : "does not answer");
    return false;
}

bool oracle_start(struct oracle *o, const char *qemu, const char *cpu, const char *reference)
{
    int request[2], reply[2];
    memset(o, 0, sizeof(*o));
    signal(SIGPIPE, SIG_IGN);
    if (access(reference, R_OK)) {
        fprintf(stderr, "%s: %s; --reference names the reference program\n", reference,
                strerror(errno));
        return false;
    }
    o->file = memfd_create("a64-records", MFD_CLOEXEC);
    if (o->file < 0 || ftruncate(o->file, sizeof(*o->shared)) || pipe2(request, O_CLOEXEC) ||
        pipe2(reply, O_CLOEXEC)) {
        perror("the reference's shared file");
        return false;
    }
    o->shared = mmap(NULL, sizeof(*o->shared), PROT_READ | PROT_WRITE, MAP_SHARED, o->file, 0);
    if (o->shared == MAP_FAILED) {
        perror("the reference's shared file");
        return false;
    }
    o->pid = fork();
    if (o->pid == 0)
        become_reference(o, request[0], reply[1], qemu, cpu, reference);
    close(request[0]);
    close(reply[1]);
    o->request = request[1];
    o->reply = reply[0];
    return o->pid > 0 && wait_ready(o);
}

void oracle_empty_code(u32 *code, u64 tail)
{
    memset(code, 0, RECORD_CODE_BYTES);
    code[0] = (u32)WORD_MSR_TPIDR_EL0_X0;
    code[1] = WORD_LDR_X0_12;
    code[2] = (u32)WORD_BR_X0;
    memcpy(code + STUB_WORDS, &tail, sizeof(tail));
}

void oracle_set_slot(u32 *code, unsigned slot, const u32 *word, unsigned words)
{
    u64 offset = RECORD_SLOT_OFFSET + slot * (u64)RECORD_SLOT_BYTES;
    u32 *to = code + offset / 4;
    s64 back = -(s64)(offset / 4 + 1 + words);
    memset(to, 0, RECORD_SLOT_BYTES);
    to[0] = (u32)WORD_MRS_X0_TPIDR_EL0;
    memcpy(to + 1, word, 4 * words);
    to[1 + words] = WORD_B | ((u32)back & 0x03ffffff);
}

bool oracle_run(struct oracle *o, unsigned first, unsigned count)
{
    const u32 request[] = {first, count};
    if (write(o->request, request, sizeof(request)) != sizeof(request)) {
        fprintf(stderr, "the reference process has ended\n");
        return false;
    }
    return wait_ready(o);
}

void oracle_stop(struct oracle *o)
{
    if (o->pid > 0) {
        kill(o->pid, SIGKILL);
        waitpid(o->pid, NULL, 0);
        close(o->request);
        close(o->reply);
    }
    if (o->shared && o->shared != MAP_FAILED)
        munmap(o->shared, sizeof(*o->shared));
    if (o->file > 0)
        close(o->file);
    memset(o, 0, sizeof(*o));
}
