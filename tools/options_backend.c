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
    {"chardev:ID", "what -chardev has made with this ID"},
    {"mon:DEV", "any of pty, tcp and unix, shared with the monitor"},
};

void print_backends(FILE *to)
{
    for (size_t i = 0; i < ARRAY_LEN(backend_words); i++)
        fprintf(to, "  %-42s %s\n", backend_words[i].words, backend_words[i].meaning);
}

/* Does input come from it? */
static bool talks(enum backend_kind kind)
{
    return kind == BACKEND_STDIO || kind == BACKEND_PTY || kind == BACKEND_TCP ||
           kind == BACKEND_UNIX;
}

static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) ? NULL : text + len;
}

/* Read a device into p->backend: which kind it is; the words behind that are its own. */
bool take_backend(struct parse *p, const char *text)
{
    static const struct {
        const char *name;
        enum backend_kind kind;
    } kinds[] = {
        {"stdio", BACKEND_STDIO}, {"none", BACKEND_NONE},        {"null", BACKEND_NULL},
        {"pty", BACKEND_PTY},     {"file:", BACKEND_FILE},       {"tcp:", BACKEND_TCP},
        {"unix:", BACKEND_UNIX},  {"chardev:", BACKEND_CHARDEV},
    };
    const char *name = after(text, "mon:");
    bool mux = name;
    name = mux ? name : text;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *rest = after(name, kinds[i].name);
        if (!rest || (*rest && rest[-1] != ':'))
            continue;
        *p->backend = (struct backend_option){kinds[i].kind, mux, text};
        if (mux && !talks(kinds[i].kind))
            return refuse(p, " %s: the monitor needs input; use mon:stdio, pty, tcp or unix", text);
        return true;
    }
    return refuse(p,
                  " %s: not supported; there are stdio, none, null, file:FILE, pty, "
                  "tcp:HOST:PORT, unix:PATH and chardev:ID",
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
    return true;
}

static bool take_mon_chardev(struct parse *p, const char *value)
{
    char text[OPTIONS_MESSAGE];
    int len = snprintf(text, sizeof(text), "chardev:%s", value);
    return len < (int)sizeof(text) ? take_monitor(p, own_text(p, text, (size_t)len))
                                   : refuse(p, ": too long a name");
}

bool take_mon(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"chardev", take_mon_chardev, NULL, NULL},
        {"mode", NULL, "readline", "the monitor speaks to people only"},
        {"pretty", NULL, "*", NULL},
    };
    static const struct property_list list = {"chardev", false, SHOW_NOTHING, rows,
                                              ARRAY_LEN(rows)};
    return take_properties(p, value, &list);
}

static bool settle_monitor(struct parse *p)
{
    const struct backend_option *b = &p->o->monitor;
    p->option = "-monitor";
    return b->kind != BACKEND_FILE ||
           refuse(p, " %s: the monitor needs input; use stdio, pty, tcp, unix or none", b->text);
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
    if (!settle_shared_backend(p) || !settle_named_backend(p, "-serial", &o->serial) ||
        !settle_named_backend(p, "-monitor", &o->monitor) || !settle_monitor(p) ||
        !settle_named_backend(p, "-gdb", &o->gdb) ||
        !settle_named_backend(p, "-semihosting-config", &o->semihosting.console))
        return false;
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
    if (o->gdb.kind == BACKEND_STDIO &&
        (o->serial.kind == BACKEND_STDIO || o->monitor.kind == BACKEND_STDIO)) {
        p->option = "-gdb";
        return refuse(p, " stdio: the terminal is in use; use tcp::PORT or unix:PATH, or give the "
                         "serial port and the monitor another place");
    }
    return true;
}
