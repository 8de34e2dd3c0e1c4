/*
 * A CPU whose exception handlers are endless loops, so that a run ends in the first
 * exception, for tests of self-hosted debug.
 */
#ifndef TESTS_UNIT_DEBUG_RIG_H
#define TESTS_UNIT_DEBUG_RIG_H

#include <criterion/criterion.h>

#include "core/debug.h"
#include "core/exception.h"
#include "tests/unit/harness.h"

enum {
    NOP = 0xd503201f,
    SVC = 0xd4000001,
    WFI = 0xd503207f,
    ERET = 0xd69f03e0,
    UDF = 0x00000000,
    B_SELF = 0x14000000,
    B_PLUS_8 = 0x14000002,
    LDXR_X0_X1 = 0xc85f7c20,
    LDAXP_X0_X2_X1 = 0xc87f8820,
    LDAR_X0_X1 = 0xc8dffc20,
    LDR_X0_X1 = 0xf9400020,
    STR_X0_X1 = 0xf9000020,
    LDRB_W0_X1 = 0x39400020,
    LDTR_X0_X1 = 0xf8400820,
    DC_IVAC_X1 = 0xd5087621,
    DC_ZVA_X1 = 0xd50b7421,
};

enum {
    SS = 1 << 0, /* MDSCR_EL1 */
    KDE = 1 << 13,
    MDE = 1 << 15,
    EL0T = 0, /* SPSR_EL1 */
    EL1H = 5,
    SPSR_D = 1 << 9,
    SPSR_AIF = 7 << 6,
    SPSR_SS = 1 << 21,
    ISV = 1 << 24, /* ISS of a Software Step exception */
    EX = 1 << 6,
    FSC = 0x22,
};

#define START (HARNESS_CODE + 0x800) /* of an ERET to HARNESS_CODE */

/* A CPU with the OS Lock open, loops in its vectors, and MDSCR_EL1 as given. */
static inline struct harness *setup(u64 mdscr)
{
    struct harness *h = harness_create("cortex-a57");
    u32 loop = B_SELF, eret = ERET;
    for (u64 v = 0; v < 0x800; v += 0x80)
        harness_write(h, HARNESS_VECTORS + v, &loop, 4);
    harness_write(h, START, &eret, 4);
    harness_msr(h, OSLAR_EL1, 0);
    harness_msr(h, MDSCR_EL1, mdscr);
    return h;
}

static inline void program(struct harness *h, u32 first, u32 second)
{
    u32 words[] = {first, second, NOP, NOP};
    harness_code(h, words, 4);
}

/* ERET to HARNESS_CODE with SPSR, and go on until some exception has been taken. */
static inline void enter(struct harness *h, u64 spsr)
{
    harness_msr(h, ELR_EL1, HARNESS_CODE);
    harness_msr(h, SPSR_EL1, spsr);
    harness_msr(h, ESR_EL1, 0);
    h->cpu->pc = START;
    harness_run(h, 20);
}

static inline u32 ec(struct harness *h)
{
    return (u32)h->cpu->sys[ESR_EL1] >> 26;
}

static inline u32 iss(struct harness *h)
{
    return (u32)h->cpu->sys[ESR_EL1] & 0x1ffffff;
}

static inline bool spsr_ss(struct harness *h)
{
    return h->cpu->sys[SPSR_EL1] & SPSR_SS;
}

#define EXPECT_AT(offset) cr_expect(h->cpu->sys[ELR_EL1] == HARNESS_CODE + (offset))

/* DBGBCR; E, PMC (PAC), HMC, SSC and LBN also of DBGWCR */
enum { E = 1, PMC_EL1 = 2, PMC_EL0 = 4, HMC = 1 << 13, SSC_1 = 1 << 14, LBN = 16, BT = 20 };

#endif
