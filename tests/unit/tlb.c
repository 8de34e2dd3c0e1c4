/*
 * The TLB's flush operations, on chosen cases and in a random run against a model
 * that keeps every mapping ever entered in a plain list: after each operation a
 * mapping that had to go must be gone, and what had no reason to go must be there.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "mmu/tlb.h"

enum kind { READ, WRITE, CODE, KINDS };

static struct tlb_bank *make(void)
{
    struct tlb_bank *b = malloc(sizeof(*b));
    memset(b, 0, sizeof(*b));
    tlb_flush(b);
    return b;
}

static u64 *tag_of(struct tlb_bank *b, enum kind kind, u64 va)
{
    u64 page = va >> 12;
    return kind == READ    ? &b->read[page % TLB_ENTRIES].tag
           : kind == WRITE ? &b->write[page % TLB_ENTRIES].tag
                           : &b->code[page % TLB_CODE_ENTRIES].tag;
}

static bool holds(struct tlb_bank *b, enum kind kind, u64 va)
{
    return (*tag_of(b, kind, va) & ~UINT64_C(0xfff)) == (va & ~UINT64_C(0xfff)) &&
           *tag_of(b, kind, va) != TLB_INVALID;
}

static void enter(struct tlb_bank *b, enum kind kind, u64 va, unsigned shift, bool nonglobal)
{
    *tag_of(b, kind, va) = va & ~UINT64_C(0xfff);
    tlb_note(b, va, shift, nonglobal);
}

static void enter_all(struct tlb_bank *b, u64 va, unsigned shift, bool nonglobal)
{
    for (enum kind k = READ; k < KINDS; k++)
        enter(b, k, va, shift, nonglobal);
}

static unsigned count(struct tlb_bank *b, u64 va)
{
    unsigned n = 0;
    for (enum kind k = READ; k < KINDS; k++)
        n += holds(b, k, va);
    return n;
}

Test(tlb, an_empty_bank_matches_no_page)
{
    struct tlb_bank *b = make();
    b->asid = 7;
    b->asid_valid = true;
    enter_all(b, 0xffffffff80000000, 30, true);
    tlb_flush(b);
    cr_assert_eq(b->large_count, 0);
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        cr_assert(b->read[i].tag & 0xfff);
        cr_assert(b->write[i].tag & 0xfff);
        cr_assert(b->code[i % TLB_CODE_ENTRIES].tag & 0xfff);
    }
    cr_assert_eq(b->asid, 7);
    cr_assert(b->asid_valid);
    free(b);
}

Test(tlb, flush_va_drops_one_page_from_each_array)
{
    struct tlb_bank *b = make();
    const u64 va = 0xffff800010001000;
    enter_all(b, va, 12, false);
    enter_all(b, va + 0x1000, 12, false);
    enter_all(b, va - 0x1000, 12, false);
    tlb_flush_va(b, va + TLB_ENTRIES * 0x1000); /* same slot, other page */
    cr_assert_eq(count(b, va), 3);
    tlb_flush_va(b, va | 0xabc);
    cr_assert_eq(count(b, va), 0);
    cr_assert_eq(count(b, va + 0x1000), 3);
    cr_assert_eq(count(b, va - 0x1000), 3);
    free(b);
}

Test(tlb, flush_va_ignores_the_top_byte_of_both)
{
    struct tlb_bank *b = make();
    enter_all(b, 0xab00123456789000, 12, true);
    tlb_flush_va(b, 0x0000123456789000);
    cr_assert_eq(count(b, 0xab00123456789000), 0);
    enter_all(b, 0x0000123456789000, 12, true);
    tlb_flush_va(b, 0x5500123456789000);
    cr_assert_eq(count(b, 0x0000123456789000), 0);
    enter_all(b, 0x0000123456789000, 12, true);
    tlb_flush_va(b, 0x0080123456789000); /* bit 55 is no tag */
    cr_assert_eq(count(b, 0x0000123456789000), 3);
    enter_all(b, 0x7f00000040201000, 21, true);
    tlb_flush_va(b, 0x2200000040305000);
    cr_assert_eq(count(b, 0x7f00000040201000), 0);
    free(b);
}

Test(tlb, flush_va_drops_entries_with_flags_in_their_tags)
{
    struct tlb_bank *b = make();
    b->write[5].tag = 0x5000 | 1;
    tlb_note(b, 0x5000, 12, false);
    tlb_flush_va(b, 0x5000);
    cr_assert_eq(b->write[5].tag, TLB_INVALID);
    free(b);
}

Test(tlb, flush_va_drops_all_entries_of_a_16k_or_64k_page_and_no_more)
{
    for (unsigned shift = 14; shift <= 16; shift += 2) {
        struct tlb_bank *b = make();
        const u64 page = 0x7f0000 & ~((UINT64_C(1) << shift) - 1);
        const unsigned n = 1u << (shift - 12);
        for (unsigned i = 0; i < n; i++)
            enter_all(b, page + i * 0x1000, shift, true);
        enter_all(b, page - 0x1000, shift, true);
        enter_all(b, page + n * 0x1000, shift, true);
        tlb_flush_va(b, page + 0x2345);
        for (unsigned i = 0; i < n; i++)
            cr_assert_eq(count(b, page + i * 0x1000), 0);
        cr_assert_eq(count(b, page - 0x1000), 3);
        cr_assert_eq(count(b, page + n * 0x1000), 3);
        cr_assert_eq(b->large_count, 0, "pages of a granule need no range");
        free(b);
    }
}

Test(tlb, flush_va_drops_all_of_a_block_and_keeps_its_neighbours)
{
    const unsigned shifts[] = {21, 25, 29, 30};
    for (unsigned s = 0; s < 4; s++) {
        struct tlb_bank *b = make();
        const u64 size = UINT64_C(1) << shifts[s];
        const u64 block = UINT64_C(0xffff000000000000) + 2 * size;
        enter_all(b, block + 0x3000, shifts[s], false);
        enter_all(b, block + size - 0x1000, shifts[s], false);
        enter_all(b, block - 0x2000, 12, false);
        enter_all(b, block + size, 12, false);
        tlb_flush_va(b, block - 0x1000);
        tlb_flush_va(b, block + size + 0x1000);
        cr_assert_eq(count(b, block + 0x3000), 3);
        tlb_flush_va(b, block + size / 2);
        cr_assert_eq(count(b, block + 0x3000), 0);
        cr_assert_eq(count(b, block + size - 0x1000), 0);
        cr_assert_eq(count(b, block - 0x2000), 3);
        cr_assert_eq(count(b, block + size), 3);
        cr_assert_eq(b->large_count, 0, "a range without entries is forgotten");
        free(b);
    }
}

Test(tlb, blocks_of_the_linear_map_do_not_make_vmalloc_flushes_dear)
{
    struct tlb_bank *b = make();
    const u64 linear = 0xffff000000000000, image = 0xffff800010080000;
    const u64 vmalloc = 0xffff800011800000, vmemmap = 0xfffffdffffe00000;
    for (u64 i = 0; i < 400; i++)
        enter(b, READ, linear + (i * 7919 % 1024) * 0x200000, 21, false);
    for (u64 i = 0; i < 10; i++)
        enter(b, CODE, image + i * 0x200000, 21, false);
    for (u64 i = 0; i < 16; i++)
        enter(b, READ, vmemmap + i * 0x200000, 21, false);
    for (unsigned i = 0; i < b->large_count; i++) {
        const struct tlb_range *r = &b->large[i];
        const u64 low = r->first | UINT64_C(0xff) << 56, high = r->last | UINT64_C(0xff) << 56;
        cr_assert((low >= linear && high < linear + 0x80000000) ||
                      (low >= image - 0x80000 && high < vmalloc) ||
                      (low >= vmemmap && high < vmemmap + 16 * 0x200000),
                  "%lx..%lx takes in what is no block", low, high);
    }
    enter_all(b, linear + 0x5000, 21, false);
    enter_all(b, vmalloc + 0x100000, 12, false);
    tlb_flush_va(b, vmalloc + 0x100000);
    cr_assert_eq(count(b, vmalloc + 0x100000), 0);
    cr_assert_eq(count(b, linear + 0x5000), 3);
    free(b);
}

Test(tlb, a_ninth_block_joins_the_two_with_the_smallest_gap)
{
    struct tlb_bank *b = make();
    const u64 base[TLB_LARGE + 1] = {0x900000000, 0x100000000, 0x700000000,
                                     0x200000000, 0x500000000, 0x400000000,
                                     0x800000000, 0x300000000, 0x300600000};
    for (unsigned i = 0; i <= TLB_LARGE; i++)
        tlb_note(b, base[i], 21, false);
    cr_assert_eq(b->large_count, TLB_LARGE);
    for (unsigned i = 0; i < TLB_LARGE; i++) {
        const u64 first[TLB_LARGE] = {0x100000000, 0x200000000, 0x300000000, 0x400000000,
                                      0x500000000, 0x700000000, 0x800000000, 0x900000000};
        cr_assert_eq(b->large[i].first, first[i]);
        cr_assert_eq(b->large[i].last, first[i] + (i == 2 ? 0x7fffff : 0x1fffff));
    }
    tlb_note(b, 0x300200000, 30, false); /* swallows the joined one */
    cr_assert_eq(b->large_count, TLB_LARGE);
    cr_assert_eq(b->large[2].first, 0x300000000);
    cr_assert_eq(b->large[2].last, 0x33fffffff);
    free(b);
}

Test(tlb, a_block_that_overlaps_a_joined_range_makes_it_longer_at_either_end)
{
    struct tlb_bank *b = make();
    const u64 base[TLB_LARGE + 1] = {0x3fe00000,   0x40200000,   0x1000000000,
                                     0x2000000000, 0x3000000000, 0x4000000000,
                                     0x5000000000, 0x6000000000, 0x7000000000};
    for (unsigned i = 0; i <= TLB_LARGE; i++)
        tlb_note(b, base[i], 21, false);
    cr_assert_eq(b->large[0].first, 0x3fe00000);
    cr_assert_eq(b->large[0].last, 0x403fffff);
    tlb_note(b, 0x12345000, 30, false); /* 0 to 3fffffff */
    cr_assert_eq(b->large[0].first, 0);
    cr_assert_eq(b->large[0].last, 0x403fffff);
    tlb_note(b, 0x7fffffff, 30, false); /* 40000000 to 7fffffff */
    cr_assert_eq(b->large[0].first, 0);
    cr_assert_eq(b->large[0].last, 0x7fffffff);
    cr_assert_eq(b->large_count, TLB_LARGE);
    free(b);
}

Test(tlb, flush_nonglobal_keeps_the_kernels_entries)
{
    struct tlb_bank *b = make();
    for (u64 i = 0; i < TLB_ENTRIES; i += 2)
        enter_all(b, 0xffff800010000000 + i * 0x1000, 12, false);
    for (u64 i = 0; i < TLB_ENTRIES; i += 2) { /* more than any short list holds */
        enter(b, READ, 0x400000 + (i + 1) * 0x1000, 12, true);
        enter(b, WRITE, 0xaa00000000400000 + (i + 1) * 0x1000, 12, true);
    }
    tlb_flush_nonglobal(b);
    for (u64 i = 0; i < TLB_ENTRIES; i += 2) {
        cr_assert(holds(b, READ, 0xffff800010000000 + i * 0x1000));
        cr_assert(holds(b, WRITE, 0xffff800010000000 + i * 0x1000));
        cr_assert(!holds(b, READ, 0x400000 + (i + 1) * 0x1000));
        cr_assert(!holds(b, WRITE, 0xaa00000000400000 + (i + 1) * 0x1000));
    }
    for (u64 i = TLB_ENTRIES - TLB_CODE_ENTRIES; i < TLB_ENTRIES; i += 2)
        cr_assert(holds(b, CODE, 0xffff800010000000 + i * 0x1000));
    enter(b, READ, 0xffff900000003000, 12, false); /* in one slot with a user's */
    enter(b, WRITE, 0x0000000000003000, 12, true);
    tlb_flush_nonglobal(b);
    cr_assert(holds(b, READ, 0xffff900000003000));
    cr_assert(!holds(b, WRITE, 0x0000000000003000));
    enter_all(b, 0xffff900000000000, 12, true); /* the kernel's own may be non-global, too */
    tlb_flush_nonglobal(b);
    cr_assert_eq(count(b, 0xffff900000000000), 0);
    free(b);
}

Test(tlb, flush_host_writes_finds_every_alias)
{
    struct tlb_bank *b = make();
    static u8 memory[4 * 4096] __attribute__((aligned(4096)));
    const u64 host = (u64)(uintptr_t)memory;
    const u64 alias[] = {0x1000, 0xffff000000002000, 0x7f00000000003000};
    for (unsigned i = 0; i < 3; i++) {
        b->write[i + 1] = (struct tlb_entry){alias[i], host + 0x1000 - alias[i]};
        b->read[i + 1] = b->write[i + 1];
    }
    b->write[9] = (struct tlb_entry){0x9000, host + 0x2000 - 0x9000};
    tlb_flush_host_writes(b, memory + 0x1000, 0x1000);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(!holds(b, WRITE, alias[i]));
        cr_assert(holds(b, READ, alias[i]));
    }
    cr_assert(holds(b, WRITE, 0x9000));
    tlb_flush_host_writes(b, memory + 0x2fff, 0x1000);
    cr_assert(!holds(b, WRITE, 0x9000), "any byte of the page will do");
    free(b);
}

/* Enter a write entry at VA for the page at HOST, and one for the page behind it. */
static void enter_place(struct tlb_bank *b, struct tlb_places *places, u64 va, const u8 *host)
{
    b->write[tlb_index(va)] = (struct tlb_entry){va, (u64)(uintptr_t)host - va};
    b->write[tlb_index(va + 0x1000)] = (struct tlb_entry){va + 0x1000, (u64)(uintptr_t)host - va};
    tlb_note_place(places, va);
}

Test(tlb, flush_places_finds_every_alias_of_one_page)
{
    static u8 memory[2 * 4096] __attribute__((aligned(4096)));
    const u64 alias[] = {0x1000, 0xffff000000008000, 0x7f0000000f0000, 0xffff800000003000,
                         0x7f00000fff6000};
    for (unsigned count = 0; count <= ARRAY_LEN(alias); count++) {
        struct tlb_bank *b[] = {make(), make()};
        struct tlb_places places = {.count = 0};
        for (unsigned again = 0; again < 3; again++)
            for (unsigned i = 0; i < count; i++)
                enter_place(b[(i + again) % 2], &places, alias[i], memory);
        for (unsigned k = 0; k < 2; k++) {
            tlb_flush_places(b[k], memory, &places);
            for (unsigned i = 0; i < count; i++) {
                cr_expect(!holds(b[k], WRITE, alias[i]), "%u of %u in %u", i, count, k);
                cr_expect(holds(b[k], WRITE, alias[i] + 0x1000));
            }
            free(b[k]);
        }
    }
}

/* What has an index that was noted may be another page's by now. */
Test(tlb, flush_places_leaves_other_pages_alone)
{
    static u8 memory[2 * 4096] __attribute__((aligned(4096)));
    struct tlb_bank *b = make();
    struct tlb_places places = {.count = 0};
    const u64 other = 0x1000 + TLB_ENTRIES * 0x1000;
    enter_place(b, &places, 0x1000, memory);
    b->write[tlb_index(other)] = (struct tlb_entry){other, (u64)(uintptr_t)memory + 0x1000 - other};
    tlb_flush_places(b, memory, &places);
    cr_assert(holds(b, WRITE, other));
    free(b);
}

Test(tlb, flush_ops_finds_every_alias)
{
    struct tlb_bank *b = make();
    struct uop *one = (struct uop *)b->read, *two = (struct uop *)b->write;
    b->code[1] = (struct code_entry){0x1000, one};
    b->code[2] = (struct code_entry){0xffff000000002000, one};
    b->code[3] = (struct code_entry){0x3000, two};
    tlb_flush_ops(b, one);
    cr_assert(!holds(b, CODE, 0x1000));
    cr_assert(!holds(b, CODE, 0xffff000000002000));
    cr_assert(holds(b, CODE, 0x3000));
    free(b);
}

/* The model: all mappings that were entered and never had to go. */
struct mapping {
    enum kind kind;
    u64 va, first, last; /* the page, and the page or block it came from */
    bool nonglobal;
};

enum { MODEL = 4096 };

struct model {
    struct mapping live[MODEL];
    unsigned count;
};

/* Enter NEW in the place of whatever has its slot. */
static void model_enter(struct model *m, struct mapping new)
{
    const u64 slots = new.kind == CODE ? TLB_CODE_ENTRIES : TLB_ENTRIES;
    unsigned i = 0;
    while (i < m->count &&
           (m->live[i].kind != new.kind || (m->live[i].va >> 12) % slots != (new.va >> 12) % slots))
        i++;
    cr_assert_lt(i, (unsigned)MODEL);
    m->live[i] = new;
    m->count += i == m->count;
}

static bool covers(const struct mapping *m, u64 va)
{
    va &= UINT64_C(0x00fffffffffff000);
    return m->first <= va && va <= m->last;
}

/* What must be gone is gone from both; the rest of the bank is a subset of the model. */
static void check_subset(struct tlb_bank *b, const struct model *m, unsigned step)
{
    unsigned bank = 0, both = 0;
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        bank += b->read[i].tag != TLB_INVALID;
        bank += b->write[i].tag != TLB_INVALID;
        bank += i < TLB_CODE_ENTRIES && b->code[i].tag != TLB_INVALID;
    }
    for (unsigned i = 0; i < m->count; i++)
        both += holds(b, m->live[i].kind, m->live[i].va);
    cr_assert_eq(bank, both, "step %u: %u entries, %u of them known", step, bank, both);
    for (unsigned i = 0; i + 1 < b->large_count; i++)
        cr_assert_lt(b->large[i].last, b->large[i + 1].first, "ranges in order");
}

static u64 random_va(void)
{
    static const u64 areas[] = {0x0000000000400000, 0x0000ffffa0000000, 0xffff000000000000,
                                0xffff800010000000, 0xfffffe0000000000, 0xffffffffffe00000};
    u64 va = areas[rand() % 6] + ((u64)rand() << 12) % 0x200000;
    if (rand() % 3 == 0)
        va += ((u64)rand() % 64 << 21) * (va < 0xffffffff00000000);
    return rand() % 8 ? va : va ^ (u64)(rand() & 0xff) << 56;
}

static void random_run(unsigned seed, const unsigned *shifts, unsigned nshifts)
{
    struct tlb_bank *b = make();
    struct model *m = calloc(1, sizeof(*m));
    unsigned kept = 0, exact = 0;
    srand(seed);
    for (unsigned step = 0; step < 30000; step++) {
        u64 va = random_va();
        unsigned dice = (unsigned)rand() % 100;
        if (dice < 80) {
            unsigned shift = rand() % 4 ? shifts[0] : shifts[(unsigned)rand() % nshifts];
            u64 page = va & UINT64_C(0x00fffffffffff000), size = UINT64_C(1) << shift;
            struct mapping new = {rand() % KINDS, va & ~UINT64_C(0xfff), page & -size,
                                  page | (size - 1), rand() % 2};
            enter(b, new.kind, new.va, shift, new.nonglobal);
            model_enter(m, new);
        } else if (dice < 97) {
            tlb_flush_va(b, va);
            for (unsigned i = 0; i < m->count;) {
                if (covers(&m->live[i], va))
                    m->live[i] = m->live[--m->count];
                else
                    i++;
            }
        } else if (dice < 99) {
            tlb_flush_nonglobal(b);
            for (unsigned i = 0; i < m->count;) {
                if (m->live[i].nonglobal)
                    m->live[i] = m->live[--m->count];
                else
                    i++;
            }
        } else if (rand() % 8 == 0) {
            tlb_flush(b);
            m->count = 0;
        }
        check_subset(b, m, step);
        for (unsigned i = 0; i < m->count; i++)
            kept += holds(b, m->live[i].kind, m->live[i].va);
        exact += m->count;
    }
    if (nshifts == 1)
        cr_assert_gt(kept, exact / 5 * 4, "without blocks little goes that need not");
    free(m);
    free(b);
}

Test(tlb, a_random_run_of_4k_pages_agrees_with_a_model)
{
    const unsigned shifts[] = {12};
    random_run(1, shifts, 1);
}

Test(tlb, a_random_run_of_4k_pages_and_blocks_agrees_with_a_model)
{
    const unsigned shifts[] = {12, 21, 21, 30};
    random_run(2, shifts, 4);
}

Test(tlb, a_random_run_of_16k_and_64k_pages_agrees_with_a_model)
{
    const unsigned shifts[] = {14, 16, 25, 29};
    random_run(3, shifts, 4);
}
