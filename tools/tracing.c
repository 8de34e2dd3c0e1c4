/*
 * Starting and ending traces (tracing.h).
 */
#include "tools/tracing.h"

#include <errno.h>
#include <string.h>

#include "tools/machine.h"
#include "tools/trace/exceptions.h"
#include "tools/trace/insn.h"
#include "tools/trace/strace.h"

/* To the file there is, or where the log goes. */
static bool strace_on(struct machine *m)
{
    struct tracing *t = &m->tracing;
    if (!t->strace)
        t->strace =
            strace_create(&m->virt.engine, &t->tasks, t->strace_file ? t->strace_file : m->log.out);
    return t->strace;
}

static bool open_strace(struct machine *m, const char *path)
{
    struct tracing *t = &m->tracing;
    if (path)
        t->strace_file = fopen(path, "we");
    return (!path || t->strace_file) && strace_on(m);
}

bool tracing_start(struct machine *m, struct load_error *e)
{
    const struct options *o = m->options;
    struct tracing *t = &m->tracing;
    if (o->strace && !open_strace(m, o->strace_file))
        return load_fail(e, o->strace_file ? o->strace_file : "-strace", "%s", strerror(errno));
    if (log_enabled(&m->log, LOG_EXC)) {
        t->exceptions = exceptions_observer(&m->log);
        probe_add_observer(&m->virt.engine, &t->exceptions);
    }
    if (!o->trace_file)
        return true;
    t->insn = insn_trace_create(&m->virt.engine, &t->tasks, o->trace_file, &o->trace);
    return t->insn || load_fail(e, o->trace_file, "%s", strerror(errno));
}

void tracing_stop(struct machine *m)
{
    struct tracing *t = &m->tracing;
    insn_trace_destroy(t->insn);
    strace_destroy(t->strace);
    if (t->strace_file)
        fclose(t->strace_file);
    if (t->exceptions.taken)
        probe_remove_observer(&m->virt.engine, &t->exceptions);
    *t = (struct tracing){0};
}

void tracing_command(struct machine *m, const char *args, struct text *out)
{
    struct tracing *t = &m->tracing;
    bool on = strcmp(args, "on") == 0, off = strcmp(args, "off") == 0;
    if (*args && !on && !off) {
        text_puts(out, "strace is either on or off\n");
        return;
    }
    if (off) {
        strace_destroy(t->strace);
        t->strace = NULL;
    }
    if (on && !strace_on(m))
        text_printf(out, "%s\n", strerror(errno));
    text_printf(out, "system calls are %s\n", t->strace ? "written down" : "not looked at");
    if (t->strace)
        strace_pending(t->strace, out);
}
