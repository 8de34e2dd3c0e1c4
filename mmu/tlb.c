/*
 * The flush operations of the TLB banks (tlb.h). What each TLBI has to reach is
 * in DDI 0487, D8.13 (TLB maintenance).
 *
 * An entry is 4 KiB whatever maps it, so dropping one address has to find all
 * entries made from the same page or block. For pages of up to 64 KiB these are
 * neighbouring slots. For blocks the bank remembers where they lie, in at most
 * TLB_LARGE ranges, and an address in none of them costs nothing more. Which
 * blocks share a range is settled when a ninth comes: the two neighbours with
 * the smallest gap between them become one, so that the kernel's linear map ends
 * up as a range of its own and never takes in the vmalloc area.
 */
#include "mmu/tlb.h"

#include <string.h>

/* An address without the top byte, which may be a pointer's tag. */
static ALWAYS_INLINE u64 untagged(u64 va)
{
    return va & ones(56);
}

static ALWAYS_INLINE bool same_page(u64 tag, u64 va)
{
    return untagged(tag ^ va) >> TLB_PAGE_SHIFT == 0;
}

/* All ones is TLB_INVALID; the rest of an entry means nothing then. */
static void fill_with_nothing(struct tlb_bank *b)
{
    memset(b->read, 0xff, sizeof(b->read));
    memset(b->write, 0xff, sizeof(b->write));
    memset(b->code, 0xff, sizeof(b->code));
}

static void drop_noted(struct tlb_bank *b)
{
    for (unsigned word = 0; word < ARRAY_LEN(b->noted); word++)
        for (u64 left = b->noted[word]; left; left &= left - 1) {
            unsigned i = 64 * word + (unsigned)__builtin_ctzll(left);
            b->read[i].tag = b->write[i].tag = TLB_INVALID;
            b->code[i % TLB_CODE_ENTRIES].tag = TLB_INVALID;
        }
}

void tlb_flush(struct tlb_bank *b)
{
    if (b->granule)
        drop_noted(b);
    else
        fill_with_nothing(b);
    memset(b->noted, 0, sizeof(b->noted));
    memset(b->journal, 0, sizeof(b->journal));
    b->granule = TLB_PAGE_SHIFT;
    b->large_count = 0;
}

static void drop_half(u64 *tag, unsigned upper)
{
    if (bit(*tag, 55) == upper)
        *tag = TLB_INVALID;
}

void tlb_flush_nonglobal(struct tlb_bank *b)
{
    for (unsigned upper = 0; upper < 2; upper++) {
        for (unsigned word = 0; word < ARRAY_LEN(b->journal[upper]); word++) {
            for (u64 left = b->journal[upper][word]; left; left &= left - 1) {
                unsigned i = 64 * word + (unsigned)__builtin_ctzll(left);
                drop_half(&b->read[i].tag, upper);
                drop_half(&b->write[i].tag, upper);
                drop_half(&b->code[i % TLB_CODE_ENTRIES].tag, upper);
            }
            b->journal[upper][word] = 0;
        }
    }
}

static void drop_page(struct tlb_bank *b, u64 va)
{
    struct tlb_entry *read = &b->read[tlb_index(va)], *write = &b->write[tlb_index(va)];
    struct code_entry *code = &b->code[tlb_code_index(va)];
    if (same_page(read->tag, va))
        read->tag = TLB_INVALID;
    if (same_page(write->tag, va))
        write->tag = TLB_INVALID;
    if (same_page(code->tag, va))
        code->tag = TLB_INVALID;
}

static ALWAYS_INLINE void drop_within(u64 *tag, struct tlb_range r)
{
    if (untagged(*tag) - r.first <= r.last - r.first)
        *tag = TLB_INVALID;
}

/* A block has more pages than a bank has entries, mostly: look at them all. */
static void drop_range(struct tlb_bank *b, struct tlb_range r)
{
    for (unsigned word = 0; word < ARRAY_LEN(b->noted); word++)
        for (u64 left = b->noted[word]; left; left &= left - 1) {
            unsigned i = 64 * word + (unsigned)__builtin_ctzll(left);
            drop_within(&b->read[i].tag, r);
            drop_within(&b->write[i].tag, r);
            drop_within(&b->code[i % TLB_CODE_ENTRIES].tag, r);
        }
}

static void remove_ranges(struct tlb_range *ranges, u8 *count, unsigned i, unsigned n)
{
    memmove(&ranges[i], &ranges[i + n], (*count - i - n) * sizeof(*ranges));
    *count = (u8)(*count - n);
}

void tlb_flush_va(struct tlb_bank *b, u64 va)
{
    u64 address = untagged(va);
    for (unsigned i = 0; i < b->large_count && b->large[i].first <= address; i++) {
        if (address <= b->large[i].last) {
            drop_range(b, b->large[i]);
            remove_ranges(b->large, &b->large_count, i, 1);
            return;
        }
    }
    u64 first = va & ~ones(b->granule);
    for (u64 offset = 0; offset < BIT(b->granule); offset += BIT(TLB_PAGE_SHIFT))
        drop_page(b, first + offset);
}

/* Drop the entry if it leads to LEN bytes from the page at FIRST on. */
static ALWAYS_INLINE void drop_leading_to(struct tlb_entry *t, u64 first, u64 len)
{
    if ((t->tag & TLB_PAGE_MASK) + t->add - first < len)
        t->tag = TLB_INVALID;
}

void tlb_flush_host_writes(struct tlb_bank *b, const u8 *host, u64 len)
{
    u64 first = (u64)(uintptr_t)host & TLB_PAGE_MASK;
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        drop_leading_to(&b->write[i], first, len);
}

void tlb_note_place(struct tlb_places *places, u64 va)
{
    for (unsigned i = 0; i < places->count && i < TLB_PLACES; i++)
        if (places->index[i] == tlb_index(va))
            return;
    if (places->count < TLB_PLACES)
        places->index[places->count] = (u16)tlb_index(va);
    if (places->count <= TLB_PLACES)
        places->count++;
}

void tlb_flush_places(struct tlb_bank *b, const u8 *host, const struct tlb_places *places)
{
    if (places->count > TLB_PLACES) {
        tlb_flush_host_writes(b, host, BIT(TLB_PAGE_SHIFT));
        return;
    }
    u64 first = (u64)(uintptr_t)host & TLB_PAGE_MASK;
    for (unsigned i = 0; i < places->count; i++)
        drop_leading_to(&b->write[places->index[i]], first, BIT(TLB_PAGE_SHIFT));
}

void tlb_flush_code(struct tlb_bank *b)
{
    memset(b->code, 0xff, sizeof(b->code));
}

void tlb_flush_ops(struct tlb_bank *b, const struct uop *ops)
{
    for (unsigned i = 0; i < TLB_CODE_ENTRIES; i++)
        if (b->code[i].ops == ops)
            b->code[i].tag = TLB_INVALID;
}

/* Of COUNT ranges, at least two, make the two with the smallest gap between them one. */
static void join_nearest(struct tlb_range *ranges, u8 *count)
{
    unsigned best = 0;
    u64 best_gap = UINT64_MAX;
    for (unsigned i = 0; i + 1 < *count; i++) {
        u64 gap = ranges[i + 1].first - ranges[i].last;
        if (gap < best_gap) {
            best = i;
            best_gap = gap;
        }
    }
    ranges[best].last = ranges[best + 1].last;
    remove_ranges(ranges, count, best + 1, 1);
}

/* Insert BLOCK, taking in the ranges it overlaps, which lie wholly within it or around it. */
static COLD void add_range(struct tlb_bank *b, struct tlb_range block)
{
    struct tlb_range ranges[TLB_LARGE + 1];
    u8 count = b->large_count;
    memcpy(ranges, b->large, count * sizeof(*ranges));

    unsigned at = 0, overlapping = 0;
    while (at < count && ranges[at].last < block.first)
        at++;
    for (; at + overlapping < count && ranges[at + overlapping].first <= block.last;
         overlapping++) {
        const struct tlb_range *r = &ranges[at + overlapping];
        block.first = r->first < block.first ? r->first : block.first;
        block.last = r->last > block.last ? r->last : block.last;
    }
    remove_ranges(ranges, &count, at, overlapping);
    memmove(&ranges[at + 1], &ranges[at], (count - at) * sizeof(*ranges));
    ranges[at] = block;
    count++;

    if (count > TLB_LARGE)
        join_nearest(ranges, &count);
    memcpy(b->large, ranges, count * sizeof(*ranges));
    b->large_count = count;
}

static void note_block(struct tlb_bank *b, u64 va, unsigned page_shift)
{
    u64 first = untagged(va) & ~ones(page_shift);
    u64 last = first + ones(page_shift);
    for (unsigned i = 0; i < b->large_count; i++)
        if (b->large[i].first <= first && last <= b->large[i].last)
            return;
    add_range(b, (struct tlb_range){first, last});
}

void tlb_note(struct tlb_bank *b, u64 va, unsigned page_shift, bool nonglobal)
{
    b->noted[tlb_index(va) / 64] |= BIT(tlb_index(va) % 64);
    if (nonglobal)
        b->journal[bit(va, 55)][tlb_index(va) / 64] |= BIT(tlb_index(va) % 64);
    if (page_shift > TLB_MAX_GRANULE)
        note_block(b, va, page_shift);
    else if (page_shift > b->granule)
        b->granule = (u8)page_shift;
}
