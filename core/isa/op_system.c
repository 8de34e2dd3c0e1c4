/*
 * Hints, barriers, PSTATE and system registers (C4.1.93, C5.3).
 */
#include "core/exception.h"
#include "core/isa/ops.h"
#include "core/isa/system.h"
#include "core/memory.h"
#include "core/sysreg_hooks.h"

enum { SPSR_DAIF_SHIFT = 6 }; /* as MRS and MSR have DAIF, too */

OP(hint, 1)
{
    return NEXT;
}

/* Where it may stand was seen before it is executed. */
OP(bti, 1)
{
    return NEXT;
}

OP(yield, 1)
{
    return NEXT;
}

/* SCTLR_EL1.nTWI and nTWE: at EL0 clear traps the instruction. */
static bool wait_trapped(const struct cpu *c, unsigned control)
{
    return c->el == 0 && !bit(c->sys[SCTLR_EL1], control);
}

enum { SCTLR_NTWI = 16, SCTLR_NTWE = 18, ISS_WFX_CV = 1 << 24, ISS_WFX_COND_AL = 14 << 20 };

/* With an interrupt pending, masked or not, it does not wait, and is not trapped either. */
OP_SYS(wfi, 1)
{
    if (c->irq || c->fiq)
        return NEXT;
    if (wait_trapped(c, SCTLR_NTWI))
        return raise_exception(c, EC_WFX, ISS_WFX_CV | ISS_WFX_COND_AL);
    c->halted = true;
    return LEAVE;
}

OP_SYS(wfe, 1)
{
    if (c->event) {
        c->event = false;
        return NEXT;
    }
    if (wait_trapped(c, SCTLR_NTWE))
        return raise_exception(c, EC_WFX, ISS_WFX_CV | ISS_WFX_COND_AL | 1);
    return LEAVE; /* an event may come at any time: a chance for other CPUs */
}

OP_SYS(sev, 1)
{
    cpu_send_event(c);
    return NEXT;
}

OP(sevl, 1)
{
    c->event = true;
    return NEXT;
}

OP(clrex, 1)
{
    c->monitor.set = false;
    return NEXT;
}

/* Accesses are performed in order, one CPU at a time: nothing to wait for. */
OP(dsb, 1)
{
    return NEXT;
}

OP(dmb, 1)
{
    return NEXT;
}

/* Nothing is executed on speculation. */
OP(sb, 1)
{
    return NEXT;
}

/* System-register changes took effect when they were made. */
OP(isb, 1)
{
    return NEXT;
}

OP_SYS(msr_spsel, 1)
{
    if (c->el == 0)
        return raise_undefined(c);
    cpu_set_el(c, c->el, u->imm & 1);
    return NEXT;
}

/* Neither has an effect on what instructions do. */
OP(msr_ssbs, 1)
{
    c->ssbs = u->imm & 1;
    return NEXT;
}

OP(msr_dit, 1)
{
    c->dit = u->imm & 1;
    return NEXT;
}

OP_SYS(msr_pan, 1)
{
    if (c->el == 0)
        return raise_undefined(c);
    cpu_set_pan(c, u->imm & 1);
    return LEAVE;
}

OP_SYS(msr_uao, 1)
{
    if (c->el == 0)
        return raise_undefined(c);
    cpu_set_uao(c, u->imm & 1);
    return LEAVE;
}

/* At EL0 without SCTLR_EL1.UMA, as any access to DAIF: trapped. */
static bool daif_trapped(const struct cpu *c)
{
    return c->el == 0 && !bit(c->sys[SCTLR_EL1], SCTLR_UMA);
}

/* The ISS names the instruction as MSR DAIFSet/DAIFClr: op0 0, CRn 4, Rt 31. */
static enum flow raise_daif_trap(struct cpu *c, unsigned op2, unsigned imm)
{
    return raise_sysreg_trap(c, SYSREG_ENCODING(0, 3, 4, imm, op2), 31, false);
}

/* At EL1 nothing traps, and what is masked can wait. */
OP_TWIN(msr_daifset, 1)
{
    if (!e.slow && c->el == 0)
        return MISS;
    if (e.slow && daif_trapped(c))
        return raise_daif_trap(c, 6, (unsigned)u->imm);
    c->daif |= (u8)u->imm;
    return NEXT;
}

/* Debug exceptions are looked for by the stepping loop, before each instruction. */
OP_TWIN(msr_daifclr, 1)
{
    if (!e.slow && (c->el == 0 || c->irq || c->fiq))
        return MISS;
    if (e.slow && daif_trapped(c))
        return raise_daif_trap(c, 7, (unsigned)u->imm);
    c->daif &= (u8)~u->imm;
    return e.slow && exception_interrupt_pending(c) ? LEAVE : NEXT;
}

static enum flow read_register(struct cpu *c, const struct uop *u)
{
    u64 value = 0;
    if (u->imm < 0)
        return sysreg_missing(c, u->aux);
    enum flow f = sysreg_mrs(c, (unsigned)u->imm, u->n, &value);
    if (f != RAISE)
        X(d) = value;
    return f;
}

OP_SYS(mrs, 1)
{
    return read_register(c, u);
}

/* The kernel keeps `current` in SP_EL0, and looks at DAIF around each lock. */
OP_TWIN(mrs_sp_el0, 1)
{
    if (e.slow)
        return read_register(c, u);
    if (!c->sp_sel)
        return MISS;
    X(d) = c->sys[SP_EL0];
    return NEXT;
}

OP_TWIN(mrs_daif, 1)
{
    if (e.slow)
        return read_register(c, u);
    if (c->el == 0)
        return MISS;
    X(d) = (u64)c->daif << SPSR_DAIF_SHIFT;
    return NEXT;
}

/* The same where nothing can happen but at the wrong exception level. */
OP(mrs_plain, 2)
{
    if (V && unlikely(c->el == 0))
        return sysreg_denied(c, u->aux, u->n, true);
    X(d) = c->sys[u->imm];
    return NEXT;
}

OP_SYS(msr_reg, 1)
{
    if (u->imm < 0)
        return sysreg_missing(c, u->aux);
    return sysreg_msr(c, (unsigned)u->imm, u->n, X(d));
}

/* Back to fewer masks, with an interrupt pending perhaps, is the slow twin's. */
OP_TWIN(msr_daif, 1)
{
    if (e.slow)
        return sysreg_msr(c, (unsigned)u->imm, u->n, X(d));
    if (c->el == 0 || c->irq || c->fiq)
        return MISS;
    c->daif = (u8)bits(X(d), SPSR_DAIF_SHIFT + 3, SPSR_DAIF_SHIFT);
    return NEXT;
}

static enum flow system_instruction(struct cpu *c, const struct uop *u)
{
    if (u->imm < 0)
        return sysreg_missing(c, u->aux);
    return sysreg_sys(c, (unsigned)u->imm, u->n, X(d));
}

OP_SYS(sys, 1)
{
    return system_instruction(c, u);
}

/* DC ZVA where the page can be written inline. */
OP_TWIN(dc_zva, 1)
{
    enum { BLOCK = 64 };
    if (e.slow)
        return system_instruction(c, u);
    u8 *block = mem_poke(c, e, X(d) & ~(u64)(BLOCK - 1), BLOCK, MEM_PLAIN);
    if (!block || (c->el == 0 && !bit(c->sys[SCTLR_EL1], SCTLR_DZE)))
        return MISS;
    memset(block, 0, BLOCK);
    return NEXT;
}

/* No system instruction of ARMv8.0 returns a value. */
OP_SYS(sysl, 1)
{
    return sysreg_missing(c, u->aux);
}

handler_fn *system_quick_mrs(const struct uop *u)
{
    if (u->imm < 0)
        return NULL;
    if (u->imm == SP_EL0)
        return op_mrs_sp_el0_0;
    if (u->imm == DAIF)
        return op_mrs_daif_0;
    const struct sysreg_row *r = &sysreg_rows[u->imm];
    if (r->read || r->check || r->needs || !(r->access & EL1_R))
        return NULL;
    return r->access & EL0_R ? op_mrs_plain_0 : op_mrs_plain_1;
}

handler_fn *system_quick_msr(const struct uop *u)
{
    return u->imm == DAIF ? op_msr_daif_0 : NULL;
}

handler_fn *system_quick_sys(const struct uop *u)
{
    return u->imm >= 0 && sysreg_rows[u->imm].perform == op_dc_zva ? op_dc_zva_0 : NULL;
}

handler_fn *system_no_operation(void)
{
    return op_hint_0;
}
