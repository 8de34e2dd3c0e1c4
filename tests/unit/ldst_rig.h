/*
 * A CPU with 4 KiB pages for tests of loads, stores and atomics, and what became
 * of a few words that it ran.
 */
#ifndef TESTS_UNIT_LDST_RIG_H
#define TESTS_UNIT_LDST_RIG_H

#include "tests/unit/harness.h"

enum {
    BRANCH_TO_SELF = 0x14000000,
    TABLE2 = 0x3000, /* level 2 and 3 tables, offsets from HARNESS_RAM */
    TABLE3 = 0x4000,
    TABLE = 3,          /* descriptors: a table, or a page at level 3 */
    EL0 = 1 << 6,       /* AP[1] */
    READ_ONLY = 1 << 7, /* AP[2] */
    NORMAL = 0 << 2,    /* AttrIndx */
    DEVICE = 1 << 2,
    SCTLR_M = 1 << 0,
    SCTLR_A = 1 << 1,
    SCTLR_SA = 1 << 3,
    SCTLR_SA0 = 1 << 4,
    SCTLR_EE = 1 << 25,
    EC_DATA_ABORT_EL1 = 0x25,
    EC_SP = 0x26,
    EC_FP = 0x07,
    DFSC_TRANSLATION_3 = 0x07,
    DFSC_PERMISSION_3 = 0x0f,
    DFSC_ALIGNMENT = 0x21,
    WNR = 1 << 6,
};

static inline void map_page(struct harness *h, u64 va, u64 flags)
{
    enum { AF = 1 << 10, INNER_SHAREABLE = 3 << 8 };
    u64 entry = flags == 0 ? 0 : va | flags | AF | INNER_SHAREABLE;
    harness_write(h, HARNESS_RAM + TABLE3 + (va - HARNESS_RAM) / 4096 * 8, &entry, 8);
}

/* The MMU on with 4 KiB pages, all of RAM's first 2 MiB flat and EL1's. */
static inline struct harness *paged(const char *model)
{
    struct harness *h = harness_create(model);
    u64 l2 = (HARNESS_RAM + TABLE3) | TABLE;
    u64 l1[2] = {0, (HARNESS_RAM + TABLE2) | TABLE};
    for (u64 va = HARNESS_RAM; va < HARNESS_RAM + 0x200000; va += 4096)
        map_page(h, va, TABLE | NORMAL);
    harness_write(h, HARNESS_RAM + TABLE2, &l2, 8);
    harness_mmu_on(h, false);
    harness_write(h, HARNESS_TABLES, l1, sizeof(l1));
    harness_msr(h, MAIR_EL1, 0x00ff);
    cpu_tlb_flush_all(h->cpu);
    for (u64 at = HARNESS_VECTORS; at < HARNESS_VECTORS + 0x800; at += 4)
        harness_write(h, at, &(u32){BRANCH_TO_SELF}, 4);
    return h;
}

/* Run WORD, threaded or stepped; then the CPU stands at the next word or at a vector. */
static inline void run_words(struct harness *h, const u32 *words, unsigned count, bool threaded)
{
    u32 code[4];
    memcpy(code, words, 4 * count);
    code[count] = BRANCH_TO_SELF;
    harness_code(h, code, count + 1);
    if (threaded) {
        harness_run(h, count + 1);
        if (h->cpu->raised)
            harness_step(h, 1);
    } else {
        harness_step(h, count);
    }
}

static inline void run_word(struct harness *h, u32 word, bool threaded)
{
    run_words(h, &word, 1, threaded);
}

static inline u32 exception_class(const struct harness *h)
{
    return (u32)(h->cpu->sys[ESR_EL1] >> 26);
}

static inline u32 iss(const struct harness *h)
{
    return h->cpu->sys[ESR_EL1] & 0x1ffffff;
}

#endif
