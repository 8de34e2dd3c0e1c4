/*
 * Formats of the cryptographic instructions (C4.1.96). d, n and m are indices into
 * cpu.v; there is one variant of each.
 */
#include "core/isa/format.h"

FORMAT(crypto_dn)
{
    u->d = (u8)field_d(w);
    u->n = (u8)field_n(w);
    return 0;
}

FORMAT(crypto_dnm)
{
    u->d = (u8)field_d(w);
    u->n = (u8)field_n(w);
    u->m = (u8)field_m(w);
    return 0;
}

FORMAT(crypto_dnma)
{
    u->a = (u8)field_a(w);
    return fmt_crypto_dnm(w, at, u);
}

/* XAR: how far to rotate in imm. */
FORMAT(crypto_imm6)
{
    u->imm = (s32)bits(w, 15, 10);
    return fmt_crypto_dnm(w, at, u);
}

/* SM3TT..: the lane of Vm in imm. */
FORMAT(crypto_imm2)
{
    u->imm = (s32)bits(w, 13, 12);
    return fmt_crypto_dnm(w, at, u);
}
