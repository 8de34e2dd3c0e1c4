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
 * change of address space; the others are noted in a journal, so that the EL1
 * bank can drop just those.
 */
#ifndef MMU_TLB_H
#define MMU_TLB_H

#include "core/types.h"

enum {
    TLB_PAGE_SHIFT = 12,
    TLB_ENTRIES = 512, /* of each kind in a bank, a power of two */
    TLB_CODE_ENTRIES = 256,
    TLB_JOURNAL = 64,
    TLB_LARGE = 8,
};

#define TLB_PAGE_MASK (~(BIT(TLB_PAGE_SHIFT) - 1))
#define TLB_INVALID UINT64_MAX

struct tlb_entry {
    u64 tag; /* virtual page, or something no page equals */
    u64 add; /* host address minus virtual address */
};

struct uop;

struct code_entry {
    u64 tag; /* virtual page */
    struct uop *ops; /* the page's decoded ops, by physical page */
};

/* A stretch of virtual addresses mapped by blocks larger than an entry. */
struct tlb_range {
    u64 first, last;
};

struct tlb_bank {
    struct tlb_entry read[TLB_ENTRIES];
    struct tlb_entry write[TLB_ENTRIES];
    struct code_entry code[TLB_CODE_ENTRIES];
    u16 asid; /* of a bank of EL0 */
    bool asid_valid;
    bool journal_full; /* more non-global entries than the journal holds */
    u16 journal_len;
    u64 journal[TLB_JOURNAL]; /* virtual pages entered as non-global */
    struct tlb_range large[TLB_LARGE];
    u8 large_count;
};

/* Empty a bank. */
void tlb_flush(struct tlb_bank *b);

/* Drop the non-global entries of a bank. */
void tlb_flush_nonglobal(struct tlb_bank *b);

/* Drop whatever maps VA (and, if a larger block does, all of that block). */
void tlb_flush_va(struct tlb_bank *b, u64 va);

/* Drop the write entries (all banks' callers loop) whose host page is HOST. */
void tlb_flush_host_writes(struct tlb_bank *b, const u8 *host);

/* Drop the code entries that lead to OPS. */
void tlb_flush_ops(struct tlb_bank *b, const struct uop *ops);

/*
 * Note that VA was translated by a block of 2^page_shift bytes and whether it is
 * global; to be called with every entry made.
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
