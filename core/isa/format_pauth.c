/*
 * Formats of FEAT_PAuth. Their variant is the algorithm, enum pauth_algorithm. The
 * pointer is slot d, what it is signed with slot n.
 */
#include "core/isa/bti.h"
#include "core/isa/format.h"
#include "core/isa/pauth.h"
#include "core/isa/system.h"

static int algorithm(struct site at)
{
    return at.features & A64_PACIMP ? PAUTH_IMPDEF : PAUTH_QARMA5;
}

FORMAT(pauth)
{
    u->d = slot_dst(field_d(w));
    u->n = slot_sp(field_n(w));
    return algorithm(at);
}

FORMAT(pauth_zero)
{
    u->d = slot_dst(field_d(w));
    u->n = SLOT_ZERO;
    return bit(w, 14) ? 0 : algorithm(at); /* XPAC makes no code */
}

FORMAT(pacga)
{
    u->d = slot_dst(field_d(w));
    u->n = slot_src(field_n(w));
    u->m = slot_sp(field_m(w));
    return algorithm(at);
}

/* The forms without operands: X17 with X16, X30 with SP, X30 with zero. */
FORMAT(hint_pauth)
{
    enum { XPACLRI = 7, FORM_1716 = 16 };
    unsigned number = (unsigned)bits(w, 11, 5);
    bool is_1716 = number != XPACLRI && number < FORM_1716;
    u->d = is_1716 ? 17 : SLOT_LR;
    u->n = is_1716 ? 16 : number & 1 ? SLOT_SP : SLOT_ZERO;
    if (!(at.features & A64_PAUTH))
        u->fn = system_no_operation();
    return algorithm(at);
}

FORMAT(pauth_none)
{
    return algorithm(at);
}

/*
 * Slot d: where to; slot n: the modifier; imm: BTYPE. aux: byte offset of the return
 * address from the start of the page.
 */
FORMAT(branch_auth)
{
    u->d = slot_src(field_n(w));
    u->n = bit(w, 24) ? slot_sp(field_d(w)) : SLOT_ZERO;
    u->aux = (u16)(4 * at.index + 4);
    u->imm = format_jump_btype(w, at);
    return algorithm(at);
}

FORMAT(call_auth)
{
    fmt_branch_auth(w, at, u);
    u->imm = BTYPE_CALL;
    return algorithm(at);
}

/* imm: S:imm9 in bytes. */
FORMAT(load_auth)
{
    u->d = slot_dst(field_d(w));
    u->n = slot_sp(field_n(w));
    u->imm = (s32)sext((u64)bit(w, 22) << 9 | bits(w, 20, 12), 10) * 8;
    return algorithm(at);
}
