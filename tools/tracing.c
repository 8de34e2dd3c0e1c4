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

/* Without PATH to the file there is, or the log's. */
static bool strace_on(struct machine *m, const char *path)
{
    struct tracing *t = &m->tracing;
    strace_destroy(t->strace);
    t->strace = NULL;
    if (path) {
        if (t->strace_file)
            fclose(t->strace_file);
        t->strace_file = fopen(path, "we");
        if (!t->strace_file)
            return false;
    }
    t->strace =
        strace_create(&m->virt.engine, &t->tasks, t->strace_file ? t->strace_file : m->log.out);
    return t->strace;
}

bool tracing_start(struct machine *m, struct load_error *e)
{
    const struct options *o = m->options;
    struct tracing *t = &m->tracing;
    if (o->strace && !strace_on(m, o->strace_file))
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
    const char *path = NULL;
    if (skip_word(&args, "on ") && *args) {
        path = args;
        args = "";
    } else if (strcmp(args, "off") == 0) {
        strace_destroy(t->strace);
        t->strace = NULL;
    } else if (*args && strcmp(args, "on") != 0) {
        text_puts(out, "strace on, strace on FILE or strace off\n");
        return;
    }
    if ((path || *args == 'o') && strcmp(args, "off") != 0 && !strace_on(m, path)) {
        text_printf(out, "%s: %s\n", path ? path : "strace", strerror(errno));
        return;
    }
    text_printf(out, "system calls are %s\n", t->strace ? "written down" : "not looked at");
    if (t->strace)
        strace_pending(t->strace, out);
}
