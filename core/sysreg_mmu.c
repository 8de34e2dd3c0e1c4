/*
 * Registers that decide how addresses are translated, and the instructions that
 * translate one: cache maintenance by address and AT (DDI 0487, C5.3, C5.4, D8).
 *
 * There are no caches here, and decoded code follows the bytes (engine/block.c),
 * so of cache maintenance only the faults remain.
 */
#include "core/debug.h"
#include "core/exception.h"
#include "core/memory.h"
#include "core/sysreg_hooks.h"

void write_regime(struct cpu *c, enum sysreg r, u64 value)
{
    if (c->sys[r] == value)
        return;
    c->sys[r] = value;
    cpu_regime_changed(c);
}

/* Bits of a register that only a feature has. */
struct feature_bits {
    u64 feature, bits;
};

static u64 drop_absent(const struct cpu *c, u64 value, const struct feature_bits *list,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!(c->model->features & list[i].feature))
            value &= ~list[i].bits;
    return value;
}

void write_sctlr(struct cpu *c, enum sysreg r, u64 value)
{
    static const struct feature_bits later[] = {
        {A64_SPECRES, BIT(SCTLR_ENRCTX)}, {A64_PAUTH, SCTLR_PAUTH},    {A64_BTI, SCTLR_BTI},
        {A64_SSBS, BIT(SCTLR_DSSBS)},     {A64_PAN3, BIT(SCTLR_EPAN)},
    };
    write_regime(c, r, drop_absent(c, value, later, ARRAY_LEN(later)));
}

void write_tcr(struct cpu *c, enum sysreg r, u64 value)
{
    static const struct feature_bits later[] = {
        {A64_HAFDBS, BIT(TCR_HA) | BIT(TCR_HD)},
        {A64_HPDS, BIT(TCR_HPD0) | BIT(TCR_HPD1)},
        {A64_PAUTH, TCR_TBID},
        {A64_E0PD, TCR_E0PD},
    };
    write_regime(c, r, drop_absent(c, value, later, ARRAY_LEN(later)));
}

enum flow op_nothing(struct cpu *c, u64 value)
{
    return NEXT;
}

enum { CACHE_LINE = 64 }; /* CTR_EL0.DminLine, DCZID_EL0.BS */

/* Aborts of cache maintenance and AT count as writes. */
enum { ISS_MAINTENANCE = ISS_CM | ISS_WNR };

/*
 * Translate VA for cache maintenance, which needs the permission for TYPE: EL1 may
 * read whatever is mapped. A TLB entry is proof that it has it.
 */
static enum flow maintain(struct cpu *c, u64 va, enum access_type type)
{
    const struct tlb_entry *entry =
        type == ACCESS_WRITE ? &c->tlb->write[tlb_index(va)] : &c->tlb->read[tlb_index(va)];
    if (entry->tag == (va & TLB_PAGE_MASK))
        return NEXT;
    struct translation t = mmu_access(c->bus, &c->regime, va, type, c->el);
    return t.ok ? NEXT : raise_data_abort(c, va, t.status, ISS_MAINTENANCE);
}

enum flow op_cache_by_va(struct cpu *c, u64 va)
{
    return maintain(c, va, ACCESS_READ);
}

/* Loses what was written, so it is a write to the permissions and to watchpoints. */
enum flow op_dc_ivac(struct cpu *c, u64 va)
{
    enum flow f = maintain(c, va, ACCESS_WRITE);
    if (f == NEXT && debug_watch_page(c, va) &&
        debug_check_watchpoint(c, va & ~(u64)(CACHE_LINE - 1), CACHE_LINE, true, false)) {
        c->exc.iss |= ISS_CM;
        return RAISE;
    }
    return f;
}

enum flow op_dc_zva(struct cpu *c, u64 va)
{
    return mem_zero_slow(c, va, CACHE_LINE);
}

/* PAR_EL1 (D19.2.108) */
enum {
    PAR_F = 1 << 0,
    PAR_FST_SHIFT = 1,
    PAR_SH_SHIFT = 7,
    PAR_NS = 1 << 9,
    PAR_RES1 = 1 << 11,
    PAR_ATTR_SHIFT = 56,
};

static bool is_external(u8 status)
{
    return (status & 0x3c) == FAULT_EXTERNAL || (status & 0x3c) == FAULT_EXTERNAL_WALK;
}

/* AArch64.AT: a fault is a result, but an external abort on the walk is taken. */
static enum flow address_translate(struct cpu *c, u64 va, enum access_type type, bool privileged,
                                   bool pan)
{
    struct translation t = mmu_access(c->bus, &c->regime, va, type, privileged);
    if (!t.ok && is_external(t.status))
        return raise_data_abort(c, va, t.status, ISS_MAINTENANCE);
    if (t.ok && pan && mmu_pan_denies(&c->regime, &t)) {
        t.ok = false;
        t.status = (u8)(FAULT_PERMISSION + t.level);
    }
    c->sys[PAR_EL1] = t.ok ? (u64)t.attr << PAR_ATTR_SHIFT | (t.pa & TLB_PAGE_MASK) | PAR_RES1 |
                                 PAR_NS | (u64)t.sh << PAR_SH_SHIFT
                           : PAR_RES1 | (u64)t.status << PAR_FST_SHIFT | PAR_F;
    return NEXT;
}

enum flow op_at_s1e1r(struct cpu *c, u64 va)
{
    return address_translate(c, va, ACCESS_READ, true, false);
}

enum flow op_at_s1e1w(struct cpu *c, u64 va)
{
    return address_translate(c, va, ACCESS_WRITE, true, false);
}

enum flow op_at_s1e0r(struct cpu *c, u64 va)
{
    return address_translate(c, va, ACCESS_READ, false, false);
}

enum flow op_at_s1e0w(struct cpu *c, u64 va)
{
    return address_translate(c, va, ACCESS_WRITE, false, false);
}

enum flow op_at_s1e1rp(struct cpu *c, u64 va)
{
    return address_translate(c, va, ACCESS_READ, true, c->pan);
}

enum flow op_at_s1e1wp(struct cpu *c, u64 va)
{
    return address_translate(c, va, ACCESS_WRITE, true, c->pan);
}
