/*
 * The walk of walk.h, after DDI 0487, D8.2. What a walk means for an access is
 * mmu/walk.c's to say; here it is shown.
 */
#include "tools/gdbstub/walk.h"

#include <string.h>

enum { LAST_LEVEL = 3, DESC_AF = 10 };

static unsigned granule_of(const struct regime *r, bool upper)
{
    static const u8 tg0[4] = {12, 16, 14, 0}, tg1[4] = {0, 14, 12, 16};
    unsigned shift = upper ? tg1[bits(r->tcr, 31, 30)] : tg0[bits(r->tcr, 15, 14)];
    return shift ? shift : 12;
}

static void levels(struct cpu *c, const struct regime *r, u64 va, struct walk *w)
{
    unsigned size = (unsigned)(w->upper ? bits(r->tcr, 21, 16) : bits(r->tcr, 5, 0));
    unsigned va_bits = 64 - size, stride = w->granule - 3;
    if (size < 16 || size > 39) {
        w->why = "TCR_EL1.TxSZ is out of range";
        return;
    }
    unsigned level = LAST_LEVEL + 1 - (va_bits - 4) / stride;
    unsigned shift = w->granule + (LAST_LEVEL - level) * stride;
    unsigned index_bits = va_bits - shift;
    u64 table = bits(r->ttbr[w->upper], 47, 0) & ~ones(index_bits + 3);
    for (; level <= LAST_LEVEL; level++, shift -= stride, index_bits = stride) {
        struct walk_level *l = &w->levels[w->count++];
        *l = (struct walk_level){level, table + (bits(va, shift + index_bits - 1, shift) << 3), 0};
        if (!bus_dma_read(c->bus, l->desc_pa, &l->desc, 8)) {
            w->why = "the descriptor is not in RAM";
            return;
        }
        if (r->big_endian)
            l->desc = __builtin_bswap64(l->desc);
        u64 address = bits(l->desc, 47, 0) & ~ones(w->granule);
        bool block = !bit(l->desc, 1);
        if (!bit(l->desc, 0) || (block && (level == LAST_LEVEL || level == 0))) {
            w->why = "the descriptor is invalid";
            return;
        }
        if (block || level == LAST_LEVEL) {
            w->mapped = true;
            w->accessed = bit(l->desc, DESC_AF);
            w->pa = (address & ~ones(shift)) | (va & ones(shift));
            return;
        }
        table = address;
    }
}

void walk_tables(struct cpu *c, const struct regime *r, u64 va, struct walk *w)
{
    struct regime still = *r;
    *w = (struct walk){.upper = bit(va, 55)};
    w->granule = granule_of(r, w->upper);
    if (!r->mmu_on) {
        w->why = "the MMU is off";
        w->t = mmu_walk(c->bus, r, va, ACCESS_READ);
        w->mapped = w->accessed = w->t.ok;
        w->pa = w->t.pa;
        return;
    }
    unsigned size = (unsigned)(w->upper ? bits(r->tcr, 21, 16) : bits(r->tcr, 5, 0));
    unsigned top = bit(r->tcr, 37 + w->upper) ? 55 : 63;
    unsigned low = size < 64 - 12 && size ? 64 - size : 48;
    if (bit(r->tcr, w->upper ? 23 : 7))
        w->why = "TCR_EL1.EPDx disables this table";
    else if (low <= top && bits(va, top, low) != (w->upper ? ones(top - low + 1) : 0))
        w->why = "the address is outside the range of TCR_EL1.TxSZ";
    else
        levels(c, r, va, w);
    still.has_hafdbs = false; /* a look sets no access flag */
    if (w->mapped)
        w->t = mmu_walk(c->bus, &still, va, ACCESS_READ);
}

bool walk_address_in(struct cpu *c, const struct regime *r, u64 va, u64 *pa)
{
    struct regime still = *r;
    still.has_hafdbs = false;
    struct translation t = mmu_walk(c->bus, &still, va, ACCESS_READ);
    *pa = t.pa;
    if (t.ok || (t.status & ~3) != FAULT_ACCESS_FLAG)
        return t.ok;
    struct walk w;
    walk_tables(c, r, va, &w);
    *pa = w.pa;
    return w.mapped;
}

bool walk_address(struct cpu *c, u64 va, u64 *pa)
{
    return walk_address_in(c, &c->regime, va, pa);
}

bool walk_read(struct cpu *c, u64 va, void *to, size_t len)
{
    for (u8 *out = to; len;) {
        size_t here = (1u << TLB_PAGE_SHIFT) - (va & ~TLB_PAGE_MASK);
        u64 pa;
        if (here > len)
            here = len;
        if (!walk_address(c, va, &pa) || !bus_dma_read(c->bus, pa, out, here))
            return false;
        va += here;
        out += here;
        len -= here;
    }
    return true;
}

/* What all of a walk of everything needs. */
struct visit {
    struct cpu *c;
    struct regime regime;
    unsigned granule, upper;
    walk_visit_fn *visit;
    void *owner;
    unsigned left; /* descriptors that may still be read */
};

/* The table at TABLE, whose first entry is for VA; false when there were too many. */
static bool visit_table(struct visit *v, u64 table, unsigned level, u64 va, unsigned index_bits)
{
    unsigned stride = v->granule - 3;
    unsigned shift = v->granule + (LAST_LEVEL - level) * stride;
    for (u64 i = 0; i < BIT(index_bits); i++) {
        u64 desc, here = va + (i << shift);
        if (!v->left--)
            return false;
        if (!bus_dma_read(v->c->bus, table + 8 * i, &desc, 8))
            return true;
        if (v->regime.big_endian)
            desc = __builtin_bswap64(desc);
        if (!bit(desc, 0))
            continue;
        if (level < LAST_LEVEL && bit(desc, 1)) {
            if (!visit_table(v, bits(desc, 47, 0) & ~ones(v->granule), level + 1, here, stride))
                return false;
            continue;
        }
        struct translation t = mmu_walk(v->c->bus, &v->regime, here, ACCESS_READ);
        if (t.ok)
            v->visit(v->owner, here, BIT(shift), t.perms);
    }
    return true;
}

bool walk_all(struct cpu *c, const struct regime *r, bool upper, walk_visit_fn *visit, void *owner)
{
    enum { MAX_DESCRIPTORS = 1 << 20 };
    struct visit v = {.c = c,
                      .regime = *r,
                      .granule = granule_of(r, upper),
                      .upper = upper,
                      .visit = visit,
                      .owner = owner,
                      .left = MAX_DESCRIPTORS};
    unsigned size = (unsigned)(upper ? bits(r->tcr, 21, 16) : bits(r->tcr, 5, 0));
    unsigned va_bits = 64 - size, stride = v.granule - 3;
    v.regime.has_hafdbs = false;
    if (size < 16 || size > 39 || bit(r->tcr, upper ? 23 : 7))
        return true;
    unsigned level = LAST_LEVEL + 1 - (va_bits - 4) / stride;
    unsigned shift = v.granule + (LAST_LEVEL - level) * stride;
    unsigned index_bits = va_bits - shift;
    u64 table = bits(r->ttbr[upper], 47, 0) & ~ones(index_bits + 3);
    return visit_table(&v, table, level, upper ? ~ones(va_bits) : 0, index_bits);
}
