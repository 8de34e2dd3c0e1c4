/*
 * What a control register makes of an access that the exception level would
 * allow: the traps of EL0 accesses to EL1 (SCTLR_EL1, CNTKCTL_EL1, PMUSERENR_EL0,
 * MDSCR_EL1, CPACR_EL1), as each register's accessibility pseudocode says
 * (DDI 0487, chapters C5 and D19).
 */
#include "core/sysreg_hooks.h"

enum {
    CNTKCTL_EL0PCTEN = 0,
    CNTKCTL_EL0VCTEN = 1,
    CNTKCTL_EL0VTEN = 8,
    CNTKCTL_EL0PTEN = 9,
    PMUSERENR_EN = 1,
    PMUSERENR_SW = 2,
    PMUSERENR_CR = 4,
    PMUSERENR_ER = 8,
    MDSCR_TDCC = 12,
};

/* Trapped at EL0 unless bit CONTROL of register R is set. */
static enum sysreg_verdict el0_if(const struct cpu *c, enum sysreg r, unsigned control)
{
    return c->el || bit(c->sys[r], control) ? SYSREG_OK : SYSREG_TRAP;
}

enum sysreg_verdict check_uct(const struct cpu *c, bool write)
{
    return el0_if(c, SCTLR_EL1, SCTLR_UCT);
}

enum sysreg_verdict check_uma(const struct cpu *c, bool write)
{
    return el0_if(c, SCTLR_EL1, SCTLR_UMA);
}

enum sysreg_verdict check_dze(const struct cpu *c, bool write)
{
    return el0_if(c, SCTLR_EL1, SCTLR_DZE);
}

enum sysreg_verdict check_uci(const struct cpu *c, bool write)
{
    return el0_if(c, SCTLR_EL1, SCTLR_UCI);
}

enum sysreg_verdict check_enrctx(const struct cpu *c, bool write)
{
    return el0_if(c, SCTLR_EL1, SCTLR_ENRCTX);
}

enum sysreg_verdict check_fp(const struct cpu *c, bool write)
{
    return c->fp_trapped ? SYSREG_FP_TRAP : SYSREG_OK;
}

/* SP_EL0 can't be named while it is the stack pointer in use. */
enum sysreg_verdict check_sp_el0(const struct cpu *c, bool write)
{
    return c->sp_sel ? SYSREG_OK : SYSREG_UNDEFINED;
}

enum sysreg_verdict check_cntfrq(const struct cpu *c, bool write)
{
    enum sysreg_verdict physical = el0_if(c, CNTKCTL_EL1, CNTKCTL_EL0PCTEN);
    return physical == SYSREG_OK ? SYSREG_OK : el0_if(c, CNTKCTL_EL1, CNTKCTL_EL0VCTEN);
}

enum sysreg_verdict check_cntpct(const struct cpu *c, bool write)
{
    return el0_if(c, CNTKCTL_EL1, CNTKCTL_EL0PCTEN);
}

enum sysreg_verdict check_cntvct(const struct cpu *c, bool write)
{
    return el0_if(c, CNTKCTL_EL1, CNTKCTL_EL0VCTEN);
}

enum sysreg_verdict check_cntp(const struct cpu *c, bool write)
{
    return el0_if(c, CNTKCTL_EL1, CNTKCTL_EL0PTEN);
}

enum sysreg_verdict check_cntv(const struct cpu *c, bool write)
{
    return el0_if(c, CNTKCTL_EL1, CNTKCTL_EL0VTEN);
}

/* Trapped at EL0 unless PMUSERENR_EL0 has one of ENABLES. */
static enum sysreg_verdict pmuserenr(const struct cpu *c, unsigned enables)
{
    return c->el || (c->sys[PMUSERENR_EL0] & enables) ? SYSREG_OK : SYSREG_TRAP;
}

enum sysreg_verdict check_pm(const struct cpu *c, bool write)
{
    return pmuserenr(c, PMUSERENR_EN);
}

enum sysreg_verdict check_pm_counter(const struct cpu *c, bool write)
{
    return pmuserenr(c, write ? PMUSERENR_EN : PMUSERENR_EN | PMUSERENR_ER);
}

enum sysreg_verdict check_pm_cycle(const struct cpu *c, bool write)
{
    return pmuserenr(c, write ? PMUSERENR_EN : PMUSERENR_EN | PMUSERENR_CR);
}

enum sysreg_verdict check_pm_select(const struct cpu *c, bool write)
{
    return pmuserenr(c, PMUSERENR_EN | PMUSERENR_ER);
}

enum sysreg_verdict check_pm_swinc(const struct cpu *c, bool write)
{
    return pmuserenr(c, PMUSERENR_EN | PMUSERENR_SW);
}

enum sysreg_verdict check_tdcc(const struct cpu *c, bool write)
{
    return c->el || !bit(c->sys[MDSCR_EL1], MDSCR_TDCC) ? SYSREG_OK : SYSREG_TRAP;
}
