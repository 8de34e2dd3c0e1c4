/*
 * Knowledge of Linux: see linux.h. The layout of struct task_struct differs from
 * kernel to kernel; init_task's is recognised by what every version puts there.
 */
#include "tools/gdbstub/linux.h"

#include <string.h>

#include "tools/gdbstub/internal.h"

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
        l->asked++;
        l->probed = l->known = false;
    }
    ask(g);
}

enum { TASK_MAX = 8192 }; /* what is looked through of a task_struct */

static u64 word_at(const u8 *data, size_t offset)
{
    u64 v;
    memcpy(&v, data + offset, sizeof(v));
    return v;
}

/* The idle task of CPU 0 is called "swapper", or "swapper/0" with SMP. */
static bool find_comm(const u8 *data, u64 *offset)
{
    for (size_t i = 0; i + TASK_COMM <= TASK_MAX; i += 8) {
        if (memcmp(data + i, "swapper", 8) && memcmp(data + i, "swapper/0", 10))
            continue;
        *offset = i;
        return true;
    }
    return false;
}

/*
 * real_parent and parent follow pid and tgid, with a stack canary between them or
 * without; init_task is its own parent, and its group leader comes after two lists.
 */
static bool find_pid(const u8 *data, u64 self, u64 *offset)
{
    for (size_t i = 16; i + 16 <= TASK_MAX; i += 8) {
        if (word_at(data, i) != self || word_at(data, i + 8) != self)
            continue;
        *offset = i - 16;
        return true;
    }
    return false;
}

static bool probe_layout(struct gdbstub *g, struct cpu *c)
{
    struct linux_layout *l = &g->linux_layout;
    u8 data[TASK_MAX];
    u64 self = l->symbol[SYMBOL_INIT_TASK];
    if (l->known || !self || !c->regime.mmu_on)
        return l->known;
    bool physical = g->physical;
    g->physical = false;
    if (memory_read(g, c, self, data, sizeof(data)))
        l->known = find_comm(data, &l->comm) && find_pid(data, self, &l->pid);
    g->physical = physical;
    return l->known;
}

/* A task's address: SP_EL0 in the kernel; else what the entry code will load it from. */
static bool current_task(struct gdbstub *g, struct cpu *c, u64 *task)
{
    const struct linux_layout *l = &g->linux_layout;
    *task = cpu_sp(c, 0);
    if (c->el && bit(*task, 63)) /* at the vectors it is the user's still */
        return true;
    return l->symbol[SYMBOL_ENTRY_TASK] &&
           memory_read(g, c, l->symbol[SYMBOL_ENTRY_TASK] + c->sys[TPIDR_EL1], task, 8) &&
           bit(*task, 63);
}

/* pid and tgid are 0 in init_task, a canary behind them is not. */
static bool read_ids(struct gdbstub *g, struct cpu *c, u64 task, struct linux_task *t)
{
    const struct linux_layout *l = &g->linux_layout;
    u32 ids[4]; /* where they are with a canary, and without */
    u64 canary;
    if (!memory_read(g, c, task + l->pid, ids, sizeof(ids)) ||
        !memory_read(g, c, l->symbol[SYMBOL_INIT_TASK] + l->pid + 8, &canary, 8))
        return false;
    t->pid = ids[canary ? 0 : 2];
    t->tgid = ids[canary ? 1 : 3];
    return true;
}

bool linux_task(struct gdbstub *g, struct cpu *c, struct linux_task *t)
{
    *t = (struct linux_task){0};
    bool physical = g->physical;
    g->physical = false;
    bool ok = probe_layout(g, c) && current_task(g, c, &t->address) &&
              memory_read(g, c, t->address + g->linux_layout.comm, t->comm, TASK_COMM) &&
              read_ids(g, c, t->address, t);
    g->physical = physical;
    for (char *p = t->comm; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    return ok;
}

bool linux_in_scope(struct gdbstub *g, struct cpu *c)
{
    const struct linux_scope *s = &g->scope;
    struct linux_task t;
    if (s->kind == SCOPE_ALL || c->el)
        return true;
    if (s->kind == SCOPE_SPACE)
        return (bits(c->sys[TTBR0_EL1], 47, 0) & ~UINT64_C(1)) == s->space;
    if (!linux_task(g, c, &t))
        return true; /* whose it is cannot be known: the user decides */
    return s->kind == SCOPE_PID ? t.pid == s->pid || t.tgid == s->pid
                                : strcmp(t.comm, s->comm) == 0;
}

void linux_name_task(struct gdbstub *g, struct cpu *c, struct text *out)
{
    struct linux_task t;
    if (linux_task(g, c, &t))
        text_printf(out, " pid %u %s", t.pid, t.comm);
}

void linux_describe_task(struct gdbstub *g, struct cpu *c, struct text *out)
{
    struct linux_task t;
    if (linux_task(g, c, &t))
        text_printf(out, "in pid %u, %s\n", t.pid, t.comm);
}
