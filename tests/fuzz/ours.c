/*
 * Our side (ours.h).
 */
#include "tests/fuzz/ours.h"

#include <stdlib.h>
#include <string.h>

#include "core/exception.h"

/* Programs whose branches lead back are rare, and most of them stay for ever. */
enum { BUDGET = 1000 };

/*
 * Where a program that ran to its end arrives. Words and all it is the reference's, since
 * programs come by that read it (ADRP leads to its page); it is a break, not executed here.
 */
static const u64 stub = RECORD_CODE;

static bool stop_at_break(void *owner, struct cpu *c)
{
    return true;
}

static enum probe_verdict stop_at_vector(void *owner, struct cpu *c, bool interrupt)
{
    return PROBE_STOP_AFTER;
}

struct ours *ours_create(const struct cpu_model *model, enum engine_kind kind)
{
    struct ours *o = calloc(1, sizeof(*o));
    if (!o)
        return NULL;
    o->kind = kind;
    o->board = testbed_create(model);
    if (!o->board) {
        free(o);
        return NULL;
    }
    o->cpu = o->board->cpu;
    o->board->engine.chains.use = kind == CHAINED ? CHAIN_ALWAYS : CHAIN_NEVER;
    struct probe *probe = &o->board->engine.probe;
    probe->breaks = &stub;
    probe->break_count = 1;
    probe->at_break = stop_at_break;
    probe->at_exception = stop_at_vector;
    probe_changed(&o->board->engine);
    return o;
}

void ours_destroy(struct ours *o)
{
    testbed_destroy(o->board);
    free(o);
}

void ours_set_code(struct ours *o, const u32 *code)
{
    testbed_set_code(o->board, RECORD_CODE, code, RECORD_CODE_BYTES);
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

/* Whether PC is in a program that is not P. */
static bool elsewhere(const struct program *p, u64 pc)
{
    return pc - (RECORD_CODE + RECORD_SLOT_OFFSET) < RECORD_SLOTS * RECORD_SLOT_BYTES &&
           pc - (program_start(p) - 4) >= p->span * (u64)RECORD_SLOT_BYTES;
}

/* Execute until the stub is next or an exception was taken. */
static void execute(struct ours *o, const struct program *p)
{
    struct cpu *c = o->cpu;
    o->wandered = false;
    o->executed = 0;
    bool stepping = o->kind == STEPPING;
    if (!stepping)
        cpu_run(c, BUDGET);
    for (unsigned i = 0; stepping && i < BUDGET && c->el == 0 && c->pc != stub; i++) {
        o->executed += c->pc - program_start(p) < 4 * (u64)p->words;
        cpu_step(c);
        o->wandered |= elsewhere(p, c->pc) && c->el == 0;
    }
    o->endless = c->el == 0 && c->pc != stub;
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
    case EC_PC_ALIGNMENT:
        return RECORD_ALIGNMENT;
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
    if (out->kind == RECORD_PERMISSION && bits(out->far, 55, 0) - TESTBED_VECTORS < RECORD_PAGE)
        out->kind = RECORD_TRANSLATION; /* the reference has nothing there */
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

#define DIFFER(field)                                                                              \
    if (a->field != b->field)                                                                      \
    return #field
#define DIFFER_ALL(field)                                                                          \
    if (memcmp(&a->field, &b->field, sizeof(a->field)))                                            \
    return #field

const char *ours_differ(const struct cpu *a, const struct cpu *b)
{
    DIFFER(pc);
    DIFFER(el);
    DIFFER(sp_sel);
    if (cpu_pstate(a) != cpu_pstate(b))
        return "pstate";
    for (unsigned i = 0; i < SLOT_SINK; i++)
        DIFFER(x[i]);
    DIFFER_ALL(v);
    DIFFER(fp.fpcr);
    DIFFER(fp.fpsr);
    DIFFER(btype);
    DIFFER(halted);
    DIFFER(powered);
    DIFFER(event);
    DIFFER(raised);
    DIFFER(irq);
    DIFFER(fiq);
    DIFFER(icount);
    DIFFER(random_state);
    DIFFER(monitor.set);
    for (unsigned i = 0; i < SYS_COUNT; i++)
        if (a->sys[i] != b->sys[i])
            return i < SYS_ROWS ? sysreg_rows[i].name : "sys";
    return NULL;
}
