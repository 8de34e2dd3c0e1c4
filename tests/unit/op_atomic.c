/*
 * Exclusives, ordered accesses and atomics beyond the recorded cases (op_ldst.c):
 * what the monitor forgets, faults, and other observers at the same time.
 */
#include <criterion/criterion.h>
#include <pthread.h>

#include "tests/unit/ldst_rig.h"

enum {
    LDXR_W = 0x885f7c80,  /* ldxr w0, [x4] */
    LDXR_X = 0xc85f7c80,  /* ldxr x0, [x4] */
    LDXP_X = 0xc87f0c80,  /* ldxp x0, x3, [x4] */
    STXR_W = 0x88017c82,  /* stxr w1, w2, [x4] */
    STXR_X = 0xc8017c82,  /* stxr w1, x2, [x4] */
    STXR_X5 = 0xc8017ca2, /* stxr w1, x2, [x5] */
    STXP_X = 0xc8211882,  /* stxp w1, x2, x6, [x4] */
    CLREX = 0xd5033f5f,
    ERET = 0xd69f03e0,
    LDADD_X = 0xf8200081, /* ldadd x0, x1, [x4] */
    NOP = 0xd503201f,
    DFSC_UNSUPPORTED_ATOMIC = 0x35,
};

/* A CPU that is to load and store exclusively at x4 and store at x5, 0x22.. and 0x66... */
static struct harness *prepared(void)
{
    struct harness *h = paged("max");
    u64 bytes[4] = {0x1111, 0x3333, 0x1111, 0x3333};
    harness_write(h, HARNESS_DATA, bytes, sizeof(bytes));
    h->cpu->x[1] = 77;
    h->cpu->x[2] = 0x2222;
    h->cpu->x[4] = HARNESS_DATA;
    h->cpu->x[5] = HARNESS_DATA + 16;
    h->cpu->x[6] = 0x6666;
    return h;
}

/* FIRST, SECOND and THIRD succeed or fail as W1 says after the last. */
Test(op_atomic, monitor)
{
    static const struct {
        const char *what;
        u32 words[3];
        u64 status, memory[2];
    } cases[] = {
        {"passes", {NOP, LDXR_X, STXR_X}, 0, {0x2222, 0x3333}},
        {"passes for a pair", {NOP, LDXP_X, STXP_X}, 0, {0x2222, 0x6666}},
        {"is clear at first", {NOP, NOP, STXR_X}, 1, {0x1111, 0x3333}},
        {"is cleared by CLREX", {LDXR_X, CLREX, STXR_X}, 1, {0x1111, 0x3333}},
        {"is cleared by a store", {LDXR_X, STXR_X, STXR_X}, 1, {0x2222, 0x3333}},
        {"is cleared by a failed store", {LDXR_X, STXR_X5, STXR_X}, 1, {0x1111, 0x3333}},
        {"minds the address", {NOP, LDXR_X, STXR_X5}, 1, {0x1111, 0x3333}},
        {"minds the size", {NOP, LDXR_X, STXR_W}, 1, {0x1111, 0x3333}},
        {"minds the size of a pair", {NOP, LDXR_X, STXP_X}, 1, {0x1111, 0x3333}},
        {"knows the last load only", {LDXR_X, LDXR_W, STXR_X}, 1, {0x1111, 0x3333}},
    };
    for (unsigned i = 0; i < 4 * ARRAY_LEN(cases); i++) {
        struct harness *h = prepared();
        if (i & 2) {                       /* the inline path, once this has filled the TLB */
            run_word(h, 0xf9400080, true); /* ldr x0, [x4] */
            run_word(h, 0xf9000080, true); /* str x0, [x4] */
        }
        run_words(h, cases[i / 4].words, 3, i & 1);
        cr_expect_eq(h->cpu->x[1], cases[i / 4].status, "%s", cases[i / 4].what);
        cr_expect_eq(harness_read64(h, HARNESS_DATA), cases[i / 4].memory[0], "%s",
                     cases[i / 4].what);
        cr_expect_eq(harness_read64(h, HARNESS_DATA + 8), cases[i / 4].memory[1], "%s",
                     cases[i / 4].what);
        harness_destroy(h);
    }
}

/* Another observer's store between the two makes the second fail. */
Test(op_atomic, changed_in_between)
{
    for (unsigned half = 0; half < 2; half++) {
        struct harness *h = prepared();
        u64 other = 0x9999;
        run_word(h, LDXP_X, true);
        cr_expect_eq(h->cpu->x[0], 0x1111);
        cr_expect_eq(h->cpu->x[3], 0x3333);
        harness_write(h, HARNESS_DATA + 8 * half, &other, 8);
        run_word(h, STXP_X, true);
        cr_expect_eq(h->cpu->x[1], 1);
        cr_expect_eq(harness_read64(h, HARNESS_DATA + 8 * half), other);
        harness_destroy(h);
    }
}

/* ERET clears the monitor (AArch64.ExceptionReturn), so an exception in between is noticed. */
Test(op_atomic, exception_return_clears)
{
    struct harness *h = prepared();
    run_word(h, LDXR_X, true);
    harness_msr(h, ELR_EL1, HARNESS_CODE + 4);
    harness_msr(h, SPSR_EL1, 0x3c5); /* EL1h, DAIF */
    run_word(h, ERET, false);
    run_word(h, STXR_X, true);
    cr_expect_eq(h->cpu->x[1], 1);
    harness_destroy(h);
}

/* Status to WZR vanishes; a load to XZR still sets the monitor. */
Test(op_atomic, zero_registers)
{
    struct harness *h = prepared();
    const u32 words[] = {0xc85f7c9f, 0xc81f7c82}; /* ldxr xzr, [x4]; stxr wzr, x2, [x4] */
    run_words(h, words, 2, true);
    cr_expect_eq(harness_read64(h, HARNESS_DATA), 0x2222);
    cr_expect_eq(h->cpu->x[SLOT_ZERO], 0);
    cr_expect_eq(h->cpu->x[SLOT_SP], 0);
    harness_destroy(h);
}

/* Alignment goes by all bytes accessed, whatever SCTLR_EL1.A says. */
Test(op_atomic, alignment)
{
    static const struct {
        u32 word;
        unsigned offset;
        bool faults, store;
    } cases[] = {
        {LDXR_X, 4, true, false},      {LDXR_W, 4, false, false},
        {LDXR_W, 2, true, false},      {LDXP_X, 8, true, false},
        {LDXP_X, 16, false, false},    {0x887f0c80, 4, true, false}, /* ldxp w0, w3, [x4] */
        {0x887f0c80, 8, false, false}, {STXR_X, 4, true, true},
        {STXP_X, 8, true, true},       {0x48dffc80, 1, true, false}, /* ldarh w0, [x4] */
        {0x08dffc80, 1, false, false},                               /* ldarb w0, [x4] */
        {0xc8dffc80, 4, true, false},                                /* ldar x0, [x4] */
        {0x489ffc80, 1, true, true},                                 /* stlrh w0, [x4] */
        {0xc89ffc80, 4, true, true},                                 /* stlr x0, [x4] */
        {0x78bfc080, 1, true, false},                                /* ldaprh w0, [x4] */
        {LDADD_X, 4, true, true},      {0xb8e00081, 4, false, true}, /* ldaddal w0, w1, [x4] */
        {0x48207c82, 8, true, true},                                 /* casp x0, x1, x2, x3, [x4] */
        {0x08207c82, 8, false, true},                                /* casp w0, w1, w2, w3, [x4] */
        {0xc8a07c81, 4, true, true},                                 /* cas x0, x1, [x4] */
    };
    for (unsigned i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        struct harness *h = prepared();
        h->engine.decoder.features = ~0u;
        h->cpu->x[4] += cases[i / 2].offset;
        run_word(h, cases[i / 2].word, i & 1);
        if (cases[i / 2].faults) {
            cr_expect_eq(exception_class(h), EC_DATA_ABORT_EL1, "%08x", cases[i / 2].word);
            cr_expect_eq(iss(h), DFSC_ALIGNMENT | (cases[i / 2].store ? WNR : 0), "%08x",
                         cases[i / 2].word);
            cr_expect_eq(h->cpu->sys[FAR_EL1], HARNESS_DATA + cases[i / 2].offset);
        } else {
            cr_expect_eq(h->cpu->pc, HARNESS_CODE + 4, "%08x", cases[i / 2].word);
        }
        harness_destroy(h);
    }
}

/* Memory that may be read only: the load passes, whatever stores is a permission fault. */
Test(op_atomic, read_only)
{
    static const struct {
        u32 words[2];
        u64 elr; /* of the abort */
    } cases[] = {
        {{LDXR_X, STXR_X}, HARNESS_CODE + 4},
        {{LDXP_X, STXP_X}, HARNESS_CODE + 4},
        {{NOP, STXR_X}, HARNESS_CODE + 4}, /* monitor or not */
        {{LDADD_X, NOP}, HARNESS_CODE},
        {{0xc8a07c81, NOP}, HARNESS_CODE}, /* cas x0, x1, [x4]: equal or not */
        {{0xc89ffc80, NOP}, HARNESS_CODE}, /* stlr x0, [x4] */
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct harness *h = prepared();
        map_page(h, HARNESS_DATA, TABLE | NORMAL | READ_ONLY);
        run_words(h, cases[i].words, 2, true);
        cr_expect_eq(exception_class(h), EC_DATA_ABORT_EL1);
        cr_expect_eq(iss(h), DFSC_PERMISSION_3 | WNR);
        cr_expect_eq(h->cpu->sys[ELR_EL1], cases[i].elr, "%08x", cases[i].words[0]);
        cr_expect_eq(harness_read64(h, HARNESS_DATA), 0x1111);
        harness_destroy(h);
    }
}

static u64 register_read(void *dev, u64 offset, unsigned size)
{
    return 0x55;
}

static void register_write(void *dev, u64 offset, unsigned size, u64 value)
{
}

/* A device's registers can't be changed atomically (IMPLEMENTATION DEFINED, B2.2.5). */
Test(op_atomic, device)
{
    static const struct mmio_ops ops = {"test",        4096,           1,    8,
                                        register_read, register_write, NULL, NULL};
    static const u32 words[] = {LDADD_X, 0xc8a07c81, STXR_X, STXP_X};
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        struct harness *h = prepared();
        u64 entry = (HARNESS_RAM + HARNESS_SIZE) | TABLE | DEVICE | 1 << 10;
        bus_add_mmio(&h->bus, HARNESS_RAM + HARNESS_SIZE, &ops, NULL);
        harness_write(h, HARNESS_RAM + TABLE3 + (HARNESS_DATA - HARNESS_RAM) / 4096 * 8, &entry, 8);
        run_word(h, 0xc8dffc80, true); /* ldar x0, [x4] is only ordered */
        cr_expect_eq(h->cpu->x[0], 0x55);
        run_word(h, words[i], true);
        cr_expect_eq(exception_class(h), EC_DATA_ABORT_EL1, "%08x", words[i]);
        cr_expect_eq(iss(h) & 0x3f, DFSC_UNSUPPORTED_ATOMIC, "%08x", words[i]);
        harness_destroy(h);
    }
}

/* A store-exclusive to decoded code is noticed. */
Test(op_atomic, code)
{
    struct harness *h = prepared();
    const u32 words[] = {LDXR_W, STXR_W};
    u64 target = HARNESS_CODE + 0x100;
    run_words(h, words, 2, true);
    harness_write(h, target, &(u32[]){0xd2800020, BRANCH_TO_SELF}, 8); /* mov x0, #1 */
    h->cpu->pc = target;
    harness_run(h, 2);
    cr_expect_eq(h->cpu->x[0], 1);
    h->cpu->x[4] = target;
    h->cpu->x[2] = 0xd2800040; /* mov x0, #2 */
    run_words(h, words, 2, true);
    cr_expect_eq(h->cpu->x[1], 0);
    h->cpu->pc = target;
    harness_run(h, 2);
    cr_expect_eq(h->cpu->x[0], 2);
    harness_destroy(h);
}

/* Big-endian data: what is compared, added and stored is what registers hold. */
Test(op_atomic, big_endian)
{
    static const struct {
        u32 words[2];
        u64 x1; /* afterwards */
        u8 bytes[8];
    } cases[] = {
        {{0xc85f7c80, 0xc8017c82}, 0, {0, 0, 0, 0, 0, 0, 0x22, 0x22}},       /* ldxr, stxr x2 */
        {{0x885f7c80, 0x88017c82}, 0, {0, 0, 0x22, 0x22, 4, 5, 6, 7}},       /* ldxr, stxr w2 */
        {{0x887f0c80, 0x88211882}, 0, {0, 0, 0x22, 0x22, 0, 0, 0x66, 0x66}}, /* ldxp, stxp w2, w6 */
        {{0xd2800020, 0xf8200081},
         0x01020304050607,
         {0, 1, 2, 3, 4, 5, 6, 8}},                                     /* mov x0, #1; ldadd */
        {{0xd2800020, 0x78200081}, 0x0001, {0, 2, 2, 3, 4, 5, 6, 7}},   /* mov x0, #1; ldaddh */
        {{0xb9400080, 0x88a07c82}, 77, {0, 0, 0x22, 0x22, 4, 5, 6, 7}}, /* ldr w0; cas w0, w2 */
        {{NOP, 0xf8208082}, 77, {0, 0, 0, 0, 0, 0, 0, 0}},              /* swp x0, x2 */
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct harness *h = harness_create("max");
        u8 bytes[8] = {0, 1, 2, 3, 4, 5, 6, 7};
        h->cpu->x[1] = 77;
        h->cpu->x[2] = 0x2222;
        h->cpu->x[4] = HARNESS_DATA;
        h->cpu->x[6] = 0x6666;
        harness_write(h, HARNESS_DATA, bytes, 8);
        harness_msr(h, SCTLR_EL1, SCTLR_EE);
        run_words(h, cases[i].words, 2, true);
        bus_dma_read(&h->bus, HARNESS_DATA, bytes, 8);
        cr_expect_eq(h->cpu->pc, HARNESS_CODE + 8);
        cr_expect_eq(h->cpu->x[1], cases[i].x1, "%08x", cases[i].words[1]);
        cr_expect_arr_eq(bytes, cases[i].bytes, 8, "%08x", cases[i].words[1]);
        harness_destroy(h);
    }
}

enum { ROUNDS = 100000 };

static void *count_up(void *counter)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        __atomic_fetch_add((u64 *)counter, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* The guest counts to ROUNDS, and a host thread in the same memory, too: no count gets lost. */
Test(op_atomic, with_another_observer)
{
    static const u32 programs[][8] = {
        /* 1: ldxr x0, [x4]; add x0, x0, #1; stxr w1, x0, [x4]; cbnz w1, 1b; subs x5, x5, #1; b.ne
           1b */
        {0xc85f7c80, 0x91000400, 0xc8017c80, 0x35ffffa1, 0xf10004a5, 0x54ffff61, BRANCH_TO_SELF},
        /* the same by ldaxp x0, x2, [x4]; adds; adc; stlxp w1, x0, x2, [x4] */
        {0xc87f8880, 0xb1000400, 0x9a070042, 0xc8218880, 0x35ffff81, 0xf10004a5, 0x54ffff41,
         BRANCH_TO_SELF},
        /* 1: ldaddal x6, x1, [x4]; subs x5, x5, #1; b.ne 1b */
        {0xf8e60081, 0xf10004a5, 0x54ffffc1, BRANCH_TO_SELF},
    };
    for (unsigned i = 0; i < ARRAY_LEN(programs); i++) {
        struct harness *h = paged("max");
        pthread_t other;
        harness_code(h, programs[i], 8);
        h->cpu->x[4] = HARNESS_DATA;
        h->cpu->x[5] = ROUNDS;
        h->cpu->x[6] = 1;
        h->cpu->x[7] = 0;
        cr_assert_eq(pthread_create(&other, NULL, count_up, bus_host(&h->bus, HARNESS_DATA, 8)), 0);
        while (h->cpu->x[5])
            cpu_run(h->cpu, 1000);
        pthread_join(other, NULL);
        cr_expect_eq(harness_read64(h, HARNESS_DATA), 2 * ROUNDS, "program %u", i);
        cr_expect_eq(harness_read64(h, HARNESS_DATA + 8), 0);
        harness_destroy(h);
    }
}
