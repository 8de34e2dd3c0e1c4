/*
 * Semihosting as the command line asks for it: its console, its folder, the
 * program's arguments, and what RAM the program may use.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "devices/host_chardev.h"
#include "devices/host_folder.h"
#include "tools/machine.h"

enum { HEAP_ALIGN = 4096 };

static void print(void *owner, const void *data, size_t len)
{
    fwrite(data, 1, len, stderr);
}

static void program_exit(void *owner, int status)
{
    struct machine *m = owner;
    m->exit_status = status;
    machine_request(m, REQUEST_QUIT);
}

static bool open_console(struct machine *m, struct load_error *e)
{
    struct host_chardev_config config = {m->loop, m->signals, "semihosting", false};
    char message[HOST_CHARDEV_ERROR];
    const char *spec = m->options->semihosting.console.text;
    if (!spec)
        return true;
    m->semihosting.console = host_chardev_open(&config, spec, message);
    if (!m->semihosting.console)
        return load_fail(e, "-semihosting-config", "%s", message);
    semihosting_connect(&m->semihosting);
    return true;
}

static bool open_folder(struct machine *m, struct load_error *e)
{
    const char *path = m->options->semihosting.folder;
    if (!path)
        return true;
    m->semihosting.folder = host_folder_open(path);
    return m->semihosting.folder >= 0 || load_fail(e, path, "%s", strerror(errno));
}

bool machine_open_semihosting(struct machine *m, struct load_error *e)
{
    const struct semihosting_option *o = &m->options->semihosting;
    m->semihosting = (struct semihosting){.clock = &m->virt.clock,
                                          .epoch = m->epoch,
                                          .command = o->command,
                                          .print = print,
                                          .exit = program_exit,
                                          .owner = m,
                                          .folder = -1};
    if (!o->enabled)
        return true;
    for (unsigned i = 0; i < m->virt.cpus; i++)
        semihosting_attach(&m->semihosting, m->virt.cpu[i], o->user);
    return open_folder(m, e) && open_console(m, e);
}

void machine_restart_semihosting(struct machine *m)
{
    struct semihosting *s = &m->semihosting;
    semihosting_close(s);
    s->free_end = VIRT_RAM_BASE + m->virt.ram_size;
    s->free_start =
        align_up(m->entry.end > VIRT_RAM_BASE ? m->entry.end : VIRT_RAM_BASE, HEAP_ALIGN);
    if (s->free_start > s->free_end)
        s->free_start = s->free_end;
}

void machine_close_semihosting(struct machine *m)
{
    if (!m->semihosting.owner)
        return;
    semihosting_close(&m->semihosting);
    host_folder_close(m->semihosting.folder);
    chardev_destroy(m->semihosting.console);
    m->semihosting = (struct semihosting){0};
}
