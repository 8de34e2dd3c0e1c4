/*
 * Branches and exception generation (C4.1.93, C6.2). Where a direct branch goes
 * was settled at decode: see format_branch.c.
 */
#include "core/exception.h"
#include "core/isa/ops.h"

OP_BR(b_uncond, 1)
{
    return TAKE;
}

OP_BR(bl, 1)
{
    LR = c->page_va + AUX;
    return TAKE;
}

OP_BR(b_cond, 16)
{
    return cpu_condition(c, V) ? TAKE : NEXT;
}

OP_BR(cbz, 2)
{
    return (V ? X(d) : W(d)) == 0 ? TAKE : NEXT;
}

OP_BR(cbnz, 2)
{
    return (V ? X(d) : W(d)) != 0 ? TAKE : NEXT;
}

OP_BR(tbz, 1)
{
    return X(d) >> u->m & 1 ? NEXT : TAKE;
}

OP_BR(tbnz, 1)
{
    return X(d) >> u->m & 1 ? TAKE : NEXT;
}

OP_JUMP(br)
{
    *e.to = X(n);
    return FAR;
}

OP_JUMP(blr)
{
    *e.to = X(n);
    LR = c->page_va + AUX;
    return FAR;
}

OP(ret, 1)
{
    *e.to = X(n);
    return FAR;
}

OP_SYS(eret, 1)
{
    if (c->el == 0)
        return raise_undefined(c);
    exception_return(c, c->sys[ELR_EL1]);
    return SWITCH;
}

OP_SYS(svc, 1)
{
    return raise_call(c, EC_SVC, (u32)u->imm);
}

/* Without EL2 an HVC has nowhere to go but the firmware that PSCI describes. */
OP_SYS(hvc, 1)
{
    if (c->el == 0 || !c->smccc)
        return raise_undefined(c);
    return c->smccc(c->smccc_owner, c) ? LEAVE : raise_undefined(c);
}

/* No EL3. */
OP_SYS(smc, 1)
{
    return raise_undefined(c);
}

OP_SYS(brk, 1)
{
    return raise_exception(c, EC_BRK, (u32)u->imm);
}

/* Halting debug is not enabled: these are UNDEFINED outside Debug state, semihosting apart. */
OP_SYS(hlt, 1)
{
    enum { SEMIHOSTING_IMM16 = 0xf000 };
    if (u->imm != SEMIHOSTING_IMM16 || !c->semihosting || c->el < c->semihosting_el)
        return raise_undefined(c);
    if (c->semihosting(c->semihosting_owner, c))
        return LEAVE;
    c->pc = cpu_current_pc(c);
    return SWITCH;
}

OP_SYS(dcps1, 1)
{
    return raise_undefined(c);
}

OP_SYS(dcps2, 1)
{
    return raise_undefined(c);
}

OP_SYS(dcps3, 1)
{
    return raise_undefined(c);
}

OP_SYS(drps, 1)
{
    return raise_undefined(c);
}

OP_SYS(udf, 1)
{
    return raise_undefined(c);
}
