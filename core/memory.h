/*
 * Memory as instructions see it: a virtual address, a size, a way of access. The
 * inline part is a compare against the TLB (mmu/tlb.h) and a host access; what
 * that does not serve (a miss, a page crossing, a device, alignment rules,
 * big-endian data, watchpoints, stores to decoded code) is done by the out-of-line part when the
 * instruction is run again in its slow twin (core/isa/ops.h).
 *
 * Results come back by value: never a longjmp. In the fast handler a failed
 * access says MISS; in the slow twin it says RAISE, with the data abort recorded
 * in cpu.exc. Either way the body returns what it got, at once.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <string.h>

#include "core/cpu.h"

/* How an access differs from an ordinary one, a set. */
enum mem_how {
    MEM_PLAIN = 0,
    MEM_UNPRIVILEGED = 1, /* LDTR, STTR: with EL0's rights */
    MEM_ALIGNED = 2, /* must be aligned to its size whatever SCTLR_EL1.A says: exclusive, ordered */
    MEM_EXCLUSIVE = 4, /* reported as such for memory that can't have it */
    MEM_PAIR = 8,      /* two elements of size/2; alignment goes by the element */
    MEM_AS_WRITE = 16, /* a read that must have write permission, too: atomics */
    MEM_VECTOR = 32,   /* SIMD and FP: a 16-byte element where size is 16 */
};

struct loaded {
    u64 value;      /* zero-extended */
    enum flow flow; /* NEXT, or why there is no value */
};

struct loaded2 {
    u64 lo, hi; /* the first and the second 8 bytes */
    enum flow flow;
};

/* Host memory behind a stretch of guest memory, for as long as the body runs. */
struct mapped {
    u8 *host;
    enum flow flow;
};

/* The out-of-line part; SIZE 1, 2, 4, 8. RAISE on a fault. */
struct loaded mem_read_slow(struct cpu *c, u64 va, unsigned size, enum mem_how how);
enum flow mem_write_slow(struct cpu *c, u64 va, unsigned size, u64 value, enum mem_how how);
struct loaded2 mem_read16_slow(struct cpu *c, u64 va, enum mem_how how);
enum flow mem_write16_slow(struct cpu *c, u64 va, u64 lo, u64 hi, enum mem_how how);

/*
 * Translate for a read-modify-write of SIZE bytes at VA (1 to 16, aligned or
 * the fault is raised) and return its host memory, code on it dropped. RAISE
 * with an unsupported-atomic abort when it is no ordinary RAM.
 */
struct mapped mem_map_atomic_slow(struct cpu *c, u64 va, unsigned size, enum mem_how how);

/* Zero the block of SIZE (a power of two, 16 to 2048) bytes that VA is in: DC ZVA. */
enum flow mem_zero_slow(struct cpu *c, u64 va, unsigned size);

static ALWAYS_INLINE const struct tlb_bank *mem_bank(const struct cpu *c, const struct env e,
                                                     enum mem_how how)
{
    return how & MEM_UNPRIVILEGED ? c->unprivileged : e.tlb;
}

static ALWAYS_INLINE bool mem_hit(const struct tlb_entry *t, u64 va, unsigned size,
                                  enum mem_how how)
{
    unsigned element = how & MEM_PAIR ? size / 2 : size;
    if ((how & MEM_ALIGNED) && (va & (element - 1)))
        return false;
    return likely(t->tag == ((va + size - 1) & TLB_PAGE_MASK));
}

/*
 * An entry of the TLB. Its second half is loaded before the first is compared: left
 * alone, the compiler loads it afterwards, by an address that it computes anew.
 */
static ALWAYS_INLINE struct tlb_entry mem_entry(const struct tlb_entry *at)
{
    struct tlb_entry t = *at;
    __asm__("" : "+r"(t.add));
    return t;
}

static ALWAYS_INLINE void *mem_at(const struct tlb_entry *t, u64 va)
{
    return (void *)(uintptr_t)(va + t->add);
}

/*
 * Host memory for LEN bytes at VA if the inline path can read (or write) them
 * all, else NULL. For bodies that move more than 16 bytes; they fall back to
 * element-wise accesses in the slow twin and return MISS in the fast handler.
 */
static ALWAYS_INLINE const u8 *mem_peek(const struct cpu *c, const struct env e, u64 va,
                                        unsigned len, enum mem_how how)
{
    const struct tlb_entry t = mem_entry(&mem_bank(c, e, how)->read[tlb_index(va)]);
    return mem_hit(&t, va, len, MEM_PLAIN) ? mem_at(&t, va) : NULL;
}

static ALWAYS_INLINE u8 *mem_poke(const struct cpu *c, const struct env e, u64 va, unsigned len,
                                  enum mem_how how)
{
    const struct tlb_entry t = mem_entry(&mem_bank(c, e, how)->write[tlb_index(va)]);
    return mem_hit(&t, va, len, MEM_PLAIN) ? mem_at(&t, va) : NULL;
}

/* Read SIZE (1, 2, 4, 8) bytes, zero-extended. */
static ALWAYS_INLINE struct loaded mem_read(struct cpu *c, const struct env e, u64 va,
                                            unsigned size, enum mem_how how)
{
    const struct tlb_entry t = mem_entry(&mem_bank(c, e, how)->read[tlb_index(va)]);
    if (!mem_hit(&t, va, size, how))
        return e.slow ? mem_read_slow(c, va, size, how) : (struct loaded){0, MISS};
    u64 v = 0;
    memcpy(&v, mem_at(&t, va), size);
    return (struct loaded){v, NEXT};
}

/* Write the low SIZE (1, 2, 4, 8) bytes of VALUE. */
static ALWAYS_INLINE enum flow mem_write(struct cpu *c, const struct env e, u64 va, unsigned size,
                                         u64 value, enum mem_how how)
{
    const struct tlb_entry t = mem_entry(&mem_bank(c, e, how)->write[tlb_index(va)]);
    if (!mem_hit(&t, va, size, how))
        return e.slow ? mem_write_slow(c, va, size, value, how) : MISS;
    memcpy(mem_at(&t, va), &value, size);
    return NEXT;
}

/* 16 bytes: a Q register, or (MEM_PAIR) two X registers. */
static ALWAYS_INLINE struct loaded2 mem_read16(struct cpu *c, const struct env e, u64 va,
                                               enum mem_how how)
{
    const struct tlb_entry t = mem_entry(&mem_bank(c, e, how)->read[tlb_index(va)]);
    if (!mem_hit(&t, va, 16, how))
        return e.slow ? mem_read16_slow(c, va, how) : (struct loaded2){0, 0, MISS};
    u64 v[2];
    memcpy(v, mem_at(&t, va), 16);
    return (struct loaded2){v[0], v[1], NEXT};
}

static ALWAYS_INLINE enum flow mem_write16(struct cpu *c, const struct env e, u64 va, u64 lo,
                                           u64 hi, enum mem_how how)
{
    const struct tlb_entry t = mem_entry(&mem_bank(c, e, how)->write[tlb_index(va)]);
    if (!mem_hit(&t, va, 16, how))
        return e.slow ? mem_write16_slow(c, va, lo, hi, how) : MISS;
    u64 v[2] = {lo, hi};
    memcpy(mem_at(&t, va), v, 16);
    return NEXT;
}

/* Host memory for an atomic access: see mem_map_atomic_slow. */
static ALWAYS_INLINE struct mapped mem_map_atomic(struct cpu *c, const struct env e, u64 va,
                                                  unsigned size, enum mem_how how)
{
    const struct tlb_entry t = mem_entry(&mem_bank(c, e, how)->write[tlb_index(va)]);
    if (!mem_hit(&t, va, size, how | MEM_ALIGNED))
        return e.slow ? mem_map_atomic_slow(c, va, size, how) : (struct mapped){NULL, MISS};
    return (struct mapped){mem_at(&t, va), NEXT};
}

/*
 * Read or write guest memory the way an instruction fetch, a debugger or a semihosting call does:
 * LEN bytes at VA with the rights of EL, no exception, no device. False when any byte can't be had;
 * those before it may have been copied.
 */
bool mem_debug_read(struct cpu *c, u64 va, void *to, u64 len, unsigned el);
bool mem_debug_write(struct cpu *c, u64 va, const void *from, u64 len, unsigned el);

#endif
