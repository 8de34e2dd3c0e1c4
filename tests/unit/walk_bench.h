/*
 * What the tests of the stage 1 walk share: a bus with RAM at 0x40000000, a regime,
 * the names of descriptor and register bits as DDI 0487 numbers them. The tables
 * of a walk lie at TABLE0 to TABLE3, by level, 64 KiB apart, so that they are
 * aligned for every granule.
 */
#ifndef TESTS_UNIT_WALK_BENCH_H
#define TESTS_UNIT_WALK_BENCH_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "mmu/walk.h"

#define RAM    UINT64_C(0x40000000)
#define TABLE0 UINT64_C(0x40010000)
#define TABLE1 UINT64_C(0x40020000)
#define TABLE2 UINT64_C(0x40030000)
#define TABLE3 UINT64_C(0x40040000)

/* Descriptor bits, as the manual numbers them. */
#define TABLE     UINT64_C(3)
#define PAGE      (UINT64_C(3) | AF)
#define BLOCK     (UINT64_C(1) | AF)
#define AF        BIT(10)
#define EL0       BIT(6)
#define READ_ONLY BIT(7)
#define DBM       BIT(51)
#define PXN       BIT(53)
#define UXN       BIT(54)
#define ATTR(n)   ((u64)(n) << 2)
#define SH(n)     ((u64)(n) << 8)

/* TCR_EL1 fields. */
#define T0SZ(n) ((u64)(n))
#define T1SZ(n) ((u64)(n) << 16)
#define TG0(n)  ((u64)(n) << 14)
#define TG1(n)  ((u64)(n) << 30)
#define IPS(n)  ((u64)(n) << 32)
#define EPD0    BIT(7)
#define EPD1    BIT(23)
#define TBI0    BIT(37)
#define TBI1    BIT(38)
#define HA      BIT(39)
#define HD      BIT(40)
#define HPD0    BIT(41)
#define HPD1    BIT(42)

/* With 4K and 48 bits: index 1 at level 0, 2 at level 1, 3 at level 2, 4 at level 3. */
#define VA4K    UINT64_C(0x0000008080604000)
#define UPPER4K (VA4K | UINT64_C(0xffff) << 48)

struct bench {
    struct bus bus;
    struct regime r;
};

static inline struct bench *make(void)
{
    struct bench *b = calloc(1, sizeof(*b));
    cr_assert_not_null(bus_add_ram(&b->bus, "ram", RAM, 0x1000000));
    b->r = (struct regime){
        .ttbr = {TABLE0, TABLE0},
        .tcr = T0SZ(16) | T1SZ(16) | TG0(0) | TG1(2) | IPS(5),
        .mair = 0x000000000044aaff, /* 0: Normal WB, 1: Normal WT, 2: Normal NC, 3: Device */
        .mmu_on = true,
        .dcache_on = true,
        .icache_on = true,
        .pa_bits = 48,
        .granules = GRANULE_4K | GRANULE_16K | GRANULE_64K,
    };
    return b;
}

static inline void destroy(struct bench *b)
{
    bus_destroy(&b->bus);
    free(b);
}

static inline void put(struct bench *b, u64 table, unsigned index, u64 desc)
{
    cr_assert_eq(bus_write(&b->bus, table + 8 * index, 8, desc), BUS_OK);
}

/* The path to VA4K, less the page. */
static inline struct bench *make_path(void)
{
    struct bench *b = make();
    put(b, TABLE0, 1, TABLE1 | TABLE);
    put(b, TABLE1, 2, TABLE2 | TABLE);
    put(b, TABLE2, 3, TABLE3 | TABLE);
    return b;
}

static inline struct translation walk(struct bench *b, u64 va)
{
    return mmu_walk(&b->bus, &b->r, va, ACCESS_READ);
}

#define MAPS(b, va, pa_, level_, shift_)                                                           \
    do {                                                                                           \
        struct translation t_ = walk(b, va);                                                       \
        cr_assert(t_.ok, "va %lx: status %02x", (u64)(va), t_.status);                             \
        cr_assert_eq(t_.status, 0);                                                                \
        cr_assert_eq(t_.pa, (u64)(pa_), "va %lx: pa %lx", (u64)(va), t_.pa);                       \
        cr_assert_eq(t_.level, level_);                                                            \
        cr_assert_eq(t_.page_shift, shift_);                                                       \
    } while (0)

/* STATUS as ESR_EL1.DFSC has it, the level in bits 1:0. */
#define FAULTS(b, va, status_)                                                                     \
    do {                                                                                           \
        struct translation t_ = walk(b, va);                                                       \
        cr_assert(!t_.ok, "va %lx: no fault, pa %lx", (u64)(va), t_.pa);                           \
        cr_assert_eq(t_.status, status_, "va %lx: status %02x", (u64)(va), t_.status);             \
        cr_assert_eq(t_.level, (status_) == 0x31 ? 0 : (status_)&3);                               \
    } while (0)

#endif
