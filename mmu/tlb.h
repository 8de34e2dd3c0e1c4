/*
 * The translation look-aside buffers that the engine's inline fast path reads
 * (mmu/mem.h), and the code look-aside buffer beside them.
 *
 * A bank belongs to one privilege and, at EL0, to one ASID. It is direct-mapped
 * with 4 KiB entries, whatever the guest's granule. An entry's tag is the
 * virtual page; anything in a tag's low 12 bits makes every inline compare fail
 * and sends the access to the slow path, which is how device memory, watched
 * pages, pages that hold decoded code (for stores), big-endian data and strict
 * alignment are noticed at no cost to the others. Global entries survive a
 * change of address space; where the others are is noted in a journal, so that
 * the EL1 bank can drop just those.
 *
 * Dropping more than was asked for is always allowed, keeping a dropped mapping
 * never. Addresses are compared by bits 55:12, so that a tag in the top byte of
 * a pointer makes no difference. Zeroed memory is no empty bank: tlb_flush it.
 */
#ifndef MMU_TLB_H
#define MMU_TLB_H

#include "core/types.h"

enum {
    TLB_PAGE_SHIFT = 12,
    TLB_ENTRIES = 4096, /* of each kind in a bank, a power of two */
    TLB_CODE_ENTRIES = 4096,
    TLB_LARGE = 8,
    TLB_MAX_GRANULE = 16, /* log2 of the largest page that is no block */
};

#define TLB_PAGE_MASK (~(BIT(TLB_PAGE_SHIFT) - 1))
#define TLB_INVALID   UINT64_MAX

struct tlb_entry {
    u64 tag; /* virtual page, or something no page equals */
    u64 add; /* host address minus virtual address */
};

struct uop;

struct code_entry {
    u64 tag;         /* virtual page */
    struct uop *ops; /* the page's decoded ops, by physical page */
};

/* A stretch of virtual addresses, bits 55:0, in which there are blocks. */
struct tlb_range {
    u64 first, last;
};

struct tlb_bank {
    struct tlb_entry read[TLB_ENTRIES];
    struct tlb_entry write[TLB_ENTRIES];
    struct code_entry code[TLB_CODE_ENTRIES];
    u16 asid; /* of a bank of EL0 */
    bool asid_valid;
    u8 granule; /* log2 of the largest page noted; 0: never emptied */
    u8 large_count;
    struct tlb_range large[TLB_LARGE]; /* disjoint, in ascending order */
    /*
     * A bit per index that holds entries at all, and by bit 55 of the address for
     * those that hold non-global ones. It never overflows, unlike a list, and
     * replaying it costs what was noted.
     */
    u64 noted[TLB_ENTRIES / 64];
    u64 journal[2][TLB_ENTRIES / 64];
};

/*
 * Where in whatever bank there may be write entries that lead to one page of host
 * memory: at these indices or, if there were more of them, anywhere. Zeroed: nowhere.
 */
enum { TLB_PLACES = 2 };
struct tlb_places {
    u16 index[TLB_PLACES];
    u8 count; /* TLB_PLACES + 1: anywhere */
};

/* Empty a bank; whose it is (asid) stays. */
void tlb_flush(struct tlb_bank *b);

/* Drop the non-global entries of a bank. */
void tlb_flush_nonglobal(struct tlb_bank *b);

/* Drop whatever maps VA (and, if a larger block does, all of that block). */
void tlb_flush_va(struct tlb_bank *b, u64 va);

/*
 * Drop the write entries (all banks' callers loop) that lead to the pages of host
 * memory from the one at HOST on, LEN bytes of them (a multiple of 4096).
 */
void tlb_flush_host_writes(struct tlb_bank *b, const u8 *host, u64 len);

/* The same for the one page at HOST, write entries to which are at PLACES and nowhere else. */
void tlb_flush_places(struct tlb_bank *b, const u8 *host, const struct tlb_places *places);

/* A write entry for VA is made that leads to the page with PLACES. */
void tlb_note_place(struct tlb_places *places, u64 va);

/* Drop all code entries, */
void tlb_flush_code(struct tlb_bank *b);

/* or those that lead to OPS. */
void tlb_flush_ops(struct tlb_bank *b, const struct uop *ops);

/*
 * Note that VA was translated by a page or block of 2^page_shift bytes and whether
 * it is global; to be called with every entry made.
 */
void tlb_note(struct tlb_bank *b, u64 va, unsigned page_shift, bool nonglobal);

static ALWAYS_INLINE unsigned tlb_index(u64 va)
{
    return (va >> TLB_PAGE_SHIFT) & (TLB_ENTRIES - 1);
}

static ALWAYS_INLINE unsigned tlb_code_index(u64 va)
{
    return (va >> TLB_PAGE_SHIFT) & (TLB_CODE_ENTRIES - 1);
}

#endif
