/*
 * System registers and system instructions, each one row of core/sysreg.def
 * (DDI 0487, chapters C5, D17 to D19). The rows drive storage, reset, MRS and
 * MSR, the traps, and everyone who wants names: tracer, debugger, monitor.
 */
#ifndef CORE_SYSREG_H
#define CORE_SYSREG_H

#include "core/engine/uop.h"
#include "core/types.h"

struct cpu;

/* An index into cpu.sys and the table; named as Arm names the register. */
enum sysreg {
#define SYSREG(name, op0, op1, crn, crm, op2, access, check, reset, writable, read, write, needs)  \
    name,
#include "core/sysreg.def"
    SYS_ROWS, /* so many registers. Behind them in cpu.sys, state that no MRS reads: */
    SYS_PMU_SYNCED = SYS_ROWS, /* core/pmu.c */
    SYS_STEP,                  /* core/debug.c */
    SYS_MISSED,                /* core/sysreg.c, these many: */
    SYS_COUNT = SYS_MISSED + 16,
};

/* Who may read and write a register, as far as the exception level decides. */
enum sysreg_access {
    EL1_R = 1,
    EL1_W = 2,
    EL0_R = 4,
    EL0_W = 8,
    EL1_RW = EL1_R | EL1_W,
    EL01_R = EL1_R | EL0_R,
    EL01_W = EL1_W | EL0_W,
    EL01_RW = EL1_RW | EL0_R | EL0_W,
    EL1_RW_EL0_R = EL1_RW | EL0_R,
};

/* What becomes of an access that .access allows but a control bit may forbid. */
enum sysreg_verdict {
    SYSREG_OK,
    SYSREG_TRAP, /* EC 0x18, to EL1 */
    SYSREG_UNDEFINED,
    SYSREG_FP_TRAP, /* EC 0x07: FPCR, FPSR while CPACR_EL1.FPEN says so */
};

typedef enum sysreg_verdict sysreg_check_fn(const struct cpu *c, bool write);
typedef u64 sysreg_read_fn(struct cpu *c, enum sysreg r);
/* VALUE has only writable bits changed; the hook stores what is to be stored. */
typedef void sysreg_write_fn(struct cpu *c, enum sysreg r, u64 value);
/* A system instruction; VALUE is Xt. NEXT, LEAVE, or RAISE with cpu.exc set. */
typedef enum flow sysop_fn(struct cpu *c, u64 value);

struct sysreg_row {
    const char *name;
    u16 encoding; /* SYSREG_ENCODING */
    u8 access;
    bool is_op;
    sysreg_check_fn *check; /* NULL: .access alone decides */
    u64 reset;
    u64 writable;           /* bits that MSR can change */
    sysreg_read_fn *read;   /* NULL: cpu.sys */
    sysreg_write_fn *write; /* NULL: cpu.sys */
    sysop_fn *perform;      /* of a system instruction */
    u64 needs;              /* A64_* features: without them there is no such register */
};

/* op0:op1:CRn:CRm:op2 as they stand in MSR/MRS/SYS, bits 20:5 of the word. */
#define SYSREG_ENCODING(op0, op1, crn, crm, op2)                                                   \
    ((u16)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))

/* All rows: the registers first, in the order of enum sysreg, then the system instructions. */
extern const struct sysreg_row sysreg_rows[];
extern const unsigned sysreg_row_count;

/*
 * The row for an encoding, or -1: of two that share it (DBGDTRRX_EL0, DBGDTRTX_EL0) the one
 * for that direction. For decode; not for the hot path.
 */
int sysreg_find(u16 encoding, bool write);

/* The row with that name (letter case ignored), or -1. */
int sysreg_by_name(const char *name);

/*
 * MRS, MSR (register) and SYS with all checks, for row ROW at the current EL.
 * RAISE: the exception is in cpu.exc. After a write the run loop is asked to
 * look around (cpu.kick) where the change may matter to it.
 */
enum flow sysreg_mrs(struct cpu *c, unsigned row, unsigned rt, u64 *value);
enum flow sysreg_msr(struct cpu *c, unsigned row, unsigned rt, u64 value);
enum flow sysreg_sys(struct cpu *c, unsigned row, unsigned rt, u64 value);

/* An access that the exception level forbids: UNDEFINED, or with FEAT_IDST perhaps trapped. */
enum flow sysreg_denied(struct cpu *c, u16 encoding, unsigned rt, bool read);

/* MRS, MSR or SYS of an encoding without a row: UNDEFINED, said once with -d unimp. */
enum flow sysreg_missing(struct cpu *c, u16 encoding);

/* Without checks, as a debugger sees it; a write of a read-only register returns false. */
u64 sysreg_peek(struct cpu *c, unsigned row);
bool sysreg_poke(struct cpu *c, unsigned row, u64 value);

/* All registers to their reset values, the model's ID registers included. */
void sysreg_reset(struct cpu *c);

#endif
