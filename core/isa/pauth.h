/*
 * Pointer authentication, FEAT_PAuth: adding a code to the unused bits of a pointer,
 * checking and removing it (DDI 0487, D8.10; AddPAC, Auth and Strip in J1.1).
 *
 * Which bits are unused follows from TCR_EL1 and is worked out when that changes. The
 * code is QARMA5's or, on models with A64_PACIMP, that of an algorithm of ours, which
 * costs two multiplications.
 */
#ifndef CORE_ISA_PAUTH_H
#define CORE_ISA_PAUTH_H

#include "core/cpu.h"
#include "core/isa/qarma5.h"

/* In the order of the key registers; of each pair of keys the second is the B key. */
enum pauth_key { KEY_IA, KEY_IB, KEY_DA, KEY_DB, KEY_GA };

enum pauth_algorithm { PAUTH_QARMA5, PAUTH_IMPDEF };

enum { PAUTH_SELECT = 55, PAUTH_TOP = 63 };

/* Work out cpu.pauth from the control registers. */
void pauth_update(struct cpu *c);

static ALWAYS_INLINE bool pauth_is_data(enum pauth_key key)
{
    return key >= KEY_DA;
}

static ALWAYS_INLINE u64 pauth_mix(u64 a, u64 b)
{
    u128 product = (u128)a * b;
    return (u64)product ^ (u64)(product >> 64);
}

/* ComputePAC */
static ALWAYS_INLINE u64 pauth_compute(const struct cpu *c, enum pauth_algorithm algorithm,
                                       enum pauth_key key, u64 data, u64 modifier)
{
    const u64 *k = &c->sys[APIAKeyLo_EL1 + 2 * key];
    if (algorithm == PAUTH_QARMA5)
        return qarma5(data, modifier, k[1], k[0]);
    const u64 odd = UINT64_C(0x9e3779b97f4a7c15), other = UINT64_C(0xd6e8feb86659fd93);
    return pauth_mix(pauth_mix(data ^ k[0] ^ odd, modifier ^ k[1] ^ other) ^ k[1], k[0] ^ odd);
}

/* What a pointer is with its unused bits all like bit SELECT. */
static ALWAYS_INLINE u64 pauth_extended(u64 pointer, u64 unused, unsigned upper)
{
    return upper ? pointer | unused : pointer & ~unused;
}

/* AddPAC. A pointer whose unused bits are not all the same gets a code that is wrong. */
static ALWAYS_INLINE u64 pauth_add(const struct cpu *c, enum pauth_algorithm algorithm,
                                   enum pauth_key key, u64 pointer, u64 modifier)
{
    if (!(c->pauth.enabled & 1u << key))
        return pointer;
    bool data = pauth_is_data(key);
    unsigned upper = bit(pointer, c->pauth.selector[data]);
    u64 unused = c->pauth.unused[data][upper];
    u64 code = pauth_compute(c, algorithm, key, pauth_extended(pointer, unused, upper), modifier);
    u64 extension = pointer & unused;
    if (unlikely(extension && extension != unused))
        code ^= unused >> PAUTH_TOP ? BIT(PAUTH_TOP - 1) : BIT(PAUTH_SELECT - 1);
    return (pointer & ~unused) | (code & unused & ~BIT(PAUTH_SELECT)) | (u64)upper << PAUTH_SELECT;
}

/* Auth. Two bits of a pointer with a wrong code say so, and make it no address. */
static ALWAYS_INLINE u64 pauth_authenticate(const struct cpu *c, enum pauth_algorithm algorithm,
                                            enum pauth_key key, u64 pointer, u64 modifier)
{
    if (!(c->pauth.enabled & 1u << key))
        return pointer;
    unsigned upper = bit(pointer, PAUTH_SELECT);
    u64 unused = c->pauth.unused[pauth_is_data(key)][upper];
    u64 original = pauth_extended(pointer, unused, upper);
    u64 code = pauth_compute(c, algorithm, key, original, modifier);
    if (likely(!((code ^ pointer) & unused & ~BIT(PAUTH_SELECT))))
        return original;
    unsigned low = (unused >> PAUTH_TOP ? PAUTH_TOP : PAUTH_SELECT) - 2;
    u64 error = key & 1 ? 2 : 1;
    return (original & ~(UINT64_C(3) << low)) | error << low;
}

/* Strip */
static ALWAYS_INLINE u64 pauth_strip(const struct cpu *c, bool data, u64 pointer)
{
    unsigned upper = bit(pointer, PAUTH_SELECT);
    return pauth_extended(pointer, c->pauth.unused[data][upper], upper);
}

#endif
