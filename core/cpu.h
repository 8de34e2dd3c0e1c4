/*
 * One processing element: its registers, PSTATE and what the engine keeps for
 * it. Fields are ordered by heat; the first are within a byte's displacement of
 * the pointer that every handler holds.
 *
 * Always true: x[SLOT_SP] is the stack pointer in use (the other ones are in
 * sys[SP_EL0] and sys[SP_EL1]), x[SLOT_ZERO] is zero, cpu.regime and the TLB
 * banks agree with the system registers.
 */
#ifndef CORE_CPU_H
#define CORE_CPU_H

#include <stdatomic.h>

#include "core/clock.h"
#include "core/engine/probe.h"
#include "core/engine/uop.h"
#include "core/irq.h"
#include "core/isa/fp.h"
#include "core/sysreg.h"
#include "core/timer.h"
#include "core/types.h"
#include "mmu/bus.h"
#include "mmu/tlb.h"
#include "mmu/walk.h"

enum { SLOT_LR = 30, SLOT_SP = 31, SLOT_ZERO = 32, SLOT_SINK = 33, SLOT_COUNT = 34 };

/* PSTATE.DAIF as it stands in SPSR<9:6>, moved down to bit 0. */
enum { DAIF_F = 1, DAIF_I = 2, DAIF_A = 4, DAIF_D = 8 };

/* A SIMD and floating-point register; lane 0 is the least significant. */
union vreg {
    u64 d[2];
    u32 s[4];
    u16 h[8];
    u8 b[16];
};

/* What a CPU model is made of; rows of core/model.c. */
struct cpu_model;

/* The exception that a RAISE is about; ELR is PC + pc_offset. */
struct exception {
    u32 ec;       /* ESR_EL1.EC */
    u32 iss;      /* ESR_EL1.ISS */
    u64 far;      /* when has_far */
    u8 pc_offset; /* 4 for SVC and HVC, else 0 */
    bool has_far;
};

/*
 * The local exclusive monitor: the bytes that LDXR saw, and where, by virtual
 * address; STXR to another one may fail even if it means the same memory (B2.12.5).
 */
struct exclusive_monitor {
    bool set;
    u8 size; /* in bytes, 16 for a pair of X registers */
    u64 va;
    u64 value[2]; /* as registers have it */
};

enum {
    EL0_BANKS = 8,
    KICK_LOOK = 1,    /* an interrupt line or a mask changed: look before going on */
    KICK_MACHINE = 2, /* return to whoever called cpu_run */
};

/* Why cpu_run came back. */
enum stop {
    STOP_BUDGET, /* the budget is used up */
    STOP_KICK,   /* something asked for attention */
    STOP_WFI,    /* waiting for an interrupt, none pending */
    STOP_DEBUG,  /* a debugger's break, watch or step */
};

struct engine; /* decoded code, shared by the CPUs of a machine: core/engine/block.h */

struct cpu {
    u64 x[SLOT_COUNT];

    /* NZCV in the form that is cheap to make: N and Z from these two values. */
    s64 flag_n;        /* N is its sign */
    u64 flag_z;        /* Z is its being zero */
    u8 flag_c, flag_v; /* 0 or 1 */

    u8 el;                         /* PSTATE.EL: 0 or 1 */
    u8 fp_trapped;                 /* CPACR_EL1.FPEN traps SIMD and FP at this EL */
    u8 btype;                      /* PSTATE.BTYPE; in the engine see core/isa/bti.h */
    bool guards;                   /* there are guarded pages of code */
    _Atomic u32 kick;              /* KICK_*; set from anywhere, noticed soon */
    u64 page_va;                   /* virtual address of the page of code in execution */
    struct uop *ops;               /* its decoded ops */
    const struct tlb_bank *tlb;    /* the bank of the current EL */
    struct tlb_bank *unprivileged; /* the bank of EL0, for LDTR and friends */
    const struct uop *u, *until;   /* see SYNC_OUT in core/engine/dispatch.h */
    u64 btype_left; /* bytes of ops from the instruction that btype is for to until */
    u64 pc;         /* up to date whenever no handler runs */
    struct exclusive_monitor monitor;

    union vreg v[32];
    struct fp_env fp; /* FPCR and FPSR */

    /* The rest of PSTATE. */
    u8 sp_sel; /* PSTATE.SP: 0 or 1 */
    u8 daif;   /* DAIF_* */
    bool il, ss, pan, uao, ssbs, dit;
    bool halted;   /* in WFI or switched off by PSCI */
    bool powered;  /* false until PSCI CPU_ON */
    bool irq, fiq; /* level of the interrupt inputs */
    bool event;    /* the event register of WFE */

    struct exception exc;
    bool raised; /* exc is to be taken */

    /* FEAT_PAuth: core/isa/pauth.h */
    struct {
        u64 unused[2][2]; /* bits of a pointer, by data (or instruction) and half */
        u8 selector[2];   /* the bit that tells the half of a pointer without a code */
        u8 enabled;       /* 1 << enum pauth_key */
    } pauth;

    u64 sys[SYS_COUNT];
    struct regime regime;  /* what mmu_walk needs, as sys[] says */
    bool strict_alignment; /* SCTLR_EL1.A */
    bool big_endian;       /* data at this EL: SCTLR_EL1.EE or E0E */
    bool swaps_data;       /* data at either EL is big-endian: no inline accesses */
    bool in_engine;        /* a handler runs: icount is where u and until say */

    u64 icount;       /* instructions executed, up to date whenever no handler runs */
    u64 icount_limit; /* what icount is when u reaches until */

    unsigned index; /* which CPU of the machine */
    const struct cpu_model *model;
    struct bus *bus;
    struct clock *clock;
    struct engine *engine;
    struct timer timer;
    struct irq_line pmu_irq; /* PMU overflow; handed in by the board */

    /* Firmware's answer to HVC (and SMC): reads and writes x0..x17. */
    bool (*smccc)(void *owner, struct cpu *c);
    void *smccc_owner;

    /*
     * The answer to HLT #0xf000 at semihosting_el and above; NULL: UNDEFINED. False:
     * to be asked again when the CPU, which is halted now, goes on.
     */
    bool (*semihosting)(void *owner, struct cpu *c);
    void *semihosting_owner;
    u8 semihosting_el;

    unsigned el0_bank; /* the bank of the current ASID */
    unsigned el0_next; /* the bank to reuse next */
    struct tlb_bank *bank_el1;
    struct tlb_bank *bank_el0; /* EL0_BANKS of them */
    struct uop *scratch;       /* the stepping loop's page of ops */
    const struct log *log;     /* for -d; never NULL */
    /* Fills TO with random numbers, for RNDR; NULL: from random_state, always the same ones. */
    void (*random)(void *to, size_t len);
    u64 random_state;
    void (*send_event)(void *owner); /* SEV: to all CPUs; may be NULL */
    void *send_event_owner;
    u8 probed;            /* enum probe_event, why cpu_run returned STOP_DEBUG */
    bool interrupts_held; /* a debugger steps: interrupts wait */
    u64 probed_va;        /* of PROBE_READ and PROBE_WRITE */
    bool stepping;        /* a debug feature that only the stepping loop serves is on */
};

/* The state after a cold reset, at EL1 with everything masked. Keeps wiring. */
void cpu_reset(struct cpu *c);

/*
 * Make a CPU of MODEL. BUS, CLOCK and ENGINE outlive it. Returns NULL when the
 * host has no memory.
 */
struct cpu *cpu_create(const struct cpu_model *model, unsigned index, struct bus *bus,
                       struct clock *clock, struct engine *engine);
void cpu_destroy(struct cpu *c);

/* Have the CPU look at its interrupt inputs and masks before it goes on. */
static inline void cpu_kick(struct cpu *c)
{
    atomic_fetch_or_explicit(&c->kick, KICK_LOOK, memory_order_release);
}

/* Have cpu_run return soon with STOP_KICK; from any thread or signal handler. */
static inline void cpu_kick_machine(struct cpu *c)
{
    atomic_fetch_or_explicit(&c->kick, KICK_MACHINE, memory_order_release);
}

static ALWAYS_INLINE bool cpu_kicked(struct cpu *c)
{
    return atomic_load_explicit(&c->kick, memory_order_relaxed) != 0;
}

/* PSTATE.NZCV as four bits, N highest. */
static ALWAYS_INLINE u32 cpu_nzcv(const struct cpu *c)
{
    return (u32)(c->flag_n < 0) << 3 | (u32)(c->flag_z == 0) << 2 | (u32)c->flag_c << 1 | c->flag_v;
}

static ALWAYS_INLINE void cpu_set_nzcv(struct cpu *c, u32 nzcv)
{
    c->flag_n = (s64)((u64)nzcv << 60);
    c->flag_z = !(nzcv & 4);
    c->flag_c = (nzcv >> 1) & 1;
    c->flag_v = nzcv & 1;
}

/* Arm's ConditionHolds. */
static ALWAYS_INLINE bool cpu_condition(const struct cpu *c, unsigned cond)
{
    bool n = c->flag_n < 0, z = c->flag_z == 0, r = true;
    switch (cond >> 1) {
    case 0:
        r = z;
        break;
    case 1:
        r = c->flag_c;
        break;
    case 2:
        r = n;
        break;
    case 3:
        r = c->flag_v;
        break;
    case 4:
        r = c->flag_c && !z;
        break;
    case 5:
        r = n == c->flag_v;
        break;
    case 6:
        r = n == c->flag_v && !z;
        break;
    }
    return (cond & 1) && cond != 15 ? !r : r;
}

/* SPSR_EL1's view of PSTATE (AArch64.GetPSRFromPSTATE), and back. */
u64 cpu_pstate(const struct cpu *c);
void cpu_set_pstate(struct cpu *c, u64 spsr);

/* Change EL and SP selection, and all that the engine derives from them. */
void cpu_set_el(struct cpu *c, unsigned el, unsigned sp_sel);

/* SP_EL0 and SP_EL1 wherever they are. */
u64 cpu_sp(const struct cpu *c, unsigned el);
void cpu_set_sp(struct cpu *c, unsigned el, u64 value);

/* To be called after a system register that cpu.regime or PSTATE's effects depend on changed. */
void cpu_regime_changed(struct cpu *c);

/* The PC of the instruction that executes; also from inside a synced handler. */
u64 cpu_current_pc(const struct cpu *c);

/* Instructions executed so far; also from inside a synced handler. */
u64 cpu_icount(const struct cpu *c);

/* Empty every TLB bank. */
void cpu_tlb_flush_all(struct cpu *c);

/* PSTATE.PAN and PSTATE.UAO, with what follows for the TLB. */
void cpu_set_pan(struct cpu *c, bool pan);
void cpu_set_uao(struct cpu *c, bool uao);

/* The interrupt inputs, as struct irq_line ends: input 0 is IRQ, 1 is FIQ. */
void cpu_set_interrupt(void *cpu, unsigned input, bool level);

/* SEV: set the event register of every CPU. */
void cpu_send_event(struct cpu *c);

/* One line with -d unimp about the undefined instruction at cpu.pc. */
void cpu_report_undefined(struct cpu *c);

#endif
