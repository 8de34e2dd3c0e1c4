/*
 * Which bits of a pointer are free for a code (pauth.h): CalculateBottomPACBit,
 * EffectiveTBI.
 */
#include "core/isa/pauth.h"

#include "core/model.h"
#include "core/sysreg_hooks.h"

enum { TCR_TBI0 = 37, TCR_TBI1 = 38, TSZ_LEAST = 16, VA_TOP = 64 };

/* Does the lower or UPPER half of the addresses ignore the top byte? */
static bool ignores_top(u64 tcr, unsigned upper, bool data)
{
    bool ignored = bit(tcr, upper ? TCR_TBI1 : TCR_TBI0);
    return ignored && (data || !bit(tcr, upper ? TCR_TBID1 : TCR_TBID0));
}

/* The lowest bit that is not part of an address. */
static unsigned bottom(const struct cpu *c, u64 tcr, unsigned upper)
{
    unsigned size = (unsigned)(upper ? bits(tcr, 21, 16) : bits(tcr, 5, 0));
    unsigned most = mmu_most_tsz(&c->regime, upper);
    size = size < TSZ_LEAST ? TSZ_LEAST : size > most ? most : size;
    return VA_TOP - size;
}

void pauth_update(struct cpu *c)
{
    static const u8 enable[] = {SCTLR_ENIA, SCTLR_ENIB, SCTLR_ENDA, SCTLR_ENDB};
    u64 tcr = c->sys[TCR_EL1];
    if (!(c->model->features & A64_PAUTH))
        return;
    c->pauth.enabled = 0;
    for (unsigned key = 0; key < ARRAY_LEN(enable); key++)
        c->pauth.enabled |= (u8)(bit(c->sys[SCTLR_EL1], enable[key]) << key);
    for (unsigned data = 0; data < 2; data++) {
        bool any = ignores_top(tcr, 0, data) || ignores_top(tcr, 1, data);
        c->pauth.selector[data] = any ? PAUTH_SELECT : PAUTH_TOP;
        for (unsigned upper = 0; upper < 2; upper++) {
            unsigned end = ignores_top(tcr, upper, data) ? PAUTH_SELECT + 1 : VA_TOP;
            c->pauth.unused[data][upper] = ones(end) & ~ones(bottom(c, tcr, upper));
        }
    }
}
