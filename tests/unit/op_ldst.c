/*
 * Loads and stores: recorded cases for every row, and what they can't show:
 * alignment of SP, aborts, rights, big-endian data, trapped SIMD.
 */
#include <criterion/criterion.h>

#include "tests/unit/ldst_rig.h"
#include "tests/vectors/ldst_cases.h"
#include "tests/vectors/ldst_vectors.inc"

/* Each case four ways: threaded and stepped, with the TLB empty and full. */
Test(op_ldst, recorded_cases)
{
    struct harness *h = paged("max");
    struct cpu *c = h->cpu;
    u64 *memory = (u64 *)(void *)bus_host(&h->bus, LDST_DATA, LDST_BYTES);
    cr_assert_eq(LDST_CODE, HARNESS_CODE);
    for (u64 va = LDST_DATA; va < LDST_DATA + LDST_BYTES; va += 4096)
        map_page(h, va, TABLE | NORMAL | EL0); /* for LDTR and STTR */
    h->engine.decoder.features = ~0u;
    for (unsigned i = 0; i < 4 * ARRAY_LEN(ldst_cases); i++) {
        const struct ldst_case *k = &ldst_cases[i / 4];
        struct ldst_state s;
        u32 words[2] = {k->before, k->word};
        ldst_prepare(k, &s, memory);
        memcpy(c->x, s.x, sizeof(s.x));
        memcpy(c->v, s.v, sizeof(s.v));
        cpu_set_nzcv(c, (u32)(s.nzcv >> 28));
        if (i % 4 < 2)
            cpu_tlb_flush_all(c);
        run_words(h, k->before ? words : words + 1, k->before ? 2 : 1, i & 1);
        memcpy(s.x, c->x, sizeof(s.x));
        memcpy(s.v, c->v, sizeof(s.v));
        s.nzcv = (u64)cpu_nzcv(c) << 28;
        cr_expect_eq(ldst_digest(&s, memory), k->digest, "%s %08x, way %u", k->row, k->word, i % 4);
    }
    harness_destroy(h);
}

/* No row goes untested. */
Test(op_ldst, every_row_has_cases)
{
    /* The recording CPU has not these: tests/suites has cases of theirs. */
    const u64 later = A64_LRCPC2 | A64_LOR | A64_PAUTH;
    for (unsigned row = A64_strb_imm; row <= A64_swp; row++) {
        if (a64_rows[row].needs & later)
            continue;
        unsigned found = 0;
        for (unsigned i = 0; i < ARRAY_LEN(ldst_cases); i++)
            found += strcmp(ldst_cases[i].row, a64_rows[row].name) == 0;
        cr_expect_geq(found, 4, "%s", a64_rows[row].name);
    }
}

/* CheckSPAlignment comes before the access, for every class of instruction but prefetches. */
Test(op_ldst, misaligned_sp)
{
    static const struct {
        u32 word;
        bool faults;
    } cases[] = {
        {0xf94003e0, true},  /* ldr x0, [sp] */
        {0xb90007e0, true},  /* str w0, [sp, #4] */
        {0xf85f83e0, true},  /* ldur x0, [sp, #-8] */
        {0xa9bf7bfd, true},  /* stp x29, x30, [sp, #-16]! */
        {0xa8c17bfd, true},  /* ldp x29, x30, [sp], #16 */
        {0xf8616be0, true},  /* ldr x0, [sp, x1] */
        {0x3dc003e0, true},  /* ldr q0, [sp] */
        {0x4c407be0, true},  /* ld1 {v0.4s}, [sp] */
        {0xc85f7fe0, true},  /* ldxr x0, [sp] */
        {0xc8dfffe0, true},  /* ldar x0, [sp] */
        {0xf82003e1, true},  /* ldadd x0, x1, [sp] */
        {0xc8a07fe1, true},  /* cas x0, x1, [sp] */
        {0xf98003e0, false}, /* prfm pldl1keep, [sp] */
        {0xf94000e0, false}, /* ldr x0, [x7] */
    };
    for (unsigned i = 0; i < 4 * ARRAY_LEN(cases); i++) {
        struct harness *h = paged("max");
        struct cpu *c = h->cpu;
        bool checked = i & 1, threaded = i & 2;
        u32 word = cases[i / 4].word;
        harness_msr(h, SCTLR_EL1, SCTLR_M | SCTLR_SA0 | (checked ? SCTLR_SA : 0));
        c->x[SLOT_SP] = HARNESS_DATA + 0x108;
        c->x[7] = HARNESS_DATA + 0x108;
        c->x[1] = 8;
        run_word(h, word, threaded);
        if (checked && cases[i / 4].faults) {
            cr_expect_eq(exception_class(h), EC_SP, "%08x", word);
            cr_expect_eq(iss(h), 0);
            cr_expect_eq(c->sys[ELR_EL1], HARNESS_CODE);
            cr_expect_eq(c->x[SLOT_SP], HARNESS_DATA + 0x108, "%08x", word);
        } else {
            cr_expect_eq(c->pc, HARNESS_CODE + 4, "%08x", word);
        }
        harness_destroy(h);
    }
}

/* SA0, not SA, governs EL0. */
Test(op_ldst, misaligned_sp_at_el0)
{
    for (unsigned sa0 = 0; sa0 < 2; sa0++) {
        struct harness *h = paged("cortex-a57");
        map_page(h, HARNESS_CODE, TABLE | NORMAL | EL0);
        map_page(h, HARNESS_DATA, TABLE | NORMAL | EL0);
        harness_msr(h, SCTLR_EL1, SCTLR_M | SCTLR_SA | (sa0 ? SCTLR_SA0 : 0));
        cpu_set_el(h->cpu, 0, 0);
        h->cpu->x[SLOT_SP] = HARNESS_DATA + 8;
        run_word(h, 0xf94003e0, false); /* ldr x0, [sp] */
        cr_expect_eq(h->cpu->el, sa0);
        if (sa0)
            cr_expect_eq(exception_class(h), EC_SP);
        harness_destroy(h);
    }
}

/* The page behind HARNESS_DATA is missing: who faults where, and nothing has changed. */
Test(op_ldst, aborts)
{
    enum { BASE = 4, STORE = WNR };
    static const struct {
        u32 word;
        s32 base; /* x4, from the end of the page */
        s32 far;  /* FAR_EL1, likewise */
        u32 flags;
    } cases[] = {
        {0xf9400080, 0, 0, 0},       /* ldr x0, [x4] */
        {0xf9000080, 0, 0, STORE},   /* str x0, [x4] */
        {0xf8408480, 0, 0, 0},       /* ldr x0, [x4], #8 */
        {0xf8408c80, -8, 0, 0},      /* ldr x0, [x4, #8]! */
        {0xf8408c84, -8, 0, 0},      /* ldr x4, [x4, #8]! */
        {0xf8008c80, -8, 0, STORE},  /* str x0, [x4, #8]! */
        {0xf9400080, -4, 0, 0},      /* ldr x0, [x4], half of it there */
        {0xf9000080, -4, 0, STORE},  /* str x0, [x4] */
        {0xa9400480, -8, 0, 0},      /* ldp x0, x1, [x4] */
        {0xa8c10480, -8, 0, 0},      /* ldp x0, x1, [x4], #16 */
        {0xa8c11484, -8, 0, 0},      /* ldp x4, x5, [x4], #16 */
        {0xa9000480, -8, 0, STORE},  /* stp x0, x1, [x4] */
        {0x29400480, -4, 0, 0},      /* ldp w0, w1, [x4] */
        {0x3dc00080, -8, 0, 0},      /* ldr q0, [x4] */
        {0xacc10480, -16, 0, 0},     /* ldp q0, q1, [x4], #32 */
        {0xac810480, -16, 0, STORE}, /* stp q0, q1, [x4], #32 */
        {0x4cdf2080, -24, 0, 0},     /* ld1 {v0.16b-v3.16b}, [x4], #64 */
        {0x4c9f2c80, -20, 0, STORE}, /* st1 {v0.2d-v3.2d}, [x4], #64: a lane crosses */
        {0x4cdf0880, -12, 0, 0},     /* ld4 {v0.4s-v3.4s}, [x4], #64 */
        {0x4c9f0880, -12, 0, STORE}, /* st4 {v0.4s-v3.4s}, [x4], #64 */
        {0x4dffa080, -4, 0, 0},      /* ld4 {v0.s-v3.s}[2], [x4], #16 */
        {0x4dffe880, -8, 0, 0},      /* ld4r {v0.4s-v3.4s}, [x4], #16 */
        {0xc85f7c80, 0, 0, 0},       /* ldxr x0, [x4] */
        {0xc8017c80, 0, 0, STORE},   /* stxr w1, x0, [x4]: the monitor is clear, still */
        {0xc8dffc80, 0, 0, 0},       /* ldar x0, [x4] */
        {0xc89ffc80, 0, 0, STORE},   /* stlr x0, [x4] */
    };
    for (unsigned i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        struct harness *h = paged("max");
        struct cpu *c = h->cpu;
        const u64 end = HARNESS_DATA + 0x1000;
        u32 word = cases[i / 2].word;
        u64 x[31];
        map_page(h, end, 0);
        for (unsigned r = 0; r < 31; r++)
            c->x[r] = 0x1111 * (r + 1);
        for (unsigned r = 0; r < 32; r++)
            c->v[r].d[0] = c->v[r].d[1] = r;
        c->x[BASE] = end + (u64)(s64)cases[i / 2].base;
        memcpy(x, c->x, sizeof(x));
        run_word(h, word, i & 1);
        cr_expect_eq(exception_class(h), EC_DATA_ABORT_EL1, "%08x", word);
        cr_expect_eq(iss(h), DFSC_TRANSLATION_3 | cases[i / 2].flags, "%08x: %#x", word, iss(h));
        u64 far = end + (u64)(s64)cases[i / 2].far;
        cr_expect_eq(c->sys[FAR_EL1], far, "%08x: %llx", word, (unsigned long long)c->sys[FAR_EL1]);
        cr_expect_eq(c->sys[ELR_EL1], HARNESS_CODE);
        cr_expect_arr_eq(c->x, x, sizeof(x), "%08x", word);
        for (unsigned r = 0; r < 32; r++)
            cr_expect(c->v[r].d[0] == r && c->v[r].d[1] == r, "%08x changes v%u", word, r);
        harness_destroy(h);
    }
}

/* LDTR and STTR have EL0's rights at EL1, unless PSTATE.UAO; elsewhere they are LDR and STR. */
Test(op_ldst, unprivileged)
{
    const u32 ldtr = 0xf8400880, sttr = 0xf8000880; /* x0, [x4] */
    for (unsigned threaded = 0; threaded < 2; threaded++) {
        struct harness *h = paged("max");
        struct cpu *c = h->cpu;
        c->x[4] = HARNESS_DATA;
        run_word(h, ldtr, threaded);
        cr_expect_eq(exception_class(h), EC_DATA_ABORT_EL1);
        cr_expect_eq(iss(h), DFSC_PERMISSION_3);
        cpu_set_uao(c, true);
        run_word(h, ldtr, threaded);
        cr_expect_eq(c->pc, HARNESS_CODE + 4);
        cpu_set_uao(c, false);
        run_word(h, sttr, threaded);
        cr_expect_eq(iss(h), DFSC_PERMISSION_3 | WNR);

        map_page(h, HARNESS_DATA, TABLE | NORMAL | EL0 | READ_ONLY);
        cpu_tlb_flush_all(c);
        c->sys[ESR_EL1] = 0;
        run_word(h, ldtr, threaded);
        cr_expect_eq(c->pc, HARNESS_CODE + 4);
        run_word(h, ldtr, threaded); /* and from the TLB */
        cr_expect_eq(c->pc, HARNESS_CODE + 4);
        run_word(h, sttr, threaded);
        cr_expect_eq(iss(h), DFSC_PERMISSION_3 | WNR);
        harness_destroy(h);
    }
}

/* SCTLR_EL1.A: each element by itself must be aligned, not the whole. */
Test(op_ldst, strict_alignment)
{
    static const struct {
        u32 word;
        unsigned offset; /* of x4 */
        bool faults;
    } cases[] = {
        {0xf9400080, 4, true},                           /* ldr x0, [x4] */
        {0xf9400080, 8, false},  {0x79400080, 1, true},  /* ldrh w0, [x4] */
        {0x39400080, 1, false},                          /* ldrb w0, [x4] */
        {0xa9400480, 8, false},                          /* ldp x0, x1, [x4] */
        {0xa9400480, 4, true},   {0x29400480, 4, false}, /* ldp w0, w1, [x4] */
        {0x29400480, 2, true},   {0x3dc00080, 8, true},  /* ldr q0, [x4] */
        {0xad400480, 16, false},                         /* ldp q0, q1, [x4] */
        {0xad400480, 8, true},   {0x6d400480, 8, false}, /* ldp d0, d1, [x4] */
        {0x4c402880, 4, false},                          /* ld1 {v0.4s-v3.4s}, [x4] */
        {0x4c402880, 2, true},   {0x4c402080, 1, false}, /* ld1 {v0.16b-v3.16b}, [x4] */
        {0x0c408480, 2, false},                          /* ld2 {v0.4h, v1.4h}, [x4] */
        {0x0c408480, 1, true},
    };
    for (unsigned i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        struct harness *h = paged("cortex-a57");
        harness_msr(h, SCTLR_EL1, SCTLR_M | SCTLR_A);
        h->cpu->x[4] = HARNESS_DATA + cases[i / 2].offset;
        run_word(h, cases[i / 2].word, i & 1);
        if (cases[i / 2].faults)
            cr_expect(exception_class(h) == EC_DATA_ABORT_EL1 && iss(h) == DFSC_ALIGNMENT, "%08x",
                      cases[i / 2].word);
        else
            cr_expect_eq(h->cpu->pc, HARNESS_CODE + 4, "%08x", cases[i / 2].word);
        harness_destroy(h);
    }
}

/*
 * SCTLR_EL1.EE turns every element round by itself. The bytes at x4 are 00 11 22 to ff;
 * the store of what was loaded, the word without its bit L, puts as many back.
 */
Test(op_ldst, big_endian)
{
    const u32 L_BIT = 1 << 22;
    static const struct {
        u32 word;
        unsigned stores; /* bytes, or 0 where there is no such store */
        u64 x0, x1, v0[2], v1[2];
    } cases[] = {
        {0x79400080, 2, 0x0011, 1, {2, 3}, {4, 5}},              /* ldrh w0, [x4] */
        {0xb9400080, 4, 0x00112233, 1, {2, 3}, {4, 5}},          /* ldr w0, [x4] */
        {0xf9400080, 8, 0x0011223344556677, 1, {2, 3}, {4, 5}},  /* ldr x0, [x4] */
        {0x29400480, 8, 0x00112233, 0x44556677, {2, 3}, {4, 5}}, /* ldp w0, w1, [x4] */
        /* ldp x0, x1, [x4] */
        {0xa9400480, 16, 0x0011223344556677, 0x8899aabbccddeeff, {2, 3}, {4, 5}},
        /* ldxp x0, x1, [x4] */
        {0xc87f0480, 0, 0x0011223344556677, 0x8899aabbccddeeff, {2, 3}, {4, 5}},
        {0x887f0480, 0, 0x00112233, 0x44556677, {2, 3}, {4, 5}}, /* ldxp w0, w1, [x4] */
        /* ldr q0, [x4] */
        {0x3dc00080, 16, 0, 1, {0x8899aabbccddeeff, 0x0011223344556677}, {4, 5}},
        {0x2d400480, 8, 0, 1, {0x00112233, 0}, {0x44556677, 0}}, /* ldp s0, s1, [x4] */
        /* ld1 {v0.4s}, [x4] */
        {0x4c407880, 16, 0, 1, {0x4455667700112233, 0xccddeeff8899aabb}, {4, 5}},
        /* ld1 {v0.16b}, [x4] */
        {0x4c407080, 16, 0, 1, {0x7766554433221100, 0xffeeddccbbaa9988}, {4, 5}},
        /* ld2 {v0.2s, v1.2s}, [x4] */
        {0x0c408880, 16, 0, 1, {0x8899aabb00112233, 0}, {0xccddeeff44556677, 0}},
        {0x0d408080, 4, 0, 1, {0x0000000000112233, 3}, {4, 5}}, /* ld1 {v0.s}[0], [x4] */
        {0x0d40c480, 0, 0, 1, {0x0011001100110011, 0}, {4, 5}}, /* ld1r {v0.4h}, [x4] */
    };
    static const u8 bytes[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct harness *h = harness_create("cortex-a57");
        struct cpu *c = h->cpu;
        harness_write(h, HARNESS_DATA, bytes, sizeof(bytes));
        harness_msr(h, SCTLR_EL1, SCTLR_EE);
        c->x[0] = 0;
        c->x[1] = 1;
        c->x[4] = HARNESS_DATA;
        c->v[0] = (union vreg){.d = {2, 3}};
        c->v[1] = (union vreg){.d = {4, 5}};
        run_word(h, cases[i].word, true);
        cr_expect_eq(c->pc, HARNESS_CODE + 4);
        cr_expect(c->x[0] == cases[i].x0 && c->x[1] == cases[i].x1, "%08x: %llx %llx",
                  cases[i].word, (unsigned long long)c->x[0], (unsigned long long)c->x[1]);
        cr_expect_arr_eq(c->v[0].d, cases[i].v0, 16, "%08x", cases[i].word);
        cr_expect_arr_eq(c->v[1].d, cases[i].v1, 16, "%08x", cases[i].word);

        if (cases[i].stores) {
            u8 after[16] = {0};
            harness_write(h, HARNESS_DATA, after, sizeof(after));
            run_word(h, cases[i].word & ~L_BIT, true);
            bus_dma_read(&h->bus, HARNESS_DATA, after, sizeof(after));
            cr_expect_arr_eq(after, bytes, cases[i].stores, "%08x", cases[i].word & ~L_BIT);
        }
        harness_destroy(h);
    }
}

/* CPACR_EL1.FPEN traps SIMD accesses before anything else about them. */
Test(op_ldst, trapped_simd)
{
    static const u32 words[] = {
        0x3dc003e0, /* ldr q0, [sp] */
        0x3d800080, /* str q0, [x4] */
        0xad400480, /* ldp q0, q1, [x4] */
        0x4cdf0880, /* ld4 {v0.4s-v3.4s}, [x4], #64 */
        0x1c000080, /* ldr s0, . + 16 */
    };
    for (unsigned i = 0; i < 2 * ARRAY_LEN(words); i++) {
        struct harness *h = paged("cortex-a57");
        struct cpu *c = h->cpu;
        harness_msr(h, CPACR_EL1, 0);
        harness_msr(h, SCTLR_EL1, SCTLR_M | SCTLR_SA);
        c->x[4] = 0x123;                  /* not mapped */
        c->x[SLOT_SP] = HARNESS_DATA + 8; /* not aligned */
        run_word(h, words[i / 2], i & 1);
        cr_expect_eq(exception_class(h), EC_FP, "%08x", words[i / 2]);
        cr_expect_eq(c->x[4], 0x123);
        harness_destroy(h);
    }
}

/* Unallocated encodings of the chapter. */
Test(op_ldst, undefined)
{
    static const u32 words[] = {
        0xf8c00080, /* size 11, opc 11: a load to W of what would be X */
        0xb9c00080, /* size 10, opc 11 */
        0xf8800480, /* size 11, opc 10, post-indexed: no prefetch there */
        0xf8800880, /* ... unprivileged */
        0x3c000880, /* SIMD unprivileged */
        0xf8602080, /* register offset with option 001 */
        0x7d800080, /* opc 1x with size 01: Q only with size 00 */
        0xdc000000, /* literal, SIMD, opc 11 */
        0x69000480, /* stp with opc 01, no tags: STGP */
        0x68400480, /* ldnp with opc 01 */
        0xe9400480, /* ldp with opc 11 */
        0xed400480, /* SIMD ldp with opc 11 */
        0x0c408c80, /* ld2 {v0.1d, v1.1d} */
        0x0c40f080, /* multiple structures, opcode 1111 */
        0x4c417080, /* multiple structures without post-index, Rm not 0 */
        0x0d408c80, /* ld1 one lane, size 11 with S */
        0x0d404480, /* ld1 {v0.h}, size<0> set */
        0x0d00c080, /* st1r */
        0x0d40d080, /* ld1r with S */
        0x889f7c80, /* STLLR */
        0x88df7c80, /* LDLAR */
        0xf8a0c080, /* LDAPR where there is no FEAT_LRCPC */
        0xf8200080, /* LDADD where there is no FEAT_LSE */
        0x88a07c80, /* CAS */
    };
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        struct harness *h = paged("cortex-a57");
        h->cpu->x[4] = HARNESS_DATA;
        run_word(h, words[i], true);
        cr_expect_eq(exception_class(h), 0, "%08x", words[i]);
        cr_expect_eq(h->cpu->sys[ELR_EL1], HARNESS_CODE, "%08x", words[i]);
        harness_destroy(h);
    }
}
