/*
 * Data and instruction aborts, and PC alignment: ESR_EL1 and FAR_EL1 for each
 * cause, level and exception level (DDI 0487, D8.8 faults and their priorities,
 * D17.2.37 ESR_EL1, D17.2.40 FAR_EL1).
 */
#include "tests/unit/guest_rig.h"

/* Fault status codes (D17.2.37, DFSC); + level */
enum {
    ADDRESS_SIZE = 0x00,
    TRANSLATION = 0x04,
    ACCESS_FLAG = 0x08,
    PERMISSION = 0x0c,
    EXTERNAL = 0x10,
    EXTERNAL_WALK = 0x14,
    WNR = 0x40,
    CM = 0x100,
};

#define EC_DATA(el) (0x24 + (el))
#define EC_INSN(el) (0x20 + (el))

/* In the middle of a page. */
#define OFFSET    UINT64_C(0x128)
#define READ_ONLY (HARNESS_RAM + 0x30000)
#define EL1_ONLY  (HARNESS_RAM + 0x31000)
#define OLD       (HARNESS_RAM + 0x32000)
#define NOWHERE   (HARNESS_RAM + 0x33000) /* its physical address has no RAM */
#define HUGE      (HARNESS_RAM + 0x34000) /* ... is larger than TCR_EL1.IPS allows */
#define UNMAPPED  (HARNESS_RAM + 0x3f000)
#define NO_TABLE3 UINT64_C(0x60000000)
#define NO_TABLE2 UINT64_C(0x1000000000)
#define OUTSIDE   UINT64_C(0x8000000000)
#define BLOCK1    UINT64_C(0x2000000000) /* blocks that fault, at level 1 and 2 */
#define BLOCK2    UINT64_C(0x50000000)

static void put_block(struct guest *g, u64 va, unsigned level, u64 how)
{
    u64 desc = HARNESS_RAM | how | 1;
    harness_write(g->h, guest_descriptor(g, GUEST_TTBR0, va, level), &desc, 8);
}

static void set_up(struct guest *g)
{
    guest_mmu_on(g);
    guest_map(g, READ_ONLY, HARNESS_DATA, MAP_ALL_RO);
    guest_map(g, EL1_ONLY, HARNESS_DATA, MAP_EL1_RW);
    guest_map(g, OLD, HARNESS_DATA, MAP_ALL_RW | MAP_OLD);
    guest_map(g, NOWHERE, UINT64_C(0x20000000), MAP_ALL_RW);
    guest_map(g, HUGE, UINT64_C(1) << 44, MAP_ALL_RW);
}

/* PROGRAM with x0 = VA at EL0 and at EL1 takes a data abort. */
static void expect_abort(struct guest *g, const char *program, u64 va, u64 iss)
{
    for (unsigned el = 0; el < 2; el++) {
        g->c->x[0] = va;
        guest_start(g, program, el, el);
        guest_run(g);
        EXPECT_TAKEN(g, .vector = el ? FROM_EL1H : FROM_EL0, .esr = ESR(EC_DATA(el), iss),
                     .spsr = (el ? SPSR_EL1H : SPSR_EL0T) | SPSR_DAIF, .far = va);
        cr_expect_eq(g->c->x[0], va, "%s changed its base", program);
    }
}

GUEST_TEST(exception_abort, translation_by_level, "cortex-a57")
{
    set_up(g);
    static const u64 va[] = {OUTSIDE, NO_TABLE2, NO_TABLE3, UNMAPPED};
    for (unsigned level = 0; level < 4; level++) {
        expect_abort(g, "ldr_x", va[level] + OFFSET, TRANSLATION + level);
        expect_abort(g, "str_x", va[level] + OFFSET, WNR | (TRANSLATION + level));
        expect_abort(g, "ldrb", va[level] + 1, TRANSLATION + level);
        expect_abort(g, "strb", va[level] + 1, WNR | (TRANSLATION + level));
    }
    /* The hole between the halves, bit by bit, and the upper half, empty so far. */
    expect_abort(g, "ldr_x", UINT64_C(0xffffff7ffffffff8), TRANSLATION + 0);
    expect_abort(g, "ldr_x", UINT64_C(0x0100000000000000), TRANSLATION + 0);
    expect_abort(g, "ldr_x", UINT64_C(0xffffff8000000000), TRANSLATION + 1);
}

GUEST_TEST(exception_abort, every_kind_of_access, "max")
{
    static const char *const reads[] = {
        "ldrb",  "ldrh",     "ldr_w", "ldr_x", "ldr_q", "ldr_post", "ldp",  "ldp_w",
        "ldp_q", "ldp_post", "ldtr",  "ldar",  "ldarb", "ldxr",     "ldxp", "ldnp",
        "ld1",   "ld1_d",    "ldadd", "swp",   "cas",   "casp",
    };
    static const char *const writes[] = {
        "strb", "strh", "str_w", "str_x", "str_q", "stp", "sttr", "stlr", "st1", "dc_zva",
    };
    set_up(g);
    guest_sctlr(g, BIT(14), 0); /* DZE */
    for (size_t i = 0; i < ARRAY_LEN(reads); i++)
        expect_abort(g, reads[i], UNMAPPED + 0x100, TRANSLATION + 3);
    for (size_t i = 0; i < ARRAY_LEN(writes); i++)
        expect_abort(g, writes[i], UNMAPPED + 0x100, WNR | (TRANSLATION + 3));
}

/* Writeback does not happen, and FAR is the address with the offset. */
GUEST_TEST(exception_abort, base_register_stays, "cortex-a57")
{
    static const struct {
        const char *program;
        int offset;
    } cases[] = {{"ldr_pre", 8}, {"str_pre", -8}, {"stp_pre", -16}};
    set_up(g);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        g->c->x[0] = UNMAPPED + 0x100;
        g->c->x[1] = 0x77;
        guest_start_el0(g, cases[i].program);
        guest_run(g);
        cr_expect_eq(g->c->sys[FAR_EL1], UNMAPPED + 0x100 + (u64)cases[i].offset);
        cr_expect_eq(g->c->x[0], UNMAPPED + 0x100);
        cr_expect_eq(g->c->x[1], 0x77);
    }
}

GUEST_TEST(exception_abort, permission, "cortex-a57")
{
    set_up(g);
    expect_abort(g, "str_x", READ_ONLY + OFFSET, WNR | (PERMISSION + 3));
    expect_abort(g, "stxr", READ_ONLY + OFFSET, WNR | (PERMISSION + 3));
    /* What is EL1's is out of reach for EL0 and for EL1's unprivileged accesses. */
    expect_abort(g, "ldtr", EL1_ONLY + OFFSET, PERMISSION + 3);
    expect_abort(g, "sttr", EL1_ONLY + OFFSET, WNR | (PERMISSION + 3));
    g->c->x[0] = EL1_ONLY;
    guest_start_el1(g, "ldr_x");
    EXPECT_DONE(g);
    g->c->x[0] = EL1_ONLY + OFFSET;
    guest_start_el0(g, "ldr_x");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(EC_DATA(0), PERMISSION + 3),
                 .spsr = SPSR_EL0T | SPSR_DAIF, .far = EL1_ONLY + OFFSET);
}

/* An atomic's fault is a read's if a read alone would have faulted (ISS.WnR). */
GUEST_TEST(exception_abort, atomics_say_who_faulted, "max")
{
    static const char *const programs[] = {"ldadd", "swp", "cas", "casp"};
    set_up(g);
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        expect_abort(g, programs[i], READ_ONLY + 0x100, WNR | (PERMISSION + 3));
        expect_abort(g, programs[i], UNMAPPED + 0x100, TRANSLATION + 3);
    }
}

GUEST_TEST(exception_abort, access_flag, "cortex-a57")
{
    set_up(g);
    expect_abort(g, "ldr_x", OLD + OFFSET, ACCESS_FLAG + 3);
    expect_abort(g, "str_x", OLD + OFFSET, WNR | (ACCESS_FLAG + 3));
    put_block(g, BLOCK1, 1, MAP_ALL_RW);
    put_block(g, BLOCK2, 2, MAP_ALL_RW);
    expect_abort(g, "ldr_x", BLOCK1 + OFFSET, ACCESS_FLAG + 1);
    expect_abort(g, "str_x", BLOCK2 + OFFSET, WNR | (ACCESS_FLAG + 2));
}

GUEST_TEST(exception_abort, permission_of_blocks, "cortex-a57")
{
    set_up(g);
    put_block(g, BLOCK1, 1, MAP_ALL_RO | DESC_AF);
    put_block(g, BLOCK2, 2, MAP_ALL_RO | DESC_AF);
    expect_abort(g, "str_x", BLOCK1 + OFFSET, WNR | (PERMISSION + 1));
    expect_abort(g, "str_x", BLOCK2 + OFFSET, WNR | (PERMISSION + 2));
}

/* An old page is found before what may be done with it (D8.8.2). */
GUEST_TEST(exception_abort, access_flag_before_permission, "cortex-a57")
{
    set_up(g);
    guest_map(g, OLD, HARNESS_DATA, MAP_ALL_RO | MAP_OLD);
    expect_abort(g, "str_x", OLD + OFFSET, WNR | (ACCESS_FLAG + 3));
}

GUEST_TEST(exception_abort, address_size, "cortex-a57")
{
    set_up(g);
    expect_abort(g, "ldr_x", HUGE + OFFSET, ADDRESS_SIZE + 3);
    expect_abort(g, "str_x", HUGE + OFFSET, WNR | (ADDRESS_SIZE + 3));
}

/* With the MMU off, addresses of more bits than the CPU has: level 0 (D8.2.10). */
GUEST_TEST(exception_abort, address_size_flat, "cortex-a57")
{
    expect_abort(g, "ldr_x", (UINT64_C(1) << 44) + OFFSET, ADDRESS_SIZE + 0);
    expect_abort(g, "str_x", UINT64_C(1) << 52, WNR | (ADDRESS_SIZE + 0));
    guest_start_el1(g, "br");
    g->c->x[0] = UINT64_C(1) << 50;
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = ESR(EC_INSN(1), ADDRESS_SIZE + 0),
                 .elr = UINT64_C(1) << 50, .spsr = SPSR_EL1H | SPSR_DAIF, .far = UINT64_C(1) << 50);
}

GUEST_TEST(exception_abort, external, "cortex-a57")
{
    set_up(g);
    expect_abort(g, "ldr_x", NOWHERE + OFFSET, EXTERNAL);
    expect_abort(g, "str_x", NOWHERE + OFFSET, WNR | EXTERNAL);
    u64 table = UINT64_C(0x20000000) | DESC_PAGE;
    harness_write(g->h, guest_descriptor(g, GUEST_TTBR0, BLOCK1, 1), &table, 8);
    harness_write(g->h, guest_descriptor(g, GUEST_TTBR0, BLOCK2, 2), &table, 8);
    expect_abort(g, "ldr_x", BLOCK1 + OFFSET, EXTERNAL_WALK + 2);
    expect_abort(g, "str_x", BLOCK2 + OFFSET, WNR | (EXTERNAL_WALK + 3));
}

/* Aborts of cache maintenance have CM and WnR; its permission is the reader's, at EL0. */
GUEST_TEST(exception_abort, cache_maintenance, "cortex-a57")
{
    static const char *const programs[] = {"dc_cvac", "dc_cvau", "dc_civac", "ic_ivau"};
    set_up(g);
    guest_sctlr(g, BIT(26), 0); /* UCI */
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        expect_abort(g, programs[i], UNMAPPED + 0x123, CM | WNR | (TRANSLATION + 3));
        g->c->x[0] = READ_ONLY;
        guest_start_el0(g, programs[i]);
        EXPECT_DONE(g);
        g->c->x[0] = EL1_ONLY;
        guest_start_el1(g, programs[i]);
        EXPECT_DONE(g);
        g->c->x[0] = EL1_ONLY + 0x77;
        guest_start_el0(g, programs[i]);
        guest_run(g);
        EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(EC_DATA(0), CM | WNR | (PERMISSION + 3)),
                     .spsr = SPSR_EL0T | SPSR_DAIF, .far = EL1_ONLY + 0x77);
    }
    /* DC IVAC throws away what was written: it takes write permission (D7.5.9). */
    g->c->x[0] = READ_ONLY + 0x77;
    guest_start_el1(g, "dc_ivac");
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = ESR(EC_DATA(1), CM | WNR | (PERMISSION + 3)),
                 .spsr = SPSR_EL1H | SPSR_DAIF, .far = READ_ONLY + 0x77);
}

/* DC ZVA is a store, no maintenance; FAR is what its register held (D17.2.40). */
GUEST_TEST(exception_abort, dc_zva, "cortex-a57")
{
    set_up(g);
    guest_sctlr(g, BIT(14), 0); /* DZE */
    expect_abort(g, "dc_zva", UNMAPPED + 0x123, WNR | (TRANSLATION + 3));
    expect_abort(g, "dc_zva", READ_ONLY + 0x7f, WNR | (PERMISSION + 3));
    guest_map(g, NOWHERE, HARNESS_DATA, MAP_ALL_RW | MAP_DEVICE);
    expect_abort(g, "dc_zva", NOWHERE + 0x11, WNR | 0x21);
}

GUEST_TEST(exception_abort, prefetch_never_faults, "cortex-a57")
{
    static const u64 va[] = {UNMAPPED, EL1_ONLY, NOWHERE, OUTSIDE, OLD, 1};
    set_up(g);
    for (size_t i = 0; i < ARRAY_LEN(va); i++) {
        g->c->x[0] = va[i];
        guest_start_el0(g, "prfm");
        EXPECT_DONE(g);
    }
}

/* -------------------------------------------------------- instruction aborts -- */

/* A branch to TARGET at EL faults there: the PC, and so ELR, is the target. */
static void expect_fetch_abort(struct guest *g, unsigned el, u64 target, u64 iss)
{
    static const char *const branches[] = {"br", "blr", "ret"};
    for (size_t i = 0; i < ARRAY_LEN(branches); i++) {
        g->c->x[0] = target;
        guest_start(g, branches[i], el, el);
        guest_run(g);
        EXPECT_TAKEN(g, .vector = el ? FROM_EL1H : FROM_EL0, .esr = ESR(EC_INSN(el), iss),
                     .elr = target, .spsr = (el ? SPSR_EL1H : SPSR_EL0T) | SPSR_DAIF,
                     .far = target);
        if (i == 1)
            cr_expect_eq(g->c->x[30], HARNESS_CODE + 4, "blr links, wherever it goes");
    }
}

GUEST_TEST(exception_abort, fetch_by_cause, "cortex-a57")
{
    set_up(g);
    for (unsigned el = 0; el < 2; el++) {
        expect_fetch_abort(g, el, OUTSIDE + OFFSET, TRANSLATION + 0);
        expect_fetch_abort(g, el, NO_TABLE2 + OFFSET, TRANSLATION + 1);
        expect_fetch_abort(g, el, NO_TABLE3 + OFFSET, TRANSLATION + 2);
        expect_fetch_abort(g, el, UNMAPPED + OFFSET, TRANSLATION + 3);
        expect_fetch_abort(g, el, OLD + OFFSET, ACCESS_FLAG + 3);
        expect_fetch_abort(g, el, HUGE + OFFSET, ADDRESS_SIZE + 3);
        /* EL1 may not execute what EL0 can write, and that is looked at first. */
        expect_fetch_abort(g, el, NOWHERE + OFFSET, el ? PERMISSION + 3 : EXTERNAL);
    }
    guest_map(g, NOWHERE, UINT64_C(0x20000000), MAP_EL1_RO);
    expect_fetch_abort(g, 1, NOWHERE + OFFSET, EXTERNAL);
}

/* Where EL0 and EL1 may execute (D8.4.2), also with SCTLR_EL1.WXN. */
GUEST_TEST(exception_abort, execute_permission, "cortex-a57")
{
    static const struct {
        u64 how;
        bool el0, el1, wxn_el0, wxn_el1;
    } cases[] = {
        {MAP_EL1_RW, true, true, true, false},
        {MAP_ALL_RW, true, false, false, false},
        {MAP_EL1_RO, true, true, true, true},
        {MAP_ALL_RO, true, true, true, true},
        {MAP_EL1_RO | MAP_UXN, false, true, false, true},
        {MAP_EL1_RO | MAP_PXN, true, false, true, false},
        {MAP_ALL_RO | MAP_UXN | MAP_PXN, false, false, false, false},
    };
    guest_mmu_on(g);
    guest_load_at(g, "nops", HARNESS_DATA);
    for (unsigned wxn = 0; wxn < 2; wxn++) {
        guest_sctlr(g, wxn ? BIT(19) : 0, wxn ? 0 : BIT(19));
        guest_map(g, HARNESS_VECTORS, HARNESS_VECTORS, MAP_EL1_RO);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            u64 va = UNMAPPED - i * 0x1000;
            guest_map(g, va, HARNESS_DATA, cases[i].how);
            for (unsigned el = 0; el < 2; el++) {
                bool may = wxn ? (el ? cases[i].wxn_el1 : cases[i].wxn_el0)
                               : (el ? cases[i].el1 : cases[i].el0);
                g->c->x[0] = va;
                guest_start(g, "br", el, el);
                guest_run(g);
                cr_expect_eq(g->c->sys[ESR_EL1], may ? ESR_DONE : ESR(EC_INSN(el), PERMISSION + 3),
                             "case %zu, WXN %u, EL%u: ESR %#llx", i, wxn, el,
                             (unsigned long long)g->c->sys[ESR_EL1]);
            }
            guest_unmap(g, va);
            cpu_tlb_flush_all(g->c);
        }
    }
}

GUEST_TEST(exception_abort, pc_alignment, "cortex-a57")
{
    set_up(g);
    for (unsigned el = 0; el < 2; el++) {
        for (unsigned low = 1; low < 4; low++) {
            /* Found before the translation: so also where nothing is mapped. */
            static const u64 bases[] = {HARNESS_CODE + 8, UNMAPPED};
            for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
                g->c->x[0] = bases[i] + low;
                guest_start(g, "br", el, el);
                guest_run(g);
                EXPECT_TAKEN(g, .vector = el ? FROM_EL1H : FROM_EL0, .esr = 0x8a000000,
                             .elr = bases[i] + low,
                             .spsr = (el ? SPSR_EL1H : SPSR_EL0T) | SPSR_DAIF,
                             .far = bases[i] + low);
            }
        }
    }
}
