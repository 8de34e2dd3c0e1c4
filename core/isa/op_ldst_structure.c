/*
 * Loads and stores of SIMD structures (C4.1.94, C7.2: LD1 to LD4, ST1 to ST4,
 * LD1R to LD4R). The registers are Rt, Rt+1, ... modulo 32, Rt in slot d.
 * Post-index adds slot m (SLOT_ZERO for the immediate form) and imm, one of
 * which is zero.
 *
 * What is loaded goes through one piece of host memory that has the guest's
 * layout: the guest's own where the inline path can read all of it, else (in
 * the slow twin) a copy made element by element, as the manual orders them, so
 * that an abort names the first element that can't be had. Stores the same.
 */
#include "core/isa/ldst.h"

enum { MAX_BYTES = 64 }; /* four Q registers */

/* Copy BYTES at VA into TO, by elements of 1 << LOG2 bytes; lanes are little-endian. */
static COLD enum flow read_elements(struct cpu *c, u64 va, u8 *to, unsigned bytes, unsigned log2)
{
    unsigned size = 1u << log2;
    for (unsigned i = 0; i < bytes; i += size) {
        struct loaded r = mem_read_slow(c, va + i, size, MEM_PLAIN);
        if (r.flow != NEXT)
            return r.flow;
        memcpy(to + i, &r.value, size);
    }
    return NEXT;
}

static COLD enum flow write_elements(struct cpu *c, u64 va, const u8 *from, unsigned bytes,
                                     unsigned log2)
{
    unsigned size = 1u << log2;
    for (unsigned i = 0; i < bytes; i += size) {
        u64 value = 0;
        memcpy(&value, from + i, size);
        enum flow f = mem_write_slow(c, va + i, size, value, MEM_PLAIN);
        if (f != NEXT)
            return f;
    }
    return NEXT;
}

/* BYTES at VA as host memory: the guest's or, in the slow twin, a copy in BUFFER. */
struct source {
    const u8 *p;
    enum flow flow;
};

static ALWAYS_INLINE struct source source_at(struct cpu *c, const struct env e, u64 va, u8 *buffer,
                                             unsigned bytes, unsigned log2)
{
    const struct tlb_entry *t = &e.tlb->read[tlb_index(va)];
    if (likely(mem_hit(t, va, bytes, MEM_PLAIN)))
        return (struct source){mem_at(t, va), NEXT};
    if (!e.slow)
        return (struct source){NULL, MISS};
    return (struct source){buffer, read_elements(c, va, buffer, bytes, log2)};
}

/* The base register and the alignment check of SP; which one it is, is seen at run time. */
static ALWAYS_INLINE struct address structure_address(struct cpu *c, const struct uop *u,
                                                      const struct env e)
{
    u64 base = X(n);
    return (struct address){
        .va = base,
        .base_after = base + X(m) + IMM,
        .flow = ldst_check_sp(c, e, u->n == SLOT_SP, base),
    };
}

static ALWAYS_INLINE union vreg *vreg_at(struct cpu *c, const struct uop *u, unsigned i)
{
    return &c->v[(u->d + i) & 31];
}

/*
 * The registers of a multiple-structure access, Arm's pseudocode with the loops
 * exchanged: SELEM registers of (8 << q) bytes, 1 << LOG2 bytes an element. With
 * constants these unroll.
 */
static ALWAYS_INLINE void deinterleave(union vreg *to, const u8 *from, unsigned selem,
                                       unsigned log2, unsigned q)
{
    for (unsigned r = 0; r < selem; r++)
        to[r] = (union vreg){.d = {0, 0}};
    for (unsigned i = 0; i < (8u << q) >> log2; i++)
        for (unsigned r = 0; r < selem; r++)
            memcpy(&to[r].b[i << log2], from + ((i * selem + r) << log2), 1u << log2);
}

static ALWAYS_INLINE void interleave(u8 *to, const union vreg *from, unsigned selem, unsigned log2,
                                     unsigned q)
{
    for (unsigned i = 0; i < (8u << q) >> log2; i++)
        for (unsigned r = 0; r < selem; r++)
            memcpy(to + ((i * selem + r) << log2), &from[r].b[i << log2], 1u << log2);
}

/* LD1 of COUNT registers: no interleaving. Variant q; log2 of the element size in a. */
static ALWAYS_INLINE enum flow load_consecutive(struct cpu *c, const struct uop *u,
                                                const struct env e, unsigned q, unsigned count,
                                                enum writeback writeback)
{
    u8 buffer[MAX_BYTES];
    struct address a = structure_address(c, u, e);
    if (a.flow != NEXT)
        return a.flow;
    struct source s = source_at(c, e, a.va, buffer, count * (8u << q), u->a);
    if (s.flow != NEXT)
        return s.flow;
    for (unsigned r = 0; r < count; r++) {
        u64 v[2] = {0, 0};
        memcpy(v, s.p + r * (8u << q), 8u << q);
        vreg_set(vreg_at(c, u, r), v[0], v[1]);
    }
    ldst_write_back(c, u, BASE_X, writeback, a);
    return NEXT;
}

static ALWAYS_INLINE enum flow store_consecutive(struct cpu *c, const struct uop *u,
                                                 const struct env e, unsigned q, unsigned count,
                                                 enum writeback writeback)
{
    u8 buffer[MAX_BYTES];
    unsigned bytes = count * (8u << q);
    struct address a = structure_address(c, u, e);
    if (a.flow != NEXT)
        return a.flow;
    const struct tlb_entry *t = &e.tlb->write[tlb_index(a.va)];
    bool hit = likely(mem_hit(t, a.va, bytes, MEM_PLAIN));
    if (!hit && !e.slow)
        return MISS;
    u8 *to = hit ? mem_at(t, a.va) : buffer;
    for (unsigned r = 0; r < count; r++)
        memcpy(to + r * (8u << q), vreg_at(c, u, r), 8u << q);
    enum flow f = hit ? NEXT : write_elements(c, a.va, buffer, bytes, u->a);
    if (f == NEXT)
        ldst_write_back(c, u, BASE_X, writeback, a);
    return f;
}

#define CONSECUTIVE(count)                                                                         \
    OP_FPMEM(ld1_##count, 2)                                                                       \
    {                                                                                              \
        return load_consecutive(c, u, e, V, count, OFFSET);                                        \
    }                                                                                              \
    OP_FPMEM(ld1_##count##_post, 2)                                                                \
    {                                                                                              \
        return load_consecutive(c, u, e, V, count, POST);                                          \
    }                                                                                              \
    OP_FPMEM(st1_##count, 2)                                                                       \
    {                                                                                              \
        return store_consecutive(c, u, e, V, count, OFFSET);                                       \
    }                                                                                              \
    OP_FPMEM(st1_##count##_post, 2)                                                                \
    {                                                                                              \
        return store_consecutive(c, u, e, V, count, POST);                                         \
    }

CONSECUTIVE(1)
CONSECUTIVE(2)
CONSECUTIVE(3)
CONSECUTIVE(4)

/* LD2 to LD4; a: 2 * log2 of the element size + Q. */
static ALWAYS_INLINE enum flow load_interleaved(struct cpu *c, const struct uop *u,
                                                const struct env e, unsigned selem,
                                                enum writeback writeback,
                                                void (*move)(union vreg *, const u8 *, unsigned))
{
    u8 buffer[MAX_BYTES];
    union vreg v[4];
    struct address a = structure_address(c, u, e);
    if (a.flow != NEXT)
        return a.flow;
    struct source s = source_at(c, e, a.va, buffer, selem * (8u << (u->a & 1)), u->a >> 1);
    if (s.flow != NEXT)
        return s.flow;
    move(v, s.p, u->a);
    for (unsigned r = 0; r < selem; r++)
        *vreg_at(c, u, r) = v[r];
    ldst_write_back(c, u, BASE_X, writeback, a);
    return NEXT;
}

static ALWAYS_INLINE enum flow store_interleaved(struct cpu *c, const struct uop *u,
                                                 const struct env e, unsigned selem,
                                                 enum writeback writeback,
                                                 void (*move)(u8 *, const union vreg *, unsigned))
{
    u8 buffer[MAX_BYTES];
    union vreg v[4];
    unsigned bytes = selem * (8u << (u->a & 1));
    struct address a = structure_address(c, u, e);
    if (a.flow != NEXT)
        return a.flow;
    const struct tlb_entry *t = &e.tlb->write[tlb_index(a.va)];
    bool hit = likely(mem_hit(t, a.va, bytes, MEM_PLAIN));
    if (!hit && !e.slow)
        return MISS;
    for (unsigned r = 0; r < selem; r++)
        v[r] = *vreg_at(c, u, r);
    move(hit ? mem_at(t, a.va) : buffer, v, u->a);
    enum flow f = hit ? NEXT : write_elements(c, a.va, buffer, bytes, u->a >> 1);
    if (f == NEXT)
        ldst_write_back(c, u, BASE_X, writeback, a);
    return f;
}

/* A case per arrangement, 8B to 2D (1D has no interleaving), as encoded in slot a. */
#define ARRANGEMENTS(move, to, from, selem, arrangement)                                           \
    switch (arrangement) {                                                                         \
    case 0:                                                                                        \
        move(to, from, selem, 0, 0);                                                               \
        break;                                                                                     \
    case 1:                                                                                        \
        move(to, from, selem, 0, 1);                                                               \
        break;                                                                                     \
    case 2:                                                                                        \
        move(to, from, selem, 1, 0);                                                               \
        break;                                                                                     \
    case 3:                                                                                        \
        move(to, from, selem, 1, 1);                                                               \
        break;                                                                                     \
    case 4:                                                                                        \
        move(to, from, selem, 2, 0);                                                               \
        break;                                                                                     \
    case 5:                                                                                        \
        move(to, from, selem, 2, 1);                                                               \
        break;                                                                                     \
    default:                                                                                       \
        move(to, from, selem, 3, 1);                                                               \
        break;                                                                                     \
    }

#define INTERLEAVED(selem)                                                                         \
    static __attribute__((noinline)) void deinterleave_##selem(union vreg *to, const u8 *from,     \
                                                               unsigned arrangement)               \
    {                                                                                              \
        ARRANGEMENTS(deinterleave, to, from, selem, arrangement)                                   \
    }                                                                                              \
    static __attribute__((noinline)) void interleave_##selem(u8 *to, const union vreg *from,       \
                                                             unsigned arrangement){                \
        ARRANGEMENTS(interleave, to, from, selem, arrangement)} OP_FPMEM(ld##selem, 1)             \
    {                                                                                              \
        return load_interleaved(c, u, e, selem, OFFSET, deinterleave_##selem);                     \
    }                                                                                              \
    OP_FPMEM(ld##selem##_post, 1)                                                                  \
    {                                                                                              \
        return load_interleaved(c, u, e, selem, POST, deinterleave_##selem);                       \
    }                                                                                              \
    OP_FPMEM(st##selem, 1)                                                                         \
    {                                                                                              \
        return store_interleaved(c, u, e, selem, OFFSET, interleave_##selem);                      \
    }                                                                                              \
    OP_FPMEM(st##selem##_post, 1)                                                                  \
    {                                                                                              \
        return store_interleaved(c, u, e, selem, POST, interleave_##selem);                        \
    }

INTERLEAVED(2)
INTERLEAVED(3)
INTERLEAVED(4)

/* A single structure: lane a of SELEM registers, 1 << LOG2 bytes an element. */
static ALWAYS_INLINE enum flow load_lane(struct cpu *c, const struct uop *u, const struct env e,
                                         unsigned log2, unsigned selem, enum writeback writeback)
{
    u8 buffer[MAX_BYTES];
    struct address a = structure_address(c, u, e);
    if (a.flow != NEXT)
        return a.flow;
    struct source s = source_at(c, e, a.va, buffer, selem << log2, log2);
    if (s.flow != NEXT)
        return s.flow;
    for (unsigned r = 0; r < selem; r++)
        memcpy(&vreg_at(c, u, r)->b[u->a << log2], s.p + (r << log2), 1u << log2);
    ldst_write_back(c, u, BASE_X, writeback, a);
    return NEXT;
}

static ALWAYS_INLINE enum flow store_lane(struct cpu *c, const struct uop *u, const struct env e,
                                          unsigned log2, unsigned selem, enum writeback writeback)
{
    u8 buffer[MAX_BYTES];
    struct address a = structure_address(c, u, e);
    if (a.flow != NEXT)
        return a.flow;
    const struct tlb_entry *t = &e.tlb->write[tlb_index(a.va)];
    bool hit = likely(mem_hit(t, a.va, selem << log2, MEM_PLAIN));
    if (!hit && !e.slow)
        return MISS;
    u8 *to = hit ? mem_at(t, a.va) : buffer;
    for (unsigned r = 0; r < selem; r++)
        memcpy(to + (r << log2), &vreg_at(c, u, r)->b[u->a << log2], 1u << log2);
    enum flow f = hit ? NEXT : write_elements(c, a.va, buffer, selem << log2, log2);
    if (f == NEXT)
        ldst_write_back(c, u, BASE_X, writeback, a);
    return f;
}

/* LD1R to LD4R; every lane of a register is the same, and a is Q. */
static ALWAYS_INLINE enum flow load_replicated(struct cpu *c, const struct uop *u,
                                               const struct env e, unsigned log2, unsigned selem,
                                               enum writeback writeback)
{
    u8 buffer[MAX_BYTES];
    struct address a = structure_address(c, u, e);
    if (a.flow != NEXT)
        return a.flow;
    struct source s = source_at(c, e, a.va, buffer, selem << log2, log2);
    if (s.flow != NEXT)
        return s.flow;
    u64 lanes[4];
    for (unsigned r = 0; r < selem; r++) {
        u64 element = 0;
        memcpy(&element, s.p + (r << log2), 1u << log2);
        lanes[r] = element * (~UINT64_C(0) / ones(8u << log2));
    }
    for (unsigned r = 0; r < selem; r++)
        vreg_set(vreg_at(c, u, r), lanes[r], u->a ? lanes[r] : 0);
    ldst_write_back(c, u, BASE_X, writeback, a);
    return NEXT;
}

/* Variants: log2 of the element size. */
#define LANES(selem)                                                                               \
    OP_FPMEM(ld##selem##_lane, 4)                                                                  \
    {                                                                                              \
        return load_lane(c, u, e, V, selem, OFFSET);                                               \
    }                                                                                              \
    OP_FPMEM(ld##selem##_lane_post, 4)                                                             \
    {                                                                                              \
        return load_lane(c, u, e, V, selem, POST);                                                 \
    }                                                                                              \
    OP_FPMEM(st##selem##_lane, 4)                                                                  \
    {                                                                                              \
        return store_lane(c, u, e, V, selem, OFFSET);                                              \
    }                                                                                              \
    OP_FPMEM(st##selem##_lane_post, 4)                                                             \
    {                                                                                              \
        return store_lane(c, u, e, V, selem, POST);                                                \
    }                                                                                              \
    OP_FPMEM(ld##selem##r, 4)                                                                      \
    {                                                                                              \
        return load_replicated(c, u, e, V, selem, OFFSET);                                         \
    }                                                                                              \
    OP_FPMEM(ld##selem##r_post, 4)                                                                 \
    {                                                                                              \
        return load_replicated(c, u, e, V, selem, POST);                                           \
    }

LANES(1)
LANES(2)
LANES(3)
LANES(4)
