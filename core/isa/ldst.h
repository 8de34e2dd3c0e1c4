/*
 * What the bodies of loads and stores share: the base register with its SP
 * alignment check, addressing modes, the order of accesses, and their formats'
 * variants (format_ldst.c).
 *
 * Always true in these bodies: until every access has succeeded no register has
 * changed, so that an abort leaves the base register alone and the slow twin can
 * run the whole instruction again. Writeback comes last and so wins over a load
 * into the base register, which the manual leaves open.
 */
#ifndef CORE_ISA_LDST_H
#define CORE_ISA_LDST_H

#include "core/isa/ops.h"
#include "core/memory.h"

/* What becomes of the base register. */
enum writeback { OFFSET, POST, PRE };

/* Variants of an instruction that addresses by base and immediate. */
enum { BASE_X = 0, BASE_SP = 1 };

/* Variants of register offset: INDEX_x + 1 scales the index by the access's size. */
enum {
    INDEX_X = 0,
    INDEX_UXTW = 2,
    INDEX_SXTW = 4,
    INDEX_ANY = 6, /* the base is SP; extension (imm, one of the above) and shift (a) as decoded */
};

/* Sign extension of what was loaded: none, or the width of the register. */
enum { UNSIGNED = 0, SIGNED_W = 32, SIGNED_X = 64 };

/* Arm's CheckSPAlignment for an SP that is no multiple of 16: NEXT or RAISE. */
enum flow ldst_sp_misaligned(struct cpu *c);

/* The same for any base address; IS_SP: it is the stack pointer's. */
static ALWAYS_INLINE enum flow ldst_check_sp(struct cpu *c, const struct env e, bool is_sp,
                                             u64 base)
{
    if (!is_sp || likely((base & 15) == 0))
        return NEXT;
    return e.slow ? ldst_sp_misaligned(c) : MISS;
}

/* The offset of the register-offset forms for an access of 1 << SCALE bytes. */
static ALWAYS_INLINE u64 ldst_index(const struct cpu *c, const struct uop *u, unsigned variant,
                                    unsigned scale)
{
    bool any = variant == INDEX_ANY;
    unsigned extension = any ? (unsigned)u->imm : variant & ~1u;
    unsigned shift = any ? u->a : variant & 1 ? scale : 0;
    switch (extension) {
    case INDEX_UXTW:
        return (u64)W(m) << shift;
    case INDEX_SXTW:
        return (u64)(s64)(s32)W(m) << shift;
    default:
        return X(m) << shift;
    }
}

/* Have the compiler compute an address once: by itself it adds the parts up twice. */
static ALWAYS_INLINE u64 ldst_settle(u64 va)
{
    __asm__("" : "+r"(va));
    return va;
}

/* Where an access goes, and what the base register becomes afterwards. */
struct address {
    u64 va, base_after;
    enum flow flow; /* NEXT, or what the check of SP says */
};

static ALWAYS_INLINE struct address ldst_address(struct cpu *c, const struct uop *u,
                                                 const struct env e, unsigned variant,
                                                 enum writeback writeback)
{
    u64 base = variant == BASE_SP ? SP : X(n);
    u64 moved = ldst_settle(PLUS_IMM(base));
    return (struct address){
        .va = writeback == POST ? base : moved,
        .base_after = moved,
        .flow = ldst_check_sp(c, e, variant == BASE_SP, base),
    };
}

/* The same for base and index register. */
static ALWAYS_INLINE struct address ldst_address_indexed(struct cpu *c, const struct uop *u,
                                                         const struct env e, unsigned variant,
                                                         unsigned scale)
{
    return (struct address){
        .va = ldst_settle(X(n) + ldst_index(c, u, variant, scale)),
        .flow = ldst_check_sp(c, e, variant == INDEX_ANY, X(n)),
    };
}

static ALWAYS_INLINE void ldst_write_back(struct cpu *c, const struct uop *u, unsigned variant,
                                          enum writeback writeback, struct address a)
{
    if (writeback == OFFSET)
        return;
    if (variant == BASE_SP)
        SP = a.base_after;
    else
        X(n) = a.base_after;
}

/*
 * A whole register, written in one piece: a vector operation that reads it next
 * would have to wait for two halves.
 */
static ALWAYS_INLINE void vreg_set(union vreg *v, u64 lo, u64 hi)
{
    typedef u64 whole __attribute__((vector_size(16)));
    whole w = {lo, hi};
    memcpy(v, &w, sizeof(w));
}

/* log2 of an access's SIZE, which is a constant. */
static ALWAYS_INLINE unsigned ldst_scale(unsigned size)
{
    return (unsigned)__builtin_ctz(size);
}

/*
 * The order of accesses between CPUs. Acquire and release are what the host calls
 * so, too. Load-acquire after store-release is ordered on Arm (RCsc), which on
 * x86 would take a full barrier behind every store-release; while CPUs take turns
 * on one host thread nobody can tell, so barrier_release_done() is free. CPUs as
 * host threads make it __atomic_thread_fence(__ATOMIC_SEQ_CST).
 */
static ALWAYS_INLINE void barrier_acquire(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static ALWAYS_INLINE void barrier_release(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static ALWAYS_INLINE void barrier_release_done(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

#endif
