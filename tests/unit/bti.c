/*
 * Branch target identification: PSTATE.BTYPE, where indirect branches may lead in guarded
 * pages, and the exception where they may not (DDI 0487, D8.4.4, C6.2 BTI, D1.3.4). The
 * programs are three words: a branch, a landing and, behind it, `svc #0x600d`.
 */
#include "tests/unit/guest_rig.h"

#define GUARDED     BIT(50)
#define TARGET      (HARNESS_CODE + 0x1000) /* of the branches: the page behind */
#define SCTLR_BT0   BIT(35)
#define SCTLR_BT1   BIT(36)
#define BTYPE(n)    ((u64)(n) << 10) /* in SPSR */
#define TRAPPED(n)  ESR(0x0d, n)
#define WORD_DONE   0xd40c01a1u
#define WORD_NOP    0xd503201fu
#define WORD_BR_X1  0xd61f0020u
#define WORD_BLR_X1 0xd63f0020u

enum landing { NOP, BTI, BTI_C, BTI_J, BTI_JC, PACIASP, PACIBSP, AUTIASP, BRK, HLT, LANDINGS };

static const u32 landing_word[LANDINGS] = {
    WORD_NOP,   0xd503241f, 0xd503245f, 0xd503249f, 0xd50324df,
    0xd503233f, 0xd503237f, 0xd50323bf, 0xd4200000, 0xd4400000,
};

/* What each branch makes of BTYPE from a page that is not guarded, and from one that is. */
static const struct {
    u32 word;
    u8 plain, guarded;
} branches[] = {
    {0xd61f0020, 1, 3}, /* br x1 */
    {0xd61f0200, 1, 1}, /* br x16 */
    {0xd61f0220, 1, 1}, /* br x17 */
    {0xd61f083f, 1, 3}, /* braaz x1 */
    {0xd61f0e1f, 1, 1}, /* brabz x16 */
    {0xd71f0822, 1, 3}, /* braa x1, x2 */
    {0xd63f0020, 2, 2}, /* blr x1 */
    {0xd63f0200, 2, 2}, /* blr x16 */
    {0xd63f083f, 2, 2}, /* blraaz x1 */
    {0xd73f0e22, 2, 2}, /* blrab x17, x2 */
    {0xd65f0020, 0, 0}, /* ret x1 */
    {0xd65f0bff, 0, 0}, /* retaa */
};

/* The landings that each BTYPE allows, 1 << enum landing, with SCTLR_EL1.BTn clear and set. */
static const u32 allowed[4][2] = {
    {~0u, ~0u},
    {1 << BTI_C | 1 << BTI_J | 1 << BTI_JC | 1 << PACIASP | 1 << PACIBSP | 1 << BRK | 1 << HLT,
     1 << BTI_C | 1 << BTI_J | 1 << BTI_JC | 1 << PACIASP | 1 << PACIBSP | 1 << BRK | 1 << HLT},
    {1 << BTI_C | 1 << BTI_JC | 1 << PACIASP | 1 << PACIBSP | 1 << BRK | 1 << HLT,
     1 << BTI_C | 1 << BTI_JC | 1 << PACIASP | 1 << PACIBSP | 1 << BRK | 1 << HLT},
    {1 << BTI_J | 1 << BTI_JC | 1 << PACIASP | 1 << PACIBSP | 1 << BRK | 1 << HLT,
     1 << BTI_J | 1 << BTI_JC | 1 << BRK | 1 << HLT},
};

static void map_pages(struct guest *g, bool from_guarded, bool to_guarded)
{
    guest_map(g, HARNESS_CODE, HARNESS_CODE, MAP_ALL_RO | (from_guarded ? GUARDED : 0));
    guest_map(g, TARGET, TARGET, MAP_ALL_RO | (to_guarded ? GUARDED : 0));
    cpu_tlb_flush_all(g->c);
}

static void start(struct guest *g, unsigned el, u32 branch, u32 landing)
{
    const u32 words[] = {landing, WORD_DONE};
    harness_write(g->h, HARNESS_CODE, &branch, sizeof(branch));
    harness_write(g->h, TARGET, words, sizeof(words));
    cpu_set_pstate(g->c, el ? SPSR_EL1H | SPSR_DAIF : SPSR_EL0T);
    g->c->x[1] = g->c->x[16] = g->c->x[17] = g->c->x[30] = TARGET;
    g->c->pc = HARNESS_CODE;
}

/* What becomes of BRANCH to LANDING, which is allowed or not. */
static void expect(struct guest *g, unsigned el, u32 branch, enum landing landing, unsigned btype,
                   bool lands)
{
    start(g, el, branch, landing_word[landing]);
    guest_run(g);
    struct taken want = {
        .vector = el ? FROM_EL1H : FROM_EL0,
        .elr = TARGET,
        .spsr = (el ? SPSR_EL1H | SPSR_DAIF : SPSR_EL0T) | BTYPE(btype),
        .esr = TRAPPED(btype),
    };
    if (lands && landing == BRK) {
        want.esr = ESR(0x3c, 0);
    } else if (lands && landing == HLT) {
        want.esr = ESR(0, 0);
    } else if (lands) {
        want.esr = ESR_DONE;
        want.elr = TARGET + 8;
        want.spsr &= ~BTYPE(3);
    }
    guest_expect_taken(g, want, __FILE__, (int)(100 * landing + btype));
}

GUEST_TEST(bti, branches_and_landings, "max")
{
    guest_mmu_on(g);
    for (unsigned how = 0; how < 16; how++) {
        bool from = how & 1, to = how & 2, strict = how & 4;
        unsigned el = how >> 3;
        u64 mine = el ? SCTLR_BT1 : SCTLR_BT0, other = el ? SCTLR_BT0 : SCTLR_BT1;
        guest_sctlr(g, strict ? mine : other, strict ? other : mine);
        map_pages(g, from, to);
        for (unsigned b = 0; b < ARRAY_LEN(branches); b++) {
            unsigned btype = from ? branches[b].guarded : branches[b].plain;
            for (unsigned l = 0; l < LANDINGS; l++)
                expect(g, el, branches[b].word, l, btype, !to || (allowed[btype][strict] >> l & 1));
        }
    }
}

/* A target in the branch's own page, and a loop that lands again and again. */
GUEST_TEST(bti, within_a_page, "max")
{
    const u32 words[] = {
        0xd503249f, /* bti j */
        0xf1000421, /* subs x1, x1, #1 */
        0x54000040, /* b.eq . + 8 */
        0xd61f0060, /* br x3 */
        WORD_DONE,
    };
    guest_mmu_on(g);
    map_pages(g, true, true);
    harness_write(g->h, HARNESS_CODE, words, sizeof(words));
    cpu_set_pstate(g->c, SPSR_EL0T);
    for (unsigned misplaced = 0; misplaced < 2; misplaced++) {
        g->c->x[1] = 40;
        g->c->x[3] = HARNESS_CODE + 4 * misplaced;
        g->c->pc = HARNESS_CODE;
        guest_run(g);
        if (!misplaced)
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR_DONE, .elr = HARNESS_CODE + 20,
                         .spsr = SPSR_Z | SPSR_C);
        else
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = TRAPPED(3), .elr = HARNESS_CODE + 4,
                         .spsr = SPSR_C | BTYPE(3));
        cpu_set_pstate(g->c, SPSR_EL0T);
    }
}

/* Direct branches, and going straight on, leave BTYPE at zero. */
GUEST_TEST(bti, only_indirect_branches, "max")
{
    const u32 words[] = {WORD_NOP, 0x14000002 /* b . + 8 */, WORD_DONE, 0x97ffffff /* bl . - 4 */};
    guest_mmu_on(g);
    map_pages(g, true, true);
    harness_write(g->h, HARNESS_CODE, words, sizeof(words));
    cpu_set_pstate(g->c, SPSR_EL0T);
    g->c->pc = HARNESS_CODE;
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR_DONE, .elr = HARNESS_CODE + 12,
                 .spsr = SPSR_EL0T);
}

/* An interrupt before the target saves BTYPE; the return brings it back, and then it traps. */
GUEST_TEST(bti, interrupts_and_returns, "max")
{
    guest_mmu_on(g);
    for (unsigned guarded = 0; guarded < 2; guarded++) {
        map_pages(g, guarded, guarded);
        start(g, 0, WORD_BLR_X1, WORD_NOP);
        guest_run_limited(g, 1);
        cr_expect_eq(cpu_pstate(g->c), BTYPE(2));
        cpu_set_interrupt(g->c, 0, true);
        guest_run(g);
        cr_expect_eq(g->c->sys[SPSR_EL1], BTYPE(2));
        cr_expect_eq(g->c->sys[ELR_EL1], TARGET);
        cr_expect_eq(cpu_pstate(g->c) & BTYPE(3), 0);
        cpu_set_interrupt(g->c, 0, false);

        const u32 eret = 0xd69f03e0;
        harness_write(g->h, HARNESS_VECTORS + 0x800, &eret, sizeof(eret));
        guest_map(g, HARNESS_VECTORS, HARNESS_VECTORS, MAP_EL1_RO);
        g->c->pc = HARNESS_VECTORS + 0x800;
        guest_run(g);
        if (guarded)
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = TRAPPED(2), .elr = TARGET, .spsr = BTYPE(2));
        else
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR_DONE, .elr = TARGET + 8, .spsr = 0);
    }
}

/* What the target itself raises has BTYPE in SPSR, guarded or not. */
GUEST_TEST(bti, exceptions_of_the_target, "max")
{
    guest_mmu_on(g);
    map_pages(g, false, false);
    start(g, 0, WORD_BR_X1, WORD_DONE);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR_DONE, .elr = TARGET + 4, .spsr = BTYPE(1));
    /* A fetch that aborts comes before what may be landed on. */
    map_pages(g, true, true);
    start(g, 0, WORD_BLR_X1, WORD_NOP);
    guest_unmap(g, TARGET);
    cpu_tlb_flush_all(g->c);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x20, 7), .elr = TARGET, .far = TARGET,
                 .spsr = BTYPE(2));
    map_pages(g, true, true);
    start(g, 0, WORD_BLR_X1, WORD_NOP);
    g->c->x[1]++;
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR(0x22, 0), .elr = TARGET + 1, .far = TARGET + 1,
                 .spsr = BTYPE(2));
}

/* The same physical page by a guarded mapping and by another. */
GUEST_TEST(bti, guarded_is_the_mapping, "max")
{
    const u64 alias = HARNESS_CODE + 0x100000;
    guest_mmu_on(g);
    map_pages(g, false, true);
    guest_map(g, alias, TARGET, MAP_ALL_RO);
    for (unsigned i = 0; i < 6; i++) {
        u64 to = i & 1 ? alias : TARGET;
        start(g, 0, WORD_BLR_X1, WORD_NOP);
        g->c->x[1] = to;
        guest_run(g);
        if (i & 1)
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR_DONE, .elr = to + 8, .spsr = 0);
        else
            EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = TRAPPED(2), .elr = to, .spsr = BTYPE(2));
    }
}

/* Without FEAT_BTI neither GP nor BTYPE means anything. */
GUEST_TEST(bti, older_cpus_have_none, "cortex-a57")
{
    guest_mmu_on(g);
    map_pages(g, true, true);
    start(g, 0, WORD_BLR_X1, WORD_DONE);
    guest_run(g);
    EXPECT_TAKEN(g, .vector = FROM_EL0, .esr = ESR_DONE, .elr = TARGET + 4, .spsr = 0);
    cpu_set_pstate(g->c, SPSR_EL0T | BTYPE(3));
    cr_expect_eq(cpu_pstate(g->c), SPSR_EL0T);
}
