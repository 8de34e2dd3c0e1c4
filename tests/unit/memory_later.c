/*
 * What later features make of an access: the access flag and the dirty state kept by
 * hardware (FEAT_HAFDBS), E0PD, the enhanced PAN (FEAT_PAN3), and what exceptions do to
 * PSTATE.SSBS and DIT (DDI 0487, D8.4.5, D8.5, D8.4.9, D1.3.1, AArch64.TakeException).
 */
#include "tests/unit/guest_rig.h"

#define TCR_HA    BIT(39)
#define TCR_HD    BIT(40)
#define TCR_E0PD0 BIT(55)
#define TCR_E0PD1 BIT(56)
#define EPAN      BIT(57)
#define DSSBS     BIT(44)
#define SPSR_SSBS BIT(12)
#define SPSR_DIT  BIT(24)
#define DESC_DBM  BIT(51)
#define DESC_AP2  BIT(7)
#define PAGE_VA   (HARNESS_DATA + 0x5000)
#define DONE_WORD 0xd40c01a1u /* svc #0x600d */

enum {
    LDR = (int)0xf9400001,  /* ldr x1, [x0] */
    STR = (int)0xf9000001,  /* str x1, [x0] */
    LDTR = (int)0xf8400801, /* ldtr x1, [x0] */
    STTR = (int)0xf8000801,
    SWP = (int)0xf8228001,    /* swp x2, x1, [x0] */
    STXR = (int)0xc8037c01,   /* stxr w3, x1, [x0] */
    DC_ZVA = (int)0xd50b7420, /* dc zva, x0 */
    DC_CVAC = (int)0xd50b7a20,
    STP = (int)0xa9000801, /* stp x1, x2, [x0] */
};

static u64 descriptor(struct guest *g, u64 va)
{
    u64 root = bit(va, 55) ? GUEST_TTBR1 : GUEST_TTBR0;
    return harness_read64(g->h, guest_descriptor(g, root, va, 3));
}

/* The ESR of WORD on VA at EL, or of the SVC behind it. */
static u64 access(struct guest *g, u32 word, u64 va, unsigned el)
{
    const u32 words[] = {word, DONE_WORD};
    harness_write(g->h, HARNESS_CODE, words, sizeof(words));
    bool pan = g->c->pan;
    cpu_set_pstate(g->c, (el ? SPSR_EL1H | SPSR_DAIF : SPSR_EL0T) | (pan ? SPSR_PAN : 0));
    g->c->x[0] = va;
    g->c->pc = HARNESS_CODE;
    guest_run(g);
    cpu_set_pan(g->c, pan);
    return g->c->sys[ESR_EL1];
}

static void map(struct guest *g, u64 how)
{
    guest_map(g, PAGE_VA, HARNESS_DATA, how);
    cpu_tlb_flush_all(g->c);
}

static void tcr(struct guest *g, u64 set)
{
    harness_msr(g->h, TCR_EL1, GUEST_TCR | set);
}

GUEST_TEST(memory_later, access_flag, "max")
{
    guest_mmu_on(g);
    map(g, MAP_EL1_RW | MAP_OLD);
    cr_expect_eq(access(g, LDR, PAGE_VA, 1), ESR(0x25, 0x0b));
    cr_expect(!(descriptor(g, PAGE_VA) & DESC_AF));
    tcr(g, TCR_HA);
    cr_expect_eq(access(g, LDR, PAGE_VA, 1), ESR_DONE);
    cr_expect(descriptor(g, PAGE_VA) & DESC_AF);
}

/* With HD a page with DBM that is read-only is clean, and a write that is permitted dirties it. */
GUEST_TEST(memory_later, dirty_state, "max")
{
    static const struct {
        u32 word;
        bool dirties;
    } words[] = {{LDR, false}, {STR, true},    {SWP, true},
                 {STP, true},  {DC_ZVA, true}, {DC_CVAC, false}};
    guest_mmu_on(g);
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        tcr(g, TCR_HA | TCR_HD);
        map(g, MAP_ALL_RO | DESC_DBM | MAP_OLD);
        cr_expect_eq(access(g, LDR, PAGE_VA, 1), ESR_DONE);
        cr_expect(descriptor(g, PAGE_VA) & DESC_AP2, "a read leaves it clean");
        cr_expect_eq(access(g, words[i].word, PAGE_VA, 1), ESR_DONE);
        cr_expect_eq(!(descriptor(g, PAGE_VA) & DESC_AP2), words[i].dirties, "%08x", words[i].word);
        /* Software cleans it: the next write dirties it again. */
        map(g, MAP_ALL_RO | DESC_DBM);
        cr_expect_eq(access(g, words[i].word, PAGE_VA + 64, 1), ESR_DONE);
        cr_expect_eq(!(descriptor(g, PAGE_VA) & DESC_AP2), words[i].dirties);
        /* HD or DBM is missing. */
        u64 fault = words[i].dirties ? ESR(0x25, 0x4f) : ESR_DONE;
        map(g, MAP_ALL_RO);
        cr_expect_eq(access(g, words[i].word, PAGE_VA, 1), fault, "%08x", words[i].word);
        tcr(g, TCR_HA);
        map(g, MAP_ALL_RO | DESC_DBM);
        cr_expect_eq(access(g, words[i].word, PAGE_VA, 1), fault, "%08x", words[i].word);
        cr_expect(descriptor(g, PAGE_VA) & DESC_AP2);
    }
}

/* What is not permitted for another reason leaves the page clean. */
GUEST_TEST(memory_later, clean_after_faults, "max")
{
    guest_mmu_on(g);
    tcr(g, TCR_HA | TCR_HD);
    map(g, MAP_EL1_RO | DESC_DBM);
    cr_expect_eq(access(g, STR, PAGE_VA, 0), ESR(0x24, 0x4f));
    cr_expect_eq(access(g, STTR, PAGE_VA, 1), ESR(0x25, 0x4f));
    cr_expect(descriptor(g, PAGE_VA) & DESC_AP2);
    map(g, MAP_ALL_RO | DESC_DBM);
    cpu_set_pan(g->c, true);
    cr_expect_eq(access(g, STR, PAGE_VA, 1), ESR(0x25, 0x4f));
    cr_expect(descriptor(g, PAGE_VA) & DESC_AP2);
    cpu_set_pan(g->c, false);
    map(g, MAP_ALL_RO | DESC_DBM | MAP_DEVICE);
    cr_expect_eq(access(g, STR, PAGE_VA + 1, 1), ESR(0x25, 0x61));
    cr_expect(descriptor(g, PAGE_VA) & DESC_AP2);
    cr_expect_eq(access(g, STR, PAGE_VA, 0), ESR_DONE);
    cr_expect(!(descriptor(g, PAGE_VA) & DESC_AP2));
}

GUEST_TEST(memory_later, older_cpus_keep_no_state, "cortex-a57")
{
    guest_mmu_on(g);
    tcr(g, TCR_HA | TCR_HD);
    map(g, MAP_ALL_RO | DESC_DBM);
    cr_expect_eq(access(g, STR, PAGE_VA, 1), ESR(0x25, 0x4f));
    map(g, MAP_ALL_RW | MAP_OLD);
    cr_expect_eq(access(g, LDR, PAGE_VA, 1), ESR(0x25, 0x0b));
}

/* E0PDn: to EL0, and to LDTR, nothing is mapped in that half, and the level is 0. */
GUEST_TEST(memory_later, e0pd, "max")
{
    const u64 high = UPPER_HALF + 0x3000, unmapped = UPPER_HALF + 0x400000;
    guest_mmu_on(g);
    guest_map(g, high, HARNESS_DATA, MAP_ALL_RW);
    map(g, MAP_ALL_RW);
    cr_expect_eq(access(g, LDR, high, 0), ESR_DONE);
    tcr(g, TCR_E0PD1);
    cr_expect_eq(access(g, LDR, high, 0), ESR(0x24, 0x04));
    cr_expect_eq(access(g, STR, high, 0), ESR(0x24, 0x44));
    cr_expect_eq(access(g, LDR, unmapped, 0), ESR(0x24, 0x04), "whatever the tables say");
    cr_expect_eq(access(g, LDTR, high, 1), ESR(0x25, 0x04));
    cr_expect_eq(access(g, LDR, high, 1), ESR_DONE);
    cr_expect_eq(access(g, LDR, unmapped, 1), ESR(0x25, 0x06));
    cr_expect_eq(access(g, LDR, PAGE_VA, 0), ESR_DONE);
    /* A fetch. */
    cpu_set_pstate(g->c, SPSR_EL0T);
    g->c->pc = high;
    guest_run(g);
    cr_expect_eq(g->c->sys[ESR_EL1], ESR(0x20, 0x04));
    tcr(g, TCR_E0PD0);
    cr_expect_eq(access(g, LDR, PAGE_VA, 1), ESR_DONE);
    cr_expect_eq(access(g, LDTR, PAGE_VA, 1), ESR(0x25, 0x04));
    cr_expect_eq(access(g, LDTR, high, 1), ESR_DONE);
    /* AT reports it like a fault. */
    sysreg_sys(g->c, (unsigned)sysreg_by_name("AT_S1E0R"), 0, PAGE_VA);
    cr_expect_eq(g->c->sys[PAR_EL1] & 0x7f, 0x04 << 1 | 1);
}

/* SCTLR_EL1.EPAN: PAN is about pages that EL0 may only execute, too. */
GUEST_TEST(memory_later, epan, "max")
{
    guest_mmu_on(g);
    for (unsigned how = 0; how < 16; how++) {
        bool epan = how & 1, pan = how & 2, executable = how & 4, readable = how & 8;
        map(g, (readable ? MAP_ALL_RO : MAP_EL1_RO) | (executable ? 0 : MAP_UXN) | MAP_PXN);
        guest_sctlr(g, epan ? EPAN : 0, epan ? 0 : EPAN);
        cpu_set_pan(g->c, false);
        cr_expect_eq(access(g, LDR, PAGE_VA, 1), ESR_DONE); /* and now it is in the TLB */
        cpu_set_pan(g->c, pan);
        bool denied = pan && (readable || (epan && executable));
        cr_expect_eq(access(g, LDR, PAGE_VA, 1), denied ? ESR(0x25, 0x0f) : ESR_DONE, "%u", how);
        sysreg_sys(g->c, (unsigned)sysreg_by_name("AT_S1E1RP"), 0, PAGE_VA);
        cr_expect_eq(g->c->sys[PAR_EL1] & 1, denied);
        cpu_set_pan(g->c, false);
    }
}

/* SSBS becomes SCTLR_EL1.DSSBS, DIT stays; SPSR has what they were. */
GUEST_TEST(memory_later, ssbs_and_dit_over_exceptions, "max")
{
    const u32 words[] = {DONE_WORD};
    for (unsigned how = 0; how < 8; how++) {
        u64 before = (how & 1 ? SPSR_SSBS : 0) | (how & 2 ? SPSR_DIT : 0);
        guest_sctlr(g, how & 4 ? DSSBS : 0, how & 4 ? 0 : DSSBS);
        harness_write(g->h, HARNESS_CODE, words, sizeof(words));
        cpu_set_pstate(g->c, SPSR_EL0T | before);
        g->c->pc = HARNESS_CODE;
        guest_run(g);
        cr_expect_eq(g->c->sys[SPSR_EL1], before);
        cr_expect_eq(cpu_pstate(g->c) & (SPSR_SSBS | SPSR_DIT),
                     (how & 4 ? SPSR_SSBS : 0) | (before & SPSR_DIT));
    }
}

/* MSR SSBS and DIT by immediate and by register, at EL0. */
GUEST_TEST(memory_later, ssbs_and_dit, "max")
{
    static const struct {
        u32 word;
        u64 x0, pstate;
    } steps[] = {
        {0xd503413f, 0, SPSR_SSBS},                     /* msr ssbs, #1 */
        {0xd503415f, 0, SPSR_SSBS | SPSR_DIT},          /* msr dit, #1 */
        {0xd503403f, 0, SPSR_DIT},                      /* msr ssbs, #0 */
        {0xd51b42c0, UINT64_MAX, SPSR_SSBS | SPSR_DIT}, /* msr ssbs, x0 */
        {0xd51b42a0, ~SPSR_DIT, SPSR_SSBS},             /* msr dit, x0 */
        {0xd53b42c0, 0, SPSR_SSBS},                     /* mrs x0, ssbs */
        {0xd53b42a0, 0, SPSR_SSBS},                     /* mrs x0, dit */
    };
    cpu_set_pstate(g->c, SPSR_EL0T);
    for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
        const u32 words[] = {steps[i].word, WORD_BRANCH_TO_SELF};
        harness_code(g->h, words, 2);
        g->c->x[0] = steps[i].x0;
        guest_run_limited(g, 2);
        cr_expect_eq(cpu_pstate(g->c), steps[i].pstate, "step %u", i);
    }
    cr_expect_eq(g->c->x[0], 0);
}

/* RNDR and RNDRRS give numbers and clear NZCV; without a source always the same ones. */
GUEST_TEST(memory_later, random_numbers, "max")
{
    const u32 words[] = {0xd53b2400, 0xd53b2421, WORD_BRANCH_TO_SELF}; /* x0, rndr; x1, rndrrs */
    u64 first[2] = {0};
    for (unsigned run = 0; run < 2; run++) {
        g->c->random_state = 5;
        cpu_set_pstate(g->c, SPSR_EL0T | SPSR_N | SPSR_Z | SPSR_C | SPSR_V);
        harness_code(g->h, words, 3);
        guest_run_limited(g, 3);
        cr_expect_eq(cpu_pstate(g->c), SPSR_EL0T);
        cr_expect_neq(g->c->x[0], g->c->x[1]);
        cr_expect(!run || (first[0] == g->c->x[0] && first[1] == g->c->x[1]));
        memcpy(first, g->c->x, sizeof(first));
    }
    u64 state = g->c->random_state;
    sysreg_peek(g->c, RNDR);
    cr_expect_eq(g->c->random_state, state, "a debugger takes none");
}

/* Which control bits of SCTLR_EL1 exist follows from the features. */
Test(memory_later, sctlr_by_features)
{
    static const struct {
        u64 feature, bits;
    } list[] = {
        {A64_SPECRES, BIT(10)},       {A64_PAUTH, BIT(13) | BIT(27) | BIT(30) | BIT(31)},
        {A64_BTI, BIT(35) | BIT(36)}, {A64_SSBS, BIT(44)},
        {A64_PAN3, BIT(57)},
    };
    struct harness *h = harness_create("cortex-a57");
    struct cpu_model m = *h->cpu->model;
    harness_msr(h, SCTLR_EL1, UINT64_MAX & ~UINT64_C(1));
    u64 plain = sysreg_peek(h->cpu, SCTLR_EL1);
    for (unsigned i = 0; i < ARRAY_LEN(list); i++) {
        m.features = h->cpu->model->features | list[i].feature;
        const struct cpu_model *old = h->cpu->model;
        h->cpu->model = &m;
        harness_msr(h, SCTLR_EL1, 0);
        harness_msr(h, SCTLR_EL1, UINT64_MAX & ~UINT64_C(1));
        cr_expect_eq(sysreg_peek(h->cpu, SCTLR_EL1), plain | list[i].bits, "%u", i);
        h->cpu->model = old;
    }
    harness_destroy(h);
}
