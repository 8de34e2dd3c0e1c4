/*
 * -chardev: character devices by name, for virtconsole and -serial chardev:ID. What
 * is read here becomes the words that -serial has for the same thing.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/options_parse.h"

static bool take_kind(struct parse *p, const char *value)
{
    p->chardev->kind = value;
    return word_in("stdio null pty file socket", value) ||
           refuse(p, " %s: there are stdio, null, pty, file and socket", value);
}

static bool take_chardev_id(struct parse *p, const char *value)
{
    return take_id(p, value, &p->chardev->id);
}

static bool take_path(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->chardev->path);
}

static bool take_host(struct parse *p, const char *value)
{
    p->chardev->host = value;
    return true;
}

static bool take_port(struct parse *p, const char *value)
{
    p->chardev->port = value;
    return true;
}

static bool take_server(struct parse *p, const char *value)
{
    return take_switch(p, "server", value, &p->chardev->server);
}

static bool take_wait(struct parse *p, const char *value)
{
    bool on = true;
    bool ok = take_switch(p, "wait", value, &on);
    p->chardev->nowait = !on;
    return ok;
}

static bool take_nowait(struct parse *p, const char *value)
{
    return take_switch(p, "nowait", value, &p->chardev->nowait);
}

static bool take_chardev_mux(struct parse *p, const char *value)
{
    return take_switch(p, "mux", value, &p->chardev->mux);
}

/* The words for host_chardev_open. */
static bool set_words(struct parse *p, struct chardev_option *c)
{
    char words[OPTIONS_MESSAGE];
    bool file = !strcmp(c->kind, "file"), socket = !strcmp(c->kind, "socket");
    const char *server = !c->server ? "" : c->nowait ? ",server,nowait" : ",server";
    int len = 0;
    if ((file && !c->path) || (socket && !c->path && !c->port))
        return refuse(p, " %s,id=%s: needs path=%s", c->kind, c->id,
                      file ? "FILE" : "PATH, or host=HOST and port=PORT");
    if (file)
        len = snprintf(words, sizeof(words), "file:%s", c->path);
    else if (socket && c->path)
        len = snprintf(words, sizeof(words), "unix:%s%s", c->path, server);
    else if (socket)
        len =
            snprintf(words, sizeof(words), "tcp:%s:%s%s", c->host ? c->host : "", c->port, server);
    else
        len = snprintf(words, sizeof(words), "%s", c->kind);
    if (len >= (int)sizeof(words))
        return refuse(p, " %s: too long a path", c->kind);
    c->words = own_text(p, words, (size_t)len);
    return true;
}

bool take_chardev(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"backend", take_kind, NULL, NULL},
        {"id", take_chardev_id, NULL, NULL},
        {"path", take_path, NULL, NULL},
        {"host", take_host, NULL, NULL},
        {"port", take_port, NULL, NULL},
        {"server", take_server, NULL, NULL},
        {"wait", take_wait, NULL, NULL},
        {"nowait", take_nowait, NULL, NULL},
        {"signal", NULL, "on", "Ctrl-c ends the emulator"},
        {"mux", take_chardev_mux, NULL, NULL},
    };
    static const struct property_list list = {"backend", true, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    struct device_options *d = &p->o->devices;
    if (!strcmp(value, "help") || !strcmp(value, "?")) {
        p->o->show = SHOW_BACKENDS;
        return true;
    }
    if (d->chardevs == OPTIONS_MAX_DEVICES)
        return refuse(p, " %s: there can be %d", value, OPTIONS_MAX_DEVICES);
    p->chardev = &d->chardev[d->chardevs];
    *p->chardev = (struct chardev_option){0};
    if (!take_properties(p, value, &list))
        return false;
    if (!p->chardev->id || !p->chardev->kind)
        return refuse(p, " %s: needs id=ID", value);
    for (unsigned i = 0; i < d->chardevs; i++)
        if (!strcmp(d->chardev[i].id, p->chardev->id))
            return refuse(p, " id=%s: another one has this id; use another one", p->chardev->id);
    d->chardevs++;
    return set_words(p, p->chardev);
}

struct chardev_option *find_chardev(struct device_options *all, const char *id)
{
    for (unsigned i = 0; i < all->chardevs; i++)
        if (!strcmp(all->chardev[i].id, id))
            return &all->chardev[i];
    return NULL;
}

bool settle_named_backend(struct parse *p, const char *option, struct backend_option *b)
{
    p->option = option;
    if (b->kind != BACKEND_CHARDEV)
        return true;
    const char *id = strchr(b->text, ':') + 1;
    struct chardev_option *c = find_chardev(&p->o->devices, id);
    if (!c)
        return refuse(p, " %s: there is no -chardev with id=%s", b->text, id);
    if (c->used)
        return refuse(p, " %s: another device has it", b->text);
    c->used = c->elsewhere = true;
    p->backend = b;
    return take_backend(p, c->words);
}

bool settle_shared_backend(struct parse *p)
{
    struct options *o = p->o;
    struct backend_option *serial = &o->serial, *monitor = &o->monitor;
    if (serial->kind != BACKEND_CHARDEV || monitor->kind != BACKEND_CHARDEV ||
        strcmp(serial->text, monitor->text))
        return true;
    const struct chardev_option *c = find_chardev(&o->devices, strchr(serial->text, ':') + 1);
    p->option = "-monitor";
    if (c && !c->mux)
        return refuse(p, " %s: the serial port has it; add mux=on to that -chardev to share it",
                      monitor->text);
    *monitor = (struct backend_option){.kind = BACKEND_NONE};
    return settle_named_backend(p, "-serial", serial) && (serial->mux = true);
}
