/*
 * Stores from general-purpose registers (C4.1.94, C6.2). Variants are
 * base-and-immediate's or register offset's: core/isa/ldst.h.
 */
#include "core/isa/ldst.h"

static ALWAYS_INLINE enum flow store(struct cpu *c, const struct uop *u, const struct env e,
                                     struct address a, unsigned size, enum mem_how how)
{
    return a.flow == NEXT ? mem_write(c, e, a.va, size, X(d), how) : a.flow;
}

static ALWAYS_INLINE enum flow store_imm(struct cpu *c, const struct uop *u, const struct env e,
                                         unsigned variant, enum writeback writeback, unsigned size,
                                         enum mem_how how)
{
    struct address a = ldst_address(c, u, e, variant, writeback);
    enum flow f = store(c, u, e, a, size, how);
    if (f == NEXT)
        ldst_write_back(c, u, variant, writeback, a);
    return f;
}

static ALWAYS_INLINE enum flow store_reg(struct cpu *c, const struct uop *u, const struct env e,
                                         unsigned variant, unsigned size)
{
    struct address a = ldst_address_indexed(c, u, e, variant, ldst_scale(size));
    return store(c, u, e, a, size, MEM_PLAIN);
}

/* Every way to address one kind of store: STRkind, STURkind, STTRkind, STLURkind. */
#define STORES(kind, size)                                                                         \
    OP_MEM(str##kind##_imm, 2)                                                                     \
    {                                                                                              \
        return store_imm(c, u, e, V, OFFSET, size, MEM_PLAIN);                                     \
    }                                                                                              \
    OP_MEM(str##kind##_post, 2)                                                                    \
    {                                                                                              \
        return store_imm(c, u, e, V, POST, size, MEM_PLAIN);                                       \
    }                                                                                              \
    OP_MEM(str##kind##_pre, 2)                                                                     \
    {                                                                                              \
        return store_imm(c, u, e, V, PRE, size, MEM_PLAIN);                                        \
    }                                                                                              \
    OP_MEM(stur##kind, 2)                                                                          \
    {                                                                                              \
        return store_imm(c, u, e, V, OFFSET, size, MEM_PLAIN);                                     \
    }                                                                                              \
    OP_MEM(sttr##kind, 2)                                                                          \
    {                                                                                              \
        return store_imm(c, u, e, V, OFFSET, size, MEM_UNPRIVILEGED);                              \
    }                                                                                              \
    OP_MEM(stlur##kind, 2)                                                                         \
    {                                                                                              \
        barrier_release();                                                                         \
        enum flow f = store_imm(c, u, e, V, OFFSET, size, MEM_ALIGNED);                            \
        barrier_release_done();                                                                    \
        return f;                                                                                  \
    }                                                                                              \
    OP_MEM(str##kind##_reg, 7)                                                                     \
    {                                                                                              \
        return store_reg(c, u, e, V, size);                                                        \
    }

STORES(b, 1)
STORES(h, 2)
STORES(_w, 4)
STORES(_x, 8)
