/*
 * Handlers that execute two instructions (fused.def), made of the bodies that each of
 * them has by itself. The bodies are included here without their own handlers.
 *
 * The first body changes nothing when it misses, and then its own slow twin goes on
 * as if there were no pair; when the second misses, the first is done, and the
 * second's slow twin goes on. So wherever the engine is left, u is the op of one
 * instruction and all before it are executed.
 */
#include "core/isa/fuse.h"
#include "core/isa/ops.h"

#undef OP
#undef OP_JUMP
#undef OP_BR
#undef OP_SYS
#undef OP_MEM
#define OP(name, count)     BODY(name)
#define OP_JUMP(name)       BODY(name)
#define OP_BR(name, count)  BODY(name)
#define OP_SYS(name, count) BODY(name)
#define OP_MEM(name, count) BODY(name)
#include "core/isa/op_branch.c"
#include "core/isa/op_immediate.c"
#include "core/isa/op_ldst_pair.c"
#include "core/isa/op_load.c"
#include "core/isa/op_register.c"
#include "core/isa/op_store.c"

/* A row's pairs, by what each half does when it misses and how a branch is taken. */
#define FUSE_OP(a, va, b, vb)  PAIR(a, va, op_missing, b, vb, vb, RESULT_NEAR, op_missing)
#define FUSE_MEM(a, va, b, vb) PAIR(a, va, op_missing, b, vb, vb, RESULT_NEAR, op_##b##_##vb##_slow)
#define FUSE_MEM_OP(a, va, b, vb)                                                                  \
    PAIR(a, va, op_##a##_##va##_slow, b, vb, vb, RESULT_NEAR, op_missing)
#define FUSE_MEM_MEM(a, va, b, vb)                                                                 \
    PAIR(a, va, op_##a##_##va##_slow, b, vb, vb, RESULT_NEAR, op_##b##_##vb##_slow)
#define FUSE_BR(a, va, b, vb, near, far)                                                           \
    PAIR(a, va, op_missing, b, vb, near, RESULT_NEAR, op_missing)                                  \
    PAIR(a, va, op_missing, b, vb, far, RESULT_FAR, op_missing)
#define FUSE_MEM_BR(a, va, b, vb, near, far)                                                       \
    PAIR(a, va, op_##a##_##va##_slow, b, vb, near, RESULT_NEAR, op_missing)                        \
    PAIR(a, va, op_##a##_##va##_slow, b, vb, far, RESULT_FAR, op_missing)

#define FUSED(a, va, b, hb) op_fused_##a##_##va##_##b##_##hb

/* VB is the variant of b's body, HB that of its handler. */
#define PAIR(a, va, miss_a, b, vb, hb, take, miss_b)                                               \
    HANDLER(op_##a##_##va);                                                                        \
    HANDLER(op_##b##_##hb);                                                                        \
    HANDLER(miss_a);                                                                               \
    HANDLER(miss_b);                                                                               \
    HANDLER(FUSED(a, va, b, hb));                                                                  \
    HANDLER(FUSED(a, va, b, hb))                                                                   \
    {                                                                                              \
        u64 nowhere_ = 0;                                                                          \
        if (body_##a(c, u, (struct env){TLB, &nowhere_, false}, va) != NEXT)                       \
            CONTINUE_AT(miss_a);                                                                   \
        u++;                                                                                       \
        RUN_BODY(body_##b, vb, false, take, miss_b);                                               \
    }
#include "core/isa/fused.def"
#undef PAIR

static const struct pair {
    handler_fn *first, *second, *fused;
} pairs[] = {
#define PAIR(a, va, miss_a, b, vb, hb, take, miss_b)                                               \
    {op_##a##_##va, op_##b##_##hb, FUSED(a, va, b, hb)},
#include "core/isa/fused.def"
};

_Static_assert(2 * ARRAY_LEN(pairs) < FUSE_SLOTS, "an index with room to spare");

static unsigned slot_of(u64 key)
{
    enum { SLOT_BITS = 10 };
    _Static_assert(FUSE_SLOTS == 1 << SLOT_BITS, "");
    return (unsigned)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SLOT_BITS));
}

static unsigned first_slot(handler_fn *first)
{
    return slot_of((u64)(uintptr_t)first);
}

static unsigned pair_slot(handler_fn *first, handler_fn *second)
{
    return slot_of((u64)(uintptr_t)first * 3 + (u64)(uintptr_t)second);
}

void fuse_init(struct fuse_index *f)
{
    memset(f, 0, sizeof(*f));
    for (unsigned i = 0; i < ARRAY_LEN(pairs); i++) {
        unsigned begins = first_slot(pairs[i].first);
        unsigned slot = pair_slot(pairs[i].first, pairs[i].second);
        f->begins[begins / 64] |= BIT(begins % 64);
        while (f->pair[slot])
            slot = (slot + 1) % FUSE_SLOTS;
        f->pair[slot] = (u16)(i + 1);
    }
}

bool fuse_begins(const struct fuse_index *f, handler_fn *first)
{
    unsigned slot = first_slot(first);
    return f->begins[slot / 64] >> slot % 64 & 1;
}

handler_fn *fuse_find(const struct fuse_index *f, handler_fn *first, handler_fn *second)
{
    for (unsigned slot = pair_slot(first, second); f->pair[slot]; slot = (slot + 1) % FUSE_SLOTS) {
        const struct pair *p = &pairs[f->pair[slot] - 1];
        if (p->first == first && p->second == second)
            return p->fused;
    }
    return NULL;
}
