/*
 * Assembled programs on the harness's CPU, run until they take an exception, which
 * is then compared with what the Arm ARM (DDI 0487) says it must be.
 *
 * GUEST_TEST makes two Criterion tests of its body: one runs the threaded engine,
 * one the stepping loop. The programs of tests/unit/NAME.c are in
 * tests/asm/NAME.S (tests/asm/program.inc). All vectors hold `b .`, so nothing is
 * lost after an exception.
 */
#ifndef TESTS_UNIT_GUEST_RIG_H
#define TESTS_UNIT_GUEST_RIG_H

#include <criterion/criterion.h>

#include "core/exception.h"
#include "tests/unit/harness.h"

/* PSTATE as SPSR_EL1 has it (C5.2.18). */
#define SPSR_EL0T UINT64_C(0x0)
#define SPSR_EL1T UINT64_C(0x4)
#define SPSR_EL1H UINT64_C(0x5)
#define SPSR_DAIF UINT64_C(0x3c0) /* all masked */
#define SPSR_IL   BIT(20)
#define SPSR_SS   BIT(21)
#define SPSR_PAN  BIT(22)
#define SPSR_N    BIT(31)
#define SPSR_Z    BIT(30)
#define SPSR_C    BIT(29)
#define SPSR_V    BIT(28)

/* ESR_EL1: the class, IL, and the syndrome. */
#define ESR(ec, iss) ((u64)(ec) << 26 | BIT(25) | (u64)(iss))
#define ESR_DONE     ESR(EC_SVC, 0x600d)

/* Offsets of vectors by where the exception comes from (D1.3.1). */
#define FROM_EL1T 0x000
#define FROM_EL1H 0x200
#define FROM_EL0  0x400

#define WORD_BRANCH_TO_SELF 0x14000000u

struct guest {
    struct harness *h;
    struct cpu *c;
    bool stepping;       /* by cpu_step, else by cpu_run */
    enum stop last_stop; /* how the last guest_run ended */
    u64 next_table;      /* where the next page table goes */
};

#define GUEST_TEST(suite, name, model)                                                             \
    static void suite##_##name(struct guest *g);                                                   \
    Test(suite, name##_run)                                                                        \
    {                                                                                              \
        guest_test(suite##_##name, model, false);                                                  \
    }                                                                                              \
    Test(suite, name##_step)                                                                       \
    {                                                                                              \
        guest_test(suite##_##name, model, true);                                                   \
    }                                                                                              \
    static void suite##_##name(struct guest *g)

static inline struct guest guest_create(const char *model, bool stepping)
{
    struct guest g = {.stepping = stepping};
    g.h = harness_create(model);
    g.c = g.h->cpu;
    for (u64 at = 0; at < 0x800; at += 0x80) {
        u32 word = WORD_BRANCH_TO_SELF;
        harness_write(g.h, HARNESS_VECTORS + at, &word, 4);
    }
    return g;
}

static inline void guest_test(void (*body)(struct guest *g), const char *model, bool stepping)
{
    struct guest g = guest_create(model, stepping);
    body(&g);
    harness_destroy(g.h);
}

/* ---------------------------------------------------------------- programs -- */

#ifdef PROGRAMS_FILE
__asm__(".pushsection .rodata\n"
        "program_image: .incbin \"" PROGRAMS_FILE "\"\n"
        "program_image_end: .byte 0\n"
        ".popsection\n");
extern const u8 program_image[], program_image_end[];

struct program {
    const u8 *code;
    u32 size; /* bytes */
};

static inline struct program program_find(const char *name)
{
    for (const u8 *at = program_image; at < program_image_end;) {
        u32 size;
        memcpy(&size, at, 4);
        const char *its_name = (const char *)at + 4;
        const u8 *code = at + align_up(4 + strlen(its_name) + 1, 32);
        if (!strcmp(its_name, name))
            return (struct program){code, size};
        at = code + align_up(size, 32);
    }
    cr_assert_fail("no program %s in " PROGRAMS_FILE, name);
    return (struct program){NULL, 0};
}

/* Put program NAME at PA. */
static inline void guest_load_at(struct guest *g, const char *name, u64 pa)
{
    struct program p = program_find(name);
    harness_write(g->h, pa, p.code, p.size);
}

/* Put program NAME at HARNESS_CODE and start it at EL, with SP_ELx if SP_SEL. */
static inline void guest_start(struct guest *g, const char *name, unsigned el, unsigned sp_sel)
{
    guest_load_at(g, name, HARNESS_CODE);
    cpu_set_el(g->c, el, sp_sel);
    g->c->pc = HARNESS_CODE;
}

static inline void guest_start_el0(struct guest *g, const char *name)
{
    guest_start(g, name, 0, 0);
}

static inline void guest_start_el1(struct guest *g, const char *name)
{
    guest_start(g, name, 1, 1);
}
#endif

/* -------------------------------------------------------------- execution -- */

static inline bool guest_in_vectors(const struct guest *g)
{
    return g->c->pc - HARNESS_VECTORS < 0x800;
}

/*
 * Run until an exception is taken, the CPU waits, or LIMIT instructions are
 * executed; last_stop says what cpu_run or cpu_step said.
 */
static inline void guest_run_limited(struct guest *g, u64 limit)
{
    u64 end = g->c->icount + limit;
    do {
        u64 left = end - g->c->icount;
        g->last_stop = g->stepping ? cpu_step(g->c) : cpu_run(g->c, left < 7 ? left : 7);
    } while (!guest_in_vectors(g) && g->last_stop != STOP_WFI && g->c->icount < end);
}

static inline void guest_run(struct guest *g)
{
    guest_run_limited(g, 10000);
    cr_assert(guest_in_vectors(g) || g->last_stop == STOP_WFI, "no exception, PC %#llx",
              (unsigned long long)g->c->pc);
}

/* ------------------------------------------------------------ expectations -- */

/* What an exception leaves behind. */
struct taken {
    u64 vector; /* offset from VBAR_EL1 */
    u64 esr;
    u64 elr; /* by default HARNESS_CODE */
    u64 spsr;
    u64 far; /* compared unless 0 */
};

static inline void guest_expect_taken(struct guest *g, struct taken want, const char *file,
                                      int line)
{
    struct taken have = {
        .vector = g->c->pc - HARNESS_VECTORS,
        .esr = g->c->sys[ESR_EL1],
        .elr = g->c->sys[ELR_EL1],
        .spsr = g->c->sys[SPSR_EL1],
        .far = g->c->sys[FAR_EL1],
    };
    if (!want.elr)
        want.elr = HARNESS_CODE;
    if (!want.far)
        want.far = have.far;
    cr_expect(
        !memcmp(&have, &want, sizeof(want)),
        "%s:%d, %s\n  have VBAR+%#llx ESR %#llx ELR %#llx SPSR %#llx FAR %#llx\n"
        "  want VBAR+%#llx ESR %#llx ELR %#llx SPSR %#llx FAR %#llx",
        file, line, g->stepping ? "stepping" : "running", (unsigned long long)have.vector,
        (unsigned long long)have.esr, (unsigned long long)have.elr, (unsigned long long)have.spsr,
        (unsigned long long)have.far, (unsigned long long)want.vector, (unsigned long long)want.esr,
        (unsigned long long)want.elr, (unsigned long long)want.spsr, (unsigned long long)want.far);
    /* At the vector everything is masked, at EL1 with SP_EL1 (D1.3.1). */
    u64 pstate = cpu_pstate(g->c) & ~(SPSR_PAN | SPSR_N | SPSR_Z | SPSR_C | SPSR_V);
    cr_expect_eq(pstate, SPSR_EL1H | SPSR_DAIF, "%s:%d: PSTATE %#llx at the vector", file, line,
                 (unsigned long long)pstate);
}

#define EXPECT_TAKEN(g, ...) guest_expect_taken(g, (struct taken){__VA_ARGS__}, __FILE__, __LINE__)

/* Run to the program's `done`. */
#define EXPECT_DONE(g)                                                                             \
    do {                                                                                           \
        guest_run(g);                                                                              \
        cr_assert(guest_in_vectors(g) && (g)->c->sys[ESR_EL1] == ESR_DONE,                         \
                  "ESR %#llx, ELR %#llx, FAR %#llx instead of done",                               \
                  (unsigned long long)(g)->c->sys[ESR_EL1],                                        \
                  (unsigned long long)(g)->c->sys[ELR_EL1],                                        \
                  (unsigned long long)(g)->c->sys[FAR_EL1]);                                       \
    } while (0)

/* ------------------------------------------------------------- page tables -- */

/* Stage 1 descriptors, 4 KiB granule, 39 bits of VA from either end (D8.3). */
#define MAP_EL1_RW  UINT64_C(0x000) /* AP */
#define MAP_ALL_RW  UINT64_C(0x040)
#define MAP_EL1_RO  UINT64_C(0x080)
#define MAP_ALL_RO  UINT64_C(0x0c0)
#define MAP_NORMAL  UINT64_C(0x000) /* AttrIndx */
#define MAP_DEVICE  UINT64_C(0x004)
#define MAP_NG      BIT(11)
#define MAP_UXN     BIT(54)
#define MAP_PXN     BIT(53)
#define MAP_OLD     BIT(63) /* ours: without the access flag */
#define DESC_PAGE   UINT64_C(3)
#define DESC_AF     BIT(10)
#define DESC_SH     (UINT64_C(3) << 8)
#define GUEST_MAIR  UINT64_C(0x00ff) /* 0: Normal write-back; 1: Device-nGnRnE */
#define GUEST_TCR   (UINT64_C(25) | UINT64_C(25) << 16 | UINT64_C(2) << 30 | UINT64_C(4) << 32)
#define UPPER_HALF  UINT64_C(0xffffff8000000000) /* what TTBR1_EL1 maps */
#define GUEST_POOL  (HARNESS_RAM + 0x100000)
#define GUEST_TTBR1 (GUEST_POOL + 0x1000)
#define GUEST_TTBR0 GUEST_POOL

static inline u64 guest_new_table(struct guest *g)
{
    if (!g->next_table)
        g->next_table = GUEST_POOL + 0x2000; /* behind the tables of level 1 */
    u64 at = g->next_table;
    g->next_table += 0x1000;
    cr_assert(at < HARNESS_RAM + HARNESS_SIZE);
    return at;
}

/* Where the descriptor of LEVEL for VA is in the tables that begin at ROOT. */
static inline u64 guest_descriptor(struct guest *g, u64 root, u64 va, unsigned level)
{
    u64 table = root;
    for (unsigned l = 1;; l++) {
        u64 at = table + 8 * bits(va, 47 - 9 * l, 39 - 9 * l);
        u64 desc = harness_read64(g->h, at);
        if (l == level)
            return at;
        if (!desc) {
            desc = guest_new_table(g) | DESC_PAGE;
            harness_write(g->h, at, &desc, 8);
        }
        table = desc & UINT64_C(0xfffffffff000);
    }
}

static inline u64 guest_page(u64 pa, u64 how)
{
    return pa | DESC_PAGE | DESC_SH | (how & MAP_OLD ? 0 : DESC_AF) | (how & ~MAP_OLD);
}

/* Map a page in the tables at ROOT; no TLB is told. */
static inline void guest_map_in(struct guest *g, u64 root, u64 va, u64 pa, u64 how)
{
    u64 desc = guest_page(pa, how);
    harness_write(g->h, guest_descriptor(g, root, va, 3), &desc, 8);
}

static inline void guest_map(struct guest *g, u64 va, u64 pa, u64 how)
{
    guest_map_in(g, bit(va, 55) ? GUEST_TTBR1 : GUEST_TTBR0, va, pa, how);
}

static inline void guest_unmap(struct guest *g, u64 va)
{
    u64 desc = 0, root = bit(va, 55) ? GUEST_TTBR1 : GUEST_TTBR0;
    harness_write(g->h, guest_descriptor(g, root, va, 3), &desc, 8);
}

/*
 * Turn the MMU on. The vectors (EL1 only), HARNESS_CODE (read and execute for all)
 * and HARNESS_DATA (read and write for all) are where they are; nothing else is
 * mapped.
 */
static inline void guest_mmu_on(struct guest *g)
{
    guest_map(g, HARNESS_VECTORS, HARNESS_VECTORS, MAP_EL1_RW);
    guest_map(g, HARNESS_CODE, HARNESS_CODE, MAP_ALL_RO);
    guest_map(g, HARNESS_DATA, HARNESS_DATA, MAP_ALL_RW);
    harness_msr(g->h, MAIR_EL1, GUEST_MAIR);
    harness_msr(g->h, TCR_EL1, GUEST_TCR);
    harness_msr(g->h, TTBR0_EL1, GUEST_TTBR0);
    harness_msr(g->h, TTBR1_EL1, GUEST_TTBR1);
    harness_msr(g->h, SCTLR_EL1, sysreg_peek(g->c, SCTLR_EL1) | 0x1005); /* I, C, M */
}

static inline void guest_sctlr(struct guest *g, u64 set, u64 clear)
{
    harness_msr(g->h, SCTLR_EL1, (sysreg_peek(g->c, SCTLR_EL1) & ~clear) | set);
}

#endif
