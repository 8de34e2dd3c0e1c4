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
