/*
 * What is behind pointers of system calls, as arm64's uapi headers lay it out
 * (arguments.h). One that can't be read is shown as the pointer.
 */
#include <string.h>

#include "core/cpu.h"
#include "tools/gdbstub/walk.h"
#include "tools/trace/arguments.h"

enum { MAX_SHOWN = 16 }; /* of an array */

typedef long long sll;

/* SIZE bytes at VA; false, with the pointer shown, when they can't be had. */
static bool fetch(struct shown *s, u64 va, void *to, size_t size)
{
    if (walk_read(s->c, va, to, size))
        return true;
    s->missing = true;
    show_pointer(s, va);
    return false;
}

/* COUNT pairs of seconds and parts of a second that are called PART. */
static void show_times(struct shown *s, u64 va, unsigned count, const char *part,
                       const char *const *names)
{
    s64 t[4];
    if (!fetch(s, va, t, count * 2 * sizeof(t[0])))
        return;
    for (unsigned i = 0; i < count; i++)
        text_printf(s->out, "%s%s{tv_sec=%lld, %s=%lld}",
                    i       ? ", "
                    : names ? "{"
                            : "",
                    names ? names[i] : "", (sll)t[2 * i], part, (sll)t[2 * i + 1]);
    text_puts(s->out, names ? "}" : "");
}

static const char *const interval_names[] = {"it_interval=", "it_value="};

static void show_timespec(struct shown *s, u64 va)
{
    show_times(s, va, 1, "tv_nsec", NULL);
}

static void show_timeval(struct shown *s, u64 va)
{
    show_times(s, va, 1, "tv_usec", NULL);
}

static void show_timespecs(struct shown *s, u64 va)
{
    static const char *const names[] = {"", ""};
    show_times(s, va, 2, "tv_nsec", names);
}

static void show_itimerspec(struct shown *s, u64 va)
{
    show_times(s, va, 2, "tv_nsec", interval_names);
}

static void show_itimerval(struct shown *s, u64 va)
{
    show_times(s, va, 2, "tv_usec", interval_names);
}

static void show_fd_pair(struct shown *s, u64 va)
{
    s32 fd[2];
    if (fetch(s, va, fd, sizeof(fd)))
        text_printf(s->out, "[%d, %d]", fd[0], fd[1]);
}

static void show_stat(struct shown *s, u64 va)
{
    static const char *const kinds[16] = {
        [1] = "S_IFIFO|", [2] = "S_IFCHR|",  [4] = "S_IFDIR|",  [6] = "S_IFBLK|",
        [8] = "S_IFREG|", [10] = "S_IFLNK|", [12] = "S_IFSOCK|"};
    struct {
        u64 dev, ino;
        u32 mode, nlink, uid, gid;
        u64 rdev, pad;
        s64 size;
    } st;
    if (!fetch(s, va, &st, sizeof(st)))
        return;
    const char *kind = kinds[st.mode >> 12 & 15];
    text_printf(s->out, "{st_mode=%s%#o, st_size=%lld, ...}", kind ? kind : "",
                kind ? st.mode & 07777 : st.mode, (sll)st.size);
}

static void show_limit(struct shown *s, u64 limit)
{
    if (limit == UINT64_MAX)
        text_puts(s->out, "RLIM64_INFINITY");
    else
        text_printf(s->out, "%llu", (unsigned long long)limit);
}

static void show_rlimit(struct shown *s, u64 va)
{
    u64 limit[2];
    if (!fetch(s, va, limit, sizeof(limit)))
        return;
    text_puts(s->out, "{rlim_cur=");
    show_limit(s, limit[0]);
    text_puts(s->out, ", rlim_max=");
    show_limit(s, limit[1]);
    text_puts(s->out, "}");
}

static void show_utsname(struct shown *s, u64 va)
{
    enum { FIELD = 65 };
    text_puts(s->out, "{sysname=");
    show_quoted(s, va, FIELD, true);
    text_puts(s->out, ", nodename=");
    show_quoted(s, va + FIELD, FIELD, true);
    text_puts(s->out, ", ...}");
}

static void show_sigset(struct shown *s, u64 va)
{
    u64 set;
    const char *joint = "";
    if (!fetch(s, va, &set, sizeof(set)))
        return;
    bool most = __builtin_popcountll(set) > 32; /* shorter by what is not in it */
    text_puts(s->out, most ? "~[" : "[");
    for (unsigned i = 0; i < 64; i++) {
        if (bit(set, i) == most)
            continue;
        text_puts(s->out, joint);
        show_signal(s, i + 1);
        joint = " ";
    }
    text_puts(s->out, "]");
}

static void show_sigaction(struct shown *s, u64 va)
{
    u64 word[4]; /* handler, flags, restorer, mask */
    if (!fetch(s, va, word, sizeof(word)))
        return;
    text_puts(s->out, "{sa_handler=");
    if (word[0] <= 1)
        text_puts(s->out, word[0] ? "SIG_IGN" : "SIG_DFL");
    else
        show_pointer(s, word[0]);
    text_puts(s->out, ", sa_mask=");
    show_sigset(s, va + 24);
    text_puts(s->out, ", sa_flags=");
    show_flags(s, "sa_flags", word[1]);
    text_puts(s->out, "}");
}

/* As WIFEXITED and the others take it apart. */
static void show_wstatus(struct shown *s, u64 va)
{
    u32 status;
    if (!fetch(s, va, &status, sizeof(status)))
        return;
    if ((status & 0x7f) == 0) {
        text_printf(s->out, "[{WIFEXITED(s) && WEXITSTATUS(s) == %u}]", status >> 8 & 0xff);
        return;
    }
    bool stopped = (status & 0xff) == 0x7f;
    text_puts(s->out, stopped ? "[{WIFSTOPPED(s) && WSTOPSIG(s) == "
                              : "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
    show_signal(s, stopped ? status >> 8 & 0xff : status & 0x7f);
    text_puts(s->out, "}]");
}

/* LEN bytes of a socket's address. */
static void show_address(struct shown *s, u64 va, u64 len)
{
    enum { UNIX = 1, INET = 2, INET6 = 10, NETLINK = 16, PATH_AT = 2, LONGEST = 128 };
    u8 a[LONGEST] = {0};
    u16 family;
    if (len < 2 || len > LONGEST) {
        show_pointer(s, va);
        return;
    }
    if (!fetch(s, va, a, len))
        return;
    memcpy(&family, a, 2);
    text_puts(s->out, "{sa_family=");
    show_flags(s, "socket_domain", family);
    unsigned port = (unsigned)a[2] << 8 | a[3];
    if (family == UNIX && len > PATH_AT) {
        bool abstract = !a[PATH_AT];
        text_puts(s->out, abstract ? ", sun_path=@" : ", sun_path=");
        show_quoted(s, va + PATH_AT + abstract, len - PATH_AT - abstract, !abstract);
    } else if (family == INET && len >= 8) {
        text_printf(s->out, ", sin_port=%u, sin_addr=%u.%u.%u.%u", port, a[4], a[5], a[6], a[7]);
    } else if (family == INET6 && len >= 24) {
        text_printf(s->out, ", sin6_port=%u, sin6_addr=", port);
        for (unsigned i = 8; i < 24; i += 2)
            text_printf(s->out, "%s%x", i > 8 ? ":" : "", (unsigned)a[i] << 8 | a[i + 1]);
    } else if (family == NETLINK && len >= 12) {
        u32 pid;
        memcpy(&pid, a + 4, 4);
        text_printf(s->out, ", nl_pid=%u", pid);
    }
    text_puts(s->out, "}");
}

/* The next argument is its length, or (sockaddr_at) where that is. */
static void show_sockaddr(struct shown *s, u64 va)
{
    show_address(s, va, (u32)s->args[s->at + 1]);
}

static void show_sockaddr_at(struct shown *s, u64 va)
{
    u32 len;
    if (fetch(s, s->args[s->at + 1], &len, sizeof(len)))
        show_address(s, va, len);
}

/* COUNT vectors, of which LEFT bytes mean something. */
static void show_vectors(struct shown *s, u64 va, u64 count, u64 left)
{
    text_puts(s->out, "[");
    for (u64 i = 0; i < count; i++) {
        u64 v[2]; /* base and length */
        text_puts(s->out, i ? ", " : "");
        if (i == MAX_SHOWN || !walk_read(s->c, va + 16 * i, v, sizeof(v))) {
            text_puts(s->out, "...");
            break;
        }
        u64 len = v[1] < left ? v[1] : left;
        text_puts(s->out, "{iov_base=");
        show_quoted(s, v[0], len, false);
        text_printf(s->out, ", iov_len=%llu}", (unsigned long long)v[1]);
        left -= len;
    }
    text_puts(s->out, "]");
}

/* What was written is all of it, or what the call says. */
static u64 moved(const struct shown *s, bool reads)
{
    return reads || s->result ? (u64)s->result : UINT64_MAX;
}

static void show_iov(struct shown *s, u64 va)
{
    show_vectors(s, va, s->args[s->at + 1], moved(s, false));
}

static void show_msghdr(struct shown *s, u64 va)
{
    u64 m[7]; /* name, namelen, iov, iovlen, control, controllen, flags */
    if (!fetch(s, va, m, sizeof(m)))
        return;
    text_puts(s->out, "{msg_name=");
    if (m[0] && (u32)m[1])
        show_address(s, m[0], (u32)m[1]);
    else
        show_pointer(s, m[0]);
    text_puts(s->out, ", msg_iov=");
    show_vectors(s, m[2], m[3], moved(s, false));
    text_printf(s->out, ", msg_controllen=%llu, msg_flags=", (unsigned long long)m[5]);
    show_flags(s, "msg_flags", m[6]);
    text_puts(s->out, "}");
}

static void show_pollfds(struct shown *s, u64 va)
{
    u64 count = (u32)s->args[s->at + 1];
    text_puts(s->out, "[");
    for (u64 i = 0; i < count; i++) {
        struct {
            s32 fd;
            u16 events, revents;
        } p;
        text_puts(s->out, i ? ", " : "");
        if (i == MAX_SHOWN || !walk_read(s->c, va + sizeof(p) * i, &p, sizeof(p))) {
            text_puts(s->out, "...");
            break;
        }
        text_printf(s->out, "{fd=%d, events=", p.fd);
        show_flags(s, "poll_events", p.events);
        text_puts(s->out, ", revents=");
        show_flags(s, "poll_events", p.revents);
        text_puts(s->out, "}");
    }
    text_puts(s->out, "]");
}

/* struct epoll_event has its data at an offset of 8 but on x86. */
static void show_events(struct shown *s, u64 va, u64 count)
{
    for (u64 i = 0; i < count; i++) {
        u64 e[2];
        text_puts(s->out, i ? ", " : "");
        if (i == MAX_SHOWN || !walk_read(s->c, va + sizeof(e) * i, e, sizeof(e))) {
            text_puts(s->out, "...");
            break;
        }
        text_puts(s->out, "{events=");
        show_flags(s, "poll_events", (u32)e[0]);
        text_printf(s->out, ", data=%#llx}", (unsigned long long)e[1]);
    }
}

static void show_epoll_event(struct shown *s, u64 va)
{
    show_events(s, va, 1);
}

static void show_epoll_events(struct shown *s, u64 va)
{
    text_puts(s->out, "[");
    show_events(s, va, (u64)s->result);
    text_puts(s->out, "]");
}

/* An option of four bytes, as nearly all of setsockopt's are. */
static void show_buf4(struct shown *s, u64 va)
{
    s32 value;
    if ((u32)s->args[s->at + 1] != sizeof(value))
        show_pointer(s, va);
    else if (fetch(s, va, &value, sizeof(value)))
        text_printf(s->out, "[%d]", value);
}

show_fn *structure_find(const char *word, size_t len)
{
    static const struct {
        const char *word;
        show_fn *show;
    } structures[] = {
        {"timespec", show_timespec},
        {"timespecs", show_timespecs},
        {"timeval", show_timeval},
        {"itimerspec", show_itimerspec},
        {"itimerval", show_itimerval},
        {"fd_pair", show_fd_pair},
        {"stat", show_stat},
        {"rlimit", show_rlimit},
        {"utsname", show_utsname},
        {"sigset", show_sigset},
        {"sigaction", show_sigaction},
        {"wstatus", show_wstatus},
        {"sockaddr", show_sockaddr},
        {"sockaddr_at", show_sockaddr_at},
        {"iov", show_iov},
        {"msghdr", show_msghdr},
        {"pollfds", show_pollfds},
        {"epoll_event", show_epoll_event},
        {"epoll_events", show_epoll_events},
        {"buf4", show_buf4},
    };
    for (unsigned i = 0; i < ARRAY_LEN(structures); i++)
        if (strlen(structures[i].word) == len && memcmp(structures[i].word, word, len) == 0)
            return structures[i].show;
    return NULL;
}
