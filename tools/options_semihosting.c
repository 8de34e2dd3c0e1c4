/*
 * What a program may ask of its host: -semihosting and -semihosting-config.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/options_parse.h"

bool take_semihosting(struct parse *p, const char *value)
{
    return p->o->semihosting.enabled = true;
}

static bool take_enable(struct parse *p, const char *value)
{
    return take_switch(p, "enable", value, &p->o->semihosting.enabled);
}

static bool take_userspace(struct parse *p, const char *value)
{
    return take_switch(p, "userspace", value, &p->o->semihosting.user);
}

static bool take_root(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->semihosting.folder);
}

static bool take_console(struct parse *p, const char *value)
{
    p->backend = &p->o->semihosting.console;
    value = own_text(p, value, strlen(value));
    if (!take_backend(p, value))
        return false;
    return !p->backend->mux ||
           refuse(p, " chardev=%s: the monitor is not shared with it; use chardev=%s", value,
                  value + strlen("mon:"));
}

/* Arguments are put together as a command line, which is what a program gets. */
static char *join(struct parse *p, const char *first, const char *second)
{
    size_t len = strlen(first), more = strlen(second);
    char *both = malloc(len + 1 + more), *text;
    if (!both)
        abort();
    memcpy(both, first, len);
    both[len] = ' ';
    memcpy(both + len + 1, second, more);
    text = own_text(p, both, len + 1 + more);
    free(both);
    return text;
}

static bool take_arg(struct parse *p, const char *value)
{
    const char **command = &p->o->semihosting.command;
    *command = *command ? join(p, *command, value) : value;
    return true;
}

bool take_semihosting_config(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"enable", take_enable, NULL, NULL},
        {"target", NULL, "native auto", "calls are served by mini-a64 itself"},
        {"chardev", take_console, NULL, NULL},
        {"arg", take_arg, NULL, NULL},
        {"root", take_root, NULL, NULL},
        {"userspace", take_userspace, NULL, NULL},
    };
    static const struct property_list list = {"enable", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    p->o->semihosting.enabled = true;
    return take_properties(p, value, &list);
}

/* After the back ends: what a program is called with unless there was an argument: as a shell
 * would. */
bool settle_semihosting(struct parse *p)
{
    struct options *o = p->o;
    struct semihosting_option *s = &o->semihosting;
    if (!s->command && o->kernel)
        s->command = o->append ? join(p, o->kernel, o->append) : o->kernel;
    if (!s->command)
        s->command = "";
    p->option = "-semihosting-config";
    return s->console.kind != BACKEND_STDIO ||
           (o->serial.kind != BACKEND_STDIO && o->monitor.kind != BACKEND_STDIO) ||
           refuse(p, " chardev=stdio: the terminal is in use; add -serial none -monitor none, or "
                     "give them another place");
}
