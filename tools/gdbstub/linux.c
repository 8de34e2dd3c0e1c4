/*
 * Knowledge of Linux: see linux.h.
 */
#include "tools/gdbstub/linux.h"

#include <stdlib.h>
#include <string.h>

#include "tools/gdbstub/internal.h"
#include "tools/machine.h"
#include "tools/trace/processes.h"

static const char *const symbol_names[SYMBOL_COUNT] = {
    [SYMBOL_TEXT] = "_text",
    [SYMBOL_INIT_TASK] = "init_task",
    [SYMBOL_ENTRY_TASK] = "__entry_task",
};

static void ask(struct gdbstub *g)
{
    struct linux_layout *l = &g->linux_layout;
    if (l->asked == SYMBOL_COUNT) {
        stub_ok(g);
        return;
    }
    text_puts(&g->reply, "qSymbol:");
    text_hex(&g->reply, symbol_names[l->asked], strlen(symbol_names[l->asked]));
}

void linux_set_kernel(struct gdbstub *g, u64 va)
{
    if (g->kernel_known && g->kernel_va == va)
        return;
    g->kernel_known = true;
    g->kernel_va = va;
    g->probe_stale = true;
}

/* "VALUE:NAME" answers what was asked; ":" offers to answer. */
void linux_symbol(struct gdbstub *g, const char *args)
{
    struct linux_layout *l = &g->linux_layout;
    u64 value = 0;
    bool found = hex_number(&args, &value);
    if (!skip_word(&args, ":")) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    if (!*args && !found) {
        l->asked = 0; /* it has new symbols */
    } else if (l->asked < SYMBOL_COUNT) {
        l->symbol[l->asked] = found ? value : 0;
        if (l->asked == SYMBOL_TEXT && found)
            linux_set_kernel(g, value);
        if (++l->asked == SYMBOL_COUNT)
            tasks_set_symbols(&g->machine->tracing.tasks, l->symbol[SYMBOL_INIT_TASK],
                              l->symbol[SYMBOL_ENTRY_TASK]);
    }
    ask(g);
}

/* Symbols are for the kernel at its own addresses, which it has once the MMU is on. */
static bool current_task(struct gdbstub *g, struct cpu *c, struct task *t)
{
    return c->regime.mmu_on && tasks_current(&g->machine->tracing.tasks, c, t);
}

bool linux_in_scope(struct gdbstub *g, struct cpu *c)
{
    const struct linux_scope *s = &g->scope;
    struct task t;
    if (s->kind == SCOPE_ALL || c->el)
        return true;
    if (s->kind == SCOPE_SPACE)
        return (bits(c->sys[TTBR0_EL1], 47, 0) & ~UINT64_C(1)) == s->space;
    if (!current_task(g, c, &t))
        return true; /* whose it is cannot be known: the user decides */
    return s->kind == SCOPE_PID ? t.pid == s->pid || t.tgid == s->pid
                                : strcmp(t.comm, s->comm) == 0;
}

void linux_name_task(struct gdbstub *g, struct cpu *c, struct text *out)
{
    struct task t;
    if (current_task(g, c, &t))
        text_printf(out, " pid %u %s", t.pid, t.comm);
}

void linux_describe_task(struct gdbstub *g, struct cpu *c, struct text *out)
{
    struct task t;
    if (current_task(g, c, &t))
        text_printf(out, "in pid %u, %s\n", t.pid, t.comm);
}

/* For the commands about processes. */
struct look {
    struct gdbstub *g;
    struct text *out;
    u32 pid; /* which is looked for */
    bool found;
    struct task task;
};

static bool list_process(void *owner, const struct task *t)
{
    struct look *l = owner;
    u64 tables;
    text_printf(l->out, "%7u  ", t->pid);
    if (processes_tables(&l->g->machine->tracing.tasks, stub_cpu(l->g), t, &tables))
        text_printf(l->out, "%010llx", (unsigned long long)tables);
    else
        text_puts(l->out, "-         ");
    text_printf(l->out, "  %s\n", t->comm);
    return true;
}

static void unknown_processes(struct text *out)
{
    text_puts(out, "the processes are not known here: is Linux running yet?\n");
}

void linux_list_processes(struct gdbstub *g, struct text *out)
{
    struct look l = {.g = g, .out = out};
    text_puts(out, "    pid  TTBR0_EL1   command\n");
    if (!processes_visit(&g->machine->tracing.tasks, stub_cpu(g), list_process, &l)) {
        text_clear(out);
        unknown_processes(out);
    }
}

static bool find_process(void *owner, const struct task *t)
{
    struct look *l = owner;
    l->found = t->pid == l->pid;
    if (l->found)
        l->task = *t;
    return !l->found;
}

void linux_use_mm(struct gdbstub *g, const char *args, struct text *out)
{
    struct task_finder *f = &g->machine->tracing.tasks;
    struct look l = {.g = g};
    char *end;
    l.pid = (u32)strtoul(args, &end, 10);
    g->other_space = false;
    if (strcmp(args, "off") == 0)
        text_puts(out, "user addresses are those of what the CPU executes\n");
    else if (end == args || *end)
        text_puts(out, "use-mm PID or use-mm off\n");
    else if (!processes_visit(f, stub_cpu(g), find_process, &l) && !l.found)
        unknown_processes(out);
    else if (!l.found)
        text_printf(out, "there is no process %u\n", l.pid);
    else if (!processes_tables(f, stub_cpu(g), &l.task, &g->other_tables))
        text_printf(out, "%s has no memory of a user\n", l.task.comm);
    else
        g->other_space = true;
    if (g->other_space)
        text_printf(out, "user addresses are those of pid %u, %s, until the machine runs\n", l.pid,
                    l.task.comm);
}
