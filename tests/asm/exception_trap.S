/* What EL1 can forbid EL0: tests/unit/exception_trap.c. */
        .include "program.inc"

/* One instruction, then `done`. */
        .macro  one name, instruction:vararg
program \name
        \instruction
        done
end
        .endm

/* Registers of EL1: UNDEFINED at EL0. */
        one     mrs_sctlr,      mrs x0, sctlr_el1
        one     msr_sctlr,      msr sctlr_el1, x0
        one     mrs_midr,       mrs x0, midr_el1
        one     mrs_id,         mrs x0, id_aa64isar0_el1
        one     mrs_ccsidr,     mrs x0, ccsidr_el1
        one     mrs_currentel,  mrs x0, currentel
        one     mrs_elr,        mrs x0, elr_el1
        one     msr_spsel,      msr spsel, #1
        one     msr_spsel_reg,  msr spsel, x0
        one     mrs_sp_el0,     mrs x0, sp_el0
        one     msr_vbar,       msr vbar_el1, x0
        one     msr_oslar,      msr oslar_el1, x0
        one     tlbi,           tlbi vmalle1
        one     at,             at s1e1r, x0
        one     dc_ivac,        dc ivac, x0
        one     dc_isw,         dc isw, x0
        one     ic_iallu,       ic iallu
        one     msr_pan,        msr s0_0_c4_c1_4, xzr
        one     msr_tpidrro,    msr tpidrro_el0, x0
        one     msr_cntfrq,     msr cntfrq_el0, x0
        one     mrs_cntkctl,    mrs x0, cntkctl_el1
        one     msr_pmuserenr,  msr pmuserenr_el0, x0
        one     mrs_sp_el1,     mrs x0, sp_el1

/* Allowed to all. */
        one     mrs_dczid,      mrs x3, dczid_el0
        one     mrs_tpidr,      mrs x3, tpidr_el0
        one     mrs_tpidrro,    mrs x3, tpidrro_el0
        one     mrs_pmuserenr,  mrs x3, pmuserenr_el0
        one     mrs_nzcv,       mrs x3, nzcv
        one     yield,          yield

/* SCTLR_EL1.UMA */
        one     mrs_daif,       mrs x3, daif
        one     msr_daif,       msr daif, x7
        one     msr_daifset,    msr daifset, #2
        one     msr_daifclr,    msr daifclr, #15

/* SCTLR_EL1.UCT, UCI, DZE. */
        one     mrs_ctr,        mrs x3, ctr_el0
        one     dc_cvac,        dc cvac, x4
        one     dc_cvau,        dc cvau, x4
        one     dc_civac,       dc civac, x4
        one     ic_ivau,        ic ivau, x4
        one     dc_zva,         dc zva, x4

/* SCTLR_EL1.nTWI, nTWE. */
        one     wfi,            wfi
        one     wfe,            wfe
program sevl_wfe
        sevl
        wfe
        done
end

/* CNTKCTL_EL1 */
        one     mrs_cntfrq,     mrs x3, cntfrq_el0
        one     mrs_cntpct,     mrs x3, cntpct_el0
        one     mrs_cntvct,     mrs x3, cntvct_el0
        one     mrs_cntp_ctl,   mrs x3, cntp_ctl_el0
        one     msr_cntp_tval,  msr cntp_tval_el0, x3
        one     msr_cntp_cval,  msr cntp_cval_el0, x3
        one     mrs_cntv_ctl,   mrs x3, cntv_ctl_el0
        one     mrs_cntv_cval,  mrs x3, cntv_cval_el0
        one     msr_cntv_tval,  msr cntv_tval_el0, x3

/* CPACR_EL1.FPEN */
        one     fadd,           fadd d0, d1, d2
        one     add_v,          add v0.4s, v1.4s, v2.4s
        one     ldr_d,          ldr d0, [x4]
        one     str_q,          str q0, [x4]
        one     ldp_q,          ldp q0, q1, [x4]
        one     ld1,            ld1 {v0.4s}, [x4]
        one     fmov,           fmov x0, d0
        one     fcmp,           fcmp d0, d1
        one     aese,           aese v0.16b, v1.16b
        one     mrs_fpcr,       mrs x3, fpcr
        one     msr_fpsr,       msr fpsr, x3

/* PMUSERENR_EL0, MDSCR_EL1.TDCC */
        one     mrs_pmccntr,    mrs x3, pmccntr_el0
        one     msr_pmcr,       msr pmcr_el0, x3
        one     mrs_mdccsr,     mrs x3, mdccsr_el0
