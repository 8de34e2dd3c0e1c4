/*
 * What the stage 1 walk says of a page besides its address, on hand-built tables:
 * rights, memory types, access flag and dirty state. Expected values are literals
 * worked out from DDI 0487, sections D8.4 to D8.6.
 */
#include "tests/unit/walk_bench.h"

Test(walk_attributes, the_contiguous_bit_and_the_software_bits_change_nothing)
{
    struct bench *b = make_path();
    put(b, TABLE3, 4, 0x123456789000 | PAGE);
    struct translation plain = walk(b, VA4K | 0x123);
    put(b, TABLE3, 4, 0x123456789000 | PAGE | BIT(52) | UINT64_C(0x1f) << 55 | UINT64_C(7) << 60);
    struct translation other = walk(b, VA4K | 0x123);
    cr_assert(other.ok);
    cr_assert_eq(other.pa, 0x123456789123);
    cr_assert_eq(other.perms, plain.perms);
    cr_assert_eq(other.page_shift, 12);
    destroy(b);
}

Test(walk_attributes, attributes_come_from_mair_and_the_descriptor)
{
    /* AttrIndx, SH, then MAIR byte and shareability: Device and NC are Outer Shareable. */
    static const u8 expected[][4] = {{0, 3, 0xff, 3}, {0, 2, 0xff, 2}, {0, 0, 0xff, 0},
                                     {1, 3, 0xaa, 3}, {2, 3, 0x44, 2}, {2, 0, 0x44, 2},
                                     {3, 0, 0x00, 2}, {7, 3, 0x0c, 2}, {0, 1, 0xff, 2}};
    struct bench *b = make_path();
    b->r.mair |= UINT64_C(0x0c) << 56;
    for (unsigned i = 0; i < ARRAY_LEN(expected); i++) {
        put(b, TABLE3, 4, 0x80000000 | PAGE | ATTR(expected[i][0]) | SH(expected[i][1]));
        struct translation t = walk(b, VA4K);
        cr_assert_eq(t.attr, expected[i][2]);
        cr_assert_eq(t.sh, expected[i][3], "case %u: sh %u", i, t.sh);
        cr_assert(!t.ng);
    }
    put(b, TABLE3, 4, 0x80000000 | PAGE | BIT(11));
    cr_assert(walk(b, VA4K).ng);

    /* SCTLR_EL1.C off makes Normal data, .I off all instruction fetches, Non-cacheable. */
    put(b, TABLE3, 4, 0x80000000 | PAGE | SH(3));
    b->r.dcache_on = false;
    cr_assert_eq(walk(b, VA4K).attr, 0x44);
    cr_assert_eq(walk(b, VA4K).sh, 2);
    cr_assert_eq(mmu_walk(&b->bus, &b->r, VA4K, ACCESS_EXEC).attr, 0xff);
    b->r.dcache_on = true;
    b->r.icache_on = false;
    cr_assert_eq(walk(b, VA4K).attr, 0xff);
    cr_assert_eq(mmu_walk(&b->bus, &b->r, VA4K, ACCESS_EXEC).attr, 0x44);
    destroy(b);
}

/* PERM_* spelled out: EL0's rights, then EL1's. */
static u8 rights(const char *s)
{
    u8 perms = 0;
    for (unsigned i = 0; i < 6; i++)
        perms |= (u8)((s[i] != '-') << i);
    return perms;
}

#define HAS_RIGHTS(b, string)                                                                      \
    do {                                                                                           \
        u8 p_ = walk(b, VA4K).perms;                                                               \
        cr_assert_eq(p_, rights(string), "perms %02x, not %s", p_, string);                        \
    } while (0)

Test(walk_attributes, ap_uxn_pxn_and_wxn_make_the_rights)
{
    static const struct {
        u64 desc;
        const char *plain, *wxn;
    } rows[] = {
        {0, "--xrwx", "--xrw-"},
        {EL0, "rwxrw-", "rw-rw-"},
        {READ_ONLY, "--xr-x", "--xr-x"},
        {READ_ONLY | EL0, "r-xr-x", "r-xr-x"},
        {PXN, "--xrw-", "--xrw-"},
        {PXN | EL0, "rwxrw-", "rw-rw-"},
        {PXN | READ_ONLY, "--xr--", "--xr--"},
        {PXN | READ_ONLY | EL0, "r-xr--", "r-xr--"},
        {UXN, "---rwx", "---rw-"},
        {UXN | EL0, "rw-rw-", "rw-rw-"},
        {UXN | READ_ONLY, "---r-x", "---r-x"},
        {UXN | READ_ONLY | EL0, "r--r-x", "r--r-x"},
        {UXN | PXN, "---rw-", "---rw-"},
        {UXN | PXN | EL0, "rw-rw-", "rw-rw-"},
        {UXN | PXN | READ_ONLY, "---r--", "---r--"},
        {UXN | PXN | READ_ONLY | EL0, "r--r--", "r--r--"},
    };
    struct bench *b = make_path();
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        put(b, TABLE3, 4, 0x80000000 | PAGE | rows[i].desc);
        b->r.wxn = false;
        HAS_RIGHTS(b, rows[i].plain);
        b->r.wxn = true;
        HAS_RIGHTS(b, rows[i].wxn);
    }
    destroy(b);
}

Test(walk_attributes, tables_take_rights_away_at_any_level_unless_hpd)
{
    static const struct {
        u64 table;
        const char *user, *kernel; /* of an EL0 page with all rights, and one without EL0 */
    } rows[] = {
        {0, "rwxrw-", "--xrwx"},
        {BIT(61), "--xrwx", "--xrwx"}, /* APTable[0]: no EL0 */
        {BIT(62), "r-xr-x", "--xr-x"}, /* APTable[1]: no write */
        {BIT(61) | BIT(62), "--xr-x", "--xr-x"},
        {BIT(59), "rwxrw-", "--xrw-"}, /* PXNTable */
        {BIT(60), "rw-rw-", "---rwx"}, /* UXNTable */
        {UINT64_C(0xf) << 59, "---r--", "---r--"},
        {BIT(63), "rwxrw-", "--xrwx"}, /* NSTable means nothing here */
    };
    for (unsigned level = 0; level < 3; level++) {
        struct bench *b = make_path();
        u64 table = TABLE0 + level * (TABLE1 - TABLE0), next = table + (TABLE1 - TABLE0);
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
            put(b, table, level + 1, next | TABLE | rows[i].table);
            put(b, TABLE3, 4, 0x80000000 | PAGE | EL0);
            b->r.tcr = T0SZ(16) | IPS(5);
            HAS_RIGHTS(b, rows[i].user);
            b->r.tcr |= HPD0; /* not there without the feature */
            HAS_RIGHTS(b, rows[i].user);
            b->r.has_hpds = true;
            HAS_RIGHTS(b, rows[0].user);
            b->r.tcr ^= HPD0 | HPD1;
            HAS_RIGHTS(b, rows[i].user);
            b->r.tcr |= T1SZ(16) | TG1(2);
            cr_assert_eq(walk(b, UPPER4K).perms, rights(rows[0].user));
            put(b, TABLE3, 4, 0x80000000 | PAGE);
            HAS_RIGHTS(b, rows[i].kernel);
            b->r.has_hpds = false;
        }
        destroy(b);
    }
}

Test(walk_attributes, perm_needed_names_the_right_bit)
{
    cr_assert_eq(perm_needed(ACCESS_READ, false), PERM_EL0_R);
    cr_assert_eq(perm_needed(ACCESS_WRITE, false), PERM_EL0_W);
    cr_assert_eq(perm_needed(ACCESS_EXEC, false), PERM_EL0_X);
    cr_assert_eq(perm_needed(ACCESS_READ, true), PERM_EL1_R);
    cr_assert_eq(perm_needed(ACCESS_WRITE, true), PERM_EL1_W);
    cr_assert_eq(perm_needed(ACCESS_EXEC, true), PERM_EL1_X);
}

static u64 word_at(struct bench *b, u64 pa)
{
    u64 value;
    cr_assert_eq(bus_read(&b->bus, pa, 8, &value), BUS_OK);
    return value;
}

Test(walk_attributes, the_access_flag_faults_or_is_set_by_hardware)
{
    struct bench *b = make_path();
    const u64 old = 0x80000003;
    put(b, TABLE3, 4, old);
    FAULTS(b, VA4K, 0x0b);
    b->r.tcr |= HA; /* RES0 without the feature */
    FAULTS(b, VA4K, 0x0b);
    b->r.has_hafdbs = true;
    MAPS(b, VA4K, 0x80000000, 3, 12);
    cr_assert_eq(word_at(b, TABLE3 + 32), old | AF);
    put(b, TABLE2, 3, 0x80000001);
    MAPS(b, VA4K, 0x80004000, 2, 21);
    cr_assert_eq(word_at(b, TABLE2 + 24), 0x80000401);
    b->r.big_endian = true;
    put(b, TABLE0, 1, __builtin_bswap64(TABLE1 | TABLE));
    put(b, TABLE1, 2, __builtin_bswap64(0x80000001));
    MAPS(b, VA4K, 0x80604000, 1, 30);
    cr_assert_eq(word_at(b, TABLE1 + 16), __builtin_bswap64(0x80000401));
    b->r.big_endian = false;
    put(b, TABLE0, 1, TABLE1 | TABLE);
    put(b, TABLE1, 2, 0x80000001);
    b->bus.ram[0].readonly = true; /* flash has no atomics */
    FAULTS(b, VA4K, 0x31);
    b->r.tcr &= ~HA;
    FAULTS(b, VA4K, 0x09);
    destroy(b);
}

Test(walk_attributes, the_dirty_state_is_set_when_asked_and_only_with_hd)
{
    struct bench *b = make_path();
    const u64 clean = 0x80000000 | PAGE | DBM | READ_ONLY | UXN;
    put(b, TABLE3, 4, clean);
    b->r.has_hafdbs = true;
    b->r.tcr |= HD; /* nothing without HA */
    HAS_RIGHTS(b, "---r-x");
    b->r.tcr |= HA;
    b->r.has_hafdbs = false;
    HAS_RIGHTS(b, "---r-x");
    b->r.has_hafdbs = true;
    HAS_RIGHTS(b, "---rwx");
    b->r.wxn = true; /* what could be made dirty is writable */
    HAS_RIGHTS(b, "---rw-");
    b->r.wxn = false;

    struct translation t = mmu_walk(&b->bus, &b->r, VA4K, ACCESS_WRITE);
    cr_assert(t.clean);
    cr_assert_eq(word_at(b, TABLE3 + 32), clean, "the walk itself leaves it clean");
    cr_assert_eq(mmu_set_dirty(&b->bus, &b->r, &t), DIRTY_SET);
    cr_assert_eq(word_at(b, TABLE3 + 32), clean & ~READ_ONLY);
    cr_assert(!walk(b, VA4K).clean);
    cr_assert_eq(mmu_set_dirty(&b->bus, &b->r, &t), DIRTY_CHANGED);
    cr_assert_eq(word_at(b, TABLE3 + 32), clean & ~READ_ONLY);

    put(b, TABLE3, 4, clean);
    put(b, TABLE2, 3, TABLE3 | TABLE | BIT(62)); /* APTable[1] is not to be overruled */
    t = walk(b, VA4K);
    cr_assert(!t.clean);
    cr_assert_eq(t.perms, rights("---r-x"));
    put(b, TABLE2, 3, TABLE3 | TABLE);
    t = walk(b, VA4K);
    b->bus.ram[0].readonly = true;
    cr_assert_eq(mmu_set_dirty(&b->bus, &b->r, &t), DIRTY_FAULT);
    destroy(b);
}

Test(walk_attributes, with_the_mmu_off_addresses_are_what_they_are)
{
    struct bench *b = make();
    b->r.mmu_on = false;
    b->r.pa_bits = 44;
    b->r.wxn = true;
    b->r.tcr = 0;
    MAPS(b, 0x00000fffffffffff, 0x00000fffffffffff, 0, 12);
    FAULTS(b, 0x0000100000000000, 0x00);
    FAULTS(b, 0x8000000000000000, 0x00);
    b->r.tcr = TBI0;
    MAPS(b, 0x8000000012345678, 0x12345678, 0, 12);
    FAULTS(b, 0x8040000012345678, 0x00);
    FAULTS(b, 0xff80000012345678, 0x00);
    b->r.tcr = TBI1; /* bit 55 is an address bit beyond the size all the same */
    FAULTS(b, 0xff80000012345678, 0x00);

    struct translation t = walk(b, 0x12345678);
    cr_assert_eq(t.perms, rights("rwxrwx"));
    cr_assert_eq(t.attr, 0x00);
    cr_assert_eq(t.sh, 2);
    cr_assert(!t.ng && !t.clean);
    t = mmu_walk(&b->bus, &b->r, 0x12345678, ACCESS_EXEC);
    cr_assert_eq(t.attr, 0xaa); /* write-through, read-allocate */
    cr_assert_eq(t.sh, 2);
    b->r.icache_on = false;
    cr_assert_eq(mmu_walk(&b->bus, &b->r, 0x12345678, ACCESS_EXEC).attr, 0x44);
    destroy(b);
}
