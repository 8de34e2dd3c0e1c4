/*
 * What QEMU made of every system register encoding of a Cortex-A57, what the real one
 * has beside that, and a CPU whose EL0 controls are all clear or all set.
 */
#ifndef TESTS_UNIT_SYSREG_RIG_H
#define TESTS_UNIT_SYSREG_RIG_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/exception.h"
#include "tests/unit/harness.h"

struct recorded {
    u16 encoding;
    const char *el1, *el0_denied, *el0_allowed;
    u64 value;
};

static const struct recorded recorded[] = {
#define RECORDED(op0, op1, crn, crm, op2, el1, denied, allowed, value)                             \
    {SYSREG_ENCODING(op0, op1, crn, crm, op2), el1, denied, allowed, value},
#include "tests/unit/sysreg_recorded.inc"
};

/*
 * What a Cortex-A57 has and QEMU leaves out (DDI 0488, tables 4-15 and 10-1): the
 * debug communications channel, OSECCR, DBGPRCR, the claim tags, DBGAUTHSTATUS and
 * the RAM access registers.
 */
static const struct recorded also[] = {
    {SYSREG_ENCODING(2, 0, 0, 0, 2), "rw", "--", "--", 0},
    {SYSREG_ENCODING(2, 0, 0, 3, 2), "rw", "--", "--", 0},
    {SYSREG_ENCODING(2, 0, 0, 6, 2), "rw", "--", "--", 0},
    {SYSREG_ENCODING(2, 0, 1, 4, 4), "rw", "--", "--", 0},
    {SYSREG_ENCODING(2, 0, 7, 8, 6), "rw", "--", "--", 0xff},
    {SYSREG_ENCODING(2, 0, 7, 9, 6), "rw", "--", "--", 0},
    {SYSREG_ENCODING(2, 0, 7, 14, 6), "r-", "--", "--", 0xa},
    {SYSREG_ENCODING(2, 3, 0, 4, 0), "rw", "tt", "rw", 0},
    {SYSREG_ENCODING(2, 3, 0, 5, 0), "rw", "tt", "rw", 0},
    {SYSREG_ENCODING(3, 0, 15, 0, 0), "rw", "--", "--", 0},
    {SYSREG_ENCODING(3, 0, 15, 0, 1), "rw", "--", "--", 0},
    {SYSREG_ENCODING(3, 0, 15, 0, 2), "rw", "--", "--", 0},
    {SYSREG_ENCODING(3, 0, 15, 0, 3), "rw", "--", "--", 0},
    {SYSREG_ENCODING(3, 0, 15, 1, 0), "rw", "--", "--", 0},
    {SYSREG_ENCODING(3, 0, 15, 1, 1), "rw", "--", "--", 0},
    {SYSREG_ENCODING(3, 0, 15, 1, 2), "rw", "--", "--", 0},
    {SYSREG_ENCODING(3, 0, 15, 1, 3), "rw", "--", "--", 0},
    {SYSREG_ENCODING(3, 0, 15, 1, 4), "rw", "--", "--", 0},
    {SYSREG_ENCODING(1, 0, 15, 4, 0), "x", "-", "-", 0},
};

/* MDCCSR_EL0: QEMU knows no MDSCR_EL1.TDCC, which the "denied" run sets here. */
#define MDCCSR_ENCODING SYSREG_ENCODING(2, 3, 0, 1, 0)

static inline const struct recorded *find(u16 encoding)
{
    for (const struct recorded *r = recorded; r < recorded + ARRAY_LEN(recorded); r++)
        if (r->encoding == encoding)
            return r;
    for (const struct recorded *r = also; r < also + ARRAY_LEN(also); r++)
        if (r->encoding == encoding)
            return r;
    return NULL;
}

enum phase { AT_EL1, EL0_DENIED, EL0_ALLOWED };

enum {
    EL0_CONTROLS = 1 << 26 | 1 << 18 | 1 << 16 | 1 << 15 | 1 << 14 | 1 << 9, /* of SCTLR_EL1 */
    TDCC = 1 << 12,
};

static inline void prepare(struct harness *h, enum phase phase)
{
    struct cpu *c = h->cpu;
    cpu_reset(c);
    c->sys[CPACR_EL1] = 3 << 20;
    c->sys[SCTLR_EL1] |= EL0_CONTROLS;
    c->sys[CNTKCTL_EL1] = 0x303;
    c->sys[PMUSERENR_EL0] = 0xf;
    if (phase == EL0_DENIED) {
        c->sys[SCTLR_EL1] &= ~(u64)EL0_CONTROLS;
        c->sys[CNTKCTL_EL1] = c->sys[PMUSERENR_EL0] = 0;
        c->sys[MDSCR_EL1] = TDCC;
    }
    cpu_regime_changed(c);
    cpu_set_el(c, phase == AT_EL1, phase == AT_EL1);
}

#endif
