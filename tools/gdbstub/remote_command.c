/*
 * The stub's own monitor commands, one row each (remote_command.h).
 */
#include "tools/gdbstub/remote_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gdbstub/catch.h"
#include "tools/gdbstub/internal.h"
#include "tools/machine.h"

static bool take_switch(const char *word, bool *on)
{
    if (strcmp(word, "on") && strcmp(word, "off"))
        return false;
    *on = strcmp(word, "on") == 0;
    return true;
}

static void command_phys(struct gdbstub *g, const char *args, struct text *out)
{
    if (*args && !take_switch(args, &g->physical))
        text_puts(out, "phys is either on or off\n");
    else
        text_printf(out, "addresses are %s\n", g->physical ? "physical" : "virtual");
}

static void command_devices(struct gdbstub *g, const char *args, struct text *out)
{
    if (*args && !take_switch(args, &g->touch_devices))
        text_puts(out, "devices is either on or off\n");
    else
        text_printf(out, "memory accesses %s devices\n", g->touch_devices ? "reach" : "leave out");
}

static void command_step_irq(struct gdbstub *g, const char *args, struct text *out)
{
    bool on = !(g->sstep & SSTEP_NOIRQ);
    if (*args && !take_switch(args, &on)) {
        text_puts(out, "step-irq is either on or off\n");
        return;
    }
    g->sstep = on ? SSTEP_ENABLE : SSTEP_ALL;
    text_printf(out, "a step %s interrupts\n", on ? "takes" : "holds back");
}

static void show_scope(const struct linux_scope *s, struct text *out)
{
    static const char *const words[] = {"every process", "pid", "processes called", "TTBR0_EL1"};
    text_printf(out, "breakpoints in user code are for %s", words[s->kind]);
    if (s->kind == SCOPE_PID)
        text_printf(out, " %u", s->pid);
    else if (s->kind == SCOPE_COMM)
        text_printf(out, " %s", s->comm);
    else if (s->kind == SCOPE_SPACE)
        text_printf(out, " %#llx", (unsigned long long)s->space);
    text_puts(out, "\n");
}

static void command_scope(struct gdbstub *g, const char *args, struct text *out)
{
    struct linux_scope s = {SCOPE_ALL, 0, "", 0};
    char *end;
    if (skip_word(&args, "pid ")) {
        s.kind = SCOPE_PID;
        s.pid = (u32)strtoul(args, &end, 10);
        if (end == args || *end)
            s.kind = SCOPE_ALL;
    } else if (skip_word(&args, "name ")) {
        s.kind = SCOPE_COMM;
        snprintf(s.comm, sizeof(s.comm), "%.*s", TASK_COMM - 1, args); /* as the kernel cuts it */
    } else if (skip_word(&args, "ttbr0 ")) {
        skip_word(&args, "0x");
        s.kind = hex_number(&args, &s.space) && !*args ? SCOPE_SPACE : SCOPE_ALL;
        s.space = bits(s.space, 47, 0) & ~UINT64_C(1);
    } else if (*args && strcmp(args, "all") != 0) {
        text_puts(out, "scope all, scope pid N, scope name COMM or scope ttbr0 VALUE\n");
        return;
    }
    if (*args || s.kind != SCOPE_ALL)
        g->scope = s;
    show_scope(&g->scope, out);
}

static void command_ps(struct gdbstub *g, const char *args, struct text *out)
{
    linux_list_processes(g, out);
}

static void command_use_mm(struct gdbstub *g, const char *args, struct text *out)
{
    linux_use_mm(g, args, out);
}

static void command_catch(struct gdbstub *g, const char *args, struct text *out)
{
    catch_exceptions(g, args, out);
}

/* Where vmlinux has the kernel's first byte, for clients that serve no symbols. */
static void command_kernel_base(struct gdbstub *g, const char *args, struct text *out)
{
    u64 va, first, last;
    bool given = *args;
    skip_word(&args, "0x");
    if (given && (!hex_number(&args, &va) || *args)) {
        text_puts(out, "kernel-base ADDRESS: what vmlinux has for _text\n");
        return;
    }
    if (given)
        linux_set_kernel(g, va);
    if (!memory_kernel_place(g, &first, &last))
        text_puts(out, "no Linux kernel was loaded\n");
    else if (!g->kernel_known)
        text_printf(out, "the kernel is at physical %#llx; where it is linked is not known\n",
                    (unsigned long long)first);
    else
        text_printf(out, "the kernel is at physical %#llx, linked to %#llx\n",
                    (unsigned long long)first, (unsigned long long)g->kernel_va);
}

/* What makes gdb show symbols while the MMU is off. */
static void command_early_symbols(struct gdbstub *g, const char *args, struct text *out)
{
    u64 first, last;
    if (!memory_kernel_place(g, &first, &last) || !g->kernel_known)
        text_puts(out, "load vmlinux first: where the kernel is linked is not known\n");
    else
        text_printf(out, "add-symbol-file vmlinux -o %#llx\n",
                    (unsigned long long)(first - g->kernel_va));
}

static void command_help(struct gdbstub *g, const char *args, struct text *out);

static const struct command {
    const char *name, *help;
    void (*run)(struct gdbstub *g, const char *args, struct text *out);
} commands[] = {
    {"help", NULL, command_help},
    {"phys", "on|off: addresses are physical ones", command_phys},
    {"devices", "on|off: reading memory may reach devices", command_devices},
    {"step-irq", "on|off: steps take interrupts", command_step_irq},
    {"scope", "all, pid N, name COMM, ttbr0 VALUE: whose user code breakpoints are in",
     command_scope},
    {"ps", "Linux's processes, without vmlinux too", command_ps},
    {"use-mm", "PID, off: whose user memory is read and written", command_use_mm},
    {"catch exception", "KIND...: stop at their vectors; all, none", command_catch},
    {"kernel-base", "[ADDRESS]: what vmlinux has for _text", command_kernel_base},
    {"early-symbols", "the gdb command for symbols while the MMU is off", command_early_symbols},
};

static void print(void *owner, const char *data, size_t len)
{
    text_add(owner, data, len);
}

static void command_help(struct gdbstub *g, const char *args, struct text *out)
{
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
        if (commands[i].help)
            text_printf(out, "%-18s %s\n", commands[i].name, commands[i].help);
    monitor_execute(g->machine, "help", print, out);
}

static void obey(struct gdbstub *g, const char *line, struct text *out)
{
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        const char *args = line;
        if (!skip_word(&args, commands[i].name) || (*args && *args != ' '))
            continue;
        args += strspn(args, " ");
        commands[i].run(g, args, out);
        return;
    }
    monitor_execute(g->machine, line, print, out);
}

void remote_command(struct gdbstub *g, const char *line)
{
    enum { CHUNK = PACKET_SIZE / 4 };
    struct text out = {0};
    bool was_paused = g->machine->paused;
    obey(g, line + strspn(line, " "), &out);
    for (size_t at = 0; at < out.len; at += CHUNK)
        stub_print(g, out.data + at, out.len - at < CHUNK ? out.len - at : CHUNK);
    text_free(&out);
    if (was_paused && !g->machine->paused) /* `cont`: the client would not know */
        machine_pause(g->machine);
    stub_ok(g);
}
