/*
 * Our side (ours.h). Linux's choices for processes are made here: SCTLR_EL1's traps are
 * off, TBI0 is on, SP's alignment is not checked (user-mode QEMU does not).
 */
#include "tests/fuzz/ours.h"

#include <stdlib.h>
#include <string.h>

#include "core/exception.h"

#define RAM_BASE  UINT64_C(0x20000000)
#define RAM_SIZE  UINT64_C(0x02000000)
#define TABLES    UINT64_C(0x20200000) /* one page each: levels 0 to 2, two of level 3 */
#define VECTORS   UINT64_C(0x20300000)
#define LEVEL3(i) (TABLES + (3 + (u64)(i)) * RECORD_PAGE)

enum { DESC_TABLE = 3, DESC_PAGE = 3, DESC_AF = 1 << 10, DESC_NG = 1 << 11, DESC_SH = 3 << 8 };
enum { DESC_AP_EL0 = 1 << 6, DESC_AP_RO = 1 << 7 };
#define DESC_PXN BIT(53)
#define DESC_UXN BIT(54)

enum {
    USER_RW = DESC_PAGE | DESC_AF | DESC_NG | DESC_SH | DESC_AP_EL0,
    USER_RO = USER_RW | DESC_AP_RO,
    KERNEL_TEXT = DESC_PAGE | DESC_AF | DESC_SH | DESC_AP_RO,
    WORD_B_SELF = 0x14000000,
};

static u64 no_time(void *owner)
{
    return 0;
}

static void write64(struct ours *o, u64 pa, u64 value)
{
    bus_dma_write(&o->bus, pa, &value, sizeof(value));
}

/* Map SIZE bytes at VA, flat, through the level 3 table at TABLE. */
static void map(struct ours *o, u64 table, u64 va, u64 size, u64 attributes)
{
    for (u64 at = va; at < va + size; at += RECORD_PAGE)
        write64(o, table + bits(at, 20, 12) * 8, at | attributes);
}

static void build_tables(struct ours *o)
{
    u64 level1 = TABLES + RECORD_PAGE, level2 = level1 + RECORD_PAGE;
    u64 writable = RECORD_WRITABLE_PAGES * (u64)RECORD_PAGE;
    write64(o, TABLES, level1 | DESC_TABLE);
    write64(o, level1, level2 | DESC_TABLE);
    write64(o, level2 + bits(RECORD_DATA, 29, 21) * 8, LEVEL3(0) | DESC_TABLE);
    write64(o, level2 + bits(RECORD_CODE, 29, 21) * 8, LEVEL3(1) | DESC_TABLE);
    write64(o, level2 + bits(VECTORS, 29, 21) * 8, LEVEL3(2) | DESC_TABLE);
    map(o, LEVEL3(0), RECORD_DATA, writable, USER_RW | DESC_UXN | DESC_PXN);
    map(o, LEVEL3(0), RECORD_DATA + writable, RECORD_DATA_BYTES - writable,
        USER_RO | DESC_UXN | DESC_PXN);
    map(o, LEVEL3(1), RECORD_CODE, RECORD_CODE_BYTES, USER_RO | DESC_PXN);
    map(o, LEVEL3(2), VECTORS, RECORD_PAGE, KERNEL_TEXT | DESC_UXN);
}

/* An exception that comes before the budget is used up ends in a loop at its vector. */
static void fill_vectors(struct ours *o)
{
    const u32 loop = WORD_B_SELF;
    for (unsigned i = 0; i < RECORD_PAGE; i += 4)
        bus_dma_write(&o->bus, VECTORS + i, &loop, sizeof(loop));
}

static void set_registers(struct cpu *c)
{
    enum { M = 0, C = 2, I = 12, DZE = 14, UCT = 15, NTWI = 16, NTWE = 18, UCI = 26, RES1 = 11 };
    enum { T0SZ_48 = 16, EPD1 = 23, TBI0 = 37, FPEN_ALL = 3 << 20, NORMAL = 0xff };
    sysreg_poke(c, MAIR_EL1, NORMAL);
    sysreg_poke(c, TCR_EL1, T0SZ_48 | BIT(EPD1) | BIT(TBI0));
    sysreg_poke(c, TTBR0_EL1, TABLES);
    sysreg_poke(c, VBAR_EL1, VECTORS);
    sysreg_poke(c, CPACR_EL1, FPEN_ALL);
    sysreg_poke(c, SCTLR_EL1,
                BIT(M) | BIT(C) | BIT(I) | BIT(DZE) | BIT(UCT) | BIT(NTWI) | BIT(NTWE) | BIT(UCI) |
                    BIT(RES1));
    cpu_regime_changed(c);
}

struct ours *ours_create(const struct cpu_model *model, bool stepping)
{
    struct ours *o = calloc(1, sizeof(*o));
    if (!o)
        return NULL;
    o->stepping = stepping;
    o->clock.source = no_time;
    if (!bus_add_ram(&o->bus, "ram", RAM_BASE, RAM_SIZE) ||
        !engine_init(&o->engine, &o->bus, model->features) ||
        !(o->cpu = cpu_create(model, 0, &o->bus, &o->clock, &o->engine))) {
        ours_destroy(o);
        return NULL;
    }
    build_tables(o);
    fill_vectors(o);
    set_registers(o->cpu);
    return o;
}

void ours_destroy(struct ours *o)
{
    if (o->cpu)
        cpu_destroy(o->cpu);
    engine_destroy(&o->engine);
    bus_destroy(&o->bus);
    free(o);
}

void ours_set_code(struct ours *o, const u32 *code)
{
    const u32 loop = WORD_B_SELF;
    bus_dma_write(&o->bus, RECORD_CODE, code, RECORD_CODE_BYTES);
    bus_dma_write(&o->bus, RECORD_CODE, &loop, sizeof(loop));
}

void ours_set_data(struct ours *o, const u8 *data)
{
    bus_dma_write(&o->bus, RECORD_DATA, data, RECORD_DATA_BYTES);
}

const u8 *ours_data(const struct ours *o)
{
    return bus_host(&o->bus, RECORD_DATA, RECORD_DATA_BYTES);
}

static void load(struct cpu *c, const struct record_state *in)
{
    cpu_set_pstate(c, 0); /* EL0, SP_EL0, nothing masked */
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
    if (taken && (c->pc != VECTORS + 0x400 || (pstate & 0x1f)))
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
