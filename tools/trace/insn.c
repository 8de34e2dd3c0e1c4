/*
 * Instructions and their effects (insn.h): the registers are compared with what
 * they were before, accesses are told by the memory functions (engine/probe.h).
 */
#include "tools/trace/insn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine/engine.h"
#include "core/isa/disasm.h"
#include "tools/gdbstub/text.h"
#include "tools/gdbstub/walk.h"

enum { MAX_ACCESSES = 512, BUFFER = 1 << 20 };

typedef unsigned long long ull;

struct access {
    enum probe_access kind;
    u64 va, value;
    unsigned size;
};

struct insn_trace {
    struct probe_observer observer;
    struct engine *engine;
    struct task_finder *tasks;
    struct insn_filter filter;
    FILE *out;
    u64 written;      /* instructions */
    struct task task; /* the last that was asked about; by name it has to be asked anew */
    /* The instruction in hand. */
    bool wanted;
    u64 icount, pc, x[SLOT_SP + 1];
    u32 word, nzcv;
    u8 el, sp_sel;
    union vreg v[32];
    struct access accesses[MAX_ACCESSES];
    unsigned access_count;
};

/* Whether C executes for a process that is asked for. An exec may rename it: ask again. */
static bool right_process(struct insn_trace *t, struct cpu *c)
{
    const struct insn_filter *f = &t->filter;
    struct task *task = &t->task;
    u64 address;
    if (!f->by_pid && !f->by_comm)
        return true;
    if (!tasks_current_address(t->tasks, c, &address))
        return false;
    if ((f->by_comm || task->address != address) && !tasks_read(t->tasks, c, address, task)) {
        task->address = 0;
        return false;
    }
    return (!f->by_pid || task->pid == f->pid || task->tgid == f->pid) &&
           (!f->by_comm || strcmp(task->comm, f->comm) == 0);
}

static void before(void *owner, struct cpu *c, u32 word)
{
    struct insn_trace *t = owner;
    const struct insn_filter *f = &t->filter;
    t->wanted = (!f->ranged || (c->pc >= f->first && c->pc <= f->last)) && right_process(t, c);
    if (!t->wanted)
        return;
    t->icount = c->icount;
    t->pc = c->pc;
    t->word = word;
    t->el = c->el;
    t->sp_sel = c->sp_sel;
    t->nzcv = cpu_nzcv(c);
    memcpy(t->x, c->x, sizeof(t->x));
    memcpy(t->v, c->v, sizeof(t->v));
    t->access_count = 0;
}

/* Pieces of one access, which come one after the other, are put together. */
static void accessed(void *owner, struct cpu *c, enum probe_access kind, u64 va, unsigned size,
                     u64 value)
{
    struct insn_trace *t = owner;
    struct access *last = t->access_count ? &t->accesses[t->access_count - 1] : NULL;
    if (!t->wanted)
        return;
    if (last && last->kind == kind && last->va + last->size == va && size == 1 && last->size < 8) {
        last->value |= value << 8 * last->size++;
        return;
    }
    if (t->access_count < MAX_ACCESSES)
        t->accesses[t->access_count++] = (struct access){kind, va, value, size};
}

/* What an atomic has left behind. */
static u64 value_now(struct cpu *c, const struct access *a)
{
    u64 value = 0;
    walk_read(c, a->va, &value, a->size);
    return value;
}

/* The parts of an instruction's line, or its lines, in one of the two forms. */
struct form {
    void (*instruction)(struct insn_trace *t, const char *text, bool raised);
    void (*x)(struct insn_trace *t, unsigned n, u64 value);
    void (*v)(struct insn_trace *t, unsigned n, const union vreg *value);
    void (*flags)(struct insn_trace *t, struct cpu *c);
    void (*memory)(struct insn_trace *t, struct cpu *c, const struct access *a);
    void (*end)(struct insn_trace *t);
};

static void line_instruction(struct insn_trace *t, const char *text, bool raised)
{
    fprintf(t->out, "%llu EL%u %016llx: %08x  %-40s%s", (ull)t->icount, t->el, (ull)t->pc, t->word,
            text, raised ? " raises" : "");
}

static void line_x(struct insn_trace *t, unsigned n, u64 value)
{
    if (n == SLOT_SP)
        fprintf(t->out, " SP=%llx", (ull)value);
    else
        fprintf(t->out, " X%u=%llx", n, (ull)value);
}

static void line_v(struct insn_trace *t, unsigned n, const union vreg *value)
{
    fprintf(t->out, " V%u=%016llx%016llx", n, (ull)value->d[1], (ull)value->d[0]);
}

static void line_flags(struct insn_trace *t, struct cpu *c)
{
    u32 nzcv = cpu_nzcv(c);
    fprintf(t->out, " NZCV=%c%c%c%c", nzcv & 8 ? 'N' : '-', nzcv & 4 ? 'Z' : '-',
            nzcv & 2 ? 'C' : '-', nzcv & 1 ? 'V' : '-');
}

static void line_memory(struct insn_trace *t, struct cpu *c, const struct access *a)
{
    static const char letters[] = "RWA";
    int digits = 2 * (int)a->size;
    fprintf(t->out, " %c%u[%llx]=%0*llx", letters[a->kind], a->size, (ull)a->va, digits,
            (ull)a->value);
    if (a->kind == PROBE_ACCESS_ATOMIC)
        fprintf(t->out, ">%0*llx", digits, (ull)value_now(c, a));
}

static void line_end(struct insn_trace *t)
{
    fputc('\n', t->out);
}

static void tarmac_instruction(struct insn_trace *t, const char *text, bool raised)
{
    fprintf(t->out, "%llu clk cpu0 IT (%llu) %016llx %08x O EL%u%c_n : %s\n", (ull)t->icount,
            (ull)t->written, (ull)t->pc, t->word, t->el, t->sp_sel && t->el ? 'h' : 't', text);
}

static void tarmac_x(struct insn_trace *t, unsigned n, u64 value)
{
    if (n == SLOT_SP)
        fprintf(t->out, "%llu clk cpu0 R SP_EL%u %016llx\n", (ull)t->icount,
                t->el && t->sp_sel ? 1 : 0, (ull)value);
    else
        fprintf(t->out, "%llu clk cpu0 R X%u %016llx\n", (ull)t->icount, n, (ull)value);
}

static void tarmac_v(struct insn_trace *t, unsigned n, const union vreg *value)
{
    fprintf(t->out, "%llu clk cpu0 R Q%u %016llx%016llx\n", (ull)t->icount, n, (ull)value->d[1],
            (ull)value->d[0]);
}

static void tarmac_flags(struct insn_trace *t, struct cpu *c)
{
    fprintf(t->out, "%llu clk cpu0 R cpsr %08llx\n", (ull)t->icount, (ull)cpu_pstate(c));
}

/* An atomic is a read and, as it has no other word for it, a write. */
static void tarmac_memory(struct insn_trace *t, struct cpu *c, const struct access *a)
{
    int digits = 2 * (int)a->size;
    if (a->kind != PROBE_ACCESS_WRITE)
        fprintf(t->out, "%llu clk cpu0 MR%u %016llx %0*llx\n", (ull)t->icount, a->size, (ull)a->va,
                digits, (ull)a->value);
    if (a->kind != PROBE_ACCESS_READ)
        fprintf(t->out, "%llu clk cpu0 MW%u %016llx %0*llx\n", (ull)t->icount, a->size, (ull)a->va,
                digits, (ull)(a->kind == PROBE_ACCESS_ATOMIC ? value_now(c, a) : a->value));
}

static void tarmac_end(struct insn_trace *t)
{
}

static const struct form line_form = {line_instruction, line_x,      line_v,
                                      line_flags,       line_memory, line_end};
static const struct form tarmac_form = {tarmac_instruction, tarmac_x,      tarmac_v,
                                        tarmac_flags,       tarmac_memory, tarmac_end};

/* SP is another register after a change of level. */
static void show_registers(struct insn_trace *t, struct cpu *c, const struct form *form)
{
    bool same_sp = t->el == c->el && t->sp_sel == c->sp_sel;
    for (unsigned i = 0; i <= SLOT_SP; i++)
        if (t->x[i] != c->x[i] && (i != SLOT_SP || same_sp))
            form->x(t, i, c->x[i]);
    for (unsigned i = 0; i < ARRAY_LEN(t->v); i++)
        if (memcmp(&t->v[i], &c->v[i], sizeof(t->v[i])) != 0)
            form->v(t, i, &c->v[i]);
    if (t->nzcv != cpu_nzcv(c))
        form->flags(t, c);
}

static void after(void *owner, struct cpu *c)
{
    struct insn_trace *t = owner;
    const struct form *form = t->filter.tarmac ? &tarmac_form : &line_form;
    char text[DISASM_SIZE];
    if (!t->wanted)
        return;
    t->wanted = false;
    disasm(&t->engine->decoder, t->word, t->pc, text, sizeof(text));
    form->instruction(t, text, c->raised);
    show_registers(t, c, form);
    for (unsigned i = 0; i < t->access_count; i++)
        form->memory(t, c, &t->accesses[i]);
    form->end(t);
    if (++t->written == t->filter.count)
        probe_remove_observer(t->engine, &t->observer);
}

struct insn_trace *insn_trace_create(struct engine *e, struct task_finder *tasks, const char *path,
                                     const struct insn_filter *filter)
{
    struct insn_trace *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->out = fopen(path, "we");
    if (!t->out) {
        int error = errno;
        free(t);
        errno = error;
        return NULL;
    }
    setvbuf(t->out, NULL, _IOFBF, BUFFER);
    t->engine = e;
    t->tasks = tasks;
    t->filter = *filter;
    t->observer = (struct probe_observer){
        .owner = t, .steps = (u8)filter->els, .before = before, .after = after, .access = accessed};
    probe_add_observer(e, &t->observer);
    return t;
}

void insn_trace_destroy(struct insn_trace *t)
{
    if (!t)
        return;
    probe_remove_observer(t->engine, &t->observer);
    fclose(t->out);
    free(t);
}
