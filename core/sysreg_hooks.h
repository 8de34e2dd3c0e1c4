/*
 * The hooks that rows of core/sysreg.def name, by the file that defines them, and
 * the constants of their reset and writable columns. For core/sysreg*.c, core/pmu.c,
 * core/debug.c and core/isa/pauth.c only.
 */
#ifndef CORE_SYSREG_HOOKS_H
#define CORE_SYSREG_HOOKS_H

#include "core/cpu.h"
#include "core/model.h"
#include "core/sysreg.h"

/* SCTLR_EL1 (D19.2.118); the RES1 bits keep what is written. */
enum {
    SCTLR_DZE = 14,
    SCTLR_UCT = 15,
    SCTLR_UMA = 9,
    SCTLR_UCI = 26,
    SCTLR_ENRCTX = 10,
    SCTLR_ENDB = 13,
    SCTLR_ENDA = 27,
    SCTLR_ENIB = 30,
    SCTLR_ENIA = 31,
    SCTLR_BT0 = 35,
    SCTLR_BT1 = 36,
    SCTLR_DSSBS = 44,
    SCTLR_EPAN = 57,
};
/* write_sctlr drops what the CPU lacks. */
#define SCTLR_PAUTH (BIT(SCTLR_ENIA) | BIT(SCTLR_ENIB) | BIT(SCTLR_ENDA) | BIT(SCTLR_ENDB))
#define SCTLR_BTI   (BIT(SCTLR_BT0) | BIT(SCTLR_BT1))
#define SCTLR_LATER                                                                                \
    (SCTLR_PAUTH | SCTLR_BTI | BIT(SCTLR_ENRCTX) | BIT(SCTLR_DSSBS) | BIT(SCTLR_EPAN))
#define SCTLR_WRITABLE (0x37dddbbf | SCTLR_LATER)

/* TCR_EL1 without what no feature here uses; write_tcr also drops what the CPU lacks. */
enum {
    TCR_HA = 39,
    TCR_HD = 40,
    TCR_HPD0 = 41,
    TCR_HPD1 = 42,
    TCR_TBID0 = 51,
    TCR_TBID1 = 52,
    TCR_E0PD0 = 55,
    TCR_E0PD1 = 56,
};
#define TCR_TBID     (BIT(TCR_TBID0) | BIT(TCR_TBID1))
#define TCR_E0PD     (BIT(TCR_E0PD0) | BIT(TCR_E0PD1))
#define TCR_WRITABLE (UINT64_C(0x7f7ffffffbf) | TCR_TBID | TCR_E0PD)

#define FPCR_WRITABLE 0x07c80000 /* AHP, DN, FZ, RMode; FZ16 where there is FEAT_FP16 */
#define FPSR_WRITABLE 0x0800009f /* QC, IDC, IXC, UFC, OFC, DZC, IOC */

/* The PMU: bit 31 is the cycle counter, below it the event counters. */
#define PM_CYCLE           BIT(31)
#define PM_MASK            (PM_CYCLE | 0x3f)
#define PM_FILTERS         0xc0000000 /* P and U; the others need EL2 or EL3 */
#define PMEVTYPER_WRITABLE (PM_FILTERS | 0x3ff)
#define PMCEID0_EVENTS     (BIT(0x00) | BIT(0x08) | BIT(0x11)) /* SW_INCR, INST_RETIRED, CPU_CYCLES */

/* Debug registers (D19.3). */
#define DBGBCR_BAS      0x1e0      /* RES1 without AArch32 */
#define DBGBCR_WRITABLE 0x00ffe007 /* BT, LBN, SSC, HMC, PMC, E */
#define DBGWCR_WRITABLE 0x1f1fffff
#define MDSCR_WRITABLE  0x6ce0f041 /* those of the external debugger's shadow only with OSLK */
#define OSLSR_OSLM      8
#define OSLSR_OSLK      2

#define CPUECTLR_WRITABLE UINT64_C(0x5b0000007f) /* prefetch distances, SMPEN, retention */
#define L2CTLR_WRITABLE   0x007fffff

/* core/sysreg_access.c: who may at EL0 */
sysreg_check_fn check_uct, check_uma, check_dze, check_uci, check_enrctx, check_fp, check_sp_el0;
sysreg_check_fn check_cntfrq, check_cntpct, check_cntvct, check_cntp, check_cntv;
sysreg_check_fn check_pm, check_pm_counter, check_pm_cycle, check_pm_select, check_pm_swinc;
sysreg_check_fn check_tdcc;

/* core/sysreg_id.c */
sysreg_read_fn read_mpidr, read_ccsidr, read_dczid, read_l2ctlr, read_storage;

/* core/sysreg_pstate.c */
sysreg_read_fn read_sp_el0, read_sp_el1, read_spsel, read_currentel, read_pan, read_uao;
sysreg_read_fn read_dit, read_ssbs, read_random;
sysreg_read_fn read_nzcv, read_daif, read_fpcr, read_fpsr, read_isr;
sysreg_write_fn write_sp_el0, write_sp_el1, write_spsel, write_pan, write_uao;
sysreg_write_fn write_dit, write_ssbs;
sysreg_write_fn write_nzcv, write_daif, write_fpcr, write_fpsr;

/* core/sysreg_mmu.c */
sysreg_write_fn write_regime, write_sctlr, write_tcr;
sysop_fn op_nothing, op_dc_ivac, op_dc_zva, op_cache_by_va;
sysop_fn op_at_s1e1r, op_at_s1e1w, op_at_s1e0r, op_at_s1e0w, op_at_s1e1rp, op_at_s1e1wp;

/* core/tlbi.c */
sysop_fn op_tlbi_vmalle1, op_tlbi_va, op_tlbi_aside1;
sysop_fn op_tlbi_rva, op_tlbi_rvais;
sysop_fn op_tlbi_vmalle1is, op_tlbi_vais, op_tlbi_aside1is;

/* core/sysreg_timer.c */
sysreg_read_fn read_count, read_cnt_tval, read_cnt_ctl, read_cnt_cval;
sysreg_write_fn write_cntkctl, write_cnt_tval, write_cnt_ctl, write_cnt_cval;

/* core/sysreg_pmu.c */
sysreg_read_fn read_pmcr, read_pmcntenclr, read_pmintenclr, read_pmovs, read_pmccntr;
sysreg_read_fn read_pmxevtyper, read_pmxevcntr, read_pmevcntr;
sysreg_write_fn write_pmcr, write_pmcntenset, write_pmcntenclr, write_pmintenset;
sysreg_write_fn write_pmintenclr, write_pmovsset, write_pmovsclr, write_pmswinc, write_pmccntr;
sysreg_write_fn write_pmxevtyper, write_pmxevcntr, write_pmevcntr, write_pm_control;

/* core/sysreg_debug.c */
sysreg_read_fn read_oseccr, read_claimset, read_mdccsr, read_dbgdtr, read_dbgdtrrx;
sysreg_write_fn write_debug, write_watchpoint, write_mdscr, write_oseccr, write_oslar;
sysreg_write_fn write_claimset, write_claimclr, write_dbgdtr, write_dbgdtrtx;

#endif
