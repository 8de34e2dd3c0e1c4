/*
 * Loads and stores of one SIMD and floating-point register, or a pair (C4.1.94,
 * C7.2). Variants are base-and-immediate's or register offset's: core/isa/ldst.h.
 * Registers are indices into cpu.v. What a load does not fill of a register
 * becomes zero; a pair with Rt = Rt2 leaves what the second element was.
 */
#include "core/isa/ldst.h"

static ALWAYS_INLINE enum flow load(struct cpu *c, const struct uop *u, const struct env e,
                                    struct address a, unsigned size)
{
    if (a.flow != NEXT)
        return a.flow;
    if (size == 16) {
        struct loaded2 q = mem_read16(c, e, a.va, MEM_VECTOR);
        if (q.flow == NEXT)
            vreg_set(&c->v[u->d], q.lo, q.hi);
        return q.flow;
    }
    struct loaded r = mem_read(c, e, a.va, size, MEM_PLAIN);
    if (r.flow == NEXT)
        vreg_set(&c->v[u->d], r.value, 0);
    return r.flow;
}

static ALWAYS_INLINE enum flow store(struct cpu *c, const struct uop *u, const struct env e,
                                     struct address a, unsigned size)
{
    const union vreg *v = &c->v[u->d];
    if (a.flow != NEXT)
        return a.flow;
    return size == 16 ? mem_write16(c, e, a.va, v->d[0], v->d[1], MEM_VECTOR)
                      : mem_write(c, e, a.va, size, v->d[0], MEM_PLAIN);
}

typedef enum flow access_fn(struct cpu *c, const struct uop *u, const struct env e,
                            struct address a, unsigned size);

static ALWAYS_INLINE enum flow access_imm(access_fn *perform, struct cpu *c, const struct uop *u,
                                          const struct env e, unsigned variant,
                                          enum writeback writeback, unsigned size)
{
    struct address a = ldst_address(c, u, e, variant, writeback);
    enum flow f = perform(c, u, e, a, size);
    if (f == NEXT)
        ldst_write_back(c, u, variant, writeback, a);
    return f;
}

/* Every way to address one register: LDR and LDUR, or STR and STUR. */
#define SINGLES(op, opu, perform, kind, size)                                                      \
    OP_FPMEM(op##kind##_imm, 2)                                                                    \
    {                                                                                              \
        return access_imm(perform, c, u, e, V, OFFSET, size);                                      \
    }                                                                                              \
    OP_FPMEM(op##kind##_post, 2)                                                                   \
    {                                                                                              \
        return access_imm(perform, c, u, e, V, POST, size);                                        \
    }                                                                                              \
    OP_FPMEM(op##kind##_pre, 2)                                                                    \
    {                                                                                              \
        return access_imm(perform, c, u, e, V, PRE, size);                                         \
    }                                                                                              \
    OP_FPMEM(opu##kind, 2)                                                                         \
    {                                                                                              \
        return access_imm(perform, c, u, e, V, OFFSET, size);                                      \
    }                                                                                              \
    OP_FPMEM(op##kind##_reg, 7)                                                                    \
    {                                                                                              \
        return perform(c, u, e, ldst_address_indexed(c, u, e, V, ldst_scale(size)), size);         \
    }

SINGLES(ldr, ldur, load, _b, 1)
SINGLES(ldr, ldur, load, _h, 2)
SINGLES(ldr, ldur, load, _s, 4)
SINGLES(ldr, ldur, load, _d, 8)
SINGLES(ldr, ldur, load, _q, 16)
SINGLES(str, stur, store, _b, 1)
SINGLES(str, stur, store, _h, 2)
SINGLES(str, stur, store, _s, 4)
SINGLES(str, stur, store, _d, 8)
SINGLES(str, stur, store, _q, 16)

static ALWAYS_INLINE enum flow load_literal(struct cpu *c, const struct uop *u, const struct env e,
                                            unsigned size)
{
    struct address a = {.va = PLUS_IMM(c->page_va), .flow = NEXT};
    return load(c, u, e, a, size);
}

OP_FPMEM(ldr_s_lit, 1)
{
    return load_literal(c, u, e, 4);
}

OP_FPMEM(ldr_d_lit, 1)
{
    return load_literal(c, u, e, 8);
}

OP_FPMEM(ldr_q_lit, 1)
{
    return load_literal(c, u, e, 16);
}

/* Two elements of at most 8 bytes, zero-extended, each by a host access of its own. */
static ALWAYS_INLINE struct loaded2 read_pair(struct cpu *c, const struct env e, u64 va,
                                              unsigned size)
{
    const struct tlb_entry *t = &e.tlb->read[tlb_index(va)];
    struct loaded2 r = {0, 0, NEXT};
    if (mem_hit(t, va, 2 * size, MEM_PAIR)) {
        memcpy(&r.lo, mem_at(t, va), size);
        memcpy(&r.hi, (const u8 *)mem_at(t, va) + size, size);
    } else if (size == 8) {
        r = mem_read16(c, e, va, MEM_PAIR);
    } else {
        struct loaded both = mem_read(c, e, va, 8, MEM_PAIR);
        r = (struct loaded2){(u32)both.value, both.value >> 32, both.flow};
    }
    return r;
}

/* A pair of Q registers. */
static ALWAYS_INLINE enum flow load_pair_q(struct cpu *c, const struct uop *u, const struct env e,
                                           u64 va)
{
    const struct tlb_entry *t = &e.tlb->read[tlb_index(va)];
    union vreg v[2];
    if (mem_hit(t, va, 32, MEM_PLAIN)) {
        memcpy(v, mem_at(t, va), 32);
    } else if (!e.slow) {
        return MISS;
    } else {
        struct loaded2 one = mem_read16_slow(c, va, MEM_VECTOR);
        if (one.flow != NEXT)
            return one.flow;
        struct loaded2 two = mem_read16_slow(c, va + 16, MEM_VECTOR);
        if (two.flow != NEXT)
            return two.flow;
        v[0] = (union vreg){.d = {one.lo, one.hi}};
        v[1] = (union vreg){.d = {two.lo, two.hi}};
    }
    c->v[u->d] = v[0];
    c->v[u->a] = v[1];
    return NEXT;
}

static ALWAYS_INLINE enum flow load_pair(struct cpu *c, const struct uop *u, const struct env e,
                                         struct address a, unsigned size)
{
    if (a.flow != NEXT)
        return a.flow;
    if (size == 16)
        return load_pair_q(c, u, e, a.va);
    struct loaded2 r = read_pair(c, e, a.va, size);
    if (r.flow != NEXT)
        return r.flow;
    vreg_set(&c->v[u->d], r.lo, 0);
    vreg_set(&c->v[u->a], r.hi, 0);
    return NEXT;
}

static ALWAYS_INLINE enum flow store_pair(struct cpu *c, const struct uop *u, const struct env e,
                                          struct address a, unsigned size)
{
    const union vreg *one = &c->v[u->d], *two = &c->v[u->a];
    const struct tlb_entry *t = &e.tlb->write[tlb_index(a.va)];
    if (a.flow != NEXT)
        return a.flow;
    if (size == 4)
        return mem_write(c, e, a.va, 8, one->s[0] | (u64)two->s[0] << 32, MEM_PAIR);
    if (size == 8)
        return mem_write16(c, e, a.va, one->d[0], two->d[0], MEM_PAIR);
    if (mem_hit(t, a.va, 32, MEM_PLAIN)) {
        memcpy(mem_at(t, a.va), one, 16);
        memcpy((u8 *)mem_at(t, a.va) + 16, two, 16);
        return NEXT;
    }
    if (!e.slow)
        return MISS;
    enum flow f = mem_write16_slow(c, a.va, one->d[0], one->d[1], MEM_VECTOR);
    return f != NEXT ? f : mem_write16_slow(c, a.va + 16, two->d[0], two->d[1], MEM_VECTOR);
}

#define PAIRS(op, opn, perform, kind, size)                                                        \
    OP_FPMEM(op##kind##_off, 2)                                                                    \
    {                                                                                              \
        return access_imm(perform, c, u, e, V, OFFSET, size);                                      \
    }                                                                                              \
    OP_FPMEM(op##kind##_post, 2)                                                                   \
    {                                                                                              \
        return access_imm(perform, c, u, e, V, POST, size);                                        \
    }                                                                                              \
    OP_FPMEM(op##kind##_pre, 2)                                                                    \
    {                                                                                              \
        return access_imm(perform, c, u, e, V, PRE, size);                                         \
    }                                                                                              \
    OP_FPMEM(opn##kind, 2)                                                                         \
    {                                                                                              \
        return access_imm(perform, c, u, e, V, OFFSET, size);                                      \
    }

PAIRS(ldp, ldnp, load_pair, _s, 4)
PAIRS(ldp, ldnp, load_pair, _d, 8)
PAIRS(ldp, ldnp, load_pair, _q, 16)
PAIRS(stp, stnp, store_pair, _s, 4)
PAIRS(stp, stnp, store_pair, _d, 8)
PAIRS(stp, stnp, store_pair, _q, 16)
