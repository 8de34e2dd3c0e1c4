/*
 * Alignment: of data (SCTLR_EL1.A, Device memory, exclusive and ordered accesses)
 * and of the stack pointer (SCTLR_EL1.SA, SA0). DDI 0487, B2.5, D8.8.3, and the
 * pseudocode AArch64.CheckAlignment, CheckSPAlignment.
 */
#include "tests/unit/guest_rig.h"

/* SCTLR_EL1 (D17.2.118) */
#define A   BIT(1)
#define SA  BIT(3)
#define SA0 BIT(4)

#define DEVICE   (HARNESS_RAM + 0x30000)
#define UNMAPPED (HARNESS_RAM + 0x3f000)

enum { ALIGNMENT = 0x21, WNR = 0x40, TRANSLATION3 = 0x07 };

struct access {
    const char *program;
    unsigned needs; /* multiple of bytes */
    bool write;
};

/* What needs alignment only where SCTLR_EL1.A or the memory says so, by its elements. */
static const struct access plain[] = {
    {"ldrb", 1, false},  {"ldrh", 2, false},   {"ldrh_s", 2, false}, {"ldr_w", 4, false},
    {"ldr_x", 8, false}, {"ldr_q", 16, false}, {"ldp_w", 4, false},  {"ldp_sw", 4, false},
    {"ldp", 8, false},   {"ldp_q", 16, false}, {"ldtr", 8, false},   {"ldnp", 8, false},
    {"ld1", 4, false},   {"ld1_d", 8, false},  {"ld4", 2, false},    {"strb", 1, true},
    {"strh", 2, true},   {"str_w", 4, true},   {"str_x", 8, true},   {"str_q", 16, true},
    {"stp", 8, true},    {"stp_q", 16, true},  {"sttr", 8, true},    {"st1", 4, true},
};

/* What always needs it: exclusive, ordered, atomic; a pair by the whole of it. */
static const struct access strict[] = {
    {"ldarb", 1, false},  {"ldar", 8, false},  {"ldxr", 8, false}, {"ldxr_w", 4, false},
    {"ldxp_w", 8, false}, {"ldxp", 16, false}, {"stlr", 8, true},  {"stxr", 8, true},
    {"stxp", 16, true},   {"ldadd", 8, true},  {"swp", 8, true},   {"cas", 8, true},
    {"casp", 16, true},
};

/* ACCESS at VA from both levels ends with ESR's low bits ISS, or is done if that is 0. */
static void expect_access(struct guest *g, const char *program, u64 va, u64 iss)
{
    for (unsigned el = 0; el < 2; el++) {
        g->c->x[0] = va;
        guest_start(g, program, el, el);
        guest_run(g);
        u64 esr = iss ? ESR(0x24 + el, iss) : ESR_DONE;
        cr_expect_eq(g->c->sys[ESR_EL1], esr, "%s at %#llx, EL%u: ESR %#llx, not %#llx", program,
                     (unsigned long long)va, el, (unsigned long long)g->c->sys[ESR_EL1],
                     (unsigned long long)esr);
        if (iss)
            cr_expect_eq(g->c->sys[FAR_EL1], va);
    }
}

/* Every misalignment of each access. */
static void each_offset(struct guest *g, const struct access *a, size_t count, u64 base,
                        bool checked)
{
    for (const struct access *end = a + count; a < end; a++) {
        for (unsigned offset = 0; offset < 16; offset++) {
            bool bad = checked && (offset & (a->needs - 1));
            expect_access(g, a->program, base + offset, bad ? ALIGNMENT | (a->write ? WNR : 0) : 0);
        }
    }
}

GUEST_TEST(exception_alignment, plain_accesses_need_none, "cortex-a57")
{
    guest_mmu_on(g);
    each_offset(g, plain, ARRAY_LEN(plain), HARNESS_DATA + 0x100, false);
}

GUEST_TEST(exception_alignment, sctlr_a, "cortex-a57")
{
    guest_mmu_on(g);
    guest_sctlr(g, A, 0);
    each_offset(g, plain, ARRAY_LEN(plain), HARNESS_DATA + 0x100, true);
    /* And off again: nothing of it is left in a TLB. */
    guest_sctlr(g, 0, A);
    each_offset(g, plain, ARRAY_LEN(plain), HARNESS_DATA + 0x100, false);
}

GUEST_TEST(exception_alignment, exclusive_and_ordered, "max")
{
    guest_mmu_on(g);
    for (unsigned a = 0; a < 2; a++) {
        guest_sctlr(g, a ? A : 0, a ? 0 : A);
        each_offset(g, strict, ARRAY_LEN(strict), HARNESS_DATA + 0x100, true);
    }
}

GUEST_TEST(exception_alignment, device_memory, "cortex-a57")
{
    guest_mmu_on(g);
    guest_map(g, DEVICE, HARNESS_DATA, MAP_ALL_RW | MAP_DEVICE);
    each_offset(g, plain, ARRAY_LEN(plain), DEVICE + 0x100, true);
}

/* With the MMU off all data is Device-nGnRnE (D8.2.10). */
GUEST_TEST(exception_alignment, mmu_off, "cortex-a57")
{
    each_offset(g, plain, ARRAY_LEN(plain), HARNESS_DATA + 0x100, true);
}

/*
 * Misaligned and unmapped: what the instruction or SCTLR_EL1.A asks for is found
 * first, what the memory type asks for is not known without a translation.
 */
GUEST_TEST(exception_alignment, priority, "cortex-a57")
{
    guest_mmu_on(g);
    expect_access(g, "ldr_x", UNMAPPED + 1, TRANSLATION3);
    expect_access(g, "ldxr", UNMAPPED + 1, ALIGNMENT);
    guest_sctlr(g, A, 0);
    expect_access(g, "ldr_x", UNMAPPED + 1, ALIGNMENT);
    expect_access(g, "str_x", UNMAPPED + 1, WNR | ALIGNMENT);
    /* Permission comes before the memory type's alignment (D8.8.2). */
    guest_sctlr(g, 0, A);
    guest_map(g, DEVICE, HARNESS_DATA, MAP_ALL_RO | MAP_DEVICE);
    expect_access(g, "str_x", DEVICE + 1, WNR | 0x0f);
}

/* Maintenance takes any address (D7.5.9). */
GUEST_TEST(exception_alignment, cache_maintenance_needs_none, "cortex-a57")
{
    guest_mmu_on(g);
    guest_map(g, DEVICE, HARNESS_DATA, MAP_ALL_RW | MAP_DEVICE);
    guest_sctlr(g, A | BIT(26), 0); /* UCI */
    expect_access(g, "dc_cvac", HARNESS_DATA + 7, 0);
    expect_access(g, "dc_cvac", DEVICE + 7, 0);
}

/* ---------------------------------------------------------- stack pointer -- */

/* A program with SP = sp: its second instruction faults, or it is done. */
static void expect_sp(struct guest *g, const char *program, unsigned el, unsigned sp_sel, u64 sp,
                      u64 esr)
{
    g->c->x[0] = sp;
    guest_start(g, program, el, sp_sel);
    guest_run(g);
    cr_expect_eq(g->c->sys[ESR_EL1], esr, "%s, EL%u, SP_EL%u %#llx: ESR %#llx", program, el, sp_sel,
                 (unsigned long long)sp, (unsigned long long)g->c->sys[ESR_EL1]);
    if (esr != ESR_DONE)
        EXPECT_TAKEN(g,
                     .vector = el == 0  ? FROM_EL0
                               : sp_sel ? FROM_EL1H
                                        : FROM_EL1T,
                     .esr = esr, .elr = HARNESS_CODE + 4, .spsr = g->c->sys[SPSR_EL1]);
}

#define SP_MISALIGNED ESR(0x26, 0)

static const char *const sp_accesses[] = {
    "sp_ldr", "sp_str_pre", "sp_ldp_post", "sp_ldr_reg", "sp_ldxr", "sp_ldr_q", "sp_ld1",
};

/* Each control is for its level, whichever stack pointer EL1 uses. */
GUEST_TEST(exception_alignment, stack_pointer, "cortex-a57")
{
    guest_mmu_on(g);
    for (u64 controls = 0; controls < 4; controls++) {
        guest_sctlr(g, (controls & 1 ? SA : 0) | (controls & 2 ? SA0 : 0), SA | SA0);
        guest_sctlr(g, (controls & 1 ? SA : 0) | (controls & 2 ? SA0 : 0), 0);
        for (size_t i = 0; i < ARRAY_LEN(sp_accesses); i++) {
            const u64 bad = HARNESS_DATA + 0x108, good = HARNESS_DATA + 0x110;
            u64 at_el1 = controls & 1 ? SP_MISALIGNED : ESR_DONE;
            u64 at_el0 = controls & 2 ? SP_MISALIGNED : ESR_DONE;
            expect_sp(g, sp_accesses[i], 0, 0, bad, at_el0);
            expect_sp(g, sp_accesses[i], 1, 0, bad, at_el1);
            expect_sp(g, sp_accesses[i], 1, 1, bad, at_el1);
            expect_sp(g, sp_accesses[i], 0, 0, good, ESR_DONE);
            expect_sp(g, sp_accesses[i], 1, 1, good, ESR_DONE);
        }
    }
}

/* It comes before what is wrong with the address, and without a FAR of its own. */
GUEST_TEST(exception_alignment, stack_pointer_first, "cortex-a57")
{
    guest_mmu_on(g);
    guest_sctlr(g, A | SA | SA0, 0);
    for (size_t i = 0; i < ARRAY_LEN(sp_accesses); i++)
        expect_sp(g, sp_accesses[i], 0, 0, UNMAPPED + 8, SP_MISALIGNED);
}

GUEST_TEST(exception_alignment, stack_pointer_in_other_uses, "cortex-a57")
{
    guest_mmu_on(g);
    guest_sctlr(g, SA | SA0, 0);
    expect_sp(g, "sp_add", 0, 0, HARNESS_DATA + 1, ESR_DONE);
    expect_sp(g, "sp_prfm", 0, 0, HARNESS_DATA + 1, ESR_DONE);
}
