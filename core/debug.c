/*
 * Self-hosted debug: see debug.h. Functions are named after the pseudocode of
 * DDI 0487, J1.1 (AArch64.BreakpointMatch and so on). Where that leaves a choice
 * for reserved settings, the breakpoint or watchpoint is disabled.
 */
#include "core/debug.h"

#include "core/engine/engine.h"
#include "core/exception.h"
#include "core/sysreg_hooks.h"

enum {
    MDSCR_SS = 0,
    MDSCR_KDE = 13,
    MDSCR_MDE = 15,
    CONTROL_E = 1,
    BREAKPOINTS = 6,
    CONTEXT_AWARE = 2, /* the last ones */
    WATCHPOINTS = 4,
    VA_TOP = 48, /* the highest bit of an address in DBGBVR and DBGWVR that counts */
};

/* DBGBCR<n>_EL1.BT */
enum breakpoint_type { ADDRESS, ADDRESS_LINKED, CONTEXT_ID, CONTEXT_ID_LINKED };

/* cpu.sys[SYS_STEP]: the stepping loop's memory from one call to the next. */
enum {
    STEP_ACTIVE = 1,    /* the instruction is executed in the active-not-pending state */
    STEP_EXCLUSIVE = 2, /* it is a Load-Exclusive */
    STEP_DONE = 4,      /* it was executed: ESR_EL1.ISS.ISV */
};

/* AArch64.GenerateDebugExceptionsFrom, except for the mask by PSTATE.D. */
static bool may_generate(const struct cpu *c, unsigned el)
{
    bool os_lock = c->sys[OSLSR_EL1] & OSLSR_OSLK;
    bool double_lock = bit(c->sys[OSDLR_EL1], 0) && !bit(c->sys[DBGPRCR_EL1], 0);
    return !os_lock && !double_lock && (el == 0 || bit(c->sys[MDSCR_EL1], MDSCR_KDE));
}

static bool generate_from(const struct cpu *c, unsigned el, bool masked)
{
    return may_generate(c, el) && (el == 0 || !masked);
}

static bool generate(const struct cpu *c)
{
    return generate_from(c, c->el, c->daif & DAIF_D);
}

/* DBGBCR and DBGWCR have E, PMC or PAC, HMC, SSC and LBN in the same places. */
static bool control_matches_el(u64 control, unsigned el)
{
    enum { HMC = 13, SSC_LO = 14, SSC_HI = 15, PXC_EL1 = 1, PXC_EL0 = 2 };
    /* With neither EL2 nor EL3, everything but HMC 0, SSC 0 is reserved. */
    if (bit(control, HMC) || bits(control, SSC_HI, SSC_LO))
        return false;
    return bit(control, el ? PXC_EL1 : PXC_EL0);
}

static unsigned breakpoint_type(u64 bcr)
{
    return (unsigned)bits(bcr, 23, 20);
}

/* Does context-aware breakpoint N, as the one linked to, match the context? */
static bool linked_match(const struct cpu *c, unsigned n)
{
    if (n < BREAKPOINTS - CONTEXT_AWARE || n >= BREAKPOINTS)
        return false;
    u64 bcr = c->sys[DBGBCR0_EL1 + n];
    return (bcr & CONTROL_E) && breakpoint_type(bcr) == CONTEXT_ID_LINKED &&
           (u32)c->sys[DBGBVR0_EL1 + n] == (u32)c->sys[CONTEXTIDR_EL1];
}

/* StateMatch */
static bool state_match(const struct cpu *c, u64 control, bool linked, unsigned el)
{
    return control_matches_el(control, el) &&
           (!linked || linked_match(c, (unsigned)bits(control, 19, 16)));
}

/* AArch64.BreakpointMatch; BAS means nothing without AArch32. */
static bool breakpoint_match(const struct cpu *c, unsigned n, u64 pc)
{
    u64 bcr = c->sys[DBGBCR0_EL1 + n], bvr = c->sys[DBGBVR0_EL1 + n];
    unsigned type = breakpoint_type(bcr);
    if (!(bcr & CONTROL_E) || !state_match(c, bcr, type == ADDRESS_LINKED, c->el))
        return false;
    switch (type) {
    case ADDRESS:
    case ADDRESS_LINKED:
        return bits(pc ^ bvr, VA_TOP, 2) == 0;
    case CONTEXT_ID:
        return n >= BREAKPOINTS - CONTEXT_AWARE && (u32)bvr == (u32)c->sys[CONTEXTIDR_EL1];
    case CONTEXT_ID_LINKED: /* matches only for those that are linked to it */
    default:
        return false;
    }
}

bool debug_check_breakpoint(const struct cpu *c, u64 pc)
{
    if (!bit(c->sys[MDSCR_EL1], MDSCR_MDE) || !generate(c))
        return false;
    for (unsigned n = 0; n < BREAKPOINTS; n++)
        if (breakpoint_match(c, n, pc))
            return true;
    return false;
}

/* Whether some breakpoint is enabled for the current EL. */
static bool breakpoints_here(const struct cpu *c)
{
    for (unsigned n = 0; n < BREAKPOINTS; n++) {
        u64 bcr = c->sys[DBGBCR0_EL1 + n];
        if ((bcr & CONTROL_E) && control_matches_el(bcr, c->el))
            return true;
    }
    return false;
}

bool debug_needs_stepping(const struct cpu *c)
{
    u64 mdscr = c->sys[MDSCR_EL1];
    if (likely(!bit(mdscr, MDSCR_SS) && !bit(mdscr, MDSCR_MDE)) || !may_generate(c, c->el))
        return false;
    return bit(mdscr, MDSCR_SS) || breakpoints_here(c);
}

/* The bits of an address below which a watchpoint does not look: 3, or MASK. */
static unsigned watch_shift(u64 wcr)
{
    unsigned mask = (unsigned)bits(wcr, 28, 24);
    return mask > 3 ? mask : 3;
}

/* AArch64.WatchpointByteMatch */
static bool watchpoint_byte_match(u64 wcr, u64 wvr, u64 va)
{
    unsigned mask = (unsigned)bits(wcr, 28, 24), bas = (unsigned)bits(wcr, 12, 5);
    if (mask == 1 || mask == 2) /* reserved */
        return false;
    /* An address of a word, not a doubleword: BAS<7:4> are ignored. */
    unsigned bottom = bit(wvr, 2) && !mask ? 2 : 3;
    if (!bit(bas, (unsigned)(va & ones(bottom))))
        return false;
    return bits(va ^ wvr, VA_TOP, mask > bottom ? mask : bottom) == 0;
}

/* AArch64.WatchpointMatch, up to the first byte that matches: OFFSET from VA. */
static bool watchpoint_match(const struct cpu *c, unsigned n, u64 va, unsigned size, bool write,
                             unsigned el, unsigned *offset)
{
    enum { LSC_LOAD = 3, LSC_STORE = 4, WT = 20 };
    u64 wcr = c->sys[DBGWCR0_EL1 + n], wvr = c->sys[DBGWVR0_EL1 + n];
    if (!(wcr & CONTROL_E) || !bit(wcr, write ? LSC_STORE : LSC_LOAD) ||
        !state_match(c, wcr, bit(wcr, WT), el))
        return false;
    for (unsigned i = 0; i < size; i++) {
        if (watchpoint_byte_match(wcr, wvr, va + i)) {
            *offset = i;
            return true;
        }
    }
    return false;
}

bool debug_check_watchpoint(struct cpu *c, u64 va, unsigned size, bool write, bool unprivileged)
{
    if (likely(!bit(c->sys[MDSCR_EL1], MDSCR_MDE)) || !generate(c))
        return false;
    unsigned el = unprivileged && !c->uao ? 0 : c->el;
    for (unsigned n = 0; n < WATCHPOINTS; n++) {
        unsigned offset;
        if (watchpoint_match(c, n, va, size, write, el, &offset)) {
            raise_with_far(c, EC_WATCHPOINT, FAULT_DEBUG | (write ? ISS_WNR : 0), va + offset);
            return true;
        }
    }
    return false;
}

bool debug_watch_page(const struct cpu *c, u64 va)
{
    for (unsigned n = 0; n < WATCHPOINTS; n++) {
        u64 wcr = c->sys[DBGWCR0_EL1 + n];
        unsigned shift = watch_shift(wcr);
        if (unlikely(wcr & CONTROL_E) && bits(va ^ c->sys[DBGWVR0_EL1 + n], VA_TOP,
                                              shift > TLB_PAGE_SHIFT ? shift : TLB_PAGE_SHIFT) == 0)
            return true;
    }
    return false;
}

static bool step_active(const struct cpu *c)
{
    return bit(c->sys[MDSCR_EL1], MDSCR_SS) && generate(c);
}

static bool instead(struct cpu *c, enum exception_class ec, u32 iss)
{
    raise_exception(c, ec, iss);
    c->raised = true;
    return false;
}

/* LDXR, LDXP, LDAXR, LDAXP (C4.1.94) */
static bool is_load_exclusive(const struct cpu *c, const struct uop *u)
{
    const struct code_page *p = container_of(c->ops, struct code_page, ops);
    u32 word;
    __builtin_memcpy(&word, p->host + 4 * (u - c->ops), sizeof(word));
    return (word & 0x3fc00000) == 0x08400000;
}

/*
 * By priority (D1.3.5): software step, then what may be wrong with the fetch, then
 * breakpoints. The fetch is repeated by who executes the instruction.
 */
bool debug_before_step(struct cpu *c)
{
    enum { ISS_ISV = 1 << 24, ISS_EX = 1 << 6 };
    u64 before = c->sys[SYS_STEP];
    bool active = step_active(c);
    c->sys[SYS_STEP] = 0;
    if (active && !c->ss) {
        u32 iss = FAULT_DEBUG;
        if (before & STEP_DONE)
            iss |= ISS_ISV | (before & STEP_EXCLUSIVE ? ISS_EX : 0);
        return instead(c, EC_SOFTWARE_STEP, iss);
    }
    const struct uop *u = engine_fetch(c, c->pc);
    if (u && debug_check_breakpoint(c, c->pc))
        return instead(c, EC_BREAKPOINT, FAULT_DEBUG);
    if (active)
        c->sys[SYS_STEP] = STEP_ACTIVE | (u && is_load_exclusive(c, u) ? STEP_EXCLUSIVE : 0);
    return true;
}

/*
 * SSAdvance: an instruction that completed moves the state machine on, and so does
 * a call to the next level, whose exception returns behind it. A WFI completes at
 * once, or the exception that is due would wait for an interrupt.
 */
void debug_after_step(struct cpu *c)
{
    if (!(c->sys[SYS_STEP] & STEP_ACTIVE))
        return;
    bool completed = !c->raised;
    if (completed || c->exc.pc_offset)
        c->ss = false;
    c->halted = false;
    c->sys[SYS_STEP] = completed ? STEP_DONE | (c->sys[SYS_STEP] & STEP_EXCLUSIVE) : 0;
}

/* The level that SPSR names, or the current one if the return is illegal. */
static unsigned return_level(const struct cpu *c, u64 spsr)
{
    enum { M_EL0T = 0, M_EL1T = 4, M_EL1H = 5 };
    unsigned m = (unsigned)bits(spsr, 4, 0);
    return m == M_EL0T ? 0 : m == M_EL1T || m == M_EL1H ? 1 : c->el;
}

/* DebugExceptionReturnSS */
bool debug_exception_return_ss(struct cpu *c, u64 spsr)
{
    enum { SPSR_D = 9, SPSR_SS = 21 };
    c->sys[SYS_STEP] &= ~(u64)STEP_DONE;
    return bit(c->sys[MDSCR_EL1], MDSCR_SS) && !generate(c) &&
           generate_from(c, return_level(c, spsr), bit(spsr, SPSR_D)) && bit(spsr, SPSR_SS);
}
