/*
 * Letting the machine run, stepping it, and saying why it stopped (packets c, s,
 * vCont; GDB manual, E.2 and E.3).
 *
 * A step is one instruction, or one exception taken. Interrupts wait meanwhile
 * unless the client wants them (Qqemu.sstep, `monitor step-irq`): who steps
 * through a kernel wants to see its code, not a timer's.
 */
#include <string.h>

#include "tools/gdbstub/agent.h"
#include "tools/gdbstub/catch.h"
#include "tools/gdbstub/internal.h"
#include "tools/gdbstub/linux.h"
#include "tools/machine.h"

enum {
    STEP_BATCH = 4096, /* instructions of a range between two looks at the host */
    OTHERS_BUDGET = 1, /* instructions that the other CPUs get for each step of one */
};

static void write_stop(struct gdbstub *g, struct cpu *c, unsigned signal, const char *why)
{
    struct text *t = &g->stop;
    text_clear(t);
    text_printf(t, "T%02x%sthread:", signal, why);
    stub_add_thread(g, t, c->index);
    text_printf(t, ";core:%x;", c->index);
    registers_expedite(g, t, c);
}

void resume_report(struct gdbstub *g, struct cpu *c, unsigned signal, const char *why)
{
    bool owed = g->running;
    g->running = false;
    g->mode = RUN_FREELY;
    g->general_cpu = g->resume_cpu = c->index;
    machine_pause(g->machine);
    write_stop(g, c, signal, why);
    if (owed)
        stub_send(g, &g->stop);
}

/* As a client finds the machine when it attaches. */
void resume_init(struct gdbstub *g)
{
    struct cpu *c = g->virt->cpu[g->virt->running];
    g->running = false;
    g->mode = RUN_FREELY;
    g->passing = NULL;
    machine_pause(g->machine);
    write_stop(g, c, SIGNAL_TRAP, "");
}

void gdbstub_paused(struct gdbstub *g)
{
    if (g && g->running)
        resume_report(g, g->virt->cpu[g->virt->running], SIGNAL_INT, "");
}

/* A break at the address that the client gave; at another one it must look itself. */
static void add_break(struct gdbstub *g, const struct cpu *c, struct text *why)
{
    const struct breakpoint *b = breaks_find(g, c, c->pc);
    bool hard = b && b->kinds & BREAK_HARDWARE;
    if (b && b->va == c->pc && (hard ? g->hwbreak : g->swbreak))
        text_puts(why, hard ? "hwbreak:;" : "swbreak:;");
}

static void add_watch(struct gdbstub *g, const struct cpu *c, struct text *why)
{
    const struct watchpoint *w = breaks_find_watch(g, c->probed_va, c->probed == PROBE_WRITE);
    static const char *const names[] = {"watch", "rwatch", "awatch"};
    if (w)
        text_printf(why, "%s:%llx;", names[w->type - WATCH_WRITE],
                    (unsigned long long)(w->va + bits(c->probed_va - w->va, 55, 0)));
}

/* What cpu.probed says, in the words of a stop reply. */
static void report_probe(struct gdbstub *g, struct cpu *c)
{
    struct text why = {0}, line = {0};
    text_puts(&why, "");
    switch (c->probed) {
    case PROBE_BREAK:
        add_break(g, c, &why);
        break;
    case PROBE_READ:
    case PROBE_WRITE:
        add_watch(g, c, &why);
        break;
    case PROBE_EXCEPTION:
    case PROBE_RETURN:
        catch_reason(g, c, &why);
        break;
    case PROBE_VECTOR:
        catch_describe(c, &line);
        break;
    default:
        break;
    }
    if (!c->el && c->probed != PROBE_RETURN)
        linux_describe_task(g, c, &line); /* which of the processes that it may be */
    if (line.len && g->running)
        stub_print(g, line.data, line.len);
    if (c->probed == PROBE_BREAK || c->probed == PROBE_EXCEPTION) {
        g->passing = c;
        g->passing_pc = c->pc;
        g->passing_icount = c->icount;
    }
    /* gdb takes a trap behind a step over its own breakpoint for the step's end, and goes on. */
    bool lost = c->probed == PROBE_VECTOR && g->mode != RUN_FREELY;
    resume_report(g, c, lost ? SIGNAL_STOP : SIGNAL_TRAP, why.data);
    text_free(&why);
    text_free(&line);
}

void gdbstub_stopped(struct gdbstub *g)
{
    if (g)
        report_probe(g, g->virt->cpu[g->virt->running]);
}

/* Stepping */

bool gdbstub_steps(const struct gdbstub *g)
{
    return g && g->running && g->mode != RUN_FREELY;
}

static bool in_range(const struct gdbstub *g, const struct cpu *c)
{
    return c->pc >= g->range_first && c->pc < g->range_end;
}

/* False when one of them stopped, which was reported. */
static bool run_others(struct gdbstub *g)
{
    struct virt *v = g->virt;
    for (unsigned i = 0; i < v->cpus; i++) {
        if (i == g->step_cpu || !v->cpu[i]->powered)
            continue;
        v->running = i;
        if (cpu_run(v->cpu[i], OTHERS_BUDGET) == STOP_DEBUG) {
            report_probe(g, v->cpu[i]);
            return false;
        }
    }
    v->running = g->step_cpu;
    return true;
}

static enum stop step_once(struct gdbstub *g, struct cpu *c)
{
    c->halted = false; /* a WFI may end for any reason, and a step is one */
    c->interrupts_held = g->sstep & SSTEP_NOIRQ;
    enum stop stop = cpu_step(c);
    c->interrupts_held = false;
    return stop;
}

/* A break inside a range that is stepped through. */
static bool comes_to_break(struct cpu *c)
{
    const struct probe *p = &c->engine->probe;
    if (!p->break_count || !probe_matches(c, c->pc) || !p->at_break(p->owner, c))
        return false;
    c->probed = PROBE_BREAK;
    return true;
}

void gdbstub_step(struct gdbstub *g)
{
    struct cpu *c = g->virt->cpu[g->step_cpu];
    g->virt->running = g->step_cpu;
    if (!(g->sstep & SSTEP_NOTIMER))
        clock_run(&g->virt->clock);
    for (unsigned n = 0; n < STEP_BATCH && g->running; n++) {
        if (c->powered && step_once(g, c) == STOP_DEBUG) {
            report_probe(g, c);
            return;
        }
        if (!run_others(g))
            return;
        if (g->mode == RUN_STEP || !c->powered || !in_range(g, c)) {
            resume_report(g, c, SIGNAL_TRAP, "");
            return;
        }
        if (comes_to_break(c)) {
            report_probe(g, c);
            return;
        }
    }
}

/* Resuming */

static void resume(struct gdbstub *g, enum run_mode mode, unsigned cpu)
{
    breaks_apply(g);
    g->other_space = false;
    g->mode = mode;
    g->step_cpu = cpu;
    g->running = g->was_running = true;
    machine_resume(g->machine);
}

void resume_freely(struct gdbstub *g)
{
    resume(g, RUN_FREELY, 0);
}

/* c and s have an address, C and S a signal (which there is nobody to give to) and an address. */
static void resume_at(struct gdbstub *g, const char *args, bool signal, enum run_mode mode)
{
    struct cpu *c = g->virt->cpu[g->resume_cpu];
    u64 n, va = c->pc;
    if ((signal && !hex_number(&args, &n)) || (signal && *args && !skip_word(&args, ";")) ||
        (*args && (!hex_number(&args, &va) || *args))) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    c->pc = va;
    resume(g, mode, g->resume_cpu);
}

void packet_c(struct gdbstub *g, const char *args)
{
    resume_at(g, args, false, RUN_FREELY);
}

void packet_C(struct gdbstub *g, const char *args)
{
    resume_at(g, args, true, RUN_FREELY);
}

void packet_s(struct gdbstub *g, const char *args)
{
    resume_at(g, args, false, RUN_STEP);
}

void packet_S(struct gdbstub *g, const char *args)
{
    resume_at(g, args, true, RUN_STEP);
}

void packet_vCont_query(struct gdbstub *g, const char *args)
{
    text_puts(&g->reply, "vCont;c;C;s;S;r");
}

struct action {
    enum run_mode mode;
    u64 first, end; /* of RUN_RANGE */
    int cpu;        /* enum thread_id */
};

/* One ";action[:thread]"; false: malformed. */
static bool parse_action(const struct gdbstub *g, const char **at, struct action *a)
{
    char kind = **at;
    u64 signal;
    if (!kind)
        return false;
    ++*at;
    a->cpu = THREAD_ALL;
    a->mode = kind == 's' || kind == 'S' ? RUN_STEP : kind == 'r' ? RUN_RANGE : RUN_FREELY;
    if (!strchr("cCsSr", kind) || (strchr("CS", kind) && !hex_number(at, &signal)))
        return false;
    if (kind == 'r' &&
        (!hex_number(at, &a->first) || !skip_word(at, ",") || !hex_number(at, &a->end)))
        return false;
    return !skip_word(at, ":") || stub_parse_thread(g, at, &a->cpu);
}

/* The leftmost action that names a CPU is its; one CPU is stepped, the others run along. */
void packet_vCont(struct gdbstub *g, const char *args)
{
    struct action chosen = {.mode = RUN_FREELY};
    unsigned cpu = g->resume_cpu;
    u64 settled = 0; /* CPUs that have their action */
    bool any = false, ok = true;
    while (ok && skip_word(&args, ";")) {
        struct action a = {0};
        ok = parse_action(g, &args, &a);
        unsigned which = a.cpu >= 0 ? (unsigned)a.cpu : g->general_cpu;
        if (a.mode != RUN_FREELY && chosen.mode == RUN_FREELY && !(settled & BIT(which))) {
            chosen = a;
            cpu = which;
        }
        settled |= a.cpu == THREAD_ALL ? UINT64_MAX : BIT(which);
        any = true;
    }
    if (!any || !ok || *args) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    g->range_first = chosen.first;
    g->range_end = chosen.end;
    resume(g, chosen.mode, cpu);
}
