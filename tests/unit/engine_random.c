/*
 * The threaded engine against the stepping loop, on random integer programs: they
 * agree on every register, on memory and on the count of instructions wherever
 * cpu_run stops. Words are made from the encodings of DDI 0487, C4.1.
 */
#include "tests/unit/guest_rig.h"

enum {
    WORDS = 2000, /* of a program: almost two pages */
    ROUNDS = 1500,
    PROGRAMS = 8,
    BASE = 28, /* x28 points at the data and is never written */
    REGISTERS = 16,
};

static u64 random64(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct random {
    u64 state;
    u32 registers; /* that programs use */
};

static u32 below(struct random *r, u32 n)
{
    return (u32)(random64(&r->state) >> 33) % n;
}

static u32 reg(struct random *r)
{
    return below(r, r->registers);
}

static u32 arithmetic(struct random *r)
{
    /* add, adds, sub, subs (shifted register); and, bic, orr, orn, eor, eon, ands, bics */
    static const u32 rows[] = {0x0b000000, 0x2b000000, 0x4b000000, 0x6b000000,
                               0x0a000000, 0x0a200000, 0x2a000000, 0x2a200000,
                               0x4a000000, 0x4a200000, 0x6a000000, 0x6a200000};
    u32 wide = below(r, 2);
    return rows[below(r, ARRAY_LEN(rows))] | wide << 31 | below(r, 3) << 22 | reg(r) << 16 |
           below(r, wide ? 64 : 32) << 10 | reg(r) << 5 | reg(r);
}

static u32 immediate(struct random *r)
{
    static const u32 moves[] = {0x12800000, 0x52800000, 0x72800000};
    u32 wide = below(r, 2);
    switch (below(r, 4)) {
    case 0: /* add, adds, sub, subs */
        return 0x11000000 | wide << 31 | below(r, 4) << 29 | below(r, 0x2000) << 10 | reg(r) << 5 |
               reg(r);
    case 1: /* movn, movz, movk */
        return moves[below(r, 3)] | wide << 31 | below(r, wide ? 4 : 2) << 21 |
               below(r, 0x10000) << 5 | reg(r);
    case 2: /* sbfm, bfm, ubfm */
        return 0x13000000 | wide << 31 | wide << 22 | below(r, 3) << 29 |
               below(r, wide ? 64 : 32) << 16 | below(r, wide ? 64 : 32) << 10 | reg(r) << 5 |
               reg(r);
    default: /* extr */
        return 0x13800000 | wide << 31 | wide << 22 | reg(r) << 16 |
               below(r, wide ? 64 : 32) << 10 | reg(r) << 5 | reg(r);
    }
}

static u32 other(struct random *r)
{
    /* udiv, sdiv, lslv, lsrv, asrv, rorv; rbit, rev16, rev (32), clz, cls; madd, msub, umulh */
    static const u32 two[] = {0x1ac00800, 0x1ac00c00, 0x1ac02000,
                              0x1ac02400, 0x1ac02800, 0x1ac02c00};
    static const u32 one[] = {0x5ac00000, 0x5ac00400, 0x5ac00800, 0x5ac01000, 0x5ac01400};
    u32 wide = below(r, 2) << 31;
    switch (below(r, 6)) {
    case 0:
        return two[below(r, 6)] | wide | reg(r) << 16 | reg(r) << 5 | reg(r);
    case 1:
        return one[below(r, 5)] | wide | reg(r) << 5 | reg(r);
    case 2:
        return (below(r, 2) ? 0x1b000000u : 0x1b008000u) | wide | reg(r) << 16 | reg(r) << 10 |
               reg(r) << 5 | reg(r);
    case 3:
        return 0x9bc07c00 | reg(r) << 16 | reg(r) << 5 | reg(r);
    case 4: /* csel, csinc, csinv, csneg */
        return 0x1a800000 | wide | below(r, 2) << 30 | reg(r) << 16 | below(r, 16) << 12 |
               below(r, 2) << 10 | reg(r) << 5 | reg(r);
    default: /* ccmn, ccmp (register); adc, adcs, sbc, sbcs */
        return below(r, 2)
                   ? 0x3a400000 | wide | below(r, 2) << 30 | reg(r) << 16 | below(r, 16) << 12 |
                         reg(r) << 5 | below(r, 16)
                   : 0x1a000000 | wide | below(r, 4) << 29 | reg(r) << 16 | reg(r) << 5 | reg(r);
    }
}

/* In the 2 KiB at x28, some of them unaligned. */
static u32 memory(struct random *r)
{
    u32 size = below(r, 4), load = below(r, 2);
    switch (below(r, 3)) {
    case 0: /* ldr and str of each size, unsigned offset */
        return 0x39000000 | size << 30 | load << 22 | below(r, 128) << 10 | BASE << 5 | reg(r);
    case 1: /* ldur and stur */
        return 0x38000000 | size << 30 | load << 22 | below(r, 256) << 12 | BASE << 5 | reg(r);
    default: { /* ldp and stp: different targets */
        u32 first = reg(r);
        return 0x29000000 | below(r, 2) << 31 | load << 22 | below(r, 64) << 15 |
               (first + 1) % r->registers << 10 | BASE << 5 | first;
    }
    }
}

/* Forwards BY words. */
static u32 branch_by(struct random *r, u32 by)
{
    u32 bit = below(r, 64);
    switch (below(r, 5)) {
    case 0:
        return 0x54000000 | by << 5 | below(r, 15);
    case 1:
        return 0x34000000 | below(r, 2) << 31 | below(r, 2) << 24 | by << 5 | reg(r);
    case 2:
        return 0x36000000 | (bit >> 5) << 31 | below(r, 2) << 24 | (bit & 31) << 19 | by << 5 |
               reg(r);
    case 3:
        return 0x14000000 | by;
    default:
        return 0x94000000 | by;
    }
}

/* Forwards by 2 to 17 words; the last word of the program goes back to its start. */
static u32 branch(struct random *r)
{
    return branch_by(r, 2 + below(r, 16));
}

/* Exceptions, which return at once, and words that look at or change PSTATE. */
static u32 rare(struct random *r)
{
    static const u32 words[] = {0xd4000001 /* svc #0 */,       0xd503201f /* nop */,
                                0xd53b4200 /* mrs x0, nzcv */, 0xd51b4201 /* msr nzcv, x1 */,
                                0xd503203f /* yield */,        0x10000007 /* adr x7, . */};
    return words[below(r, ARRAY_LEN(words))];
}

static void make_program(struct random *r, u32 *words)
{
    for (unsigned i = 0; i < WORDS; i++) {
        u32 kind = below(r, 100);
        words[i] = kind < 30   ? arithmetic(r)
                   : kind < 50 ? immediate(r)
                   : kind < 65 ? other(r)
                   : kind < 82 ? memory(r)
                   : kind < 98 ? branch(r)
                               : rare(r);
    }
    for (unsigned i = WORDS - 18; i < WORDS; i++)
        words[i] = 0xd503201f;
    words[WORDS - 1] = 0x14000000 | ((1u << 26) - (WORDS - 1));
}

/* At most 50 turns of at most 44 words, counted by COUNTER. Returns how many words it takes. */
static unsigned make_loop(struct random *r, u32 *words, u32 counter)
{
    u32 length = 4 + below(r, 40);
    words[0] = 0xd2800000 | (1 + below(r, 50)) << 5 | counter; /* mov */
    for (u32 i = 1; i <= length; i++) {
        u32 kind = below(r, 100);
        words[i] = kind < 35   ? arithmetic(r)
                   : kind < 55 ? immediate(r)
                   : kind < 75 ? other(r)
                   : kind < 90 ? memory(r)
                               : branch_by(r, 1 + below(r, length + 1 - i));
    }
    words[length + 1] = 0xf1000400 | counter << 5 | counter;           /* subs by 1 */
    words[length + 2] = 0x54000001 | (((1u << 19) - length - 1) << 5); /* b.ne to words[1] */
    return length + 3;
}

static void make_loops(struct random *r, u32 *words)
{
    enum { LONGEST = 64, COUNTER = 17, FEW = 6 };
    make_program(r, words);
    r->registers = FEW;
    for (unsigned at = 0; at + LONGEST < WORDS - 18;)
        at += make_loop(r, words + at, COUNTER);
}

static void load_program(struct guest *g, const u32 *words, struct random r)
{
    const u32 eret = 0xd69f03e0;
    guest_mmu_on(g);
    guest_map(g, HARNESS_CODE + 0x1000, HARNESS_CODE + 0x1000, MAP_ALL_RO);
    harness_write(g->h, HARNESS_VECTORS + FROM_EL0, &eret, 4);
    harness_write(g->h, HARNESS_CODE, words, WORDS * 4);
    for (unsigned i = 0; i < REGISTERS; i++)
        g->c->x[i] = random64(&r.state);
    g->c->x[BASE] = HARNESS_DATA;
    cpu_set_el(g->c, 0, 0);
    g->c->pc = HARNESS_CODE;
}

static void expect_same(const struct guest *a, const struct guest *b, const char *when)
{
    cr_assert_eq(a->c->icount, b->c->icount);
    cr_assert_eq(a->c->pc, b->c->pc, "%s, %llu instructions: PC %#llx and %#llx", when,
                 (unsigned long long)a->c->icount, (unsigned long long)a->c->pc,
                 (unsigned long long)b->c->pc);
    for (unsigned i = 0; i < 31; i++)
        cr_assert_eq(a->c->x[i], b->c->x[i], "%s, PC %#llx, x%u: %#llx and %#llx", when,
                     (unsigned long long)a->c->pc, i, (unsigned long long)a->c->x[i],
                     (unsigned long long)b->c->x[i]);
    cr_assert_eq(cpu_pstate(a->c), cpu_pstate(b->c));
    cr_assert(!memcmp(bus_host(&a->h->bus, HARNESS_DATA, 4096),
                      bus_host(&b->h->bus, HARNESS_DATA, 4096), 4096));
}

/* Of the kinds that fused.def pairs: anything of them may follow anything. */
static u32 of_a_pair(struct random *r)
{
    enum { SP = 31, LR = 30 };
    u32 wide = below(r, 2) << 31, base = below(r, 2) ? SP : BASE;
    switch (below(r, 18)) {
    case 0: /* subs and cmp (immediate) */
        return 0x71000000 | wide | below(r, 4096) << 10 | reg(r) << 5 | (below(r, 2) ? reg(r) : 31);
    case 1: /* subs (register) */
        return 0x6b000000 | wide | reg(r) << 16 | reg(r) << 5 | reg(r);
    case 2: /* ands, of up to 32 ones */
        return 0x72000000 | wide | below(r, 31) << 10 | reg(r) << 5 | reg(r);
    case 3:
    case 4: /* ldr, str of words and doublewords */
        return 0xb9000000 | below(r, 2) << 30 | below(r, 2) << 22 | below(r, 64) << 10 | base << 5 |
               reg(r);
    case 5:
    case 6: /* mov (register) */
        return 0x2a0003e0 | wide | reg(r) << 16 | reg(r);
    case 7: /* movz */
        return 0x52800000 | wide | below(r, 0x10000) << 5 | reg(r);
    case 8: /* add and sub (immediate) */
        return 0x11000000 | wide | below(r, 2) << 30 | below(r, 4096) << 10 | reg(r) << 5 | reg(r);
    case 9: /* add, sub, eor (register); lsrv */
        return (below(r, 2)   ? below(r, 2) ? 0x0b000000u : 0x4b000000u
                : below(r, 2) ? 0x4a000000u
                              : 0x1ac02400u) |
               wide | reg(r) << 16 | reg(r) << 5 | reg(r);
    case 10: /* add with a shift; ubfm */
        return below(r, 2)
                   ? 0x8b000000 | reg(r) << 16 | below(r, 64) << 10 | reg(r) << 5 | reg(r)
                   : 0xd3400000 | below(r, 64) << 16 | below(r, 64) << 10 | reg(r) << 5 | reg(r);
    case 11: /* and, of up to 32 ones */
        return 0x12000000 | wide | below(r, 31) << 10 | reg(r) << 5 | reg(r);
    case 12: /* adrp; ldrb (register) */
        return below(r, 2) ? 0x90000000 | reg(r) : 0x38606800 | reg(r) << 16 | base << 5 | reg(r);
    case 13:
    case 14: { /* ldp, stp: offset, post-index, pre-index; SP stays where it was */
        u32 first = reg(r), mode = 1 + below(r, 3);
        u32 offset = mode == 2 ? below(r, 64) : 0;
        return 0xa8000000 | mode << 23 | below(r, 2) << 22 | offset << 15 |
               (first + 1) % r->registers << 10 | SP << 5 | first;
    }
    case 15:
    case 16:
        return 0x54000000 | (2 + below(r, 16)) << 5 | below(r, 14);
    default:
        return below(r, 2)
                   ? 0x34000000 | wide | below(r, 2) << 24 | (2 + below(r, 16)) << 5 | reg(r)
                   : 0x94000000 | (2 + below(r, 16));
    }
}

/* A function that the words before it call: ldp x29, x30, [sp], #16; ret. */
static void put_function(u32 *at)
{
    static const u32 words[] = {
        0x94000002, /* bl to the prologue */
        0x14000007, /* b behind the function */
        0xa9bf7bfd, /* stp x29, x30, [sp, #-16]! */
        0x910003fd, /* mov x29, sp */
        0xa90007e0, /* stp x0, x1, [sp] (over what was saved) */
        0xa9007bfd, /* stp x29, x30, [sp] */
        0xa8c17bfd, /* ldp x29, x30, [sp], #16 */
        0xd65f03c0, /* ret */
    };
    memcpy(at, words, sizeof(words));
}

static void make_pairs(struct random *r, u32 *words)
{
    make_program(r, words);
    for (unsigned i = 0; i < WORDS - 18; i++)
        words[i] = of_a_pair(r);
    for (unsigned i = 100; i < WORDS - 100; i += 300)
        put_function(words + i);
}

/*
 * Pairs that one handler executes: in both halves accesses abort (the data is at the
 * end of what is mapped), and branches lead to second halves.
 */
Test(engine_random, pairs_agree)
{
    enum { FROM_EL0_ABORT = FROM_EL0, TO_THE_END = 4096 - 256 };
    /* mrs x27, elr_el1; add x27, x27, #4; msr elr_el1, x27; eret: skip what aborts */
    static const u32 skip[] = {0xd538403b, 0x9100137b, 0xd518403b, 0xd69f03e0};
    static u32 words[WORDS];
    u64 aborts = 0;
    for (u64 seed = 1; seed <= PROGRAMS; seed++) {
        struct random r = {seed * UINT64_C(0xd1342543de82ef95), REGISTERS};
        struct guest run = guest_create("cortex-a57", false);
        struct guest step = guest_create("cortex-a57", true);
        run.h->engine.chains.use = seed % 2 ? CHAIN_NEVER : CHAIN_ALWAYS;
        make_pairs(&r, words);
        struct guest *both[] = {&run, &step};
        for (unsigned i = 0; i < 2; i++) {
            load_program(both[i], words, r);
            harness_write(both[i]->h, HARNESS_VECTORS + FROM_EL0_ABORT, skip, sizeof(skip));
            both[i]->c->x[BASE] = HARNESS_DATA + TO_THE_END;
            both[i]->c->x[SLOT_SP] = HARNESS_DATA + TO_THE_END;
        }
        for (unsigned i = 0; i < ROUNDS; i++) {
            cr_assert_eq(cpu_run(run.c, 1 + below(&r, 1u << below(&r, 9))), STOP_BUDGET);
            while (step.c->icount < run.c->icount)
                cpu_step(step.c);
            expect_same(&run, &step, "after a run of pairs");
            cr_assert_eq(cpu_sp(run.c, 0), cpu_sp(step.c, 0));
        }
        aborts += run.h->engine.counts.exception[EC_DATA_ABORT];
        harness_destroy(run.h);
        harness_destroy(step.h);
    }
    cr_expect_gt(aborts, 100);
}

/* However the budgets fall, so many instructions of programs by MAKE are so many steps. */
static void expect_runs_like_steps(void make(struct random *r, u32 *words))
{
    static u32 words[WORDS];
    for (u64 seed = 1; seed <= PROGRAMS; seed++) {
        struct random r = {seed * UINT64_C(0x9e3779b97f4a7c15), REGISTERS};
        struct guest run = guest_create("cortex-a57", false);
        struct guest step = guest_create("cortex-a57", true);
        run.h->engine.chains.use = seed % 2 ? CHAIN_NEVER : CHAIN_ALWAYS;
        make(&r, words);
        load_program(&run, words, r);
        load_program(&step, words, r);
        for (unsigned i = 0; i < ROUNDS; i++) {
            u64 budget = 1 + below(&r, 1u << below(&r, 9)), before = run.c->icount;
            cr_assert_eq(cpu_run(run.c, budget), STOP_BUDGET);
            u64 done = run.c->icount - before;
            /* A budget is looked at where a branch is taken or a page ends, never later. */
            cr_assert(done >= budget && done < budget + PAGE_WORDS);
            while (step.c->icount < run.c->icount)
                cpu_step(step.c);
            expect_same(&run, &step, "after a run");
        }
        harness_destroy(run.h);
        harness_destroy(step.h);
    }
}

/* The count is right in the middle, too: where an interrupt, by count, is taken. */
Test(engine_random, interrupts_agree)
{
    static u32 words[WORDS];
    const u32 eret = 0xd69f03e0;
    struct random r = {UINT64_C(0x123456789abcdef), REGISTERS};
    struct guest run = guest_create("cortex-a57", false);
    struct guest step = guest_create("cortex-a57", true);
    make_program(&r, words);
    struct guest *both[] = {&run, &step};
    for (unsigned i = 0; i < 2; i++) {
        load_program(both[i], words, r);
        harness_write(both[i]->h, HARNESS_VECTORS + FROM_EL0 + 0x80, &eret, 4);
        both[i]->c->daif = 0;
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        cpu_run(run.c, 1 + below(&r, 100));
        while (step.c->icount < run.c->icount)
            cpu_step(step.c);
        expect_same(&run, &step, "before the interrupt");
        for (unsigned k = 0; k < 2; k++) {
            cpu_set_interrupt(both[k]->c, 0, true);
            k == 0 ? (void)cpu_run(run.c, 1) : (void)cpu_step(step.c);
            cpu_set_interrupt(both[k]->c, 0, false);
        }
        while (step.c->icount < run.c->icount)
            cpu_step(step.c);
        expect_same(&run, &step, "after the interrupt");
        cr_assert_eq(run.c->sys[ELR_EL1], step.c->sys[ELR_EL1]);
    }
    harness_destroy(run.h);
    harness_destroy(step.h);
}

/* Every word of the generator is one that a Cortex-A57 has. */
Test(engine_random, programs_are_allocated)
{
    static u32 words[WORDS];
    struct random r = {77, REGISTERS};
    struct guest g = guest_create("cortex-a57", false);
    for (unsigned k = 0; k < 20; k++) {
        make_program(&r, words);
        for (unsigned i = 0; i < WORDS; i++) {
            struct uop u;
            cr_expect(decode(&g.h->engine.decoder, words[i], (struct site){0}, &u) >= 0, "%08x",
                      words[i]);
        }
    }
    harness_destroy(g.h);
}

Test(engine_random, runs_and_steps_agree)
{
    expect_runs_like_steps(make_program);
}

/* Where chains go round in themselves, with registers of the guest in the host's. */
Test(engine_random, loops_agree)
{
    expect_runs_like_steps(make_loops);
}
