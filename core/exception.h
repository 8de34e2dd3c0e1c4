/*
 * Exceptions (DDI 0487, chapter D1.3): recording one while an instruction runs,
 * and taking it between instructions. Everything else only reports; here, and
 * nowhere else, an exception becomes a change of PSTATE and PC.
 */
#ifndef CORE_EXCEPTION_H
#define CORE_EXCEPTION_H

#include "core/cpu.h"

/* ESR_ELx.EC (D17.2.37). */
enum exception_class {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_FP_ACCESS = 0x07,
    EC_BRANCH_TARGET = 0x0d,
    EC_ILLEGAL_STATE = 0x0e,
    EC_SVC = 0x15,
    EC_HVC = 0x16,
    EC_SMC = 0x17,
    EC_SYSREG = 0x18,
    EC_INSN_ABORT = 0x20, /* + 1 from the same EL, as for the data abort and debug ones */
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT = 0x24,
    EC_SP_ALIGNMENT = 0x26,
    EC_FP_TRAP = 0x2c,
    EC_SERROR = 0x2f,
    EC_BREAKPOINT = 0x30,
    EC_SOFTWARE_STEP = 0x32,
    EC_WATCHPOINT = 0x34,
    EC_BRK = 0x3c,
};

/* Offsets from VBAR_EL1 within a group of vectors. */
enum vector {
    VECTOR_SYNC = 0x000,
    VECTOR_IRQ = 0x080,
    VECTOR_FIQ = 0x100,
    VECTOR_SERROR = 0x180,
};

/*
 * Record an exception in cpu.exc; each returns RAISE, for a body to return. EC
 * is the class as from a lower EL; taking it adds the 1 for the same EL where
 * the class has one.
 */
enum flow raise_exception(struct cpu *c, enum exception_class ec, u32 iss);
enum flow raise_undefined(struct cpu *c);
enum flow raise_fp_trap(struct cpu *c);                                  /* CPACR_EL1.FPEN */
enum flow raise_call(struct cpu *c, enum exception_class ec, u32 imm16); /* SVC, HVC, SMC */
/* A data abort: DFSC, and the ISS bits above it (WnR, CM, ...) as FLAGS. */
enum flow raise_data_abort(struct cpu *c, u64 va, u8 dfsc, u32 flags);
enum flow raise_insn_abort(struct cpu *c, u64 va, u8 ifsc);
enum flow raise_with_far(struct cpu *c, enum exception_class ec, u32 iss, u64 far);

enum { ISS_WNR = 1 << 6, ISS_S1PTW = 1 << 7, ISS_CM = 1 << 8, ISS_EA = 1 << 9 };

/* The EC 0x18 trap of an MSR, MRS or SYS (ISS as in D17.2.37). */
enum flow raise_sysreg_trap(struct cpu *c, u16 encoding, unsigned rt, bool read);

/* Take what cpu.exc holds; cpu.pc is the PC of the instruction that raised it. */
void exception_take(struct cpu *c);

/* Whether an unmasked interrupt is pending, and taking the one of highest priority. */
bool exception_interrupt_pending(const struct cpu *c);
void exception_take_interrupt(struct cpu *c);

/* AArch64.ExceptionReturn from EL1 to PC, which is ELR_EL1, with PSTATE from SPSR_EL1. */
void exception_return(struct cpu *c, u64 pc);

#endif
