/*
 * What is recorded of a run beside the log: -strace and -trace.
 */
#include <string.h>

#include "tools/options_parse.h"

bool take_strace(struct parse *p, const char *value)
{
    p->o->strace = true;
    return !value || take_file_name(p, value, &p->o->strace_file);
}

static bool take_trace_file(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->trace_file);
}

static bool take_el(struct parse *p, const char *value)
{
    if (!word_in("0 1", value))
        return refuse(p, " el=%s: use el=0 or el=1", value);
    p->o->trace.els = 1u << (*value - '0');
    return true;
}

/* FIRST-LAST */
static bool take_range(struct parse *p, const char *value)
{
    struct insn_filter *f = &p->o->trace;
    const char *dash = strchr(value, '-');
    f->ranged = true;
    if (dash && read_number(own_text(p, value, (size_t)(dash - value)), UINT64_MAX, &f->first) &&
        read_number(dash + 1, UINT64_MAX, &f->last) && f->first <= f->last)
        return true;
    return refuse(p, " range=%s: write two addresses, range=0x400000-0x400fff", value);
}

static bool take_pid(struct parse *p, const char *value)
{
    u64 pid;
    if (!read_number(value, INT32_MAX, &pid))
        return refuse(p, " pid=%s: not a process number; write pid=1", value);
    p->o->trace.by_pid = true;
    p->o->trace.pid = (u32)pid;
    return true;
}

/* As the kernel cuts it. */
static bool take_comm(struct parse *p, const char *value)
{
    struct insn_filter *f = &p->o->trace;
    size_t len = strnlen(value, TASK_COMM - 1);
    f->by_comm = true;
    memcpy(f->comm, value, len);
    f->comm[len] = '\0';
    return true;
}

static bool take_count(struct parse *p, const char *value)
{
    return read_number(value, UINT64_MAX, &p->o->trace.count) ||
           refuse(p, " count=%s: not a number; write count=1000000", value);
}

static bool take_format(struct parse *p, const char *value)
{
    if (!word_in("line tarmac", value))
        return refuse(p, " format=%s: use format=line or format=tarmac", value);
    p->o->trace.tarmac = *value == 't';
    return true;
}

bool take_trace(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"file", take_trace_file, NULL, NULL}, {"el", take_el, NULL, NULL},
        {"range", take_range, NULL, NULL},     {"pid", take_pid, NULL, NULL},
        {"name", take_comm, NULL, NULL},       {"count", take_count, NULL, NULL},
        {"format", take_format, NULL, NULL},
    };
    static const struct property_list list = {"file", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    p->o->trace = (struct insn_filter){.els = 3};
    return take_properties(p, value, &list) &&
           (p->o->trace_file || refuse(p, " %s: name a file: -trace FILE[,...]", value));
}
