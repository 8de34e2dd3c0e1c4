/*
 * Running a case (run.h). A case is over when the PC leaves its words: what the PC leads to
 * is not part of it. What lies around them is UDF, so that leaving raises an exception of
 * its own, which is told apart by its ELR.
 */
#include "tools/a64test/run.h"

#include <string.h>

#include "core/exception.h"

static bool inside(const struct test_case *c, u64 pc)
{
    return pc - CASE_PC < 4 * (u64)c->words;
}

static void load(struct testbed *b, const struct test_case *c, const struct case_state *s)
{
    struct cpu *cpu = b->cpu;
    u32 code[CASE_MAX_WORDS + 1] = {0}; /* the last: UDF */
    memcpy(code, c->word, 4 * c->words);
    testbed_restore(b);
    testbed_set_code(b, CASE_PC, code, sizeof(code));
    testbed_set_data(b, s->data);
    memcpy(cpu->x, s->x, sizeof(s->x));
    for (unsigned el = 0; el < 2; el++)
        cpu_set_sp(cpu, el, s->sp[el]);
    cpu_set_nzcv(cpu, s->nzcv);
    cpu->fp.fpcr = s->fpcr;
    cpu->fp.fpsr = s->fpsr;
    memcpy(cpu->v, s->v, sizeof(s->v));
    for (unsigned i = 0; i < c->in.count; i++)
        if (c->in.item[i].kind == SET_SYSREG)
            sysreg_poke(cpu, c->in.item[i].index, c->in.item[i].value[0]);
    cpu_set_el(cpu, s->el, s->sp_sel);
    cpu->daif = s->daif;
    cpu->pc = s->pc;
}

static bool in_vectors(const struct cpu *c)
{
    return c->pc - TESTBED_VECTORS < RECORD_PAGE;
}

/* Execute up to COUNT instructions; how many of them is for the caller to know. */
static void execute(struct cpu *cpu, const struct test_case *c, bool stepping, unsigned count)
{
    if (!stepping)
        cpu_run(cpu, count);
    for (unsigned i = 0; stepping && i < count && inside(c, cpu->pc) && !cpu->halted; i++)
        cpu_step(cpu);
    if (cpu->raised)
        cpu_step(cpu); /* takes the exception, and no more */
}

bool run_raised_behind(const struct test_case *c, const struct raised *r, u64 elr)
{
    if (elr == CASE_PC + 4 * (u64)c->words && bits(r->esr, 31, 26) == EC_UNKNOWN)
        return true; /* the UDF behind them */
    switch (bits(r->esr, 31, 26)) {
    case EC_UNKNOWN:
    case EC_INSN_ABORT:
    case EC_INSN_ABORT + 1:
    case EC_PC_ALIGNMENT:
        return !inside(c, elr) && !c->exception.name;
    default:
        return false;
    }
}

static void store(struct testbed *b, const struct test_case *c, struct result *r)
{
    struct cpu *cpu = b->cpu;
    struct case_state *s = &r->state;
    u64 pstate = cpu_pstate(cpu);
    s->pc = cpu->pc;
    r->raised = (struct raised){.any = in_vectors(cpu)};
    if (r->raised.any) {
        r->raised = (struct raised){true, cpu->sys[ESR_EL1], cpu->sys[FAR_EL1], cpu->sys[SPSR_EL1],
                                    cpu->pc - TESTBED_VECTORS};
        s->pc = cpu->sys[ELR_EL1];
        pstate = r->raised.spsr;
        r->raised.any = !run_raised_behind(c, &r->raised, s->pc);
    }
    memcpy(s->x, cpu->x, sizeof(s->x));
    for (unsigned el = 0; el < 2; el++)
        s->sp[el] = cpu_sp(cpu, el);
    s->nzcv = (u8)bits(pstate, 31, 28);
    s->daif = (u8)bits(pstate, 9, 6);
    s->el = (u8)bits(pstate, 3, 2);
    s->sp_sel = (u8)bit(pstate, 0);
    s->fpcr = cpu->fp.fpcr;
    s->fpsr = cpu->fp.fpsr;
    memcpy(s->v, cpu->v, sizeof(s->v));
    memcpy(s->data, testbed_data(b), sizeof(s->data));
}

void run_case(struct testbed *b, const struct test_case *c, const struct case_state *start,
              bool stepping, struct result *r)
{
    load(b, c, start);
    memcpy(r->sys, b->cpu->sys, sizeof(r->sys));
    r->endless = false;
    if (c->steps) {
        execute(b->cpu, c, true, c->steps); /* cpu_run counts at branches */
    } else {
        /* As many as there are words can't go round a loop for long. */
        unsigned done = 0;
        do
            execute(b->cpu, c, stepping, c->words);
        while (inside(c, b->cpu->pc) && !b->cpu->halted && (done += c->words) < CASE_STEP_LIMIT);
        r->endless = done >= CASE_STEP_LIMIT;
    }
    if (c->exception.name && !in_vectors(b->cpu) && b->cpu->pc != CASE_PC + 4 * (u64)c->words) {
        cpu_step(b->cpu); /* it belongs to where the PC went */
        if (b->cpu->raised)
            cpu_step(b->cpu);
    }
    store(b, c, r);
}
