/*
 * A network's throughput and latency, by TCP to a server on the host, which is at
 * 10.0.2.2. The argument is WHAT-PORT: "in" takes what the server gives, "out"
 * sends as much, "echo" sends a byte and waits for it, many times. What is sent is
 * the same each time; the server ends with a checksum of what it got.
 */
#include "tools/benchmark/guest.h"

enum {
    PIECE = 1 << 16,
    PIECES = 512,
    ECHOES = 4000,
    LINE = 512, /* a word of so many bytes goes into the checksum */
};

/* struct sockaddr_in: numbers in the network's order. */
struct address {
    u16 family;
    u8 port[2], host[4], zero[8];
};

static s64 connect_to_host(u64 port)
{
    enum { AF_INET = 2, SOCK_STREAM = 1, IPPROTO_TCP = 6, TCP_NODELAY = 1 };
    struct address a = {
        .family = AF_INET, .port = {(u8)(port >> 8), (u8)port}, .host = {10, 0, 2, 2}};
    s32 on = 1;
    s64 s = syscall3(SYS_SOCKET, AF_INET, SOCK_STREAM, 0);
    require(s >= 0, "socket");
    require(syscall3(SYS_CONNECT, s, (s64)&a, sizeof(a)) == 0, "connect");
    syscall6(SYS_SETSOCKOPT, s, IPPROTO_TCP, TCP_NODELAY, (s64)&on, sizeof(on), 0);
    return s;
}

/* Exactly SIZE bytes. */
static void receive(s64 s, u8 *to, s64 size)
{
    for (s64 done = 0, n; done < size; done += n) {
        n = syscall3(SYS_READ, s, (s64)(to + done), size - done);
        require(n > 0, "receive");
    }
}

static void send_all(s64 s, const u8 *from, s64 size)
{
    for (s64 done = 0, n; done < size; done += n) {
        n = syscall3(SYS_WRITE, s, (s64)(from + done), size - done);
        require(n > 0, "send");
    }
}

static u64 take(s64 s, u8 *buffer)
{
    u64 sum = MIX_START;
    for (unsigned i = 0; i < PIECES; i++) {
        receive(s, buffer, PIECE);
        for (unsigned at = 0; at < PIECE; at += LINE)
            sum = mix(sum, *(u64 *)(void *)(buffer + at));
    }
    return sum;
}

static void give(s64 s, u8 *buffer)
{
    u64 state = 1;
    for (unsigned at = 0; at < PIECE; at += sizeof(u64))
        *(u64 *)(void *)(buffer + at) = next_random(&state);
    for (unsigned i = 0; i < PIECES; i++) {
        *(u64 *)(void *)buffer = next_random(&state);
        send_all(s, buffer, PIECE);
    }
}

static void echo(s64 s)
{
    for (unsigned i = 0; i < ECHOES; i++) {
        u8 sent = (u8)i, back = 0;
        send_all(s, &sent, 1);
        receive(s, &back, 1);
        require(sent == back, "echo");
    }
}

u64 measure(const char *argument)
{
    u8 *buffer = map_pages(PIECE, false);
    u64 sum = MIX_START, word;
    const char *port = argument;
    while (*port && *port != '-')
        port++;
    require(*port, "no port");
    s64 s = connect_to_host(number_of(port + 1));
    if (argument[0] == 'i')
        sum = take(s, buffer);
    else if (argument[0] == 'o')
        give(s, buffer);
    else
        echo(s);
    syscall3(SYS_SHUTDOWN, s, 1, 0);
    receive(s, (u8 *)&word, sizeof(word));
    return mix(sum, word);
}
