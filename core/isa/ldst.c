/*
 * The out-of-line part of loads and stores (ldst.h; D1.3.10.2, SP alignment checking).
 */
#include "core/isa/ldst.h"

#include "core/exception.h"

/* SCTLR_EL1.SA, SA0: whether a misaligned SP faults at this exception level. */
enum { SCTLR_SA = 3, SCTLR_SA0 = 4 };

enum flow ldst_sp_misaligned(struct cpu *c)
{
    if (!bit(c->sys[SCTLR_EL1], c->el == 0 ? SCTLR_SA0 : SCTLR_SA))
        return NEXT;
    return raise_exception(c, EC_SP_ALIGNMENT, 0);
}
