/*
 * Where characters go: -serial, -monitor, -gdb, in the words QEMU has for
 * character devices, and what they default to.
 *
 * The default follows QEMU, with one difference: it opens a window whose tabs
 * hold the serial port and the monitor; we have none, so a command line that
 * says neither -nographic nor -display gets what -nographic gives.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/options_parse.h"

static const struct backend_option unconnected = {.kind = BACKEND_NONE};

static const struct backend_words {
    const char *words, *meaning;
} backend_words[] = {
    {"stdio", "this terminal; Ctrl-c ends the emulator"},
    {"mon:stdio", "this terminal, shared with the monitor: Ctrl-a c switches, Ctrl-a h helps"},
    {"none, null", "nowhere: output vanishes"},
    {"file:FILE", "output into FILE"},
    {"pty", "a new pseudo-terminal, whose name is printed"},
    {"tcp:HOST:PORT[,server[,nowait]][,nodelay]", "a TCP connection, or the server for one"},
    {"unix:PATH[,server[,nowait]]", "a Unix socket, or the server for one"},
    {"mon:DEV", "any of pty, tcp and unix, shared with the monitor"},
};

void print_backends(FILE *to)
{
    for (size_t i = 0; i < ARRAY_LEN(backend_words); i++)
        fprintf(to, "  %-42s %s\n", backend_words[i].words, backend_words[i].meaning);
}

static bool take_server(struct parse *p, const char *value)
{
    return take_switch(p, "server", value, &p->backend->server);
}

static bool take_wait(struct parse *p, const char *value)
{
    return take_switch(p, "wait", value, &p->backend->wait);
}

static bool take_nowait(struct parse *p, const char *value)
{
    bool nowait;
    if (!take_switch(p, "nowait", value, &nowait))
        return false;
    p->backend->wait = !nowait;
    return true;
}

static bool take_nodelay(struct parse *p, const char *value)
{
    return take_switch(p, "nodelay", value, &p->backend->nodelay);
}

static bool take_socket_words(struct parse *p, const char *words)
{
    static const struct property rows[] = {
        {"server", take_server, NULL, NULL},
        {"wait", take_wait, NULL, NULL},
        {"nowait", take_nowait, NULL, NULL},
        {"nodelay", take_nodelay, NULL, NULL},
        {"telnet", NULL, "off", "the telnet protocol is not spoken"},
        {"websocket", NULL, "off", "websockets are not spoken"},
        {"reconnect", NULL, "0", "a lost connection is not made again"},
    };
    static const struct property_list list = {NULL, true, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    p->backend->wait = true;
    if (!take_properties(p, words, &list))
        return false;
    p->backend->wait = p->backend->wait && p->backend->server;
    return true;
}

/* "HOST:PORT,words"; HOST may be empty, and in brackets when it has colons. */
static bool take_tcp(struct parse *p, const char *address)
{
    struct backend_option *dev = p->backend;
    size_t len = strcspn(address, ",");
    char *host = own_text(p, address, len), *colon = strrchr(host, ':');
    u64 port;
    if (!colon || !read_number(colon + 1, UINT16_MAX, &port) || port == 0)
        return refuse(p, " %s: no port number; write tcp:HOST:PORT, such as tcp::4444,server",
                      dev->text);
    *colon = '\0';
    if (*host == '[' && colon[-1] == ']') {
        colon[-1] = '\0';
        host++;
    }
    dev->kind = BACKEND_TCP;
    dev->host = *host ? host : NULL;
    dev->port = (u16)port;
    return take_socket_words(p, address[len] ? address + len + 1 : "");
}

static bool take_unix(struct parse *p, const char *address)
{
    struct backend_option *dev = p->backend;
    size_t len = strcspn(address, ",");
    if (!len)
        return refuse(p, " %s: no path; write unix:PATH", dev->text);
    dev->kind = BACKEND_UNIX;
    dev->path = own_text(p, address, len);
    return take_socket_words(p, address[len] ? address + len + 1 : "");
}

static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) ? NULL : text + len;
}

/* Read a character device into p->backend. */
static bool take_backend(struct parse *p, const char *text)
{
    struct backend_option *dev = p->backend;
    const char *rest;
    *dev = (struct backend_option){.text = text};
    const char *kind = after(text, "mon:");
    dev->mux = kind;
    kind = kind ? kind : text;
    if (!strcmp(kind, "stdio")) {
        dev->kind = BACKEND_STDIO;
        dev->signals = !dev->mux;
        return true;
    }
    if (!strcmp(kind, "pty")) {
        dev->kind = BACKEND_PTY;
        return true;
    }
    if ((rest = after(kind, "tcp:")))
        return take_tcp(p, rest);
    if ((rest = after(kind, "unix:")))
        return take_unix(p, rest);
    if (dev->mux)
        return refuse(p, " %s: the monitor needs input; use mon:stdio, pty, tcp or unix", text);
    if ((rest = after(kind, "file:"))) {
        dev->kind = BACKEND_FILE;
        dev->path = rest;
        return *rest ? true : refuse(p, " %s: no file name; write file:FILE", text);
    }
    if (!strcmp(kind, "null") || !strcmp(kind, "none")) {
        dev->kind = kind[1] == 'o' ? BACKEND_NONE : BACKEND_NULL;
        return true;
    }
    return refuse(p,
                  " %s: not supported; there are stdio, none, null, file:FILE, pty, "
                  "tcp:HOST:PORT and unix:PATH",
                  text);
}

static bool wants_help(struct parse *p, const char *value)
{
    if (strcmp(value, "help") && strcmp(value, "?"))
        return false;
    p->o->show = SHOW_BACKENDS;
    return true;
}

bool take_serial(struct parse *p, const char *value)
{
    if (wants_help(p, value))
        return true;
    struct backend_option more;
    p->backend = p->serials++ ? &more : &p->o->serial;
    if (!take_backend(p, value))
        return false;
    if (p->backend == &more && more.kind != BACKEND_NONE && more.kind != BACKEND_NULL)
        return refuse(p, " %s: the machine has one serial port, and it has been given", value);
    return true;
}

bool take_monitor(struct parse *p, const char *value)
{
    if (wants_help(p, value))
        return true;
    if (p->monitors++)
        return refuse(p, " %s: there is one monitor, and it has been given", value);
    p->backend = &p->o->monitor;
    if (!take_backend(p, value))
        return false;
    if (p->backend->mux)
        return refuse(p, " %s: to share it with the serial port write -serial %s", value, value);
    if (p->backend->kind == BACKEND_FILE)
        return refuse(p, " %s: the monitor needs input; use stdio, pty, tcp, unix or none", value);
    return true;
}

bool take_gdb(struct parse *p, const char *value)
{
    if (wants_help(p, value))
        return true;
    p->backend = &p->o->gdb;
    if (!take_backend(p, value))
        return false;
    if (p->backend->mux || p->backend->kind == BACKEND_FILE)
        return refuse(p, " %s: gdb can't talk to it; use tcp::PORT or unix:PATH", value);
    /* gdb comes to us, whenever it likes. */
    p->backend->server = p->backend->kind == BACKEND_TCP || p->backend->kind == BACKEND_UNIX;
    p->backend->wait = false;
    p->backend->nodelay = true;
    return true;
}

bool take_gdb_default(struct parse *p, const char *value)
{
    (void)value;
    return take_gdb(p, "tcp::1234");
}

bool settle_backends(struct parse *p)
{
    struct options *o = p->o;
    /* No word about a display, a serial port or a monitor: what -nographic says. */
    bool terminal = p->nographic || (!p->display_none && !p->serials && !p->monitors);
    /* A window would show the serial port beside the monitor that was asked for. */
    bool serial_here = terminal || (!p->display_none && !p->serials);
    bool monitor_here = terminal && !o->serial.mux;
    if (!p->serials && serial_here && !p->nodefaults)
        o->serial.kind = BACKEND_STDIO;
    if (!p->monitors && monitor_here && !p->nodefaults)
        o->monitor.kind = BACKEND_STDIO;
    if (o->serial.mux && o->monitor.kind != BACKEND_NONE) {
        p->option = "-monitor";
        return refuse(p, " %s: -serial %s has the monitor already; leave one of them out",
                      o->monitor.text, o->serial.text);
    }
    /* Both on the terminal share it. */
    if (o->serial.kind == BACKEND_STDIO && o->monitor.kind == BACKEND_STDIO) {
        o->serial.mux = true;
        o->monitor = unconnected;
    }
    if (o->serial.kind == BACKEND_STDIO)
        o->serial.signals = !o->serial.mux;
    if (o->gdb.kind == BACKEND_STDIO &&
        (o->serial.kind == BACKEND_STDIO || o->monitor.kind == BACKEND_STDIO)) {
        p->option = "-gdb";
        return refuse(p, " stdio: the terminal is in use; use tcp::PORT or unix:PATH, or give the "
                         "serial port and the monitor another place");
    }
    return true;
}
