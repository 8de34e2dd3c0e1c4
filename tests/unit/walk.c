/*
 * Where the stage 1 walk leads, on hand-built tables: levels, granules, ranges,
 * sizes, faults. Every expected value is a literal worked out from DDI 0487,
 * chapter D8 (and compared once with qemu-system-aarch64's AT instructions); none
 * comes from the code under test.
 */
#include "tests/unit/walk_bench.h"

Test(walk, four_levels_of_4k)
{
    struct bench *b = make_path();
    put(b, TABLE3, 4, 0x123456789000 | PAGE);
    MAPS(b, VA4K | 0xabc, 0x123456789abc, 3, 12);
    MAPS(b, UPPER4K | 0xfff, 0x123456789fff, 3, 12);
    put(b, TABLE2, 3, 0x123456600000 | BLOCK);
    MAPS(b, VA4K | 0xabc, 0x123456604abc, 2, 21);
    put(b, TABLE1, 2, 0x123440000000 | BLOCK);
    MAPS(b, VA4K | 0xabc, 0x123440604abc, 1, 30);
    put(b, TABLE0, 1, 0x120000000000 | BLOCK);
    FAULTS(b, VA4K, 0x04); /* 512 GiB blocks are FEAT_LPA2 */
    destroy(b);
}

Test(walk, four_levels_of_16k)
{
    struct bench *b = make();
    const u64 va = 0x0000802006010000; /* indices 1, 2, 3, 4 */
    b->r.tcr = T0SZ(16) | T1SZ(16) | TG0(2) | TG1(1) | IPS(5);
    put(b, TABLE0, 1, TABLE1 | TABLE);
    put(b, TABLE1, 2, TABLE2 | TABLE);
    put(b, TABLE2, 3, TABLE3 | TABLE);
    put(b, TABLE3, 4, 0x123456788000 | PAGE);
    MAPS(b, va | 0x3abc, 0x12345678babc, 3, 14);
    MAPS(b, va | 0x3abc | UINT64_C(0xffff) << 48, 0x12345678babc, 3, 14);
    put(b, TABLE3, 4, 0x12345678b000 | PAGE); /* bits 13:12 are RES0 */
    MAPS(b, va | 0x3abc, 0x12345678babc, 3, 14);
    put(b, TABLE2, 3, 0x123456000000 | BLOCK);
    MAPS(b, va | 0x3abc, 0x123456013abc, 2, 25);
    put(b, TABLE1, 2, 0x123000000000 | BLOCK);
    FAULTS(b, va, 0x05);
    put(b, TABLE0, 1, 0x120000000000 | BLOCK);
    FAULTS(b, va, 0x04);
    destroy(b);
}

Test(walk, three_levels_of_64k)
{
    struct bench *b = make();
    const u64 va = 0x0000080060040000; /* indices 2, 3, 4 from level 1 on */
    b->r.tcr = T0SZ(16) | T1SZ(16) | TG0(1) | TG1(3) | IPS(5);
    put(b, TABLE0, 2, TABLE2 | TABLE);
    put(b, TABLE2, 3, TABLE3 | TABLE | 0xf000); /* bits 15:12 are RES0 */
    put(b, TABLE3, 4, 0x123456780000 | 0xf000 | PAGE);
    MAPS(b, va | 0xabcd, 0x12345678abcd, 3, 16);
    MAPS(b, va | 0xabcd | UINT64_C(0xffff) << 48, 0x12345678abcd, 3, 16);
    put(b, TABLE2, 3, 0x123460000000 | BLOCK);
    MAPS(b, va | 0xabcd, 0x12346004abcd, 2, 29);
    put(b, TABLE0, 2, 0x123000000000 | BLOCK);
    FAULTS(b, va, 0x05);
    destroy(b);
}

/* The initial lookup level by TnSZ, from the tables of D8.2.7 to D8.2.9. */
Test(walk, the_initial_level_follows_from_tnsz_and_granule)
{
    static const struct {
        unsigned tg0, tg1, last[4]; /* last TnSZ that starts at each level, 0 for none */
    } granules[] = {{0, 2, {24, 33, 39, 0}}, {2, 1, {16, 27, 38, 39}}, {1, 3, {0, 21, 34, 39}}};
    struct bench *b = make();
    for (unsigned g = 0; g < 3; g++) {
        unsigned level = g == 2 ? 1 : 0;
        for (unsigned tsz = 16; tsz <= 39; tsz++) {
            level += tsz > granules[g].last[level];
            b->r.tcr = T0SZ(tsz) | T1SZ(tsz) | TG0(granules[g].tg0) | TG1(granules[g].tg1) | IPS(5);
            FAULTS(b, 0, 0x04 + level);
            FAULTS(b, UINT64_MAX, 0x04 + level);
        }
    }
    destroy(b);
}

Test(walk, the_first_table_may_be_short_and_lie_at_its_own_alignment)
{
    struct bench *b = make();
    /* 4K, 25 bits: level 2 with 16 entries (128 bytes); the last one of them. */
    b->r.tcr = T0SZ(39) | T1SZ(39) | TG1(2) | IPS(5);
    b->r.ttbr[0] = b->r.ttbr[1] = TABLE2 + 0x80 + 0x7f; /* the low bits do not count */
    put(b, TABLE2 + 0x80, 15, 0x80000000 | BLOCK);
    MAPS(b, 0x1ffffff, 0x801fffff, 2, 21);
    MAPS(b, UINT64_MAX, 0x801fffff, 2, 21);
    FAULTS(b, 0x2000000, 0x04);
    /* 16K, 48 bits: level 0 with 2 entries (16 bytes). */
    b->r.tcr = T0SZ(16) | TG0(2) | IPS(5);
    b->r.ttbr[0] = TABLE0 + 0x30;
    put(b, TABLE0 + 0x30, 1, 0);
    put(b, TABLE0 + 0x30, 0, TABLE1 | TABLE);
    FAULTS(b, 0x800000000000, 0x04);
    FAULTS(b, 0x7fffffffffff, 0x05);
    /* 64K, 42 bits: level 2 with 8192 entries. */
    b->r.tcr = T0SZ(22) | TG0(1) | IPS(5);
    b->r.ttbr[0] = TABLE2;
    put(b, TABLE2, 8191, 0xa0000000 | BLOCK);
    MAPS(b, 0x3ffffffffff, 0xbfffffff, 2, 29);
    destroy(b);
}

Test(walk, addresses_out_of_range_fault_at_level_0)
{
    struct bench *b = make();
    b->r.tcr = T0SZ(25) | T1SZ(28) | TG1(2) | IPS(5); /* 39 and 36 bits */
    put(b, TABLE0, 0, 0x80000000 | BLOCK);
    put(b, TABLE0, 511, 0xc0000000 | BLOCK);
    put(b, TABLE0, 63, 0x100000000 | BLOCK);
    MAPS(b, 0x0000000000000000, 0x80000000, 1, 30);
    MAPS(b, 0x0000007fffffffff, 0xffffffff, 1, 30);
    FAULTS(b, 0x0000008000000000, 0x04);
    FAULTS(b, 0x0040000000000000, 0x04);
    FAULTS(b, 0x0100000000000000, 0x04);
    FAULTS(b, 0x8000000000000000, 0x04);
    MAPS(b, 0xffffffffffffffff, 0x13fffffff, 1, 30);
    MAPS(b, 0xfffffff000000000, 0x80000000, 1, 30);
    FAULTS(b, 0xffffffefffffffff, 0x04);
    FAULTS(b, 0xff7fffffffffffff, 0x04); /* bit 55 clear: the lower range */
    FAULTS(b, 0x7fffffffffffffff, 0x04);
    for (unsigned tsz = 0; tsz < 64; tsz++) {
        b->r.tcr = T0SZ(tsz) | T1SZ(tsz) | TG1(2) | IPS(5);
        if (tsz < 16 || tsz > 39) {
            FAULTS(b, 0, 0x04);
            FAULTS(b, UINT64_MAX, 0x04);
        }
    }
    destroy(b);
}

/* FEAT_TTST: down to 16 bits, 17 with 64 KiB, all from the last level's table. */
Test(walk, small_tables)
{
    static const struct {
        unsigned tg0, tg1, most, granule;
    } granules[] = {{0, 2, 48, 12}, {2, 1, 48, 14}, {1, 3, 47, 16}};
    struct bench *b = make();
    b->r.has_ttst = true;
    b->r.ttbr[0] = b->r.ttbr[1] = TABLE3;
    for (unsigned g = 0; g < 3; g++) {
        for (unsigned tsz = 40; tsz < 64; tsz++) {
            unsigned bits = 64 - tsz;
            u64 top = (UINT64_C(1) << bits) - 1;
            b->r.tcr = T0SZ(tsz) | T1SZ(tsz) | TG0(granules[g].tg0) | TG1(granules[g].tg1) | IPS(5);
            if (tsz > granules[g].most) {
                FAULTS(b, 0, 0x04);
                FAULTS(b, UINT64_MAX, 0x04);
                continue;
            }
            bool two_levels = bits > granules[g].granule + granules[g].granule - 3;
            if (two_levels) { /* level 2 still */
                put(b, TABLE3, 0, 0);
                FAULTS(b, 0, 0x06);
                continue;
            }
            unsigned last = (1u << (bits - granules[g].granule)) - 1;
            u64 page = UINT64_C(0x123456780000);
            put(b, TABLE3, last, page | PAGE);
            MAPS(b, top, page | ((UINT64_C(1) << granules[g].granule) - 1), 3, granules[g].granule);
            MAPS(b, UINT64_MAX, page | ((UINT64_C(1) << granules[g].granule) - 1), 3,
                 granules[g].granule);
            put(b, TABLE3, last, 0);
            FAULTS(b, top, 0x07);
            FAULTS(b, top + 1, 0x04);
        }
    }
    destroy(b);
}

/* Tags are for data only with TBID, of FEAT_PAuth. */
Test(walk, tbid_is_for_instructions)
{
    struct bench *b = make_path();
    put(b, TABLE3, 4, 0x123456789000 | PAGE);
    b->r.tcr |= TBI0 | UINT64_C(1) << 51;
    MAPS(b, VA4K | UINT64_C(0x5a) << 56, 0x123456789000, 3, 12);
    struct translation t = mmu_walk(&b->bus, &b->r, VA4K | UINT64_C(0x5a) << 56, ACCESS_EXEC);
    cr_expect(!t.ok && t.status == 0x04);
    t = mmu_walk(&b->bus, &b->r, VA4K, ACCESS_EXEC);
    cr_expect(t.ok);
    destroy(b);
}

Test(walk, tbi_takes_the_top_byte_out_of_the_address)
{
    struct bench *b = make_path();
    put(b, TABLE3, 4, 0x123456789000 | PAGE);
    FAULTS(b, VA4K | UINT64_C(0x5a) << 56, 0x04);
    b->r.tcr |= TBI0;
    MAPS(b, VA4K | UINT64_C(0x5a) << 56, 0x123456789000, 3, 12);
    MAPS(b, VA4K | UINT64_C(0xff) << 56, 0x123456789000, 3, 12);
    FAULTS(b, VA4K | UINT64_C(0x5a7f) << 48, 0x04);
    FAULTS(b, UPPER4K & ~BIT(63), 0x04); /* TBI1 is off */
    b->r.tcr |= TBI1;
    MAPS(b, UPPER4K & ~BIT(63), 0x123456789000, 3, 12);
    MAPS(b, UPPER4K & ~(UINT64_C(0xff) << 56), 0x123456789000, 3, 12);
    FAULTS(b, UPPER4K & ~BIT(50), 0x04);
    destroy(b);
}

Test(walk, epd_turns_walks_of_a_range_off)
{
    struct bench *b = make_path();
    put(b, TABLE3, 4, 0x123456789000 | PAGE);
    b->r.tcr |= EPD0;
    FAULTS(b, VA4K, 0x04);
    MAPS(b, UPPER4K, 0x123456789000, 3, 12);
    b->r.tcr ^= EPD0 | EPD1;
    FAULTS(b, UPPER4K, 0x04);
    MAPS(b, VA4K, 0x123456789000, 3, 12);
    destroy(b);
}

Test(walk, output_addresses_are_limited_by_ips_and_by_the_cpu)
{
    static const u8 sizes[8] = {32, 36, 40, 42, 44, 48, 48, 48};
    struct bench *b = make_path();
    for (unsigned ips = 0; ips < 8; ips++) {
        for (unsigned cpu = 0; cpu < 6; cpu++) {
            unsigned limit = sizes[ips] < sizes[cpu] ? sizes[ips] : sizes[cpu];
            b->r.pa_bits = sizes[cpu];
            b->r.tcr = T0SZ(16) | IPS(ips);
            put(b, TABLE3, 4, BIT(limit - 1) | PAGE);
            MAPS(b, VA4K, BIT(limit - 1), 3, 12);
            if (limit < 48) {
                put(b, TABLE3, 4, BIT(limit) | (PAGE & ~AF)); /* goes before the access flag */
                FAULTS(b, VA4K, 0x03);
            }
        }
    }
    b->r.tcr = T0SZ(16) | IPS(0);
    put(b, TABLE2, 3, BIT(47) | BLOCK);
    FAULTS(b, VA4K, 0x02);
    put(b, TABLE2, 3, TABLE3 | BIT(32) | TABLE);
    FAULTS(b, VA4K, 0x02);
    put(b, TABLE1, 2, TABLE2 | BIT(36) | TABLE);
    FAULTS(b, VA4K, 0x01);
    put(b, TABLE0, 1, TABLE1 | BIT(40) | TABLE);
    FAULTS(b, VA4K, 0x00);
    put(b, TABLE0, 1, BIT(40)); /* invalid comes first */
    FAULTS(b, VA4K, 0x04);
    b->r.ttbr[0] |= BIT(44);
    FAULTS(b, VA4K, 0x00);
    b->r.ttbr[0] = TABLE0 | UINT64_C(0xffff) << 48; /* the ASID is no address */
    FAULTS(b, VA4K, 0x04);
    b->r.tcr = T0SZ(34) | IPS(0); /* from level 2 on; TTBR is still level 0 */
    b->r.ttbr[0] = BIT(33);
    FAULTS(b, 0, 0x00);
    destroy(b);
}

static u64 never_read(void *dev, u64 offset, unsigned size)
{
    cr_assert_fail("a walk reads no device");
    return 0;
}

static void never_written(void *dev, u64 offset, unsigned size, u64 value)
{
    cr_assert_fail("a walk writes no device");
}

Test(walk, descriptors_outside_ram_are_external_aborts)
{
    static const struct mmio_ops device = {"device",   0x10000,       8,    8,
                                           never_read, never_written, NULL, NULL};
    struct bench *b = make_path();
    bus_add_mmio(&b->bus, 0x9000000, &device, NULL);
    put(b, TABLE2, 3, 0x9000000 | TABLE);
    FAULTS(b, VA4K, 0x17);
    put(b, TABLE2, 3, 0x8000000 | TABLE);
    FAULTS(b, VA4K, 0x17);
    put(b, TABLE1, 2, 0x41000000 | TABLE); /* just past the end */
    FAULTS(b, VA4K, 0x16);
    put(b, TABLE0, 1, 0xfffffffff000 | TABLE);
    FAULTS(b, VA4K, 0x15);
    b->r.ttbr[0] = 0x9000000;
    FAULTS(b, VA4K, 0x14);
    destroy(b);
}

Test(walk, invalid_and_reserved_descriptors_fault_at_their_level)
{
    struct bench *b = make_path();
    put(b, TABLE3, 4, (0x123456789000 | PAGE) & ~BIT(0));
    FAULTS(b, VA4K, 0x07);
    put(b, TABLE3, 4, (0x123456789000 | PAGE) & ~BIT(1)); /* a block, where there are none */
    FAULTS(b, VA4K, 0x07);
    put(b, TABLE2, 3, ~UINT64_C(1));
    FAULTS(b, VA4K, 0x06);
    put(b, TABLE1, 2, 0);
    FAULTS(b, VA4K, 0x05);
    put(b, TABLE0, 1, 2);
    FAULTS(b, VA4K, 0x04);
    destroy(b);
}

Test(walk, a_granule_that_is_not_there_is_the_smallest_that_is)
{
    struct bench *b = make_path();
    put(b, TABLE3, 4, 0x123456789000 | PAGE);
    b->r.granules = GRANULE_4K | GRANULE_64K; /* Cortex-A57 */
    b->r.tcr = T0SZ(16) | T1SZ(16) | TG0(2) | TG1(1) | IPS(5);
    MAPS(b, VA4K, 0x123456789000, 3, 12);
    MAPS(b, UPPER4K, 0x123456789000, 3, 12);
    b->r.tcr = T0SZ(16) | T1SZ(16) | TG0(3) | TG1(0) | IPS(5);
    MAPS(b, VA4K, 0x123456789000, 3, 12);
    MAPS(b, UPPER4K, 0x123456789000, 3, 12);
    b->r.granules = GRANULE_64K;
    b->r.tcr = T0SZ(34) | IPS(5); /* from level 2 on, where 4K would, too, but with 2 bits less */
    put(b, TABLE0, 1, 0x60000000 | BLOCK);
    MAPS(b, 0x20000000, 0x60000000, 2, 29);
    destroy(b);
}

Test(walk, descriptors_may_be_big_endian)
{
    struct bench *b = make();
    b->r.big_endian = true;
    put(b, TABLE0, 1, __builtin_bswap64(TABLE1 | TABLE));
    put(b, TABLE1, 2, UINT64_C(0x0104004000000000)); /* bytes 00 00 00 00 40 00 04 01 */
    MAPS(b, VA4K, 0x40604000, 1, 30);
    destroy(b);
}

/* Whatever a guest puts into tables and registers, a walk ends and stays within the PA size. */
Test(walk, random_tables_and_registers_never_harm)
{
    static const u8 sizes[] = {32, 36, 40, 42, 44, 48};
    struct bench *b = make();
    u64 *words = (u64 *)bus_host(&b->bus, RAM, 0x1000000);
    unsigned mapped = 0, faulted = 0;
    srand48(1);
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 0x40000 / 8; i++) {
            u64 noise = (u64)mrand48() << 32 ^ (u64)mrand48();
            u64 near = RAM + ((u64)lrand48() & 0x3f000);
            words[i] = lrand48() % 8 ? near | (noise & ~UINT64_C(0x0000fffffffff000)) | 3 : noise;
        }
        for (unsigned i = 0; i < 5000; i++) {
            u64 noise = (u64)mrand48() << 32 ^ (u64)mrand48();
            b->r.tcr = (u64)mrand48() << 32 ^ (u64)mrand48();
            if (i % 4)
                b->r.tcr = (b->r.tcr & ~(ones(6) | ones(6) << 16)) | T0SZ(16 + noise % 24) |
                           T1SZ(16 + noise % 24);
            b->r.ttbr[0] = RAM + (noise & 0x3f000);
            b->r.ttbr[1] = i % 16 ? RAM + ((noise >> 8) & 0x3f000) : noise;
            b->r.pa_bits = sizes[noise % 6];
            b->r.granules = (u8)(1 + noise % 7);
            b->r.big_endian = i % 32 == 0;
            b->r.has_hafdbs = noise & 8;
            b->r.has_hpds = noise & 16;
            b->r.mmu_on = i % 64;
            u64 va = (u64)mrand48() << 32 ^ (u64)mrand48();
            va = i % 8 ? (u64)((s64)va >> (16 + i % 24)) : va;
            struct translation t = mmu_walk(&b->bus, &b->r, va, (enum access_type)(i % 3));
            if (t.ok) {
                cr_assert_eq(t.pa >> b->r.pa_bits, 0);
                cr_assert_leq(t.page_shift, 30);
                mapped++;
            } else {
                faulted++;
            }
            cr_assert_leq(t.level, 3);
            if (t.clean)
                mmu_set_dirty(&b->bus, &b->r, &t);
        }
    }
    cr_assert_gt(mapped, 10000);
    cr_assert_gt(faulted, 10000);
    destroy(b);
}
