/*
 * Pairs of general-purpose registers (C4.1.94, C6.2: LDP, STP, LDNP, STNP,
 * LDPSW). Variants are base-and-immediate's: core/isa/ldst.h. Rt is slot d, Rt2
 * slot a. A load with Rt = Rt2 leaves what the first element was.
 */
#include "core/isa/ldst.h"

/*
 * Two elements of 4 bytes, each read by itself: a host read of both at once
 * would have to wait for two earlier stores of one word each.
 */
static ALWAYS_INLINE struct loaded2 read_words(struct cpu *c, const struct env e, u64 va)
{
    const struct tlb_entry *t = &e.tlb->read[tlb_index(va)];
    if (!mem_hit(t, va, 8, MEM_PAIR)) {
        struct loaded r = mem_read(c, e, va, 8, MEM_PAIR);
        return (struct loaded2){(u32)r.value, r.value >> 32, r.flow};
    }
    const u8 *p = mem_at(t, va);
    u32 first, second;
    memcpy(&first, p, 4);
    memcpy(&second, p + 4, 4);
    return (struct loaded2){first, second, NEXT};
}

static ALWAYS_INLINE enum flow load_pair(struct cpu *c, const struct uop *u, const struct env e,
                                         unsigned variant, enum writeback writeback, unsigned size,
                                         bool is_signed)
{
    struct address a = ldst_address(c, u, e, variant, writeback);
    if (a.flow != NEXT)
        return a.flow;
    struct loaded2 r = size == 4 ? read_words(c, e, a.va) : mem_read16(c, e, a.va, MEM_PAIR);
    if (r.flow != NEXT)
        return r.flow;
    X(a) = is_signed ? (u64)sext(r.hi, 32) : r.hi;
    X(d) = is_signed ? (u64)sext(r.lo, 32) : r.lo;
    ldst_write_back(c, u, variant, writeback, a);
    return NEXT;
}

static ALWAYS_INLINE enum flow store_pair(struct cpu *c, const struct uop *u, const struct env e,
                                          unsigned variant, enum writeback writeback, unsigned size)
{
    struct address a = ldst_address(c, u, e, variant, writeback);
    if (a.flow != NEXT)
        return a.flow;
    enum flow f = size == 4 ? mem_write(c, e, a.va, 8, W(d) | (u64)W(a) << 32, MEM_PAIR)
                            : mem_write16(c, e, a.va, X(d), X(a), MEM_PAIR);
    if (f == NEXT)
        ldst_write_back(c, u, variant, writeback, a);
    return f;
}

#define PAIRS(kind, size)                                                                          \
    OP_MEM(ldp##kind##_off, 2)                                                                     \
    {                                                                                              \
        return load_pair(c, u, e, V, OFFSET, size, false);                                         \
    }                                                                                              \
    OP_MEM(ldp##kind##_post, 2)                                                                    \
    {                                                                                              \
        return load_pair(c, u, e, V, POST, size, false);                                           \
    }                                                                                              \
    OP_MEM(ldp##kind##_pre, 2)                                                                     \
    {                                                                                              \
        return load_pair(c, u, e, V, PRE, size, false);                                            \
    }                                                                                              \
    OP_MEM(ldnp##kind, 2)                                                                          \
    {                                                                                              \
        return load_pair(c, u, e, V, OFFSET, size, false);                                         \
    }                                                                                              \
    OP_MEM(stp##kind##_off, 2)                                                                     \
    {                                                                                              \
        return store_pair(c, u, e, V, OFFSET, size);                                               \
    }                                                                                              \
    OP_MEM(stp##kind##_post, 2)                                                                    \
    {                                                                                              \
        return store_pair(c, u, e, V, POST, size);                                                 \
    }                                                                                              \
    OP_MEM(stp##kind##_pre, 2)                                                                     \
    {                                                                                              \
        return store_pair(c, u, e, V, PRE, size);                                                  \
    }                                                                                              \
    OP_MEM(stnp##kind, 2)                                                                          \
    {                                                                                              \
        return store_pair(c, u, e, V, OFFSET, size);                                               \
    }

PAIRS(_w, 4)
PAIRS(_x, 8)

OP_MEM(ldpsw_off, 2)
{
    return load_pair(c, u, e, V, OFFSET, 4, true);
}

OP_MEM(ldpsw_post, 2)
{
    return load_pair(c, u, e, V, POST, 4, true);
}

OP_MEM(ldpsw_pre, 2)
{
    return load_pair(c, u, e, V, PRE, 4, true);
}
