/*
 * Exclusive and ordered accesses and the atomics of FEAT_LSE (C4.1.94, C6.2,
 * B2.9 Synchronization and semaphores). Variants are log2 of the size in bytes,
 * for pairs 0 for W and 1 for X registers. imm is 15 where the base is SP, else 0.
 *
 * A store-exclusive is a host compare-and-swap against what the load-exclusive
 * saw, so it holds against anything that runs at the same time. That a location
 * may have changed and changed back in between goes unnoticed. It is checked for
 * alignment and write permission whether the monitor lets it through or not.
 * Host atomics here are sequentially consistent: acquire and release included.
 */
#include "core/isa/ldst.h"

#define EXCLUSIVE (MEM_ALIGNED | MEM_EXCLUSIVE)

static ALWAYS_INLINE enum flow check_base(struct cpu *c, const struct uop *u, const struct env e)
{
    return ldst_check_sp(c, e, true, X(n) & (u64)u->imm);
}

/* From a register to SIZE bytes as they lie in memory, and back; what the inline path reaches is
 * little-endian. */
static ALWAYS_INLINE u64 in_memory(const struct cpu *c, const struct env e, u64 v, unsigned size)
{
    return e.slow && c->big_endian ? __builtin_bswap64(v) >> (64 - 8 * size) : v;
}

/* Replace the SIZE bytes at P, which is aligned, if they are *EXPECTED; that becomes what they
 * were. */
static ALWAYS_INLINE bool host_cas(u8 *p, unsigned size, u64 *expected, u64 desired)
{
#define CAS(type)                                                                                  \
    {                                                                                              \
        type old = (type)*expected;                                                                \
        bool done = __atomic_compare_exchange_n((type *)(void *)p, &old, (type)desired, false,     \
                                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);               \
        *expected = old;                                                                           \
        return done;                                                                               \
    }
    switch (size) {
    case 1:
        CAS(u8)
    case 2:
        CAS(u16)
    case 4:
        CAS(u32)
    default:
        CAS(u64)
    }
#undef CAS
}

/* The same for 16 bytes. Compilers for x86-64 call a library here unless told of cmpxchg16b. */
static ALWAYS_INLINE bool host_cas16(u8 *p, u64 expected[2], const u64 desired[2])
{
#if defined(__x86_64__)
    bool done;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(u128 *)(void *)p), "+a"(expected[0]), "+d"(expected[1])
                     : "b"(desired[0]), "c"(desired[1])
                     : "memory");
    return done;
#else
    u128 old = (u128)expected[1] << 64 | expected[0];
    bool done =
        __atomic_compare_exchange_n((u128 *)(void *)p, &old, (u128)desired[1] << 64 | desired[0],
                                    false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    expected[0] = (u64)old;
    expected[1] = (u64)(old >> 64);
    return done;
#endif
}

static ALWAYS_INLINE void monitor_set(struct cpu *c, u64 va, unsigned size, u64 lo, u64 hi)
{
    c->monitor.va = va;
    c->monitor.value[0] = lo;
    if (size == 16)
        c->monitor.value[1] = hi;
    c->monitor.size = (u8)size;
    c->monitor.set = true;
}

static ALWAYS_INLINE bool monitor_holds(const struct cpu *c, u64 va, unsigned size)
{
    return c->monitor.set && c->monitor.va == va && c->monitor.size == size;
}

static ALWAYS_INLINE enum flow load_exclusive(struct cpu *c, const struct uop *u,
                                              const struct env e, unsigned size)
{
    u64 va = X(n);
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    struct loaded r = mem_read(c, e, va, size, EXCLUSIVE);
    if (r.flow != NEXT)
        return r.flow;
    monitor_set(c, va, size, r.value, 0);
    X(d) = r.value;
    barrier_acquire();
    return NEXT;
}

OP_MEM(ldxr, 4)
{
    return load_exclusive(c, u, e, 1u << V);
}

OP_MEM(ldaxr, 4)
{
    return load_exclusive(c, u, e, 1u << V);
}

/* With Rt = Rt2 the second element stays. Two words are one access of 8 bytes. */
static ALWAYS_INLINE enum flow load_exclusive_pair(struct cpu *c, const struct uop *u,
                                                   const struct env e, bool wide)
{
    u64 va = X(n);
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    if (wide) {
        struct loaded2 r = mem_read16(c, e, va, EXCLUSIVE);
        if (r.flow != NEXT)
            return r.flow;
        monitor_set(c, va, 16, r.lo, r.hi);
        X(d) = r.lo;
        X(a) = r.hi;
    } else {
        struct loaded r = mem_read(c, e, va, 8, EXCLUSIVE);
        bool exchanged = e.slow && c->big_endian;
        if (r.flow != NEXT)
            return r.flow;
        monitor_set(c, va, 8, r.value, 0);
        X(d) = exchanged ? r.value >> 32 : (u32)r.value;
        X(a) = exchanged ? (u32)r.value : r.value >> 32;
    }
    barrier_acquire();
    return NEXT;
}

OP_MEM(ldxp, 2)
{
    return load_exclusive_pair(c, u, e, V);
}

OP_MEM(ldaxp, 2)
{
    return load_exclusive_pair(c, u, e, V);
}

/* VALUE is what SIZE bytes are to become, as a register has it. */
static ALWAYS_INLINE enum flow store_exclusive(struct cpu *c, const struct uop *u,
                                               const struct env e, unsigned size, u64 value)
{
    u64 va = X(n);
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    struct mapped at = mem_map_atomic(c, e, va, size, MEM_EXCLUSIVE);
    if (at.flow != NEXT)
        return at.flow;
    u64 expected = in_memory(c, e, c->monitor.value[0], size);
    bool stored = likely(monitor_holds(c, va, size)) &&
                  host_cas(at.host, size, &expected, in_memory(c, e, value, size));
    c->monitor.set = false;
    X(m) = !stored;
    return NEXT;
}

OP_MEM(stxr, 4)
{
    return store_exclusive(c, u, e, 1u << V, X(d));
}

OP_MEM(stlxr, 4)
{
    return store_exclusive(c, u, e, 1u << V, X(d));
}

static ALWAYS_INLINE enum flow store_exclusive_pair(struct cpu *c, const struct uop *u,
                                                    const struct env e, bool wide)
{
    u64 va = X(n);
    bool exchanged = e.slow && c->big_endian;
    if (!wide)
        return store_exclusive(c, u, e, 8,
                               exchanged ? W(a) | (u64)W(d) << 32 : W(d) | (u64)W(a) << 32);
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    struct mapped at = mem_map_atomic(c, e, va, 16, MEM_EXCLUSIVE);
    if (at.flow != NEXT)
        return at.flow;
    u64 expected[2] = {in_memory(c, e, c->monitor.value[0], 8),
                       in_memory(c, e, c->monitor.value[1], 8)};
    u64 desired[2] = {in_memory(c, e, X(d), 8), in_memory(c, e, X(a), 8)};
    bool stored = likely(monitor_holds(c, va, 16)) && host_cas16(at.host, expected, desired);
    c->monitor.set = false;
    X(m) = !stored;
    return NEXT;
}

OP_MEM(stxp, 2)
{
    return store_exclusive_pair(c, u, e, V);
}

OP_MEM(stlxp, 2)
{
    return store_exclusive_pair(c, u, e, V);
}

static ALWAYS_INLINE enum flow load_acquire(struct cpu *c, const struct uop *u, const struct env e,
                                            unsigned size)
{
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    struct loaded r = mem_read(c, e, X(n), size, MEM_ALIGNED);
    if (r.flow == NEXT)
        X(d) = r.value;
    barrier_acquire();
    return r.flow;
}

OP_MEM(ldar, 4)
{
    return load_acquire(c, u, e, 1u << V);
}

OP_MEM(ldapr, 4)
{
    return load_acquire(c, u, e, 1u << V);
}

/* Ordered among all accesses, not only those to a region: there are none of these. */
OP_MEM(ldlar, 4)
{
    return load_acquire(c, u, e, 1u << V);
}

static ALWAYS_INLINE enum flow store_release(struct cpu *c, const struct uop *u, const struct env e,
                                             unsigned size)
{
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    barrier_release();
    f = mem_write(c, e, X(n), size, X(d), MEM_ALIGNED);
    barrier_release_done();
    return f;
}

OP_MEM(stlr, 4)
{
    return store_release(c, u, e, 1u << V);
}

OP_MEM(stllr, 4)
{
    return store_release(c, u, e, 1u << V);
}

/* What an atomic makes of OLD, zero-extended from SIZE bytes, and the operand. */
enum rmw { RMW_ADD, RMW_CLR, RMW_EOR, RMW_SET, RMW_SMAX, RMW_SMIN, RMW_UMAX, RMW_UMIN, RMW_SWP };

static ALWAYS_INLINE u64 rmw_result(enum rmw rmw, unsigned size, u64 old, u64 operand)
{
    s64 signed_old = sext(old, 8 * size), signed_operand = sext(operand, 8 * size);
    operand &= ones(8 * size);
    switch (rmw) {
    case RMW_ADD:
        return old + operand;
    case RMW_CLR:
        return old & ~operand;
    case RMW_EOR:
        return old ^ operand;
    case RMW_SET:
        return old | operand;
    case RMW_SMAX:
        return signed_old > signed_operand ? old : operand;
    case RMW_SMIN:
        return signed_old < signed_operand ? old : operand;
    case RMW_UMAX:
        return old > operand ? old : operand;
    case RMW_UMIN:
        return old < operand ? old : operand;
    default:
        return operand;
    }
}

static ALWAYS_INLINE enum flow read_modify_write(struct cpu *c, const struct uop *u,
                                                 const struct env e, enum rmw rmw, unsigned size)
{
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    struct mapped at = mem_map_atomic(c, e, X(n), size, MEM_AS_WRITE);
    if (at.flow != NEXT)
        return at.flow;
    u64 found = 0, old;
    memcpy(&found, at.host, size);
    do {
        old = in_memory(c, e, found, size);
    } while (
        !host_cas(at.host, size, &found, in_memory(c, e, rmw_result(rmw, size, old, X(m)), size)));
    X(d) = old;
    return NEXT;
}

#define ATOMIC(name, rmw)                                                                          \
    OP_MEM(name, 4)                                                                                \
    {                                                                                              \
        return read_modify_write(c, u, e, rmw, 1u << V);                                           \
    }

ATOMIC(ldadd, RMW_ADD)
ATOMIC(ldclr, RMW_CLR)
ATOMIC(ldeor, RMW_EOR)
ATOMIC(ldset, RMW_SET)
ATOMIC(ldsmax, RMW_SMAX)
ATOMIC(ldsmin, RMW_SMIN)
ATOMIC(ldumax, RMW_UMAX)
ATOMIC(ldumin, RMW_UMIN)
ATOMIC(swp, RMW_SWP)

/* Rs is slot m as a source and a as a destination. Fails for want of permission even if unequal. */
OP_MEM(cas, 4)
{
    unsigned size = 1u << V;
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    struct mapped at = mem_map_atomic(c, e, X(n), size, MEM_AS_WRITE);
    if (at.flow != NEXT)
        return at.flow;
    u64 found = in_memory(c, e, X(m), size);
    host_cas(at.host, size, &found, in_memory(c, e, X(d), size));
    X(a) = in_memory(c, e, found, size);
    return NEXT;
}

/* Rs (an even number) is m, Rt is d, the register behind Rt is slot a. */
OP_MEM(casp, 2)
{
    unsigned s2 = u->m + 1u == SLOT_SP ? SLOT_ZERO : u->m + 1u;
    unsigned s2_to = s2 == SLOT_ZERO ? SLOT_SINK : s2;
    enum flow f = check_base(c, u, e);
    if (f != NEXT)
        return f;
    struct mapped at = mem_map_atomic(c, e, X(n), V ? 16 : 8, MEM_AS_WRITE);
    if (at.flow != NEXT)
        return at.flow;
    if (V) {
        u64 found[2] = {in_memory(c, e, X(m), 8), in_memory(c, e, c->x[s2], 8)};
        u64 desired[2] = {in_memory(c, e, X(d), 8), in_memory(c, e, X(a), 8)};
        host_cas16(at.host, found, desired);
        X(m) = in_memory(c, e, found[0], 8);
        c->x[s2_to] = in_memory(c, e, found[1], 8);
    } else {
        u64 found = in_memory(c, e, W(m), 4) | in_memory(c, e, (u32)c->x[s2], 4) << 32;
        u64 desired = in_memory(c, e, W(d), 4) | in_memory(c, e, W(a), 4) << 32;
        host_cas(at.host, 8, &found, desired);
        X(m) = in_memory(c, e, (u32)found, 4);
        c->x[s2_to] = in_memory(c, e, found >> 32, 4);
    }
    return NEXT;
}
