/*
 * Instructions that do nothing but change the condition flags: FEAT_FlagM and
 * FEAT_FlagM2 (DDI 0487, C6.2).
 */
#include "core/isa/flags.h"
#include "core/isa/ops.h"

OP(cfinv, 1)
{
    c->flag_c ^= 1;
    return NEXT;
}

OP(rmif, 1)
{
    u64 value = X(n);
    u32 rotated = (u32)(value >> u->imm | value << (-u->imm & 63)), mask = u->a;
    cpu_set_nzcv(c, (cpu_nzcv(c) & ~mask) | (rotated & mask));
    return NEXT;
}

/* N, Z and V of a result of BITS bits, with a carry into the bit above; C stays. */
static ALWAYS_INLINE void set_from_narrow(struct cpu *c, u64 result, unsigned bits)
{
    set_nz(c, sext(result & ones(bits), bits));
    c->flag_v = bit(result, bits) ^ bit(result, bits - 1);
}

OP(setf8, 1)
{
    set_from_narrow(c, X(n), 8);
    return NEXT;
}

OP(setf16, 1)
{
    set_from_narrow(c, X(n), 16);
    return NEXT;
}

/* From Arm's form of the result of a floating-point comparison to another, and back. */
OP(axflag, 1)
{
    bool z = c->flag_z == 0, carry = c->flag_c, v = c->flag_v;
    cpu_set_nzcv(c, (u32)(z || v) << 2 | (u32)(carry && !v) << 1);
    return NEXT;
}

OP(xaflag, 1)
{
    bool z = c->flag_z == 0, carry = c->flag_c;
    cpu_set_nzcv(c, (u32)(!carry && !z) << 3 | (u32)(z && carry) << 2 | (u32)(carry || z) << 1 |
                        (!carry && z));
    return NEXT;
}
