/*
 * Loads into general-purpose registers, and prefetches (C4.1.94, C6.2). Variants
 * are base-and-immediate's or register offset's: core/isa/ldst.h.
 */
#include "core/isa/ldst.h"

static ALWAYS_INLINE u64 as_loaded(unsigned size, unsigned sign, u64 v)
{
    if (sign == UNSIGNED)
        return v;
    s32 narrow = size == 1 ? (s8)v : size == 2 ? (s16)v : (s32)v;
    return sign == SIGNED_X ? (u64)(s64)narrow : (u32)narrow;
}

static ALWAYS_INLINE enum flow load(struct cpu *c, const struct uop *u, const struct env e,
                                    struct address a, unsigned size, unsigned sign,
                                    enum mem_how how)
{
    if (a.flow != NEXT)
        return a.flow;
    struct loaded r = mem_read(c, e, a.va, size, how);
    if (r.flow == NEXT)
        X(d) = as_loaded(size, sign, r.value);
    return r.flow;
}

static ALWAYS_INLINE enum flow load_imm(struct cpu *c, const struct uop *u, const struct env e,
                                        unsigned variant, enum writeback writeback, unsigned size,
                                        unsigned sign, enum mem_how how)
{
    struct address a = ldst_address(c, u, e, variant, writeback);
    enum flow f = load(c, u, e, a, size, sign, how);
    if (f == NEXT)
        ldst_write_back(c, u, variant, writeback, a);
    return f;
}

static ALWAYS_INLINE enum flow load_reg(struct cpu *c, const struct uop *u, const struct env e,
                                        unsigned variant, unsigned size, unsigned sign)
{
    struct address a = ldst_address_indexed(c, u, e, variant, ldst_scale(size));
    return load(c, u, e, a, size, sign, MEM_PLAIN);
}

/* Every way to address one kind of load: LDRkind, LDURkind, LDTRkind, LDAPURkind. */
#define LOADS(kind, size, sign)                                                                    \
    OP_MEM(ldr##kind##_imm, 2)                                                                     \
    {                                                                                              \
        return load_imm(c, u, e, V, OFFSET, size, sign, MEM_PLAIN);                                \
    }                                                                                              \
    OP_MEM(ldr##kind##_post, 2)                                                                    \
    {                                                                                              \
        return load_imm(c, u, e, V, POST, size, sign, MEM_PLAIN);                                  \
    }                                                                                              \
    OP_MEM(ldr##kind##_pre, 2)                                                                     \
    {                                                                                              \
        return load_imm(c, u, e, V, PRE, size, sign, MEM_PLAIN);                                   \
    }                                                                                              \
    OP_MEM(ldur##kind, 2)                                                                          \
    {                                                                                              \
        return load_imm(c, u, e, V, OFFSET, size, sign, MEM_PLAIN);                                \
    }                                                                                              \
    OP_MEM(ldtr##kind, 2)                                                                          \
    {                                                                                              \
        return load_imm(c, u, e, V, OFFSET, size, sign, MEM_UNPRIVILEGED);                         \
    }                                                                                              \
    OP_MEM(ldapur##kind, 2)                                                                        \
    {                                                                                              \
        enum flow f = load_imm(c, u, e, V, OFFSET, size, sign, MEM_ALIGNED);                       \
        barrier_acquire();                                                                         \
        return f;                                                                                  \
    }                                                                                              \
    OP_MEM(ldr##kind##_reg, 7)                                                                     \
    {                                                                                              \
        return load_reg(c, u, e, V, size, sign);                                                   \
    }

LOADS(b, 1, UNSIGNED)
LOADS(h, 2, UNSIGNED)
LOADS(_w, 4, UNSIGNED)
LOADS(_x, 8, UNSIGNED)
LOADS(sb_w, 1, SIGNED_W)
LOADS(sb_x, 1, SIGNED_X)
LOADS(sh_w, 2, SIGNED_W)
LOADS(sh_x, 2, SIGNED_X)
LOADS(sw, 4, SIGNED_X)

static ALWAYS_INLINE enum flow load_literal(struct cpu *c, const struct uop *u, const struct env e,
                                            unsigned size, unsigned sign)
{
    struct address a = {.va = PLUS_IMM(c->page_va), .flow = NEXT};
    return load(c, u, e, a, size, sign, MEM_PLAIN);
}

OP_MEM(ldr_w_lit, 1)
{
    return load_literal(c, u, e, 4, UNSIGNED);
}

OP_MEM(ldr_x_lit, 1)
{
    return load_literal(c, u, e, 8, UNSIGNED);
}

OP_MEM(ldrsw_lit, 1)
{
    return load_literal(c, u, e, 4, SIGNED_X);
}

/* A prefetch may do nothing; it checks nothing, not even SP. */
OP(prfm_imm, 1)
{
    return NEXT;
}

OP(prfm_reg, 1)
{
    return NEXT;
}

OP(prfm_lit, 1)
{
    return NEXT;
}

OP(prfum, 1)
{
    return NEXT;
}
