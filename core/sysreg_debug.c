/*
 * The debug registers (DDI 0487, D19.3); what breakpoints, watchpoints and
 * software step do is in debug.c. No external debugger is connected: the debug
 * communications channel has nobody at its other end.
 */
#include "core/debug.h"
#include "core/sysreg_hooks.h"

enum {
    MDSCR_TXFULL = 1 << 29,
    MDSCR_RXFULL = 1 << 30,
    MDSCR_UNLOCKED = 0xb001, /* MDE, KDE, TDCC, SS: writable without the OS Lock, too */
    CONTROL_E = 1,
};

static bool os_locked(const struct cpu *c)
{
    return c->sys[OSLSR_EL1] & OSLSR_OSLK;
}

void write_debug(struct cpu *c, enum sysreg r, u64 value)
{
    c->sys[r] = value;
    c->stepping = debug_needs_stepping(c);
    cpu_kick(c);
}

/* The TLB's inline path serves pages that no enabled watchpoint looks at. */
void write_watchpoint(struct cpu *c, enum sysreg r, u64 value)
{
    bool address = r < DBGWCR0_EL1;
    enum sysreg control = address ? (enum sysreg)(r - DBGWVR0_EL1 + DBGWCR0_EL1) : r;
    bool was_enabled = c->sys[control] & CONTROL_E;
    c->sys[r] = value;
    if (was_enabled || (c->sys[control] & CONTROL_E))
        cpu_tlb_flush_all(c);
}

/* The external debugger's part of the register can be restored only under the OS Lock. */
void write_mdscr(struct cpu *c, enum sysreg r, u64 value)
{
    u64 writable = os_locked(c) ? MDSCR_WRITABLE : MDSCR_UNLOCKED;
    write_debug(c, MDSCR_EL1, (c->sys[MDSCR_EL1] & ~writable) | (value & writable));
}

u64 read_oseccr(struct cpu *c, enum sysreg r)
{
    return os_locked(c) ? c->sys[OSECCR_EL1] : 0;
}

void write_oseccr(struct cpu *c, enum sysreg r, u64 value)
{
    if (os_locked(c))
        c->sys[OSECCR_EL1] = value;
}

void write_oslar(struct cpu *c, enum sysreg r, u64 value)
{
    write_debug(c, OSLSR_EL1, OSLSR_OSLM | (value & 1 ? OSLSR_OSLK : 0));
}

/* The tags are kept under DBGCLAIMCLR_EL1, which reads as them. */
u64 read_claimset(struct cpu *c, enum sysreg r)
{
    return sysreg_rows[DBGCLAIMSET_EL1].writable;
}

void write_claimset(struct cpu *c, enum sysreg r, u64 value)
{
    c->sys[DBGCLAIMCLR_EL1] |= value;
}

void write_claimclr(struct cpu *c, enum sysreg r, u64 value)
{
    c->sys[DBGCLAIMCLR_EL1] &= ~value;
}

u64 read_mdccsr(struct cpu *c, enum sysreg r)
{
    return c->sys[MDSCR_EL1] & (MDSCR_TXFULL | MDSCR_RXFULL);
}

u64 read_dbgdtrrx(struct cpu *c, enum sysreg r)
{
    c->sys[MDSCR_EL1] &= ~(u64)MDSCR_RXFULL;
    return c->sys[OSDTRRX_EL1];
}

void write_dbgdtrtx(struct cpu *c, enum sysreg r, u64 value)
{
    c->sys[MDSCR_EL1] |= MDSCR_TXFULL;
    c->sys[OSDTRTX_EL1] = value;
}

/* Both words at once, each the other way round for reads (D19.3.11). */
u64 read_dbgdtr(struct cpu *c, enum sysreg r)
{
    return c->sys[OSDTRTX_EL1] << 32 | read_dbgdtrrx(c, r);
}

void write_dbgdtr(struct cpu *c, enum sysreg r, u64 value)
{
    c->sys[OSDTRRX_EL1] = value >> 32;
    write_dbgdtrtx(c, r, (u32)value);
}
