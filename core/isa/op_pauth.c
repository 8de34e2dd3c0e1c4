/*
 * FEAT_PAuth: instructions that sign and authenticate pointers, and branches and loads
 * that authenticate theirs (DDI 0487, C6.2). Variants are enum pauth_algorithm.
 */
#include "core/exception.h"
#include "core/isa/ldst.h"
#include "core/isa/pauth.h"

#define SIGNS(name, key)                                                                           \
    OP(name, 2)                                                                                    \
    {                                                                                              \
        X(d) = pauth_add(c, V, key, X(d), X(n));                                                   \
        return NEXT;                                                                               \
    }
#define AUTHENTICATES(name, key)                                                                   \
    OP(name, 2)                                                                                    \
    {                                                                                              \
        X(d) = pauth_authenticate(c, V, key, X(d), X(n));                                          \
        return NEXT;                                                                               \
    }
/* With the modifier in a register and zero, and where there are any, the hints. */
#define DATA_KEY(k, key)                                                                           \
    SIGNS(pac##k, key)                                                                             \
    AUTHENTICATES(aut##k, key)
#define HINTS(k, key)                                                                              \
    DATA_KEY(k##1716, key)                                                                         \
    DATA_KEY(k##z, key)                                                                            \
    DATA_KEY(k##sp, key)

DATA_KEY(ia, KEY_IA)
DATA_KEY(ib, KEY_IB)
DATA_KEY(da, KEY_DA)
DATA_KEY(db, KEY_DB)
DATA_KEY(iza, KEY_IA)
DATA_KEY(izb, KEY_IB)
DATA_KEY(dza, KEY_DA)
DATA_KEY(dzb, KEY_DB)
HINTS(ia, KEY_IA)
HINTS(ib, KEY_IB)

OP(xpaci, 1)
{
    X(d) = pauth_strip(c, false, X(d));
    return NEXT;
}

OP(xpacd, 1)
{
    X(d) = pauth_strip(c, true, X(d));
    return NEXT;
}

OP(xpaclri, 2)
{
    X(d) = pauth_strip(c, false, X(d));
    return NEXT;
}

OP(pacga, 2)
{
    X(d) = pauth_compute(c, V, KEY_GA, X(n), X(m)) & ~UINT64_C(0xffffffff);
    return NEXT;
}

#define BRANCHES(k, key)                                                                           \
    OP_NOTED(bra##k, 2)                                                                            \
    {                                                                                              \
        *e.to = pauth_authenticate(c, V, key, X(d), X(n));                                         \
        return FAR;                                                                                \
    }                                                                                              \
    OP_NOTED(blra##k, 2)                                                                           \
    {                                                                                              \
        *e.to = pauth_authenticate(c, V, key, X(d), X(n));                                         \
        LR = c->page_va + AUX;                                                                     \
        return FAR;                                                                                \
    }

BRANCHES(a, KEY_IA)
BRANCHES(b, KEY_IB)
BRANCHES(az, KEY_IA)
BRANCHES(bz, KEY_IB)

#define RETURNS(k, key)                                                                            \
    OP(reta##k, 2)                                                                                 \
    {                                                                                              \
        *e.to = pauth_authenticate(c, V, key, LR, SP);                                             \
        return FAR;                                                                                \
    }                                                                                              \
    OP_SYS(ereta##k, 2)                                                                            \
    {                                                                                              \
        if (c->el == 0)                                                                            \
            return raise_undefined(c);                                                             \
        exception_return(c, pauth_authenticate(c, V, key, c->sys[ELR_EL1], SP));                   \
        return SWITCH;                                                                             \
    }

RETURNS(a, KEY_IA)
RETURNS(b, KEY_IB)

static ALWAYS_INLINE enum flow load_authenticated(struct cpu *c, const struct uop *u,
                                                  const struct env e, unsigned algorithm,
                                                  enum pauth_key key, enum writeback writeback)
{
    enum flow f = ldst_check_sp(c, e, u->n == SLOT_SP, X(n));
    if (f != NEXT)
        return f;
    u64 va = pauth_authenticate(c, algorithm, key, X(n), 0) + IMM;
    struct loaded r = mem_read(c, e, va, 8, MEM_PLAIN);
    if (r.flow != NEXT)
        return r.flow;
    X(d) = r.value;
    if (writeback == PRE)
        X(n) = va;
    return NEXT;
}

#define LOADS(k, key)                                                                              \
    OP_MEM(ldra##k, 2)                                                                             \
    {                                                                                              \
        return load_authenticated(c, u, e, V, key, OFFSET);                                        \
    }                                                                                              \
    OP_MEM(ldra##k##_pre, 2)                                                                       \
    {                                                                                              \
        return load_authenticated(c, u, e, V, key, PRE);                                           \
    }

LOADS(a, KEY_DA)
LOADS(b, KEY_DB)
