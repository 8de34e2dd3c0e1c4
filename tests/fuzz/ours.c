/*
 * Our side (ours.h).
 */
#include "tests/fuzz/ours.h"

#include <stdlib.h>
#include <string.h>

#include "core/exception.h"

enum { WORD_B_SELF = 0x14000000 };

struct ours *ours_create(const struct cpu_model *model, bool stepping)
{
    struct ours *o = calloc(1, sizeof(*o));
    if (!o)
        return NULL;
    o->stepping = stepping;
    o->board = testbed_create(model);
    if (!o->board) {
        free(o);
        return NULL;
    }
    o->cpu = o->board->cpu;
    return o;
}

void ours_destroy(struct ours *o)
{
    testbed_destroy(o->board);
    free(o);
}

void ours_set_code(struct ours *o, const u32 *code)
{
    const u32 loop = WORD_B_SELF; /* in the place of the stub */
    testbed_set_code(o->board, RECORD_CODE, code, RECORD_CODE_BYTES);
    testbed_set_code(o->board, RECORD_CODE, &loop, sizeof(loop));
}

void ours_set_data(struct ours *o, const u8 *data)
{
    testbed_set_data(o->board, data);
}

const u8 *ours_data(const struct ours *o)
{
    return testbed_data(o->board);
}

static void load(struct cpu *c, const struct record_state *in)
{
    enum { SPSR_SSBS = 1 << 12, SPSR_DIT = 1 << 24 }; /* the reference's stay from run to run */
    u64 pstate = c->el ? c->sys[SPSR_EL1] : cpu_pstate(c);
    cpu_set_pstate(c, pstate & (SPSR_SSBS | SPSR_DIT)); /* EL0, SP_EL0, nothing masked */
    memcpy(c->x, in->x, sizeof(in->x));
    c->x[SLOT_SP] = in->sp;
    c->pc = in->pc + 4; /* behind the MRS that gives the reference its X0 */
    cpu_set_nzcv(c, in->nzcv >> 28);
    c->fp.fpcr = in->fpcr;
    c->fp.fpsr = in->fpsr;
    memcpy(c->v, in->v, sizeof(in->v));
    sysreg_poke(c, TPIDR_EL0, in->x[0]);
    c->monitor.set = false;
    c->raised = false;
    c->halted = false;
    c->event = false;
}

/* Execute until the program is left, one way or another. */
static void execute(struct ours *o, const struct program *p)
{
    struct cpu *c = o->cpu;
    if (!o->stepping)
        cpu_run(c, p->words);
    for (unsigned i = 0; o->stepping && i < p->words && c->el == 0; i++)
        if (c->pc - program_start(p) < 4 * (u64)p->words)
            cpu_step(c);
    if (c->raised)
        cpu_step(c); /* takes the exception, and no more */
}

/* What the exception that was taken would look like to a process. */
static enum record_kind kind_of(u64 esr)
{
    unsigned dfsc = (unsigned)bits(esr, 5, 0);
    switch (bits(esr, 31, 26)) {
    case EC_UNKNOWN:
    case EC_SYSREG:
        return RECORD_UNDEFINED;
    case EC_BRK:
        return RECORD_BREAKPOINT;
    case EC_DATA_ABORT:
        if (dfsc == FAULT_ALIGNMENT)
            return RECORD_ALIGNMENT;
        return (dfsc & ~3u) == FAULT_TRANSLATION  ? RECORD_TRANSLATION
               : (dfsc & ~3u) == FAULT_PERMISSION ? RECORD_PERMISSION
                                                  : RECORD_OTHER;
    default:
        return RECORD_OTHER;
    }
}

static void store(struct ours *o, const struct program *p, struct record_state *out)
{
    struct cpu *c = o->cpu;
    bool taken = c->el == 1;
    u64 pstate = taken ? c->sys[SPSR_EL1] : cpu_pstate(c);
    memcpy(out->x, c->x, sizeof(out->x));
    memcpy(out->v, c->v, sizeof(out->v));
    out->sp = cpu_sp(c, 0);
    out->nzcv = (u32)pstate & 0xf0000000;
    out->fpcr = c->fp.fpcr;
    out->fpsr = c->fp.fpsr;
    out->pc = taken ? c->sys[ELR_EL1] : c->pc;
    out->kind = RECORD_DONE;
    out->far = 0;
    u64 esr = c->sys[ESR_EL1];
    if (taken && (c->pc != TESTBED_VECTORS + 0x400 || (pstate & 0x1f)))
        out->kind = RECORD_OTHER; /* not from EL0 by the synchronous vector */
    else if (taken && out->pc - program_start(p) < 4 * (u64)p->words)
        out->kind = kind_of(esr);
    if (out->kind >= RECORD_TRANSLATION && out->kind <= RECORD_ALIGNMENT)
        out->far = c->sys[FAR_EL1];
    o->esr = out->kind == RECORD_DONE ? 0 : esr;
    if (out->pc == program_end(p))
        out->pc = RECORD_CODE; /* the branch to the stub, which the step engine has not made */
}

void ours_run(struct ours *o, const struct program *p, const struct record_state *in,
              struct record_state *out)
{
    enum { FLUSH_EVERY = 61 }; /* now and then all must go the slow way */
    if (++o->runs % FLUSH_EVERY == 0)
        cpu_tlb_flush_all(o->cpu);
    load(o->cpu, in);
    execute(o, p);
    store(o, p, out);
}
