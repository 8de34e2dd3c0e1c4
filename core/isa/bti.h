/*
 * Branch target identification, FEAT_BTI (DDI 0487, D8.4.4 and BTypeCompatible in J1.1).
 *
 * PSTATE.BTYPE is about one instruction only, the target of an indirect branch, and is
 * zero behind it. So the branch notes what it is and how much of the budget is left at
 * its target (cpu.btype, cpu.btype_left), and nothing has to clear it: whoever leaves the
 * engine drops what belongs to an instruction that is executed already. What may be
 * branched to is looked at by the branch, if any page is guarded, and by the run loop.
 */
#ifndef CORE_ISA_BTI_H
#define CORE_ISA_BTI_H

#include "core/types.h"

/* PSTATE.BTYPE, as the instruction before set it. */
enum {
    BTYPE_NONE = 0,
    BTYPE_JUMP_VENEER = 1, /* BR by X16 or X17, or from a page that is not guarded */
    BTYPE_CALL = 2,        /* BLR */
    BTYPE_JUMP = 3,        /* another BR */
};

/*
 * May WORD, in a guarded page, be executed with BTYPE, which is not zero? SP_CALL_ONLY:
 * PACIASP and PACIBSP are as BTI c, not BTI jc (SCTLR_EL1.BT0, BT1).
 */
static inline bool bti_allows(u32 word, unsigned btype, bool sp_call_only)
{
    enum { BTI = (int)0xd503241f, BTI_MASK = (int)0xffffff3f, TARGETS_LSB = 6 };
    enum { PACIASP = (int)0xd503233f, PACIBSP = (int)0xd503237f };
    enum { EXCEPTION_MASK = (int)0xffe0001f, BRK = (int)0xd4200000, HLT = (int)0xd4400000 };
    enum { CALLS = 1, JUMPS = 2 };
    if ((word & (u32)EXCEPTION_MASK) == (u32)BRK || (word & (u32)EXCEPTION_MASK) == (u32)HLT)
        return true;
    if (word == (u32)PACIASP || word == (u32)PACIBSP)
        return btype != BTYPE_JUMP || !sp_call_only;
    if ((word & (u32)BTI_MASK) != (u32)BTI)
        return false;
    u32 targets = word >> TARGETS_LSB & 3;
    if (btype == BTYPE_JUMP_VENEER)
        return targets != 0;
    return targets & (btype == BTYPE_CALL ? CALLS : JUMPS);
}

#endif
