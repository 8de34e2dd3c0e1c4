/*
 * TLB maintenance (DDI 0487, C5.5 and D8.13): which banks' entries each form of
 * TLBI takes, and on which CPUs.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/exception.h"
#include "tests/unit/harness.h"

#define VA_LOW  UINT64_C(0x0000000012345000)
#define VA_HIGH UINT64_C(0xffff800012345000)
#define OTHER   UINT64_C(0x0000000012346000)

enum { ASIDS = 3 };

/* Put entries for VA_LOW, VA_HIGH and OTHER in each bank; those of VA_LOW and OTHER are not global.
 */
static void fill_bank(struct tlb_bank *b)
{
    static const u64 vas[] = {VA_LOW, VA_HIGH, OTHER};
    tlb_flush(b);
    for (unsigned i = 0; i < ARRAY_LEN(vas); i++) {
        /* The first two share an index: one is a read entry, the other a write entry. */
        struct tlb_entry *kind = vas[i] == VA_HIGH ? b->write : b->read;
        kind[tlb_index(vas[i])] = (struct tlb_entry){vas[i], 0};
        tlb_note(b, vas[i], 12, vas[i] != VA_HIGH);
    }
}

static void fill(struct cpu *c)
{
    fill_bank(c->bank_el1);
    for (unsigned i = 0; i < ASIDS; i++) {
        c->bank_el0[i].asid = (u16)(i + 1);
        c->bank_el0[i].asid_valid = true;
        fill_bank(&c->bank_el0[i]);
    }
    for (unsigned i = ASIDS; i < EL0_BANKS; i++)
        c->bank_el0[i].asid_valid = false;
    c->el0_bank = 0;
}

/* Which of VA_LOW (1), VA_HIGH (2) and OTHER (4) a bank still holds. */
static unsigned holds(const struct tlb_bank *b)
{
    return (b->read[tlb_index(VA_LOW)].tag == VA_LOW) |
           (b->write[tlb_index(VA_HIGH)].tag == VA_HIGH) << 1 |
           (b->read[tlb_index(OTHER)].tag == OTHER) << 2;
}

static u64 operand(u64 va, u64 asid)
{
    return asid << 48 | (va >> 12 & ((UINT64_C(1) << 44) - 1));
}

/* What must be gone; more may be. EL1's bank, then those of ASIDs 1 (the current one) to 3. */
static const struct {
    const char *name;
    u64 va, asid;
    u8 gone[1 + ASIDS];
    u8 kept[1 + ASIDS]; /* what would be a waste to drop */
} rows[] = {
    {"TLBI_VMALLE1", 0, 0, {7, 7, 7, 7}, {0}},
    {"TLBI_VAE1", VA_LOW, 1, {1, 1, 0, 0}, {6, 6, 6, 6}},
    {"TLBI_VALE1", VA_LOW, 2, {0, 0, 1, 0}, {6, 6, 6, 6}},
    {"TLBI_VAE1", VA_HIGH, 9, {2, 2, 2, 2}, {5, 5, 5, 5}}, /* global: whatever the ASID */
    {"TLBI_VAAE1", OTHER, 0, {4, 4, 4, 4}, {3, 3, 3, 3}},
    {"TLBI_VAALE1", VA_LOW, 0, {1, 1, 1, 1}, {6, 6, 6, 6}},
    {"TLBI_ASIDE1", 0, 1, {5, 5, 0, 0}, {2, 0, 7, 7}},
    {"TLBI_ASIDE1", 0, 3, {0, 0, 0, 5}, {7, 7, 7, 0}},
    {"TLBI_ASIDE1", 0, 4, {0, 0, 0, 0}, {7, 7, 7, 7}},
};

static void expect(const struct cpu *c, unsigned i, const char *name)
{
    for (unsigned k = 0; k < 1 + ASIDS; k++) {
        unsigned got = holds(k ? &c->bank_el0[k - 1] : c->bank_el1);
        cr_expect(!(got & rows[i].gone[k]), "%s (row %u), bank %u holds %u", name, i, k, got);
        cr_expect((got & rows[i].kept[k]) == rows[i].kept[k], "%s (row %u), bank %u holds %u", name,
                  i, k, got);
    }
}

/* SUFFIX of the names: which CPUs it reaches, on MODEL. */
static void run_rows(const char *model, const char *suffix)
{
    bool shareable = *suffix;
    struct harness *h = harness_create(model);
    struct cpu *other = cpu_create(h->cpu->model, 1, &h->bus, &h->clock, &h->engine);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char name[32];
        snprintf(name, sizeof(name), "%s%s", rows[i].name, suffix);
        int row = sysreg_by_name(name);
        cr_assert(row >= 0, "%s", name);
        fill(h->cpu);
        fill(other);
        u64 xt = operand(rows[i].va, rows[i].asid);
        cr_expect(sysreg_sys(h->cpu, (unsigned)row, 0, xt) == NEXT);
        expect(h->cpu, i, name);
        if (shareable)
            expect(other, i, name);
        else
            cr_expect(holds(other->bank_el1) == 7 && holds(&other->bank_el0[0]) == 7, "%s", name);
    }
    cpu_destroy(other);
    harness_destroy(h);
}

Test(tlbi, local)
{
    run_rows("cortex-a57", "");
}

Test(tlbi, inner_shareable)
{
    run_rows("cortex-a57", "IS");
}

Test(tlbi, outer_shareable)
{
    run_rows("max", "OS");
    cr_expect_eq(sysreg_rows[sysreg_by_name("TLBI_VAE1OS")].needs, A64_TLBIOS);
}

/* TG (1 to 3: 4, 16, 64 KiB), SCALE and NUM of a range, and what of VA_LOW and OTHER goes. */
static const struct {
    u64 first;
    unsigned tg, scale, num;
    u8 gone, kept;
} ranges[] = {
    {VA_LOW, 1, 0, 0, 5, 2},            /* two pages */
    {VA_LOW - 0x1000, 1, 0, 0, 1, 6},   /* that before and VA_LOW */
    {VA_LOW - 0x2000, 1, 0, 0, 0, 7},   /* the two before */
    {VA_LOW - 0x3f000, 1, 0, 31, 1, 6}, /* 64 pages, of which VA_LOW is the last */
    {VA_LOW - 0x40000, 1, 0, 31, 0, 7},
    {0, 1, 3, 1, 5, 0},                          /* 4 << 15 pages: 512 MiB */
    {VA_HIGH, 1, 0, 0, 2, 5},                    /* the base address is sign-extended */
    {VA_LOW & ~UINT64_C(0x3fff), 2, 0, 0, 5, 2}, /* 32 KiB */
    {VA_LOW & ~UINT64_C(0xffff), 3, 0, 0, 5, 2}, /* 128 KiB */
    {(VA_LOW & ~UINT64_C(0xffff)) - 0x20000, 3, 0, 0, 0, 7},
};

Test(tlbi, ranges)
{
    static const char *const names[] = {"TLBI_RVAE1",    "TLBI_RVAAE1",    "TLBI_RVALE1",
                                        "TLBI_RVAALE1",  "TLBI_RVAE1IS",   "TLBI_RVAAE1IS",
                                        "TLBI_RVALE1IS", "TLBI_RVAALE1IS", "TLBI_RVAE1OS",
                                        "TLBI_RVAAE1OS", "TLBI_RVALE1OS",  "TLBI_RVAALE1OS"};
    struct harness *h = harness_create("max");
    struct cpu *other = cpu_create(h->cpu->model, 1, &h->bus, &h->clock, &h->engine);
    for (unsigned n = 0; n < ARRAY_LEN(names); n++) {
        int row = sysreg_by_name(names[n]);
        bool shareable = strchr(names[n], 'S');
        cr_assert(row >= 0, "%s", names[n]);
        for (unsigned i = 0; i < ARRAY_LEN(ranges); i++) {
            u64 base = ranges[i].first >> (10 + 2 * ranges[i].tg) & ((UINT64_C(1) << 37) - 1);
            u64 xt = UINT64_C(1) << 48 | (u64)ranges[i].tg << 46 | (u64)ranges[i].scale << 44 |
                     (u64)ranges[i].num << 39 | base;
            fill(h->cpu);
            fill(other);
            cr_expect(sysreg_sys(h->cpu, (unsigned)row, 0, xt) == NEXT);
            unsigned el1 = holds(h->cpu->bank_el1), el0 = holds(&h->cpu->bank_el0[0]);
            cr_expect(!((el1 | el0) & ranges[i].gone), "%s, range %u", names[n], i);
            cr_expect((el1 & el0 & ranges[i].kept) == ranges[i].kept, "%s, range %u", names[n], i);
            unsigned theirs = holds(other->bank_el1);
            cr_expect(shareable ? !(theirs & ranges[i].gone) : theirs == 7, "%s", names[n]);
        }
    }
    cpu_destroy(other);
    harness_destroy(h);
}

/* FEAT_TTL: a hint of the level is no part of the address. */
Test(tlbi, levels_are_hints)
{
    struct harness *h = harness_create("max");
    for (u64 ttl = 0; ttl < 16; ttl++) {
        fill(h->cpu);
        sysreg_sys(h->cpu, (unsigned)sysreg_by_name("TLBI_VAE1"), 0,
                   operand(VA_LOW, 1) | ttl << 44);
        cr_expect(!(holds(h->cpu->bank_el1) & 1));
    }
    harness_destroy(h);
}

/* With TCR_EL1.AS clear an ASID has 8 bits, and the operand's upper 8 are RES0. */
Test(tlbi, asid_size)
{
    struct harness *h = harness_create("cortex-a57");
    unsigned aside1 = (unsigned)sysreg_by_name("TLBI_ASIDE1");
    fill(h->cpu);
    sysreg_sys(h->cpu, aside1, 0, operand(0, 0x102));
    cr_expect(holds(&h->cpu->bank_el0[1]) != 7);
    harness_msr(h, TCR_EL1, UINT64_C(1) << 36);
    fill(h->cpu);
    h->cpu->bank_el0[2].asid = 0x102;
    sysreg_sys(h->cpu, aside1, 0, operand(0, 0x102));
    cr_expect(holds(&h->cpu->bank_el0[1]) == 7 && holds(&h->cpu->bank_el0[2]) != 7);
    harness_destroy(h);
}

/* The whole of a block goes with any address in it. */
Test(tlbi, blocks)
{
    struct harness *h = harness_create("cortex-a57");
    struct tlb_bank *b = h->cpu->bank_el1;
    u64 first = UINT64_C(0xffff800040200000), last = first + 0x1ff000;
    tlb_flush(b);
    b->read[tlb_index(first)] = (struct tlb_entry){first, 0};
    tlb_note(b, first, 21, false);
    b->read[tlb_index(last)] = (struct tlb_entry){last, 0};
    tlb_note(b, last, 21, false);
    sysreg_sys(h->cpu, (unsigned)sysreg_by_name("TLBI_VAE1IS"), 0, operand(first + 0x5000, 0));
    cr_expect(b->read[tlb_index(first)].tag != first && b->read[tlb_index(last)].tag != last);
    harness_destroy(h);
}
