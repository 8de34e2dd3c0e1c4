/*
 * Exceptions: recording, entry and return (exception.h; DDI 0487 D1.3, and the
 * pseudocode AArch64.TakeException and AArch64.ExceptionReturn).
 */
#include "core/exception.h"

#include "core/debug.h"
#include "core/engine/engine.h"
#include "core/log.h"
#include "core/model.h"

enum {
    ESR_EC_SHIFT = 26,
    ESR_IL = 1 << 25,                 /* a 32-bit instruction, or a class that always sets it */
    ISS_FP_COND = 1 << 24 | 14 << 20, /* CV and COND, always */
    VECTOR_FROM_SP_EL1 = 0x200,
    VECTOR_FROM_EL0 = 0x400,
    SCTLR_SPAN = 23,
    SCTLR_DSSBS = 44,
};

static enum flow record(struct cpu *c, struct exception exc)
{
    c->exc = exc;
    return RAISE;
}

enum flow raise_exception(struct cpu *c, enum exception_class ec, u32 iss)
{
    return record(c, (struct exception){.ec = ec, .iss = iss});
}

enum flow raise_undefined(struct cpu *c)
{
    return raise_exception(c, EC_UNKNOWN, 0);
}

enum flow raise_fp_trap(struct cpu *c)
{
    return raise_exception(c, EC_FP_ACCESS, ISS_FP_COND);
}

enum flow raise_call(struct cpu *c, enum exception_class ec, u32 imm16)
{
    return record(c, (struct exception){.ec = ec, .iss = imm16, .pc_offset = 4});
}

enum flow raise_with_far(struct cpu *c, enum exception_class ec, u32 iss, u64 far)
{
    return record(c, (struct exception){.ec = ec, .iss = iss, .far = far, .has_far = true});
}

enum flow raise_data_abort(struct cpu *c, u64 va, u8 dfsc, u32 flags)
{
    return raise_with_far(c, EC_DATA_ABORT, flags | dfsc, va);
}

enum flow raise_insn_abort(struct cpu *c, u64 va, u8 ifsc)
{
    return raise_with_far(c, EC_INSN_ABORT, ifsc, va);
}

enum flow raise_sysreg_trap(struct cpu *c, u16 encoding, unsigned rt, bool read)
{
    u32 op0 = (u32)bits(encoding, 15, 14), op1 = (u32)bits(encoding, 13, 11);
    u32 crn = (u32)bits(encoding, 10, 7), crm = (u32)bits(encoding, 6, 3);
    u32 op2 = (u32)bits(encoding, 2, 0);
    return raise_exception(
        c, EC_SYSREG, op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | read);
}

static bool same_el_class(u32 ec)
{
    return ec == EC_INSN_ABORT || ec == EC_DATA_ABORT || ec == EC_BREAKPOINT ||
           ec == EC_SOFTWARE_STEP || ec == EC_WATCHPOINT;
}

/* AArch64.TakeException to EL1, the only level that takes any. */
static void enter_el1(struct cpu *c, u64 preferred_return, enum vector vector)
{
    u64 from = c->el == 0 ? VECTOR_FROM_EL0 : c->sp_sel ? VECTOR_FROM_SP_EL1 : 0;
    c->sys[SPSR_EL1] = cpu_pstate(c);
    c->sys[ELR_EL1] = preferred_return;
    c->daif = DAIF_D | DAIF_A | DAIF_I | DAIF_F;
    c->il = c->ss = false;
    c->uao = false;
    c->btype = 0;
    c->ssbs = bit(c->sys[SCTLR_EL1], SCTLR_DSSBS);
    if ((c->model->features & A64_PAN) && !bit(c->sys[SCTLR_EL1], SCTLR_SPAN))
        cpu_set_pan(c, true);
    cpu_set_el(c, 1, 1);
    c->pc = c->sys[VBAR_EL1] + from + vector;
    c->halted = false;
}

void exception_take(struct cpu *c)
{
    const struct exception *x = &c->exc;
    u32 ec = x->ec + (c->el == 1 && same_el_class(x->ec));
    u64 from = c->pc;
    c->engine->counts.exception[ec % EXCEPTION_CLASSES]++;
    c->sys[ESR_EL1] = (u64)ec << ESR_EC_SHIFT | ESR_IL | x->iss;
    if (x->has_far)
        c->sys[FAR_EL1] = x->far;
    if (log_enabled(c->log, LOG_INT))
        log_line(c->log, LOG_INT, "exception EC %#x ISS %#x from EL%u pc %#llx far %#llx", ec,
                 x->iss, c->el, (unsigned long long)from, (unsigned long long)x->far);
    enter_el1(c, c->pc + x->pc_offset, VECTOR_SYNC);
}

static bool fiq_pending(const struct cpu *c)
{
    return c->fiq && !(c->daif & DAIF_F);
}

static bool irq_pending(const struct cpu *c)
{
    return c->irq && !(c->daif & DAIF_I);
}

bool exception_interrupt_pending(const struct cpu *c)
{
    return fiq_pending(c) || irq_pending(c);
}

/* FIQ before IRQ: which of two comes first is IMPLEMENTATION DEFINED. */
void exception_take_interrupt(struct cpu *c)
{
    bool fiq = fiq_pending(c);
    engine_count(c->engine, EVENT_INTERRUPT);
    if (log_enabled(c->log, LOG_INT))
        log_line(c->log, LOG_INT, "%s from EL%u pc %#llx", fiq ? "FIQ" : "IRQ", c->el,
                 (unsigned long long)c->pc);
    enter_el1(c, c->pc, fiq ? VECTOR_FIQ : VECTOR_IRQ);
}

/* IllegalExceptionReturn, for a CPU whose only levels are EL0 and EL1 in AArch64. */
static bool illegal_return(u64 spsr)
{
    unsigned el = (unsigned)bits(spsr, 3, 2);
    return bit(spsr, 4) || bit(spsr, 1) || el > 1 || (el == 0 && bit(spsr, 0));
}

void exception_return(struct cpu *c, u64 pc)
{
    enum { SPSR_IL_BIT = 20, SPSR_SS_BIT = 21 };
    u64 spsr = c->sys[SPSR_EL1], from = cpu_current_pc(c);
    engine_count(c->engine, EVENT_RETURN);
    bool ss = debug_exception_return_ss(c, spsr);
    if (illegal_return(spsr)) {
        u64 keep = (u64)c->el << 2 | (c->el && c->sp_sel);
        spsr = (spsr & ~UINT64_C(0x1f)) | keep | BIT(SPSR_IL_BIT);
    }
    spsr = ss ? spsr | BIT(SPSR_SS_BIT) : spsr & ~BIT(SPSR_SS_BIT);
    cpu_set_pstate(c, spsr);
    c->pc = engine_branch_address(c, pc);
    c->monitor.set = false;
    c->event = true;
    const struct probe *p = &c->engine->probe;
    if (unlikely(p->at_return) && p->at_return(p->owner, c))
        c->probed = PROBE_RETURN;
    if (unlikely(p->observers))
        probe_returned(c, from);
}
