/*
 * The table of system registers and instructions, and their accesses with all
 * checks (sysreg.h). Whatever is particular to one register is a hook in a file
 * of its topic: core/sysreg_*.c, core/tlbi.c.
 */
#include "core/sysreg.h"

#include <string.h>
#include <strings.h>

#include "core/engine/dispatch.h"
#include "core/exception.h"
#include "core/log.h"
#include "core/pmu.h"
#include "core/sysreg_hooks.h"

const struct sysreg_row sysreg_rows[] = {
#define SYSREG(n, op0, op1, crn, crm, op2, acc, chk, rst, wr, rd, wrt, nds)                        \
    [n] = {.name = #n,                                                                             \
           .encoding = SYSREG_ENCODING(op0, op1, crn, crm, op2),                                   \
           .access = acc,                                                                          \
           .check = chk,                                                                           \
           .reset = rst,                                                                           \
           .writable = wr,                                                                         \
           .read = rd,                                                                             \
           .write = wrt,                                                                           \
           .needs = nds},
#include "core/sysreg.def"
#define SYSOP(n, op1, crn, crm, op2, acc, chk, prf, nds)                                           \
    {.name = #n,                                                                                   \
     .encoding = SYSREG_ENCODING(1, op1, crn, crm, op2),                                           \
     .access = acc,                                                                                \
     .is_op = true,                                                                                \
     .check = chk,                                                                                 \
     .perform = prf,                                                                               \
     .needs = nds},
#include "core/sysreg.def"
};

const unsigned sysreg_row_count = ARRAY_LEN(sysreg_rows);

int sysreg_find(u16 encoding, bool write)
{
    int found = -1;
    for (unsigned i = 0; i < sysreg_row_count; i++) {
        if (sysreg_rows[i].encoding != encoding)
            continue;
        if (sysreg_rows[i].access & (write ? EL1_W : EL1_R))
            return (int)i;
        found = (int)i;
    }
    return found;
}

int sysreg_by_name(const char *name)
{
    for (unsigned i = 0; i < sysreg_row_count; i++)
        if (!strcasecmp(sysreg_rows[i].name, name))
            return (int)i;
    return -1;
}

static bool exists(const struct cpu *c, const struct sysreg_row *r)
{
    return !(r->needs & ~c->model->features);
}

/*
 * Whether ENCODING is missed for the first time. Four encodings a word; when all
 * places are taken, nothing more is news.
 */
static bool newly_missed(struct cpu *c, u16 encoding)
{
    for (unsigned i = SYS_MISSED; i < SYS_COUNT; i++) {
        for (unsigned lsb = 0; lsb < 64; lsb += 16) {
            u16 known = (u16)(c->sys[i] >> lsb);
            if (known == encoding)
                return false;
            if (known == 0) {
                c->sys[i] |= (u64)encoding << lsb;
                return true;
            }
        }
    }
    return false;
}

enum flow sysreg_missing(struct cpu *c, u16 encoding)
{
    if (log_enabled(c->log, LOG_UNIMP) && newly_missed(c, encoding))
        log_line(c->log, LOG_UNIMP, "no system register S%u_%u_C%u_C%u_%u on %s, at %#llx, EL%u",
                 encoding >> 14, encoding >> 11 & 7, encoding >> 7 & 15, encoding >> 3 & 15,
                 encoding & 7, c->model->name,
                 (unsigned long long)(c->in_engine ? OP_PC(c->u) : c->pc), c->el);
    return raise_undefined(c);
}

/* Registers that describe the PE: op0 3, op1 0, 1 or 3, CRn 0. */
static bool in_feature_id_space(u16 encoding)
{
    unsigned op0 = encoding >> 14, op1 = encoding >> 11 & 7, crn = encoding >> 7 & 15;
    return op0 == 3 && (op1 <= 1 || op1 == 3) && crn == 0;
}

enum flow sysreg_denied(struct cpu *c, u16 encoding, unsigned rt, bool read)
{
    bool traps = c->model->features & A64_IDST;
    if (traps && read && c->el == 0 && in_feature_id_space(encoding))
        return raise_sysreg_trap(c, encoding, rt, read);
    return raise_undefined(c);
}

/* NEXT if the access may go on, else RAISE. DIRECTION is an EL1_R or EL1_W. */
static enum flow check(struct cpu *c, const struct sysreg_row *r, unsigned rt,
                       enum sysreg_access direction)
{
    unsigned needed = c->el == 0 ? direction * (EL0_R / EL1_R) : direction;
    if (!exists(c, r))
        return sysreg_missing(c, r->encoding);
    if (!(r->access & needed))
        return sysreg_denied(c, r->encoding, rt, direction == EL1_R);
    switch (r->check ? r->check(c, direction == EL1_W) : SYSREG_OK) {
    case SYSREG_OK:
        return NEXT;
    case SYSREG_TRAP:
        return raise_sysreg_trap(c, r->encoding, rt, direction == EL1_R);
    case SYSREG_FP_TRAP:
        return raise_fp_trap(c);
    case SYSREG_UNDEFINED:
    default:
        return raise_undefined(c);
    }
}

static u64 read_row(struct cpu *c, unsigned row)
{
    const struct sysreg_row *r = &sysreg_rows[row];
    return r->read ? r->read(c, (enum sysreg)row) : c->sys[row];
}

static void write_row(struct cpu *c, unsigned row, u64 value)
{
    const struct sysreg_row *r = &sysreg_rows[row];
    value = (c->sys[row] & ~r->writable) | (value & r->writable);
    if (r->write)
        r->write(c, (enum sysreg)row, value);
    else
        c->sys[row] = value;
}

enum flow sysreg_mrs(struct cpu *c, unsigned row, unsigned rt, u64 *value)
{
    enum flow f = check(c, &sysreg_rows[row], rt, EL1_R);
    if (f == NEXT)
        *value = read_row(c, row);
    return f;
}

enum flow sysreg_msr(struct cpu *c, unsigned row, unsigned rt, u64 value)
{
    enum flow f = check(c, &sysreg_rows[row], rt, EL1_W);
    if (f == NEXT)
        write_row(c, row, value);
    return f;
}

enum flow sysreg_sys(struct cpu *c, unsigned row, unsigned rt, u64 value)
{
    const struct sysreg_row *r = &sysreg_rows[row];
    enum flow f = check(c, r, rt, EL1_W);
    if (f != NEXT)
        return f;
    if (log_enabled(c->log, LOG_MMU) && strncmp(r->name, "TLBI_", 5) == 0)
        log_line(c->log, LOG_MMU, "TLBI %s, %#llx at pc %#llx", r->name + 5,
                 (unsigned long long)value, (unsigned long long)cpu_current_pc(c));
    return r->perform(c, value);
}

u64 sysreg_peek(struct cpu *c, unsigned row)
{
    const struct sysreg_row *r = &sysreg_rows[row];
    bool takes = r->read == read_random; /* reading it has an effect */
    return r->is_op || takes || !exists(c, r) ? 0 : read_row(c, row);
}

bool sysreg_poke(struct cpu *c, unsigned row, u64 value)
{
    const struct sysreg_row *r = &sysreg_rows[row];
    if (r->is_op || !exists(c, r) || !r->writable)
        return false;
    write_row(c, row, value);
    return true;
}

void sysreg_reset(struct cpu *c)
{
    u64 periphbase = c->sys[CBAR_EL1]; /* an input of the CPU, tied by the board */
    for (unsigned i = 0; i < SYS_ROWS; i++)
        c->sys[i] = sysreg_rows[i].reset;
    c->sys[CBAR_EL1] = periphbase;
    model_reset(c->model, c->sys);
    c->sys[SYS_STEP] = 0;
    pmu_reset(c);
}
