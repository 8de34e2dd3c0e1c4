/*
 * A CPU's life and its PSTATE: creation, reset, changes of exception level, and
 * what the engine derives from the system registers (cpu.h).
 */
#include "core/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "core/debug.h"
#include "core/engine/dispatch.h"
#include "core/engine/engine.h"
#include "core/isa/disasm.h"
#include "core/isa/pauth.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/model.h"
#include "core/pmu.h"

/* SPSR_EL1 (C5.2.18). */
enum {
    SPSR_M_SP = 1 << 0,
    SPSR_M_EL_SHIFT = 2,
    SPSR_DAIF_SHIFT = 6,
    SPSR_BTYPE_SHIFT = 10,
    SPSR_SSBS = 1 << 12,
    SPSR_IL = 1 << 20,
    SPSR_SS = 1 << 21,
    SPSR_PAN = 1 << 22,
    SPSR_UAO = 1 << 23,
    SPSR_DIT = 1 << 24,
    SPSR_NZCV_SHIFT = 28,
};

/* SCTLR_EL1 (D17.2.118). */
enum {
    SCTLR_M = 0,
    SCTLR_A = 1,
    SCTLR_C = 2,
    SCTLR_I = 12,
    SCTLR_WXN = 19,
    SCTLR_E0E = 24,
    SCTLR_EE = 25,
    SCTLR_EPAN = 57,
};

enum { TCR_A1 = 22, TCR_AS = 36, TTBR_ASID_SHIFT = 48 };

static const struct log quiet = {0, NULL};

struct cpu *cpu_create(const struct cpu_model *model, unsigned index, struct bus *bus,
                       struct clock *clock, struct engine *engine)
{
    struct cpu *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->index = index;
    c->model = model;
    c->bus = bus;
    c->clock = clock;
    c->engine = engine;
    c->log = &quiet;
    c->bank_el1 = calloc(1 + EL0_BANKS, sizeof(*c->bank_el1));
    c->scratch = calloc(PAGE_WORDS + 1, sizeof(*c->scratch));
    if (!c->bank_el1 || !c->scratch || engine->cpu_count == ENGINE_MAX_CPUS) {
        cpu_destroy(c);
        return NULL;
    }
    c->bank_el0 = c->bank_el1 + 1;
    for (unsigned i = 0; i <= PAGE_WORDS; i++)
        c->scratch[i].fn = op_step_end;
    engine->cpus[engine->cpu_count++] = c;
    timer_init(&c->timer, clock);
    cpu_reset(c);
    return c;
}

void cpu_destroy(struct cpu *c)
{
    if (!c)
        return;
    free(c->bank_el1);
    free(c->scratch);
    free(c);
}

void cpu_reset(struct cpu *c)
{
    memset(c->x, 0, sizeof(c->x));
    memset(c->v, 0, sizeof(c->v));
    c->fp = (struct fp_env){0};
    cpu_set_nzcv(c, 0);
    c->el = 1;
    c->sp_sel = 1;
    c->daif = DAIF_D | DAIF_A | DAIF_I | DAIF_F;
    c->btype = 0;
    c->il = c->ss = c->pan = c->uao = c->ssbs = c->dit = false;
    c->halted = c->event = c->raised = false;
    c->powered = c->index == 0;
    c->monitor.set = false;
    c->pc = 0;
    timer_reset(&c->timer);
    sysreg_reset(c);
    for (unsigned i = 0; i < 1 + EL0_BANKS; i++)
        c->bank_el1[i].asid_valid = false;
    cpu_regime_changed(c);
    cpu_tlb_flush_all(c);
}

void cpu_tlb_flush_all(struct cpu *c)
{
    engine_count(c->engine, EVENT_FLUSH_ALL);
    tlb_flush(c->bank_el1);
    for (unsigned i = 0; i < EL0_BANKS; i++)
        if (c->bank_el0[i].asid_valid)
            tlb_flush(&c->bank_el0[i]);
}

static u64 *sp_storage(struct cpu *c)
{
    return &c->sys[c->el == 1 && c->sp_sel ? SP_EL1 : SP_EL0];
}

u64 cpu_sp(const struct cpu *c, unsigned el)
{
    bool in_use = el == (c->el == 1 && c->sp_sel);
    return in_use ? c->x[SLOT_SP] : c->sys[el ? SP_EL1 : SP_EL0];
}

void cpu_set_sp(struct cpu *c, unsigned el, u64 value)
{
    bool in_use = el == (c->el == 1 && c->sp_sel);
    *(in_use ? &c->x[SLOT_SP] : &c->sys[el ? SP_EL1 : SP_EL0]) = value;
}

/* What depends on the current EL and on controls outside the regime. */
static void update_derived(struct cpu *c)
{
    struct tlb_bank *el0 = &c->bank_el0[c->el0_bank];
    unsigned fpen = (unsigned)bits(c->sys[CPACR_EL1], 21, 20);
    c->tlb = c->el ? c->bank_el1 : el0;
    c->unprivileged = c->el && !c->uao ? el0 : (struct tlb_bank *)c->tlb;
    c->fp_trapped = c->el ? !(fpen & 1) : fpen != 3;
    c->big_endian = bit(c->sys[SCTLR_EL1], c->el ? SCTLR_EE : SCTLR_E0E);
    c->stepping = debug_needs_stepping(c) || log_enabled(c->log, LOG_EXEC | LOG_CPU) ||
                  (c->engine->probe.steps & BIT(c->el));
}

void cpu_set_el(struct cpu *c, unsigned el, unsigned sp_sel)
{
    *sp_storage(c) = c->x[SLOT_SP];
    if (el != c->el)
        pmu_el_changing(c);
    c->el = (u8)el;
    c->sp_sel = (u8)sp_sel;
    c->x[SLOT_SP] = *sp_storage(c);
    update_derived(c);
}

u64 cpu_pstate(const struct cpu *c)
{
    return (u64)cpu_nzcv(c) << SPSR_NZCV_SHIFT | (u64)c->daif << SPSR_DAIF_SHIFT |
           (u64)c->btype << SPSR_BTYPE_SHIFT | (c->ssbs ? SPSR_SSBS : 0) | (c->dit ? SPSR_DIT : 0) |
           (c->uao ? SPSR_UAO : 0) | (c->pan ? SPSR_PAN : 0) | (c->ss ? SPSR_SS : 0) |
           (c->il ? SPSR_IL : 0) | (u64)c->el << SPSR_M_EL_SHIFT |
           (c->el && c->sp_sel ? SPSR_M_SP : 0);
}

void cpu_set_pstate(struct cpu *c, u64 spsr)
{
    cpu_set_nzcv(c, (u32)bits(spsr, 31, 28));
    c->daif = (u8)bits(spsr, 9, 6);
    c->ss = spsr & SPSR_SS;
    c->il = spsr & SPSR_IL;
    cpu_set_pan(c, (c->model->features & A64_PAN) && (spsr & SPSR_PAN));
    c->uao = (c->model->features & A64_UAO) && (spsr & SPSR_UAO);
    c->btype = c->model->features & A64_BTI ? (u8)bits(spsr, 11, 10) : 0;
    c->ssbs = (c->model->features & A64_SSBS) && (spsr & SPSR_SSBS);
    c->dit = (c->model->features & A64_DIT) && (spsr & SPSR_DIT);
    cpu_set_el(c, (unsigned)bits(spsr, 3, 2), spsr & SPSR_M_SP);
}

/* Entries of the EL1 bank for pages that EL0 may access are kept only while PAN is off. */
void cpu_set_pan(struct cpu *c, bool pan)
{
    if (pan && !c->pan)
        tlb_flush_nonglobal(c->bank_el1);
    c->pan = pan;
}

void cpu_set_uao(struct cpu *c, bool uao)
{
    c->uao = uao;
    update_derived(c);
}

static unsigned current_asid(const struct cpu *c)
{
    u64 tcr = c->sys[TCR_EL1];
    u64 ttbr = c->sys[bit(tcr, TCR_A1) ? TTBR1_EL1 : TTBR0_EL1];
    bool wide = bit(tcr, TCR_AS) && c->model->asid_bits == 16;
    return (unsigned)(ttbr >> TTBR_ASID_SHIFT) & (wide ? 0xffff : 0xff);
}

/* The EL0 bank of ASID, emptied if it was another's. */
static void select_el0_bank(struct cpu *c, unsigned asid)
{
    for (unsigned i = 0; i < EL0_BANKS; i++) {
        if (c->bank_el0[i].asid_valid && c->bank_el0[i].asid == asid) {
            c->el0_bank = i;
            return;
        }
    }
    engine_count(c->engine, EVENT_BANK_REUSED);
    c->el0_bank = c->el0_next;
    c->el0_next = (c->el0_next + 1) % EL0_BANKS;
    struct tlb_bank *b = &c->bank_el0[c->el0_bank];
    tlb_flush(b);
    b->asid = (u16)asid;
    b->asid_valid = true;
}

static struct regime current_regime(const struct cpu *c)
{
    u64 sctlr = c->sys[SCTLR_EL1];
    struct regime r;
    memset(&r, 0, sizeof(r)); /* compared as bytes */
    r.ttbr[0] = c->sys[TTBR0_EL1];
    r.ttbr[1] = c->sys[TTBR1_EL1];
    r.tcr = c->sys[TCR_EL1];
    r.mair = c->sys[MAIR_EL1];
    r.mmu_on = bit(sctlr, SCTLR_M);
    r.wxn = bit(sctlr, SCTLR_WXN);
    r.dcache_on = bit(sctlr, SCTLR_C);
    r.icache_on = bit(sctlr, SCTLR_I);
    r.big_endian = bit(sctlr, SCTLR_EE);
    r.pa_bits = c->model->pa_bits;
    r.granules = c->model->granules;
    r.has_hafdbs = c->model->features & A64_HAFDBS;
    r.epan = bit(sctlr, SCTLR_EPAN);
    r.has_ttst = c->model->features & A64_TTST;
    r.has_hpds = c->model->features & A64_HPDS;
    return r;
}

/*
 * A change of tables alone leaves the TLBs as they are, as on hardware; the ASID
 * says which entries may be used. Any other change of the regime empties them.
 */
void cpu_regime_changed(struct cpu *c)
{
    struct regime old = c->regime, now = current_regime(c);
    bool strict = bit(c->sys[SCTLR_EL1], SCTLR_A);
    bool swaps = bit(c->sys[SCTLR_EL1], SCTLR_EE) || bit(c->sys[SCTLR_EL1], SCTLR_E0E);
    unsigned asid = current_asid(c);
    bool other_asid = !c->bank_el0[c->el0_bank].asid_valid || c->bank_el0[c->el0_bank].asid != asid;

    c->regime = now;
    old.ttbr[0] = now.ttbr[0];
    old.ttbr[1] = now.ttbr[1];
    if (memcmp(&old, &now, sizeof(now)) || strict != c->strict_alignment || swaps != c->swaps_data)
        cpu_tlb_flush_all(c);
    c->strict_alignment = strict;
    c->swaps_data = swaps;
    pauth_update(c);
    if (other_asid) {
        engine_count(c->engine, EVENT_SWITCH_ASID);
        select_el0_bank(c, asid);
        tlb_flush_nonglobal(c->bank_el1);
    }
    update_derived(c);
    cpu_kick(c);
}

u64 cpu_current_pc(const struct cpu *c)
{
    return c->in_engine ? OP_PC(c->u) : c->pc;
}

u64 cpu_icount(const struct cpu *c)
{
    return c->in_engine ? c->icount_limit - (u64)(c->until - c->u) : c->icount;
}

void cpu_set_interrupt(void *cpu, unsigned input, bool level)
{
    struct cpu *c = cpu;
    *(input ? &c->fiq : &c->irq) = level;
    if (level)
        cpu_kick(c);
}

void cpu_send_event(struct cpu *c)
{
    c->event = true;
    if (c->send_event)
        c->send_event(c->send_event_owner);
}

void cpu_report_undefined(struct cpu *c)
{
    char text[DISASM_SIZE];
    u32 word = 0;
    if (!log_enabled(c->log, LOG_UNIMP) || !mem_debug_read(c, c->pc, &word, 4, c->el))
        return;
    disasm(&c->engine->decoder, word, c->pc, text, sizeof(text));
    log_line(c->log, LOG_UNIMP, "undefined instruction %08x at %#llx, EL%u: %s", word,
             (unsigned long long)c->pc, c->el, text);
}
