/*
 * Knowledge of Linux: see linux.h.
 */
#include "tools/gdbstub/linux.h"

#include <string.h>

#include "tools/gdbstub/internal.h"
#include "tools/machine.h"

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
